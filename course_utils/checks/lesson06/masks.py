"""Check of exercise 6.2: ``masks``."""

import itertools

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._contract import as_tuple, call, check
from course_utils.checks._remote import CheckFailed

AS_LIST = "[int(width) for width in hidden_dims] makes a list of either"


@check("6.2", seals=("nets.made.MADE",))
def masks(answer, seed):
    """``masks(dim, hidden_dims, out_per_dim)`` -> list of masks, (units out, units in), 0 and 1.

    Any degrees are right with which output i, dimension-major, reaches the inputs before it, and
    with which half of the units of each hidden layer lead to an output.
    """
    rng = np.random.default_rng(seed)
    dim, other = int(rng.integers(5, 8)), int(rng.integers(4, 8))
    first = 2 * dim + int(rng.integers(1, dim - 1))  # no multiple of D - 1
    for count, widths, out in (
        (dim, (first, first + 4), int(rng.integers(2, 4))),
        (dim, (3 * dim,), 1),
        (other, (other - 1,), 2),  # so narrow that each degree occurs once
        (other, (other - 1, 2 * other + 1, other + 1), 1),
        (other, (other,) * 3, 3),
        (16, (64, 40, 31), 2),
        (2, (1, 3), 2),
        (1, (4, 3), 2),
        (1, (1,), 1),
    ):
        for kind, given in (("tensor", np.array(widths)), ("", as_tuple(*widths))):
            told = f"tensor({list(widths)})" if kind else widths
            about = f"masks(dim={count}, hidden_dims={told}, out_per_dim={out})"
            try:
                received = call(answer, count, given, out)
            except CheckFailed as failure:
                if failure.written:
                    failure.checked = f"{about}, a tuple or a tensor; {AS_LIST}"
                raise
            _verify_masks(received, count, widths, out, about)
    return (
        "Output i is reached by all inputs before it and by no other, whatever the widths, for "
        "one to three hidden layers and for D = 1; parameters are ordered by dimension."
    )


def _verify_masks(received, dim, widths, out, about):
    units = [dim, *widths, dim * out]
    shapes = list(zip(units[1:], units, strict=False))
    mistake = _wrong_shapes(received, shapes, dim) or _wrong_entries(received)
    if mistake:
        is_list = isinstance(received, tuple)
        told = _listed(mask.shape for mask in received) if is_list else show(received)
        raise CheckFailed(f"{mistake}.", checked=about, expected=_listed(shapes), received=told)
    reach = np.eye(dim)
    for mask in received:
        reach = (mask.astype(np.float64) @ reach > 0).astype(np.float64)
    _verify_reach(reach > 0, dim, out, len(widths), about)
    if dim > 1:
        _verify_units(received, about)


def _verify_units(received, about):
    """Refuse a hidden layer of which less than half of the units lead to any output."""
    leads = np.ones(len(received[-1]))
    for number in range(len(received) - 1, 0, -1):
        leads = (received[number].astype(np.float64).T @ leads > 0).astype(np.float64)
        if (count := int(leads.sum())) < len(leads) / 2:
            raise CheckFailed(
                "most hidden units are cut off from every output, so the network is narrow: do "
                "the degrees 1, ..., D - 1 come over and over?",
                checked=f"{about}: the units that lead to an output",
                expected=f"all {len(leads)} units of hidden layer {number}",
                received=f"{count} of {len(leads)} units",
            )


def _listed(shapes):
    return "masks of the shapes " + ", ".join(map(str, shapes))


