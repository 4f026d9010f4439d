"""Answers to exercise 3.4, ``gaussian_bits_per_dim``: wrong and right ones."""

import math

import numpy as np

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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


@wrong("the shape is ()")
def bits_mean(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims).mean()
