"""Answers to exercise 6.2, ``masks``: wrong and right ones."""

import numpy as np
import torch

from course_utils import nets
from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _masks(before, hidden, outputs, compare=None, last=None):
    """Masks from the degrees of inputs, hidden layers and outputs."""
    compare, last = compare or torch.ge, last or torch.gt
    found = []
    for after in hidden:
        found.append(compare(after[:, None], before).float())
        before = after
    return [*found, last(outputs[:, None], before).float()]


def _in_turn(dim, hidden_dims):
    return [torch.arange(int(width)) % max(1, dim - 1) + 1 for width in hidden_dims]


def _numbers(dim):
    return torch.arange(1, dim + 1)


@right
def masks_plain(dim, hidden_dims, out_per_dim):
    before, found = torch.arange(1, dim + 1), []
    for width in hidden_dims:
        after = torch.arange(width) % max(1, dim - 1) + 1
        found.append((after[:, None] >= before).float())
        before = after
    outputs = torch.arange(1, dim + 1).repeat_interleave(out_per_dim)
    return [*found, (outputs[:, None] > before).float()]


@right
def masks_from_zero(dim, hidden_dims, out_per_dim):
    """Degrees from 0, strict first and not after, as booleans in a tuple."""
    before, found = torch.arange(dim), []
    for number, width in enumerate(hidden_dims):
        after = torch.arange(width) % max(1, dim - 1) + (number == 0) * 1 + (number > 0) * 1
        found.append(after[:, None] > before if number == 0 else after[:, None] >= before)
        before = after
    outputs = torch.arange(dim).repeat_interleave(out_per_dim)
    return tuple([*found, outputs[:, None] >= before])


@right
def masks_in_blocks(dim, hidden_dims, out_per_dim):
    """Degrees in blocks of neighbours, as numpy makes them."""
    layers = [np.arange(1, dim + 1)]
    for width in hidden_dims:
        layers.append(np.floor(np.linspace(1, max(1, dim - 1), int(width)) + 1e-6))
    layers.append(np.repeat(layers[0], out_per_dim) - 1)
    pairs = zip(layers[:-1], layers[1:], strict=True)
    return [(after[:, None] >= before[None, :]).astype(float) for before, after in pairs]


