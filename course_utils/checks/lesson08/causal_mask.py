"""Check of exercise 8.1: ``causal_mask``."""

import numpy as np

from course_utils.checks._contract import call, check
from course_utils.checks._masks import (
    entries_of,
    grids_of,
    is_same,
    raster_masks,
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
    for size in (*rng.permutation([5, 7]).tolist(), 3, 1, 9, int(rng.choice([11, 13, 17]))):
        kinds = (0, 1) if size > 1 else (1,)
        right, wrong = raster_masks(size)
        right = {kind: right[kind] for kind in kinds}
        titles = [f"causal_mask({size}, {kind})" for kind in kinds]
        found = [
            zeros_and_ones(call(answer, size, kind, tensors=True), "the mask", title, right[kind])
            for kind, title in zip(kinds, titles, strict=True)
        ]
        if is_same(found, right.values()):
            continue
        mistake = ""
        if size > 1:
            mistake = next((phrase for phrase, *masks in wrong if is_same(found, masks)), "")
        which = next(i for i, kind in enumerate(kinds) if (found[i] != right[kind]).any())
        name = ("mask A", "mask B")[kinds[which]]
        raise CheckFailed(
            f"{mistake or entries_of(found[which], right[kinds[which]], name)}.",
            checked=" and ".join(titles),
            expected=grids_of(titles, right.values()),
            received=grids_of(titles, found),
        )
    return (
        "Ones before the centre in raster order, zeros after it, the centre in mask B alone, for "
        "kernels of 1 to 9."
    )
