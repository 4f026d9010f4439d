"""Answers to exercise 3.1, ``dequantise``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def noise_plain(images):
    return (images.float() + torch.rand(images.shape)) / 128 - 1


@right
def noise_in_doubles(images):
    u = torch.rand(images.shape, dtype=torch.float64)
    return torch.lerp(images.double(), images.double() + 1, u).div(128).sub(1)


@right
def noise_numpy_style(images):
    v = images.numpy().astype(np.float64)
    return (v + np.random.default_rng().random(v.shape)) / 256 * 2 - 1


@wrong("nothing is drawn: the levels came back on the grid of [-1, 1]")
def noise_none(images):
    return images.float() / 255 * 2 - 1


@wrong("nothing is drawn: the lower edges of the bins came back")
def noise_lower_edge(images):
    return images.float() / 128 - 1


@wrong("nothing is drawn: the middles of the bins came back")
def noise_middle(images):
    return (images.float() + 0.5) / 128 - 1


@wrong("nothing is drawn: grey values in [0, 1] came back")
def noise_to_unit(images):
    return images / 255


@wrong("x lies in [0, 1): the scale should be [-1, 1)")
def noise_on_unit(images):
    return (images + torch.rand(images.shape)) / 256


@wrong("x lies in [0, 2): the 1 is not subtracted")
def noise_not_shifted(images):
    return (images + torch.rand(images.shape)) / 128


@wrong("which reach beyond 1: divide by 128")
def noise_by_255(images):
    return 2 * (images + torch.rand(images.shape)) / 255 - 1


@wrong("x lies in [0, 256): it is not scaled")
def noise_not_scaled(images):
    return images + torch.rand(images.shape)


@wrong("u lies in [-1/2, 1/2)")
def noise_symmetric(images):
    return (images + torch.rand(images.shape) - 0.5) / 128 - 1


@wrong("the noise is added after the scaling")
def noise_after_scaling(images):
    return images / 128 - 1 + torch.rand(images.shape)


@wrong("the same noise comes in every call")
def noise_static(images):
    generator = torch.Generator().manual_seed(0)
    return (images + torch.rand(images.shape, generator=generator)) / 128 - 1


@wrong("all values of an image share one draw")
def noise_one_an_image(images):
    return (images + torch.rand(len(images), *[1] * (images.ndim - 1))) / 128 - 1


@wrong("all images share their noise")
def noise_one_a_batch(images):
    return (images + torch.rand(images.shape[1:])) / 128 - 1


@wrong("the three channels of a pixel share one draw")
def noise_one_a_pixel(images):
    shape = images.shape if images.ndim < 4 else (images.shape[0], 1, *images.shape[2:])
    return (images + torch.rand(shape)) / 128 - 1


@wrong("it should be 1/2")
def noise_squared(images):
    return (images + torch.rand(images.shape).square()) / 128 - 1


@wrong("u is not uniform")
def noise_triangular(images):
    u = (torch.rand(images.shape) + torch.rand(images.shape)) / 2
    return (images + u) / 128 - 1


@wrong("u goes from")
def noise_normal(images):
    return (images + torch.randn(images.shape)) / 128 - 1
