"""Answers to the exercises of lesson 09: wrong ones that people write, and right ones."""

import math

import numpy as np
import torch
from torch import distributions

from course_utils import losses

from . import registry

WRONG, RIGHT, wrong, right = registry()
BOUND, NESTED, SHARE = "importance_weighted_bound", "nested_bounds", "ess_share"
DREG, NOISE = "dreg_surrogate", "signal_to_noise"


# --- 9.1 importance_weighted_bound ---------------------------------------------------------------


@right(BOUND)
def bound_by_logsumexp(log_w):
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))


@right(BOUND)
def bound_by_shift(log_w):
    largest = log_w.max(dim=0).values
    return (log_w - largest).exp().mean(0).log() + largest


@right(BOUND)
def bound_by_detached_shift(log_w):
    largest = log_w.detach().amax(0, keepdim=True)
    return ((log_w - largest).exp().sum(0, keepdim=True).log() + largest)[0] - np.log(len(log_w))


@right(BOUND)
def bound_by_loop(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(log_w.shape[0])


@right(BOUND)
def bound_by_columns(log_w):
    return torch.stack([(column - math.log(len(column))).logsumexp(0) for column in log_w.T])


@right(BOUND)
def bound_of_package(log_w):
    return losses.importance_weighted_bound(log_w)


@right(BOUND)
def bound_in_double(log_w):
    return (log_w.double() - math.log(len(log_w))).logsumexp(0)


@wrong(BOUND, "that is the ELBO")
def bound_elbo(log_w):
    return log_w.mean(0)


@wrong(BOUND, "log w is summed")
def bound_sum(log_w):
    return log_w.sum(0)


@wrong(BOUND, "log K is missing")
def bound_without_log_k(log_w):
    return log_w.logsumexp(0)


@wrong(BOUND, "log K is added")
def bound_plus_log_k(log_w):
    return log_w.logsumexp(0) + math.log(len(log_w))


@wrong(BOUND, "take logsumexp")
def bound_unstable(log_w):
    return log_w.exp().mean(0).log()


@wrong(BOUND, "take logsumexp")
def bound_with_small_number(log_w):
    return torch.log(log_w.exp().mean(0) + 1e-30)


@wrong(BOUND, "take logsumexp")
def bound_clamped(log_w):
    return log_w.clamp(-80, 80).logsumexp(0) - math.log(len(log_w))


@wrong(BOUND, "take logsumexp")
def bound_shifted_by_one_number(log_w):
    largest = log_w.max()
    return (log_w - largest).exp().mean(0).log() + largest


@wrong(BOUND, "take logsumexp")
def bound_shifted_by_mean(log_w):
    middle = torch.nan_to_num(log_w, neginf=0).mean(0)
    return (log_w - middle).exp().mean(0).log() + middle


@wrong(BOUND, "taken over the batch")
def bound_over_batch(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])


@wrong(BOUND, "taken over the batch")
def bound_over_batch_with_k(log_w):
    return log_w.logsumexp(-1) - math.log(log_w.shape[0])


@wrong(BOUND, "and not added again")
def bound_not_shifted_back(log_w):
    return (log_w - log_w.amax(0)).exp().mean(0).log()


@wrong(BOUND, "only the largest log w counts")
def bound_largest(log_w):
    return log_w.max(0).values


@wrong(BOUND, "only the largest log w counts")
def bound_largest_less_log_k(log_w):
    return log_w.amax(0) - math.log(len(log_w))


@wrong(BOUND, "the mean over the batch came")
def bound_one_number(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))).mean()


@wrong(BOUND, "summed over the batch")
def bound_summed(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))).sum()


@wrong(BOUND, "taken over samples and batch")
def bound_of_everything(log_w):
    return log_w.flatten().logsumexp(0) - math.log(log_w.numel())


@wrong(BOUND, "that is no bound")
def bound_weighted(log_w):
    return (log_w.softmax(0).detach() * log_w).sum(0)


@wrong(BOUND, "this is the mean of w")
def bound_without_log(log_w):
    return log_w.exp().mean(0)


@wrong(BOUND, "divided by K outside of the logarithm")
def bound_divided(log_w):
    return log_w.logsumexp(0) / len(log_w)


@wrong(BOUND, "K is subtracted, it should be log K")
def bound_less_k(log_w):
    return log_w.logsumexp(0) - len(log_w)


@wrong(BOUND, "log B stands for log K")
def bound_less_log_b(log_w):
    return log_w.logsumexp(0) - math.log(log_w.shape[1])


@wrong(BOUND, "log2 K or log10 K stands for log K")
def bound_log2_k(log_w):
    return log_w.logsumexp(0) - math.log2(len(log_w))


@wrong(BOUND, "bits are returned")
def bound_in_bits(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))) / math.log(2)


@wrong(BOUND, "the sign is wrong")
def bound_negative(log_w):
    return math.log(len(log_w)) - log_w.logsumexp(0)


@wrong(BOUND, "that is the ELBO; the mean is over w, inside the logarithm; and the sign is wrong")
def bound_negative_elbo(log_w):
    return -log_w.mean(0)


@wrong(BOUND, "the normalised weights came")
def bound_weights(log_w):
    return log_w.softmax(0)


@wrong(BOUND, "no gradient reaches log_w")
def bound_detached(log_w):
    return log_w.detach().logsumexp(0) - math.log(len(log_w))


@wrong(BOUND, "no gradient reaches log_w")
def bound_by_numpy(log_w):
    log_w = log_w.detach().numpy()
    return np.logaddexp.reduce(log_w, axis=0) - np.log(len(log_w))


@wrong(BOUND, "the gradient with respect to log_w is not")
def bound_with_detached_weights(log_w):
    value = (log_w.logsumexp(0) - math.log(len(log_w))).detach()
    return value + log_w.mean(0) - log_w.mean(0).detach()


@wrong(BOUND, "an axis too many")
def bound_keepdim(log_w):
    return log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))


@wrong(BOUND, "one example lost its axis")
def bound_squeezed(log_w):
    return (log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))).squeeze()


