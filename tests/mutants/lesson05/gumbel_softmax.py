"""Answers to exercise 5.2, ``gumbel_softmax``: wrong and right ones."""

import torch
from torch.distributions import RelaxedOneHotCategorical
from torch.nn import functional

from mutants import registry
from mutants.lesson05._common import gumbel_noise

WRONG, RIGHT, wrong, right = registry()


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
def relaxed_in_doubles(logits, temperature):
    noise = torch.empty(logits.shape, dtype=torch.float64).exponential_().log()
    scores = (logits.double().log_softmax(-1) - noise) / temperature
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


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
