"""Answers to the exercises of lesson 08: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from torch.nn import functional

from course_utils import nets

from . import registry

WRONG, RIGHT, wrong, right = registry()
MASK, PRICE, STACKS, CONV, FREE = (
    "causal_mask",
    "code_log_prob",
    "stack_masks",
    "conv_at",
    "free_bits",
)


# --- 8.1 causal_mask -----------------------------------------------------------------------------


@right(MASK)
def mask_in_one_line(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@right(MASK)
def mask_by_slices(kernel_size, mask_type):
    half = kernel_size // 2
    mask = torch.ones(kernel_size, kernel_size)
    mask[half, half + mask_type :] = 0
    mask[half + 1 :] = 0
    return mask


@right(MASK)
def mask_of_booleans(kernel_size, mask_type):
    rows, columns = torch.meshgrid(*[torch.arange(kernel_size)] * 2, indexing="ij")
    half = kernel_size // 2
    past = (rows < half) | ((rows == half) & (columns < half))
    return past | ((rows == half) & (columns == half) & (mask_type == 1))


@right(MASK)
def mask_by_loop(kernel_size, mask_type):
    mask = np.zeros((kernel_size, kernel_size), dtype=int)
    for i in range(kernel_size):
        for j in range(kernel_size):
            steps = (i - kernel_size // 2) * kernel_size + j - kernel_size // 2
            mask[i, j] = steps < 0 or (steps == 0 and mask_type == 1)
    return mask


@right(MASK)
def mask_of_package(kernel_size, mask_type):
    return nets.MaskedConv2d(1, 1, kernel_size, "AB"[mask_type]).mask[0, 0]


@wrong(MASK, "A and B are exchanged: mask_type is the number 0 for A")
def mask_exchanged(kernel_size, mask_type):
    return mask_by_slices(kernel_size, 1 - mask_type)


@wrong(MASK, "the centre is kept in both masks: mask_type is the number 0 for A")
def mask_with_centre(kernel_size, mask_type):
    return mask_by_slices(kernel_size, 1)


@wrong(MASK, "the centre is missing in both masks")
def mask_compared_with_letter(kernel_size, mask_type):
    return mask_by_slices(kernel_size, int(mask_type == "B"))


@wrong(MASK, "the centre is kept in both masks")
def mask_compared_with_letter_a(kernel_size, mask_type):
    mask = mask_by_slices(kernel_size, 1)
    if mask_type == "A":
        mask[kernel_size // 2, kernel_size // 2] = 0
    return mask


@wrong(MASK, "the centre's whole row is kept")
def mask_with_row(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2 + 1] = 1
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong(MASK, "the centre's row is kept as a whole or not at all")
def mask_with_row_by_type(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2 + mask_type] = 1
    return mask


@wrong(MASK, "the rows above alone are kept")
def mask_above(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2] = 1
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong(MASK, "the rows above alone are kept")
def mask_above_without_centre(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[: kernel_size // 2] = 1
    return mask


@wrong(MASK, "the centre's row alone is kept")
def mask_left(kernel_size, mask_type):
    mask = torch.zeros(kernel_size, kernel_size)
    mask[kernel_size // 2, : kernel_size // 2 + mask_type] = 1
    return mask


@wrong(MASK, "the future is kept: ones stand after the centre")
def mask_of_future(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(0, 1)


@wrong(MASK, "the mask is inverted")
def mask_inverted(kernel_size, mask_type):
    return 1 - mask_by_slices(kernel_size, mask_type)


@wrong(MASK, "the mask is inverted")
def mask_as_what_is_masked(kernel_size, mask_type):
    return torch.arange(kernel_size**2).view(kernel_size, -1) >= kernel_size**2 // 2 + mask_type


@wrong(MASK, "the rows below are kept in place of those above")
def mask_below(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(0)


@wrong(MASK, "rows and columns are exchanged")
def mask_by_columns(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).T


@wrong(MASK, "off by one: the entry before the centre is missing")
def mask_one_too_few(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type - 1
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@wrong(MASK, "off by one: the entry after the centre is kept")
def mask_one_too_many(kernel_size, mask_type):
    before = kernel_size**2 // 2 + mask_type
    return (torch.arange(kernel_size**2) <= before).float().view(kernel_size, kernel_size)


@wrong(MASK, "off by one: the entry after the centre is kept")
def mask_two_for_b(kernel_size, mask_type):
    before = kernel_size**2 // 2 + 2 * mask_type
    return (torch.arange(kernel_size**2) < before).float().view(kernel_size, kernel_size)


@wrong(MASK, "the right of the centre is kept in place of the left")
def mask_right(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).flip(1)


@wrong(MASK, "the rows above are kept up to the centre's column")
def mask_upper_left(kernel_size, mask_type):
    half, mask = kernel_size // 2, torch.zeros(kernel_size, kernel_size)
    mask[: half + 1, : half + 1] = 1
    mask[half, half] = mask_type
    return mask


@wrong(MASK, "all rows are kept left of the centre")
def mask_left_half(kernel_size, mask_type):
    half, mask = kernel_size // 2, torch.zeros(kernel_size, kernel_size)
    mask[:, :half] = 1
    mask[half, half] = mask_type
    return mask


@wrong(MASK, "a triangle is kept")
def mask_tril(kernel_size, mask_type):
    mask = torch.ones(kernel_size, kernel_size).tril(-1)
    mask[kernel_size // 2, kernel_size // 2] = mask_type
    return mask


@wrong(MASK, "the mask is one-dimensional")
def mask_flat(kernel_size, mask_type):
    return (torch.arange(kernel_size**2) < kernel_size**2 // 2 + mask_type).float()


@wrong(MASK, "the mask has axes too many")
def mask_of_four_axes(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type)[None, None]


@wrong(MASK, "the mask has 3 of its")
def mask_cut(kernel_size, mask_type):
    half = kernel_size // 2
    return mask_by_slices(kernel_size, mask_type)[: max(half + 1, 3)][:3]


@wrong(MASK, "other values than 0 and 1")
def mask_of_attention(kernel_size, mask_type):
    return mask_by_slices(kernel_size, mask_type).log()


@wrong(MASK, "nothing is masked")
def mask_of_ones(kernel_size, mask_type):
    return torch.ones(kernel_size, kernel_size)


@wrong(MASK, "mask A has a 0 in row ")
def mask_of_wrong_centre(kernel_size, mask_type):
    half, mask = (kernel_size - 1) // 2 - 1, torch.zeros(kernel_size, kernel_size)
    mask[:half] = 1
    mask[half, : half + mask_type] = 1
    return mask


@wrong(MASK, "mask B has a 1 in row 4, column 4")
def mask_with_one_entry_more(kernel_size, mask_type):
    mask = mask_by_slices(kernel_size, mask_type)
    if kernel_size == 5:
        mask[3, 3] = mask_type
    return mask


# --- 8.2 code_log_prob ---------------------------------------------------------------------------


def _picked(log_p, codes):
    return log_p.gather(1, codes[:, None])[:, 0]


@right(PRICE)
def price_by_gather(logits, codes):
    return logits.log_softmax(1).gather(1, codes[:, None]).sum((1, 2, 3))


@right(PRICE)
def price_by_cross_entropy(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="none").flatten(1).sum(1)


@right(PRICE)
def price_by_distribution(logits, codes):
    return torch.distributions.Categorical(logits=logits.movedim(1, -1)).log_prob(codes).sum((1, 2))


@right(PRICE)
def price_by_one_hot(logits, codes):
    choice = functional.one_hot(codes, logits.shape[1]).permute(0, 3, 1, 2)
    log_p = logits - logits.logsumexp(1, keepdim=True)
    return (log_p * choice).flatten(1).sum(1)


@right(PRICE)
def price_by_loop(logits, codes):
    return torch.stack(
        [
            -functional.cross_entropy(one[None], c[None], reduction="sum")
            for one, c in zip(logits, codes, strict=True)
        ]
    )


@right(PRICE)
def price_flat_in_doubles(logits, codes):
    b, k, h, w = logits.shape
    flat = logits.double().permute(0, 2, 3, 1).reshape(-1, k)
    log_p = flat.log_softmax(-1)[torch.arange(b * h * w), codes.reshape(-1)]
    return log_p.view(b, -1).sum(1)


@wrong(PRICE, "the mean over the positions is taken in place of the sum")
def price_mean(logits, codes):
    return _picked(logits.log_softmax(1), codes).mean((1, 2))


@wrong(PRICE, "the mean over batch and positions is taken")
def price_cross_entropy(logits, codes):
    return -functional.cross_entropy(logits, codes)


@wrong(PRICE, "the mean over batch and positions is taken in place of the sum; and the sign")
def price_as_loss(logits, codes):
    return functional.cross_entropy(logits, codes)


@wrong(PRICE, "the mean over the batch is taken")
def price_mean_over_batch(logits, codes):
    return price_by_gather(logits, codes).mean()


@wrong(PRICE, "summed over the batch")
def price_total(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="sum")


@wrong(PRICE, "the sign is wrong")
def price_positive(logits, codes):
    return -price_by_gather(logits, codes)


@wrong(PRICE, "the softmax is taken over the batch")
def price_over_batch(logits, codes):
    return _picked(logits.log_softmax(0), codes).sum((1, 2))


@wrong(PRICE, "the softmax is taken over the last dimension")
def price_over_columns(logits, codes):
    return _picked(logits.log_softmax(-1), codes).sum((1, 2))


@wrong(PRICE, "the softmax is taken over the positions")
def price_over_positions(logits, codes):
    return _picked(logits.flatten(2).log_softmax(2).view_as(logits), codes).sum((1, 2))


@wrong(PRICE, "the softmax is missing")
def price_of_logits(logits, codes):
    return _picked(logits, codes).sum((1, 2))


@wrong(PRICE, "the softmax is taken twice")
def price_of_softmax(logits, codes):
    return price_by_cross_entropy(logits.softmax(1), codes)


@wrong(PRICE, "this is the probability: the logarithm is missing")
def price_product(logits, codes):
    return _picked(logits.softmax(1), codes).flatten(1).prod(1)


@wrong(PRICE, "the logarithm is missing: probabilities are added up")
def price_sum_of_probabilities(logits, codes):
    return _picked(logits.softmax(1), codes).sum((1, 2))


@wrong(PRICE, "a product of many probabilities underflows")
def price_log_of_product(logits, codes):
    return _picked(logits.softmax(1), codes).flatten(1).prod(1).log()


@wrong(PRICE, "right for moderate logits, wrong or not finite for large ones")
def price_with_small_number(logits, codes):
    return (_picked(logits.softmax(1), codes) + 1e-10).log().sum((1, 2))


@wrong(PRICE, "right for moderate logits, wrong or not finite for large ones")
def price_log_of_softmax(logits, codes):
    return _picked(logits.softmax(1).log(), codes).sum((1, 2))


@wrong(PRICE, "where every value should be finite (right for moderate logits")
def price_without_maximum(logits, codes):
    return (_picked(logits, codes) - logits.exp().sum(1).log()).sum((1, 2))


@wrong(PRICE, "one value for each of the positions")
def price_of_positions(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="none")


@wrong(PRICE, "summed over the wrong axis")
def price_of_rows(logits, codes):
    return _picked(logits.log_softmax(1), codes).sum(-1)


@wrong(PRICE, "axis too many")
def price_keepdim(logits, codes):
    return _picked(logits.log_softmax(1), codes).sum((1, 2), keepdim=True)


@wrong(PRICE, "bits are returned")
def price_in_bits(logits, codes):
    return price_by_gather(logits, codes) / math.log(2)


@wrong(PRICE, "summed over all codes")
def price_of_all_codes(logits, codes):
    return logits.log_softmax(1).sum((1, 2, 3))


@wrong(PRICE, "this is the entropy")
def price_entropy(logits, codes):
    log_p = logits.log_softmax(1)
    return -(log_p.exp() * log_p).sum((1, 2, 3))


@wrong(PRICE, "the likeliest code is taken")
def price_of_argmax(logits, codes):
    return logits.log_softmax(1).amax(1).sum((1, 2))


@wrong(PRICE, "H and W are exchanged")
def price_exchanged(logits, codes):
    flat = logits.log_softmax(1).permute(0, 3, 2, 1).flatten(1, 2)
    return flat.gather(2, codes.flatten(1)[..., None]).sum((1, 2))


@wrong(PRICE, "H and W are exchanged")
def price_transposed(logits, codes):
    return price_by_gather(logits, codes.transpose(1, 2))


@wrong(PRICE, "(B, K, H, W) is reshaped to (B, H, W, K)")
def price_reshaped(logits, codes):
    flat = -functional.cross_entropy(
        logits.reshape(-1, logits.shape[1]), codes.flatten(), reduction="none"
    )
    return flat.view(len(codes), -1).sum(1)


@wrong(PRICE, "compared with the code of the next position")
def price_shifted(logits, codes):
    logits, codes = logits.flatten(2)[..., :-1], codes.flatten(1)[:, 1:]
    return -functional.cross_entropy(logits, codes, reduction="none").sum(1)


@wrong(PRICE, "the first position is missing")
def price_without_first(logits, codes):
    return _picked(logits.log_softmax(1), codes).flatten(1)[:, 1:].sum(1)


@wrong(PRICE, "sigmoids stand for the softmax")
def price_by_sigmoid(logits, codes):
    return functional.logsigmoid(_picked(logits, codes)).sum((1, 2))


@wrong(PRICE, "no gradient reaches logits")
def price_detached(logits, codes):
    return price_by_gather(logits.detach(), codes)


@wrong(PRICE, "the gradient with respect to logits is not")
def price_with_detached_normaliser(logits, codes):
    return (_picked(logits, codes) - logits.logsumexp(1).detach()).sum((1, 2))


@wrong(PRICE, "one example lost its axis")
def price_squeezed(logits, codes):
    return price_by_gather(logits, codes).squeeze()


# --- 8.3 stack_masks -----------------------------------------------------------------------------


@right(STACKS)
def stacks_by_slices(kernel_size, first):
    half, own = kernel_size // 2, 1 - first
    vertical, horizontal = torch.zeros(2, kernel_size, kernel_size)
    vertical[: half + own] = 1
    horizontal[half, : half + own] = 1
    return vertical, horizontal


@right(STACKS)
def stacks_by_line(kernel_size, first):
    line = torch.arange(kernel_size) < kernel_size // 2 + 1 - first
    centre = torch.arange(kernel_size) == kernel_size // 2
    vertical = line[:, None].float().expand(kernel_size, kernel_size)
    return vertical, (centre[:, None] & line).float()


@right(STACKS)
def stacks_stacked(kernel_size, first):
    half, masks = kernel_size // 2, torch.zeros(2, kernel_size, kernel_size, dtype=torch.bool)
    masks[0, :half], masks[1, half, :half] = True, True
    if not first:
        masks[0, half] = masks[1, half, half] = True
    return masks


@right(STACKS)
def stacks_from_ones(kernel_size, first):
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


@right(STACKS)
def stacks_from_causal_masks(kernel_size, first):
    causal = mask_by_slices(kernel_size, 1 - first)
    rows = torch.arange(kernel_size) - kernel_size // 2
    vertical = (rows < 1 - first).repeat_interleave(kernel_size).view(kernel_size, kernel_size)
    return vertical, causal * (rows == 0)[:, None]


def _stacks(kernel_size, first, vertical=None, horizontal=None):
    """The right masks but for one."""
    masks = stacks_by_slices(kernel_size, first)
    vertical = masks[0] if vertical is None else vertical
    return vertical, masks[1] if horizontal is None else horizontal


def _blank(kernel_size):
    return torch.zeros(kernel_size, kernel_size), kernel_size // 2


@wrong(STACKS, "the two are exchanged: the vertical mask comes first")
def stacks_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, first)[::-1]


@wrong(STACKS, "first and later layers are exchanged")
def stacks_layers_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, 1 - first)


@wrong(STACKS, "the two are exchanged: the vertical mask comes first; and first and later layers")
def stacks_both_exchanged(kernel_size, first):
    return stacks_by_slices(kernel_size, 1 - first)[::-1]


@wrong(STACKS, "every layer gets the masks of the first")
def stacks_always_first(kernel_size, first):
    return stacks_by_slices(kernel_size, 1)


@wrong(STACKS, "the first layer gets the masks of later ones, and so sees the future")
def stacks_never_first(kernel_size, first):
    return stacks_by_slices(kernel_size, 0)


@wrong(STACKS, "vertical mask, first layer: it has the centre's row, of which half is the future")
def stacks_vertical_with_row(kernel_size, first):
    return _stacks(kernel_size, first, vertical=stacks_by_slices(kernel_size, 0)[0])


@wrong(STACKS, "horizontal mask, first layer: it has the centre")
def stacks_horizontal_with_centre(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=stacks_by_slices(kernel_size, 0)[1])


@wrong(STACKS, "vertical mask, first layer: it has columns on one side only")
def stacks_vertical_left(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[: half + 1 - first, : half + 1] = 1
    return _stacks(kernel_size, first, vertical=mask)


@wrong(STACKS, "it has columns on one side only, it should have all: a blind spot stays")
def stacks_vertical_strictly_left(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[: half + 1 - first, :half] = 1
    return _stacks(kernel_size, first, vertical=mask)


@wrong(STACKS, "vertical mask, later layers: it lacks the centre's row")
def stacks_vertical_without_row(kernel_size, first):
    return _stacks(kernel_size, first, vertical=stacks_by_slices(kernel_size, 1)[0])


@wrong(STACKS, "horizontal mask, later layers: it lacks the centre")
def stacks_horizontal_without_centre(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=stacks_by_slices(kernel_size, 1)[1])


@wrong(STACKS, "vertical mask, later layers: it has a part of the centre's row")
def stacks_vertical_b(kernel_size, first):
    vertical = None if first else mask_by_slices(kernel_size, 1)
    return _stacks(kernel_size, first, vertical=vertical)


@wrong(STACKS, "vertical mask, first layer: it has a part of the centre's row")
def stacks_vertical_a(kernel_size, first):
    return _stacks(kernel_size, first, vertical=mask_by_slices(kernel_size, 1 - first))


@wrong(STACKS, "horizontal mask, first layer: it has rows above")
def stacks_horizontal_with_rows(kernel_size, first):
    return _stacks(kernel_size, first, horizontal=mask_by_slices(kernel_size, 1 - first))


@wrong(STACKS, "horizontal mask, first layer: it looks to the right")
def stacks_horizontal_right(kernel_size, first):
    horizontal = stacks_by_slices(kernel_size, first)[1].flip(1)
    return _stacks(kernel_size, first, horizontal=horizontal)


@wrong(STACKS, "horizontal mask, first layer: it has the whole row")
def stacks_horizontal_whole(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[half] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong(STACKS, "horizontal mask, first layer: it is a column")
def stacks_horizontal_column(kernel_size, first):
    horizontal = stacks_by_slices(kernel_size, first)[1].T
    return _stacks(kernel_size, first, horizontal=horizontal)


@wrong(STACKS, "horizontal mask, first layer: all rows have ones")
def stacks_horizontal_all_rows(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[:, : half + 1 - first] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong(STACKS, "horizontal mask, first layer: the ones are in the first row")
def stacks_horizontal_first_row(kernel_size, first):
    mask, half = _blank(kernel_size)
    mask[0, : half + 1 - first] = 1
    return _stacks(kernel_size, first, horizontal=mask)


@wrong(STACKS, "vertical mask, first layer: it has the rows below")
def stacks_vertical_below(kernel_size, first):
    vertical = stacks_by_slices(kernel_size, first)[0].flip(0)
    return _stacks(kernel_size, first, vertical=vertical)


@wrong(STACKS, "masks A and B of one stack came")
def stacks_of_one_stack(kernel_size, first):
    mask = mask_by_slices(kernel_size, 1 - first)
    return mask, mask


@wrong(STACKS, "masks A and B of one stack came")
def stacks_a_and_b(kernel_size, first):
    return mask_by_slices(kernel_size, 0), mask_by_slices(kernel_size, 1)


@wrong(STACKS, "rows and columns are exchanged, in both masks")
def stacks_transposed(kernel_size, first):
    return [mask.T for mask in stacks_by_slices(kernel_size, first)]


@wrong(STACKS, "two masks are expected")
def stacks_one_mask(kernel_size, first):
    return stacks_by_slices(kernel_size, first)[0]


@wrong(STACKS, "the horizontal mask has 1 of its")
def stacks_one_row(kernel_size, first):
    vertical, horizontal = stacks_by_slices(kernel_size, first)
    return vertical, horizontal[kernel_size // 2][None]


@wrong(STACKS, "the shape of the horizontal mask is (")
def stacks_cut(kernel_size, first):
    half = kernel_size // 2
    return stacks_by_slices(kernel_size, first)[0], torch.ones(1, half + 1 - first)


# --- 8.4 conv_at ---------------------------------------------------------------------------------


def _padded(x, k, **mode):
    return functional.pad(x, [k // 2] * 4, **mode)


def _cut_out(x, k, row, column):
    return _padded(x, k)[:, :, row : row + k, column : column + k]


def _product(window, weight):
    return torch.einsum("bcij,ocij->bo", window, weight)


@right(CONV)
def conv_flat(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k)[:, :, row : row + k, column : column + k]
    return window.flatten(1) @ weight.flatten(1).T + bias


@right(CONV)
def conv_of_whole(x, weight, bias, row, column):
    return functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)[:, :, row, column]


@right(CONV)
def conv_cut_at_edges(x, weight, bias, row, column):
    half, (height, width) = weight.shape[-1] // 2, x.shape[2:]
    top, bottom = max(0, row - half), min(height, row + half + 1)
    left, right = max(0, column - half), min(width, column + half + 1)
    kernel = weight[:, :, top - row + half : bottom - row + half]
    kernel = kernel[..., left - column + half : right - column + half]
    return torch.einsum("bcij,ocij->bo", x[:, :, top:bottom, left:right], kernel) + bias


@right(CONV)
def conv_by_loop(x, weight, bias, row, column):
    half, out = weight.shape[-1] // 2, bias.repeat(len(x), 1)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            if abs(i - row) <= half and abs(j - column) <= half:
                out += x[:, :, i, j] @ weight[:, :, i - row + half, j - column + half].T
    return out


@right(CONV)
def conv_by_unfold(x, weight, bias, row, column):
    k = weight.shape[-1]
    windows = functional.unfold(x, k, padding=k // 2)
    return functional.linear(windows[..., row * x.shape[3] + column], weight.flatten(1), bias)


@right(CONV)
def conv_broadcast(x, weight, bias, row, column):
    window = _cut_out(x.double(), weight.shape[-1], row, column)
    return (window[:, None] * weight).sum((2, 3, 4)) + bias


@wrong(CONV, "the kernel is flipped: a convolution layer does not flip it")
def conv_flipped(x, weight, bias, row, column):
    return conv_flat(x, weight.flip(2, 3), bias, row, column)


@wrong(CONV, "(here only the rows are)")
def conv_rows_flipped(x, weight, bias, row, column):
    return conv_flat(x, weight.flip(2), bias, row, column)


@wrong(CONV, "the rows and columns of the kernel are exchanged")
def conv_kernel_transposed(x, weight, bias, row, column):
    return conv_flat(x, weight.mT, bias, row, column)


@wrong(CONV, "row and column are exchanged")
def conv_exchanged(x, weight, bias, row, column):
    return conv_flat(x, weight, bias, column, row)


@wrong(CONV, "beyond each of the four edges stand zeros: your function raised")
def conv_without_padding(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    rows = slice(row - half, row + half + 1)
    window = x[:, :, rows, column - half : column + half + 1]
    return window.flatten(1) @ weight.flatten(1).T + bias


@wrong(CONV, "beyond each of the four edges stand zeros")
def conv_with_padding_on_one_side(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [k // 2, 0, k // 2, 0])[:, :, row : row + k, column : column + k]
    return window.flatten(1) @ weight.flatten(1).T + bias


@wrong(CONV, "the window begins at the place")
def conv_not_centred(x, weight, bias, row, column):
    k = weight.shape[-1]
    return _product(x[:, :, row : row + k, column : column + k], weight) + bias


@wrong(CONV, "the window begins at the place")
def conv_padded_on_the_right(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [0, k - 1, 0, k - 1])[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong(CONV, "the window ends at the place")
def conv_causal(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [k - 1, 0, k - 1, 0])[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong(CONV, "off by one: the window is too low and too far right")
def conv_off_by_one(x, weight, bias, row, column):
    k = weight.shape[-1]
    wider = functional.pad(x, [k] * 4)
    top, left = row + k - k // 2 + 1, column + k - k // 2 + 1
    return _product(wider[:, :, top : top + k, left : left + k], weight) + bias


@wrong(CONV, "off by one: the window is one row too high")
def conv_one_row_up(x, weight, bias, row, column):
    return conv_flat(functional.pad(x, [0, 0, 1, 0]), weight, bias, row, column)


@wrong(CONV, "the bias is missing")
def conv_without_bias(x, weight, bias, row, column):
    return conv_flat(x, weight, 0, row, column)


@wrong(CONV, "the bias is added twice")
def conv_bias_twice(x, weight, bias, row, column):
    return conv_of_whole(x, weight, bias, row, column) + bias


@wrong(CONV, "the bias is summed")
def conv_bias_summed(x, weight, bias, row, column):
    return conv_flat(x, weight, bias.sum(), row, column)


@wrong(CONV, "the bias is counted at each entry of kernel and channels")
def conv_bias_inside(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight + bias[:, None, None, None]).sum((2, 3, 4))


@wrong(CONV, "window and kernel are flattened in different orders")
def conv_permuted(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.permute(0, 2, 3, 1).flatten(1) @ weight.flatten(1).T + bias


@wrong(CONV, "window and kernel are flattened in different orders")
def conv_weight_permuted(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.flatten(1) @ weight.permute(0, 2, 3, 1).flatten(1).T + bias


@wrong(CONV, "the weight is reshaped to (C k k, O)")
def conv_weight_reshaped(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.flatten(1) @ weight.reshape(-1, len(weight)) + bias


@wrong(CONV, "the mean over the window is taken")
def conv_mean(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight).mean((2, 3, 4)) + bias


@wrong(CONV, "the mean over rows and columns is taken")
def conv_mean_of_places(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight).mean((3, 4)).sum(2) + bias


@wrong(CONV, "the pixel at the centre is taken alone")
def conv_centre(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    return x[:, :, row, column] @ weight[:, :, half, half].T + bias


@wrong(CONV, "one pixel is multiplied with the whole kernel")
def conv_one_pixel(x, weight, bias, row, column):
    return x[:, :, row, column] @ weight.sum((2, 3)).T + bias


@wrong(CONV, "the first channel of x is used alone")
def conv_first_channel(x, weight, bias, row, column):
    return conv_flat(x[:, :1], weight[:, :1], bias, row, column)


@wrong(CONV, "the result is transposed")
def conv_transposed(x, weight, bias, row, column):
    return conv_flat(x, weight, bias, row, column).T


@wrong(CONV, "axes too many")
def conv_with_axes(x, weight, bias, row, column):
    return functional.conv2d(_cut_out(x, weight.shape[-1], row, column), weight, bias)


@wrong(CONV, "the shape is (")
def conv_map(x, weight, bias, row, column):
    return functional.conv2d(x, weight, bias, padding="same")


@wrong(CONV, "axes of length 1 are lost")
def conv_squeezed(x, weight, bias, row, column):
    return conv_with_axes(x, weight, bias, row, column).squeeze()


@wrong(CONV, "the outermost pixels are repeated")
def conv_replicated(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k, mode="replicate")[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong(CONV, "the image is mirrored")
def conv_mirrored(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k, mode="reflect")[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong(CONV, "the image begins again")
def conv_wrapped(x, weight, bias, row, column):
    half, (height, width) = weight.shape[-1] // 2, x.shape[2:]
    rows = torch.arange(row - half, row + half + 1) % height
    columns = torch.arange(column - half, column + half + 1) % width
    return _product(x[:, :, rows][..., columns], weight) + bias


@wrong(CONV, "at an edge the kernel is cut on the wrong side")
def conv_kernel_cut(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    window = x[:, :, max(0, row - half) : row + half + 1]
    window = window[..., max(0, column - half) : column + half + 1]
    return _product(window, weight[:, :, : window.shape[2], : window.shape[3]]) + bias


@wrong(CONV, "at an edge the window is pushed back into the image")
def conv_clamped(x, weight, bias, row, column):
    k, (height, width) = weight.shape[-1], x.shape[2:]
    top = min(max(0, row - k // 2), height - k)
    left = min(max(0, column - k // 2), width - k)
    return _product(x[:, :, top : top + k, left : left + k], weight) + bias


@wrong(CONV, "an image smaller than the kernel")
def conv_wrong_for_small_images(x, weight, bias, row, column):
    k = min(weight.shape[-1], *x.shape[2:])
    k -= 1 - k % 2
    return conv_flat(x, weight[:, :, :k, :k], bias, row, column)


# --- 8.5 free_bits -------------------------------------------------------------------------------


@right(FREE)
def free_by_clamp(rate, k):
    return rate.clamp(min=k)


@right(FREE)
def free_by_maximum(rate, k):
    return torch.maximum(rate, torch.tensor(k))


@right(FREE)
def free_by_where(rate, k):
    return torch.where(rate > k, rate, torch.full_like(rate, k))


@right(FREE)
def free_by_relu(rate, k):
    return k + functional.relu(rate - k)


@right(FREE)
def free_by_product(rate, k):
    above = (rate > k).to(rate.dtype)
    return above * rate + (1 - above) * k


@right(FREE)
def free_by_loop(rate, k):
    return torch.stack([one if one > k else torch.tensor(k) for one in rate])


@right(FREE)
def free_in_place(rate, k):
    charged = rate.clone()
    charged[charged < k] = k
    return charged


@right(FREE)
def free_by_package_line(rate, k):
    return torch.where(rate > k, rate, k + 0 * rate)


@wrong(FREE, "the minimum is taken")
def free_minimum(rate, k):
    return rate.clamp(max=k)


@wrong(FREE, "k is added to the rate")
def free_added(rate, k):
    return rate + k


@wrong(FREE, "not max(0, rate - k)")
def free_subtracted(rate, k):
    return (rate - k).relu()


@wrong(FREE, "k is subtracted: max(k, rate) is wanted.")
def free_difference(rate, k):
    return rate - k


@wrong(FREE, "not max(0, k - rate)")
def free_hinge(rate, k):
    return (k - rate).clamp(min=0)


@wrong(FREE, "k is a factor here")
def free_product(rate, k):
    return k * rate


@wrong(FREE, "the batch is averaged or summed before the maximum")
def free_of_mean(rate, k):
    return rate.mean().clamp(min=k)


@wrong(FREE, "the batch is averaged or summed before the maximum")
def free_of_mean_expanded(rate, k):
    return rate.mean().clamp(min=k).expand_as(rate)


@wrong(FREE, "one number came")
def free_mean(rate, k):
    return rate.clamp(min=k).mean()


@wrong(FREE, "one number came")
def free_sum(rate, k):
    return rate.clamp(min=k).sum()


@wrong(FREE, "the largest rate of the batch came")
def free_largest(rate, k):
    return rate.max()


@wrong(FREE, "the rate came back")
def free_relu(rate, k):
    return rate.relu()


@wrong(FREE, "below k comes 0")
def free_zero_below(rate, k):
    return torch.where(rate > k, rate, 0.0)


@wrong(FREE, "above k comes 0")
def free_zero_above(rate, k):
    return torch.where(rate > k, torch.zeros_like(rate), torch.full_like(rate, k))


@wrong(FREE, "k came for every example")
def free_constant(rate, k):
    return torch.full_like(rate, k)


@wrong(FREE, "k is added to the rates below it")
def free_added_below(rate, k):
    return rate + k * (rate <= k)


@wrong(FREE, "a smooth maximum is taken")
def free_softplus(rate, k):
    return k + functional.softplus(rate - k)


@wrong(FREE, "the sign is wrong")
def free_negative(rate, k):
    return -rate.clamp(min=k)


@wrong(FREE, "above k no gradient reaches the rate")
def free_detached(rate, k):
    return rate.detach().clamp(min=k)


@wrong(FREE, "above k no gradient reaches the rate")
def free_by_numpy(rate, k):
    return np.maximum(rate.detach().numpy(), k)


@wrong(FREE, "above k no gradient reaches the rate")
def free_by_numbers(rate, k):
    return torch.tensor([max(k, one.item()) for one in rate])


@wrong(FREE, "below k the gradient should be 0")
def free_straight_through(rate, k):
    return rate + (k - rate).relu().detach()


@wrong(FREE, "below k the gradient should be 0")
def free_by_data(rate, k):
    rate = rate + 0
    rate.data.clamp_(min=k)
    return rate


@wrong(FREE, "the gradient is 1 below k and 0 above")
def free_wrong_side_detached(rate, k):
    return torch.where(rate > k, rate.detach(), rate + (k - rate).detach())


@wrong(FREE, "one example lost its axis")
def free_squeezed(rate, k):
    return rate.clamp(min=k).squeeze()


@wrong(FREE, "an axis too many")
def free_keepdim(rate, k):
    return rate[:, None].clamp(min=k)
