"""Answers to exercise 8.1, ``causal_mask``: wrong and right ones."""

import numpy as np
import torch

from course_utils import nets
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers come in, and a constant goes out


@right
def mask_in_one_line(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@right
def mask_by_slices(kernel_size, mask_type):
    half = kernel_size // 2
    mask = torch.ones(kernel_size, kernel_size)
    mask[half, half + mask_type :] = 0
    mask[half + 1 :] = 0
    return mask


@right
def mask_of_booleans(kernel_size, mask_type):
    rows, columns = torch.meshgrid(*[torch.arange(kernel_size)] * 2, indexing="ij")
    half = kernel_size // 2
    past = (rows < half) | ((rows == half) & (columns < half))
    return past | ((rows == half) & (columns == half) & (mask_type == 1))


@right
def mask_by_loop(kernel_size, mask_type):
    return torch.from_numpy(mask_of_numpy(kernel_size, mask_type))


@right
def mask_of_package(kernel_size, mask_type):
    return nets.MaskedConv2d(1, 1, kernel_size, "AB"[mask_type]).mask[0, 0]


@right
def mask_by_triangle(kernel_size, mask_type):
    above = torch.ones(kernel_size**2, kernel_size**2).tril(mask_type - 1)  # rows: positions
    return above[kernel_size**2 // 2].unflatten(0, (kernel_size, kernel_size))


@right
def mask_in_bytes(kernel_size, mask_type):
    half = kernel_size // 2
    rows = [[1] * kernel_size] * half + [[1] * (half + mask_type) + [0] * (half + 1 - mask_type)]
    return torch.tensor(rows + [[0] * kernel_size] * half, dtype=torch.uint8)


@wrong("A and B are exchanged: mask_type is the number 0 for A")
def mask_exchanged(kernel_size, mask_type):
    return mask_by_slices(kernel_size, 1 - mask_type)


@wrong("the centre is kept in both masks: mask_type is the number 0 for A")
def mask_with_centre(kernel_size, mask_type):
    return mask_by_slices(kernel_size, 1)


@wrong("the centre is missing in both masks")
def mask_compared_with_letter(kernel_size, mask_type):
    return mask_by_slices(kernel_size, int(mask_type == "B"))


@wrong("the centre is kept in both masks")
def mask_compared_with_letter_a(kernel_size, mask_type):
    mask = mask_by_slices(kernel_size, 1)
    if mask_type == "A":
        mask[kernel_size // 2, kernel_size // 2] = 0
    return mask


@wrong("the centre's whole row is kept")
def mask_with_row(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2 + 1] = 1
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong("the centre's row is kept as a whole or not at all")
def mask_with_row_by_type(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2 + mask_type] = 1
    return mask


@wrong("the rows above alone are kept")
def mask_above(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2] = 1
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong("the rows above alone are kept")
def mask_above_without_centre(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2] = 1
    return mask


@wrong("the centre's row alone is kept")
def mask_left(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[kernel_size // 2, : kernel_size // 2 + mask_type] = 1
    return mask


@wrong("the future is kept: ones stand after the centre")
def mask_of_future(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(0, 1)


@wrong("the mask is inverted")
def mask_inverted(kernel_size, mask_type):
    return 1 - mask_by_slices(kernel_size, mask_type)


@wrong("the mask is inverted")
def mask_as_what_is_masked(kernel_size, mask_type):
    return torch.arange(kernel_size**2).view(kernel_size, -1) >= kernel_size**2 // 2 + mask_type


@wrong("the rows below are kept in place of those above")
def mask_below(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(0)


@wrong("rows and columns are exchanged")
def mask_by_columns(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).T


@wrong("off by one: the entry before the centre is missing")
def mask_one_too_few(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type - 1
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@wrong("off by one: the entry after the centre is kept")
def mask_one_too_many(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type
    return (torch.arange(kernel_size**2) <= before).float().view(kernel_size, kernel_size)


@wrong("off by one: the entry after the centre is kept")
def mask_two_for_b(kernel_size, mask_type):
    before = kernel_size**2 // 2 + 2 * mask_type
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@wrong("the right of the centre is kept in place of the left")
def mask_right(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(1)


@wrong("the rows above are kept up to the centre's column")
def mask_upper_left(kernel_size, mask_type):
    half, mask = kernel_size // 2, torch.zeros(kernel_size, kernel_size)
    mask[: half + 1, : half + 1] = 1
    mask[half, half] = mask_type
    return mask


@wrong("all rows are kept left of the centre")
def mask_left_half(kernel_size, mask_type):
    half, mask = kernel_size // 2, torch.zeros(kernel_size, kernel_size)
    mask[:, :half] = 1
    mask[half, half] = mask_type
    return mask


@wrong("a triangle is kept")
def mask_tril(kernel_size, mask_type):
    mask = torch.ones(kernel_size, kernel_size).tril(-1)
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong("the mask is one-dimensional")
def mask_flat(kernel_size, mask_type):
    return (torch.arange(kernel_size**2) < kernel_size**2 // 2 + mask_type).float()


@wrong("the mask has axes too many")
def mask_of_four_axes(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type)[None, None]


@wrong("the mask has 3 of its")
def mask_cut(kernel_size, mask_type):
    half = kernel_size // 2
    return mask_by_slices(kernel_size, mask_type)[: max(half + 1, 3)][:3]


@wrong("other values than 0 and 1")
def mask_of_attention(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).log()


@wrong("nothing is masked")
def mask_of_ones(kernel_size, mask_type):
    return torch.ones(kernel_size, kernel_size)


@wrong("mask A has a 0 in row ")
def mask_of_wrong_centre(kernel_size, mask_type):
    half, mask = (kernel_size - 1) // 2 - 1, torch.zeros(kernel_size, kernel_size)
    mask[:half] = 1
    mask[half, : half + mask_type] = 1
    return mask


@wrong("mask B has a 1 in row 4, column 4")
def mask_with_one_entry_more(kernel_size, mask_type):
    mask = mask_by_slices(kernel_size, mask_type)
    if kernel_size == 5:
        mask[3, 3] = mask_type
    return mask


@wrong("your function returned a numpy array: a tensor is wanted")
def mask_of_numpy(kernel_size, mask_type):
    mask = np.zeros((kernel_size, kernel_size), dtype=int)
    for i in range(kernel_size):
        for j in range(kernel_size):
            steps = (i - kernel_size // 2) * kernel_size + j - kernel_size // 2
            mask[i, j] = steps < 0 or (steps == 0 and mask_type == 1)
    return mask


@wrong("the mask is of float64")
def mask_in_doubles(kernel_size, mask_type):
    return torch.from_numpy(mask_of_numpy(kernel_size, mask_type).astype(float))


@wrong("your function returned a numpy array")
def mask_of_numpy_in_float32(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).numpy()


@wrong("your function returned an object of type list")
def mask_of_lists(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).tolist()


@wrong("the mask should be one tensor of shape (k, k)")
def mask_of_rows(kernel_size, mask_type):
    return list(mask_by_slices(5, mask_type))


@wrong("the mask should be one tensor of shape (k, k)")
def mask_in_a_dict(kernel_size, mask_type):
    return {"AB"[mask_type]: mask_by_slices(kernel_size, mask_type)}


@wrong("mask A has a 0 in row 1, column 1")
def mask_wrong_beyond_nine(kernel_size, mask_type):
    """Right up to a kernel of 9."""
    mask = mask_by_slices(kernel_size, mask_type)
    if kernel_size > 9:
        mask[0, 0] = 0
    return mask


@wrong("the shape of the mask is (3, 3)")
def mask_of_three(kernel_size, mask_type):
    return mask_by_slices(3, mask_type)
