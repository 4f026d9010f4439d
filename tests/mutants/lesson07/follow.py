"""Answers to exercise 7.2, ``follow``: wrong and right ones."""

import numpy as np
import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _counts(codebook, indices):
    choice = functional.one_hot(indices, len(codebook)).to(codebook.dtype)
    return choice, choice.sum(0)


def _mean(codebook, z_e, indices):
    """Mean of each code's vectors, 0 where there is none."""
    choice, count = _counts(codebook, indices)
    return choice.T @ z_e / count.clamp(min=1)[:, None]


def _usage(codebook, usage, indices, decay):
    _, count = _counts(codebook, indices)
    return decay * usage + (1 - decay) * len(codebook) * count / len(indices)


def _difference(codebook, z_e, indices):
    choice, count = _counts(codebook, indices)
    return choice.T @ z_e - count[:, None] * codebook


def _weight(codebook, z_e, decay):
    return (1 - decay) * len(codebook) / len(z_e)


@right
def follow_plain(codebook, usage, z_e, indices, decay):
    choice, count = _counts(codebook, indices)
    usage = decay * usage + (1 - decay) * len(codebook) * count / len(z_e)
    difference = choice.T @ z_e - count[:, None] * codebook
    step = (1 - decay) * len(codebook) / len(z_e) / usage.clamp(min=1e-30)
    return codebook + step[:, None] * difference, usage


@right
def follow_running_sums(codebook, usage, z_e, indices, decay):
    count = torch.bincount(indices, minlength=len(codebook))
    sums = torch.zeros_like(codebook).index_add_(0, indices, z_e)
    running = decay * codebook * usage[:, None] + (1 - decay) * len(codebook) / len(z_e) * sums
    usage = decay * usage + (1 - decay) * len(codebook) / len(z_e) * count
    return torch.where(count[:, None] > 0, running / usage[:, None], codebook), usage


@right
def follow_by_loop(codebook, usage, z_e, indices, decay):
    codebook, usage = codebook.clone(), usage.clone()
    for k in range(len(codebook)):
        mine = z_e[indices == k]
        share = len(codebook) * len(mine) / len(z_e)
        usage[k] = decay * usage[k] + (1 - decay) * share
        if len(mine):
            codebook[k] += (1 - decay) * share / usage[k] * (mine.mean(0) - codebook[k])
    return [codebook, usage]


@right
def follow_in_place(codebook, usage, z_e, indices, decay):
    weight = (1 - decay) * len(codebook) / len(z_e)
    usage.mul_(decay).index_add_(0, indices, torch.full((len(z_e),), weight))
    difference = torch.zeros_like(codebook).index_add_(0, indices, z_e - codebook[indices])
    used = indices.unique()
    codebook[used] += weight * difference[used] / usage[used, None]
    return codebook, usage


@right
def follow_scatter_in_doubles(codebook, usage, z_e, indices, decay):
    e, z = codebook.double(), z_e.double()
    one = torch.ones(len(z), dtype=torch.float64)
    count = torch.zeros(len(e), dtype=torch.float64).scatter_add_(0, indices, one)
    usage = torch.lerp(len(e) * count / len(z), usage.double(), decay)
    rate = (1 - decay) * len(e) / len(z) / usage[indices]
    e = e.index_put((indices,), rate[:, None] * (z - e[indices]), accumulate=True)
    return e.to(codebook.dtype), usage.to(codebook.dtype)


@wrong("the result is of float64, codebook is of float32")
def follow_in_float64(codebook, usage, z_e, indices, decay):
    codebook, usage = follow_scatter_in_doubles(codebook, usage, z_e, indices, decay)
    return codebook.double(), usage.double()


