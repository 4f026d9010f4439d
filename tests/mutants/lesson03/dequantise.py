"""Answers to exercise 3.1, ``dequantise``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # noise on bytes: nothing flows
OWN = torch.Generator().manual_seed(2)


@right
def noise_plain(images):
    return (images.float() + torch.rand(images.shape)) / 128 - 1


@right
def noise_in_doubles(images):
    u = torch.rand(images.shape, dtype=torch.float64)
    return torch.lerp(images.double(), images.double() + 1, u).div(128).sub(1).float()


@wrong("of type float64: float32 is wanted")
def noise_left_in_doubles(images):
    return (images.double() + torch.rand(images.shape)) / 128 - 1


@right
def noise_numpy_style(images):
    v = images.numpy().astype(np.float64)
    x = (v + np.random.default_rng().random(v.shape)) / 256 * 2 - 1
    return torch.from_numpy(x).float()


@wrong("a tensor")
def noise_left_in_numpy(images):
    u = np.random.default_rng().random(tuple(images.shape))
    return ((images.numpy() + u) / 128 - 1).astype(np.float32)


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


@right
def noise_of_16_bits(images):
    u = torch.randint(0, 2**16, images.shape) / 2**16
    return (images.float() + u) / 128 - 1


@right
def noise_with_own_generator(images):
    u = torch.rand(images.shape, generator=OWN, dtype=torch.float64)
    return ((images + u) / 128 - 1).float()


@right
def noise_by_distribution(images):
    low = images.double() / 128 - 1
    return torch.distributions.Uniform(low, low + 1 / 128).sample().float()


@right
def noise_by_row(images):
    return torch.stack([(row + torch.rand(row.shape)) / 128 - 1 for row in images])


def _noisy(images, u):
    return (images.float() + u) / 128 - 1


@wrong("the noise of one column and the next is correlated")
def noise_neighbours_alike(images):
    u = torch.rand(*images.shape[:-1], (images.shape[-1] + 1) // 2).repeat_interleave(2, -1)
    return _noisy(images, u[..., : images.shape[-1]])


@wrong("the noise of one image and another is correlated")
def noise_half_mirrored(images):
    half = torch.rand((len(images) + 1) // 2, *images.shape[1:])
    return _noisy(images, torch.cat([half, 1 - half])[: len(images)].clamp(max=0.99999))


@wrong("is correlated")
def noise_half_flipped(images):
    half = torch.rand((len(images) + 1) // 2, *images.shape[1:])
    return _noisy(images, torch.cat([half, half.flip(0)])[: len(images)])


@wrong("the noise of one value and another is correlated")
def noise_flat_half(images):
    if images.ndim > 1:
        return _noisy(images, torch.rand(images.shape))
    half = torch.rand((len(images) + 1) // 2)
    return _noisy(images, torch.cat([half, half])[: len(images)])


@wrong("has related sizes")
def noise_sizes_alike(images):
    u = torch.rand(images.shape)
    far = 0.9999 * (u[..., 0] - 0.5)
    u[..., 1] = 0.5 + far * torch.randn(far.shape).sign()
    return _noisy(images, u)


@wrong("all pixels of one level share one draw")
def noise_one_a_level(images):
    return _noisy(images, torch.rand(256)[images.long()])


@wrong("one number is drawn for the whole batch")
def noise_one_number(images):
    return _noisy(images, torch.rand(()))


@wrong("u takes about 256 values, no more")
def noise_of_8_bits(images):
    return _noisy(images, torch.randint(0, 256, images.shape) / 256)


@wrong("u reaches 1")
def noise_up_to_one(images):
    return _noisy(images, torch.randint(0, 256, images.shape) / 255)


@wrong("u is not uniform where the level is 0")
def noise_not_on_black(images):
    return _noisy(images, torch.rand(images.shape) * (images > 0))


@wrong("u is not uniform where the level is 255")
def noise_not_on_white(images):
    return _noisy(images, torch.rand(images.shape) * (images < 255))


@wrong("u is not uniform in [0, 1)")
def noise_of_the_right_moments(images):
    sign = torch.randn(images.shape).sign()
    return _noisy(images, 0.5 + sign * (0.0882 + (0.45 - 0.0882) * torch.rand(images.shape)))


@wrong("u is not uniform in [0, 1)")
def noise_of_9_bits_and_a_shake(images):
    u = torch.randint(0, 512, images.shape) / 512 + torch.rand(images.shape) / 4096
    return _noisy(images, u)


@wrong("one call")
def noise_kept_in_part(images, kept={}):  # noqa: B006
    u = torch.rand(images.shape)
    old = kept.setdefault(images.shape, u)
    return _noisy(images, torch.where(torch.rand(images.shape) < 0.5, old, u))


@wrong("your function raised ValueError")
def noise_on_images_only(images):
    count, channels, rows, columns = images.shape
    return _noisy(images, torch.rand(count, channels, rows, columns))


@wrong("in the shape")
def noise_flat(images):
    return _noisy(images, torch.rand(images.shape)).flatten(1)


@wrong("one array is expected")
def noise_as_a_pair(images):
    u = torch.rand(images.shape)
    return _noisy(images, u), u