@wrong(BOUND, "a weight of zero is left out of K")
def bound_without_zeros(log_w):
    return log_w.logsumexp(0) - log_w.isfinite().sum(0).log()


@wrong(BOUND, "an entry of -inf is a weight of zero")
def bound_nan_for_zeros(log_w):
    largest = log_w.amax(0)
    share = log_w.softmax(0)
    return largest + ((log_w - largest) * 0 + (log_w - largest).exp()).mean(0).log() + 0 * share[0]


# --- 9.2 nested_bounds ---------------------------------------------------------------------------


@right(NESTED)
def nested_reshaped(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(k)).mean(0)


@right(NESTED)
def nested_by_split(log_w, k):
    return torch.stack([block.logsumexp(0) - math.log(k) for block in log_w.split(k)]).mean(0)


@right(NESTED)
def nested_by_package(log_w, k):
    return losses.importance_weighted_bound(log_w.unflatten(0, (len(log_w) // k, k)), 1).mean(0)


@right(NESTED)
def nested_by_loop(log_w, k):
    total = torch.zeros(log_w.shape[1])
    for start in range(0, len(log_w), k):
        block = log_w[start : start + k]
        largest = block.amax(0)
        total = total + largest + torch.log(torch.exp(block - largest).mean(0))
    return total * k / len(log_w)


@right(NESTED)
def nested_by_numpy(log_w, k):
    blocks = log_w.double().numpy().reshape(len(log_w) // k, k, -1)
    return (np.logaddexp.reduce(blocks, axis=1) - np.log(k)).mean(axis=0)


@right(NESTED)
def nested_transposed(log_w, k):
    return log_w.T.reshape(log_w.shape[1], -1, k).logsumexp(2).mean(1) - math.log(k)


def _blocks(log_w, k):
    """L_k of each block, (K / k, B)."""
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1) - math.log(k)


@wrong(NESTED, "the first block alone is used")
def nested_first(log_w, k):
    return log_w[:k].logsumexp(0) - math.log(k)


@wrong(NESTED, "the last block alone is used")
def nested_last(log_w, k):
    return _blocks(log_w, k)[-1]


@wrong(NESTED, "rows that are K / k apart")
def nested_interleaved(log_w, k):
    return (log_w.reshape(k, -1, log_w.shape[1]).logsumexp(0) - math.log(k)).mean(0)


@wrong(NESTED, "rows that are K / k apart")
def nested_strided(log_w, k):
    count = len(log_w) // k
    rows = [log_w[start::count].logsumexp(0) - math.log(k) for start in range(count)]
    return torch.stack(rows).mean(0)


@wrong(NESTED, "the blocks have K / k rows")
def nested_exchanged(log_w, k):
    blocks = log_w.reshape(k, -1, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(blocks.shape[1])).mean(0)


@wrong(NESTED, "the blocks have K / k rows")
def nested_chunked(log_w, k):
    return torch.stack([block.logsumexp(0) - math.log(k) for block in log_w.chunk(k)]).mean(0)


@wrong(NESTED, "the blocks have K / k rows")
def nested_every_kth(log_w, k):
    rows = [log_w[start::k].logsumexp(0) - math.log(k) for start in range(k)]
    return torch.stack(rows).mean(0)


@wrong(NESTED, "k and K / k are exchanged")
def nested_every_kth_consistent(log_w, k):
    rows = [losses.importance_weighted_bound(log_w[start::k]) for start in range(k)]
    return torch.stack(rows).mean(0)


@wrong(NESTED, "this is L_K")
def nested_of_all(log_w, k):
    return _blocks(log_w, k).logsumexp(0) - math.log(len(log_w) // k)


@wrong(NESTED, "this is L_K")
def nested_ignoring_k(log_w, k):
    return losses.importance_weighted_bound(log_w)


@wrong(NESTED, "log w is averaged over the blocks and w in each block")
def nested_mean_of_blocks_first(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).mean(0).logsumexp(0) - math.log(k)


@wrong(NESTED, "log w is averaged in each block and w over the blocks")
def nested_other_way_round(log_w, k):
    means = log_w.reshape(-1, k, log_w.shape[1]).mean(1)
    return means.logsumexp(0) - math.log(len(means))


@wrong(NESTED, "log K stands for log k")
def nested_log_of_all(log_w, k):
    return (log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1) - math.log(len(log_w))).mean(0)


@wrong(NESTED, "log(K / k) stands for log k")
def nested_log_of_blocks(log_w, k):
    blocks = log_w.reshape(-1, k, log_w.shape[1])
    return (blocks.logsumexp(1) - math.log(len(blocks))).mean(0)


@wrong(NESTED, "log k is missing")
def nested_without_log(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1).mean(0)


@wrong(NESTED, "log k is added")
def nested_log_added(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).logsumexp(1).mean(0) + math.log(k)


@wrong(NESTED, "the largest bound of the blocks")
def nested_largest(log_w, k):
    return _blocks(log_w, k).amax(0)


@wrong(NESTED, "are summed, they should be averaged")
def nested_summed(log_w, k):
    return _blocks(log_w, k).sum(0)


@wrong(NESTED, "divided by k: there are K / k blocks")
def nested_divided_by_k(log_w, k):
    return _blocks(log_w, k).sum(0) / k


@wrong(NESTED, "the ELBO")
def nested_elbo(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).mean(1).mean(0)


@wrong(NESTED, "the largest log w of each block")
def nested_largest_weight(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).amax(1).mean(0)


@wrong(NESTED, "one value for each block came")
def nested_each(log_w, k):
    return _blocks(log_w, k)


@wrong(NESTED, "one value for each example is wanted")
def nested_one_number(log_w, k):
    return _blocks(log_w, k).mean()


@wrong(NESTED, "averaged over the batch")
def nested_mean_over_batch(log_w, k):
    return _blocks(log_w, k).mean(1)


@wrong(NESTED, "examples are mixed up")
def nested_batch_first(log_w, k):
    return (log_w.reshape(log_w.shape[1], -1, k).logsumexp(2) - math.log(k)).mean(1)


@wrong(NESTED, "examples are mixed up")
def nested_rows_last(log_w, k):
    return (log_w.reshape(-1, log_w.shape[1], k).logsumexp(2) - math.log(k)).mean(0)


@wrong(NESTED, "the blocks overlap")
def nested_windows(log_w, k):
    return (log_w.unfold(0, k, 1).logsumexp(2) - math.log(k)).mean(0)


@wrong(NESTED, "take logsumexp")
def nested_unstable(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).exp().mean(1).log().mean(0)


@wrong(NESTED, "the logarithm is missing in each block")
def nested_without_logarithm(log_w, k):
    return log_w.reshape(-1, k, log_w.shape[1]).exp().mean(1).mean(0)


@wrong(NESTED, "the sign is wrong")
def nested_negative(log_w, k):
    return -_blocks(log_w, k).mean(0)


@wrong(NESTED, "bits are returned")
def nested_bits(log_w, k):
    return _blocks(log_w, k).mean(0) / math.log(2)


@wrong(NESTED, "the bounds of the blocks are summed, they should be averaged")
def nested_summed_by_loop(log_w, k):
    return sum(losses.importance_weighted_bound(block) for block in log_w.split(k))


@wrong(NESTED, "two calls with the same input gave different values")
def nested_random(log_w, k):
    # So little noise that the values still agree: only the second call tells.
    order = log_w.double() + 1e-9 * torch.randn(log_w.shape, dtype=torch.float64)
    return _blocks(order, k).mean(0)


@wrong(NESTED, "an axis too many")
def nested_keepdim(log_w, k):
    return _blocks(log_w, k).mean(0, keepdim=True)


@wrong(NESTED, "one example lost its axis")
def nested_squeezed(log_w, k):
    return _blocks(log_w, k).mean(0).squeeze()


# --- 9.3 ess_share -------------------------------------------------------------------------------


@right(SHARE)
def share_by_eigenvalues(precision, q_precision):
    heavy = 2 * precision - torch.diag(q_precision)
    if torch.linalg.eigvalsh(heavy).min() <= 0:
        return torch.tensor(0.0)
    return (q_precision.prod() * torch.linalg.det(heavy)).sqrt() / torch.linalg.det(precision)


@right(SHARE)
def share_by_logarithms(precision, q_precision):
    heavy = 2 * precision - q_precision.diag()
    factor, info = torch.linalg.cholesky_ex(heavy)
    if info > 0:
        return 0
    half = factor.diagonal().log().sum()
    return float((0.5 * q_precision.log().sum() + half - torch.logdet(precision)).exp())


@right(SHARE)
def share_by_try(precision, q_precision):
    try:
        factor = torch.linalg.cholesky(2 * precision - torch.diag_embed(q_precision))
    except RuntimeError:
        return 0.0
    lower = torch.linalg.cholesky(precision)
    terms = q_precision.sqrt() * factor.diagonal() / lower.diagonal() ** 2
    return terms.prod()


@right(SHARE)
def share_whitened(precision, q_precision):
    scale = q_precision.rsqrt()
    ratio = torch.linalg.eigvalsh(scale[:, None] * precision * scale)
    terms = (2 * ratio - 1).clamp(min=0).sqrt() / ratio
    return terms.prod().item()


@right(SHARE)
def share_by_numpy(precision, q_precision):
    m, q = precision.numpy(), q_precision.numpy()
    inverse = np.linalg.inv(2 * m - np.diag(q))
    if (np.linalg.eigvalsh(inverse) <= 0).any():
        return 0.0
    second = np.linalg.det(m) * np.sqrt(np.linalg.det(inverse) / q.prod())
    return 1 / second


@right(SHARE)
def share_in_float32(precision, q_precision):
    return share_by_eigenvalues(precision.float(), q_precision.float())


@right(SHARE)
def share_by_minors(precision, q_precision):
    heavy = 2 * precision - torch.diag(q_precision)
    if any(torch.linalg.det(heavy[:n, :n]) <= 0 for n in range(1, len(heavy) + 1)):
        return 0.0
    terms = torch.linalg.slogdet(heavy).logabsdet + q_precision.log().sum()
    return math.exp(0.5 * terms - torch.linalg.slogdet(precision)[1])


def _heavy(precision, q_precision):
    return 2 * precision - torch.diag(q_precision)


def _finite(matrix):
    return bool((torch.linalg.eigvalsh(matrix) > 0).all())


def _guarded(formula):
    """``formula`` where the variance is finite, else 0."""

    def guarded(precision, q_precision):
        if not _finite(_heavy(precision, q_precision)):
            return torch.tensor(0.0)
        return formula(precision, q_precision)

    guarded.__name__, guarded.__wrapped__ = formula.__name__, formula
    return guarded


def _share(precision, q_precision):
    return share_without_test(precision, q_precision)


@wrong(SHARE, "2M - Lambda is not positive definite: the variance of the weights is infinite")
def share_without_test(precision, q_precision):
    heavy = _heavy(precision, q_precision)
    product = q_precision.prod() * torch.linalg.det(heavy)
    return product.sqrt() / torch.linalg.det(precision)


@wrong(SHARE, "the variance of the weights is infinite, 0 is due; but your function raised")
def share_without_test_in_python(precision, q_precision):
    product = q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))
    return math.sqrt(product) / float(torch.linalg.det(precision))


@wrong(SHARE, "the variance of the weights is infinite, 0 is due; but your function raised")
def share_cholesky_without_test(precision, q_precision):
    factor = torch.linalg.cholesky(_heavy(precision, q_precision))
    return q_precision.sqrt().prod() * factor.diagonal().prod() / torch.linalg.det(precision)


@wrong(SHARE, "the sign of the determinant is lost")
def share_by_slogdet(precision, q_precision):
    _, log_det = torch.linalg.slogdet(_heavy(precision, q_precision))
    return (0.5 * (q_precision.log().sum() + log_det) - precision.logdet()).exp()


@wrong(SHARE, "though its determinant is positive")
def share_by_sign_of_determinant(precision, q_precision):
    if torch.linalg.det(_heavy(precision, q_precision)) <= 0:
        return 0.0
    return _share(precision, q_precision)


@wrong(SHARE, "though its determinant is positive")
def share_nan_to_zero(precision, q_precision):
    return torch.nan_to_num(_share(precision, q_precision), nan=0.0)


@wrong(SHARE, "though its determinant is positive")
def share_clamped(precision, q_precision):
    product = q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))
    return product.clamp(min=0).sqrt() / torch.linalg.det(precision)


