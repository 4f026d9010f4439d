"""Answers to exercise 5x.1, ``leave_one_out``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # costs without a gradient


@right
def weights_by_others(cost):
    others = (cost.sum(0) - cost) / (len(cost) - 1)
    return (cost - others) / len(cost)


@right
def weights_by_the_mean(cost):
    return (cost - cost.mean(0)) / (len(cost) - 1)


@right
def weights_by_loops(cost):
    draws, weights = len(cost), []
    for own in range(draws):
        others = torch.cat([cost[:own], cost[own + 1 :]])
        weights.append((cost[own] - others.mean(0)) / draws)
    return torch.stack(weights)


@right
def weights_by_a_matrix(cost):
    draws = len(cost)
    matrix = (draws * torch.eye(draws) - 1) / (draws * (draws - 1))
    return torch.tensordot(matrix.to(cost), cost, 1)


@right
def weights_in_numpy(cost):
    values = cost.numpy()
    return torch.from_numpy((values - values.mean(0)) / np.float32(len(values) - 1))


@wrong("the baseline includes the draw's own cost, so it depends on this z")
def weights_with_the_own_cost(cost):
    return (cost - cost.mean(0)) / len(cost)


@wrong("the mean over the S draws is missing")
def weights_without_the_mean(cost):
    return weights_by_others(cost) * len(cost)


@wrong("and the mean over the S draws is missing")
def weights_centred(cost):
    return cost - cost.mean(0)


@wrong("the sign is wrong")
def weights_turned(cost):
    return -weights_by_others(cost)


@wrong("the baseline is missing")
def weights_without_a_baseline(cost):
    return cost / len(cost)


@wrong("nothing is done to the costs")
def weights_as_the_costs(cost):
    return 1 * cost


@wrong("the baseline came")
def weights_of_the_baseline(cost):
    return (cost.sum(0) - cost) / (len(cost) - 1)


@wrong("they are S - 1")
def weights_with_others_by_all(cost):
    return (cost - (cost.sum(0) - cost) / len(cost)) / len(cost)


@wrong("the sum of the others stands for their mean")
def weights_with_a_sum(cost):
    return (cost - (cost.sum(0) - cost)) / len(cost)


@wrong("upside down")
def weights_with_the_factor_upside_down(cost):
    draws = len(cost)
    return (cost - cost.mean(0)) / draws * (draws - 1) / draws


@wrong("each image has its own draws")
def weights_with_one_baseline(cost):
    if cost.ndim == 1:
        return weights_by_others(cost)
    return (cost - (cost.sum() - cost) / (cost.numel() - 1)) / len(cost)


@wrong("summed over all axes")
def weights_with_the_sum_of_all(cost):
    if cost.ndim == 1:
        return weights_by_others(cost)
    return (cost - (cost.sum() - cost) / (len(cost) - 1)) / len(cost)


@wrong("divided by their spread")
def weights_of_scaled_costs(cost):
    return cost / cost.std(0)


@wrong("returned a numpy array")
def weights_as_an_array(cost):
    values = cost.numpy()
    return (values - values.mean(0)) / np.float32(len(values) - 1)


@wrong("along the wrong axis")
def weights_over_the_last_axis(cost):
    if cost.ndim == 1 or cost.shape[-1] == 1:
        return weights_by_others(cost)
    others = (cost.sum(-1, keepdim=True) - cost) / (cost.shape[-1] - 1)
    return (cost - others) / cost.shape[-1]


@wrong("divided by their spread")
def weights_of_advantages(cost):
    return (cost - cost.mean(0)) / cost.std(0, unbiased=False)


@wrong("the result is of float64")
def weights_in_doubles(cost):
    return weights_by_others(cost.double())


@wrong("two calls with the same input gave different values")
def weights_with_a_drawn_baseline(cost):
    jitter = 1e-6 * torch.randn(()) * cost.abs().max()
    return weights_by_others(cost) + jitter


@wrong("the shape is")
def weights_in_sum(cost):
    return weights_by_others(cost).sum(0)
