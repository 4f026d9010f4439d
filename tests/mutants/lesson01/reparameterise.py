"""Answers to exercise 1.4, ``reparameterise``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Normal

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def sample_by_formula(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@right
def sample_by_distribution(mu, log_var):
    return Normal(mu, log_var.exp().sqrt()).rsample()


@right
def sample_in_float64(mu, log_var):
    rows, columns = mu.shape
    noise = torch.randn(rows, columns, dtype=torch.float64)
    return torch.addcmul(mu.double(), log_var.double().exp() ** 0.5, noise)


@right
def sample_with_numpy_noise(mu, log_var):
    noise = np.random.default_rng().standard_normal(mu.shape)
    return mu + torch.exp(log_var / 2) * torch.from_numpy(noise).to(mu)


@right
def sample_by_transform(mu, log_var):
    uniform = torch.rand(mu.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)
    return mu + (0.5 * log_var).exp() * torch.special.ndtri(uniform).float()


@wrong("multiplied by the variance exp(log_var)")
def sample_variance(mu, log_var):
    return mu + log_var.exp() * torch.randn_like(mu)


@wrong("the noise is multiplied by log_var: exp is missing")
def sample_no_exp(mu, log_var):
    return mu + log_var * torch.randn_like(mu)


@wrong("log_var is not used")
def sample_unscaled(mu, log_var):
    return mu + torch.randn_like(mu) + 0 * log_var


@wrong("log_var has the wrong sign")
def sample_log_var_sign(mu, log_var):
    return mu + torch.exp(-0.5 * log_var) * torch.randn_like(mu)


@wrong("mu is not added")
def sample_no_mu(mu, log_var):
    return 0 * mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@wrong("reparameterised twice")
def sample_twice(mu, log_var):
    std = torch.exp(0.5 * log_var)
    return mu + std * (mu + std * torch.randn_like(mu))


@wrong("no noise is added")
def sample_mean(mu, log_var):
    return mu + 0 * log_var


@wrong("the noise is uniform (rand)")
def sample_uniform(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.rand_like(mu)


@wrong("the noise is uniform (rand)")
def sample_uniform_of_variance_one(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * (2 * torch.rand_like(mu) - 1) * 3**0.5


@wrong("the noise is shared by the batch")
def sample_shared_by_batch(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape[-1])


@wrong("the noise is shared by the dimensions")
def sample_shared_by_dimensions(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(len(mu), 1)


@wrong("one number of noise is drawn for the whole batch")
def sample_one_number(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn(())


@wrong("shared by the batch: each example needs its own; and the noise is multiplied")
def sample_shared_and_variance(mu, log_var):
    return mu + torch.exp(log_var) * torch.randn(mu.shape[-1])


@wrong("the same noise comes in every call")
def sample_seeded(mu, log_var):
    generator = torch.Generator().manual_seed(0)
    return mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape, generator=generator)


@wrong("correlated")
def sample_half_mirrored(mu, log_var):
    half = torch.randn((len(mu) + 1) // 2, mu.shape[1])
    return mu + torch.exp(0.5 * log_var) * torch.cat([half, -half])[: len(mu)]


@wrong("sample() in place of rsample()")
def sample_without_gradient(mu, log_var):
    return Normal(mu, torch.exp(0.5 * log_var)).sample()


@wrong("no gradient reaches log_var")
def sample_std_detached(mu, log_var):
    return mu + torch.exp(0.5 * log_var).detach() * torch.randn_like(mu)


@wrong("is something clamped")
def sample_clamped(mu, log_var):
    return mu + torch.exp(0.5 * log_var.clamp(min=-4)) * torch.randn_like(mu)


@wrong("one array is expected")
def sample_with_noise(mu, log_var):
    noise = torch.randn_like(mu)
    return mu + torch.exp(0.5 * log_var) * noise, noise
