"""Answers to exercise 11.2, ``layer_rates``: wrong and right ones."""

import torch
from torch.distributions import Normal, kl_divergence

from course_utils import nets
from mutants import registry
from mutants.lesson11._common import kl, log_prob, normal

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1, 2, 3, 4), 1: (5, 6)}


@right
def rates_by_package(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    first = log_prob(z_1, mu_1, log_var_1) - log_prob(z_1, mu_p, log_var_p)
    return first, kl(mu_2, log_var_2)


@right
def rates_by_layer(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    first = nets.Layer(z_1, mu_1, log_var_1, mu_p, log_var_p).log_ratio
    return [first, -0.5 * (1 + log_var_2 - mu_2.square() - log_var_2.exp()).sum(1)]


@right
def rates_by_distributions(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    ratio = normal(mu_1, log_var_1).log_prob(z_1) - normal(mu_p, log_var_p).log_prob(z_1)
    upper = kl_divergence(normal(mu_2, log_var_2), Normal(0.0, 1.0))
    return ratio.sum(-1), upper.sum(-1)


def pair(lower=None, upper=None):
    """A wrong answer from functions of the arguments; the right one where None."""

    def answer(*arrays):
        first, second = rates_by_package(*arrays)
        first = first if lower is None else lower(first, *arrays)
        return first, second if upper is None else upper(second, *arrays)

    return answer


def named_pair(name, phrase, **parts):
    answer = pair(**parts)
    answer.__name__ = name
    wrong(phrase)(answer)


named_pair(
    "rates_analytic",
    "this is the closed form KL(q(z1|x) || p(z1|z2))",
    lower=lambda _, z, m, v, mp, vp, m2, v2: kl(m, v, mp, vp),
)
named_pair("rates_clamped", "may be negative", lower=lambda first, *_: first.clamp(min=0))
named_pair("rates_absolute", "may be negative", lower=lambda first, *_: first.abs())
named_pair(
    "rates_standard_prior",
    "p(z1) = N(0, I) stands for p(z1|z2)",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, v) - log_prob(z, 0.0, 0.0),
)
named_pair(
    "rates_one_layer",
    "this is KL(q(z1|x) || N(0, I))",
    lower=lambda _, z, m, v, mp, vp, m2, v2: kl(m, v),
)
named_pair("rates_sign", "the sign is wrong", lower=lambda first, *_: -first)
named_pair("rates_mean_batch", "the mean over the batch", lower=lambda first, *_: first.mean())
named_pair(
    "rates_std",
    "logarithm of a standard deviation",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, 2 * v) - log_prob(z, mp, 2 * vp),
)
named_pair(
    "rates_without_p",
    "log p(z1|z2) is missing",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, v),
)
named_pair(
    "rates_upper_reversed",
    "KL(N(0, I) || q(z2|z1)), the wrong way round",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(torch.zeros_like(m2), torch.zeros_like(v2), m2, v2),
)
named_pair("rates_upper_twice", "rate_z2: the factor 1/2", upper=lambda second, *_: 2 * second)
named_pair("rates_upper_sign", "rate_z2: the sign", upper=lambda second, *_: -second)
named_pair(
    "rates_upper_std",
    "rate_z2: log_var is taken",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m2, 2 * v2),
)
named_pair(
    "rates_upper_of_z1",
    "this is the KL of q(z1|x)",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m, v),
)
named_pair("rates_upper_mean", "rate_z2: the mean over the batch", upper=lambda r, *_: r.mean())


@wrong("the two are exchanged")
def rates_exchanged(*arrays):
    return rates_by_package(*arrays)[::-1]


@wrong("they came added up")
def rates_added(*arrays):
    return sum(rates_by_package(*arrays))


@right
def rates_stacked(*arrays):
    return torch.stack(rates_by_package(*arrays))


@wrong("return a tuple, not a dict")
def rates_by_name(*arrays):
    rate_z1, rate_z2 = rates_by_package(*arrays)
    return {"rate_z2": rate_z2, "rate_z1": rate_z1}


