"""Answers to exercise 1.6: what they share, and those of constants, halves and variances."""

import math

import torch

from mutants import registry
from mutants.lesson01._common import LOG_2_PI, kl_of, log_density

WRONG, _, wrong, _ = registry()


def residual_of(x, weight, bias, mu):
    return x - mu @ weight.T - bias


def cost_of(squares, dims, sigma):
    return 0.5 * dims * (LOG_2_PI + 2 * math.log(sigma)) + squares / (2 * sigma**2)


def distortion_of(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    return cost_of(squares + log_var.exp() @ (weight**2).sum(0), x.shape[-1], sigma)


def prior_of(mu, log_var):
    return -0.5 * (LOG_2_PI + mu**2 + log_var.exp()).sum(-1)


def entropy_of(log_var):
    return 0.5 * (LOG_2_PI + 1 + log_var).sum(-1)


def four_of(distortion, mu, log_var):
    """The right results, but for what ``distortion`` does to them."""
    joint = prior_of(mu, log_var) - distortion
    return joint, entropy_of(log_var), distortion, kl_of(mu, log_var)


def four_by_formula(x, weight, bias, sigma, mu, log_var):
    return four_of(distortion_of(x, weight, bias, sigma, mu, log_var), mu, log_var)


@wrong("distortion: off by the same constant: the constant 1/2 log(2 pi sigma^2) is missing")
def four_no_constant_in_distortion(x, weight, bias, sigma, mu, log_var):
    joint, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, entropy, distortion - cost_of(0.0, len(bias), sigma), rate


@wrong(
    "off by the same constant: the constant 1/2 log(2 pi sigma^2) counts once, it counts D times"
)
def four_constant_once(x, weight, bias, sigma, mu, log_var):
    distortion = distortion_of(x, weight, bias, sigma, mu, log_var)
    return four_of(distortion - cost_of(0.0, len(bias) - 1, sigma), mu, log_var)


@wrong("the constant 1/2 log(2 pi sigma^2) counts L times, it counts D times")
def four_constant_of_latents(x, weight, bias, sigma, mu, log_var):
    distortion = distortion_of(x, weight, bias, sigma, mu, log_var)
    return four_of(distortion - cost_of(0.0, len(bias) - mu.shape[-1], sigma), mu, log_var)


def _with_joint(off, *arguments):
    joint, *others = four_by_formula(*arguments)
    return joint + off, *others


@wrong("log_joint: off by the same constant: the constant 1/2 log(2 pi) of the prior is missing")
def four_no_constant_of_prior(x, weight, bias, sigma, mu, log_var):
    off = 0.5 * LOG_2_PI * mu.shape[-1]
    return _with_joint(off, x, weight, bias, sigma, mu, log_var)


@wrong("the constant 1/2 log(2 pi) of the prior counts once, it counts L times")
def four_constant_of_prior_once(x, weight, bias, sigma, mu, log_var):
    off = 0.5 * LOG_2_PI * (mu.shape[-1] - 1)
    return _with_joint(off, x, weight, bias, sigma, mu, log_var)


@wrong("the constant 1/2 log(2 pi) of the prior counts D times, it counts L times")
def four_constant_of_prior_for_data(x, weight, bias, sigma, mu, log_var):
    off = 0.5 * LOG_2_PI * (mu.shape[-1] - len(bias))
    return _with_joint(off, x, weight, bias, sigma, mu, log_var)


@wrong("every value is off by the same constant, +0.3")
def four_with_a_constant(x, weight, bias, sigma, mu, log_var):
    return _with_joint(0.3, x, weight, bias, sigma, mu, log_var)


@wrong("in E[log p(z)]: the 1/2 is missing")
def four_no_half_of_prior(x, weight, bias, sigma, mu, log_var):
    return _with_joint(prior_of(mu, log_var), x, weight, bias, sigma, mu, log_var)


@wrong("in E[log p(z)]: the 1/2 is missing in front of mu^2 and the variance")
def four_no_half_of_squares(x, weight, bias, sigma, mu, log_var):
    off = -0.5 * (mu**2 + log_var.exp()).sum(-1)
    return _with_joint(off, x, weight, bias, sigma, mu, log_var)


@wrong("E[log p(x|z)] has the wrong sign: the distortion is added")
def four_distortion_added(x, weight, bias, sigma, mu, log_var):
    off = 2 * distortion_of(x, weight, bias, sigma, mu, log_var)
    return _with_joint(off, x, weight, bias, sigma, mu, log_var)


def _with_variance(variance, x, weight, bias, sigma, mu, log_var):
    """Another variance of z in both averages."""
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1) + variance @ (weight**2).sum(0)
    distortion = cost_of(squares, len(bias), sigma)
    joint = -0.5 * (LOG_2_PI + mu**2 + variance).sum(-1) - distortion
    return joint, entropy_of(log_var), distortion, kl_of(mu, log_var)


