"""Discretised logistic distributions over grey levels. Built in lesson 10.

The level k of n + 1 sits at x = (2k - n) / n in [-1, 1], n = levels - 1. Its bin is 2 / n wide,
its edges are (2k - n +- 1) / n, and the first and last bins are open towards -inf and +inf.
"""

import torch
import torch.nn.functional as F

from course_utils.arguments import integer, kind
from course_utils.losses._arguments import (
    floating,
    refuse_not_finite,
    require_finite,
    sum_event,
    together,
    widened,
)


def discretized_logistic_log_prob(x, mu, log_scale, levels=256, event_dim=3):
    """Log-mass that a logistic variable, rounded to the nearest level, gives to ``x``.

    P(x) = s(a) - s(b), a = (upper edge - mu) / scale, b = (lower edge - mu) / scale,
    s the sigmoid, scale = exp(log_scale). No subtraction of probabilities:

        interior   log P = log s(a) + log s(-b) + log(1 - exp(b - a))
        first bin  log P = log s(a)
        last bin   log P = log s(-b)

    Args:
        x: (..., *event), values on the grid of ``levels`` in [-1, 1], such as (B, C, H, W).
        mu: location; a tensor that broadcasts with ``x``, or a number.
        log_scale: log of the scale (the standard deviation is scale pi / sqrt(3)); likewise.
        levels: number of grey levels, at least 2.
        event_dim: number of trailing dimensions that make up one example.

    Returns:
        Nats per example, summed over the event: (B,).

    Raises:
        TypeError: an argument is no floating-point tensor (or number); ``levels`` no integer.
        ValueError: ``x`` is off the grid; ``levels`` below 2; shapes do not fit; NaN or infinity
            (``NotFiniteError``).

    Source: Kingma et al. 2016, arXiv:1606.04934; Salimans et al. 2017, arXiv:1701.05517.
    """
    named = {"x": x, "mu": mu, "log_scale": log_scale}
    given = getattr(x, "dtype", None)
    x, mu, log_scale = tensors = together(named, event_dim)
    k, n = _level(x, levels, given)
    log_prob = sum_event(_log_mass(k, n, mu, log_scale), event_dim).to(x.dtype)
    require_finite(log_prob, dict(zip(named, tensors, strict=True)), "log_scale")
    return log_prob


def discretized_logistic_mixture_log_prob(x, params, levels=256):
    """Log-mass of images under a mixture of discretised logistics for each pixel.

    log p(x) = sum_hw log sum_m pi_m prod_c P(x_c; mean_mc, scale_mc). The channels of one pixel
    share the mixture index, and their means are linear in the channels before:

        mean_R = mu_R,  mean_G = mu_G + c_RG x_R,  mean_B = mu_B + c_RB x_R + c_GB x_G

    with c = tanh(coefficient) and x the observed values in [-1, 1].

    Args:
        x: (..., C, H, W), C = 1 or 3, values on the grid of ``levels`` in [-1, 1].
        params: (..., n_mix * (1 + 2C + C(C-1)/2), H, W); along that dimension n_mix logits of the
            weights, then n_mix x C means, n_mix x C log-scales, n_mix x C(C-1)/2 coefficients
            (R->G, R->B, G->B), mixture index slowest. Leading dimensions broadcast.
        levels: number of grey levels, at least 2.

    Returns:
        Nats per example, summed over channels and pixels: (B,).

    Raises:
        TypeError: ``x`` or ``params`` is no floating-point tensor; ``levels`` no integer.
        ValueError: shapes do not fit; ``x`` is off the grid; ``levels`` below 2; NaN or infinity
            (``NotFiniteError``).

    Source: Salimans et al. 2017 (PixelCNN++), arXiv:1701.05517, section 2.
    """
    # One copy here is cheaper than strided reads in every step below (channels_last decoders).
    given = getattr(x, "dtype", None)
    x, params = floating("x", x), floating("params", params).contiguous()
    dtype = torch.promote_types(x.dtype, params.dtype)
    x, params = x.to(dtype), params.to(dtype)
    if x.ndim < 3 or x.shape[-3] not in (1, 3):
        raise ValueError(f"x: expected shape (..., C, H, W) with C = 1 or 3, got {kind(x)}")
    logits, mu, log_scale, coefficients = _split(params, x.shape[-3])
    try:
        fits = params.shape[-2:] == x.shape[-2:]
        torch.broadcast_shapes(params.shape[:-3], x.shape[:-3])
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"params: expected the height, width and batch of x, {kind(x)}, got {kind(params)}"
        )
    k, n = _level(x, levels, given)
    mean = _autoregressive_mean(mu, coefficients, x.unsqueeze(-4))
    log_p_x = _log_mass(k.unsqueeze(-4), n, mean, log_scale).sum(-3)  # (..., n_mix, H, W)
    log_prob = torch.logsumexp(logits.log_softmax(-3) + log_p_x, dim=-3).sum((-2, -1))
    log_prob = log_prob.to(dtype)
    require_finite(log_prob, {"x": x, "params": params}, probe=params)
    return log_prob