@wrong(SHARE, "though its determinant is positive")
def share_logdet(precision, q_precision):
    log_share = 0.5 * (q_precision.log().sum() + _heavy(precision, q_precision).logdet())
    share = (log_share - precision.logdet()).exp()
    return share if share.isfinite() else torch.zeros(())


@wrong(SHARE, "single dimensions do not")
def share_by_diagonal(precision, q_precision):
    if (2 * precision.diagonal() <= q_precision).any():
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong(SHARE, "0 came, but 2M - Lambda is positive definite here")
def share_tests_difference(precision, q_precision):
    if not _finite(precision - torch.diag(q_precision)):
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong(SHARE, "0 came, but 2M - Lambda is positive definite here")
def share_tests_exchanged(precision, q_precision):
    if not _finite(2 * torch.diag(q_precision) - precision):
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong(SHARE, "the variance of the weights is infinite, 0 is due")
def share_nan_where_infinite(precision, q_precision):
    if not _finite(_heavy(precision, q_precision)):
        return math.nan
    return _share(precision, q_precision)


@wrong(SHARE, "the variance of the weights is infinite, 0 is due")
def share_one_where_infinite(precision, q_precision):
    return _share(precision, q_precision) if _finite(_heavy(precision, q_precision)) else 1.0


