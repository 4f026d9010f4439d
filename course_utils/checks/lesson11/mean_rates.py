"""Check of exercise 11.3: ``mean_rates``."""

import numpy as np

from course_utils.checks._compare import close, show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers
from course_utils.checks._layers import BELOW
from course_utils.checks._remote import CheckFailed


@check("11.3")
def mean_rates(answer, seed):
    """``mean_rates(a, var_1, b, var_x)``: four numbers -> mean rate_z1, mean rate_z2."""
    answer = in_pairs(answer, "rate_z1", "rate_z2")
    rng = np.random.default_rng(seed)
    cases = [(1.3, 0.4, 0.8, 0.3), (1.7, 0.2, 0.4, 1.5)]
    cases += [tuple(rng.uniform((0.3, 0.2, 0.3, 0.2), (2.0, 2.0, 2.0, 2.0))) for _ in range(4)]
    _verify_rates(answer, cases, "(a, var_1, b, var_x)")
    zeros = [(0.0, 0.7, 1.2, 0.5), (1.1, 0.6, 0.0, 0.4), (0.0, 0.7, 0.0, 0.3)]
    _verify_rates(answer, zeros, "a or b is 0: (a, var_1, b, var_x)")
    signs = [(-a, var_1, b, var_x) for a, var_1, b, var_x in cases[2:4]]
    signs += [(a, var_1, -b, var_x) for a, var_1, b, var_x in cases[1:4]]
    _verify_rates(answer, signs, "a or b below 0: (a, var_1, b, var_x)")
    far = [(8.0, 0.1, 0.2, 0.05), (0.05, 20.0, 25.0, 40.0), (0.03, 3.0, 0.02, 2.0)]
    _verify_rates(answer, far, "small and large numbers: (a, var_1, b, var_x)")
    return (
        "I(z1; x) - I(z1; z2) and I(z1; z2) in nats, also where the first is negative and where "
        "a = 0."
    )


def _verify_rates(answer, cases, label):
    about = "; ".join(f"({', '.join(f'{value:.3f}' for value in case)})" for case in cases[:3])
    about = f"{label} = {about}{' and others' if len(cases) > 3 else ''}"
    received = [
        two_numbers(call(answer, *map(float, case)), about, "(rate_z1, rate_z2)") for case in cases
    ]
    received = [np.array(values) for values in zip(*received, strict=True)]
    knowns, uppers = _known(*np.array(cases).T), _upper(*np.array(cases).T)
    known, upper = knowns[0][1], uppers[0][1]
    right = (known - upper, upper)
    if close(received[0], right[1], 1, 1e-3) and close(received[1], right[0], 1, 1e-3):
        raise CheckFailed(
            "the two are exchanged: the rate of z1 comes first.",
            checked=about,
            expected=show(np.array(right)),
            received=show(np.array(received)),
        )
    subtracted = "I(z1; z2) is to be subtracted"
    lower_wrong = [
        (f"this is I(z1; x): the part that z2 takes over, {subtracted}", known),
        (BELOW, np.maximum(known - upper, 0)),
        (BELOW, np.abs(known - upper)),
        (f"the two are added: {subtracted}", known + upper),
        ("the sign is wrong", upper - known),
        *((f"{phrase}, in I(z1; x)", values - upper) for phrase, values in knowns[1:]),
        *((f"{phrase}, in I(z1; z2)", known - values) for phrase, values in uppers[1:]),
        *((f"{phrase}, in I(z1; x) and I(z1; z2)", first - second)
          for phrase, first in knowns[1:] for other, second in uppers[1:] if phrase == other),
        *((f"{phrase}, and {subtracted}", values) for phrase, values in knowns[1:]),
        ("I(z1; x) is divided by I(z1; z2): it is to be subtracted",
         known / np.where(upper == 0, np.nan, upper)),
        ("I(z2; x) came: I(z1; x) - I(z1; z2) is due", uppers[-1][1]),
    ]  # fmt: skip
    upper_wrong = [
        ("this is the sum of both rates, I(z1; x)", known),
        ("the sign is wrong", -upper),
        *uppers[1:],
    ]
    for part, got, expected, wrong in zip(
        ("rate_z1", "rate_z2"), received, right, (lower_wrong, upper_wrong), strict=True
    ):
        verify(got, expected, checked=about, wrong=wrong, scale=0.1, part=part)


@np.errstate(all="ignore")
def _known(a, var_1, b, var_x):
    """[(phrase, values)] of I(z1; x), the right one first."""
    of_z1 = a**2 + var_1

    def of(of_z1=of_z1, b=b**2, var_x=var_x):
        return 0.5 * np.log1p(b * of_z1 / var_x)

    return [
        ("", of()),
        ("the factor 1/2 is missing", 2 * of()),
        ("bits are returned, nats are wanted", of() / np.log(2)),
        ("a stands for its square", of(a + var_1)),
        ("b stands for its square", of(b=b)),
        ("a and b stand for their squares", of(a + var_1, b)),
        ("the variances are taken for standard deviations", of(a**2 + var_1**2, var_x=var_x**2)),
        ("var_x is taken for a standard deviation", of(var_x=var_x**2)),
        ("var_1 is taken for a standard deviation", of(a**2 + var_1**2)),
        ("var_1 is given for a^2 + var_1: z1 has the variance a^2 + var_1, not var_1", of(var_1)),
        ("a^2 is given for a^2 + var_1: z1 has the variance a^2 + var_1", of(a**2)),
        ("z1 is given the variance 1", of(1.0)),
        ("the variance of x is b^2 times that of z1, plus var_x: var_x is missing",
         0.5 * np.log(b**2 * of_z1 / var_x)),
        ("this is half the logarithm of x's variance: that of the ratio to var_x is due",
         0.5 * np.log(b**2 * of_z1 + var_x)),
        ("x's variance is divided by z1's: given z1, x has the variance var_x",
         0.5 * np.log((b**2 * of_z1 + var_x) / of_z1)),
        ("the ratio is upside down", -of()),
        ("log10 is taken, log is due", of() / np.log(10)),
        ("this is I(z2; x)", 0.5 * np.log1p(b**2 * a**2 / (b**2 * var_1 + var_x))),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _upper(a, var_1, b, var_x):
    """[(phrase, values)] of I(z1; z2), the right one first; I(z2; x) comes last."""
    right = 0.5 * np.log1p(a**2 / var_1)
    spread = 0.5 * np.log(a**2 + var_1)
    of_x = 0.5 * np.log1p(b**2 * a**2 / (b**2 * var_1 + var_x))
    return [
        ("", right),
        ("the factor 1/2 is missing", 2 * right),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("a stands for its square", 0.5 * np.log1p(a / var_1)),
        ("a and b stand for their squares", 0.5 * np.log1p(a / var_1)),
        ("var_1 is taken for a standard deviation", 0.5 * np.log1p(a**2 / var_1**2)),
        ("the variances are taken for standard deviations", 0.5 * np.log1p(a**2 / var_1**2)),
        ("this is half the logarithm of z1's variance: that of the ratio to var_1 is due", spread),
        ("this is the logarithm of z1's variance: half that of the ratio to var_1 is due",
         2 * spread),
        ("the variance of z1 is a^2 + var_1: var_1 is missing", 0.5 * np.log(a**2 / var_1)),
        ("the ratio is upside down", -right),
        ("log10 is taken, log is due", right / np.log(10)),
        ("this is I(z2; x): the rate of z2 is what it knows of z1", of_x),
    ]  # fmt: skip
