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
    apart = np.concatenate(
        [rng.uniform(*bounds, count) for bounds, count in zip(ranges, counts, strict=True)]
    )
    near = np.array([0.95, 0.97, 1.03, 1.05, 1.06])  # of the threshold: n or n - 1 do not matter
    for label, variances, arguments in (
        ("", apart, ()),
        ("", apart, (0.1,)),
        ("", apart, (1e-4,)),
        ("variances near the threshold: ", 0.01 * near, ()),
        ("variances near the threshold: ", 0.3 * near, (0.3,)),
        ("most images alike: ", np.repeat([0.008, 0.013, 0.1], [3, 2, 4]), ()),
        ("images in the order of their codes: ", apart, ()),
        ("one latent: ", np.array([0.02]), ()),
        ("one latent: ", np.array([5e-3]), ()),
        ("all collapsed: ", np.full(5, 1e-7), ()),
        ("all active: ", np.full(4, 0.5), ()),
        ("three latents do not vary at all: ", np.repeat([0.0, 1e-3], [3, 4]), (0.0,)),
    ):
        variances = rng.permutation(variances)
        mu = _telling_means(rng, variances) if not (label or arguments) else None
        mu = _means(rng, variances, label) if mu is None else mu
        _verify_count(answer, mu, variances, arguments, label)
    verify_repeatable(answer, mu)
    return "Counts the dimensions whose mean varies over the data by more than the threshold."


def _telling_means(rng, variances):
    """Means whose count by each famous mistake is a number of its own, so that it is known by it.

    Some latents lie so near to 0 that the square of their mean is below the threshold, but not its
    size.
    """
    for _ in range(1000):
        near = rng.uniform(0.05, 0.08, len(variances))
        far = rng.uniform(0.5, 1.5, len(variances))
        mu = _means(rng, variances, "", np.where(rng.random(len(variances)) < 0.5, near, far))
        found = [int(count) for _, count in _famous(mu, variances, 0.01)]
        if len({*found, int((variances > 0.01).sum())}) == len(found) + 1:
            return mu
    raise RuntimeError("active_units: no means were found that tell the mistakes apart")


def _famous(mu, variances, threshold):
    """Pairs (phrase, count) of the mistakes that are told from each other by their counts."""
    double = mu.astype(float)
    return [
        ("the inactive dimensions are counted", (variances <= threshold).sum()),
        ("the standard deviation is compared with the threshold, not the variance",
         (np.sqrt(variances) > threshold).sum()),
        ("the mean square is taken for the variance: the mean is not subtracted",
         ((double**2).mean(0) > threshold).sum()),
        ("the mean is compared with the threshold, not the variance",
         (double.mean(0) > threshold).sum()),
        ("a single mean above the threshold is enough: the variance is not what is compared",
         (double > threshold).any(0).sum()),
        ("every latent is counted: is it the variance that is compared, and are those above the "
         "threshold counted?", mu.shape[1]),
    ]  # fmt: skip


def _means(rng, variances, label, sizes=None):
    """Posterior means (N, L) of just these variances, each latent about a mean of its own."""
    count = 300 + int(rng.integers(99))
    mu = rng.normal(0, 1, (count, len(variances)))
    if label.startswith("most"):  # a tenth of the images makes the whole variance
        mu *= rng.random(mu.shape).argsort(0) < count / 10
    if label.startswith("images in"):
        mu = np.sort(mu, axis=0)
    mu = (mu - mu.mean(0)) / mu.std(0) * np.sqrt(variances)
    sizes = rng.uniform(0.5, 1.5, len(variances)) if sizes is None else sizes
    offset = rng.choice([-1, 1], len(variances)) * sizes
    return floats(mu + offset * (variances > 0))[0]


def _verify_count(answer, mu, variances, arguments, label):
    threshold = arguments[0] if arguments else 0.01
    active = variances > threshold
    right = int(active.sum())
    across = mu.var(1)
    given = f"threshold {threshold:g}" + ("" if arguments else " (not given)")
    forms = [
        ("True or False for each dimension came, their number is wanted", active),
        ("the indices of the active dimensions came, their number is wanted",
         np.flatnonzero(active)),
        *(("the variances came, the number above the threshold is wanted",
           mu.astype(float).var(0, ddof=ddof)) for ddof in (0, 1)),
        *(("the variances of the active dimensions are added, not counted",
           np.array(mu.astype(float).var(0, ddof=ddof)[active].sum())) for ddof in (0, 1)),
        ("the variance is taken over the latents, not over the data", across > threshold),
    ]  # fmt: skip
    counts = [
        ("the threshold is not used: it is given as the second argument",
         np.array((variances > 0.01).sum() if arguments else np.nan)),
        *((phrase, np.array(count)) for phrase, count in _famous(mu, variances, threshold)),
        ("the variance is taken over the latents, not over the data",
         np.array((across > threshold).sum())),
        ("a fraction came, the number is wanted", np.array(active.mean())),
        ("the variance of all numbers together is compared", np.array(float(mu.var() > threshold))),
    ]  # fmt: skip
    received = call(answer, mu, *arguments)
    is_count = isinstance(received, np.ndarray) and np.array_equal(received, np.rint(received))
    equal = "a variance that equals the threshold counts: it should be above"
    verify(
        received,
        np.array(right),
        checked=f"{label}posterior means of shape {mu.shape}, {given}",
        # by its count alone, a mistake is known where the variances are far apart
        wrong=([(equal, np.array((variances >= threshold).sum()))] if label else counts) + forms
        if is_count
        else forms + [one for one in counts if one[0].startswith("a fraction")],
        tolerance=1e-6,
        hint=f"{right} of the {len(variances)} latents have a variance over the data (the mean "
        f"squared distance from their mean) above {threshold:g}, another number came",
    )
