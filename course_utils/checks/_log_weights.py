"""Log-sums of importance weights: their wrong forms, and what is said of them."""

import numpy as np

UNSTABLE = (
    "right for moderate log w, wrong or not finite far from 0: exp(log w) underflows or overflows, "
    "take logsumexp, which subtracts the largest first and adds it again"
)
SQUEEZED = "one example lost its axis: squeeze() takes away every axis of length 1, the batch too"
BATCH = "the samples are dim 0, the batch is dim 1"
SIGN = "the sign is wrong: this is minus the bound"
BITS = "bits are returned, nats are wanted"


def log_sum(log_w, axis=0):
    largest = log_w.max(axis, keepdims=True)
    return np.log(np.exp(log_w - largest).sum(axis)) + np.squeeze(largest, axis)


def log_mean(log_w, axis=0):
    return log_sum(log_w, axis) - np.log(log_w.shape[axis])


def normalised_weights(log_w):
    return np.exp(log_w - log_sum(log_w))


def signed_forms(found):
    """Each (phrase, values), then each with the other sign."""
    yield from found
    for phrase, values in found:
        yield "; and ".join(text for text in (phrase, SIGN) if text), -np.asarray(values)
