"""Answers to the exercises of lesson 12: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch

from course_utils import evaluation, losses

from . import registry

WRONG, RIGHT, wrong, right = registry()
PAIRED, TIED, FRONTIER, BITS = "paired_difference", "tied_with_best", "frontier", "bits_of"


def mistake(check, name, phrase, answer):
    answer.__name__ = name
    wrong(check, phrase)(answer)


# --- 12.1 paired_difference ----------------------------------------------------------------------


@right(PAIRED)
def paired_by_torch(scores, others):
    d = scores - others
    return d.mean().item(), (d.std() / math.sqrt(len(d))).item()


@right(PAIRED)
def paired_by_package(scores, others):
    return evaluation.mean_and_error(scores - others)


@right(PAIRED)
def paired_by_numpy(scores, others):
    d = (scores.double() - others.double()).numpy()
    return np.array([d.mean(), d.std(ddof=1) / np.sqrt(d.size)])


@right(PAIRED)
def paired_by_sums(scores, others):
    d, n = (scores - others).double(), len(scores)
    mean = d.sum() / n
    return mean, ((d - mean).square().sum() / (n - 1) / n).sqrt()


def mean_of(scores, others):
    return (scores - others).mean()


def error_of(values):
    return values.std() / math.sqrt(len(values))


mistake(PAIRED, "paired_sign", "the sign is wrong", lambda s, o: (mean_of(o, s), error_of(s - o)))
mistake(PAIRED, "paired_sum", "the sum of the differences",
        lambda s, o: ((s - o).sum(), error_of(s - o)))  # fmt: skip
mistake(PAIRED, "paired_apart", "on the same images",
        lambda s, o: (mean_of(s, o), torch.hypot(error_of(s), error_of(o))))  # fmt: skip
mistake(PAIRED, "paired_added", "on the same images",
        lambda s, o: (mean_of(s, o), error_of(s) + error_of(o)))  # fmt: skip
mistake(PAIRED, "paired_std", "divide by the square root of N",
        lambda s, o: (mean_of(s, o), (s - o).std()))  # fmt: skip
mistake(PAIRED, "paired_over_n", "divide by its square root",
        lambda s, o: (mean_of(s, o), (s - o).std() / len(s)))  # fmt: skip
mistake(PAIRED, "paired_variance", "the variance over N",
        lambda s, o: (mean_of(s, o), (s - o).var() / len(s)))  # fmt: skip
mistake(PAIRED, "paired_biased", "N - 1 is due",
        lambda s, o: (mean_of(s, o), (s - o).std(correction=0) / math.sqrt(len(s))))  # fmt: skip
mistake(PAIRED, "paired_interval", "1.96 times",
        lambda s, o: (mean_of(s, o), 1.96 * error_of(s - o)))  # fmt: skip
mistake(PAIRED, "paired_own", "the error of the scores alone",
        lambda s, o: (mean_of(s, o), error_of(s)))  # fmt: skip
mistake(PAIRED, "paired_absolute", "they have a sign",
        lambda s, o: ((s - o).abs().mean(), error_of(s - o)))  # fmt: skip
mistake(PAIRED, "paired_one", "a pair of numbers is expected", mean_of)


# --- 12.2 tied_with_best -------------------------------------------------------------------------


@right(TIED)
def tied_by_rows(scores):
    d = scores - scores[scores.mean(1).argmin()]
    return d.mean(1) <= 2 * d.std(1) / math.sqrt(scores.shape[1])


@right(TIED)
def tied_by_loop(scores):
    best = min(scores, key=lambda row: row.mean().item())
    found = []
    for row in scores:
        mean, error = evaluation.mean_and_error(row - best)
        found.append(mean <= 2 * error)
    return torch.tensor(found)


@right(TIED)
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


mistake(TIED, "tied_apart", "the errors of both models", tied(error=unpaired))
mistake(TIED, "tied_std", "twice the standard deviation", tied(error=lambda s, d: d.std(1)))
mistake(TIED, "tied_one", "one standard error", tied(factor=1.0))
mistake(TIED, "tied_three", "three standard errors", tied(factor=3.0))
mistake(TIED, "tied_highest", "these are costs", tied(lambda s: s[s.mean(1).argmax()]))
mistake(TIED, "tied_inverse", "the other way round", lambda s: ~tied()(s))
mistake(TIED, "tied_lowest_of_each", "the lowest cost of each image", tied(lambda s: s.amin(0)))
mistake(TIED, "tied_best_alone", "the best alone",
        lambda s: torch.arange(len(s)) == s.mean(1).argmin())  # fmt: skip
mistake(TIED, "tied_strictly", "the best itself is not tied",
        lambda s: tied()(s) & (torch.arange(len(s)) != s.mean(1).argmin()))  # fmt: skip
mistake(TIED, "tied_differences", "True or False", lambda s: s.mean(1) - s.mean(1).min())
mistake(TIED, "tied_names", "one value for each model", lambda s: tied()(s).nonzero()[:1])


# --- 12.3 frontier -------------------------------------------------------------------------------


@right(FRONTIER)
def frontier_by_pairs(rate, distortion):
    no_more = (rate[:, None] <= rate) & (distortion[:, None] <= distortion)
    less = (rate[:, None] < rate) | (distortion[:, None] < distortion)
    return ~(no_more & less).any(0)


@right(FRONTIER)
def frontier_by_loop(rate, distortion):
    points = list(zip(rate.tolist(), distortion.tolist(), strict=True))
    return torch.tensor(
        [not any(r <= x and d <= y and (r, d) != (x, y) for r, d in points) for x, y in points]
    )


@right(FRONTIER)
def frontier_by_sweep(rate, distortion):
    found = torch.zeros(len(rate), dtype=torch.bool)
    for i in range(len(rate)):
        cheaper = distortion[rate < rate[i]]
        same = distortion[rate == rate[i]]
        below = cheaper.numel() and cheaper.min() <= distortion[i]
        found[i] = not below and same.min() >= distortion[i]
    return found


def pairs(rate, distortion):
    no_more = (rate[:, None] <= rate) & (distortion[:, None] <= distortion)
    return no_more, (rate[:, None] < rate) | (distortion[:, None] < distortion)


def both_lower(rate, distortion):
    return (rate[:, None] < rate) & (distortion[:, None] < distortion)


mistake(FRONTIER, "frontier_strict", "equal in one", lambda r, d: ~both_lower(r, d).any(0))
mistake(FRONTIER, "frontier_itself", "itself", lambda r, d: ~pairs(r, d)[0].any(0))
mistake(FRONTIER, "frontier_twins", "twins dominate each other",
        lambda r, d: ~(pairs(r, d)[0] & ~torch.eye(len(r), dtype=torch.bool)).any(0))  # fmt: skip
mistake(FRONTIER, "frontier_elbo", "the best ELBO alone", lambda r, d: r + d == (r + d).min())
mistake(FRONTIER, "frontier_inverse", "the other way round",
        lambda r, d: ~frontier_by_pairs(r, d))  # fmt: skip
mistake(FRONTIER, "frontier_high", "these are costs", lambda r, d: frontier_by_pairs(-r, -d))
mistake(FRONTIER, "frontier_axis", "the wrong axis",
        lambda r, d: ~(pairs(r, d)[0] & pairs(r, d)[1]).any(1))  # fmt: skip
mistake(FRONTIER, "frontier_rate", "the lowest rate alone", lambda r, d: r == r.min())
mistake(FRONTIER, "frontier_distortion", "the lowest distortion alone", lambda r, d: d == d.min())
mistake(FRONTIER, "frontier_indices", "one value for each model",
        lambda r, d: frontier_by_pairs(r, d).nonzero()[:2, 0])  # fmt: skip


# --- 12.4 bits_of --------------------------------------------------------------------------------


@right(BITS)
def bits_by_formula(rate, squared_error, variance, num_dims):
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return ((rate + distortion) / num_dims + math.log(128)) / math.log(2)


@right(BITS)
def bits_by_package(rate, squared_error, variance, num_dims):
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return losses.bits_per_dim(rate + distortion, num_dims, 1 / 128)


@right(BITS)
def bits_by_log2(rate, squared_error, variance, num_dims):
    nats = (rate + 0.5 * squared_error / variance).double() / num_dims
    return nats / math.log(2) + 0.5 * math.log2(2 * math.pi * variance) + 7


@right(BITS)
def bits_in_parts(rate, squared_error, variance, num_dims):
    code = rate / num_dims / math.log(2)
    pixel = squared_error / num_dims / variance / 2 / math.log(2)
    return code + pixel + math.log2(math.sqrt(2 * math.pi * variance) * 128)


def of_nats(nats, num_dims, bins=128):
    return (nats / num_dims + math.log(bins)) / math.log(2)


def constant(variance, num_dims):
    return num_dims / 2 * math.log(2 * math.pi * variance)


mistake(BITS, "bits_free_codes", "the codes have a price",
        lambda r, e, v, n: of_nats(e / (2 * v) + constant(v, n), n))  # fmt: skip
mistake(BITS, "bits_entropy", "the rate is subtracted",
        lambda r, e, v, n: of_nats(e / (2 * v) + constant(v, n) - r, n))  # fmt: skip
mistake(BITS, "bits_no_constant", "the constant D/2 log(2 pi variance) is missing",
        lambda r, e, v, n: of_nats(r + e / (2 * v), n))  # fmt: skip
mistake(BITS, "bits_one_constant", "or is that of one dimension",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, 1), n))  # fmt: skip
mistake(BITS, "bits_unit_constant", "the variance is missing in the constant",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(1.0, n), n))  # fmt: skip
mistake(BITS, "bits_no_half", "not by twice the variance",
        lambda r, e, v, n: of_nats(r + e / v + constant(v, n), n))  # fmt: skip
mistake(BITS, "bits_std", "the variance is taken for a standard deviation",
        lambda r, e, v, n: of_nats(r + e / (2 * v**2) + constant(v**2, n), n))  # fmt: skip
mistake(BITS, "bits_no_bins", "the bins are missing",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1))  # fmt: skip
mistake(BITS, "bits_of_unit_pixels", "pixels lie in [-1, 1], not in [0, 1]",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 256))  # fmt: skip
mistake(BITS, "bits_wrong_way", "log 128 is subtracted",
        lambda r, e, v, n: of_nats(r + e / (2 * v) + constant(v, n), n, 1 / 128))  # fmt: skip
mistake(BITS, "bits_as_nats", "nats came",
        lambda r, e, v, n: bits_by_formula(r, e, v, n) * math.log(2))  # fmt: skip
mistake(BITS, "bits_whole", "bits for the whole image",
        lambda r, e, v, n: bits_by_formula(r, e, v, n) * n)  # fmt: skip
mistake(BITS, "bits_mean", "the mean over the batch",
        lambda r, e, v, n: bits_by_formula(r, e, v, n).mean())  # fmt: skip
mistake(BITS, "bits_detached", "no gradient reaches rate",
        lambda r, e, v, n: bits_by_formula(r.detach(), e, v, n))  # fmt: skip


@right(TIED)
def tied_as_a_list(scores):
    return tied_by_rows(scores).tolist()


@right(FRONTIER)
def frontier_as_a_list(rate, distortion):
    return frontier_by_pairs(rate, distortion).tolist()
