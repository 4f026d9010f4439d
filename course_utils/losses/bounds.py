"""Bounds on log p(x) from importance weights, and units. Built in lessons 01 and 09.

One tensor holds it all: log w = log p(x, z) - log q(z|x) for K samples z ~ q(z|x). Samples lead,
(K, B). A weight of zero, log w = -inf, is allowed: q drew a z that the model excludes.
"""

import math

import torch

from course_utils.arguments import integer, is_number, kind, number
from course_utils.losses._arguments import NotFiniteError, floating


def importance_weighted_bound(log_w, dim=0):
    """Importance-weighted bound on log p(x), from K log-weights.

    L_K = log (1/K sum_k w_k) = logsumexp_k(log_w) - log K

    E[L_1] is the ELBO; E[L_K] never falls with K and tends to log p(x).

    Args:
        log_w: log-weights, such as (K, B); -inf is a weight of zero.
        dim: the dimension of the samples.

    Returns:
        Nats per example: the shape of ``log_w`` without ``dim``. -inf if all weights are zero.

    Raises:
        TypeError: ``log_w`` is no floating-point tensor, or ``dim`` no integer.
        ValueError: K = 0; no such ``dim``; NaN or +inf (``NotFiniteError``).

    Source: Burda et al. 2016, arXiv:1509.00519.
    """
    log_w = _log_weights(log_w, dim)
    bound = torch.logsumexp(log_w, dim) - math.log(log_w.shape[dim])
    return _sound(bound, log_w)


def elbo(log_w, dim=0):
    """Evidence lower bound, from K log-weights: their mean.

    ELBO = 1/K sum_k log_w_k, an unbiased estimate of E_q[log p(x, z) - log q(z|x)] <= log p(x).

    Args:
        log_w: log-weights, such as (K, B).
        dim: the dimension of the samples.

    Returns:
        Nats per example: the shape of ``log_w`` without ``dim``. -inf if one weight is zero.

    Raises:
        TypeError: ``log_w`` is no floating-point tensor, or ``dim`` no integer.
        ValueError: K = 0; no such ``dim``; NaN or +inf (``NotFiniteError``).

    Source: Kingma and Welling 2014, arXiv:1312.6114.
    """
    log_w = _log_weights(log_w, dim)
    return _sound(log_w.mean(dim), log_w)


def effective_sample_size(log_w, dim=0):
    """How many equal weights would be worth as much as these K: between 1 and K.

    ESS = (sum_k w_k)^2 / sum_k w_k^2

    Args:
        log_w: log-weights, such as (K, B).
        dim: the dimension of the samples.

    Returns:
        A number of samples per example: the shape of ``log_w`` without ``dim``. 0 if all weights
        are zero.

    Raises:
        TypeError: ``log_w`` is no floating-point tensor, or ``dim`` no integer.
        ValueError: K = 0; no such ``dim``; NaN or +inf (``NotFiniteError``).

    Source: Kong 1992, A note on importance sampling using standardized weights.
    """
    log_w = _log_weights(log_w, dim)
    largest = _sound(log_w.amax(dim, keepdim=True), log_w)
    w = torch.exp(log_w - largest.clamp_min(torch.finfo(log_w.dtype).min))  # the largest is 1
    total = w.sum(dim)
    return total.square() / w.square().sum(dim).clamp_min(1.0)


def dreg_surrogate(log_w, z):
    """What to maximise for a doubly reparameterised gradient (DReG) of E[L_K].

    With wn_k = w_k / sum_j w_j held fixed, its gradient is sum_k wn_k^2 d(log w_k)/dz_k dz_k/dphi
    for the parameters phi of q, reached through z, and sum_k wn_k d(log w_k)/dtheta for all others.
    Unbiased for every K, as long as log w_k depends on no other sample (normalisation over the
    batch, in train mode, makes it approximate); for K = 1 it is sticking the landing. The value is
    no bound: it is L_K + KL(wn || uniform).

    Args:
        log_w: log-weights (K, B), computed from ``z`` with q's own parameters detached in log q.
        z: reparameterised samples (K, B, ...). A hook is left on it, so call it once for each z.

    Returns:
        (B,).

    Raises:
        TypeError: ``log_w`` or ``z`` is no floating-point tensor.
        ValueError: the leading dimensions differ; ``z`` requires no gradient; K = 0; a log-weight
            that is not finite (``NotFiniteError``).

    Source: Tucker et al. 2019, arXiv:1810.04152. Built in lesson 09.
    """
    log_w, z = _log_weights(log_w, 0), floating("z", z)
    if log_w.ndim != 2 or z.shape[:2] != log_w.shape:
        raise ValueError(f"z: expected (K, B, ...), log_w (K, B), got {kind(z)}, {kind(log_w)}")
    if not z.requires_grad:
        raise ValueError("z: expected samples that require a gradient, got ones that do not")
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w.view(*w.shape, *[1] * (slope.ndim - 2)))
    surrogate = (w * log_w).sum(0)
    if not surrogate.detach().sum().isfinite():  # an infinite log w times a weight of 0 is NaN
        raise NotFiniteError(f"log_w: expected finite numbers, got others in {kind(log_w)}")
    return surrogate


def bits_per_dim(nats, num_dims, bin_width=1.0):
    """Negative log-likelihood in bits per dimension.

    bits = (nats / num_dims - log bin_width) / log 2

    A probability of discrete values needs no ``bin_width``. A density p(x) does: the bin around x
    has probability p(x) bin_width^D. For x = (v + u) / 128 - 1 with u ~ U[0, 1), the width is
    1 / 128.

    Args:
        nats: NEGATIVE log-likelihood, nats per example; a tensor (B,) or a number.
        num_dims: D, the number of values in one example (3072 for a 32 x 32 colour image).
        bin_width: width of one level in the units of ``x``.

    Returns:
        Bits per dimension, of the shape of ``nats``; a number for a number.

    Raises:
        TypeError: ``nats`` is no number or floating-point tensor; ``num_dims`` no integer;
            ``bin_width`` no number.
        ValueError: ``num_dims`` or ``bin_width`` is not positive; NaN (``NotFiniteError``).

    Source: Theis et al. 2016, arXiv:1511.01844, section 3.1.
    """
    num_dims = integer("num_dims", num_dims, 1)
    positive = "a positive finite number"
    bin_width = number("bin_width", bin_width, positive, lambda width: 0 < width < math.inf)
    if not is_number(nats):
        nats = floating("nats", nats)
    if torch.isnan(nats).any() if isinstance(nats, torch.Tensor) else math.isnan(nats):
        raise NotFiniteError(f"nats: expected no NaN, got {kind(nats)} with NaN")
    return (nats / num_dims - math.log(bin_width)) / math.log(2)


def _log_weights(log_w, dim):
    log_w = floating("log_w", log_w)
    dim = integer("dim", dim)
    if not -log_w.ndim <= dim < log_w.ndim:
        raise ValueError(f"dim: expected a dimension of log_w, {kind(log_w)}, got {dim}")
    if log_w.shape[dim] == 0:
        raise ValueError(f"log_w: expected at least one sample along dim {dim}, got {kind(log_w)}")
    return log_w


def _sound(result, log_w):
    """``result``, unless it shows that ``log_w`` holds NaN or +inf."""
    if not result.detach().sum().item() < math.inf:
        nan, infinite = int(log_w.isnan().sum()), int(log_w.isposinf().sum())
        if nan or infinite:
            raise NotFiniteError(
                "log_w: expected finite numbers or -inf (a weight of zero), "
                f"got {nan} NaN and {infinite} +inf in {kind(log_w)}"
            )
    return result
