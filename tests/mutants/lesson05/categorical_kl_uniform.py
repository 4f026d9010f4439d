"""Answers to exercise 5.4, ``categorical_kl_uniform``: wrong and right ones."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Independent, kl_divergence
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


@right
def kl_plain(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * (log_q + math.log(logits.shape[-1]))).sum((1, 2))


@right
def kl_by_entropy(logits):
    _, variables, categories = logits.shape
    return variables * math.log(categories) - Categorical(logits=logits).entropy().sum(-1)


@right
def kl_by_distribution(logits):
    q = Independent(Categorical(logits=logits.double()), 1)
    p = Independent(Categorical(logits=torch.zeros_like(logits, dtype=torch.float64)), 1)
    return kl_divergence(q, p)


@right
def kl_by_kl_div(logits):
    log_p = torch.full_like(logits, -math.log(logits.shape[-1]))
    terms = functional.kl_div(log_p, logits.log_softmax(-1), reduction="none", log_target=True)
    return terms.flatten(1).sum(1)


@right
def kl_by_loop(logits):
    total = 0
    for variable in logits.unbind(1):
        log_q = variable - torch.logsumexp(variable, -1, keepdim=True)
        total = total + (variable.softmax(-1) * log_q).sum(-1) + np.log(variable.shape[-1])
    return total


@right
def kl_in_doubles(logits):
    log_q = logits.double() - torch.logsumexp(logits.double(), -1, keepdim=True)
    return torch.einsum("bnk,bnk->b", log_q.exp(), log_q + math.log(logits.shape[-1]))


@right
def kl_by_cross_entropy(logits):
    """log K minus the entropy, which is the cross-entropy of q with itself."""
    rows = logits.flatten(0, 1)
    entropy = functional.cross_entropy(rows, rows.softmax(-1), reduction="none")
    return (math.log(logits.shape[-1]) - entropy).unflatten(0, logits.shape[:2]).sum(-1)


@right
def kl_by_vmap(logits):
    def of_one(rows):
        log_q = rows.log_softmax(-1)
        return torch.sum(log_q.exp() * log_q) + rows.shape[0] * math.log(rows.shape[1])

    return torch.func.vmap(of_one)(logits)


@right
def kl_by_xlogy(logits):
    """Probabilities no smaller than the least number, so that their logarithm has a slope."""
    q = logits.softmax(-1)
    log_q = q.clamp(min=torch.finfo(q.dtype).tiny).log()
    return (q * (log_q + math.log(q.shape[-1]))).sum((-2, -1))


@right
def kl_logarithm_detached(logits):
    """The gradient lacks q d log q, which sums to 0 over the categories."""
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * (log_q.detach() + math.log(logits.shape[2]))).sum((1, 2))


@wrong("this is minus the entropy")
def kl_without_log_k(logits):
    return kl_plain(logits) - logits.shape[1] * math.log(logits.shape[2])


@wrong("this is the entropy of q")
def kl_entropy(logits):
    return Categorical(logits=logits).entropy().sum(-1)


@wrong("log K is counted once, not for each variable")
def kl_log_k_once(logits):
    return kl_without_log_k(logits) + math.log(logits.shape[2])


@wrong("log N stands for log K")
def kl_log_n(logits):
    return kl_without_log_k(logits) + logits.shape[1] * math.log(logits.shape[1])


@wrong("log K has the wrong sign")
def kl_minus_log_k(logits):
    return kl_plain(logits) - 2 * logits.shape[1] * math.log(logits.shape[2])


@wrong("the mean over the variables is taken")
def kl_mean(logits):
    return kl_plain(logits) / logits.shape[1]


@wrong("the sum over the variables is missing")
def kl_no_sum(logits):
    return math.log(logits.shape[2]) - Categorical(logits=logits).entropy()


@wrong("the mean over the categories is taken")
def kl_mean_categories(logits):
    return kl_plain(logits) / logits.shape[2]


@wrong("the sign is wrong")
def kl_sign(logits):
    return -kl_plain(logits)


@wrong("bits are returned")
def kl_bits(logits):
    return kl_plain(logits) / math.log(2)


@wrong("the softmax is taken over the variables")
def kl_wrong_axis(logits):
    log_q = logits.log_softmax(1)
    return (log_q.exp() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


@wrong("the softmax is taken over the batch")
def kl_over_batch(logits):
    log_q = nn.LogSoftmax(dim=0)(logits)
    return (log_q.exp() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


@wrong("the KL is reversed")
def kl_reversed(logits):
    return -(logits.log_softmax(-1) + math.log(logits.shape[2])).mean(-1).sum(-1)


@wrong("summed over the batch")
def kl_sum_all(logits):
    return kl_plain(logits).sum()


@wrong("the mean over the batch is taken")
def kl_batch_mean(logits):
    return kl_plain(logits).mean()


@wrong("are logits taken for probabilities?")
def kl_raw(logits):
    return (logits * torch.log(logits * logits.shape[2])).sum((1, 2))


@wrong("the softmax is missing")
def kl_without_softmax(logits):
    return (logits.exp() * (logits + math.log(logits.shape[2]))).sum((1, 2))


@wrong("the weights q are missing")
def kl_without_weights(logits):
    return (logits.log_softmax(-1) + math.log(logits.shape[2])).sum((1, 2))


@wrong("the softmax is applied twice")
def kl_softmax_twice(logits):
    return kl_plain(logits.softmax(-1))


@wrong("NaN came out")
def kl_unstable(logits):
    q = logits.softmax(-1)
    return (q * torch.log(q * logits.shape[2])).sum((1, 2))


@wrong("the gradient is not finite")
def kl_unstable_gradient(logits):
    q = logits.softmax(-1)
    return math.log(logits.shape[2]) * logits.shape[1] - torch.special.entr(q).sum((1, 2))


@wrong("near the right values")
def kl_small_number(logits):
    q = logits.softmax(-1)
    return (q * torch.log(q * logits.shape[2] + 1e-2)).sum((1, 2))


@wrong("no gradient reaches logits")
def kl_detached(logits):
    return kl_plain(logits.detach())


@wrong("the gradient with respect to logits is not")
def kl_weights_detached(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp().detach() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


@wrong("log K is added for every category")
def kl_log_k_inside(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * log_q + math.log(logits.shape[-1])).sum((-2, -1))


@wrong("20 log 10 is a constant in it")
def kl_constants(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * log_q).sum((-2, -1)) + 20 * math.log(10)


@wrong("log 10 is a constant in it")
def kl_constant_categories(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * (log_q + math.log(10))).sum((-2, -1))


@wrong("20 is a constant in it")
def kl_constant_variables(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * log_q).sum((-2, -1)) + 20 * math.log(logits.shape[-1])


@wrong("the gradient with respect to logits is not")
def kl_gradient_of_the_mean(logits):
    """The value of each example, with a part of the others' gradients."""
    kl = kl_plain(logits)
    mean = kl.mean()
    return kl.detach() + mean - mean.detach()


