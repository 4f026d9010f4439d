"""Check of exercise 6.1: ``flow_log_prob``."""

import itertools

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
from course_utils.checks._flow import flow_formulas, wrong_flow
from course_utils.checks._masks import SQUEEZED

BIG_SCALE = (
    "right for moderate values, wrong for extreme ones: is something clamped, is exp(log_scale) "
    "multiplied and its logarithm taken, or a density that underflows?"
)

NO_SLOPE = 30  # of log_scale, where gradients of exp(-4 log_scale) leave float32 in an honest form


@check("6.1", seals=("nets.made.AutoregressivePrior",))
def flow_log_prob(answer, seed):
    """``flow_log_prob(z, log_scale, shift)``: (..., L) each -> log p(z), (...), nats.

    epsilon = z * exp(log_scale) + shift is standard normal.
    """
    rng = np.random.default_rng(seed)
    samples, batch, latents = sizes(rng, 3)
    for label, shape, log_scales, spread, width in (
        ("", (batch, latents), (-1.2, 1.2), 1, 1),
        ("K samples in front: ", (samples, batch, latents), (-1.2, 1.2), 1, 1),
        ("one z: ", (latents,), (-1.2, 1.2), 1, 1),
        ("L = 1: ", (batch, 1), (-1.2, 1.2), 1, 1),
        ("B = 1: ", (1, latents), (-1.2, 1.2), 1, 1),
        ("one entry: ", (1,), (-1.2, 1.2), 1, 1),
        ("four axes: ", (2, 1, 3, latents), (-1.2, 1.2), 1, 1),
        ("log_scale from -9 to 5, shift up to 75: ", (batch, latents), (-9, 5), 30, 1),
        ("log_scale from 6 to 9: ", (batch, 16), (6, 9), 1, 1),
        ("log_scale from -9 to -6: ", (batch, 16), (-9, -6), 1, 1),
        ("log_scale from 12 to 20: ", (batch, latents), (12, 20), 1, 1),
        ("log_scale from 22 to 30: ", (batch, latents), (22, NO_SLOPE), 1, 1),
        ("log_scale from -30 to -12: ", (batch, latents), (-30, -12), 1, 1),
        ("z up to 100: ", (batch, latents), (-1.2, 1.2), 1, 40),
        ("z, log_scale and shift 0: ", (batch, latents), (0, 0), 0, 0),
    ):
        log_scale = rng.uniform(*log_scales, shape)
        z, shift = (np.clip(rng.normal(0, 1.2, shape), -2.5, 2.5) for _ in range(2))
        arrays = floats(width * z, log_scale, spread * shift)
        probe = rng.uniform(0.5, 2, shape[:-1]) * rng.choice([-1, 1], shape[:-1])
        formulas = flow_formulas(*doubles(*arrays))
        terms, slopes, size = formulas[0][1], *_flow_slopes(*doubles(*arrays))
        if not label:
            verify_repeatable(answer, *arrays)
        extreme = log_scales != (-1.2, 1.2) or width != 1
        verify(
            call(answer, *arrays),
            terms.sum(-1),
            checked=f"{label}z, log_scale and shift of shape {shape}",
            wrong=() if extreme else _wrong(formulas, shape),
            scale=size,
            hint=BIG_SCALE if extreme else "",
            undefined="" if width else "is something divided by z, log_scale or shift?",
        )
        slopes = [slope * probe[..., None] for slope in slopes]
        if log_scales[1] < NO_SLOPE:
            verify_gradient(answer, arrays, ("z", "log_scale", "shift"), slopes, probe=probe)
    return (
        "log N(epsilon; 0, I) plus the log-determinant, one value for each z, for (L,), (B, L) "
        "and (K, B, L); values and gradients are right for log_scale from -9 to 9."
    )


def _wrong(formulas, shape):
    """(phrase, values) of wrong answers; an axis of length 1 that is lost comes first."""
    lost = [(SQUEEZED, formulas[0][1].sum(-1).squeeze())] if 1 in shape[:-1] else []
    return itertools.chain(lost, wrong_flow(formulas))


def _flow_slopes(z, log_scale, shift):
    """Slopes with respect to the three, and the size of what is added up."""
    scaled = z * np.exp(log_scale)
    epsilon = scaled + shift
    slopes = (-epsilon * np.exp(log_scale), 1 - epsilon * scaled, -epsilon)
    size = np.abs(log_scale) + 0.5 * (np.abs(scaled) + np.abs(shift)) ** 2 + 1
    return slopes, size.sum(-1)
