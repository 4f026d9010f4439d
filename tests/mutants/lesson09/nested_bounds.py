"""Answers to exercise 9.3, ``nested_bounds``: wrong and right ones."""

import math

import numpy as np
import torch

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # what is compared with log p(x) afterwards; training takes one block of all


@right
def nested_reshaped(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(k)).mean(0)


@right
def nested_by_split(log_w, k):
    return torch.stack([block.logsumexp(0) - math.log(k) for block in log_w.split(k)]).mean(0)


@right
def nested_by_package(log_w, k):
    return losses.importance_weighted_bound(log_w.unflatten(0, (len(log_w) // k, k)), 1).mean(0)


@right
def nested_by_loop(log_w, k):
    total = torch.zeros(log_w.shape[1])
    for start in range(0, len(log_w), k):
        block = log_w[start : start + k]
        largest = block.amax(0)
        total = total + largest + torch.log(torch.exp(block - largest).mean(0))
    return total * k / len(log_w)


@right
def nested_by_numpy(log_w, k):
    blocks = log_w.double().numpy().reshape(len(log_w) // k, k, -1)
    return (np.logaddexp.reduce(blocks, axis=1) - np.log(k)).mean(axis=0)


@right
def nested_transposed(log_w, k):
    return log_w.T.reshape(log_w.shape[1], -1, k).logsumexp(2).mean(1) - math.log(k)


@right
def nested_mapped(log_w, k):
    blocks = torch.stack(log_w.split(k))
    return torch.vmap(lambda block: block.logsumexp(0) - math.log(len(block)))(blocks).mean(0)


@right
def nested_by_logaddexp(log_w, k):
    total = log_w[::k].double()
    for row in range(1, k):
        total = torch.logaddexp(total, log_w[row::k].double())
    return total.mean(0) - math.log(k)


@right
def nested_by_chunks(log_w, k):
    bounds = [torch.logsumexp(block, dim=0) for block in log_w.chunk(len(log_w) // k)]
    return sum(bounds) / len(bounds) - torch.tensor(k).log()


def _blocks(log_w, k):
    """L_k of each block, (K / k, B)."""
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1) - math.log(k)


@wrong("the first block alone is used")
def nested_first(log_w, k):
    return log_w[:k].logsumexp(0) - math.log(k)


@wrong("the last block alone is used")
def nested_last(log_w, k):
    return _blocks(log_w, k)[-1]


@wrong("rows that are K / k apart")
def nested_interleaved(log_w, k):
    return (log_w.reshape(k, -1, log_w.shape[1]).logsumexp(0) - math.log(k)).mean(0)


@wrong("rows that are K / k apart")
def nested_strided(log_w, k):
    count = len(log_w) // k
    rows = [log_w[start::count].logsumexp(0) - math.log(k) for start in range(count)]
    return torch.stack(rows).mean(0)


@wrong("the blocks have K / k rows")
def nested_exchanged(log_w, k):
    blocks = log_w.reshape(k, -1, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(blocks.shape[1])).mean(0)


@wrong("the blocks have K / k rows")
def nested_chunked(log_w, k):
    return torch.stack([block.logsumexp(0) - math.log(k) for block in log_w.chunk(k)]).mean(0)


@wrong("the blocks have K / k rows")
def nested_every_kth(log_w, k):
    rows = [log_w[start::k].logsumexp(0) - math.log(k) for start in range(k)]
    return torch.stack(rows).mean(0)


@wrong("k and K / k are exchanged")
def nested_every_kth_consistent(log_w, k):
    rows = [losses.importance_weighted_bound(log_w[start::k]) for start in range(k)]
    return torch.stack(rows).mean(0)


@wrong("this is L_K")
def nested_of_all(log_w, k):
    return _blocks(log_w, k).logsumexp(0) - math.log(len(log_w) // k)


@wrong("this is L_K")
def nested_ignoring_k(log_w, k):
    return losses.importance_weighted_bound(log_w)


@wrong("log w is averaged over the blocks and w in each block")
def nested_mean_of_blocks_first(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).mean(0).logsumexp(0) - math.log(k)


@wrong("log w is averaged in each block and w over the blocks")
def nested_other_way_round(log_w, k):
    means = log_w.reshape(-1, k, log_w.shape[1]).mean(1)
    return means.logsumexp(0) - math.log(len(means))


@wrong("log K stands for log k")
def nested_log_of_all(log_w, k):
    return (log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1) - math.log(len(log_w))).mean(0)


@wrong("log(K / k) stands for log k")
def nested_log_of_blocks(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(len(blocks))).mean(0)


@wrong("log k is missing")
def nested_without_log(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1).mean(0)


@wrong("log k is added")
def nested_log_added(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1).mean(0) + math.log(k)


@wrong("the largest bound of the blocks")
def nested_largest(log_w, k):
    return _blocks(log_w, k).amax(0)


@wrong("are summed, they should be averaged")
def nested_summed(log_w, k):
    return _blocks(log_w, k).sum(0)


@wrong("divided by k: there are K / k blocks")
def nested_divided_by_k(log_w, k):
    return _blocks(log_w, k).sum(0) / k


@wrong("the ELBO")
def nested_elbo(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).mean(1).mean(0)


@wrong("the largest log w of each block")
def nested_largest_weight(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).amax(1).mean(0)


@wrong("one value for each block came")
def nested_each(log_w, k):
    return _blocks(log_w, k)


@wrong("one value for each example is wanted")
def nested_one_number(log_w, k):
    return _blocks(log_w, k).mean()


@wrong("averaged over the batch")
def nested_mean_over_batch(log_w, k):
    return _blocks(log_w, k).mean(1)


@wrong("examples are mixed up")
def nested_batch_first(log_w, k):
    return (log_w.reshape(log_w.shape[1], -1, k).logsumexp(2) - math.log(k)).mean(1)


@wrong("examples are mixed up")
def nested_rows_last(log_w, k):
    return (log_w.reshape(-1, log_w.shape[1], k).logsumexp(2) - math.log(k)).mean(0)


@wrong("the blocks overlap")
def nested_windows(log_w, k):
    return (log_w.unfold(0, k, 1).logsumexp(2) - math.log(k)).mean(0)


@wrong("take logsumexp")
def nested_unstable(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).exp().mean(1).log().mean(0)


@wrong("the logarithm is missing in each block")
def nested_without_logarithm(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).exp().mean(1).mean(0)


@wrong("the sign is wrong")
def nested_negative(log_w, k):
    return -_blocks(log_w, k).mean(0)


@wrong("bits are returned")
def nested_bits(log_w, k):
    return _blocks(log_w, k).mean(0) / math.log(2)


@wrong("the bounds of the blocks are summed, they should be averaged")
def nested_summed_by_loop(log_w, k):
    return sum(losses.importance_weighted_bound(block) for block in log_w.split(k))


@wrong("two calls with the same input gave different values")
def nested_random(log_w, k):
    # So little noise that the values still agree: only the second call tells.
    order = log_w.double() + 1e-9 * torch.randn(log_w.shape, dtype=torch.float64)
    return _blocks(order, k).mean(0)


@wrong("an axis too many")
def nested_keepdim(log_w, k):
    return _blocks(log_w, k).mean(0, keepdim=True)


@wrong("one example lost its axis")
def nested_squeezed(log_w, k):
    return _blocks(log_w, k).mean(0).squeeze()


@wrong("a weight of zero is left out of k, it counts")
def nested_without_zeros(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    return (blocks.logsumexp(1) - blocks.isfinite().sum(1).log()).mean(0)


@wrong("an entry of -inf is a weight of zero")
def nested_nan_for_zeros(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    largest = blocks.amax(1, keepdim=True)
    weights = (blocks - largest).exp() + 0 * (blocks - largest)
    return (weights.mean(1).log() + largest[:, 0]).mean(0)


@wrong("take logsumexp")
def nested_shifted_by_one_number(log_w, k):
    middle = log_w[log_w.isfinite()].mean()
    blocks = (log_w - middle).reshape(-1, k, log_w.shape[1])
    return (blocks.exp().mean(1) + 1e-30).log().mean(0) + middle


@wrong("the last block is left out")
def nested_without_last(log_w, k):
    blocks = _blocks(log_w, k)
    return blocks[: max(1, len(blocks) - 1)].mean(0)
