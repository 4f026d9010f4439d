"""Answers to exercise 11.3, ``mean_rates``: wrong and right ones."""

import math

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