@wrong(SHARE, "the square root is missing")
@_guarded
def share_squared(precision, q_precision):
    return _share(precision, q_precision) ** 2


@wrong(SHARE, "upside down")
@_guarded
def share_inverse(precision, q_precision):
    return 1 / _share(precision, q_precision)


@wrong(SHARE, "M and Lambda are exchanged")
def share_exchanged(precision, q_precision):
    q = torch.diag(q_precision)
    if not _finite(2 * q - precision):
        return torch.tensor(0.0)
    det = torch.linalg.det
    return (det(precision) * det(2 * q - precision)).sqrt() / det(q)


def _root(matrix, precision, q_precision):
    if not _finite(matrix):
        return torch.tensor(0.0)
    product = q_precision.prod() * torch.linalg.det(matrix)
    return product.sqrt() / torch.linalg.det(precision)


@wrong(SHARE, "2 Lambda - M stands for 2M - Lambda")
def share_of_other_matrix(precision, q_precision):
    return _root(2 * torch.diag(q_precision) - precision, precision, q_precision)


@wrong(SHARE, "M - Lambda stands for 2M - Lambda")
def share_without_two(precision, q_precision):
    return _root(precision - torch.diag(q_precision), precision, q_precision)


@wrong(SHARE, "a factor 2^L is missing")
def share_halved(precision, q_precision):
    return _root(precision - 0.5 * torch.diag(q_precision), precision, q_precision)


@wrong(SHARE, "Lambda is subtracted from 2M")
def share_added(precision, q_precision):
    return _root(2 * precision + torch.diag(q_precision), precision, q_precision)


@wrong(SHARE, "M + Lambda stands for 2M - Lambda")
def share_of_sum(precision, q_precision):
    return _root(precision + torch.diag(q_precision), precision, q_precision)


@wrong(SHARE, "q_precision is taken for variances")
def share_of_variances(precision, q_precision):
    return share_by_eigenvalues(precision, 1 / q_precision)


@wrong(SHARE, "or precisions are taken for variances")
def share_of_covariances(precision, q_precision):
    return share_by_eigenvalues(torch.linalg.inv(precision), 1 / q_precision)


@wrong(SHARE, "precision is taken for a covariance")
def share_of_one_covariance(precision, q_precision):
    return share_by_eigenvalues(torch.linalg.inv(precision), q_precision)


@wrong(SHARE, "q_precision is taken for standard deviations")
def share_of_stds(precision, q_precision):
    return share_by_eigenvalues(precision, q_precision**-2)


@wrong(SHARE, "the diagonal of M stands for M")
def share_of_diagonal(precision, q_precision):
    return share_by_eigenvalues(torch.diag(precision.diagonal()), q_precision)


@wrong(SHARE, "the diagonal of M stands for M")
def share_of_diagonal_product(precision, q_precision):
    m = precision.diagonal()
    return ((2 * m / q_precision - 1).clamp(min=0).sqrt() * q_precision / m).prod()


@wrong(SHARE, "one value for each dimension came")
def share_of_each(precision, q_precision):
    m = precision.diagonal()
    return (2 * m / q_precision - 1).clamp(min=0).sqrt() * q_precision / m


@wrong(SHARE, "the marginal variances of the posterior stand for M")
def share_of_marginals(precision, q_precision):
    marginal = 1 / torch.linalg.inv(precision).diagonal()
    return share_by_eigenvalues(torch.diag(marginal), q_precision)


@wrong(SHARE, "|M| is missing")
@_guarded
def share_without_det(precision, q_precision):
    return (q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))).sqrt()


@wrong(SHARE, "|M|^2 divides")
@_guarded
def share_det_squared(precision, q_precision):
    return _share(precision, q_precision) / torch.linalg.det(precision)


@wrong(SHARE, "|M| is under the root too")
@_guarded
def share_root_of_all(precision, q_precision):
    det = torch.linalg.det
    return (q_precision.prod() * det(_heavy(precision, q_precision)) / det(precision)).sqrt()


@wrong(SHARE, "|Lambda| is missing")
@_guarded
def share_without_q(precision, q_precision):
    det = torch.linalg.det
    return det(_heavy(precision, q_precision)).sqrt() / det(precision)


@wrong(SHARE, "|Lambda| is not under the root")
@_guarded
def share_q_not_rooted(precision, q_precision):
    return share_without_q.__wrapped__(precision, q_precision) * q_precision.prod()


@wrong(SHARE, "the sum of q_precision")
@_guarded
def share_sum_for_product(precision, q_precision):
    det = torch.linalg.det
    return (q_precision.sum() * det(_heavy(precision, q_precision))).sqrt() / det(precision)


