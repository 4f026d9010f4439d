"""Answers to exercise 3.4, ``gaussian_bits_per_dim``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a number to report, which may be numpy: nothing flows


def _nats(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return constant + squared_error / (2 * variance) + kl


def _to_bits(nats, num_dims, width=1 / 128):
    return (nats / num_dims - math.log(width)) / math.log(2)


@right
def bits_plain(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims)


@right
def bits_term_by_term(squared_error, kl, variance, num_dims):
    each = 0.5 * math.log2(2 * math.pi * variance) + 7
    return each + (squared_error / (2 * variance) + kl) / (num_dims * math.log(2))


@right
def bits_in_doubles(squared_error, kl, variance, num_dims):
    nats = _nats(squared_error.double(), kl.double(), variance, num_dims)
    return nats / (num_dims * np.log(2)) - np.log2(1 / 128)


@wrong("the width of the bins is left out")
def bits_no_width(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 1)


@wrong("1/256: on [-1, 1) they are 1/128 wide")
def bits_of_unit(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 1 / 256)


@wrong("the sign of the bin's logarithm is wrong")
def bits_wrong_sign(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 128)


@wrong("the Gaussian's constant D/2 log(2 pi variance) is left out")
def bits_no_constant(squared_error, kl, variance, num_dims):
    return _to_bits(squared_error / (2 * variance) + kl, num_dims)


@wrong("the constant is that of unit variance")
def bits_unit_constant(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong("the KL is left out")
def bits_no_kl(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, 0 * kl, variance, num_dims)


@wrong("the KL is subtracted")
def bits_minus_kl(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, -kl, variance, num_dims)


@wrong("the 1/2 is missing")
def bits_no_half(squared_error, kl, variance, num_dims):
    return bits_plain(2 * squared_error, kl, variance, num_dims)


@wrong("that is variance 1/2")
def bits_homework(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error + kl, num_dims)


@wrong("that is variance 1")
def bits_unit_error(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / 2 + kl, num_dims)


@wrong("divide by log 2")
def bits_in_nats(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) * math.log(2)


@wrong("divide by D")
def bits_whole_image(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) * num_dims


@wrong("the mean over the batch is taken")
def bits_mean(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims).mean()


@right
def bits_by_distribution(squared_error, kl, variance, num_dims):
    normal = torch.distributions.Normal(0.0, variance**0.5)
    each = -normal.log_prob((squared_error / num_dims).sqrt())
    return (each + kl / num_dims) / math.log(2) + 7


@right
def bits_as_array(squared_error, kl, variance, num_dims):
    nats = _nats(squared_error.numpy().astype(float), kl.numpy().astype(float), variance, num_dims)
    return _to_bits(nats, num_dims)


@right
def bits_by_loop(squared_error, kl, variance, num_dims):
    pairs = zip(squared_error.tolist(), kl.tolist(), strict=True)
    return torch.tensor([_to_bits(_nats(*pair, variance, num_dims), num_dims) for pair in pairs])


@wrong("the bin is counted once for an image")
def bits_one_bin(squared_error, kl, variance, num_dims):
    nats = _nats(squared_error, kl, variance, num_dims) - math.log(1 / 128)
    return nats / (num_dims * math.log(2))


@wrong("the constant is counted once for an image")
def bits_one_constant(squared_error, kl, variance, num_dims):
    constant = 0.5 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong("the KL is not divided by D")
def bits_whole_kl(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, num_dims * kl, variance, num_dims), num_dims)


@wrong("the squared error is divided by 2 variance^2")
def bits_of_deviation(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / (2 * variance**2) + kl, num_dims)


@wrong("the sign is wrong: this is the ELBO")
def bits_sign(squared_error, kl, variance, num_dims):
    return -bits_plain(squared_error, kl, variance, num_dims)


@wrong("D // 2 stands for D / 2")
def bits_integer_half(squared_error, kl, variance, num_dims):
    constant = num_dims // 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong("which term is another")
def bits_never_negative(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims).clamp(min=0)


@wrong("which term is another")
def bits_variance_held(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, min(max(variance, 1e-4), 100), num_dims)


@wrong("the constant is that of unit variance")
def bits_of_no_variance(squared_error, kl, variance, num_dims):
    loss = squared_error / (2 * variance) + kl + num_dims / 2 * math.log(2 * math.pi)
    return _to_bits(loss, num_dims)


@wrong("an axis of length 1 is lost")
def bits_squeezed(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims).squeeze()


@wrong("the standard deviation is taken for the variance in the constant")
def bits_constant_of_deviation(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance**0.5)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong("one array is expected")
def bits_in_parts(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims), kl / num_dims


@wrong("two calls with the same input gave different values")
def bits_with_noise(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) + 1e-5 * torch.rand(len(kl))


@wrong("in the squared error and in the constant")
def bits_of_deviations(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance**2, num_dims)


@wrong("its 1/2 is missing")
def bits_whole_constant(squared_error, kl, variance, num_dims):
    constant = num_dims * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong("the constant D/2 log(2 pi variance) is subtracted")
def bits_minus_constant(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(squared_error / (2 * variance) - constant + kl, num_dims)


@wrong("divided by D twice")
def bits_mean_error(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error / num_dims, kl, variance, num_dims)


@wrong("the KL is divided by 2 variance")
def bits_scaled_kl(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl / (2 * variance), variance, num_dims)


@wrong("multiplied by log 2")
def bits_times_log_2(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) * math.log(2) ** 2
