"""Answers to exercise 9.1, ``importance_weighted_bound``: wrong and right ones."""

import math

import numpy as np
import torch

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


@right
def bound_by_logsumexp(log_w):
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))


@right
def bound_by_guarded_shift(log_w):
    largest = log_w.max(dim=0).values
    shift = torch.where(largest.isfinite(), largest, 0.0)
    return (log_w - shift).exp().mean(0).log() + shift


@right
def bound_mapped(log_w):
    return torch.vmap(lambda column: column.logsumexp(0), in_dims=1)(log_w) - math.log(len(log_w))


@right
def bound_by_pairs(log_w):
    rows = list(log_w.double())
    while len(rows) > 1:
        rows.append(torch.logaddexp(rows.pop(0), rows.pop(0)))
    return rows[0] - torch.tensor(log_w.shape[0]).log()


@right
def bound_of_scaled_weights(log_w):
    return (log_w + math.log(1 / log_w.size(0))).T.logsumexp(dim=1)


@right
def bound_by_loop(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(log_w.shape[0])


@right
def bound_by_columns(log_w):
    return torch.stack([(column - math.log(len(column))).logsumexp(0) for column in log_w.T])


@right
def bound_of_package(log_w):
    return losses.importance_weighted_bound(log_w)


@right
def bound_in_double(log_w):
    return (log_w.double() - math.log(len(log_w))).logsumexp(0)


@wrong("that is the ELBO")
def bound_elbo(log_w):
    return log_w.mean(0)


@wrong("log w is summed")
def bound_sum(log_w):
    return log_w.sum(0)


@wrong("log K is missing")
def bound_without_log_k(log_w):
    return log_w.logsumexp(0)


@wrong("log K is added")
def bound_plus_log_k(log_w):
    return log_w.logsumexp(0) + math.log(len(log_w))


@wrong("take logsumexp")
def bound_unstable(log_w):
    return log_w.exp().mean(0).log()


@wrong("take logsumexp")
def bound_with_small_number(log_w):
    return torch.log(log_w.exp().mean(0) + 1e-30)


@wrong("take logsumexp")
def bound_clamped(log_w):
    return log_w.clamp(-80, 80).logsumexp(0) - math.log(len(log_w))


@wrong("take logsumexp")
def bound_shifted_by_one_number(log_w):
    largest = log_w.max()
    return (log_w - largest).exp().mean(0).log() + largest


@wrong("take logsumexp")
def bound_shifted_by_mean(log_w):
    middle = torch.nan_to_num(log_w, neginf=0).mean(0)
    return (log_w - middle).exp().mean(0).log() + middle


@wrong("taken over the batch")
def bound_over_batch(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])


@wrong("taken over the batch")
def bound_over_batch_with_k(log_w):
    return log_w.logsumexp(-1) - math.log(log_w.shape[0])


@wrong("and not added again")
def bound_not_shifted_back(log_w):
    return (log_w - log_w.amax(0)).exp().mean(0).log()


@wrong("only the largest log w counts")
def bound_largest(log_w):
    return log_w.max(0).values


@wrong("only the largest log w counts")
def bound_largest_less_log_k(log_w):
    return log_w.amax(0) - math.log(len(log_w))


@wrong("the mean over the batch came")
def bound_one_number(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))).mean()


@wrong("summed over the batch")
def bound_summed(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))).sum()


@wrong("taken over samples and batch")
def bound_of_everything(log_w):
    return log_w.flatten().logsumexp(0) - math.log(log_w.numel())


@wrong("that is no bound")
def bound_weighted(log_w):
    return (log_w.softmax(0).detach() * log_w).sum(0)


@wrong("this is the mean of w")
def bound_without_log(log_w):
    return log_w.exp().mean(0)


@wrong("divided by K outside of the logarithm")
def bound_divided(log_w):
    return log_w.logsumexp(0) / len(log_w)


@wrong("K is subtracted, it should be log K")
def bound_less_k(log_w):
    return log_w.logsumexp(0) - len(log_w)


@wrong("log B stands for log K")
def bound_less_log_b(log_w):
    return log_w.logsumexp(0) - math.log(log_w.shape[1])


@wrong("log2 K or log10 K stands for log K")
def bound_log2_k(log_w):
    return log_w.logsumexp(0) - math.log2(len(log_w))


@wrong("bits are returned")
def bound_in_bits(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))) / math.log(2)


@wrong("the sign is wrong")
def bound_negative(log_w):
    return math.log(len(log_w)) - log_w.logsumexp(0)


@wrong("that is the ELBO; the mean is over w, inside the logarithm; and the sign is wrong")
def bound_negative_elbo(log_w):
    return -log_w.mean(0)


@wrong("the normalised weights came")
def bound_weights(log_w):
    return log_w.softmax(0)


@wrong("no gradient reaches log_w")
def bound_detached(log_w):
    return log_w.detach().logsumexp(0) - math.log(len(log_w))


@wrong("no gradient reaches log_w")
def bound_by_numpy(log_w):
    log_w = log_w.detach().numpy()
    return np.logaddexp.reduce(log_w, axis=0) - np.log(len(log_w))


@wrong("the gradient with respect to log_w is not")
def bound_with_detached_weights(log_w):
    value = (log_w.logsumexp(0) - math.log(len(log_w))).detach()
    return value + log_w.mean(0) - log_w.mean(0).detach()


@wrong("an axis too many")
def bound_keepdim(log_w):
    return log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))


@wrong("one example lost its axis")
def bound_squeezed(log_w):
    return (log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))).squeeze()


@wrong("a weight of zero is left out of K")
def bound_without_zeros(log_w):
    return log_w.logsumexp(0) - log_w.isfinite().sum(0).log()


@wrong("an entry of -inf is a weight of zero")
def bound_nan_for_zeros(log_w):
    largest = log_w.amax(0)
    share = log_w.softmax(0)
    return largest + ((log_w - largest) * 0 + (log_w - largest).exp()).mean(0).log() + 0 * share[0]


@wrong("and -inf - (-inf) is NaN")
def bound_by_shift(log_w):
    largest = log_w.max(dim=0).values
    return (log_w - largest).exp().mean(0).log() + largest


@wrong("and -inf - (-inf) is NaN")
def bound_by_detached_shift(log_w):
    largest = log_w.detach().amax(0, keepdim=True)
    return ((log_w - largest).exp().sum(0, keepdim=True).log() + largest)[0] - np.log(len(log_w))


@wrong("all K weights of an example are zero, its bound is log 0")
def bound_of_finite_weights(log_w):
    return log_w.nan_to_num(neginf=-1e6).logsumexp(0) - math.log(len(log_w))


@wrong("the gradient with respect to log_w is not")
def bound_with_gradients_exchanged(log_w):
    value = log_w.logsumexp(0) - math.log(len(log_w))
    return value.detach() + value.flip(0) - value.flip(0).detach()


@wrong("the gradient with respect to log_w is not")
def bound_with_gradient_of_the_mean(log_w):
    value = log_w.logsumexp(0) - math.log(len(log_w))
    mean = value.mean()
    return value.detach() + mean - mean.detach()


@wrong("the gradient with respect to log_w is not")
def bound_with_nan_gradient_for_zeros(log_w):
    value = log_w.logsumexp(0) - math.log(len(log_w))
    ones = (0 * log_w.exp() * log_w).nan_to_num().sum(0)
    return value + ones
