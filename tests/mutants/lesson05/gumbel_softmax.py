"""Answers to exercise 5.2, ``gumbel_softmax``: wrong and right ones."""

import numpy as np
import torch
from torch.distributions import Gumbel, RelaxedOneHotCategorical
from torch.distributions.relaxed_categorical import ExpRelaxedCategorical
from torch.nn import functional

from mutants import registry
from mutants.lesson05._common import gumbel_noise

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}
GENERATOR = torch.Generator().manual_seed(5)  # goes on from call to call
RNG = np.random.default_rng(5)


@right
def relaxed_plain(logits, temperature):
    noise = -torch.log(-torch.log(torch.rand_like(logits)))
    return torch.softmax((logits + noise) / temperature, dim=-1)


@right
def relaxed_by_torch(logits, temperature):
    return functional.gumbel_softmax(logits, tau=temperature, dim=-1)


@right
def relaxed_by_distribution(logits, temperature):
    return RelaxedOneHotCategorical(torch.tensor(temperature), logits=logits).rsample()


@right
def relaxed_by_logsumexp(logits, temperature):
    scores = (logits + gumbel_noise(logits)) / temperature
    return torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True))


@right
def relaxed_by_hand(logits, temperature):
    u = torch.rand(logits.shape).clamp(1e-6, 1 - 1e-6)
    scores = logits / temperature - (-u.log()).log() / temperature
    weights = torch.exp(scores - scores.amax(-1, keepdim=True))
    return weights / weights.sum(-1, keepdim=True)


@right
def relaxed_numpy_noise(logits, temperature):
    noise = torch.from_numpy(RNG.gumbel(size=tuple(logits.shape))).to(logits.dtype)
    return functional.softmax((logits + noise) / temperature, dim=-1)


@right
def relaxed_own_generator(logits, temperature):
    g = -torch.empty_like(logits).exponential_(generator=GENERATOR).log()
    return (logits / temperature + g / temperature).softmax(-1)


@right
def relaxed_by_gumbel(logits, temperature):
    """Gumbel variables that have the logits for their places, and logarithms of y."""
    places = Gumbel(logits, torch.ones_like(logits)).rsample()
    return (places / temperature).log_softmax(-1).exp()


@right
def relaxed_by_race(logits, temperature):
    """Powers of an exponential race's times, relative to the winner's."""
    times = torch.empty_like(logits).double().exponential_().log() - logits.double()
    return torch.softmax(-times / temperature, -1).to(logits.dtype)


@right
def relaxed_in_logarithms(logits, temperature):
    q = ExpRelaxedCategorical(torch.tensor(temperature), logits=logits)
    return q.rsample().exp()


@right
def relaxed_by_rows(logits, temperature):
    rows = logits.reshape(-1, logits.shape[-1])
    draw = torch.func.vmap(lambda row: _relaxed_row(row, temperature), randomness="different")
    return draw(rows).reshape(logits.shape)


def _relaxed_row(row, temperature):
    noise = -torch.log(-torch.log(torch.rand_like(row).clamp(min=1e-12)))
    return torch.softmax((row + noise) / temperature, 0)


@right
def relaxed_by_variables(logits, temperature):
    """A loop over the last axis but one."""
    if logits.ndim < 2:
        return relaxed_plain(logits, temperature)
    return torch.stack([relaxed_plain(one, temperature) for one in logits.unbind(-2)], -2)


@wrong("the temperature divides the logits alone, not the noise")
def relaxed_logits_alone(logits, temperature):
    return (logits / temperature + gumbel_noise(logits)).softmax(-1)


@wrong("the temperature divides the noise alone, not the logits")
def relaxed_noise_alone(logits, temperature):
    return (logits + gumbel_noise(logits) / temperature).softmax(-1)


@wrong("multiplied by the temperature")
def relaxed_multiplied(logits, temperature):
    return ((logits + gumbel_noise(logits)) * temperature).softmax(-1)


@wrong("the temperature is not used")
def relaxed_without_temperature(logits, temperature):
    return (logits + gumbel_noise(logits)).softmax(-1)


@wrong("divided by the temperature twice")
def relaxed_divided_twice(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature / temperature).softmax(-1)


@wrong("no noise reaches y")
def relaxed_no_noise(logits, temperature):
    return (logits / temperature).softmax(-1)


@wrong("no noise reaches y")
def relaxed_noise_without_categories(logits, temperature):
    noise = gumbel_noise(logits, (*logits.shape[:-1], 1))
    return ((logits + noise) / temperature).softmax(-1)


@wrong("the softmax is taken over the wrong dimension, the variables")
def relaxed_over_variables(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).softmax(1)


@wrong("the softmax is taken over the wrong dimension, the batch")
def relaxed_over_batch(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).softmax(0)


