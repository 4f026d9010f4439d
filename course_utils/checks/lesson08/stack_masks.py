"""Check of exercise 8.3: ``stack_masks``."""

import numpy as np

from course_utils.checks._compare import refuse_dict, show
from course_utils.checks._contract import call, check
from course_utils.checks._masks import (
    ONES,
    ZEROS,
    entries_of,
    grid,
    grids_of,
    is_same,
    raster_masks,
    zeros_and_ones,
)
from course_utils.checks._remote import CheckFailed


@check("8.3", seals=("nets.masked.GatedLayer",))
def stack_masks(answer, seed):
    """``stack_masks(kernel_size, first)``: odd, 1 or 0 -> vertical and horizontal mask, (k, k)."""
    rng = np.random.default_rng(seed)
    for size in (*rng.permutation([5, 7]).tolist(), 3, 9, 1, int(rng.choice([11, 13, 17]))):
        firsts = (1, 0) if size > 1 else (0,)  # in a first layer it would be masked altogether
        titles = [f"{name} {first}" for first in firsts for name in ("vertical", "horizontal")]
        right, found = [], []
        for first in firsts:
            right += _stacks(size, 1 - first)
            about = f"stack_masks({size}, {first})"
            found += _pair(call(answer, size, first, tensors=True), about, right[-2:])
        if is_same(found, right):
            continue
        mistake = ""
        if size > 1:
            mistake = next((text for text, *masks in _mixed_up(size) if is_same(found, masks)), "")
        raise CheckFailed(
            f"{mistake or _wrong_stack(found, right, firsts)}.",
            checked=" and ".join(f"stack_masks({size}, {first})" for first in firsts)
            + ": the vertical and the horizontal mask of each, below its value of first",
            expected=grids_of(titles, right),
            received=grids_of(titles, found),
        )
    return (
        "The vertical masks hold whole rows above the centre, the horizontal ones what is left of "
        "it; the centre's row and the centre come in later layers only."
    )


def _pair(received, about, right):
    """The two masks as booleans; they may come stacked."""
    refuse_dict(received, ("vertical", "horizontal"), about)
    if isinstance(received, np.ndarray) and received.shape[:1] == (2,) and received.ndim > 2:
        received = tuple(received)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            "two masks are expected, the vertical and the horizontal one.",
            checked=about,
            expected=f"a tuple of two, (k, k) each:\n{grids_of(('vertical', 'horizontal'), right)}",
            received=show(received),
        )
    names = ("the vertical mask", "the horizontal mask")
    return [
        zeros_and_ones(mask, name, about, of)
        for mask, name, of in zip(received, names, right, strict=True)
    ]


def _stacks(size, own):
    """Vertical and horizontal mask: in the first layer ``own`` is 0, later 1."""
    rows, columns = grid(size)
    return [rows < own, (rows == 0) & (columns < own)]


def _mixed_up(size):
    """(phrase, four masks) of all four taken for others: first layer, then later ones."""
    v, h = _stacks(size, 0)
    later_v, later_h = _stacks(size, 1)
    (a, b), _ = raster_masks(size)
    swapped = "the two are exchanged: the vertical mask comes first"
    layers = "first and later layers are exchanged: first is 1 in the first layer"
    one_stack = "masks A and B of one stack came, whose blind spot stays: the vertical stack has "
    one_stack += "whole rows, the horizontal one a part of its own row alone"
    return [
        (swapped, h, v, later_h, later_v),
        (layers, later_v, later_h, v, h),
        (f"{swapped}; and {layers}", later_h, later_v, h, v),
        ("first makes no difference: every layer gets the masks of the first, past goes missing",
         v, h, v, h),
        ("first makes no difference: the first layer gets the masks of later ones, and so sees "
         "the future", later_v, later_h, later_v, later_h),
        (one_stack, a, a, b, b),
        (one_stack, a, b, a, b),
        (one_stack, b, b, a, a),
        ("rows and columns are exchanged, in both masks", v.T, h.T, later_v.T, later_h.T),
        ("rows and columns are exchanged, in both masks", h.T, v.T, later_h.T, later_v.T),
        (ONES, *[v | True] * 4),
        (ZEROS, *[v & False] * 4),
    ]  # fmt: skip


