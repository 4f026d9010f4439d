"""Answers to exercise 6.1, ``flow_log_prob``: wrong and right ones."""

import math

import torch
from torch.distributions import Independent, Normal

from course_utils import losses
from mutants import registry
from mutants.lesson06._common import LOG_2_PI, log_normal

WRONG, RIGHT, wrong, right = registry()


@right
def flow_plain(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * (epsilon.square() + LOG_2_PI)).sum(-1)


@wrong("the log-determinant is counted twice")
def flow_with_two_determinants(z, log_scale, shift):
    conditional = Normal(-shift * (-log_scale).exp(), (-log_scale).exp())
    return (conditional.log_prob(z) + log_scale).sum(-1)


@wrong("is the variance of z_i given those before it: Normal takes its root")
def flow_of_a_variance(z, log_scale, shift):
    return Normal(-shift * (-log_scale).exp(), (-2 * log_scale).exp()).log_prob(z).sum(-1)


@right
def flow_in_doubles(z, log_scale, shift):
    epsilon = shift.double() + torch.exp(log_scale.double()) * z.double()
    constant = 0.5 * z.shape[-1] * math.log(2 * math.pi)
    return torch.sum(log_scale, dim=-1) - 0.5 * (epsilon**2).sum(dim=-1) - constant


@right
def flow_by_distribution(z, log_scale, shift):
    epsilon = torch.addcmul(shift, z, log_scale.exp())
    prior = Independent(Normal(torch.zeros_like(z), torch.ones_like(z)), 1)
    return prior.log_prob(epsilon) + log_scale.sum(-1)


@right
def flow_as_gaussian(z, log_scale, shift):
    return Normal(-shift / log_scale.exp(), (-log_scale).exp()).log_prob(z).sum(z.ndim - 1)


@right
def flow_by_package(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    zero = torch.zeros_like(epsilon)
    return losses.gaussian_log_prob(epsilon, zero, zero) + log_scale.sum(-1)


@wrong("log_scale has the wrong sign in the log-determinant")
def flow_minus_determinant(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) - log_scale).sum(-1)


@wrong("the log-determinant, the sum of log_scale, is missing")
def flow_without_determinant(z, log_scale, shift):
    return log_normal(z * log_scale.exp() + shift).sum(-1)


@wrong("exp(log_scale) is added")
def flow_determinant(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale.exp()).sum(-1)


@wrong("log_scale is averaged over the dimensions")
def flow_mean_determinant(z, log_scale, shift):
    return log_normal(z * log_scale.exp() + shift).sum(-1) + log_scale.mean(-1)


@wrong("the constant 1/2 log(2 pi) is missing")
def flow_without_constant(z, log_scale, shift):
    return (log_scale - 0.5 * (z * log_scale.exp() + shift) ** 2).sum(-1)


@wrong("the constant is counted once")
def flow_one_constant(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * epsilon**2).sum(-1) - 0.5 * LOG_2_PI


@wrong("the 1/2 is missing in front of epsilon squared")
def flow_without_half(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - epsilon**2 - 0.5 * LOG_2_PI).sum(-1)


@wrong("the 1/2 is missing in front of log(2 pi)")
def flow_whole_constant(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * epsilon**2 - LOG_2_PI).sum(-1)


@wrong("epsilon squared has the wrong sign")
def flow_plus_square(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale + 0.5 * epsilon**2 - 0.5 * LOG_2_PI).sum(-1)


@wrong("epsilon is not squared")
def flow_not_squared(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * (epsilon + LOG_2_PI)).sum(-1)


@wrong("is the other direction, from noise to z")
def flow_other_direction(z, log_scale, shift):
    return (log_normal((z - shift) * (-log_scale).exp()) + log_scale).sum(-1)


@wrong("is the other direction, from noise to z")
def flow_of_the_inverse(z, log_scale, shift):
    return (log_normal((z - shift) * (-log_scale).exp()) - log_scale).sum(-1)


@wrong("shift is added before the scaling")
def flow_shift_first(z, log_scale, shift):
    return (log_normal((z + shift) * log_scale.exp()) + log_scale).sum(-1)


@wrong("shift is subtracted, and before the scaling")
def flow_minus_shift_first(z, log_scale, shift):
    return (log_normal((z - shift) * log_scale.exp()) + log_scale).sum(-1)


@wrong("shift is subtracted: ")
def flow_minus_shift(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() - shift) + log_scale).sum(-1)


@wrong("log_scale is taken for the scale")
def flow_scale(z, log_scale, shift):
    return (log_normal(z * log_scale + shift) + log_scale).sum(-1)


@wrong("log_scale is taken for the scale")
def flow_scale_throughout(z, log_scale, shift):
    return (log_normal(z * log_scale + shift) + log_scale.abs().log()).sum(-1)


@wrong("log_scale is halved")
def flow_log_var(z, log_scale, shift):
    return (log_normal(z * (0.5 * log_scale).exp() + shift) + 0.5 * log_scale).sum(-1)


@wrong("the normal density is taken at z")
def flow_density_of_z(z, log_scale, shift):
    return (log_normal(z) + log_scale).sum(-1)


