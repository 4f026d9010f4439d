"""Answers to exercise 1.2, ``log_weight``: wrong and right ones."""

import math

import torch
from torch.distributions import MultivariateNormal, Normal

from mutants import registry
from mutants.lesson01._common import LOG_2_PI, gaussian_terms, kl_of, log_density, log_prior

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1, 2, 3, 4, 5)}


def _log_w(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) + log_prior(z) - log_density(z, mu, log_var)


@right
def weight_by_formula(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var)


@right
def weight_by_distribution(x, z, mu_x, log_var_x, mu, log_var):
    p_x, q_z = Normal(mu_x, (log_var_x / 2).exp()), Normal(mu, (log_var / 2).exp())
    p_z = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return p_x.log_prob(x).sum(-1) + p_z.log_prob(z).sum(-1) - q_z.log_prob(z).sum(-1)


@right
def weight_in_float64_without_constants(x, z, mu_x, log_var_x, mu, log_var):
    x, z, mu_x, log_var_x = x.double(), z.double(), mu_x.double(), log_var_x.double()
    ratio = 0.5 * ((z - mu) ** 2 / log_var.double().exp() + log_var - z**2).sum(-1)
    return ratio - 0.5 * (LOG_2_PI + log_var_x + (x - mu_x) ** 2 / log_var_x.exp()).sum(-1)


@right
def weight_by_loop(x, z, mu_x, log_var_x, mu, log_var):
    rows = [_log_w(x, *sample, mu, log_var) for sample in zip(z, mu_x, log_var_x, strict=True)]
    return torch.stack(rows)


@wrong("log q(z|x) is added, it has to be subtracted")
def weight_q_added(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) + log_prior(z) + log_density(z, mu, log_var)


@wrong("log p(z) is missing")
def weight_no_prior(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) - log_density(z, mu, log_var)


@wrong("log q(z|x) is missing")
def weight_no_posterior(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) + log_prior(z) + 0 * (mu + log_var).sum(-1)


@wrong("the KL in closed form is subtracted")
def weight_closed_kl(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) - kl_of(mu, log_var)


@wrong("the sign is wrong: this is -log w")
def weight_sign(x, z, mu_x, log_var_x, mu, log_var):
    return -_log_w(x, z, mu_x, log_var_x, mu, log_var)


@wrong("the logarithm is missing")
def weight_exp(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).exp()


@wrong("this is the ELBO")
def weight_elbo(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).mean(0)


@wrong("this is the importance-weighted bound")
def weight_bound(x, z, mu_x, log_var_x, mu, log_var):
    log_w = _log_w(x, z, mu_x, log_var_x, mu, log_var)
    return log_w.logsumexp(0) - math.log(len(log_w))


@wrong("the weights are normalised over the samples")
def weight_softmax(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).softmax(0)


@wrong("the mean over the batch is taken")
def weight_batch_mean(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).mean(1)


@wrong("the axes are swapped: (B, K)")
def weight_transposed(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).T


@wrong("means in place of the sums over dimensions")
def weight_means(x, z, mu_x, log_var_x, mu, log_var):
    zero = torch.zeros_like(z)
    prior = gaussian_terms(z, zero, zero).mean(-1)
    return (
        gaussian_terms(x, mu_x, log_var_x).mean(-1)
        + prior
        - gaussian_terms(z, mu, log_var).mean(-1)
    )


@wrong("log_var is taken for log_std")
def weight_log_std(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, 2 * log_var_x, mu, 2 * log_var)


@wrong("in log q(z|x): log_var is taken for log_std")
def weight_log_std_in_q(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, 2 * log_var)


@wrong("in log p(x|z): the constant 1/2 log(2 pi) is missing")
def weight_no_constant(x, z, mu_x, log_var_x, mu, log_var):
    log_w = _log_w(x, z, mu_x, log_var_x, mu, log_var)
    return log_w + 0.5 * LOG_2_PI * x.shape[-1]


@wrong("in log p(z): the constant 1/2 log(2 pi) is missing")
def weight_constant_only_in_q(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var) + 0.5 * LOG_2_PI * z.shape[-1]


@wrong("no gradient reaches mu")
def weight_detached_posterior(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu.detach(), log_var.detach())


@right
def weight_by_map(x, z, mu_x, log_var_x, mu, log_var):
    sample = lambda *one: _log_w(x, *one, mu, log_var)  # noqa: E731
    return torch.vmap(sample)(z, mu_x, log_var_x)


@right
def weight_of_stacked_axes(x, z, mu_x, log_var_x, mu, log_var):
    size = z.shape[:2]
    x, mu, log_var = (one.expand(*size, -1).flatten(0, 1) for one in (x, mu, log_var))
    z, mu_x, log_var_x = (one.flatten(0, 1) for one in (z, mu_x, log_var_x))
    p_z = MultivariateNormal(torch.zeros(z.shape[-1]), torch.eye(z.shape[-1]))
    log_w = log_density(x, mu_x, log_var_x) + p_z.log_prob(z) - log_density(z, mu, log_var)
    return log_w.unflatten(0, size)


