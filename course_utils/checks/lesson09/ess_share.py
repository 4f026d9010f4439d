"""Check of exercise 9.2: ``ess_share``."""

import numpy as np

from course_utils.checks._compare import show, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

INFINITE = "2M - Lambda is not positive definite: the variance of the weights is infinite, 0 is due"
FINITE = "0 came, but 2M - Lambda is positive definite here: the variance of the weights is finite"
HIDDEN = (
    "the diagonal of 2M - Lambda is positive, the matrix is not positive definite: its smallest "
    "eigenvalue says so, single dimensions do not; 0 is due"
)
EVEN = (
    "2M - Lambda is not positive definite though its determinant is positive: an even number of "
    "its eigenvalues is negative, look at the smallest one; 0 is due"
)


@check("9.2")
def ess_share(answer, seed):
    """``ess_share(precision, q_precision)``: (L, L), (L,) -> the limit of ESS / K, a number."""
    rng = np.random.default_rng(seed)
    verify_repeatable(answer, *_precisions(rng, (0.8, 1.3)))
    pairs = [_precisions(rng, 1.1 + 0.3 * np.linspace(0, 1, latents) ** 3) for latents in (2, 3, 4)]
    received = [_number(answer, *pair, "q wider than the posterior: ") for pair in pairs]
    formulas = [_shares(*pair) for pair in pairs]
    verify(  # three numbers at once, since two formulas may agree in one
        np.stack(received),
        np.array([formula[0][1] for formula in formulas]),
        checked="three posteriors with L = 2, 3, 4, q a little wider than each",
        wrong=[
            (entries[0][0], np.array([value for _, value in entries]))
            for entries in zip(*(formula[1:] for formula in formulas), strict=True)
        ],
        undefined="is 2M - Lambda built as it should? Here it is positive definite",
    )
    for label, ratios, scale in (
        ("q narrower than the posterior: ", rng.uniform(0.66, 0.9, 3), 1),
        ("q narrower here, wider there: ", (0.7, 1.6, 0.9, 1.4), 1),
        ("q much wider than the posterior: ", rng.uniform(2.5, 6, 2), 1),
        ("L = 1, q wider: ", (rng.uniform(1.5, 4),), 1),
        ("L = 1, q narrower: ", (rng.uniform(0.66, 0.9),), 1),
        ("precisions about 0.0001: ", rng.uniform(0.7, 2, 3), 1e-4),
        ("precisions about 10,000: ", rng.uniform(0.7, 2, 3), 1e4),
        ("q is the posterior: ", np.ones(3), 1),
        ("L = 1, q is the posterior: ", np.ones(1), 1),
    ):
        pair = _precisions(rng, ratios, scale)
        verify(
            _number(answer, *pair, label),
            _shares(*pair)[0][1],
            checked=_about(*pair, label),
            wrong=[(FINITE, 0.0)],
            hint="right for a q a little wider than the posterior, not here "
            f"({label.removesuffix(': ')})",
        )
    for label, ratios, hidden in (
        ("one eigenvalue of 2M - Lambda negative: ", (0.2, 1.5, 1.2), False),
        ("two eigenvalues of 2M - Lambda negative: ", (0.2, 0.3, 1.3), False),
        ("three eigenvalues of 2M - Lambda negative: ", (0.15, 0.2, 0.3), False),
        ("all four eigenvalues of 2M - Lambda negative: ", (0.15, 0.2, 0.25, 0.3), False),
        ("L = 1, q too narrow: ", (rng.uniform(0.1, 0.35),), False),
        ("one eigenvalue negative, the diagonal positive: ", (0.2, 1.9), True),
        ("two eigenvalues negative, the diagonal positive: ", (0.2, 0.25, 2.4, 2.2), True),
    ):
        _verify_infinite(answer, _precisions(rng, ratios, 1, hidden), label, hidden)
    return (
        "sqrt(|Lambda| |2M - Lambda|) / |M| where 2M - Lambda is positive definite, 1 where q is "
        "the posterior; 0 where it has one, two, three or four negative eigenvalues."
    )


def _precisions(rng, ratios, scale=1, hidden=None):
    """M, Lambda's diagonal: ``ratios`` are the eigenvalues of M relative to Lambda.

    The variance of the weights is finite where all are above 1/2; ``hidden`` is whether the
    diagonal of 2M - Lambda says so (None: as it comes).
    """
    ratios = np.asarray(ratios, dtype=np.float64)
    while True:
        turn = np.linalg.qr(rng.normal(size=(len(ratios), len(ratios))))[0]
        relative = (turn * ratios) @ turn.T
        diagonal = np.diag(relative)
        crossed = np.abs(relative - np.diag(diagonal)).max() >= 0.2 * np.ptp(ratios)
        least = diagonal.min()  # kept clear of the 1/2
        if crossed and (hidden is None or (least > 0.57 if hidden else least < 0.43)):
            break
    root = np.sqrt(rng.uniform(0.8, 1.15, len(ratios)))
    precision = root[:, None] * (relative + relative.T) / 2 * root
    return scale * precision, scale * root**2


