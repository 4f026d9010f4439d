"""Check of exercise 1.1: ``gaussian_log_prob``."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._gaussian import (
    CUT,
    DISTANT,
    FAR,
    HINTS,
    RANGE,
    UNDERFLOWS,
    draw_near,
    gaussian_scale,
    log_prob,
    parameters,
    verify_gradients,
    wrong_gaussian,
)
from course_utils.checks._slopes import exactly

NAMES = ("x", "mu", "log_var")


@check(
    "1.1",
    seals=(
        "losses.likelihoods.gaussian_log_prob",
        "nets.vae.StandardNormal.log_prob",
        "nets.made.AutoregressivePrior.log_prob",
    ),
)
def gaussian_log_prob(answer, seed):
    """``gaussian_log_prob(x, mu, log_var)``: (..., D) each, broadcasting -> (...), nats."""
    rng = np.random.default_rng(seed)
    samples, batch, dims = sizes(rng, 3)
    one, many = (batch, dims), (samples, batch, dims)
    for label, *shapes in (
        ("", one, one, one),
        ("K in front of mu and log_var: ", one, many, many),
        ("K in front of x: ", many, one, one),
        ("one example, one dimension: ", (1, 1), (1, 1), (1, 1)),
        (RANGE, one, one, one),
        ("one log_var for all dimensions: ", one, one, (batch, 1)),
        ("one mu for all dimensions: ", one, (batch, 1), one),
        ("one x for all dimensions: ", (batch, 1), one, one),
        ("one mu and log_var for the batch: ", one, (1, dims), (dims,)),
        ("one x for the batch, K in front: ", (samples, 1, dims), one, (1, dims)),
        ("K and K' in front: ", (2, 1, batch, dims), (samples, 1, dims), one),
        ("D = 1: ", (batch, 1), (batch, 1), (batch, 1)),
        ("no axis but D: ", (dims,), (dims,), (dims,)),
        (DISTANT, one, one, one),
        (FAR, one, one, one),
    ):
        arrays = _arrays(rng, label, *shapes)
        names = [f"{name} {array.shape}" for name, array in zip(NAMES, arrays, strict=True)]
        checked = f"{label}shapes {', '.join(names)}"
        if not label:
            verify_repeatable(answer, *arrays, instead="x is given: use it")
        hint = HINTS.get(label, CUT if label == DISTANT else "")
        verify(
            call(answer, *arrays),
            exactly(log_prob, arrays),
            checked=checked,
            wrong=itertools.chain(wrong_gaussian(arrays), _apart(*doubles(*arrays))),
            scale=gaussian_scale(*arrays),
            hint=hint,
            undefined=UNDERFLOWS,
        )
        std = np.exp(0.5 * arrays[2].astype(np.float64))
        scales = (1 / std, 1 / std, 1 + 0 * std) if label in HINTS else None
        verify_gradients(
            answer, arrays, NAMES, log_prob, rng, scales=scales, about=checked, hint=hint
        )
    return (
        "Sums over the last dimension, one value for each example; equal to torch.distributions "
        "with samples in front of either argument and for log_var from -9 to 5; so are gradients."
    )


def _arrays(rng, label, x_shape, mu_shape, log_var_shape):
    mu, log_var = parameters(rng, np.broadcast_shapes(x_shape, mu_shape, log_var_shape), label)
    x = draw_near(rng, mu, log_var, mu.shape)
    if label == DISTANT:
        x = (mu + 100 * (x - mu)).astype(np.float32)
    shapes = (x_shape, mu_shape, log_var_shape)
    return [_first(array, shape) for array, shape in zip((x, mu, log_var), shapes, strict=True)]


def _first(array, shape):
    """The array's first entries along the axes that ``shape`` lacks or has of length 1."""
    array = array[(0,) * (array.ndim - len(shape))]
    return array[tuple(slice(size) for size in shape)]


def _apart(x, mu, log_var):
    """The mistakes of summing a term before it is broadcast."""
    right = exactly(log_prob, (x, mu, log_var))
    shape = np.broadcast_shapes(x.shape, mu.shape, log_var.shape)
    missing = 0.5 * (np.broadcast_to(log_var, shape).sum(-1) - log_var.sum(-1))
    what = "log_var is summed apart, before it is broadcast: log_var of shape (B, 1) counts once"
    yield f"{what}, it should count for each of the D dimensions", right + missing
