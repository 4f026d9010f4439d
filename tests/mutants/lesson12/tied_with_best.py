"""Answers to exercise 12.2, ``tied_with_best``: wrong and right ones."""

import math

import torch

from course_utils import evaluation
from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
