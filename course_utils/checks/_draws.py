"""Draws of categories by Gumbel noise: logits that repeat, and what frequencies tell."""

import numpy as np

from course_utils.checks._compare import floats
from course_utils.checks._gumbel import (
    LIMIT,
    NOISES,
    cdf_reversed,
    closest,
    dependent,
    softmax,
    surprise,
    winner,
)

COPIES = 1500  # draws from each row of logits
NEVER = 40  # so far below the others, a category is never drawn


def repeated_logits(rng):
    """Logits (2 COPIES, N, K), and their different rows, (N + 1, K) in float64.

    The first half repeats N rows, which are unnormalised and some of them very unequal. In the
    second half all rows are the same, which shows whether noise is shared.
    """
    variables, categories = rng.permutation([5, 6, 7, 8])[:2]
    rows = rng.normal(0, 1.2, (variables + 1, categories))
    rows[0, 0] += 3
    rows[1:4, :2] = [1.2, 0]  # two categories alone tell one noise from another
    rows[1:4, 2:] -= 8
    rows[-2, -1] -= NEVER
    rows[:-1] += rng.uniform(-20, 20, (variables, 1))
    rows[-1] = rng.uniform(-0.4, 0.4, categories)  # so that every category comes often
    (rows,) = floats(rows)
    same = np.tile(rows[-1], (COPIES, variables, 1))
    logits = np.concatenate([np.tile(rows[:-1], (COPIES, 1, 1)), same])
    return logits, rows.astype(np.float64)


def wrong_draws(draw, again, logits):
    """Names noise that is missing, fixed or shared, in indices or in relaxed samples."""
    is_index = draw.ndim < logits.ndim
    if is_index and all(np.array_equal(k, logits.argmax(-1)) for k in (draw, again)):
        return "no noise reaches the argmax: the largest logit wins every time"
    same = np.stack([draw, again])[:, COPIES:]
    for axes, text in (
        ((1, 2), "all variables and examples share one draw: each needs its own"),
        ((2,), "the variables of an example share their noise: each needs its own"),
        ((1,), "the examples of a batch share their noise: each needs its own"),
    ):
        if np.ptp(same, axis=axes).max() < 1e-4:
            return text
    if np.array_equal(draw, again):
        return "the same draw comes in every call: is a generator or a seed fixed?"
    return dependent(*(np.eye(logits.shape[-1])[same] if is_index else same.astype(np.float64)))


def counts_of(k, categories):
    """How often each category came, for each of the different rows: (N + 1, K)."""
    hits = np.eye(categories)[k]
    return np.concatenate([hits[:COPIES].sum(0), hits[COPIES:].sum((0, 1))[None]])


def wrong_frequencies(counts, rows):
    p = softmax(rows)
    if surprise(counts, p) < LIMIT:
        return ""
    missing = (counts.sum(0) == 0) & ((len(counts) * COPIES * p).mean(0) > 30)
    if missing.any():
        return f"category {missing.argmax()} is never drawn"
    wrong = [
        (
            "every category comes equally often, whatever the logits are",
            np.full_like(p, 1 / p[0].size),
        ),
        ("probabilities are taken for logits: softmax(logits) + noise", softmax(p)),
        ("the logits have the wrong sign", softmax(-rows)),
        ("the Gumbel noise has the wrong sign: it is -log(-log(u))", winner(rows, cdf_reversed)),
        (
            "argmin and argmax are mixed up: improbable categories win",
            winner(-rows, cdf_reversed),
        ),
        *((phrase, winner(rows, cdf)) for phrase, cdf, _ in NOISES),
    ]
    found = closest((phrase, surprise(counts, other)) for phrase, other in wrong)
    return found or "the frequencies of the categories are not softmax(logits)"


def one_hot(values, axis=-1):
    hard = np.zeros(values.shape)
    np.put_along_axis(hard, values.argmax(axis, keepdims=True), 1, axis)
    return hard
