"""Answers to exercise 11.1, ``joint_log_weight``: wrong and right ones."""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from course_utils import losses
from mutants import registry
from mutants.lesson11._common import kl, log_prob, normal

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0, 1, 2, 3, 4, 5, 6, 7, 8)}


@right
def weight_by_package(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    log_p = log_prob(z_1, mu_p, log_var_p) + log_prob(z_2, 0.0, 0.0)
    return log_p_x + log_p - log_prob(z_1, mu_1, log_var_1) - log_prob(z_2, mu_2, log_var_2)


@right
def weight_by_distributions(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    first = normal(mu_p, log_var_p).log_prob(z_1) - normal(mu_1, log_var_1).log_prob(z_1)
    second = Normal(0.0, 1.0).log_prob(z_2) - normal(mu_2, log_var_2).log_prob(z_2)
    return log_p_x + first.sum(-1) + second.sum(-1)


@right
def weight_without_two_pi(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    """All log 2 pi cancel: p and q have the same dimensions."""

    def part(z, mu, log_var):
        return -0.5 * (log_var + (z - mu).square() * (-log_var).exp()).sum(-1)

    up = part(z_2, torch.zeros(()), torch.zeros(())) - part(z_2, mu_2, log_var_2)
    return log_p_x + part(z_1, mu_p, log_var_p) - part(z_1, mu_1, log_var_1) + up


@right
def weight_by_loop(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    rows = []
    for k in range(len(z_1)):
        up = log_prob(z_2[k], 0.0, 0.0) - log_prob(z_2[k], mu_2[k], log_var_2[k])
        low = log_prob(z_1[k], mu_p[k], log_var_p[k]) - log_prob(z_1[k], mu_1, log_var_1)
        rows.append(log_p_x[k] + up + low)
    return torch.stack(rows)


@right
def weight_in_double(*arrays):
    return weight_by_package(*[array.double() for array in arrays])


def terms_of(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    return {
        "x": log_p_x,
        "p1": log_prob(z_1, mu_p, log_var_p),
        "p2": log_prob(z_2, 0.0, 0.0),
        "q1": -log_prob(z_1, mu_1, log_var_1),
        "q2": -log_prob(z_2, mu_2, log_var_2),
    }


def without(*names):
    def answer(*arrays):
        return sum(term for name, term in terms_of(*arrays).items() if name not in names)

    answer.__name__ = f"weight_without_{'_'.join(names)}"
    return answer


wrong("log p(x|z1) is missing")(without("x"))
wrong("log p(z1|z2) is missing")(without("p1"))
wrong("log p(z2) is missing")(without("p2"))
wrong("log q(z1|x) is missing")(without("q1"))
wrong("log q(z2|z1) is missing")(without("q2"))
wrong("the upper layer is missing")(without("p2", "q2"))
wrong("the lower layer is missing")(without("p1", "q1"))


@wrong("p(z1) = N(0, I) stands for p(z1|z2)")
def weight_of_two_standard_normals(*arrays):
    return without("p1")(*arrays) + log_prob(arrays[1], 0.0, 0.0)


@wrong("log q is added")
def weight_plus_log_q(*arrays):
    terms = terms_of(*arrays)
    return terms["x"] + terms["p1"] + terms["p2"] - terms["q1"] - terms["q2"]


@wrong("the sign is wrong")
def weight_negative(*arrays):
    return -weight_by_package(*arrays)


@wrong("the closed forms of both KLs")
def weight_by_kls(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    return log_p_x - kl(mu_1, log_var_1, mu_p, log_var_p) - kl(mu_2, log_var_2)


@wrong("the closed form of the upper KL")
def weight_by_upper_kl(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    low = log_prob(z_1, mu_p, log_var_p) - log_prob(z_1, mu_1, log_var_1)
    return log_p_x + low - kl(mu_2, log_var_2)


@wrong("log_var is taken for the logarithm of a standard deviation")
def weight_by_std(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    doubled = 2 * log_var_1, 2 * log_var_2, 2 * log_var_p
    return weight_by_package(
        log_p_x, z_1, mu_1, doubled[0], z_2, mu_2, doubled[1], mu_p, doubled[2]
    )


@wrong("the mean over the latents is taken")
def weight_by_means(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    first = normal(mu_p, log_var_p).log_prob(z_1) - normal(mu_1, log_var_1).log_prob(z_1)
    second = Normal(0.0, 1.0).log_prob(z_2) - normal(mu_2, log_var_2).log_prob(z_2)
    return log_p_x + first.mean(-1) + second.mean(-1)


@wrong("the bound came, log w itself is wanted")
def weight_as_bound(*arrays):
    return losses.importance_weighted_bound(weight_by_package(*arrays))


@wrong("averaged over the samples")
def weight_as_elbo(*arrays):
    return weight_by_package(*arrays).mean(0)


@wrong("averaged over the batch")
def weight_over_batch(*arrays):
    return weight_by_package(*arrays).mean(1)


@wrong("no gradient reaches mu_1")
def weight_detached(log_p_x, z_1, mu_1, *rest):
    return weight_by_package(log_p_x, z_1, mu_1.detach(), *rest)


@right
def weight_of_independents(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    q_1, p_1 = (Independent(normal(*one), 1) for one in ((mu_1, log_var_1), (mu_p, log_var_p)))
    q_2 = Independent(normal(mu_2, log_var_2), 1)
    p_2 = MultivariateNormal(z_2.new_zeros(z_2.shape[-1]), torch.eye(z_2.shape[-1]).to(z_2))
    log_p = p_1.log_prob(z_1) + p_2.log_prob(z_2)
    return log_p_x + log_p - q_1.log_prob(z_1) - q_2.log_prob(z_2)


@right
def weight_by_samples(log_p_x, z_1, mu_1, log_var_1, *rest):
    one = torch.vmap(weight_without_two_pi, in_dims=(0, 0, None, None, 0, 0, 0, 0, 0))
    return one(log_p_x, z_1, mu_1, log_var_1, *rest)


def changed(name, phrase, change):
    """The right answer with some of its arguments changed."""
    names = "log_p_x z_1 mu_1 log_var_1 z_2 mu_2 log_var_2 mu_p log_var_p".split()

    def answer(*arrays):
        given = dict(zip(names, arrays, strict=True))
        return weight_by_package(**(given | change(given)))

    answer.__name__ = name
    wrong(phrase)(answer)


@wrong("the log_var of p(z2) is 0, not 1")
def weight_of_wide_prior(*arrays):
    return without("p2")(*arrays) + log_prob(arrays[4], 0.0, 1.0)


@wrong("the mean of p(z2) is 0, not 1")
def weight_of_prior_about_1(*arrays):
    return without("p2")(*arrays) + log_prob(arrays[4], 1.0, 0.0)


@wrong("q(z1|x) and p(z1|z2) are exchanged")
def weight_of_exchanged_first(*arrays):
    terms = terms_of(*arrays)
    return without("p1", "q1")(*arrays) - terms["q1"] - terms["p1"]


changed(
    "weight_by_variances",
    "the variance exp(log_var) is given for log_var, in every density",
    lambda g: {name: g[name].exp() for name in ("log_var_1", "log_var_2", "log_var_p")},
)
changed(
    "weight_by_variance_of_q",
    "the variance exp(log_var) is given for log_var, in q(z1|x)",
    lambda g: {"log_var_1": g["log_var_1"].exp()},
)
changed(
    "weight_by_halves",
    "half of log_var is given for log_var, in q(z2|z1)",
    lambda g: {"log_var_2": g["log_var_2"] / 2},
)
changed(
    "weight_of_mixed_means",
    "mu_1 and mu_p are exchanged",
    lambda g: {"mu_1": g["mu_p"], "mu_p": g["mu_1"]},
)
changed(
    "weight_of_held_variances",
    "right for moderate log-variances",
    lambda g: {"log_var_1": g["log_var_1"].clamp(-6, 6)},
)
changed(
    "weight_at_new_draws",
    "nothing is drawn here",
    lambda g: {"z_2": g["mu_2"] + (g["log_var_2"] / 2).exp() * torch.randn_like(g["z_2"])},
)
changed(
    "weight_of_slow_prior",
    "the gradient with respect to mu_p is not",
    lambda g: {"mu_p": g["mu_p"] / 2 + g["mu_p"].detach() / 2},
)
changed("weight_of_fixed_z", "no gradient reaches z_2", lambda g: {"z_2": g["z_2"].detach()})


@wrong("q(z2|z1) is taken at its mean")
def weight_at_upper_mean(*arrays):
    return without("q2")(*arrays) - log_prob(arrays[5], arrays[5], arrays[6])


@wrong("the weights are normalised")
def weight_normalised(*arrays):
    return weight_by_package(*arrays).log_softmax(0)


@wrong("raised RuntimeError")
def weight_of_floats_alone(log_p_x, z_1, mu_1, log_var_1, z_2, *rest):
    distance = (z_2 @ torch.eye(z_2.shape[-1]) * z_2).sum(-1)
    log_p = -0.5 * (distance + z_2.shape[-1] * math.log(2 * math.pi))
    return without("p2")(log_p_x, z_1, mu_1, log_var_1, z_2, *rest) + log_p
