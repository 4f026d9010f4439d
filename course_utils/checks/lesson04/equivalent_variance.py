"""Check of exercise 4.2: ``equivalent_variance``."""

import math

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("4.2")
def equivalent_variance(answer, seed):
    """``equivalent_variance(se_weight, kl_weight)``: the v of SE / (2 v) + KL."""
    rng = np.random.default_rng(seed)
    se, v = rng.uniform(0.1, 0.12), rng.integers(13, 16) + rng.uniform(0.3, 0.7)
    pairs = [(float(se), float(2 * se * v))]  # here no two of the famous formulas agree
    pairs += [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (1 / (784 * 128), 1.0)]
    pairs += [tuple(np.exp(rng.uniform(-3, 3, 2)).tolist()) for _ in range(5)]
    for se, kl in pairs:
        v = kl / (2 * se)
        wrong = [
            ("upside down: the weight of the KL is divided by that of the squared error", 1 / v),
            ("upside down, and the 2 is on the wrong side", se / (2 * kl)),
            ("upside down, and the 2 is missing", se / kl),
            ("the 2 of SE / (2 v) is missing", 2 * v),
            ("the 2 of SE / (2 v) is on the wrong side: divide by it", 4 * v),
            ("this is the standard deviation: the variance is wanted", math.sqrt(v)),
            ("this is the square of the variance", v * v),
            ("this is the logarithm of the variance", math.log(v)),
            ("the weights are multiplied: only their ratio matters", se * kl),
            ("the weights are multiplied: only their ratio matters", 2 * se * kl),
            ("the weight of the KL is left out", 1 / (2 * se)),
            ("the weight of the KL is left out, and the 2", 1 / se),
            ("the weight of the squared error is left out", kl / 2),
            ("the weight of the squared error is left out", 1 / (2 * kl)),
            ("the 2 divides twice: v = kl_weight / (2 se_weight)", v / 2),
            ("rounded down to a whole number: / divides, // cuts off", v // 1),
        ]
        verify(
            call(answer, se, kl),
            np.array(v),
            checked=f"{se:.6g} * SE + {kl:.6g} * KL",
            wrong=wrong,
        )
    verify_repeatable(answer, se, kl)
    return (
        "v = kl_weight / (2 se_weight): 1/2 for SE + KL, 1 for SE/2 + KL, 50,176 where the mean "
        "over 784 pixels and 128 images stands against one KL."
    )
