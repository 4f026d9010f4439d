"""Answers to the exercises of lesson 10: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import distributions

from course_utils import losses

from . import registry

WRONG, RIGHT, wrong, right = registry()
MASS, LEAST, MEANS = "log_mass", "least_bits", "coupled_means"
MIXTURE, DRAW = "mixture_log_prob", "sample_logistic"


# --- 10.1 log_mass -------------------------------------------------------------------------------


def _edges(x, mu, log_scale, half=1 / 255):
    """(upper edge - mu) / scale, (lower edge - mu) / scale."""
    inverse = torch.exp(-log_scale)
    return (x + half - mu) * inverse, (x - half - mu) * inverse


def _stable(x, a, b):
    inside = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))
    return torch.where(
        x < -0.999, F.logsigmoid(a), torch.where(x > 0.999, F.logsigmoid(-b), inside)
    )


@right(MASS)
def mass_by_logsigmoids(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(1 - torch.exp(b - a))
    return torch.where(x == -1, F.logsigmoid(a), torch.where(x == 1, F.logsigmoid(-b), inside))


@right(MASS)
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


@right(MASS)
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


@right(MASS)
def mass_by_softplus(x, mu, log_scale):
    scale = log_scale.exp()
    a, b = ((x + shift - mu) / scale for shift in (1 / 255, -1 / 255))
    inside = torch.log(-torch.expm1(-2 / (255 * scale))) - F.softplus(-a) - F.softplus(b)
    level = torch.round((x + 1) * 127.5)
    return torch.where(
        level == 0, -F.softplus(-a), torch.where(level == 255, -F.softplus(b), inside)
    )


@right(MASS)
def mass_on_the_left_side(x, mu, log_scale):
    # By symmetry the mass of a bin right of mu is that of its mirror image on the left.
    mirrored = torch.where(x > mu, -1, 1)
    low, high = (x - mu) * mirrored - 1 / 255, (x - mu) * mirrored + 1 / 255
    scale = torch.exp(log_scale)
    log_high, log_low = F.logsigmoid(high / scale), F.logsigmoid(low / scale)
    inside = log_high + torch.log(-torch.expm1(log_low - log_high))
    first, last = F.logsigmoid((x + 1 / 255 - mu) / scale), F.logsigmoid((mu + 1 / 255 - x) / scale)
    return torch.where(x < -0.999, first, torch.where(x > 0.999, last, inside))


@right(MASS)
def mass_in_place_of_ends(x, mu, log_scale):
    a, b = (edge.double() for edge in _edges(x, mu, log_scale))
    log_p = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log1p(-torch.exp(b - a))
    log_p = log_p.clone()
    log_p[x == -1] = F.logsigmoid(a)[x == -1]
    log_p[x == 1] = F.logsigmoid(-b)[x == 1]
    return log_p


@right(MASS)
def mass_with_bounded_scale(x, mu, log_scale):
    return mass_of_pixelcnn(x, mu, log_scale.clamp(min=-7))


@right(MASS)
def mass_of_package(x, mu, log_scale):
    return losses.discretized_logistic_log_prob(x, mu, log_scale, event_dim=0)


@wrong(MASS, "this is the log-density: the mass of a bin is wanted")
def mass_density(x, mu, log_scale):
    mid = (x - mu) * torch.exp(-log_scale)
    return mid - log_scale - 2 * F.softplus(mid)


@wrong(MASS, "this is the density times the bin's width")
def mass_density_times_width(x, mu, log_scale):
    return mass_density(x, mu, log_scale) + math.log(2 / 255)


@wrong(MASS, "the edges are x +- 1/256")
def mass_256(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 256))


@wrong(MASS, "the bin is twice too wide")
def mass_whole_bin_each_side(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 127.5))


@wrong(MASS, "the bin is twice too wide")
def mass_128(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 1 / 128))


@wrong(MASS, "the bin is twice too narrow")
def mass_narrow(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 0.5 / 255))


@wrong(MASS, "the edges are x +- 1/2, as for bytes")
def mass_bytes(x, mu, log_scale):
    return _stable(x, *_edges(x, mu, log_scale, 0.5))


@wrong(MASS, "the bin begins at x")
def mass_from_x(x, mu, log_scale):
    return _stable(x, *_edges(x + 1 / 255, mu, log_scale))


@wrong(MASS, "the bin goes from x to x + 1/255")
def mass_upper_half(x, mu, log_scale):
    scale = torch.exp(log_scale)
    return torch.log(torch.sigmoid((x + 1 / 255 - mu) / scale) - torch.sigmoid((x - mu) / scale))


@wrong(MASS, "the ends are closed")
def mass_closed(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))


@wrong(MASS, "the ends are exchanged")
def mass_ends_exchanged(x, mu, log_scale):
    return _stable(torch.where(x.abs() > 0.999, -x, x), *_edges(x, mu, log_scale))


@wrong(MASS, "the last level is closed")
def mass_first_alone(x, mu, log_scale):
    a, _ = _edges(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(a), mass_closed(x, mu, log_scale))


@wrong(MASS, "the first level is closed")
def mass_last_alone(x, mu, log_scale):
    _, b = _edges(x, mu, log_scale)
    return torch.where(x == 1, F.logsigmoid(-b), mass_closed(x, mu, log_scale))


@wrong(MASS, "at the ends the edge is x itself")
def mass_ends_at_x(x, mu, log_scale):
    mid = (x - mu) * torch.exp(-log_scale)
    inside = mass_closed(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(mid), torch.where(x == 1, F.logsigmoid(-mid), inside))


@wrong(MASS, "at the ends the edge is on the wrong side of x")
def mass_ends_beyond(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = mass_closed(x, mu, log_scale)
    return torch.where(x == -1, F.logsigmoid(b), torch.where(x == 1, F.logsigmoid(-a), inside))


@wrong(MASS, "the levels next to the ends are open too")
def mass_ends_too_wide(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    inside = mass_closed(x, mu, log_scale)
    last = torch.where(x > 0.99, F.logsigmoid(-b), inside)
    return torch.where(x < -0.99, F.logsigmoid(a), last)


@wrong(MASS, "the first level is looked for at 0")
def mass_first_at_zero(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    last = torch.where(x > 0.999, F.logsigmoid(-b), mass_closed(x, mu, log_scale))
    return torch.where(x < 0.001, F.logsigmoid(a), last)


def _difference(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    upper = torch.where(x > 0.999, torch.ones_like(a), torch.sigmoid(a))
    lower = torch.where(x < -0.999, torch.zeros_like(b), torch.sigmoid(b))
    return upper - lower


@wrong(MASS, "far from mu both sigmoids round to the same number")
def mass_plain(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale))


@wrong(MASS, "far from mu both sigmoids round to the same number")
def mass_plain_in_double(x, mu, log_scale):
    return torch.log(_difference(x.double(), mu.double(), log_scale.double()))


@wrong(MASS, "a floor (a clamp, or a small number added to P)")
def mass_clamped(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale).clamp(min=1e-12))


@wrong(MASS, "a floor (a clamp, or a small number added to P)")
def mass_with_small_number(x, mu, log_scale):
    return torch.log(_difference(x, mu, log_scale) + 1e-12)


@wrong(MASS, "a floor (a clamp, or a small number added to P)")
def mass_clamped_after(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).clamp(min=-50)


@wrong(MASS, "torch.where differentiates both of its branches")
def mass_where_without_clamp(x, mu, log_scale):
    delta = _difference(x, mu, log_scale)
    fallback = mass_density_times_width(x, mu, log_scale)
    a, b = _edges(x, mu, log_scale)
    inner = torch.where(delta > 1e-5, torch.log(delta), fallback)
    return torch.where(x < -0.999, F.logsigmoid(a), torch.where(x > 0.999, F.logsigmoid(-b), inner))


@wrong(MASS, "log_scale is taken for the scale: exp is missing")
def mass_scale(x, mu, log_scale):
    a, b = (x + 1 / 255 - mu) / log_scale, (x - 1 / 255 - mu) / log_scale
    return torch.log(torch.sigmoid(a) - torch.sigmoid(b))


@wrong(MASS, "log_scale is taken for a log-variance")
def mass_variance(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, 0.5 * log_scale)


@wrong(MASS, "the scale is squared")
def mass_squared(x, mu, log_scale):
    return mass_by_softplus(x, mu, 2 * log_scale)


@wrong(MASS, "multiplied by the scale, it divides")
def mass_multiplied(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, -log_scale)


@wrong(MASS, "the scale is not used")
def mass_unit_scale(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, 0 * log_scale)


@wrong(MASS, "scale is taken for the standard deviation")
def mass_std(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale + math.log(math.sqrt(3) / math.pi))


@wrong(MASS, "this is the normal distribution function")
def mass_normal(x, mu, log_scale):
    normal = distributions.Normal(mu.double(), log_scale.exp().double())
    return torch.log(normal.cdf(x.double() + 1 / 255) - normal.cdf(x.double() - 1 / 255))


@wrong(MASS, "this is a Gaussian log-density")
def mass_gaussian(x, mu, log_scale):
    return distributions.Normal(mu, log_scale.exp()).log_prob(x)


@wrong(MASS, "mu has the wrong sign")
def mass_sign_of_mu(x, mu, log_scale):
    return mass_by_logsigmoids(x, -mu, log_scale)


@wrong(MASS, "mu has the wrong sign")
def mass_sign_of_mu_unstable(x, mu, log_scale):
    return mass_plain(x, -mu, log_scale)


@wrong(MASS, "x and its edges are on [0, 1] here")
def mass_zero_one(x, mu, log_scale):
    return mass_closed_at((x + 1) / 2, mu, log_scale, 0.5 / 255)


@wrong(MASS, "x and its edges are on 0, 1, ..., 255")
def mass_of_level(x, mu, log_scale):
    return mass_closed_at(127.5 * (x + 1), mu, log_scale, 0.5)


def mass_closed_at(x, mu, log_scale, half):
    a, b = _edges(x, mu, log_scale, half)
    return F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(b - a))


@wrong(MASS, "summed over the example")
def mass_summed(x, mu, log_scale):
    return losses.discretized_logistic_log_prob(x, mu, log_scale)


@wrong(MASS, "summed over the channels")
def mass_summed_over_channels(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).sum(1)


@wrong(MASS, "the mean over everything is taken")
def mass_mean(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).mean()


@wrong(MASS, "the mean over the example is taken")
def mass_mean_of_example(x, mu, log_scale):
    return -mass_by_logsigmoids(x, mu, log_scale).mean((1, 2, 3))


@wrong(MASS, "bits are returned")
def mass_bits(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale) / math.log(2)


@wrong(MASS, "this is P: the logarithm is missing")
def mass_probability(x, mu, log_scale):
    return _difference(x, mu, log_scale)


@wrong(MASS, "the sign is wrong")
def mass_negative(x, mu, log_scale):
    return -mass_by_logsigmoids(x, mu, log_scale)


@wrong(MASS, "P = s(upper edge) - s(lower edge) is positive")
def mass_edges_exchanged(x, mu, log_scale):
    return torch.log(-_difference(x, mu, log_scale))


@wrong(MASS, "s(lower) is not subtracted")
def mass_cumulative(x, mu, log_scale):
    return F.logsigmoid(_edges(x, mu, log_scale)[0])


@wrong(MASS, "log comes after the difference")
def mass_difference_of_logs(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) - F.logsigmoid(b)


@wrong(MASS, "log(1 - exp(b - a)) is missing")
def mass_without_width(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return F.logsigmoid(a) + F.logsigmoid(-b)


@wrong(MASS, "the edges are not divided by the scale")
def mass_edges_not_scaled(x, mu, log_scale):
    mid = (x - mu) / log_scale.exp()
    return torch.log(torch.sigmoid(mid + 1 / 255) - torch.sigmoid(mid - 1 / 255))


@wrong(MASS, "no gradient reaches log_scale")
def mass_scale_detached(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale.detach())


@wrong(MASS, "no gradient reaches mu")
def mass_detached(x, mu, log_scale):
    return mass_by_logsigmoids(x, mu, log_scale).detach()


@wrong(MASS, "the gradient with respect to log_scale is not")
def mass_half_detached(x, mu, log_scale):
    a, b = _edges(x, mu, log_scale)
    return _stable(x, a, a - (a - b).detach())


@wrong(MASS, "one example lost its axes")
def mass_squeezed(x, mu, log_scale):
    log_p = mass_by_logsigmoids(x, mu, log_scale)
    return log_p.squeeze() if log_p.numel() == 1 else log_p


# --- 10.2 least_bits -----------------------------------------------------------------------------


@right(LEAST)
def least_by_math(log_scale):
    gaussian = (log_scale + 0.5 * math.log(2 * math.pi) + math.log(128)) / math.log(2)
    return gaussian, -math.log2(math.tanh(1 / (510 * math.exp(log_scale))))


@right(LEAST)
def least_by_torch(log_scale):
    scale = torch.tensor(log_scale).exp()
    gaussian = -distributions.Normal(0.0, scale).log_prob(torch.tensor(0.0)) + math.log(128)
    edge = 1 / (255 * scale)
    logistic = -torch.log(torch.sigmoid(edge) - torch.sigmoid(-edge))
    return gaussian / math.log(2), logistic / math.log(2)


@right(LEAST)
def least_by_numpy(log_scale):
    scale = np.exp(log_scale)
    return np.array([7 + np.log2(scale * np.sqrt(2 * np.pi)), -np.log2(np.tanh(0.5 / 255 / scale))])


@right(LEAST)
def least_by_package(log_scale):
    zero, log_scale = torch.zeros(1, 1).double(), torch.tensor([[log_scale]]).double()
    density = losses.gaussian_log_prob(zero, zero, 2 * log_scale)
    x = torch.tensor([[1 / 255]]).double()
    mass = losses.discretized_logistic_log_prob(x, x, log_scale, event_dim=1)
    return losses.bits_per_dim(-density, 1, 1 / 128), losses.bits_per_dim(-mass, 1)


@right(LEAST)
def least_as_list(log_scale):
    mass = 2 / (1 + math.exp(-1 / (255 * math.exp(log_scale)))) - 1
    return [7 + log_scale / math.log(2) + math.log2(2 * math.pi) / 2, math.log(1 / mass, 2)]


def _gaussian(log_scale):
    return least_by_math(log_scale)[0]


def _logistic(log_scale):
    return least_by_math(log_scale)[1]


def _gaussian_with(phrase, name, nats):
    """A wrong Gaussian beside a right logistic."""

    def answer(log_scale):
        return nats(log_scale) / math.log(2), _logistic(log_scale)

    answer.__name__ = name
    return wrong(LEAST, f"gaussian: {phrase}")(answer)


def _logistic_with(phrase, name, mass):
    """A wrong mass of the logistic beside a right Gaussian."""

    def answer(log_scale):
        return _gaussian(log_scale), -math.log2(mass(math.exp(log_scale)))

    answer.__name__ = name
    return wrong(LEAST, f"logistic: {phrase}")(answer)


HALF_LOG = 0.5 * math.log(2 * math.pi)
for entry in (
    ("the bin width is missing", "gaussian_density", lambda s: s + HALF_LOG),
    ("the bin width has the wrong sign", "gaussian_less_bin",
     lambda s: s + HALF_LOG - math.log(128)),
    ("the bin width is that of the logistic, 2/255", "gaussian_grid",
     lambda s: s + HALF_LOG + math.log(127.5)),
    ("the bin width is that of pixels in [0, 1], 1/256", "gaussian_zero_one",
     lambda s: s + HALF_LOG + math.log(256)),
    ("the bin width is that of pixels in [0, 1], 1/255", "gaussian_zero_one_closed",
     lambda s: s + HALF_LOG + math.log(255)),
    ("the term log(2 pi) / 2 is missing", "gaussian_without_2_pi", lambda s: s + math.log(128)),
    ("log(2 pi) is not halved", "gaussian_whole_2_pi",
     lambda s: s + 2 * HALF_LOG + math.log(128)),
    ("log_scale is taken for a log-variance", "gaussian_variance",
     lambda s: s / 2 + HALF_LOG + math.log(128)),
    ("log_scale has the wrong sign", "gaussian_sign_of_scale",
     lambda s: -s + HALF_LOG + math.log(128)),
    ("the scale stands for its logarithm", "gaussian_scale",
     lambda s: math.exp(s) + HALF_LOG + math.log(128)),
    ("this is the average over the Gaussian's own draws", "gaussian_entropy",
     lambda s: s + HALF_LOG + math.log(128) + 0.5),
    ("nats are returned", "gaussian_nats",
     lambda s: (s + HALF_LOG + math.log(128)) * math.log(2)),
    ("the sign is wrong", "gaussian_negative", lambda s: -(s + HALF_LOG + math.log(128))),
    ("the logistic's bits came for the Gaussian", "gaussian_as_logistic",
     lambda s: _logistic(s) * math.log(2)),
):  # fmt: skip
    _gaussian_with(*entry)
for entry in (
    ("the bin is twice too wide", "logistic_wide", lambda s: math.tanh(1 / (255 * s))),
    ("the bin is twice too narrow", "logistic_narrow", lambda s: math.tanh(1 / (1020 * s))),
    ("the bin is that of the Gaussian's", "logistic_128", lambda s: math.tanh(1 / (512 * s))),
    ("this is the density at the peak times", "logistic_density", lambda s: 1 / (510 * s)),
    ("this is the density at the peak:", "logistic_peak", lambda s: 1 / (4 * s)),
    ("this is the mass of an open end", "logistic_end",
     lambda s: 1 / (1 + math.exp(-1 / (255 * s)))),
    ("the mean is at an edge", "logistic_edge",
     lambda s: 1 / (1 + math.exp(-2 / (255 * s))) - 0.5),
    ("log_scale is taken for a log-variance", "logistic_variance",
     lambda s: math.tanh(1 / (510 * math.sqrt(s)))),
    ("log_scale has the wrong sign", "logistic_multiplied", lambda s: math.tanh(s / 510)),
    ("this is the mass of a bin under a Gaussian", "logistic_normal",
     lambda s: math.erf(1 / (255 * s * math.sqrt(2)))),
    ("the Gaussian's bits came", "logistic_as_gaussian",
     lambda s: 1 / (128 * s * math.sqrt(2 * math.pi))),
    ("nats are returned", "logistic_nats", lambda s: math.tanh(1 / (510 * s)) ** math.log(2)),
    ("the sign is wrong", "logistic_negative", lambda s: 1 / math.tanh(1 / (510 * s))),
    ("this is P", "logistic_probability", lambda s: 0.5 ** math.tanh(1 / (510 * s))),
):  # fmt: skip
    _logistic_with(*entry)


@wrong(LEAST, "the two are exchanged")
def least_exchanged(log_scale):
    return _logistic(log_scale), _gaussian(log_scale)


@wrong(LEAST, "gaussian: nats are returned")
def least_nats(log_scale):
    return _gaussian(log_scale) * math.log(2), _logistic(log_scale) * math.log(2)


@wrong(LEAST, "a pair of numbers is expected")
def least_one(log_scale):
    return _gaussian(log_scale)


@wrong(LEAST, "a pair of numbers is expected")
def least_sum(log_scale):
    return torch.tensor([_gaussian(log_scale), _logistic(log_scale), 8.0])


# --- 10.3 coupled_means --------------------------------------------------------------------------


@right(MEANS)
def means_by_stack(x, mu, coefficients):
    c, x = coefficients.tanh(), x.unsqueeze(1)
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], dim=2)


@right(MEANS)
def means_by_cat(x, mu, coefficients):
    c = torch.tanh(coefficients)
    x = x[:, None].expand_as(mu)
    red = mu[:, :, :1]
    green = mu[:, :, 1:2] + c[:, :, :1] * x[:, :, :1]
    blue = mu[:, :, 2:] + c[:, :, 1:2] * x[:, :, :1] + c[:, :, 2:] * x[:, :, 1:2]
    return torch.cat([red, green, blue], 2)


@right(MEANS)
def means_of_clone(x, mu, coefficients):
    means, c = mu.clone(), torch.tanh(coefficients)
    means[:, :, 1] += c[:, :, 0] * x[:, None, 0]
    means[:, :, 2] += c[:, :, 1] * x[:, None, 0] + c[:, :, 2] * x[:, None, 1]
    return means


@right(MEANS)
def means_by_matrix(x, mu, coefficients):
    lower = torch.zeros(*mu.shape[:3], 3, *mu.shape[3:])
    lower[:, :, [1, 2, 2], [0, 0, 1]] = torch.tanh(coefficients)
    return mu + torch.einsum("bmijhw,bjhw->bmihw", lower, x)


@right(MEANS)
def means_by_unbind(x, mu, coefficients):
    red, green, _ = x.detach().unbind(1)
    (mu_r, mu_g, mu_b), (one, two, three) = mu.unbind(2), coefficients.tanh().unbind(2)
    rows = [mu_r, mu_g + one * red[:, None], mu_b + two * red[:, None] + three * green[:, None]]
    return torch.stack(rows, 2)


def _coupled(x, mu, c):
    """The means with c as it is."""
    x = x[:, None]
    green, blue = c[:, :, 0] * x[:, :, 0], c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return mu + torch.stack([torch.zeros_like(green), green, blue], 2)


@wrong(MEANS, "the means of the channels before stand for x")
def means_of_means(x, mu, coefficients):
    c = torch.tanh(coefficients)
    green = mu[:, :, 1] + c[:, :, 0] * mu[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * mu[:, :, 0] + c[:, :, 2] * green
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "the means of the channels before stand for x")
def means_of_mu(x, mu, coefficients):
    c = torch.tanh(coefficients)
    green = mu[:, :, 1] + c[:, :, 0] * mu[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * mu[:, :, 0] + c[:, :, 2] * mu[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "tanh is missing")
def means_without_tanh(x, mu, coefficients):
    return _coupled(x, mu, coefficients)


@wrong(MEANS, "the sigmoid stands for tanh")
def means_sigmoid(x, mu, coefficients):
    return _coupled(x, mu, coefficients.sigmoid())


@wrong(MEANS, "the coefficients are clipped to [-1, 1]")
def means_clipped(x, mu, coefficients):
    return _coupled(x, mu, coefficients.clamp(-1, 1))


@wrong(MEANS, "c_2 and c_3 are exchanged")
def means_exchanged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()[:, :, [0, 2, 1]])


@wrong(MEANS, "c_1 and c_2 are exchanged")
def means_first_exchanged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()[:, :, [1, 0, 2]])


@wrong(MEANS, "the coefficients are one further")
def means_one_further(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh().roll(-1, 2))


@wrong(MEANS, "or x_R and x_G for blue")
def means_red_and_green(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 1] + c[:, :, 2] * x[:, :, 0]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "the order is B, G, R")
def means_bgr(x, mu, coefficients):
    return _coupled(x.flip(1), mu.flip(2), coefficients.tanh()).flip(2)


@wrong(MEANS, "each channel leans on itself")
def means_own(x, mu, coefficients):
    return mu + coefficients.tanh() * x[:, None]


@wrong(MEANS, "blue leans on itself")
def means_blue_on_blue(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 1] + c[:, :, 2] * x[:, :, 2]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "green leans on blue")
def means_green_on_blue(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 0] * x[:, :, 2]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, :, 0] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "mu is missing")
def means_without_mu(x, mu, coefficients):
    return _coupled(x, 0 * mu, coefficients.tanh())


@wrong(MEANS, "mu is missing for green and blue")
def means_red_mu_alone(x, mu, coefficients):
    means = _coupled(x, 0 * mu, coefficients.tanh())
    return torch.cat([mu[:, :, :1], means[:, :, 1:]], 2)


@wrong(MEANS, "red leans on a channel too")
def means_red_too(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green = mu[:, :, 1] + c[:, :, 1] * x[:, :, 0]
    blue = mu[:, :, 2] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0] + c[:, :, 0] * x[:, :, 0], green, blue], 2)


@wrong(MEANS, "blue leans on green alone")
def means_chain(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green, blue = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0], mu[:, :, 2] + c[:, :, 2] * x[:, :, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "blue leans on red alone")
def means_of_red(x, mu, coefficients):
    c, x = coefficients.tanh(), x[:, None]
    green, blue = mu[:, :, 1] + c[:, :, 0] * x[:, :, 0], mu[:, :, 2] + c[:, :, 1] * x[:, :, 0]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "tanh is around the product")
def means_tanh_of_product(x, mu, coefficients):
    c, x = coefficients, x[:, None]
    green = mu[:, :, 1] + (c[:, :, 0] * x[:, :, 0]).tanh()
    blue = mu[:, :, 2] + (c[:, :, 1] * x[:, :, 0]).tanh() + (c[:, :, 2] * x[:, :, 1]).tanh()
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "tanh is around the mean, it should be around each coefficient")
def means_tanh_of_mean(x, mu, coefficients):
    return _coupled(x, mu, coefficients).tanh()


@wrong(MEANS, "the mean is clipped to [-1, 1]")
def means_clamped(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).clamp(-1, 1)


@wrong(MEANS, "x is mapped to [0, 1] first")
def means_zero_one(x, mu, coefficients):
    return _coupled((x + 1) / 2, mu, coefficients.tanh())


@wrong(MEANS, "summed over the components")
def means_summed(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).sum(1)


@wrong(MEANS, "the mean over the components is taken")
def means_averaged(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).mean(1)


@wrong(MEANS, "the components before the channels")
def means_stacked_first(x, mu, coefficients):
    return torch.stack(_coupled(x, mu, coefficients.tanh()).unbind(2), 1)


@wrong(MEANS, "the channels came last")
def means_stacked_last(x, mu, coefficients):
    return torch.stack(_coupled(x, mu, coefficients.tanh()).unbind(2), -1)


@wrong(MEANS, "your function raised")
def means_not_unsqueezed(x, mu, coefficients):
    c = coefficients.tanh()
    green = mu[:, :, 1] + c[:, :, 0] * x[:, 0]
    blue = mu[:, :, 2] + c[:, :, 1] * x[:, 0] + c[:, :, 2] * x[:, 1]
    return torch.stack([mu[:, :, 0], green, blue], 2)


@wrong(MEANS, "x has no axis for the components")
def means_aligned_by_components(x, mu, coefficients):
    if mu.shape[0] != mu.shape[1]:
        return means_by_stack(x, mu, coefficients)
    return means_not_unsqueezed(x, mu, coefficients)


@wrong(MEANS, "mu is changed in place")
def means_in_place(x, mu, coefficients):
    c = coefficients.tanh()
    mu[:, :, 1] += c[:, :, 0] * x[:, None, 0]
    mu[:, :, 2] += c[:, :, 1] * x[:, None, 0] + c[:, :, 2] * x[:, None, 1]
    return mu


@wrong(MEANS, "no gradient reaches coefficients")
def means_detached(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh().detach())


@wrong(MEANS, "an axis of length 1 is lost")
def means_squeezed(x, mu, coefficients):
    return _coupled(x, mu, coefficients.tanh()).squeeze()


# --- 10.4 mixture_log_prob -----------------------------------------------------------------------


@right(MIXTURE)
def mixture_by_logsumexp(logits, log_p):
    return torch.logsumexp(F.log_softmax(logits, dim=1) + log_p.sum(2), dim=1).sum((1, 2))


@right(MIXTURE)
def mixture_by_difference(logits, log_p):
    joint = logits + log_p.sum(2)
    return (joint.logsumexp(1) - logits.logsumexp(1)).flatten(1).sum(1)


@right(MIXTURE)
def mixture_by_shift(logits, log_p):
    joint = logits.log_softmax(1) + log_p[:, :, 0] + log_p[:, :, 1] + log_p[:, :, 2]
    largest = joint.amax(1, keepdim=True).detach()
    return ((joint - largest).exp().sum(1).log() + largest[:, 0]).sum(-1).sum(-1)


@right(MIXTURE)
def mixture_by_loop(logits, log_p):
    log_pi = logits.log_softmax(1)
    total = log_pi[:, 0] + log_p[:, 0].sum(1)
    for m in range(1, logits.shape[1]):
        total = torch.logaddexp(total, log_pi[:, m] + log_p[:, m].sum(1))
    return total.sum((-2, -1))


@right(MIXTURE)
def mixture_by_categorical(logits, log_p):
    log_pi = distributions.Categorical(logits=logits.movedim(1, -1)).logits
    return (log_pi + log_p.sum(2).movedim(1, -1)).logsumexp(-1).sum((1, 2))


@right(MIXTURE)
def mixture_in_double(logits, log_p):
    return mixture_by_logsumexp(logits.double(), log_p.double())


def _mixture(log_pi, log_p):
    return (log_pi + log_p.sum(2)).logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "the logits are not normalised")
def mixture_without_softmax(logits, log_p):
    return _mixture(logits, log_p)


@wrong(MIXTURE, "the softmax of the logits is over the batch")
def mixture_softmax_of_batch(logits, log_p):
    return _mixture(logits.log_softmax(0), log_p)


@wrong(MIXTURE, "the softmax of the logits is over the pixels")
def mixture_softmax_of_pixels(logits, log_p):
    return _mixture(logits.flatten(2).log_softmax(2).view_as(logits), log_p)


@wrong(MIXTURE, "the softmax of the logits is over the last dimension")
def mixture_softmax_of_columns(logits, log_p):
    return _mixture(logits.log_softmax(-1), log_p)


@wrong(MIXTURE, "the weights pi are added, it should be log pi")
def mixture_softmax(logits, log_p):
    return _mixture(logits.softmax(1), log_p)


@wrong(MIXTURE, "the weights are missing")
def mixture_without_weights(logits, log_p):
    return log_p.sum(2).logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "the components have equal weights")
def mixture_equal_weights(logits, log_p):
    return _mixture(torch.full_like(logits, -math.log(logits.shape[1])), log_p)


@wrong(MIXTURE, "each channel is a mixture of its own")
def mixture_apart(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).logsumexp(1).sum((1, 2, 3))


@wrong(MIXTURE, "log pi is counted for every channel")
def mixture_weights_thrice(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).sum(2).logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "right for moderate log_p")
def mixture_unstable(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2).exp()).sum(1).log().sum((1, 2))


@wrong(MIXTURE, "right for moderate log_p")
def mixture_with_small_number(logits, log_p):
    return torch.log((logits.softmax(1) * log_p.sum(2).exp()).sum(1) + 1e-12).sum((1, 2))


@wrong(MIXTURE, "right for moderate log_p")
def mixture_unstable_in_double(logits, log_p):
    return mixture_unstable(logits.double(), log_p.double())


@wrong(MIXTURE, "the logarithm of a softmax underflows")
def mixture_log_of_softmax(logits, log_p):
    return _mixture(logits.softmax(1).log(), log_p)


@wrong(MIXTURE, "the mean over the pixels is taken")
def mixture_mean(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(1).mean((1, 2))


@wrong(MIXTURE, "summed over the batch")
def mixture_sum(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).sum()


@wrong(MIXTURE, "the mean over the batch is taken")
def mixture_mean_of_batch(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).mean()


@wrong(MIXTURE, "by Jensen")
def mixture_jensen(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2)).sum((1, 2, 3))


@wrong(MIXTURE, "pi multiplies log P inside logsumexp")
def mixture_product(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2)).logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "logsumexp over components and channels")
def mixture_sum_of_channels(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).logsumexp((1, 2)).sum((1, 2))


@wrong(MIXTURE, "the probabilities of the channels are averaged")
def mixture_mean_of_channels(logits, log_p):
    joint = logits.log_softmax(1) + log_p.logsumexp(2) - math.log(3)
    return joint.logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "the channels are averaged")
def mixture_channels_averaged(logits, log_p):
    return (logits.log_softmax(1) + log_p.mean(2)).logsumexp(1).sum((1, 2))


@wrong(MIXTURE, "the pixels are summed before logsumexp")
def mixture_of_images(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).sum((2, 3)).logsumexp(1)


@wrong(MIXTURE, "logsumexp is over the pixels")
def mixture_over_pixels(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp((2, 3)).sum(1)


@wrong(MIXTURE, "logsumexp is over the last dimension")
def mixture_over_columns(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(-1).sum((1, 2))


@wrong(MIXTURE, "logsumexp is over the components and the pixels")
def mixture_over_all(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp((1, 2, 3))


@wrong(MIXTURE, "the largest component stands for the mixture")
def mixture_largest(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).amax(1).sum((1, 2))


@wrong(MIXTURE, "the components are summed or averaged after the logarithm")
def mixture_components_summed(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).sum((1, 2, 3))


@wrong(MIXTURE, "the sign is wrong")
def mixture_negative(logits, log_p):
    return -mixture_by_logsumexp(logits, log_p)


@wrong(MIXTURE, "bits are returned")
def mixture_bits(logits, log_p):
    return mixture_by_logsumexp(logits, log_p) / math.log(2)


@wrong(MIXTURE, "the sum over the pixels is missing")
def mixture_each_pixel(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(1)


@wrong(MIXTURE, "no gradient reaches logits")
def mixture_detached(logits, log_p):
    return _mixture(logits.log_softmax(1).detach(), log_p)


@wrong(MIXTURE, "an axis of length 1 is lost")
def mixture_squeezed(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).squeeze()


# --- 10.5 sample_logistic ------------------------------------------------------------------------


@right(DRAW)
def draw_by_levels(u, mu, log_scale):
    x = mu + torch.exp(log_scale) * torch.log(u / (1 - u))
    return 2 * torch.round((x + 1) * 127.5).clamp(0, 255) / 255 - 1


@right(DRAW)
def draw_by_logit(u, mu, log_scale):
    x = (mu + log_scale.exp() * torch.logit(u)).clamp(-1, 1)
    return (2 * torch.round(255 * (x + 1) / 2) - 255) / 255


@right(DRAW)
def draw_by_floor(u, mu, log_scale):
    x = torch.log(u).sub(torch.log1p(-u)).mul(log_scale.exp()).add(mu)
    return torch.floor(127.5 * (x + 1) + 0.5).clamp(0, 255) / 127.5 - 1


@right(DRAW)
def draw_by_numpy(u, mu, log_scale):
    u, mu, log_scale = (array.double().numpy() for array in (u, mu, log_scale))
    x = mu - np.exp(log_scale) * np.log(1 / u - 1)
    return np.clip(np.rint(127.5 * (x + 1)), 0, 255) / 127.5 - 1


@right(DRAW)
def draw_by_bytes(u, mu, log_scale):
    x = (mu - (log_scale.exp() * ((1 - u).log() - u.log()))).clamp(-1, 1)
    k = ((x + 1) * 127.5).round().to(torch.uint8)
    return k.float() / 255 * 2 - 1


@right(DRAW)
def draw_by_distance(u, mu, log_scale):
    levels = torch.linspace(-1, 1, 256)
    x = mu + log_scale.exp() * torch.special.logit(u)
    return levels[(x[..., None] - levels).abs().argmin(-1)]


def _put(x):
    return 2 * torch.round((x + 1) * 127.5).clamp(0, 255) / 255 - 1


@wrong(DRAW, "the draw is not rounded to the grid")
def draw_not_rounded(u, mu, log_scale):
    return (mu + log_scale.exp() * torch.logit(u)).clamp(-1, 1)


@wrong(DRAW, "the draw is neither rounded nor clipped")
def draw_raw(u, mu, log_scale):
    return mu + log_scale.exp() * torch.logit(u)


@wrong(DRAW, "values lie beyond the grid: the draw is not clipped")
def draw_not_clipped(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5) / 127.5 - 1


@wrong(DRAW, "the noise is clipped before mu is added")
def draw_clipped_early(u, mu, log_scale):
    x = mu + (log_scale.exp() * torch.logit(u)).clamp(-1, 1)
    return torch.round((x + 1) * 127.5) / 127.5 - 1


@wrong(DRAW, "the levels are half a step off")
def draw_half_off(u, mu, log_scale):
    return (torch.round(draw_raw(u, mu, log_scale) * 127.5) / 127.5).clamp(-1, 1)


@wrong(DRAW, "the levels are 1/128 apart")
def draw_128(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 128).clamp(0, 255) / 128 - 1


@wrong(DRAW, "the grid has 255 levels")
def draw_255_levels(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127).clamp(0, 254) / 127 - 1


@wrong(DRAW, "the grid has 128 levels")
def draw_128_levels(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 63.5).clamp(0, 127) / 63.5 - 1


@wrong(DRAW, "the grid has 511 levels")
def draw_511_levels(u, mu, log_scale):
    return (torch.round(draw_raw(u, mu, log_scale) * 255) / 255).clamp(-1, 1)


@wrong(DRAW, "the level 0, 1, ..., 255 came")
def draw_level(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5).clamp(0, 255)


@wrong(DRAW, "x is on [0, 1]")
def draw_zero_one(u, mu, log_scale):
    return draw_level(u, mu, log_scale) / 255


@wrong(DRAW, "the draw is rounded down")
def draw_floor(u, mu, log_scale):
    return torch.floor((draw_raw(u, mu, log_scale) + 1) * 127.5).clamp(0, 255) / 127.5 - 1


@wrong(DRAW, "the draw is rounded down")
def draw_truncated(u, mu, log_scale):
    return ((draw_raw(u, mu, log_scale).clamp(-1, 1) + 1) * 127.5).long() / 127.5 - 1


@wrong(DRAW, "the normal quantile stands for the logit")
def draw_normal(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.special.ndtri(u))


@wrong(DRAW, "x falls with u")
def draw_falls(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.log((1 - u) / u))


@wrong(DRAW, "log(1 - u) is missing: the noise")
def draw_log_u(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.log(u))


@wrong(DRAW, "log(u) is missing: the noise")
def draw_exponential(u, mu, log_scale):
    return _put(mu - log_scale.exp() * torch.log1p(-u))


@wrong(DRAW, "this is Gumbel noise")
def draw_gumbel(u, mu, log_scale):
    return _put(mu - log_scale.exp() * torch.log(-torch.log(u)))


@wrong(DRAW, "the logarithm is missing")
def draw_without_log(u, mu, log_scale):
    return _put(mu + log_scale.exp() * u / (1 - u))


@wrong(DRAW, "the sigmoid stands for its inverse")
def draw_sigmoid(u, mu, log_scale):
    return _put(mu + log_scale.exp() * torch.sigmoid(u))


@wrong(DRAW, "the scale is missing")
def draw_without_scale(u, mu, log_scale):
    return _put(mu + torch.logit(u))


@wrong(DRAW, "log_scale is taken for the scale")
def draw_log_scale(u, mu, log_scale):
    return _put(mu + log_scale * torch.logit(u))


@wrong(DRAW, "log_scale is taken for a log-variance")
def draw_variance(u, mu, log_scale):
    return _put(mu + torch.exp(0.5 * log_scale) * torch.logit(u))


@wrong(DRAW, "the noise is divided by the scale")
def draw_divided(u, mu, log_scale):
    return _put(mu + torch.logit(u) / log_scale.exp())


@wrong(DRAW, "mu is missing")
def draw_without_mu(u, mu, log_scale):
    return _put(log_scale.exp() * torch.logit(u))


@wrong(DRAW, "the mean came: u is not used")
def draw_mean(u, mu, log_scale):
    return _put(mu)


@wrong(DRAW, "the normal quantile stands for the logit, log(u / (1 - u)); and it is neither")
def draw_normal_raw(u, mu, log_scale):
    return mu + log_scale.exp() * torch.special.ndtri(u)


@wrong(DRAW, "levels beyond the grid wrap around")
def draw_wrapped(u, mu, log_scale):
    return torch.round((draw_raw(u, mu, log_scale) + 1) * 127.5).remainder(256) / 127.5 - 1