@wrong("the softmax is applied twice")
def relaxed_twice(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).softmax(-1).softmax(-1)


@wrong("probabilities are taken for logits")
def relaxed_probabilities(logits, temperature):
    return ((logits.softmax(-1) + gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("the examples of a batch share their noise")
def relaxed_shared_by_batch(logits, temperature):
    return ((logits + gumbel_noise(logits, logits.shape[1:])) / temperature).softmax(-1)


@wrong("the variables of an example share their noise")
def relaxed_shared_by_variables(logits, temperature):
    noise = gumbel_noise(logits, (*logits.shape[:-2], 1, logits.shape[-1]))
    return ((logits + noise) / temperature).softmax(-1)


@wrong("the same draw comes in every call")
def relaxed_static(logits, temperature):
    noise = gumbel_noise(logits, generator=torch.Generator().manual_seed(0))
    return ((logits + noise) / temperature).softmax(-1)


@wrong("the noise is normal (randn)")
def relaxed_normal(logits, temperature):
    return ((logits + torch.randn_like(logits)) / temperature).softmax(-1)


@wrong("the noise is uniform (rand)")
def relaxed_uniform(logits, temperature):
    return ((logits + torch.rand_like(logits)) / temperature).softmax(-1)


@wrong("the noise has one logarithm")
def relaxed_exponential(logits, temperature):
    u = torch.rand_like(logits).clamp(min=1e-7)
    return ((logits - u.log()) / temperature).softmax(-1)


@wrong("not the noise; and the noise is normal (randn)")
def relaxed_normal_after(logits, temperature):
    return (logits / temperature + torch.randn_like(logits)).softmax(-1)


@wrong("the Gumbel noise has the wrong sign")
def relaxed_wrong_sign(logits, temperature):
    return ((logits - gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("one-hot vectors came")
def relaxed_hard(logits, temperature):
    return functional.gumbel_softmax(logits, temperature, hard=True)


@wrong("indices came")
def relaxed_indices(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).softmax(-1).argmax(-1)


@wrong("logarithms came (log_softmax)")
def relaxed_log_softmax(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).log_softmax(-1)


@wrong("is the softmax missing, or something added after it?")
def relaxed_without_softmax(logits, temperature):
    return (logits + gumbel_noise(logits)) / temperature


@wrong("is the softmax missing, or something added after it?")
def relaxed_noise_after(logits, temperature):
    return (logits / temperature).softmax(-1) + gumbel_noise(logits)


@wrong("NaN or infinity came out")
def relaxed_overflow(logits, temperature):
    weights = torch.exp((logits + gumbel_noise(logits)) / temperature)
    return weights / weights.sum(-1, keepdim=True)


@wrong("is the temperature clamped?")
def relaxed_clamped(logits, temperature):
    return ((logits + gumbel_noise(logits)) / max(temperature, 0.1)).softmax(-1)


@wrong("no gradient reaches logits")
def relaxed_detached(logits, temperature):
    return ((logits.detach() + gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("no gradient reaches logits")
def relaxed_by_sample(logits, temperature):
    return RelaxedOneHotCategorical(torch.tensor(temperature), logits=logits).sample()


@wrong("the noise of one example and another is correlated")
def relaxed_half_repeated(logits, temperature):
    quarter = gumbel_noise(logits, (len(logits) // 4, *logits.shape[1:]))
    return ((logits + quarter.repeat(4, 1, 1)) / temperature).softmax(-1)


class _Bent(torch.autograd.Function):
    """The identity, with a factor in its gradient."""

    @staticmethod
    def forward(context, x, factor):
        context.factor = factor
        return x.clone()

    @staticmethod
    def backward(context, slope):
        return context.factor * slope, None


def _own_noise(logits):
    return -torch.empty_like(logits).exponential_(generator=GENERATOR).log()


@wrong("it is twice what it should be")
def relaxed_own_gradient_doubled(logits, temperature):
    bent = _Bent.apply(logits, 2)
    return ((bent + _own_noise(logits)) / temperature).softmax(-1)


@wrong("it has the wrong sign")
def relaxed_own_gradient_reversed(logits, temperature):
    bent = _Bent.apply(logits, -1)
    return ((bent + _own_noise(logits)) / temperature).softmax(-1)


@wrong("the values are right, the gradient is not")
def relaxed_own_gradient_near(logits, temperature):
    bent = _Bent.apply(logits, 1.02)
    return ((bent + _own_noise(logits)) / temperature).softmax(-1)


@wrong("no gradient reaches logits")
def relaxed_own_detached(logits, temperature):
    return ((logits.detach() + _own_noise(logits)) / temperature).softmax(-1)


@wrong("no gradient reaches logits")
def relaxed_in_numpy(logits, temperature):
    scores = (logits.detach().numpy() + RNG.gumbel(size=tuple(logits.shape))) / temperature
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(logits.detach().numpy().dtype)


@wrong("it lacks the factor 1 / temperature")
def relaxed_gradient_of_temperature_1(logits, temperature):
    bent = _Bent.apply(logits, temperature)
    return ((bent + gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("it is that of logits, as if y were logits")
def relaxed_straight_through_logits(logits, temperature):
    y = ((logits + gumbel_noise(logits)) / temperature).softmax(-1)
    return y.detach() + (logits - logits.detach())


@wrong("the values are right, the gradient is not")
def relaxed_sum_detached(logits, temperature):
    scores = (logits + gumbel_noise(logits)) / temperature
    return torch.exp(scores - scores.logsumexp(-1, keepdim=True).detach())


@wrong("the values are right, the gradient is not")
def relaxed_part_detached(logits, temperature):
    first, others = logits[..., :1], logits[..., 1:]
    held = torch.cat([first.detach(), others], -1)
    return ((held + gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("is not logistic noise")
def relaxed_noise_wide(logits, temperature):
    return ((logits + 1.05 * gumbel_noise(logits)) / temperature).softmax(-1)


@wrong("is not logistic noise")
def relaxed_temperature_off(logits, temperature):
    """5 % off, in all."""
    return ((logits + gumbel_noise(logits)) / (1.05 * temperature)).softmax(-1)


@wrong("is not logistic noise")
def relaxed_noise_clamped(logits, temperature):
    g = -torch.log(-torch.log(torch.rand_like(logits).clamp(0.02, 0.98)))
    return ((logits + g) / temperature).softmax(-1)


@wrong("is not logistic noise")
def relaxed_normal_of_that_variance(logits, temperature):
    noise = torch.pi / 6**0.5 * torch.randn_like(logits)
    return ((logits + noise) / temperature).softmax(-1)


@wrong("is the temperature clamped?")
def relaxed_clamped_a_little(logits, temperature):
    return ((logits + gumbel_noise(logits)) / max(temperature, 0.02)).softmax(-1)


@wrong("is y smoothed")
def relaxed_smoothed(logits, temperature):
    y = ((logits + gumbel_noise(logits)) / temperature).softmax(-1) + 1e-15
    return y / y.sum(-1, keepdim=True)


@wrong("is not logistic noise")
def relaxed_clamped_from_above(logits, temperature):
    return ((logits + gumbel_noise(logits)) / min(temperature, 50)).softmax(-1)


@wrong("the noise of one example and another is correlated")
def relaxed_antithetic(logits, temperature):
    u = torch.rand_like(logits).clamp(1e-7, 1 - 1e-7)
    half = len(u) // 4
    if logits.ndim > 2 and half:
        u[-half:] = 1 - u[-2 * half : -half]
    return ((logits - torch.log(-torch.log(u))) / temperature).softmax(-1)


@wrong("the noise of one variable and another is correlated")
def relaxed_neighbours_alike(logits, temperature):
    noise = gumbel_noise(logits)
    if logits.ndim > 1:
        noise[..., 1::2, :] = noise[..., : noise.shape[-2] // 2 * 2 : 2, :]
    return ((logits + noise) / temperature).softmax(-1)


@wrong("the noise of one example and another is the same")
def relaxed_shuffled(logits, temperature):
    noise = gumbel_noise(logits)
    half = len(noise) // 4
    if logits.ndim > 2 and half:
        noise[-half:] = noise[-2 * half : -half][torch.randperm(half)]
    return ((logits + noise) / temperature).softmax(-1)


@wrong("the noise is shared along axis 0")
def relaxed_shared_by_samples(logits, temperature):
    return ((logits + gumbel_noise(logits, logits.shape[-3:])) / temperature).softmax(-1)


@wrong("the result should be one array of shape")
def relaxed_squeezed(logits, temperature):
    return ((logits + gumbel_noise(logits)) / temperature).softmax(-1).squeeze()


@wrong("overwrites its argument logits")
def relaxed_in_place(logits, temperature):
    with torch.no_grad():
        return logits.add_(gumbel_noise(logits)).div_(temperature).softmax(-1)


@wrong("the result should be one array of shape")
def relaxed_pair(logits, temperature):
    y = relaxed_plain(logits, temperature)
    return y, y.argmax(-1)


@wrong("the result is of float64, logits is of float32")
def relaxed_in_doubles(logits, temperature):
    noise = torch.empty(logits.shape, dtype=torch.float64).exponential_().log()
    scores = (logits.double().log_softmax(-1) - noise) / temperature
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


@wrong("or is subtracted: add -log E")
def relaxed_noise_subtracted(logits, temperature):
    return ((logits - gumbel_noise(logits)) / temperature).softmax(-1)
