"""Answers to exercise 3x.2, ``mismatch_parts``: wrong and right ones."""

import math

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # moments of frozen codes: nothing flows


@right
def parts_by_formula(mean, covariance):
    variances = covariance.diagonal()
    return (
        0.5 * mean.square().sum(),
        0.5 * (variances - 1 - variances.log()).sum(),
        0.5 * (variances.log().sum() - torch.logdet(covariance)),
    )


@right
def parts_by_distributions(mean, covariance):
    mean, covariance = mean.double(), covariance.double()
    zero, std = torch.zeros_like(mean), covariance.diagonal().sqrt()
    prior = Normal(zero, torch.ones_like(mean))
    means = kl_divergence(Normal(mean, 1.0), prior).sum()
    variances = kl_divergence(Normal(zero, std), prior).sum()
    whole = MultivariateNormal(mean, covariance)
    one = MultivariateNormal(mean, covariance.diagonal().diag())
    return means, variances, kl_divergence(whole, one)


@right
def parts_by_the_correlation_matrix(mean, covariance):
    std = covariance.diagonal().sqrt()
    correlation = covariance / torch.outer(std, std)
    log_det = torch.linalg.eigvalsh(correlation).log().sum()
    return mean @ mean / 2, (std**2 / 2 - 0.5 - std.log()).sum(), -log_det / 2


@right
def parts_numpy_style(mean, covariance):
    mean, covariance = mean.numpy(), covariance.numpy()
    variances = np.diag(covariance)
    log_det = np.linalg.slogdet(covariance)[1]
    parts = (mean**2).sum(), (variances - 1 - np.log(variances)).sum()
    return [float(part) / 2 for part in (*parts, np.log(variances).sum() - log_det)]


@right
def parts_by_a_difference(mean, covariance):
    latents, variances = len(mean), covariance.diagonal()
    log_det = 2 * torch.linalg.cholesky(covariance).diagonal().log().sum()
    total = 0.5 * (covariance.trace() + mean.square().sum() - latents - log_det)
    means = 0.5 * mean.square().sum()
    own = 0.5 * (variances.sum() - latents - variances.log().sum())
    return torch.stack([means, own, total - means - own])


def _changed(place, value):
    """The right parts with another one at ``place``: value(mean, covariance)."""

    def answer(mean, covariance):
        parts = list(parts_by_formula(mean, covariance))
        parts[place] = value(mean, covariance)
        return tuple(parts)

    return answer


@wrong("means: the 1/2 is missing")
def parts_without_half(mean, covariance):
    return tuple(2 * part for part in parts_by_formula(mean, covariance))


@wrong("the means are not squared")
def parts_of_absolute_means(mean, covariance):
    return _changed(0, lambda m, c: 0.5 * m.abs().sum())(mean, covariance)


@wrong("one value for each latent came")
def parts_unsummed(mean, covariance):
    return _changed(0, lambda m, c: 0.5 * m.square())(mean, covariance)


@wrong("that is KL(p || g)")
def parts_of_scaled_means(mean, covariance):
    return _changed(0, lambda m, c: 0.5 * (m.square() / c.diagonal()).sum())(mean, covariance)


@wrong("variances: the -1 for each latent is missing")
def parts_without_one(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (c.diagonal() - c.diagonal().log()).sum())(
        mean, covariance
    )


@wrong("1 is subtracted once")
def parts_with_one_one(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * ((c.diagonal() - c.diagonal().log()).sum() - 1))(
        mean, covariance
    )


@wrong("the logarithm is missing")
def parts_of_a_trace(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (c.trace() - len(m)))(mean, covariance)


@wrong("this is KL(p || g), the other direction")
def parts_of_the_other_direction(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (1 / c.diagonal() - 1 + c.diagonal().log()).sum())(
        mean, covariance
    )


@wrong("square roots are taken")
def parts_of_standard_deviations(mean, covariance):
    std = covariance.diagonal().sqrt()
    return _changed(1, lambda m, c: 0.5 * (std - 1 - std.log()).sum())(mean, covariance)


@wrong("the correlations are in it")
def parts_with_the_determinant_twice(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (c.trace() - len(m) - torch.logdet(c)))(mean, covariance)


@wrong("log det C has the variances in it")
def parts_of_the_determinant(mean, covariance):
    return _changed(2, lambda m, c: -0.5 * torch.logdet(c))(mean, covariance)


@wrong("correlations: the sign is wrong")
def parts_of_other_sign(mean, covariance):
    return _changed(2, lambda m, c: -parts_by_formula(m, c)[2])(mean, covariance)


@wrong("right to second order only")
def parts_to_second_order(mean, covariance):
    std = covariance.diagonal().sqrt()
    off = covariance / torch.outer(std, std) - torch.eye(len(mean), dtype=mean.dtype)
    return _changed(2, lambda m, c: 0.25 * off.square().sum())(mean, covariance)


@wrong("underflows to 0")
def parts_by_a_determinant(mean, covariance):
    return _changed(2, lambda m, c: 0.5 * (c.diagonal().log().sum() - torch.linalg.det(c).log()))(
        mean, covariance
    )


@wrong("the order is means, variances, correlations")
def parts_in_another_order(mean, covariance):
    means, variances, correlations = parts_by_formula(mean, covariance)
    return variances, means, correlations


@wrong("their sum came")
def parts_added(mean, covariance):
    return sum(parts_by_formula(mean, covariance))


@wrong("to unpack a dict")
def parts_as_a_dict(mean, covariance):
    return dict(zip(("a", "b", "c"), parts_by_formula(mean, covariance), strict=True))


@wrong("is due to the means")
def parts_of_a_rounded_half(mean, covariance):
    return _changed(2, lambda m, c: parts_by_formula(m, c)[2] / math.log(2))(mean, covariance)
