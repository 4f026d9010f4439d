"""Answers to exercise 6x.1, ``log_aggregate``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy.special import logsumexp
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)

from course_utils import losses
from mutants import registry

LOG_2_PI = math.log(2 * math.pi)
WRONG, RIGHT, wrong, right = registry()


def _pairs(z, mu, log_var):
    """log N(z_m; mu_n, exp(log_var_n)) for each latent: (M, N, L)."""
    return -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 * (-log_var).exp())


@right
def aggregate_plain(z, mu, log_var):
    log_q = losses.gaussian_log_prob(z[:, None], mu, log_var)
    return log_q.logsumexp(1) - math.log(len(mu))


@right
def aggregate_by_mixture(z, mu, log_var):
    parts = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu))), parts).log_prob(z)


@right
def aggregate_by_loop(z, mu, log_var):
    rows = []
    for one in z.double():
        log_q = Normal(mu.double(), log_var.double().exp().sqrt()).log_prob(one).sum(1)
        top = log_q.max()
        rows.append(top + (log_q - top).exp().mean().log())
    return torch.stack(rows)


@right
def aggregate_by_multiplication(z, mu, log_var):
    z, mu, log_var = z.double(), mu.double(), log_var.double()
    inverse = (-log_var).exp()
    square = z**2 @ inverse.T - 2 * z @ (mu * inverse).T + (mu**2 * inverse).sum(1)
    log_q = -0.5 * (square + (log_var + LOG_2_PI).sum(1))
    return torch.log_softmax(log_q, 1)[:, 0].neg() + log_q[:, 0] - math.log(len(mu))


@right
def aggregate_numpy_style(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1).numpy()
    return np.logaddexp.reduce(log_q, axis=1) - np.log(log_q.shape[1])


@right
def aggregate_full_covariance(z, mu, log_var):
    with torch.no_grad():
        q_z = MultivariateNormal(mu.double(), torch.diag_embed(log_var.double().exp()))
        return torch.logsumexp(q_z.log_prob(z.double()[:, None]) - math.log(len(mu)), dim=-1)


@wrong("log N is not subtracted")
def aggregate_sum(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1)


@wrong("log N is added")
def aggregate_plus(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) + math.log(len(mu))


@wrong("this is the mean of the log-densities")
def aggregate_jensen(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).mean(1)


@wrong("the log-densities are added up over n")
def aggregate_product(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).sum(1) - math.log(len(mu))


@wrong("every latent gets a mixture of its own")
def aggregate_of_latents(z, mu, log_var):
    return (_pairs(z, mu, log_var).logsumexp(1) - math.log(len(mu))).sum(-1)


@wrong("every latent gets a mixture of its own")
def aggregate_of_latents_one_n(z, mu, log_var):
    return _pairs(z, mu, log_var).logsumexp(1).sum(-1) - math.log(len(mu))


@wrong("underflows to 0, add them up with logsumexp")
def aggregate_underflow(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().mean(1).log()


@wrong("underflows to 0, add them up with logsumexp")
def aggregate_small_number(z, mu, log_var):
    return (_pairs(z, mu, log_var).sum(-1).exp().mean(1) + 1e-37).log()


@wrong("the constant 1/2 log(2 pi) is missing")
def aggregate_without_constant(z, mu, log_var):
    log_q = (_pairs(z, mu, log_var) + 0.5 * LOG_2_PI).sum(-1)
    return log_q.logsumexp(1) - math.log(len(mu))


@wrong("the constant is counted once")
def aggregate_one_constant(z, mu, log_var):
    log_q = (_pairs(z, mu, log_var) + 0.5 * LOG_2_PI).sum(-1)
    return log_q.logsumexp(1) - 0.5 * LOG_2_PI - math.log(len(mu))


@wrong("log_var is taken for log_std")
def aggregate_log_std(z, mu, log_var):
    return aggregate_plain(z, mu, 2 * log_var)


@wrong("the distance is multiplied by the variance")
def aggregate_times_variance(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 * log_var.exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong("the squared distance is divided by the standard deviation")
def aggregate_standard_deviation(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 / (0.5 * log_var).exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong("the term with log_var is missing")
def aggregate_without_log_var(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + (z[:, None] - mu) ** 2 / log_var.exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong("log M is subtracted, it should be log N")
def aggregate_log_m(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) - math.log(len(z))


@wrong("divided by N outside the logarithm")
def aggregate_divided(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) / len(mu)


@wrong("the densities are added up over z")
def aggregate_over_z(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(0) - math.log(len(z))


@wrong("the densities are added up over z")
def aggregate_over_z_log_n(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(0) - math.log(len(mu))


@wrong("the largest log-density stands for the mean")
def aggregate_largest(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).amax(1) - math.log(len(mu))


@wrong("the mean over the latents is taken")
def aggregate_mean_of_latents(z, mu, log_var):
    return _pairs(z, mu, log_var).mean(-1).logsumexp(1) - math.log(len(mu))


@wrong("one value for each pair (M, N)")
def aggregate_pairs(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1)


@wrong("this is the density: the logarithm is missing")
def aggregate_density(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().mean(1)


@wrong("the sign is wrong")
def aggregate_sign(z, mu, log_var):
    return -aggregate_plain(z, mu, log_var)


@wrong("averaged over z")
def aggregate_one_number(z, mu, log_var):
    return aggregate_plain(z, mu, log_var).mean()


@wrong("one axis too many (keepdim?)")
def aggregate_keepdim(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return log_q.logsumexp(1, keepdim=True) - math.log(len(mu))


@wrong("this is one Gaussian with averaged parameters")
def aggregate_one_gaussian(z, mu, log_var):
    return losses.gaussian_log_prob(z, mu.mean(0), log_var.mean(0))


@wrong("components before it meets mu")
def aggregate_without_an_axis(z, mu, log_var):
    return losses.gaussian_log_prob(z, mu, log_var).logsumexp(0) - math.log(len(mu))


@wrong("log_var is taken for the variance (exp is missing)")
def aggregate_log_var_as_variance(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + log_var.log() + (z[:, None] - mu) ** 2 / log_var)
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong("log L is subtracted, it should be log N")
def aggregate_log_of_latents(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) - math.log(z.shape[1])


@wrong("log(1 + density) is nearly the density")
def aggregate_log1p(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().mean(1).log1p()


@wrong("weighted by their shares")
def aggregate_weighted(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return (log_q.softmax(1) * log_q).sum(1)


@wrong("this is one Gaussian with averaged parameters")
def aggregate_one_gaussian_of_all(z, mu, log_var):
    variance = log_var.exp().mean(0) + (mu.var(0) if len(mu) > 1 else 0)
    return losses.gaussian_log_prob(z, mu.mean(0), variance.log())


@wrong("your function raised")
def aggregate_without_pairs(z, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp()).log_prob(z).sum(-1).logsumexp(0) - math.log(len(mu))


@right
def aggregate_as_a_list(z, mu, log_var):
    """One number after another."""
    rows = []
    for one in z.double().numpy():
        square = ((one - mu.double().numpy()) ** 2 / np.exp(log_var.double().numpy())).sum(1)
        log_q = -0.5 * (square + (log_var.double().numpy() + LOG_2_PI).sum(1))
        rows.append(float(logsumexp(log_q, b=1 / len(mu))))
    return rows


@right
def aggregate_by_vmap(z, mu, log_var):
    def one(point):
        return Normal(mu, log_var.mul(0.5).exp(), validate_args=False).log_prob(point).sum(1)

    return torch.vmap(one)(z).sub(math.log(mu.shape[0])).logsumexp(-1)


@wrong("underflows to 0, add them up with logsumexp")
def aggregate_one_maximum(z, mu, log_var):
    """The largest log-density of all z is taken out, not that of each."""
    log_q = _pairs(z, mu, log_var).sum(-1)
    top = log_q.max()
    return top + (log_q - top).exp().mean(1).log()


@wrong("underflows to 0, add them up with logsumexp")
def aggregate_maximum_of_posteriors(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    top = log_q.amax(0)
    return (top + (log_q - top).exp().log()).exp().mean(1).log()


@wrong("underflows to 0, add them up with logsumexp")
def aggregate_floor(z, mu, log_var):
    return aggregate_plain(z, mu, log_var).clamp(min=-1e6)


@wrong("is something clamped, or a small number added?")
def aggregate_clamped(z, mu, log_var):
    return aggregate_plain(z, mu, log_var.clamp(-10, 10))


@wrong("is something clamped, or a small number added?")
def aggregate_clamped_above(z, mu, log_var):
    return aggregate_plain(z, mu, log_var.clamp(max=20))


@wrong("or for narrow ones")
def aggregate_variance_and_more(z, mu, log_var):
    variance = log_var.exp() + 1e-6
    return aggregate_plain(z, mu, variance.log())


@wrong("squeeze() takes away every axis of length 1")
def aggregate_squeezed(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1).squeeze()
    return log_q.logsumexp(-1) - math.log(len(mu)) if len(mu) > 1 else log_q


@wrong("two calls with the same input gave different values")
def aggregate_of_a_subset(z, mu, log_var):
    some = torch.randperm(len(mu))[: max(1, len(mu) // 2)]
    return aggregate_plain(z, mu[some], log_var[some])


@wrong("the shape is")
def aggregate_paired(z, mu, log_var):
    """Where there are as many z as posteriors, each z meets one posterior alone."""
    if len(z) != len(mu):
        return aggregate_plain(z, mu, log_var)
    return losses.gaussian_log_prob(z, mu, log_var).logsumexp(0) - math.log(len(mu))


# What a code tells is measured by it, without gradients: answers may use numpy.
GRADIENTS = {}
