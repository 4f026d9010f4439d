"""Answers to exercise 12.1, ``paired_difference``: wrong and right ones."""

import math

import numpy as np
import torch

from course_utils import evaluation
from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
