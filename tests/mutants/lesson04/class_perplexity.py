"""Answers to exercise 4.7, ``class_perplexity``: wrong and right ones."""

import math
from collections import Counter

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # labels: nothing flows


def _shares(labels):
    return torch.bincount(labels, minlength=10) / len(labels)


def _entropy(labels):
    return torch.special.entr(_shares(labels)).sum()


@right
def perplexity_by_entr(labels):
    return _entropy(labels).exp().item()


@right
def perplexity_as_tensor(labels):
    return _entropy(labels).exp()


@right
def perplexity_by_counting(labels):
    counts = Counter(labels.tolist())
    return math.exp(-sum(n / len(labels) * math.log(n / len(labels)) for n in counts.values()))


@right
def perplexity_numpy_style(labels):
    _, counts = np.unique(labels.numpy(), return_counts=True)
    p = counts / counts.sum()
    return np.exp(-(p * np.log(p)).sum())


@right
def perplexity_as_product(labels):
    p = _shares(labels).double()
    return (p**-p).prod()


@right
def perplexity_by_one_hot(labels):
    p = torch.nn.functional.one_hot(labels, 10).double().mean(0)
    return torch.distributions.Categorical(probs=p).entropy().exp().item()


@right
def perplexity_of_each_label(labels):
    """The mean of -log p over the labels themselves."""
    return _shares(labels)[labels].log().mean().neg().exp().item()


@right
def perplexity_nearly_clamped(labels):
    p = _shares(labels).clamp(min=1e-12)
    return torch.exp(-(p * p.log()).sum()).item()


@wrong("this is the entropy: its exponential is wanted")
def perplexity_no_exp(labels):
    return _entropy(labels).item()


@wrong("needs a minus")
def perplexity_no_minus(labels):
    return (-_entropy(labels)).exp().item()


@wrong("a class that never occurs contributes 0")
def perplexity_of_nan(labels):
    p = _shares(labels)
    return torch.exp(-(p * p.log()).sum()).item()


@wrong("the logarithm is to base 2")
def perplexity_of_bits(labels):
    return (_entropy(labels) / math.log(2)).exp().item()


@wrong("2 to the entropy in nats")
def perplexity_two_to_nats(labels):
    return 2 ** _entropy(labels).item()


@wrong("the entropy in bits came")
def perplexity_bits(labels):
    return (_entropy(labels) / math.log(2)).item()


@wrong("another count of classes")
def perplexity_simpson(labels):
    return 1 / _shares(labels).square().sum().item()


@wrong("the classes that occur are counted")
def perplexity_count(labels):
    return len(labels.unique())


@wrong("it is to be weighted by p")
def perplexity_unweighted(labels):
    p = _shares(labels)
    return p[p > 0].log().mean().neg().exp().item()


@wrong("averaged over the classes")
def perplexity_averaged(labels):
    return torch.special.entr(_shares(labels)).mean().exp().item()


@wrong("the shares are kept away from 0 by a thousandth")
def perplexity_clamped(labels):
    p = _shares(labels).clamp(min=1e-3)
    return torch.exp(-(p * p.log()).sum()).item()


@wrong("do the shares add up to 1")
def perplexity_laplace(labels):
    """One more of each class."""
    p = (torch.bincount(labels, minlength=10) + 1) / (len(labels) + 10)
    return torch.special.entr(p).sum().exp().item()


@wrong("do the shares add up to 1")
def perplexity_of_nine(labels):
    return torch.special.entr(_shares(labels)[:9]).sum().exp().item()


@wrong("do the shares add up to 1")
def perplexity_of_softmax(labels):
    p = torch.bincount(labels, minlength=10).double().softmax(0)
    return torch.special.entr(p).sum().exp().item()