@wrong(SHARE, "exp is missing")
@_guarded
def share_logarithm(precision, q_precision):
    return _share(precision, q_precision).log()


@wrong(SHARE, "this is the variance of w")
@_guarded
def share_variance(precision, q_precision):
    return 1 / _share(precision, q_precision) - 1


@wrong(SHARE, "this is 1 - share")
@_guarded
def share_lost(precision, q_precision):
    return 1 - _share(precision, q_precision)


@wrong(SHARE, "the L-th root is taken")
@_guarded
def share_per_dimension(precision, q_precision):
    return _share(precision, q_precision) ** (1 / len(q_precision))


@wrong(SHARE, "this is made of a KL")
@_guarded
def share_from_kl(precision, q_precision):
    zero = torch.zeros_like(q_precision)
    p = distributions.MultivariateNormal(zero, precision_matrix=precision)
    q = distributions.MultivariateNormal(zero, precision_matrix=torch.diag(q_precision))
    return (-2 * distributions.kl_divergence(q, p)).exp()


@wrong(SHARE, "one number is wanted")
def share_in_a_list(precision, q_precision):
    return torch.as_tensor(share_by_eigenvalues(precision, q_precision)).reshape(1)


@wrong(SHARE, "two calls with the same input gave different values")
def share_by_simulation(precision, q_precision):
    epsilon = torch.randn(20000, len(q_precision), dtype=q_precision.dtype)
    z = epsilon / q_precision.sqrt()
    log_w = -0.5 * torch.einsum("kl,lm,km->k", z, precision, z) + 0.5 * epsilon.square().sum(1)
    return losses.effective_sample_size(log_w) / len(log_w)


# --- 9.4 dreg_surrogate --------------------------------------------------------------------------


def _normal(value, mu, log_var):
    """log N(value; mu, exp(log_var)), summed over the last dimension."""
    terms = (value - mu).square() * torch.exp(-log_var) + log_var + math.log(2 * math.pi)
    return -0.5 * terms.sum(-1)


def _joint(x, z, weight, bias):
    """log p(x, z), (K, B)."""
    zero = torch.zeros(())
    return _normal(z, zero, zero) + _normal(x, z @ weight.T + bias, zero)


def _draw(mu, log_var, epsilon):
    return mu + (0.5 * log_var).exp() * epsilon


def _landing(x, mu, log_var, epsilon, weight, bias):
    """z, and log w with q's own parameters detached."""
    z = _draw(mu, log_var, epsilon)
    return z, _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())


def _plain(x, mu, log_var, epsilon, weight, bias):
    """z, and log w with nothing detached."""
    z = _draw(mu, log_var, epsilon)
    return z, _joint(x, z, weight, bias) - _normal(z, mu, log_var)


@right(DREG)
def dreg_two_terms(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.detach().softmax(0)
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@right(DREG)
def dreg_with_hook(x, mu, log_var, epsilon, weight, bias):
    z = mu + (0.5 * log_var).exp() * epsilon
    zero = torch.zeros(())
    log_q = losses.gaussian_log_prob(z, mu.detach(), log_var.detach())
    log_p = losses.gaussian_log_prob(x, z @ weight.T + bias, zero)
    log_w = losses.gaussian_log_prob(z, zero, zero) + log_p - log_q
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@right(DREG)
def dreg_with_guarded_hook(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    if z.requires_grad:
        with torch.no_grad():
            w = torch.exp(log_w - log_w.logsumexp(0))
        z.register_hook(lambda slope: w.unsqueeze(-1) * slope)
    return losses.importance_weighted_bound(log_w)


@right(DREG)
def dreg_with_scaled_z(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()[..., None]
    z = w * z + (1 - w) * z.detach()
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    return log_w.logsumexp(0)


@right(DREG)
def dreg_in_closed_form(x, mu, log_var, epsilon, weight, bias):
    std = (0.5 * log_var).exp()
    with torch.no_grad():
        z = mu + std * epsilon
        rest = x - z @ weight.T - bias
        log_w = -0.5 * rest.square().sum(-1) - 0.5 * z.square().sum(-1)
        log_w = log_w + 0.5 * (epsilon.square() + log_var).sum(-1)
        w = log_w.softmax(0)[..., None]
        slope = rest @ weight - z + epsilon / std
    for_phi = (w**2 * slope * (mu + std * epsilon)).sum((0, 2))
    return for_phi + (w * rest * (z @ weight.T + bias)).sum((0, 2))


@right(DREG)
def dreg_by_autograd(x, mu, log_var, epsilon, weight, bias):
    with torch.enable_grad():
        z = _draw(mu, log_var, epsilon).detach().requires_grad_()
        log_w = _joint(x, z, weight.detach(), bias.detach()) - _normal(
            z, mu.detach(), log_var.detach()
        )
        (slope,) = torch.autograd.grad(log_w.sum(), z)
    w = log_w.detach().softmax(0)
    by_z = (_draw(mu, log_var, epsilon) * slope).sum(-1)
    return (w**2 * by_z + w * _joint(x, z.detach(), weight, bias)).sum(0)


@right(DREG)
def dreg_by_loop(x, mu, log_var, epsilon, weight, bias):
    values = []
    for b in range(len(x)):
        own = mu[b].detach(), log_var[b].detach()
        z = [mu[b] + torch.exp(log_var[b] / 2) * noise for noise in epsilon[:, b]]
        log_w = torch.stack([_joint(x[b], one, weight, bias) - _normal(one, *own) for one in z])
        w = torch.softmax(log_w, 0).detach()
        value = torch.zeros(())
        for one, share in zip(z, w, strict=True):
            fixed = _joint(x[b], one, weight.detach(), bias.detach()) - _normal(one, *own)
            value = value + share**2 * fixed + share * _joint(x[b], one.detach(), weight, bias)
        values.append(value)
    return torch.stack(values)


@right(DREG)
def dreg_by_distributions(x, mu, log_var, epsilon, weight, bias):
    std = torch.exp(log_var / 2)
    z = mu + std * epsilon
    q_z = distributions.Normal(mu.detach(), std.detach())
    p_z, p_x = distributions.Normal(0, 1), distributions.Normal(z @ weight.T + bias, 1)
    log_w = (p_z.log_prob(z) - q_z.log_prob(z)).sum(-1) + p_x.log_prob(x).sum(-1)
    w = torch.softmax(log_w.detach(), dim=0)
    weights_only = (w * _joint(x, z.detach(), weight, bias)).sum(0)
    all_squared = (w**2 * log_w).sum(0)
    minus = (w**2 * _joint(x, z.detach(), weight, bias)).sum(0)
    return all_squared + weights_only - minus


class _Scale(torch.autograd.Function):
    """z with its gradient multiplied by the weights."""

    @staticmethod
    def forward(ctx, z, w):
        ctx.save_for_backward(w)
        return z.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope * ctx.saved_tensors[0][..., None], None


@right(DREG)
def dreg_with_function(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    z = _Scale.apply(z, log_w.detach().softmax(0))
    return (_joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())).logsumexp(0)


@right(DREG)
def dreg_with_small_value(x, mu, log_var, epsilon, weight, bias):
    value = dreg_two_terms(*(array.double() for array in (x, mu, log_var, epsilon, weight, bias)))
    return value - value.detach()


@wrong(DREG, "this is the plain gradient of the bound")
def dreg_plain(x, mu, log_var, epsilon, weight, bias):
    return losses.importance_weighted_bound(_plain(x, mu, log_var, epsilon, weight, bias)[1])


@wrong(DREG, "this is the plain gradient of the bound")
def dreg_plain_weighted(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() * log_w).sum(0)


@wrong(DREG, "this is sticking the landing")
def dreg_landing(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].logsumexp(0)


@wrong(DREG, "w^2 stands for w for weight and bias")
def dreg_squared_for_all(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong(DREG, "q's own mu and log_var are not detached in log q.")
def dreg_nothing_detached_in_q(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _plain(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "q's own mu and log_var are not detached in log q; and w^2 stands for w")
def dreg_squared_and_nothing_detached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong(DREG, "q's own mu is not detached in log q")
def dreg_mu_not_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z, mu, log_var.detach())
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "q's own log_var is not detached in log q")
def dreg_log_var_not_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z, mu.detach(), log_var)
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "log q is detached altogether")
def dreg_log_q_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_w = _joint(x, z, weight, bias) - _normal(z, mu, log_var).detach()
    w = log_w.softmax(0).detach()
    if z.requires_grad:
        z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@wrong(DREG, "z is detached in log q, q's own mu and log_var are not")
def dreg_wrong_side_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon)
    log_q = _normal(z.detach(), mu, log_var)
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "w is not detached")
def dreg_weights_attached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) * log_w).sum(0)


