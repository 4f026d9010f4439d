"""Answers to the exercises of lesson 01: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from . import registry

WRONG, RIGHT, wrong, right = registry()
LOG_2_PI = math.log(2 * math.pi)
LOG_DENSITY, SAMPLE, KL = "gaussian_log_prob", "reparameterise", "gaussian_kl"
TERMS, WEIGHT = "rate_and_distortion", "log_weight"


def _terms(x, mu, log_var):
    return -0.5 * (LOG_2_PI + log_var + (x - mu) ** 2 / log_var.exp())


def _log_prob(x, mu, log_var):
    return _terms(x, mu, log_var).sum(-1)


def _kl_terms(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def _kl(mu, log_var):
    return _kl_terms(mu, log_var).sum(-1)


def _log_prior(z):
    return -0.5 * (z**2 + LOG_2_PI).sum(-1)


# --- 1.1 gaussian_log_prob -----------------------------------------------------------------------


@right(LOG_DENSITY)
def density_by_formula(x, mu, log_var):
    return _log_prob(x, mu, log_var)


@right(LOG_DENSITY)
def density_by_distribution(x, mu, log_var):
    return Independent(Normal(mu, torch.exp(log_var / 2)), 1).log_prob(x)


@right(LOG_DENSITY)
def density_in_float64(x, mu, log_var):
    x, mu, log_var = (value.double() for value in (x, mu, log_var))
    standard = (x - mu) * torch.exp(-0.5 * log_var)
    count = standard.shape[-1]
    log_det = (log_var + torch.zeros_like(standard)).sum(-1)
    return -(standard * standard).sum(-1) / 2 - log_det / 2 - count * LOG_2_PI / 2


@right(LOG_DENSITY)
def density_by_covariance(x, mu, log_var):
    return MultivariateNormal(mu, torch.diag_embed(log_var.exp())).log_prob(x)


@right(LOG_DENSITY)
def density_numpy_style(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    precision = np.e**-log_var
    return torch.einsum("...d,...d->...", -0.5 * (x - mu).square(), precision) - 0.5 * torch.sum(
        log_var + np.log(2 * np.pi), axis=-1
    )


@wrong(LOG_DENSITY, "the mean over the dimensions is taken in place of the sum")
def density_mean(x, mu, log_var):
    return _terms(x, mu, log_var).mean(-1)


@wrong(LOG_DENSITY, "the sum over the dimensions is missing")
def density_no_sum(x, mu, log_var):
    return _terms(x, mu, log_var)


@wrong(LOG_DENSITY, "summed over the batch")
def density_sum_of_all(x, mu, log_var):
    return _terms(x, mu, log_var).sum()


@wrong(LOG_DENSITY, "the mean over the batch is taken")
def density_batch_mean(x, mu, log_var):
    return _log_prob(x, mu, log_var).mean()


@wrong(LOG_DENSITY, "summed over the wrong axis")
def density_wrong_axis(x, mu, log_var):
    return _terms(x, mu, log_var).sum(0)


@wrong(LOG_DENSITY, "the shape is")
def density_axis_one(x, mu, log_var):
    terms = _terms(x, mu, log_var)
    return terms.sum(1) if terms.ndim == 2 else terms.sum((0, 1))


@wrong(LOG_DENSITY, "summed over the wrong axis")
def density_samples_for_dimensions(x, mu, log_var):
    return _terms(x, mu, log_var).sum(1)


@wrong(LOG_DENSITY, "keepdim")
def density_keepdim(x, mu, log_var):
    return _terms(x, mu, log_var).sum(-1, keepdim=True)


@wrong(LOG_DENSITY, "the sign is wrong: this is minus the log-density")
def density_sign(x, mu, log_var):
    return -_log_prob(x, mu, log_var)


@wrong(LOG_DENSITY, "the constant 1/2 log(2 pi) is missing; and the sign is wrong")
def density_gaussian_nll_loss(x, mu, log_var):
    x, mu, log_var = torch.broadcast_tensors(x, mu, log_var)
    loss = torch.nn.functional.gaussian_nll_loss(mu, x, log_var.exp(), reduction="none")
    return loss.sum(-1)


@wrong(LOG_DENSITY, "the constant 1/2 log(2 pi) is missing")
def density_no_constant(x, mu, log_var):
    return -0.5 * (log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong(LOG_DENSITY, "the constant is counted once for an example")
def density_constant_once(x, mu, log_var):
    return -0.5 * (log_var + (x - mu) ** 2 / log_var.exp()).sum(-1) - 0.5 * LOG_2_PI


@wrong(LOG_DENSITY, "the constant of all dimensions is counted for each one")
def density_constant_squared(x, mu, log_var):
    constant = -0.5 * x.shape[-1] * LOG_2_PI
    return (constant - 0.5 * (log_var + (x - mu) ** 2 / log_var.exp())).sum(-1)


@wrong(LOG_DENSITY, "log_var is taken for log_std")
def density_log_std(x, mu, log_var):
    return Normal(mu, log_var.exp()).log_prob(x).sum(-1)


@wrong(LOG_DENSITY, "log_var is taken for the standard deviation (exp is missing)")
def density_no_exp(x, mu, log_var):
    return (-0.5 * LOG_2_PI - log_var.abs().log() - 0.5 * ((x - mu) / log_var) ** 2).sum(-1)


@wrong(LOG_DENSITY, "the 1/2 is missing")
def density_no_half(x, mu, log_var):
    return -(LOG_2_PI + log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong(LOG_DENSITY, "the 1/2 is missing in the squared distance")
def density_no_half_square(x, mu, log_var):
    return (-0.5 * (LOG_2_PI + log_var) - (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong(LOG_DENSITY, "divided by the standard deviation, not the variance")
def density_std_for_variance(x, mu, log_var):
    std = (0.5 * log_var).exp()
    return (-0.5 * (LOG_2_PI + log_var) - 0.5 * (x - mu) ** 2 / std).sum(-1)


@wrong(LOG_DENSITY, "log_var has the wrong sign")
def density_log_var_sign(x, mu, log_var):
    return -0.5 * (LOG_2_PI - log_var + (x - mu) ** 2 / log_var.exp()).sum(-1)


@wrong(LOG_DENSITY, "this is half the squared error")
def density_squared_error(x, mu, log_var):
    return -0.5 * ((x - mu) ** 2 + 0 * log_var).sum(-1)


@wrong(LOG_DENSITY, "the logarithm is missing")
def density_no_log(x, mu, log_var):
    return _log_prob(x, mu, log_var).exp()


@wrong(LOG_DENSITY, "is something clamped")
def density_clamped(x, mu, log_var):
    return _log_prob(x, mu, log_var.clamp(-4, 4))


@wrong(LOG_DENSITY, "a small number added")
def density_floor(x, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp() + 1e-3).log_prob(x).sum(-1)


@wrong(LOG_DENSITY, "no gradient reaches log_var: was it detached")
def density_detached(x, mu, log_var):
    return _log_prob(x, mu, log_var.detach())


@wrong(LOG_DENSITY, "no gradient reaches")
def density_through_numpy(x, mu, log_var):
    return _log_prob(*(torch.from_numpy(value.detach().numpy()) for value in (x, mu, log_var)))


# --- 1.2 reparameterise --------------------------------------------------------------------------


@right(SAMPLE)
def sample_by_formula(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@right(SAMPLE)
def sample_by_distribution(mu, log_var):
    return Normal(mu, log_var.exp().sqrt()).rsample()


@right(SAMPLE)
def sample_in_float64(mu, log_var):
    rows, columns = mu.shape
    noise = torch.randn(rows, columns, dtype=torch.float64)
    return torch.addcmul(mu.double(), log_var.double().exp() ** 0.5, noise)


@right(SAMPLE)
def sample_with_numpy_noise(mu, log_var):
    noise = np.random.default_rng().standard_normal(mu.shape)
    return mu + torch.exp(log_var / 2) * torch.from_numpy(noise).to(mu)


@right(SAMPLE)
def sample_by_transform(mu, log_var):
    uniform = torch.rand(mu.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)
    return mu + (0.5 * log_var).exp() * torch.special.ndtri(uniform).float()


@wrong(SAMPLE, "multiplied by the variance exp(log_var)")
def sample_variance(mu, log_var):
    return mu + log_var.exp() * torch.randn_like(mu)


@wrong(SAMPLE, "the noise is multiplied by log_var: exp is missing")
def sample_no_exp(mu, log_var):
    return mu + log_var * torch.randn_like(mu)


@wrong(SAMPLE, "log_var is not used")
def sample_unscaled(mu, log_var):
    return mu + torch.randn_like(mu) + 0 * log_var


@wrong(SAMPLE, "log_var has the wrong sign")
def sample_log_var_sign(mu, log_var):
    return mu + torch.exp(-0.5 * log_var) * torch.randn_like(mu)


@wrong(SAMPLE, "mu is not added")
def sample_no_mu(mu, log_var):
    return 0 * mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong(SAMPLE, "reparameterised twice")
def sample_twice(mu, log_var):
    std = torch.exp(0.5 * log_var)
    return mu + std * (mu + std * torch.randn_like(mu))


@wrong(SAMPLE, "no noise is added")
def sample_mean(mu, log_var):
    return mu + 0 * log_var


@wrong(SAMPLE, "the noise is uniform (rand)")
def sample_uniform(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.rand_like(mu)


@wrong(SAMPLE, "the noise is uniform (rand)")
def sample_uniform_of_variance_one(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * (2 * torch.rand_like(mu) - 1) * 3**0.5


@wrong(SAMPLE, "the noise is shared by the batch")
def sample_shared_by_batch(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape[-1])


@wrong(SAMPLE, "the noise is shared by the dimensions")
def sample_shared_by_dimensions(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(len(mu), 1)


@wrong(SAMPLE, "one number of noise is drawn for the whole batch")
def sample_one_number(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(())


@wrong(SAMPLE, "shared by the batch: each example needs its own; and the noise is multiplied")
def sample_shared_and_variance(mu, log_var):
    return mu + torch.exp(log_var) * torch.randn(mu.shape[-1])


@wrong(SAMPLE, "the same noise comes in every call")
def sample_seeded(mu, log_var):
    generator = torch.Generator().manual_seed(0)
    return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape, generator=generator)


@wrong(SAMPLE, "correlated")
def sample_half_mirrored(mu, log_var):
    half = torch.randn((len(mu) + 1) // 2, mu.shape[1])
    return mu + torch.exp(0.5 * log_var) * torch.cat([half, -half])[: len(mu)]


@wrong(SAMPLE, "sample() in place of rsample()")
def sample_without_gradient(mu, log_var):
    return Normal(mu, torch.exp(0.5 * log_var)).sample()


@wrong(SAMPLE, "no gradient reaches log_var")
def sample_std_detached(mu, log_var):
    return mu + torch.exp(0.5 * log_var).detach() * torch.randn_like(mu)


@wrong(SAMPLE, "is something clamped")
def sample_clamped(mu, log_var):
    return mu + torch.exp(0.5 * log_var.clamp(min=-4)) * torch.randn_like(mu)


@wrong(SAMPLE, "one array is expected")
def sample_with_noise(mu, log_var):
    noise = torch.randn_like(mu)
    return mu + torch.exp(0.5 * log_var) * noise, noise


# --- 1.3 gaussian_kl -----------------------------------------------------------------------------


@right(KL)
def kl_by_formula(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1)


@right(KL)
def kl_by_distribution(mu, log_var):
    q_z = Normal(mu, torch.exp(log_var / 2))
    return kl_divergence(q_z, Normal(torch.tensor(0.0), torch.tensor(1.0))).sum(-1)


@right(KL)
def kl_in_float64(mu, log_var):
    mu, log_var = mu.double(), log_var.double()
    squares = torch.einsum("bl,bl->b", mu, mu)
    return 0.5 * squares + 0.5 * (torch.expm1(log_var) - log_var).sum(-1)


@right(KL)
def kl_by_loop(mu, log_var):
    total = torch.zeros(mu.shape[0])
    for dim in range(mu.shape[1]):
        var = np.e ** log_var[:, dim]
        total = total + (var + mu[:, dim] ** 2 - 1 - torch.log(var)) / 2
    return total


@wrong(KL, "the mean over the dimensions is taken in place of the sum")
def kl_mean(mu, log_var):
    return _kl_terms(mu, log_var).mean(-1)


@wrong(KL, "the mean over batch and dimensions is taken")
def kl_mean_of_all(mu, log_var):
    return _kl_terms(mu, log_var).mean()


@wrong(KL, "the mean over the batch is taken")
def kl_batch_mean(mu, log_var):
    return _kl(mu, log_var).mean()


@wrong(KL, "summed over the batch")
def kl_sum_of_all(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())


@wrong(KL, "summed over the wrong axis")
def kl_wrong_axis(mu, log_var):
    return _kl_terms(mu, log_var).sum(0)


@wrong(KL, "log_var is taken for log_std")
def kl_log_std(mu, log_var):
    return 0.5 * (mu**2 + (2 * log_var).exp() - 1 - 2 * log_var).sum(-1)


@wrong(KL, "the standard deviation stands in place of the variance")
def kl_std_for_variance(mu, log_var):
    return 0.5 * (mu**2 + (0.5 * log_var).exp() - 1 - log_var).sum(-1)


@wrong(KL, "the 1/2 is missing")
def kl_no_half(mu, log_var):
    return (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


@wrong(KL, "the sign is wrong")
def kl_sign(mu, log_var):
    return 0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(-1)


@wrong(KL, "the constant -1 is missing")
def kl_no_constant(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - log_var).sum(-1)


@wrong(KL, "mu is not squared")
def kl_mu_not_squared(mu, log_var):
    return 0.5 * (mu + log_var.exp() - 1 - log_var).sum(-1)


@wrong(KL, "log_var has the wrong sign")
def kl_log_var_sign(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 + log_var).sum(-1)


@wrong(KL, "the KL is reversed")
def kl_reversed(mu, log_var):
    q_z = Normal(mu, torch.exp(0.5 * log_var))
    return kl_divergence(Normal(torch.zeros_like(mu), torch.ones_like(mu)), q_z).sum(-1)


@wrong(KL, "every value is 0.1 times the right one")
def kl_beta(mu, log_var):
    return 0.1 * _kl(mu, log_var)


@wrong(KL, "the 1/2 is missing; and the sign is wrong")
def kl_two_mistakes(mu, log_var):
    return (1 + log_var - mu**2 - log_var.exp()).sum(-1)


@wrong(KL, "is something clamped")
def kl_clamped(mu, log_var):
    return _kl(mu, log_var.clamp(-3, 3))


@wrong(KL, "no gradient reaches log_var")
def kl_detached(mu, log_var):
    return _kl(mu, log_var.detach())


@wrong(KL, "two calls with the same input gave different values")
def kl_monte_carlo(mu, log_var):
    z = sample_by_formula(mu, log_var)
    return _log_prob(z, mu, log_var) - _log_prior(z)


# --- 1.4 rate_and_distortion ---------------------------------------------------------------------


@right(TERMS)
def terms_by_formula(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var), -_log_prob(x, mu_x, log_var_x)


@right(TERMS)
def terms_by_distribution(x, mu_x, log_var_x, mu, log_var):
    p_x, q_z = Normal(mu_x, torch.exp(log_var_x / 2)), Normal(mu, torch.exp(log_var / 2))
    return kl_divergence(q_z, Normal(0.0, 1.0)).sum(1), -p_x.log_prob(x).sum(1)


@right(TERMS)
def terms_in_float64(x, mu_x, log_var_x, mu, log_var):
    x, mu_x, log_var_x, mu, log_var = (v.double() for v in (x, mu_x, log_var_x, mu, log_var))
    loss = torch.nn.functional.gaussian_nll_loss
    distortion = loss(mu_x, x, log_var_x.exp(), full=True, reduction="none", eps=1e-12)
    return [_kl(mu, log_var), distortion.sum(-1)]


@wrong(TERMS, "the two are swapped: the rate comes first")
def terms_swapped(x, mu_x, log_var_x, mu, log_var):
    return -_log_prob(x, mu_x, log_var_x), _kl(mu, log_var)


@wrong(TERMS, "they came added up, as the negative ELBO")
def terms_added(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var) - _log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "expected a tuple of two")
def terms_and_loss(x, mu_x, log_var_x, mu, log_var):
    rate, distortion = _kl(mu, log_var), -_log_prob(x, mu_x, log_var_x)
    return rate + distortion, rate, distortion


@wrong(TERMS, "distortion: the sign is wrong: this is +log p(x|z)")
def terms_sign(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var), _log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "rate: the sign is wrong")
def terms_rate_sign(x, mu_x, log_var_x, mu, log_var):
    return -_kl(mu, log_var), -_log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "distortion: the mean over the dimensions is taken in place of the sum")
def terms_distortion_mean(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var), -_terms(x, mu_x, log_var_x).mean(-1)


@wrong(TERMS, "rate: the mean over the dimensions is taken in place of the sum")
def terms_rate_mean(x, mu_x, log_var_x, mu, log_var):
    return _kl_terms(mu, log_var).mean(-1), -_log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "rate: the mean over the batch is taken")
def terms_batch_means(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var).mean(), -_log_prob(x, mu_x, log_var_x).mean()


@wrong(TERMS, "distortion: this is the squared error")
def terms_squared_error(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var), ((x - mu_x) ** 2 + 0 * log_var_x).sum(-1)


@wrong(TERMS, "distortion: log_var is taken for log_std")
def terms_log_std(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu, log_var), -Normal(mu_x, log_var_x.exp()).log_prob(x).sum(-1)


@wrong(TERMS, "rate: the rate is computed from mu_x and log_var_x")
def terms_wrong_posterior(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu_x, log_var_x), -_log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "distortion: the constant 1/2 log(2 pi) is missing")
def terms_no_constant(x, mu_x, log_var_x, mu, log_var):
    distortion = 0.5 * (log_var_x + (x - mu_x) ** 2 / log_var_x.exp()).sum(-1)
    return _kl(mu, log_var), distortion


@wrong(TERMS, "rate: every value is 0.1 times the right one")
def terms_beta(x, mu_x, log_var_x, mu, log_var):
    return 0.1 * _kl(mu, log_var), -_log_prob(x, mu_x, log_var_x)


@wrong(TERMS, "no gradient reaches mu: was it detached")
def terms_detached(x, mu_x, log_var_x, mu, log_var):
    return _kl(mu.detach(), log_var.detach()), -_log_prob(x, mu_x, log_var_x)


# --- 1.5 log_weight ------------------------------------------------------------------------------


def _log_w(x, z, mu_x, log_var_x, mu, log_var):
    return _log_prob(x, mu_x, log_var_x) + _log_prior(z) - _log_prob(z, mu, log_var)


@right(WEIGHT)
def weight_by_formula(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var)


@right(WEIGHT)
def weight_by_distribution(x, z, mu_x, log_var_x, mu, log_var):
    p_x, q_z = Normal(mu_x, (log_var_x / 2).exp()), Normal(mu, (log_var / 2).exp())
    p_z = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return p_x.log_prob(x).sum(-1) + p_z.log_prob(z).sum(-1) - q_z.log_prob(z).sum(-1)


@right(WEIGHT)
def weight_in_float64_without_constants(x, z, mu_x, log_var_x, mu, log_var):
    x, z, mu_x, log_var_x = x.double(), z.double(), mu_x.double(), log_var_x.double()
    ratio = 0.5 * ((z - mu) ** 2 / log_var.double().exp() + log_var - z**2).sum(-1)
    return ratio - 0.5 * (LOG_2_PI + log_var_x + (x - mu_x) ** 2 / log_var_x.exp()).sum(-1)


@right(WEIGHT)
def weight_by_loop(x, z, mu_x, log_var_x, mu, log_var):
    rows = [_log_w(x, *sample, mu, log_var) for sample in zip(z, mu_x, log_var_x, strict=True)]
    return torch.stack(rows)


@wrong(WEIGHT, "log q(z|x) is added, it has to be subtracted")
def weight_q_added(x, z, mu_x, log_var_x, mu, log_var):
    return _log_prob(x, mu_x, log_var_x) + _log_prior(z) + _log_prob(z, mu, log_var)


@wrong(WEIGHT, "log p(z) is missing")
def weight_no_prior(x, z, mu_x, log_var_x, mu, log_var):
    return _log_prob(x, mu_x, log_var_x) - _log_prob(z, mu, log_var)


@wrong(WEIGHT, "log q(z|x) is missing")
def weight_no_posterior(x, z, mu_x, log_var_x, mu, log_var):
    return _log_prob(x, mu_x, log_var_x) + _log_prior(z) + 0 * (mu + log_var).sum(-1)


@wrong(WEIGHT, "the KL in closed form is subtracted")
def weight_closed_kl(x, z, mu_x, log_var_x, mu, log_var):
    return _log_prob(x, mu_x, log_var_x) - _kl(mu, log_var)


@wrong(WEIGHT, "the sign is wrong: this is -log w")
def weight_sign(x, z, mu_x, log_var_x, mu, log_var):
    return -_log_w(x, z, mu_x, log_var_x, mu, log_var)


@wrong(WEIGHT, "the logarithm is missing")
def weight_exp(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).exp()


@wrong(WEIGHT, "this is the ELBO")
def weight_elbo(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).mean(0)


@wrong(WEIGHT, "this is the importance-weighted bound")
def weight_bound(x, z, mu_x, log_var_x, mu, log_var):
    log_w = _log_w(x, z, mu_x, log_var_x, mu, log_var)
    return log_w.logsumexp(0) - math.log(len(log_w))


@wrong(WEIGHT, "the weights are normalised over the samples")
def weight_softmax(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).softmax(0)


@wrong(WEIGHT, "the mean over the batch is taken")
def weight_batch_mean(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).mean(1)


@wrong(WEIGHT, "the axes are swapped: (B, K)")
def weight_transposed(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var).T


@wrong(WEIGHT, "means in place of the sums over dimensions")
def weight_means(x, z, mu_x, log_var_x, mu, log_var):
    zero = torch.zeros_like(z)
    prior = _terms(z, zero, zero).mean(-1)
    return _terms(x, mu_x, log_var_x).mean(-1) + prior - _terms(z, mu, log_var).mean(-1)


@wrong(WEIGHT, "log_var is taken for log_std")
def weight_log_std(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, 2 * log_var_x, mu, 2 * log_var)


@wrong(WEIGHT, "in log q(z|x): log_var is taken for log_std")
def weight_log_std_in_q(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, 2 * log_var)


@wrong(WEIGHT, "in log p(x|z): the constant 1/2 log(2 pi) is missing")
def weight_no_constant(x, z, mu_x, log_var_x, mu, log_var):
    log_w = _log_w(x, z, mu_x, log_var_x, mu, log_var)
    return log_w + 0.5 * LOG_2_PI * x.shape[-1]


@wrong(WEIGHT, "in log p(z): the constant 1/2 log(2 pi) is missing")
def weight_constant_only_in_q(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu, log_var) + 0.5 * LOG_2_PI * z.shape[-1]


@wrong(WEIGHT, "no gradient reaches mu")
def weight_detached_posterior(x, z, mu_x, log_var_x, mu, log_var):
    return _log_w(x, z, mu_x, log_var_x, mu.detach(), log_var.detach())


# --- other forms of right answers ----------------------------------------------------------------


@right(TERMS)
def terms_stacked(x, mu_x, log_var_x, mu, log_var):
    return torch.stack([_kl(mu, log_var), -_log_prob(x, mu_x, log_var_x)])


@right(TERMS)
def terms_by_name(x, mu_x, log_var_x, mu, log_var):
    return {"distortion": -_log_prob(x, mu_x, log_var_x), "rate": _kl(mu, log_var)}


@wrong(TERMS, "the distortion")
def terms_stacked_and_half_detached(x, mu_x, log_var_x, mu, log_var):
    distortion = -_log_prob(x, mu_x, log_var_x).detach()
    return torch.stack([_kl(mu, log_var), distortion])
