"""Answers to exercise 3x.1, ``split_rate``: wrong and right ones."""

import math

import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # densities of frozen codes: nothing flows


def _parts(z, mu, log_var):
    """log q(z_m|x_n) (M, N), its diagonal, and log p (M,)."""
    pairs = losses.gaussian_log_prob(z[:, None], mu, log_var)
    return (
        pairs,
        pairs.diagonal(),
        losses.gaussian_log_prob(z, torch.tensor(0.0), torch.tensor(0.0)),
    )


def _with(log_q, own, log_p):
    return own - log_q, log_q - log_p


@right
def split_by_all_pairs(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) - math.log(len(mu)), own, log_p)


@right
def split_by_loop(z, mu, log_var):
    rows = []
    for point in z.double():
        q = Normal(mu.double(), (0.5 * log_var.double()).exp())
        rows.append(q.log_prob(point).sum(1).logsumexp(0) - math.log(len(mu)))
    log_q = torch.stack(rows)
    own = Normal(mu, (0.5 * log_var).exp()).log_prob(z).sum(1)
    return own - log_q, log_q - Normal(0.0, 1.0).log_prob(z).sum(1)


@right
def split_by_a_mixture(z, mu, log_var):
    each = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    log_q = MixtureSameFamily(Categorical(torch.ones(len(mu))), each).log_prob(z)
    return each.log_prob(z) - log_q, log_q - Normal(0.0, 1.0).log_prob(z).sum(1)


@right
def split_by_the_rate_of_the_draw(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    information = -torch.logsumexp(pairs - own[:, None], 1) + math.log(len(mu))
    return information, (own - log_p) - information


@right
def split_by_a_largest_one(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    most = pairs.amax(1, keepdim=True)
    log_q = most[:, 0] + (pairs - most).exp().mean(1).log()
    return torch.stack(_with(log_q, own, log_p))


@wrong("the logarithms are averaged")
def split_of_mean_logs(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.mean(1), own, log_p)


@wrong("a sum needs - log N")
def split_of_a_sum(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1), own, log_p)


@wrong("log N is added")
def split_log_n_added(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) + math.log(len(mu)), own, log_p)


@wrong("summed over the wrong axis")
def split_over_the_points(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(0) - math.log(len(mu)), own, log_p)


@wrong("the two are swapped")
def split_swapped(z, mu, log_var):
    return split_by_all_pairs(z, mu, log_var)[::-1]


@wrong("the sign is wrong")
def split_of_other_sign(z, mu, log_var):
    information, mismatch = split_by_all_pairs(z, mu, log_var)
    return -information, mismatch


@wrong("mismatch: the sign is wrong")
def split_mismatch_of_other_sign(z, mu, log_var):
    information, mismatch = split_by_all_pairs(z, mu, log_var)
    return information, -mismatch


@wrong("this is the whole rate")
def split_rate_and_mismatch(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return own - log_p, split_by_all_pairs(z, mu, log_var)[1]


@wrong("left out of the mean")
def split_without_its_own(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    others = pairs.masked_fill(torch.eye(len(mu), dtype=torch.bool), -math.inf)
    return _with(others.logsumexp(1) - math.log(max(1, len(mu) - 1)), own, log_p)


@wrong("underflows to 0")
def split_by_densities(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.exp().mean(1).log(), own, log_p)


@wrong("underflows to 0")
def split_clamped(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with((pairs.exp().mean(1) + 1e-30).log(), own, log_p)


@wrong("the closed-form rate stands in it")
def split_of_the_closed_form(z, mu, log_var):
    q = Normal(mu, (0.5 * log_var).exp())
    rate = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    information, _ = split_by_all_pairs(z, mu, log_var)
    return information, rate - information


@wrong("the prior's logarithm is missing")
def split_without_prior(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) - math.log(len(mu)), own, 0 * log_p)


@wrong("one value for each image is wanted")
def split_averaged(z, mu, log_var):
    return tuple(part.mean() for part in split_by_all_pairs(z, mu, log_var))


@wrong("log_var is taken for log_std")
def split_of_log_std(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, 2 * log_var)
    return _with(pairs.logsumexp(1) - math.log(len(mu)), own, log_p)


@wrong("as a pair")
def split_added(z, mu, log_var):
    return sum(split_by_all_pairs(z, mu, log_var))


@wrong("which of the three logarithms is another")
def split_at_the_means(z, mu, log_var):
    return split_by_all_pairs(mu, mu, log_var)


@wrong("the mean over the latents")
def split_of_mean_latents(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with((pairs / z.shape[1]).logsumexp(1) - math.log(len(mu)), own, log_p)


@wrong("log L is subtracted")
def split_of_log_latents(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) - math.log(z.shape[1]), own, log_p)


@wrong("the logarithm of the sum is divided by N")
def split_of_a_divided_logarithm(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) / len(z), own, log_p)


@wrong("mismatch: the prior's log_var is 0, not 1")
def split_of_a_wide_prior(z, mu, log_var):
    pairs, own, _ = _parts(z, mu, log_var)
    log_p = losses.gaussian_log_prob(z, torch.tensor(0.0), torch.tensor(1.0))
    return _with(pairs.logsumexp(1) - math.log(len(mu)), own, log_p)


@wrong("needs z_n under every posterior")
def split_without_a_table(z, mu, log_var):
    _, own, log_p = _parts(z, mu, log_var)
    return _with(own.logsumexp(0) - math.log(len(mu)), own, log_p)


@wrong("that is the table's diagonal")
def split_of_row_means(z, mu, log_var):
    pairs, _, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) - math.log(len(mu)), pairs.mean(1), log_p)


@wrong("the whole table is added up")
def split_over_both_axes(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp((0, 1)) - math.log(len(mu)), own, log_p)


@wrong("the whole table is averaged")
def split_of_a_whole_mean(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp((0, 1)) - 2 * math.log(len(mu)), own, log_p)


@wrong("log2 N is subtracted")
def split_of_log2(z, mu, log_var):
    pairs, own, log_p = _parts(z, mu, log_var)
    return _with(pairs.logsumexp(1) - math.log2(len(mu)), own, log_p)


@wrong("mismatch: the prior is taken at mu")
def split_of_a_prior_at_mu(z, mu, log_var):
    pairs, own, _ = _parts(z, mu, log_var)
    log_p = losses.gaussian_log_prob(mu, torch.tensor(0.0), torch.tensor(0.0))
    return _with(pairs.logsumexp(1) - math.log(len(mu)), own, log_p)


@wrong("only the mean over the images is never negative")
def split_cut_at_zero(z, mu, log_var):
    return tuple(part.clamp(min=0) for part in split_by_all_pairs(z, mu, log_var))


@wrong("a Gaussian with the moments of z")
def split_of_a_fitted_gaussian(z, mu, log_var):
    _, own, log_p = _parts(z, mu, log_var)
    log_q = Normal(z.mean(0), z.std(0) + 1e-9).log_prob(z).sum(1)
    return _with(log_q, own, log_p)


@wrong("underflows to 0")
def split_by_double_densities(z, mu, log_var):
    pairs, own, log_p = _parts(z.double(), mu.double(), log_var.double())
    return _with(pairs.exp().mean(1).log(), own, log_p)


@wrong("Its diagonal is log q(z_n|x_n)")
def split_of_a_table(z, mu, log_var):
    pairs, _, log_p = _parts(z, mu, log_var)
    log_q = pairs.logsumexp(1) - math.log(len(mu))
    return pairs - log_q, log_q - log_p
