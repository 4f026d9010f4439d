"""Plain encoders and decoders. Built in lessons 01 and 02, those of the VQ-VAE in lesson 07.

Each is an ``nn.Sequential`` that remembers the arguments it was made with (``.arguments``), so
that a checkpoint's header can make it again.
"""

import math
from itertools import pairwise

from torch import nn

from course_utils.arguments import number
from course_utils.nets.arguments import remembered

ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "leaky_relu": nn.LeakyReLU,
}
CHANNEL_LISTS = ("event_shape", "channels")


def _activation(name):
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"activation: expected one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]()


def _hidden(sizes, activation, norm):
    """Linear layers through ``sizes``; after each but the last ``norm`` and an activation."""
    if norm not in (None, "batch"):
        raise ValueError(f"norm: expected None or 'batch', got {norm!r}")
    layers = []
    for fan_in, fan_out in pairwise(sizes[:-1]):
        layers.append(nn.Linear(fan_in, fan_out))
        if norm:
            layers.append(nn.BatchNorm1d(fan_out))
        layers.append(_activation(activation))
    return [*layers, nn.Linear(*sizes[-2:])]


class MLPEncoder(nn.Sequential):
    """Fully connected encoder: (B, *event_shape) -> (B, params_per_latent * num_latents).

    Args:
        event_shape: shape of one example, such as (1, 28, 28).
        hidden: widths of the hidden layers, such as (400,).
        num_latents: L.
        activation: a name of ``ACTIVATIONS``.
        params_per_latent: 2 for mu and log_var (all of mu first), K for the logits of K categories.
        norm: "batch" for batch normalisation before each activation, or None.
    """

    @remembered(other=("activation", "norm"))
    def __init__(
        self,
        event_shape,
        hidden,
        num_latents,
        activation="relu",
        params_per_latent=2,
        norm=None,
    ):
        sizes = [math.prod(event_shape), *hidden, params_per_latent * num_latents]
        super().__init__(nn.Flatten(), *_hidden(sizes, activation, norm))


class MLPDecoder(nn.Sequential):
    """Fully connected decoder: (B, L) -> (B, params_per_value * event_shape[0], ...).

    Args:
        num_latents: L.
        hidden: widths of the hidden layers.
        event_shape: shape of one example.
        params_per_value: 1 for Bernoulli logits or means alone, 2 for mu and log_var, which then
            are the two halves of the first event dimension.
        activation, norm: as in :class:`MLPEncoder`.
    """

    @remembered(other=("activation", "norm"))
    def __init__(
        self, num_latents, hidden, event_shape, params_per_value=1, activation="relu", norm=None
    ):
        out_shape = (params_per_value * event_shape[0], *event_shape[1:])
        layers = _hidden([num_latents, *hidden, math.prod(out_shape)], activation, norm)
        super().__init__(*layers, nn.Unflatten(1, out_shape))


def _small_size(event_shape, channels):
    if len(event_shape) != 3:
        raise ValueError(f"event_shape: expected (C, H, W), got {tuple(event_shape)!r}")
    channels_in, height, width = event_shape
    factor = 2 ** len(channels)
    if height % factor or width % factor:
        raise ValueError(
            f"event_shape: expected sides that {len(channels)} halvings divide, "
            f"got {height} x {width}"
        )
    return channels_in, height // factor, width // factor


class ConvEncoder(nn.Sequential):
    """Convolutional encoder: 4 x 4 convolutions of stride 2, then one linear layer.

    (B, C, H, W) -> (B, 2 * num_latents), mu then log_var. ``channels`` gives the width of each
    halving: (32, 64) takes 28 x 28 to 7 x 7.
    """

    @remembered(lists=CHANNEL_LISTS, other=("activation",))
    def __init__(self, event_shape, channels, num_latents, activation="relu"):
        width_in, height, width = _small_size(event_shape, channels)
        layers = []
        for width_out in channels:
            layers += [nn.Conv2d(width_in, width_out, 4, 2, 1), _activation(activation)]
            width_in = width_out
        features = width_in * height * width
        super().__init__(*layers, nn.Flatten(), nn.Linear(features, 2 * num_latents))