@torch.no_grad()
def sample_discretized_logistic_mixture(params, channels, levels=256, generator=None):
    """A draw from the mixture whose mass :func:`discretized_logistic_mixture_log_prob` gives.

    Chooses a component for each pixel, then draws R, G and B in turn. Each is rounded to the grid
    before it enters the mean of the next, since the mass conditions on grid values.

    Args:
        params: (..., n_mix * (1 + 2C + C(C-1)/2), H, W), laid out as for the log-mass.
        channels: C, 1 or 3.
        levels: number of grey levels, at least 2.
        generator: torch.Generator on the CPU; the same draws follow on every device.

    Returns:
        Images on the grid of ``levels`` in [-1, 1]: (..., C, H, W).

    Raises:
        TypeError: ``params`` is no floating-point tensor; ``channels`` or ``levels`` no integer.
        ValueError: ``channels`` is neither 1 nor 3; shapes do not fit; ``levels`` below 2; NaN or
            infinity (``NotFiniteError``).

    Source: Salimans et al. 2017 (PixelCNN++), arXiv:1701.05517.
    """
    params = floating("params", params)
    if integer("channels", channels, 1) not in (1, 3):
        raise ValueError(f"channels: expected 1 or 3, got {channels}")
    n = integer("levels", levels, 2) - 1
    logits, mu, log_scale, coefficients = _split(params, channels)
    refuse_not_finite({"params": params})

    def uniform(like):
        # float64, so that the tails reach further than the 2^-24 of float32
        draw = torch.rand(like.shape, generator=generator, dtype=torch.float64)
        return draw.to(like.device)

    cumulative = logits.double().softmax(-3).cumsum(-3)[..., :-1, :, :]
    index = (uniform(logits[..., :1, :, :]) >= cumulative).sum(-3, keepdim=True).unsqueeze(-4)

    def chosen(values):  # (..., n_mix, c, H, W) -> (..., c, H, W)
        shape = (*index.shape[:-4], 1, *values.shape[-3:])
        return values.gather(-4, index.expand(shape)).squeeze(-4)

    mu, log_scale, coefficients = chosen(mu), chosen(log_scale), chosen(coefficients)
    x = torch.zeros_like(mu)
    for c in range(channels):
        mean = _autoregressive_mean(mu, coefficients, x)[..., c, :, :].double()
        noise = torch.logit(uniform(mean), eps=1e-16)
        value = mean + log_scale[..., c, :, :].double().exp() * noise
        k = ((value + 1) * (n / 2)).round().clamp(0, n)
        x[..., c, :, :] = (2 * k - n) / n
    return x


def discretized_logistic_mixture_mean(params, channels):
    """Mean of the mixture before rounding, each component's mean held in [-1, 1].

    E[x_c] = sum_m pi_m mean_mc, where a component's means of green and blue are linear in its own
    means of the channels before. Exact where no mass lies beyond the end levels.

    Args:
        params, channels: as for :func:`sample_discretized_logistic_mixture`.

    Returns:
        (..., C, H, W).

    Raises:
        TypeError, ValueError: as there.
    """
    params = floating("params", params)
    if integer("channels", channels, 1) not in (1, 3):
        raise ValueError(f"channels: expected 1 or 3, got {channels}")
    logits, mu, _, coefficients = _split(params, channels)
    refuse_not_finite({"params": params})
    means = []
    for c in range(channels):
        before = torch.stack(means + [torch.zeros_like(mu[..., 0, :, :])] * (channels - c), -3)
        means.append(_autoregressive_mean(mu, coefficients, before)[..., c, :, :].clamp(-1, 1))
    return (logits.softmax(-3).unsqueeze(-3) * torch.stack(means, -3)).sum(-4)


