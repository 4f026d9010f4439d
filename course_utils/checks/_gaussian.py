"""Gaussian log-densities and KLs as lesson 01 has them: right values, wrong formulas, inputs."""

import itertools

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from course_utils.checks._compare import doubles, floats
from course_utils.checks._formulas import candidates, gaussian_formulas, kl_formulas

EXTREMES = (
    "right for moderate values, wrong for log_var between -9 and 5: is something clamped, or a "
    "small number added?"
)
RANGE = "extremes: "


def log_prob(x, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp()).log_prob(x).sum(-1)


def standard_kl(mu, log_var):
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(Normal(mu, (0.5 * log_var).exp()), prior).sum(-1)


def value_and_gradients(function, arrays):
    """Value and gradients of ``function`` in float64."""
    tensors = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in arrays]
    value = function(*tensors)
    gradients = torch.autograd.grad(value.sum(), tensors, allow_unused=True)
    gradients = [None if found is None else found.numpy() for found in gradients]
    return value.detach().numpy(), gradients


def parameters(rng, shape, extreme=False):
    """mu and log_var of a diagonal Gaussian."""
    low, high = (-9, 5) if extreme else (-2.5, 1.5)
    return floats(rng.normal(0, 1.5, shape), rng.uniform(low, high, shape))


def draw_near(rng, mu, log_var, shape):
    """A float32 value within a few standard deviations of mu."""
    return floats(mu + np.exp(0.5 * log_var) * rng.normal(0, 1.2, shape))[0]


def gaussian_scale(x, mu, log_var):
    """Size of what the log-density adds up."""
    x, mu, log_var = doubles(x, mu, log_var)
    return (1 + np.abs(log_var) + (x - mu) ** 2 / np.exp(log_var)).sum(-1)


def kl_scale(mu, log_var):
    mu, log_var = doubles(mu, log_var)
    return (1 + np.abs(log_var) + mu**2 + np.exp(log_var)).sum(-1)


def wrong_gaussian(arrays, factor=1, sign="the sign is wrong: this is minus the log-density"):
    formulas = [(what, factor * terms) for what, terms in gaussian_formulas(*doubles(*arrays))]
    with np.errstate(all="ignore"):
        density = factor * np.exp(factor * formulas[0][1].sum(-1))
    last = ("this is the density: the logarithm is missing", density)
    return itertools.chain(candidates(formulas, sign=sign), [last])


def wrong_kl(arrays):
    return candidates(kl_formulas(*doubles(*arrays)), sign="the sign is wrong: a KL is >= 0")
