"""Answers to exercise 4.2, ``equivalent_variance``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def variance_tensor(se_weight, kl_weight):
    return torch.tensor(kl_weight) / (2 * torch.tensor(se_weight))


@right
def variance_plain(se_weight, kl_weight):
    return kl_weight / (2 * se_weight)


@right
def variance_half_of_ratio(se_weight, kl_weight):
    """Divide the loss by kl_weight, then compare with 1 / (2 v)."""
    weight = se_weight / kl_weight
    return 0.5 / weight


@right
def variance_in_logs(se_weight, kl_weight):
    return np.float32(math.exp(math.log(kl_weight) - math.log(se_weight) - math.log(2)))


@wrong("upside down: the weight of the KL is divided")
def variance_upside_down(se_weight, kl_weight):
    return 2 * se_weight / kl_weight


@wrong("upside down, and the 2 is on the wrong side")
def variance_swapped(se_weight, kl_weight):
    return se_weight / (2 * kl_weight)


@wrong("upside down, and the 2 is missing")
def variance_upside_down_no_half(se_weight, kl_weight):
    return se_weight / kl_weight


@wrong("the 2 of SE / (2 v) is missing")
def variance_no_half(se_weight, kl_weight):
    return kl_weight / se_weight


@wrong("on the wrong side: divide by it")
def variance_doubled(se_weight, kl_weight):
    return 2 * kl_weight / se_weight


@wrong("this is the standard deviation")
def variance_std(se_weight, kl_weight):
    return math.sqrt(kl_weight / (2 * se_weight))


@wrong("this is the logarithm of the variance")
def variance_log(se_weight, kl_weight):
    return math.log(kl_weight / (2 * se_weight))


@wrong("only their ratio matters")
def variance_product(se_weight, kl_weight):
    return kl_weight * se_weight


@wrong("only their ratio matters")
def variance_precedence(se_weight, kl_weight):
    """The brackets are missing, and the 2 is a half."""
    return kl_weight / 0.5 * se_weight


@wrong("the weight of the KL is left out")
def variance_of_error(se_weight, kl_weight):
    return 1 / (2 * se_weight)


@wrong("the weight of the squared error is left out")
def variance_of_kl(se_weight, kl_weight):
    return 1 / (2 * kl_weight)


@wrong("the weight of the squared error is left out")
def variance_half_kl(se_weight, kl_weight):
    return kl_weight / 2


@wrong("the 2 divides twice")
def variance_quarter(se_weight, kl_weight):
    return kl_weight / (2 * se_weight) / 2


@wrong("rounded down to a whole number")
def variance_floor(se_weight, kl_weight):
    return kl_weight // (2 * se_weight)


@wrong("the values differ from the right ones")
def variance_constant(se_weight, kl_weight):
    return 0.5
