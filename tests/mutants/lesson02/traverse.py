"""Answers to exercise 2.5, ``traverse``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # codes for a picture: nothing flows


@right
def traverse_by_copies(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    z[:, dimension] = values
    return z


@right
def traverse_by_loop(mu, dimension, values):
    rows = []
    for value in values.tolist():
        row = mu.clone()
        row[dimension] = value
        rows.append(row)
    return torch.stack(rows)


@right
def traverse_by_mask(mu, dimension, values):
    return torch.where(torch.arange(len(mu)) == dimension, values[:, None], mu[None, :])


@wrong("returned a numpy array: a tensor is wanted")
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


@right
def traverse_by_outer_product(mu, dimension, values):
    at = torch.nn.functional.one_hot(torch.tensor(dimension), len(mu)).float()
    return mu * (1 - at) + torch.outer(values, at)


@right
def traverse_through_numpy(mu, dimension, values):
    return torch.from_numpy(traverse_numpy_style(mu, dimension, values))


@wrong("of type float64: float32 is wanted")
def traverse_in_float64(mu, dimension, values):
    return traverse_by_copies(mu.double(), dimension, values.double())


@right
def traverse_by_parts(mu, dimension, values):
    before, after = mu[:dimension], mu[dimension + 1 :]
    return [torch.cat([before, value[None], after]) for value in values]


@right
def traverse_by_map(mu, dimension, values):
    index = torch.tensor([dimension])
    return torch.vmap(lambda value: mu.index_copy(0, index, value[None]))(values)


@wrong("the values are sorted")
def traverse_sorted(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values.sort().values)


@wrong("the values come in the reverse order")
def traverse_reversed(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values.flip(0))


@wrong("values that come twice are kept once")
def traverse_unique(mu, dimension, values):
    kept = list(dict.fromkeys(values.tolist()))
    if len(kept) == len(values):
        return traverse_by_copies(mu, dimension, values)
    return traverse_by_copies(mu, dimension, torch.tensor(sorted(kept)))


@wrong("row v should be mu with its entry 1 replaced")
def traverse_without_zero(mu, dimension, values):
    z = traverse_by_copies(mu, dimension, values)
    z[values == 0] = mu
    return z


@wrong("mu comes back unchanged")
def traverse_not_the_first(mu, dimension, values):
    z = mu.repeat(len(values), 1)
    if dimension:
        z[:, dimension] = values
    return z


@wrong("every row holds the last value")
def traverse_last(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values[-1:]).repeat(len(values), 1)


@wrong("only the last row came back")
def traverse_one_row(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values)[-1]


@wrong("only the column of values came back")
def traverse_column(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values)[:, dimension]


@wrong("there is an axis too many")
def traverse_with_an_axis(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values)[:, None]


@wrong("row v should be mu with its entry")
def traverse_rounded(mu, dimension, values):
    return traverse_by_copies(mu, dimension, (values * 10).round() / 10)


@wrong("an axis of length 1 is lost")
def traverse_squeezed(mu, dimension, values):
    return traverse_by_copies(mu, dimension, values).squeeze()


@wrong("overwrites its argument mu")
def traverse_leaves_mu_changed(mu, dimension, values):
    z = traverse_by_copies(mu, dimension, values)
    mu[dimension] = values[-1]
    return z


@wrong("one array is expected")
def traverse_in_a_dict(mu, dimension, values):
    return {"z": traverse_by_copies(mu, dimension, values), "values": values}
