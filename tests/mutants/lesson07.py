"""Answers to the exercises of lesson 07: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon
from torch import nn
from torch.nn import functional

from . import registry

WRONG, RIGHT, wrong, right = registry()
NEAREST, FOLLOW, PASS = "nearest", "follow", "straight_through_code"
LOSSES, TABLE, DISTANCE = "quantisation_losses", "code_table", "js_distance"


# --- 7.1 nearest ---------------------------------------------------------------------------------


@right(NEAREST)
def nearest_plain(z_e, codebook):
    return (codebook.square().sum(1) - 2 * z_e @ codebook.T).argmin(1)


@right(NEAREST)
def nearest_by_cdist(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(dim=-1)


@right(NEAREST)
def nearest_by_broadcast(z_e, codebook):
    return (z_e[:, None] - codebook[None]).pow(2).mean(-1).min(1).indices.int()


@right(NEAREST)
def nearest_as_argmax(z_e, codebook):
    score = torch.einsum("nd,kd->nk", z_e, codebook) - 0.5 * torch.linalg.norm(codebook, dim=1) ** 2
    return torch.topk(score, 1, dim=1).indices.squeeze(1)


@right(NEAREST)
def nearest_by_loop(z_e, codebook):
    return torch.tensor([int((codebook - z).square().sum(1).argmin()) for z in z_e])


@right(NEAREST)
def nearest_numpy_style(z_e, codebook):
    z, e = z_e.double().numpy(), codebook.double().numpy()
    return np.argmin((z**2).sum(1, keepdims=True) - 2 * z @ e.T + (e**2).sum(1), axis=1)


@wrong(NEAREST, "the largest inner product is taken")
def nearest_by_product(z_e, codebook):
    return (z_e @ codebook.T).argmax(1)


@wrong(NEAREST, "the largest inner product is taken")
def nearest_with_norm_of_z(z_e, codebook):
    return (z_e.square().sum(1, keepdim=True) - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "the largest inner product is taken")
def nearest_with_norm_of_all(z_e, codebook):
    return (codebook.square().sum() - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "the smallest inner product is taken")
def nearest_by_smallest_product(z_e, codebook):
    return (z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "the product has the wrong sign")
def nearest_wrong_sign(z_e, codebook):
    return (codebook.square().sum(1) + 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "the factor 2 is missing")
def nearest_without_two(z_e, codebook):
    return (codebook.square().sum(1) - z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "the most distant code is taken")
def nearest_argmax(z_e, codebook):
    return torch.cdist(z_e, codebook).argmax(1)


@wrong(NEAREST, "the minimum is taken over the wrong axis")
def nearest_wrong_axis(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(0)


@wrong(NEAREST, "is the argmin taken over everything")
def nearest_without_axis(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin()


@wrong(NEAREST, "the cosine similarity is taken")
def nearest_by_cosine(z_e, codebook):
    return (functional.normalize(z_e) @ functional.normalize(codebook).T).argmax(1)


@wrong(NEAREST, "the cosine similarity is taken")
def nearest_normalised(z_e, codebook):
    return torch.cdist(functional.normalize(z_e), functional.normalize(codebook)).argmin(1)


@wrong(NEAREST, "|e| stands for |e|^2")
def nearest_with_root(z_e, codebook):
    return (codebook.norm(dim=1) - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "|e|^2 is a mean over the dimensions")
def nearest_with_mean(z_e, codebook):
    return (codebook.square().mean(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "|e|^2 has the wrong sign")
def nearest_minus_norm(z_e, codebook):
    return (-codebook.square().sum(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "without being squared")
def nearest_without_square(z_e, codebook):
    return (codebook.sum(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong(NEAREST, "absolute differences are summed")
def nearest_city_block(z_e, codebook):
    return torch.cdist(z_e, codebook, p=1).argmin(1)


@wrong(NEAREST, "one-hot vectors came")
def nearest_one_hot(z_e, codebook):
    return functional.one_hot(nearest_plain(z_e, codebook), len(codebook))


@wrong(NEAREST, "vectors came, the numbers of the codes are wanted")
def nearest_vectors(z_e, codebook):
    return codebook[nearest_plain(z_e, codebook)]


@wrong(NEAREST, "a value for each code came")
def nearest_distances(z_e, codebook):
    return torch.cdist(z_e, codebook)


@wrong(NEAREST, "distances came")
def nearest_smallest_distance(z_e, codebook):
    return torch.cdist(z_e, codebook).amin(1)


@wrong(NEAREST, "torch.min returns values and indices")
def nearest_min(z_e, codebook):
    return torch.cdist(z_e, codebook).min(1)


@wrong(NEAREST, "integers are wanted")
def nearest_floats(z_e, codebook):
    return nearest_plain(z_e, codebook).float()


@wrong(NEAREST, "an axis too many")
def nearest_keepdim(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(1, keepdim=True)


@wrong(NEAREST, "the shape is ()")
def nearest_squeezed(z_e, codebook):
    return torch.cdist(z_e, codebook).topk(1, largest=False).indices.squeeze()


@wrong(NEAREST, "they should count from 0")
def nearest_from_one(z_e, codebook):
    return nearest_plain(z_e, codebook) + 1


# --- 7.2 follow ----------------------------------------------------------------------------------


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


@right(FOLLOW)
def follow_plain(codebook, usage, z_e, indices, decay):
    choice, count = _counts(codebook, indices)
    usage = decay * usage + (1 - decay) * len(codebook) * count / len(z_e)
    difference = choice.T @ z_e - count[:, None] * codebook
    step = (1 - decay) * len(codebook) / len(z_e) / usage.clamp(min=1e-30)
    return codebook + step[:, None] * difference, usage


@right(FOLLOW)
def follow_running_sums(codebook, usage, z_e, indices, decay):
    count = torch.bincount(indices, minlength=len(codebook))
    sums = torch.zeros_like(codebook).index_add_(0, indices, z_e)
    running = decay * codebook * usage[:, None] + (1 - decay) * len(codebook) / len(z_e) * sums
    usage = decay * usage + (1 - decay) * len(codebook) / len(z_e) * count
    return torch.where(count[:, None] > 0, running / usage[:, None], codebook), usage


@right(FOLLOW)
def follow_by_loop(codebook, usage, z_e, indices, decay):
    codebook, usage = codebook.clone(), usage.clone()
    for k in range(len(codebook)):
        mine = z_e[indices == k]
        share = len(codebook) * len(mine) / len(z_e)
        usage[k] = decay * usage[k] + (1 - decay) * share
        if len(mine):
            codebook[k] += (1 - decay) * share / usage[k] * (mine.mean(0) - codebook[k])
    return [codebook, usage]


@right(FOLLOW)
def follow_in_place(codebook, usage, z_e, indices, decay):
    weight = (1 - decay) * len(codebook) / len(z_e)
    usage.mul_(decay).index_add_(0, indices, torch.full((len(z_e),), weight))
    difference = torch.zeros_like(codebook).index_add_(0, indices, z_e - codebook[indices])
    used = indices.unique()
    codebook[used] += weight * difference[used] / usage[used, None]
    return codebook, usage


@right(FOLLOW)
def follow_scatter_in_doubles(codebook, usage, z_e, indices, decay):
    e, z = codebook.double(), z_e.double()
    one = torch.ones(len(z), dtype=torch.float64)
    count = torch.zeros(len(e), dtype=torch.float64).scatter_add_(0, indices, one)
    usage = torch.lerp(len(e) * count / len(z), usage.double(), decay)
    rate = (1 - decay) * len(e) / len(z) / usage[indices]
    return e.index_put((indices,), rate[:, None] * (z - e[indices]), accumulate=True), usage


@right(FOLLOW)
def follow_with_small_number(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / (new + 1e-5)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "usage: the decay and 1 - decay are exchanged")
def follow_exchanged(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, 1 - decay)


@wrong(FOLLOW, "codebook: the decay and 1 - decay are exchanged")
def follow_exchanged_in_step(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, 1 - decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "usage: K is missing")
def follow_plain_share(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * _counts(codebook, indices)[1] / len(z_e)
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong(FOLLOW, "usage: N is missing")
def follow_without_n(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * len(codebook) * _counts(codebook, indices)[1]
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong(FOLLOW, "usage: K and N are missing")
def follow_counts(codebook, usage, z_e, indices, decay):
    usage = decay * usage + (1 - decay) * _counts(codebook, indices)[1]
    step = (1 - decay) / usage.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), usage


@wrong(FOLLOW, "usage: repeats are lost")
def follow_usage_by_index(codebook, usage, z_e, indices, decay):
    usage = decay * usage
    usage[indices] += _weight(codebook, z_e, decay)
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong(FOLLOW, "usage: the old usage came back")
def follow_old_usage_returned(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0], usage


@wrong(FOLLOW, "this is the share of the batch")
def follow_share_of_batch(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0], _usage(
        codebook, usage, indices, 0
    )


@wrong(FOLLOW, "codes that nobody chose keep their usage")
def follow_unchosen_usage(codebook, usage, z_e, indices, decay):
    codebook, new = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook, torch.where(_counts(codebook, indices)[1] > 0, new, usage)


@wrong(FOLLOW, "usage: it is divided by its sum")
def follow_normalised_usage(codebook, usage, z_e, indices, decay):
    codebook, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook, usage / usage.sum()


@wrong(FOLLOW, "codebook: the old usage stands in the denominator")
def follow_old_usage(codebook, usage, z_e, indices, decay):
    step = _weight(codebook, z_e, decay) / usage.clamp(min=1e-30)
    new = _usage(codebook, usage, indices, decay)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "codebook: K is missing")
def follow_step_without_k(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = (1 - decay) / len(z_e) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "codebook: N is missing")
def follow_step_without_n(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = (1 - decay) * len(codebook) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "codebook: 1 - decay is missing")
def follow_step_without_decay(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = len(codebook) / len(z_e) / new.clamp(min=1e-30)
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "codebook: the usage is missing in the denominator")
def follow_step_without_usage(codebook, usage, z_e, indices, decay):
    difference = _difference(codebook, z_e, indices)
    new = _usage(codebook, usage, indices, decay)
    return codebook + _weight(codebook, z_e, decay) * difference, new


@wrong(FOLLOW, "codebook: the mean of the batch's vectors came")
def follow_means(codebook, usage, z_e, indices, decay):
    used = _counts(codebook, indices)[1][:, None] > 0
    new = _usage(codebook, usage, indices, decay)
    return torch.where(used, _mean(codebook, z_e, indices), codebook), new


@wrong(FOLLOW, "codes that nobody chose are pulled towards 0")
def follow_means_and_zeros(codebook, usage, z_e, indices, decay):
    return _mean(codebook, z_e, indices), _usage(codebook, usage, indices, decay)


@wrong(FOLLOW, "codebook: divided by the count")
def follow_k_means(codebook, usage, z_e, indices, decay):
    mean, new = _mean(codebook, z_e, indices), _usage(codebook, usage, indices, decay)
    used = _counts(codebook, indices)[1][:, None] > 0
    return torch.where(used, decay * codebook + (1 - decay) * mean, codebook), new


@wrong(FOLLOW, "codebook: codes that nobody chose are pulled towards 0")
def follow_pulled(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    return decay * codebook + (1 - decay) * _mean(codebook, z_e, indices), new


@wrong(FOLLOW, "codebook: codes that nobody chose are pulled towards 0")
def follow_unchosen_zero(codebook, usage, z_e, indices, decay):
    codebook, new = follow_plain(codebook, usage, z_e, indices, decay)
    return codebook * (_counts(codebook, indices)[1][:, None] > 0), new


@wrong(FOLLOW, "codebook: codes that nobody chose")
def follow_dead_codes_to_zero(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    sums = decay * usage[:, None] * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e
    return sums / new.clamp(min=1e-10)[:, None], new


@wrong(FOLLOW, "the running sums came")
def follow_sums(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    return decay * usage[:, None] * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e, new


@wrong(FOLLOW, "the old code is not multiplied by its old usage")
def follow_mixed_sums(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    sums = decay * codebook + _weight(codebook, z_e, decay) * choice.T @ z_e
    return sums / new[:, None], new


@wrong(FOLLOW, "e is not subtracted")
def follow_without_subtraction(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * (choice.T @ z_e), new


@wrong(FOLLOW, "e is subtracted once")
def follow_subtracted_once(codebook, usage, z_e, indices, decay):
    choice, new = _counts(codebook, indices)[0], _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new.clamp(min=1e-30)
    return codebook + step[:, None] * (choice.T @ z_e - codebook), new


@wrong(FOLLOW, "codebook: repeats are lost")
def follow_by_index(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step, codebook = _weight(codebook, z_e, decay) / new.clamp(min=1e-30), codebook.clone()
    codebook[indices] += step[indices, None] * (z_e - codebook[indices])
    return codebook, new


@wrong(FOLLOW, "the wrong sign")
def follow_wrong_sign(codebook, usage, z_e, indices, decay):
    new, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return 2 * codebook - new, usage


@wrong(FOLLOW, "these are the steps")
def follow_steps_alone(codebook, usage, z_e, indices, decay):
    new, usage = follow_plain(codebook, usage, z_e, indices, decay)
    return new - codebook, usage


@wrong(FOLLOW, "the two are swapped")
def follow_swapped(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[::-1]


@wrong(FOLLOW, "a tuple of two is expected")
def follow_codebook_alone(codebook, usage, z_e, indices, decay):
    return follow_plain(codebook, usage, z_e, indices, decay)[0]


@wrong(FOLLOW, "NaN came out")
def follow_nan(codebook, usage, z_e, indices, decay):
    new = _usage(codebook, usage, indices, decay)
    step = _weight(codebook, z_e, decay) / new
    return codebook + step[:, None] * _difference(codebook, z_e, indices), new


@wrong(FOLLOW, "NaN came out")
def follow_mean_of_none(codebook, usage, z_e, indices, decay):
    choice, count = _counts(codebook, indices)
    new, mean = _usage(codebook, usage, indices, decay), choice.T @ z_e / count[:, None]
    rate = _weight(codebook, z_e, decay) * count / new
    return codebook + rate[:, None] * (mean - codebook), new


# --- 7.3 straight_through_code -------------------------------------------------------------------


@right(PASS)
def pass_plain(z_e, e):
    return z_e + (e - z_e).detach()


@right(PASS)
def pass_by_zero(z_e, e):
    return e.detach() + (z_e - z_e.detach())


@right(PASS)
def pass_without_grad(z_e, e):
    with torch.no_grad():
        difference = torch.sub(e, z_e)
    return difference.double() + z_e


@right(PASS)
def pass_by_data(z_e, e):
    return z_e - (z_e.data - e.data)


class _Pass(torch.autograd.Function):
    @staticmethod
    def forward(context, z_e, e):
        return e.clone()

    @staticmethod
    def backward(context, slope):
        return slope, torch.zeros_like(slope)


right(PASS)(_Pass.apply)


@wrong(PASS, "no gradient reaches z_e")
def pass_detached(z_e, e):
    return (z_e + (e - z_e)).detach()


@wrong(PASS, "no gradient reaches z_e")
def pass_constant(z_e, e):
    return e.detach()


@wrong(PASS, "the gradient goes to e, it should go to z_e")
def pass_code(z_e, e):
    return e


@wrong(PASS, "the gradient goes to e, it should go to z_e")
def pass_nothing_detached(z_e, e):
    return z_e + (e - z_e)


@wrong(PASS, "the gradient goes to e, it should go to z_e")
def pass_wrong_z_detached(z_e, e):
    return z_e.detach() + e - z_e.detach()


@wrong(PASS, "the gradient goes to e, it should go to z_e")
def pass_other_side_detached(z_e, e):
    return e + (z_e - z_e.data).detach()


@wrong(PASS, "no gradient reaches z_e")
def pass_code_alone_detached(z_e, e):
    return z_e + (e.detach() - z_e)


@wrong(PASS, "a gradient reaches e as well")
def pass_to_both(z_e, e):
    return z_e + e - z_e.detach()


@wrong(PASS, "z_e came back")
def pass_vectors(z_e, e):
    return z_e


@wrong(PASS, "z_e came back")
def pass_exchanged(z_e, e):
    return e + (z_e - e).detach()


@wrong(PASS, "the two are added")
def pass_added(z_e, e):
    return z_e + e.detach()


@wrong(PASS, "the difference came: z_e has to be added")
def pass_difference(z_e, e):
    return (e - z_e).detach()


@wrong(PASS, "the signs are wrong")
def pass_wrong_order(z_e, e):
    return z_e + (z_e - e).detach()


@wrong(PASS, "the mean of the two came")
def pass_halves(z_e, e):
    return 0.5 * (z_e + e.detach())


@wrong(PASS, "z_e is counted twice")
def pass_twice(z_e, e):
    return e.detach() + 2 * (z_e - z_e.detach())


@wrong(PASS, "every value is 0.25 times the right one")
def pass_scaled(z_e, e):
    return e.detach() + 0.25 * (z_e - z_e.detach())


@wrong(PASS, "it has the wrong sign")
def pass_wrong_sign(z_e, e):
    return e.detach() - (z_e - z_e.detach())


@wrong(PASS, "passes e / z_e of it")
def pass_product(z_e, e):
    return z_e * (e / z_e).detach()


# --- 7.4 quantisation_losses ---------------------------------------------------------------------


@right(LOSSES)
def losses_plain(z_e, e):
    codebook_loss = (z_e.detach() - e).square().mean((1, 2, 3))
    return codebook_loss, (z_e - e.detach()).square().mean((1, 2, 3))


@right(LOSSES)
def losses_by_mse(z_e, e):
    mse = nn.MSELoss(reduction="none")
    return [mse(*pair).flatten(1).mean(1) for pair in ((e, z_e.detach()), (z_e, e.detach()))]


@right(LOSSES)
def losses_by_sum(z_e, e):
    def loss(fixed, moved):
        with torch.no_grad():
            fixed = fixed.double().clone()
        return ((moved - fixed) ** 2).flatten(1).sum(-1) / moved[0].numel()

    return loss(z_e, e), loss(e, z_e)


@right(LOSSES)
def losses_by_einsum(z_e, e):
    one, other = e - z_e.data, z_e - e.data
    size = math.prod(z_e.shape[1:])
    return tuple(torch.einsum("bchw,bchw->b", d, d) / size for d in (one, other))


@right(LOSSES)
def losses_by_loop(z_e, e):
    pairs = list(zip(z_e, e, strict=True))
    codebook_loss = torch.stack([functional.mse_loss(b, a.detach()) for a, b in pairs])
    return codebook_loss, torch.stack([functional.mse_loss(a, b.detach()) for a, b in pairs])


def _both(loss):
    """Codebook and commitment loss by ``loss``, whatever that is."""
    return lambda z_e, e: (loss(z_e.detach() - e), loss(z_e - e.detach()))


@wrong(LOSSES, "the two are swapped")
def losses_swapped(z_e, e):
    return losses_plain(z_e, e)[::-1]


@wrong(LOSSES, "nothing is detached")
def losses_not_detached(z_e, e):
    loss = (z_e - e).square().mean((1, 2, 3))
    return loss, loss


@wrong(LOSSES, "in each loss detach one side alone")
def losses_all_detached(z_e, e):
    loss = (z_e.detach() - e.detach()).square().mean((1, 2, 3))
    return loss, loss


@wrong(LOSSES, "the codebook loss moves z_e as well")
def losses_codebook_not_detached(z_e, e):
    return (z_e - e).square().mean((1, 2, 3)), losses_plain(z_e, e)[1]


@wrong(LOSSES, "the commitment loss moves e as well")
def losses_commitment_not_detached(z_e, e):
    return losses_plain(z_e, e)[0], (z_e - e).square().mean((1, 2, 3))


@wrong(LOSSES, "the codebook loss moves z_e, it should move e")
def losses_same_side(z_e, e):
    loss = losses_plain(z_e, e)[1]
    return loss, loss


@wrong(LOSSES, "the commitment loss moves e, it should move z_e")
def losses_other_same_side(z_e, e):
    loss = losses_plain(z_e, e)[0]
    return loss, loss


@wrong(LOSSES, "the commitment loss moves nothing")
def losses_detached_after(z_e, e):
    loss = losses_plain(z_e, e)[0]
    return loss, loss.detach()


@wrong(LOSSES, "codebook loss: the sum over D, H and W is taken")
def losses_summed(z_e, e):
    return _both(lambda d: d.square().sum((1, 2, 3)))(z_e, e)


@wrong(LOSSES, "codebook loss: the mean is taken over the batch too")
def losses_batch_mean(z_e, e):
    return functional.mse_loss(e, z_e.detach()), functional.mse_loss(z_e, e.detach())


@wrong(LOSSES, "codebook loss: summed over everything")
def losses_batch_sum(z_e, e):
    return _both(lambda d: d.square().sum())(z_e, e)


@wrong(LOSSES, "the mean is taken over D alone")
def losses_mean_over_channels(z_e, e):
    return _both(lambda d: d.square().mean(1))(z_e, e)


@wrong(LOSSES, "the mean is taken over H and W alone")
def losses_mean_over_grid(z_e, e):
    return _both(lambda d: d.square().mean((2, 3)))(z_e, e)


@wrong(LOSSES, "it is divided by H W alone")
def losses_sum_over_channels(z_e, e):
    return _both(lambda d: d.square().sum(1).mean((1, 2)))(z_e, e)


@wrong(LOSSES, "it is divided by D alone")
def losses_divided_by_channels(z_e, e):
    return _both(lambda d: d.square().mean(1).sum((1, 2)))(z_e, e)


@wrong(LOSSES, "one value for each element")
def losses_no_mean(z_e, e):
    return _both(torch.square)(z_e, e)


@wrong(LOSSES, "every value is")
def losses_another_number(z_e, e):
    return _both(lambda d: d.square().sum((1, 2, 3)) / 3_072)(z_e, e)


@wrong(LOSSES, "the root is taken")
def losses_root(z_e, e):
    return _both(lambda d: d.square().mean((1, 2, 3)).sqrt())(z_e, e)


@wrong(LOSSES, "this is the length of the difference")
def losses_norm(z_e, e):
    return _both(lambda d: d.flatten(1).norm(dim=1))(z_e, e)


@wrong(LOSSES, "absolute differences are averaged")
def losses_absolute(z_e, e):
    return _both(lambda d: d.abs().mean((1, 2, 3)))(z_e, e)


@wrong(LOSSES, "the difference is not squared")
def losses_not_squared(z_e, e):
    return _both(lambda d: d.mean((1, 2, 3)))(z_e, e)


@wrong(LOSSES, "commitment loss: beta is included")
def losses_with_beta(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss, 0.25 * commitment_loss


@wrong(LOSSES, "a factor 1/2 too many")
def losses_half(z_e, e):
    return _both(lambda d: 0.5 * d.square().mean((1, 2, 3)))(z_e, e)


@wrong(LOSSES, "apart and without beta")
def losses_added(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss + 0.25 * commitment_loss


@wrong(LOSSES, "axes too many")
def losses_keepdim(z_e, e):
    return _both(lambda d: d.square().mean((1, 2, 3), keepdim=True))(z_e, e)


# --- 7.5 code_table ------------------------------------------------------------------------------


def _counted(codes, labels, num_labels, num_codes):
    counts = torch.zeros(num_labels, codes.shape[1], num_codes)
    where = (labels[:, None], torch.arange(codes.shape[1]), codes)
    return counts.index_put_(where, torch.ones(()), accumulate=True)


def _shares(counts, axis=-1):
    return counts / counts.sum(axis, keepdim=True)


@right(TABLE)
def table_plain(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + num_codes * alpha)


@right(TABLE)
def table_by_one_hot(codes, labels, num_labels, num_codes, alpha):
    one = functional.one_hot(codes, num_codes)
    counts = torch.stack([one[labels == y].sum(0) for y in range(num_labels)]) + alpha
    return counts / counts.sum(-1, keepdim=True)


@right(TABLE)
def table_by_einsum(codes, labels, num_labels, num_codes, alpha):
    y = functional.one_hot(labels, num_labels).double()
    counts = torch.einsum("ny,npk->ypk", y, functional.one_hot(codes, num_codes).double())
    return functional.normalize(counts + alpha, p=1, dim=2)


@right(TABLE)
def table_by_bincount(codes, labels, num_labels, num_codes, alpha):
    positions = codes.shape[1]
    cells = (labels[:, None] * positions + torch.arange(positions)) * num_codes + codes
    size = num_labels * positions * num_codes
    counts = torch.bincount(cells.flatten(), minlength=size).view(num_labels, positions, num_codes)
    images = torch.bincount(labels, minlength=num_labels)[:, None, None]
    return (counts + alpha) / (images + num_codes * alpha)


@right(TABLE)
def table_by_loop(codes, labels, num_labels, num_codes, alpha):
    counts = np.full((num_labels, codes.shape[1], num_codes), float(alpha))
    for row, label in zip(codes.tolist(), labels.tolist(), strict=True):
        for position, code in enumerate(row):
            counts[label, position, code] += 1
    return counts / counts.sum(2, keepdims=True)


@wrong(TABLE, "alpha is missing")
def table_unsmoothed(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes))


@wrong(TABLE, "a label that does not occur has no counts")
def table_smoothed_where_seen(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return _shares(counts + alpha * (counts.sum(-1, keepdim=True) > 0))


@wrong(TABLE, "alpha stands in the numerator alone")
def table_numerator_alone(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / counts.sum(-1, keepdim=True)


@wrong(TABLE, "alpha stands in the denominator alone")
def table_denominator_alone(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return counts / (counts.sum(-1, keepdim=True) + num_codes * alpha)


@wrong(TABLE, "alpha has to be counted K times, once for each code, not once")
def table_alpha_once(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + alpha)


@wrong(TABLE, "not P times")
def table_alpha_of_positions(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (counts.sum(-1, keepdim=True) + codes.shape[1] * alpha)


@wrong(TABLE, "1 is added in place of alpha")
def table_laplace(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + 1)


@wrong(TABLE, "alpha is divided among the codes")
def table_alpha_divided(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha / num_codes)


@wrong(TABLE, "the labels are ignored in the denominator")
def table_all_images(codes, labels, num_labels, num_codes, alpha):
    counts = _counted(codes, labels, num_labels, num_codes)
    return (counts + alpha) / (len(codes) + num_codes * alpha)


@wrong(TABLE, "normalised over the positions")
def table_over_positions(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, 1)


@wrong(TABLE, "normalised over the labels")
def table_over_labels(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, 0)


@wrong(TABLE, "divided by the sum over everything")
def table_over_all(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes) + alpha, (0, 1, 2))


@wrong(TABLE, "the positions are pooled")
def table_pooled(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes).sum(1) + alpha)


@wrong(TABLE, "the positions are pooled")
def table_pooled_repeated(codes, labels, num_labels, num_codes, alpha):
    pooled = table_pooled(codes, labels, num_labels, num_codes, alpha)
    return pooled[:, None].expand(-1, codes.shape[1], -1)


@wrong(TABLE, "the labels are ignored")
def table_without_labels(codes, labels, num_labels, num_codes, alpha):
    table = _shares(_counted(codes, labels, num_labels, num_codes).sum(0) + alpha)
    return table.repeat(num_labels, 1, 1)


@wrong(TABLE, "repeats are lost")
def table_repeats_lost(codes, labels, num_labels, num_codes, alpha):
    counts = torch.zeros(num_labels, codes.shape[1], num_codes)
    counts[labels[:, None], torch.arange(codes.shape[1]), codes] += 1
    return _shares(counts + alpha)


@wrong(TABLE, "repeats are lost")
def table_repeats_lost_above(codes, labels, num_labels, num_codes, alpha):
    counts = torch.full((num_labels, codes.shape[1], num_codes), alpha)
    counts[labels[:, None], torch.arange(codes.shape[1]), codes] += 1
    images = torch.bincount(labels, minlength=num_labels)
    return counts / (images[:, None, None] + num_codes * alpha)


@wrong(TABLE, "logarithms came")
def table_logarithm(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).log()


@wrong(TABLE, "the axes are in another order")
def table_positions_first(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).transpose(0, 1)


@wrong(TABLE, "the axes are in another order")
def table_codes_before_positions(codes, labels, num_labels, num_codes, alpha):
    return table_plain(codes, labels, num_labels, num_codes, alpha).mT


@wrong(TABLE, "counts came")
def table_counts(codes, labels, num_labels, num_codes, alpha):
    return _counted(codes, labels, num_labels, num_codes)


@wrong(TABLE, "counts came")
def table_smoothed_counts(codes, labels, num_labels, num_codes, alpha):
    return _counted(codes, labels, num_labels, num_codes) + alpha


@wrong(TABLE, "a softmax of the counts is taken")
def table_softmax(codes, labels, num_labels, num_codes, alpha):
    return (_counted(codes, labels, num_labels, num_codes) + alpha).softmax(-1)


@wrong(TABLE, "the rows do not sum to 1")
def table_clamped(codes, labels, num_labels, num_codes, alpha):
    return _shares(_counted(codes, labels, num_labels, num_codes)).clamp(min=alpha)


# --- 7.6 js_distance -----------------------------------------------------------------------------


def _entropy(table):
    return torch.special.entr(table).sum(-1)


def _divergence(p, q):
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2).clamp(min=0)


def _kl(p, q):
    return torch.special.xlogy(p, p / q).nan_to_num().sum(-1)


@right(DISTANCE)
def distance_plain(p, q):
    return _divergence(p, q).mean().sqrt()


@right(DISTANCE)
def distance_by_scipy(p, q):
    return (jensenshannon(p, q, axis=-1) ** 2).mean() ** 0.5


@right(DISTANCE)
def distance_by_kl(p, q):
    m = 0.5 * (p + q)
    total = 0.0
    for table in (p, q):
        seen = table > 0
        total += float((table[seen] * (table[seen] / m[seen]).log()).sum())
    return math.sqrt(max(total / 2 / len(p), 0))


@right(DISTANCE)
def distance_by_xlogy(p, q):
    m = (p + q) / 2
    parts = [torch.xlogy(table, table) - torch.xlogy(table, m) for table in (p, q)]
    return torch.relu(sum(parts).sum(1).mean() / 2) ** 0.5


@right(DISTANCE)
def distance_with_small_number(p, q):
    p, q = p.double() + 1e-12, q.double() + 1e-12
    m = (p + q) / 2
    kl = functional.kl_div
    js = 0.5 * (kl(m.log(), p, reduction="none") + kl(m.log(), q, reduction="none")).sum(-1)
    return js.mean().clamp_min(0).sqrt().item()


@right(DISTANCE)
def distance_numpy_style(p, q):
    def entropy(table):
        table = table.numpy()
        return -np.sum(np.where(table > 0, table * np.log(np.maximum(table, 1e-38)), 0), axis=1)

    js = entropy((p + q) / 2) - 0.5 * entropy(p) - 0.5 * entropy(q)
    return np.sqrt(np.maximum(js, 0).mean())


@wrong(DISTANCE, "the root is missing: this is the mean divergence")
def distance_without_root(p, q):
    return _divergence(p, q).mean()


@wrong(DISTANCE, "it is in bits")
def distance_bits(p, q):
    return (_divergence(p, q) / math.log(2)).mean().sqrt()


@wrong(DISTANCE, "it is in bits: nats are wanted (natural logarithm); and the root is missing")
def distance_bits_without_root(p, q):
    return (_divergence(p, q) / math.log(2)).mean()


@wrong(DISTANCE, "the mean of the roots is taken")
def distance_mean_of_roots(p, q):
    return _divergence(p, q).sqrt().mean()


@wrong(DISTANCE, "the mean of the roots is taken")
def distance_mean_of_scipy(p, q):
    return jensenshannon(p, q, axis=1).mean()


@wrong(DISTANCE, "the divergences are summed over the positions")
def distance_sum(p, q):
    return _divergence(p, q).sum().sqrt()


@wrong(DISTANCE, "the mean over the codes is taken in place of their sum")
def distance_mean_over_codes(p, q):
    entropy = torch.special.entr
    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean().clamp(min=0).sqrt()


@wrong(DISTANCE, "this is KL(p || q)")
def distance_kl(p, q):
    return _kl(p, q).mean().sqrt()


@wrong(DISTANCE, "this is KL(q || p)")
def distance_kl_without_root(p, q):
    return _kl(q, p).mean()


@wrong(DISTANCE, "this is the mean of KL(p || q) and KL(q || p)")
def distance_jeffreys(p, q):
    return (0.5 * (_kl(p, q) + _kl(q, p))).mean().sqrt()


@wrong(DISTANCE, "this is the sum of KL(p || q) and KL(q || p)")
def distance_jeffreys_sum(p, q):
    return (_kl(p, q) + _kl(q, p)).mean().sqrt()


@wrong(DISTANCE, "one half is missing: KL(q || m) has to be counted")
def distance_one_half(p, q):
    return _kl(p, (p + q) / 2).mean().sqrt()


@wrong(DISTANCE, "the 1/2 is missing: it is the mean of KL(p || m) and KL(q || m)")
def distance_without_half(p, q):
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)).mean().sqrt()


@wrong(DISTANCE, "the arguments of the KL are exchanged")
def distance_arguments(p, q):
    m = (p + q) / 2
    return (0.5 * (_kl(m, p) + _kl(m, q))).mean().sqrt()


@wrong(DISTANCE, "NaN came out")
def distance_nan(p, q):
    m = (p + q) / 2
    return (0.5 * (p * (p / m).log() + q * (q / m).log()).sum(-1)).mean().sqrt()


@wrong(DISTANCE, "NaN came out")
def distance_entropy_nan(p, q):
    def entropy(table):
        return -(table * table.log()).sum(-1)

    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean().sqrt()


@wrong(DISTANCE, "NaN came out")
def distance_half_missing_in_entropies(p, q):
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q))).mean().sqrt()


@wrong(DISTANCE, "rounding may leave a number just below 0 under the root")
def distance_below_zero(p, q):
    return (_divergence(p, q).mean() - 1e-9).sqrt()


@wrong(DISTANCE, "this is the total variation")
def distance_total_variation(p, q):
    return 0.5 * (p - q).abs().sum(-1).mean()


@wrong(DISTANCE, "this is the Hellinger distance")
def distance_hellinger(p, q):
    return (1 - (p * q).sqrt().sum(-1)).clamp(min=0).mean().sqrt()


@wrong(DISTANCE, "this is the Euclidean distance")
def distance_euclid(p, q):
    return (p - q).square().sum(-1).mean().sqrt()


@wrong(DISTANCE, "the first position alone is compared")
def distance_first(p, q):
    return _divergence(p, q)[0].sqrt()


@wrong(DISTANCE, "the tables are averaged over the positions first")
def distance_pooled(p, q):
    return _divergence(p.mean(0), q.mean(0)).sqrt()


@wrong(DISTANCE, "one value for each position")
def distance_each_position(p, q):
    return _divergence(p, q).sqrt()


@wrong(DISTANCE, "one value for each position")
def distance_scipy_alone(p, q):
    return jensenshannon(p, q, axis=-1)