@wrong("they came stacked")
def rates_stacked_last(*arrays):
    return torch.stack(rates_by_package(*arrays), 1)


@right
def rates_by_examples(*arrays):
    examples = zip(*(array.double() for array in arrays), strict=True)
    pairs = [rates_by_distributions(*(one[None] for one in example)) for example in examples]
    return tuple(torch.cat(rates) for rates in zip(*pairs, strict=True))


@right
def rates_by_squares(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    off_1, off_p = (z_1 - mu_1) * (-log_var_1 / 2).exp(), (z_1 - mu_p) * (-log_var_p / 2).exp()
    lower = ((log_var_p - log_var_1) + (off_p - off_1) * (off_p + off_1)).sum(1) / 2
    return lower, (mu_2.square() + log_var_2.expm1() - log_var_2).sum(1) / 2


def fresh(_, z, m, v, mp, vp, m2, v2):
    z = normal(m, v).rsample()
    return log_prob(z, m, v) - log_prob(z, mp, vp)


def own_noise(_, z, m, v, mp, vp, m2, v2):
    z = m + (v / 2).exp() * torch.randn(m.shape, generator=GENERATOR)
    return log_prob(z, m, v) - log_prob(z, mp, vp)


def monte_carlo(_, z, m, v, mp, vp, m2, v2):
    z = normal(m2, v2).rsample((1000,))
    return (log_prob(z, m2, v2) - log_prob(z, 0.0, 0.0)).mean(0)


GENERATOR = torch.Generator().manual_seed(3)
named_pair("rates_fresh", "rate_z1: two calls with the same input", lower=fresh)
named_pair("rates_own_noise", "a new z1 is drawn", lower=own_noise)
named_pair("rates_upper_drawn", "rate_z2: two calls with the same input", upper=monte_carlo)
named_pair(
    "rates_at_mean",
    "both densities are taken at the mean of q(z1|x)",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(m, m, v) - log_prob(m, mp, vp),
)
named_pair(
    "rates_of_entropy",
    "the entropy of q(z1|x)",
    lower=lambda _, z, m, v, mp, vp, m2, v2: -normal(m, v).entropy().sum(-1) - log_prob(z, mp, vp),
)
named_pair(
    "rates_of_variances",
    "the variance exp(log_var) is given for log_var, in both",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, v.exp()) - log_prob(z, mp, vp.exp()),
)
named_pair(
    "rates_added_logs",
    "are added",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, v) + log_prob(z, mp, vp),
)
named_pair(
    "rates_wide_prior",
    "the log_var of p(z2) is 0, not 1",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m2, v2, 0.0, 1.0),
)
named_pair(
    "rates_upper_variance",
    "rate_z2: the variance exp(log_var)",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m2, v2.exp()),
)
named_pair(
    "rates_upper_not_squared",
    "mu_2 is not squared",
    upper=lambda r, z, m, v, mp, vp, m2, v2: r + 0.5 * (m2 - m2**2).sum(-1),
)
named_pair(
    "rates_held",
    "right for moderate log-variances",
    lower=lambda _, z, m, v, mp, vp, m2, v2: log_prob(z, m, v.clamp(-6, 3)) - log_prob(z, mp, vp),
)
named_pair(
    "rates_upper_held",
    "right for moderate log-variances",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m2, v2.clamp(min=-8)),
)
named_pair("rates_upper_detached", "no gradient reaches mu_2", upper=lambda r, *_: r.detach())
named_pair(
    "rates_of_fixed_prior",
    "no gradient reaches mu_p",
    lower=lambda _, z, m, v, mp, vp, m2, v2: (
        log_prob(z, m, v) - log_prob(z, mp.detach(), vp.detach())
    ),
)
named_pair(
    "rates_of_slow_variance",
    "the gradient with respect to log_var_2 is not",
    upper=lambda _, z, m, v, mp, vp, m2, v2: kl(m2, v2 / 2 + v2.detach() / 2),
)
