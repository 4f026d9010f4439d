"""Convolutions that keep the raster order, and layers made of them. Built in lesson 08."""

import torch
from torch import nn

from course_utils.nets.arguments import size


def half_kernel(name, value):
    if size(name, value) % 2 == 0:
        raise ValueError(f"{name}: expected an odd positive integer, got {value!r}")
    return int(value) // 2


class PaddedConv2d(nn.Conv2d):
    """Convolution of stride 1 with its own padding on each side.

    ``pad`` is (left, right, top, bottom), in rows and columns of zeros; a negative number cuts.
    """

    def __init__(self, in_channels, out_channels, kernel_size, pad):
        super().__init__(in_channels, out_channels, kernel_size)
        self.pad = pad

    def taps(self):
        """The weight (out, in, rows, columns) and how many taps are used, in raster order."""
        return self.weight, self.weight.shape[2] * self.weight.shape[3]

    def forward(self, x):
        return nn.functional.conv2d(nn.functional.pad(x, self.pad), self.taps()[0], self.bias)


class MaskedConv2d(PaddedConv2d):
    """Convolution that sees the positions before its own in raster order: (B, C, H, W) -> same.

    The weight (out, in, k, k) is multiplied by a mask: ones in the rows above the centre and to
    its left, and at the centre itself for the mask ``"B"``, not for ``"A"``. The first layer of a
    net has ``"A"``; what it computes has not seen its own position, so the others have ``"B"``.

    Rows below the centre are all zeros: they are cut off before the convolution.

    Raises:
        ValueError: an even kernel, a mask without ones, an unknown mask.

    Source: van den Oord et al. 2016, arXiv:1601.06759.
    """

    def __init__(self, in_channels, out_channels, kernel_size, mask_type="B"):
        half = half_kernel("kernel_size", kernel_size)
        sizes = {"in_channels": in_channels, "out_channels": out_channels}
        in_channels, out_channels = (size(name, value) for name, value in sizes.items())
        kernel_size = int(kernel_size)
        if mask_type not in ("A", "B"):
            raise ValueError(f"mask_type: expected 'A' or 'B', got {mask_type!r}")
        self.used = half * kernel_size + half + (mask_type == "B")
        if not self.used:
            raise ValueError("kernel_size: the mask 'A' leaves nothing of a kernel of 1; take 3")
        super().__init__(in_channels, out_channels, kernel_size, (half, half, half, 0))
        self.mask_type = mask_type
        mask = (torch.arange(kernel_size**2) < self.used).view(1, 1, kernel_size, kernel_size)
        self.register_buffer("mask", mask.to(self.weight.dtype), persistent=False)

    def taps(self):
        rows = self.kernel_size[0] // 2 + 1
        return self.weight[:, :, :rows] * self.mask[:, :, :rows], self.used


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels (dim 1) of each position by itself.

    BatchNorm has no place here: in train mode its means take in every position, the future's too.
    """

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def norm_of(norm, width):
    return nn.Identity() if norm is None else ChannelNorm(width)


def call_layer(layer, x):
    return layer(x)


def plus(x, bias):
    return x if bias is None else x + bias.to(x.dtype)


class MaskedResidualBlock(nn.Module):
    """x + 1x1(relu(k x k, mask B(relu(1x1(relu(norm(x))))))), through half the width."""

    def __init__(self, width, kernel_size, norm):
        super().__init__()
        self.norm = norm_of(norm, width)
        self.narrow = nn.Conv2d(width, max(1, width // 2), 1)
        self.masked = MaskedConv2d(max(1, width // 2), max(1, width // 2), kernel_size, "B")
        self.widen = nn.Conv2d(max(1, width // 2), width, 1)

    def forward(self, x, bias, call):
        inner = torch.relu(call(self.narrow, torch.relu(call(self.norm, x))))
        return x + call(self.widen, torch.relu(plus(call(self.masked, inner), bias)))


def gate(x):
    value, gate = x.chunk(2, 1)
    return torch.tanh(value) * torch.sigmoid(gate)


class GatedLayer(nn.Module):
    """A vertical and a horizontal convolution, each gated; the vertical one feeds the other.

    In the first layer the vertical kernel ends with the row above and the horizontal one with the
    column to the left. Later ones include their own row and column: what stands there has
    seen no more. Kernels hold no masked weights at all.
    """

    def __init__(self, channels, width, kernel_size, norm, first):
        super().__init__()
        half, own = kernel_size // 2, int(not first)
        self.first = first
        self.norm_vertical = norm_of(None if first else norm, width)
        self.norm_horizontal = norm_of(None if first else norm, width)
        self.vertical = PaddedConv2d(
            channels, 2 * width, (half + own, kernel_size), (half, half, half, own - 1)
        )
        self.horizontal = PaddedConv2d(channels, 2 * width, (1, half + own), (half, own - 1, 0, 0))
        self.down = nn.Conv2d(width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)

    def move_vertical(self, x, bias, call):
        inner = gate(plus(call(self.vertical, call(self.norm_vertical, x)), bias))
        return inner if self.first else x + inner

    def move_horizontal(self, x, from_above, call):
        inner = call(self.horizontal, call(self.norm_horizontal, x)) + from_above
        inner = call(self.out, gate(inner))
        return inner if self.first else x + inner


def check_codes(name, values, num_values, ndim):
    """Raise unless ``values`` is an int64 tensor of ``ndim`` dimensions, 0 to num_values - 1."""
    if not isinstance(values, torch.Tensor) or values.dtype != torch.long:
        got = getattr(values, "dtype", type(values).__name__)
        raise TypeError(f"{name}: expected an int64 tensor, got {got}")
    if values.ndim != ndim or 0 in values.shape[1:]:
        wanted = "(B, H, W)" if ndim == 3 else "(B,)"
        raise ValueError(f"{name}: expected shape {wanted}, got {tuple(values.shape)}")
    if not values.numel():
        return
    low, high = (int(value) for value in values.aminmax())
    if low < 0 or high >= num_values:
        raise ValueError(f"{name}: expected values of 0 to {num_values - 1}, got {low} to {high}")


class Conditions(nn.Module):
    """What labels and a context map add to each layer: a bias (B, C, H or 1, W or 1), or None.

    Labels by an embedding, the context by a 1x1 convolution, each for all layers in one product.

    Args:
        widths: C of each layer.
        num_classes, context_channels: None where the net knows no labels, or no context.
    """

    def __init__(self, widths, num_classes, context_channels):
        super().__init__()
        self.widths, self.num_classes = widths, num_classes
        self.context_channels = context_channels
        if num_classes:
            self.labels = nn.Embedding(num_classes, sum(widths))
            nn.init.normal_(self.labels.weight, std=0.1)
        if context_channels:
            self.context = nn.Conv2d(context_channels, sum(widths), 1)

    def forward(self, batch, shape, labels, context):
        for name, value, argument in (
            ("labels", labels, "num_classes"),
            ("context", context, "context_channels"),
        ):
            made_with = getattr(self, argument) is not None
            if made_with != (value is not None):
                wanted, got = ("a tensor", "None") if made_with else ("None", "a value")
                how = "with" if made_with else "without"
                raise ValueError(
                    f"{name}: expected {wanted}, as the net was made {how} {argument}, got {got}"
                )
        total = None
        if labels is not None:
            check_codes("labels", labels, self.num_classes, 1)
            if len(labels) != batch:
                raise ValueError(f"labels: expected {batch} of them, got {len(labels)}")
            total = self.labels(labels)[:, :, None, None]
        if context is not None:
            got = tuple(context.shape)
            fits = len(got) == 4 and got[:2] == (batch, self.context_channels)
            if not fits or got[2] not in (1, shape[0]) or got[3] not in (1, shape[1]):
                raise ValueError(
                    f"context: expected ({batch}, {self.context_channels}, {shape[0]} or 1, "
                    f"{shape[1]} or 1), got {got}"
                )
            total = plus(self.context(context), total)
        return [None] * len(self.widths) if total is None else total.split(self.widths, 1)
