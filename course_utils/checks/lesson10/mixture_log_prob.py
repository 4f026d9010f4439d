"""Check of exercise 10.5: ``mixture_log_prob``."""

import itertools

import numpy as np
import torch
from torch.distributions import Categorical

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import candidates
from course_utils.checks._slopes import verify_slopes

SQUEEZED = "an axis of length 1 is lost: squeeze() takes away every one, the batch too"
UNSTABLE = (
    "right for moderate log_p, wrong or not finite for log_p of -10,000: exp underflows there, "
    "add log pi to the sum over the channels and take logsumexp over the components"
)
SOFTMAX = "the logarithm of a softmax underflows for large logits: take log_softmax"
SMALL = (
    "wrong where a component of a small weight explains the pixel best: is log pi held above some "
    "value, or a small number added to pi?"
)
EXCLUDED = (
    "a component whose log-mass is -inf has no share in a pixel: the others have all of it, as "
    "logsumexp says"
)


@check("10.5", seals=("losses.logistic.discretized_logistic_mixture_log_prob",))
def mixture_log_prob(answer, seed):
    """``mixture_log_prob(logits, log_p)``: (B, M, H, W), (B, M, 3, H, W) -> (B,), nats."""
    rng = np.random.default_rng(seed)
    batch, mixtures, height, width = (size - 1 for size in sizes(rng, 4))
    for label, b, m, h, w in (
        ("", batch, mixtures, height, width),
        ("three of everything: ", 3, 3, 3, 3),
        ("M = 1: ", batch, 1, height, width),
        ("B = 1: ", 1, mixtures, height, width),
        ("one pixel: ", batch, mixtures, 1, 1),
        ("log_p about -50: ", batch, mixtures, width, height),
        ("log_p about -10,000: ", batch, mixtures, width, height),
        ("log_p from -10,000 to 0: ", batch, mixtures, width, height),
        ("logits up to 10,000: ", batch, mixtures, width, height),
        ("logits about -10,000: ", batch, mixtures, width, height),
        ("unlikely components that explain a pixel best: ", batch, mixtures, height, width),
        ("components that exclude a pixel (-inf): ", batch, mixtures, height, width),
    ):
        logits = 1.5 * rng.normal(size=(b, m, h, w))
        log_p = -rng.uniform(0.3, 2.5, (b, m, 3, h, w))
        if "log_p about" in label:
            log_p += -1e4 if "10,000" in label else -50
        elif "log_p from" in label:
            log_p *= rng.choice([0, 1, 4000], log_p.shape)
        elif "logits" in label:
            logits = 5000 * logits.clip(-2, 2) if "up to" in label else logits - 1e4
        elif label.startswith("unlikely"):
            logits *= 20
            log_p += (logits.min(1, keepdims=True) - logits)[:, :, None] / 3
        elif "-inf" in label:
            excluded = rng.integers(m, size=(b, 1, h, w)) == np.arange(m)[:, None, None]
            channel = rng.integers(3, size=(b, 1, 1, h, w)) == np.arange(3)[:, None, None]
            log_p[excluded[:, :, None] & channel] = -np.inf
        arrays = floats(logits, log_p)
        exact = doubles(*arrays)
        joint = _log_softmax(exact[0], 1) + exact[1].sum(2)
        terms = _log_sum(joint, 1)
        wrong = _wrong_mixtures(*exact) if not label or label.startswith("three") else ()
        if b == 1:
            wrong = [(SQUEEZED, terms.sum())]
        far = SOFTMAX if "logits" in label else UNSTABLE
        hint = SMALL if label.startswith("unlikely") else EXCLUDED if "-inf" in label else far
        about = f"{label}logits of shape {logits.shape}, log_p of shape {log_p.shape}"
        if not label:
            verify_repeatable(answer, *arrays)
        verify(
            call(answer, *arrays),
            terms.sum((1, 2)),
            checked=about,
            wrong=wrong,
            scale=0.1 * np.abs(terms).sum((1, 2)).mean() + (20 * h * w if "logits" in label else 0),
            tolerance=1e-4 if label else 1e-5,
            hint=hint if label.startswith(("log", "unlikely", "components")) else "",
            undefined=hint,
        )
        if "-inf" in label:
            continue
        limits = {"hint": hint, "undefined": hint} if "10,000" in label else {}
        if limits:  # the gradient of torch's logsumexp is as coarse as its result
            limits |= {"scale": 1.0, "tolerance": 1e-2}
        verify_slopes(answer, arrays, ("logits", "log_p"), _mixtures, rng, about=about, **limits)
    return (
        "The channels of a component multiply, the components are averaged with the softmax of "
        "the logits, the pixels are summed: one value for each example, finite for -10,000."
    )


def _mixtures(logits, log_p):
    """The right log P(x), of tensors."""
    weights = Categorical(logits=logits.movedim(1, -1))
    return torch.logsumexp(weights.logits + log_p.sum(2).movedim(1, -1), -1).sum((1, 2))


def _log_sum(values, axis):
    largest = values.max(axis, keepdims=True)
    return np.log(np.exp(values - largest).sum(axis)) + np.squeeze(largest, axis)


def _log_softmax(values, axis):
    shifted = values - values.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


