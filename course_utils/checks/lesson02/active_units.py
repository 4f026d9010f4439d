"""Check of exercise 2.4: ``active_units``."""

import numpy as np

from course_utils.checks._compare import floats, verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("2.4", seals=("evaluation.active_units",))
def active_units(answer, seed):
    """``active_units(mu, threshold=0.01)``: posterior means (N, L) -> number of active latents."""
    rng = np.random.default_rng(seed)
    counts = rng.permutation([2, 3, 4, 8])  # no two sums of pairs agree
    ranges = [(0.3, 2), (0.02, 0.06), (1e-3, 3e-3), (1e-6, 1e-5)]
    variances = np.concatenate(
        [rng.uniform(*bounds, count) for bounds, count in zip(ranges, counts, strict=True)]
    )
    variances = rng.permutation(variances)
    mu = rng.normal(0, 1, (300 + int(rng.integers(99)), len(variances)))
    mu = (mu - mu.mean(0)) / mu.std(0) * np.sqrt(variances)
    mu = floats(mu + rng.choice([-1, 1], len(variances)) * rng.uniform(0.5, 1.5, len(variances)))[0]
    for arguments, threshold in (((), 0.01), ((0.1,), 0.1), ((1e-4,), 1e-4)):
        active = variances > threshold
        right = int(active.sum())
        square, across = (mu.astype(float) ** 2).mean(0), mu.var(1)
        verify(
            call(answer, mu, *arguments),
            np.array(right),
            checked=f"posterior means of shape {mu.shape}, threshold {threshold:g}",
            wrong=[
                ("the threshold is not used: it is given as the second argument",
                 np.array((variances > 0.01).sum() if arguments else np.nan)),
                ("the inactive dimensions are counted", np.array((~active).sum())),
                ("the standard deviation is compared with the threshold, not the variance",
                 np.array((np.sqrt(variances) > threshold).sum())),
                ("the mean square is taken for the variance: the mean is not subtracted",
                 np.array((square > threshold).sum())),
                ("the variance is taken over the latents, not over the data",
                 np.array((across > threshold).sum())),
                ("a fraction came, the number is wanted", np.array(active.mean())),
                ("True or False for each dimension came, their number is wanted", active),
                *(("the variances came, the number above the threshold is wanted",
                   mu.astype(float).var(0, ddof=ddof)) for ddof in (0, 1)),
                ("the variances of the active dimensions are added, not counted",
                 np.array(variances[active].sum())),
                ("the variance is taken over the latents, not over the data", across > threshold),
            ],
            tolerance=1e-6,
        )  # fmt: skip
    verify_repeatable(answer, mu)
    return "Counts the dimensions whose mean varies over the data by more than the threshold."
