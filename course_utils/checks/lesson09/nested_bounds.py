"""Check of exercise 9.3: ``nested_bounds``."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._log_weights import (
    BATCH,
    BITS,
    SIGN,
    SQUEEZED,
    UNSTABLE,
    log_mean,
    log_sum,
    normalised_weights,
    signed_forms,
)

ZEROS = "an entry of -inf is a weight of zero: it adds nothing to its block's sum and counts in k"
LEFT_OUT = "a weight of zero is left out of k, it counts"


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
        ("log w about -90, and one of each block about -10,000: ", k, blocks, batch, -90),
        ("in float64: ", k, blocks, batch, 0),
        ("weights of zero: ", k, blocks, batch, 0),
    ):
        log_w = centre + 1.5 * rng.normal(size=(count * size, examples))
        log_w = log_w if "float64" in label else log_w.astype(np.float32)
        if "each block" in label or "zero" in label:
            rows = size * np.arange(count) + rng.integers(size, size=count)
            log_w[rows] -= np.inf if "zero" in label else 9910
        (exact,) = doubles(log_w)
        extreme = abs(centre) == 1e4
        right = log_mean(exact.reshape(count, size, examples), 1).mean(0)
        wrong = [] if extreme else _wrong_blocks(exact, size)
        if examples == 1:
            wrong = [(SQUEEZED, right[0])]
        if "zero" in label:
            wrong = [(LEFT_OUT, right + np.log(size / (size - 1)))]
        verify(
            call(answer, log_w, size),
            right,
            checked=f"{label}log_w of shape {log_w.shape}, k = {size}",
            wrong=wrong,
            scale=1e4 if extreme else 1,
            tolerance=1e-6 if extreme else 2e-5,
            hint=ZEROS if "zero" in label else UNSTABLE if "log w" in label else "",
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
    each, (log_k, log_rows) = log_mean(blocks, 1), np.log((k, rows))
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
        (whole, log_mean(log_w)),
        ("log w is averaged in each block and w over the blocks: it is the other way round",
         log_mean(blocks.mean(1))),
        ("log w is averaged over the blocks and w in each block: it is the other way round",
         log_mean(blocks.mean(0))),
        ("the first block alone is used", each[0]),
        ("the last block alone is used", each[-1]),
        ("the first block is left out", each[1:].mean(0) if count > 1 else right),
        ("the last block is left out", each[:-1].mean(0) if count > 1 else right),
        (exchanged, log_mean(strided, 1).mean(0)),
        (f"{exchanged}; and log k is subtracted, not log(K / k)",
         (log_sum(strided, 1) - log_k).mean(0)),
        (f"{exchanged}; and they are k apart, not successive; and log k is subtracted",
         (log_sum(blocks, 0) - log_k).mean(0)),
        (apart, log_mean(strided, 0).mean(0)),
        (f"{apart}; and k and K / k are exchanged", log_mean(blocks, 0).mean(0)),
        (overlap, log_mean(windows, 2).mean(0)),
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
         np.mean([(normalised_weights(block) * block).sum(0) for block in blocks], axis=0)),
        (BITS, right / np.log(2)),
        ("one value for each block came: their mean over the blocks is missing", each),
        ("one value for each block came: their mean over the blocks is missing", each.T),
        (f"the mean over the batch is taken too: {one}", each.mean()),
        (f"the blocks are averaged over the batch, not over each other: {one}", each.mean(1)),
        (mixed, log_mean(log_w.reshape(batch, count, k), 2).mean(1)),
        (mixed, log_mean(log_w.reshape(count, batch, k), 2).mean(0)),
        (mixed, log_mean(log_w.reshape(batch, k, count), 1).mean(1)),
        (mixed, log_mean(log_w.reshape(k, batch, count), 0).mean(1)),
        (f"the mean is over the batch: {BATCH}", log_w.mean(1)),
        (f"logsumexp is over the batch: {BATCH}", log_mean(log_w, 1)),
        ("an axis too many (keepdim?)", right[None]),
        ("an axis too many (keepdim?)", right[:, None]),
    ]  # fmt: skip
    subsets = list(itertools.combinations(range(rows), k)) if rows <= 12 else []
    if subsets:
        every = np.mean([log_mean(log_w[list(chosen)]) for chosen in subsets], axis=0)
        found += [("all subsets of k rows are averaged: successive blocks are wanted", every)]
    return signed_forms(found)
