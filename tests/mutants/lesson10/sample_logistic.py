"""Answers to exercise 10.3, ``sample_logistic``: wrong and right ones."""

import numpy as np
import torch
from scipy import stats
from torch import distributions

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # what is rounded has no gradient


@right
def draw_by_levels(u, mu, log_scale):
    x = mu + torch.exp(log_scale) * torch.log(u / (1 - u))
    return 2 * torch.round((x + 1) * 127.5).clamp(0, 255) / 255 - 1


@right
def draw_by_logit(u, mu, log_scale):
    x = (mu + log_scale.exp() * torch.logit(u)).clamp(-1, 1)
    return (2 * torch.round(255 * (x + 1) / 2) - 255) / 255


@right
def draw_by_floor(u, mu, log_scale):
    x = torch.log(u).sub(torch.log1p(-u)).mul(log_scale.exp()).add(mu)
    return torch.floor(127.5 * (x + 1) + 0.5).clamp(0, 255) / 127.5 - 1


@right
def draw_by_numpy(u, mu, log_scale):
    u, mu, log_scale = (array.double().numpy() for array in (u, mu, log_scale))
    x = mu - np.exp(log_scale) * np.log(1 / u - 1)
    return np.clip(np.rint(127.5 * (x + 1)), 0, 255) / 127.5 - 1


@right
def draw_by_bytes(u, mu, log_scale):
    x = (mu - (log_scale.exp() * ((1 - u).log() - u.log()))).clamp(-1, 1)
    k = ((x + 1) * 127.5).round().to(torch.uint8)
    return k.float() / 255 * 2 - 1


@right
def draw_by_distance(u, mu, log_scale):
    levels = torch.linspace(-1, 1, 256)
    x = mu + log_scale.exp() * torch.special.logit(u)
    return levels[(x[..., None] - levels).abs().argmin(-1)]


@right
def draw_by_scipy(u, mu, log_scale):
    u, mu, log_scale = (array.double().numpy() for array in (u, mu, log_scale))
    x = stats.logistic(loc=mu, scale=np.exp(log_scale)).ppf(u)
    return torch.tensor((2 * np.digitize(x, (np.arange(255) + 0.5) / 127.5 - 1) - 255) / 255)


@right
def draw_by_transform(u, mu, log_scale):
    x = distributions.AffineTransform(mu, log_scale.exp())(distributions.SigmoidTransform().inv(u))
    levels = torch.arange(256) / 127.5 - 1
    return levels[((x + 1) * 127.5).clamp(0, 255).add(0.5).long()]


@right
def draw_with_a_guard(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.logit(u, eps=1e-6))


def _put(x):
    return 2 * torch.round((x + 1) * 127.5).clamp(0, 255) / 255 - 1


@wrong("the draw is not rounded to the grid")
def draw_not_rounded(u, mu, log_scale):
    return (mu + log_scale.exp() * torch.logit(u)).clamp(-1, 1)


@wrong("the draw is neither rounded nor clipped")
def draw_raw(u, mu, log_scale):
    return mu + log_scale.exp() * torch.logit(u)


@wrong("values lie beyond the grid: the draw is not clipped")
def draw_not_clipped(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5) / 127.5 - 1


@wrong("the noise is clipped before mu is added")
def draw_clipped_early(u, mu, log_scale):
    x = mu + (log_scale.exp() * torch.logit(u)).clamp(-1, 1)
    return torch.round((x + 1) * 127.5) / 127.5 - 1


@wrong("the levels are half a step off")
def draw_half_off(u, mu, log_scale):
    return (torch.round(draw_raw(u, mu, log_scale) * 127.5) / 127.5).clamp(-1, 1)


@wrong("the levels are 1/128 apart")
def draw_128(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 128).clamp(0, 255) / 128 - 1


@wrong("the grid has 255 levels")
def draw_255_levels(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127).clamp(0, 254) / 127 - 1


@wrong("the grid has 128 levels")
def draw_128_levels(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 63.5).clamp(0, 127) / 63.5 - 1


@wrong("the grid has 511 levels")
def draw_511_levels(u, mu, log_scale):
    return (torch.round(draw_raw(u, mu, log_scale) * 255) / 255).clamp(-1, 1)