class ConvDecoder(nn.Sequential):
    """Convolutional decoder: one linear layer, transposed 4 x 4 convolutions of stride 2, and a
    last 3 x 3 convolution of stride 1, so that no output pixel depends on its place in a 2 x 2
    block alone.

    (B, L) -> (B, params_per_value * C, H, W), or as many channels as ``out_channels`` says.
    ``channels`` as in :class:`ConvEncoder`, from the image inwards.
    """

    @remembered(lists=CHANNEL_LISTS, other=("activation",), optional=("out_channels",))
    def __init__(
        self,
        num_latents,
        channels,
        event_shape,
        params_per_value=1,
        activation="relu",
        out_channels=None,
    ):
        channels_out, height, width = _small_size(event_shape, channels)
        widths = [*reversed(channels), channels[0]]
        layers = [
            nn.Linear(num_latents, widths[0] * height * width),
            _activation(activation),
            nn.Unflatten(1, (widths[0], height, width)),
        ]
        for width_in, width_out in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(width_in, width_out, 4, 2, 1),
                _activation(activation),
            ]
        wanted = params_per_value * channels_out if out_channels is None else out_channels
        layers.append(nn.Conv2d(widths[-1], wanted, 3, 1, 1))
        super().__init__(*layers)


class ResidualBlock(nn.Module):
    """x + conv1(relu(conv3(relu(x)))); it starts as the identity, since its last weights are 0."""

    def __init__(self, width):
        super().__init__()
        self.conv3 = nn.Conv2d(width, width, 3, padding=1)
        self.conv1 = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.conv1.weight)
        nn.init.zeros_(self.conv1.bias)

    def forward(self, x):
        return x + self.conv1(self.conv3(x.relu()).relu())


def _check_sizes(widths, kernels, code_dim, num_blocks):
    if not widths or len(widths) != len(kernels):
        raise ValueError(f"kernels: expected one for each of widths {widths!r}, got {kernels!r}")
    if not num_blocks and widths[-1] != code_dim:
        raise ValueError(
            f"widths: without residual blocks the last is code_dim, {code_dim}, got {widths!r}"
        )


class VQEncoder(nn.Sequential):
    """Convolutions of stride 2, then residual blocks: (B, C, H, W) -> z_e (B, code_dim, h, w).

    Each convolution has padding 1 and is followed by a ReLU. After residual blocks a 1 x 1
    convolution gives ``code_dim`` channels; without blocks the last convolution gives them.
    There is no batch normalisation: the codes of an image would depend on its batch.

    Args:
        channels: C of the images.
        widths: channels after each halving, from the image inwards, such as (128, 128).
        kernels: their sizes, such as (4, 4).
        code_dim: D.
        num_blocks: residual blocks.
    """

    @remembered()
    def __init__(self, channels, widths, kernels, code_dim, num_blocks=0):
        _check_sizes(widths, kernels, code_dim, num_blocks)
        layers = []
        for (width_in, width), kernel in zip(pairwise((channels, *widths)), kernels, strict=True):
            layers += [nn.Conv2d(width_in, width, kernel, 2, 1), nn.ReLU()]
        layers.pop()
        if num_blocks:
            layers += [ResidualBlock(widths[-1]) for _ in range(num_blocks)]
            layers += [nn.ReLU(), nn.Conv2d(widths[-1], code_dim, 1)]
        super().__init__(*layers)


class VQDecoder(nn.Sequential):
    """Mirror of :class:`VQEncoder` by transposed convolutions: (B, code_dim, h, w) -> (B, C, H, W).

    A tanh keeps the image in [-1, 1]; ``start``, in (-1, 1), is the value that it starts around,
    such as the mean pixel. (From 0 a tanh soon saturates at the black of MNIST, and stays there.)
    ``widths`` and ``kernels`` count from the image inwards.
    """

    @remembered(other=("start",))
    def __init__(self, code_dim, widths, kernels, channels, num_blocks=0, start=0.0):
        _check_sizes(widths, kernels, code_dim, num_blocks)
        wanted = "a number between -1 and 1"
        start = number("start", start, wanted, lambda value: -1 < value < 1, ValueError)
        self.arguments["start"] = start
        layers = []
        if num_blocks:
            layers.append(nn.Conv2d(code_dim, widths[-1], 1))
            layers += [ResidualBlock(widths[-1]) for _ in range(num_blocks)]
            layers.append(nn.ReLU())
        sizes = pairwise((*reversed(widths), channels))
        for (width_in, width), kernel in zip(sizes, reversed(kernels), strict=True):
            layers += [nn.ConvTranspose2d(width_in, width, kernel, 2, 1), nn.ReLU()]
        nn.init.constant_(layers[-2].bias, math.atanh(start))
        super().__init__(*layers[:-1], nn.Tanh())
