"""Answers to exercise 12.3, ``frontier``: wrong and right ones."""

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
