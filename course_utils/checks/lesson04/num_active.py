"""Check of exercise 4.3: ``num_active``."""

import math

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("4.3")
def num_active(answer, seed):
    """``num_active(eigenvalues, num_latents, beta, variance)``: how many are above the bar."""
    rng = np.random.default_rng(seed)
    for order, beta, variance, dtype in (
        ("falling", rng.uniform(3.9, 4.1), rng.uniform(0.095, 0.105), np.float32),
        ("rising", rng.uniform(0.245, 0.255), rng.uniform(1.57, 1.63), np.float64),
    ):
        beta, variance = float(beta), float(variance)
        values, right, bars = _spectrum(rng, beta, variance)
        values = (values if order == "rising" else values[::-1]).astype(dtype)
        latents = len(values) - 1  # as many as no wrong count reaches
        _verify_count(answer, values, latents, beta, variance, f"in {order} order", right, bars)
    values = rng.permutation(values)
    for latents in (right - 2, 1):
        _verify_count(answer, values, latents, beta, variance, "in no order", right, bars)
    verify_repeatable(answer, values, latents, beta, variance)
    return (
        "Counts the eigenvalues above beta * variance, in whatever order they come, and never "
        "more than there are latents."
    )


def _spectrum(rng, beta, variance):
    """Eigenvalues in rising order, how many are active, and the bars of famous wrong formulas.

    Every wrong bar has eigenvalues of its own between it and the next one.
    """
    bar = beta * variance
    bars = [
        ("beta is left out: an eigenvalue is compared with the variance", variance),
        ("the variance is left out: an eigenvalue is compared with beta", beta),
        ("the standard deviation is taken for the variance", beta * math.sqrt(variance)),
        ("divided by beta: a larger beta raises the bar, beta * variance", variance / beta),
        ("the root of the eigenvalue is compared with beta * variance", bar**2),
        ("beta is squared: are roots compared, with beta outside of the root?", beta * bar),
        ("a 2 too many: the bar is beta * variance, not 2 * beta * variance", 2 * bar),
    ]
    edges = np.sort([bar, *(value for _, value in bars)])
    middles = np.concatenate([np.sqrt(edges[1:] * edges[:-1]), [2 * edges[-1]]])
    values = np.repeat(middles, rng.integers(2, 4, len(middles)))
    right = int((values > bar).sum())
    # With these the number of inactive ones is larger than every other count.
    small = edges[0] * rng.uniform(0.05, 0.7, right + 2)
    values = np.concatenate([small, values]) * rng.uniform(0.97, 1.03, len(small) + len(values))
    return np.sort(values), right, bars


def _verify_count(answer, values, latents, beta, variance, order, right, bars):
    active = values > beta * variance
    wrong = [(phrase, min(latents, (values > bar).sum())) for phrase, bar in bars]
    wrong += [
        ("more are active than there are latents: num_latents is not used", right),
        ("the inactive ones are counted", min(latents, (~active).sum())),
        ("the inactive ones are counted", (~active).sum()),
        ("num_latents came: how many of them are active?", latents),
        (
            "only the first num_latents entries are looked at, they need not be the largest",
            active[:latents].sum(),
        ),
        (
            "only the last num_latents entries are looked at, they need not be the largest",
            active[-latents:].sum(),
        ),
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
        checked=f"{len(values)} eigenvalues {order}, num_latents = {latents}, "
        f"beta = {beta:.3f}, variance = {variance:.3f}",
        wrong=wrong,
        tolerance=1e-6,
    )
