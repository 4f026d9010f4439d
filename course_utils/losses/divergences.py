"""Kullback-Leibler divergences in closed form. Built in lessons 01 and 05."""

import math

import torch

from course_utils.losses._arguments import (
    floating,
    require_finite,
    sum_event,
    together,
    widened,
)


def gaussian_kl(mu_q, log_var_q, mu_p=0.0, log_var_p=0.0, event_dim=1):
    """KL(q || p) of two diagonal Gaussians; p is N(0, I) unless given.

    KL = 1/2 sum_j [ exp(d_j) - 1 - d_j + (mu_q_j - mu_p_j)^2 exp(-log_var_p_j) ],
    d = log_var_q - log_var_p. Never negative, and zero only for q = p.

    Args:
        mu_q: mean of q, (..., *event), such as (B, L).
        log_var_q: log-variance of q; broadcasts with ``mu_q``.
        mu_p: mean of p; a tensor that broadcasts with ``mu_q``, or a number.
        log_var_p: log-variance of p; likewise.
        event_dim: number of trailing dimensions that make up one example.

    Returns:
        Nats per example, summed over the event: (B,). inf where the dtype cannot hold it.

    Raises:
        TypeError: an argument is no floating-point tensor (or number).
        ValueError: shapes do not fit; NaN or infinity (``NotFiniteError``).

    Source: Kingma and Welling 2014, arXiv:1312.6114, appendix B.
    """
    named = {"mu_q": mu_q, "log_var_q": log_var_q, "mu_p": mu_p, "log_var_p": log_var_p}
    is_standard = type(mu_p) is float and type(log_var_p) is float and mu_p == log_var_p == 0
    if is_standard:  # p = N(0, I), the usual case: nothing to subtract
        named = {"mu_q": mu_q, "log_var_q": log_var_q}
    tensors = together(named, event_dim)
    if is_standard:
        shift, difference = tensors
    else:
        mu_q, log_var_q, mu_p, log_var_p = widened(tensors, tensors[3], limit=40)
        difference = log_var_q - log_var_p
        shift = (mu_q - mu_p) * torch.exp(-0.5 * log_var_p)
    # expm1 keeps the digits that exp(d) - 1 would lose where q is close to p.
    kl = 0.5 * sum_event(torch.expm1(difference) - difference + shift.square(), event_dim)
    kl = kl.to(tensors[0].dtype)
    scale = None if is_standard else "log_var_p"
    require_finite(kl, dict(zip(named, tensors, strict=True)), scale)
    return kl


def categorical_kl_uniform(logits):
    """KL(q || p) of N independent categorical variables q against the uniform p.

    KL = sum_n sum_k q_nk (log q_nk + log K) = N log K - sum_n entropy(q_n),
    q_n = softmax(logits_n). Between 0 (uniform) and N log K (one-hot).

    Args:
        logits: (..., N, K), such as (B, N, K): N variables of K categories.

    Returns:
        Nats per example, summed over the N variables: (B,).

    Raises:
        TypeError: ``logits`` is no floating-point tensor.
        ValueError: fewer than two dimensions; no category; NaN or infinity (``NotFiniteError``).

    Source: Jang et al. 2017, arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712.
    """
    logits = floating("logits", logits)
    if logits.ndim < 2 or logits.shape[-1] == 0:
        raise ValueError(
            f"logits: expected shape (..., N, K) with K at least 1, got shape {tuple(logits.shape)}"
        )
    # Where logits are too far apart for the dtype log q is -inf, and q log q = 0 would be NaN.
    log_q = logits.log_softmax(-1).clamp_min(torch.finfo(logits.dtype).min)
    kl = (log_q.exp() * (log_q + math.log(logits.shape[-1]))).sum((-2, -1))
    require_finite(kl, {"logits": logits}, probe=logits)
    return kl
