"""Answers to exercise 4x.1, ``best_variance``: wrong and right ones."""

import math

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # the check looks at the gradient itself


def _filled(variance, num_values):
    return num_values / 2 * (torch.log(2 * math.pi * variance) + 1)


@right
def variance_by_the_formula(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, _filled(variance, num_values)


@right
def variance_put_into_the_density(squared_error, num_values):
    variance = squared_error.mean() / num_values
    each = num_values / 2 * (2 * math.pi * variance).log() + squared_error / (2 * variance)
    return variance, each.mean()


@right
def variance_held_fixed_in_the_density(squared_error, num_values):
    """By the envelope theorem its gradient is the same."""
    variance = squared_error.detach().mean() / num_values
    each = num_values / 2 * (2 * math.pi * variance).log() + squared_error / (2 * variance)
    return variance, each.mean()


@right
def variance_through_its_logarithm(squared_error, num_values):
    log_var = (squared_error / num_values).mean().log()
    return log_var.exp(), num_values / 2 * (math.log(2 * math.pi) + log_var + 1)


@right
def variance_by_torch_distributions(squared_error, num_values):
    variance = squared_error.sum() / (len(squared_error) * num_values)
    normal = torch.distributions.Normal(0.0, variance.sqrt())
    deviation = (squared_error.double() / num_values).sqrt().float()
    return variance, -(num_values * normal.log_prob(deviation)).mean()


@right
def variance_as_a_list(squared_error, num_values):
    return list(variance_by_the_formula(squared_error, num_values))


@wrong("the variance comes first")
def variance_last(squared_error, num_values):
    return variance_by_the_formula(squared_error, num_values)[::-1]


@wrong("the sum over the values is not divided by their number")
def variance_of_the_whole_image(squared_error, num_values):
    variance = squared_error.mean()
    return variance, _filled(variance, num_values)


@wrong("the batch is summed, its mean is wanted")
def variance_of_the_summed_batch(squared_error, num_values):
    variance = squared_error.sum() / num_values
    return variance, _filled(variance, num_values)


@wrong("the root is too much")
def variance_as_a_deviation(squared_error, num_values):
    variance = (squared_error.mean() / num_values).sqrt()
    return variance, _filled(variance, num_values)


@wrong("the variance itself is wanted")
def variance_as_a_logarithm(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance.log(), distortion


@wrong("half of it came")
def variance_halved(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance / 2, distortion


@wrong("each image is given a variance of its own")
def variance_for_each_image(squared_error, num_values):
    variance = squared_error / num_values
    return variance.mean(), _filled(variance, num_values).mean()


@wrong("the 1 is missing")
def variance_without_the_one(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values / 2 * torch.log(2 * math.pi * variance)


@wrong("the log(2 pi) is missing")
def variance_without_two_pi(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values / 2 * (variance.log() + 1)


@wrong("log(2 pi) and the 1 are missing")
def variance_of_the_bare_logarithm(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values / 2 * variance.log()


@wrong("the factor D / 2 is missing")
def variance_of_one_value(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, torch.log(2 * math.pi * variance) + 1


@wrong("the factor 1/2 is missing")
def variance_without_the_half(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance, 2 * distortion


@wrong("the sign is wrong")
def variance_of_the_log_likelihood(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance, -distortion


@wrong("SE / s stands for SE / (2 s)")
def variance_in_twice_the_error(squared_error, num_values):
    variance = squared_error.mean() / num_values
    each = num_values / 2 * (2 * math.pi * variance).log() + squared_error / variance
    return variance, each.mean()


@wrong("the variance is held at 1")
def variance_held_at_one(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values / 2 * math.log(2 * math.pi) + squared_error.mean() / 2


@wrong("bits are returned")
def variance_in_bits(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance, distortion / math.log(2)


@wrong("the batch is summed, its mean is wanted")
def variance_with_a_summed_distortion(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance, distortion * len(squared_error)


@wrong("no gradient reaches squared_error")
def variance_as_numbers(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return variance.item(), distortion.item()


@wrong("no gradient reaches squared_error")
def variance_of_a_detached_error(squared_error, num_values):
    return variance_by_the_formula(squared_error.detach(), num_values)


@wrong("return a tuple, not a dict")
def variance_as_a_dict(squared_error, num_values):
    variance, distortion = variance_by_the_formula(squared_error, num_values)
    return {"variance": variance, "distortion": distortion}


@wrong("a pair of numbers is expected")
def variance_of_every_image(squared_error, num_values):
    variance = squared_error.mean() / num_values
    each = num_values / 2 * (2 * math.pi * variance).log() + squared_error / (2 * variance)
    return variance, torch.cat([each, each])


@wrong("your function raised")
def variance_by_math_log(squared_error, num_values):
    variance = squared_error / num_values
    return variance.mean(), num_values / 2 * (math.log(2 * math.pi * variance) + 1)


@wrong("nothing clamps it")
def variance_clamped_at_a_hundredth(squared_error, num_values):
    variance = (squared_error.mean() / num_values).clamp(min=1e-2)
    return variance, _filled(variance, num_values)


@wrong("nothing clamps it")
def variance_clamped_at_a_thousandth(squared_error, num_values):
    variance = (squared_error.mean() / num_values).clamp(min=1e-3)
    return variance, _filled(variance, num_values)


@wrong("nothing clamps it")
def variance_clamped_at_a_ten_thousandth(squared_error, num_values):
    variance = (squared_error.mean() / num_values).clamp(min=1e-4)
    return variance, _filled(variance, num_values)


@wrong("so average over the images")
def variance_with_a_distortion_for_each_image(squared_error, num_values):
    variance = squared_error.mean() / num_values
    each = num_values / 2 * (2 * math.pi * variance).log() + squared_error / (2 * variance)
    return variance, each


@wrong("so average over the images")
def variance_not_averaged(squared_error, num_values):
    variance = squared_error / num_values
    return variance, _filled(variance, num_values)


@wrong("the 1 stands outside")
def variance_with_the_one_outside(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values / 2 * torch.log(2 * math.pi * variance) + 1


@wrong("// cuts D / 2")
def variance_with_a_whole_half(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, num_values // 2 * (torch.log(2 * math.pi * variance) + 1)


@wrong("784 is written where num_values is due")
def variance_of_784_values(squared_error, num_values):
    variance = squared_error.mean() / 784
    return variance, _filled(variance, 784)


@wrong("784 is written where num_values is due")
def variance_with_a_factor_of_784_values(squared_error, num_values):
    variance = squared_error.mean() / num_values
    return variance, _filled(variance, 784)
