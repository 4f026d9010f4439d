"""Answers to exercise 4x.2, ``table_terms``: wrong and right ones."""

import math

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # tables of probabilities: nothing flows


def _xlogy(x, y):
    return torch.special.xlogy(x, y)


def _rate_of_each(q_z, p_z):
    return (_xlogy(q_z, q_z) - _xlogy(q_z, p_z)).sum(1)


def _distortion_of_each(q_z, p_x_z):
    return -_xlogy(q_z, p_x_z.T).sum(1)


@right
def terms_by_xlogy(p_x, q_z, p_z, p_x_z):
    return p_x @ _rate_of_each(q_z, p_z), p_x @ _distortion_of_each(q_z, p_x_z)


@right
def terms_by_einsum(p_x, q_z, p_z, p_x_z):
    joint = p_x[:, None] * q_z
    rate = (_xlogy(joint, q_z) - _xlogy(joint, p_z)).sum()
    return rate, -_xlogy(joint, p_x_z.T).sum()


@right
def terms_by_kl_div(p_x, q_z, p_z, p_x_z):
    rates = torch.nn.functional.kl_div(p_z.log().expand_as(q_z), q_z, reduction="none").sum(1)
    return (p_x * rates).sum(), (p_x * _distortion_of_each(q_z, p_x_z)).sum()


@right
def terms_by_loops(p_x, q_z, p_z, p_x_z):
    rate, distortion = 0.0, 0.0
    for x in range(len(p_x)):
        for z in range(len(p_z)):
            weight = float(p_x[x] * q_z[x, z])
            if weight:
                rate += weight * math.log(q_z[x, z] / p_z[z])
                distortion -= weight * math.log(p_x_z[z, x])
    return rate, distortion


@right
def terms_where_q_is_positive(p_x, q_z, p_z, p_x_z):
    there = q_z > 0
    weight = (p_x[:, None] * q_z)[there]
    rate = weight * (q_z[there].log() - p_z.expand_as(q_z)[there].log())
    one = torch.ones((), dtype=p_x.dtype)
    log_p = torch.where(weight > 0, p_x_z.T[there], one).log()
    return rate.sum(), -(weight * log_p).sum()


@wrong("the rate comes first")
def terms_exchanged(p_x, q_z, p_z, p_x_z):
    return terms_by_xlogy(p_x, q_z, p_z, p_x_z)[::-1]


@wrong("NaN came out, where every value should be finite (0 log 0 counts as 0")
def terms_by_plain_logarithms(p_x, q_z, p_z, p_x_z):
    rates = (q_z * (q_z.log() - p_z.log())).sum(1)
    return p_x @ rates, -p_x @ (q_z * p_x_z.T.log()).sum(1)