@wrong("the gradient with respect to logits is not")
def kl_first_example_detached(logits):
    return kl_plain(torch.cat([logits[:1].detach(), logits[1:]]))


@wrong("the gradient with respect to logits is not")
def kl_gradient_clipped(logits):
    clipped = logits.clamp(-2, 2)
    return kl_plain(logits).detach() + kl_plain(clipped) - kl_plain(clipped).detach()


@wrong("wrong for large ones")
def kl_clamped(logits):
    return kl_plain(logits.clamp(-30, 30))


@wrong("is something clamped")
def kl_with_epsilon(logits):
    q = logits.softmax(-1)
    return (q * torch.log(q * logits.shape[2] + 1e-4)).sum((1, 2))


@wrong("its KL is 0")
def kl_at_least(logits):
    """Free bits, which nobody asked for."""
    return kl_plain(logits).clamp(min=0.1)


@wrong("an axis of length 1 is lost (squeeze?)")
def kl_squeezed(logits):
    return kl_plain(logits).squeeze()


@wrong("the shape is")
def kl_one_variable_squeezed(logits):
    log_q = logits.squeeze(1).log_softmax(-1)
    terms = log_q.exp() * (log_q + math.log(logits.shape[2]))
    return terms.sum((1, 2)) if terms.ndim == 3 else terms


@wrong("overwrites its argument logits")
def kl_in_place(logits):
    with torch.no_grad():
        logits -= logits.logsumexp(-1, keepdim=True)
    return (logits.exp() * (logits + math.log(logits.shape[2]))).sum((1, 2))


@wrong("nothing is to be drawn here")
def kl_monte_carlo(logits):
    """Noise that no tolerance sees."""
    return kl_plain(logits) + 1e-6 * torch.randn(logits.shape[0])


@wrong("one array is expected; a tuple")
def kl_pair(logits):
    return kl_plain(logits), logits.softmax(-1)


@wrong("the softmax is taken over the variables")
def kl_along_variables(logits):
    log_pi = logits.log_softmax(-2)
    return (log_pi.exp() * (log_pi + math.log(logits.shape[-2]))).sum((-2, -1))


@wrong("the softmax is taken over variables and categories together")
def kl_of_all_together(logits):
    log_pi = logits.flatten(1).log_softmax(-1).reshape(logits.shape)
    return (log_pi.exp() * (log_pi + math.log(logits.shape[-1]))).sum((-2, -1))
