"""Check of exercise 5.1: ``gumbel_max``."""

import numpy as np

from course_utils.checks._compare import show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._draws import counts_of, repeated_logits, wrong_draws, wrong_frequencies
from course_utils.checks._remote import CheckFailed


@check("5.1", seals=("nets.categorical.CategoricalVAE",))
def gumbel_max(answer, seed):
    """``gumbel_max(logits)``: (..., K) -> indices (...), each from Categorical(softmax(logits))."""
    rng = np.random.default_rng(seed)
    logits, rows = repeated_logits(rng)
    shape, categories = logits.shape[:-1], logits.shape[-1]
    k, again = (call(answer, logits, seed=2 * seed + draw) for draw in (1, 2))
    about = {
        "checked": f"logits of shape {logits.shape}",
        "expected": f"integers of shape {shape}, each drawn with P(k) = softmax(logits)_k",
        "received": show(k),
    }
    mistake = _wrong_indices(k, logits) or wrong_draws(k, again, logits)
    mistake = mistake or wrong_frequencies(counts_of(k, categories), rows)
    if mistake:
        raise CheckFailed(f"{mistake}.", **about)
    for small in (logits[0], logits[0, 0]):
        k = call(answer, small)
        if not isinstance(k, np.ndarray) or k.shape != small.shape[:-1]:
            verify(k, np.zeros(small.shape[:-1], int), checked=f"logits of shape {small.shape}")
    return (
        "Integers with the frequencies of softmax(logits), drawn anew for every variable, example "
        "and call."
    )


def _wrong_indices(k, logits):
    """Names what came in place of indices."""
    shape, categories = logits.shape[:-1], logits.shape[-1]
    if not isinstance(k, np.ndarray):
        return "one array of indices is expected"
    if k.shape == logits.shape:
        if set(np.unique(k).tolist()) == {0, 1}:
            return "one-hot vectors came, the index of the 1 is wanted"
        return "a value for each category came, the index of the largest is wanted"
    if k.shape == (*shape, 1):
        return "the indices have an axis too many (keepdim?)"
    if k.shape == ():
        return "one index came: is the argmax taken over everything, without dim=-1?"
    if k.shape in (logits.shape[1:], (shape[0], categories)):
        return "the argmax is taken over the wrong dimension: the categories are the last one"
    if k.shape != shape:
        return f"the shape is {k.shape}, it should be {shape}"
    if k.dtype.kind not in "iu":
        return f"the indices are of type {k.dtype}: integers are wanted"
    if k.min() == 1 and k.max() == categories:
        return "the indices count from 1, they should count from 0"
    if k.min() < 0 or k.max() >= categories:
        return f"an index is outside 0, ..., K - 1: {k.min()} to {k.max()} came, K = {categories}"
    return ""
