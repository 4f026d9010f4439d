"""Answers to exercise 3.2, ``logit_transform``: wrong and right ones."""

import math

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,), 1: (0,)}


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x


def _terms(x, alpha):
    p = _p(x, alpha)
    return math.log(1 - 2 * alpha) - p.log() - (1 - p).log()


@right
def logit_plain(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@right
def logit_by_softplus(x, alpha=0.05):
    y = torch.logit(_p(x, alpha))
    softplus = torch.nn.functional.softplus
    terms = softplus(y) + softplus(-y) + math.log1p(-2 * alpha)
    return y, terms.sum((-3, -2, -1))


@right
def logit_by_autograd(x, alpha=0.05):
    leaf = x if x.requires_grad else x.detach().requires_grad_()
    with torch.enable_grad():
        p = alpha + leaf.double() * (1 - 2 * alpha)
        y = p.log() - torch.log1p(-p)
        (slope,) = torch.autograd.grad(y.sum(), leaf, create_graph=True)
    return y, slope.log().reshape(len(x), -1).sum(1)


@right
def logit_by_einsum(x, alpha=0.05):
    terms = _terms(x.double(), alpha)
    return torch.special.logit(_p(x, alpha)), torch.einsum("bchw->b", terms)


@wrong("return a tuple, not a dict")
def logit_in_a_dict(x, alpha=0.05):
    y, log_det = logit_by_einsum(x, alpha)
    return {"log_det": log_det, "y": y}


@right
def logit_by_map(x, alpha=0.05):
    return torch.vmap(lambda image: (_p(image, alpha).logit(), _terms(image, alpha).sum()))(x)


@right
def logit_by_distribution(x, alpha=0.05):
    to_y = torch.distributions.SigmoidTransform().inv
    t = torch.lerp(torch.tensor(alpha), torch.tensor(1 - alpha), x)
    y = to_y(t)
    log_det = to_y.log_abs_det_jacobian(t, y).sum((1, 2, 3))
    return [y, log_det + x[0].numel() * math.log(1 - 2 * alpha)]


@wrong("no gradient reaches x")
def logit_by_detached_autograd(x, alpha=0.05):
    leaf = x.detach().double().requires_grad_()
    with torch.enable_grad():
        p = alpha + leaf * (1 - 2 * alpha)
        (slope,) = torch.autograd.grad((p.log() - torch.log1p(-p)).sum(), leaf)
    p = _p(x, alpha)
    return p.log() - (1 - p).log(), slope.log().reshape(len(x), -1).sum(1)


@wrong("y and log_det are wanted, as a pair")
def logit_alone(x, alpha=0.05):
    return _p(x, alpha).logit()


@wrong("alpha is left out")
def logit_without_alpha(x, alpha=0.05):
    return torch.logit(x), _terms(x, alpha).flatten(1).sum(1)


@wrong("the scale is 1 - alpha, it should be 1 - 2 alpha")
def logit_one_alpha(x, alpha=0.05):
    return torch.logit(alpha + (1 - alpha) * x), _terms(x, alpha).flatten(1).sum(1)


@wrong("this is the sigmoid")
def logit_sigmoid(x, alpha=0.05):
    return _p(x, alpha).sigmoid(), _terms(x, alpha).flatten(1).sum(1)


@wrong("the logit is missing")
def logit_missing(x, alpha=0.05):
    return _p(x, alpha), _terms(x, alpha).flatten(1).sum(1)


@wrong("the sign is wrong: log((1 - t) / t)")
def logit_upside_down(x, alpha=0.05):
    return -_p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@wrong("this is the log-determinant of the inverse")
def logit_inverse_det(x, alpha=0.05):
    return _p(x, alpha).logit(), -_terms(x, alpha).flatten(1).sum(1)


@wrong("the derivative of t = alpha + (1 - 2 alpha) x is missing")
def logit_no_scale_in_det(x, alpha=0.05):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1)


@wrong("for every value, not once")
def logit_scale_once(x, alpha=0.05):
    terms = _terms(x, alpha) - math.log(1 - 2 * alpha)
    return _p(x, alpha).logit(), terms.flatten(1).sum(1) + math.log(1 - 2 * alpha)


@wrong("the mean over the values is taken")
def logit_mean(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).mean(1)


@wrong("summed over the batch too")
def logit_sum_all(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha).sum()


@wrong("the sum over the values is missing")
def logit_no_sum(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha)


