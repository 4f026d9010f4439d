"""Answers to exercise 3.3, ``principal_weights``: wrong and right ones."""

import numpy as np
import scipy.linalg
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a closed form of the data: nothing flows


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


@right
def weights_in_float64(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance.double())
    lengths = torch.where(values > variance, values - variance, 0.0).sqrt()
    order = values.argsort(descending=True)[:num_latents]
    return (vectors * lengths)[:, order]


@right
def weights_by_columns(covariance, num_latents, variance):
    values, vectors = np.linalg.eigh(covariance.numpy().astype(np.float64))
    columns = [
        vectors[:, -1 - k] * max(values[-1 - k] - variance, 0.0) ** 0.5 for k in range(num_latents)
    ]
    return torch.from_numpy(np.stack(columns, axis=1)).float()


@right
def weights_of_the_other_sign(covariance, num_latents, variance):
    values, vectors = scipy.linalg.eigh(covariance.numpy())
    lengths = np.sqrt(np.clip(values - variance, 0, None))
    return (-vectors * lengths)[:, ::-1][:, :num_latents].copy()


@wrong("not in the order of falling eigenvalues")
def weights_in_rising_order(covariance, num_latents, variance):
    return weights_plain(covariance, num_latents, variance).flip(1)


@wrong("not in the order of falling eigenvalues")
def weights_in_some_order(covariance, num_latents, variance):
    return weights_plain(covariance, num_latents, variance).roll(1, dims=1)


@wrong("the variance is squared")
def weights_variance_squared(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance**2).clamp(min=0).sqrt()


@wrong("the eigenvalue is divided by the variance")
def weights_divided(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values / variance - 1).clamp(min=0).sqrt()


@wrong("is below the variance")
def weights_small_ones_kept(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * torch.where(values > variance, values - variance, values).sqrt()


@wrong("the length sqrt(eigenvalue - variance)")
def weights_near_ones_cut(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * torch.where(values > 1.4 * variance, values - variance, 0.0).sqrt()


@wrong("the length sqrt(eigenvalue - variance)")
def weights_never_zero(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).clamp(min=0.05 * variance).sqrt()


@wrong("the length sqrt(eigenvalue - variance)")
def weights_of_rows(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    rows = vectors.T.flip(1)
    return rows[:, :num_latents] * (values.flip(0)[:num_latents] - variance).clamp(min=0).sqrt()


@wrong("the shape is")
def weights_of_all_dimensions(covariance, num_latents, variance):
    return weights_plain(covariance, len(covariance), variance)


@wrong("the shape is")
def weights_without_zero_columns(covariance, num_latents, variance):
    weights = weights_plain(covariance, num_latents, variance)
    return weights[:, weights.abs().sum(0) > 0]


@wrong("overwrites its argument covariance")
def weights_in_place(covariance, num_latents, variance):
    covariance -= variance * torch.eye(len(covariance))
    values, vectors = _largest(covariance, num_latents)
    return vectors * values.clamp(min=0).sqrt()


@wrong("W of shape")
def weights_and_values(covariance, num_latents, variance):
    return weights_plain(covariance, num_latents, variance), covariance.diagonal()


@wrong("the eigenvalues are turned around, the eigenvectors are not")
def weights_values_turned_alone(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    excess = (values.flip(-1)[:num_latents] - variance).clamp(min=0)
    return vectors[:, :num_latents] * excess.sqrt()


@wrong("the rows of the eigenvectors are turned around")
def weights_rows_turned(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    excess = (values.flip(0)[:num_latents] - variance).clamp(min=0)
    return vectors.flip(0)[:, :num_latents] * excess.sqrt()
