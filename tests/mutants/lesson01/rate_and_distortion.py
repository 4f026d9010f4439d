"""Answers to exercise 1.5, ``rate_and_distortion``: wrong and right ones."""

import torch
from torch.distributions import Normal, kl_divergence

from mutants import registry
from mutants.lesson01._common import gaussian_terms, kl_of, kl_terms, log_density

WRONG, RIGHT, wrong, right = registry()


@right
def terms_by_formula(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)


@right
def terms_by_distribution(x, mu_x, log_var_x, mu, log_var):
    p_x, q_z = Normal(mu_x, torch.exp(log_var_x / 2)), Normal(mu, torch.exp(log_var / 2))
    return kl_divergence(q_z, Normal(0.0, 1.0)).sum(1), -p_x.log_prob(x).sum(1)


@right
def terms_in_float64(x, mu_x, log_var_x, mu, log_var):
    x, mu_x, log_var_x, mu, log_var = (v.double() for v in (x, mu_x, log_var_x, mu, log_var))
    loss = torch.nn.functional.gaussian_nll_loss
    distortion = loss(mu_x, x, log_var_x.exp(), full=True, reduction="none", eps=1e-12)
    return [kl_of(mu, log_var), distortion.sum(-1)]


@wrong("the two are swapped: the rate comes first")
def terms_swapped(x, mu_x, log_var_x, mu, log_var):
    return -log_density(x, mu_x, log_var_x), kl_of(mu, log_var)


@wrong("they came added up, as the negative ELBO")
def terms_added(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var) - log_density(x, mu_x, log_var_x)


@wrong("expected a tuple of two")
def terms_and_loss(x, mu_x, log_var_x, mu, log_var):
    rate, distortion = kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)
    return rate + distortion, rate, distortion


@wrong("distortion: the sign is wrong: this is +log p(x|z)")
def terms_sign(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), log_density(x, mu_x, log_var_x)


@wrong("rate: the sign is wrong")
def terms_rate_sign(x, mu_x, log_var_x, mu, log_var):
    return -kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)


@wrong("distortion: the mean over the dimensions is taken in place of the sum")
def terms_distortion_mean(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), -gaussian_terms(x, mu_x, log_var_x).mean(-1)


@wrong("rate: the mean over the dimensions is taken in place of the sum")
def terms_rate_mean(x, mu_x, log_var_x, mu, log_var):
    return kl_terms(mu, log_var).mean(-1), -log_density(x, mu_x, log_var_x)


@wrong("rate: the mean over the batch is taken")
def terms_batch_means(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var).mean(), -log_density(x, mu_x, log_var_x).mean()


@wrong("distortion: this is the squared error")
def terms_squared_error(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), ((x - mu_x) ** 2 + 0 * log_var_x).sum(-1)


@wrong("distortion: log_var is taken for log_std")
def terms_log_std(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), -Normal(mu_x, log_var_x.exp()).log_prob(x).sum(-1)


@wrong("rate: the rate is computed from mu_x and log_var_x")
def terms_wrong_posterior(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu_x, log_var_x), -log_density(x, mu_x, log_var_x)


@wrong("distortion: the constant 1/2 log(2 pi) is missing")
def terms_no_constant(x, mu_x, log_var_x, mu, log_var):
    distortion = 0.5 * (log_var_x + (x - mu_x) ** 2 / log_var_x.exp()).sum(-1)
    return kl_of(mu, log_var), distortion


@wrong("rate: every value is 0.1 times the right one")
def terms_beta(x, mu_x, log_var_x, mu, log_var):
    return 0.1 * kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)


@wrong("no gradient reaches mu: was it detached")
def terms_detached(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu.detach(), log_var.detach()), -log_density(x, mu_x, log_var_x)


@right
def terms_stacked(x, mu_x, log_var_x, mu, log_var):
    return torch.stack([kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)])


@right
def terms_by_name(x, mu_x, log_var_x, mu, log_var):
    return {"distortion": -log_density(x, mu_x, log_var_x), "rate": kl_of(mu, log_var)}


@wrong("the distortion")
def terms_stacked_and_half_detached(x, mu_x, log_var_x, mu, log_var):
    distortion = -log_density(x, mu_x, log_var_x).detach()
    return torch.stack([kl_of(mu, log_var), distortion])
