"""Checks of lesson 03: dequantising and the logit transform with its log-determinant."""

import math

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._remote import CheckFailed

LOGIT_EXTREMES = (
    "right for moderate x, wrong or not finite at 0 and 1: is something clamped, or alpha left out?"
)


@check("3.1", seals=("pixels.dequantise",))
def dequantise(answer, seed):
    """``dequantise(images)``: uint8, any shape -> x = (v + u) / 128 - 1, u ~ U[0, 1) afresh."""
    rng = np.random.default_rng(seed)
    copies, grey = 60, int(rng.integers(60, 200))
    images = rng.integers(0, 256, (40, 3, 16, 16))
    same = np.full((copies, 3, 16, 16), grey)
    images = np.concatenate([images, same]).astype(np.uint8)
    about = {
        "checked": f"uint8 images of shape {images.shape}",
        "expected": "(v + u) / 128 - 1 with u uniform in [0, 1), drawn anew for every value",
    }
    x, again = (call(answer, images, seed=2 * seed + draw) for draw in (1, 2))
    about["received"] = show(x)
    if not isinstance(x, np.ndarray) or x.shape != images.shape:
        verify(x, np.zeros(images.shape), checked=about["checked"])
    mistake = _wrong_scale(x.astype(np.float64), images.astype(np.float64))
    mistake = mistake or _wrong_noise(x, again, images, copies)
    if mistake:
        raise CheckFailed(f"{mistake}.", **about)
    flat = rng.integers(0, 256, sizes(rng, 2)).astype(np.uint8)
    x = call(answer, flat)
    if not isinstance(x, np.ndarray) or x.shape != flat.shape:
        verify(x, np.zeros(flat.shape), checked=f"uint8 values of shape {flat.shape}")
    return "Every x lies in its own level's bin of width 1/128, uniformly, drawn anew each time."


def _wrong_scale(x, v):
    """Names the map from v to x when the noise is not in the right bin."""
    u = (x + 1) * 128 - v
    if not np.isfinite(x).all():
        return "there is NaN or infinity"
    for phrase, base in (
        ("nothing is drawn: the levels came back on the grid of [-1, 1]", (2 * v - 255) / 255),
        ("nothing is drawn: the lower edges of the bins came back", v / 128 - 1),
        ("nothing is drawn: the middles of the bins came back", (v + 0.5) / 128 - 1),
        ("nothing is drawn: the bytes came back", v),
        ("nothing is drawn: grey values in [0, 1] came back", v / 255),
    ):
        if np.abs(x - base).max() < 1e-3 * max(1, np.abs(base).max()):
            return phrase
    if u.min() >= -1e-3 and u.max() <= 1 + 1e-3 and np.ptp(u) > 0.5:
        return ""
    for phrase, scale, shift in (
        ("x lies in [0, 1): the scale should be [-1, 1)", 256, 0),
        ("x lies in [0, 2): the 1 is not subtracted", 128, 0),
        ("the bins are those of 2 v / 255 - 1, which reach beyond 1: divide by 128", 127.5, 1),
        ("x lies in [0, 1]: divided by 255, not by 256, and not on [-1, 1)", 255, 0),
        ("x lies in [0, 256): it is not scaled", 1, 0),
        ("x lies in [-1/2, 1/2): the scale should be [-1, 1)", 256, 0.5),
    ):
        found = (x + shift) * scale - v
        if found.min() >= -2e-2 and found.max() <= 1.02 and np.ptp(found) > 0.5:
            return phrase
    if -0.51 < u.min() < -0.4 and 0.4 < u.max() < 0.51:
        return "u lies in [-1/2, 1/2): a level would reach below -1, and its bin begins at its edge"
    if u.max() > 1.2 or u.min() < -0.2:
        wide = np.ptp(u)
        if 100 < wide < 140:
            return "the noise is added after the scaling, a whole bin 128 times too wide"
        return f"u goes from {u.min():.2f} to {u.max():.2f}, it should stay in [0, 1)"
    return "the noise does not fill the bin from edge to edge: u should be uniform in [0, 1)"


def _wrong_noise(x, again, images, copies):
    u = ((x.astype(np.float64) + 1) * 128 - images).clip(0, 1)
    if np.array_equal(x, again):
        return "the same noise comes in every call: is a generator or a seed fixed?"
    if u.max() >= 1 and (u >= 1).mean() > 1e-3:
        return "u reaches 1: the value belongs to the next level's bin"
    part = u[-copies:]
    for axes, text in (
        ((1, 2, 3), "all values of an image share one draw: each needs its own"),
        ((0,), "all images share their noise: each needs its own"),
        ((1,), "the three channels of a pixel share one draw: each needs its own"),
    ):
        if np.ptp(part, axis=axes).max() < 1e-2:
            return text
    for name, values in (("", u.ravel()), *((f"channel {c}: ", u[:, c].ravel()) for c in range(3))):
        error = 1 / math.sqrt(values.size)
        if abs(values.mean() - 0.5) > 6.5 * math.sqrt(1 / 12) * error:
            return f"{name}the mean of u is {values.mean():.3f}, it should be 1/2"
        if abs(((values - 0.5) ** 2).mean() - 1 / 12) > 6.5 * math.sqrt(1 / 180) * error:
            return f"{name}u is not uniform: its variance is {values.var():.4f}, it should be 1/12"
    return ""


