"""Answers to exercise 9.5, ``signal_to_noise``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a measurement of gradients, for a figure


@right
def noise_plain(gradients):
    return gradients.mean(0).abs() / gradients.std(0)


@right
def noise_with_divisor_r(gradients):
    return gradients.mean(0).abs() / gradients.std(0, correction=0)


@right
def noise_by_squares(gradients):
    gradients = gradients.double()
    mean = gradients.mean(0)
    return mean.abs() / (gradients.square().mean(0) - mean.square()).sqrt()


@right
def noise_by_numpy(gradients):
    return np.abs(np.mean(gradients.numpy(), axis=0)) / np.std(gradients.numpy(), axis=0, ddof=1)


@right
def noise_by_loop(gradients):
    ratios = []
    for column in gradients.T:
        var, mean = torch.var_mean(column)
        ratios.append(abs(mean.item()) / math.sqrt(var.item()))
    return torch.tensor(ratios)


@right
def noise_safe(gradients):
    mean = gradients.sum(0) / len(gradients)
    var = (gradients - mean).square().sum(0) / (len(gradients) - 1)
    return (mean.square() / (var + 1e-12)).sqrt()


@right
def noise_in_a_list(gradients):
    return [one.mean().abs() / one.std() for one in gradients.unbind(1)]


@right
def noise_mapped(gradients):
    of_one = torch.vmap(lambda one: one.mean().abs() / (one - one.mean()).square().mean().sqrt())
    return of_one(gradients.T)


@right
def noise_by_covariance(gradients):
    columns = gradients.double().T
    return columns.mean(1).abs() / torch.atleast_2d(torch.cov(columns)).diagonal().sqrt()


@right
def noise_of_pairs(gradients):
    """The variance is half the mean square of the differences of all pairs."""
    apart = gradients[:, None].double() - gradients.double()
    pairs = len(gradients) * (len(gradients) - 1)
    return gradients.mean(0).abs() / (apart.square().sum((0, 1)) / (2 * pairs)).sqrt()


@wrong("the absolute value is missing")
def noise_signed(gradients):
    return gradients.mean(0) / gradients.std(0)


@wrong("over the parameters: the estimates are dim 0")
def noise_over_parameters(gradients):
    return gradients.mean(1).abs() / gradients.std(1)


@wrong("over the parameters: the estimates are dim 0")
def noise_over_last(gradients):
    return gradients.mean(-1).abs() / gradients.std(-1, correction=0)


@wrong("the variance divides")
def noise_over_variance(gradients):
    return gradients.mean(0).abs() / gradients.var(0)


@wrong("the standard error of the mean divides")
def noise_over_standard_error(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) / math.sqrt(len(gradients)))


@wrong("upside down")
def noise_inverse(gradients):
    return gradients.std(0) / gradients.mean(0).abs()


@wrong("upside down")
def noise_inverse_signed(gradients):
    return gradients.std(0) / gradients.mean(0)


@wrong("one number came")
def noise_averaged(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).mean()


@wrong("one number came")
def noise_of_all(gradients):
    return gradients.mean().abs() / gradients.std()


@wrong("one number came")
def noise_of_norms(gradients):
    return gradients.mean(0).norm() / gradients.std(0).norm()


@wrong("absolute values are averaged")
def noise_of_sizes(gradients):
    return gradients.abs().mean(0) / gradients.std(0)


@wrong("absolute values are averaged")
def noise_of_absolute_values(gradients):
    sizes = gradients.abs()
    return sizes.mean(0) / sizes.std(0)


@wrong("the root of the mean square divides")
def noise_over_rms(gradients):
    return gradients.mean(0).abs() / gradients.square().mean(0).sqrt()


@wrong("the square came")
def noise_of_powers(gradients):
    return gradients.mean(0).square() / gradients.var(0)


@wrong("the mean is squared, the standard deviation is not")
def noise_mean_squared(gradients):
    return gradients.mean(0) ** 2 / gradients.std(0)


@wrong("decibels came")
def noise_in_decibels(gradients):
    return 20 * torch.log10(gradients.mean(0).abs() / gradients.std(0))


@wrong("the sum over the estimates stands for the mean")
def noise_of_sum(gradients):
    return gradients.sum(0).abs() / gradients.std(0)


@wrong("the division by the standard deviation is missing")
def noise_mean_alone(gradients):
    return gradients.mean(0).abs()


@wrong("this is the standard deviation alone")
def noise_alone(gradients):
    return gradients.std(0)


@wrong("each estimate is divided")
def noise_of_each(gradients):
    return gradients.abs() / gradients.std(0)


@wrong("the standard deviation is averaged over the parameters")
def noise_with_mean_std(gradients):
    return gradients.mean(0).abs() / gradients.std(0).mean()


@wrong("the standard deviation is over all entries")
def noise_with_std_of_all(gradients):
    return gradients.mean(0).abs() / gradients.std()


@wrong("absolute deviations are averaged")
def noise_mean_deviation(gradients):
    mean = gradients.mean(0)
    return mean.abs() / (gradients - mean).abs().mean(0)


@wrong("the median stands for the mean")
def noise_of_median(gradients):
    return gradients.quantile(0.5, dim=0).abs() / gradients.std(0)


@wrong("a small number added")
def noise_with_small_number(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) + 1e-3)


@wrong("one parameter lost its axis")
def noise_squeezed(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).squeeze()


@wrong("an axis too many")
def noise_keepdim(gradients):
    return gradients.mean(0, keepdim=True).abs() / gradients.std(0, keepdim=True)


@wrong("divided by R, or by R - 1, no other number")
def noise_with_divisor_r_minus_two(gradients):
    return gradients.mean(0).abs() / gradients.std(0, correction=2)


@wrong("divided by R, or by R - 1, no other number")
def noise_with_divisor_r_plus_one(gradients):
    return gradients.mean(0).abs() / gradients.std(0, correction=-1)


@wrong("upside down")
def noise_exchanged(gradients):
    mean, std = torch.std_mean(gradients, 0)
    return mean.abs() / std


@wrong("over the parameters: the estimates are dim 0")
def noise_transposed(gradients):
    return noise_plain(gradients.T)
