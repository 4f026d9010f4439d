"""Answers to exercise 5y.1, ``walk``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # of integers


@right
def walk_by_copies(code, variable, num_categories):
    rows = code.repeat(num_categories, 1)
    rows[:, variable] = torch.arange(num_categories)
    return rows


@right
def walk_by_loop(code, variable, num_categories):
    rows = []
    for category in range(num_categories):
        row = code.clone()
        row[variable] = category
        rows.append(row)
    return torch.stack(rows)


@right
def walk_by_where(code, variable, num_categories):
    is_moved = torch.arange(len(code)) == variable
    return torch.where(is_moved, torch.arange(num_categories)[:, None], code)


@right
def walk_by_index_fill(code, variable, num_categories):
    rows = [code.index_fill(0, torch.tensor([variable]), k) for k in range(num_categories)]
    return torch.stack(rows)


@right
def walk_by_scatter(code, variable, num_categories):
    values = torch.arange(num_categories, dtype=code.dtype)[:, None]
    return code.expand(num_categories, -1).scatter(1, torch.full_like(values, variable), values)


@wrong("10 is a constant in it")
def walk_with_ten(code, variable, num_categories):
    return walk_by_copies(code, variable, 10)


@wrong("count from 1, they should count from 0")
def walk_from_one(code, variable, num_categories):
    rows = code.repeat(num_categories, 1)
    rows[:, variable] = torch.arange(1, num_categories + 1)
    return rows


@wrong("the category is added to the code")
def walk_added(code, variable, num_categories):
    rows = code.repeat(num_categories, 1)
    rows[:, variable] += torch.arange(num_categories)
    return rows


@wrong("the other variables are set to 0")
def walk_from_zero(code, variable, num_categories):
    rows = torch.zeros(num_categories, len(code), dtype=code.dtype)
    rows[:, variable] = torch.arange(num_categories)
    return rows


@wrong("all variables are changed")
def walk_all(code, variable, num_categories):
    return torch.arange(num_categories)[:, None].expand(-1, len(code))


@wrong("the axes are swapped")
def walk_transposed(code, variable, num_categories):
    return walk_by_copies(code, variable, num_categories).T


@wrong("the category that the code has already is left out")
def walk_without_own(code, variable, num_categories):
    rows = walk_by_copies(code, variable, num_categories)
    return rows[torch.arange(num_categories) != code[variable]]


@wrong("the wrong variable is changed")
def walk_wrong_variable(code, variable, num_categories):
    return walk_by_copies(code, variable - 1, num_categories)


@wrong("overwrites its argument")
def walk_without_clone(code, variable, num_categories):
    rows = []
    for category in range(num_categories):
        code[variable] = category
        rows.append(code)
    return torch.stack(rows)


@wrong("of type float32: integers are wanted")
def walk_floats(code, variable, num_categories):
    return walk_by_copies(code, variable, num_categories).float()


@wrong("torch.from_numpy(...) makes it one")
def walk_numpy_style(code, variable, num_categories):
    rows = np.tile(code.numpy(), (num_categories, 1))
    rows[:, variable] = np.arange(num_categories)
    return rows


@wrong("the categories come in the reverse order")
def walk_reversed(code, variable, num_categories):
    return walk_by_copies(code, variable, num_categories).flip(0)


@wrong("every row holds the last category")
def walk_of_the_last(code, variable, num_categories):
    return walk_by_copies(code, variable, num_categories)[-1:].repeat(num_categories, 1)


@wrong("is added to the code (modulo K)")
def walk_added_modulo(code, variable, num_categories):
    rows = walk_added(code, variable, num_categories)
    rows[:, variable] %= num_categories
    return rows
