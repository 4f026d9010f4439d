"""Answers to exercise 4.2, ``equivalent_variance``: wrong and right ones."""

import math
from fractions import Fraction

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # of two weights, which are plain numbers of a loss's author: nothing is trained


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


@right
def variance_in_fractions(se_weight, kl_weight):
    """Exact, from the numbers' own digits."""
    return float(Fraction(kl_weight) / (2 * Fraction(se_weight)))


@right
def variance_by_root_search(se_weight, kl_weight):
    """Where the slopes of SE agree: 1 / (2 v) = se_weight / kl_weight, by bisection on log v."""
    low, high = -60.0, 60.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        is_above = math.exp(-middle) / 2 > se_weight / kl_weight
        low, high = (middle, high) if is_above else (low, middle)
    return math.exp(low)


@right
def variance_by_derivative(se_weight, kl_weight):
    """The ratio of the loss's two slopes, of which that of the unit Gaussian is 2."""
    terms = torch.ones(2, dtype=torch.float64, requires_grad=True)
    loss = se_weight * terms[0] + kl_weight * terms[1]
    by_se, by_kl = torch.autograd.grad(loss, terms)[0]
    return np.array([(by_kl / by_se).item()])[0] / 2


@wrong("upside down: the weight of the KL is divided")
def variance_upside_down(se_weight, kl_weight):
    return 2 * se_weight / kl_weight


@wrong("upside down, and the 2 is on the wrong side")
def variance_swapped(se_weight, kl_weight):
    return se_weight / (2 * kl_weight)


@wrong("upside down, and the 2 is missing")
def variance_upside_down_no_half(se_weight, kl_weight):
    return se_weight / kl_weight


@wrong("the 2 of SE / (2 s) is missing")
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


@wrong("the same number came for other weights")
def variance_constant(se_weight, kl_weight):
    return 0.5


@wrong("are brackets missing?")
def variance_without_brackets(se_weight, kl_weight):
    return kl_weight / 2 * se_weight


@wrong("this is the standard deviation, and the 2 is missing")
def variance_std_no_half(se_weight, kl_weight):
    return (kl_weight / se_weight) ** 0.5


@wrong("this is 1 / the standard deviation")
def variance_std_upside_down(se_weight, kl_weight):
    return math.sqrt(2 * se_weight / kl_weight)


@wrong("this is the logarithm of the standard deviation")
def variance_log_std(se_weight, kl_weight):
    return 0.5 * math.log(kl_weight / (2 * se_weight))


@wrong("this is the square of the variance")
def variance_squared(se_weight, kl_weight):
    return (kl_weight / (2 * se_weight)) ** 2


@wrong("the weight of the KL came itself")
def variance_is_beta(se_weight, kl_weight):
    return kl_weight


@wrong("the weights are subtracted")
def variance_difference(se_weight, kl_weight):
    return kl_weight - se_weight


@wrong("is the variance clamped or rounded, or a small number added?")
def variance_rounded(se_weight, kl_weight):
    return round(kl_weight / (2 * se_weight), 6)


@wrong("is the variance clamped or rounded, or a small number added?")
def variance_with_epsilon(se_weight, kl_weight):
    return kl_weight / (2 * se_weight) + 1e-8


@wrong("is the variance clamped or rounded, or a small number added?")
def variance_clamped(se_weight, kl_weight):
    return min(kl_weight / (2 * se_weight), 1e6)


@wrong("is the variance clamped or rounded, or a small number added?")
def variance_clamped_from_below(se_weight, kl_weight):
    return max(kl_weight / (2 * se_weight), 1e-8)


@wrong("one array is expected; a dict")
def variance_in_dict(se_weight, kl_weight):
    return {"variance": kl_weight / (2 * se_weight)}


@wrong("the shape is (1,), it should be ()")
def variance_in_axis(se_weight, kl_weight):
    return torch.tensor([kl_weight / (2 * se_weight)])


@wrong("nothing (None): is the return missing?")
def variance_printed(se_weight, kl_weight):
    str(kl_weight / (2 * se_weight))