@wrong("the standard deviation stands in place of the variance of z, in both averages")
def four_with_deviations_everywhere(x, weight, bias, sigma, mu, log_var):
    return _with_variance((0.5 * log_var).exp(), x, weight, bias, sigma, mu, log_var)


@wrong("log_var is taken for the variance of z (exp is missing), in both averages")
def four_with_log_var_everywhere(x, weight, bias, sigma, mu, log_var):
    return _with_variance(log_var, x, weight, bias, sigma, mu, log_var)


@wrong("log_var is not used: the variance of z is exp(log_var), in both averages")
def four_of_unit_variance(x, weight, bias, sigma, mu, log_var):
    return _with_variance(torch.ones_like(log_var), x, weight, bias, sigma, mu, log_var)


@wrong("in the spread of z: log_var is not used, its variance is exp(log_var)")
def four_spread_of_unit_variance(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1) + (weight**2).sum()
    return four_of(cost_of(squares, len(bias), sigma), mu, log_var)


@wrong("the spread of z is not divided by sigma^2")
def four_spread_not_divided(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    spread = 0.5 * log_var.exp() @ (weight**2).sum(0)
    return four_of(cost_of(squares, len(bias), sigma) + spread, mu, log_var)


def _handed_over(value, x, weight, bias, sigma, mu, log_var):
    """The decoder's density with ``value`` for its log_var."""
    at_mu = log_density(x, mu @ weight.T + bias, torch.full_like(x, value))
    spread = log_var.exp() @ (weight**2).sum(0) / (2 * sigma**2)
    return four_of(spread - at_mu, mu, log_var)


@wrong("log(sigma) is handed over where log_var is expected, it should be 2 log(sigma)")
def four_of_log_sigma(x, weight, bias, sigma, mu, log_var):
    return _handed_over(math.log(sigma), x, weight, bias, sigma, mu, log_var)


@wrong("sigma is handed over where log_var is expected, it should be 2 log(sigma)")
def four_of_sigma(x, weight, bias, sigma, mu, log_var):
    return _handed_over(sigma, x, weight, bias, sigma, mu, log_var)


@wrong("entropy: off by the same constant: the 1/2 counts once, it counts L times")
def four_entropy_half_once(x, weight, bias, sigma, mu, log_var):
    joint, _, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, 0.5 * (LOG_2_PI + log_var).sum(-1) + 0.5, *others


@wrong("entropy: off by the same constant: 1/2 (1 + log(2 pi)) counts D times")
def four_entropy_of_data(x, weight, bias, sigma, mu, log_var):
    joint, _, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, 0.5 * log_var.sum(-1) + 0.5 * len(bias) * (1 + LOG_2_PI), *others


@wrong("rate: off by the same constant: the 1 is subtracted once")
def four_rate_constant_once(x, weight, bias, sigma, mu, log_var):
    *others, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return *others, rate + 0.5 * (mu.shape[-1] - 1)


@wrong("rate: the 1/2 is missing in front of log_var")
def four_rate_no_half_of_log_var(x, weight, bias, sigma, mu, log_var):
    *others, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return *others, rate - 0.5 * log_var.sum(-1)