@check("3.2", seals=("pixels.logit_transform",))
def logit_transform(answer, seed):
    """``logit_transform(x, alpha)``: (B, ...) in [0, 1] -> (y, log |det dy/dx|), log det (B,)."""
    answer = in_pairs(answer, "y", "log_det")
    rng = np.random.default_rng(seed)
    batch, rows, columns = sizes(rng, 3)
    shape = (batch, 3, rows, columns)
    for label, alpha, low, high in (
        ("", rng.uniform(0.02, 0.1), 0.05, 0.95),
        ("x = 0 and x = 1 among the values: ", rng.uniform(0.02, 0.1), 0.0, 1.0),
    ):
        x = rng.uniform(low, high, shape)
        x[rng.uniform(size=shape) < 0.1] = low
        x[rng.uniform(size=shape) < 0.1] = high
        (x,) = floats(x)
        alpha = float(np.float32(alpha))
        about = f"{label}x of shape {shape}, alpha = {alpha:.4f}"
        y, log_det, formulas = _logit(x, alpha)
        received = call(answer, x, alpha)
        if not isinstance(received, tuple) or len(received) != 2:
            told = {"checked": about, "expected": "a tuple (y, log_det)"}
            raise CheckFailed(
                "y and log_det are wanted, as a pair.", **told, received=show(received)
            )
        hint = LOGIT_EXTREMES if label else ""
        verify(received[0], y, checked=about, part="y", wrong=formulas["y"], scale=1, hint=hint)
        verify(
            received[1],
            log_det,
            checked=about,
            part="log_det",
            wrong=formulas["log_det"],
            scale=np.full(batch, 3 * rows * columns),
            hint=hint,
        )
        if not label:
            slope = (1 - 2 * alpha) / (_p(x, alpha) * (1 - _p(x, alpha)))
            of = "sum of y"
            verify_gradient(answer, (x, np.float64(alpha)), ("x", "alpha"), (slope, None), of=of)
    verify_repeatable(answer, x, alpha)
    return (
        "y = logit(alpha + (1 - 2 alpha) x) and its log-determinant, one value for each example, "
        "finite at x = 0 and 1; the gradient of y agrees with it."
    )


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x.astype(np.float64)


@np.errstate(all="ignore")
def _logit(x, alpha):
    """Right y and log_det in float64, and famous wrong ones."""
    (x,) = doubles(x)
    p = _p(x, alpha)
    y = np.log(p) - np.log1p(-p)
    terms = math.log(1 - 2 * alpha) - np.log(p) - np.log1p(-p)

    def total(values):
        return values.reshape(len(x), -1).sum(1)

    inside = alpha + (1 - alpha) * x
    wrong_y = [
        ("alpha is left out: logit(x) is infinite at 0 and 1", np.log(x) - np.log1p(-x)),
        ("the scale is 1 - alpha, it should be 1 - 2 alpha", np.log(inside) - np.log1p(-inside)),
        ("this is the sigmoid, the inverse of the logit", 1 / (1 + np.exp(-p))),
        ("this is p = alpha + (1 - 2 alpha) x: the logit is missing", p),
        ("the sign is wrong: log((1 - p) / p)", -y),
        ("this is log p: the - log(1 - p) is missing", np.log(p)),
    ]
    wrong_det = [
        ("the sign is wrong: this is the log-determinant of the inverse", -total(terms)),
        (
            "the derivative of p = alpha + (1 - 2 alpha) x is missing: log(1 - 2 alpha), for every "
            "value, not once",
            total(terms - math.log(1 - 2 * alpha)),
        ),
        ("the mean over the values is taken in place of the sum", total(terms) / terms[0].size),
        ("summed over the batch too: one value for each example is wanted", terms.sum()),
        ("the sum over the values is missing", terms),
        ("summed over the last dimension alone", terms.sum(-1)),
        (
            "the - log(1 - p) is missing",
            total(math.log(1 - 2 * alpha) - np.log(p)),
        ),
        (
            "these are derivatives: the logarithm is missing",
            total((1 - 2 * alpha) / (p * (1 - p))),
        ),
        (
            "log p + log(1 - p) has the wrong sign",
            total(math.log(1 - 2 * alpha) + np.log(p) + np.log1p(-p)),
        ),
        ("it is in bits: nats are wanted", total(terms) / math.log(2)),
    ]
    return y, total(terms), {"y": wrong_y, "log_det": wrong_det}
