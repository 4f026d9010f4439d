"""Answers to exercise 12.4, ``bits_of``: wrong and right ones."""

import math

import torch

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1)}


def mistake(name, phrase, answer):
    answer.__name__ = name
    wrong(phrase)(answer)


@right
def bits_by_formula(rate, squared_error, variance, num_dims):
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return ((rate + distortion) / num_dims + math.log(128)) / math.log(2)


@right
def bits_by_package(rate, squared_error, variance, num_dims):
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return losses.bits_per_dim(rate + distortion, num_dims, 1 / 128)


@right
def bits_by_log2(rate, squared_error, variance, num_dims):
    nats = (rate + 0.5 * squared_error / variance).double() / num_dims
    return nats / math.log(2) + 0.5 * math.log2(2 * math.pi * variance) + 7


@right
def bits_in_parts(rate, squared_error, variance, num_dims):
    code = rate / num_dims / math.log(2)
    pixel = squared_error / num_dims / variance / 2 / math.log(2)
    return code + pixel + math.log2(math.sqrt(2 * math.pi * variance) * 128)


@right
def bits_by_examples(rate, squared_error, variance, num_dims):
    pairs = zip(rate.double(), squared_error.double(), strict=True)
    return torch.stack([bits_by_formula(r, e, variance, num_dims) for r, e in pairs])


@right
def bits_by_distribution(rate, squared_error, variance, num_dims):
    at_mean = num_dims * torch.distributions.Normal(0.0, variance**0.5).log_prob(torch.zeros(()))
    nats = torch.addcdiv(rate - at_mean, squared_error, torch.tensor(2 * variance))
    return nats.div(num_dims * math.log(2)) + torch.log2(torch.tensor(128.0))


def of_nats(nats, num_dims, bins=128):
    return (nats / num_dims + math.log(bins)) / math.log(2)


def constant(variance, num_dims):
    return num_dims / 2 * math.log(2 * math.pi * variance)


mistake("bits_free_codes", "the codes have a price",
        lambda r, e, v, n: of_nats(e / (2 * v) + constant(v, n), n))  # fmt: skip
mistake("bits_entropy", "the rate is subtracted",
        lambda r, e, v, n: of_nats(e / (2 * v) + constant(v, n) - r, n))  # fmt: skip
mistake("bits_no_constant", "the constant D/2 log(2 pi variance) is missing",
        lambda r, e, v, n: of_nats(r + e / (2 * v), n))  # fmt: skip
mistake("bits_one_constant", "or is that of one dimension",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, 1), n))  # fmt: skip
mistake("bits_unit_constant", "the variance is missing in the constant",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(1.0, n), n))  # fmt: skip
mistake("bits_no_half", "not by twice the variance",
        lambda r, e, v, n: of_nats(r + e / v + constant(v, n), n))  # fmt: skip
mistake("bits_std", "the variance is taken for a standard deviation",
        lambda r, e, v, n: of_nats(r + e / (2 * v**2) + constant(v**2, n), n))  # fmt: skip
mistake("bits_no_bins", "the bins are missing",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1))  # fmt: skip
mistake("bits_of_unit_pixels", "pixels lie in [-1, 1], not in [0, 1]",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 256))  # fmt: skip
mistake("bits_wrong_way", "log 128 is subtracted",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1 / 128))  # fmt: skip
mistake("bits_as_nats", "nats came",
        lambda r, e, v, n: bits_by_formula(r, e, v, n) * math.log(2))  # fmt: skip
mistake("bits_whole", "bits for the whole image",
        lambda r, e, v, n: bits_by_formula(r, e, v, n) * n)  # fmt: skip
mistake("bits_mean", "the mean over the batch",
        lambda r, e, v, n: bits_by_formula(r, e, v, n).mean())  # fmt: skip
mistake("bits_detached", "no gradient reaches rate",
        lambda r, e, v, n: bits_by_formula(r.detach(), e, v, n))  # fmt: skip


for name, phrase, answer in (
    ("bits_of_eight", "the bin width is not 1/128",
     lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1) + 8),
    ("bits_of_log_128", "log 128 is not divided by log 2",
     lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1) + math.log(128)),
    ("bits_of_grid", "2/255 is the bin of the levels",
     lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 127.5)),
    ("bits_without_error", "the squared error is missing",
     lambda r, e, v, n: of_nats(r + constant(v, n), n)),
    ("bits_rate_of_image", "the rate is not divided by D",
     lambda r, e, v, n: of_nats(e / (2 * v) + constant(v, n), n) + r / math.log(2)),
    ("bits_error_of_image", "the squared error is not divided by D",
     lambda r, e, v, n: of_nats(r + constant(v, n), n) + e / (2 * v) / math.log(2)),
    ("bits_mean_error", "the squared error is not divided by D",
     lambda r, e, v, n: of_nats(r + n * e / (2 * v) + constant(v, n), n)),
    ("bits_constant_of_std", "the standard deviation stands for the variance in the constant",
     lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(math.sqrt(v), n), n)),
    ("bits_error_of_std", "the standard deviation stands for the variance in the error",
     lambda r, e, v, n: of_nats(r + e / (2 * math.sqrt(v)) + constant(v, n), n)),
    ("bits_without_2_pi", "2 pi is missing",
     lambda r, e, v, n: of_nats(r + e / (2 * v) + n / 2 * math.log(v), n)),
    ("bits_in_decimal", "divided by log 10",
     lambda r, e, v, n: bits_by_formula(r, e, v, n) * math.log10(2)),
    ("bits_positive", "held at 0 or above",
     lambda r, e, v, n: bits_by_formula(r, e, v, n).clamp(min=0)),
    ("bits_of_held_variance", "a variance of 1e-6",
     lambda r, e, v, n: bits_by_formula(r, e, max(v, 1e-4), n)),
    ("bits_of_small_number", "a variance of 1e-6",
     lambda r, e, v, n: bits_by_formula(r, e, v + 1e-8, n)),
    ("bits_of_fixed_error", "no gradient reaches squared_error",
     lambda r, e, v, n: bits_by_formula(r, e.detach(), v, n)),
    ("bits_of_slow_rate", "the gradient with respect to rate is not",
     lambda r, e, v, n: bits_by_formula(r / 2 + r.detach() / 2, e, v, n)),
    ("bits_of_numpy", "no gradient reaches rate",
     lambda r, e, v, n: bits_by_formula(r.detach().numpy(), e.detach().numpy(), v, n)),
    ("bits_drawn", "two calls with the same input gave different values",
     lambda r, e, v, n: bits_by_formula(r + torch.rand_like(r), e, v, n)),
    ("bits_squeezed", "the shape is",
     lambda r, e, v, n: bits_by_formula(r, e, v, n).squeeze()),
):  # fmt: skip
    mistake(name, phrase, answer)
