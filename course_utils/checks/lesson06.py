"""Checks of lesson 06: the density of a flow, and the masks of a MADE."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import LOG_2_PI, candidates
from course_utils.checks._remote import CheckFailed

OTHER_WAY = (
    "epsilon = (z - shift) * exp(-log_scale) is the other direction, from noise to z: here "
    "epsilon = z * exp(log_scale) + shift"
)
BIG_SCALE = (
    "right for moderate values, wrong for extreme ones: is something clamped, is exp(log_scale) "
    "multiplied and its logarithm taken, or a density that underflows?"
)

AS_LIST = "[int(width) for width in hidden_dims] makes a list of such a tensor"


@check("6.1", seals=("nets.made.AutoregressivePrior",))
def flow_log_prob(answer, seed):
    """``flow_log_prob(z, log_scale, shift)``: (..., L) each -> log p(z), (...), nats.

    epsilon = z * exp(log_scale) + shift is standard normal.
    """
    rng = np.random.default_rng(seed)
    samples, batch, latents = sizes(rng, 3)
    for label, shape, low, high, spread in (
        ("", (batch, latents), -1.2, 1.2, 1),
        ("K samples in front: ", (samples, batch, latents), -1.2, 1.2, 1),
        ("one z: ", (latents,), -1.2, 1.2, 1),
        ("log_scale from -9 to 5, shift up to 75: ", (batch, latents), -9, 5, 30),
        ("log_scale from 6 to 9: ", (batch, 16), 6, 9, 1),
        ("log_scale from -9 to -6: ", (batch, 16), -9, -6, 1),
    ):
        log_scale = rng.uniform(low, high, shape)
        z, shift = (np.clip(rng.normal(0, 1.2, shape), -2.5, 2.5) for _ in range(2))
        arrays = floats(z, log_scale, spread * shift)
        formulas = flow_formulas(*doubles(*arrays))
        terms, slopes, size = formulas[0][1], *_flow_slopes(*doubles(*arrays))
        extreme = low != -1.2
        verify(
            call(answer, *arrays),
            terms.sum(-1),
            checked=f"{label}z, log_scale and shift of shape {shape}",
            wrong=() if extreme else wrong_flow(formulas),
            scale=size,
            hint=BIG_SCALE if extreme else "",
        )
        verify_gradient(answer, arrays, ("z", "log_scale", "shift"), slopes)
    verify_repeatable(answer, *arrays)
    return (
        "log N(epsilon; 0, I) plus the log-determinant, one value for each z, for (L,), (B, L) "
        "and (K, B, L); values and gradients are right for log_scale from -9 to 9."
    )


def _flow_slopes(z, log_scale, shift):
    """Gradients of the sum with respect to the three, and the size of what is added up."""
    scaled = z * np.exp(log_scale)
    epsilon = scaled + shift
    slopes = (-epsilon * np.exp(log_scale), 1 - epsilon * scaled, -epsilon)
    size = np.abs(log_scale) + 0.5 * (np.abs(scaled) + np.abs(shift)) ** 2 + 1
    return slopes, size.sum(-1)


@np.errstate(all="ignore")
def flow_formulas(z, log_scale, shift):
    """(phrase, terms) of log p(z) for each dimension: the right one first."""
    scale, constant, latents = np.exp(log_scale), 0.5 * LOG_2_PI, z.shape[-1]

    def of(epsilon, log_det=log_scale):
        return log_det - constant - 0.5 * epsilon**2

    epsilon, other = z * scale + shift, (z - shift) / scale
    square, right = 0.5 * epsilon**2, of(epsilon)
    exp_missing = "log_scale is taken for the scale: exp is missing"
    halved = "log_scale is halved, as if it were a log-variance"
    return [
        ("", right),
        ("the log-determinant, the sum of log_scale, is missing", of(epsilon, 0)),
        ("log_scale has the wrong sign in the log-determinant: it is added",
         of(epsilon, -log_scale)),
        ("log_scale is averaged over the dimensions, it has to be summed",
         right - log_scale + log_scale / latents),
        ("the determinant's logarithm is missing: exp(log_scale) is added", of(epsilon, scale)),
        ("the constant 1/2 log(2 pi) is missing", right + constant),
        ("the constant is counted once for an example, not for each dimension",
         right + constant * (latents - 1) / latents),
        ("the 1/2 is missing", log_scale - 2 * constant - 2 * square),
        ("the 1/2 is missing in front of epsilon squared", right - square),
        ("the 1/2 is missing in front of log(2 pi)", right - constant),
        ("the 1/2 multiplies log_scale too", right - 0.5 * log_scale),
        ("epsilon squared has the wrong sign", right + 2 * square),
        ("the constant has the wrong sign", right + 2 * constant),
        ("epsilon is not squared", log_scale - constant - 0.5 * epsilon),
        ("epsilon is not squared", log_scale - constant - 0.5 * np.abs(epsilon)),
        (OTHER_WAY, of(other)),
        (OTHER_WAY, of(other, -log_scale)),
        ("shift is added before the scaling: epsilon = z * exp(log_scale) + shift",
         of((z + shift) * scale)),
        ("shift is subtracted, and before the scaling: epsilon = z * exp(log_scale) + shift",
         of((z - shift) * scale)),
        ("shift is subtracted: epsilon = z * exp(log_scale) + shift", of(z * scale - shift)),
        ("z is divided by exp(log_scale), it should be multiplied", of(z / scale + shift)),
        ("z is divided by exp(log_scale), it should be multiplied",
         of(z / scale + shift, -log_scale)),
        ("shift is missing in epsilon", of(z * scale)),
        ("exp(log_scale) is missing in epsilon", of(z + shift)),
        ("the normal density is taken at z, it should be at epsilon", of(z)),
        (exp_missing, of(z * log_scale + shift)),
        (exp_missing, of(z * log_scale + shift, np.log(np.abs(log_scale)))),
        (halved, of(z * np.sqrt(scale) + shift)),
        (halved, of(z * np.sqrt(scale) + shift, 0.5 * log_scale)),
        ("log_scale and shift are taken for each other", of(z * np.exp(shift) + log_scale, shift)),
    ]  # fmt: skip


@np.errstate(all="ignore")
def wrong_flow(formulas):
    """(phrase, values) of wrong log p(z), fewest mistakes first."""
    density = ("this is the density: the logarithm is missing", np.exp(formulas[0][1].sum(-1)))
    sign = "the sign is wrong: this is minus the log-density"
    return itertools.chain([density], candidates(formulas, sign=sign))


@check("6.2", seals=("nets.made.MADE",))
def masks(answer, seed):
    """``masks(dim, hidden_dims, out_per_dim)`` -> list of masks, (units out, units in), 0 and 1.

    Any degrees are right with which output i, dimension-major, reaches the inputs before it.
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
        (2, (1, 3), 2),
        (1, (4, 3), 2),
    ):
        about = f"masks(dim={count}, hidden_dims=tensor({list(widths)}), out_per_dim={out})"
        try:
            received = call(answer, count, np.array(widths), out)
        except CheckFailed as failure:
            if failure.written:
                failure.checked = f"{about}; {AS_LIST}"
            raise
        units = [count, *widths, count * out]
        shapes = list(zip(units[1:], units, strict=False))
        mistake = _wrong_shapes(received, shapes, count) or _wrong_entries(received)
        if mistake:
            told = received if isinstance(received, np.ndarray) else [m.shape for m in received]
            told = show(received) if told is received else _listed(told)
            raise CheckFailed(f"{mistake}.", checked=about, expected=_listed(shapes), received=told)
        reach = np.eye(count)
        for mask in received:
            reach = (mask.astype(np.float64) @ reach > 0).astype(np.float64)
        _verify_reach(reach > 0, count, out, len(widths), about)
    return (
        "Output i is reached by all inputs before it and by no other, whatever the widths, for "
        "one to three hidden layers and for D = 1; parameters are ordered by dimension."
    )


def _listed(shapes):
    return "masks of the shapes " + ", ".join(map(str, shapes))


def _wrong_shapes(received, shapes, dim):
    """Names what is wrong with the number or the shapes of the masks."""
    if not isinstance(received, tuple):
        return "a list of masks is expected, one for each layer"
    found, count = [mask.shape for mask in received], len(shapes)
    if found == shapes:
        return ""
    if found == shapes[:-1]:
        return "the last mask is missing, from the last hidden layer to the outputs"
    if found == shapes[1:]:
        return "the first mask is missing, from the inputs to the first hidden layer"
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
            return f"mask number {number} holds other values than 0 and 1"
    return ""


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