@right
def weight_by_latent(x, z, mu_x, log_var_x, mu, log_var):
    noise = (z - mu) * (-0.5 * log_var).exp()
    ratio = sum((noise**2 - z**2 + log_var).unbind(-1)) / 2
    return ratio + Normal(mu_x, (0.5 * log_var_x).exp()).log_prob(x).sum(2)


@wrong("in log p(z): the prior's log_var is 0, not 1")
def weight_prior_of_log_var_one(x, z, mu_x, log_var_x, mu, log_var):
    prior = log_density(z, torch.zeros_like(z), torch.ones_like(z))
    return log_density(x, mu_x, log_var_x) + prior - log_density(z, mu, log_var)


@wrong("in log p(z): the prior's log_var is 0, not e")
def weight_prior_of_log_var_e(x, z, mu_x, log_var_x, mu, log_var):
    prior = log_density(z, torch.zeros_like(z), torch.ones_like(z).exp())
    return log_density(x, mu_x, log_var_x) + prior - log_density(z, mu, log_var)


@wrong("log p(z) and log q(z|x) are exchanged")
def weight_exchanged(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) - log_prior(z) + log_density(z, mu, log_var)


@wrong("is the logarithm of a product taken")
def weight_of_products(x, z, mu_x, log_var_x, mu, log_var):
    p_x = Normal(mu_x, (0.5 * log_var_x).exp()).log_prob(x).exp().prod(-1)
    return p_x.log() + log_prior(z) - log_density(z, mu, log_var)


@wrong("log p(z) is taken at q's mu and log_var")
def weight_prior_of_q(x, z, mu_x, log_var_x, mu, log_var):
    prior = log_density(z, mu, log_var)
    return log_density(x, mu_x, log_var_x) + prior - log_density(z, mu, log_var)


@wrong("log q(z|x) is taken at mu")
def weight_q_at_mu(x, z, mu_x, log_var_x, mu, log_var):
    log_q = log_density(mu, mu, log_var)
    return log_density(x, mu_x, log_var_x) + log_prior(z) - log_q + 0 * z.sum(-1)


@wrong("log p(z) is taken at mu")
def weight_prior_at_mu(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x) + log_prior(mu) - log_density(z, mu, log_var)


@wrong("the entropy of q in closed form is added")
def weight_with_entropy(x, z, mu_x, log_var_x, mu, log_var):
    entropy = 0.5 * (log_var + 1 + LOG_2_PI).sum(-1)
    return log_density(x, mu_x, log_var_x) + log_prior(z) + entropy


@wrong("in log q(z|x): the variance is handed over where log_var is expected")
def weight_variance_in_q(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var.exp())


@wrong("in log p(x|z): the variance is handed over where log_var is expected")
def weight_variance_in_p(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x.exp(), mu, log_var)


@wrong("in log p(x|z): the variance is taken to be 1")
def weight_unit_variance(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, 0 * log_var_x, mu, log_var)


@wrong("between -25 and 25: is something clamped")
def weight_clamped_at_ten(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var.clamp(-10, 10))


@wrong("between -25 and 25: is something clamped")
def weight_decoder_clamped_at_ten(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x.clamp(-10, 10), mu, log_var)


@wrong("the gradient with respect to z is not")
def weight_z_half_detached(x, z, mu_x, log_var_x, mu, log_var):
    log_q = log_density(z.detach(), mu, log_var)
    return log_density(x, mu_x, log_var_x) + log_prior(z) - log_q


@wrong("the gradient with respect to mu_x is not: it is 2 times the right one")
def weight_gradient_doubled(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, 2 * mu_x - mu_x.detach(), log_var_x, mu, log_var)


@wrong("the gradient with respect to")
def weight_gradient_of_the_mean(x, z, mu_x, log_var_x, mu, log_var):
    log_w = _log_w(x, z, mu_x, log_var_x, mu, log_var)
    return log_w.detach() + log_w.mean(0) - log_w.mean(0).detach()


@wrong("an axis of length 1 is lost")
def weight_squeezed(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).squeeze()


@wrong("nothing is to be drawn here, z is given: use it")
def weight_of_a_fresh_draw(x, z, mu_x, log_var_x, mu, log_var):
    z = mu + (0.5 * log_var).exp() * torch.randn_like(z)
    return _log_w(x, z, mu_x, log_var_x, mu, log_var)


@wrong("one array is expected")
def weight_in_parts(x, z, mu_x, log_var_x, mu, log_var):
    return log_density(x, mu_x, log_var_x), log_prior(z), log_density(z, mu, log_var)
