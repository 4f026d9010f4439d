"""Answers to exercise 2.4, ``active_units``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def active_by_variance(mu, threshold=0.01):
    return int((mu.var(0) > threshold).sum())


@right
def active_as_tensor(mu, threshold=0.01):
    mu = mu.double()
    variance = (mu**2).mean(0) - mu.mean(0) ** 2
    return torch.count_nonzero(variance > threshold)


@right
def active_numpy_style(mu, threshold=0.01):
    return np.sum(np.var(mu.numpy(), axis=0) > threshold)


@wrong("the standard deviation is compared")
def active_std(mu, threshold=0.01):
    return int((mu.std(0) > threshold).sum())


@wrong("the mean is not subtracted")
def active_mean_square(mu, threshold=0.01):
    return int(((mu**2).mean(0) > threshold).sum())


@wrong("the variance is taken over the latents")
def active_wrong_axis(mu, threshold=0.01):
    return int((mu.var(1) > threshold).sum())


@wrong("the inactive dimensions are counted")
def active_inactive(mu, threshold=0.01):
    return int((mu.var(0) < threshold).sum())


@wrong("the threshold is not used")
def active_fixed_threshold(mu, threshold=0.01):
    return int((mu.var(0) > 0.01).sum())


@wrong("True or False for each dimension came")
def active_mask(mu, threshold=0.01):
    return mu.var(0) > threshold


@wrong("the variances came")
def active_variances(mu, threshold=0.01):
    return mu.var(0)


@wrong("a fraction came")
def active_fraction(mu, threshold=0.01):
    return (mu.var(0) > threshold).float().mean()


@wrong("your function raised TypeError")
def active_without_threshold(mu):
    return int((mu.var(0) > 0.01).sum())
