"""Check of exercise 11.3: ``mean_rates``."""

import numpy as np

from course_utils.checks._compare import close, show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._layers import BELOW
from course_utils.checks._remote import CheckFailed


@check("11.3")
def mean_rates(answer, seed):
    """``mean_rates(a, var_1, b, var_x)``: four numbers -> mean rate_z1, mean rate_z2."""
    answer = in_pairs(answer, "rate_z1", "rate_z2")
    rng = np.random.default_rng(seed)
    cases = [(1.3, 0.4, 0.8, 0.3), (1.7, 0.2, 0.4, 1.5), (0.0, 0.7, 1.2, 0.5)]
    cases += [tuple(rng.uniform((0.3, 0.2, 0.3, 0.2), (2.0, 2.0, 2.0, 2.0))) for _ in range(4)]
    cases += [(-a, var_1, -b, var_x) for a, var_1, b, var_x in cases[3:4]]
    about = "; ".join(f"({', '.join(f'{value:.3f}' for value in case)})" for case in cases[:3])
    about = f"(a, var_1, b, var_x) = {about} and others"
    received = [_numbers(call(answer, *map(float, case)), about) for case in cases]
    received = [np.array(values) for values in zip(*received, strict=True)]
    a, var_1, b, var_x = np.array(cases).T
    known = 0.5 * np.log1p(b**2 * (a**2 + var_1) / var_x)  # I(z1; x)
    upper = 0.5 * np.log1p(a**2 / var_1)  # I(z1; z2)
    if close(received[0], upper, 1) and close(received[1], known - upper, 1):
        raise CheckFailed("the two are exchanged: the rate of z1 comes first.", checked=about)
    alone = 0.5 * np.log1p(b**2 * var_1 / var_x)
    lower_wrong = [
        ("this is I(z1; x): the part that z2 takes over, I(z1; z2), is to be subtracted", known),
        (BELOW, np.maximum(known - upper, 0)),
        (BELOW, np.abs(known - upper)),
        ("the two are added: I(z1; z2) is to be subtracted", known + upper),
        ("the sign is wrong", upper - known),
        ("z1 has the variance a^2 + var_1, not var_1", alone - upper),
        ("z1 has the variance a^2 + var_1, not var_1; and I(z1; z2) is not subtracted", alone),
        ("the factor 1/2 is missing", 2 * (known - upper)),
        ("bits are returned, nats are wanted", (known - upper) / np.log(2)),
        ("b stands for its square", 0.5 * np.log1p(np.abs(b) * (a**2 + var_1) / var_x) - upper),
        ("the variances are taken for standard deviations",
         0.5 * np.log1p(b**2 * (a**2 + var_1**2) / var_x**2)
         - 0.5 * np.log1p(a**2 / var_1**2)),
        ("z1 is given the variance 1", 0.5 * np.log1p(b**2 / var_x) - upper),
    ]  # fmt: skip
    of_x = 0.5 * np.log1p(b**2 * a**2 / (b**2 * var_1 + var_x))
    upper_wrong = [
        ("this is I(z2; x): the rate of z2 is what it knows of z1", of_x),
        ("this is the sum of both rates, I(z1; x)", known),
        ("the factor 1/2 is missing", 2 * upper),
        ("bits are returned, nats are wanted", upper / np.log(2)),
        ("the sign is wrong", -upper),
        ("a stands for its square", 0.5 * np.log1p(np.abs(a) / var_1)),
        ("var_1 is taken for a standard deviation", 0.5 * np.log1p(a**2 / var_1**2)),
        ("this is the logarithm of the variance of z1: that of the ratio to var_1 is due",
         0.5 * np.log(a**2 + var_1)),
    ]  # fmt: skip
    right = (known - upper, upper)
    for part, got, expected, wrong in zip(
        ("rate_z1", "rate_z2"), received, right, (lower_wrong, upper_wrong), strict=True
    ):
        verify(got, expected, checked=about, wrong=wrong, scale=0.1, part=part)
    return (
        "I(z1; x) - I(z1; z2) and I(z1; z2) in nats, also where the first is negative and where "
        "a = 0."
    )


def _numbers(received, about):
    values = received
    if isinstance(values, np.ndarray) and values.shape == (2,):
        values = tuple(values)
    if isinstance(values, tuple) and len(values) == 2:
        values = [np.asarray(value) for value in values]
        if all(value.size == 1 for value in values):
            return [float(value.reshape(())) for value in values]
    told = {"checked": about, "expected": "two numbers", "received": show(received)}
    raise CheckFailed("a pair of numbers is expected, (rate_z1, rate_z2).", **told)
