"""Answers to exercise 12.4, ``bits_of``: wrong and right ones."""

import math

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
