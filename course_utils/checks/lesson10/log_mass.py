"""Check of exercise 10.2: ``log_mass``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, named, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._logistic import HALF, log_s, sigmoid, wrong_ends, wrong_masses
from course_utils.checks._slopes import probe_of, verify_slope

UNDERFLOW = (
    "far from mu both sigmoids round to the same number, and the difference is 0 or noise: take "
    "log s(a) + log s(-b) + log(1 - exp(b - a)), a and b the upper and lower edge, or a fallback "
    "to density times bin width where the difference is small"
)
FLOOR = (
    "far from mu every value is the same: a floor (a clamp, or a small number added to P) hides "
    "how far x is, and its gradient is 0 there"
)
BOTH = (
    "torch.where differentiates both of its branches, and the one that is not taken gives 0 times "
    "infinity: clamp what goes into its logarithm"
)
NEGATIVE = (
    "P = s(upper edge) - s(lower edge) is positive, and not small here; log_scale may be negative, "
    "the scale is its exp"
)


@check(
    "10.2",
    seals=(
        "losses.logistic.discretized_logistic_log_prob",
        "losses.logistic._log_mass",
        "nets.observation.DiscretizedLogistic",
    ),
)
def log_mass(answer, seed):
    """``log_mass(x, mu, log_scale)``: all (B, C, H, W), x on the grid of [-1, 1] -> log P, nats."""
    rng = np.random.default_rng(seed)
    batch, height, width = sizes(rng, 3)
    shape = (batch, 3, height, width)
    near = _near(rng, shape, (-5.2, -2.5))
    wide = _levels(rng, shape), rng.uniform(-1, 1, shape), rng.uniform(0.3, 1.5, shape)
    first = call(answer, *floats(*near))
    if isinstance(first, np.ndarray) and not np.isfinite(first).all():
        # There every formula is finite, so that a mistake has its name.
        _verify_mass(
            answer, rng, wide, "log_scale from 0.3 to 1.5: ", wrong_masses, 1e-3, undefined=NEGATIVE
        )
    _verify_mass(answer, rng, near, "", wrong_masses, 1e-4, undefined=NEGATIVE)
    verify_repeatable(answer, *floats(*near))
    at_ends = _near(rng, shape, (-5.2, -2.5), ends=True)
    _verify_mass(answer, rng, at_ends, "levels at both ends among the values: ", wrong_ends, 1e-4)
    _verify_mass(answer, rng, wide, "log_scale from 0.3 to 1.5: ", wrong_masses, 1e-3)
    one = (2, 1, height, 1)
    _verify_mass(answer, rng, _near(rng, one, (-5, -3)), "C = 1, W = 1: ", None, 1e-3)
    single = _near(rng, (1, 1, 1, 1), (-5, -3))
    _verify_mass(answer, rng, single, "a single value: ", None, 1e-3)
    # Not at the limits themselves, where the gradient of a clamp is a matter of taste.
    low, high = -6.999, 3.999
    closest = _near(rng, shape, (low, -6.8), ends=True)
    _verify_mass(answer, rng, closest, "log_scale near -7, x near mu: ", None, 2e-3, slope=3e-2)
    for label, least, most, reach in (
        ("log_scale near -3, x far from mu: ", -3.2, -2.8, 3),
        ("log_scale near -7, x far from mu: ", low, -6.5, 1),
        ("log_scale near -7, mu off the scale: ", low, -6.9, 3),
        ("log_scale near 4: ", 3.9, high, 1),
        ("log_scale near 4, x far from mu: ", 3.5, high, 300),
        ("log_scale from -7 to 4: ", low, high, 1.5),
    ):
        mu, log_scale = rng.uniform(-1, 1, shape), rng.uniform(least, most, shape)
        if label.endswith(("x far from mu: ", "off the scale: ")):
            mu = np.sign(mu) * (0.5 + 0.5 * np.abs(mu))
        values = _levels(rng, shape, ends=True), reach * mu, log_scale
        # Differences of sigmoids are noisy in float32, their gradients even more.
        _verify_mass(answer, rng, values, label, None, 2e-3, slope=3e-2)
    return (
        "The mass of each level's bin, open at both ends, finite with finite gradients and right "
        "for log_scale from -7 to 4, near mu and far from it."
    )


def _levels(rng, shape, ends=False):
    k = rng.integers(3, 253, shape)
    if ends:
        k = np.where(rng.uniform(size=shape) < 0.25, rng.choice([0, 1, 254, 255], shape), k)
    return (2 * k - 255) / 255


def _near(rng, shape, log_scales, ends=False):
    """x a few scales from mu, where no logarithm of a difference underflows."""
    log_scale = rng.uniform(*log_scales, shape)
    scale = np.exp(log_scale)
    mu = scale * rng.uniform(-1.5, 1.5, shape)
    away = mu + scale * rng.choice([-1, 1], shape) * rng.uniform(0.2, 2.8, shape)
    x = (2 * np.round(127.5 * (away + 1)) - 255) / 255
    if ends:
        x = _levels(rng, shape, ends=True)
        mu = x + scale * rng.choice([-1, 1], shape) * rng.uniform(0.2, 2.8, shape)
        mu = np.where(rng.uniform(size=shape) < 0.1, x, mu)  # nothing is special in the middle
    return x, mu, log_scale


def _exact(x, mu, log_scale):
    """log P and its derivatives with respect to mu and log_scale."""
    scale = np.exp(log_scale)
    a, b, w = (x + HALF - mu) / scale, (x - HALF - mu) / scale, 2 * HALF / scale
    upper, lower = x < 0.999, x > -0.999  # the edges that are there
    value = upper * log_s(a) + lower * log_s(-b) + (upper & lower) * np.log(-np.expm1(-w))
    by_mu = (lower * sigmoid(b) - upper * sigmoid(-a)) / scale
    by_log_scale = (
        lower * b * sigmoid(b) - upper * a * sigmoid(-a) - (upper & lower) * w / np.expm1(w)
    )
    return value, by_mu, by_log_scale


def _held(x, mu, log_scale):
    """(phrase, values) of log-masses with an argument that is held within bounds."""
    yield "mu is held in [-1, 1]: it may lie off the scale", _exact(x, mu.clip(-1, 1), log_scale)[0]
    for low, high in ((-6, 9), (-5, 9), (-4, 9), (-3, 9), (-9, 3), (-9, 2), (-9, 1), (-9, 0)):
        held = f"{low} or above" if high == 9 else f"{high} or below"
        held = f"log_scale is held at {held}: it may be anything from -7 to 4"
        yield held, _exact(x, mu, log_scale.clip(low, high))[0]


def _slack(x, mu, log_scale):
    """How far the published fallback is from log P and its derivatives: as right, by convention.

    PixelCNN++ takes density times bin width where P is below 1e-5, 2 nats off at log_scale -7.
    """
    scale, exact = np.exp(log_scale), _exact(x, mu, log_scale)
    mid = (x - mu) / scale
    value = mid - log_scale + 2 * log_s(-mid) + np.log(2 * HALF)
    slope = np.tanh(mid / 2)
    used = (np.abs(x) < 0.999) & (exact[0] < np.log(2e-5))
    fallback = value, slope / scale, mid * slope - 1
    return [used * np.abs(one - other) for one, other in zip(fallback, exact, strict=True)]


def _verify_mass(answer, rng, arrays, label, wrong, tolerance, undefined="", slope=2e-3):
    arrays = floats(*arrays)
    exact = doubles(*arrays)
    right, slack = _exact(*exact), _slack(*exact)
    received, shape = call(answer, *arrays), arrays[0].shape
    about = f"{label}x, mu and log_scale of shape {shape}"
    found = [*(wrong(*exact) if wrong else ()), *_held(*exact)]
    hint = _found_far(received, right[0]) if not wrong else ""
    if isinstance(received, np.ndarray) and not label:  # 1/256 and 1/255 are near each other
        hint = hint or named(received, found, 2e-4, right[0])
    if right[0].size == 1:
        found += [("one example lost its axes (squeeze or a sum)", right[0].sum())]
    verify(
        received,
        right[0],
        checked=about,
        wrong=found,
        scale=0.1 + slack[0] / tolerance,
        tolerance=tolerance,
        hint=hint,
        undefined=undefined or UNDERFLOW,
    )
    probe = probe_of(rng, shape)
    slopes = gradient(answer, *arrays, probe=probe)[1:]
    for name, slope_received, expected, off in zip(
        ("mu", "log_scale"), slopes, right[1:], slack[1:], strict=True
    ):
        verify_slope(
            name,
            slope_received,
            probe * expected,
            "the result",
            scale=1 + np.abs(expected).mean() + 1.5 * off / slope,
            tolerance=slope,
            undefined=BOTH,
            about=about,
        )


def _found_far(received, right):
    """Names what goes wrong far from mu, where the values near it are right."""
    if not isinstance(received, np.ndarray) or received.shape != right.shape:
        return ""
    if not np.isfinite(received).all():
        return UNDERFLOW
    below, least = right < received.min() - 1, received.min()
    if below.sum() >= 3 and (received[below] < least + 1e-3).mean() > 0.3:
        return FLOOR
    return f"right for moderate scales near mu, not here: {UNDERFLOW}"
