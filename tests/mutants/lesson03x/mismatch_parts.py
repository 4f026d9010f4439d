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
def parts_of_another_factor(mean, covariance):
    return _changed(2, lambda m, c: 1.3 * parts_by_formula(m, c)[2])(mean, covariance)


@wrong("correlations: log2 is taken")
def parts_in_bits(mean, covariance):
    return _changed(2, lambda m, c: parts_by_formula(m, c)[2] / math.log(2))(mean, covariance)


@wrong("square each mean, then add")
def parts_of_a_squared_sum(mean, covariance):
    return _changed(0, lambda m, c: 0.5 * m.sum().square())(mean, covariance)


@wrong("the length of the mean is to be squared")
def parts_of_a_length(mean, covariance):
    return _changed(0, lambda m, c: 0.5 * m.norm())(mean, covariance)


@wrong("variances: the logarithm of the sum is taken")
def parts_of_the_log_of_a_sum(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (c.trace() - len(m) - c.trace().log()))(mean, covariance)


@wrong("correlations: the logarithm of the sum is taken")
def parts_of_the_log_of_a_trace(mean, covariance):
    return _changed(2, lambda m, c: 0.5 * (c.trace().log() - torch.logdet(c)))(mean, covariance)


@wrong("lacks the factor 2")
def parts_of_half_a_determinant(mean, covariance):
    def value(m, c):
        half = torch.linalg.cholesky(c).diagonal().log().sum()
        return 0.5 * (c.diagonal().log().sum() - half)

    return _changed(2, value)(mean, covariance)


@wrong("the sign was taken")
def parts_of_a_sign(mean, covariance):
    return _changed(2, lambda m, c: 0.5 * (c.diagonal().log().sum() - torch.linalg.slogdet(c)[0]))(
        mean, covariance
    )


@wrong("it belongs outside the sum")
def parts_of_a_broadcast_determinant(mean, covariance):
    return _changed(2, lambda m, c: 0.5 * (c.diagonal().log() - torch.logdet(c)).sum())(
        mean, covariance
    )


@wrong("variances: log10 is taken")
def parts_of_log10(mean, covariance):
    return _changed(1, lambda m, c: 0.5 * (c.diagonal() - 1 - c.diagonal().log10()).sum())(
        mean, covariance
    )


@wrong("log2 is taken of the variances")
def parts_of_mixed_logarithms(mean, covariance):
    return _changed(2, lambda m, c: 0.5 * (c.diagonal().log2().sum() - torch.logdet(c)))(
        mean, covariance
    )


@wrong("underflows to 0")
def parts_by_a_clamped_determinant(mean, covariance):
    def value(m, c):
        log_det = torch.linalg.det(c.double()).clamp(min=1e-300).log()
        return 0.5 * (c.diagonal().log().sum() - log_det)

    return _changed(2, value)(mean, covariance)
