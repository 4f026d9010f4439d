"""Answers to exercise 6.5, ``least_waste``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy import stats

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a measurement, without gradients: answers may use numpy


@right
def waste_plain(log_r, log_p):
    each = (log_r - log_p).mean(0)
    return each.mean(), each.std() / math.sqrt(len(each))


@right
def waste_in_numbers(log_r, log_p):
    each = (log_r.double() - log_p.double()).mean(0)
    return each.mean().item(), (each.var() / each.numel()).sqrt().item()


@right
def waste_by_scipy(log_r, log_p):
    each = np.asarray(log_r - log_p).mean(axis=0)
    return float(each.mean()), float(stats.sem(each))


@right
def waste_by_a_loop(log_r, log_p):
    each = [float(r.mean() - p.mean()) for r, p in zip(log_r.T, log_p.T, strict=True)]
    mean = sum(each) / len(each)
    variance = sum((one - mean) ** 2 for one in each) / (len(each) - 1)
    return [mean, math.sqrt(variance / len(each))]


@right
def waste_stacked(log_r, log_p):
    return torch.stack(waste_plain(log_r, log_p))


def _each(log_r, log_p):
    return (log_r - log_p).mean(0)


@wrong("all K N codes are counted as independent")
def waste_all_codes(log_r, log_p):
    off = log_r - log_p
    return off.mean(), off.std() / math.sqrt(off.numel())


@wrong("the bound comes first")
def waste_exchanged(log_r, log_p):
    return waste_plain(log_r, log_p)[::-1]


@wrong("bound: the sign is wrong")
def waste_sign(log_r, log_p):
    bound, error = waste_plain(log_r, log_p)
    return -bound, error


@wrong("this is the standard deviation over images")
def waste_spread(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.std()


@wrong("the deviation is divided by the root of N - 1")
def waste_by_one_less(log_r, log_p):
    each = (log_r - log_p).mean(0)
    return each.mean(), each.std() / math.sqrt(len(each) - 1)


@wrong("divided by N: the root of N is due")
def waste_without_root(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.std() / len(each)


@wrong("this is the variance of the mean")
def waste_variance(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.var() / len(each)


@wrong("divided by the root of K: there are N images")
def waste_root_of_codes(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.std() / math.sqrt(len(log_r))


@wrong("the spread of all codes is divided by the root of N")
def waste_spread_of_codes(log_r, log_p):
    off = log_r - log_p
    return off.mean(), off.std() / math.sqrt(off.shape[1])


@wrong("divided by the root of K N")
def waste_root_of_all(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.std() / math.sqrt(log_r.numel())


@wrong("the variance is divided by N: N - 1 is due")
def waste_biased(log_r, log_p):
    each = _each(log_r, log_p)
    return each.mean(), each.std(correction=0) / math.sqrt(len(each))


@wrong("this is the error over the K codes")
def waste_over_codes(log_r, log_p):
    each = (log_r - log_p).mean(1)
    return each.mean(), each.std(correction=min(1, len(each) - 1)) / math.sqrt(len(each))


@wrong("the difference is paired")
def waste_unpaired(log_r, log_p):
    r, p = log_r.mean(0), log_p.mean(0)
    return (r - p).mean(), ((r.var() + p.var()) / len(r)).sqrt()


@wrong("an estimate of the bound may be negative")
def waste_clamped(log_r, log_p):
    bound, error = waste_plain(log_r, log_p)
    return bound.clamp(min=0), error


@wrong("the absolute value is taken")
def waste_absolute(log_r, log_p):
    bound, error = waste_plain(log_r, log_p)
    return bound.abs(), error


@wrong("then its logarithm taken: average log r - log p")
def waste_log_of_ratio(log_r, log_p):
    off = log_r - log_p
    return off.exp().mean().log(), waste_plain(log_r, log_p)[1]


@wrong("log p is missing")
def waste_of_r(log_r, log_p):
    return log_r.mean(), waste_plain(log_r, log_p)[1]


@wrong("the sum over the images is taken")
def waste_summed(log_r, log_p):
    each = _each(log_r, log_p)
    return each.sum(), each.std() / math.sqrt(len(each))


@wrong("the codes are summed, not averaged")
def waste_error_of_sums(log_r, log_p):
    each = (log_r - log_p).sum(0)
    return (log_r - log_p).mean(), each.std() / math.sqrt(len(each))


@wrong("one of them has more than one value")
def waste_of_each(log_r, log_p):
    each = _each(log_r, log_p)
    return each, each.std() / math.sqrt(len(each))


@wrong("two calls with the same input gave different values")
def waste_of_some(log_r, log_p):
    some = torch.randperm(len(log_r))[: max(1, len(log_r) // 2)]
    return waste_plain(log_r[some], log_p[some])
