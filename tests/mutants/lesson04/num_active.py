"""Answers to exercise 4.3, ``num_active``: wrong and right ones."""

import bisect

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a count


@right
def active_tensor(eigenvalues, num_latents, beta, variance):
    return (eigenvalues > beta * variance).sum().clamp(max=num_latents)


@right
def active_plain(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance).sum()))


@right
def active_largest(eigenvalues, num_latents, beta, variance):
    """The largest ones, then the bar."""
    return (eigenvalues.topk(num_latents).values / variance > beta).sum().item()


@right
def active_loop(eigenvalues, num_latents, beta, variance):
    count = 0
    for value in sorted(eigenvalues.tolist(), reverse=True)[:num_latents]:
        if value <= beta * variance:
            break
        count += 1
    return count


@right
def active_numpy_style(eigenvalues, num_latents, beta, variance):
    largest = np.sort(eigenvalues.numpy())[::-1][:num_latents]
    return float(np.count_nonzero(largest - beta * variance > 0))


@right
def active_by_roots(eigenvalues, num_latents, beta, variance):
    """Both sides in logarithms, in float64."""
    logs = eigenvalues.double().log() > torch.tensor(beta * variance, dtype=torch.float64).log()
    return torch.minimum(logs.count_nonzero(), torch.tensor(num_latents))


@right
def active_by_bisection(eigenvalues, num_latents, beta, variance):
    values = sorted(eigenvalues.tolist())
    return min(len(values) - bisect.bisect_right(values, beta * variance), num_latents)


@right
def active_by_rates(eigenvalues, num_latents, beta, variance):
    """Latents whose rate is positive."""
    largest = eigenvalues.double().sort(descending=True).values[:num_latents]
    return int((largest - beta * variance).clamp(min=0).sign().sum())


@wrong("beta is left out")
def active_no_beta(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > variance).sum()))


@wrong("the variance is left out")
def active_no_variance(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta).sum()))


@wrong("the standard deviation is taken for the variance")
def active_std(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance**0.5).sum()))


@wrong("the root of the eigenvalue is compared")
def active_root(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues.sqrt() > beta * variance).sum()))


@wrong("beta is squared")
def active_both_roots(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues.sqrt() > beta * variance**0.5).sum()))


@wrong("divided by beta: a larger beta raises the bar")
def active_divided(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > variance / beta).sum()))


@wrong("a 2 too many")
def active_doubled(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > 2 * variance * beta).sum()))


@wrong("num_latents is not used")
def active_not_cut(eigenvalues, num_latents, beta, variance):
    return int((eigenvalues > beta * variance).sum())


@wrong("the inactive ones are counted")
def active_inactive(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues < beta * variance).sum()))


@wrong("num_latents came")
def active_all(eigenvalues, num_latents, beta, variance):
    return max(num_latents, int((eigenvalues > beta * variance).sum()))


@wrong("only the first num_latents entries are looked at")
def active_first(eigenvalues, num_latents, beta, variance):
    return int((eigenvalues[:num_latents] > beta * variance).sum())


@wrong("only the last num_latents entries are looked at")
def active_last(eigenvalues, num_latents, beta, variance):
    """As if in the rising order of eigvalsh."""
    return int((eigenvalues[-num_latents:] > beta * variance).sum())


@wrong("True or False for each eigenvalue came")
def active_mask(eigenvalues, num_latents, beta, variance):
    return eigenvalues > beta * variance


@wrong("True or False for each latent came")
def active_mask_of_latents(eigenvalues, num_latents, beta, variance):
    return eigenvalues.sort(descending=True).values[:num_latents] > beta * variance


@wrong("the active eigenvalues came")
def active_values(eigenvalues, num_latents, beta, variance):
    return eigenvalues[eigenvalues > beta * variance]


@wrong("are added up, not counted")
def active_sum(eigenvalues, num_latents, beta, variance):
    return eigenvalues[eigenvalues > beta * variance].sum()


@wrong("a fraction came")
def active_fraction(eigenvalues, num_latents, beta, variance):
    return (eigenvalues > beta * variance).float().mean()


@wrong("a factor 1/2 too many")
def active_halved(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance / 2).sum()))


@wrong("the square of the eigenvalue is compared")
def active_squared(eigenvalues, num_latents, beta, variance):
    """As if singular values had come."""
    return min(num_latents, int((eigenvalues**2 > beta * variance).sum()))


@wrong("the variance is squared")
def active_variance_squared(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance**2).sum()))


@wrong("divided by the variance")
def active_divided_by_variance(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta / variance).sum()))


@wrong("by their sum")
def active_normalised(eigenvalues, num_latents, beta, variance):
    shares = eigenvalues / eigenvalues.sum()
    return min(num_latents, int((shares > beta * variance).sum()))


@wrong("> is meant, not >=")
def active_at_least(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues >= beta * variance).sum()))


@wrong("is something rounded, or added to the bar?")
def active_rounded(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > round(beta * variance, 3)).sum()))


@wrong("is something rounded, or added to the bar?")
def active_clearly(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > 1.01 * beta * variance).sum()))


@wrong("is a small number added")
def active_with_epsilon(eigenvalues, num_latents, beta, variance):
    return min(num_latents, int((eigenvalues > beta * variance + 1e-6).sum()))


@wrong("equal ones count each")
def active_different(eigenvalues, num_latents, beta, variance):
    return min(num_latents, len({v for v in eigenvalues.tolist() if v > beta * variance}))


@wrong("the inactive latents are counted")
def active_collapsed(eigenvalues, num_latents, beta, variance):
    return num_latents - active_plain(eigenvalues, num_latents, beta, variance)


@wrong("none is active")
def active_at_least_one(eigenvalues, num_latents, beta, variance):
    return max(1, active_plain(eigenvalues, num_latents, beta, variance))


@wrong("as many are active as there are latents")
def active_never_all(eigenvalues, num_latents, beta, variance):
    """The place of the first inactive one, which is 0 where there is none."""
    largest = eigenvalues.sort(descending=True).values
    first = int((largest <= beta * variance).int().argmax())
    return min(num_latents, first)


@wrong("overwrites its argument eigenvalues")
def active_in_place(eigenvalues, num_latents, beta, variance):
    eigenvalues -= beta * variance
    return min(num_latents, int((eigenvalues > 0).sum()))


@wrong("one array is expected; a tuple")
def active_pair(eigenvalues, num_latents, beta, variance):
    return active_plain(eigenvalues, num_latents, beta, variance), num_latents


@wrong("an object of type str")
def active_in_words(eigenvalues, num_latents, beta, variance):
    return f"{active_plain(eigenvalues, num_latents, beta, variance)} of {num_latents}"