def _about(precision, q_precision, label):
    return f"{label}precision of shape {precision.shape}, q_precision {show(q_precision)}"


def _number(answer, precision, q_precision, label):
    """What came, if it is one number."""
    received = call(answer, precision, q_precision)
    if isinstance(received, np.ndarray) and received.shape == ():
        return received.astype(np.float64)
    what = "one number is wanted"
    if isinstance(received, np.ndarray) and received.shape == q_precision.shape != (1,):
        what = "one value for each dimension came: one number is wanted, from determinants"
    elif isinstance(received, np.ndarray) and received.size == 1:
        what = "an axis too many: one number is wanted"
    raise CheckFailed(
        f"{what}.",
        checked=_about(precision, q_precision, label),
        expected="one number",
        received=show(received),
    )


def _verify_infinite(answer, pair, label, hidden):
    """0 is due: 2M - Lambda has a negative eigenvalue."""
    about, hint = _about(*pair, label), HIDDEN if hidden else INFINITE
    try:
        received = _number(answer, *pair, label)
    except CheckFailed as failure:
        if not failure.written:
            raise
        raise CheckFailed(f"{hint}; but {failure.mistake}", checked=about) from None
    precision, q_precision = pair
    product = q_precision.prod() * np.linalg.det(2 * precision - np.diag(q_precision))
    share = np.sqrt(np.abs(product)) / np.linalg.det(precision)
    unsigned = "the sign of the determinant is lost (abs, or slogdet without its first result)"
    diagonal = _shares(np.diag(np.diag(precision)), q_precision)[0][1]
    wrong = [
        ((HIDDEN if hidden else EVEN) if product > 0 else f"{INFINITE}; {unsigned}", share),
        (f"{INFINITE}; the diagonal of M stands for M", diagonal),
    ]
    verify(received, np.array(0.0), checked=about, wrong=wrong, hint=hint, scale=1e-3)


@np.errstate(all="ignore")
def _shares(precision, q_precision):
    """[(phrase, value)]: the right share first. NaN where a formula gives none."""
    det, inverse = np.linalg.det, np.linalg.inv
    m, q, latents = precision, np.diag(q_precision), len(q_precision)
    heavy = 2 * m - q
    det_m, det_q, det_h = det(m), det(q), det(heavy)

    def share(m, q):
        return np.sqrt(det(q) * det(2 * m - q)) / det(m)

    def root(matrix):
        return np.sqrt(det_q * det(matrix)) / det_m

    right = share(m, q)
    ratio = np.linalg.eigvals(inverse(q) @ m).real
    kl = 0.5 * (1 / ratio - 1 + np.log(ratio)).sum()
    reverse = 0.5 * (ratio - 1 - np.log(ratio)).sum()
    q_for = "q_precision is taken for"
    from_kl = "this is made of a KL: the second moment of the weights is wanted"
    return [
        ("", right),
        ("the square root is missing", right**2),
        ("the square root is missing, and it is upside down", right**-2),
        ("upside down: this is E[w^2] / E[w]^2, the share is one over it", 1 / right),
        ("this is the variance of w / E[w], the share is 1 / (1 + variance)", 1 / right - 1),
        ("this is 1 - share", 1 - right),
        ("M and Lambda are exchanged, or precisions are taken for variances (both give the same "
         "number): the draws come from q", share(q, m)),
        ("2 Lambda - M stands for 2M - Lambda", root(2 * q - m)),
        ("M - Lambda stands for 2M - Lambda: w^2 q = p^2 / q, so M counts twice", root(m - q)),
        ("M - Lambda / 2 stands for 2M - Lambda: a factor 2^L is missing", root(m - q / 2)),
        ("the sign is wrong: Lambda is subtracted from 2M", root(2 * m + q)),
        ("M + Lambda stands for 2M - Lambda", root(m + q)),
        (f"{q_for} variances", share(m, inverse(q))),
        (f"{q_for} standard deviations", share(m, inverse(q @ q))),
        (f"{q_for} the inverse of standard deviations", share(m, q @ q)),
        (f"{q_for} the logarithm of the variances", share(m, np.diag(np.exp(-q_precision)))),
        (f"{q_for} the logarithm of the precisions", share(m, np.diag(np.exp(q_precision)))),
        ("precision is taken for a covariance", share(inverse(m), q)),
        ("the diagonal of M stands for M", share(np.diag(np.diag(m)), q)),
        ("the marginal variances of the posterior stand for M",
         share(np.diag(1 / np.diag(inverse(m))), q)),
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
