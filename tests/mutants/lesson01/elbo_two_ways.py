"""Answers to exercise 1.6, ``elbo_two_ways``: wrong and right ones."""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from mutants import registry
from mutants.lesson01 import _elbo
from mutants.lesson01._common import LOG_2_PI
from mutants.lesson01._elbo import (
    cost_of,
    distortion_of,
    four_by_formula,
    four_of,
    prior_of,
    residual_of,
)

WRONG, RIGHT, wrong, right = registry()
WRONG += _elbo.WRONG
GRADIENTS = {}


right(four_by_formula)


@right
def four_by_trace(x, weight, bias, sigma, mu, log_var):
    away = residual_of(x, weight, bias, mu).double()
    covariance = torch.diag_embed(log_var.double().exp())
    trace = torch.einsum("di,bij,dj->b", weight.double(), covariance, weight.double())
    distortion = cost_of((away * away).sum(-1) + trace, len(bias), sigma)
    return four_of(distortion, mu.double(), log_var.double())


@right
def four_by_distribution(x, weight, bias, sigma, mu, log_var):
    q_z = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    p_z = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    p_x = Independent(Normal(mu @ weight.T + bias, sigma), 1)
    distortion = (weight.square() @ log_var.exp().T).sum(0) / (2 * sigma**2) - p_x.log_prob(x)
    rate, entropy = kl_divergence(q_z, p_z), q_z.entropy()
    return [-distortion - rate - entropy, entropy, distortion, rate]


@wrong("return a tuple, not a dict")
def four_in_a_dict(x, weight, bias, sigma, mu, log_var):
    found = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return dict(zip(("log_joint", "entropy", "distortion", "rate"), found, strict=True))


@right
def four_stacked(x, weight, bias, sigma, mu, log_var):
    return torch.stack(four_by_formula(x, weight, bias, sigma, mu, log_var))


@right
def four_by_second_moments(x, weight, bias, sigma, mu, log_var):
    """E|x - Wz - b|^2 from E[z] and E[z z^T], example by example."""
    costs = []
    for one, mean, variance in zip(x - bias, mu, log_var.exp(), strict=True):
        second = torch.outer(mean, mean) + torch.diag(variance)
        costs.append(one @ one - 2 * one @ weight @ mean + (weight.T @ weight * second).sum())
    return four_of(cost_of(torch.stack(costs).double(), len(bias), sigma), mu, log_var)


@right
def four_by_joint_entropy(x, weight, bias, sigma, mu, log_var):
    joint = MultivariateNormal(mu, torch.diag_embed(log_var.exp()))
    distortion = distortion_of(x, weight, bias, sigma, mu, log_var)
    found = four_of(distortion, mu, log_var)
    return found[0], joint.entropy(), distortion, found[3]


