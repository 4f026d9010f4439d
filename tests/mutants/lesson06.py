"""Answers to the exercises of lesson 06: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)
from torch.nn import functional

from course_utils import losses, nets

from . import registry

WRONG, RIGHT, wrong, right = registry()
FLOW, MASKS, PRIOR = "flow_log_prob", "masks", "autoregressive_prior"
RATE, AGGREGATE = "flow_rate", "log_aggregate"
LOG_2_PI = math.log(2 * math.pi)


def _normal(epsilon):
    """log N(epsilon; 0, 1) for each dimension."""
    return -0.5 * (epsilon.square() + LOG_2_PI)


# --- 6.1 flow_log_prob ---------------------------------------------------------------------------


@right(FLOW)
def flow_plain(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * (epsilon.square() + LOG_2_PI)).sum(-1)


@right(FLOW)
def flow_in_doubles(z, log_scale, shift):
    epsilon = shift.double() + torch.exp(log_scale.double()) * z.double()
    constant = 0.5 * z.shape[-1] * math.log(2 * math.pi)
    return torch.sum(log_scale, dim=-1) - 0.5 * (epsilon**2).sum(dim=-1) - constant


@right(FLOW)
def flow_by_distribution(z, log_scale, shift):
    epsilon = torch.addcmul(shift, z, log_scale.exp())
    prior = Independent(Normal(torch.zeros_like(z), torch.ones_like(z)), 1)
    return prior.log_prob(epsilon) + log_scale.sum(-1)


@right(FLOW)
def flow_as_gaussian(z, log_scale, shift):
    return Normal(-shift / log_scale.exp(), (-log_scale).exp()).log_prob(z).sum(z.ndim - 1)


@right(FLOW)
def flow_by_package(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    zero = torch.zeros_like(epsilon)
    return losses.gaussian_log_prob(epsilon, zero, zero) + log_scale.sum(-1)


@wrong(FLOW, "log_scale has the wrong sign in the log-determinant")
def flow_minus_determinant(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) - log_scale).sum(-1)


@wrong(FLOW, "the log-determinant, the sum of log_scale, is missing")
def flow_without_determinant(z, log_scale, shift):
    return _normal(z * log_scale.exp() + shift).sum(-1)


@wrong(FLOW, "exp(log_scale) is added")
def flow_determinant(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale.exp()).sum(-1)


@wrong(FLOW, "log_scale is averaged over the dimensions")
def flow_mean_determinant(z, log_scale, shift):
    return _normal(z * log_scale.exp() + shift).sum(-1) + log_scale.mean(-1)


@wrong(FLOW, "the constant 1/2 log(2 pi) is missing")
def flow_without_constant(z, log_scale, shift):
    return (log_scale - 0.5 * (z * log_scale.exp() + shift) ** 2).sum(-1)


@wrong(FLOW, "the constant is counted once")
def flow_one_constant(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * epsilon**2).sum(-1) - 0.5 * LOG_2_PI


@wrong(FLOW, "the 1/2 is missing in front of epsilon squared")
def flow_without_half(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - epsilon**2 - 0.5 * LOG_2_PI).sum(-1)


@wrong(FLOW, "the 1/2 is missing in front of log(2 pi)")
def flow_whole_constant(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * epsilon**2 - LOG_2_PI).sum(-1)


@wrong(FLOW, "epsilon squared has the wrong sign")
def flow_plus_square(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale + 0.5 * epsilon**2 - 0.5 * LOG_2_PI).sum(-1)


@wrong(FLOW, "epsilon is not squared")
def flow_not_squared(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    return (log_scale - 0.5 * (epsilon + LOG_2_PI)).sum(-1)


@wrong(FLOW, "is the other direction, from noise to z")
def flow_other_direction(z, log_scale, shift):
    return (_normal((z - shift) * (-log_scale).exp()) + log_scale).sum(-1)


@wrong(FLOW, "is the other direction, from noise to z")
def flow_of_the_inverse(z, log_scale, shift):
    return (_normal((z - shift) * (-log_scale).exp()) - log_scale).sum(-1)


@wrong(FLOW, "shift is added before the scaling")
def flow_shift_first(z, log_scale, shift):
    return (_normal((z + shift) * log_scale.exp()) + log_scale).sum(-1)


@wrong(FLOW, "shift is subtracted, and before the scaling")
def flow_minus_shift_first(z, log_scale, shift):
    return (_normal((z - shift) * log_scale.exp()) + log_scale).sum(-1)


@wrong(FLOW, "shift is subtracted: ")
def flow_minus_shift(z, log_scale, shift):
    return (_normal(z * log_scale.exp() - shift) + log_scale).sum(-1)


@wrong(FLOW, "log_scale is taken for the scale")
def flow_scale(z, log_scale, shift):
    return (_normal(z * log_scale + shift) + log_scale).sum(-1)


@wrong(FLOW, "log_scale is taken for the scale")
def flow_scale_throughout(z, log_scale, shift):
    return (_normal(z * log_scale + shift) + log_scale.abs().log()).sum(-1)


@wrong(FLOW, "log_scale is halved")
def flow_log_var(z, log_scale, shift):
    return (_normal(z * (0.5 * log_scale).exp() + shift) + 0.5 * log_scale).sum(-1)


@wrong(FLOW, "the normal density is taken at z")
def flow_density_of_z(z, log_scale, shift):
    return (_normal(z) + log_scale).sum(-1)


@wrong(FLOW, "summed over the batch")
def flow_sum(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale).sum()


@wrong(FLOW, "the mean over the batch is taken")
def flow_batch_mean(z, log_scale, shift):
    return flow_plain(z, log_scale, shift).mean()


@wrong(FLOW, "the mean over the dimensions is taken")
def flow_mean(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale).mean(-1)


@wrong(FLOW, "the sum over the dimensions is missing")
def flow_for_each_dimension(z, log_scale, shift):
    return _normal(z * log_scale.exp() + shift) + log_scale


@wrong(FLOW, "one axis too many (keepdim?)")
def flow_keepdim(z, log_scale, shift):
    return flow_plain(z, log_scale, shift)[..., None]


@wrong(FLOW, "summed over the wrong axis")
def flow_wrong_axis(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale).sum(0)


@wrong(FLOW, "K samples in front")
def flow_second_axis(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale).sum(1)


@wrong(FLOW, "the sign is wrong: this is minus the log-density")
def flow_loss(z, log_scale, shift):
    return -flow_plain(z, log_scale, shift)


@wrong(FLOW, "this is the density: the logarithm is missing")
def flow_density(z, log_scale, shift):
    return flow_plain(z, log_scale, shift).exp()


@wrong(FLOW, "is exp(log_scale) multiplied and its logarithm taken")
def flow_logarithm_of_product(z, log_scale, shift):
    scale = log_scale.exp()
    return _normal(z * scale + shift).sum(-1) + scale.prod(-1).log()


@wrong(FLOW, "or a density that underflows?")
def flow_logarithm_of_density(z, log_scale, shift):
    epsilon = z * log_scale.exp() + shift
    density = (-0.5 * epsilon**2).exp() / math.sqrt(2 * math.pi)
    return (density.log() + log_scale).sum(-1)


@wrong(FLOW, "is something clamped")
def flow_clamped(z, log_scale, shift):
    return flow_plain(z, log_scale.clamp(-5, 5), shift)


@wrong(FLOW, "no gradient reaches log_scale")
def flow_detached(z, log_scale, shift):
    return flow_plain(z, log_scale.detach(), shift)


@wrong(FLOW, "the gradient with respect to log_scale is not")
def flow_determinant_detached(z, log_scale, shift):
    return (_normal(z * log_scale.exp() + shift) + log_scale.detach()).sum(-1)


@wrong(FLOW, "no gradient reaches z")
def flow_no_grad(z, log_scale, shift):
    with torch.no_grad():
        return flow_plain(z, log_scale, shift)


# --- 6.2 masks -----------------------------------------------------------------------------------


def _masks(before, hidden, outputs, compare=None, last=None):
    """Masks from the degrees of inputs, hidden layers and outputs."""
    compare, last = compare or torch.ge, last or torch.gt
    found = []
    for after in hidden:
        found.append(compare(after[:, None], before).float())
        before = after
    return [*found, last(outputs[:, None], before).float()]


def _in_turn(dim, hidden_dims):
    return [torch.arange(int(width)) % max(1, dim - 1) + 1 for width in hidden_dims]


def _numbers(dim):
    return torch.arange(1, dim + 1)


@right(MASKS)
def masks_plain(dim, hidden_dims, out_per_dim):
    before, found = torch.arange(1, dim + 1), []
    for width in hidden_dims:
        after = torch.arange(width) % max(1, dim - 1) + 1
        found.append((after[:, None] >= before).float())
        before = after
    outputs = torch.arange(1, dim + 1).repeat_interleave(out_per_dim)
    return [*found, (outputs[:, None] > before).float()]


@right(MASKS)
def masks_from_zero(dim, hidden_dims, out_per_dim):
    """Degrees from 0, strict first and not after, as booleans in a tuple."""
    before, found = torch.arange(dim), []
    for number, width in enumerate(hidden_dims):
        after = torch.arange(width) % max(1, dim - 1) + (number == 0) * 1 + (number > 0) * 1
        found.append(after[:, None] > before if number == 0 else after[:, None] >= before)
        before = after
    outputs = torch.arange(dim).repeat_interleave(out_per_dim)
    return tuple([*found, outputs[:, None] >= before])


@right(MASKS)
def masks_in_blocks(dim, hidden_dims, out_per_dim):
    """Degrees in blocks of neighbours, as numpy makes them."""
    layers = [np.arange(1, dim + 1)]
    for width in hidden_dims:
        layers.append(np.floor(np.linspace(1, max(1, dim - 1), int(width)) + 1e-6))
    layers.append(np.repeat(layers[0], out_per_dim) - 1)
    pairs = zip(layers[:-1], layers[1:], strict=True)
    return [(after[:, None] >= before[None, :]).astype(float) for before, after in pairs]


@right(MASKS)
def masks_shuffled(dim, hidden_dims, out_per_dim):
    """Degrees in any order, drawn anew."""
    hidden = [degrees[torch.randperm(len(degrees))] for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@right(MASKS)
def masks_up_to_the_last(dim, hidden_dims, out_per_dim):
    """Hidden degrees 1, ..., D: units of degree D feed no output, but none is missing."""
    hidden = [torch.arange(int(width)) % dim + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@right(MASKS)
def masks_of_equal_degrees(dim, hidden_dims, out_per_dim):
    """Hidden units see their own degree only: each input still reaches all later outputs."""
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, compare=torch.eq)


@right(MASKS)
def masks_by_loops(dim, hidden_dims, out_per_dim):
    layers = [list(range(1, dim + 1))]
    for width in hidden_dims:
        layers.append([unit % max(1, dim - 1) + 1 for unit in range(width)])
    layers.append([i for i in range(1, dim + 1) for _ in range(out_per_dim)])
    found = []
    for number in range(len(layers) - 1):
        before, after = layers[number], layers[number + 1]
        mask = torch.zeros(len(after), len(before), dtype=torch.int64)
        for row in range(len(after)):
            for column in range(len(before)):
                is_last = number == len(layers) - 2
                mask[row, column] = int(after[row] - is_last >= before[column])
        found.append(mask)
    return found


@right(MASKS)
def masks_by_package(dim, hidden_dims, out_per_dim):
    made = nets.MADE(dim, [int(width) for width in hidden_dims], out_per_dim)
    return [layer.mask for layer in made.net[::2]]


@wrong(MASKS, "the masks are transposed")
def masks_transposed(dim, hidden_dims, out_per_dim):
    return [mask.T for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong(MASKS, "the masks are transposed")
def masks_transposed_as_compared(dim, hidden_dims, out_per_dim):
    layers = [_numbers(dim), *_in_turn(dim, hidden_dims)]
    found = [
        (before[:, None] <= after) for before, after in zip(layers[:-1], layers[1:], strict=True)
    ]
    return [*found, layers[-1][:, None] < _numbers(dim).repeat_interleave(out_per_dim)]


@wrong(MASKS, "an output sees its own input: the last comparison has to be strict")
def masks_leak(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    hidden = [torch.arange(int(width)) % dim + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, outputs, last=torch.ge)


@wrong(MASKS, "forbidden dependencies are there")
def masks_leak_of_all_but_the_last(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, last=torch.ge)


@wrong(MASKS, "the last comparison is strict, no other")
def masks_all_strict(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs, compare=torch.gt)


@wrong(MASKS, "permitted dependencies are missing")
def masks_first_strict_too(dim, hidden_dims, out_per_dim):
    found = masks_plain(dim, hidden_dims, out_per_dim)
    first = _in_turn(dim, hidden_dims[:1])[0]
    return [(first[:, None] > _numbers(dim)).float(), *found[1:]]


@wrong(MASKS, "the outputs are ordered by parameter")
def masks_parameter_major(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat(out_per_dim)
    return _masks(_numbers(dim), _in_turn(dim, hidden_dims), outputs)


@wrong(MASKS, "all hidden units have degree 1")
def masks_degree_one(dim, hidden_dims, out_per_dim):
    hidden = [torch.ones(int(width), dtype=torch.int64) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong(MASKS, "all hidden units have degree D - 1")
def masks_degree_high(dim, hidden_dims, out_per_dim):
    hidden = [torch.full((int(width),), max(1, dim - 1)) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong(MASKS, "permitted dependencies are missing")
def masks_random(dim, hidden_dims, out_per_dim):
    hidden = [torch.randint(1, max(2, dim), (int(width),)) for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong(MASKS, "permitted dependencies are missing")
def masks_hidden_from_zero(dim, hidden_dims, out_per_dim):
    hidden = [degrees - 1 for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong(MASKS, "the order is reversed: outputs see the inputs after them")
def masks_reversed(dim, hidden_dims, out_per_dim):
    outputs = _numbers(dim).repeat_interleave(out_per_dim)
    hidden = [degrees + 1 for degrees in _in_turn(dim, hidden_dims)]
    return _masks(_numbers(dim), hidden, outputs, compare=torch.le, last=torch.lt)


@wrong(MASKS, "every output sees every input")
def masks_of_ones(dim, hidden_dims, out_per_dim):
    return [torch.ones_like(mask) for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong(MASKS, "no output sees any input")
def masks_of_zeros(dim, hidden_dims, out_per_dim):
    return [torch.zeros_like(mask) for mask in masks_plain(dim, hidden_dims, out_per_dim)]


@wrong(MASKS, "the last mask is missing")
def masks_without_last(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[:-1]


@wrong(MASKS, "the first mask is missing")
def masks_without_first(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[1:]


@wrong(MASKS, "one row for each dimension: each of its parameters needs one")
def masks_one_parameter(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, 1)


@wrong(MASKS, "the masks come in the wrong order")
def masks_backwards(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, hidden_dims, out_per_dim)[::-1]


@wrong(MASKS, "a list of masks is expected")
def masks_product(dim, hidden_dims, out_per_dim):
    return torch.linalg.multi_dot(masks_plain(dim, hidden_dims, out_per_dim)[::-1])


@wrong(MASKS, "holds other values than 0 and 1")
def masks_of_degrees(dim, hidden_dims, out_per_dim):
    layers = [_numbers(dim), *_in_turn(dim, hidden_dims)]
    layers.append(_numbers(dim).repeat_interleave(out_per_dim))
    pairs = zip(layers[:-1], layers[1:], strict=True)
    return [after[:, None] - before for before, after in pairs]


@wrong(MASKS, "your function raised")
def masks_not_for_one_dimension(dim, hidden_dims, out_per_dim):
    hidden = [torch.arange(int(width)) % (dim - 1) + 1 for width in hidden_dims]
    return _masks(_numbers(dim), hidden, _numbers(dim).repeat_interleave(out_per_dim))


@wrong(MASKS, "[int(width) for width in hidden_dims] makes a list")
def masks_of_a_tuple(dim, hidden_dims, out_per_dim):
    return masks_plain(dim, (dim,) + hidden_dims, out_per_dim)[1:]


# --- 6.3 the flow prior --------------------------------------------------------------------------


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return functional.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    def __init__(self, dim, hidden_dims, out_per_dim, masks=masks_plain):
        super().__init__()
        layers = []
        for mask in masks(dim, hidden_dims, out_per_dim):
            layers += [MaskedLinear(mask), nn.ReLU()]
        self.net = nn.Sequential(*layers[:-1])
        self.shape = (dim, out_per_dim)

    def forward(self, x):
        return self.net(x).unflatten(-1, self.shape)


class Flow(nn.Module):
    """The right answer; wrong ones override a part of it."""

    masks = staticmethod(masks_plain)

    def __init__(self, num_latents, num_hidden=512):
        super().__init__()
        self.num_latents = num_latents
        self.made = MADE(num_latents, (num_hidden, num_hidden), 2, self.masks)
        for parameter in self.made.net[-1].parameters():
            nn.init.zeros_(parameter)

    def scale_and_shift(self, z):
        log_scale, shift = self.made(z).unbind(-1)
        return 5 * torch.tanh(log_scale / 5), shift

    def log_prob(self, z):
        return flow_plain(z, *self.scale_and_shift(z))

    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[..., i] = (epsilon[..., i] - shift[..., i]) * (-log_scale[..., i]).exp()
        return z


right(PRIOR)(Flow)


@right(PRIOR)
class WholePasses(Flow):
    """All entries in each pass, from epsilon; other degrees of the hidden units."""

    masks = staticmethod(masks_shuffled)

    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z.float())
        epsilon = (z * log_scale.exp() + shift).double()
        return Normal(0.0, 1.0).log_prob(epsilon).sum(-1) + log_scale.double().sum(-1)

    def invert(self, epsilon):
        z = epsilon
        for _ in range(epsilon.shape[-1]):
            log_scale, shift = self.scale_and_shift(z)
            z = (epsilon - shift) / log_scale.exp()
        return z


@right(PRIOR)
class OneAfterTheOther(Flow):
    """Entries are collected in a list, and only then put together."""

    masks = staticmethod(masks_up_to_the_last)

    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        mu, std = -shift * (-log_scale).exp(), (-log_scale).exp()
        return Normal(mu, std).log_prob(z).sum(-1)

    @torch.no_grad()
    def invert(self, epsilon):
        entries = []
        for i in range(self.num_latents):
            rest = [torch.randn_like(epsilon[..., 0])] * (self.num_latents - i)
            log_scale, shift = self.scale_and_shift(torch.stack([*entries, *rest], -1))
            entry = epsilon[..., i].double() - shift[..., i]
            entries.append((entry * (-log_scale[..., i]).double().exp()).float())
        return torch.stack(entries, -1).double()


@right(PRIOR)
class InItsOwnMemory(Flow):
    """Writes into epsilon, entry by entry: each is read before it is overwritten."""

    @torch.no_grad()
    def invert(self, epsilon):
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(epsilon)
            epsilon[..., i] -= shift[..., i]
            epsilon[..., i] /= log_scale[..., i].exp()
        return epsilon


@right(PRIOR)
def packaged(num_latents, num_hidden=512):
    return nets.AutoregressivePrior(num_latents, (num_hidden, num_hidden))


class Inverse(Flow):
    """Inverts by ``step(epsilon, log_scale, shift)``, in all passes."""

    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(z)
            z[..., i] = self.step(epsilon, log_scale, shift)[..., i]
        return z

    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) * (-log_scale).exp()


@wrong(PRIOR, "one pass only, or the entries are filled in from the last")
class InvertsOnce(Inverse):
    def invert(self, epsilon):
        return self.step(epsilon, *self.scale_and_shift(torch.zeros_like(epsilon)))


@wrong(PRIOR, "invert: one pass, with scale and shift at epsilon")
class InvertsAtEpsilon(Inverse):
    def invert(self, epsilon):
        return self.step(epsilon, *self.scale_and_shift(epsilon))


@wrong(PRIOR, "invert: one pass, with scale and shift at epsilon")
class InvertsEntriesAtEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            log_scale, shift = self.scale_and_shift(epsilon)
            z[..., i] = (epsilon[..., i] - shift[..., i]) * (-log_scale[..., i]).exp()
        return z


@wrong(PRIOR, "invert: one pass is missing")
class StopsEarly(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents - 1):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong(PRIOR, "invert: one pass is missing")
class StopsWholePassesEarly(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for _ in range(self.num_latents - 1):
            z = self.step(epsilon, *self.scale_and_shift(z))
        return z


@wrong(PRIOR, "invert: the first entry is missing")
class StartsLate(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(1, self.num_latents):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong(PRIOR, "one pass only, or the entries are filled in from the last")
class FillsBackwards(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in reversed(range(self.num_latents)):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong(PRIOR, "invert: shift has the wrong sign")
class AddsShift(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon + shift) * (-log_scale).exp()


@wrong(PRIOR, "invert: log_scale has the wrong sign")
class MultipliesByScale(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) * log_scale.exp()


@wrong(PRIOR, "invert: shift is subtracted after the scaling")
class SubtractsShiftAfter(Inverse):
    def step(self, epsilon, log_scale, shift):
        return epsilon * (-log_scale).exp() - shift


@wrong(PRIOR, "invert: divided by log_scale: exp is missing")
class DividesByLogScale(Inverse):
    def step(self, epsilon, log_scale, shift):
        return (epsilon - shift) / log_scale


@wrong(PRIOR, "invert: this is the forward direction")
class GoesForward(Inverse):
    def invert(self, epsilon):
        log_scale, shift = self.scale_and_shift(epsilon)
        return epsilon * log_scale.exp() + shift


@wrong(PRIOR, "invert: this is the forward direction")
class GoesForwardInPasses(Inverse):
    def step(self, epsilon, log_scale, shift):
        return epsilon * log_scale.exp() + shift


@wrong(PRIOR, "invert: epsilon itself is overwritten")
class OverwritesEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = epsilon
        for _ in range(self.num_latents):
            z[:] = self.step(epsilon, *self.scale_and_shift(z))
        return z


@wrong(PRIOR, "invert: epsilon itself is overwritten")
class ForgetsEpsilon(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        for _ in range(self.num_latents):
            epsilon = self.step(epsilon, *self.scale_and_shift(epsilon))
        return epsilon


@wrong(PRIOR, "the wrong axis is filled with samples in front")
class FillsSecondAxis(Inverse):
    @torch.no_grad()
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon)
        for i in range(self.num_latents):
            z[:, i] = self.step(epsilon, *self.scale_and_shift(z))[:, i]
        return z


@wrong(PRIOR, "invert raised RuntimeError")
class InPlaceOfALeaf(Inverse):
    def invert(self, epsilon):
        z = torch.zeros_like(epsilon, requires_grad=True)
        for i in range(self.num_latents):
            z[..., i] = self.step(epsilon, *self.scale_and_shift(z))[..., i]
        return z


@wrong(PRIOR, "invert: epsilon came back unchanged")
class DoesNotInvert(Inverse):
    def invert(self, epsilon):
        return epsilon


@wrong(PRIOR, "invert: one array is expected")
class InvertsToAPair(Inverse):
    def invert(self, epsilon):
        return super().invert(epsilon), epsilon.sum(-1)


@wrong(PRIOR, "has no method invert")
class WithoutInvert(Flow):
    invert = None


@wrong(PRIOR, "log_prob: the log-determinant, the sum of log_scale, is missing")
class WithoutDeterminant(Flow):
    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        return _normal(z * log_scale.exp() + shift).sum(-1)


@wrong(PRIOR, "log_prob: log_scale has the wrong sign in the log-determinant")
class DeterminantSign(Flow):
    def log_prob(self, z):
        return flow_minus_determinant(z, *self.scale_and_shift(z))


@wrong(PRIOR, "log_prob: the constant 1/2 log(2 pi) is missing")
class WithoutConstant(Flow):
    def log_prob(self, z):
        return flow_without_constant(z, *self.scale_and_shift(z))


@wrong(PRIOR, "log_prob: the mean over the batch is taken")
class Averaged(Flow):
    def log_prob(self, z):
        return super().log_prob(z).mean()


@wrong(PRIOR, "log_prob: the sign is wrong")
class Loss(Flow):
    def log_prob(self, z):
        return -super().log_prob(z)


@wrong(PRIOR, "log_prob: epsilon = (z - shift) * exp(-log_scale) is the other direction")
class DensityOfTheInverse(Flow):
    def log_prob(self, z):
        return flow_of_the_inverse(z, *self.scale_and_shift(z))


@wrong(PRIOR, "log_prob: log_scale and shift are taken for each other")
class DensityOfSwapped(Flow):
    def log_prob(self, z):
        return flow_plain(z, *self.scale_and_shift(z)[::-1])


@wrong(PRIOR, "log_prob: the normal density is taken at z")
class DensityOfZ(Flow):
    def log_prob(self, z):
        return flow_density_of_z(z, *self.scale_and_shift(z))


@wrong(PRIOR, "no gradient reaches z")
class DensityWithoutGradient(Flow):
    @torch.no_grad()
    def log_prob(self, z):
        return super().log_prob(z)


@wrong(PRIOR, "the gradient with respect to z is not")
class ScaleDetached(Flow):
    def log_prob(self, z):
        log_scale, shift = self.scale_and_shift(z)
        return flow_plain(z, log_scale.detach(), shift)


@wrong(PRIOR, "are the masks right (exercise 6.2)?")
class Leaks(Flow):
    masks = staticmethod(masks_leak)


@wrong(PRIOR, "misses earlier entries")
class Misses(Flow):
    masks = staticmethod(masks_degree_one)


@wrong(PRIOR, "scale_and_shift, log_scale: it is not bounded")
class Unbounded(Flow):
    def scale_and_shift(self, z):
        return self.made(z).unbind(-1)


@wrong(PRIOR, "scale_and_shift, log_scale: it is the shift")
class ScaleAndShiftSwapped(Flow):
    def scale_and_shift(self, z):
        return self.made(z).unbind(-1)[::-1]


@wrong(PRIOR, "does the last layer start at zero?")
class NotZeroAtTheStart(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden, num_hidden), 2)


@wrong(PRIOR, "has no parameter made.net.4.weight")
class OneHiddenLayer(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden,), 2)


@wrong(PRIOR, "the parameter made.net.4.weight has the wrong shape")
class OneParameter(Flow):
    def __init__(self, num_latents, num_hidden=512):
        super().__init__(num_latents, num_hidden)
        self.made = MADE(num_latents, (num_hidden, num_hidden), 1)


# --- 6.4 flow_rate -------------------------------------------------------------------------------


@right(RATE)
def rate_plain(log_var, log_p_z):
    entropy = 0.5 * (log_var + math.log(2 * math.pi) + 1).sum(-1)
    return -entropy - log_p_z


@right(RATE)
def rate_by_distribution(log_var, log_p_z):
    q_z = Independent(Normal(torch.zeros_like(log_var), (0.5 * log_var).exp()), 1)
    return -(q_z.entropy() + log_p_z)


@right(RATE)
def rate_in_doubles(log_var, log_p_z):
    constant = 0.5 * log_var.shape[-1] * math.log(2 * math.pi * math.e)
    return -log_p_z.double() - 0.5 * torch.sum(log_var.double(), dim=-1) - constant


@right(RATE)
def rate_term_by_term(log_var, log_p_z):
    terms = -0.5 - 0.5 * math.log(2 * math.pi) - log_var / 2
    return torch.einsum("...i->...", terms) - log_p_z


@wrong(RATE, "the entropy: it has the wrong sign")
def rate_entropy_sign(log_var, log_p_z):
    return 0.5 * (log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong(RATE, "log p(z) has the wrong sign")
def rate_prior_sign(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1) + log_p_z


@wrong(RATE, "the sign is wrong: this is H(q) + log p(z)")
def rate_sign(log_var, log_p_z):
    return 0.5 * (log_var + LOG_2_PI + 1).sum(-1) + log_p_z


@wrong(RATE, "the constant log(2 pi) is missing")
def rate_without_constant(log_var, log_p_z):
    return -0.5 * (log_var + 1).sum(-1) - log_p_z


@wrong(RATE, "the 1 is missing")
def rate_without_one(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI).sum(-1) - log_p_z


@wrong(RATE, "the constants log(2 pi) + 1 are missing")
def rate_without_constants(log_var, log_p_z):
    return -0.5 * log_var.sum(-1) - log_p_z


@wrong(RATE, "the entropy: the 1/2 is missing.")
def rate_without_half(log_var, log_p_z):
    return -(log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong(RATE, "the 1/2 is missing in front of the constants")
def rate_half_of_log_var(log_var, log_p_z):
    return -(0.5 * log_var + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong(RATE, "the 1/2 is missing in front of log_var")
def rate_log_std(log_var, log_p_z):
    return -(log_var + 0.5 * (LOG_2_PI + 1)).sum(-1) - log_p_z


@wrong(RATE, "the constants are counted once")
def rate_one_constant(log_var, log_p_z):
    return -0.5 * (log_var.sum(-1) + LOG_2_PI + 1) - log_p_z


@wrong(RATE, "exp(log_var) stands for log_var")
def rate_variance(log_var, log_p_z):
    return -0.5 * (log_var.exp() + LOG_2_PI + 1).sum(-1) - log_p_z


@wrong(RATE, "this is the closed-form KL to N(0, I)")
def rate_closed_form(log_var, log_p_z):
    return -0.5 * (1 + log_var - log_var.exp()).sum(-1)


@wrong(RATE, "this is the closed-form KL to N(0, I)")
def rate_closed_form_and_prior(log_var, log_p_z):
    return -0.5 * (1 + log_var - log_var.exp()).sum(-1) - log_p_z


@wrong(RATE, "log p(z) is missing")
def rate_without_prior(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1) + 0 * log_p_z


@wrong(RATE, "the entropy is missing")
def rate_without_entropy(log_var, log_p_z):
    return 0 * log_var.sum(-1) - log_p_z


@wrong(RATE, "the mean over the dimensions is taken")
def rate_mean_entropy(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).mean(-1) - log_p_z


@wrong(RATE, "averaged over the batch")
def rate_batch_mean(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).mean()


@wrong(RATE, "summed over the batch")
def rate_sum(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).sum()


@wrong(RATE, "the entropy is summed over the batch too")
def rate_entropy_of_batch(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum() - log_p_z


@wrong(RATE, "the entropy is averaged over the batch too")
def rate_mean_of_all(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).mean() - log_p_z


@wrong(RATE, "your function raised RuntimeError")
def rate_over_batch(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(0) - log_p_z


@wrong(RATE, "give (B, B): no keepdim")
def rate_keepdim(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(-1, keepdim=True) - log_p_z


@wrong(RATE, "the sum over the dimensions is missing")
def rate_for_each_dimension(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1) - log_p_z[..., None]


@wrong(RATE, "log p(z) is counted for each dimension")
def rate_many_priors(log_var, log_p_z):
    return (-0.5 * (log_var + LOG_2_PI + 1) - log_p_z[..., None]).sum(-1)


@wrong(RATE, "your function raised RuntimeError")
def rate_second_axis(log_var, log_p_z):
    return -0.5 * (log_var + LOG_2_PI + 1).sum(1) - log_p_z


@wrong(RATE, "it is clamped at 0")
def rate_clamped(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).clamp(min=0)


@wrong(RATE, "the absolute value is taken")
def rate_absolute(log_var, log_p_z):
    return rate_plain(log_var, log_p_z).abs()


@wrong(RATE, "no gradient reaches log_p_z")
def rate_prior_detached(log_var, log_p_z):
    return rate_plain(log_var, log_p_z.detach())


@wrong(RATE, "no gradient reaches log_var")
def rate_entropy_detached(log_var, log_p_z):
    return rate_plain(log_var.detach(), log_p_z)


# --- 6.5 log_aggregate ---------------------------------------------------------------------------


def _pairs(z, mu, log_var):
    """log N(z_m; mu_n, exp(log_var_n)) for each latent: (M, N, L)."""
    return -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 * (-log_var).exp())


@right(AGGREGATE)
def aggregate_plain(z, mu, log_var):
    log_q = losses.gaussian_log_prob(z[:, None], mu, log_var)
    return log_q.logsumexp(1) - math.log(len(mu))


@right(AGGREGATE)
def aggregate_by_mixture(z, mu, log_var):
    parts = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu))), parts).log_prob(z)


@right(AGGREGATE)
def aggregate_by_loop(z, mu, log_var):
    rows = []
    for one in z.double():
        log_q = Normal(mu.double(), log_var.double().exp().sqrt()).log_prob(one).sum(1)
        top = log_q.max()
        rows.append(top + (log_q - top).exp().mean().log())
    return torch.stack(rows)


@right(AGGREGATE)
def aggregate_by_multiplication(z, mu, log_var):
    z, mu, log_var = z.double(), mu.double(), log_var.double()
    inverse = (-log_var).exp()
    square = z**2 @ inverse.T - 2 * z @ (mu * inverse).T + (mu**2 * inverse).sum(1)
    log_q = -0.5 * (square + (log_var + LOG_2_PI).sum(1))
    return torch.log_softmax(log_q, 1)[:, 0].neg() + log_q[:, 0] - math.log(len(mu))


@right(AGGREGATE)
def aggregate_numpy_style(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1).numpy()
    return np.logaddexp.reduce(log_q, axis=1) - np.log(log_q.shape[1])


@right(AGGREGATE)
def aggregate_full_covariance(z, mu, log_var):
    with torch.no_grad():
        q_z = MultivariateNormal(mu.double(), torch.diag_embed(log_var.double().exp()))
        return torch.logsumexp(q_z.log_prob(z.double()[:, None]) - math.log(len(mu)), dim=-1)


@wrong(AGGREGATE, "log N is not subtracted")
def aggregate_sum(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1)


@wrong(AGGREGATE, "log N is added")
def aggregate_plus(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) + math.log(len(mu))


@wrong(AGGREGATE, "this is the mean of the log-densities")
def aggregate_jensen(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).mean(1)


@wrong(AGGREGATE, "the log-densities are added up over n")
def aggregate_product(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).sum(1) - math.log(len(mu))


@wrong(AGGREGATE, "every latent gets a mixture of its own")
def aggregate_of_latents(z, mu, log_var):
    return (_pairs(z, mu, log_var).logsumexp(1) - math.log(len(mu))).sum(-1)


@wrong(AGGREGATE, "every latent gets a mixture of its own")
def aggregate_of_latents_one_n(z, mu, log_var):
    return _pairs(z, mu, log_var).logsumexp(1).sum(-1) - math.log(len(mu))


@wrong(AGGREGATE, "underflows to 0, add them up with logsumexp")
def aggregate_underflow(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().mean(1).log()


@wrong(AGGREGATE, "underflows to 0, add them up with logsumexp")
def aggregate_small_number(z, mu, log_var):
    return (_pairs(z, mu, log_var).sum(-1).exp().mean(1) + 1e-37).log()


@wrong(AGGREGATE, "the constant 1/2 log(2 pi) is missing")
def aggregate_without_constant(z, mu, log_var):
    log_q = (_pairs(z, mu, log_var) + 0.5 * LOG_2_PI).sum(-1)
    return log_q.logsumexp(1) - math.log(len(mu))


@wrong(AGGREGATE, "the constant is counted once")
def aggregate_one_constant(z, mu, log_var):
    log_q = (_pairs(z, mu, log_var) + 0.5 * LOG_2_PI).sum(-1)
    return log_q.logsumexp(1) - 0.5 * LOG_2_PI - math.log(len(mu))


@wrong(AGGREGATE, "log_var is taken for log_std")
def aggregate_log_std(z, mu, log_var):
    return aggregate_plain(z, mu, 2 * log_var)


@wrong(AGGREGATE, "the distance is multiplied by the variance")
def aggregate_times_variance(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 * log_var.exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong(AGGREGATE, "the squared distance is divided by the standard deviation")
def aggregate_standard_deviation(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + log_var + (z[:, None] - mu) ** 2 / (0.5 * log_var).exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong(AGGREGATE, "the term with log_var is missing")
def aggregate_without_log_var(z, mu, log_var):
    terms = -0.5 * (LOG_2_PI + (z[:, None] - mu) ** 2 / log_var.exp())
    return terms.sum(-1).logsumexp(1) - math.log(len(mu))


@wrong(AGGREGATE, "log M is subtracted, it should be log N")
def aggregate_log_m(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) - math.log(len(z))


@wrong(AGGREGATE, "divided by N outside the logarithm")
def aggregate_divided(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(1) / len(mu)


@wrong(AGGREGATE, "the densities are added up over z")
def aggregate_over_z(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(0) - math.log(len(z))


@wrong(AGGREGATE, "the densities are added up over z")
def aggregate_over_z_log_n(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).logsumexp(0) - math.log(len(mu))


@wrong(AGGREGATE, "the largest log-density stands for the mean")
def aggregate_largest(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).amax(1) - math.log(len(mu))


@wrong(AGGREGATE, "the mean over the latents is taken")
def aggregate_mean_of_latents(z, mu, log_var):
    return _pairs(z, mu, log_var).mean(-1).logsumexp(1) - math.log(len(mu))


@wrong(AGGREGATE, "one value for each pair (M, N)")
def aggregate_pairs(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1)


@wrong(AGGREGATE, "this is the density: the logarithm is missing")
def aggregate_density(z, mu, log_var):
    return _pairs(z, mu, log_var).sum(-1).exp().mean(1)


@wrong(AGGREGATE, "the sign is wrong")
def aggregate_sign(z, mu, log_var):
    return -aggregate_plain(z, mu, log_var)


@wrong(AGGREGATE, "averaged over z")
def aggregate_one_number(z, mu, log_var):
    return aggregate_plain(z, mu, log_var).mean()


@wrong(AGGREGATE, "one axis too many (keepdim?)")
def aggregate_keepdim(z, mu, log_var):
    log_q = _pairs(z, mu, log_var).sum(-1)
    return log_q.logsumexp(1, keepdim=True) - math.log(len(mu))


@wrong(AGGREGATE, "this is one Gaussian with averaged parameters")
def aggregate_one_gaussian(z, mu, log_var):
    return losses.gaussian_log_prob(z, mu.mean(0), log_var.mean(0))


@wrong(AGGREGATE, "your function raised")
def aggregate_without_pairs(z, mu, log_var):
    return Normal(mu, (0.5 * log_var).exp()).log_prob(z).sum(-1).logsumexp(0) - math.log(len(mu))
