"""Answers to exercise 11.3, ``mean_rates``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy import stats

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers of numbers: what the rates should be, not trained on


@right
def means_by_logs(a, var_1, b, var_x):
    upper = 0.5 * math.log((a**2 + var_1) / var_1)
    return 0.5 * math.log((b**2 * (a**2 + var_1) + var_x) / var_x) - upper, upper


@right
def means_by_log1p(a, var_1, b, var_x):
    upper = math.log1p(a * a / var_1) / 2
    return math.log1p(b * b * (a * a + var_1) / var_x) / 2 - upper, upper


@right
def means_by_correlation(a, var_1, b, var_x):
    """I = -1/2 log(1 - rho^2)."""
    spread = a * a + var_1
    rho_2, rho_x = a * a / spread, b * b * spread / (b * b * spread + var_x)
    first, second = -0.5 * math.log(1 - rho_x), -0.5 * math.log(1 - rho_2)
    return torch.tensor([first - second, second])


@right
def means_by_determinants(a, var_1, b, var_x):
    spread = a * a + var_1
    joint = torch.tensor([[1.0, a, a * b], [a, spread, b * spread], [a * b, b * spread, 0]])
    joint[2, 2] = b * b * spread + var_x
    joint = joint.double()

    def known(i, j):
        two = joint[[i, j]][:, [i, j]]
        return 0.5 * (joint[i, i].log() + joint[j, j].log() - two.logdet())

    return (known(1, 2) - known(0, 1)).item(), known(0, 1).item()


@right
def means_by_numpy(a, var_1, b, var_x):
    """Differences of entropies of Gaussians."""
    z1_given_z2, z1 = stats.norm(scale=var_1**0.5), stats.norm(scale=np.hypot(a, var_1**0.5))
    x_given_z1, x = stats.norm(scale=var_x**0.5), stats.norm(scale=np.sqrt(b**2 * z1.var() + var_x))
    rate_z2 = z1.entropy() - z1_given_z2.entropy()
    return x.entropy() - x_given_z1.entropy() - rate_z2, rate_z2


@wrong("return a tuple, not a dict")
def means_in_a_dict(a, var_1, b, var_x):
    return dict(zip(("rate_z1", "rate_z2"), means_by_numpy(a, var_1, b, var_x), strict=True))


@right
def means_as_float32(a, var_1, b, var_x):
    a, var_1, b, var_x = (torch.tensor([number]) for number in (a, var_1, b, var_x))
    upper = ((a**2 + var_1) / var_1).log() / 2
    return [((b**2 * (a**2 + var_1) + var_x) / var_x).log() / 2 - upper, upper]


def wrong_means(name, phrase, change):
    def answer(a, var_1, b, var_x):
        lower, upper = means_by_logs(a, var_1, b, var_x)
        return change(lower, upper, a, var_1, b, var_x)

    answer.__name__ = name
    wrong(phrase)(answer)


wrong_means("means_of_x", "is to be subtracted", lambda low, up, *_: (low + up, up))
wrong_means("means_exchanged", "the two are exchanged", lambda low, up, *_: (up, low))
wrong_means("means_clamped", "may be negative", lambda low, up, *_: (max(low, 0.0), up))
wrong_means("means_added", "the two are added", lambda low, up, *_: (low + 2 * up, up))
wrong_means("means_sign", "the sign is wrong", lambda low, up, *_: (-low, up))
wrong_means("means_twice", "the factor 1/2 is missing", lambda low, up, *_: (2 * low, up))
wrong_means("means_bits", "nats are wanted", lambda low, up, *_: (low / math.log(2), up))
wrong_means("means_upper_sum", "the sum of both rates", lambda low, up, *_: (low, low + up))
wrong_means("means_upper_twice", "rate_z2: the factor 1/2", lambda low, up, *_: (low, 2 * up))
wrong_means("means_upper_bits", "rate_z2: bits", lambda low, up, *_: (low, up / math.log(2)))
wrong_means(
    "means_narrow_z1",
    "z1 has the variance a^2 + var_1, not var_1",
    lambda low, up, a, var_1, b, var_x: (0.5 * math.log1p(b * b * var_1 / var_x) - up, up),
)
wrong_means(
    "means_unit_z1",
    "z1 is given the variance 1",
    lambda low, up, a, var_1, b, var_x: (0.5 * math.log1p(b * b / var_x) - up, up),
)
wrong_means(
    "means_upper_of_x",
    "this is I(z2; x)",
    lambda low, up, a, var_1, b, var_x: (
        low,
        0.5 * math.log1p(a * a * b * b / (b * b * var_1 + var_x)),
    ),
)
wrong_means(
    "means_upper_std",
    "var_1 is taken for a standard deviation",
    lambda low, up, a, var_1, b, var_x: (low, 0.5 * math.log1p(a * a / var_1**2)),
)
wrong_means("means_one_number", "a pair of numbers is expected", lambda low, up, *_: low + up)


def of(first, second):
    """The rates of two mutual informations."""
    return first - second, second


def information(ratio):
    return 0.5 * math.log(ratio)


for name, phrase, change in (
    ("means_all_of_x", "this is I(z2; x): the rate of z2 is what it knows of z1, in I(z1; z2)",
     lambda low, up, a, v, b, vx: of(low + up, information(1 + (a * b)**2 / (b * b * v + vx)))),
    ("means_a_not_squared", "a stands for its square, in I(z1; x) and I(z1; z2)",
     lambda low, up, a, v, b, vx: of(information((b * b * (a + v) + vx) / vx),
                                     information((a + v) / v))),
    ("means_b_not_squared", "b stands for its square",
     lambda low, up, a, v, b, vx: of(information((b * (a * a + v) + vx) / vx), up)),
    ("means_not_squared", "a and b stand for their squares",
     lambda low, up, a, v, b, vx: of(information((b * (a + v) + vx) / vx),
                                     information((a + v) / v))),
    ("means_of_deviations", "the variances are taken for standard deviations",
     lambda low, up, a, v, b, vx: of(information((b * b * (a * a + v * v) + vx * vx) / vx**2),
                                     information((a * a + v * v) / v**2))),
    ("means_upside_down", "the sign is wrong",
     lambda low, up, a, v, b, vx: of(-low - up, -up)),
    ("means_of_variance", "this is half the logarithm of z1's variance",
     lambda low, up, a, v, b, vx: (low, information(a * a + v))),
    ("means_twice_both", "the factor 1/2 is missing, in I(z1; x) and I(z1; z2)",
     lambda low, up, *_: (2 * low, 2 * up)),
    ("means_log10", "log10 is taken", lambda low, up, *_: (low / math.log(10), up / math.log(10))),
    ("means_positive_a", "raised ValueError",
     lambda low, up, a, v, b, vx: (low, math.log(math.sqrt(1 + a * a / v)) + 0 * math.sqrt(a))),
    ("means_upper_of_sign", "a or b below 0",
     lambda low, up, a, v, b, vx: (low, math.copysign(up, a))),
    ("means_of_positive_a", "a or b is 0", lambda low, up, a, *_: (low, up + 0.001 * (a == 0))),
):  # fmt: skip
    wrong_means(name, phrase, change)
