"""Gaussian and Bernoulli log-likelihoods. Built in lessons 01 and 02."""

import math

import torch
import torch.nn.functional as F

from course_utils.losses._arguments import (
    refuse_not_finite,
    require_finite,
    sum_event,
    together,
    widened,
)

LOG_2_PI = math.log(2 * math.pi)


def gaussian_log_prob(x, mu, log_var, event_dim=1):
    """Log-density of a diagonal Gaussian, log N(x; mu, diag(exp(log_var))).

    log p(x) = -1/2 sum_j [ (x_j - mu_j)^2 exp(-log_var_j) + log_var_j + log(2 pi) ]

    Args:
        x: (..., *event), such as (B, D).
        mu: mean; a tensor that broadcasts with ``x``, such as (K, B, D), or a number.
        log_var: log of the variance; likewise.
        event_dim: number of trailing dimensions that make up one example.

    Returns:
        Nats per example, summed over the event: the broadcast shape without its event, (K, B).
        A density so low that the dtype cannot hold its log gives -inf.

    Raises:
        TypeError: an argument is no floating-point tensor (or number).
        ValueError: shapes do not fit; NaN or infinity (``NotFiniteError``).

    Source: Kingma and Welling 2014, arXiv:1312.6114, appendix C.2.
    """
    named = {"x": x, "mu": mu, "log_var": log_var}
    tensors = together(named, event_dim)
    # Beyond e^+-355 float32 holds not even the fourth root of the variance: an error, not a model.
    x, mu, log_var = widened(tensors, tensors[2], limit=40, most=355)
    # The root of the precision first: (x - mu)^2 alone would leave float32 earlier.
    standardised = (x - mu) * torch.exp(-0.5 * log_var)
    log_prob = -0.5 * sum_event(standardised.square() + log_var + LOG_2_PI, event_dim)
    log_prob = log_prob.to(tensors[0].dtype)
    require_finite(log_prob, dict(zip(named, tensors, strict=True)), "log_var")
    return log_prob


def bernoulli_log_prob(x, logits, event_dim=1):
    """Log-probability of binary ``x`` under Bernoulli(sigmoid(logits)).

    log p(x) = sum_j [ x_j logits_j - log(1 + exp(logits_j)) ] = sum_j log sigmoid(+-logits_j),
    with + where x_j = 1 and - where x_j = 0. The second form neither overflows nor cancels.

    Args:
        x: (..., *event), zeros and ones, such as (B, D).
        logits: log-odds of a one; broadcasts with ``x``, such as (K, B, D).
        event_dim: number of trailing dimensions that make up one example.

    Returns:
        Nats per example, summed over the event: the broadcast shape without its event, (K, B).

    Raises:
        TypeError: an argument is no floating-point tensor (or number).
        ValueError: ``x`` holds something else than 0 and 1; shapes do not fit; NaN or infinity
            (``NotFiniteError``).

    Source: Kingma and Welling 2014, arXiv:1312.6114, appendix C.1.
    """
    x, logits = together({"x": x, "logits": logits}, event_dim)
    data = x.detach()
    # x - x^2 is zero exactly where x is binary; its norm lets no NaN and no two errors cancel.
    if torch.linalg.vector_norm(torch.addcmul(data, data, data, value=-1)).item() != 0:
        refuse_not_finite({"x": x})
        low, high = (bound.item() for bound in x.aminmax())
        raise ValueError(
            f"x: expected zeros and ones only, got values from {low:g} to {high:g}; "
            "data.binarise makes grey pixels binary, and losses.grey_cross_entropy takes grey "
            "ones (it is not a likelihood)"
        )
    signed = (2 * x - 1) * logits
    log_prob = log_sigmoid_sum(signed, event_dim)
    require_finite(log_prob, {"logits": logits}, probe=signed)
    return log_prob


def log_sigmoid_sum(values, event_dim):
    """sum_j log sigmoid(values_j) over the last ``event_dim`` dimensions, at a third of the cost.

    Up to eight sigmoids are multiplied before the logarithm. It is exact to rounding unless a
    product underflows: then the sum goes by ``logsigmoid``, value by value.
    """
    return _LogSigmoidSum.apply(values.flatten(-int(event_dim)) if event_dim else values[..., None])


class _LogSigmoidSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values):
        ctx.save_for_backward(values)
        if values.numel():
            factors = values.sigmoid().unflatten(-1, (math.gcd(values.shape[-1], 8), -1)).prod(-2)
            if factors.amin() >= torch.finfo(values.dtype).tiny:
                return factors.log_().sum(-1)
        return F.logsigmoid(values).sum(-1)

    @staticmethod
    def backward(ctx, gradient):  # in differentiable operations: there are second derivatives
        (values,) = ctx.saved_tensors
        return gradient[..., None] * (-values).sigmoid()


def grey_cross_entropy(x, logits, event_dim=1):
    """Cross-entropy of grey targets against Bernoulli(sigmoid(logits)). Not a likelihood.

    H(x, sigmoid(logits)) = sum_j [ log(1 + exp(logits_j)) - x_j logits_j ], positive.

    Many tutorials print it as "the reconstruction loss". Its values of x are no outcomes of a
    Bernoulli variable, so nothing is normalised: its floor is not 0 but the entropy of the pixels,
    sum_j [ -x_j log x_j - (1 - x_j) log(1 - x_j) ]. For binary ``x`` it is -bernoulli_log_prob.

    Args:
        x: (..., *event) with values in [0, 1], such as (B, D).
        logits: log-odds; broadcasts with ``x``, such as (K, B, D).
        event_dim: number of trailing dimensions that make up one example.

    Returns:
        Nats per example, summed over the event: the broadcast shape without its event, (K, B).

    Raises:
        TypeError: an argument is no floating-point tensor (or number).
        ValueError: ``x`` leaves [0, 1]; shapes do not fit; NaN or infinity (``NotFiniteError``).

    Source: Loaiza-Ganem and Cunningham 2019, arXiv:1907.06845, on what it costs.
    """
    x, logits = together({"x": x, "logits": logits}, event_dim)
    if x.numel():
        low, high = x.detach().amin().item(), x.detach().amax().item()
        if not (low >= 0 and high <= 1):
            refuse_not_finite({"x": x})
            raise ValueError(f"x: expected values in [0, 1], got values from {low:g} to {high:g}")
    if x.shape != logits.shape:
        x, logits = torch.broadcast_tensors(x, logits)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    result = sum_event(cross_entropy, event_dim)
    require_finite(result, {"x": x, "logits": logits})
    return result
