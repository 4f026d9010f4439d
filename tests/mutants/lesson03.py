"""Answers to the exercises of lesson 03: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch

from . import registry

WRONG, RIGHT, wrong, right = registry()
NOISE, LOGIT, WEIGHTS, BITS = (
    "dequantise",
    "logit_transform",
    "principal_weights",
    "gaussian_bits_per_dim",
)


# --- 3.1 dequantise ------------------------------------------------------------------------------


@right(NOISE)
def noise_plain(images):
    return (images.float() + torch.rand(images.shape)) / 128 - 1


@right(NOISE)
def noise_in_doubles(images):
    u = torch.rand(images.shape, dtype=torch.float64)
    return torch.lerp(images.double(), images.double() + 1, u).div(128).sub(1)


@right(NOISE)
def noise_numpy_style(images):
    v = images.numpy().astype(np.float64)
    return (v + np.random.default_rng().random(v.shape)) / 256 * 2 - 1


@wrong(NOISE, "nothing is drawn: the levels came back on the grid of [-1, 1]")
def noise_none(images):
    return images.float() / 255 * 2 - 1


@wrong(NOISE, "nothing is drawn: the lower edges of the bins came back")
def noise_lower_edge(images):
    return images.float() / 128 - 1


@wrong(NOISE, "nothing is drawn: the middles of the bins came back")
def noise_middle(images):
    return (images.float() + 0.5) / 128 - 1


@wrong(NOISE, "nothing is drawn: grey values in [0, 1] came back")
def noise_to_unit(images):
    return images / 255


@wrong(NOISE, "x lies in [0, 1): the scale should be [-1, 1)")
def noise_on_unit(images):
    return (images + torch.rand(images.shape)) / 256


@wrong(NOISE, "x lies in [0, 2): the 1 is not subtracted")
def noise_not_shifted(images):
    return (images + torch.rand(images.shape)) / 128


@wrong(NOISE, "which reach beyond 1: divide by 128")
def noise_by_255(images):
    return 2 * (images + torch.rand(images.shape)) / 255 - 1


@wrong(NOISE, "x lies in [0, 256): it is not scaled")
def noise_not_scaled(images):
    return images + torch.rand(images.shape)


@wrong(NOISE, "u lies in [-1/2, 1/2)")
def noise_symmetric(images):
    return (images + torch.rand(images.shape) - 0.5) / 128 - 1


@wrong(NOISE, "the noise is added after the scaling")
def noise_after_scaling(images):
    return images / 128 - 1 + torch.rand(images.shape)


@wrong(NOISE, "the same noise comes in every call")
def noise_static(images):
    generator = torch.Generator().manual_seed(0)
    return (images + torch.rand(images.shape, generator=generator)) / 128 - 1


@wrong(NOISE, "all values of an image share one draw")
def noise_one_an_image(images):
    return (images + torch.rand(len(images), *[1] * (images.ndim - 1))) / 128 - 1


@wrong(NOISE, "all images share their noise")
def noise_one_a_batch(images):
    return (images + torch.rand(images.shape[1:])) / 128 - 1


@wrong(NOISE, "the three channels of a pixel share one draw")
def noise_one_a_pixel(images):
    shape = images.shape if images.ndim < 4 else (images.shape[0], 1, *images.shape[2:])
    return (images + torch.rand(shape)) / 128 - 1


@wrong(NOISE, "it should be 1/2")
def noise_squared(images):
    return (images + torch.rand(images.shape).square()) / 128 - 1


@wrong(NOISE, "u is not uniform")
def noise_triangular(images):
    u = (torch.rand(images.shape) + torch.rand(images.shape)) / 2
    return (images + u) / 128 - 1


@wrong(NOISE, "u goes from")
def noise_normal(images):
    return (images + torch.randn(images.shape)) / 128 - 1


# --- 3.2 logit_transform -------------------------------------------------------------------------


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x


def _terms(x, alpha):
    p = _p(x, alpha)
    return math.log(1 - 2 * alpha) - p.log() - (1 - p).log()


@right(LOGIT)
def logit_plain(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@right(LOGIT)
def logit_by_softplus(x, alpha):
    y = torch.logit(_p(x, alpha))
    softplus = torch.nn.functional.softplus
    terms = softplus(y) + softplus(-y) + math.log1p(-2 * alpha)
    return y, terms.sum((-3, -2, -1))


@right(LOGIT)
def logit_by_autograd(x, alpha):
    leaf = x.detach().double().requires_grad_()
    with torch.enable_grad():
        p = alpha + leaf * (1 - 2 * alpha)
        (slope,) = torch.autograd.grad((p.log() - torch.log1p(-p)).sum(), leaf)
    p = _p(x, alpha)
    return p.log() - (1 - p).log(), slope.log().reshape(len(x), -1).sum(1)


@wrong(LOGIT, "y and log_det are wanted, as a pair")
def logit_alone(x, alpha):
    return _p(x, alpha).logit()


@wrong(LOGIT, "alpha is left out")
def logit_without_alpha(x, alpha):
    return torch.logit(x), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "the scale is 1 - alpha, it should be 1 - 2 alpha")
def logit_one_alpha(x, alpha):
    return torch.logit(alpha + (1 - alpha) * x), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "this is the sigmoid")
def logit_sigmoid(x, alpha):
    return _p(x, alpha).sigmoid(), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "the logit is missing")
def logit_missing(x, alpha):
    return _p(x, alpha), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "the sign is wrong: log((1 - p) / p)")
def logit_upside_down(x, alpha):
    return -_p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "this is the log-determinant of the inverse")
def logit_inverse_det(x, alpha):
    return _p(x, alpha).logit(), -_terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "the derivative of p = alpha + (1 - 2 alpha) x is missing")
def logit_no_scale_in_det(x, alpha):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1)


@wrong(LOGIT, "for every value, not once")
def logit_scale_once(x, alpha):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1) + math.log(1 - 2 * alpha)


@wrong(LOGIT, "the mean over the values is taken")
def logit_mean(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).mean(1)


@wrong(LOGIT, "summed over the batch too")
def logit_sum_all(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).sum()


@wrong(LOGIT, "the sum over the values is missing")
def logit_no_sum(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha)


@wrong(LOGIT, "summed over the last dimension alone")
def logit_sum_last(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).sum(-1)


@wrong(LOGIT, "the - log(1 - p) is missing")
def logit_half_det(x, alpha):
    p = _p(x, alpha)
    return p.logit(), (math.log(1 - 2 * alpha) - p.log()).flatten(1).sum(1)


@wrong(LOGIT, "the logarithm is missing")
def logit_no_log(x, alpha):
    p = _p(x, alpha)
    return p.logit(), ((1 - 2 * alpha) / (p * (1 - p))).flatten(1).sum(1)


@wrong(LOGIT, "it is in bits")
def logit_in_bits(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1) / math.log(2)


@wrong(LOGIT, "no gradient reaches x")
def logit_detached(x, alpha):
    return _p(x, alpha).logit().detach(), _terms(x, alpha).flatten(1).sum(1)


@wrong(LOGIT, "at 0 and 1")
def logit_clamped(x, alpha):
    return _p(x.clamp(0.02, 0.98), alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


# --- 3.3 principal_weights -----------------------------------------------------------------------


def _largest(covariance, count):
    values, vectors = torch.linalg.eigh(covariance)
    return values.flip(0)[:count], vectors.flip(1)[:, :count]


@right(WEIGHTS)
def weights_plain(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).clamp(min=0).sqrt()


@right(WEIGHTS)
def weights_by_svd(covariance, num_latents, variance):
    vectors, values, _ = torch.linalg.svd(covariance)
    lengths = torch.relu(values[:num_latents] - variance) ** 0.5
    return vectors[:, :num_latents] @ torch.diag(lengths)


@right(WEIGHTS)
def weights_rotated(covariance, num_latents, variance):
    """Another basis of the latents: the same model."""
    rotation, _ = torch.linalg.qr(torch.randn(num_latents, num_latents).to(covariance))
    return weights_plain(covariance, num_latents, variance) @ rotation


@right(WEIGHTS)
def weights_numpy_style(covariance, num_latents, variance):
    values, vectors = np.linalg.eigh(covariance.numpy())
    order = np.argsort(-values)[:num_latents]
    return vectors[:, order] * np.sqrt(np.maximum(values[order] - variance, 0))


@wrong(WEIGHTS, "the decoder's variance is not subtracted")
def weights_no_variance(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * values.sqrt()


@wrong(WEIGHTS, "the smallest eigenvalues are taken, and the variance is not subtracted")
def weights_smallest(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    return vectors[:, :num_latents] * values[:num_latents].sqrt()


@wrong(WEIGHTS, "the smallest eigenvalues are taken: eigh returns them in rising order")
def weights_rising(covariance, num_latents, variance):
    values, vectors = torch.linalg.eigh(covariance)
    return vectors[:, :num_latents] * (values[:num_latents] - variance).clamp(min=0).sqrt()


@wrong(WEIGHTS, "the root is missing")
def weights_no_root(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance)


@wrong(WEIGHTS, "the standard deviation is subtracted in place of the variance")
def weights_std(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance**0.5).clamp(min=0).sqrt()


@wrong(WEIGHTS, "the roots are subtracted")
def weights_difference_of_roots(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values.sqrt() - variance**0.5).clamp(min=0)


@wrong(WEIGHTS, "these are the eigenvectors alone")
def weights_unit(covariance, num_latents, variance):
    return _largest(covariance, num_latents)[1]


@wrong(WEIGHTS, "the variance is added")
def weights_added(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values + variance).sqrt()


@wrong(WEIGHTS, "a column of zeros")
def weights_not_cut(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).sqrt()


@wrong(WEIGHTS, "the difference is not cut off at zero")
def weights_absolute(covariance, num_latents, variance):
    values, vectors = _largest(covariance, num_latents)
    return vectors * (values - variance).abs().sqrt()


@wrong(WEIGHTS, "the shape is")
def weights_transposed(covariance, num_latents, variance):
    return weights_plain(covariance, num_latents, variance).T


# --- 3.4 gaussian_bits_per_dim -------------------------------------------------------------------


def _nats(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return constant + squared_error / (2 * variance) + kl


def _to_bits(nats, num_dims, width=1 / 128):
    return (nats / num_dims - math.log(width)) / math.log(2)


@right(BITS)
def bits_plain(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims)


@right(BITS)
def bits_term_by_term(squared_error, kl, variance, num_dims):
    each = 0.5 * math.log2(2 * math.pi * variance) + 7
    return each + (squared_error / (2 * variance) + kl) / (num_dims * math.log(2))


@right(BITS)
def bits_in_doubles(squared_error, kl, variance, num_dims):
    nats = _nats(squared_error.double(), kl.double(), variance, num_dims)
    return nats / (num_dims * np.log(2)) - np.log2(1 / 128)


@wrong(BITS, "the width of the bins is left out")
def bits_no_width(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 1)


@wrong(BITS, "1/256: on [-1, 1) they are 1/128 wide")
def bits_of_unit(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 1 / 256)


@wrong(BITS, "the sign of the bin's logarithm is wrong")
def bits_wrong_sign(squared_error, kl, variance, num_dims):
    return _to_bits(_nats(squared_error, kl, variance, num_dims), num_dims, 128)


@wrong(BITS, "the Gaussian's constant D/2 log(2 pi variance) is left out")
def bits_no_constant(squared_error, kl, variance, num_dims):
    return _to_bits(squared_error / (2 * variance) + kl, num_dims)


@wrong(BITS, "the constant is that of unit variance")
def bits_unit_constant(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi)
    return _to_bits(constant + squared_error / (2 * variance) + kl, num_dims)


@wrong(BITS, "the KL is left out")
def bits_no_kl(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, 0 * kl, variance, num_dims)


@wrong(BITS, "the KL is subtracted")
def bits_minus_kl(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, -kl, variance, num_dims)


@wrong(BITS, "the 1/2 is missing")
def bits_no_half(squared_error, kl, variance, num_dims):
    return bits_plain(2 * squared_error, kl, variance, num_dims)


@wrong(BITS, "that is variance 1/2")
def bits_homework(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error + kl, num_dims)


@wrong(BITS, "that is variance 1")
def bits_unit_error(squared_error, kl, variance, num_dims):
    constant = num_dims / 2 * math.log(2 * math.pi * variance)
    return _to_bits(constant + squared_error / 2 + kl, num_dims)


@wrong(BITS, "divide by log 2")
def bits_in_nats(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) * math.log(2)


@wrong(BITS, "divide by D")
def bits_whole_image(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims) * num_dims


@wrong(BITS, "the shape is ()")
def bits_mean(squared_error, kl, variance, num_dims):
    return bits_plain(squared_error, kl, variance, num_dims).mean()
