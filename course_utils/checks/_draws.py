"""Draws of categories by Gumbel noise: logits that repeat, and what frequencies tell."""

import numpy as np

from course_utils.checks._compare import floats
from course_utils.checks._gumbel import (
    LIMIT,
    NOISES,
    RARE,
    cdf_reversed,
    closest,
    dependent,
    softmax,
    surprise,
    winner,
)

COPIES = 1500  # draws from each row of logits
UNLIKE = "the frequencies of the categories are not softmax(logits)"
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
    return ""


def related(draw, again):
    """Names what examples, variables or calls have in common, in indices or relaxed samples."""
    same, is_index = np.stack([draw, again])[:, COPIES:], draw.dtype.kind in "iu"
    values = np.eye(same.max() + 1)[same] if is_index else same.astype(np.float64)
    mistake = dependent(*values)
    if not mistake and _repeated(same[0], is_index):
        return "the noise of one example and another is the same: each needs its own"
    return mistake


def _repeated(same, is_index):
    """Whether examples come again: (COPIES, N) indices, or (COPIES, N, K) relaxed samples."""
    if not is_index:
        rows = same[same.max(-1) < 0.999].astype(np.float64)  # others may all be one-hot
        keys = (rows * np.sqrt(np.arange(2, 2 + rows.shape[-1]))).sum(-1)
        return len(np.unique(keys)) < len(keys)
    categories = same.max() + 1
    _, counts = np.unique(same @ categories ** np.arange(same.shape[1]), return_counts=True)
    pairs, often = (counts * (counts - 1)).sum() / 2, np.bincount(same.reshape(-1)) / same.size
    expected = len(same) ** 2 / 2 * (often**2).sum() ** same.shape[1]
    return pairs > expected + RARE * np.sqrt(expected) + 30


def wrong_elsewhere(draw, rng):
    """Names what goes wrong with other numbers of axes, with axes of length 1, and in float64.

    ``draw(logits, seed)`` gives the indices, and raises where they have a wrong form.
    """
    row = rng.uniform(-0.4, 0.4, 5)

    def tiled(lead, dtype=np.float32):
        return np.tile(row, (*lead, 1)).astype(dtype)

    for lead in ((1,), (1, 1), (5, 1), (1, 5), (1, 5, 1)):
        draw(tiled(lead), 0)
    for lead in ((), (1, 1)):
        if len({int(draw(tiled(lead), seed).sum()) for seed in range(16)}) == 1:
            return f"logits of shape {(*lead, 5)}: the same index comes in every call"
    for lead, dtype in (((2500,), np.float32), ((2, 400, 4), np.float64)):
        k, again = (draw(tiled(lead, dtype), seed) for seed in (1, 2))
        for axis in range(len(lead)):
            if np.ptp(k, axis=axis).max() == 0:
                return f"logits of shape {(*lead, 5)}: the noise is shared along axis {axis}"
        shape = (-1, lead[-1] if lead[1:] else 1, 5)
        relations = dependent(*(np.eye(5)[part].reshape(shape) for part in (k, again)))
        counts = np.bincount(k.reshape(-1), minlength=5)[None]
        mistake = wrong_frequencies(counts, row[None]) or relations
        if mistake:
            return f"logits of shape {(*lead, 5)}: {mistake}"
    return ""


def wrong_scale(draw, rng):
    """Names noise that is 5 % too wide or narrow, or cut off; ``draw`` as above."""
    gaps = np.array([0, -2.4, -6.5])  # the second tells most about the scale, the last about tails
    order = np.stack([rng.permutation(3) for _ in range(3)])
    (logits,) = floats(np.tile(gaps[order] + rng.uniform(-5, 5, (3, 1)), (33_000, 1, 1)))
    k = order[np.arange(3), draw(logits, 3)]
    counts, expected = np.bincount(k.reshape(-1), minlength=3), k.size * softmax(gaps)
    off = (counts - expected) / np.sqrt(expected * (1 - expected / k.size))
    if (np.abs(off) < [5.5, 5.5, LIMIT]).all():  # rare ones are skewed
        return ""
    if counts[2] < expected[2] / 4:
        what = "never come: is the noise cut off (u clamped), or normal?"
    elif counts[0] < expected[0]:
        what = "come too often: the noise is too wide"
    else:
        what = "come too seldom: the noise is too narrow, or cut off"
    return f"{UNLIKE}, improbable ones {what}"


def counts_of(k, categories):
    """How often each category came, for each of the different rows: (N + 1, K)."""
    hits = np.eye(categories)[k]
    return np.concatenate([hits[:COPIES].sum(0), hits[COPIES:].sum((0, 1))[None]])


def wrong_frequencies(counts, rows):
    p = softmax(rows)
    if surprise(counts, p) < LIMIT:
        return ""
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
    missing = (counts.sum(0) == 0) & ((len(counts) * COPIES * p).mean(0) > 30)
    if not found and missing.any():
        return f"category {missing.argmax()} is never drawn"
    return found or UNLIKE


def one_hot(values, axis=-1):
    hard = np.zeros(values.shape)
    np.put_along_axis(hard, values.argmax(axis, keepdims=True), 1, axis)
    return hard