def _wrong_stack(found, right, firsts):
    """Names the first of the masks that is wrong."""
    number = next(i for i in range(len(right)) if not np.array_equal(found[i], right[i]))
    place, horizontal = divmod(number, 2)
    size, own = len(right[0]), 1 - firsts[place]
    name = f"{('vertical', 'horizontal')[horizontal]} mask, {('first layer', 'later layers')[own]}"
    phrases = (_wrong_vertical, _wrong_horizontal)[horizontal](size, own)
    for phrase, mask in phrases:
        if np.array_equal(found[number], mask):
            return f"{name}: {phrase}"
    return f"{name}: {entries_of(found[number], right[number], 'it')}"


def _wrong_vertical(size, own):
    """[(phrase, mask)] of wrong vertical masks."""
    rows, columns = grid(size)
    (a, b), _ = raster_masks(size)
    half = "it has columns on one side only, it should have all: a blind spot stays"
    part = "it has a part of the centre's row: the whole row is wanted, what stands there has "
    part += "seen no more than rows above"
    if not own:
        part = "it has a part of the centre's row: that is the horizontal stack's, and the whole "
        part += "row of later layers would show the future"
    others = [
        ("it has the centre's row, of which half is the future: rows above only", rows <= 0),
        ("it lacks the centre's row: what stands there has seen only rows above, and without it "
         "past goes missing", rows < 0),
    ]  # fmt: skip
    return [
        others[own],
        *((part, mask) for mask in (a, b, (rows < 0) | ((rows == 0) & (columns == 0)))),
        *((half, (rows < own) & mask) for mask in (columns < 0, columns <= 0)),
        *((half, (rows < own) & mask) for mask in (columns > 0, columns >= 0)),
        *((half, (rows < 0) & mask | own & b) for mask in (columns < 0, columns <= 0)),
        ("it has one column only, it should have all", (rows < own) & (columns == 0)),
        ("it has one row only, it should have all rows above", rows == own - 1),
        ("it has one row only, it should have all rows above", rows == -1),
        ("it has the rows below: they are the future", rows > -own),
        ("it has the rows below: they are the future", rows > 0),
        ("off by one: the row just above the centre is missing", rows < -1),
        ("off by one: a row below the centre is in it", rows <= 1),
        ("rows and columns are exchanged", columns < own),
        ("this is a horizontal mask", (rows == 0) & (columns < own)),
        (ONES, rows == rows),
        (ZEROS, rows != rows),
    ]  # fmt: skip


def _wrong_horizontal(size, own):
    """[(phrase, mask)] of wrong horizontal masks."""
    rows, columns = grid(size)
    (a, b), _ = raster_masks(size)
    row = rows == 0
    others = [
        ("it has the centre: that is the code to be predicted", row & (columns <= 0)),
        ("it lacks the centre: what stands there has seen only codes before its own",
         row & (columns < 0)),
    ]  # fmt: skip
    right_side = "it looks to the right, at the future: it should look to the left"
    return [
        others[own],
        *(("it has rows above: they are the vertical stack's", mask) for mask in (a, b)),
        ("it has the rows above, not the centre's row", rows < 0),
        ("it has the whole row: right of the centre is the future", row),
        ("it has the whole row but the centre: right of the centre is the future",
         row & (columns != 0)),
        (right_side, row & (columns > -own)),
        (right_side, row & (columns > 0)),
        (right_side, row & (columns >= 0)),
        ("it is a column: rows and columns are exchanged", (columns == 0) & (rows < own)),
        ("all rows have ones, the centre's row alone should", columns < own),
        ("all rows have ones, the centre's row alone should", columns < 0),
        ("the ones are in the first row, they should be in the centre's",
         (rows == -(size // 2)) & (columns < own)),
        ("the ones are in the row above the centre's", (rows == -1) & (columns < own)),
        ("the ones are in the row below the centre's", (rows == 1) & (columns < own)),
        ("off by one: the entry left of the centre is missing", row & (columns < -1)),
        ("off by one: the entry right of the centre is in it", row & (columns <= 1)),
        ("one entry only: all columns on the left are wanted", row & (columns == own - 1)),
        ("one entry only: all columns on the left are wanted", row & (columns == -1)),
        (ONES, rows == rows),
        (ZEROS, rows != rows),
    ]  # fmt: skip
