"""Checks of lesson 01: the Gaussian log-density, the reparameterisation, the KL, the ELBO's terms.

Right answers come from torch.distributions in float64.
"""

import itertools

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    split_pair,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._forms import in_pairs
from course_utils.checks._formulas import (
    candidates,
    gaussian_formulas,
    kl_formulas,
    weight_formulas,
)
from course_utils.checks._noise import OTHER, noise_mistake
from course_utils.checks._remote import CheckFailed

EXTREMES = (
    "right for moderate values, wrong for log_var between -9 and 5: is something clamped, or a "
    "small number added?"
)
RANGE = "extremes: "


def _log_prob(x, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp()).log_prob(x).sum(-1)


def _kl(mu, log_var):
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(Normal(mu, (0.5 * log_var).exp()), prior).sum(-1)


def _right(function, arrays):
    """Value and gradients of ``function`` in float64."""
    tensors = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in arrays]
    value = function(*tensors)
    gradients = torch.autograd.grad(value.sum(), tensors, allow_unused=True)
    gradients = [None if found is None else found.numpy() for found in gradients]
    return value.detach().numpy(), gradients


def _parameters(rng, shape, extreme=False):
    """mu and log_var of a diagonal Gaussian."""
    low, high = (-9, 5) if extreme else (-2.5, 1.5)
    return floats(rng.normal(0, 1.5, shape), rng.uniform(low, high, shape))


def _draw(rng, mu, log_var, shape):
    """A float32 value within a few standard deviations of mu."""
    return floats(mu + np.exp(0.5 * log_var) * rng.normal(0, 1.2, shape))[0]


def _gaussian_scale(x, mu, log_var):
    """Size of what the log-density adds up."""
    x, mu, log_var = doubles(x, mu, log_var)
    return (1 + np.abs(log_var) + (x - mu) ** 2 / np.exp(log_var)).sum(-1)


def _kl_scale(mu, log_var):
    mu, log_var = doubles(mu, log_var)
    return (1 + np.abs(log_var) + mu**2 + np.exp(log_var)).sum(-1)


def _wrong_gaussian(arrays, factor=1, sign="the sign is wrong: this is minus the log-density"):
    formulas = [(what, factor * terms) for what, terms in gaussian_formulas(*doubles(*arrays))]
    with np.errstate(all="ignore"):
        density = factor * np.exp(factor * formulas[0][1].sum(-1))
    last = ("this is the density: the logarithm is missing", density)
    return itertools.chain(candidates(formulas, sign=sign), [last])


def _wrong_kl(arrays):
    return candidates(kl_formulas(*doubles(*arrays)), sign="the sign is wrong: a KL is >= 0")


@check(
    "1.1",
    seals=(
        "losses.likelihoods.gaussian_log_prob",
        "nets.vae.StandardNormal.log_prob",
        "nets.made.AutoregressivePrior.log_prob",
    ),
)
def gaussian_log_prob(answer, seed):
    """``gaussian_log_prob(x, mu, log_var)``: (..., D) each, broadcasting -> (...), nats."""
    rng = np.random.default_rng(seed)
    samples, batch, dims = sizes(rng, 3)
    for label, x_shape, shape, extreme in (
        ("", (batch, dims), (batch, dims), False),
        ("K in front of mu and log_var: ", (batch, dims), (samples, batch, dims), False),
        ("K in front of x: ", (samples, batch, dims), (batch, dims), False),
        ("one example, one dimension: ", (1, 1), (1, 1), False),
        (RANGE, (batch, dims), (batch, dims), True),
    ):
        mu, log_var = _parameters(rng, shape, extreme)
        x = _draw(rng, mu, log_var, np.broadcast_shapes(x_shape, shape))
        x = x if x.shape == x_shape else x[0]
        arrays = (x, mu, log_var)
        expected, gradients = _right(_log_prob, arrays)
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}x of shape {x.shape}, mu and log_var of shape {mu.shape}",
            wrong=_wrong_gaussian(arrays),
            scale=_gaussian_scale(*arrays),
            hint=EXTREMES if extreme else "",
        )
        verify_gradient(answer, arrays, ("x", "mu", "log_var"), gradients)
    verify_repeatable(answer, *arrays)
    return (
        "Sums over the last dimension, one value for each example; equal to torch.distributions "
        "with samples in front of either argument and for log_var from -9 to 5; so are gradients."
    )


