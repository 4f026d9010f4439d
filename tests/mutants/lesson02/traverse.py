"""Answers to exercise 2.5, ``traverse``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def traverse_by_copies(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] = values
    return z


@right
def traverse_by_loop(mu, dimension, values):
    rows = []
    for value in values.tolist():
        row = mu.double().clone()
        row[dimension] = value
        rows.append(row)
    return torch.stack(rows)


@right
def traverse_by_mask(mu, dimension, values):
    return torch.where(torch.arange(len(mu)) == dimension, values[:, None], mu[None, :])


@right
def traverse_numpy_style(mu, dimension, values):
    z = np.tile(mu.numpy(), (len(values), 1))
    z[:, dimension] = values
    return z


@wrong("the value is added to mu")
def traverse_added(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] += values
    return z


@wrong("the value multiplies mu")
def traverse_multiplied(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] *= values
    return z


@wrong("the other dimensions are set to 0")
def traverse_from_zero(mu, dimension, values):
    z = torch.zeros(len(values), len(mu))
    z[:, dimension] = values
    return z


@wrong("the other dimensions are changed too")
def traverse_all(mu, dimension, values):
    return mu + values[:, None]


@wrong("overwrites its argument")
def traverse_without_clone(mu, dimension, values):
    rows = []
    for value in values:
        mu[dimension] = value
        rows.append(mu)
    return torch.stack(rows)


@wrong("indices count from 0")
def traverse_from_one(mu, dimension, values):
    return traverse_by_copies(mu, dimension - 1, values)


@wrong("the axes are swapped: (L, V)")
def traverse_transposed(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values).T


@wrong("your function raised RuntimeError")
def traverse_expanded(mu, dimension, values):
    z = mu.expand(len(values), -1)
    z[:, dimension] = values
    return z


@wrong("mu comes back unchanged")
def traverse_copy_changed(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, [dimension]].copy_(values[:, None])
    return z


@right
def traverse_as_a_list_of_rows(mu, dimension, values):
    rows = [mu.clone() for _ in values]
    for row, value in zip(rows, values, strict=True):
        row[dimension] = value
    return rows