@np.errstate(all="ignore")
def _wrong_mixtures(logits, log_p):
    """(phrase, values) of wrong log-probabilities, fewest mistakes first."""
    log_pi, summed = _log_softmax(logits, 1), log_p.sum(2)
    pi, joint = np.exp(log_pi), log_pi + summed
    right, m = _log_sum(joint, 1), logits.shape[1]
    apart = "each channel is a mixture of its own: the channels of a pixel share their component"
    over = "the softmax of the logits is over the {}, it should be over the components, dim 1"
    jensen = (
        "the weights multiply log P outside of the logarithm: that is below log p(x), by Jensen; "
        "add log pi and take logsumexp"
    )
    each = _log_sum(log_pi[:, :, None] + log_p, 1)
    formulas = [
        ("", right),
        ("the logits are not normalised: log_softmax over the components is missing",
         _log_sum(logits + summed, 1)),
        *((over.format(what), _log_sum(_log_softmax(logits, axes) + summed, 1)) for what, axes in (
            ("batch", 0), ("rows", 2), ("last dimension", 3), ("pixels", (2, 3)),
            ("components and pixels", (1, 2, 3)))),
        ("the weights pi are added, it should be log pi", _log_sum(pi + summed, 1)),
        ("the weights are missing: logits are not used", _log_sum(summed, 1)),
        ("the components have equal weights: logits are not used", _log_sum(summed, 1) - np.log(m)),
        ("log pi is counted for every channel, once for a pixel is due",
         _log_sum(3 * log_pi + summed, 1)),
        ("log_softmax is divided by the number of components", _log_sum(joint, 1) - np.log(m)),
        (apart, each.sum(1)),
        (f"{apart}; and the channels are averaged", each.mean(1)),
        ("the channels are averaged, log P of a pixel is their sum",
         _log_sum(log_pi + log_p.mean(2), 1)),
        ("the probabilities of the channels are added: they multiply, log P is summed",
         _log_sum(log_pi + _log_sum(log_p, 2), 1)),
        ("the probabilities of the channels are averaged: they multiply, log P is summed",
         _log_sum(log_pi + _log_sum(log_p, 2) - np.log(3), 1)),
        (jensen, (pi * summed).sum(1)),
        ("the log of weight and component is averaged with the weights, outside of the logarithm",
         (pi * joint).sum(1)),
        ("the logits multiply log P: add log pi and take logsumexp", (logits * summed).sum(1)),
        ("log pi multiplies log P: it should be added", _log_sum(log_pi * summed, 1)),
        ("pi multiplies log P inside logsumexp: add log pi", _log_sum(pi * summed, 1)),
        ("the largest component stands for the mixture: all of them count", joint.max(1)),
        ("the component of the largest weight stands for the mixture",
         np.take_along_axis(summed, logits.argmax(1)[:, None], 1)[:, 0]),
        ("the components are summed or averaged after the logarithm: take logsumexp",
         joint.sum(1)),
        ("the components are summed or averaged after the logarithm: take logsumexp",
         joint.mean(1)),
        ("this is the probability of each pixel: the logarithm is missing", np.exp(right)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("the logits have the wrong sign", _log_sum(_log_softmax(-logits, 1) + summed, 1)),
        ("log_p has the wrong sign", _log_sum(log_pi - summed, 1)),
        ("only one channel is used", _log_sum(log_pi + log_p[:, :, 0], 1)),
        ("the softmax is taken twice", _log_sum(_log_softmax(pi, 1) + summed, 1)),
        ("log_p is normalised over the components: it is a log-mass already",
         _log_sum(log_pi + _log_softmax(summed, 1), 1)),
    ]  # fmt: skip
    image = log_pi.sum((2, 3)) + summed.sum((2, 3))
    whole = "the pixels are summed before logsumexp: every pixel chooses its own component"
    first = [
        (whole, _log_sum(image, 1)),
        (whole, _log_sum(summed.sum((2, 3)) + _log_softmax(logits.sum((2, 3)), 1), 1)),
        ("logsumexp is over the components and the pixels: log p of the pixels is summed",
         _log_sum(joint.reshape(len(joint), -1), 1)),
        ("logsumexp is over the pixels: it should be over the components, dim 1",
         _log_sum(joint.reshape(*joint.shape[:2], -1), 2).sum(1)),
        ("logsumexp is over the last dimension: it should be over the components, dim 1",
         _log_sum(joint, 3).sum((1, 2))),
        ("logsumexp is over the rows: it should be over the components, dim 1",
         _log_sum(joint, 2).sum((1, 2))),
        ("logsumexp is over the batch: it should be over the components, dim 1",
         _log_sum(joint, 0)),
        ("logsumexp is over the batch: it should be over the components, dim 1",
         _log_sum(joint, 0).sum((1, 2))),
        ("one value for each channel came: their sum comes before logsumexp",
         each.sum((2, 3))),
        ("one value for each pixel and channel came: one for each example is wanted", each),
        ("one value for each component came: logsumexp over them is missing",
         joint.sum((2, 3))),
        ("the components are not yet put together: logsumexp over dim 1 is missing", joint),
        ("logsumexp over components and channels: the channels are summed first",
         _log_sum((log_pi[:, :, None] + log_p).reshape(len(logits), -1, *logits.shape[2:]), 1)
         .sum((1, 2))),
    ]  # fmt: skip
    sign = "the sign is wrong: this is -log p(x)"
    return itertools.chain(first, candidates(formulas, 2, "pixels", sign=sign))
