"""Check of exercise 5x.1: ``leave_one_out``."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    refuse_other_dtype,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check

HINT = "each weight is (own cost - mean of the others) / S, along the first axis"
TWO = "for two draws the weights are plus and minus half of the difference of the two costs"


@check("5x.1")
def leave_one_out(answer, seed):
    """``leave_one_out(cost)``: (S, ...) -> the weight of each draw's grad log q, (S, ...)."""
    rng = np.random.default_rng(seed)
    for label, shape, size in (
        ("four draws: ", (4,), 3.0),
        ("two draws: ", (2,), 1.0),
        ("two draws for each of 5 images: ", (2, 5), 2.0),
        ("as many draws as images: ", (6, 6), 1.0),
        ("draws of 3 times 7 images: ", (5, 3, 7), 1.0),
        ("one image: ", (9, 1), 4.0),
        ("large costs: ", (4, 3), 200.0),
    ):
        (cost,) = floats(rng.normal(0.5, 1, shape) * size)
        about = f"{label}cost of shape {shape}"
        received = call(answer, cost, tensors=True)
        (exact,) = doubles(cost)
        right = (exact - exact.mean(0)) / (len(exact) - 1)
        verify(
            received,
            right,
            checked=about,
            wrong=_wrong(exact, right),
            scale=size,
            tolerance=1e-5,
            hint=TWO if len(cost) == 2 else HINT,
        )
        refuse_other_dtype(received, cost, "cost", "the product with log q", about)
    verify_repeatable(answer, cost)
    return "(cost - mean of the others) / S; the weights of the draws sum to 0."


@np.errstate(all="ignore")
def _wrong(cost, right):
    """(phrase, values) of famous wrong weights."""
    draws, own = len(cost), (cost - cost.mean(0)) / len(cost)
    yield (
        "the baseline includes the draw's own cost, so it depends on this z: the estimate is too "
        "small by the factor (S - 1) / S",
        own,
    )
    yield "the mean over the S draws is missing: divide by S", right * draws
    yield (
        "the baseline includes the draw's own cost, and the mean over the S draws is missing",
        own * draws,
    )
    yield "the sign is wrong: the baseline is subtracted from the cost", -right
    yield "the baseline is missing: only cost / S came", cost / draws
    yield "nothing is done to the costs", cost
    yield (
        "the baseline came: it is to be subtracted from the cost",
        ((cost.sum(0) - cost) / (draws - 1)),
    )
    yield (
        "the sum of the others is divided by S: they are S - 1",
        ((cost - (cost.sum(0) - cost) / draws) / draws),
    )
    yield "the sum of the others stands for their mean", (cost - (cost.sum(0) - cost)) / draws
    yield "the factor S / (S - 1) is upside down", own * (draws - 1) / draws
    yield (
        "the division is by S - 1 twice: the mean over the draws divides by S",
        (right * draws / (draws - 1)),
    )
    yield (
        "the mean is taken over everything: each image has its own draws",
        ((cost - (cost.sum() - cost) / (cost.size - 1)) / draws),
    )
    yield (
        "the others are summed over all axes: each image has its own draws, along the first",
        ((cost - (cost.sum() - cost) / (draws - 1)) / draws),
    )
    if cost.ndim > 1:
        for axis in range(1, cost.ndim):
            size = cost.shape[axis]
            others = (cost.sum(axis, keepdims=True) - cost) / max(size - 1, 1)
            yield (
                "the others are taken along the wrong axis: draws are the first",
                ((cost - others) / size),
            )
            yield (
                "the others are taken along the wrong axis: draws are the first",
                ((cost - others) / draws),
            )
    for spread in (cost.std(0), cost.std(0, ddof=1)):
        for values in (cost, cost - cost.mean(0), right, right * draws, own):
            yield (
                "the costs are divided by their spread: a baseline is only subtracted",
                values / spread,
            )
    yield "the leave-one-out sums came, without the costs", cost.sum(0) - cost
