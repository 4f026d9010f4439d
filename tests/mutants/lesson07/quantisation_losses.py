"""Answers to exercise 7.4, ``quantisation_losses``: wrong and right ones."""

import math

import torch
from torch import nn
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def losses_plain(z_e, e):
    codebook_loss = (z_e.detach() - e).square().mean((1, 2, 3))
    return codebook_loss, (z_e - e.detach()).square().mean((1, 2, 3))


@right
def losses_by_mse(z_e, e):
    mse = nn.MSELoss(reduction="none")
    return [mse(*pair).flatten(1).mean(1) for pair in ((e, z_e.detach()), (z_e, e.detach()))]


@right
def losses_by_sum(z_e, e):
    def loss(fixed, moved):
        with torch.no_grad():
            fixed = fixed.double().clone()
        return ((moved - fixed) ** 2).flatten(1).sum(-1) / moved[0].numel()

    return loss(z_e, e), loss(e, z_e)


@right
def losses_by_einsum(z_e, e):
    one, other = e - z_e.data, z_e - e.data
    size = math.prod(z_e.shape[1:])
    return tuple(torch.einsum("bchw,bchw->b", d, d) / size for d in (one, other))


@right
def losses_by_loop(z_e, e):
    pairs = list(zip(z_e, e, strict=True))
    codebook_loss = torch.stack([functional.mse_loss(b, a.detach()) for a, b in pairs])
    return codebook_loss, torch.stack([functional.mse_loss(a, b.detach()) for a, b in pairs])


def _both(loss):
    """Codebook and commitment loss by ``loss``, whatever that is."""
    return lambda z_e, e: (loss(z_e.detach() - e), loss(z_e - e.detach()))


@wrong("the two are swapped")
def losses_swapped(z_e, e):
    return losses_plain(z_e, e)[::-1]


@wrong("nothing is detached")
def losses_not_detached(z_e, e):
    loss = (z_e - e).square().mean((1, 2, 3))
    return loss, loss


@wrong("in each loss detach one side alone")
def losses_all_detached(z_e, e):
    loss = (z_e.detach() - e.detach()).square().mean((1, 2, 3))
    return loss, loss


@wrong("the codebook loss moves z_e as well")
def losses_codebook_not_detached(z_e, e):
    return (z_e - e).square().mean((1, 2, 3)), losses_plain(z_e, e)[1]


@wrong("the commitment loss moves e as well")
def losses_commitment_not_detached(z_e, e):
    return losses_plain(z_e, e)[0], (z_e - e).square().mean((1, 2, 3))


@wrong("the codebook loss moves z_e, it should move e")
def losses_same_side(z_e, e):
    loss = losses_plain(z_e, e)[1]
    return loss, loss


@wrong("the commitment loss moves e, it should move z_e")
def losses_other_same_side(z_e, e):
    loss = losses_plain(z_e, e)[0]
    return loss, loss


@wrong("the commitment loss moves nothing")
def losses_detached_after(z_e, e):
    loss = losses_plain(z_e, e)[0]
    return loss, loss.detach()


@wrong("codebook loss: the sum over D, H and W is taken")
def losses_summed(z_e, e):
    return _both(lambda d: d.square().sum((1, 2, 3)))(z_e, e)


@wrong("codebook loss: the mean is taken over the batch too")
def losses_batch_mean(z_e, e):
    return functional.mse_loss(e, z_e.detach()), functional.mse_loss(z_e, e.detach())


@wrong("codebook loss: summed over everything")
def losses_batch_sum(z_e, e):
    return _both(lambda d: d.square().sum())(z_e, e)


@wrong("the mean is taken over D alone")
def losses_mean_over_channels(z_e, e):
    return _both(lambda d: d.square().mean(1))(z_e, e)


@wrong("the mean is taken over H and W alone")
def losses_mean_over_grid(z_e, e):
    return _both(lambda d: d.square().mean((2, 3)))(z_e, e)


@wrong("it is divided by H W alone")
def losses_sum_over_channels(z_e, e):
    return _both(lambda d: d.square().sum(1).mean((1, 2)))(z_e, e)


