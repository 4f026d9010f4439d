"""Check of exercise 10.3: ``sample_logistic``."""

import math
from statistics import NormalDist

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed


@check(
    "10.3",
    seals=(
        "losses.logistic.sample_discretized_logistic_mixture",
        "nets.observation.LogisticMixture",
    ),
)
def sample_logistic(answer, seed):
    """``sample_logistic(u, mu, log_scale)``: all (B, C, H, W), u in (0, 1) -> x on the grid."""
    rng = np.random.default_rng(seed)
    batch, height, width = sizes(rng, 3)
    shape = (batch, 3, height, width)
    for label, size, beyond, scales in (
        ("", shape, 0.3, (-1.5, -0.5)),
        ("log_scale from -7 to -4: ", shape, 0.1, (-7, -4)),
        ("log_scale from -1 to 1: ", shape, 0.3, (-1, 1)),
        ("log_scale from 2 to 4: ", shape, 0.3, (2, 4)),
        ("u near 0 and 1: ", shape, 0.2, (-5, -3)),
        ("C = 1, W = 1: ", (2, 1, height, 1), 0.2, (-3, -1)),
        ("a single value: ", (1, 1, 1, 1), 0.0, (-3, -1)),
        ("u rises, mu and log_scale are fixed: ", (1, 1, 1, 200), 0.0, (-1.5, -1)),
    ):
        arrays = floats(*_draws(rng, size, beyond, scales, label))
        u, mu, log_scale = doubles(*arrays)
        draw = mu + np.exp(log_scale) * (np.log(u) - np.log1p(-u))
        right = _on_grid(draw)
        received = call(answer, *arrays)
        about = f"{label}u, mu and log_scale of shape {size}"
        again = received if label else call(answer, *arrays, seed=1)
        if isinstance(received, np.ndarray) and not np.array_equal(received, again, equal_nan=True):
            raise CheckFailed("two calls gave different draws: u is the only noise", checked=about)
        lost = [("the axes are lost: x has the shape of u", right.squeeze())]
        verify(
            received,
            right,
            checked=about,
            scale=1,
            hint=_phrase(received, right, u, mu, log_scale),
            wrong=lost if 1 in size else (),
            undefined="u lies in (0, 1) and is neither 0 nor 1; log_scale may be negative",
        )
    return (
        "mu + scale logit(u), at the nearest of 256 levels in [-1, 1] and never beyond them: x "
        "grows with u."
    )


def _on_grid(draw):
    return (2 * np.clip(np.round(127.5 * (draw + 1)), 0, 255) - 255) / 255


def _draws(rng, shape, beyond, scales, label):
    """u, mu, log_scale whose draws are never near the middle between two levels."""
    log_scale = rng.uniform(*scales, shape)
    scale = np.exp(log_scale)
    k = rng.integers(3, 253, shape)
    k = np.where(rng.uniform(size=shape) < beyond, rng.choice([-90, -30, 290, 350], shape), k)
    offset = rng.choice([-1, 1], shape) * rng.uniform(0.1, 0.35, shape)
    target = (2 * (k + offset) - 255) / 255
    if label.startswith("u rises"):
        scale, mu = np.full(shape, scale.flat[0]), np.full(shape, rng.uniform(-0.3, 0.3))
        log_scale, mu = (values.astype(np.float32) for values in (np.log(scale), mu))
        away = (np.sort(target) - mu) / np.exp(log_scale.astype(np.float64))
        return 1 / (1 + np.exp(-away)), mu, log_scale
    u = rng.uniform(0.02, 0.98, shape)
    if label.startswith("u near"):
        # Beyond a guard of 1e-6, such as logit's eps, all draws agree.
        ends = [1e-5, 1 - 1e-4, 2**-19, 1 - 2**-19]
        u = np.where(rng.uniform(size=shape) < 0.5, u, rng.choice(ends, shape))
    (u, log_scale) = doubles(*floats(u, log_scale))
    return u, target - np.exp(log_scale) * np.log(u / (1 - u)), log_scale


@np.errstate(all="ignore")
def _phrase(received, right, *arrays):
    """The first wrong draw that nearly all of ``received`` is: one value may round apart."""
    if not isinstance(received, np.ndarray) or received.shape != right.shape:
        return ""
    wrong_there = np.abs(received - right) > 1e-3
    if not wrong_there.any():
        return ""
    for phrase, values in _wrong_draws(*arrays) if right.size > 1 else ():
        off = ~(np.abs(received - values) <= 1e-3 * (1 + np.abs(values) / 10))
        if off.mean() <= 0.02 and off[wrong_there].mean() <= 0.1:
            return phrase
    off = np.abs(127.5 * (received + 1) - np.round(127.5 * (received + 1)))
    if np.isfinite(received).all() and off.max() > 1e-2:
        return "the values are not on the grid of 256 levels in [-1, 1], x = (2k - 255) / 255"
    if np.abs(received).max() > 1.001:
        return "values lie beyond the grid: clip to [-1, 1] after rounding"
    return ""