@wrong("the level 0, 1, ..., 255 came")
def draw_level(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5).clamp(0, 255)


@wrong("x is on [0, 1]")
def draw_zero_one(u, mu, log_scale):
    return draw_level(u, mu, log_scale) / 255


@wrong("the draw is rounded down")
def draw_floor(u, mu, log_scale):
    return torch.floor((draw_raw(u, mu, log_scale) + 1) * 127.5).clamp(0, 255) / 127.5 - 1


@wrong("the draw is rounded down")
def draw_truncated(u, mu, log_scale):
    return ((draw_raw(u, mu, log_scale).clamp(-1, 1) + 1) * 127.5).long() / 127.5 - 1


@wrong("the normal quantile stands for the logit")
def draw_normal(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.special.ndtri(u))


@wrong("x falls with u")
def draw_falls(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.log((1 - u) / u))


@wrong("log(1 - u) is missing: the noise")
def draw_log_u(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.log(u))


@wrong("log(u) is missing: the noise")
def draw_exponential(u, mu, log_scale):
    return _put(mu - log_scale.exp() * torch.log1p(-u))


@wrong("this is Gumbel noise")
def draw_gumbel(u, mu, log_scale):
    return _put(mu - log_scale.exp() * torch.log(-torch.log(u)))


@wrong("the logarithm is missing")
def draw_without_log(u, mu, log_scale):
    return _put(mu + log_scale.exp() * u / (1 - u))


@wrong("the sigmoid stands for its inverse")
def draw_sigmoid(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.sigmoid(u))


@wrong("the scale is missing")
def draw_without_scale(u, mu, log_scale):
    return _put(mu + torch.logit(u))


@wrong("log_scale is taken for the scale")
def draw_log_scale(u, mu, log_scale):
    return _put(mu + log_scale * torch.logit(u))


@wrong("log_scale is taken for a log-variance")
def draw_variance(u, mu, log_scale):
    return _put(mu + torch.exp(0.5 * log_scale) * torch.logit(u))


@wrong("the noise is divided by the scale")
def draw_divided(u, mu, log_scale):
    return _put(mu + torch.logit(u) / log_scale.exp())


@wrong("mu is missing")
def draw_without_mu(u, mu, log_scale):
    return _put(log_scale.exp() * torch.logit(u))


@wrong("the mean came: u is not used")
def draw_mean(u, mu, log_scale):
    return _put(mu)


@wrong("the normal quantile stands for the logit, log(u / (1 - u)); and it is neither")
def draw_normal_raw(u, mu, log_scale):
    return mu + log_scale.exp() * torch.special.ndtri(u)


@wrong("levels beyond the grid wrap around")
def draw_wrapped(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5).remainder(256) / 127.5 - 1


@wrong("u is held away from 0 and 1")
def draw_of_middle_u(u, mu, log_scale):
    return draw_by_levels(u.clamp(1e-3, 1 - 1e-3), mu, log_scale)


@wrong("u is held away from 0 and 1")
def draw_of_high_u(u, mu, log_scale):
    return draw_by_levels(u.clamp(max=1 - 1e-5), mu, log_scale)


@wrong("a small number is added to it")
def draw_with_small_number(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.log((u + 1e-5) / (1 - u + 1e-5)))


@wrong("log_scale is held within bounds")
def draw_of_bounded_scale(u, mu, log_scale):
    return draw_by_levels(u, mu, log_scale.clamp(-5, 5))


@wrong("the ends of the grid are -1 and 1")
def draw_without_ends(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5).clamp(1, 254) / 127.5 - 1


@wrong("the ends of the grid are -1 and 1")
def draw_below_one(u, mu, log_scale):
    return _put(draw_raw(u, mu, log_scale).clamp(-0.99, 0.99))


@wrong("mu is held in [-1, 1]")
def draw_of_mu_on_the_grid(u, mu, log_scale):
    return draw_by_levels(u, mu.clamp(-1, 1), log_scale)


@wrong("u is the only noise")
def draw_afresh(u, mu, log_scale):
    return draw_by_levels(torch.rand_like(u), mu, log_scale)
