"""Check of exercise 2.2: ``bernoulli_log_prob``."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._formulas import bernoulli_formulas, candidates
from course_utils.checks._slopes import PART, probe_of, verify_slope

UNSTABLE = (
    "right for moderate logits, wrong or not finite for large ones: log(sigmoid(logits)) "
    "underflows, and a clamp or a small number added inside the logarithm changes the value"
)
CERTAIN = "x almost certain: "
SMALL = (
    "right for moderate logits, wrong where x is almost certain: is something clamped, or a small "
    "number added?"
)
IMAGE = (1, 28, 28)


@check(
    "2.2",
    seals=(
        "losses.likelihoods.bernoulli_log_prob",
        "losses.likelihoods.log_sigmoid_sum",
        "losses.likelihoods.grey_cross_entropy",
        "nets.vae.Bernoulli",
    ),
)
def bernoulli_log_prob(answer, seed):
    """``bernoulli_log_prob(x, logits)``: x (B, 1, 28, 28), logits (..., B, 1, 28, 28) -> (..., B).

    Nats, summed over the last three dimensions.
    """
    rng = np.random.default_rng(seed)
    samples, batch = sizes(rng, 2)
    for label, lead, spread in (
        ("", (batch,), 2.0),
        ("K samples of the logits in front: ", (samples, batch), 2.0),
        ("one example: ", (1,), 2.0),
        ("logits up to 20: ", (batch,), 20.0),
        ("logits up to 10,000: ", (batch,), 1e4),
        ("one sample, one example: ", (1, 1), 2.0),
        ("as many samples as examples: ", (3, 3), 2.0),
        ("two axes of samples in front: ", (2, 3, 4), 2.0),
        (CERTAIN, (batch,), 9.0),
        ("logits up to 10,000, K samples in front: ", (2, 3), 1e4),
        ("logits up to 100,000: ", (2,), 1e5),
    ):
        x, logits = floats(
            rng.integers(0, 2, (lead[-1], *IMAGE)),
            spread * np.clip(rng.normal(0, 1, (*lead, *IMAGE)), -1, 1),
        )
        if label == CERTAIN:
            (logits,) = floats((2 * x - 1) * rng.uniform(4, spread, logits.shape))
        formulas = bernoulli_formulas(*doubles(x, logits))
        right = formulas[0][1]
        checked = f"{label}x of shape {x.shape}, logits of shape {logits.shape}"
        sign = "the sign is wrong: this is minus the log-probability (the cross-entropy)"
        hint = SMALL if label == CERTAIN else UNSTABLE if spread > 2 else ""
        squeezed = ("an axis of length 1 is lost: is something squeezed?", _squeezed(right))
        if not label:
            verify_repeatable(answer, x, logits)
        verify(
            call(answer, x, logits),
            right.sum((-3, -2, -1)),
            checked=checked,
            wrong=itertools.chain([squeezed], candidates(formulas, 3, "pixels", sign))
            if spread == 2
            else (),
            # float32 rounds each term by 6e-8 of its logit
            scale=(0.01 if label == CERTAIN else 0.1)
            * np.abs(doubles(logits)[0]).sum((-3, -2, -1)),
            hint=hint,
            undefined="" if spread > 2 else "are logits taken for probabilities?",
        )
        probe = probe_of(rng, lead)
        slope = x - np.exp(-np.logaddexp(0, -logits.astype(float)))
        verify_slope(
            "logits",
            gradient(answer, x, logits, probe=probe)[1],
            slope * probe[..., None, None, None],
            "the result",
            scale=0.01,  # of numbers from 0 to 1, which float32 rounds by 6e-8
            hint=hint or PART,
            undefined=UNSTABLE,
            about=checked,
        )
    return (
        "Sums over the pixels, one value for each example, also with samples in front; values and "
        "gradients are finite and right for logits of 10,000."
    )


def _squeezed(terms):
    """The right values without their axes of length 1, or NaN where there are none."""
    right = terms.sum((-3, -2, -1))
    return right.squeeze() if 1 in right.shape else np.nan
