"""Answers to exercise 1.3, ``gaussian_kl``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from mutants import registry
from mutants.lesson01._common import kl_of, kl_terms, log_density, log_prior
from mutants.lesson01.reparameterise import sample_by_formula

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1)}


@right
def kl_by_formula(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1)


@right
def kl_by_distribution(mu, log_var):
    q_z = Normal(mu, torch.exp(log_var / 2))
    return kl_divergence(q_z, Normal(torch.tensor(0.0), torch.tensor(1.0))).sum(-1)


@right
def kl_in_float64(mu, log_var):
    mu, log_var = mu.double(), log_var.double()
    squares = torch.einsum("bl,bl->b", mu, mu)
    return 0.5 * squares + 0.5 * (torch.expm1(log_var) - log_var).sum(-1)


@right
def kl_by_loop(mu, log_var):
    total = torch.zeros(mu.shape[0])
    for dim in range(mu.shape[1]):
        var = np.e ** log_var[:, dim]
        total = total + (var + mu[:, dim] ** 2 - 1 - torch.log(var)) / 2
    return total


@wrong("the mean over the dimensions is taken in place of the sum")
def kl_mean(mu, log_var):
    return kl_terms(mu, log_var).mean(-1)


@wrong("the mean over batch and dimensions is taken")
def kl_mean_of_all(mu, log_var):
    return kl_terms(mu, log_var).mean()


@wrong("the mean over the batch is taken")
def kl_batch_mean(mu, log_var):
    return kl_of(mu, log_var).mean()


@wrong("summed over the batch")
def kl_sum_of_all(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())


@wrong("summed over the wrong axis")
def kl_wrong_axis(mu, log_var):
    return kl_terms(mu, log_var).sum(0)


@wrong("log_var is taken for log_std")
def kl_log_std(mu, log_var):
    return 0.5 * (mu**2 + (2 * log_var).exp() - 1 - 2 * log_var).sum(-1)


@wrong("the standard deviation stands in place of the variance")
def kl_std_for_variance(mu, log_var):
    return 0.5 * (mu**2 + (0.5 * log_var).exp() - 1 - log_var).sum(-1)


@wrong("the 1/2 is missing")
def kl_no_half(mu, log_var):
    return (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


@wrong("the sign is wrong")
def kl_sign(mu, log_var):
    return 0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(-1)


@wrong("the constant -1 is missing")
def kl_no_constant(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - log_var).sum(-1)


@wrong("off by the same constant: the 1 is subtracted once")
def kl_constant_once(mu, log_var):
    return 0.5 * ((mu**2 + log_var.exp() - log_var).sum(-1) - 1)


@wrong("off by the same constant: the 1 is subtracted once")
def kl_one_subtracted_last(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - log_var).sum(-1) - 1


@wrong("every value is off by the same constant, +0.25")
def kl_with_a_constant(mu, log_var):
    return kl_of(mu, log_var) + 0.25


@wrong("the 1/2 is missing in front of log_var")
def kl_no_half_of_log_var(mu, log_var):
    return (0.5 * (mu**2 + log_var.exp() - 1) - log_var).sum(-1)


@wrong("the 1/2 is missing in front of the variance, the 1 and log_var")
def kl_half_of_mu_alone(mu, log_var):
    return (0.5 * mu**2 + log_var.exp() - 1 - log_var).sum(-1)


@wrong("the 1/2 is missing in front of mu^2, the variance and the 1")
def kl_half_of_log_var_alone(mu, log_var):
    return (mu**2 + log_var.exp() - 1 - 0.5 * log_var).sum(-1)


@wrong("mu is not squared")
def kl_mu_not_squared(mu, log_var):
    return 0.5 * (mu + log_var.exp() - 1 - log_var).sum(-1)


@wrong("log_var has the wrong sign")
def kl_log_var_sign(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 + log_var).sum(-1)


@wrong("the KL is reversed")
def kl_reversed(mu, log_var):
    q_z = Normal(mu, torch.exp(0.5 * log_var))
    return kl_divergence(Normal(torch.zeros_like(mu), torch.ones_like(mu)), q_z).sum(-1)


@wrong("every value is 0.1 times the right one")
def kl_beta(mu, log_var):
    return 0.1 * kl_of(mu, log_var)


@wrong("the 1/2 is missing; and the sign is wrong")
def kl_two_mistakes(mu, log_var):
    return (1 + log_var - mu**2 - log_var.exp()).sum(-1)


@wrong("is something clamped")
def kl_clamped(mu, log_var):
    return kl_of(mu, log_var.clamp(-3, 3))


@wrong("no gradient reaches log_var")
def kl_detached(mu, log_var):
    return kl_of(mu, log_var.detach())


@wrong("nothing is to be drawn here, use the closed form")
def kl_monte_carlo(mu, log_var):
    z = sample_by_formula(mu, log_var)
    return log_density(z, mu, log_var) - log_prior(z)


@right
def kl_by_map(mu, log_var):
    return torch.vmap(lambda m, v: (m.square() + v.exp() - 1 - v).sum() / 2)(mu, log_var)


@right
def kl_of_joint_densities(mu, log_var):
    joint = MultivariateNormal(mu, scale_tril=torch.diag_embed((0.5 * log_var).exp()))
    identity = torch.eye(mu.shape[-1])
    return kl_divergence(joint, MultivariateNormal(torch.zeros(mu.shape[-1]), identity))


@right
def kl_by_cross_entropy(mu, log_var):
    entropy = 0.5 * (log_var.double() + 1)
    return (0.5 * (mu.double() ** 2 + log_var.double().exp()) - entropy).sum(1)


@wrong("between -25 and 25: is something clamped")
def kl_clamped_at_ten(mu, log_var):
    return kl_of(mu, log_var.clamp(-10, 10))


@wrong("between -25 and 25: is something clamped")
def kl_clamped_above(mu, log_var):
    return kl_of(mu, log_var.clamp(max=20))


@wrong("between -25 and 25: is something clamped, or a small number added")
def kl_small_number(mu, log_var):
    var = log_var.exp() + 1e-8
    return 0.5 * (mu**2 + var - 1 - var.log()).sum(-1)


@wrong("wrong where the KL is small")
def kl_with_free_bits(mu, log_var):
    return kl_terms(mu, log_var).clamp(min=1e-3).sum(-1)


@wrong("or a small number added")
def kl_cut_to_zero(mu, log_var):
    kl = kl_of(mu, log_var)
    return torch.where(kl < 0.05, 0 * kl, kl)


@wrong("the gradient with respect to log_var is not: it is -1 times the right one")
def kl_gradient_reversed(mu, log_var):
    return kl_of(mu, 2 * log_var.detach() - log_var)


@wrong("the gradient with respect to mu is not")
def kl_gradient_of_the_mean(mu, log_var):
    kl = kl_of(mu, log_var)
    return kl.detach() + kl.mean() - kl.mean().detach()


@wrong("the variance is handed over where log_var is expected")
def kl_of_variance(mu, log_var):
    return kl_of(mu, log_var.exp())


@wrong("the standard deviation is handed over where log_var is expected")
def kl_of_deviation(mu, log_var):
    return kl_of(mu, (0.5 * log_var).exp())


@wrong("the prior's log_var is taken to be 1")
def kl_to_prior_of_log_var_one(mu, log_var):
    prior = Normal(torch.tensor(0.0), torch.tensor(0.5).exp())
    return kl_divergence(Normal(mu, (0.5 * log_var).exp()), prior).sum(-1)


@wrong("bits are returned, nats are wanted")
def kl_in_bits(mu, log_var):
    return kl_of(mu, log_var) / np.log(2)


@wrong("one axis too many (keepdim?)")
def kl_keepdim(mu, log_var):
    return kl_terms(mu, log_var).sum(-1, keepdim=True)


@wrong("one array is expected; a tuple or list of")
def kl_as_numbers(mu, log_var):
    return kl_of(mu, log_var).tolist()


@wrong("one array is expected")
def kl_and_terms(mu, log_var):
    return kl_of(mu, log_var), kl_terms(mu, log_var)