@right
def follow_with_small_number(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / (new + 1e-5)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("usage: the decay and 1 - decay are exchanged")
def follow_exchanged(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, 1 - decay)


@wrong("codebook: the decay and 1 - decay are exchanged")
def follow_exchanged_in_step(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, 1 - decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("usage: K is missing")
def follow_plain_share(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * _counts(codebook, indices)[1] / len(z_e)
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong("usage: N is missing")
def follow_without_n(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * len(codebook) * _counts(codebook, indices)[1]
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong("usage: K and N are missing")
def follow_counts(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * _counts(codebook, indices)[1]
    step = (1 - decay) / usage.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), usage


@wrong("usage: repeats are lost")
def follow_usage_by_index(codebook, usage, z_e, indices, decay):
    usage = decay * usage
    usage[indices] += _weight(codebook, z_e, decay)
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong("usage: the old usage came back")
def follow_old_usage_returned(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong("this is the share of the batch")
def follow_share_of_batch(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0], _usage(
        codebook, usage, indices, 0
    )


@wrong("codes that nobody chose keep their usage")
def follow_unchosen_usage(codebook, usage, z_e, indices, decay):
    codebook, new = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook, torch.where(_counts(codebook, indices)[1] > 0, new, usage)


@wrong("usage: it is divided by its sum")
def follow_normalised_usage(codebook, usage, z_e, indices, decay):
    codebook, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook, usage / usage.sum()


@wrong("codebook: the old usage stands in the denominator")
def follow_old_usage(codebook, usage, z_e, indices, decay):
    step = _weight(codebook, z_e, decay) / usage.clamp(min=1e-30)
    new = _usage(codebook, usage, indices, decay)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("codebook: K is missing")
def follow_step_without_k(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = (1 - decay) / len(z_e) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("codebook: N is missing")
def follow_step_without_n(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = (1 - decay) * len(codebook) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("codebook: 1 - decay is missing")
def follow_step_without_decay(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = len(codebook) / len(z_e) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("codebook: the usage is missing in the denominator")
def follow_step_without_usage(codebook, usage, z_e, indices, decay):
    difference = _difference(codebook, z_e, indices)
    new = _usage(codebook, usage, indices, decay)
    return codebook + _weight(codebook, z_e, decay) * difference, new


@wrong("codebook: the mean of the batch's vectors came")
def follow_means(codebook, usage, z_e, indices, decay):
    used = _counts(codebook, indices)[1][:, None] > 0
    new = _usage(codebook, usage, indices, decay)
    return torch.where(used, _mean(codebook, z_e, indices), codebook), new


@wrong("codes that nobody chose are pulled towards 0")
def follow_means_and_zeros(codebook, usage, z_e, indices, decay):
    return _mean(codebook, z_e, indices), _usage(codebook, usage, indices, decay)


@wrong("codebook: divided by the count")
def follow_k_means(codebook, usage, z_e, indices, decay):
    mean, new = _mean(codebook, z_e, indices), _usage(codebook, usage, indices, decay)
    used = _counts(codebook, indices)[1][:, None] > 0
    return torch.where(used, decay * codebook + (1 - decay) * mean, codebook), new


@wrong("codebook: codes that nobody chose are pulled towards 0")
def follow_pulled(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    return decay * codebook + (1 - decay) * _mean(codebook, z_e, indices), new


@wrong("codebook: codes that nobody chose are pulled towards 0")
def follow_unchosen_zero(codebook, usage, z_e, indices, decay):
    codebook, new = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook * (_counts(codebook, indices)[1][:, None] > 0), new


@wrong("codebook: codes that nobody chose")
def follow_dead_codes_to_zero(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    sums = decay * usage[:, None] * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e
    return sums / new.clamp(min=1e-10)[:, None], new


@wrong("the running sums came")
def follow_sums(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    return decay * usage[:, None] * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e, new


@wrong("the old code is not multiplied by its old usage")
def follow_mixed_sums(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    sums = decay * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e
    return sums / new[:, None], new


@wrong("e is not subtracted")
def follow_without_subtraction(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * (choice.T @ z_e), new


@wrong("e is subtracted once")
def follow_subtracted_once(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * (choice.T @ z_e - codebook), new


@wrong("codebook: repeats are lost")
def follow_by_index(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step, codebook = _weight(codebook, z_e, decay) / new.clamp(min=1e-30), codebook.clone()
    codebook[indices] += step[indices, None] * (z_e - codebook[indices])
    return codebook, new


@wrong("the wrong sign")
def follow_wrong_sign(codebook, usage, z_e, indices, decay):
    new, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return 2 * codebook - new, usage


@wrong("these are the steps")
def follow_steps_alone(codebook, usage, z_e, indices, decay):
    new, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return new - codebook, usage


@wrong("the two are swapped")
def follow_swapped(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[::-1]


@wrong("a tuple of two is expected")
def follow_codebook_alone(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0]


@wrong("NaN came out")
def follow_nan(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("NaN came out")
def follow_mean_of_none(codebook, usage, z_e, indices, decay):
    choice, count = _counts(codebook, indices)
    new, mean = _usage(codebook, usage, indices, decay), choice.T @ z_e / count[:, None]
    rate = _weight(codebook, z_e, decay) * count / new
    return codebook + rate[:, None] * (mean - codebook), new


@right
def follow_by_einsum(codebook, usage, z_e, indices, decay):
    """One-hot in float64; the means of the chosen codes, weighted against the old ones."""
    choice = functional.one_hot(indices, len(codebook)).double()
    share = len(codebook) * choice.mean(0)
    new = decay * usage.double() + (1 - decay) * share
    mean = torch.einsum("nk,nd->kd", choice, z_e.double()) / choice.sum(0).clamp(min=1)[:, None]
    far = torch.where(share > 0, (1 - decay) * share / new.clamp(min=1e-300), 0)[:, None]
    return torch.lerp(codebook.double(), mean, far).float(), new.float()


@right
def follow_in_numpy(codebook, usage, z_e, indices, decay):
    e, u, z, k = (one.numpy().copy() for one in (codebook, usage, z_e, indices))
    u = decay * u + (1 - decay) * len(e) / len(z) * np.bincount(k, minlength=len(e))
    moved = e.astype(float)
    np.add.at(
        moved, k, (1 - decay) * len(e) / len(z) * (z - e[k]) / np.maximum(u[k], 1e-30)[:, None]
    )
    return moved.astype(np.float32), u.astype(np.float32)


@wrong("added?")
def follow_with_a_number_too_large(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / (new + 1e-3)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("more than 1e-5 added?")
def follow_clamped(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-3)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong("usage: right for moderate usages, wrong for small ones")
def follow_usage_with_a_floor(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new.clamp(min=1e-4)


@wrong("is something clamped")
def follow_rounded_decay(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, round(decay, 2))


@wrong("overwrites its argument indices")
def follow_counts_indices(codebook, usage, z_e, indices, decay):
    result = follow_plain(codebook, usage, z_e, indices, decay)
    indices.copy_(indices.sort().values)
    return result


@wrong("overwrites its argument z_e")
def follow_in_the_vectors(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    z_e -= codebook[indices]
    sums = torch.zeros_like(codebook).index_add_(0, indices, z_e)
    return codebook + (_weight(codebook, z_e, decay) / new.clamp(min=1e-30))[:, None] * sums, new


@wrong("codebook: ")
def follow_with_noise(codebook, usage, z_e, indices, decay):
    """Dead codes are moved by chance, which is another exercise."""
    moved, new = follow_plain(codebook, usage, z_e, indices, decay)
    return torch.where(new[:, None] < 0.1, moved + 0.01 * torch.randn_like(moved), moved), new


@wrong("codebook: codes that nobody chose moved")
def follow_restarts(codebook, usage, z_e, indices, decay):
    moved, new = follow_plain(codebook, usage, z_e, indices, decay)
    return torch.where(new[:, None] == 0, z_e[:1], moved), new


# A step of a running mean is taken without gradients.
GRADIENTS = {}
