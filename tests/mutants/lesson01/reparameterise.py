"""Answers to exercise 1.4, ``reparameterise``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Normal

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1)}
OWN = torch.Generator().manual_seed(2)


@right
def sample_by_formula(mu, log_var):
    return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)


@right
def sample_by_distribution(mu, log_var):
    return Normal(mu, log_var.exp().sqrt()).rsample()


@right
def sample_through_float64(mu, log_var):
    noise = torch.randn(*mu.shape, dtype=torch.float64)
    return torch.addcmul(mu.double(), log_var.double().exp() ** 0.5, noise).to(mu.dtype)


@wrong("the result is of float64, mu is of float32")
def sample_in_float64(mu, log_var):
    return sample_by_formula(mu.double(), log_var.double())


@wrong("the result is of float64, mu is of float32")
def sample_with_numpy_doubles(mu, log_var):
    noise = torch.from_numpy(np.random.randn(*mu.shape))  # noqa: NPY002
    return mu + torch.exp(0.5 * log_var) * noise


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


@wrong("no random noise: z is mu plus the standard deviation")
def sample_without_noise(mu, log_var):
    return mu + torch.exp(0.5 * log_var)


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


def _with_noise(mu, log_var, noise):
    return mu + torch.exp(0.5 * log_var) * noise


@right
def sample_with_own_generator(mu, log_var):
    return _with_noise(mu, log_var, torch.randn(mu.shape, generator=OWN))


@right
def sample_by_loop(mu, log_var):
    flat = zip(mu.reshape(-1), log_var.reshape(-1), strict=True)
    if mu.numel() > 100:
        return torch.distributions.Normal(mu, log_var.exp() ** 0.5).rsample((1,))[0]
    return torch.stack([m + (v / 2).exp() * torch.randn(()) for m, v in flat]).reshape(mu.shape)


@right
def sample_by_box_muller(mu, log_var):
    radius, angle = np.random.random((2, *mu.shape))  # noqa: NPY002
    noise = np.sqrt(-2 * np.log1p(-radius)) * np.cos(2 * np.pi * angle)
    return _with_noise(mu, log_var, torch.as_tensor(noise, dtype=mu.dtype))


@right
def sample_in_place(mu, log_var):
    return torch.empty_like(mu).normal_().mul(torch.sqrt(log_var.exp())).add_(mu)


@wrong("the gradient with respect to log_var is not")
def sample_with_numpy_noise_half_detached(mu, log_var):
    noise = torch.from_numpy(np.random.default_rng().standard_normal(mu.shape)).float()
    half = torch.arange(mu.shape[-1]) % 2 == 0
    std = torch.exp(0.5 * log_var)
    return mu + torch.where(half, std.detach(), std) * noise


@wrong("no gradient reaches log_var")
def sample_with_numpy_noise_detached(mu, log_var):
    noise = torch.from_numpy(np.random.default_rng().standard_normal(mu.shape)).float()
    return mu + torch.exp(0.5 * log_var).detach() * noise


@wrong("the gradient with respect to log_var is not: it is 2 times the right one")
def sample_own_generator_gradient_doubled(mu, log_var):
    noise = torch.randn(mu.shape, generator=OWN)
    return _with_noise(mu, 2 * log_var - log_var.detach(), noise)


@wrong("the gradient with respect to mu is not: it is 2 times the right one")
def sample_own_generator_mu_doubled(mu, log_var):
    noise = torch.randn(mu.shape, generator=OWN)
    return _with_noise(2 * mu - mu.detach(), log_var, noise)


@wrong("the gradient with respect to mu is not")
def sample_gradient_of_the_mean(mu, log_var):
    z = _with_noise(mu, log_var, torch.randn_like(mu))
    return z.detach() + (z.mean() - z.mean().detach())


@wrong("Is it clamped")
def sample_noise_clamped(mu, log_var):
    return _with_noise(mu, log_var, torch.randn_like(mu).clamp(-3, 3))


@wrong("Is it clamped")
def sample_noise_truncated(mu, log_var):
    return _with_noise(mu, log_var, torch.nn.init.trunc_normal_(torch.empty_like(mu), a=-3, b=3))


@wrong("its standard deviation is")
def sample_noise_wider(mu, log_var):
    return _with_noise(mu, log_var, 1.05 * torch.randn_like(mu))


@wrong("is not standard normal")
def sample_laplace(mu, log_var):
    noise = torch.distributions.Laplace(0.0, 0.5**0.5).sample(mu.shape)
    return _with_noise(mu, log_var, noise)


@wrong("is not standard normal")
def sample_student(mu, log_var):
    noise = torch.distributions.StudentT(6.0).sample(mu.shape) * (4 / 6) ** 0.5
    return _with_noise(mu, log_var, noise)


@wrong("the noise takes a few values only")
def sample_signs(mu, log_var):
    return _with_noise(mu, log_var, torch.randn_like(mu).sign())


@wrong("the noise of one dimension and the next is correlated")
def sample_neighbours_alike(mu, log_var):
    noise = torch.randn(*mu.shape[:-1], (mu.shape[-1] + 1) // 2).repeat_interleave(2, -1)
    return _with_noise(mu, log_var, noise[..., : mu.shape[-1]])


@wrong("is correlated")
def sample_flipped(mu, log_var):
    half = torch.randn((len(mu) + 1) // 2, *mu.shape[1:])
    return _with_noise(mu, log_var, torch.cat([half, -half.flip(0)])[: len(mu)])


@wrong("has related sizes")
def sample_sizes_alike(mu, log_var):
    noise = torch.randn(*mu.shape[:-1], 1).abs() * torch.randn_like(mu).sign()
    return _with_noise(mu, log_var, noise)


@wrong("in small batches")
def sample_balanced(mu, log_var):
    noise = torch.randn_like(mu)
    if mu.ndim > 1:
        noise = noise - noise.mean(-2, keepdim=True)
        noise = noise / noise.square().mean(-2, keepdim=True).sqrt().clamp(min=1e-3)
    return _with_noise(mu, log_var, noise)


@wrong("the same noise comes")
def sample_kept(mu, log_var, kept={}):  # noqa: B006
    noise = kept.setdefault((mu.shape, torch.randint(2, ()).item()), torch.randn_like(mu))
    return _with_noise(mu, log_var, noise)


@wrong("the noise is shared by the samples in front")
def sample_shared_by_samples(mu, log_var):
    return _with_noise(mu, log_var, torch.randn(mu.shape[-2:]))


@wrong("your function raised ValueError")
def sample_of_two_axes_only(mu, log_var):
    rows, columns = mu.shape
    return _with_noise(mu, log_var, torch.randn(rows, columns))


@wrong("some examples get no noise")
def sample_last_forgotten(mu, log_var):
    noise = torch.randn_like(mu)
    if mu.ndim > 1:
        noise[-1] = 0
    return _with_noise(mu, log_var, noise)


@wrong("between -25 and 25: is something clamped")
def sample_clamped_at_ten(mu, log_var):
    return _with_noise(mu, log_var.clamp(-10, 10), torch.randn_like(mu))


@wrong("by torch.normal, detached")
def sample_by_torch_normal(mu, log_var):
    return torch.normal(mu, torch.exp(0.5 * log_var))


@wrong("one array is expected")
def sample_in_a_dict(mu, log_var):
    return {"z": _with_noise(mu, log_var, torch.randn_like(mu))}


@wrong("the shape is")
def sample_flat(mu, log_var):
    return _with_noise(mu, log_var, torch.randn_like(mu)).flatten()
