"""Answers to exercise 8.3, ``stack_masks``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry
from mutants.lesson08.causal_mask import mask_by_slices

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers come in, and constants go out


@right
def stacks_by_slices(kernel_size, first):
    half, own = kernel_size // 2, 1 - first
    vertical, horizontal = torch.zeros(2, kernel_size, kernel_size)
    vertical[: half + own] = 1
    horizontal[half, : half + own] = 1
    return vertical, horizontal


@right
def stacks_by_line(kernel_size, first):
    line = torch.arange(kernel_size) < kernel_size // 2 + 1 - first
    centre = torch.arange(kernel_size) == kernel_size // 2
    vertical = line[:, None].float().expand(kernel_size, kernel_size)
    return vertical, (centre[:, None] & line).float()


@right
def stacks_stacked(kernel_size, first):
    half, masks = kernel_size // 2, torch.zeros(2, kernel_size, kernel_size, dtype=torch.bool)
    masks[0, :half], masks[1, half, :half] = True, True
    if not first:
        masks[0, half] = masks[1, half, half] = True
    return masks


@right
def stacks_from_ones(kernel_size, first):
    return [torch.tensor(mask, dtype=torch.int32) for mask in stacks_of_numpy(kernel_size, first)]


@right
def stacks_from_causal_masks(kernel_size, first):
    causal = mask_by_slices(kernel_size, 1 - first)
    rows = torch.arange(kernel_size) - kernel_size // 2
    vertical = (rows < 1 - first).repeat_interleave(kernel_size).view(kernel_size, kernel_size)
    return vertical, causal * (rows == 0)[:, None]


@right
def stacks_by_comparison(kernel_size, first):
    rows, columns = torch.meshgrid(*[torch.arange(kernel_size)] * 2, indexing="ij")
    centre, compare = kernel_size // 2, torch.lt if first else torch.le
    return compare(rows, centre).float(), (compare(columns, centre) & (rows == centre)).float()


def _stacks(kernel_size, first, vertical=None, horizontal=None):
    """The right masks but for one."""
    masks = stacks_by_slices(kernel_size, first)
    vertical = masks[0] if vertical is None else vertical
    return vertical, masks[1] if horizontal is None else horizontal


def _blank(kernel_size):
    return torch.zeros(kernel_size, kernel_size), kernel_size // 2


@wrong("the two are exchanged: the vertical mask comes first")
def stacks_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, first)[::-1]


@wrong("first and later layers are exchanged")
def stacks_layers_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, 1 - first)


@wrong("the two are exchanged: the vertical mask comes first; and first and later layers")
def stacks_both_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, 1 - first)[::-1]


@wrong("every layer gets the masks of the first")
def stacks_always_first(kernel_size, first):
    return stacks_by_slices(kernel_size, 1)


@wrong("the first layer gets the masks of later ones, and so sees the future")
def stacks_never_first(kernel_size, first):
    return stacks_by_slices(kernel_size, 0)


@wrong("vertical mask, first layer: it has the centre's row, of which half is the future")
def stacks_vertical_with_row(kernel_size, first):
    return _stacks(kernel_size, first, vertical=stacks_by_slices(kernel_size, 0)[0])


@wrong("horizontal mask, first layer: it has the centre")
def stacks_horizontal_with_centre(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=stacks_by_slices(kernel_size, 0)[1])


@wrong("vertical mask, first layer: it has columns on one side only")
def stacks_vertical_left(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[: half + 1 - first, : half + 1] = 1
    return _stacks(kernel_size, first, vertical=mask)


@wrong("it has columns on one side only, it should have all: a blind spot stays")
def stacks_vertical_strictly_left(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[: half + 1 - first, :half] = 1
    return _stacks(kernel_size, first, vertical=mask)


@wrong("vertical mask, later layers: it lacks the centre's row")
def stacks_vertical_without_row(kernel_size, first):
    return _stacks(kernel_size, first, vertical=stacks_by_slices(kernel_size, 1)[0])


@wrong("horizontal mask, later layers: it lacks the centre")
def stacks_horizontal_without_centre(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=stacks_by_slices(kernel_size, 1)[1])


@wrong("vertical mask, later layers: it has a part of the centre's row")
def stacks_vertical_b(kernel_size, first):
    vertical = None if first else mask_by_slices(kernel_size, 1)
    return _stacks(kernel_size, first, vertical=vertical)


@wrong("vertical mask, first layer: it has a part of the centre's row")
def stacks_vertical_a(kernel_size, first):
    return _stacks(kernel_size, first, vertical=mask_by_slices(kernel_size, 1 - first))


@wrong("horizontal mask, first layer: it has rows above")
def stacks_horizontal_with_rows(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=mask_by_slices(kernel_size, 1 - first))


@wrong("horizontal mask, first layer: it looks to the right")
def stacks_horizontal_right(kernel_size, first):
    horizontal = stacks_by_slices(kernel_size, first)[1].flip(1)
    return _stacks(kernel_size, first, horizontal=horizontal)


@wrong("horizontal mask, first layer: it has the whole row")
def stacks_horizontal_whole(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[half] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong("horizontal mask, first layer: it is a column")
def stacks_horizontal_column(kernel_size, first):
    horizontal = stacks_by_slices(kernel_size, first)[1].T
    return _stacks(kernel_size, first, horizontal=horizontal)


@wrong("horizontal mask, first layer: all rows have ones")
def stacks_horizontal_all_rows(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[:, : half + 1 - first] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong("horizontal mask, first layer: the ones are in the first row")
def stacks_horizontal_first_row(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[0, : half + 1 - first] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong("vertical mask, first layer: it has the rows below")
def stacks_vertical_below(kernel_size, first):
    vertical = stacks_by_slices(kernel_size, first)[0].flip(0)
    return _stacks(kernel_size, first, vertical=vertical)


@wrong("masks A and B of one stack came")
def stacks_of_one_stack(kernel_size, first):
    mask = mask_by_slices(kernel_size, 1 - first)
    return mask, mask


@wrong("masks A and B of one stack came")
def stacks_a_and_b(kernel_size, first):
    return mask_by_slices(kernel_size, 0), mask_by_slices(kernel_size, 1)


@wrong("rows and columns are exchanged, in both masks")
def stacks_transposed(kernel_size, first):
    return [mask.T for mask in stacks_by_slices(kernel_size, first)]


@wrong("two masks are expected")
def stacks_one_mask(kernel_size, first):
    return stacks_by_slices(kernel_size, first)[0]


@wrong("the horizontal mask has 1 of its")
def stacks_one_row(kernel_size, first):
    vertical, horizontal = stacks_by_slices(kernel_size, first)
    return vertical, horizontal[kernel_size // 2][None]


@wrong("the shape of the horizontal mask is (")
def stacks_cut(kernel_size, first):
    half = kernel_size // 2
    return stacks_by_slices(kernel_size, first)[0], torch.ones(1, half + 1 - first)


@wrong("your function returned a numpy array: a tensor is wanted")
def stacks_of_numpy(kernel_size, first):
    half = kernel_size // 2
    vertical, horizontal = np.ones((kernel_size, kernel_size)), np.ones((kernel_size, kernel_size))
    vertical[half + 1 :] = 0
    horizontal[:half] = 0
    horizontal[half + 1 :] = 0
    horizontal[:, half + 1 :] = 0
    if first:
        vertical[half] = 0
        horizontal[:, half] = 0
    return [vertical, horizontal]


@wrong("your function returned a numpy array")
def stacks_of_a_numpy_mask(kernel_size, first):
    vertical, horizontal = stacks_by_slices(kernel_size, first)
    return vertical, horizontal.numpy()


@wrong("the vertical mask is of float64")
def stacks_in_doubles(kernel_size, first):
    return [mask.double() for mask in stacks_by_slices(kernel_size, first)]


@wrong("return a tuple, not a dict")
def stacks_in_a_dict(kernel_size, first):
    names = ("vertical", "horizontal")
    return dict(zip(names, stacks_by_slices(kernel_size, first), strict=True))


@wrong("vertical mask, later layers: it lacks the centre's row")
def stacks_wrong_for_one(kernel_size, first):
    """Right for kernels of 3 and more."""
    return stacks_by_slices(kernel_size, first if kernel_size > 1 else 1)
