"""Answers to the exercises of lesson 05: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import (
    Categorical,
    Exponential,
    Gumbel,
    Independent,
    RelaxedOneHotCategorical,
    kl_divergence,
)
from torch.nn import functional

from . import registry

WRONG, RIGHT, wrong, right = registry()
DRAW, RELAXED, HARD = "gumbel_max", "gumbel_softmax", "straight_through"
KL, INFORMATION = "categorical_kl_uniform", "mutual_information"


def _gumbel(logits, shape=None, generator=None):
    u = torch.rand(logits.shape if shape is None else shape, generator=generator)
    return -torch.log(-torch.log(u.clamp(1e-7, 1 - 1e-7)))


# --- 5.1 gumbel_max ------------------------------------------------------------------------------


@right(DRAW)
def draw_plain(logits):
    u = torch.rand(logits.shape)
    return (logits - torch.log(-torch.log(u))).argmax(-1)


@right(DRAW)
def draw_with_small_number(logits):
    u = torch.rand_like(logits)
    return torch.max(logits - torch.log(-torch.log(u + 1e-10) + 1e-10), dim=-1).indices


@right(DRAW)
def draw_by_exponential(logits):
    noise = -torch.empty_like(logits).exponential_().log()
    return torch.argmax(logits.log_softmax(-1) + noise, dim=-1).int()


@right(DRAW)
def draw_by_distribution(logits):
    return (logits.double() + Gumbel(0.0, 1.0).sample(logits.shape)).argmax(dim=logits.ndim - 1)


@right(DRAW)
def draw_by_race(logits):
    return (Exponential(1.0).sample(logits.shape) / logits.softmax(-1)).argmin(-1)


@right(DRAW)
def draw_by_categorical(logits):
    return Categorical(logits=logits).sample()


@right(DRAW)
def draw_by_multinomial(logits):
    p = logits.softmax(-1).reshape(-1, logits.shape[-1])
    return torch.multinomial(p, 1).reshape(logits.shape[:-1])


@right(DRAW)
def draw_numpy_style(logits):
    noise = np.random.default_rng().gumbel(size=tuple(logits.shape))
    return np.argmax(logits.numpy() + noise, axis=-1)


@wrong(DRAW, "no noise reaches the argmax")
def draw_no_noise(logits):
    return logits.argmax(-1)


@wrong(DRAW, "no noise reaches the argmax")
def draw_noise_without_categories(logits):
    return (logits + _gumbel(logits, (*logits.shape[:-1], 1))).argmax(-1)


@wrong(DRAW, "the noise is uniform (rand)")
def draw_uniform_noise(logits):
    return (logits + torch.rand_like(logits)).argmax(-1)


@wrong(DRAW, "the noise is normal (randn)")
def draw_normal_noise(logits):
    return (logits + torch.randn_like(logits)).argmax(-1)


@wrong(DRAW, "the noise has one logarithm, log(u) or -log(u)")
def draw_exponential_noise(logits):
    return (logits - torch.log(torch.rand_like(logits))).argmax(-1)


@wrong(DRAW, "the noise has one logarithm, log(u) or -log(u)")
def draw_log_noise(logits):
    return (logits + torch.log(torch.rand_like(logits))).argmax(-1)


@wrong(DRAW, "the Gumbel noise has the wrong sign")
def draw_wrong_sign(logits):
    return (logits + torch.log(-torch.log(torch.rand_like(logits)))).argmax(-1)


@wrong(DRAW, "argmin and argmax are mixed up")
def draw_argmin(logits):
    return (logits + _gumbel(logits)).argmin(-1)


@wrong(DRAW, "argmin and argmax are mixed up")
def draw_race_lost(logits):
    return (torch.empty_like(logits).exponential_() / logits.softmax(-1)).argmax(-1)


@wrong(DRAW, "the logits have the wrong sign")
def draw_minus_logits(logits):
    return (_gumbel(logits) - logits).argmax(-1)


@wrong(DRAW, "probabilities are taken for logits")
def draw_probabilities(logits):
    return (logits.softmax(-1) + _gumbel(logits)).argmax(-1)


@wrong(DRAW, "the variables of an example share their noise")
def draw_shared_by_variables(logits):
    noise = _gumbel(logits, (*logits.shape[:-2], 1, logits.shape[-1]))
    return (logits + noise).argmax(-1)


@wrong(DRAW, "the examples of a batch share their noise")
def draw_shared_by_batch(logits):
    return (logits + _gumbel(logits, logits.shape[1:])).argmax(-1)


@wrong(DRAW, "all variables and examples share one draw")
def draw_shared_by_all(logits):
    return (logits + _gumbel(logits, logits.shape[-1:])).argmax(-1)


@wrong(DRAW, "the noise of one example and another is correlated")
def draw_half_repeated(logits):
    quarter = _gumbel(logits, (len(logits) // 4, *logits.shape[1:]))
    return (logits + quarter.repeat(4, 1, 1)).argmax(-1)


@wrong(DRAW, "the same draw comes in every call")
def draw_static(logits):
    generator = torch.Generator().manual_seed(0)
    return (logits + _gumbel(logits, generator=generator)).argmax(-1)


@wrong(DRAW, "one-hot vectors came")
def draw_one_hot(logits):
    index = (logits + _gumbel(logits)).argmax(-1)
    return functional.one_hot(index, logits.shape[-1])


@wrong(DRAW, "a value for each category came")
def draw_without_argmax(logits):
    return logits + _gumbel(logits)


@wrong(DRAW, "integers are wanted")
def draw_values(logits):
    return (logits + _gumbel(logits)).max(-1).values


@wrong(DRAW, "one array of indices is expected")
def draw_pair(logits):
    return (logits + _gumbel(logits)).max(-1)


@wrong(DRAW, "an axis too many (keepdim?)")
def draw_keepdim(logits):
    return (logits + _gumbel(logits)).argmax(-1, keepdim=True)


@wrong(DRAW, "the argmax is taken over the wrong dimension")
def draw_wrong_dimension(logits):
    return (logits + _gumbel(logits)).argmax(1)


@wrong(DRAW, "without dim=-1")
def draw_no_dimension(logits):
    return (logits + _gumbel(logits)).argmax()


@wrong(DRAW, "every category comes equally often")
def draw_randint(logits):
    return torch.randint(logits.shape[-1], logits.shape[:-1])


@wrong(DRAW, "is never drawn")
def draw_without_last(logits):
    return (logits + _gumbel(logits))[..., :-1].argmax(-1)


@wrong(DRAW, "count from 1")
def draw_from_one(logits):
    return (logits + _gumbel(logits)).argmax(-1) + 1


@wrong(DRAW, "integers are wanted")
def draw_floats(logits):
    return (logits + _gumbel(logits)).argmax(-1).float()


@wrong(DRAW, "the frequencies of the categories are not softmax(logits)")
def draw_doubled_noise(logits):
    return (logits + 2 * _gumbel(logits)).argmax(-1)


# --- 5.2 gumbel_softmax --------------------------------------------------------------------------


@right(RELAXED)
def relaxed_plain(logits, temperature):
    noise = -torch.log(-torch.log(torch.rand_like(logits)))
    return torch.softmax((logits + noise) / temperature, dim=-1)


@right(RELAXED)
def relaxed_by_torch(logits, temperature):
    return functional.gumbel_softmax(logits, tau=temperature, dim=-1)


@right(RELAXED)
def relaxed_by_distribution(logits, temperature):
    return RelaxedOneHotCategorical(torch.tensor(temperature), logits=logits).rsample()


@right(RELAXED)
def relaxed_in_doubles(logits, temperature):
    noise = torch.empty(logits.shape, dtype=torch.float64).exponential_().log()
    scores = (logits.double().log_softmax(-1) - noise) / temperature
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


@right(RELAXED)
def relaxed_by_logsumexp(logits, temperature):
    scores = (logits + _gumbel(logits)) / temperature
    return torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True))


@right(RELAXED)
def relaxed_by_hand(logits, temperature):
    u = torch.rand(logits.shape).clamp(1e-6, 1 - 1e-6)
    scores = logits / temperature - (-u.log()).log() / temperature
    weights = torch.exp(scores - scores.amax(-1, keepdim=True))
    return weights / weights.sum(-1, keepdim=True)


@wrong(RELAXED, "the temperature divides the logits alone, not the noise")
def relaxed_logits_alone(logits, temperature):
    return (logits / temperature + _gumbel(logits)).softmax(-1)


@wrong(RELAXED, "the temperature divides the noise alone, not the logits")
def relaxed_noise_alone(logits, temperature):
    return (logits + _gumbel(logits) / temperature).softmax(-1)


@wrong(RELAXED, "multiplied by the temperature")
def relaxed_multiplied(logits, temperature):
    return ((logits + _gumbel(logits)) * temperature).softmax(-1)


@wrong(RELAXED, "the temperature is not used")
def relaxed_without_temperature(logits, temperature):
    return (logits + _gumbel(logits)).softmax(-1)


@wrong(RELAXED, "divided by the temperature twice")
def relaxed_divided_twice(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature / temperature).softmax(-1)


@wrong(RELAXED, "no noise reaches y")
def relaxed_no_noise(logits, temperature):
    return (logits / temperature).softmax(-1)


@wrong(RELAXED, "no noise reaches y")
def relaxed_noise_without_categories(logits, temperature):
    noise = _gumbel(logits, (*logits.shape[:-1], 1))
    return ((logits + noise) / temperature).softmax(-1)


@wrong(RELAXED, "the softmax is taken over the wrong dimension, the variables")
def relaxed_over_variables(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature).softmax(1)


@wrong(RELAXED, "the softmax is taken over the wrong dimension, the batch")
def relaxed_over_batch(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature).softmax(0)


@wrong(RELAXED, "the softmax is applied twice")
def relaxed_twice(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature).softmax(-1).softmax(-1)


@wrong(RELAXED, "probabilities are taken for logits")
def relaxed_probabilities(logits, temperature):
    return ((logits.softmax(-1) + _gumbel(logits)) / temperature).softmax(-1)


@wrong(RELAXED, "the examples of a batch share their noise")
def relaxed_shared_by_batch(logits, temperature):
    return ((logits + _gumbel(logits, logits.shape[1:])) / temperature).softmax(-1)


@wrong(RELAXED, "the variables of an example share their noise")
def relaxed_shared_by_variables(logits, temperature):
    noise = _gumbel(logits, (*logits.shape[:-2], 1, logits.shape[-1]))
    return ((logits + noise) / temperature).softmax(-1)


@wrong(RELAXED, "the same draw comes in every call")
def relaxed_static(logits, temperature):
    noise = _gumbel(logits, generator=torch.Generator().manual_seed(0))
    return ((logits + noise) / temperature).softmax(-1)


@wrong(RELAXED, "the noise is normal (randn)")
def relaxed_normal(logits, temperature):
    return ((logits + torch.randn_like(logits)) / temperature).softmax(-1)


@wrong(RELAXED, "the noise is uniform (rand)")
def relaxed_uniform(logits, temperature):
    return ((logits + torch.rand_like(logits)) / temperature).softmax(-1)


@wrong(RELAXED, "the noise has one logarithm")
def relaxed_exponential(logits, temperature):
    u = torch.rand_like(logits).clamp(min=1e-7)
    return ((logits - u.log()) / temperature).softmax(-1)


@wrong(RELAXED, "not the noise; and the noise is normal (randn)")
def relaxed_normal_after(logits, temperature):
    return (logits / temperature + torch.randn_like(logits)).softmax(-1)


@wrong(RELAXED, "the Gumbel noise has the wrong sign")
def relaxed_wrong_sign(logits, temperature):
    return ((logits - _gumbel(logits)) / temperature).softmax(-1)


@wrong(RELAXED, "one-hot vectors came")
def relaxed_hard(logits, temperature):
    return functional.gumbel_softmax(logits, temperature, hard=True)


@wrong(RELAXED, "indices came")
def relaxed_indices(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature).softmax(-1).argmax(-1)


@wrong(RELAXED, "logarithms came (log_softmax)")
def relaxed_log_softmax(logits, temperature):
    return ((logits + _gumbel(logits)) / temperature).log_softmax(-1)


@wrong(RELAXED, "is the softmax missing, or something added after it?")
def relaxed_without_softmax(logits, temperature):
    return (logits + _gumbel(logits)) / temperature


@wrong(RELAXED, "is the softmax missing, or something added after it?")
def relaxed_noise_after(logits, temperature):
    return (logits / temperature).softmax(-1) + _gumbel(logits)


@wrong(RELAXED, "NaN or infinity came out")
def relaxed_overflow(logits, temperature):
    weights = torch.exp((logits + _gumbel(logits)) / temperature)
    return weights / weights.sum(-1, keepdim=True)


@wrong(RELAXED, "is the temperature clamped?")
def relaxed_clamped(logits, temperature):
    return ((logits + _gumbel(logits)) / max(temperature, 0.1)).softmax(-1)


@wrong(RELAXED, "no gradient reaches logits")
def relaxed_detached(logits, temperature):
    return ((logits.detach() + _gumbel(logits)) / temperature).softmax(-1)


@wrong(RELAXED, "no gradient reaches logits")
def relaxed_by_sample(logits, temperature):
    return RelaxedOneHotCategorical(torch.tensor(temperature), logits=logits).sample()


@wrong(RELAXED, "the noise of one example and another is correlated")
def relaxed_half_repeated(logits, temperature):
    quarter = _gumbel(logits, (len(logits) // 4, *logits.shape[1:]))
    return ((logits + quarter.repeat(4, 1, 1)) / temperature).softmax(-1)


# --- 5.3 straight_through ------------------------------------------------------------------------


def _hard(y, dim=-1):
    return torch.zeros_like(y).scatter_(dim, y.argmax(dim, keepdim=True), 1.0)


@right(HARD)
def hard_plain(y):
    hard = functional.one_hot(y.argmax(-1), y.shape[-1]).to(y.dtype)
    return hard + y - y.detach()


@right(HARD)
def hard_difference_detached(y):
    return y + (_hard(y) - y).detach()


@right(HARD)
def hard_by_comparison(y):
    hard = (y == y.amax(-1, keepdim=True)).double().detach()
    return hard - (y.detach() - y)


@right(HARD)
def hard_by_rows_of_the_identity(y):
    return torch.eye(y.shape[-1])[y.argmax(-1)] + (y - y.data)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(context, y):
        return _hard(y)

    @staticmethod
    def backward(context, slope):
        return slope


right(HARD)(_StraightThrough.apply)


@wrong(HARD, "y itself came back")
def hard_soft(y):
    return y


@wrong(HARD, "y itself came back")
def hard_detached_wrongly(y):
    hard = _hard(y)
    return y + hard - hard.detach()


@wrong(HARD, "but no gradient reaches y")
def hard_without_gradient(y):
    return _hard(y)


@wrong(HARD, "but no gradient reaches y")
def hard_all_detached(y):
    return (_hard(y) + y - y.detach()).detach()


@wrong(HARD, "but no gradient reaches y")
def hard_nothing_detached(y):
    return _hard(y) + y - y


@wrong(HARD, "the one-hot and y are added")
def hard_added(y):
    return _hard(y) + y


@wrong(HARD, "y is subtracted from the one-hot")
def hard_subtracted(y):
    return (_hard(y) - y).detach()


@wrong(HARD, "the one-hot multiplies y")
def hard_times_y(y):
    return _hard(y) * y


@wrong(HARD, "the argmax is taken over the wrong dimension")
def hard_wrong_dimension(y):
    return _hard(y, 0) + y - y.detach()


@wrong(HARD, "the argmax is taken over the wrong dimension")
def hard_over_variables(y):
    return _hard(y, 1) + y - y.detach()


@wrong(HARD, "indices came")
def hard_indices(y):
    return y.argmax(-1)


@wrong(HARD, "no entry has to exceed 1/2")
def hard_rounded(y):
    return y.round() + y - y.detach()


@wrong(HARD, "no entry has to exceed 1/2")
def hard_compared(y):
    return (y > 0.5).float() + y - y.detach()


@wrong(HARD, "that of the smallest entry (argmin)")
def hard_argmin(y):
    return _hard(-y) + y - y.detach()


@wrong(HARD, "y is counted twice")
def hard_doubled(y):
    return _hard(y) + 2 * (y - y.detach())


@wrong(HARD, "it has the wrong sign")
def hard_wrong_sign(y):
    return _hard(y) - y + y.detach()


@wrong(HARD, "it reaches the largest entry alone")
def hard_normalised(y):
    return _hard(y) * y / y.detach()


@wrong(HARD, "it reaches the largest entry alone")
def hard_largest_alone(y):
    return _hard(y) * (1 + y - y.detach())


# --- 5.4 categorical_kl_uniform ------------------------------------------------------------------


@right(KL)
def kl_plain(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * (log_q + math.log(logits.shape[-1]))).sum((1, 2))


@right(KL)
def kl_by_entropy(logits):
    _, variables, categories = logits.shape
    return variables * math.log(categories) - Categorical(logits=logits).entropy().sum(-1)


@right(KL)
def kl_by_distribution(logits):
    q = Independent(Categorical(logits=logits.double()), 1)
    p = Independent(Categorical(logits=torch.zeros_like(logits, dtype=torch.float64)), 1)
    return kl_divergence(q, p)


@right(KL)
def kl_by_kl_div(logits):
    log_p = torch.full_like(logits, -math.log(logits.shape[-1]))
    terms = functional.kl_div(log_p, logits.log_softmax(-1), reduction="none", log_target=True)
    return terms.flatten(1).sum(1)


@right(KL)
def kl_by_loop(logits):
    total = 0
    for variable in logits.unbind(1):
        log_q = variable - torch.logsumexp(variable, -1, keepdim=True)
        total = total + (variable.softmax(-1) * log_q).sum(-1) + np.log(variable.shape[-1])
    return total


@wrong(KL, "this is minus the entropy")
def kl_without_log_k(logits):
    return kl_plain(logits) - logits.shape[1] * math.log(logits.shape[2])


@wrong(KL, "this is the entropy of q")
def kl_entropy(logits):
    return Categorical(logits=logits).entropy().sum(-1)


@wrong(KL, "log K is counted once, not for each variable")
def kl_log_k_once(logits):
    return kl_without_log_k(logits) + math.log(logits.shape[2])


@wrong(KL, "log N stands for log K")
def kl_log_n(logits):
    return kl_without_log_k(logits) + logits.shape[1] * math.log(logits.shape[1])


@wrong(KL, "log K has the wrong sign")
def kl_minus_log_k(logits):
    return kl_plain(logits) - 2 * logits.shape[1] * math.log(logits.shape[2])


@wrong(KL, "the mean over the variables is taken")
def kl_mean(logits):
    return kl_plain(logits) / logits.shape[1]


@wrong(KL, "the sum over the variables is missing")
def kl_no_sum(logits):
    return math.log(logits.shape[2]) - Categorical(logits=logits).entropy()


@wrong(KL, "the mean over the categories is taken")
def kl_mean_categories(logits):
    return kl_plain(logits) / logits.shape[2]


@wrong(KL, "the sign is wrong")
def kl_sign(logits):
    return -kl_plain(logits)


@wrong(KL, "bits are returned")
def kl_bits(logits):
    return kl_plain(logits) / math.log(2)


@wrong(KL, "the softmax is taken over the variables")
def kl_wrong_axis(logits):
    log_q = logits.log_softmax(1)
    return (log_q.exp() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


@wrong(KL, "the softmax is taken over the batch")
def kl_over_batch(logits):
    log_q = nn.LogSoftmax(dim=0)(logits)
    return (log_q.exp() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


@wrong(KL, "the KL is reversed")
def kl_reversed(logits):
    return -(logits.log_softmax(-1) + math.log(logits.shape[2])).mean(-1).sum(-1)


@wrong(KL, "summed over the batch")
def kl_sum_all(logits):
    return kl_plain(logits).sum()


@wrong(KL, "the mean over the batch is taken")
def kl_batch_mean(logits):
    return kl_plain(logits).mean()


@wrong(KL, "are logits taken for probabilities?")
def kl_raw(logits):
    return (logits * torch.log(logits * logits.shape[2])).sum((1, 2))


@wrong(KL, "the softmax is missing")
def kl_without_softmax(logits):
    return (logits.exp() * (logits + math.log(logits.shape[2]))).sum((1, 2))


@wrong(KL, "the weights q are missing")
def kl_without_weights(logits):
    return (logits.log_softmax(-1) + math.log(logits.shape[2])).sum((1, 2))


@wrong(KL, "the softmax is applied twice")
def kl_softmax_twice(logits):
    return kl_plain(logits.softmax(-1))


@wrong(KL, "NaN came out")
def kl_unstable(logits):
    q = logits.softmax(-1)
    return (q * torch.log(q * logits.shape[2])).sum((1, 2))


@wrong(KL, "the gradient is not finite")
def kl_unstable_gradient(logits):
    q = logits.softmax(-1)
    return math.log(logits.shape[2]) * logits.shape[1] - torch.special.entr(q).sum((1, 2))


@wrong(KL, "near the right values")
def kl_small_number(logits):
    q = logits.softmax(-1)
    return (q * torch.log(q * logits.shape[2] + 1e-2)).sum((1, 2))


@wrong(KL, "no gradient reaches logits")
def kl_detached(logits):
    return kl_plain(logits.detach())


@wrong(KL, "the gradient with respect to logits is not")
def kl_weights_detached(logits):
    log_q = logits.log_softmax(-1)
    return (log_q.exp().detach() * (log_q + math.log(logits.shape[2]))).sum((1, 2))


# --- 5.5 mutual_information ----------------------------------------------------------------------


def _joint(codes, labels, num_codes, num_labels):
    table = torch.zeros(num_codes, num_labels, dtype=torch.float64)
    for code, label in zip(codes.tolist(), labels.tolist(), strict=True):
        table[code, label] += 1
    return table / len(codes)


def _entropy(p):
    return torch.special.entr(p).sum()


def _of_joint(p):
    return _entropy(p.sum(0)) + _entropy(p.sum(1)) - _entropy(p)


@right(INFORMATION)
def information_plain(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = p.sum(1, keepdim=True) * p.sum(0, keepdim=True)
    used = p > 0
    return (p[used] * torch.log(p[used] / independent[used])).sum()


@right(INFORMATION)
def information_by_entropies(codes, labels, num_codes, num_labels):
    pairs = torch.bincount(codes * num_labels + labels, minlength=num_codes * num_labels)
    return float(_of_joint(pairs.reshape(num_codes, num_labels) / len(codes)))


@right(INFORMATION)
def information_with_small_number(codes, labels, num_codes, num_labels):
    one_hot = functional.one_hot
    p = one_hot(codes, num_codes).float().T @ one_hot(labels, num_labels).float() / len(codes)
    p_code, p_label = p.sum(1), p.sum(0)
    return (p * ((p + 1e-10).log() - (torch.outer(p_code, p_label) + 1e-10).log())).sum()


@right(INFORMATION)
def information_by_categorical(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    p_code = p.sum(1)
    used = p_code > 0
    conditional = Categorical(probs=p[used]).entropy()  # of the label, for each code
    return (Categorical(probs=p.sum(0)).entropy() - (p_code[used] * conditional).sum()).item()


@right(INFORMATION)
def information_numpy_style(codes, labels, num_codes, num_labels):
    bins = [np.arange(num_codes + 1), np.arange(num_labels + 1)]
    p = np.histogram2d(codes.numpy(), labels.numpy(), bins=bins)[0] / len(codes)
    with np.errstate(all="ignore"):
        return np.nansum(p * np.log(p / (p.sum(1, keepdims=True) * p.sum(0, keepdims=True))))


@right(INFORMATION)
def information_by_loop(codes, labels, num_codes, num_labels):
    total = 0.0
    for code in range(num_codes):
        for label in range(num_labels):
            both = ((codes == code) & (labels == label)).double().mean().item()
            if both:
                p_code = (codes == code).double().mean().item()
                p_label = (labels == label).double().mean().item()
                total += both * math.log(both / (p_code * p_label))
    return total


@wrong(INFORMATION, "it is in bits")
def information_bits(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) / math.log(2)


@wrong(INFORMATION, "the sign is wrong")
def information_sign(codes, labels, num_codes, num_labels):
    return -information_plain(codes, labels, num_codes, num_labels)


@wrong(INFORMATION, "this is the joint entropy")
def information_joint_entropy(codes, labels, num_codes, num_labels):
    return _entropy(_joint(codes, labels, num_codes, num_labels))


@wrong(INFORMATION, "divide by the number of examples")
def information_of_counts(codes, labels, num_codes, num_labels):
    table = _joint(codes, labels, num_codes, num_labels) * len(codes)
    independent = table.sum(1, keepdim=True) * table.sum(0, keepdim=True)
    used = table > 0
    return (table[used] * torch.log(table[used] / independent[used])).sum()


@wrong(INFORMATION, "divide by the number of examples")
def information_weighted_by_counts(codes, labels, num_codes, num_labels):
    return information_plain(codes, labels, num_codes, num_labels) * len(codes)


@wrong(INFORMATION, "p(code) is missing in the logarithm")
def information_without_code(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p.sum(0)) - _entropy(p)


@wrong(INFORMATION, "p(label) is missing in the logarithm")
def information_without_label(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return (torch.xlogy(p, p / p.sum(1, keepdim=True).clamp(min=1e-9))).sum()


@wrong(INFORMATION, "the conditional entropy H(label | code)")
def information_conditional(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p) - _entropy(p.sum(1))


@wrong(INFORMATION, "the conditional entropy H(code | label)")
def information_other_conditional(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _entropy(p) - _entropy(p.sum(0))


@wrong(INFORMATION, "the entropy of the labels alone")
def information_labels(codes, labels, num_codes, num_labels):
    return _entropy(torch.bincount(labels) / len(labels))


@wrong(INFORMATION, "the entropy of the codes alone")
def information_codes(codes, labels, num_codes, num_labels):
    return _entropy(torch.bincount(codes) / len(codes))


@wrong(INFORMATION, "0 log 0 counts as 0")
def information_nan(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return (p * torch.log(p / (p.sum(1, keepdim=True) * p.sum(0, keepdim=True)))).sum()


@wrong(INFORMATION, "the labels are taken to be uniform")
def information_uniform_labels(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return math.log(num_labels) + _entropy(p.sum(1)) - _entropy(p)


@wrong(INFORMATION, "the codes are taken to be uniform")
def information_uniform_codes(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return math.log(num_codes) + _entropy(p.sum(0)) - _entropy(p)


@wrong(INFORMATION, "divided by an entropy")
def information_normalised(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return _of_joint(p) / _entropy(p.sum(0))


@wrong(INFORMATION, "divided by an entropy")
def information_normalised_by_mean(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    return 2 * _of_joint(p) / (_entropy(p.sum(0)) + _entropy(p.sum(1)))


@wrong(INFORMATION, "a repeated pair is counted once")
def information_repeats_lost(codes, labels, num_codes, num_labels):
    table = torch.zeros(num_codes, num_labels)
    table[codes, labels] += 1
    return _of_joint(table / table.sum())


@wrong(INFORMATION, "1 is added to every count")
def information_smoothed(codes, labels, num_codes, num_labels):
    table = _joint(codes, labels, num_codes, num_labels) * len(codes) + 1
    return _of_joint(table / table.sum())


@wrong(INFORMATION, "weights p(code, label) are missing")
def information_without_weights(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0))
    return torch.log(p[p > 0] / independent[p > 0]).sum()


@wrong(INFORMATION, "the accuracy with which the code tells the label")
def information_accuracy(codes, labels, num_codes, num_labels):
    return _joint(codes, labels, num_codes, num_labels).amax(1).sum()


@wrong(INFORMATION, "the shape is")
def information_for_each_code(codes, labels, num_codes, num_labels):
    p = _joint(codes, labels, num_codes, num_labels)
    independent = torch.outer(p.sum(1), p.sum(0)).clamp(min=1e-12)
    return torch.xlogy(p, p / independent).sum(1)
