"""Answers to exercise 12.1, ``paired_difference``: wrong and right ones."""

import math
import statistics

import numpy as np
import torch
from scipy import stats

from course_utils import evaluation
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers that compare two models: nothing is trained on them


def mistake(name, phrase, answer):
    answer.__name__ = name
    wrong(phrase)(answer)


@right
def paired_by_torch(scores, others):
    d = scores - others
    return d.mean().item(), (d.std() / math.sqrt(len(d))).item()


@right
def paired_by_package(scores, others):
    return evaluation.mean_and_error(scores - others)


@right
def paired_by_numpy(scores, others):
    d = (scores.double() - others.double()).numpy()
    return np.array([d.mean(), d.std(ddof=1) / np.sqrt(d.size)])


@right
def paired_by_sums(scores, others):
    d, n = (scores - others).double(), len(scores)
    mean = d.sum() / n
    return mean, ((d - mean).square().sum() / (n - 1) / n).sqrt()


@right
def paired_by_scipy(scores, others):
    d = np.subtract(scores.numpy(), others.numpy(), dtype=np.float64)
    return [d.mean(), stats.sem(d)]


@right
def paired_by_python(scores, others):
    d = [one - other for one, other in zip(scores.tolist(), others.tolist(), strict=True)]
    return statistics.fmean(d), statistics.stdev(d) / len(d) ** 0.5


@right
def paired_by_covariance(scores, others):
    both = torch.stack([scores, others]).double()
    n, (spread, mixed) = both.shape[1], torch.cov(both)
    error = ((spread[0] - spread[1] - mixed[0] + mixed[1]).clamp(min=0) / n).sqrt()
    return torch.stack([both[0].mean() - both[1].mean(), error])


def mean_of(scores, others):
    return (scores - others).mean()


def error_of(values):
    return values.std() / math.sqrt(len(values))


mistake("paired_sign", "the sign is wrong", lambda s, o: (mean_of(o, s), error_of(s - o)))
mistake("paired_sum", "the sum of the differences",
        lambda s, o: ((s - o).sum(), error_of(s - o)))  # fmt: skip
mistake("paired_apart", "on the same images",
        lambda s, o: (mean_of(s, o), torch.hypot(error_of(s), error_of(o))))  # fmt: skip
mistake("paired_added", "on the same images",
        lambda s, o: (mean_of(s, o), error_of(s) + error_of(o)))  # fmt: skip
mistake("paired_std", "divide by the square root of N",
        lambda s, o: (mean_of(s, o), (s - o).std()))  # fmt: skip
mistake("paired_over_n", "divide by its square root",
        lambda s, o: (mean_of(s, o), (s - o).std() / len(s)))  # fmt: skip
mistake("paired_variance", "the variance over N",
        lambda s, o: (mean_of(s, o), (s - o).var() / len(s)))  # fmt: skip
mistake("paired_biased", "N - 1 is due",
        lambda s, o: (mean_of(s, o), (s - o).std(correction=0) / math.sqrt(len(s))))  # fmt: skip
mistake("paired_interval", "1.96 times",
        lambda s, o: (mean_of(s, o), 1.96 * error_of(s - o)))  # fmt: skip
mistake("paired_own", "the error of the scores alone",
        lambda s, o: (mean_of(s, o), error_of(s)))  # fmt: skip
mistake("paired_absolute", "they have a sign",
        lambda s, o: ((s - o).abs().mean(), error_of(s - o)))  # fmt: skip
mistake("paired_one", "a pair of numbers is expected", mean_of)


for name, phrase, answer in (
    ("paired_sorted", "the scores are sorted",
     lambda s, o: (mean_of(s, o), error_of(s.sort().values - o.sort().values))),
    ("paired_not_centred", "the mean of the differences is not subtracted",
     lambda s, o: (mean_of(s, o), (s - o).square().mean().sqrt() / math.sqrt(len(s)))),
    ("paired_median", "the median of the differences",
     lambda s, o: ((s - o).quantile(0.5), error_of(s - o))),
    ("paired_over_n_less_1", "divided by the square root of N - 1",
     lambda s, o: (mean_of(s, o), (s - o).std() / math.sqrt(len(s) - 1))),
    ("paired_of_sums", "image by image",
     lambda s, o: (mean_of(s, o), error_of(s + o))),
    ("paired_over_2n", "divided by the square root of 2N",
     lambda s, o: (mean_of(s, o), (s - o).std() / math.sqrt(2 * len(s)))),
    ("paired_in_errors", "in units of its standard error",
     lambda s, o: (mean_of(s, o) / error_of(s - o), error_of(s - o))),
    ("paired_ratio", "the ratio of the means",
     lambda s, o: (s.mean() / o.mean(), error_of(s - o))),
    ("paired_exchanged", "mean: the mean and its standard error are exchanged",
     lambda s, o: (error_of(s - o), mean_of(s, o))),
    ("paired_variance_alone", "the variance: its root",
     lambda s, o: (mean_of(s, o), (s - o).var())),
    ("paired_bootstrapped", "two calls with the same input gave different values",
     lambda s, o: (mean_of(s, o), (s - o)[torch.randint(len(s), (200, len(s)))].mean(1).std())),
    ("paired_each", "a pair of numbers is expected", lambda s, o: (s - o, error_of(s - o))),
    ("paired_of_small", "near the right values",
     lambda s, o: (mean_of(s, o), error_of(s - o) + 1e-3)),
):  # fmt: skip
    mistake(name, phrase, answer)