@right
def masks_shuffled(dim, hidden_dims, out_per_dim):
    """Degrees in any order, drawn anew."""
    hidden = [degrees[torch.randperm(len(degrees))] for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@right
def masks_up_to_the_last(dim, hidden_dims, out_per_dim):
    """Hidden degrees 1, ..., D: units of degree D feed no output, but none is missing."""
    hidden = [torch.arange(int(width)) % dim + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@right
def masks_of_equal_degrees(dim, hidden_dims, out_per_dim):
    """Hidden units see their own degree only: each input still reaches all later outputs."""
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, compare=torch.eq)


@right
def masks_by_loops(dim, hidden_dims, out_per_dim):
    layers = [list(range(1, dim + 1))]
    for width in hidden_dims:
        layers.append([unit % max(1, dim - 1) + 1 for unit in range(width)])
    layers.append([i for i in range(1, dim + 1) for _ in range(out_per_dim)])
    found = []
    for number in range(len(layers) - 1):
        before, after = layers[number], layers[number + 1]
        mask = torch.zeros(len(after), len(before), dtype=torch.int64)
        for row in range(len(after)):
            for column in range(len(before)):
                is_last = number == len(layers) - 2
                mask[row, column] = int(after[row] - is_last >= before[column])
        found.append(mask)
    return found


@right
def masks_by_package(dim, hidden_dims, out_per_dim):
    made = nets.MADE(dim, [int(width) for width in hidden_dims], out_per_dim)
    return [layer.mask for layer in made.net[::2]]


@wrong("most hidden units are cut off from every output")
def masks_without_wrap(dim, hidden_dims, out_per_dim):
    """Degrees 1, ..., W: no path is wrong or missing, but D - 1 units of each layer work."""
    hidden = [torch.arange(int(width)) + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("the masks are transposed")
def masks_transposed(dim, hidden_dims, out_per_dim):
    return [mask.T for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("the masks are transposed")
def masks_transposed_as_compared(dim, hidden_dims, out_per_dim):
    layers = [_numbers(dim), *_in_turn(dim, hidden_dims)]
    found = [
        (before[:, None] <= after) for before, after in zip(layers[:-1], layers[1:], strict=True)
    ]
    return [*found, layers[-1][:, None] < _numbers(dim).repeat_interleave(out_per_dim)]


@wrong("an output sees its own input: the last comparison has to be strict")
def masks_leak(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    hidden = [torch.arange(int(width)) % dim + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, outputs, last=torch.ge)


@wrong("forbidden dependencies are there")
def masks_leak_of_all_but_the_last(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, last=torch.ge)


@wrong("the last comparison is strict, no other")
def masks_all_strict(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, compare=torch.gt)


@wrong("permitted dependencies are missing")
def masks_first_strict_too(dim, hidden_dims, out_per_dim):
    found = masks_plain(dim, hidden_dims, out_per_dim)
    first = _in_turn(dim, hidden_dims[:1])[0]
    return [(first[:, None] > _numbers(dim)).float(), *found[1:]]


@wrong("the outputs are ordered by parameter")
def masks_parameter_major(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs)


@wrong("all hidden units have degree 1")
def masks_degree_one(dim, hidden_dims, out_per_dim):
    hidden = [torch.ones(int(width), dtype=torch.int64) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("all hidden units have degree D - 1")
def masks_degree_high(dim, hidden_dims, out_per_dim):
    hidden = [torch.full((int(width),), max(1, dim - 1)) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("permitted dependencies are missing")
def masks_random(dim, hidden_dims, out_per_dim):
    hidden = [torch.randint(1, max(2, dim), (int(width),)) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("permitted dependencies are missing")
def masks_hidden_from_zero(dim, hidden_dims, out_per_dim):
    hidden = [degrees - 1 for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("the order is reversed: outputs see the inputs after them")
def masks_reversed(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    hidden = [degrees + 1 for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, outputs, compare=torch.le, last=torch.lt)


@wrong("every output sees every input")
def masks_of_ones(dim, hidden_dims, out_per_dim):
    return [torch.ones_like(mask) for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("no output sees any input")
def masks_of_zeros(dim, hidden_dims, out_per_dim):
    return [torch.zeros_like(mask) for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("the last mask is missing")
def masks_without_last(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[:-1]


@wrong("the first mask is missing")
def masks_without_first(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[1:]


@wrong("one row for each dimension: each of its parameters needs one")
def masks_one_parameter(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, 1)


@wrong("the masks come in the wrong order")
def masks_backwards(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[::-1]


@wrong("a list of masks is expected")
def masks_product(dim, hidden_dims, out_per_dim):
    return torch.linalg.multi_dot(masks_plain(dim, hidden_dims, out_per_dim)[::-1])


@wrong("holds other values than 0 and 1")
def masks_of_degrees(dim, hidden_dims, out_per_dim):
    layers = [_numbers(dim), *_in_turn(dim, hidden_dims)]
    layers.append(_numbers(dim).repeat_interleave(out_per_dim))
    pairs = zip(layers[:-1], layers[1:], strict=True)
    return [after[:, None] - before for before, after in pairs]


@wrong("your function raised")
def masks_not_for_one_dimension(dim, hidden_dims, out_per_dim):
    hidden = [torch.arange(int(width)) % (dim - 1) + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong("[int(width) for width in hidden_dims] makes a list")
def masks_of_a_tuple(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, (dim,) + hidden_dims, out_per_dim)[1:]


@wrong("a tuple or a tensor; [int(width) for width in hidden_dims] makes a list")
def masks_of_a_tensor(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims.tolist(), out_per_dim)


@wrong("return a list, not a dict")
def masks_in_a_dict(dim, hidden_dims, out_per_dim):
    found = masks_plain(dim, hidden_dims, out_per_dim)
    return {f"layer {number}": mask for number, mask in enumerate(found)}


@wrong("holds other values than 0 and 1: 0.5")
def masks_of_halves(dim, hidden_dims, out_per_dim):
    return [0.5 * mask for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("holds other values than 0 and 1: -inf")
def masks_of_infinity(dim, hidden_dims, out_per_dim):
    return [mask.log() for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("the first mask comes twice")
def masks_with_a_layer_too_many(dim, hidden_dims, out_per_dim):
    found = masks_plain(dim, hidden_dims, out_per_dim)
    return [found[0], *found]


@wrong("mask number 1 has the shape ()")
def masks_of_numbers(dim, hidden_dims, out_per_dim):
    return [mask.sum() for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong("permitted dependencies are missing")
def masks_one_connection(dim, hidden_dims, out_per_dim):
    """The last of the permitted dependencies of the last output is lost."""
    found = masks_plain(dim, hidden_dims, out_per_dim)
    if dim > 1:
        degrees = torch.arange(found[-1].shape[1]) % max(1, dim - 1) + 1
        found[-1][-1, degrees == dim - 1] = 0
    return found


@wrong("permitted dependencies are missing")
def masks_of_the_second_parameter(dim, hidden_dims, out_per_dim):
    """The first parameter of each output sees everything before it, the others nothing."""
    found = masks_plain(dim, hidden_dims, out_per_dim)
    found[-1] = found[-1] * (torch.arange(len(found[-1])) % out_per_dim == 0)[:, None]
    return found


# Masks are constants: nothing flows.
GRADIENTS = {}
