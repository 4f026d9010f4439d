"""Check of exercise 1.7: ``rate_and_gap``."""

import numpy as np

from course_utils.checks._compare import show, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers
from course_utils.checks._remote import CheckFailed

TWO = "rate and gap, in nats"
BITS = "bits are returned, nats are wanted"


@check("1.7")
def rate_and_gap(answer, seed):
    """``rate_and_gap(variances, noise)``: (D,) and a number -> (rate, gap), two numbers, nats."""
    answer = in_pairs(answer, "rate", "gap")
    rng = np.random.default_rng(seed)
    dims = int(rng.integers(4, 7))
    for label, variances, noise in (
        # what counts stands between what does not, so that an axis left out shows
        ("two variances above the noise, the others below it: ", _spectrum(rng, dims), 1.6),
        ("the same, in another order: ", rng.permutation(_spectrum(rng, dims)), 0.7),
        ("all variances above the noise: ", rng.uniform(3, 30, dims), float(rng.uniform(1, 2.5))),
        ("all variances below the noise: ", rng.uniform(0.1, 0.9, dims), float(rng.uniform(2, 5))),
        ("one axis, above the noise: ", rng.uniform(5, 9, 1), 2.5),
        ("one axis, below the noise: ", rng.uniform(0.2, 0.9, 1), 2.5),
        ("a variance equal to the noise: ", np.array([9.0, 0.5, 0.1]), 0.5),
        ("variances between 1e-6 and 1e6: ", 10.0 ** rng.uniform(-6, 6, dims), 1.3),
    ):
        checked = f"{label}variances {np.round(variances, 4).tolist()}, noise {noise:.4g}"
        received = call(answer, variances, noise)
        if label.startswith("two"):
            verify_repeatable(answer, variances, noise)
        for part, value in (
            zip(("rate", "gap"), received, strict=False) if _is_pair(received) else ()
        ):
            if value.size > 1 and value.size == len(variances):
                raise CheckFailed(
                    f"{part}: one value for each axis came: the sum over the axes is missing",
                    checked=checked,
                    expected="one number",
                    received=show(value),
                )
        pair = two_numbers(received, checked, f"({TWO})")
        rates, gaps = _rates(variances, noise), _gaps(variances, noise)
        right = rates[0][1], gaps[0][1]
        if np.allclose(pair, right[::-1], 1e-3) and not np.allclose(pair, right, 1e-3):
            raise CheckFailed(
                "the two are swapped: the rate comes first",
                checked=checked,
                expected=show(np.array(right)),
                received=show(np.array(pair)),
            )
        for part, value, formulas, terms in (
            ("rate", pair[0], rates, _rate_terms(variances, noise)),
            ("gap", pair[1], gaps, _gap_terms(variances, noise)),
        ):
            verify(
                np.array(value),
                np.array(formulas[0][1]),
                checked=checked,
                wrong=[*formulas[1:], *_left_out(terms)],
                scale=1.0,
                tolerance=1e-5,
                part=part,
            )
    return (
        "The rate and the gap of the best model of these data, also where the noise is larger than "
        "some of their variances, or than all of them."
    )


def _is_pair(received):
    return isinstance(received, tuple) and len(received) == 2


def _rate_terms(variances, noise):
    """What each axis adds to the rate, in order."""
    return 0.5 * np.log(np.maximum(variances / noise, 1))


def _gap_terms(variances, noise):
    """What each axis adds to the gap, in order."""
    return _kl(np.minimum(variances / noise, 1))


def _left_out(terms):
    """(phrase, sum) of the first or the last axes alone."""
    for count in range(1, len(terms)):
        yield "axes are left out: the sum stops before the last one", terms[:-count].sum()
        yield "axes are left out: the sum starts after the first one", terms[count:].sum()


