"""Answers to exercise 7.5, ``code_table``: wrong and right ones."""

import numpy as np
import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _counted(codes, labels, num_labels, num_codes):
    counts = torch.zeros(num_labels, codes.shape[1], num_codes)
    where = (labels[:, None], torch.arange(codes.shape[1]), codes)
    return counts.index_put_(where, torch.ones(()), accumulate=True)


def _shares(counts, axis=-1):
    return counts / counts.sum(axis, keepdim=True)


@right
def table_plain(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + num_codes * alpha)


@right
def table_by_one_hot(codes, labels, num_labels, num_codes, alpha):
    one = functional.one_hot(codes, num_codes)
    counts = torch.stack([one[labels == y].sum(0) for y in range(num_labels)]) + alpha
    return counts / counts.sum(-1, keepdim=True)


@right
def table_by_einsum(codes, labels, num_labels, num_codes, alpha):
    y = functional.one_hot(labels, num_labels).double()
    counts = torch.einsum("ny,npk->ypk", y, functional.one_hot(codes, num_codes).double())
    return functional.normalize(counts + alpha, p=1, dim=2)


@right
def table_by_bincount(codes, labels, num_labels, num_codes, alpha):
    positions = codes.shape[1]
    cells = (labels[:, None] * positions + torch.arange(positions)) * num_codes + codes
    size = num_labels * positions * num_codes
    counts = torch.bincount(cells.flatten(), minlength=size).view(num_labels, positions, num_codes)
    images = torch.bincount(labels, minlength=num_labels)[:, None, None]
    return (counts + alpha) / (images + num_codes * alpha)


@right
def table_by_loop(codes, labels, num_labels, num_codes, alpha):
    counts = np.full((num_labels, codes.shape[1], num_codes), float(alpha))
    for row, label in zip(codes.tolist(), labels.tolist(), strict=True):
        for position, code in enumerate(row):
            counts[label, position, code] += 1
    return counts / counts.sum(2, keepdims=True)


@wrong("alpha is missing")
def table_unsmoothed(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes))


