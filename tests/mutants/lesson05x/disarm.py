"""Answers to exercise 5x.3, ``disarm``: wrong and right ones."""

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # an estimate, through which no gradient passes


def _larger(logits):
    p = torch.sigmoid(logits)
    return torch.maximum(p, 1 - p)


def _apart(cost, twin_cost, z, twin):
    return (cost - twin_cost)[:, None] * (z - twin)


@right
def pairs_by_the_larger(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * _larger(logits) / 2


@right
def pairs_by_the_absolute_value(cost, twin_cost, z, twin, logits):
    return 0.5 * _apart(cost, twin_cost, z, twin) * logits.abs().sigmoid()


@right
def pairs_by_signs(cost, twin_cost, z, twin, logits):
    """As in the paper: minus one to the power of the twin, where the two differ."""
    sign = (-1.0) ** twin * (z != twin)
    return 0.5 * (cost - twin_cost).unsqueeze(1) * sign * logits.abs().sigmoid()


@right
def pairs_by_division(cost, twin_cost, z, twin, logits):
    p = torch.sigmoid(logits.double())
    q = torch.sigmoid(-logits.double())
    weight = torch.where(p < q, q, p) / 2
    return (_apart(cost, twin_cost, z, twin) * weight).float()


@right
def pairs_by_loops(cost, twin_cost, z, twin, logits):
    found = torch.zeros_like(z)
    for s in range(len(cost)):
        for n in range(len(logits)):
            if z[s, n] != twin[s, n]:
                sign = 1 if z[s, n] == 1 else -1
                found[s, n] = sign * (cost[s] - twin_cost[s]) * _larger(logits[n]) / 2
    return found


@wrong("the sign is wrong")
def pairs_turned(cost, twin_cost, z, twin, logits):
    return -pairs_by_the_larger(cost, twin_cost, z, twin, logits)


@wrong("the half is missing")
def pairs_without_the_half(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * _larger(logits)


@wrong("one half too many")
def pairs_with_a_quarter(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * _larger(logits) / 4


@wrong("is not divided out")
def pairs_with_the_variance(cost, twin_cost, z, twin, logits):
    p = torch.sigmoid(logits)
    return _apart(cost, twin_cost, z, twin) * p * (1 - p)


@wrong("w is p / 2")
def pairs_with_p(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * torch.sigmoid(logits) / 2


@wrong("w is (1 - p) / 2")
def pairs_with_one_minus_p(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * torch.sigmoid(-logits) / 2


@wrong("w is min(p, 1 - p) / 2")
def pairs_with_the_smaller(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * (1 - _larger(logits)) / 2


@wrong("w is missing")
def pairs_without_w(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin)


@wrong("w is 1/2")
def pairs_with_one_half(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) / 2


@wrong("the sigmoid is missing")
def pairs_without_the_sigmoid(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * logits.abs() / 2


@wrong("cancel the fraction")
def pairs_by_the_uncancelled_fraction(cost, twin_cost, z, twin, logits):
    p = torch.sigmoid(logits)
    weight = p * (1 - p) / (2 * torch.minimum(p, 1 - p))
    return _apart(cost, twin_cost, z, twin) * weight


@wrong("divide by min(p, 1 - p) too")
def pairs_with_half_the_variance(cost, twin_cost, z, twin, logits):
    p = torch.sigmoid(logits)
    return _apart(cost, twin_cost, z, twin) * p * (1 - p) / 2


@wrong("logits stand for p")
def pairs_with_logits_as_p(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * torch.maximum(logits, 1 - logits) / 2


@wrong("a softmax over the variables came")
def pairs_with_a_softmax(cost, twin_cost, z, twin, logits):
    p = logits.softmax(0)
    return _apart(cost, twin_cost, z, twin) * torch.maximum(p, 1 - p) / 2


@wrong("one w for all variables came")
def pairs_with_one_w(cost, twin_cost, z, twin, logits):
    return _apart(cost, twin_cost, z, twin) * _larger(logits).mean() / 2


@wrong("z stands for z - twin")
def pairs_of_z_alone(cost, twin_cost, z, twin, logits):
    return (cost - twin_cost)[:, None] * z * _larger(logits) / 2


@wrong("the direction z - twin is missing")
def pairs_without_a_direction(cost, twin_cost, z, twin, logits):
    return (cost - twin_cost)[:, None] * _larger(logits) / 2


@wrong("the absolute value |z - twin|")
def pairs_where_they_differ(cost, twin_cost, z, twin, logits):
    return (cost - twin_cost)[:, None] * (z - twin).abs() * _larger(logits) / 2


@wrong("the mean over the pairs came")
def pairs_averaged(cost, twin_cost, z, twin, logits):
    return pairs_by_the_larger(cost, twin_cost, z, twin, logits).mean(0)


@wrong("the sum over the variables came")
def pairs_summed(cost, twin_cost, z, twin, logits):
    return pairs_by_the_larger(cost, twin_cost, z, twin, logits).sum(1)


@wrong("the costs are added")
def pairs_with_a_sum(cost, twin_cost, z, twin, logits):
    return (cost + twin_cost)[:, None] * (z - twin) * _larger(logits) / 2


@wrong("the twin's cost is not used")
def pairs_of_one_cost(cost, twin_cost, z, twin, logits):
    return cost[:, None] * (z - twin) * _larger(logits) / 2


@wrong("the result is of float64")
def pairs_in_doubles(cost, twin_cost, z, twin, logits):
    return pairs_by_the_larger(cost, twin_cost, z, twin, logits).double()
