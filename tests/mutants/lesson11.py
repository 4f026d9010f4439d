"""Answers to the exercises of lesson 11: wrong ones that people write, and right ones."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from course_utils import losses, nets

from . import registry

WRONG, RIGHT, wrong, right = registry()
WEIGHT, RATES, MEANS = "joint_log_weight", "layer_rates", "mean_rates"
FREE, COMBINE = "grouped_free_bits", "combine"
log_prob, kl = losses.gaussian_log_prob, losses.gaussian_kl


def normal(mu, log_var):
    return Normal(mu, (0.5 * log_var).exp())


# --- 11.1 joint_log_weight -----------------------------------------------------------------------


@right(WEIGHT)
def weight_by_package(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    log_p = log_prob(z_1, mu_p, log_var_p) + log_prob(z_2, 0.0, 0.0)
    return log_p_x + log_p - log_prob(z_1, mu_1, log_var_1) - log_prob(z_2, mu_2, log_var_2)


@right(WEIGHT)
def weight_by_distributions(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    first = normal(mu_p, log_var_p).log_prob(z_1) - normal(mu_1, log_var_1).log_prob(z_1)
    second = Normal(0.0, 1.0).log_prob(z_2) - normal(mu_2, log_var_2).log_prob(z_2)
    return log_p_x + first.sum(-1) + second.sum(-1)


@right(WEIGHT)
def weight_without_two_pi(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    """All log 2 pi cancel: p and q have the same dimensions."""

    def part(z, mu, log_var):
        return -0.5 * (log_var + (z - mu).square() * (-log_var).exp()).sum(-1)

    up = part(z_2, torch.zeros(()), torch.zeros(())) - part(z_2, mu_2, log_var_2)
    return log_p_x + part(z_1, mu_p, log_var_p) - part(z_1, mu_1, log_var_1) + up


@right(WEIGHT)
def weight_by_loop(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    rows = []
    for k in range(len(z_1)):
        up = log_prob(z_2[k], 0.0, 0.0) - log_prob(z_2[k], mu_2[k], log_var_2[k])
        low = log_prob(z_1[k], mu_p[k], log_var_p[k]) - log_prob(z_1[k], mu_1, log_var_1)
        rows.append(log_p_x[k] + up + low)
    return torch.stack(rows)


@right(WEIGHT)
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


wrong(WEIGHT, "log p(x|z1) is missing")(without("x"))
wrong(WEIGHT, "log p(z1|z2) is missing")(without("p1"))
wrong(WEIGHT, "log p(z2) is missing")(without("p2"))
wrong(WEIGHT, "log q(z1|x) is missing")(without("q1"))
wrong(WEIGHT, "log q(z2|z1) is missing")(without("q2"))
wrong(WEIGHT, "the upper layer is missing")(without("p2", "q2"))
wrong(WEIGHT, "the lower layer is missing")(without("p1", "q1"))


@wrong(WEIGHT, "p(z1) = N(0, I) stands for p(z1|z2)")
def weight_of_two_standard_normals(*arrays):
    return without("p1")(*arrays) + log_prob(arrays[1], 0.0, 0.0)


@wrong(WEIGHT, "log q is added")
def weight_plus_log_q(*arrays):
    terms = terms_of(*arrays)
    return terms["x"] + terms["p1"] + terms["p2"] - terms["q1"] - terms["q2"]


@wrong(WEIGHT, "the sign is wrong")
def weight_negative(*arrays):
    return -weight_by_package(*arrays)


@wrong(WEIGHT, "the closed forms of both KLs")
def weight_by_kls(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    return log_p_x - kl(mu_1, log_var_1, mu_p, log_var_p) - kl(mu_2, log_var_2)


@wrong(WEIGHT, "the closed form of the upper KL")
def weight_by_upper_kl(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    low = log_prob(z_1, mu_p, log_var_p) - log_prob(z_1, mu_1, log_var_1)
    return log_p_x + low - kl(mu_2, log_var_2)


@wrong(WEIGHT, "log_var is taken for the logarithm of a standard deviation")
def weight_by_std(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    doubled = 2 * log_var_1, 2 * log_var_2, 2 * log_var_p
    return weight_by_package(
        log_p_x, z_1, mu_1, doubled[0], z_2, mu_2, doubled[1], mu_p, doubled[2]
    )


@wrong(WEIGHT, "the mean over the latents is taken")
def weight_by_means(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    first = normal(mu_p, log_var_p).log_prob(z_1) - normal(mu_1, log_var_1).log_prob(z_1)
    second = Normal(0.0, 1.0).log_prob(z_2) - normal(mu_2, log_var_2).log_prob(z_2)
    return log_p_x + first.mean(-1) + second.mean(-1)


@wrong(WEIGHT, "the bound came, log w itself is wanted")
def weight_as_bound(*arrays):
    return losses.importance_weighted_bound(weight_by_package(*arrays))


@wrong(WEIGHT, "averaged over the samples")
def weight_as_elbo(*arrays):
    return weight_by_package(*arrays).mean(0)


@wrong(WEIGHT, "averaged over the batch")
def weight_over_batch(*arrays):
    return weight_by_package(*arrays).mean(1)


@wrong(WEIGHT, "no gradient reaches mu_1")
def weight_detached(log_p_x, z_1, mu_1, *rest):
    return weight_by_package(log_p_x, z_1, mu_1.detach(), *rest)


# --- 11.2 layer_rates ----------------------------------------------------------------------------


@right(RATES)
def rates_by_package(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    first = log_prob(z_1, mu_1, log_var_1) - log_prob(z_1, mu_p, log_var_p)
    return first, kl(mu_2, log_var_2)


@right(RATES)
def rates_by_layer(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    first = nets.Layer(z_1, mu_1, log_var_1, mu_p, log_var_p).log_ratio
    return [first, -0.5 * (1 + log_var_2 - mu_2.square() - log_var_2.exp()).sum(1)]


@right(RATES)
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
    wrong(RATES, phrase)(answer)


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


@wrong(RATES, "the two are exchanged")
def rates_exchanged(*arrays):
    return rates_by_package(*arrays)[::-1]


@wrong(RATES, "they came added up")
def rates_added(*arrays):
    return sum(rates_by_package(*arrays))


@right(RATES)
def rates_stacked(*arrays):
    return torch.stack(rates_by_package(*arrays))


@right(RATES)
def rates_by_name(*arrays):
    rate_z1, rate_z2 = rates_by_package(*arrays)
    return {"rate_z2": rate_z2, "rate_z1": rate_z1}


@wrong(RATES, "they came stacked")
def rates_stacked_last(*arrays):
    return torch.stack(rates_by_package(*arrays), 1)


# --- 11.3 mean_rates -----------------------------------------------------------------------------


@right(MEANS)
def means_by_logs(a, var_1, b, var_x):
    upper = 0.5 * math.log((a**2 + var_1) / var_1)
    return 0.5 * math.log((b**2 * (a**2 + var_1) + var_x) / var_x) - upper, upper


@right(MEANS)
def means_by_log1p(a, var_1, b, var_x):
    upper = math.log1p(a * a / var_1) / 2
    return math.log1p(b * b * (a * a + var_1) / var_x) / 2 - upper, upper


@right(MEANS)
def means_by_correlation(a, var_1, b, var_x):
    """I = -1/2 log(1 - rho^2)."""
    spread = a * a + var_1
    rho_2, rho_x = a * a / spread, b * b * spread / (b * b * spread + var_x)
    first, second = -0.5 * math.log(1 - rho_x), -0.5 * math.log(1 - rho_2)
    return torch.tensor([first - second, second])


@right(MEANS)
def means_by_determinants(a, var_1, b, var_x):
    spread = a * a + var_1
    joint = torch.tensor([[1.0, a, a * b], [a, spread, b * spread], [a * b, b * spread, 0]])
    joint[2, 2] = b * b * spread + var_x
    joint = joint.double()

    def known(i, j):
        two = joint[[i, j]][:, [i, j]]
        return 0.5 * (joint[i, i].log() + joint[j, j].log() - two.logdet())

    return (known(1, 2) - known(0, 1)).item(), known(0, 1).item()


def wrong_means(name, phrase, change):
    def answer(a, var_1, b, var_x):
        lower, upper = means_by_logs(a, var_1, b, var_x)
        return change(lower, upper, a, var_1, b, var_x)

    answer.__name__ = name
    wrong(MEANS, phrase)(answer)


wrong_means("means_of_x", "is to be subtracted", lambda low, up, *_: (low + up, up))
wrong_means("means_exchanged", "the two are exchanged", lambda low, up, *_: (up, low))
wrong_means("means_clamped", "may be negative", lambda low, up, *_: (max(low, 0.0), up))
wrong_means("means_added", "the two are added", lambda low, up, *_: (low + 2 * up, up))
wrong_means("means_sign", "the sign is wrong", lambda low, up, *_: (-low, up))
wrong_means("means_twice", "the factor 1/2 is missing", lambda low, up, *_: (2 * low, up))
wrong_means("means_bits", "nats are wanted", lambda low, up, *_: (low / math.log(2), up))
wrong_means("means_upper_sum", "the sum of both rates", lambda low, up, *_: (low, low + up))
wrong_means("means_upper_twice", "rate_z2: the factor 1/2", lambda low, up, *_: (low, 2 * up))
wrong_means("means_upper_bits", "rate_z2: bits", lambda low, up, *_: (low, up / math.log(2)))
wrong_means(
    "means_narrow_z1",
    "z1 has the variance a^2 + var_1, not var_1",
    lambda low, up, a, var_1, b, var_x: (0.5 * math.log1p(b * b * var_1 / var_x) - up, up),
)
wrong_means(
    "means_unit_z1",
    "z1 is given the variance 1",
    lambda low, up, a, var_1, b, var_x: (0.5 * math.log1p(b * b / var_x) - up, up),
)
wrong_means(
    "means_upper_of_x",
    "this is I(z2; x)",
    lambda low, up, a, var_1, b, var_x: (
        low,
        0.5 * math.log1p(a * a * b * b / (b * b * var_1 + var_x)),
    ),
)
wrong_means(
    "means_upper_std",
    "var_1 is taken for a standard deviation",
    lambda low, up, a, var_1, b, var_x: (low, 0.5 * math.log1p(a * a / var_1**2)),
)
wrong_means("means_one_number", "a pair of numbers is expected", lambda low, up, *_: low + up)


# --- 11.4 grouped_free_bits ----------------------------------------------------------------------


@right(FREE)
def free_by_clamp(rates, least):
    return rates.mean(0).clamp(min=least).sum()


@right(FREE)
def free_by_where(rates, least):
    means = rates.mean(0)
    return torch.where(means > least, means, torch.full_like(means, least)).sum()


@right(FREE)
def free_by_loop(rates, least):
    total = torch.zeros(())
    for group in rates.T:
        mean = group.sum() / len(group)
        total = total + torch.maximum(mean, torch.tensor(float(least)))
    return total


@right(FREE)
def free_by_relu(rates, least):
    return (torch.relu(rates.double().mean(0) - least) + least).sum()


def wrong_free(name, phrase, change):
    change.__name__ = name
    wrong(FREE, phrase)(change)


wrong_free("free_forgotten", "least is forgotten", lambda rates, least: rates.mean(0).sum())
wrong_free("free_each", "for each example, before the mean",
           lambda rates, least: rates.clamp(min=least).mean(0).sum())  # fmt: skip
wrong_free(
    "free_min", "min stands for max", lambda rates, least: rates.mean(0).clamp(max=least).sum()
)
wrong_free("free_total", "the groups are summed before the maximum",
           lambda rates, least: rates.sum(1).mean().clamp(min=least))  # fmt: skip
wrong_free("free_total_each", "the groups are summed before the maximum",
           lambda rates, least: rates.sum(1).clamp(min=least).mean())  # fmt: skip
wrong_free(
    "free_mean",
    "the mean over the groups",
    lambda rates, least: rates.mean(0).clamp(min=least).mean(),
)
wrong_free("free_largest", "the largest group alone",
           lambda rates, least: rates.mean(0).clamp(min=least).max())  # fmt: skip
wrong_free("free_added", "least is added", lambda rates, least: (rates.mean(0) + least).sum())
wrong_free(
    "free_above",
    "least is subtracted",
    lambda rates, least: (rates.mean(0) - least).clamp(min=0).sum(),
)
wrong_free("free_zero", "0 stands for least", lambda rates, least: rates.mean(0).clamp(min=0).sum())
wrong_free("free_sum", "summed over the batch before the maximum",
           lambda rates, least: rates.sum(0).clamp(min=least).sum())  # fmt: skip
wrong_free(
    "free_sign", "the sign is wrong", lambda rates, least: -rates.mean(0).clamp(min=least).sum()
)
wrong_free(
    "free_groups",
    "one value for each group came",
    lambda rates, least: rates.mean(0).clamp(min=least),
)
wrong_free("free_examples", "one value for each example came",
           lambda rates, least: rates.clamp(min=least).sum(1))  # fmt: skip
wrong_free(
    "free_detached",
    "was it detached",
    lambda rates, least: rates.detach().mean(0).clamp(min=least).sum(),
)
wrong_free("free_straight", "the value is right, the gradient is not",
           lambda rates, least: rates.mean(0).sum()
           + (rates.mean(0).clamp(min=least) - rates.mean(0)).detach().sum())  # fmt: skip


# --- 11.5 combine --------------------------------------------------------------------------------


@right(COMBINE)
def combine_by_precisions(mu_x, log_var_x, mu_p, log_var_p):
    of_x, of_p = (-log_var_x).exp(), (-log_var_p).exp()
    return (of_x * mu_x + of_p * mu_p) / (of_x + of_p), -(of_x + of_p).log()


@right(COMBINE)
def combine_by_package(*arrays):
    return nets.precision_weighted(*arrays)


@right(COMBINE)
def combine_by_sigmoid(mu_x, log_var_x, mu_p, log_var_p):
    share = torch.sigmoid(log_var_p - log_var_x)
    log_var = log_var_x + torch.nn.functional.logsigmoid(log_var_p - log_var_x)
    return mu_p + share * (mu_x - mu_p), log_var


@right(COMBINE)
def combine_by_variances(mu_x, log_var_x, mu_p, log_var_p):
    """The update of a Kalman filter."""
    var_x, var_p = log_var_x.double().exp(), log_var_p.double().exp()
    gain = var_p / (var_p + var_x)
    return [mu_p + gain * (mu_x - mu_p), (var_x * var_p / (var_x + var_p)).log()]


def wrong_combine(name, phrase, mu=None, log_var=None):
    def answer(*arrays):
        right_mu, right_log_var = combine_by_precisions(*arrays)
        return right_mu if mu is None else mu(*arrays), (
            right_log_var if log_var is None else log_var(*arrays)
        )

    answer.__name__ = name
    wrong(COMBINE, phrase)(answer)


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


@wrong(COMBINE, "the two are exchanged")
def combine_exchanged(*arrays):
    return combine_by_precisions(*arrays)[::-1]


@wrong(COMBINE, "a tuple of two is expected")
def combine_one(*arrays):
    return combine_by_precisions(*arrays)[0]
