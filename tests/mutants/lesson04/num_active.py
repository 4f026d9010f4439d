"""Answers to exercise 4.3, ``num_active``: wrong and right ones."""

import numpy as np

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
