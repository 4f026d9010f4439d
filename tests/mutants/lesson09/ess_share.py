"""Answers to exercise 9.2, ``ess_share``: wrong and right ones."""

import math

import numpy as np
import scipy.linalg
import torch
from torch import distributions

from course_utils import losses
from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # one number for a table, and a jump where the variance becomes infinite


@right
def share_by_eigenvalues(precision, q_precision):
    heavy = 2 * precision - torch.diag(q_precision)
    if torch.linalg.eigvalsh(heavy).min() <= 0:
        return torch.tensor(0.0)
    return (q_precision.prod() * torch.linalg.det(heavy)).sqrt() / torch.linalg.det(precision)


@right
def share_by_logarithms(precision, q_precision):
    heavy = 2 * precision - q_precision.diag()
    factor, info = torch.linalg.cholesky_ex(heavy)
    if info > 0:
        return 0
    half = factor.diagonal().log().sum()
    return float((0.5 * q_precision.log().sum() + half - torch.logdet(precision)).exp())


@right
def share_by_try(precision, q_precision):
    try:
        factor = torch.linalg.cholesky(2 * precision - torch.diag_embed(q_precision))
    except RuntimeError:
        return 0.0
    lower = torch.linalg.cholesky(precision)
    terms = q_precision.sqrt() * factor.diagonal() / lower.diagonal() ** 2
    return terms.prod()


@right
def share_whitened(precision, q_precision):
    scale = q_precision.rsqrt()
    ratio = torch.linalg.eigvalsh(scale[:, None] * precision * scale)
    terms = (2 * ratio - 1).clamp(min=0).sqrt() / ratio
    return terms.prod().item()


@right
def share_by_numpy(precision, q_precision):
    m, q = precision.numpy(), q_precision.numpy()
    inverse = np.linalg.inv(2 * m - np.diag(q))
    if (np.linalg.eigvalsh(inverse) <= 0).any():
        return 0.0
    second = np.linalg.det(m) * np.sqrt(np.linalg.det(inverse) / q.prod())
    return 1 / second


@right
def share_in_float32(precision, q_precision):
    return share_by_eigenvalues(precision.float(), q_precision.float())


@right
def share_by_minors(precision, q_precision):
    heavy = 2 * precision - torch.diag(q_precision)
    if any(torch.linalg.det(heavy[:n, :n]) <= 0 for n in range(1, len(heavy) + 1)):
        return 0.0
    terms = torch.linalg.slogdet(heavy).logabsdet + q_precision.log().sum()
    return math.exp(0.5 * terms - torch.linalg.slogdet(precision)[1])


@right
def share_by_distributions(precision, q_precision):
    """The second moment at one place: what p^2 / q is there, over its own normal density."""
    zero, heavy = torch.zeros_like(q_precision), 2 * precision - torch.diag(q_precision)
    if torch.linalg.cholesky_ex(heavy).info:
        return np.float64(0)
    p, q, both = (
        distributions.MultivariateNormal(zero, precision_matrix=matrix).log_prob(zero)
        for matrix in (precision, torch.diag(q_precision), heavy)
    )
    return (q + both - 2 * p).exp()


@right
def share_by_general_eigenvalues(precision, q_precision):
    values = scipy.linalg.eigh(precision.numpy(), np.diag(q_precision.numpy()), eigvals_only=True)
    return 0.0 if min(values) <= 0.5 else float(np.prod(np.sqrt(2 * values - 1) / values))


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


@wrong("2M - Lambda is not positive definite: the variance of the weights is infinite")
def share_without_test(precision, q_precision):
    heavy = _heavy(precision, q_precision)
    product = q_precision.prod() * torch.linalg.det(heavy)
    return product.sqrt() / torch.linalg.det(precision)


@wrong("the variance of the weights is infinite, 0 is due; but your function raised")
def share_without_test_in_python(precision, q_precision):
    product = q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))
    return math.sqrt(product) / float(torch.linalg.det(precision))


@wrong("the variance of the weights is infinite, 0 is due; but your function raised")
def share_cholesky_without_test(precision, q_precision):
    factor = torch.linalg.cholesky(_heavy(precision, q_precision))
    return q_precision.sqrt().prod() * factor.diagonal().prod() / torch.linalg.det(precision)


@wrong("the sign of the determinant is lost")
def share_by_slogdet(precision, q_precision):
    _, log_det = torch.linalg.slogdet(_heavy(precision, q_precision))
    return (0.5 * (q_precision.log().sum() + log_det) - precision.logdet()).exp()


@wrong("though its determinant is positive")
def share_by_sign_of_determinant(precision, q_precision):
    if torch.linalg.det(_heavy(precision, q_precision)) <= 0:
        return 0.0
    return _share(precision, q_precision)


@wrong("though its determinant is positive")
def share_nan_to_zero(precision, q_precision):
    return torch.nan_to_num(_share(precision, q_precision), nan=0.0)


