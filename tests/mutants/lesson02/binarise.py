"""Answers to exercise 2.1, ``binarise``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Bernoulli

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def binarise_bernoulli(images):
    return torch.bernoulli(images.float() / 255)


@right
def binarise_by_distribution(images):
    return Bernoulli(probs=images.double() / 255).sample()


@right
def binarise_by_comparison(images):
    return (torch.rand(images.shape) * 255 < images).float()


@right
def binarise_numpy_style(images):
    images = images.numpy()
    return (np.random.default_rng().random(images.shape) < images / 255).astype(np.float32)


@wrong("the images are thresholded")
def binarise_threshold(images):
    return (images > 127).float()


@wrong("the images are thresholded")
def binarise_round(images):
    return torch.round(images / 255)


@wrong("thresholded, and the wrong way round")
def binarise_inverted_threshold(images):
    return (images < 128).float()


@wrong("grey values came back")
def binarise_grey(images):
    return images / 255


@wrong("the bytes came back")
def binarise_nothing(images):
    return images.float()


@wrong("were the bytes divided by 255")
def binarise_unscaled(images):
    return torch.bernoulli(images.clamp(max=1).float())


@wrong("your function raised RuntimeError")
def binarise_raises(images):
    return torch.bernoulli(images.float())


@wrong("black and white are taken for each other")
def binarise_inverted(images):
    return (torch.rand(images.shape) > images / 255).float()


@wrong("are the bytes divided by 256")
def binarise_256(images):
    return torch.bernoulli(images / 256)


@wrong("the images of a batch share their noise")
def binarise_shared_by_batch(images):
    return (torch.rand(images.shape[1:]) < images / 255).float()


@wrong("all pixels of an image share one draw")
def binarise_shared_by_pixels(images):
    noise = torch.rand(images.shape[0], *[1] * (images.ndim - 1))
    return (noise < images / 255).float()


@wrong("the same draw comes in every call")
def binarise_seeded(images):
    return torch.bernoulli(images / 255, generator=torch.Generator().manual_seed(0))


@wrong("the values are -1 and 1")
def binarise_signed(images):
    return 2 * torch.bernoulli(images / 255) - 1


@wrong("the network needs floats")
def binarise_bool(images):
    return torch.rand(images.shape) < images / 255


@wrong("P(1) is 1/2 whatever")
def binarise_coin(images):
    return torch.where(
        (images == 0) | (images == 255), images / 255, torch.rand(images.shape)
    ).round()
