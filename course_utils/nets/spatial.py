"""Encoders and decoders whose latents are a small map, not one vector. Built in lesson 10.

A map of c channels on h x w places is c * h * w latents. Every module here takes and gives them
flattened, so that ``nets.VAE`` and its priors serve as they are: (B, c * h * w), the channel
slowest. What a latent says, it says about the pixels around its place.
"""

from itertools import pairwise

from torch import nn

from course_utils.nets.arguments import remembered
from course_utils.nets.layers import CHANNEL_LISTS, ResidualBlock, _activation, _small_size


class SpatialEncoder(nn.Sequential):
    """4 x 4 convolutions of stride 2, residual blocks, a 1 x 1 convolution.

    (B, C, H, W) -> (B, 2 * latent_channels * h * w), all of mu first, then log_var. log_var starts
    around -3: a code that begins as noise is one that the decoder first learns to do without.

    Args:
        event_shape: (C, H, W) of the images.
        channels: width after each halving, from the image inwards, such as (64, 128).
        latent_channels: c, latents at each place.
        num_blocks: residual blocks at the smallest size.
        activation: a name of ``layers.ACTIVATIONS``, between the strided convolutions.

    Raises:
        ValueError: halvings do not divide the sides; an unknown activation.
    """

    @remembered(lists=CHANNEL_LISTS, other=("activation",))
    def __init__(self, event_shape, channels, latent_channels, num_blocks=1, activation="silu"):
        _small_size(event_shape, channels)
        layers = []
        for width_in, width in pairwise((event_shape[0], *channels)):
            layers += [nn.Conv2d(width_in, width, 4, 2, 1), _activation(activation)]
        layers.pop()  # a block begins with its own
        layers += [ResidualBlock(channels[-1]) for _ in range(num_blocks)]
        last = nn.Conv2d(channels[-1], 2 * latent_channels, 1)
        nn.init.constant_(last.bias[latent_channels:], -3.0)
        super().__init__(*layers, _activation(activation), last, nn.Flatten())


class SpatialDecoder(nn.Sequential):
    """Mirror of :class:`SpatialEncoder`: (B, latent_channels * h * w) -> (B, out_channels, H, W).

    Its last layer is a 3 x 3 convolution of stride 1 on ``last_width`` channels, so that no pixel
    depends on its place in a 2 x 2 block alone (lesson 03).

    Args:
        event_shape, channels, latent_channels, num_blocks, activation: as there.
        out_channels: parameters of each pixel of the likelihood, all channels together.
        last_width: channels before the last convolution; half of ``channels[0]`` by default, since
            at full size every one costs most.

    Raises:
        ValueError: as there.
    """

    @remembered(lists=CHANNEL_LISTS, other=("activation",), optional=("last_width",))
    def __init__(
        self,
        event_shape,
        channels,
        latent_channels,
        out_channels,
        num_blocks=1,
        activation="silu",
        last_width=None,
    ):
        _, height, width = _small_size(event_shape, channels)
        last_width = max(1, channels[0] // 2) if last_width is None else last_width
        layers = [
            nn.Unflatten(1, (latent_channels, height, width)),
            nn.Conv2d(latent_channels, channels[-1], 3, 1, 1),
        ]
        layers += [ResidualBlock(channels[-1]) for _ in range(num_blocks)]
        layers.append(_activation(activation))
        for width_in, width_out in pairwise((*reversed(channels), last_width)):
            layers += [nn.ConvTranspose2d(width_in, width_out, 4, 2, 1), _activation(activation)]
        super().__init__(*layers, nn.Conv2d(last_width, out_channels, 3, 1, 1))