@wrong("though its determinant is positive")
def share_clamped(precision, q_precision):
    product = q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))
    return product.clamp(min=0).sqrt() / torch.linalg.det(precision)


@wrong("though its determinant is positive")
def share_logdet(precision, q_precision):
    log_share = 0.5 * (q_precision.log().sum() + _heavy(precision, q_precision).logdet())
    share = (log_share - precision.logdet()).exp()
    return share if share.isfinite() else torch.zeros(())


@wrong("single dimensions do not")
def share_by_diagonal(precision, q_precision):
    if (2 * precision.diagonal() <= q_precision).any():
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong("0 came, but 2M - Lambda is positive definite here")
def share_tests_difference(precision, q_precision):
    if not _finite(precision - torch.diag(q_precision)):
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong("0 came, but 2M - Lambda is positive definite here")
def share_tests_exchanged(precision, q_precision):
    if not _finite(2 * torch.diag(q_precision) - precision):
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong("the variance of the weights is infinite, 0 is due")
def share_nan_where_infinite(precision, q_precision):
    if not _finite(_heavy(precision, q_precision)):
        return math.nan
    return _share(precision, q_precision)


@wrong("the variance of the weights is infinite, 0 is due")
def share_one_where_infinite(precision, q_precision):
    return _share(precision, q_precision) if _finite(_heavy(precision, q_precision)) else 1.0


@wrong("the square root is missing")
@_guarded
def share_squared(precision, q_precision):
    return _share(precision, q_precision) ** 2


@wrong("upside down")
@_guarded
def share_inverse(precision, q_precision):
    return 1 / _share(precision, q_precision)


@wrong("M and Lambda are exchanged")
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


@wrong("2 Lambda - M stands for 2M - Lambda")
def share_of_other_matrix(precision, q_precision):
    return _root(2 * torch.diag(q_precision) - precision, precision, q_precision)


@wrong("M - Lambda stands for 2M - Lambda")
def share_without_two(precision, q_precision):
    return _root(precision - torch.diag(q_precision), precision, q_precision)


@wrong("a factor 2^L is missing")
def share_halved(precision, q_precision):
    return _root(precision - 0.5 * torch.diag(q_precision), precision, q_precision)


@wrong("Lambda is subtracted from 2M")
def share_added(precision, q_precision):
    return _root(2 * precision + torch.diag(q_precision), precision, q_precision)


@wrong("M + Lambda stands for 2M - Lambda")
def share_of_sum(precision, q_precision):
    return _root(precision + torch.diag(q_precision), precision, q_precision)


@wrong("q_precision is taken for variances")
def share_of_variances(precision, q_precision):
    return share_by_eigenvalues(precision, 1 / q_precision)


@wrong("or precisions are taken for variances")
def share_of_covariances(precision, q_precision):
    return share_by_eigenvalues(torch.linalg.inv(precision), 1 / q_precision)


@wrong("precision is taken for a covariance")
def share_of_one_covariance(precision, q_precision):
    return share_by_eigenvalues(torch.linalg.inv(precision), q_precision)


@wrong("q_precision is taken for standard deviations")
def share_of_stds(precision, q_precision):
    return share_by_eigenvalues(precision, q_precision**-2)


@wrong("the diagonal of M stands for M")
def share_of_diagonal(precision, q_precision):
    return share_by_eigenvalues(torch.diag(precision.diagonal()), q_precision)


@wrong("the diagonal of M stands for M")
def share_of_diagonal_product(precision, q_precision):
    m = precision.diagonal()
    return ((2 * m / q_precision - 1).clamp(min=0).sqrt() * q_precision / m).prod()


@wrong("one value for each dimension came")
def share_of_each(precision, q_precision):
    m = precision.diagonal()
    return (2 * m / q_precision - 1).clamp(min=0).sqrt() * q_precision / m


@wrong("the marginal variances of the posterior stand for M")
def share_of_marginals(precision, q_precision):
    marginal = 1 / torch.linalg.inv(precision).diagonal()
    return share_by_eigenvalues(torch.diag(marginal), q_precision)


@wrong("|M| is missing")
@_guarded
def share_without_det(precision, q_precision):
    return (q_precision.prod() * torch.linalg.det(_heavy(precision, q_precision))).sqrt()


@wrong("|M|^2 divides")
@_guarded
def share_det_squared(precision, q_precision):
    return _share(precision, q_precision) / torch.linalg.det(precision)


@wrong("|M| is under the root too")
@_guarded
def share_root_of_all(precision, q_precision):
    det = torch.linalg.det
    return (q_precision.prod() * det(_heavy(precision, q_precision)) / det(precision)).sqrt()


@wrong("|Lambda| is missing")
@_guarded
def share_without_q(precision, q_precision):
    det = torch.linalg.det
    return det(_heavy(precision, q_precision)).sqrt() / det(precision)


@wrong("|Lambda| is not under the root")
@_guarded
def share_q_not_rooted(precision, q_precision):
    return share_without_q.__wrapped__(precision, q_precision) * q_precision.prod()


