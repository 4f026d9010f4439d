"""Answers to exercise 3.2, ``logit_transform``: wrong and right ones."""

import math

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x


def _terms(x, alpha):
    p = _p(x, alpha)
    return math.log(1 - 2 * alpha) - p.log() - (1 - p).log()


@right
def logit_plain(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@right
def logit_by_softplus(x, alpha):
    y = torch.logit(_p(x, alpha))
    softplus = torch.nn.functional.softplus
    terms = softplus(y) + softplus(-y) + math.log1p(-2 * alpha)
    return y, terms.sum((-3, -2, -1))


@right
def logit_by_autograd(x, alpha):
    leaf = x.detach().double().requires_grad_()
    with torch.enable_grad():
        p = alpha + leaf * (1 - 2 * alpha)
        (slope,) = torch.autograd.grad((p.log() - torch.log1p(-p)).sum(), leaf)
    p = _p(x, alpha)
    return p.log() - (1 - p).log(), slope.log().reshape(len(x), -1).sum(1)


@wrong("y and log_det are wanted, as a pair")
def logit_alone(x, alpha):
    return _p(x, alpha).logit()


@wrong("alpha is left out")
def logit_without_alpha(x, alpha):
    return torch.logit(x), _terms(x, alpha).flatten(1).sum(1)


@wrong("the scale is 1 - alpha, it should be 1 - 2 alpha")
def logit_one_alpha(x, alpha):
    return torch.logit(alpha + (1 - alpha) * x), _terms(x, alpha).flatten(1).sum(1)


@wrong("this is the sigmoid")
def logit_sigmoid(x, alpha):
    return _p(x, alpha).sigmoid(), _terms(x, alpha).flatten(1).sum(1)


@wrong("the logit is missing")
def logit_missing(x, alpha):
    return _p(x, alpha), _terms(x, alpha).flatten(1).sum(1)


@wrong("the sign is wrong: log((1 - p) / p)")
def logit_upside_down(x, alpha):
    return -_p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@wrong("this is the log-determinant of the inverse")
def logit_inverse_det(x, alpha):
    return _p(x, alpha).logit(), -_terms(x, alpha).flatten(1).sum(1)


@wrong("the derivative of p = alpha + (1 - 2 alpha) x is missing")
def logit_no_scale_in_det(x, alpha):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1)


@wrong("for every value, not once")
def logit_scale_once(x, alpha):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1) + math.log(1 - 2 * alpha)


@wrong("the mean over the values is taken")
def logit_mean(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).mean(1)


@wrong("summed over the batch too")
def logit_sum_all(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).sum()


@wrong("the sum over the values is missing")
def logit_no_sum(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha)


@wrong("summed over the last dimension alone")
def logit_sum_last(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).sum(-1)


@wrong("the - log(1 - p) is missing")
def logit_half_det(x, alpha):
    p = _p(x, alpha)
    return p.logit(), (math.log(1 - 2 * alpha) - p.log()).flatten(1).sum(1)


@wrong("the logarithm is missing")
def logit_no_log(x, alpha):
    p = _p(x, alpha)
    return p.logit(), ((1 - 2 * alpha) / (p * (1 - p))).flatten(1).sum(1)


@wrong("it is in bits")
def logit_in_bits(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1) / math.log(2)


@wrong("no gradient reaches x")
def logit_detached(x, alpha):
    return _p(x, alpha).logit().detach(), _terms(x, alpha).flatten(1).sum(1)


@wrong("at 0 and 1")
def logit_clamped(x, alpha):
    return _p(x.clamp(0.02, 0.98), alpha).logit(), _terms(x, alpha).flatten(1).sum(1)