def _wrong_shapes(received, shapes, dim):
    """Names what is wrong with the number or the shapes of the masks."""
    if isinstance(received, dict):
        return "return a list, not a dict: the masks in the order of the layers"
    if not isinstance(received, tuple):
        return "a list of masks is expected, one for each layer"
    found, count = [mask.shape for mask in received], len(shapes)
    if found == shapes:
        return ""
    if found == shapes[:-1]:
        return "the last mask is missing, from the last hidden layer to the outputs"
    if found == shapes[1:]:
        return "the first mask is missing, from the inputs to the first hidden layer"
    if found == [shapes[0], *shapes]:
        return "the first mask comes twice"
    if len(found) != count:
        return f"{count} masks are expected, one for each layer; {len(found)} came"
    turned = [shape[::-1] for shape in shapes]
    if found == turned:
        return "the masks are transposed: (units out, units in), as the weight of nn.Linear"
    if found == shapes[::-1] or found == turned[::-1]:
        return "the masks come in the wrong order: the first is that of the inputs"
    if found[:-1] == shapes[:-1] and found[-1] == (dim, shapes[-1][1]):
        return "the last mask has one row for each dimension: each of its parameters needs one"
    wrong = next(i for i in range(count) if found[i] != shapes[i])
    if found[wrong] == shapes[wrong][::-1]:
        return f"mask number {wrong + 1} is transposed: (units out, units in) is wanted"
    return f"mask number {wrong + 1} has the shape {found[wrong]}, not {shapes[wrong]}"


def _wrong_entries(received):
    for number, mask in enumerate(received, start=1):
        if not np.isin(mask, (0, 1)).all():
            return f"mask number {number} holds other values than 0 and 1: {_strange(mask)}"
    return ""


def _strange(mask):
    strange = np.unique(mask[~np.isin(mask, (0, 1))])[:3]
    return ", ".join(f"{value:.6g}" for value in strange)


def _verify_reach(reach, dim, out, depth, about):
    """Compare reach (D * P, D), which output sees which input, with j < i."""
    steps = np.subtract.outer(np.arange(dim), np.arange(dim))  # i - j
    right = np.repeat(steps > 0, out, axis=0)
    if np.array_equal(reach, right):
        return
    inputs = np.arange(dim)
    patterns = [
        ("", steps > 0),
        ("an output sees its own input: the last comparison has to be strict", steps >= 0),
        ("every output sees every input: nothing is masked", steps < dim),
        ("no output sees any input", steps > dim),
        ("the order is reversed: outputs see the inputs after them", steps < 0),
        ("the order is reversed, and an output sees its own input", steps <= 0),
        ("permitted dependencies are missing: the last comparison is strict, no other",
         steps > depth),
        ("permitted dependencies are missing: outputs see the first input alone, all hidden "
         "units have degree 1", (inputs == 0) & (steps > 0)),
        ("permitted dependencies are missing: the last output alone sees anything, all hidden "
         "units have degree D - 1", (steps > 0) & (inputs[:, None] == dim - 1)),
    ]  # fmt: skip
    order = "the outputs are ordered by parameter: all parameters of dimension 1 come first "
    order += "(repeat_interleave)"
    mistake = ""
    for (what, rows), (how, repeat) in itertools.product(
        patterns, (("", np.repeat), (order, _tile))
    ):
        if np.array_equal(reach, repeat(rows, out, axis=0)):
            mistake = mistake or "; and ".join(text for text in (how, what) if text)
    leaks, missing = int((reach & ~right).sum()), int((right & ~reach).sum())
    if not mistake and leaks:
        mistake = f"{leaks} forbidden dependencies are there: output i may see inputs before i only"
    elif not mistake:
        mistake = f"{missing} permitted dependencies are missing: each degree 1, ..., D - 1 has to "
        mistake += "occur in every hidden layer, and the last comparison alone is strict"
    row = int((reach != right).any(1).argmax())
    raise CheckFailed(
        f"{mistake}.",
        checked=f"{about}: the product of the masks",
        expected=f"{_row(row, out)} sees {_inputs(right[row])}",
        received=f"{_row(row, out)} sees {_inputs(reach[row])}",
    )


def _tile(rows, count, axis):
    return np.concatenate([rows] * count, axis=axis)


def _row(row, out):
    return f"output {row // out + 1}" + (f", parameter {row % out + 1}," if out > 1 else "")


def _inputs(seen):
    numbers = ", ".join(str(j + 1) for j in np.flatnonzero(seen))
    return ("inputs " if seen.sum() > 1 else "input ") + numbers if numbers else "no input"