@check(
    "1.4",
    seals=(
        "nets.vae.VAE.reparameterise",
        "nets.vae.Gaussian.sample",
        "nets.hierarchy._draw",
    ),
)
def reparameterise(answer, seed):
    """``reparameterise(mu, log_var)``: (B, L) each -> z ~ N(mu, exp(log_var)), (B, L)."""
    rng = np.random.default_rng(seed)
    batch, dims = 4000 + int(rng.integers(500)), sizes(rng, 1)[0]
    for extreme in (False, True):
        shape = (batch, dims)
        mu, log_var = _parameters(rng, shape, extreme)
        checked = f"z for mu and log_var of shape {shape}, log_var from {log_var.min():.1f} to "
        checked += f"{log_var.max():.1f}"
        z, again = (call(answer, mu, log_var, seed=3 * seed + draw) for draw in (1, 2))
        if not isinstance(z, np.ndarray) or z.shape != shape or not np.isfinite(z).all():
            verify(z, np.zeros(shape), checked=checked)
        mistake, received = noise_mistake(z, again, *doubles(mu, log_var))
        if mistake:
            raise CheckFailed(
                f"{EXTREMES if extreme and mistake == OTHER else mistake}.",
                checked=checked,
                expected="(z - mu) / exp(log_var / 2) is standard normal, independent everywhere",
                received=received,
            )
    single = call(answer, mu[:1, :1], log_var[:1, :1])
    verify(single, single.reshape(-1)[:1].reshape(1, 1), checked="one example, one dimension")
    _verify_noise_gradient(answer, *_parameters(rng, (batch, dims)))
    return (
        "z has mean mu and variance exp(log_var) with Gaussian noise, drawn anew for every "
        "example, dimension and call; gradients reach mu and log_var."
    )


def _verify_noise_gradient(answer, mu, log_var):
    arrays, names, seed = (mu, log_var), ("mu", "log_var"), 7
    z = call(answer, *arrays, seed=seed)
    if all(found is None for found in gradient(answer, *arrays, seed=seed)):
        raise CheckFailed(
            "no gradient reaches mu and log_var: is z drawn by sample() in place of rsample(), "
            "detached, or drawn under no_grad?",
            checked="dz/dmu = 1 and dz/dlog_var = (z - mu) / 2",
        )
    slope = 0.5 * (z - mu.astype(np.float64))
    if not np.array_equal(z, call(answer, *arrays, seed=seed)):
        slope = None  # noise from a generator of the answer's own: it cannot be drawn again
    verify_gradient(answer, arrays, names, (np.ones_like(mu), slope), of="z", seed=seed)


@check("1.3", seals=("losses.divergences.gaussian_kl",))
def gaussian_kl(answer, seed):
    """``gaussian_kl(mu, log_var)``: KL(N(mu, exp(log_var)) || N(0, I)), (B, L) -> (B,), nats."""
    rng = np.random.default_rng(seed)
    batch, dims = sizes(rng, 2)
    zeros = floats(np.zeros((batch, dims)), np.zeros((batch, dims)))
    for label, arrays in (
        ("", _parameters(rng, (batch, dims))),
        ("q equal to the prior (the KL is 0): ", zeros),
        ("one example, one dimension: ", _parameters(rng, (1, 1))),
        (RANGE, _parameters(rng, (batch, dims), extreme=True)),
    ):
        expected, gradients = _right(_kl, arrays)
        verify_repeatable(answer, *arrays)
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}mu and log_var of shape {arrays[0].shape}",
            wrong=_wrong_kl(arrays),
            scale=_kl_scale(*arrays),
            hint=EXTREMES if label == RANGE else "",
        )
        verify_gradient(answer, arrays, ("mu", "log_var"), gradients)
    return (
        "Sums over the latent dimensions, one value for each example; equal to "
        "torch.distributions, 0 for q = p, right for log_var from -9 to 5; so are gradients."
    )


