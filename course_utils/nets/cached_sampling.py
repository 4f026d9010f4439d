"""Sampling of autoregressive convolutional nets with kept activations. Built in lesson 08.

The naive sampler computes every position anew for each new code. Here each convolution keeps the
inputs that it has seen, so its output at one position is one small matrix product with the window
around it. The nets call their layers through ``call(layer, x)``, and need no second version.

Source: Ramachandran et al. 2017, arXiv:1704.06001.
"""

import torch
from torch import nn


class _Window:
    """One convolution: its inputs so far on a padded grid, and its weights, flattened once."""

    def __init__(self, layer, sizes):
        batch, height, width = sizes
        self.weight, used = layer.taps()  # (out, in, rows, columns)
        self.bias = layer.bias
        channels, self.rows, self.columns = self.weight.shape[1:]
        self.left, _, self.top, _ = layer.pad
        self.used = used * channels  # the taps in use come first, in raster order
        self.flat = self.weight.permute(2, 3, 1, 0).flatten(0, 2)[: self.used].contiguous()
        self.weight = self.weight.contiguous(memory_format=torch.channels_last)
        self.grid = self.weight.new_zeros(
            batch, height + self.top, width + self.left + self.columns // 2, channels
        )

    def put(self, row, column, x):
        """Keep the input x (B, C) of one position."""
        self.grid[:, row + self.top, column + self.left] = x

    def at(self, row, column):
        """The output (B, out) at one position."""
        window = self.grid[:, row : row + self.rows, column : column + self.columns]
        return torch.addmm(self.bias, window.flatten(1)[:, : self.used], self.flat)

    def put_row(self, row, x):
        """Keep the inputs x (B, C, 1, W) of a row."""
        self.grid[:, row + self.top, self.left : self.left + x.shape[-1]] = x[:, :, 0].mT

    def over_row(self, row):
        """The outputs (B, out, 1, W) of a row."""
        strip = self.grid[:, row : row + self.rows].movedim(-1, 1)
        return nn.functional.conv2d(strip, self.weight, self.bias)


class _Kept:
    """``call(layer, x)`` at one position or over one row, with what the layers have seen before.

    x is None where a layer's input is the map of codes itself: the codes so far are there.
    """

    def __init__(self, sizes):
        self.sizes, self.windows = sizes, {}
        self.row = self.column = 0

    def window(self, layer):
        if layer not in self.windows:
            self.windows[layer] = _Window(layer, self.sizes)
        return self.windows[layer]

    def at_position(self, layer, x):
        if hasattr(layer, "taps"):
            window = self.window(layer)
            if x is not None:
                window.put(self.row, self.column, x)
            return window.at(self.row, self.column)
        if isinstance(layer, nn.Conv2d):  # 1x1
            return nn.functional.linear(x, layer.weight.flatten(1), layer.bias)
        return layer(x)

    def over_row(self, layer, x):
        if not hasattr(layer, "taps"):
            return layer(x)
        window = self.window(layer)
        if x is not None:
            window.put_row(self.row, x)
        return window.over_row(self.row)


def walk(net, sizes, biases, choose):
    """Codes (B, H, W), one after the other: ``choose(row, column, logits (B, K))`` gives (B,).

    Args:
        net: a PixelCNN or GatedPixelCNN.
        sizes: B, H, W.
        biases: of its layers, (B, C, H or 1, W or 1) or None each.
    """
    batch, height, width = sizes
    kept = _Kept(sizes)
    codes = torch.zeros(sizes, dtype=torch.long, device=net.logits.weight.device)
    for row in range(height):
        kept.row = row
        # row % size is 0 for a bias that holds for all rows, and row otherwise.
        of_row = [None if b is None else b[:, :, row % b.shape[2]][:, :, None] for b in biases]
        shared = net.share(None, of_row, kept.over_row)
        for column in range(width):
            kept.column = column
            here = [None if b is None else b[:, :, 0, column % b.shape[3]] for b in of_row]
            above = [x[:, :, 0, column] for x in shared]
            logits = net.body(None, above, here, kept.at_position)
            codes[:, row, column] = choose(row, column, logits)
            embedded = net.embedding(codes[:, row, column])
            for layer in net.first_layers():
                kept.window(layer).put(row, column, embedded)
    return codes
