"""Answers to exercise 6x.2, ``responsibilities``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy.special import softmax
from torch.distributions import Categorical, Normal

from course_utils import losses
from mutants import registry

LOG_2_PI = math.log(2 * math.pi)
WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a picture and a known case use them, without gradients


def _pairs(z, mu, log_var):
    """log N(z_m; mu_k, exp(log_var_k)) for each latent: (M, K, L)."""
    return -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 * (-log_var).exp())


@right
def shares_plain(z, mu, log_var):
    return losses.gaussian_log_prob(z[:, None], mu, log_var).softmax(1)


@right
def shares_by_logsumexp(z, mu, log_var):
    log_q = Normal(mu, (0.5 * log_var).exp()).log_prob(z[:, None]).sum(-1)
    return (log_q - log_q.logsumexp(1, keepdim=True)).exp()


@right
def shares_without_the_constant(z, mu, log_var):
    square = (z[:, None] - mu) ** 2 / log_var.exp()
    return torch.softmax(-0.5 * (square + log_var).sum(-1), dim=-1)


@right
def shares_by_a_loop(z, mu, log_var):
    rows = []
    for one in z.double():
        log_q = _pairs(one[None], mu.double(), log_var.double()).sum(-1)[0]
        weight = (log_q - log_q.max()).exp()
        rows.append(weight / weight.sum())
    return torch.stack(rows)


@right
def shares_by_numpy(z, mu, log_var):
    return softmax(_pairs(z, mu, log_var).sum(-1).numpy(), axis=1)


@right
def shares_by_categorical(z, mu, log_var):
    return Categorical(logits=_pairs(z, mu, log_var).sum(-1)).probs


@wrong("the shares are over z (dimension 0)")
def shares_over_the_codes(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).softmax(0)


@wrong("underflows to 0, so take the softmax of the log-densities")
def shares_of_densities(z, mu, log_var):
    density = _pairs(z, mu, log_var).sum(-1).exp()
    return density / density.sum(1, keepdim=True)


@wrong("underflows to 0, so take the softmax of the log-densities")
def shares_with_a_small_number(z, mu, log_var):
    density = _pairs(z, mu, log_var).sum(-1).exp()
    return density / (density.sum(1, keepdim=True) + 1e-30)


@wrong("these are the densities: divide each row by its sum")
def shares_not_divided(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp()


@wrong("these are the log-densities")
def shares_as_log_densities(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1)


@wrong("each row has to add up to 1")
def shares_of_all_pairs(z, mu, log_var):
    density = _pairs(z, mu, log_var).sum(-1).exp()
    return density / density.sum()


@wrong("this is the logarithm of the shares")
def shares_as_logarithms(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).log_softmax(1)


@wrong("it takes the log-densities")
def shares_by_two_exponentials(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().softmax(1)


@wrong("log-densities are divided by their sum")
def shares_of_logarithms(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return log_q / log_q.sum(1, keepdim=True)


@wrong("divided by the mean over k")
def shares_by_the_mean(z, mu, log_var):
    density = _pairs(z, mu, log_var).sum(-1).exp()
    return density / density.mean(1, keepdim=True)


@wrong("that is a hard choice")
def shares_of_the_largest(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return torch.nn.functional.one_hot(log_q.argmax(1), len(mu)).float()


@wrong("the number of the likeliest component")
def shares_as_an_index(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).argmax(1)


@wrong("the mean over the latents is taken")
def shares_of_means(z, mu, log_var):
    return _pairs(z, mu, log_var).mean(-1).softmax(1)


@wrong("every latent has shares of its own")
def shares_of_latents(z, mu, log_var):
    return _pairs(z, mu, log_var).softmax(1)


@wrong("every latent has shares of its own")
def shares_of_latents_multiplied(z, mu, log_var):
    return _pairs(z, mu, log_var).softmax(1).prod(-1)


@wrong("the axes are swapped")
def shares_turned(z, mu, log_var):
    return shares_plain(z, mu, log_var).T


@wrong("averaged over z")
def shares_averaged(z, mu, log_var):
    return shares_plain(z, mu, log_var).mean(0)


@wrong("the sign is wrong")
def shares_of_the_unlikely(z, mu, log_var):
    return (-_pairs(z, mu, log_var).sum(-1)).softmax(1)


@wrong("the term with log_var is missing")
def shares_without_log_var(z, mu, log_var):
    terms = -0.5 * (z[:, None] - mu) ** 2 / log_var.exp()
    return terms.sum(-1).softmax(1)


@wrong("the variance is taken to be 1")
def shares_of_distances(z, mu, log_var):
    return (-0.5 * (z[:, None] - mu) ** 2).sum(-1).softmax(1)


@wrong("this is the squared error, no log-density")
def shares_of_squared_distances(z, mu, log_var):
    return (-torch.cdist(z, mu).square()).softmax(1)


@wrong("log_var is taken for log_std")
def shares_of_log_std(z, mu, log_var):
    return shares_plain(z, mu, 2 * log_var)


@wrong("the distance is multiplied by the variance")
def shares_times_the_variance(z, mu, log_var):
    terms = -0.5 * (log_var + (z[:, None] - mu) ** 2 * log_var.exp())
    return terms.sum(-1).softmax(1)


@wrong("is something clamped, or a small number added?")
def shares_clamped(z, mu, log_var):
    return shares_plain(z, mu, log_var.clamp(-10, 10))


@wrong("squeeze() takes away every axis of length 1")
def shares_squeezed(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1).squeeze()
    return log_q.softmax(-1) if len(mu) > 1 else torch.ones(len(z), 1)


@wrong("two calls with the same input gave different values")
def shares_drawn(z, mu, log_var):
    noise = 0.01 * torch.randn_like(z)
    return shares_plain(z + noise, mu, log_var)


@wrong("one axis too many")
def shares_of_three_axes(z, mu, log_var):
    return shares_plain(z, mu, log_var)[..., None]


@wrong("the rows do not add up to 1: divide each by its sum")
def shares_beside_the_largest(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return (log_q - log_q.amax(1, keepdim=True)).exp()


@wrong("the rows add up to 1/K")
def shares_by_the_number(z, mu, log_var):
    return shares_plain(z, mu, log_var) / len(mu)


@wrong("one array is expected")
def shares_in_a_list(z, mu, log_var):
    return list(shares_plain(z, mu, log_var))


@wrong("components before it meets mu")
def shares_without_an_axis(z, mu, log_var):
    return losses.gaussian_log_prob(z, mu, log_var).softmax(0)


@wrong("your function raised")
def shares_without_pairs(z, mu, log_var):
    return Normal(mu, np.exp(0.5)).log_prob(z).sum(-1).softmax(0)
