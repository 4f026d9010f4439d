"""Checks of lesson 08: the mask of a PixelCNN, and the masks of its two stacks."""

import itertools

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

KINDS = "mask_type is the number 0 for A, without the centre, or 1 for B, with it"
ONES = "nothing is masked: every entry is 1"
ZEROS = "everything is masked: every entry is 0"


@check("8.1", seals=("nets.masked.MaskedConv2d",))
def causal_mask(answer, seed):
    """``causal_mask(kernel_size, mask_type)``: odd, 0 for A or 1 for B -> (k, k), ones and zeros.

    Ones stand before the centre in raster order, and at the centre for B. A kernel of 1 comes with
    mask B alone: mask A leaves nothing of it, and the package's layer refuses that.
    """
    rng = np.random.default_rng(seed)
    for size in (*rng.permutation([5, 7]).tolist(), 3, 1, 9):
        right, wrong = _raster_masks(size)
        found = {}
        for mask_type in (0, 1) if size > 1 else (1,):
            about = f"causal_mask({size}, {mask_type})"
            mask, example = call(answer, size, mask_type), _rows(right[mask_type])
            found[mask_type] = _zeros_and_ones(mask, size, "the mask", about, example)
        if all(np.array_equal(mask, right[kind]) for kind, mask in found.items()):
            continue
        mistake = ""
        if size > 1:
            mistake = next((phrase for phrase, *masks in wrong if _same(found.values(), masks)), "")
        kind = next(k for k, mask in found.items() if not np.array_equal(mask, right[k]))
        mistake = mistake or _entries(found[kind], right[kind], ("mask A", "mask B")[kind])
        raise CheckFailed(
            f"{mistake}.",
            checked=f"causal_mask({size}, 0) and causal_mask({size}, 1), row by row",
            expected=_told(right),
            received=_told(found.values()),
        )
    return (
        "Ones before the centre in raster order, zeros after it, the centre in mask B alone, for "
        "kernels of 1 to 9."
    )


def _grid(size):
    """Rows and columns of the entries, counted from the centre: (k, k) each."""
    return np.mgrid[:size, :size] - size // 2


def _raster_masks(size):
    """The right masks A and B, and [(phrase, mask A, mask B)] of wrong ones."""
    rows, columns = _grid(size)
    order = rows * size + columns  # steps from the centre, in raster order
    above, left, beside = rows < 0, (rows == 0) & (columns < 0), (rows == 0) & (columns > 0)
    none, every, centre = order != order, order == order, order == 0
    right = (order < 0, order <= 0)
    upper_left = "the rows above are kept up to the centre's column: whole rows come before it"
    bases = [
        ("", above | left),
        ("the centre's whole row is kept: what is right of the centre comes after it",
         above | left | beside),
        ("the right of the centre is kept in place of the left: it comes after the centre",
         above | beside),
        ("the rows above alone are kept: left of the centre is past as well", above),
        ("the centre's row alone is kept: the rows above are past as well", left),
        ("the future is kept: ones stand after the centre, they should stand before it",
         order > 0),
        ("the rows below are kept in place of those above", (rows > 0) | left),
        ("rows and columns are exchanged: the order is row by row, not column by column",
         (columns < 0) | ((columns == 0) & (rows < 0))),
        ("all rows are kept left of the centre: the rows below come after it", columns < 0),
        (upper_left, (above & (columns <= 0)) | left),
        (upper_left, (above & (columns < 0)) | left),
        ("a triangle is kept (tril or triu): that is no raster order", rows > columns),
        ("a triangle is kept (tril or triu): that is no raster order", rows < columns),
        ("everything but the centre is kept", ~centre),
    ]  # fmt: skip
    centres = [
        ("", (False, True)),
        (f"the centre is kept in both masks: {KINDS}", (True, True)),
        (f"the centre is missing in both masks: {KINDS}", (False, False)),
        (f"A and B are exchanged: {KINDS}", (True, False)),
    ]
    wrong = [
        (ONES, every, every),
        (ZEROS, none, none),
        ("the mask is inverted: ones stand where zeros should", ~right[0], ~right[1]),
        ("off by one: the entry before the centre is missing", order < -1, order < 0),
        ("the centre's row is kept as a whole or not at all: its left part alone is past",
         above, rows <= 0),
        ("off by one: the entry after the centre is kept", order <= 0, order <= 1),
        ("off by one: the entry after the centre is kept", order < 0, order <= 1),
    ]  # fmt: skip
    for (what, base), (how, pair) in itertools.product(bases, centres):
        phrase = "; and ".join(text for text in (what, how) if text)
        wrong += [(phrase, *((base | centre) if own else base for own in pair))] if phrase else []
    return right, wrong