def _spectrum(rng, dims):
    """Two variances that are large, second and last, the others small; no two of them alike."""
    low = np.sort(rng.uniform(0.05, 0.6, dims - 2))[::-1]
    return np.concatenate([low[:1], [rng.uniform(4, 9)], low[1:], [rng.uniform(15, 30)]])


@np.errstate(all="ignore")
def _rates(variances, noise):
    """(phrase, rate): the right one first."""
    ratio = variances / noise
    above = ratio > 1
    right = 0.5 * np.log(ratio[above]).sum()
    square = variances / noise**2
    return [
        ("", right),
        (
            "this is 1/2 log(det / noise^D), which holds where no variance is below the noise",
            0.5 * np.log(ratio).sum(),
        ),
        (
            "W W^T is taken to be the covariance: the noise is a part of the covariance already",
            0.5 * np.log1p(ratio).sum(),
        ),
        (
            "W W^T is taken to be the covariance: the noise is a part of the covariance already",
            0.5 * np.log1p(ratio[above]).sum(),
        ),
        ("the 1/2 is missing", 2 * right),
        (BITS, right / np.log(2)),
        ("the sign is wrong: a rate is >= 0", -right),
        ("noise is taken for a standard deviation", 0.5 * np.log(square[square > 1]).sum()),
        ("the variances are not divided by the noise", 0.5 * np.log(variances[above]).sum()),
        ("the logarithm is missing", 0.5 * (ratio[above] - 1).sum()),
        ("only the largest variance counts", 0.5 * np.log(max(1, ratio.max()))),
        ("the mean over the axes is taken, their sum is wanted", right / len(variances)),
        (
            "the axes below the noise count, those above it do not",
            0.5 * np.log(ratio[~above]).sum(),
        ),
        (
            "the axes below the noise count with the wrong sign: z is not used there",
            0.5 * np.abs(np.log(ratio)).sum(),
        ),
        ("the largest variance W W^T can have is the variance minus the noise: a rate is "
         "1/2 log of (W W^T + noise) / noise",
         0.5 * np.log((ratio[above] - 1)[ratio[above] > 1]).sum()),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _gaps(variances, noise):
    """(phrase, gap): the right one first."""
    ratio = variances / noise
    low = ratio[ratio < 1]
    terms, reverse = _kl(low), _kl(1 / low)
    right = terms.sum()
    doubled = variances / (variances + noise)
    squared = variances / noise**2
    return [
        ("", right),
        ("no gap came: the model's variance cannot be smaller than its noise", 0.0),
        ("the KL is reversed: the data's density stands in front", reverse.sum()),
        ("the 1/2 is missing", 2 * right),
        (BITS, right / np.log(2)),
        ("the sign is wrong: a gap is >= 0", -right),
        ("every axis is left to the noise: z models those whose variance is larger",
         _kl(ratio).sum()),
        ("the axes above the noise count: there the model is exact", _kl(ratio[ratio > 1]).sum()),
        ("the model's variance is taken to be variance + noise on each axis", _kl(doubled).sum()),
        ("only the logarithms are compared: (ratio - 1) / 2 is missing",
         -0.5 * np.log(low).sum()),
        ("the -1 of each axis is missing", right + 0.5 * len(low)),
        ("the -1 counts once, not once for each axis", right + 0.5 * (len(low) - 1)),
        ("the logarithm has the wrong sign", right + np.log(low).sum()),
        ("the logarithm is missing", 0.5 * (low - 1).sum()),
        ("noise is taken for a standard deviation", _kl(squared[squared < 1]).sum()),
        ("the mean over the axes is taken, their sum is wanted", right / len(variances)),
        ("the model's entropy is wanted in comparison with the data's: this is the entropy alone",
         0.5 * np.log(2 * np.pi * np.e * np.maximum(variances, noise)).sum()),
    ]  # fmt: skip


def _kl(ratio):
    """KL(N(0, v) || N(0, m)) for each ratio v / m."""
    return 0.5 * (ratio - 1 - np.log(ratio))
