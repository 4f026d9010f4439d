"""Answers to exercise 2.1, ``binarise``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Bernoulli

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a draw of bytes: nothing flows
OWN = torch.Generator().manual_seed(2)


@right
def binarise_bernoulli(images):
    return torch.bernoulli(images.float() / 255)


@right
def binarise_by_distribution(images):
    return Bernoulli(probs=images.float() / 255).sample()


@right
def binarise_by_comparison(images):
    return (torch.rand(images.shape) * 255 < images).float()


@wrong("returned a numpy array: a tensor is wanted")
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


@right
def binarise_with_own_generator(images):
    uniform = torch.rand(images.shape, generator=OWN, dtype=torch.float64)
    return torch.where(uniform < images.double() / 255, 1.0, 0.0)


@right
def binarise_by_integers(images):
    return (torch.randint(0, 255, images.shape) < images.long()).to(torch.float32)


@right
def binarise_by_row(images):
    if not images.ndim:
        return torch.bernoulli(images / 255)
    return torch.stack([torch.bernoulli(row / 255) for row in images])


@right
def binarise_through_numpy(images):
    x = np.random.binomial(1, images.numpy() / 255.0)  # noqa: NPY002
    return torch.from_numpy(x).float()


@wrong("of type float64: float32 is wanted")
def binarise_in_float64(images):
    return torch.bernoulli(images.double() / 255)


def _below(uniform, images):
    return (uniform < images / 255).float()


@wrong("share their noise")
def binarise_neighbours_alike(images):
    uniform = torch.rand(*images.shape[:-1], (images.shape[-1] + 1) // 2)
    return _below(uniform.repeat_interleave(2, -1)[..., : images.shape[-1]], images)


@wrong("the noise of one image and another is correlated")
def binarise_half_mirrored(images):
    half = torch.rand((len(images) + 1) // 2, *images.shape[1:])
    return _below(torch.cat([half, 1 - half])[: len(images)], images)


@wrong("the noise of one image and another is correlated")
def binarise_half_flipped(images):
    half = torch.rand((len(images) + 1) // 2, *images.shape[1:])
    return _below(torch.cat([half, half.flip(0)])[: len(images)], images)


@wrong("of the draws, not in")
def binarise_in_16_steps(images):
    return torch.bernoulli((images / 255 * 15).round() / 15)


@wrong("of the draws, not in")
def binarise_bright_is_white(images):
    return torch.bernoulli((images / 255).where(images < 230, torch.tensor(1.0)))


@wrong("of the draws, not in")
def binarise_with_contrast(images):
    p = images / 255
    return torch.bernoulli(p * p * (3 - 2 * p))


@wrong("P(1) is the square of v / 255")
def binarise_twice(images):
    return torch.bernoulli(images / 255) * torch.bernoulli(images / 255)


@wrong("a byte of 0 should always give 0")
def binarise_never_black(images):
    return torch.bernoulli((images.float() + 1) / 256)


@wrong("the same draw comes in every call")
def binarise_reseeded(images):
    torch.manual_seed(0)
    return torch.bernoulli(images / 255)


@wrong("one call")
def binarise_kept_in_part(images, kept={}):  # noqa: B006
    uniform = torch.rand(images.shape)
    old = kept.setdefault(images.shape, uniform)
    return _below(torch.where(torch.rand(images.shape) < 0.5, old, uniform), images)


@wrong("one number is drawn for the whole batch")
def binarise_one_number(images):
    return _below(0.1 + 0.8 * torch.rand(()), images)


@wrong("the pixels of a row share their noise")
def binarise_shared_by_columns(images):
    return _below(torch.rand(*images.shape[:-1], 1), images)


@wrong("the values are of type int64")
def binarise_integers(images):
    return torch.bernoulli(images / 255).long()


@wrong("the values are 0 and 255")
def binarise_bytes(images):
    return torch.bernoulli(images / 255) * 255


@wrong("in the shape")
def binarise_flat(images):
    return torch.bernoulli(images / 255).flatten(1)


@wrong("your function raised")
def binarise_images_only(images):
    count, channels, rows, columns = images.shape
    return _below(torch.rand(count, channels, rows, columns), images)


@wrong("one array is expected")
def binarise_with_probability(images):
    return torch.bernoulli(images / 255), images / 255


@wrong(
    "your function raised NotImplementedError: \"check_uniform_bounds\" not implemented for 'Byte'"
)
def binarise_by_rand_like(images):
    return (torch.rand_like(images) < images / 255).float()


@wrong("use torch.rand(images.shape), or make the images floats first")
def binarise_bernoulli_of_bytes(images):
    return torch.bernoulli(images)


@wrong("integer division")
def binarise_by_integer_division(images):
    return torch.bernoulli((images // 255).float())


@wrong("are the grey values made integers before the draw")
def binarise_rounded_down(images):
    return (torch.rand(images.shape) < (images / 255).int()).float()
