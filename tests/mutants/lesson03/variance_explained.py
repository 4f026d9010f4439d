"""Answers to exercise 3.7, ``variance_explained``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a number to report, which may be numpy: nothing flows


def _sums(target, guess):
    return (target - guess).square().sum(), (target - target.mean(0)).square().sum()


@right
def explained_plain(target, guess):
    error, spread = _sums(target, guess)
    return 1 - error / spread


@right
def explained_by_means(target, guess):
    spread = target.var(0, correction=0).mean()
    return 1 - torch.nn.functional.mse_loss(guess, target) / spread


@right
def explained_as_array(target, guess):
    t, g = target.double().numpy(), guess.double().numpy()
    return 1 - np.sum((t - g) ** 2) / np.sum((t - t.mean(axis=0, keepdims=True)) ** 2)


@right
def explained_by_loop(target, guess):
    error = spread = 0.0
    columns = zip(target.flatten(1).T if target.ndim > 1 else target[None],
                  guess.flatten(1).T if guess.ndim > 1 else guess[None], strict=True)  # fmt: skip
    for t, g in columns:
        error += float((t - g).double().square().sum())
        spread += float((t.double() - t.double().mean()).square().sum())
    return 1 - error / spread


@right
def explained_as_difference(target, guess):
    error, spread = _sums(target.double(), guess.double())
    return ((spread - error) / spread).item()


@wrong("the share that is left over")
def explained_rest(target, guess):
    error, spread = _sums(target, guess)
    return error / spread


@wrong("sum over the entries too")
def explained_each_entry(target, guess):
    error = (target - guess).square().sum(0)
    return 1 - error / (target - target.mean(0)).square().sum(0)


@wrong("the ratios of the entries are averaged")
def explained_mean_of_ratios(target, guess):
    return explained_each_entry(target, guess).mean()


@wrong("each entry has its own mean over the images")
def explained_one_mean(target, guess):
    return 1 - (target - guess).square().sum() / (target - target.mean()).square().sum()


@wrong("no mean is subtracted")
def explained_no_mean(target, guess):
    return 1 - (target - guess).square().sum() / target.square().sum()


@wrong("the mean of each image is subtracted")
def explained_mean_of_image(target, guess):
    error = (target - guess).square().sum()
    middle = target.flatten(1).mean(1) if target.ndim > 1 else target
    spread = (target - middle.view(-1, *[1] * (target.ndim - 1))).square().sum()
    return 1 - error / spread if target.ndim > 1 else explained_plain(target, guess)


@wrong("the spread is the guess's")
def explained_spread_of_guess(target, guess):
    return 1 - (target - guess).square().sum() / (guess - guess.mean(0)).square().sum()


@wrong("a guess may vary and be wrong")
def explained_ratio_of_variances(target, guess):
    return guess.var(0).sum() / target.var(0).sum()


@wrong("off by a constant")
def explained_without_bias(target, guess):
    left = target - guess
    return 1 - (left - left.mean(0)).square().sum() / _sums(target, guess)[1]


@wrong("off by a constant")
def explained_by_variances(target, guess):
    return 1 - (target - guess).var(0).sum() / target.var(0).sum()


@wrong("roots are taken")
def explained_roots(target, guess):
    error, spread = _sums(target, guess)
    return 1 - (error / spread).sqrt()


@wrong("absolute values")
def explained_absolute(target, guess):
    return 1 - (target - guess).abs().sum() / (target - target.mean(0)).abs().sum()


@wrong("a mean stands against a sum")
def explained_mean_and_sum(target, guess):
    return 1 - (target - guess).square().mean() / _sums(target, guess)[1]


@wrong("a mean stands against a sum")
def explained_sum_and_mean(target, guess):
    return 1 - (target - guess).square().sum() / (target - target.mean(0)).square().mean()


@wrong("a mean over the images stands against a sum")
def explained_variance_and_sum(target, guess):
    return 1 - (target - guess).square().sum() / target.var(0, correction=0).sum()


@wrong("upside down")
def explained_upside_down(target, guess):
    error, spread = _sums(target, guess)
    return 1 - spread / error


@wrong("below 0")
def explained_cut_off(target, guess):
    return explained_plain(target, guess).clamp(min=0)


@wrong("the squared correlation")
def explained_correlation(target, guess):
    a, b = target - target.mean(0), guess - guess.mean(0)
    return (a * b).sum() ** 2 / (a.square().sum() * b.square().sum())


@wrong("with N - 1")
def explained_unbiased(target, guess):
    error = (target - guess).square().sum(0) / len(target)
    return 1 - error.sum() / target.var(0).sum()


@wrong("one array is expected")
def explained_in_parts(target, guess):
    return _sums(target, guess)


@wrong("two calls with the same input")
def explained_with_noise(target, guess):
    return explained_plain(target, guess) + 1e-5 * torch.rand(())


@wrong("the shape is")
def explained_with_axis(target, guess):
    return explained_plain(target, guess)[None]
