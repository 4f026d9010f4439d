"""Answers to exercise 8.5, ``free_bits``: wrong and right ones."""

import numpy as np
import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


@right
def free_by_clamp(rate, k):
    return rate.clamp(min=k)


@right
def free_by_maximum(rate, k):
    return torch.maximum(rate, torch.tensor(k))


@right
def free_by_where(rate, k):
    return torch.where(rate > k, rate, torch.full_like(rate, k))


@right
def free_by_relu(rate, k):
    return k + functional.relu(rate - k)


@right
def free_by_product(rate, k):
    above = (rate > k).to(rate.dtype)
    return above * rate + (1 - above) * k


@right
def free_by_loop(rate, k):
    return torch.stack([one if one > k else torch.tensor(k) for one in rate])


@right
def free_in_place(rate, k):
    charged = rate.clone()
    charged[charged < k] = k
    return charged


@right
def free_by_package_line(rate, k):
    return torch.where(rate > k, rate, k + 0 * rate)


@right
def free_by_half_sum(rate, k):
    return 0.5 * (rate + k + (rate - k).abs())


@right
def free_mapped(rate, k):
    return torch.vmap(lambda one: torch.clamp(one, k))(rate)


@right
def free_of_two(rate, k):
    return torch.stack([rate, torch.full_like(rate, k)]).max(0).values


@right
def free_by_threshold(rate, k):
    return functional.threshold(rate.double(), k, k)


@wrong("the minimum is taken")
def free_minimum(rate, k):
    return rate.clamp(max=k)


@wrong("k is added to the rate")
def free_added(rate, k):
    return rate + k


@wrong("not max(0, rate - k)")
def free_subtracted(rate, k):
    return (rate - k).relu()


@wrong("k is subtracted: max(k, rate) is wanted.")
def free_difference(rate, k):
    return rate - k


@wrong("not max(0, k - rate)")
def free_hinge(rate, k):
    return (k - rate).clamp(min=0)


@wrong("k is a factor here")
def free_product(rate, k):
    return k * rate


@wrong("the batch is averaged or summed before the maximum")
def free_of_mean(rate, k):
    return rate.mean().clamp(min=k)


@wrong("the batch is averaged or summed before the maximum")
def free_of_mean_expanded(rate, k):
    return rate.mean().clamp(min=k).expand_as(rate)


@wrong("one number came")
def free_mean(rate, k):
    return rate.clamp(min=k).mean()


@wrong("one number came")
def free_sum(rate, k):
    return rate.clamp(min=k).sum()


@wrong("the largest rate of the batch came")
def free_largest(rate, k):
    return rate.max()


@wrong("the rate came back")
def free_relu(rate, k):
    return rate.relu()


@wrong("below k comes 0")
def free_zero_below(rate, k):
    return torch.where(rate > k, rate, 0.0)


@wrong("above k comes 0")
def free_zero_above(rate, k):
    return torch.where(rate > k, torch.zeros_like(rate), torch.full_like(rate, k))


@wrong("k came for every example")
def free_constant(rate, k):
    return torch.full_like(rate, k)


@wrong("k is added to the rates below it")
def free_added_below(rate, k):
    return rate + k * (rate <= k)


@wrong("a smooth maximum is taken")
def free_softplus(rate, k):
    return k + functional.softplus(rate - k)


@wrong("the sign is wrong")
def free_negative(rate, k):
    return -rate.clamp(min=k)


@wrong("above k no gradient reaches the rate")
def free_detached(rate, k):
    return rate.detach().clamp(min=k)


@wrong("above k no gradient reaches the rate")
def free_by_numpy(rate, k):
    return np.maximum(rate.detach().numpy(), k)


@wrong("above k no gradient reaches the rate")
def free_by_numbers(rate, k):
    return torch.tensor([max(k, one.item()) for one in rate])


@wrong("below k the gradient should be 0")
def free_straight_through(rate, k):
    return rate + (k - rate).relu().detach()


@wrong("below k the gradient should be 0")
def free_by_data(rate, k):
    rate = rate + 0
    rate.data.clamp_(min=k)
    return rate


@wrong("the gradient is 1 below k and 0 above")
def free_wrong_side_detached(rate, k):
    return torch.where(rate > k, rate.detach(), rate + (k - rate).detach())


@wrong("one example lost its axis")
def free_squeezed(rate, k):
    return rate.clamp(min=k).squeeze()


@wrong("an axis too many")
def free_keepdim(rate, k):
    return rate[:, None].clamp(min=k)


@wrong("right above and below k, not at k itself")
def free_in_two_parts(rate, k):
    return rate * (rate > k) + k * (rate < k)


@wrong("right far from k, not near it")
def free_with_room(rate, k):
    return torch.where(rate > k + 0.02, rate, k + 0 * rate.detach())


@wrong("right far from k, not near it")
def free_smooth_near_k(rate, k):
    return k + functional.softplus(rate - k, beta=100)


@wrong("Python's max compares the batch as a whole")
def free_by_python_max(rate, k):
    return max(rate, k)


@wrong("torch's max and maximum want two tensors")
def free_by_torch_max(rate, k):
    return torch.max(rate, k)


@wrong("the gradient is not: ")
def free_with_gradient_of_the_mean(rate, k):
    charged = rate.clamp(min=k)
    return charged.detach() + charged.mean() - charged.mean().detach()


@wrong("the gradient is not: ")
def free_leaking(rate, k):
    """The values are right, and below k a hundredth of the gradient is left."""
    charged = rate.clamp(min=k)
    return charged + 0.02 * (rate - rate.detach())