def _level(x, levels, given):
    """The level k of each value, as floats, and n = levels - 1. ``given`` is x's dtype as given."""
    n = integer("levels", levels, 2) - 1
    position = (x.detach() + 1) * (n / 2)
    k = position.round()
    tolerance = 1e-3 + n * torch.finfo(torch.promote_types(given, torch.float32)).eps
    if k.numel():
        low, high = k.aminmax()
        error = (position - k).abs().max().item()
        if not (error <= tolerance and low.item() >= 0 and high.item() <= n):
            refuse_not_finite({"x": x})
            grid = torch.linspace(-1, 1, levels, dtype=torch.float64)
            if ((grid - grid.to(given)).abs().max() * n / 2).item() > tolerance:
                name = str(given).removeprefix("torch.")
                raise ValueError(
                    f"x is {name}, which cannot hold the grid of {levels} levels: use float32"
                )
            low, high = x.aminmax()
            raise ValueError(
                f"x: expected values on the grid of {levels} levels in [-1, 1], got values from "
                f"{low.item():g} to {high.item():g}, up to {error:.3g} of a level off the grid; "
                "data.to_signed puts 256 levels there"
            )
    return k, n


def _edges(k, n):
    """Lower and upper edge of the bin of level ``k``. From integers, so that one bin's upper edge
    is the next one's lower edge bit for bit, and the masses sum to 1."""
    return (2 * k - n - 1) / n, (2 * k - n + 1) / n


def _log_mass(k, n, mean, log_scale):
    """log P of level ``k``; all arguments broadcast."""
    k, mean, log_scale = widened([k, mean, log_scale], log_scale, limit=60)
    inverse_scale = torch.exp(-log_scale)
    lower, upper = _edges(k, n)
    a, b = (upper - mean) * inverse_scale, (lower - mean) * inverse_scale
    # a - b is the bin's width over the scale: no edges subtracted. Every branch is finite, or the
    # gradient of `where` would be NaN.
    log_inside = torch.log(-torch.expm1(-(2 / n) * inverse_scale))
    has_upper, has_lower = k < n, k > 0
    return (
        torch.where(has_upper, F.logsigmoid(a), 0.0)
        + torch.where(has_lower, F.logsigmoid(-b), 0.0)
        + torch.where(has_upper & has_lower, log_inside, 0.0)
    )


def _split(params, channels):
    """``params`` -> logits (..., n_mix, H, W), then mu, log_scale and coefficients, each
    (..., n_mix, C or C(C-1)/2, H, W)."""
    pairs = channels * (channels - 1) // 2
    per_component = 1 + 2 * channels + pairs
    if params.ndim < 3 or params.shape[-3] == 0 or params.shape[-3] % per_component:
        raise ValueError(
            f"params: expected shape (..., n_mix * {per_component}, H, W) for {channels} "
            f"channel(s), got {kind(params)}"
        )
    n_mix = params.shape[-3] // per_component
    sizes = [n_mix, n_mix * channels, n_mix * channels, n_mix * pairs]
    logits, mu, log_scale, coefficients = params.split(sizes, dim=-3)
    return (
        logits,
        mu.unflatten(-3, (n_mix, channels)),
        log_scale.unflatten(-3, (n_mix, channels)),
        coefficients.unflatten(-3, (n_mix, pairs)),
    )


def _autoregressive_mean(mu, coefficients, x):
    """mean_c = mu_c + sum_{j<c} tanh(coefficient_jc) x_j, along dimension -3."""
    if mu.shape[-3] == 1:
        return mu
    c_rg, c_rb, c_gb = torch.tanh(coefficients).unbind(-3)
    mu_r, mu_g, mu_b = mu.unbind(-3)
    x_r, x_g = x[..., 0, :, :], x[..., 1, :, :]
    mean_r, mean_g, mean_b = torch.broadcast_tensors(
        mu_r, mu_g + c_rg * x_r, mu_b + c_rb * x_r + c_gb * x_g
    )
    return torch.stack([mean_r, mean_g, mean_b], dim=-3)
