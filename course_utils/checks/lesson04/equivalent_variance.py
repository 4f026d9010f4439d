"""Check of exercise 4.2: ``equivalent_variance``."""

import math

import numpy as np

from course_utils.checks._compare import close, show, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

CLAMPED = (
    "right for moderate weights, not for very large or small ones: is the variance clamped or "
    "rounded, or a small number added?"
)


@check("4.2")
def equivalent_variance(answer, seed):
    """``equivalent_variance(se_weight, kl_weight)``: the s of SE / (2 s) + KL."""
    rng = np.random.default_rng(seed)
    se, v = rng.uniform(0.1, 0.12), rng.integers(13, 16) + rng.uniform(0.3, 0.7)
    pairs = [(float(se), float(2 * se * v))]  # here no two of the famous formulas agree
    pairs += [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (1 / (784 * 128), 1.0)]
    pairs += [tuple(np.exp(rng.uniform(-3, 3, 2)).tolist()) for _ in range(5)]
    pairs += [(1, 1), (3, 2), (1 / 784, 1)]  # whole numbers
    extremes = [(1e-5, 3e4), (3e5, 1e-4)]  # a variance of 1.5e9, and one of 1.7e-10
    is_constant = _is_constant(answer, *pairs[:2])
    for se, kl in pairs + extremes:
        v = kl / (2 * se)
        received = call(answer, se, kl)
        about = {"checked": f"{se:.6g} * SE + {kl:.6g} * KL"}
        constant = [("the same number came for other weights", received)] if is_constant else []
        wrong = [*_wrong(se, kl, v), *constant]
        hint = CLAMPED if (se, kl) in extremes else ""
        verify(received, np.array(v), **about, wrong=wrong, hint=hint)
        if not close(received / v, np.array(1.0)):  # where v is small, its own size counts
            about |= {"expected": show(np.array(v)), "received": show(received)}
            raise CheckFailed(f"{CLAMPED}.", **about)
    verify_repeatable(answer, se, kl)
    return (
        "s = kl_weight / (2 se_weight): 1/2 for SE + KL, 1 for SE/2 + KL, 50,176 where the mean "
        "over 784 pixels and 128 images stands against one KL."
    )


def _is_constant(answer, *pairs):
    first, second = (call(answer, *pair) for pair in pairs)
    is_number = isinstance(first, np.ndarray) and first.shape == ()
    return is_number and isinstance(second, np.ndarray) and np.array_equal(first, second)


def _wrong(se, kl, v):
    """(phrase, value) of famous wrong formulas."""
    return [
        ("upside down: the weight of the KL is divided by that of the squared error", 1 / v),
        ("upside down, and the 2 is on the wrong side", se / (2 * kl)),
        ("upside down, and the 2 is missing", se / kl),
        ("the 2 of SE / (2 s) is missing", 2 * v),
        ("the 2 of SE / (2 s) is on the wrong side: divide by it", 4 * v),
        ("this is the standard deviation: the variance is wanted", math.sqrt(v)),
        ("this is the standard deviation, and the 2 is missing", math.sqrt(2 * v)),
        ("this is 1 / the standard deviation: the variance is wanted", 1 / math.sqrt(v)),
        ("this is the square of the variance", v * v),
        ("this is the logarithm of the variance", math.log(v)),
        ("this is the logarithm of the standard deviation", math.log(v) / 2),
        ("the weights are multiplied: only their ratio matters", se * kl),
        ("the weights are multiplied: only their ratio matters", 2 * se * kl),
        (
            "the weights are multiplied: only their ratio matters (a / 2 * b is a * b / 2: are "
            "brackets missing?)",
            se * kl / 2,
        ),
        ("the weight of the KL is left out", 1 / (2 * se)),
        ("the weight of the KL is left out, and the 2", 1 / se),
        ("the weight of the KL came itself", kl),
        ("the weight of the squared error came itself", se),
        ("the weight of the squared error is left out", kl / 2),
        ("the weight of the squared error is left out", 1 / (2 * kl)),
        ("the weights are subtracted: only their ratio matters", kl - se),
        ("the weights are subtracted: only their ratio matters", kl - 2 * se),
        ("the weights are subtracted: only their ratio matters", (kl - se) / 2),
        ("the 2 divides twice: s = kl_weight / (2 se_weight)", v / 2),
        ("rounded down to a whole number: / divides, // cuts off", v // 1),
        ("rounded to a whole number", round(v)),
    ]
