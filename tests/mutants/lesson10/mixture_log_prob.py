"""Answers to exercise 10.5, ``mixture_log_prob``: wrong and right ones."""

import math

import torch
import torch.nn.functional as F
from torch import distributions

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1)}


@right
def mixture_by_logsumexp(logits, log_p):
    return torch.logsumexp(F.log_softmax(logits, dim=1) + log_p.sum(2), dim=1).sum((1, 2))


@right
def mixture_by_difference(logits, log_p):
    joint = logits + log_p.sum(2)
    return (joint.logsumexp(1) - logits.logsumexp(1)).flatten(1).sum(1)


@right
def mixture_by_shift(logits, log_p):
    joint = logits.log_softmax(1) + log_p[:, :, 0] + log_p[:, :, 1] + log_p[:, :, 2]
    largest = joint.amax(1, keepdim=True).detach()
    return ((joint - largest).exp().sum(1).log() + largest[:, 0]).sum(-1).sum(-1)


@right
def mixture_by_loop(logits, log_p):
    log_pi = logits.log_softmax(1)
    total = log_pi[:, 0] + log_p[:, 0].sum(1)
    for m in range(1, logits.shape[1]):
        total = torch.logaddexp(total, log_pi[:, m] + log_p[:, m].sum(1))
    return total.sum((-2, -1))


@right
def mixture_by_categorical(logits, log_p):
    log_pi = distributions.Categorical(logits=logits.movedim(1, -1)).logits
    return (log_pi + log_p.sum(2).movedim(1, -1)).logsumexp(-1).sum((1, 2))


@right
def mixture_in_double(logits, log_p):
    return mixture_by_logsumexp(logits.double(), log_p.double())


def _mixture(log_pi, log_p):
    return (log_pi + log_p.sum(2)).logsumexp(1).sum((1, 2))


@wrong("the logits are not normalised")
def mixture_without_softmax(logits, log_p):
    return _mixture(logits, log_p)


@wrong("the softmax of the logits is over the batch")
def mixture_softmax_of_batch(logits, log_p):
    return _mixture(logits.log_softmax(0), log_p)


@wrong("the softmax of the logits is over the pixels")
def mixture_softmax_of_pixels(logits, log_p):
    return _mixture(logits.flatten(2).log_softmax(2).view_as(logits), log_p)


@wrong("the softmax of the logits is over the last dimension")
def mixture_softmax_of_columns(logits, log_p):
    return _mixture(logits.log_softmax(-1), log_p)


@wrong("the weights pi are added, it should be log pi")
def mixture_softmax(logits, log_p):
    return _mixture(logits.softmax(1), log_p)


@wrong("the weights are missing")
def mixture_without_weights(logits, log_p):
    return log_p.sum(2).logsumexp(1).sum((1, 2))


@wrong("the components have equal weights")
def mixture_equal_weights(logits, log_p):
    return _mixture(torch.full_like(logits, -math.log(logits.shape[1])), log_p)


@wrong("each channel is a mixture of its own")
def mixture_apart(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).logsumexp(1).sum((1, 2, 3))


@wrong("log pi is counted for every channel")
def mixture_weights_thrice(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).sum(2).logsumexp(1).sum((1, 2))


@wrong("right for moderate log_p")
def mixture_unstable(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2).exp()).sum(1).log().sum((1, 2))


@wrong("right for moderate log_p")
def mixture_with_small_number(logits, log_p):
    return torch.log((logits.softmax(1) * log_p.sum(2).exp()).sum(1) + 1e-12).sum((1, 2))


@wrong("right for moderate log_p")
def mixture_unstable_in_double(logits, log_p):
    return mixture_unstable(logits.double(), log_p.double())


@wrong("the logarithm of a softmax underflows")
def mixture_log_of_softmax(logits, log_p):
    return _mixture(logits.softmax(1).log(), log_p)


@wrong("the mean over the pixels is taken")
def mixture_mean(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(1).mean((1, 2))


@wrong("summed over the batch")
def mixture_sum(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).sum()


@wrong("the mean over the batch is taken")
def mixture_mean_of_batch(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).mean()


@wrong("by Jensen")
def mixture_jensen(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2)).sum((1, 2, 3))


@wrong("pi multiplies log P inside logsumexp")
def mixture_product(logits, log_p):
    return (logits.softmax(1) * log_p.sum(2)).logsumexp(1).sum((1, 2))


