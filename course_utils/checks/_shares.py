"""The limit of the share of effective samples where all is Gaussian, and its wrong forms."""

import itertools

import numpy as np


@np.errstate(all="ignore")
def share(precision, q_precision):
    """The right one, from the eigenvalues of M relative to Lambda."""
    scale = 1 / np.sqrt(q_precision)
    ratio = np.linalg.eigvalsh(scale[:, None] * precision * scale)
    return np.prod(np.sqrt(2 * ratio - 1) / ratio)


@np.errstate(all="ignore")
def wrong_shares(precision, q_precision):
    """(phrase, value) of wrong shares, NaN where a formula gives none."""
    det, inverse = np.linalg.det, np.linalg.inv
    m, q, latents = precision, np.diag(q_precision), len(q_precision)
    heavy = 2 * m - q
    det_m, det_q, det_h = det(m), det(q), det(heavy)

    def of(m, q):
        return np.sqrt(det(q) * det(2 * m - q)) / det(m)

    def root(matrix):
        return np.sqrt(det_q * det(matrix)) / det_m

    def guarded(matrix):  # what eigvalsh reads of a matrix that is not symmetric is below
        lower = np.tril(matrix) + np.tril(matrix, -1).T
        return root(matrix) if np.linalg.eigvalsh(lower).min() > 0 and det(matrix) > 0 else 0.0

    right = of(m, q)
    ratio = np.linalg.eigvals(inverse(q) @ m).real
    kl = 0.5 * (1 / ratio - 1 + np.log(ratio)).sum()
    reverse = 0.5 * (ratio - 1 - np.log(ratio)).sum()
    q_for = "q_precision is taken for"
    of_all = "q_precision is subtracted from all entries of 2M: it is a diagonal, torch.diag"
    from_kl = "this is made of a KL: the second moment of the weights is wanted"
    yield from [
        ("the square root is missing", right**2),
        ("the square root is missing, and it is upside down", right**-2),
        ("the square roots are missing: |Lambda| and |2M - Lambda| have the exponent 1/2",
         det_q * det_h / det_m),
        ("upside down, and the square roots are missing", det_m / (det_q * det_h)),
        (of_all, root(2 * m - q_precision)),
        (of_all, guarded(2 * m - q_precision)),
        (of_all, guarded(2 * m - q_precision[:, None])),
        ("upside down: this is E[w^2] / E[w]^2, the share is one over it", 1 / right),
        ("this is the variance of w / E[w], the share is 1 / (1 + variance)", 1 / right - 1),
        ("this is 1 - share", 1 - right),
        ("M and Lambda are exchanged, or precisions are taken for variances (both give the same "
         "number): the draws come from q", of(q, m)),
        ("2 Lambda - M stands for 2M - Lambda", root(2 * q - m)),
        ("M - Lambda stands for 2M - Lambda: w^2 q = p^2 / q, so M counts twice", root(m - q)),
        ("M - Lambda / 2 stands for 2M - Lambda: a factor 2^L is missing", root(m - q / 2)),
        ("the sign is wrong: Lambda is subtracted from 2M", root(2 * m + q)),
        ("M + Lambda stands for 2M - Lambda", root(m + q)),
        (f"{q_for} variances", of(m, inverse(q))),
        (f"{q_for} standard deviations", of(m, inverse(q @ q))),
        (f"{q_for} the inverse of standard deviations", of(m, q @ q)),
        (f"{q_for} the logarithm of the variances", of(m, np.diag(np.exp(-q_precision)))),
        (f"{q_for} the logarithm of the precisions", of(m, np.diag(np.exp(q_precision)))),
        ("precision is taken for a covariance", of(inverse(m), q)),
        ("the diagonal of M stands for M", of(np.diag(np.diag(m)), q)),
        ("the marginal variances of the posterior stand for M",
         of(np.diag(1 / np.diag(inverse(m))), q)),
        ("|M| is missing: it divides", right * det_m),
        ("|M| multiplies, it should divide", right * det_m**2),
        ("|M|^2 divides, it should be |M|", right / det_m),
        ("|M| is under the root too", np.sqrt(det_q * det_h / det_m)),
        ("|Lambda| is missing", np.sqrt(det_h) / det_m),
        ("|Lambda| divides, it should multiply", np.sqrt(det_h / det_q) / det_m),
        ("|Lambda| is not under the root", det_q * np.sqrt(det_h) / det_m),
        ("|2M - Lambda| is not under the root", np.sqrt(det_q) * det_h / det_m),
        ("|2M - Lambda| is missing", np.sqrt(det_q) / det_m),
        ("|2M - Lambda| is missing", np.sqrt(det_q / det_m)),
        ("|2M - Lambda| divides, it should multiply", np.sqrt(det_q / det_h) / det_m),
        ("|2M - Lambda| divides, it should multiply", np.sqrt(det_q / det_h)),
        ("the sum of q_precision (a trace) stands for its product",
         np.sqrt(q_precision.sum() * det_h) / det_m),
        ("traces stand for determinants",
         np.sqrt(np.trace(q) * np.trace(heavy)) / np.trace(m)),
        ("the logarithm came: exp is missing", np.log(right)),
        ("minus the logarithm came", -np.log(right)),
        ("half of the logarithm came", np.log(right) / 2),
        ("the square root is taken twice", np.sqrt(right)),
        ("the L-th root is taken: the share is that of all dimensions", right ** (1 / latents)),
        *((from_kl, value) for one in (kl, reverse) for value in (
            one, -one, np.exp(-one), np.exp(-2 * one), 1 / (1 + one))),
    ]  # fmt: skip
    yield from _with_2_pi(right, latents)
    yield from _other_powers(det_m, det_q, det_h)


def _with_2_pi(right, latents):
    """Where constants of the normal densities are left."""
    kept = "2 pi is kept: its powers cancel"
    for power in (-1, 1, -0.5, 0.5, -1.5, 1.5, -2, 2):
        factor = (2 * np.pi) ** (power * latents)
        yield kept, right * factor
        yield f"{kept}; and upside down", factor / right
        yield f"{kept}; and the square root is missing", right**2 * factor
        yield kept, right * (2 * np.pi) ** power


def _other_powers(*dets):
    """The right determinants with wrong exponents."""
    names, right = ("|M|", "|Lambda|", "|2M - Lambda|"), (-1, 0.5, 0.5)
    powers = ((-2, -1, -0.5, 0, 0.5, 1, 2), *2 * [(-1, -0.5, 0, 0.5, 1)])
    for chosen in itertools.product(*powers):
        if chosen != right:
            pairs = zip(names, chosen, right, strict=True)
            wrong = [f"{name} to the power {one:g}" for name, one, due in pairs if one != due]
            value = np.prod([det**one for det, one in zip(dets, chosen, strict=True)])
            yield f"the exponents are not right: here is {' and '.join(wrong)}", value
