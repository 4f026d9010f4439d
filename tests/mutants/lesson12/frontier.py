"""Answers to exercise 12.3, ``frontier``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # verdicts


def mistake(name, phrase, answer):
    answer.__name__ = name
    wrong(phrase)(answer)


@right
def frontier_by_pairs(rate, distortion):
    no_more = (rate[:, None] <= rate) & (distortion[:, None] <= distortion)
    less = (rate[:, None] < rate) | (distortion[:, None] < distortion)
    return ~(no_more & less).any(0)


@right
def frontier_by_loop(rate, distortion):
    points = list(zip(rate.tolist(), distortion.tolist(), strict=True))
    return torch.tensor(
        [not any(r <= x and d <= y and (r, d) != (x, y) for r, d in points) for x, y in points]
    )


@right
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


mistake("frontier_strict", "equal in one", lambda r, d: ~both_lower(r, d).any(0))
mistake("frontier_itself", "itself", lambda r, d: ~pairs(r, d)[0].any(0))
mistake("frontier_twins", "twins dominate each other",
        lambda r, d: ~(pairs(r, d)[0] & ~torch.eye(len(r), dtype=torch.bool)).any(0))  # fmt: skip
mistake("frontier_elbo", "the best ELBO alone", lambda r, d: r + d == (r + d).min())
mistake("frontier_inverse", "the other way round",
        lambda r, d: ~frontier_by_pairs(r, d))  # fmt: skip
mistake("frontier_high", "these are costs", lambda r, d: frontier_by_pairs(-r, -d))
mistake("frontier_axis", "the wrong axis",
        lambda r, d: ~(pairs(r, d)[0] & pairs(r, d)[1]).any(1))  # fmt: skip
mistake("frontier_rate", "the lowest rate alone", lambda r, d: r == r.min())
mistake("frontier_distortion", "the lowest distortion alone", lambda r, d: d == d.min())
mistake("frontier_indices", "one value for each model",
        lambda r, d: frontier_by_pairs(r, d).nonzero()[:2, 0])  # fmt: skip


@right
def frontier_as_a_list(rate, distortion):
    return frontier_by_pairs(rate, distortion).tolist()


@right
def frontier_by_numpy(rate, distortion):
    points = np.stack([rate.numpy(), distortion.numpy()])
    no_more = (points[:, :, None] <= points[:, None]).all(0)
    return ~(no_more & ~no_more.T).any(0)


@right
def frontier_of_numbers(rate, distortion):
    def one(x, y):
        better = (rate <= x) & (distortion <= y) & ((rate != x) | (distortion != y))
        return 1.0 - better.any().float()

    return torch.vmap(one)(rate, distortion)


@right
def frontier_by_sorting(rate, distortion):
    order = sorted(range(len(rate)), key=lambda i: (rate[i].item(), distortion[i].item()))
    found, last, lowest = [False] * len(rate), None, math.inf
    for i in order:
        place = rate[i].item(), distortion[i].item()
        found[i] = place == last or place[1] < lowest
        if found[i]:
            last, lowest = place, place[1]
    return found


def first_of_twins(rate, distortion):
    order = sorted(range(len(rate)), key=lambda i: (rate[i].item(), distortion[i].item(), i))
    found, lowest = [False] * len(rate), math.inf
    for i in order:
        found[i] = distortion[i].item() < lowest
        lowest = min(lowest, distortion[i].item())
    return found


def under_chords(rate, distortion):
    kept = frontier_by_pairs(rate, distortion)
    for i in range(len(rate)):
        for j in range(len(rate)):
            if kept[i] and kept[j] and rate[i] < rate[j]:
                share = (rate - rate[i]) / (rate[j] - rate[i])
                above = distortion > distortion[i] + share * (distortion[j] - distortion[i])
                kept = kept & ~((rate > rate[i]) & (rate < rate[j]) & above)
    return kept


def nearly(rate, distortion):
    def less(one):
        return (one[:, None] < one) & ~torch.isclose(one[:, None], one)

    no_more, _ = pairs(rate, distortion)
    return ~(no_more & (less(rate) | less(distortion))).any(0)


for name, phrase, answer in (
    ("frontier_first_twin", "of twins the first alone", first_of_twins),
    ("frontier_hull", "above the line between two others", under_chords),
    ("frontier_rounded", "near each other count as equal",
     lambda r, d: frontier_by_pairs(r.round(decimals=2), d.round(decimals=2))),
    ("frontier_nearly", "near each other count as equal", nearly),
    ("frontier_high_rate", "a high rate is taken for a good one",
     lambda r, d: frontier_by_pairs(-r, d)),
    ("frontier_high_distortion", "a high distortion is taken for a good one",
     lambda r, d: frontier_by_pairs(r, -d)),
    ("frontier_either", "lower in one is not enough",
     lambda r, d: ~pairs(r, d)[1].any(0)),
    ("frontier_ends", "the lowest rate and the lowest distortion alone",
     lambda r, d: (r == r.min()) | (d == d.min())),
    ("frontier_all", "all models are True", lambda r, d: torch.ones(len(r), dtype=torch.bool)),
    ("frontier_strict_rate", "is dominated by",
     lambda r, d: ~((r[:, None] < r) & (d[:, None] <= d)).any(0)),
    ("frontier_of_neighbours", "is dominated by",
     lambda r, d: torch.cat([torch.tensor([True]), ~((r[:-1] <= r[1:]) & (d[:-1] <= d[1:])
                                                     & (r[:-1] + d[:-1] < r[1:] + d[1:]))])),
    ("frontier_scores", "True or False", lambda r, d: (r + d) / (r + d).max()),
    ("frontier_matrix", "one value for each model", lambda r, d: pairs(r, d)[0]),
    ("frontier_noisy", "two calls with the same input gave different values",
     lambda r, d: frontier_by_pairs(r + 500 * torch.rand_like(r), d)),
    ("frontier_nothing", "nothing (None)", lambda r, d: None),
):  # fmt: skip
    mistake(name, phrase, answer)
