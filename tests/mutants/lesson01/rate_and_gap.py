"""Answers to exercise 1.7, ``rate_and_gap``: wrong and right ones."""

import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}


def _kl(ratio):
    return 0.5 * (ratio - 1 - ratio.log())


def _rate(variances, noise):
    return 0.5 * (variances / noise).clamp(min=1).log().sum()


def _gap(variances, noise):
    return _kl((variances / noise).clamp(max=1)).sum()


@right
def both_by_clamping(variances, noise):
    return _rate(variances, noise), _gap(variances, noise)


@right
def both_axis_by_axis(variances, noise):
    rate = gap = 0.0
    for variance in variances.tolist():
        if variance > noise:
            rate += math.log(variance / noise) / 2
        else:
            gap += (variance / noise - 1 - math.log(variance / noise)) / 2
    return rate, gap


@right
def both_by_distribution(variances, noise):
    model = Normal(0.0, torch.maximum(variances, torch.tensor(noise)).sqrt())
    gap = kl_divergence(Normal(0.0, variances.sqrt()), model).sum()
    return model.entropy().sub(Normal(0.0, noise**0.5).entropy()).sum(), gap


@wrong("return a tuple, not a dict")
def both_in_a_dict(variances, noise):
    return {"rate": _rate(variances, noise), "gap": _gap(variances, noise)}


@right
def both_in_numpy(variances, noise):
    spectrum = np.asarray(variances)
    model = np.where(spectrum < noise, noise, spectrum)
    ratio = spectrum / model
    return [np.log(model / noise).sum() / 2, (ratio - 1 - np.log(ratio)).sum() / 2]


@right
def both_by_scores(variances, noise):
    """The gap as the model's score minus the entropy of the data."""
    model = variances.clamp(min=noise)
    score = 0.5 * (model.log() + variances / model).sum()
    both = 0.5 * (model.log() - math.log(noise)).sum(), score - 0.5 * (variances.log() + 1).sum()
    return torch.stack(both)


@wrong("rate: this is 1/2 log(det / noise^D)")
def rate_of_the_text(variances, noise):
    return 0.5 * (variances / noise).log().sum(), _gap(variances, noise)


@wrong("rate: W W^T is taken to be the covariance")
def rate_of_whole_covariance(variances, noise):
    return 0.5 * (1 + variances / noise).log().sum(), _gap(variances, noise)


@wrong("rate: the 1/2 is missing")
def rate_no_half(variances, noise):
    return 2 * _rate(variances, noise), _gap(variances, noise)


@wrong("rate: bits are returned, nats are wanted")
def rate_in_bits(variances, noise):
    return _rate(variances, noise) / math.log(2), _gap(variances, noise)


@wrong("rate: the sign is wrong")
def rate_sign(variances, noise):
    return -_rate(variances, noise), _gap(variances, noise)


@wrong("noise is taken for a standard deviation")
def noise_as_deviation(variances, noise):
    return _rate(variances, noise**2), _gap(variances, noise**2)


@wrong("rate: only the largest variance counts")
def rate_of_largest(variances, noise):
    return _rate(variances.max(), noise), _gap(variances, noise)


@wrong("rate: the mean over the axes is taken")
def rate_mean(variances, noise):
    return _rate(variances, noise) / len(variances), _gap(variances, noise)


@wrong("rate: the variances are not divided by the noise")
def rate_not_divided(variances, noise):
    return 0.5 * variances[variances > noise].log().sum(), _gap(variances, noise)


@wrong("rate: the logarithm is missing")
def rate_no_log(variances, noise):
    above = variances[variances > noise] / noise
    return 0.5 * (above - 1).sum(), _gap(variances, noise)


@wrong("gap: no gap came")
def gap_zero(variances, noise):
    return _rate(variances, noise), 0.0


@wrong("gap: the KL is reversed")
def gap_reversed(variances, noise):
    return _rate(variances, noise), _kl((noise / variances).clamp(min=1)).sum()


@wrong("gap: the 1/2 is missing")
def gap_no_half(variances, noise):
    return _rate(variances, noise), 2 * _gap(variances, noise)


@wrong("gap: every axis is left to the noise")
def gap_of_noise_alone(variances, noise):
    return _rate(variances, noise), _kl(variances / noise).sum()


@wrong("gap: the model's variance is taken to be variance + noise")
def gap_of_doubled(variances, noise):
    return _rate(variances, noise), _kl(variances / (variances + noise)).sum()


@wrong("gap: only the logarithms are compared")
def gap_of_entropies(variances, noise):
    return _rate(variances, noise), 0.5 * (noise / variances).clamp(min=1).log().sum()


@wrong("gap: the -1 of each axis is missing")
def gap_no_constant(variances, noise):
    low = variances[variances < noise] / noise
    return _rate(variances, noise), 0.5 * (low - low.log()).sum()


@wrong("gap: the sign is wrong")
def gap_sign(variances, noise):
    return _rate(variances, noise), -_gap(variances, noise)


@wrong("the two are swapped: the rate comes first")
def both_swapped(variances, noise):
    return _gap(variances, noise), _rate(variances, noise)


@wrong("a pair of numbers is expected")
def both_added(variances, noise):
    return _rate(variances, noise) + _gap(variances, noise)


@wrong("the sum over the axes is missing")
def one_for_each_axis(variances, noise):
    ratio = variances / noise
    return 0.5 * ratio.clamp(min=1).log(), _kl(ratio.clamp(max=1))


@wrong("the sum over the axes is missing")
def one_for_each_axis_stacked(variances, noise):
    return torch.stack(one_for_each_axis(variances, noise))


@wrong("gap: one value for each axis came: the sum over the axes is missing")
def gap_for_each_axis(variances, noise):
    return _rate(variances, noise), _kl((variances / noise).clamp(max=1))


@wrong("axes are left out: the sum stops before the last one")
def both_of_two_axes(variances, noise):
    return _rate(variances[:2], noise), _gap(variances[:2], noise)


@wrong("gap: axes are left out: the sum stops before the last one")
def gap_of_two_axes(variances, noise):
    return _rate(variances, noise), _gap(variances[:2], noise)


@wrong("gap: axes are left out: the sum starts after the first one")
def gap_without_the_first_axis(variances, noise):
    return _rate(variances, noise), _gap(variances[1:], noise)