@wrong("a label that does not occur has no counts")
def table_smoothed_where_seen(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return _shares(counts + alpha * (counts.sum(-1, keepdim=True) > 0))


@wrong("alpha stands in the numerator alone")
def table_numerator_alone(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / counts.sum(-1, keepdim=True)


@wrong("alpha stands in the denominator alone")
def table_denominator_alone(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return counts / (counts.sum(-1, keepdim=True) + num_codes * alpha)


@wrong("alpha has to be counted K times, once for each code, not once")
def table_alpha_once(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + alpha)


@wrong("not P times")
def table_alpha_of_positions(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + codes.shape[1] * alpha)


@wrong("1 is added in place of alpha")
def table_laplace(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + 1)


@wrong("alpha is divided among the codes")
def table_alpha_divided(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha / num_codes)


@wrong("the labels are ignored in the denominator")
def table_all_images(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (len(codes) + num_codes * alpha)


@wrong("normalised over the positions")
def table_over_positions(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, 1)


@wrong("normalised over the labels")
def table_over_labels(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, 0)


@wrong("divided by the sum over everything")
def table_over_all(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, (0, 1, 2))


@wrong("the positions are pooled")
def table_pooled(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes).sum(1) + alpha)


@wrong("the positions are pooled")
def table_pooled_repeated(codes, labels, num_labels, num_codes, alpha):
    pooled = table_pooled(codes, labels, num_labels, num_codes, alpha)
    return pooled[:, None].expand(-1, codes.shape[1], -1)


@wrong("the labels are ignored")
def table_without_labels(codes, labels, num_labels, num_codes, alpha):
    table = _shares(_counted(codes, labels, num_labels, num_codes).sum(0) + alpha)
    return table.repeat(num_labels, 1, 1)


@wrong("repeats are lost")
def table_repeats_lost(codes, labels, num_labels, num_codes, alpha):
    counts = torch.zeros(num_labels, codes.shape[1], num_codes)
    counts[labels[:, None], torch.arange(codes.shape[1]), codes] += 1
    return _shares(counts + alpha)


@wrong("repeats are lost")
def table_repeats_lost_above(codes, labels, num_labels, num_codes, alpha):
    counts = torch.full((num_labels, codes.shape[1], num_codes), alpha)
    counts[labels[:, None], torch.arange(codes.shape[1]), codes] += 1
    images = torch.bincount(labels, minlength=num_labels)
    return counts / (images[:, None, None] + num_codes * alpha)


@wrong("logarithms came")
def table_logarithm(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).log()


@wrong("the axes are in another order")
def table_positions_first(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).transpose(0, 1)


@wrong("the axes are in another order")
def table_codes_before_positions(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).mT


@wrong("counts came")
def table_counts(codes, labels, num_labels, num_codes, alpha):
    return _counted(codes, labels, num_labels, num_codes)


@wrong("counts came")
def table_smoothed_counts(codes, labels, num_labels, num_codes, alpha):
    return _counted(codes, labels, num_labels, num_codes) + alpha


@wrong("a softmax of the counts is taken")
def table_softmax(codes, labels, num_labels, num_codes, alpha):
    return (_counted(codes, labels, num_labels, num_codes) + alpha).softmax(-1)


@wrong("the rows do not sum to 1")
def table_clamped(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes)).clamp(min=alpha)


@right
def table_as_a_list(codes, labels, num_labels, num_codes, alpha):
    """One table for each label."""
    tables = []
    for y in range(num_labels):
        mine = codes[labels == y]
        counts = torch.stack([torch.bincount(k, minlength=num_codes) for k in mine.T]) + alpha
        tables.append(counts / (len(mine) + num_codes * alpha))
    return tables


@right
def table_by_histogram(codes, labels, num_labels, num_codes, alpha):
    positions = np.broadcast_to(np.arange(codes.shape[1]), codes.shape)
    every = np.stack([np.repeat(labels.numpy(), codes.shape[1]), positions.ravel()])
    sizes = [np.arange(n + 1) for n in (num_labels, codes.shape[1], num_codes)]
    counts, _ = np.histogramdd([*every, codes.numpy().ravel()], sizes)
    p = (counts + alpha) / (counts.sum(2)[..., None] + alpha * num_codes)
    return torch.from_numpy(p).float()


@wrong("repeats are lost")
def table_in_place(codes, labels, num_labels, num_codes, alpha):
    counts = torch.zeros(num_labels, codes.shape[1], num_codes)
    where = (labels[:, None], torch.arange(codes.shape[1]), codes)
    return _shares(counts.index_put_(where, torch.ones(())) + alpha)


@wrong("labels that do not occur are left out at the end")
def table_of_the_labels_that_occur(codes, labels, num_labels, num_codes, alpha):
    one = functional.one_hot(codes, num_codes)
    counts = [one[labels == y].sum(0) for y in range(int(labels.max()) + 1)]
    return _shares(torch.stack(counts) + alpha)


@wrong("codes that do not occur are left out at the end")
def table_of_the_codes_that_occur(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, int(codes.max()) + 1)
    return _shares(counts + alpha)


@wrong("a table lost its axis")
def table_squeezed(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).squeeze()


@wrong("do the counts overflow their type?")
def table_in_bytes(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes).to(torch.uint8).float() + alpha
    return _shares(counts)


@wrong("the labels are taken for equally frequent")
def table_equal_shares(codes, labels, num_labels, num_codes, alpha):
    """As if all labels were equally frequent."""
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (len(codes) / num_labels + num_codes * alpha)


@wrong("small alpha: ")
def table_with_a_floor(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + max(alpha, 1e-3))


@wrong("two calls with the same input gave different values")
def table_of_a_sample(codes, labels, num_labels, num_codes, alpha):
    chosen = torch.randint(len(codes), (len(codes),))
    return table_plain(codes[chosen], labels[chosen], num_labels, num_codes, alpha)


@wrong("expected")
def table_in_a_dict(codes, labels, num_labels, num_codes, alpha):
    table = table_plain(codes, labels, num_labels, num_codes, alpha)
    return {y: table[y] for y in range(num_labels)}


# Counts have no gradients.
GRADIENTS = {}
