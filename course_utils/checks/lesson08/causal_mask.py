"""Check of exercise 8.1: ``causal_mask``."""

import numpy as np

from course_utils.checks._contract import call, check
from course_utils.checks._masks import (
    entries_of,
    is_same,
    raster_masks,
    rows_of,
    told_of,
    zeros_and_ones,
)
from course_utils.checks._remote import CheckFailed


@check("8.1", seals=("nets.masked.MaskedConv2d",))
def causal_mask(answer, seed):
    """``causal_mask(kernel_size, mask_type)``: odd, 0 for A or 1 for B -> (k, k), ones and zeros.

    Ones stand before the centre in raster order, and at the centre for B. A kernel of 1 comes with
    mask B alone: mask A leaves nothing of it, and the package's layer refuses that.
    """
    rng = np.random.default_rng(seed)
    for size in (*rng.permutation([5, 7]).tolist(), 3, 1, 9):
        right, wrong = raster_masks(size)
        found = {}
        for mask_type in (0, 1) if size > 1 else (1,):
            about = f"causal_mask({size}, {mask_type})"
            mask, example = call(answer, size, mask_type), rows_of(right[mask_type])
            found[mask_type] = zeros_and_ones(mask, size, "the mask", about, example)
        if all(np.array_equal(mask, right[kind]) for kind, mask in found.items()):
            continue
        mistake = ""
        if size > 1:
            mistake = next(
                (phrase for phrase, *masks in wrong if is_same(found.values(), masks)), ""
            )
        kind = next(k for k, mask in found.items() if not np.array_equal(mask, right[k]))
        mistake = mistake or entries_of(found[kind], right[kind], ("mask A", "mask B")[kind])
        raise CheckFailed(
            f"{mistake}.",
            checked=f"causal_mask({size}, 0) and causal_mask({size}, 1), row by row",
            expected=told_of(right),
            received=told_of(found.values()),
        )
    return (
        "Ones before the centre in raster order, zeros after it, the centre in mask B alone, for "
        "kernels of 1 to 9."
    )
