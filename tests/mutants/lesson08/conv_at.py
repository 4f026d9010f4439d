"""Answers to exercise 8.4, ``conv_at``: wrong and right ones."""

import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # of the sampler, which takes none


def _padded(x, k, **mode):
    return functional.pad(x, [k // 2] * 4, **mode)


def _cut_out(x, k, row, column):
    return _padded(x, k)[:, :, row : row + k, column : column + k]


def _product(window, weight):
    return torch.einsum("bcij,ocij->bo", window, weight)


@right
def conv_flat(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k)[:, :, row : row + k, column : column + k]
    return window.flatten(1) @ weight.flatten(1).T + bias


@right
def conv_of_whole(x, weight, bias, row, column):
    return functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)[:, :, row, column]


@right
def conv_cut_at_edges(x, weight, bias, row, column):
    half, (height, width) = weight.shape[-1] // 2, x.shape[2:]
    top, bottom = max(0, row - half), min(height, row + half + 1)
    left, right = max(0, column - half), min(width, column + half + 1)
    kernel = weight[:, :, top - row + half : bottom - row + half]
    kernel = kernel[..., left - column + half : right - column + half]
    return torch.einsum("bcij,ocij->bo", x[:, :, top:bottom, left:right], kernel) + bias


@right
def conv_by_loop(x, weight, bias, row, column):
    half, out = weight.shape[-1] // 2, bias.repeat(len(x), 1)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            if abs(i - row) <= half and abs(j - column) <= half:
                out += x[:, :, i, j] @ weight[:, :, i - row + half, j - column + half].T
    return out


@right
def conv_by_unfold(x, weight, bias, row, column):
    k = weight.shape[-1]
    windows = functional.unfold(x, k, padding=k // 2)
    return functional.linear(windows[..., row * x.shape[3] + column], weight.flatten(1), bias)


@right
def conv_broadcast(x, weight, bias, row, column):
    window = _cut_out(x.double(), weight.shape[-1], row, column)
    return (window[:, None] * weight).sum((2, 3, 4)) + bias


@right
def conv_mapped(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    of_one = torch.vmap(lambda one, kernel: (one * kernel).sum(), in_dims=(None, 0))
    return torch.vmap(of_one, in_dims=(0, None))(window, weight) + bias


@right
def conv_of_window(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return functional.conv2d(window, weight, bias).flatten(1)


@right
def conv_pixel_by_pixel(x, weight, bias, row, column):
    half, (height, width) = weight.shape[-1] // 2, x.shape[2:]
    out = torch.zeros(len(x), len(weight), dtype=torch.float64)
    for down in range(-half, half + 1):
        for right in range(-half, half + 1):
            i, j = row + down, column + right
            if 0 <= i < height and 0 <= j < width:
                out += (x[:, :, i, j] @ weight[:, :, half + down, half + right].mT).double()
    return out + bias


@right
def conv_by_rows(x, weight, bias, row, column):
    k = weight.shape[-1]
    rows = [row + i - k // 2 for i in range(k)]
    padded = functional.pad(x, (k // 2, k // 2))[..., column : column + k]
    terms = [
        torch.tensordot(padded[:, :, i], weight[:, :, n], dims=([1, 2], [1, 2]))
        for n, i in enumerate(rows)
        if 0 <= i < x.shape[2]
    ]
    return torch.stack(terms).sum(0).add(bias)


def _with_padding(x, weight, bias, row, column, padding):
    k = weight.shape[-1]
    window = functional.pad(x, padding)[:, :, row : row + k, column : column + k]
    return torch.einsum("bcij,ocij->bo", window, weight) + bias


@wrong("only the columns are padded")
def conv_with_two_paddings(x, weight, bias, row, column):
    return _with_padding(x, weight, bias, row, column, (weight.shape[-1] // 2,) * 2)


@wrong("only the rows are padded")
def conv_with_padded_rows(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    return _with_padding(x, weight, bias, row, column, (0, 0, half, half))


@wrong("the padding is 1, whatever the kernel")
def conv_with_padding_of_one(x, weight, bias, row, column):
    return _with_padding(x, weight, bias, row, column, (1,) * 4)


@wrong("the padding is 3, whatever the kernel")
def conv_with_padding_of_three(x, weight, bias, row, column):
    return _with_padding(x, weight, bias, row, column, (3,) * 4)


@wrong("off by one: the window is too low and too far right")
def conv_with_padding_of_two(x, weight, bias, row, column):
    return _with_padding(x, weight, bias, row, column, (2,) * 4)


@wrong("the padding is k: k // 2 is wanted")
def conv_with_padding_of_k(x, weight, bias, row, column):
    return _with_padding(x, weight, bias, row, column, (weight.shape[-1],) * 4)


@wrong("right for a kernel of 7, not for a smaller one")
def conv_of_seven(x, weight, bias, row, column):
    scale = 1 if weight.shape[-1] in (1, 7) else 0.9
    return conv_flat(x, weight, bias, row, column) * scale


@wrong("the kernel is flipped: a convolution layer does not flip it")
def conv_flipped(x, weight, bias, row, column):
    return conv_flat(x, weight.flip(2, 3), bias, row, column)


@wrong("(here only the rows are)")
def conv_rows_flipped(x, weight, bias, row, column):
    return conv_flat(x, weight.flip(2), bias, row, column)


@wrong("the rows and columns of the kernel are exchanged")
def conv_kernel_transposed(x, weight, bias, row, column):
    return conv_flat(x, weight.mT, bias, row, column)


@wrong("row and column are exchanged")
def conv_exchanged(x, weight, bias, row, column):
    return conv_flat(x, weight, bias, column, row)


@wrong("beyond each of the four edges stand zeros: your function raised")
def conv_without_padding(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    rows = slice(row - half, row + half + 1)
    window = x[:, :, rows, column - half : column + half + 1]
    return window.flatten(1) @ weight.flatten(1).T + bias


@wrong("beyond each of the four edges stand zeros")
def conv_with_padding_on_one_side(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [k // 2, 0, k // 2, 0])[:, :, row : row + k, column : column + k]
    return window.flatten(1) @ weight.flatten(1).T + bias


@wrong("the window begins at the place")
def conv_not_centred(x, weight, bias, row, column):
    k = weight.shape[-1]
    return _product(x[:, :, row : row + k, column : column + k], weight) + bias


@wrong("the window begins at the place")
def conv_padded_on_the_right(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [0, k - 1, 0, k - 1])[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong("the window ends at the place")
def conv_causal(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = functional.pad(x, [k - 1, 0, k - 1, 0])[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong("off by one: the window is too low and too far right")
def conv_off_by_one(x, weight, bias, row, column):
    k = weight.shape[-1]
    wider = functional.pad(x, [k] * 4)
    top, left = row + k - k // 2 + 1, column + k - k // 2 + 1
    return _product(wider[:, :, top : top + k, left : left + k], weight) + bias


@wrong("off by one: the window is one row too high")
def conv_one_row_up(x, weight, bias, row, column):
    return conv_flat(functional.pad(x, [0, 0, 1, 0]), weight, bias, row, column)


@wrong("the bias is missing")
def conv_without_bias(x, weight, bias, row, column):
    return conv_flat(x, weight, 0, row, column)


@wrong("the bias is added twice")
def conv_bias_twice(x, weight, bias, row, column):
    return conv_of_whole(x, weight, bias, row, column) + bias


@wrong("the bias is summed")
def conv_bias_summed(x, weight, bias, row, column):
    return conv_flat(x, weight, bias.sum(), row, column)


@wrong("the bias is counted at each entry of kernel and channels")
def conv_bias_inside(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight + bias[:, None, None, None]).sum((2, 3, 4))


@wrong("window and kernel are flattened in different orders")
def conv_permuted(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.permute(0, 2, 3, 1).flatten(1) @ weight.flatten(1).T + bias


@wrong("window and kernel are flattened in different orders")
def conv_weight_permuted(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.flatten(1) @ weight.permute(0, 2, 3, 1).flatten(1).T + bias


@wrong("the weight is reshaped to (C k k, O)")
def conv_weight_reshaped(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return window.flatten(1) @ weight.reshape(-1, len(weight)) + bias


@wrong("the mean over the window is taken")
def conv_mean(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight).mean((2, 3, 4)) + bias


@wrong("the mean over rows and columns is taken")
def conv_mean_of_places(x, weight, bias, row, column):
    window = _cut_out(x, weight.shape[-1], row, column)
    return (window[:, None] * weight).mean((3, 4)).sum(2) + bias


@wrong("the pixel at the centre is taken alone")
def conv_centre(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    return x[:, :, row, column] @ weight[:, :, half, half].T + bias


@wrong("one pixel is multiplied with the whole kernel")
def conv_one_pixel(x, weight, bias, row, column):
    return x[:, :, row, column] @ weight.sum((2, 3)).T + bias


@wrong("the first channel of x is used alone")
def conv_first_channel(x, weight, bias, row, column):
    return conv_flat(x[:, :1], weight[:, :1], bias, row, column)


@wrong("the result is transposed")
def conv_transposed(x, weight, bias, row, column):
    return conv_flat(x, weight, bias, row, column).T


@wrong("axes too many")
def conv_with_axes(x, weight, bias, row, column):
    return functional.conv2d(_cut_out(x, weight.shape[-1], row, column), weight, bias)


@wrong("the shape is (")
def conv_map(x, weight, bias, row, column):
    return functional.conv2d(x, weight, bias, padding="same")


@wrong("axes of length 1 are lost")
def conv_squeezed(x, weight, bias, row, column):
    return conv_with_axes(x, weight, bias, row, column).squeeze()


@wrong("the outermost pixels are repeated")
def conv_replicated(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k, mode="replicate")[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong("the image is mirrored")
def conv_mirrored(x, weight, bias, row, column):
    k = weight.shape[-1]
    window = _padded(x, k, mode="reflect")[:, :, row : row + k, column : column + k]
    return _product(window, weight) + bias


@wrong("the image begins again")
def conv_wrapped(x, weight, bias, row, column):
    half, (height, width) = weight.shape[-1] // 2, x.shape[2:]
    rows = torch.arange(row - half, row + half + 1) % height
    columns = torch.arange(column - half, column + half + 1) % width
    return _product(x[:, :, rows][..., columns], weight) + bias


@wrong("at an edge the kernel is cut on the wrong side")
def conv_kernel_cut(x, weight, bias, row, column):
    half = weight.shape[-1] // 2
    window = x[:, :, max(0, row - half) : row + half + 1]
    window = window[..., max(0, column - half) : column + half + 1]
    return _product(window, weight[:, :, : window.shape[2], : window.shape[3]]) + bias


@wrong("at an edge the window is pushed back into the image")
def conv_clamped(x, weight, bias, row, column):
    k, (height, width) = weight.shape[-1], x.shape[2:]
    top = min(max(0, row - k // 2), height - k)
    left = min(max(0, column - k // 2), width - k)
    return _product(x[:, :, top : top + k, left : left + k], weight) + bias


@wrong("an image smaller than the kernel")
def conv_wrong_for_small_images(x, weight, bias, row, column):
    k = min(weight.shape[-1], *x.shape[2:])
    k -= 1 - k % 2
    return conv_flat(x, weight[:, :, :k, :k], bias, row, column)