@wrong("summed over the batch")
def flow_sum(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale).sum()


@wrong("the mean over the batch is taken")
def flow_batch_mean(z, log_scale, shift):
    return flow_plain(z, log_scale, shift).mean()


@wrong("the mean over the dimensions is taken")
def flow_mean(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale).mean(-1)


@wrong("the sum over the dimensions is missing")
def flow_for_each_dimension(z, log_scale, shift):
    return log_normal(z * log_scale.exp() + shift) + log_scale


@wrong("one axis too many (keepdim?)")
def flow_keepdim(z, log_scale, shift):
    return flow_plain(z, log_scale, shift)[..., None]


@wrong("summed over the wrong axis")
def flow_wrong_axis(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale).sum(0)


@wrong("K samples in front")
def flow_second_axis(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale).sum(1)


@wrong("the sign is wrong: this is minus the log-density")
def flow_loss(z, log_scale, shift):
    return -flow_plain(z, log_scale, shift)


@wrong("this is the density: the logarithm is missing")
def flow_density(z, log_scale, shift):
    return flow_plain(z, log_scale, shift).exp()


@wrong("is exp(log_scale) multiplied and its logarithm taken")
def flow_logarithm_of_product(z, log_scale, shift):
    scale = log_scale.exp()
    return log_normal(z * scale + shift).sum(-1) + scale.prod(-1).log()


@wrong("or a density that underflows?")
def flow_logarithm_of_density(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    density = (-0.5 * epsilon**2).exp() / math.sqrt(2 * math.pi)
    return (density.log() + log_scale).sum(-1)


@wrong("is something clamped")
def flow_clamped(z, log_scale, shift):
    return flow_plain(z, log_scale.clamp(-5, 5), shift)


@wrong("no gradient reaches log_scale")
def flow_detached(z, log_scale, shift):
    return flow_plain(z, log_scale.detach(), shift)


@wrong("the gradient with respect to log_scale is not")
def flow_determinant_detached(z, log_scale, shift):
    return (log_normal(z * log_scale.exp() + shift) + log_scale.detach()).sum(-1)


@wrong("no gradient reaches z")
def flow_no_grad(z, log_scale, shift):
    with torch.no_grad():
        return flow_plain(z, log_scale, shift)


@wrong("is something clamped")
def flow_clamped_at_ten(z, log_scale, shift):
    return flow_plain(z, log_scale.clamp(-10, 10), shift)


@wrong("is something clamped")
def flow_clamped_below(z, log_scale, shift):
    return flow_plain(z, log_scale.clamp(min=-10), shift)


@wrong("is something clamped")
def flow_z_clamped(z, log_scale, shift):
    return flow_plain(z.clamp(-5, 5), log_scale, shift)


@wrong("is something clamped")
def flow_small_number(z, log_scale, shift):
    scale = log_scale.exp() + 1e-8
    return (log_normal(z * scale + shift) + scale.log()).sum(-1)


@wrong("squeeze() takes away every axis of length 1")
def flow_squeezed(z, log_scale, shift):
    return flow_plain(z, log_scale, shift).squeeze()


@wrong("the shape is")
def flow_two_axes(z, log_scale, shift):
    return (
        flow_plain(z, log_scale, shift).flatten(2)
        if z.ndim > 3
        else flow_plain(z, log_scale, shift).reshape(z.shape[:2] if z.ndim == 3 else -1)
    )


@wrong("the gradient with respect to z is not")
def flow_gradient_of_the_mean(z, log_scale, shift):
    """Every example gets the same gradient."""
    value = flow_plain(z, log_scale, shift)
    return value.detach() + (value.mean() - value.mean().detach())


@wrong("the gradient with respect to shift is not")
def flow_gradient_doubled(z, log_scale, shift):
    return flow_plain(z, log_scale, 2 * shift - shift.detach())


@wrong("is something divided by z, log_scale or shift?")
def flow_by_division(z, log_scale, shift):
    return (log_normal(z * (log_scale.exp() + shift / z)) + log_scale).sum(-1)


@right
def flow_by_vmap(z, log_scale, shift):
    def one(z, log_scale, shift):
        epsilon = torch.exp(log_scale) * z + shift
        return log_scale.sum() - 0.5 * (epsilon @ epsilon) - 0.5 * len(z) * LOG_2_PI

    rows = [part.reshape(-1, z.shape[-1]) for part in (z, log_scale, shift)]
    return torch.vmap(one)(*rows).view(z.shape[:-1])


@right
def flow_by_loop(z, log_scale, shift):
    total = torch.zeros(z.shape[:-1], dtype=torch.float64)
    for i in range(z.shape[-1]):
        epsilon = z[..., i].double() * log_scale[..., i].double().exp() + shift[..., i]
        total = total + log_scale[..., i] - epsilon**2 / 2 - LOG_2_PI / 2
    return total


@wrong("two calls with the same input gave different values")
def flow_with_noise(z, log_scale, shift):
    """Dequantised, which nothing asks for."""
    return flow_plain(z + 0.01 * torch.randn_like(z), log_scale, shift)


GRADIENTS = {0: (0, 1, 2)}