@wrong("the sum of q_precision")
@_guarded
def share_sum_for_product(precision, q_precision):
    det = torch.linalg.det
    return (q_precision.sum() * det(_heavy(precision, q_precision))).sqrt() / det(precision)


@wrong("exp is missing")
@_guarded
def share_logarithm(precision, q_precision):
    return _share(precision, q_precision).log()


@wrong("this is the variance of w")
@_guarded
def share_variance(precision, q_precision):
    return 1 / _share(precision, q_precision) - 1


@wrong("this is 1 - share")
@_guarded
def share_lost(precision, q_precision):
    return 1 - _share(precision, q_precision)


@wrong("the L-th root is taken")
@_guarded
def share_per_dimension(precision, q_precision):
    return _share(precision, q_precision) ** (1 / len(q_precision))


@wrong("this is made of a KL")
@_guarded
def share_from_kl(precision, q_precision):
    zero = torch.zeros_like(q_precision)
    p = distributions.MultivariateNormal(zero, precision_matrix=precision)
    q = distributions.MultivariateNormal(zero, precision_matrix=torch.diag(q_precision))
    return (-2 * distributions.kl_divergence(q, p)).exp()


@wrong("one number is wanted")
def share_in_a_list(precision, q_precision):
    return torch.as_tensor(share_by_eigenvalues(precision, q_precision)).reshape(1)


@wrong("two calls with the same input gave different values")
def share_by_simulation(precision, q_precision):
    epsilon = torch.randn(20000, len(q_precision), dtype=q_precision.dtype)
    z = epsilon / q_precision.sqrt()
    log_w = -0.5 * torch.einsum("kl,lm,km->k", z, precision, z) + 0.5 * epsilon.square().sum(1)
    return losses.effective_sample_size(log_w) / len(log_w)


@wrong("q_precision is subtracted from all entries of 2M")
def share_broadcast(precision, q_precision):
    return _root(2 * precision - q_precision, precision, q_precision)


@wrong("q_precision is subtracted from all entries of 2M")
def share_broadcast_over_rows(precision, q_precision):
    return _root(2 * precision - q_precision[:, None], precision, q_precision)


@wrong("2M - Lambda is positive definite here: is Lambda made by torch.diag")
def share_broadcast_without_test(precision, q_precision):
    return share_without_test_of(2 * precision - q_precision, precision, q_precision)


def share_without_test_of(matrix, precision, q_precision):
    product = q_precision.prod() * torch.linalg.det(matrix)
    return product.sqrt() / torch.linalg.det(precision)


@wrong("the square roots are missing")
@_guarded
def share_without_roots(precision, q_precision):
    det = torch.linalg.det
    return q_precision.prod() * det(_heavy(precision, q_precision)) / det(precision)


@wrong("2 pi is kept")
@_guarded
def share_with_2_pi(precision, q_precision):
    return _share(precision, q_precision) / (2 * math.pi) ** (len(q_precision) / 2)


@wrong("2 pi is kept")
@_guarded
def share_with_2_pi_on_top(precision, q_precision):
    return _share(precision, q_precision) * (2 * math.pi) ** len(q_precision)


@wrong("2 pi is kept: its powers cancel; and upside down")
@_guarded
def share_inverse_with_2_pi(precision, q_precision):
    return (2 * math.pi) ** (len(q_precision) / 2) / _share(precision, q_precision)


@wrong("the exponents are not right: here is |M| to the power 1 and |Lambda| to the power -0.5")
@_guarded
def share_with_inverse_constants(precision, q_precision):
    det = torch.linalg.det
    return det(precision) / q_precision.prod().sqrt() * det(_heavy(precision, q_precision)).sqrt()


@wrong("0 came, but 2M - Lambda is positive definite here")
def share_with_tolerance(precision, q_precision):
    heavy = _heavy(precision, q_precision)
    is_finite = torch.linalg.eigvalsh(heavy).min() > 1e-3
    return _share(precision, q_precision) if is_finite else 0.0


@wrong("there is no tolerance")
def share_with_tolerance_below(precision, q_precision):
    heavy = _heavy(precision, q_precision)
    least = torch.linalg.eigvalsh(heavy).min()
    if least < -1e-3:
        return 0.0
    return 0.02 if least <= 0 else _share(precision, q_precision)


@wrong("0 came, but 2M - Lambda is positive definite here")
def share_by_dominance(precision, q_precision):
    """Gershgorin's circles: enough for a positive definite matrix, not needed."""
    heavy = _heavy(precision, q_precision)
    own = heavy.diagonal()
    if (own <= heavy.abs().sum(1) - own.abs()).any():
        return torch.tensor(0.0)
    return _share(precision, q_precision)


@wrong("0 came, but 2M - Lambda is positive definite here")
def share_by_extremes(precision, q_precision):
    if 2 * torch.linalg.eigvalsh(precision).min() <= q_precision.max():
        return 0.0
    return _share(precision, q_precision)
