"""Answers to exercise 5.4, ``categorical_kl_uniform``: wrong and right ones."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Independent, kl_divergence
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


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
