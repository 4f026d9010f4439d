"""Check of exercise 9.2: ``ess_share``."""

import numpy as np

from course_utils.checks._compare import show, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed
from course_utils.checks._shares import share, wrong_shares

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
NARROWEST = "the smallest eigenvalue of 2M - Lambda a little above 0: "
BEYOND = "the smallest eigenvalue of 2M - Lambda a little below 0"


@check("9.2")
def ess_share(answer, seed):
    """``ess_share(precision, q_precision)``: (L, L), (L,) -> the limit of ESS / K, a number."""
    rng = np.random.default_rng(seed)
    verify_repeatable(answer, *_precisions(rng, (0.8, 1.3)))
    pairs = [_precisions(rng, 1.1 + 0.3 * np.linspace(0, 1, latents) ** 3) for latents in (2, 3, 4)]
    received = [_number(answer, *pair, "q wider than the posterior: ") for pair in pairs]
    zero = FINITE if 0 in [float(number) for number in received] else ""
    verify(  # three numbers at once, since two formulas may agree in one
        np.stack(received),
        np.array([share(*pair) for pair in pairs]),
        checked="three posteriors with L = 2, 3, 4, q a little wider than each",
        wrong=_at_once(pairs),
        undefined="2M - Lambda is positive definite here: is Lambda made by torch.diag?",
        hint=zero and f"{zero}. Is q_precision made a matrix, by torch.diag?",
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
        ("L = 7: ", rng.uniform(0.7, 2, 7), 1),
        (NARROWEST, (0.50005, 1.9), 1),
        (NARROWEST, (1.2, 0.50005, 0.9), 1),
        (f"L = 1, {NARROWEST}", (0.50005,), 1),
    ):
        pair = _precisions(rng, ratios, scale)
        verify(
            _number(answer, *pair, label),
            share(*pair),
            checked=_about(*pair, label),
            wrong=[(FINITE, 0.0)],
            hint="right for a q a little wider than the posterior, not here "
            f"({label.removesuffix(': ')})",
            # In float32 an eigenvalue of 0.0001 is known to 0.001 of it.
            tolerance=1e-2 if NARROWEST in label else 1e-4,
        )
    for label, ratios, hidden in (
        ("one eigenvalue of 2M - Lambda negative: ", (0.2, 1.5, 1.2), False),
        ("two eigenvalues of 2M - Lambda negative: ", (0.2, 0.3, 1.3), False),
        ("three eigenvalues of 2M - Lambda negative: ", (0.15, 0.2, 0.3), False),
        ("all four eigenvalues of 2M - Lambda negative: ", (0.15, 0.2, 0.25, 0.3), False),
        ("L = 1, q too narrow: ", (rng.uniform(0.1, 0.35),), False),
        ("one eigenvalue negative, the diagonal positive: ", (0.2, 1.9), True),
        ("two eigenvalues negative, the diagonal positive: ", (0.2, 0.25, 2.4, 2.2), True),
        (f"{BEYOND} (-0.0001 times Lambda): ", (0.49995, 1.9), None),
        (f"L = 1, {BEYOND} (-0.0001 Lambda): ", (0.49995,), None),
        (
            f"two eigenvalues negative, and {BEYOND} (-0.0001 times Lambda): ",
            (0.4999, 0.49995, 1.4),
            None,
        ),
    ):
        _verify_infinite(answer, _precisions(rng, ratios, 1, hidden), label, hidden)
    return (
        "sqrt(|Lambda| |2M - Lambda|) / |M| where 2M - Lambda is positive definite, 1 where q is "
        "the posterior; 0 where it has one, two, three or four negative eigenvalues."
    )


def _at_once(pairs):
    """(phrase, values for all of the pairs) of wrong shares."""
    for entries in zip(*(wrong_shares(*pair) for pair in pairs), strict=True):
        yield entries[0][0], np.array([value for _, value in entries])


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
    unsigned = np.sqrt(np.abs(product)) / np.linalg.det(precision)
    lost = "the sign of the determinant is lost (abs, or slogdet without its first result)"
    diagonal = share(np.diag(np.diag(precision)), q_precision)
    wrong = [
        ((HIDDEN if hidden else EVEN) if product > 0 else f"{INFINITE}; {lost}", unsigned),
        (f"{INFINITE}; the diagonal of M stands for M", diagonal),
    ]
    hint = f"{hint}; {BEYOND}: there is no tolerance" if BEYOND in label else hint
    verify(received, np.array(0.0), checked=about, wrong=wrong, hint=hint, scale=1e-3)
