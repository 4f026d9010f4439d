"""Check of exercise 5.1: ``gumbel_max``."""

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._contract import call, check
from course_utils.checks._draws import (
    counts_of,
    related,
    repeated_logits,
    wrong_draws,
    wrong_elsewhere,
    wrong_frequencies,
    wrong_scale,
)
from course_utils.checks._remote import CheckFailed

DRAWN = "each drawn with P(k) = softmax(logits)_k"


@check("5.1", seals=("nets.categorical.CategoricalVAE",))
def gumbel_max(answer, seed):
    """``gumbel_max(logits)``: (..., K) -> indices (...), each from Categorical(softmax(logits))."""
    rng = np.random.default_rng(seed)

    def draw(logits, number):
        k = call(answer, logits, seed=40 * seed + number, tensors=True)
        mistake = _wrong_indices(k, logits)
        if mistake:
            raise CheckFailed(f"{mistake}.", **_about(logits, k))
        return k

    logits, rows = repeated_logits(rng)
    k, again = draw(logits, 1), draw(logits, 2)
    mistake = wrong_draws(k, again, logits) or related(k, again)
    mistake = mistake or wrong_frequencies(counts_of(k, logits.shape[-1]), rows)
    if mistake:
        raise CheckFailed(f"{_worded(mistake)}.", **_about(logits, k))
    mistake = wrong_elsewhere(draw, rng) or wrong_scale(draw, rng)
    if mistake:
        raise CheckFailed(f"{mistake}.", expected=DRAWN)
    return (
        "Integers with the frequencies of softmax(logits), drawn anew for every variable, example "
        "and call."
    )


def _worded(mistake):
    """In the words of the lesson, which gives ``gumbel_noise``."""
    for old, new in (
        ("sign: it is", "sign, or is subtracted: add -log E, which is"),
        ("reaches the argmax", "reaches the argmax, or one value for all categories"),
    ):
        mistake = mistake.replace(old, new)
    return mistake


def _about(logits, k):
    return {
        "checked": f"logits of shape {logits.shape}",
        "expected": f"integers of shape {logits.shape[:-1]}, {DRAWN}",
        "received": show(k),
    }


def _wrong_indices(k, logits):
    """Names what came in place of indices."""
    shape, categories = logits.shape[:-1], logits.shape[-1]
    if not isinstance(k, np.ndarray):
        return "one array of indices is expected"
    if k.shape != shape:
        return _wrong_shape(k, logits)
    if k.dtype.kind not in "iu":
        return f"the indices are of type {k.dtype}: integers are wanted"
    if k.dtype != np.int64:
        return f"the indices are of type {k.dtype}: int64 is wanted, as F.one_hot takes no other"
    if k.min() == 1 and k.max() == categories:
        return "the indices count from 1, they should count from 0"
    if k.min() < 0 or k.max() >= categories:
        return f"an index is outside 0, ..., K - 1: {k.min()} to {k.max()} came, K = {categories}"
    return ""


def _wrong_shape(k, logits):
    shape, categories = logits.shape[:-1], logits.shape[-1]
    if k.shape == logits.shape:
        if set(np.unique(k).tolist()) == {0, 1}:
            return "one-hot vectors came, the index of the 1 is wanted"
        return "a value for each category came, the index of the largest is wanted"
    if k.shape == (*shape, 1):
        return "the indices have an axis too many (keepdim?)"
    if k.shape == tuple(size for size in shape if size > 1) and k.size:
        return f"axes of length 1 are lost (squeeze?): the shape is {k.shape}, not {shape}"
    if k.shape == ():
        return "one index came: is the argmax taken over everything, without dim=-1?"
    if k.shape in (logits.shape[1:], (shape[:1] + (categories,))):
        return "the argmax is taken over the wrong dimension: the categories are the last one"
    return f"the shape is {k.shape}, it should be {shape}"
