"""Check of exercise 11.4: ``grouped_free_bits``."""

import numpy as np

from course_utils.checks._compare import (
    close,
    doubles,
    floats,
    named,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._remote import CheckFailed

EACH = (
    "the maximum is taken for each example, before the mean: one example may need less than "
    "least if another needs more, so the mean over the batch comes first"
)


@check("11.4")
def grouped_free_bits(answer, seed):
    """``grouped_free_bits(rates, least)``: (B, G), a number -> sum_g max(least, mean_b), one."""
    rng = np.random.default_rng(seed)
    batch, groups = (size + 1 for size in sizes(rng, 2))  # even
    for label, b, g, least, low, high in (
        ("", batch, groups, rng.uniform(2, 5), (0.2, 0.7), (1.3, 2.5)),
        ("least = 0: ", batch, groups, 0.0, (0.2, 0.7), (1.3, 2.5)),
        ("one group: ", batch, 1, rng.uniform(2, 5), (0.2, 0.7), (1.3, 2.5)),
        ("one group, above least: ", batch, 1, rng.uniform(2, 5), (1.3, 2.5), (1.3, 2.5)),
        ("one example: ", 1, groups, rng.uniform(2, 5), (0.2, 0.7), (1.3, 2.5)),
        ("as many groups as examples: ", groups, groups, 0.5, (0.2, 0.7), (1.3, 2.5)),
        ("means 0.3 % off least: ", batch, groups, 3.0, (0.997, 0.998), (1.002, 1.003)),
        ("negative means: ", batch, groups, 0.25, (-9.0, -3.0), (1.3, 2.5)),
        ("all groups above least: ", batch, groups, 0.01, (20.0, 90.0), (200.0, 900.0)),
        ("least = 1,000: ", batch, groups, 1000.0, (0.2, 0.7), (1.3, 2.5)),
    ):
        least = round(float(least), 3)
        size = least or 1.0
        # Half of the groups lie above least on average; in each, examples lie on both sides.
        means = size * np.where(np.arange(g) % 2, rng.uniform(*high, g), rng.uniform(*low, g))
        spread = size * np.where(np.arange(b) % 2, 1.0, -1.0)[:, None] * rng.uniform(1, 2, (b, g))
        rates = rng.permutation(means + spread - spread.mean(0))
        if g > 1 and (not label or least == 0):  # one rate so negative that the sum is small
            rates[:, 0] += 0.5 * least - rates.mean(0).sum()
        (rates,) = floats(rates)
        (exact,) = doubles(rates)
        about = f"{label}rates of shape {rates.shape}, least = {least:g}"
        right, wrong = _wrong_charges(exact, least)
        if not label:
            verify_repeatable(answer, rates, least)
        told, received = {"checked": about, "hint": ""}, call(answer, rates, least)
        if isinstance(received, np.ndarray):  # one number is soon near that of another mistake
            told["hint"] = named(received, wrong, 1e-5, right)
        shapes = [one for one in wrong if np.ndim(one[1])]
        verify(received, right, wrong=shapes, scale=size, **told)
        slope = np.broadcast_to((exact.mean(0) > least) / b, exact.shape)
        _verify_slope(gradient(answer, rates, least)[0], slope, about)
    even = np.float32([[1.0, 5.0, 0.5], [3.0, 1.0, 0.5]])
    verify(call(answer, even, 2.0), np.array(7.0), checked="a mean that is least itself, 2")
    return (
        "max(least, mean over the batch) of each group, summed over the groups; the gradient is "
        "1 / B in the groups above least and 0 in the others."
    )


def _verify_slope(received, slope, about):
    told = {"checked": f"the gradient for rates; {about}", "expected": show(slope)}
    if received is None:
        if slope.any():
            raise CheckFailed("no gradient reaches rates: was it detached?", **told)
        return
    if not close(received, slope, 1e-3):
        raise CheckFailed(
            "the value is right, the gradient is not: it is 1 / B in the groups above least, 0 in "
            "the others.",
            received=show(received),
            **told,
        )


def _wrong_charges(rates, least):
    """The right number, and (phrase, values) of wrong ones."""
    means = rates.mean(0)
    each = np.maximum(means, least)
    right, total = each.sum(), rates.sum(1)
    batch, groups = rates.shape
    found = [
        ("least is forgotten: this is the mean rate", means.sum()),
        (EACH, np.maximum(rates, least).mean(0).sum()),
        ("min stands for max: below least there is nothing to save",
         np.minimum(means, least).sum()),
        ("min stands for max, for each example", np.minimum(rates, least).mean(0).sum()),
        ("the groups are summed before the maximum: each group has its own",
         np.maximum(means.sum(), least)),
        ("the groups are summed before the maximum, and compared with least for each: each group "
         "has its own", np.maximum(means.sum(), groups * least)),
        ("the groups are summed before the maximum, for each example: each group has its own, and "
         "the mean comes first", np.maximum(total, least).mean()),
        ("the mean over the groups is taken: they are summed", each.mean()),
        ("the largest group alone counts: all are summed", each.max()),
        ("least is added to the rates: the maximum is due", (means + least).sum()),
        ("least is subtracted: max(least, mean), not max(0, mean - least)",
         np.maximum(means - least, 0).sum()),
        ("least is subtracted from the result", right - groups * least),
        ("0 stands for least", np.maximum(means, 0).sum()),
        ("summed over the batch before the maximum: the mean is due",
         np.maximum(rates.sum(0), least).sum()),
        ("summed over the batch: the mean is due", batch * right),
        ("the sign is wrong", -right),
        ("one value for each group came: their sum is missing", each),
        ("one value for each example came: one number is wanted",
         np.where(means > least, rates, least).sum(1)),
        ("one value for each example came, with the maximum of each: one number is wanted, and the "
         "mean over the batch comes before the maximum", np.maximum(rates, least).sum(1)),
        ("the mean is over the groups and the maximum over examples: it is the other way round",
         np.maximum(rates.mean(1), least).sum()),
        ("the shape is (1,): one number is wanted", right[None]),
        ("the median over the batch stands for its mean",
         np.maximum(np.median(rates, 0), least).sum()),
        ("the largest rate of each group stands for its mean",
         np.maximum(rates.max(0), least).sum()),
        ("least stands for every group: those above it cost their mean", groups * least),
        ("a smooth maximum is taken: max(least, mean) has a corner at least",
         np.logaddexp(means, least).sum()),
        ("a smooth maximum is taken: max(least, mean) has a corner at least",
         (least + np.logaddexp(0, means - least)).sum()),
        ("the absolute values of the rates are taken: a rate may be negative",
         np.maximum(np.abs(means), least).sum()),
        ("negative rates are held at 0 before the mean: a rate may be negative",
         np.maximum(np.maximum(rates, 0).mean(0), least).sum()),
        ("the groups below least are left out: each costs least",
         means[means > least].sum()),
        ("least is subtracted once: max(least, mean) itself is due", right - least),
        ("the maximum is taken of the mean over everything",
         np.maximum(rates.mean(), least)),
        ("divided by N - 1: the mean over the batch divides by N",
         np.maximum(rates.sum(0) / max(batch - 1, 1), least).sum()),
    ]  # fmt: skip
    return right, found