@wrong("logsumexp over components and channels")
def mixture_sum_of_channels(logits, log_p):
    return (logits.log_softmax(1)[:, :, None] + log_p).logsumexp((1, 2)).sum((1, 2))


@wrong("the probabilities of the channels are averaged")
def mixture_mean_of_channels(logits, log_p):
    joint = logits.log_softmax(1) + log_p.logsumexp(2) - math.log(3)
    return joint.logsumexp(1).sum((1, 2))


@wrong("the channels are averaged")
def mixture_channels_averaged(logits, log_p):
    return (logits.log_softmax(1) + log_p.mean(2)).logsumexp(1).sum((1, 2))


@wrong("the pixels are summed before logsumexp")
def mixture_of_images(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).sum((2, 3)).logsumexp(1)


@wrong("logsumexp is over the pixels")
def mixture_over_pixels(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp((2, 3)).sum(1)


@wrong("logsumexp is over the last dimension")
def mixture_over_columns(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(-1).sum((1, 2))


@wrong("logsumexp is over the components and the pixels")
def mixture_over_all(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp((1, 2, 3))


@wrong("the largest component stands for the mixture")
def mixture_largest(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).amax(1).sum((1, 2))


@wrong("the components are summed or averaged after the logarithm")
def mixture_components_summed(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).sum((1, 2, 3))


@wrong("the sign is wrong")
def mixture_negative(logits, log_p):
    return -mixture_by_logsumexp(logits, log_p)


@wrong("bits are returned")
def mixture_bits(logits, log_p):
    return mixture_by_logsumexp(logits, log_p) / math.log(2)


@wrong("the sum over the pixels is missing")
def mixture_each_pixel(logits, log_p):
    return (logits.log_softmax(1) + log_p.sum(2)).logsumexp(1)


@wrong("no gradient reaches logits")
def mixture_detached(logits, log_p):
    return _mixture(logits.log_softmax(1).detach(), log_p)


@wrong("an axis of length 1 is lost")
def mixture_squeezed(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).squeeze()


@right
def mixture_of_family(logits, log_p):
    class Given(distributions.Distribution):
        """The three log-masses of each component, as a distribution that was observed."""

        arg_constraints, support = {}, distributions.constraints.real

        def log_prob(self, value):
            return log_p.sum(2).movedim(1, -1)

    weights = distributions.Categorical(logits=logits.movedim(1, -1))
    given = Given(weights.logits.shape, validate_args=False)
    mixture = distributions.MixtureSameFamily(weights, given, validate_args=False)
    return mixture.log_prob(torch.zeros(logits[:, 0].shape)).sum((1, 2))


@right
def mixture_by_examples(logits, log_p):
    def one(logits, log_p):
        joint = logits.double().log_softmax(0) + log_p.double().sum(1)
        return joint.logsumexp(0).sum()

    return torch.vmap(one)(logits, log_p)


@wrong("a component of a small weight explains the pixel best")
def mixture_of_held_weights(logits, log_p):
    return _mixture((logits.softmax(1) + 1e-8).log(), log_p)


@wrong("a component of a small weight explains the pixel best")
def mixture_of_clamped_weights(logits, log_p):
    return _mixture(logits.log_softmax(1).clamp(min=-20), log_p)


@wrong("whose log-mass is -inf")
def mixture_of_finite_masses(logits, log_p):
    largest = log_p.sum(2).mean(1, keepdim=True)
    joint = logits.log_softmax(1) + log_p.sum(2)
    return ((joint - largest).logsumexp(1) + largest[:, 0]).sum((1, 2))


@wrong("two calls with the same input gave different values")
def mixture_of_a_draw(logits, log_p):
    drawn = distributions.Categorical(logits=logits.movedim(1, -1)).sample()[:, None]
    return log_p.sum(2).gather(1, drawn).sum((1, 2, 3))


@wrong("no gradient reaches logits")
def mixture_of_numpy(logits, log_p):
    return mixture_by_logsumexp(logits, log_p).detach().numpy()


@wrong("the gradient with respect to logits is not")
def mixture_of_largest_gradient(logits, log_p):
    joint = logits.log_softmax(1) + log_p.sum(2)
    largest = joint.amax(1)
    return (largest + (joint.logsumexp(1) - largest).detach()).sum((1, 2))


@wrong("the gradient with respect to logits is not")
def mixture_of_free_weights(logits, log_p):
    log_pi = logits - logits.logsumexp(1, keepdim=True).detach()
    return _mixture(log_pi, log_p)