def _zeros_and_ones(received, size, name, about, expected):
    """The mask as booleans (k, k); :class:`CheckFailed` where its form is another."""
    if not isinstance(received, np.ndarray):
        mistake = f"{name} should be one tensor of shape (k, k), {show(received)} came"
    elif received.shape == (size, size):
        other = not np.isin(received, (0, 1)).all()
        mistake = f"{name} holds other values than 0 and 1: it multiplies the weights"
        mistake = mistake if other else ""
    elif received.shape == (size**2,):
        mistake = f"{name} is one-dimensional: it has to be folded to (k, k)"
    elif received.size == size**2 and received.ndim > 2:
        mistake = f"{name} has axes too many: (k, k) is wanted, for all channels alike"
    elif received.ndim == 2 and received.shape[1] == size and received.shape[0] < size:
        mistake = f"{name} has {len(received)} of its {size} rows: those of zeros belong to it"
    else:
        mistake = f"the shape of {name} is {received.shape}, it should be {(size, size)}"
    if mistake:
        expected = f"shape {(size, size)}, such as {expected}"
        raise CheckFailed(f"{mistake}.", checked=about, expected=expected, received=show(received))
    return received.astype(bool)


def _same(found, masks):
    return all(np.array_equal(one, other) for one, other in zip(found, masks, strict=True))


def _entries(found, right, name):
    """What is wrong with a mask that is no famous one."""
    row, column = np.argwhere(found != right)[0].tolist()
    place = f"row {row + 1}, column {column + 1}"
    if found[row, column]:
        return f"{name} has a 1 in {place}, where it should have a 0"
    return f"{name} has a 0 in {place}, where it should have a 1"


def _rows(mask):
    return " ".join("".join(str(int(entry)) for entry in row) for row in mask)


def _told(masks):
    return " | ".join(map(_rows, masks))


@check("8.3", seals=("nets.masked.GatedLayer",))
def stack_masks(answer, seed):
    """``stack_masks(kernel_size, first)``: odd, 1 or 0 -> vertical and horizontal mask, (k, k)."""
    rng = np.random.default_rng(seed)
    for size in (*rng.permutation([5, 7]).tolist(), 3, 9):
        right, found = [], []
        for first in (1, 0):
            right += _stacks(size, 1 - first)
            about = f"stack_masks({size}, {first})"
            found += _pair(call(answer, size, first), size, about, right[-2:])
        if _same(found, right):
            continue
        mistake = next((text for text, *masks in _mixed_up(size) if _same(found, masks)), "")
        raise CheckFailed(
            f"{mistake or _wrong_stack(found, right, size)}.",
            checked=f"stack_masks({size}, 1) and stack_masks({size}, 0), row by row",
            expected=_told(right),
            received=_told(found),
        )
    return (
        "The vertical masks hold whole rows above the centre, the horizontal ones what is left of "
        "it; the centre's row and the centre come in later layers only."
    )


def _pair(received, size, about, right):
    """The two masks as booleans; they may come stacked."""
    if isinstance(received, np.ndarray) and received.shape[:1] == (2,) and received.ndim > 2:
        received = tuple(received)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            "two masks are expected, the vertical and the horizontal one.",
            checked=about,
            expected=f"a tuple of two, (k, k) each: {_told(right)}",
            received=show(received),
        )
    names = ("the vertical mask", "the horizontal mask")
    return [
        _zeros_and_ones(mask, size, name, about, _rows(of))
        for mask, name, of in zip(received, names, right, strict=True)
    ]


def _stacks(size, own):
    """Vertical and horizontal mask: in the first layer ``own`` is 0, later 1."""
    rows, columns = _grid(size)
    return [rows < own, (rows == 0) & (columns < own)]


def _mixed_up(size):
    """(phrase, four masks) of all four taken for others: first layer, then later ones."""
    v, h = _stacks(size, 0)
    later_v, later_h = _stacks(size, 1)
    (a, b), _ = _raster_masks(size)
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


def _wrong_stack(found, right, size):
    """Names the first of the four masks that is wrong."""
    number = next(i for i in range(4) if not np.array_equal(found[i], right[i]))
    own, horizontal = divmod(number, 2)
    name = f"{('vertical', 'horizontal')[horizontal]} mask, {('first layer', 'later layers')[own]}"
    phrases = (_wrong_vertical, _wrong_horizontal)[horizontal](size, own)
    for phrase, mask in phrases:
        if np.array_equal(found[number], mask):
            return f"{name}: {phrase}"
    return f"{name}: {_entries(found[number], right[number], 'it')}"


def _wrong_vertical(size, own):
    """[(phrase, mask)] of wrong vertical masks."""
    rows, columns = _grid(size)
    (a, b), _ = _raster_masks(size)
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
    rows, columns = _grid(size)
    (a, b), _ = _raster_masks(size)
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