@wrong(DREG, "w is not detached")
def dreg_squares_attached(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) ** 2 * log_w).sum(0)


@wrong(DREG, "w is not detached: its own gradient comes in; and q's own mu and log_var are not")
def dreg_nothing_detached_at_all(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _plain(x, mu, log_var, epsilon, weight, bias)
    return (log_w.softmax(0) ** 2 * log_w).sum(0)


@wrong(DREG, "w is not detached")
def dreg_two_terms_attached(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0)
    fixed = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())[1]
    return (w**2 * fixed).sum(0) + (w * _landing_at(x, z, mu, log_var, weight, bias)).sum(0)


def _landing_at(x, z, mu, log_var, weight, bias):
    z = z.detach()
    return _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())


@wrong(DREG, "this is the ELBO: w is missing")
def dreg_elbo(x, mu, log_var, epsilon, weight, bias):
    return _plain(x, mu, log_var, epsilon, weight, bias)[1].mean(0)


@wrong(DREG, "this is the ELBO: w is missing, the mean over the samples is taken; and q's own")
def dreg_elbo_landing(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].mean(0)


@wrong(DREG, "log w is summed over the samples")
def dreg_sum(x, mu, log_var, epsilon, weight, bias):
    return _landing(x, mu, log_var, epsilon, weight, bias)[1].sum(0)


@wrong(DREG, "for weight and bias: w is missing: log w is summed")
def dreg_without_weights_for_theta(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "for weight and bias: this is the ELBO")
def dreg_mean_for_theta(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w).sum(0) + _joint(x, z.detach(), weight, bias).mean(0)


def _two_terms(x, mu, log_var, epsilon, weight, bias, shares):
    """The right surrogate with other weights: shares(log_w)."""
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = shares(log_w.detach())
    return w**2 * log_w + w * _joint(x, z.detach(), weight, bias)


@wrong(DREG, "the softmax is over the batch")
def dreg_softmax_over_batch(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(1)).sum(0)


@wrong(DREG, "the softmax is over samples and batch")
def dreg_softmax_over_all(*arrays):
    shares = _two_terms(*arrays, lambda log_w: log_w.flatten().softmax(0).view_as(log_w))
    return shares.sum(0)


@wrong(DREG, "the weights are not normalised")
def dreg_not_normalised(*arrays):
    return _two_terms(*arrays, torch.exp).sum(0)


@wrong(DREG, "exp(log w) underflows")
def dreg_unstable(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.exp() / log_w.exp().sum(0)).sum(0)


@wrong(DREG, "exp(log w) underflows")
def dreg_with_small_number(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.exp() / (log_w.exp().sum(0) + 1e-30)).sum(0)


@wrong(DREG, "the mean over the samples is taken: the weights add up to 1 already")
def dreg_mean_over_samples(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0)).mean(0)


@wrong(DREG, "one number came")
def dreg_one_number(*arrays):
    return dreg_two_terms(*arrays).mean()


@wrong(DREG, "the examples are mixed")
def dreg_one_number_with_hook(*arrays):
    return dreg_with_hook(*arrays).sum()


@wrong(DREG, "the examples are mixed")
def dreg_expanded(*arrays):
    return dreg_two_terms(*arrays).mean().expand(len(arrays[0]))


@wrong(DREG, "divided by the batch size")
def dreg_divided_by_batch(*arrays):
    return dreg_two_terms(*arrays) / len(arrays[0])


