"""Answers to exercise 11.5, ``combine``: wrong and right ones."""

import torch

from course_utils import nets
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1, 2, 3), 1: (1, 3)}


@right
def combine_by_precisions(mu_x, log_var_x, mu_p, log_var_p):
    of_x, of_p = (-log_var_x).exp(), (-log_var_p).exp()
    return (of_x * mu_x + of_p * mu_p) / (of_x + of_p), -(of_x + of_p).log()


@right
def combine_by_package(*arrays):
    return nets.precision_weighted(*arrays)


@right
def combine_by_sigmoid(mu_x, log_var_x, mu_p, log_var_p):
    share = torch.sigmoid(log_var_p - log_var_x)
    log_var = log_var_x + torch.nn.functional.logsigmoid(log_var_p - log_var_x)
    return mu_p + share * (mu_x - mu_p), log_var


@right
def combine_by_variances(mu_x, log_var_x, mu_p, log_var_p):
    """The update of a Kalman filter."""
    var_x, var_p = log_var_x.double().exp(), log_var_p.double().exp()
    gain = var_p / (var_p + var_x)
    return [mu_p + gain * (mu_x - mu_p), (var_x * var_p / (var_x + var_p)).log()]


@right
def combine_by_logsumexp(mu_x, log_var_x, mu_p, log_var_p):
    logs = torch.stack([-log_var_x, -log_var_p])
    means = torch.stack([mu_x, mu_p])
    return (logs.softmax(0) * means).sum(0), -logs.logsumexp(0)


@wrong("return a tuple, not a dict")
def combine_in_a_dict(mu_x, log_var_x, mu_p, log_var_p):
    mu, log_var = combine_by_logsumexp(mu_x, log_var_x, mu_p, log_var_p)
    return {"mu": mu, "log_var": log_var}


@right
def combine_by_values(mu_x, log_var_x, mu_p, log_var_p):
    def one(mu_x, log_var_x, mu_p, log_var_p):
        precision = 1 / log_var_x.exp() + 1 / log_var_p.exp()
        mu = (mu_x / log_var_x.exp() + mu_p / log_var_p.exp()) / precision
        return mu, torch.log(1 / precision)

    return torch.vmap(torch.vmap(one))(mu_x, log_var_x, mu_p, log_var_p)


@right
def combine_stacked(*arrays):
    return torch.stack(combine_by_precisions(*(array.double() for array in arrays)))


def wrong_combine(name, phrase, mu=None, log_var=None):
    def answer(*arrays):
        right_mu, right_log_var = combine_by_precisions(*arrays)
        return right_mu if mu is None else mu(*arrays), (
            right_log_var if log_var is None else log_var(*arrays)
        )

    answer.__name__ = name
    wrong(phrase)(answer)


wrong_combine("combine_mean", "the plain mean of both", mu=lambda m, v, mp, vp: (m + mp) / 2)
wrong_combine(
    "combine_by_variance",
    "each mean is weighted by its variance",
    mu=lambda m, v, mp, vp: (v.exp() * m + vp.exp() * mp) / (v.exp() + vp.exp()),
)
wrong_combine("combine_sum", "the two means are added", mu=lambda m, v, mp, vp: m + mp)
wrong_combine("combine_raw", "the weights must add up to 1",
              mu=lambda m, v, mp, vp: (-v).exp() * m + (-vp).exp() * mp)  # fmt: skip
wrong_combine("combine_encoder", "mu_x alone came", mu=lambda m, v, mp, vp: m)
wrong_combine("combine_prior", "mu_p alone came", mu=lambda m, v, mp, vp: mp)
wrong_combine("combine_std_weights", "the weights are 1 / standard deviation",
              mu=lambda m, v, mp, vp: ((-v / 2).exp() * m + (-vp / 2).exp() * mp)
              / ((-v / 2).exp() + (-vp / 2).exp()))  # fmt: skip
