"""Answers to exercise 7.6, ``js_distance``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from torch.distributions import Categorical
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _entropy(table):
    return torch.special.entr(table).sum(-1)


def _divergence(p, q):
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2).clamp(min=0)


def _kl(p, q):
    return torch.special.xlogy(p, p / q).nan_to_num().sum(-1)


@right
def distance_plain(p, q):
    return _divergence(p, q).mean().sqrt()


@right
def distance_by_scipy(p, q):
    return (jensenshannon(p, q, axis=-1) ** 2).mean() ** 0.5


@right
def distance_by_kl(p, q):
    m = 0.5 * (p + q)
    total = 0.0
    for table in (p, q):
        seen = table > 0
        total += float((table[seen] * (table[seen] / m[seen]).log()).sum())
    return math.sqrt(max(total / 2 / len(p), 0))


@right
def distance_by_xlogy(p, q):
    m = (p + q) / 2
    parts = [torch.xlogy(table, table) - torch.xlogy(table, m) for table in (p, q)]
    return torch.relu(sum(parts).sum(1).mean() / 2) ** 0.5


@right
def distance_with_small_number(p, q):
    p, q = p.double() + 1e-12, q.double() + 1e-12
    m = (p + q) / 2
    kl = functional.kl_div
    js = 0.5 * (kl(m.log(), p, reduction="none") + kl(m.log(), q, reduction="none")).sum(-1)
    return js.mean().clamp_min(0).sqrt().item()


@right
def distance_numpy_style(p, q):
    def entropy(table):
        table = table.numpy()
        return -np.sum(np.where(table > 0, table * np.log(np.maximum(table, 1e-38)), 0), axis=1)

    js = entropy((p + q) / 2) - 0.5 * entropy(p) - 0.5 * entropy(q)
    return np.sqrt(np.maximum(js, 0).mean())


@wrong("the root is missing: this is the mean divergence")
def distance_without_root(p, q):
    return _divergence(p, q).mean()


@wrong("it is in bits")
def distance_bits(p, q):
    return (_divergence(p, q) / math.log(2)).mean().sqrt()


@wrong("it is in bits: nats are wanted (natural logarithm); and the root is missing")
def distance_bits_without_root(p, q):
    return (_divergence(p, q) / math.log(2)).mean()


@wrong("the mean of the roots is taken")
def distance_mean_of_roots(p, q):
    return _divergence(p, q).sqrt().mean()


@wrong("the mean of the roots is taken")
def distance_mean_of_scipy(p, q):
    return jensenshannon(p, q, axis=1).mean()


@wrong("the divergences are summed over the positions")
def distance_sum(p, q):
    return _divergence(p, q).sum().sqrt()


@wrong("the mean over the codes is taken in place of their sum")
def distance_mean_over_codes(p, q):
    entropy = torch.special.entr
    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean().clamp(min=0).sqrt()


@wrong("this is KL(p || q)")
def distance_kl(p, q):
    return _kl(p, q).mean().sqrt()


@wrong("this is KL(q || p)")
def distance_kl_without_root(p, q):
    return _kl(q, p).mean()


@wrong("this is the mean of KL(p || q) and KL(q || p)")
def distance_jeffreys(p, q):
    return (0.5 * (_kl(p, q) + _kl(q, p))).mean().sqrt()


@wrong("this is the sum of KL(p || q) and KL(q || p)")
def distance_jeffreys_sum(p, q):
    return (_kl(p, q) + _kl(q, p)).mean().sqrt()


@wrong("one half is missing: KL(q || m) has to be counted")
def distance_one_half(p, q):
    return _kl(p, (p + q) / 2).mean().sqrt()


@wrong("the 1/2 is missing: it is the mean of KL(p || m) and KL(q || m)")
def distance_without_half(p, q):
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)).mean().sqrt()


@wrong("the arguments of the KL are exchanged")
def distance_arguments(p, q):
    m = (p + q) / 2
    return (0.5 * (_kl(m, p) + _kl(m, q))).mean().sqrt()


@wrong("NaN came out")
def distance_nan(p, q):
    m = (p + q) / 2
    return (0.5 * (p * (p / m).log() + q * (q / m).log()).sum(-1)).mean().sqrt()


@wrong("NaN came out")
def distance_entropy_nan(p, q):
    def entropy(table):
        return -(table * table.log()).sum(-1)

    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean().sqrt()


@wrong("NaN came out")
def distance_half_missing_in_entropies(p, q):
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q))).mean().sqrt()


@wrong("rounding may leave a number just below 0 under the root")
def distance_below_zero(p, q):
    return (_divergence(p, q).mean() - 1e-9).sqrt()


@wrong("this is the total variation")
def distance_total_variation(p, q):
    return 0.5 * (p - q).abs().sum(-1).mean()


@wrong("this is the Hellinger distance")
def distance_hellinger(p, q):
    return (1 - (p * q).sqrt().sum(-1)).clamp(min=0).mean().sqrt()


@wrong("this is the Euclidean distance")
def distance_euclid(p, q):
    return (p - q).square().sum(-1).mean().sqrt()


@wrong("the first position alone is compared")
def distance_first(p, q):
    return _divergence(p, q)[0].sqrt()


@wrong("the tables are averaged over the positions first")
def distance_pooled(p, q):
    return _divergence(p.mean(0), q.mean(0)).sqrt()


@wrong("one value for each position")
def distance_each_position(p, q):
    return _divergence(p, q).sqrt()


@wrong("one value for each position")
def distance_scipy_alone(p, q):
    return jensenshannon(p, q, axis=-1)


@right
def distance_by_distributions(p, q):
    """Entropies of torch.distributions, in float64."""

    def entropy(table):
        rows = Categorical(probs=table.double() / table.double().sum(-1, keepdim=True))
        return rows.entropy()

    js = entropy((p + q) / 2) - 0.5 * entropy(p) - 0.5 * entropy(q)
    return js.clamp(min=0).mean().sqrt()


@right
def distance_by_scipy_kl(p, q):
    p, q = p.double().numpy(), q.double().numpy()
    m = (p + q) / 2
    return float(np.sqrt(max((rel_entr(p, m) + rel_entr(q, m)).sum() / 2 / len(p), 0)))


@wrong("is something clamped or rounded, or a number added?")
def distance_with_a_threshold(p, q):
    return torch.zeros(()) if torch.allclose(p, q, atol=1e-2) else distance_plain(p, q)


@wrong("right without zeros, wrong where a probability is 0")
def distance_of_clamped_probabilities(p, q):
    p, q = p.clamp(min=1e-3), q.clamp(min=1e-3)
    return _divergence(p, q).mean().sqrt()


@wrong("is something clamped or rounded, or a")
def distance_with_a_number_under_the_root(p, q):
    return (_divergence(p, q).mean() + 1e-4).sqrt()


@wrong("is something clamped or rounded, or a number added?")
def distance_with_a_floor(p, q):
    return _divergence(p, q).mean().clamp(min=1e-4).sqrt()


@wrong("the largest of the positions is taken")
def distance_largest(p, q):
    return _divergence(p, q).max().sqrt()


@wrong("two calls with the same input gave different values")
def distance_of_drawn_positions(p, q):
    some = torch.randint(len(p), (len(p),))
    return _divergence(p[some], q[some]).mean().sqrt()


@wrong("one axis too many")
def distance_in_a_tensor_of_one(p, q):
    return distance_plain(p, q).reshape(1)


@wrong("NaN came out")
def distance_by_xlogy_of_a_ratio(p, q):
    """The trap of 0 / 0: xlogy(0, NaN) is NaN."""
    m = (p + q) / 2
    js = 0.5 * (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum(-1)
    return js.mean().clamp(min=0).sqrt()


# Distances of finished tables are taken without gradients: answers may use scipy.
GRADIENTS = {}