@wrong("summed over the last dimension alone")
def logit_sum_last(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha).sum(-1)


@wrong("the - log(1 - t) is missing")
def logit_half_det(x, alpha=0.05):
    p = _p(x, alpha)
    return p.logit(), (math.log(1 - 2 * alpha) - p.log()).flatten(1).sum(1)


@wrong("the logarithm is missing")
def logit_no_log(x, alpha=0.05):
    p = _p(x, alpha)
    return p.logit(), ((1 - 2 * alpha) / (p * (1 - p))).flatten(1).sum(1)


@wrong("it is in bits")
def logit_in_bits(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1) / math.log(2)


@wrong("no gradient reaches x")
def logit_detached(x, alpha=0.05):
    return _p(x, alpha).logit().detach(), _terms(x, alpha).flatten(1).sum(1)


@wrong("at 0 and 1")
def logit_clamped(x, alpha=0.05):
    return _p(x.clamp(0.02, 0.98), alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


def _both(x, alpha):
    return _p(x, alpha).logit(), _terms(x, alpha).flatten(1).sum(1)


@wrong("no gradient reaches x")
def logit_det_detached(x, alpha=0.05):
    y, log_det = _both(x, alpha)
    return y, log_det.detach()


@wrong("the gradient with respect to x is not: it is 2 times the right one")
def logit_det_gradient_doubled(x, alpha=0.05):
    return _both(x, alpha)[0], _both(2 * x - x.detach(), alpha)[1]


@wrong("the gradient with respect to x is not")
def logit_gradient_of_the_mean(x, alpha=0.05):
    y, log_det = _both(x, alpha)
    return y, log_det.detach() + (log_det.mean() - log_det.mean().detach())


@wrong("the gradient with respect to x is not")
def logit_no_gradient_at_the_edges(x, alpha=0.05):
    y, log_det = _both(x, alpha)
    return _p(torch.where((x == 0) | (x == 1), x.detach(), x), alpha).logit(), log_det


@wrong("raised TypeError")
def logit_without_default(x, alpha):
    return _both(x, alpha)


@wrong("alpha is 1e-6 where it is not given")
def logit_of_another_default(x, alpha=1e-6):
    return _both(x, alpha)


@wrong("alpha is 0.05 whatever is given")
def logit_of_fixed_alpha(x, alpha=0.05):
    return _both(x, 0.05)


@wrong("alpha is 0.05 whatever is given")
def logit_of_true_alpha(x, alpha=0.05):
    return _both(x, alpha or 0.05)


@wrong("at 0 and 1")
def logit_with_small_number(x, alpha=0.05):
    t = _p(x, alpha)
    return (t + 1e-5).log() - (1 - t + 1e-5).log(), _both(x, alpha)[1]


@wrong("log_det: the sum over the values is missing")
def logit_terms(x, alpha=0.05):
    return _p(x, alpha).logit(), _terms(x, alpha)


@wrong("the shape is")
def logit_flat(x, alpha=0.05):
    y, log_det = _both(x, alpha)
    return y.flatten(1), log_det


@wrong("log_det: an axis of length 1 is lost")
def logit_squeezed(x, alpha=0.05):
    y, log_det = _both(x, alpha)
    return y, log_det.squeeze()


@wrong("two calls with the same input gave different values")
def logit_of_dequantised(x, alpha=0.05):
    return _both((x + 1e-6 * torch.rand_like(x)).clamp(0, 1), alpha)


@wrong("log(1 - t) has the wrong sign")
def logit_slope_of_difference(x, alpha=0.05):
    p = _p(x, alpha)
    terms = math.log(1 - 2 * alpha) - p.log() + (1 - p).log()
    return p.logit(), terms.flatten(1).sum(1)


@wrong("log(1 - t) is added")
def logit_of_product(x, alpha=0.05):
    p = _p(x, alpha)
    return p.log() + (1 - p).log(), logit_plain(x, alpha)[1]


@wrong("here it lies in [0, 1]")
def logit_of_signed(x, alpha=0.05):
    return logit_plain((x + 1) / 2, alpha)


@wrong("the logarithm of the sum of the slopes")
def logit_log_of_sum(x, alpha=0.05):
    p = _p(x, alpha)
    slopes = (1 - 2 * alpha) / (p * (1 - p))
    return p.logit(), slopes.flatten(1).sum(1).log()
