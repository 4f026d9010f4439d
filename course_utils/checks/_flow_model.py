"""A flow that an answer's class makes: its scale and shift, its inverse, wrong inverses."""

import numpy as np

from course_utils.checks._compare import doubles, refuse_dict, show
from course_utils.checks._contract import call
from course_utils.checks._remote import CheckFailed

MOST = 1e12  # of an entry of a wrong inverse, so that the network's output stays finite


def evaluate(model, z):
    """log_scale and shift of z (..., L), in float64, as many rows of (B, L) at a time."""
    rows = np.asarray(z, np.float32).reshape(-1, z.shape[-1])
    pair = call(model.scale_and_shift, rows)
    about = {"checked": f"scale_and_shift(z) for z of shape {rows.shape}"}
    refuse_dict(pair, ("log_scale", "shift"), about["checked"])
    if not isinstance(pair, tuple) or len(pair) != 2 or any(p.shape != rows.shape for p in pair):
        raise CheckFailed(
            "scale_and_shift: a pair (log_scale, shift) of z's shape is expected.",
            **about,
            received=show(pair),
        )
    if not all(np.isfinite(part).all() for part in pair):
        raise CheckFailed("scale_and_shift: NaN or infinity.", **about, received=show(pair))
    return [part.reshape(z.shape) for part in doubles(*pair)]


def to_noise(model, z):
    log_scale, shift = evaluate(model, z)
    return z * np.exp(log_scale) + shift


def solve(model, epsilon, step=None, passes=None, z=None):
    """z after so many passes of z = (epsilon - shift) exp(-log_scale), by default all."""
    step = step or (lambda noise, log_scale, shift: (noise - shift) * np.exp(-log_scale))
    z = np.zeros_like(epsilon) if z is None else z
    for _ in range(epsilon.shape[-1] if passes is None else passes):
        z = np.clip(np.nan_to_num(step(epsilon, *evaluate(model, z))), -MOST, MOST)
    return z


def _fill(model, epsilon, order):
    """Entry by entry in the given order, from zeros."""
    z = np.zeros_like(epsilon)
    for i in order:
        log_scale, shift = evaluate(model, z)
        z[..., i] = ((epsilon - shift) * np.exp(-log_scale))[..., i]
    return z


def _overwrite(model, values):
    """As many passes that write into the memory of epsilon."""
    for _ in range(values.shape[-1]):
        log_scale, shift = evaluate(model, values)
        values = np.clip((values - shift) * np.exp(-log_scale), -MOST, MOST)
    return values


@np.errstate(all="ignore")
def wrong_inverses(model, epsilon):
    """Yield (phrase, z) of the ways in which an inverse goes wrong."""
    latents = epsilon.shape[-1]
    yield "epsilon came back unchanged", epsilon
    yield "this is the forward direction, z to epsilon", to_noise(model, epsilon)
    if epsilon.ndim == 2 and 1 < len(epsilon) < latents:
        passes = "one pass is made for each example: there are as many as entries of z"
        yield passes, solve(model, epsilon, passes=len(epsilon))
    few = "one pass is missing: the last entry needs as many passes as there are entries"
    yield few, _fill(model, epsilon, range(latents - 1))
    yield few, solve(model, epsilon, passes=latents - 1)
    yield few, solve(model, epsilon, passes=latents - 1, z=epsilon)
    at_noise = "scale and shift are taken at epsilon: they are functions of z"
    yield at_noise, solve(model, epsilon, passes=1, z=epsilon)
    yield (
        "each entry is computed while the entries before it are still 0: one pass only, or the "
        "entries are filled in from the last to the first",
        solve(model, epsilon, passes=1),
    )
    yield (
        "the first entry is missing: passes begin at index 0",
        _fill(model, epsilon, range(1, latents)),
    )
    for phrase, step in (
        ("shift has the wrong sign: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: (noise + shift) * np.exp(-log_scale)),
        ("log_scale has the wrong sign: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: (noise - shift) * np.exp(log_scale)),
        ("this is the forward direction: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(log_scale) + shift),
        ("shift is subtracted after the scaling: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(-log_scale) - shift),
        ("shift is added after the scaling: z = (epsilon - shift) * exp(-log_scale)",
         lambda noise, log_scale, shift: noise * np.exp(-log_scale) + shift),
        ("divided by log_scale: exp is missing",
         lambda noise, log_scale, shift: (noise - shift) / log_scale),
        ("the shift is missing", lambda noise, log_scale, shift: noise * np.exp(-log_scale)),
        ("the scale is missing", lambda noise, log_scale, shift: noise - shift),
    ):  # fmt: skip
        yield phrase, solve(model, epsilon, step)
    over = "epsilon itself is overwritten while it is needed: z has to be a tensor of its own"
    yield over, _overwrite(model, epsilon)
    if epsilon.ndim == 3:
        axis = "the wrong axis is filled with samples in front: z[..., i] is the entry"
        z = np.zeros_like(epsilon)
        for i in range(latents):
            log_scale, shift = evaluate(model, z)
            z[:, i] = ((epsilon - shift) * np.exp(-log_scale))[:, i]
        yield axis, z
