"""Answers to exercise 8.2, ``code_log_prob``: wrong and right ones."""

import math

import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


def _picked(log_p, codes):
    return log_p.gather(1, codes[:, None])[:, 0]


@right
def price_by_gather(logits, codes):
    return logits.log_softmax(1).gather(1, codes[:, None]).sum((1, 2, 3))


@right
def price_by_cross_entropy(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="none").flatten(1).sum(1)


@right
def price_by_distribution(logits, codes):
    return torch.distributions.Categorical(logits=logits.movedim(1, -1)).log_prob(codes).sum((1, 2))


@right
def price_by_one_hot(logits, codes):
    choice = functional.one_hot(codes, logits.shape[1]).permute(0, 3, 1, 2)
    log_p = logits - logits.logsumexp(1, keepdim=True)
    return (log_p * choice).flatten(1).sum(1)


@right
def price_by_loop(logits, codes):
    return torch.stack(
        [
            -functional.cross_entropy(one[None], c[None], reduction="sum")
            for one, c in zip(logits, codes, strict=True)
        ]
    )


@right
def price_flat_in_doubles(logits, codes):
    b, k, h, w = logits.shape
    flat = logits.double().permute(0, 2, 3, 1).reshape(-1, k)
    log_p = flat.log_softmax(-1)[torch.arange(b * h * w), codes.reshape(-1)]
    return log_p.view(b, -1).sum(1)


@right
def price_mapped(logits, codes):
    def of_one(logits, codes):
        flat = logits.flatten(1)
        return (flat.take_along_dim(codes.view(1, -1), 0)[0] - flat.logsumexp(0)).sum()

    return torch.vmap(of_one)(logits, codes)


@right
def price_code_by_code(logits, codes):
    largest = logits.detach().amax(1, keepdim=True)
    log_p = logits - largest - (logits - largest).exp().sum(1, keepdim=True).log()
    total = torch.zeros(len(codes), dtype=torch.float64)
    for code in range(logits.shape[1]):
        total = total + torch.where(codes == code, log_p[:, code], 0.0).sum((1, 2))
    return total


@right
def price_row_by_row(logits, codes):
    log_p, rows = functional.log_softmax(logits, dim=1), []
    for row in range(codes.shape[1]):
        picked = torch.gather(log_p[:, :, row], 1, codes[:, row].unsqueeze(1))
        rows.append(picked.squeeze(1).sum(-1))
    return sum(rows)


@right
def price_by_nll(logits, codes):
    log_p = logits.log_softmax(1).flatten(2)
    return -functional.nll_loss(log_p, codes.flatten(1), reduction="none").sum(1)


@wrong("the mean over the positions is taken in place of the sum")
def price_mean(logits, codes):
    return _picked(logits.log_softmax(1), codes).mean((1, 2))


@wrong("the mean over batch and positions is taken")
def price_cross_entropy(logits, codes):
    return -functional.cross_entropy(logits, codes)


@wrong("the mean over batch and positions is taken in place of the sum; and the sign")
def price_as_loss(logits, codes):
    return functional.cross_entropy(logits, codes)


@wrong("the mean over the batch is taken")
def price_mean_over_batch(logits, codes):
    return price_by_gather(logits, codes).mean()


@wrong("summed over the batch")
def price_total(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="sum")


@wrong("the sign is wrong")
def price_positive(logits, codes):
    return -price_by_gather(logits, codes)


@wrong("the softmax is taken over the batch")
def price_over_batch(logits, codes):
    return _picked(logits.log_softmax(0), codes).sum((1, 2))


@wrong("the softmax is taken over the last dimension")
def price_over_columns(logits, codes):
    return _picked(logits.log_softmax(-1), codes).sum((1, 2))


@wrong("the softmax is taken over the positions")
def price_over_positions(logits, codes):
    return _picked(logits.flatten(2).log_softmax(2).view_as(logits), codes).sum((1, 2))


@wrong("the softmax is missing")
def price_of_logits(logits, codes):
    return _picked(logits, codes).sum((1, 2))


@wrong("the softmax is taken twice")
def price_of_softmax(logits, codes):
    return price_by_cross_entropy(logits.softmax(1), codes)


@wrong("this is the probability: the logarithm is missing")
def price_product(logits, codes):
    return _picked(logits.softmax(1), codes).flatten(1).prod(1)


@wrong("the logarithm is missing: probabilities are added up")
def price_sum_of_probabilities(logits, codes):
    return _picked(logits.softmax(1), codes).sum((1, 2))


@wrong("a product of many probabilities underflows")
def price_log_of_product(logits, codes):
    return _picked(logits.softmax(1), codes).flatten(1).prod(1).log()


