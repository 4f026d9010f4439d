"""Check of exercise 5x.2: ``reinmax``."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    refuse_other_dtype,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._draws import one_hot
from course_utils.checks._gumbel import softmax
from course_utils.checks._remote import CheckFailed


@check("5x.2")
def reinmax(answer, seed):
    """``reinmax(z, logits)``: one-hot z, logits, (..., K) -> z, with the gradient of ReinMax."""
    rng = np.random.default_rng(seed)
    draws, variables, categories = sizes(rng, 3)
    for label, shape, spread in (
        ("two categories: ", (2,), 1.0),
        ("", (variables, categories), 1.0),
        ("", (draws, variables, categories), 1.5),
        ("one variable: ", (draws, 1, categories), 1.0),
        ("four axes: ", (2, draws, variables, categories), 1.0),
        ("large logits: ", (variables, categories), 40.0),
    ):
        (logits,) = floats(rng.normal(0, spread, shape))
        (z,) = floats(one_hot(rng.normal(size=shape)))  # any category, not the likeliest
        about = f"{label}z and logits of shape {shape}"
        received = call(answer, z, logits, tensors=True)
        pi = softmax(*doubles(logits))
        _verify_value(received, z, pi, about)
        refuse_other_dtype(received, logits, "logits", "the decoder", about)
        probe = rng.normal(size=shape)
        found = gradient(answer, z, logits, probe=probe)[1]
        _verify_gradient(found, z, pi, probe, about, *doubles(logits))
    verify_repeatable(answer, z, logits)
    return (
        "The value is z; the gradient is (2 J((pi + z) / 2) - J(pi) / 2) times the slope, whose "
        "mean is the trapezoid."
    )


def _verify_value(received, z, pi, about):
    path = 2 * _moved((pi + z) / 2, np.log(np.maximum(pi, 1e-300)))
    verify(
        received,
        z,
        checked=about,
        wrong=[
            ("the value is softmax(logits): it should be z, and only the gradient another", pi),
            ("the value is the midpoint (pi + z) / 2: it should be z", (pi + z) / 2),
            ("the value is z - pi: is detach missing?", z - pi),
            ("the value is z + pi: subtract what was added, detached", z + pi),
            ("the value is 2 z: subtract what was added, detached", 2 * z),
            ("the value is 0: z is to be added", np.zeros_like(z)),
            ("the value is that of moves: add it and subtract it, detached", path),
        ],
        scale=1,
        tolerance=1e-5,
        hint="the value should be z exactly: add a path, and subtract the same path, detached",
    )


def _jacobian(p, slope):
    """J(p) times the slope, J(p) = diag(p) - p p'."""
    return p * (slope - (p * slope).sum(-1, keepdims=True))


_moved = _jacobian  # moves(p, logits) has the same form


def _verify_gradient(found, z, pi, probe, about, logits):
    """Of the sum of probe * result: the probe is the slope of f at z."""
    middle, z = (pi + z) / 2, z.astype(np.float64)
    at_middle, at_pi = _jacobian(middle, probe), _jacobian(pi, probe)
    right = 2 * at_middle - at_pi / 2
    if found is None or not found.any():
        raise CheckFailed(
            "the value is right, but no gradient reaches logits: the path is detached as a whole, "
            "and only what is subtracted may be.",
            checked=f"{about}, the result weighted by random numbers and summed",
            expected=show(right),
            received="no gradient" if found is None else "zero everywhere",
        )
    product = z * pi
    verify(
        found,
        right,
        checked=f"{about}, the result weighted by random numbers and summed",
        part="the value is right, the gradient with respect to logits is not",
        wrong=[
            ("this is plain straight-through, J(pi): a is not 0", at_pi),
            ("only J((pi + z) / 2) came, with a = 1 and c = 0", at_middle),
            ("c J(pi) is missing: c is not 0, look at p near 0", 2 * at_middle),
            ("c has the wrong sign: 2 J(middle) + J(pi) / 2 came", 2 * at_middle + at_pi / 2),
            ("c is -1, it should be smaller: look at p near 0", 2 * at_middle - at_pi),
            ("a is 1, it should be larger: look at p near 1", at_middle - at_pi / 2),
            ("the mean of J(middle) and J(pi) came", (at_middle + at_pi) / 2),
            ("it is half of what it should be", right / 2),
            ("it is twice what it should be", 2 * right),
            ("the sign is wrong", -right),
            ("the gradient passes as if the code were logits: J is missing", probe),
            ("the midpoint's half is missing: J(pi + z)", 2 * _jacobian(pi + z, probe) - at_pi / 2),
            ("a and c are exchanged", 2 * at_pi - at_middle / 2),
            ("J stands at z, not halfway to it", 2 * _jacobian(z, probe) - at_pi / 2),
            ("J stands at z pi, not at (pi + z) / 2", 2 * _jacobian(product, probe) - at_pi / 2),
            (
                "a gradient flows through (pi + z) / 2 as if it were a softmax of the logits: "
                "this is J(pi) again",
                1.5 * at_pi,
            ),
            (
                "(pi + z) / 2 as a value has the Jacobian J(pi) / 2, whatever z is: use moves",
                at_pi / 2,
            ),
            (
                "logits stand for pi: pi is their softmax",
                2 * _jacobian((logits + z) / 2, probe) - _jacobian(logits, probe) / 2,
            ),
            *_along_other_axes(z, probe, logits),
        ],
        tolerance=1e-3,
        scale=0.1,
        hint="it should be a J((pi + z) / 2) + c J(pi) times the slope, with the a and c that give "
        "each edge half of its slope from either end",
    )


def _along_other_axes(z, probe, logits):
    """(phrase, gradient) where the softmax is taken along another axis than the last."""
    for axis in range(logits.ndim - 1):
        power = np.exp(logits - logits.max(axis, keepdims=True))
        pi = power / power.sum(axis, keepdims=True)
        yield (
            f"the softmax is taken along axis {axis}: the categories are the last axis",
            2 * _jacobian((pi + z) / 2, probe) - _jacobian(pi, probe) / 2,
        )