@np.errstate(all="ignore")
def _wrong_draws(u, mu, log_scale):
    """(phrase, values) of wrong draws, fewest mistakes first."""
    scale, logit = np.exp(log_scale), np.log(u) - np.log1p(-u)
    draw = mu + scale * logit
    k = 127.5 * (draw + 1)
    rounded = (2 * np.round(k) - 255) / 255
    normal = _normal_quantile(u)
    falls = "x falls with u: the sign of log(u / (1 - u)) is wrong (a draw all the same, but x "
    falls += "should grow with u)"
    half_off = "the levels are half a step off: x + 1 is to be rounded in steps of 2/255, not x"
    found = [
        ("the draw is not rounded to the grid", np.clip(draw, -1, 1)),
        ("the draw is neither rounded nor clipped", draw),
        ("values lie beyond the grid: the draw is not clipped", rounded),
        ("the level 0, 1, ..., 255 came: x = (2k - 255) / 255 is wanted",
         np.clip(np.round(k), 0, 255)),
        ("the level came, not clipped: x = (2k - 255) / 255 is wanted", np.round(k)),
        ("x is on [0, 1]: it should be on [-1, 1]", np.clip(np.round(k), 0, 255) / 255),
        ("x is on [0, 1): it should be on [-1, 1]", np.clip(np.round(k), 0, 255) / 256),
        ("clipped to [0, 1]: the grid is [-1, 1]", np.clip(rounded, 0, 1)),
        ("the draw is rounded down: the nearest level is wanted",
         (2 * np.clip(np.floor(k), 0, 255) - 255) / 255),
        ("the draw is rounded up: the nearest level is wanted",
         (2 * np.clip(np.ceil(k), 0, 255) - 255) / 255),
        (half_off, np.clip(np.round(127.5 * draw) / 127.5, -1, 1)),
        (half_off, np.clip(np.round(127.5 * draw), -127.5, 127.5) / 127.5),
        (half_off, np.clip(np.round(127.5 * draw), -127, 127) / 127.5),
        ("the levels are 1/128 apart: 256 levels from -1 to 1 are 2/255 apart",
         np.clip(np.round(128 * (draw + 1)), 0, 255) / 128 - 1),
        ("the levels are 1/128 apart: 256 levels from -1 to 1 are 2/255 apart",
         np.clip(np.round(128 * draw) / 128, -1, 1)),
        ("the levels are rounded in steps of 2/255 and put back in steps of 1/128",
         np.clip(np.round(k), 0, 255) / 128 - 1),
        ("the levels are the middles of 256 bins of 1/128: x = (2k - 255) / 255 is wanted",
         (np.clip(np.floor(128 * (draw + 1)), 0, 255) + 0.5) / 128 - 1),
        ("there are 256 bins of equal width: the nearest level is wanted, (2k - 255) / 255",
         2 * np.clip(np.floor(128 * (draw + 1)), 0, 255) / 255 - 1),
        ("the grid has 255 levels: 256 are wanted, 2/255 apart",
         np.clip(np.round(127 * (draw + 1)), 0, 254) / 127 - 1),
        ("the grid has 128 levels: 256 are wanted, 2/255 apart",
         np.clip(np.round(63.5 * (draw + 1)), 0, 127) / 63.5 - 1),
        ("the grid has 511 levels, multiples of 1/255: 256 are wanted, 2/255 apart",
         np.clip(np.round(255 * draw) / 255, -1, 1)),
        ("rounded to 0 or +-1: round(255 (x + 1) / 2) gives the level",
         np.clip(np.round(draw), -1, 1)),
        ("the noise is clipped before mu is added: clip the sum",
         (2 * np.round(127.5 * (mu + np.clip(scale * logit, -1, 1) + 1)) - 255) / 255),
        ("levels beyond the grid wrap around: clip before the conversion to bytes",
         2 * np.mod(np.round(k), 256) / 255 - 1),
    ]  # fmt: skip
    for low, high in ((1, 254), (0, 254), (1, 255)):
        ends = (2 * np.clip(np.round(k), low, high) - 255) / 255
        found += [("the ends of the grid are -1 and 1, the levels 0 and 255", ends)]
    for edge in (0.99, 0.999, 127 / 128):
        ends = (2 * np.round(127.5 * (np.clip(draw, -edge, edge) + 1)) - 255) / 255
        found += [("the ends of the grid are -1 and 1, the levels 0 and 255", ends)]
    held = "u is held away from 0 and 1, or a small number is added to it"
    for small in (1e-5, 1e-4, 1e-3, 1e-2):
        for low, high in ((small, 1 - small), (0, 1 - small), (small, 1)):
            inside = np.clip(u, low, high)
            found += [(held, _on_grid(mu + scale * np.log(inside / (1 - inside))))]
        for more in ((u + small) / (1 - u + small), u / (1 - u) + small):
            found += [(held, _on_grid(mu + scale * np.log(more)))]
    for low, high in ((-7, 7), (-5, 5), (-4, 2), (-3, 1), (-2, 0)):
        value = mu + np.exp(log_scale.clip(low, high)) * logit
        found += [("log_scale is held within bounds: it may be any number", _on_grid(value))]
    for phrase, value in (
        (falls, mu - scale * logit),
        ("the normal quantile stands for the logit, log(u / (1 - u))", mu + scale * normal),
        ("log(1 - u) is missing: the noise is log(u) - log(1 - u)", mu + scale * np.log(u)),
        ("log(u) is missing: the noise is log(u) - log(1 - u)", mu - scale * np.log1p(-u)),
        ("log(1 - u) is missing and the sign is wrong", mu - scale * np.log(u)),
        ("log(u) is missing and the sign is wrong", mu + scale * np.log1p(-u)),
        ("this is Gumbel noise: a logistic draw has log(u / (1 - u))",
         mu - scale * np.log(-np.log(u))),
        ("this is Laplace noise: a logistic draw has log(u / (1 - u))",
         mu - scale * np.sign(u - 0.5) * np.log1p(-2 * np.abs(u - 0.5))),
        ("the logarithm is missing: the noise is log(u / (1 - u))", mu + scale * u / (1 - u)),
        ("the sigmoid stands for its inverse: the noise is log(u / (1 - u))",
         mu + scale / (1 + np.exp(-u))),
        ("u itself is the noise: it has to go through log(u / (1 - u))", mu + scale * u),
        ("u - 1/2 is the noise: it has to go through log(u / (1 - u))", mu + scale * (u - 0.5)),
        ("2u - 1 is the noise: it has to go through log(u / (1 - u))", mu + scale * (2 * u - 1)),
        ("log(u (1 - u)) stands for log(u / (1 - u))", mu + scale * (np.log(u) + np.log1p(-u))),
        ("log(u) / log(1 - u) stands for log(u / (1 - u))", mu + scale * np.log(u) / np.log1p(-u)),
        ("the scale is missing", mu + logit),
        ("the noise is divided by the scale, it should be multiplied", mu + logit / scale),
        ("log_scale is taken for the scale: exp is missing", mu + log_scale * logit),
        ("log_scale is taken for a log-variance: the scale is exp(log_scale / 2)",
         mu + np.sqrt(scale) * logit),
        ("the scale is squared", mu + scale**2 * logit),
        ("softplus stands for exp: the scale is exp(log_scale)",
         mu + np.logaddexp(0, log_scale) * logit),
        ("the scale is taken for the standard deviation: the noise is not divided by pi / sqrt(3)",
         mu + scale * math.sqrt(3) / math.pi * logit),
        ("the noise is multiplied by pi / sqrt(3): the scale is no standard deviation",
         mu + scale * math.pi / math.sqrt(3) * logit),
        ("mu is missing", scale * logit),
        ("mu is held in [-1, 1]: only the draw is", np.clip(mu, -1, 1) + scale * logit),
        ("tanh is applied to the draw: it is clipped", np.tanh(draw)),
        ("mu has the wrong sign", scale * logit - mu),
        ("the scale multiplies mu too", scale * (logit + mu)),
        ("the mean came: u is not used", mu),
    ):  # fmt: skip
        found += [(phrase, _on_grid(value))]
        found += [(f"{phrase}; and it is neither rounded nor clipped", value)]
        found += [(f"{phrase}; and it is not rounded", np.clip(value, -1, 1))]
    return found


def _normal_quantile(u):
    """The inverse of the normal distribution function."""
    return np.vectorize(NormalDist().inv_cdf)(np.clip(u, 1e-19, 1 - 2**-53))
