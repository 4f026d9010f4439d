"""Answers to exercise 6.4, ``flow_rate``: wrong and right ones."""

import math

import torch
from torch.distributions import Independent, Normal

from mutants import registry
from mutants.lesson06._common import LOG_2_PI

WRONG, RIGHT, wrong, right = registry()


@right
def rate_plain(log_var, log_p_z):
    entropy = 0.5 * (log_var + math.log(2 * math.pi) + 1).sum(-1)
    return -entropy - log_p_z


@right
def rate_by_distribution(log_var, log_p_z):
    q_z = Independent(Normal(torch.zeros_like(log_var), (0.5 * log_var).exp()), 1)
    return -(q_z.entropy() + log_p_z)


@right
def rate_in_doubles(log_var, log_p_z):
    constant = 0.5 * log_var.shape[-1] * math.log(2 * math.pi * math.e)
    return -log_p_z.double() - 0.5 * torch.sum(log_var.double(), dim=-1) - constant


@right
def rate_term_by_term(log_var, log_p_z):
    terms = -0.5 - 0.5 * math.log(2 * math.pi) - log_var / 2
    return torch.einsum("...i->...", terms) - log_p_z


@wrong("the entropy: it has the wrong sign")
def rate_entropy_sign(log_var, log_p_z):
    return 0.5 * (log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong("log p(z) has the wrong sign")
def rate_prior_sign(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1) + log_p_z


@wrong("the sign is wrong: this is H(q) + log p(z)")
def rate_sign(log_var, log_p_z):
    return 0.5 * (log_var + LOG_2_PI + 1).sum(-1) + log_p_z


@wrong("the constant log(2 pi) is missing")
def rate_without_constant(log_var, log_p_z):
    return -0.5 * (log_var + 1).sum(-1) - log_p_z


@wrong("the 1 is missing")
def rate_without_one(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI).sum(-1) - log_p_z


@wrong("the constants log(2 pi) + 1 are missing")
def rate_without_constants(log_var, log_p_z):
    return -0.5 * log_var.sum(-1) - log_p_z


@wrong("the entropy: the 1/2 is missing.")
def rate_without_half(log_var, log_p_z):
    return -(log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong("the 1/2 is missing in front of the constants")
def rate_half_of_log_var(log_var, log_p_z):
    return -(0.5 * log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong("the 1/2 is missing in front of log_var")
def rate_log_std(log_var, log_p_z):
    return -(log_var + 0.5 * (LOG_2_PI + 1)).sum(-1) - log_p_z


@wrong("the constants are counted once")
def rate_one_constant(log_var, log_p_z):
    return -0.5 * (log_var.sum(-1) + LOG_2_PI + 1) - log_p_z


@wrong("exp(log_var) stands for log_var")
def rate_variance(log_var, log_p_z):
    return -0.5 * (log_var.exp() + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong("this is the closed-form KL to N(0, I)")
def rate_closed_form(log_var, log_p_z):
    return -0.5 * (1 + log_var - log_var.exp()).sum(-1)


@wrong("this is the closed-form KL to N(0, I)")
def rate_closed_form_and_prior(log_var, log_p_z):
    return -0.5 * (1 + log_var - log_var.exp()).sum(-1) - log_p_z


@wrong("log p(z) is missing")
def rate_without_prior(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1) + 0 * log_p_z


@wrong("the entropy is missing")
def rate_without_entropy(log_var, log_p_z):
    return 0 * log_var.sum(-1) - log_p_z


@wrong("the mean over the dimensions is taken")
def rate_mean_entropy(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).mean(-1) - log_p_z


@wrong("averaged over the batch")
def rate_batch_mean(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).mean()


@wrong("summed over the batch")
def rate_sum(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).sum()


@wrong("the entropy is summed over the batch too")
def rate_entropy_of_batch(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum() - log_p_z


@wrong("the entropy is averaged over the batch too")
def rate_mean_of_all(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).mean() - log_p_z


@wrong("the entropy is summed over axis 0, the examples")
def rate_over_batch(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(0) - log_p_z


@wrong("give (B, B): no keepdim")
def rate_keepdim(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1, keepdim=True) - log_p_z


@wrong("the sum over the dimensions is missing")
def rate_for_each_dimension(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1) - log_p_z[..., None]


@wrong("log p(z) is counted for each dimension")
def rate_many_priors(log_var, log_p_z):
    return (-0.5 * (log_var + LOG_2_PI + 1) - log_p_z[..., None]).sum(-1)


@wrong("the entropy is summed over axis 1, the examples")
def rate_second_axis(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(1) - log_p_z


@wrong("it is clamped at 0")
def rate_clamped(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).clamp(min=0)


@wrong("the absolute value is taken")
def rate_absolute(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).abs()


@wrong("no gradient reaches log_p_z")
def rate_prior_detached(log_var, log_p_z):
    return rate_plain(log_var, log_p_z.detach())


@wrong("no gradient reaches log_var")
def rate_entropy_detached(log_var, log_p_z):
    return rate_plain(log_var.detach(), log_p_z)


@wrong("squeeze() takes away every axis of length 1")
def rate_squeezed(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).squeeze()


@wrong("is something clamped")
def rate_log_var_clamped(log_var, log_p_z):
    return rate_plain(log_var.clamp(-30, 20), log_p_z)


@wrong("is something clamped")
def rate_prior_clamped(log_var, log_p_z):
    return rate_plain(log_var, log_p_z.clamp(min=-10_000))


@wrong("the gradient with respect to log_p_z is not")
def rate_gradient_of_the_mean(log_var, log_p_z):
    value = rate_plain(log_var, log_p_z.detach())
    return value + (log_p_z.mean().detach() - log_p_z.mean())


@wrong("the gradient with respect to log_var is not")
def rate_gradient_without_half(log_var, log_p_z):
    return rate_plain(2 * log_var - log_var.detach(), log_p_z)


@wrong("two calls with the same input gave different values")
def rate_with_noise(log_var, log_p_z):
    """The entropy by one draw of its own, which the text has in closed form."""
    noise = torch.randn_like(log_var)
    return -0.5 * (log_var + LOG_2_PI + noise**2).sum(-1) - log_p_z


@right
def rate_by_vmap(log_var, log_p_z):
    def one(row, log_p):
        return -0.5 * (row + (LOG_2_PI + 1)).sum() - log_p

    rows = torch.vmap(one)(log_var.flatten(0, -2), log_p_z.flatten())
    return rows.unflatten(0, log_p_z.shape)


@right
def rate_by_loop(log_var, log_p_z):
    total = -log_p_z
    for part in log_var.unbind(-1):
        total = total - 0.5 * part - 0.5 * math.log(2 * math.pi * math.e)
    return total


GRADIENTS = {0: (0, 1)}
