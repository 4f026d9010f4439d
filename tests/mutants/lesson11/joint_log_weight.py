"""Answers to exercise 11.1, ``joint_log_weight``: wrong and right ones."""

import torch
from torch.distributions import Normal

from course_utils import losses
from mutants import registry
from mutants.lesson11._common import kl, log_prob, normal

WRONG, RIGHT, wrong, right = registry()


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
