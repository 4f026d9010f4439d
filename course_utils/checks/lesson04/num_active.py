"""Check of exercise 4.3: ``num_active``."""

import math

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check

EQUAL = "an eigenvalue that equals the bar is not above it: > is meant, not >="
NEAR = "eigenvalues just below and above the bar: is something rounded, or added to the bar?"
TINY = "tiny eigenvalues: is a small number added, or the bar clamped?"


@check("4.3")
def num_active(answer, seed):
    """``num_active(eigenvalues, num_latents, beta, variance)``: how many are above the bar."""
    rng = np.random.default_rng(seed)
    for order, dtype in (("falling", np.float32), ("rising", np.float64)):
        beta, variance, bars = _bars(rng, order == "falling")
        values, right = _spectrum(rng, beta, variance, bars)
        values = (values if order == "rising" else values[::-1]).astype(dtype)
        latents = len(values) - 1  # as many as no wrong count reaches
        _verify_count(answer, values, latents, beta, variance, f"in {order} order", right, bars)
    values = rng.permutation(values)
    for latents in (right - 2, 1):
        _verify_count(answer, values, latents, beta, variance, "in no order", right, bars)
    for values, latents, beta, variance, what, hint in _special(rng):
        right = int((values > beta * variance).sum())
        _verify_count(answer, values, latents, beta, variance, what, right, hint=hint)
    verify_repeatable(answer, values, latents, beta, variance)
    return (
        "Counts the eigenvalues above beta * variance, in whatever order they come, and never "
        "more than there are latents."
    )


def _bars(rng, is_large):
    """beta, variance and the bars of famous wrong formulas, all of them clearly apart."""
    while True:
        beta = float(rng.uniform(2.5, 6) if is_large else rng.uniform(0.15, 0.4))
        variance = float(rng.uniform(0.03, 0.3) if is_large else rng.uniform(1.3, 3))
        bar = beta * variance
        bars = [
            ("beta is left out: an eigenvalue is compared with the variance", variance),
            ("the variance is left out: an eigenvalue is compared with beta", beta),
            ("the standard deviation is taken for the variance", beta * math.sqrt(variance)),
            ("divided by beta: a larger beta raises the bar, beta * variance", variance / beta),
            ("divided by the variance (or the eigenvalues by their sum): they are compared as they "
             "come with beta * variance", beta / variance),
            ("the root of the eigenvalue is compared with beta * variance", bar**2),
            ("the square of the eigenvalue is compared with beta * variance", math.sqrt(bar)),
            ("beta is squared: are roots compared, with beta outside of the root?", beta * bar),
            ("the variance is squared", variance * bar),
            ("a 2 too many: the bar is beta * variance, not 2 * beta * variance", 2 * bar),
            ("a factor 1/2 too many: the bar is beta * variance, without the 2 of the loss",
             bar / 2),
        ]  # fmt: skip
        edges = np.sort([bar, *(value for _, value in bars)])
        if (edges[1:] / edges[:-1]).min() > 1.09:
            return beta, variance, bars


def _spectrum(rng, beta, variance, bars):
    """Eigenvalues in rising order, and how many are active.

    Every wrong bar has eigenvalues of its own between it and the next one.
    """
    bar = beta * variance
    edges = np.sort([bar, *(value for _, value in bars)])
    middles = np.concatenate([np.sqrt(edges[1:] * edges[:-1]), [2 * edges[-1]]])
    values = np.repeat(middles, rng.integers(2, 4, len(middles)))
    right = int((values > bar).sum())
    # With these the number of inactive ones is larger than every other count.
    small = edges[0] * rng.uniform(0.05, 0.7, right + 2)
    values = np.concatenate([small, values]) * rng.uniform(0.97, 1.03, len(small) + len(values))
    return np.sort(values), right


def _special(rng):
    """(eigenvalues, num_latents, beta, variance, what they are, hint): cases near the bar."""
    for scale, hint in ((1, NEAR), (1, NEAR), (1, NEAR), (1e-8, TINY)):
        beta, variance = rng.uniform(0.3, 1, 2).tolist()
        near = 1 + 1e-4 * np.resize([-1, 1], 11) * rng.uniform(1, 2, 11)
        values, what = scale * beta * variance * rng.permutation(near), "within 0.02 % of the bar"
        yield values, 9, beta, scale * variance, what, hint
    bar = beta * variance
    exact = np.float32(rng.permutation([0.25, 0.5, 0.5, 0.5, 1, 2, 4]))
    yield exact, 6, 2.0, 0.25, "of which three equal the bar", EQUAL
    yield exact, 7, 4.0, 0.125, "of which three equal the bar", EQUAL
    zeros = np.float32(rng.permutation([0, 0, 0, 1, 2]))
    yield zeros, 5, 0.0, 1.0, "of which three are 0, as is the bar", EQUAL
    low, high = 0.5 * bar * rng.uniform(0.1, 1, 8), bar * (1.2 + rng.uniform(0, 3, 8))
    yield low, 5, beta, variance, "all below the bar", "none is active"
    yield high, 5, beta, variance, "all above the bar", "as many are active as there are latents"
    yield high, 8, beta, variance, "all above the bar, one for each latent", "all are active"
    twice = np.repeat(high[:3], 3)
    yield twice, 8, beta, variance, "of which many are equal", "equal ones count each"


def _verify_count(answer, values, latents, beta, variance, what, right, bars=(), hint=""):
    active = values > beta * variance
    wrong = [(phrase, min(latents, (values > bar).sum())) for phrase, bar in bars]
    wrong += [
        (
            "the eigenvalues are divided by their sum: they are to be compared as they come",
            min(latents, (values / values.sum() > beta * variance).sum()),
        ),
        ("more are active than there are latents: num_latents is not used", right),
        ("the inactive ones are counted", min(latents, (~active).sum())),
        ("the inactive ones are counted", (~active).sum()),
        ("the inactive latents are counted", latents - min(latents, right)),
        (
            "num_latents came, as it is or because a larger count is cut there: how many of them "
            "are active?",
            latents,
        ),
        (
            "only the first num_latents entries are looked at, they need not be the largest",
            active[:latents].sum(),
        ),
        (
            "only the last num_latents entries are looked at, they need not be the largest",
            active[-latents:].sum(),
        ),
    ]
    wrong += [
        ("True or False for each eigenvalue came, their number is wanted", active),
        ("True or False for each latent came, their number is wanted", active[:latents]),
        ("the active eigenvalues came, their number is wanted", values[active]),
        ("the active eigenvalues are added up, not counted", values[active].sum()),
        ("a fraction came, the number is wanted", active.mean()),
        ("a fraction came, the number is wanted", min(latents, right) / latents),
    ]
    verify(
        call(answer, values, latents, beta, variance),
        np.array(min(latents, right)),
        checked=f"{len(values)} eigenvalues {what}, num_latents = {latents}, "
        f"beta = {beta:.4g}, variance = {variance:.4g}",
        wrong=[] if hint else wrong,  # counts of few would name anything
        tolerance=1e-6,
        hint=hint,
    )
