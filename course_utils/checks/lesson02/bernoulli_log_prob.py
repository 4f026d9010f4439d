"""Check of exercise 2.2: ``bernoulli_log_prob``."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import bernoulli_formulas, candidates

UNSTABLE = (
    "right for moderate logits, wrong or not finite for large ones: log(sigmoid(logits)) "
    "underflows, and a clamp or a small number added inside the logarithm changes the value"
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
    ):
        x, logits = floats(
            rng.integers(0, 2, (lead[-1], *IMAGE)),
            spread * np.clip(rng.normal(0, 1, (*lead, *IMAGE)), -1, 1),
        )
        formulas = bernoulli_formulas(*doubles(x, logits))
        right = formulas[0][1]
        sign = "the sign is wrong: this is minus the log-probability (the cross-entropy)"
        verify(
            call(answer, x, logits),
            right.sum((-3, -2, -1)),
            checked=f"{label}x of shape {x.shape}, logits of shape {logits.shape}",
            wrong=candidates(formulas, 3, "pixels", sign) if spread == 2 else (),
            scale=0.1 * np.abs(logits.astype(float)).sum((-3, -2, -1)),
            hint=UNSTABLE if spread > 2 else "",
            undefined="" if spread > 2 else "are logits taken for probabilities?",
        )
        slope = x - np.exp(-np.logaddexp(0, -logits.astype(float)))
        verify_gradient(answer, (x, logits), ("x", "logits"), (None, slope))
    verify_repeatable(answer, x, logits)
    return (
        "Sums over the pixels, one value for each example, also with samples in front; values and "
        "gradients are finite and right for logits of 10,000."
    )
