"""Answers to exercise 3.3, ``principal_weights``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _largest(covariance, count):
    values, vectors = torch.linalg.eigh(covariance)
    return values.flip(0)[:count], vectors.flip(1)[:, :count]


@right
def weights_plain(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).clamp(min=0).sqrt()


@right
def weights_by_svd(covariance, num_latents, variance):
    vectors, values, _ = torch.linalg.svd(covariance)
    lengths = torch.relu(values[:num_latents] - variance) ** 0.5
    return vectors[:, :num_latents] @ torch.diag(lengths)


@right
def weights_rotated(covariance, num_latents, variance):
    """Another basis of the latents: the same model."""
    rotation, _ = torch.linalg.qr(torch.randn(num_latents, num_latents).to(covariance))
    return weights_plain(covariance, num_latents, variance) @ rotation


@right
def weights_numpy_style(covariance, num_latents, variance):
    values, vectors = np.linalg.eigh(covariance.numpy())
    order = np.argsort(-values)[:num_latents]
    return vectors[:, order] * np.sqrt(np.maximum(values[order] - variance, 0))


@wrong("the decoder's variance is not subtracted")
def weights_no_variance(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * values.sqrt()


@wrong("the smallest eigenvalues are taken, and the variance is not subtracted")
def weights_smallest(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    return vectors[:, :num_latents] * values[:num_latents].sqrt()


@wrong("the smallest eigenvalues are taken: eigh returns them in rising order")
def weights_rising(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    return vectors[:, :num_latents] * (values[:num_latents] - variance).clamp(min=0).sqrt()


@wrong("the root is missing")
def weights_no_root(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance)


@wrong("the standard deviation is subtracted in place of the variance")
def weights_std(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance**0.5).clamp(min=0).sqrt()


@wrong("the roots are subtracted")
def weights_difference_of_roots(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values.sqrt() - variance**0.5).clamp(min=0)


@wrong("these are the eigenvectors alone")
def weights_unit(covariance, num_latents, variance):
    return _largest(covariance, num_latents)[1]


@wrong("the variance is added")
def weights_added(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values + variance).sqrt()


@wrong("a column of zeros")
def weights_not_cut(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).sqrt()


@wrong("the difference is not cut off at zero")
def weights_absolute(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).abs().sqrt()


@wrong("the shape is")
def weights_transposed(covariance, num_latents, variance):
    return weights_plain(covariance, num_latents, variance).T