@wrong("it is divided by D alone")
def losses_divided_by_channels(z_e, e):
    return _both(lambda d: d.square().mean(1).sum((1, 2)))(z_e, e)


@wrong("one value for each element")
def losses_no_mean(z_e, e):
    return _both(torch.square)(z_e, e)


@wrong("every value is")
def losses_another_number(z_e, e):
    return _both(lambda d: d.square().sum((1, 2, 3)) / 3_072)(z_e, e)


@wrong("the root is taken")
def losses_root(z_e, e):
    return _both(lambda d: d.square().mean((1, 2, 3)).sqrt())(z_e, e)


@wrong("this is the length of the difference")
def losses_norm(z_e, e):
    return _both(lambda d: d.flatten(1).norm(dim=1))(z_e, e)


@wrong("absolute differences are averaged")
def losses_absolute(z_e, e):
    return _both(lambda d: d.abs().mean((1, 2, 3)))(z_e, e)


@wrong("the difference is not squared")
def losses_not_squared(z_e, e):
    return _both(lambda d: d.mean((1, 2, 3)))(z_e, e)


@wrong("commitment loss: beta is included")
def losses_with_beta(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss, 0.25 * commitment_loss


@wrong("a factor 1/2 too many")
def losses_half(z_e, e):
    return _both(lambda d: 0.5 * d.square().mean((1, 2, 3)))(z_e, e)


@wrong("apart and without beta")
def losses_added(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss + 0.25 * commitment_loss


@wrong("axes too many")
def losses_keepdim(z_e, e):
    return _both(lambda d: d.square().mean((1, 2, 3), keepdim=True))(z_e, e)


@wrong("return a tuple, not a dict")
def losses_in_a_dict(z_e, e):
    one, other = losses_plain(z_e, e)
    return {"codebook loss": one, "commitment loss": other}


@right
def losses_stacked(z_e, e):
    return torch.stack(losses_plain(z_e.double(), e.double()))


@right
def losses_by_vmap(z_e, e):
    loss = torch.vmap(functional.mse_loss)
    return loss(e, z_e.detach()), loss(z_e, e.detach())


@wrong("squeeze() takes away every axis of length 1")
def losses_squeezed(z_e, e):
    return tuple(loss.squeeze() for loss in losses_plain(z_e, e))


@wrong("is a root taken on the way?")
def losses_by_root(z_e, e):
    return _both(lambda d: d.square().sum((1, 2, 3)).sqrt() ** 2 / d[0].numel())(z_e, e)


@wrong("codebook loss: ")
def losses_with_small_number(z_e, e):
    return _both(lambda d: (d.square() + 1e-6).mean((1, 2, 3)))(z_e, e)


@wrong("are large ones not squared")
def losses_huber(z_e, e):
    return _both(lambda d: 2 * functional.huber_loss(d, 0 * d, "none", delta=100).mean((1, 2, 3)))(
        z_e, e
    )


@wrong("codebook loss: the value is right, its gradient is not")
def losses_gradient_of_the_sum(z_e, e):
    """The codebook loss moves the codes as a sum would."""
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    whole = e[0].numel() * codebook_loss
    return codebook_loss.detach() + whole - whole.detach(), commitment_loss


@wrong("commitment loss: the value is right, its gradient is not: every value is 0.25 times")
def losses_beta_in_the_gradient(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss, 0.25 * commitment_loss + 0.75 * commitment_loss.detach()


@wrong("or are examples mixed?")
def losses_mixed_examples(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    mean = commitment_loss.mean()
    return codebook_loss, commitment_loss.detach() + mean - mean.detach()


@wrong("the codebook loss moves z_e as well")
def losses_a_little_of_z(z_e, e):
    codebook_loss, commitment_loss = losses_plain(z_e, e)
    return codebook_loss + 0.01 * (commitment_loss - commitment_loss.detach()), commitment_loss


GRADIENTS = {0: (1,), 1: (0,)}
