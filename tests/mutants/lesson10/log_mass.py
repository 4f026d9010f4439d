"""Answers to exercise 10.2, ``log_mass``: wrong and right ones."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import distributions

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (1, 2)}


def _edges(x, mu, log_scale, half=1 / 255):
    """(upper edge - mu) / scale, (lower edge - mu) / scale."""
    inverse = torch.exp(-log_scale)
    return (x + half - mu) * inverse, (x - half - mu) * inverse


def _stable(x, a, b):
    inside = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))
    return torch.where(
        x < -0.999, F.logsigmoid(a), torch.where(x > 0.999, F.logsigmoid(-b), inside)
    )


@right
def mass_by_logsigmoids(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(1 - torch.exp(b - a))
    return torch.where(x == -1, F.logsigmoid(a), torch.where(x == 1, F.logsigmoid(-b), inside))


@right
def mass_of_pixelcnn(x, mu, log_scale):
    centered, inverse = x - mu, torch.exp(-log_scale)
    plus_in, min_in = inverse * (centered + 1 / 255), inverse * (centered - 1 / 255)
    delta = torch.sigmoid(plus_in) - torch.sigmoid(min_in)
    mid_in = inverse * centered
    log_pdf_mid = mid_in - log_scale - 2 * F.softplus(mid_in)
    inner = torch.where(
        delta > 1e-5, torch.log(torch.clamp(delta, min=1e-12)), log_pdf_mid - np.log(127.5)
    )
    first, last = plus_in - F.softplus(plus_in), -F.softplus(min_in)
    return torch.where(x < -0.999, first, torch.where(x > 0.999, last, inner))


@right
def mass_of_pixelcnn_by_masks(x, mu, log_scale):
    inverse = torch.exp(-log_scale)
    plus_in, min_in, mid_in = (inverse * (x - mu + shift) for shift in (1 / 255, -1 / 255, 0))
    delta = torch.sigmoid(plus_in) - torch.sigmoid(min_in)
    log_pdf_mid = mid_in - log_scale - 2.0 * F.softplus(mid_in)
    cond = (delta > 1e-5).float()
    inner = cond * torch.log(delta.clamp(min=1e-12)) + (1 - cond) * (log_pdf_mid - math.log(127.5))
    cond = (x > 0.999).float()
    inner = cond * -F.softplus(min_in) + (1 - cond) * inner
    cond = (x < -0.999).float()
    return cond * (plus_in - F.softplus(plus_in)) + (1 - cond) * inner


@right
def mass_by_softplus(x, mu, log_scale):
    scale = log_scale.exp()
    a, b = ((x + shift - mu) / scale for shift in (1 / 255, -1 / 255))
    inside = torch.log(-torch.expm1(-2 / (255 * scale))) - F.softplus(-a) - F.softplus(b)
    level = torch.round((x + 1) * 127.5)
    return torch.where(
        level == 0, -F.softplus(-a), torch.where(level == 255, -F.softplus(b), inside)
    )


@right
def mass_on_the_left_side(x, mu, log_scale):
    # By symmetry the mass of a bin right of mu is that of its mirror image on the left.
    mirrored = torch.where(x > mu, -1, 1)
    low, high = (x - mu) * mirrored - 1 / 255, (x - mu) * mirrored + 1 / 255
    scale = torch.exp(log_scale)
    log_high, log_low = F.logsigmoid(high / scale), F.logsigmoid(low / scale)
    inside = log_high + torch.log(-torch.expm1(log_low - log_high))
    first, last = F.logsigmoid((x + 1 / 255 - mu) / scale), F.logsigmoid((mu + 1 / 255 - x) / scale)
    return torch.where(x < -0.999, first, torch.where(x > 0.999, last, inside))


@right
def mass_in_place_of_ends(x, mu, log_scale):
    a, b = (edge.double() for edge in _edges(x, mu, log_scale))
    log_p = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log1p(-torch.exp(b - a))
    log_p = log_p.clone()
    log_p[x == -1] = F.logsigmoid(a)[x == -1]
    log_p[x == 1] = F.logsigmoid(-b)[x == 1]
    return log_p


@right
def mass_with_bounded_scale(x, mu, log_scale):
    return mass_of_pixelcnn(x, mu, log_scale.clamp(min=-7))


@right
def mass_of_package(x, mu, log_scale):
    return losses.discretized_logistic_log_prob(x, mu, log_scale, event_dim=0)


@right
def mass_by_examples(x, mu, log_scale):
    rows = zip(x.double(), mu.double(), log_scale.double(), strict=True)
    return torch.stack([mass_by_logsigmoids(*row) for row in rows])


@right
def mass_by_hyperbolic_functions(x, mu, log_scale):
    # sigmoid(m + h) - sigmoid(m - h) = sinh(h) / (cosh(m) + cosh(h))
    mid, half = (x - mu) * torch.exp(-log_scale), torch.exp(-log_scale) / 255
    twice_cosh = torch.logaddexp(torch.logaddexp(mid, -mid), torch.logaddexp(half, -half))
    inside = half + torch.log(-torch.expm1(-2 * half)) - twice_cosh
    inside = torch.where(x < -0.999, -F.softplus(-mid - half), inside)
    return torch.where(x > 0.999, -F.softplus(mid - half), inside)


@wrong("this is the log-density: the mass of a bin is wanted")
def mass_density(x, mu, log_scale):
    mid = (x - mu) * torch.exp(-log_scale)
    return mid - log_scale - 2 * F.softplus(mid)


@wrong("this is the density times the bin's width")
def mass_density_times_width(x, mu, log_scale):
    return mass_density(x, mu, log_scale) + math.log(2 / 255)


@wrong("the edges are x +- 1/256")
def mass_256(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 256))


@wrong("the bin is twice too wide")
def mass_whole_bin_each_side(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 127.5))


@wrong("the bin is twice too wide")
def mass_128(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 128))


@wrong("the bin is twice too narrow")
def mass_narrow(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 0.5 / 255))


@wrong("the edges are x +- 1/2, as for bytes")
def mass_bytes(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 0.5))


@wrong("the bin begins at x")
def mass_from_x(x, mu, log_scale):
    return _stable(x, *_edges(x + 1 / 255, mu, log_scale))


@wrong("the bin goes from x to x + 1/255")
def mass_upper_half(x, mu, log_scale):
    scale = torch.exp(log_scale)
    return torch.log(torch.sigmoid((x + 1 / 255 - mu) / scale) - torch.sigmoid((x - mu) / scale))


@wrong("the ends are closed")
def mass_closed(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))


@wrong("the ends are exchanged")
def mass_ends_exchanged(x, mu, log_scale):
    return _stable(torch.where(x.abs() > 0.999, -x, x), *_edges(x, mu, log_scale))


@wrong("the last level is closed")
def mass_first_alone(x, mu, log_scale):
    a, _ = _edges(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(a), mass_closed(x, mu, log_scale))


@wrong("the first level is closed")
def mass_last_alone(x, mu, log_scale):
    _, b = _edges(x, mu, log_scale)
    return torch.where(x == 1, F.logsigmoid(-b), mass_closed(x, mu, log_scale))


@wrong("at the ends the edge is x itself")
def mass_ends_at_x(x, mu, log_scale):
    mid = (x - mu) * torch.exp(-log_scale)
    inside = mass_closed(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(mid), torch.where(x == 1, F.logsigmoid(-mid), inside))


@wrong("at the ends the edge is on the wrong side of x")
def mass_ends_beyond(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = mass_closed(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(b), torch.where(x == 1, F.logsigmoid(-a), inside))


@wrong("the levels next to the ends are open too")
def mass_ends_too_wide(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = mass_closed(x, mu, log_scale)
    last = torch.where(x > 0.99, F.logsigmoid(-b), inside)
    return torch.where(x < -0.99, F.logsigmoid(a), last)


@wrong("the first level is looked for at 0")
def mass_first_at_zero(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    last = torch.where(x > 0.999, F.logsigmoid(-b), mass_closed(x, mu, log_scale))
    return torch.where(x < 0.001, F.logsigmoid(a), last)


def _difference(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    upper = torch.where(x > 0.999, torch.ones_like(a), torch.sigmoid(a))
    lower = torch.where(x < -0.999, torch.zeros_like(b), torch.sigmoid(b))
    return upper - lower


@wrong("far from mu both sigmoids round to the same number")
def mass_plain(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale))


@wrong("far from mu both sigmoids round to the same number")
def mass_plain_in_double(x, mu, log_scale):
    return torch.log(_difference(x.double(), mu.double(), log_scale.double()))


@wrong("a floor (a clamp, or a small number added to P)")
def mass_clamped(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale).clamp(min=1e-12))


@wrong("a floor (a clamp, or a small number added to P)")
def mass_with_small_number(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale) + 1e-12)


@wrong("a floor (a clamp, or a small number added to P)")
def mass_clamped_after(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).clamp(min=-50)


@wrong("torch.where differentiates both of its branches")
def mass_where_without_clamp(x, mu, log_scale):
    delta = _difference(x, mu, log_scale)
    fallback = mass_density_times_width(x, mu, log_scale)
    a, b = _edges(x, mu, log_scale)
    inner = torch.where(delta > 1e-5, torch.log(delta), fallback)
    return torch.where(x < -0.999, F.logsigmoid(a), torch.where(x > 0.999, F.logsigmoid(-b), inner))


@wrong("log_scale is taken for the scale: exp is missing")
def mass_scale(x, mu, log_scale):
    a, b = (x + 1 / 255 - mu) / log_scale, (x - 1 / 255 - mu) / log_scale
    return torch.log(torch.sigmoid(a) - torch.sigmoid(b))


@wrong("log_scale is taken for a log-variance")
def mass_variance(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, 0.5 * log_scale)


@wrong("the scale is squared")
def mass_squared(x, mu, log_scale):
    return mass_by_softplus(x, mu, 2 * log_scale)


@wrong("multiplied by the scale, it divides")
def mass_multiplied(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, -log_scale)


@wrong("the scale is not used")
def mass_unit_scale(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, 0 * log_scale)


@wrong("scale is taken for the standard deviation")
def mass_std(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale + math.log(math.sqrt(3) / math.pi))


@wrong("this is the normal distribution function")
def mass_normal(x, mu, log_scale):
    normal = distributions.Normal(mu.double(), log_scale.exp().double())
    return torch.log(normal.cdf(x.double() + 1 / 255) - normal.cdf(x.double() - 1 / 255))


@wrong("this is a Gaussian log-density")
def mass_gaussian(x, mu, log_scale):
    return distributions.Normal(mu, log_scale.exp()).log_prob(x)


@wrong("mu has the wrong sign")
def mass_sign_of_mu(x, mu, log_scale):
    return mass_by_logsigmoids(x, -mu, log_scale)


@wrong("mu has the wrong sign")
def mass_sign_of_mu_unstable(x, mu, log_scale):
    return mass_plain(x, -mu, log_scale)


@wrong("x and its edges are on [0, 1] here")
def mass_zero_one(x, mu, log_scale):
    return mass_closed_at((x + 1) / 2, mu, log_scale, 0.5 / 255)


@wrong("x and its edges are on 0, 1, ..., 255")
def mass_of_level(x, mu, log_scale):
    return mass_closed_at(127.5 * (x + 1), mu, log_scale, 0.5)


def mass_closed_at(x, mu, log_scale, half):
    a, b = _edges(x, mu, log_scale, half)
    return F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))


@wrong("summed over the example")
def mass_summed(x, mu, log_scale):
    return losses.discretized_logistic_log_prob(x, mu, log_scale)


@wrong("summed over the channels")
def mass_summed_over_channels(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).sum(1)


@wrong("the mean over everything is taken")
def mass_mean(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).mean()


@wrong("the mean over the example is taken")
def mass_mean_of_example(x, mu, log_scale):
    return -mass_by_logsigmoids(x, mu, log_scale).mean((1, 2, 3))


@wrong("bits are returned")
def mass_bits(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale) / math.log(2)


@wrong("this is P: the logarithm is missing")
def mass_probability(x, mu, log_scale):
    return _difference(x, mu, log_scale)


@wrong("the sign is wrong")
def mass_negative(x, mu, log_scale):
    return -mass_by_logsigmoids(x, mu, log_scale)


@wrong("P = s(upper edge) - s(lower edge) is positive")
def mass_edges_exchanged(x, mu, log_scale):
    return torch.log(-_difference(x, mu, log_scale))


@wrong("s(lower) is not subtracted")
def mass_cumulative(x, mu, log_scale):
    return F.logsigmoid(_edges(x, mu, log_scale)[0])


@wrong("log comes after the difference")
def mass_difference_of_logs(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) - F.logsigmoid(b)


@wrong("log(1 - exp(b - a)) is missing")
def mass_without_width(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) + F.logsigmoid(-b)


@wrong("the edges are not divided by the scale")
def mass_edges_not_scaled(x, mu, log_scale):
    mid = (x - mu) / log_scale.exp()
    return torch.log(torch.sigmoid(mid + 1 / 255) - torch.sigmoid(mid - 1 / 255))


@wrong("no gradient reaches log_scale")
def mass_scale_detached(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale.detach())


@wrong("no gradient reaches mu")
def mass_detached(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).detach()


@wrong("the gradient with respect to log_scale is not")
def mass_half_detached(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return _stable(x, a, a - (a - b).detach())


@wrong("one example lost its axes")
def mass_squeezed(x, mu, log_scale):
    log_p = mass_by_logsigmoids(x, mu, log_scale)
    return log_p.squeeze() if log_p.numel() == 1 else log_p


@wrong("two calls with the same input gave different values")
def mass_dithered(x, mu, log_scale):
    return mass_by_logsigmoids(x + 1e-7 * torch.rand_like(x), mu, log_scale)


@wrong("mu is held in [-1, 1]")
def mass_mu_on_the_scale(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu.clamp(-1, 1), log_scale)


@wrong("the gradient with respect to log_scale is not")
def mass_widest_scale_held(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale.clamp(max=3.99))


@wrong("log_scale is held at -6 or above")
def mass_narrowest_scale_held(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale.clamp(min=-6))


@wrong("the gradient with respect to mu is not finite")
def mass_by_distance(x, mu, log_scale):
    mid, half = (x - mu).square().sqrt() * torch.exp(-log_scale), torch.exp(-log_scale) / 255
    inside = (
        F.logsigmoid(half - mid) + F.logsigmoid(half + mid) + torch.log(-torch.expm1(-2 * half))
    )
    a, b = _edges(x, mu, log_scale)
    return torch.where(
        x < -0.999, F.logsigmoid(a), torch.where(x > 0.999, F.logsigmoid(-b), inside)
    )


@wrong("it is 2 times the right one")
def mass_gradient_twice(x, mu, log_scale):
    return mass_by_logsigmoids(x, 2 * mu - mu.detach(), log_scale)


@wrong("no gradient reaches mu")
def mass_of_numpy(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).detach().numpy()


@wrong("the gradient with respect to mu is not")
def mass_gradient_of_the_example(x, mu, log_scale):
    log_p = mass_by_logsigmoids(x, mu, log_scale)
    return log_p + (log_p - log_p.detach()).mean((1, 2, 3), keepdim=True)
