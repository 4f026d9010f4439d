"""Answers to exercise 12.2, ``tied_with_best``: wrong and right ones."""

import math
import statistics

import numpy as np
import torch
from scipy import stats

from course_utils import evaluation
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # verdicts


def mistake(name, phrase, answer):
    answer.__name__ = name
    wrong(phrase)(answer)


@right
def tied_by_rows(scores):
    d = scores - scores[scores.mean(1).argmin()]
    return d.mean(1) <= 2 * d.std(1) / math.sqrt(scores.shape[1])


@right
def tied_by_loop(scores):
    best = min(scores, key=lambda row: row.mean().item())
    found = []
    for row in scores:
        mean, error = evaluation.mean_and_error(row - best)
        found.append(mean <= 2 * error)
    return torch.tensor(found)


@right
def tied_in_double(scores):
    scores = scores.double()
    d = scores - scores[scores.sum(1).argsort()[0]]
    return (d.mean(1).square() <= 4 * d.var(1) / d.shape[1]).int()


@right
def tied_by_scipy(scores):
    scores = scores.double().numpy()
    d = scores - scores[np.argmin(scores.mean(axis=1))]
    return ~(d.mean(axis=1) > 2 * stats.sem(d, axis=1))


@right
def tied_by_python(scores):
    rows = scores.tolist()
    best = min(rows, key=statistics.fmean)
    verdicts = []
    for row in rows:
        d = [one - other for one, other in zip(row, best, strict=True)]
        verdicts.append(statistics.fmean(d) <= 2 * statistics.stdev(d) / len(d) ** 0.5)
    return tuple(verdicts)


@right
def tied_as_numbers(scores):
    def one(row, best):
        d = row - best
        return (d.mean() <= 2 * torch.sqrt(d.var() / d.numel())).float()

    return torch.vmap(one, in_dims=(0, None))(scores, scores[scores.mean(1).argmin()])


def tied(reference=None, factor=2.0, error=None):
    def answer(scores):
        best = scores[scores.mean(1).argmin()] if reference is None else reference(scores)
        d = scores - best
        spread = d.std(1) / math.sqrt(d.shape[1]) if error is None else error(scores, d)
        return d.mean(1) <= factor * spread

    return answer


def unpaired(scores, _):
    own = scores.std(1) / math.sqrt(scores.shape[1])
    return torch.hypot(own, own[scores.mean(1).argmin()])


mistake("tied_apart", "the errors of both models", tied(error=unpaired))
mistake("tied_std", "twice the standard deviation", tied(error=lambda s, d: d.std(1)))
mistake("tied_one", "one standard error", tied(factor=1.0))
mistake("tied_three", "three standard errors", tied(factor=3.0))
mistake("tied_highest", "these are costs", tied(lambda s: s[s.mean(1).argmax()]))
mistake("tied_inverse", "the other way round", lambda s: ~tied()(s))
mistake("tied_lowest_of_each", "the lowest cost of each image", tied(lambda s: s.amin(0)))
mistake("tied_best_alone", "the best alone",
        lambda s: torch.arange(len(s)) == s.mean(1).argmin())  # fmt: skip
mistake("tied_strictly", "the best itself is not tied",
        lambda s: tied()(s) & (torch.arange(len(s)) != s.mean(1).argmin()))  # fmt: skip
mistake("tied_differences", "True or False", lambda s: s.mean(1) - s.mean(1).min())
mistake("tied_names", "one value for each model", lambda s: tied()(s).nonzero()[:1])


@right
def tied_as_a_list(scores):
    return tied_by_rows(scores).tolist()


def by_student(scores, strict):
    d = scores - scores[scores.mean(1).argmin()]
    error = d.std(1) / math.sqrt(d.shape[1])
    if strict:
        return d.mean(1) < 2 * error
    return d.mean(1) <= float(stats.t(d.shape[1] - 1).ppf(0.975)) * error


def by_factor(factor, correction=1):
    return tied(error=lambda s, d: factor / 2 * d.std(1, correction=correction)
                / math.sqrt(d.shape[1]))  # fmt: skip


for name, phrase, answer in (
    ("tied_by_1_75", "1.75 standard errors", by_factor(1.75)),
    ("tied_by_1_96", "1.96 standard errors", by_factor(1.96)),
    ("tied_by_2_25", "2.25 standard errors", by_factor(2.25)),
    ("tied_by_1_645", "1.645 standard errors", by_factor(1.645)),
    ("tied_by_2_02", "2.005 standard errors of the differences, and is called tied",
     by_factor(2.02)),
    ("tied_biased", "N - 1 is due", by_factor(2.0, 0)),
    ("tied_over_n_less_1", "on top of a deviation with N - 1",
     tied(error=lambda s, d: d.std(1) / math.sqrt(d.shape[1] - 1))),
    ("tied_over_n", "divided by N: by its square root is due",
     tied(error=lambda s, d: d.std(1) / d.shape[1])),
    ("tied_by_bars", "the error bars of both models overlap",
     lambda s: s.mean(1) - 2 * s.std(1) / math.sqrt(s.shape[1])
     <= (s.mean(1) + 2 * s.std(1) / math.sqrt(s.shape[1]))[s.mean(1).argmin()]),
    ("tied_in_bar", "the best model's own error",
     tied(error=lambda s, d: s[s.mean(1).argmin()].std() / math.sqrt(s.shape[1]))),
    ("tied_by_median", "the lowest median", tied(lambda s: s[s.quantile(0.5, 1).argmin()])),
    ("tied_not_with_copies", "a copy of the best is not tied",
     lambda s: by_student(s, strict=True) | (torch.arange(len(s)) == s.mean(1).argmin())),
    ("tied_not_with_itself", "not less than", lambda s: by_student(s, strict=True)),
    ("tied_by_student", "standard errors of the differences, and is called tied",
     lambda s: by_student(s, strict=False)),
    ("tied_to_the_first", "the first model is taken", tied(lambda s: s[0])),
    ("tied_all", "the highest mean is taken", lambda s: torch.ones(len(s), dtype=torch.bool)),
    ("tied_within_1_nat", "called tied: the limit is two",
     lambda s: s.mean(1) <= s.mean(1).min() + 1.0),
    ("tied_as_text", "an object of type str", lambda s: "the first"),
    ("tied_by_name", "one value for each model", lambda s: {"tied": tied()(s)}),
    ("tied_of_columns", "one value for each model", lambda s: tied()(s.T)),
):  # fmt: skip
    mistake(name, phrase, answer)
