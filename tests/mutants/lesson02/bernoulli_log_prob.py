"""Answers to exercise 2.2, ``bernoulli_log_prob``: wrong and right ones."""

import torch
from torch.distributions import Bernoulli, Independent
from torch.nn import functional

from mutants import registry
from mutants.lesson02._common import PIXELS, cross_entropy, image_log_prob

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (1,)}


@right
def bernoulli_by_cross_entropy(x, logits):
    return image_log_prob(x, logits)


@right
def bernoulli_by_distribution(x, logits):
    return Independent(Bernoulli(logits=logits), 3).log_prob(x)


@right
def bernoulli_by_logsigmoid(x, logits):
    terms = x * functional.logsigmoid(logits) + (1 - x) * functional.logsigmoid(-logits)
    return terms.flatten(-3).sum(-1)


@right
def bernoulli_in_float64(x, logits):
    logits = logits.double()
    return (x * logits - torch.logaddexp(logits, torch.zeros_like(logits))).sum(dim=PIXELS)


@wrong("the sign is wrong: this is minus the log-probability")
def bernoulli_sign(x, logits):
    return -image_log_prob(x, logits)


@wrong("the mean over the pixels is taken in place of the sum")
def bernoulli_mean(x, logits):
    return -cross_entropy(x, logits).mean(PIXELS)


@wrong("one value for each of the pixels: the sum over the pixels is missing")
def bernoulli_no_sum(x, logits):
    return -cross_entropy(x, logits)


@wrong("summed over the batch: one value for each example is wanted; and the sign")
def bernoulli_loss(x, logits):
    return functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="sum")


@wrong("the mean over batch and pixels is taken")
def bernoulli_mean_loss(x, logits):
    return -cross_entropy(x, logits).mean()


@wrong("the sigmoid is applied twice")
def bernoulli_sigmoid_twice(x, logits):
    return image_log_prob(x, logits.sigmoid())


@wrong("are logits taken for probabilities")
def bernoulli_probabilities(x, logits):
    return (x * logits.log() + (1 - x) * (1 - logits).log()).sum(PIXELS)


@wrong("your function raised")
def bernoulli_missing_sigmoid(x, logits):
    return -functional.binary_cross_entropy(logits, x, reduction="none").sum(PIXELS)


@wrong("right for moderate logits")
def bernoulli_log_of_sigmoid(x, logits):
    p = logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(PIXELS)


@wrong("a small number added inside the logarithm")
def bernoulli_small_number(x, logits):
    p = logits.sigmoid()
    return (x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()).sum(PIXELS)


@wrong("right for moderate logits")
def bernoulli_clamped(x, logits):
    p = logits.sigmoid().clamp(1e-6, 1 - 1e-6)
    return Bernoulli(probs=p).log_prob(x).sum(PIXELS)


@wrong("right for moderate logits")
def bernoulli_library_clamp(x, logits):
    p = logits.sigmoid()
    return -functional.binary_cross_entropy(p, x.expand_as(p), reduction="none").sum(PIXELS)


@wrong("the term of the black pixels")
def bernoulli_half(x, logits):
    return (x * functional.logsigmoid(logits)).sum(PIXELS)


@wrong("x and 1 - x are taken for each other")
def bernoulli_inverted(x, logits):
    return image_log_prob(1 - x, logits)


@wrong("this is the squared error")
def bernoulli_squared_error(x, logits):
    return -((x - logits.sigmoid()) ** 2).sum(PIXELS)


@wrong("summed over the samples or the batch")
def bernoulli_samples_summed(x, logits):
    log_prob = image_log_prob(x, logits)
    return log_prob.sum(0) if log_prob.ndim > 1 else log_prob


@wrong("no gradient reaches logits")
def bernoulli_detached(x, logits):
    return image_log_prob(x, logits.detach())


@wrong("the gradient with respect to logits is not")
def bernoulli_gradient_clamped(x, logits):
    return image_log_prob(x, logits) + 1e-3 * (logits - logits.detach()).sum(PIXELS) * 5


@right
def bernoulli_by_signs(x, logits):
    return functional.logsigmoid((2 * x - 1) * logits).sum((-1, -2, -3))


@right
def bernoulli_by_categorical(x, logits):
    both = torch.stack([torch.zeros_like(logits), logits], -1).log_softmax(-1)
    return torch.where(x > 0.5, both[..., 1], both[..., 0]).flatten(-3).sum(-1)


@right
def bernoulli_by_map(x, logits):
    flat = logits.reshape(-1, *x.shape)
    rows = torch.vmap(lambda sample: bernoulli_by_signs(x, sample))(flat)
    return rows.reshape(logits.shape[:-3])


@right
def bernoulli_by_row(x, logits):
    total = torch.zeros(logits.shape[:-3], dtype=torch.float64)
    for row in range(28):
        part = logits[..., row, :].double()
        total = total + (x[..., row, :] * part - functional.softplus(part)).sum((-1, -2))
    return total


@wrong("the gradient with respect to logits is not: it is 2 times the right one")
def bernoulli_gradient_doubled(x, logits):
    return image_log_prob(x, 2 * logits - logits.detach())


@wrong("the gradient with respect to logits is not")
def bernoulli_gradient_of_the_mean(x, logits):
    log_prob = image_log_prob(x, logits)
    return log_prob.detach() + (log_prob.mean() - log_prob.mean().detach())


@wrong("an axis of length 1 is lost")
def bernoulli_squeezed(x, logits):
    return image_log_prob(x, logits).squeeze()


@wrong("summed over the samples or the batch")
def bernoulli_one_axis_of_samples(x, logits):
    return (
        -cross_entropy(x, logits).flatten(2).sum(-1)
        if logits.ndim > 4
        else (image_log_prob(x, logits))
    )


@wrong("right for moderate logits")
def bernoulli_logits_clamped(x, logits):
    return image_log_prob(x, logits.clamp(-15, 15))


@wrong("right for moderate logits")
def bernoulli_logits_clamped_high(x, logits):
    return image_log_prob(x, logits.clamp(-1000, 1000))


@wrong("right for moderate logits")
def bernoulli_term_cut(x, logits):
    return (-cross_entropy(x, logits)).clamp(min=-100).sum(PIXELS)


@wrong("right for moderate logits")
def bernoulli_nan_to_num(x, logits):
    p = logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).nan_to_num(neginf=0.0).sum(PIXELS)


@wrong("right for moderate logits")
def bernoulli_unstable_softplus(x, logits):
    return (x * logits - (1 + logits.exp()).log()).sum(PIXELS)


@wrong("wrong where x is almost certain")
def bernoulli_smoothed(x, logits):
    p = 2e-5 + (1 - 4e-5) * logits.sigmoid()
    stable = image_log_prob(x, logits)
    rough = (x * p.log() + (1 - x) * (1 - p).log()).sum(PIXELS)
    return torch.where(logits.abs().amax(PIXELS) < 9.5, rough, stable)


@wrong("bits are returned, nats are wanted")
def bernoulli_in_bits(x, logits):
    return image_log_prob(x, logits) / 0.6931471805599453


@wrong("two calls with the same input gave different values")
def bernoulli_of_a_draw(x, logits):
    return image_log_prob((torch.rand_like(x) < 0.5 * x + 0.25).float(), logits)


@wrong("one array is expected")
def bernoulli_in_a_dict(x, logits):
    return {"log_prob": image_log_prob(x, logits)}