@wrong("right for moderate logits, wrong or not finite for large ones")
def price_with_small_number(logits, codes):
    return (_picked(logits.softmax(1), codes) + 1e-10).log().sum((1, 2))


@wrong("right for moderate logits, wrong or not finite for large ones")
def price_log_of_softmax(logits, codes):
    return _picked(logits.softmax(1).log(), codes).sum((1, 2))


@wrong("where every value should be finite (right for moderate logits")
def price_without_maximum(logits, codes):
    return (_picked(logits, codes) - logits.exp().sum(1).log()).sum((1, 2))


@wrong("one value for each of the positions")
def price_of_positions(logits, codes):
    return -functional.cross_entropy(logits, codes, reduction="none")


@wrong("summed over the wrong axis")
def price_of_rows(logits, codes):
    return _picked(logits.log_softmax(1), codes).sum(-1)


@wrong("axis too many")
def price_keepdim(logits, codes):
    return _picked(logits.log_softmax(1), codes).sum((1, 2), keepdim=True)


@wrong("bits are returned")
def price_in_bits(logits, codes):
    return price_by_gather(logits, codes) / math.log(2)


@wrong("summed over all codes")
def price_of_all_codes(logits, codes):
    return logits.log_softmax(1).sum((1, 2, 3))


@wrong("this is the entropy")
def price_entropy(logits, codes):
    log_p = logits.log_softmax(1)
    return -(log_p.exp() * log_p).sum((1, 2, 3))


@wrong("the likeliest code is taken")
def price_of_argmax(logits, codes):
    return logits.log_softmax(1).amax(1).sum((1, 2))


@wrong("H and W are exchanged")
def price_exchanged(logits, codes):
    flat = logits.log_softmax(1).permute(0, 3, 2, 1).flatten(1, 2)
    return flat.gather(2, codes.flatten(1)[..., None]).sum((1, 2))


@wrong("H and W are exchanged")
def price_transposed(logits, codes):
    return price_by_gather(logits, codes.transpose(1, 2))


@wrong("(B, K, H, W) is reshaped to (B, H, W, K)")
def price_reshaped(logits, codes):
    flat = -functional.cross_entropy(
        logits.reshape(-1, logits.shape[1]), codes.flatten(), reduction="none"
    )
    return flat.view(len(codes), -1).sum(1)


@wrong("compared with the code of the next position")
def price_shifted(logits, codes):
    logits, codes = logits.flatten(2)[..., :-1], codes.flatten(1)[:, 1:]
    return -functional.cross_entropy(logits, codes, reduction="none").sum(1)


@wrong("the first position is missing")
def price_without_first(logits, codes):
    return _picked(logits.log_softmax(1), codes).flatten(1)[:, 1:].sum(1)


@wrong("sigmoids stand for the softmax")
def price_by_sigmoid(logits, codes):
    return functional.logsigmoid(_picked(logits, codes)).sum((1, 2))


@wrong("no gradient reaches logits")
def price_detached(logits, codes):
    return price_by_gather(logits.detach(), codes)


@wrong("the gradient with respect to logits is not")
def price_with_detached_normaliser(logits, codes):
    return (_picked(logits, codes) - logits.logsumexp(1).detach()).sum((1, 2))


@wrong("one example lost its axis")
def price_squeezed(logits, codes):
    return price_by_gather(logits, codes).squeeze()


@wrong("the gradient with respect to logits is not")
def price_with_gradient_of_the_mean(logits, codes):
    value = price_by_gather(logits, codes)
    return value.detach() + value.mean() - value.mean().detach()


@wrong("the gradient with respect to logits is not")
def price_with_gradients_exchanged(logits, codes):
    value = price_by_gather(logits, codes)
    return value.detach() + value.flip(0) - value.flip(0).detach()


@wrong("the gradient with respect to logits is not")
def price_with_clamped_logits(logits, codes):
    """The values are right, the gradient stops at logits above 2."""
    clamped = logits.clamp(max=2)
    return price_by_gather(clamped + (logits - clamped).detach(), codes)


@wrong("right for moderate logits, wrong or not finite for large ones")
def price_clamped_from_below(logits, codes):
    return _picked(logits.log_softmax(1).clamp(min=-100), codes).sum((1, 2))


@wrong("right for moderate logits, wrong or not finite for large ones")
def price_of_clamped_logits(logits, codes):
    return price_by_gather(logits.clamp(-50, 50), codes)


@wrong("summed over the wrong axis")
def price_with_lost_rows(logits, codes):
    picked = _picked(logits.log_softmax(1), codes).squeeze(1)
    return picked.sum((1, 2)) if picked.ndim == 3 else picked


@wrong("added up before the logarithm")
def price_of_mean_probability(logits, codes):
    return _picked(logits.softmax(1), codes).mean((1, 2)).log()