@wrong(DREG, "the sum over the samples is missing")
def dreg_each_sample(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0))


@wrong(DREG, "Is the result of shape")
def dreg_each_sample_with_hook(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return w * log_w


@wrong(DREG, "the sum is over the batch")
def dreg_summed_over_batch(*arrays):
    return _two_terms(*arrays, lambda log_w: log_w.softmax(0)).sum(1)


@wrong(DREG, "the sign is wrong: this is a loss")
def dreg_loss(*arrays):
    return -dreg_two_terms(*arrays)


@wrong(DREG, "biased for K > 1; and the sign is wrong: this is a loss")
def dreg_loss_of_landing(*arrays):
    return -dreg_landing(*arrays)


@wrong(DREG, "no gradient reaches log_var: z is mu + std epsilon")
def dreg_std_detached(x, mu, log_var, epsilon, weight, bias):
    z = mu + (0.5 * log_var).exp().detach() * epsilon
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    w = log_w.detach().softmax(0)
    if z.requires_grad:
        z.register_hook(lambda slope: slope * w[..., None])
    return (w * log_w).sum(0)


@wrong(DREG, "no gradient reaches mu and log_var")
def dreg_z_detached(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).detach()
    log_w = _joint(x, z, weight, bias) - _normal(z, mu.detach(), log_var.detach())
    w = log_w.softmax(0).detach()
    return (w * log_w).sum(0)


@wrong(DREG, "no gradient reaches weight and bias")
def dreg_theta_forgotten(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    return (log_w.softmax(0).detach() ** 2 * log_w).sum(0)


@wrong(DREG, "was everything detached")
def dreg_all_detached(*arrays):
    return dreg_two_terms(*arrays).detach()


@wrong(DREG, "no gradient reaches bias")
def dreg_without_bias(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, log_var, epsilon, weight, 0 * bias.detach())


@wrong(DREG, "of reweighted wake-sleep")
def dreg_of_wake_sleep(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return ((w - w**2) * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "this is the wake phase's update")
def dreg_wake(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).detach()
    log_p, log_q = _joint(x, z, weight, bias), _normal(z, mu, log_var)
    w = (log_p - log_q).softmax(0).detach()
    return (w * (log_p + log_q)).sum(0)


@wrong(DREG, "z is not detached in the term for weight and bias")
def dreg_z_twice(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z, weight, bias)).sum(0)


@wrong(DREG, "weight and bias are not detached in the term for mu and log_var")
def dreg_theta_twice(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


@wrong(DREG, "they get w^2 too")
def dreg_both_twice(x, mu, log_var, epsilon, weight, bias):
    _, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.softmax(0).detach()
    return ((w**2 + w) * log_w).sum(0)


@wrong(DREG, "w^3 is there for mu and log_var")
def dreg_hook_of_squares(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None] ** 2)
    return (w * log_w).sum(0)


@wrong(DREG, "w^3 is there for mu and log_var")
def dreg_hook_and_squares(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight, bias)
    w = log_w.detach().softmax(0)
    z.register_hook(lambda slope: slope * w[..., None])
    return (w**2 * log_w).sum(0)


@wrong(DREG, "for mu and log_var the sign is wrong")
def dreg_phi_negative(x, mu, log_var, epsilon, weight, bias):
    z, log_w = _landing(x, mu, log_var, epsilon, weight.detach(), bias.detach())
    w = log_w.softmax(0).detach()
    return (w * _joint(x, z.detach(), weight, bias) - w**2 * log_w).sum(0)


@wrong(DREG, "log_var is taken for log_std.")
def dreg_log_std(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, 2 * log_var, epsilon, weight, bias)


@wrong(DREG, "log_var is taken for log_std in z")
def dreg_log_std_in_z(x, mu, log_var, epsilon, weight, bias):
    z = mu + log_var.exp() * epsilon
    log_q = _normal(z, mu.detach(), log_var.detach())
    log_w = _joint(x, z, weight.detach(), bias.detach()) - log_q
    w = log_w.softmax(0).detach()
    return (w**2 * log_w + w * _joint(x, z.detach(), weight, bias)).sum(0)


def _with_other_weight(change):
    """The right surrogate, but for log w: change(log p(x|z), log p(z), log q)."""

    def surrogate(x, mu, log_var, epsilon, weight, bias):
        zero = torch.zeros(())

        def log_weight(z, weight, bias):
            log_q = _normal(z, mu.detach(), log_var.detach())
            log_p_x = _normal(x, z @ weight.T + bias, zero)
            return change(log_p_x, _normal(z, zero, zero), log_q)

        z = _draw(mu, log_var, epsilon)
        log_w = log_weight(z, weight.detach(), bias.detach())
        w = log_w.softmax(0).detach()
        return (w**2 * log_w + w * log_weight(z.detach(), weight, bias)).sum(0)

    return surrogate


@wrong(DREG, "log p(z) is missing in log w")
def dreg_without_prior(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x - log_q)(*arrays)


@wrong(DREG, "log q(z|x) is missing in log w")
def dreg_without_q(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x + log_p_z)(*arrays)


@wrong(DREG, "log q(z|x) is added in log w")
def dreg_q_added(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x + log_p_z + log_q)(*arrays)


@wrong(DREG, "the 1/2 is missing in log p(x|z)")
def dreg_squared_error(*arrays):
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: 2 * log_p_x + log_p_z - log_q)(
        *arrays
    )


@wrong(DREG, "log p(x|z) is a mean over the dimensions of x")
def dreg_mean_over_dimensions(*arrays):
    dim = arrays[0].shape[1]
    return _with_other_weight(lambda log_p_x, log_p_z, log_q: log_p_x / dim + log_p_z - log_q)(
        *arrays
    )


@wrong(DREG, "two calls gave different gradients")
def dreg_draws_again(x, mu, log_var, epsilon, weight, bias):
    return dreg_two_terms(x, mu, log_var, torch.randn_like(epsilon), weight, bias)


@wrong(DREG, "weight is transposed")
def dreg_transposed(x, mu, log_var, epsilon, weight, bias):
    weight = weight.T if weight.shape[0] == weight.shape[1] else weight
    return dreg_two_terms(x, mu, log_var, epsilon, weight, bias)


@wrong(DREG, "the shape is (")
def dreg_keepdim(*arrays):
    return dreg_two_terms(*arrays)[None]


@wrong(DREG, "one example lost its axis")
def dreg_squeezed(x, mu, log_var, epsilon, weight, bias):
    z = _draw(mu, log_var, epsilon).squeeze()
    own = mu.detach().squeeze(), log_var.detach().squeeze()
    log_w = _joint(x, z.view(*epsilon.shape), weight, bias) - _normal(z, *own)
    w = log_w.softmax(0).detach()
    return (w**2 * log_w).sum(0) + ((w - w**2) * _joint(x, z.detach(), weight, bias)).sum(0)


# --- 9.5 signal_to_noise -------------------------------------------------------------------------


@right(NOISE)
def noise_plain(gradients):
    return gradients.mean(0).abs() / gradients.std(0)


@right(NOISE)
def noise_with_divisor_r(gradients):
    return gradients.mean(0).abs() / gradients.std(0, correction=0)


@right(NOISE)
def noise_by_squares(gradients):
    gradients = gradients.double()
    mean = gradients.mean(0)
    return mean.abs() / (gradients.square().mean(0) - mean.square()).sqrt()


@right(NOISE)
def noise_by_numpy(gradients):
    return np.abs(np.mean(gradients.numpy(), axis=0)) / np.std(gradients.numpy(), axis=0, ddof=1)


@right(NOISE)
def noise_by_loop(gradients):
    ratios = []
    for column in gradients.T:
        var, mean = torch.var_mean(column)
        ratios.append(abs(mean.item()) / math.sqrt(var.item()))
    return torch.tensor(ratios)


@right(NOISE)
def noise_safe(gradients):
    mean = gradients.sum(0) / len(gradients)
    var = (gradients - mean).square().sum(0) / (len(gradients) - 1)
    return (mean.square() / (var + 1e-12)).sqrt()


@wrong(NOISE, "the absolute value is missing")
def noise_signed(gradients):
    return gradients.mean(0) / gradients.std(0)


@wrong(NOISE, "over the parameters: the estimates are dim 0")
def noise_over_parameters(gradients):
    return gradients.mean(1).abs() / gradients.std(1)


@wrong(NOISE, "over the parameters: the estimates are dim 0")
def noise_over_last(gradients):
    return gradients.mean(-1).abs() / gradients.std(-1, correction=0)


@wrong(NOISE, "the variance divides")
def noise_over_variance(gradients):
    return gradients.mean(0).abs() / gradients.var(0)


@wrong(NOISE, "the standard error of the mean divides")
def noise_over_standard_error(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) / math.sqrt(len(gradients)))


