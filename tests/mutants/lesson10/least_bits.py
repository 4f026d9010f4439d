"""Answers to exercise 10.1, ``least_bits``: wrong and right ones."""

import math

import numpy as np
import torch
from scipy import stats
from torch import distributions

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers of a number: bits to compare, not to train on


@right
def least_by_math(log_scale):
    gaussian = (log_scale + 0.5 * math.log(2 * math.pi) + math.log(128)) / math.log(2)
    return gaussian, -math.log2(math.tanh(1 / (510 * math.exp(log_scale))))


@right
def least_by_torch(log_scale):
    scale = torch.tensor(log_scale).exp()
    gaussian = -distributions.Normal(0.0, scale).log_prob(torch.tensor(0.0)) + math.log(128)
    edge = 1 / (255 * scale)
    logistic = -torch.log(torch.sigmoid(edge) - torch.sigmoid(-edge))
    return gaussian / math.log(2), logistic / math.log(2)


@right
def least_by_numpy(log_scale):
    scale = np.exp(log_scale)
    return np.array([7 + np.log2(scale * np.sqrt(2 * np.pi)), -np.log2(np.tanh(0.5 / 255 / scale))])


@right
def least_by_package(log_scale):
    zero, log_scale = torch.zeros(1, 1).double(), torch.tensor([[log_scale]]).double()
    density = losses.gaussian_log_prob(zero, zero, 2 * log_scale)
    x = torch.tensor([[1 / 255]]).double()
    mass = losses.discretized_logistic_log_prob(x, x, log_scale, event_dim=1)
    return losses.bits_per_dim(-density, 1, 1 / 128), losses.bits_per_dim(-mass, 1)


@right
def least_as_list(log_scale):
    mass = 2 / (1 + math.exp(-1 / (255 * math.exp(log_scale)))) - 1
    return [7 + log_scale / math.log(2) + math.log2(2 * math.pi) / 2, math.log(1 / mass, 2)]


@right
def least_by_scipy(log_scale):
    scale = math.exp(log_scale)
    gaussian = -stats.norm(scale=scale).logpdf(0.0) / math.log(2) + 7
    bin_mass = stats.logistic(scale=scale).cdf(1 / 255) - stats.logistic(scale=scale).cdf(-1 / 255)
    return gaussian, -np.log2(bin_mass)


@wrong("return a tuple, not a dict")
def least_in_a_dict(log_scale):
    return dict(zip(("gaussian", "logistic"), least_by_scipy(log_scale), strict=True))


def _gaussian(log_scale):
    return least_by_math(log_scale)[0]


def _logistic(log_scale):
    return least_by_math(log_scale)[1]


def _gaussian_with(phrase, name, nats):
    """A wrong Gaussian beside a right logistic."""

    def answer(log_scale):
        return nats(log_scale) / math.log(2), _logistic(log_scale)

    answer.__name__ = name
    return wrong(f"gaussian: {phrase}")(answer)


def _logistic_with(phrase, name, mass):
    """A wrong mass of the logistic beside a right Gaussian."""

    def answer(log_scale):
        return _gaussian(log_scale), -math.log2(mass(math.exp(log_scale)))

    answer.__name__ = name
    return wrong(f"logistic: {phrase}")(answer)


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
    ("log_scale goes through tanh", "gaussian_tanh",
     lambda s: math.tanh(s) + HALF_LOG + math.log(128)),
    ("log_scale is held at -1 + log 2", "gaussian_held",
     lambda s: max(s, -1 + math.log(2)) + HALF_LOG + math.log(128)),
    ("log_scale is held at -7", "gaussian_held_at_7",
     lambda s: max(s, -7) + HALF_LOG + math.log(128)),
    ("held at 0 or above", "gaussian_not_negative",
     lambda s: max(s + HALF_LOG + math.log(128), 0)),
    ("the same number came for every log_scale", "gaussian_of_the_example",
     lambda s: 7.882895 * math.log(2)),
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
    ("log_scale goes through tanh", "logistic_tanh",
     lambda s: math.tanh(1 / (510 * math.exp(math.tanh(math.log(s)))))),
    ("log_scale is held at -7", "logistic_held_at_7",
     lambda s: math.tanh(1 / (510 * max(s, math.exp(-7))))),
    ("the same number came for every log_scale", "logistic_of_the_example", lambda s: 2**-8.5517),
    ("the sign is wrong", "logistic_negative", lambda s: 1 / math.tanh(1 / (510 * s))),
    ("this is P", "logistic_probability", lambda s: 0.5 ** math.tanh(1 / (510 * s))),
):  # fmt: skip
    _logistic_with(*entry)


@wrong("the two are exchanged")
def least_exchanged(log_scale):
    return _logistic(log_scale), _gaussian(log_scale)


@wrong("gaussian: nats are returned")
def least_nats(log_scale):
    return _gaussian(log_scale) * math.log(2), _logistic(log_scale) * math.log(2)


@wrong("a pair of numbers is expected")
def least_one(log_scale):
    return _gaussian(log_scale)


@wrong("a pair of numbers is expected")
def least_sum(log_scale):
    return torch.tensor([_gaussian(log_scale), _logistic(log_scale), 8.0])
