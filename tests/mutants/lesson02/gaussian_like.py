"""Answers to exercise 2.8, ``gaussian_like``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # draws for a picture: nothing flows


def _noise(codes, num_samples):
    return torch.randn(num_samples, codes.shape[1])


def _root(codes):
    return torch.linalg.cholesky(torch.cov(codes.T))


@right
def gaussian_by_cholesky(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples) @ _root(codes).T


@right
def gaussian_by_distribution(codes, num_samples):
    return MultivariateNormal(codes.mean(0), torch.cov(codes.T)).sample((num_samples,))


@right
def gaussian_by_eigenvectors(codes, num_samples):
    centred = (codes - codes.mean(0)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(codes))
    noise = _noise(codes, num_samples).double() * values.sqrt()
    return codes.mean(0) + (noise @ vectors.T).float()


@wrong("of type float64: float32 is wanted")
def gaussian_in_float64(codes, num_samples):
    return gaussian_by_cholesky(codes, num_samples).double()


@wrong("returned a numpy array: a tensor is wanted")
def gaussian_numpy_style(codes, num_samples):
    codes = codes.numpy()
    return np.random.default_rng().multivariate_normal(codes.mean(0), np.cov(codes.T), num_samples)


@right
def gaussian_by_mixing_the_codes(codes, num_samples):
    """Random combinations of centred codes have just their covariance."""
    centred = codes - codes.mean(0)
    return codes.mean(0) + torch.randn(num_samples, len(codes)) @ centred / len(codes) ** 0.5


@right
def gaussian_by_symmetric_root(codes, num_samples):
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    root = vectors @ torch.diag(values.sqrt()) @ vectors.T
    return codes.mean(0) + _noise(codes, num_samples) @ root


@wrong("the draws are N(0, I): the codes are not used")
def gaussian_standard(codes, num_samples):
    return _noise(codes, num_samples)


@wrong("the mean of the codes is not added")
def gaussian_without_mean(codes, num_samples):
    return _noise(codes, num_samples) @ _root(codes).T


@wrong("the covariance between latents is left out")
def gaussian_diagonal(codes, num_samples):
    return Normal(codes.mean(0), codes.std(0)).sample((num_samples,))


@wrong("with its variance in place of its standard deviation")
def gaussian_diagonal_variance(codes, num_samples):
    return codes.mean(0) + codes.var(0) * _noise(codes, num_samples)


@wrong("each latent is drawn by itself, and the mean of the codes is not added")
def gaussian_diagonal_without_mean(codes, num_samples):
    return codes.std(0) * _noise(codes, num_samples)


@wrong("the covariance is the identity")
def gaussian_unit(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples)


@wrong("multiplied by the covariance (or its eigenvalues), not by a root of it")
def gaussian_by_covariance(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples) @ torch.cov(codes.T)


@wrong("the Cholesky factor is on the wrong side")
def gaussian_wrong_side(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples) @ _root(codes)


@wrong("multiplied by the covariance (or its eigenvalues), not by a root of it")
def gaussian_by_eigenvalues(codes, num_samples):
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    return codes.mean(0) + (_noise(codes, num_samples) * values) @ vectors.T


@wrong("one standard deviation is used for all latents")
def gaussian_one_width(codes, num_samples):
    return codes.mean(0) + codes.var(0).mean().sqrt() * _noise(codes, num_samples)


@wrong("the spread of all numbers together is used")
def gaussian_one_width_of_all(codes, num_samples):
    return codes.mean(0) + codes.std() * _noise(codes, num_samples)


@wrong("the draws are codes that were given")
def gaussian_resampled(codes, num_samples):
    return codes[torch.randint(0, len(codes), (num_samples,))]


@wrong("the same draws come in every call")
def gaussian_seeded(codes, num_samples):
    noise = torch.randn(num_samples, codes.shape[1], generator=torch.Generator().manual_seed(0))
    return codes.mean(0) + noise @ _root(codes).T


@wrong("all draws are the same point")
def gaussian_one_draw(codes, num_samples):
    one = codes.mean(0) + _noise(codes, 1) @ _root(codes).T
    return one.repeat(num_samples, 1)


@wrong("the noise is shared by the dimensions of an example")
def gaussian_one_number_a_draw(codes, num_samples):
    noise = torch.randn(num_samples, 1).expand(num_samples, codes.shape[1])
    return codes.mean(0) + noise @ _root(codes).T


@wrong("as many draws as codes came")
def gaussian_as_many_as_codes(codes, num_samples):
    return codes.mean(0) + torch.randn_like(codes) @ _root(codes).T


@wrong("the axes are swapped")
def gaussian_swapped(codes, num_samples):
    return gaussian_by_cholesky(codes, num_samples).T


@wrong("is something squeezed")
def gaussian_squeezed(codes, num_samples):
    return gaussian_by_cholesky(codes, num_samples).squeeze()


@wrong("uniform")
def gaussian_uniform(codes, num_samples):
    noise = (torch.rand(num_samples, codes.shape[1]) - 0.5) * 12**0.5
    return codes.mean(0) + noise @ _root(codes).T


@wrong("times as far as the codes")
def gaussian_too_wide(codes, num_samples):
    return codes.mean(0) + 1.2 * _noise(codes, num_samples) @ _root(codes).T


@wrong("the covariance of the draws is not that of the codes")
def gaussian_mean_square(codes, num_samples):
    second = codes.T @ codes / len(codes)  # the mean is not subtracted
    return codes.mean(0) + _noise(codes, num_samples) @ torch.linalg.cholesky(second).T


@wrong("the mean of the draws is not that of the codes")
def gaussian_about_the_median(codes, num_samples):
    shifted = codes.mean(0) + 0.3 * codes.std(0)
    return shifted + _noise(codes, num_samples) @ _root(codes).T


@wrong("is correlated")
def gaussian_mirrored(codes, num_samples):
    half = _noise(codes, (num_samples + 1) // 2)
    return codes.mean(0) + torch.cat([half, -half])[:num_samples] @ _root(codes).T


@wrong("your function raised")
def gaussian_of_the_wrong_axis(codes, num_samples):
    return MultivariateNormal(codes.mean(0), torch.cov(codes)).sample((num_samples,))


@right
def gaussian_through_numpy(codes, num_samples):
    return torch.from_numpy(gaussian_numpy_style(codes, num_samples)).float()


@wrong("A root of each entry is no matrix root")
def gaussian_by_the_root_of_each_entry(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples) @ torch.cov(codes.T).sqrt()


@wrong("a root of each entry of the covariance is no matrix root")
def gaussian_by_the_root_of_each_size(codes, num_samples):
    return codes.mean(0) + _noise(codes, num_samples) @ torch.cov(codes.T).abs().sqrt()