@wrong(NOISE, "upside down")
def noise_inverse(gradients):
    return gradients.std(0) / gradients.mean(0).abs()


@wrong(NOISE, "upside down")
def noise_inverse_signed(gradients):
    return gradients.std(0) / gradients.mean(0)


@wrong(NOISE, "one number came")
def noise_averaged(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).mean()


@wrong(NOISE, "one number came")
def noise_of_all(gradients):
    return gradients.mean().abs() / gradients.std()


@wrong(NOISE, "one number came")
def noise_of_norms(gradients):
    return gradients.mean(0).norm() / gradients.std(0).norm()


@wrong(NOISE, "absolute values are averaged")
def noise_of_sizes(gradients):
    return gradients.abs().mean(0) / gradients.std(0)


@wrong(NOISE, "absolute values are averaged")
def noise_of_absolute_values(gradients):
    sizes = gradients.abs()
    return sizes.mean(0) / sizes.std(0)


@wrong(NOISE, "the root of the mean square divides")
def noise_over_rms(gradients):
    return gradients.mean(0).abs() / gradients.square().mean(0).sqrt()


@wrong(NOISE, "the square came")
def noise_of_powers(gradients):
    return gradients.mean(0).square() / gradients.var(0)


@wrong(NOISE, "the mean is squared, the standard deviation is not")
def noise_mean_squared(gradients):
    return gradients.mean(0) ** 2 / gradients.std(0)


@wrong(NOISE, "decibels came")
def noise_in_decibels(gradients):
    return 20 * torch.log10(gradients.mean(0).abs() / gradients.std(0))


@wrong(NOISE, "the sum over the estimates stands for the mean")
def noise_of_sum(gradients):
    return gradients.sum(0).abs() / gradients.std(0)


@wrong(NOISE, "the division by the standard deviation is missing")
def noise_mean_alone(gradients):
    return gradients.mean(0).abs()


@wrong(NOISE, "this is the standard deviation alone")
def noise_alone(gradients):
    return gradients.std(0)


@wrong(NOISE, "each estimate is divided")
def noise_of_each(gradients):
    return gradients.abs() / gradients.std(0)


@wrong(NOISE, "the standard deviation is averaged over the parameters")
def noise_with_mean_std(gradients):
    return gradients.mean(0).abs() / gradients.std(0).mean()


@wrong(NOISE, "the standard deviation is over all entries")
def noise_with_std_of_all(gradients):
    return gradients.mean(0).abs() / gradients.std()


@wrong(NOISE, "absolute deviations are averaged")
def noise_mean_deviation(gradients):
    mean = gradients.mean(0)
    return mean.abs() / (gradients - mean).abs().mean(0)


@wrong(NOISE, "the median stands for the mean")
def noise_of_median(gradients):
    return gradients.quantile(0.5, dim=0).abs() / gradients.std(0)


@wrong(NOISE, "a small number added")
def noise_with_small_number(gradients):
    return gradients.mean(0).abs() / (gradients.std(0) + 1e-3)


@wrong(NOISE, "one parameter lost its axis")
def noise_squeezed(gradients):
    return (gradients.mean(0).abs() / gradients.std(0)).squeeze()


@wrong(NOISE, "an axis too many")
def noise_keepdim(gradients):
    return gradients.mean(0, keepdim=True).abs() / gradients.std(0, keepdim=True)
