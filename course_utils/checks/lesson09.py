"""Checks of lesson 09: the importance-weighted bound, and the bounds of fewer samples."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check

UNSTABLE = (
    "right for moderate log w, wrong or not finite far from 0: exp(log w) underflows or overflows, "
    "take logsumexp, which subtracts the largest first and adds it again"
)
ZEROS = "an entry of -inf is a weight of zero: it adds nothing to the sum and counts in K"
SQUEEZED = "one example lost its axis: squeeze() takes away every axis of length 1, the batch too"
BATCH = "the samples are dim 0, the batch is dim 1"
SIGN = "the sign is wrong: this is minus the bound"
BITS = "bits are returned, nats are wanted"


@check(
    "9.1",
    seals=(
        "losses.bounds.importance_weighted_bound",
        "evaluation._score",
        "evaluation.log_likelihood",
    ),
)
def importance_weighted_bound(answer, seed):
    """``importance_weighted_bound(log_w)``: (K, B) -> logsumexp over the samples - log K, (B,)."""
    rng = np.random.default_rng(seed)
    samples, batch = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    apart = rng.permutation(np.linspace(-9000, 9000, batch))
    for label, shape, centre, spread in (
        ("", (samples, batch), 0, 1.2),
        ("log w about -60: ", (samples, batch), -60, 3),
        ("K = 1: ", (1, batch), 0, 1.2),
        ("B = 1: ", (samples, 1), 0, 1.2),
        ("log w about -10,000: ", (samples, batch), -1e4, 2),
        ("log w about 10,000: ", (samples, batch), 1e4, 2),
        ("log w from -10,000 to 10,000: ", (samples, batch), apart, 300),
        ("weights of zero: ", (samples, batch), 0, 1.2),
    ):
        while True:  # until no two mistakes give the same number
            noise = np.clip(spread * rng.normal(size=shape), -1000, 1000)
            (log_w,) = floats(centre + noise)
            if label or _told_apart(_wrong_bounds(*doubles(log_w))):
                break
        if label.startswith("weights"):
            log_w[rng.integers(samples), : batch - 1] = -np.inf
            log_w[rng.integers(samples), 1:] = -np.inf
        (exact,) = doubles(log_w)
        wrong = [(SQUEEZED, _log_mean(exact)[0])] if shape[1] == 1 else []
        extreme = "10,000" in label
        if not label or label.startswith("log w about -60"):
            wrong = _wrong_bounds(exact)
        elif label.startswith("weights"):
            wrong = [("a weight of zero is left out of K, it counts", _log_mean_of_finite(exact))]
        verify(
            call(answer, log_w),
            _log_mean(exact),
            checked=f"{label}log_w of shape {shape}",
            wrong=wrong,
            scale=1e4 if extreme else 1,
            tolerance=1e-6 if extreme else 2e-5,
            hint=ZEROS if label.startswith("weights") else UNSTABLE if "log w" in label else "",
            undefined="log w may be negative: the mean is over w = exp(log w)" if not label else "",
        )
        if not label.startswith("weights"):
            verify_gradient(answer, (log_w,), ("log_w",), (_normalised(exact),))
    verify_repeatable(answer, log_w)
    return (
        "The logarithm of the mean of w over the samples, one value for each example, finite for "
        "log w of -10,000 and 10,000; the gradient is the normalised weights."
    )


def _log_sum(log_w, axis=0):
    largest = log_w.max(axis, keepdims=True)
    return np.log(np.exp(log_w - largest).sum(axis)) + np.squeeze(largest, axis)


def _log_mean(log_w, axis=0):
    return _log_sum(log_w, axis) - np.log(log_w.shape[axis])


def _log_mean_of_finite(log_w):
    return _log_sum(log_w) - np.log(np.isfinite(log_w).sum(0))


def _normalised(log_w):
    return np.exp(log_w - _log_sum(log_w))


def _told_apart(found):
    numbers = sorted((float(value), phrase) for phrase, value in found if np.ndim(value) == 0)
    return all(
        one == other or b - a > 5e-3 * max(abs(a), abs(b))
        for (a, one), (b, other) in itertools.pairwise(numbers)
    )


def _signed(found):
    """Each (phrase, values), then each with the other sign."""
    yield from found
    for phrase, values in found:
        yield "; and ".join(text for text in (phrase, SIGN) if text), -np.asarray(values)


@np.errstate(all="ignore")
def _wrong_bounds(log_w):
    """(phrase, values) of wrong bounds, fewest mistakes first."""
    samples, batch = log_w.shape
    right, total, largest = _log_mean(log_w), _log_sum(log_w), log_w.max(0)
    weights, log_k = _normalised(log_w), np.log(samples)
    one = "one value for each example is wanted"
    found = [
        (SIGN, -right),
        ("the mean of log w is taken: that is the ELBO; the mean is over w, inside the logarithm",
         log_w.mean(0)),
        ("log w is summed: the mean is over w, inside the logarithm", log_w.sum(0)),
        ("log K is missing: this is the logarithm of the sum, the mean is wanted", total),
        ("log K is added: it has to be subtracted", total + log_k),
        ("only the largest log w counts: all K weights are to be averaged", largest),
        ("only the largest log w counts: all K weights are to be averaged", largest - log_k),
        ("the largest log w is subtracted before exp, and not added again", right - largest),
        ("the largest log w is subtracted before exp, and not added again; and log K is missing",
         total - largest),
        ("the largest log w is added twice", right + largest),
        ("log w is averaged with the normalised weights: that is no bound, though its gradient "
         "with the weights held fixed is the right one", (weights * log_w).sum(0)),
        ("the logarithm is missing: this is the mean of w", np.exp(right)),
        ("the logarithm is missing: this is the sum of w", np.exp(total)),
        ("divided by K outside of the logarithm: there log K is subtracted", total / samples),
        ("K is subtracted, it should be log K", total - samples),
        ("divided by log K, it should be subtracted", total / log_k),
        ("log K is subtracted twice", right - log_k),
        ("log B stands for log K: the samples are dim 0", total - np.log(batch)),
        (BITS, right / np.log(2)),
        ("log2 K or log10 K stands for log K, the natural one", total - np.log2(samples)),
        ("log2 K or log10 K stands for log K, the natural one", total - np.log10(samples)),
        ("this is a power or a root of the weights: w^2 is averaged", _log_mean(2 * log_w)),
        ("the normalised weights came: the logarithm of their sum is wanted", weights),
        ("the normalised log-weights came: the logarithm of the sum itself is wanted",
         np.log(weights)),
        ("log w less log K came: the logarithm of the sum is missing", log_w - log_k),
        ("an axis too many (keepdim?)", right[None]),
        ("an axis too many (keepdim?)", right[:, None]),
        (f"log w and the weights are averaged over the batch: {BATCH}", log_w.mean(1)),
    ]  # fmt: skip
    for log_n in (np.log(batch), log_k, 0):
        found += [(f"taken over the batch: {BATCH}", _log_sum(log_w, 1) - log_n)]
        everything = _log_sum(log_w.reshape(-1)) - log_n
        found += [(f"taken over samples and batch: {one}", everything)]
        found += [(f"taken over samples and batch: {one}", everything - log_k)]
    for phrase, values in (("", right), ("log K is missing", total), ("ELBO", log_w.mean(0))):
        phrase = f"; and {phrase}" if phrase else ""
        found += [(f"the mean over the batch came: {one}{phrase}", values.mean())]
        found += [(f"summed over the batch: {one}{phrase}", values.sum())]
    return _signed(found)


@check("9.3")
def nested_bounds(answer, seed):
    """``nested_bounds(log_w, k)``: (K, B), k divides K -> mean over blocks of k rows of L_k."""
    rng = np.random.default_rng(seed)
    k, blocks = rng.permutation([3, 4, 5, 6])[:2].tolist()
    batch = int(rng.choice([7, 8, 9]))
    for label, size, count, examples, centre in (
        ("", k, blocks, batch, 0),
        ("log w about -60: ", blocks, k, batch, -60),
        ("as many blocks as rows in each: ", k, k, batch, 0),
        ("k = 1: ", 1, blocks, batch, 0),
        ("k = K: ", k, 1, batch, 0),
        ("K = k = 1: ", 1, 1, batch, 0),
        ("B = 1: ", k, blocks, 1, 0),
        ("log w about -10,000: ", k, blocks, batch, -1e4),
        ("log w about 10,000: ", k, blocks, batch, 1e4),
    ):
        (log_w,) = floats(centre + 1.5 * rng.normal(size=(count * size, examples)))
        (exact,) = doubles(log_w)
        extreme = "10,000" in label
        right = _log_mean(exact.reshape(count, size, examples), 1).mean(0)
        wrong = [] if extreme else _wrong_blocks(exact, size)
        if examples == 1:
            wrong = [(SQUEEZED, right[0])]
        verify(
            call(answer, log_w, size),
            right,
            checked=f"{label}log_w of shape {log_w.shape}, k = {size}",
            wrong=wrong,
            scale=1e4 if extreme else 1,
            tolerance=1e-6 if extreme else 2e-5,
            hint=UNSTABLE if "log w" in label else "",
        )
    verify_repeatable(answer, log_w, size)
    return (
        "L_k of each block of k successive rows, averaged over the blocks: the mean of log w for "
        "k = 1, the bound of all rows for k = K, finite for log w of -10,000 and 10,000."
    )


@np.errstate(all="ignore")
def _wrong_blocks(log_w, k):
    """(phrase, values) of wrong averages, fewest mistakes first."""
    (rows, batch), count = log_w.shape, len(log_w) // k
    blocks = log_w.reshape(count, k, batch)
    each, (log_k, log_rows) = _log_mean(blocks, 1), np.log((k, rows))
    right, one = each.mean(0), "one value for each example is wanted"
    strided = log_w.reshape(k, count, batch)
    whole = "the w of all blocks are averaged before the logarithm: this is L_K, L_k is wanted"
    exchanged = "the blocks have K / k rows: k is the number of rows in a block, not of blocks"
    apart = "the blocks are made of rows that are K / k apart: successive rows are wanted"
    mixed = "(K, B) is reshaped with the batch before the rows: examples are mixed up"
    overlap = "the blocks overlap: after each one the next k rows are wanted"
    windows = np.lib.stride_tricks.sliding_window_view(log_w, k, axis=0)
    found = [
        (SIGN, -right),
        ("this is the mean of log w, the ELBO: each block wants the logarithm of its mean w",
         log_w.mean(0)),
        (whole, _log_mean(log_w)),
        ("log w is averaged in each block and w over the blocks: it is the other way round",
         _log_mean(blocks.mean(1))),
        ("log w is averaged over the blocks and w in each block: it is the other way round",
         _log_mean(blocks.mean(0))),
        ("the first block alone is used", each[0]),
        ("the last block alone is used", each[-1]),
        ("the first block is left out", each[1:].mean(0) if count > 1 else right),
        ("the last block is left out", each[:-1].mean(0) if count > 1 else right),
        (exchanged, _log_mean(strided, 1).mean(0)),
        (f"{exchanged}; and log k is subtracted, not log(K / k)",
         (_log_sum(strided, 1) - log_k).mean(0)),
        (f"{exchanged}; and they are k apart, not successive; and log k is subtracted",
         (_log_sum(blocks, 0) - log_k).mean(0)),
        (apart, _log_mean(strided, 0).mean(0)),
        (f"{apart}; and k and K / k are exchanged", _log_mean(blocks, 0).mean(0)),
        (overlap, _log_mean(windows, 2).mean(0)),
        ("log K stands for log k: a block has k weights", right + log_k - log_rows),
        ("log(K / k) stands for log k: a block has k weights", right + log_k - np.log(count)),
        ("log k is missing", right + log_k),
        ("log k is added: it has to be subtracted", right + 2 * log_k),
        ("the bounds of the blocks are summed, they should be averaged", each.sum(0)),
        ("divided by k: there are K / k blocks", each.sum(0) / k),
        ("divided by K: there are K / k blocks", each.sum(0) / rows),
        ("the largest bound of the blocks is taken, they should be averaged", each.max(0)),
        ("the smallest bound of the blocks is taken, they should be averaged", each.min(0)),
        ("the median over the blocks is taken, their mean is wanted", np.median(each, axis=0)),
        ("the largest log w of each block is taken: all k weights count", blocks.max(1).mean(0)),
        ("log w is summed in each block: the logarithm of the mean w is wanted",
         blocks.sum(1).mean(0)),
        ("the logarithm is missing in each block", np.exp(each).mean(0)),
        ("log w is averaged with the normalised weights: that is no bound",
         np.mean([(_normalised(block) * block).sum(0) for block in blocks], axis=0)),
        (BITS, right / np.log(2)),
        ("one value for each block came: their mean over the blocks is missing", each),
        ("one value for each block came: their mean over the blocks is missing", each.T),
        (f"the mean over the batch is taken too: {one}", each.mean()),
        (f"the blocks are averaged over the batch, not over each other: {one}", each.mean(1)),
        (mixed, _log_mean(log_w.reshape(batch, count, k), 2).mean(1)),
        (mixed, _log_mean(log_w.reshape(count, batch, k), 2).mean(0)),
        (mixed, _log_mean(log_w.reshape(batch, k, count), 1).mean(1)),
        (mixed, _log_mean(log_w.reshape(k, batch, count), 0).mean(1)),
        (f"the mean is over the batch: {BATCH}", log_w.mean(1)),
        (f"logsumexp is over the batch: {BATCH}", _log_mean(log_w, 1)),
        ("an axis too many (keepdim?)", right[None]),
        ("an axis too many (keepdim?)", right[:, None]),
    ]  # fmt: skip
    subsets = list(itertools.combinations(range(rows), k)) if rows <= 12 else []
    if subsets:
        every = np.mean([_log_mean(log_w[list(chosen)]) for chosen in subsets], axis=0)
        found += [("all subsets of k rows are averaged: successive blocks are wanted", every)]
    return _signed(found)
