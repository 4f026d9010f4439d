"""Check of exercise 6.4: ``flow_rate``."""

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
from course_utils.checks._formulas import LOG_2_PI
from course_utils.checks._masks import SQUEEZED

EXTREMES = "right for moderate values, wrong for extreme ones: is something clamped?"
ROUNDING = 1e-5  # of float32, of ten times what is added up


@check("6.4", seals=("nets.made.AutoregressivePrior",))
def flow_rate(answer, seed):
    """``flow_rate(log_var, log_p_z)``: (..., L), (...) -> -H(q) - log p(z), (...), nats."""
    rng = np.random.default_rng(seed)
    samples, batch, latents = sizes(rng, 3)
    for label, shape, low, high, size in (
        ("as many examples as latents: ", (latents, latents), -3, 1, 1),
        ("", (batch, latents), -3, 1, 1),
        (
            "as many examples as latents, K samples in front: ",
            (samples, latents, latents),
            -3,
            1,
            1,
        ),
        ("K samples in front: ", (samples, batch, latents), -3, 1, 1),
        ("B = 1: ", (1, latents), -3, 1, 1),
        ("L = 1: ", (batch, 1), -3, 1, 1),
        ("four axes: ", (2, 1, 3, latents), -3, 1, 1),
        ("log_var from -40 to 40: ", (batch, latents), -40, 40, 200),
        ("log_p_z down to -100,000: ", (batch, latents), -3, 1, 2e4),
        ("log_var 0, rate near 0: ", (batch, latents), 0, 0, 1e-3),
    ):
        log_var = rng.uniform(low, high, shape)
        signs = np.where(np.arange(np.prod(shape[:-1])) % 2, 1, -1).reshape(shape[:-1])
        rate = size * signs * rng.uniform(2, 6, shape[:-1])  # of one sample, it has either sign
        entropy = 0.5 * (log_var + LOG_2_PI + 1).sum(-1)
        arrays = floats(log_var, -rate - entropy)
        right, wrong = _rates(*doubles(*arrays))
        if label == "as many examples as latents: ":
            verify_repeatable(answer, *arrays)
        lost = [(SQUEEZED, right.squeeze())] if 1 in shape[:-1] else []
        verify(
            call(answer, *arrays),
            right,
            checked=f"{label}log_var of shape {shape}, log_p_z of shape {shape[:-1]}",
            wrong=lost + wrong,
            scale=0.1 * ((np.abs(log_var) + 3).sum(-1) + np.abs(arrays[1])),
            tolerance=ROUNDING,
            hint=EXTREMES if label.startswith("log_") else "",
        )
        probe = rng.uniform(0.5, 2, shape[:-1]) * rng.choice([-1, 1], shape[:-1])
        slopes = -0.5 * probe[..., None] * np.ones(shape), -probe
        verify_gradient(answer, arrays, ("log_var", "log_p_z"), slopes, probe=probe)
    return (
        "Minus the entropy of q minus log p(z), one value for each example, of either sign, also "
        "with samples in front; the gradients are right."
    )


@np.errstate(all="ignore")
def _rates(log_var, log_p):
    """The right rate, and [(phrase, values)] of wrong ones."""
    constant, var = LOG_2_PI + 1, np.exp(log_var)
    terms = 0.5 * (log_var + constant)
    entropy, latents = terms.sum(-1), log_var.shape[-1]
    right, closed = -entropy - log_p, 0.5 * (var - 1 - log_var).sum(-1)
    to_normal = "this is the closed-form KL to N(0, I): the prior is the flow, p enters by log_p_z"
    each = -terms - log_p[..., None]
    found = [
        (f"the entropy: {phrase}", -wrong.sum(-1) - log_p)
        for phrase, wrong in (
            ("it has the wrong sign, the rate is -H(q) - log p(z)", -terms),
            ("the constant log(2 pi) is missing", terms - 0.5 * LOG_2_PI),
            ("the 1 is missing", terms - 0.5),
            ("the constants log(2 pi) + 1 are missing", 0.5 * log_var),
            ("the 1/2 is missing", 2 * terms),
            ("the 1/2 is missing in front of log_var", terms + 0.5 * log_var),
            ("the 1/2 is missing in front of the constants", terms + 0.5 * constant),
            ("the 1/2 is missing in front of log(2 pi)", terms + 0.5 * LOG_2_PI),
            ("the 1/2 is missing in front of the 1", terms + 0.5),
            ("log_var is taken for log_std", log_var + 0.5 * constant),
            ("the 1 has the wrong sign", terms - 1),
            ("log(2 pi) has the wrong sign", terms - LOG_2_PI),
            ("log_var has the wrong sign", terms - log_var),
            ("the term with log_var is missing", terms - 0.5 * log_var),
            ("exp(log_var) stands for log_var", 0.5 * (var + constant)),
            ("the constants are counted once, not for each dimension",
             terms - 0.5 * constant * (1 - 1 / latents)),
            ("the mean over the dimensions is taken in place of the sum", terms / latents),
        )
    ]  # fmt: skip
    found += [
        ("log p(z) has the wrong sign: it has to be subtracted", -entropy + log_p),
        ("the sign is wrong: this is H(q) + log p(z), minus the rate", entropy + log_p),
        ("log p(z) is missing", -entropy),
        ("the entropy is missing", -log_p),
        *((to_normal, sign * closed + weight * log_p) for sign in (1, -1) for weight in (-1, 0, 1)),
        ("it is clamped at 0: the estimate from one z may be negative", np.maximum(right, 0)),
        ("the absolute value is taken: the estimate from one z may be negative", np.abs(right)),
        ("one value for each dimension: the sum over the dimensions is missing", each),
        ("one value for each dimension: the sum over the dimensions is missing", -terms),
        ("log p(z) is counted for each dimension", each.sum(-1)),
        ("the mean over the dimensions is taken in place of the sum", each.mean(-1)),
        ("one axis too many (keepdim?)", right[..., None]),
    ]
    axis = log_p.ndim - 1
    if log_p.shape[axis] == latents:  # else such an answer raises
        found += [(f"the entropy is summed over axis {axis}, the examples: the last axis is due",
                   -terms.sum(axis) - log_p)]  # fmt: skip
    if log_p.ndim == 1:
        pairs = -entropy[:, None] - log_p
        found += [("entropy (B, 1) and log p(z) (B,) give (B, B): no keepdim", pairs)]
    for many, reduce in (("summed", np.sum), ("averaged", np.mean)):
        wanted = f"{many} over the batch: one value for each example is wanted"
        found += [(wanted, reduce(right)), (wanted, reduce(-entropy) - reduce(log_p))]
        found += [(f"the entropy is {many} over the batch too", -reduce(entropy) - log_p)]
        found += [(f"the entropy is {many} over the batch too", -reduce(terms) - log_p)]
        found += [(f"{many} over the wrong axis", reduce(right, 0))]
    found += [("the entropy is summed over the batch, not over the dimensions",
               -terms.reshape(-1, latents).sum(0))]  # fmt: skip
    return right, found