wrong_combine("combine_precision", "the precision's logarithm came",
              log_var=lambda m, v, mp, vp: ((-v).exp() + (-vp).exp()).log())  # fmt: skip
wrong_combine("combine_variance", "the variance came",
              log_var=lambda m, v, mp, vp: 1 / ((-v).exp() + (-vp).exp()))  # fmt: skip
wrong_combine("combine_variances_added", "the variances are added",
              log_var=lambda m, v, mp, vp: (v.exp() + vp.exp()).log())  # fmt: skip
wrong_combine(
    "combine_logs_added", "the log-variances are added", log_var=lambda m, v, mp, vp: v + vp
)
wrong_combine("combine_logs_mean", "the log-variances are averaged",
              log_var=lambda m, v, mp, vp: (v + vp) / 2)  # fmt: skip
wrong_combine("combine_precisions_mean", "the precisions are averaged",
              log_var=lambda m, v, mp, vp: -(((-v).exp() + (-vp).exp()) / 2).log())  # fmt: skip
wrong_combine(
    "combine_smaller", "the smaller of the two", log_var=lambda m, v, mp, vp: v.minimum(vp)
)
wrong_combine("combine_log_std", "log of the standard deviation",
              log_var=lambda m, v, mp, vp: -((-v).exp() + (-vp).exp()).log() / 2)  # fmt: skip


@wrong("the two are exchanged")
def combine_exchanged(*arrays):
    return combine_by_precisions(*arrays)[::-1]


@wrong("a tuple of two is expected")
def combine_one(*arrays):
    return combine_by_precisions(*arrays)[0]


def held(low, high):
    def clamped(m, v, mp, vp):
        return combine_by_precisions(m, v.clamp(low, high), mp, vp.clamp(low, high))

    return clamped


wrong_combine("combine_held_mu", "right for moderate log-variances",
              mu=lambda *arrays: held(-10, 10)(*arrays)[0])  # fmt: skip
wrong_combine("combine_held_log_var", "right for moderate log-variances",
              log_var=lambda *arrays: held(-18, 30)(*arrays)[1])  # fmt: skip
wrong_combine("combine_small_number", "a small number added",
              log_var=lambda m, v, mp, vp: -((-v).exp() + (-vp).exp() + 1e-8).log())  # fmt: skip
wrong_combine("combine_small_variance", "a small number added",
              log_var=lambda m, v, mp, vp:
              (1 / ((-v).exp() + (-vp).exp()) + 1e-8).log())  # fmt: skip
wrong_combine("combine_crossed", "each mean is weighted by its variance",
              mu=lambda m, v, mp, vp: combine_by_precisions(mp, v, m, vp)[0])  # fmt: skip
wrong_combine("combine_surer", "the surer one alone",
              mu=lambda m, v, mp, vp: torch.where(v < vp, m, mp))  # fmt: skip
wrong_combine("combine_deviation", "the standard deviation came",
              log_var=lambda m, v, mp, vp: ((-v).exp() + (-vp).exp()) ** -0.5)  # fmt: skip
wrong_combine("combine_of_fixed_weights", "no gradient reaches log_var_x",
              mu=lambda m, v, mp, vp:
              combine_by_precisions(m, v.detach(), mp, vp)[0])  # fmt: skip
wrong_combine("combine_of_fixed_prior", "no gradient reaches log_var_p",
              log_var=lambda m, v, mp, vp:
              combine_by_precisions(m, v, mp, vp.detach())[1])  # fmt: skip
wrong_combine("combine_drawn", "two calls with the same input gave different values",
              mu=lambda m, v, mp, vp:
              combine_by_precisions(m, v, mp, vp)[0] + 1e-6 * torch.randn_like(m))  # fmt: skip


@wrong("a tuple of two is expected")
def combine_with_variance(*arrays):
    mu, log_var = combine_by_precisions(*arrays)
    return mu, log_var, log_var.exp()