@wrong("the squared error is taken at z = mu: the spread of z under q is left out")
def four_at_mu(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    return four_of(cost_of(squares, len(bias), sigma), mu, log_var)


@wrong("the standard deviation stands in place of the variance")
def four_with_deviations(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    spread = (0.5 * log_var).exp() @ (weight**2).sum(0)
    return four_of(cost_of(squares + spread, len(bias), sigma), mu, log_var)


@wrong("log_var is taken for the variance (exp is missing)")
def four_with_log_var(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    return four_of(cost_of(squares + log_var @ (weight**2).sum(0), len(bias), sigma), mu, log_var)


@wrong("weight is not squared")
def four_weight_not_squared(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    return four_of(cost_of(squares + log_var.exp() @ weight.sum(0), len(bias), sigma), mu, log_var)


@wrong("the spread of z is not divided by 2 sigma^2")
def four_spread_alone(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    spread = log_var.exp() @ (weight**2).sum(0)
    return four_of(cost_of(squares, len(bias), sigma) + spread, mu, log_var)


@wrong("the spread of z is divided by sigma^2: the 1/2 is missing")
def four_no_half_of_spread(x, weight, bias, sigma, mu, log_var):
    squares = (residual_of(x, weight, bias, mu) ** 2).sum(-1)
    spread = 2 * log_var.exp() @ (weight**2).sum(0)
    return four_of(cost_of(squares + spread, len(bias), sigma), mu, log_var)


@wrong("sigma is taken for the variance")
def four_sigma_as_variance(x, weight, bias, sigma, mu, log_var):
    return four_of(distortion_of(x, weight, bias, sigma**0.5, mu, log_var), mu, log_var)


@wrong("the constant is that of sigma = 1: log sigma is missing")
def four_no_log_sigma(x, weight, bias, sigma, mu, log_var):
    distortion = distortion_of(x, weight, bias, sigma, mu, log_var)
    return four_of(distortion - len(bias) * math.log(sigma), mu, log_var)


@wrong("the constant 1/2 log(2 pi sigma^2) is missing")
def four_no_constant(x, weight, bias, sigma, mu, log_var):
    distortion = distortion_of(x, weight, bias, sigma, mu, log_var)
    return four_of(distortion - cost_of(0.0, len(bias), sigma), mu, log_var)


@wrong("bias is left out")
def four_no_bias(x, weight, bias, sigma, mu, log_var):
    return four_of(distortion_of(x, weight, 0 * bias, sigma, mu, log_var), mu, log_var)


@wrong("E[log p(z)] is taken at z = mu: E[z^2] = mu^2 + var")
def four_prior_at_mu(x, weight, bias, sigma, mu, log_var):
    _, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return -distortion - 0.5 * (LOG_2_PI + mu**2).sum(-1), entropy, distortion, rate


@wrong("log_joint: E[log p(z)] is missing")
def four_no_prior(x, weight, bias, sigma, mu, log_var):
    _, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return -distortion, entropy, distortion, rate


@wrong("log_joint: the sign is wrong")
def four_joint_sign(x, weight, bias, sigma, mu, log_var):
    joint, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return -joint, *others


@wrong("log_joint: this is the whole ELBO: the entropy is a result of its own")
def four_elbo_for_joint(x, weight, bias, sigma, mu, log_var):
    joint, entropy, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint + entropy, entropy, *others


@wrong("log_joint: this is log p(x)")
def four_evidence_for_joint(x, weight, bias, sigma, mu, log_var):
    covariance = weight @ weight.T + sigma**2 * torch.eye(len(bias))
    evidence = MultivariateNormal(bias, covariance).log_prob(x)
    return evidence, *four_by_formula(x, weight, bias, sigma, mu, log_var)[1:]


@wrong("entropy: the 1/2 of each latent is missing")
def four_entropy_no_half(x, weight, bias, sigma, mu, log_var):
    joint, _, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, 0.5 * (LOG_2_PI + log_var).sum(-1), *others


@wrong("entropy: the sign is wrong")
def four_entropy_sign(x, weight, bias, sigma, mu, log_var):
    joint, entropy, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, -entropy, *others


@wrong("entropy: log_var is taken for log_std")
def four_entropy_of_log_std(x, weight, bias, sigma, mu, log_var):
    joint, _, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, (0.5 * (LOG_2_PI + 1) + log_var).sum(-1), *others


@wrong("entropy: the mean over the dimensions is taken in place of the sum")
def four_entropy_mean(x, weight, bias, sigma, mu, log_var):
    joint, entropy, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, entropy / mu.shape[-1], *others


@wrong("entropy: this is the cross-entropy of q and the prior")
def four_cross_entropy(x, weight, bias, sigma, mu, log_var):
    joint, _, *others = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, -prior_of(mu, log_var), *others


@wrong("distortion: the sign is wrong")
def four_distortion_sign(x, weight, bias, sigma, mu, log_var):
    joint, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, entropy, -distortion, rate


@wrong("distortion: the rate is in it: -ELBO came")
def four_loss_for_distortion(x, weight, bias, sigma, mu, log_var):
    joint, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, entropy, distortion + rate, rate


@wrong("rate: the KL is reversed")
def four_rate_reversed(x, weight, bias, sigma, mu, log_var):
    *others, _ = four_by_formula(x, weight, bias, sigma, mu, log_var)
    q_z = Normal(mu, (0.5 * log_var).exp())
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return *others, kl_divergence(prior, q_z).sum(-1)


@wrong("in each other's place")
def four_swapped(x, weight, bias, sigma, mu, log_var):
    joint, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint, entropy, rate, distortion


@wrong("four results are wanted, each one apart")
def four_added(x, weight, bias, sigma, mu, log_var):
    joint, entropy, distortion, rate = four_by_formula(x, weight, bias, sigma, mu, log_var)
    return joint + entropy, -distortion - rate


@wrong("two calls with the same input gave different values")
def four_by_sampling(x, weight, bias, sigma, mu, log_var):
    z = mu + (0.5 * log_var).exp() * torch.randn(100, *mu.shape)
    squares = ((x - z @ weight.T - bias) ** 2).sum(-1).mean(0)
    return four_of(cost_of(squares, len(bias), sigma), mu, log_var)
