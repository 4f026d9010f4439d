"""Answers to exercise 2.4, ``active_units``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a number that is counted: nothing flows


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


@wrong("every latent is counted: is it the variance that is compared")
def active_by_mean_size(mu, threshold=0.01):
    return int((mu.abs().mean(0) > threshold).sum())


@wrong("every latent is counted: is it the variance that is compared")
def active_by_length(mu, threshold=0.01):
    return len(mu.abs().mean(0) > threshold)


@wrong("the variance is not what is compared")
def active_by_any(mu, threshold=0.01):
    return int((mu > threshold).any(0).sum())


@wrong("the mean is compared with the threshold, not the variance")
def active_by_mean(mu, threshold=0.01):
    return int((mu.mean(0) > threshold).sum())


@wrong("True or False for each dimension came")
def active_mask(mu, threshold=0.01):
    return mu.var(0) > threshold


@wrong("the variances came")
def active_variances(mu, threshold=0.01):
    return mu.var(0)


@wrong("a fraction came")
def active_fraction(mu, threshold=0.01):
    return (mu.var(0) > threshold).float().mean()


@wrong("raised TypeError")
def active_without_threshold(mu):
    return int((mu.var(0) > 0.01).sum())


@right
def active_by_loop(mu, threshold=0.01):
    count = 0
    for column in mu.T.tolist():
        mean = sum(column) / len(column)
        count += sum((one - mean) ** 2 for one in column) / (len(column) - 1) > threshold
    return count


@right
def active_by_covariance(mu, threshold=0.01):
    covariance = torch.cov(mu.double().T, correction=0).reshape(mu.shape[1], mu.shape[1])
    return len(torch.nonzero(covariance.diagonal() > threshold))


@right
def active_as_float(mu, threshold=0.01):
    centred = mu - mu.mean(0, keepdim=True)
    return (centred.square().mean(0) > threshold).float().sum()


@wrong("a variance that equals the threshold counts")
def active_at_least(mu, threshold=0.01):
    return int((mu.var(0) >= threshold).sum())


@wrong("another number came")
def active_by_range(mu, threshold=0.01):
    return int(((mu.amax(0) - mu.amin(0)) ** 2 > 36 * threshold).sum())


@wrong("another number came")
def active_by_quartiles(mu, threshold=0.01):
    low, high = mu.quantile(0.25, 0), mu.quantile(0.75, 0)
    return int((((high - low) / 1.349) ** 2 > threshold).sum())


@wrong("another number came")
def active_of_the_first_images(mu, threshold=0.01):
    return int((mu[:100].var(0) > threshold).sum())


@wrong("another number came")
def active_by_differences(mu, threshold=0.01):
    return int((mu.diff(dim=0).square().mean(0) / 2 > threshold).sum())


@wrong("another number came")
def active_with_tolerance(mu, threshold=0.01):
    return int((mu.var(0) > 0.9 * threshold).sum())


@wrong("the standard deviation is compared with the threshold")
def active_by_squared_threshold(mu, threshold=0.01):
    return int((mu.var(0) > threshold**2).sum())


@wrong("the indices of the active dimensions came")
def active_indices(mu, threshold=0.01):
    return torch.nonzero(mu.var(0) > threshold).flatten()


@wrong("the variances of the active dimensions are added")
def active_sum(mu, threshold=0.01):
    variance = mu.var(0)
    return variance[variance > threshold].sum()


@wrong("raised TypeError")
def active_without_default(mu, threshold):
    return int((mu.var(0) > threshold).sum())


@wrong("the shape is")
def active_in_a_list(mu, threshold=0.01):
    return torch.tensor([int((mu.var(0) > threshold).sum())])


@wrong("one array is expected")
def active_and_variances(mu, threshold=0.01):
    return int((mu.var(0) > threshold).sum()), mu.var(0)