@check("1.5", seals=("nets.vae.VAE.forward",))
def rate_and_distortion(answer, seed):
    """``rate_and_distortion(x, mu_x, log_var_x, mu, log_var)`` -> (rate, distortion), (B,) each."""
    answer = in_pairs(answer, "rate", "distortion")
    rng = np.random.default_rng(seed)
    batch, dims, latents = sizes(rng, 3)
    names = ("x", "mu_x", "log_var_x", "mu", "log_var")
    for label, count, extreme in (("", batch, False), ("B = 1: ", 1, False), (RANGE, batch, True)):
        decoder = _parameters(rng, (count, dims), extreme)
        decoder = (_draw(rng, *decoder, decoder[0].shape), *decoder)
        encoder = _parameters(rng, (count, latents), extreme)
        rate, rate_gradients = _right(_kl, encoder)
        log_p, log_p_gradients = _right(_log_prob, decoder)
        checked = f"{label}x of shape {(count, dims)}, mu and log_var of shape {(count, latents)}"
        pair = split_pair(call(answer, *decoder, *encoder), rate, -log_p, checked)
        of_x = ("the rate is computed from mu_x and log_var_x", _right(_kl, decoder[1:])[0])
        verify(
            pair[0],
            rate,
            checked=checked,
            wrong=itertools.chain(_wrong_kl(encoder), [of_x]),
            scale=_kl_scale(*encoder),
            hint=EXTREMES if extreme else "",
            part="rate",
        )
        verify(
            pair[1],
            -log_p,
            checked=checked,
            wrong=_wrong_gaussian(decoder, -1, "the sign is wrong: this is +log p(x|z)"),
            scale=_gaussian_scale(*decoder),
            hint=EXTREMES if extreme else "",
            part="distortion",
        )
        arrays = (*decoder, *encoder)
        nothing = [None] * 3
        verify_gradient(answer, arrays, names, [*nothing, *rate_gradients], of="the rate")
        expected = [None, *(-found for found in log_p_gradients[1:]), None, None]
        verify_gradient(answer, arrays, names, expected, of="the distortion", output=1)
    verify_repeatable(answer, *arrays)
    return (
        "The rate is KL(q(z|x) || p(z)) and the distortion -log p(x|z), one value for each "
        "example; their sum is the negative ELBO; gradients reach all four parameters."
    )


@check("1.2", seals=("nets.vae.VAE.log_weights",))
def log_weight(answer, seed):
    """``log_weight(x, z, mu_x, log_var_x, mu, log_var)``: log p(x|z) + log p(z) - log q(z|x).

    x (B, D), z (K, B, L), mu_x and log_var_x (K, B, D), mu and log_var (B, L) -> (K, B), nats.
    """
    rng = np.random.default_rng(seed)
    samples, batch, dims, latents = sizes(rng, 4)
    names = ("x", "z", "mu_x", "log_var_x", "mu", "log_var")
    for label, count, extreme in (("", samples, False), ("K = 1: ", 1, False), (RANGE, 4, True)):
        mu, log_var = _parameters(rng, (batch, latents), extreme)
        mu_x, log_var_x = _parameters(rng, (count, batch, dims), extreme)
        z = _draw(rng, mu, log_var, (count, batch, latents))
        x = _draw(rng, mu_x[0], log_var_x[0], (batch, dims))
        arrays = (x, z, mu_x, log_var_x, mu, log_var)
        expected, gradients = _right(_log_weight, arrays)
        zero, kl = np.zeros_like(z), _right(_kl, (mu, log_var))[0]
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}x of shape {x.shape}, z of shape {z.shape}, mu of shape {mu.shape}",
            wrong=weight_formulas(*doubles(*arrays), kl),
            scale=_gaussian_scale(x, mu_x, log_var_x)
            + _gaussian_scale(z, mu, log_var)
            + _gaussian_scale(z, zero, zero),
            hint=EXTREMES if extreme else "",
        )
        verify_gradient(answer, arrays, names, gradients)
    verify_repeatable(answer, *arrays)
    return (
        "log p(x|z) + log p(z) - log q(z|x), one value for each sample and example, (K, B); "
        "so are gradients with respect to all six arguments."
    )


def _log_weight(x, z, mu_x, log_var_x, mu, log_var):
    zero = torch.zeros_like(z)
    return _log_prob(x, mu_x, log_var_x) + _log_prob(z, zero, zero) - _log_prob(z, mu, log_var)