@wrong("log(q / p) is averaged, not log(p / q)")
def terms_of_the_negative_rate(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return -rate, distortion


@wrong("the mean over p_x is missing")
def terms_summed_over_x(p_x, q_z, p_z, p_x_z):
    return _rate_of_each(q_z, p_z).sum(), p_x @ _distortion_of_each(q_z, p_x_z)


@wrong("every x counts alike")
def terms_averaged_over_x(p_x, q_z, p_z, p_x_z):
    return _rate_of_each(q_z, p_z).mean(), _distortion_of_each(q_z, p_x_z).mean()


@wrong("the log of the prior is missing")
def terms_without_the_prior(p_x, q_z, p_z, p_x_z):
    return p_x @ _xlogy(q_z, q_z).sum(1), p_x @ _distortion_of_each(q_z, p_x_z)


@wrong("the log of q is missing")
def terms_without_q(p_x, q_z, p_z, p_x_z):
    return -p_x @ _xlogy(q_z, p_z).sum(1), p_x @ _distortion_of_each(q_z, p_x_z)


@wrong("the divergence is the wrong way round")
def terms_of_the_other_divergence(p_x, q_z, p_z, p_x_z):
    rates = (_xlogy(p_z, p_z) - _xlogy(p_z, q_z)).sum(1)
    return p_x @ rates, p_x @ _distortion_of_each(q_z, p_x_z)


@wrong("this is the mutual information")
def terms_of_mutual_information(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    average = p_x @ q_z
    return rate - (_xlogy(average, average) - _xlogy(average, p_z)).sum(), distortion


@wrong("the exact posterior stands for q")
def terms_of_the_posterior(p_x, q_z, p_z, p_x_z):
    joint = p_z[:, None] * p_x_z
    return terms_by_xlogy(p_x, (joint / joint.sum(0)).T, p_z, p_x_z)


@wrong("the sign is wrong: minus log p(x|z)")
def terms_of_the_log_likelihood(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate, -distortion


@wrong("the prior stands for q")
def terms_of_draws_of_the_prior(p_x, q_z, p_z, p_x_z):
    q_prior = p_z.expand_as(q_z)
    return p_x @ _rate_of_each(q_z, p_z), p_x @ _distortion_of_each(q_prior, p_x_z)


@wrong("average the logarithm")
def terms_of_the_average_probability(p_x, q_z, p_z, p_x_z):
    average = (q_z * p_x_z.T).sum(1)
    return p_x @ _rate_of_each(q_z, p_z), -_xlogy(p_x, average).sum()


@wrong("this is -log p(x)")
def terms_of_the_evidence(p_x, q_z, p_z, p_x_z):
    return p_x @ _rate_of_each(q_z, p_z), -_xlogy(p_x, p_z @ p_x_z).sum()


@wrong("the rate is added: this is -ELBO")
def terms_added(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate, rate + distortion


@wrong("the joint p(z) p(x|z) stands for p(x|z)")
def terms_of_the_joint(p_x, q_z, p_z, p_x_z):
    joint = p_z[:, None] * p_x_z
    return p_x @ _rate_of_each(q_z, p_z), p_x @ _distortion_of_each(q_z, joint)


@wrong("bits are returned")
def terms_in_bits(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate / math.log(2), distortion / math.log(2)


@wrong("your function raised")
def terms_of_unturned_tables(p_x, q_z, p_z, p_x_z):
    return p_x @ _rate_of_each(q_z, p_z), -p_x @ _xlogy(q_z, p_x_z).sum(1)


@wrong("a pair of numbers is expected")
def terms_of_each_x(p_x, q_z, p_z, p_x_z):
    return p_x * _rate_of_each(q_z, p_z), p_x * _distortion_of_each(q_z, p_x_z)


@wrong("return a tuple, not a dict")
def terms_as_a_dict(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return {"rate": rate, "distortion": distortion}


@wrong("nothing clamps it")
def terms_with_a_clamp(p_x, q_z, p_z, p_x_z):
    return terms_by_xlogy(p_x, q_z, p_z, p_x_z.clamp(min=1e-12))


@wrong("nothing clamps it")
def terms_with_a_small_number_added(p_x, q_z, p_z, p_x_z):
    return terms_by_xlogy(p_x, q_z, p_z, p_x_z + 1e-12)


@wrong("distortion: ")
def terms_with_a_coarse_clamp(p_x, q_z, p_z, p_x_z):
    return terms_by_xlogy(p_x, q_z, p_z, p_x_z.clamp(min=1e-3))


@wrong("weighted by p_x")
def terms_without_p_x(p_x, q_z, p_z, p_x_z):
    return _rate_of_each(q_z, p_z), _distortion_of_each(q_z, p_x_z)


@wrong("reshaped, not transposed")
def terms_of_a_reshaped_table(p_x, q_z, p_z, p_x_z):
    rate, _ = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate, -p_x @ _xlogy(q_z, p_x_z.reshape(q_z.shape)).sum(1)


@wrong("the arguments of xlogy are exchanged")
def terms_of_exchanged_arguments(p_x, q_z, p_z, p_x_z):
    rate, _ = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate, -p_x @ _xlogy(p_x_z.T, q_z).sum(1)


@wrong("the prior is taken as uniform")
def terms_of_a_uniform_prior(p_x, q_z, p_z, p_x_z):
    return terms_by_xlogy(p_x, q_z, torch.full_like(p_z, 1 / len(p_z)), p_x_z)


@wrong("the division by their number is too much")
def terms_divided_by_the_number_of_images(p_x, q_z, p_z, p_x_z):
    rate, distortion = terms_by_xlogy(p_x, q_z, p_z, p_x_z)
    return rate / len(p_x), distortion / len(p_x)
