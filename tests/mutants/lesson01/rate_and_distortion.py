"""Answers to exercise 1.5, ``rate_and_distortion``: wrong and right ones."""

import collections

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from mutants import registry
from mutants.lesson01._common import LOG_2_PI, gaussian_terms, kl_of, kl_terms, log_density

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (3, 4), 1: (1, 2)}


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


@wrong("distortion: the rate is in it: this is -ELBO")
def terms_distortion_with_rate(x, mu_x, log_var_x, mu, log_var):
    rate = kl_of(mu, log_var)
    return rate, rate - log_density(x, mu_x, log_var_x)


@wrong("rate: the distortion is in it: this is -ELBO")
def terms_rate_with_distortion(x, mu_x, log_var_x, mu, log_var):
    distortion = -log_density(x, mu_x, log_var_x)
    return kl_of(mu, log_var) + distortion, distortion


@wrong("is the logarithm of a product taken")
def terms_of_products(x, mu_x, log_var_x, mu, log_var):
    density = Normal(mu_x, (0.5 * log_var_x).exp()).log_prob(x).exp().prod(-1)
    return kl_of(mu, log_var), -density.log()


@wrong("rate: off by the same constant: the 1 is subtracted once")
def terms_rate_constant_once(x, mu_x, log_var_x, mu, log_var):
    rate = 0.5 * ((mu**2 + log_var.exp() - log_var).sum(-1) - 1)
    return rate, -log_density(x, mu_x, log_var_x)


@wrong("rate: every value is 0.1 times the right one")
def terms_beta(x, mu_x, log_var_x, mu, log_var):
    return 0.1 * kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)


@wrong("no gradient reaches mu: was it detached")
def terms_detached(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu.detach(), log_var.detach()), -log_density(x, mu_x, log_var_x)


@right
def terms_stacked(x, mu_x, log_var_x, mu, log_var):
    return torch.stack([kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)])


@wrong("return a tuple, not a dict")
def terms_by_name(x, mu_x, log_var_x, mu, log_var):
    return {"distortion": -log_density(x, mu_x, log_var_x), "rate": kl_of(mu, log_var)}


@wrong("the distortion")
def terms_stacked_and_half_detached(x, mu_x, log_var_x, mu, log_var):
    distortion = -log_density(x, mu_x, log_var_x).detach()
    return torch.stack([kl_of(mu, log_var), distortion])


@right
def terms_by_loop(x, mu_x, log_var_x, mu, log_var):
    pairs = [
        (kl_of(m, v), -log_density(*row))
        for m, v, *row in zip(mu, log_var, x, mu_x, log_var_x, strict=True)
    ]
    rate, distortion = zip(*pairs, strict=True)
    return torch.stack(rate), torch.stack(distortion)


@right
def terms_as_named_tuple(x, mu_x, log_var_x, mu, log_var):
    terms = collections.namedtuple("Terms", "rate distortion")
    distortion = LOG_2_PI + log_var_x + (x.detach() - mu_x) ** 2 * (-log_var_x).exp()
    return terms(kl_of(mu, log_var), 0.5 * torch.einsum("bd->b", distortion))


@right
def terms_by_map(x, mu_x, log_var_x, mu, log_var):
    return torch.vmap(terms_by_formula)(x, mu_x, log_var_x, mu, log_var)


@wrong("the rate has a closed form")
def terms_rate_by_monte_carlo(x, mu_x, log_var_x, mu, log_var):
    z = mu + (0.5 * log_var).exp() * torch.randn_like(mu)
    rate = log_density(z, mu, log_var) - log_density(z, 0 * z, 0 * z)
    return rate, -log_density(x, mu_x, log_var_x)


@wrong("the rate has a closed form")
def terms_rate_by_many_draws(x, mu_x, log_var_x, mu, log_var):
    noise = np.random.default_rng().standard_normal((1000, *mu.shape))
    z = mu + (0.5 * log_var).exp() * torch.from_numpy(noise).float()
    rate = (log_density(z, mu, log_var) - log_density(z, 0 * z, 0 * z)).mean(0)
    return rate, -log_density(x, mu_x, log_var_x)


@wrong("nothing is to be drawn here, x is given and the rate has a closed form")
def terms_of_a_redrawn_x(x, mu_x, log_var_x, mu, log_var):
    x = torch.normal(mu_x, (0.5 * log_var_x).exp())
    return kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)


@wrong("rate: the prior's log_var is taken to be 1")
def terms_prior_of_log_var_one(x, mu_x, log_var_x, mu, log_var):
    rate = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0.0, np.exp(0.5)))
    return rate.sum(-1), -log_density(x, mu_x, log_var_x)


@wrong("rate: the KL is reversed")
def terms_rate_reversed(x, mu_x, log_var_x, mu, log_var):
    rate = kl_divergence(Normal(0 * mu, 1.0), Normal(mu, (0.5 * log_var).exp()))
    return rate.sum(-1), -log_density(x, mu_x, log_var_x)


@wrong("distortion: the variance is handed over where log_var is expected")
def terms_of_variance(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var), -log_density(x, mu_x, log_var_x.exp())


@wrong("distortion: the constant 1/2 log(2 pi) is missing")
def terms_by_library_loss(x, mu_x, log_var_x, mu, log_var):
    loss = torch.nn.functional.gaussian_nll_loss
    return kl_of(mu, log_var), loss(mu_x, x, log_var_x.exp(), reduction="none").sum(-1)


@wrong("between -25 and 25: is something clamped")
def terms_small_number_of_the_library(x, mu_x, log_var_x, mu, log_var):
    loss = torch.nn.functional.gaussian_nll_loss  # its eps of 1e-6 is a small number added
    distortion = loss(mu_x, x, log_var_x.exp(), full=True, reduction="none")
    return kl_of(mu, log_var), distortion.sum(-1)


@wrong("rate: right for log_var between -9 and 5, wrong beyond")
def terms_rate_clamped_at_ten(x, mu_x, log_var_x, mu, log_var):
    return kl_of(mu, log_var.clamp(-10, 10)), -log_density(x, mu_x, log_var_x)


@wrong("the gradient with respect to log_var_x is not: it is 2 times the right one")
def terms_gradient_doubled(x, mu_x, log_var_x, mu, log_var):
    distortion = -log_density(x, mu_x, 2 * log_var_x - log_var_x.detach())
    return kl_of(mu, log_var), distortion


@wrong("the gradient with respect to log_var is not: it is -1 times the right one")
def terms_rate_gradient_reversed(x, mu_x, log_var_x, mu, log_var):
    rate = kl_of(mu, 2 * log_var.detach() - log_var)
    return rate, -log_density(x, mu_x, log_var_x)


@wrong("the distortion has a gradient with respect to mu, of which it is no function")
def terms_rate_leaks(x, mu_x, log_var_x, mu, log_var):
    rate, distortion = kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)
    return rate, distortion + rate - rate.detach()


@wrong("return a tuple, not a dict")
def terms_in_a_dict_of_three(x, mu_x, log_var_x, mu, log_var):
    rate, distortion = kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)
    return {"rate": rate, "distortion": distortion, "loss": rate + distortion}


@wrong("rate and distortion are wanted apart")
def terms_in_rows(x, mu_x, log_var_x, mu, log_var):
    return torch.stack([kl_of(mu, log_var), -log_density(x, mu_x, log_var_x)], dim=1)
