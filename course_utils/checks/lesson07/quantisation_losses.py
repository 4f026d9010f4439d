"""Check of exercise 7.4: ``quantisation_losses``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, show, verify
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._forms import in_pairs
from course_utils.checks._masks import SQUEEZED
from course_utils.checks._remote import CheckFailed

EXTREMES = (
    "right for moderate differences alone: are large ones not squared, or small ones changed?"
)
MIXED = "is it that of something else, or are examples mixed?"
NAMES = ("codebook loss", "commitment loss")


@check("7.4", seals=("nets.quantizer.VectorQuantizer",))
def quantisation_losses(answer, seed):
    """``quantisation_losses(z_e, e)``: (B, D, H, W) twice -> codebook and commitment loss, (B,)."""
    answer = in_pairs(answer, *NAMES)
    rng = np.random.default_rng(seed)
    batch, *event = rng.permutation([3, 5, 6, 7]).tolist()
    for label, shape, distance in (
        ("", (batch, *event), 1.5),
        ("B = 1: ", (1, *event), 1.5),
        ("D = H = W = 1: ", (batch, 1, 1, 1), 1.5),
        ("D = 1: ", (batch, 1, *event[1:]), 1.5),
        ("H = 1: ", (batch, event[0], 1, event[2]), 1.5),
        ("W = 1: ", (batch, *event[:2], 1), 1.5),
        ("far apart: ", (batch, *event), 1000.0),
        ("very far apart: ", (batch, *event), 1e6),
        ("near each other: ", (batch, *event), 0.01),
        ("z_e equal to e: ", (batch, *event), 0.0),
        ("one example has z_e equal to e: ", (batch, *event), None),
    ):
        z_e = rng.normal(size=shape)
        far = np.append(np.ones(shape[0] - 1), 0)[:, None, None, None]
        far = far if distance is None else distance
        e = z_e + far * rng.choice([-1, 1], shape) * rng.uniform(0.3, 2, shape)
        z_e, e = floats(z_e, e)
        about = f"{label}z_e and e of shape {shape}"
        difference = np.subtract(*doubles(z_e, e))
        right, wrong = _means(difference)
        lost = [(SQUEEZED, right.squeeze())] if shape[0] == 1 else []
        received = call(answer, z_e, e)
        if not isinstance(received, tuple) or len(received) != 2:
            raise CheckFailed(
                "a tuple of two is expected, codebook loss and commitment loss, apart and "
                "without beta.",
                checked=about,
                expected=f"two arrays of shape {right.shape}",
                received=show(received),
            )
        for name, loss in zip(NAMES, received, strict=True):
            hint = EXTREMES if "far" in label or "near" in label else ""
            verify(loss, right, checked=about, wrong=lost + wrong, part=name, hint=hint)
        if distance == 0:
            _verify_rest(answer, (z_e, e), about)
        else:
            _verify_sides(answer, (z_e, e), difference, rng.uniform(0.5, 2, shape[0]), about)
    return (
        "Both are the mean of the squares over D, H and W, one value for each example; the first "
        "moves e alone, the second z_e alone."
    )


def _means(difference):
    """The right losses (B,), and [(phrase, values)] of wrong ones."""
    square, (_, dim, height, width) = difference**2, difference.shape
    right, total = square.mean((1, 2, 3)), square.sum((1, 2, 3))
    batch = "the mean is taken over the batch too: one value for each example is wanted"
    return right, [
        ("the sum over D, H and W is taken in place of the mean", total),
        ("the mean is taken over D alone: it should be over D, H and W", square.mean(1)),
        ("the mean is taken over H and W alone, not over D", square.mean((2, 3))),
        ("the mean is taken over the last dimension alone", square.mean(-1)),
        ("it is divided by H W alone: a mean over D, H and W divides by D H W",
         total / (height * width)),
        ("it is divided by D alone: a mean over D, H and W divides by D H W", total / dim),
        (batch, square.mean()),
        ("summed over everything: one value for each example is wanted", square.sum()),
        ("summed over the batch: one value for each example is wanted", right.sum()),
        (batch, total.mean()),
        ("the mean is taken over the batch in place of D, H and W", square.mean(0)),
        ("one value for each element: the mean over D, H and W is missing", square),
        ("it is divided by the batch size too", right / len(right)),
        ("the root is taken, the squares themselves are averaged", np.sqrt(right)),
        ("this is the length of the difference: the square and the mean are missing",
         np.sqrt(total)),
        ("absolute differences are averaged, squared ones are wanted",
         np.abs(difference).mean((1, 2, 3))),
        ("the difference is not squared", difference.mean((1, 2, 3))),
        ("the difference is not squared", -difference.mean((1, 2, 3))),
        ("the mean is squared: the squares are to be averaged", difference.mean((1, 2, 3)) ** 2),
        ("there is a factor 1/2 too many", right / 2),
        ("beta is included: it is applied later", right / 4),
        ("the sign is wrong", -right),
        ("axes too many (keepdim?)", right[:, None, None, None]),
    ]  # fmt: skip


def _verify_rest(answer, arrays, about):
    """At z_e = e nothing moves: every gradient is 0, and none is NaN."""
    for output, name in enumerate(NAMES):
        for side, slope in zip(("z_e", "e"), gradient(answer, *arrays, output=output), strict=True):
            if slope is not None and slope.any():
                raise CheckFailed(
                    f"{name}: the value is right, its gradient with respect to {side} is not 0 "
                    "where z_e equals e: is a root taken on the way?",
                    checked=about,
                    expected="0 everywhere",
                    received=show(slope),
                )


def _verify_sides(answer, arrays, difference, probe, about):
    """Each loss moves its own side alone."""
    about = f"{about}, the gradient of each loss, the examples weighted by random numbers"
    found = [gradient(answer, *arrays, output=output, probe=probe) for output in (0, 1)]
    moved = [[slope is not None and slope.any() for slope in slopes] for slopes in found]
    if moved != [[False, True], [True, False]]:
        raise CheckFailed(
            f"the values are right, but {_wrong_side(moved)}.",
            checked=about,
            expected="the codebook loss moves e alone, the commitment loss z_e alone",
            received="; ".join(map(_told, NAMES, moved)),
        )
    slope = 2 * difference * (probe / difference[0].size)[:, None, None, None]
    for name, received, right in zip(
        NAMES, (found[0][1], found[1][0]), (-slope, slope), strict=True
    ):
        with np.errstate(all="ignore"):
            is_uneven = np.ptp(received / right) > 1e-3
        verify(
            received,
            right,
            checked=about,
            part=f"{name}: the value is right, its gradient is not",
            wrong=[
                ("the factor 2 is missing", right / 2),
                ("a factor is counted twice", right * 2),
                ("it has the wrong sign", -right),
            ],
            tolerance=1e-5,
            scale=1e-2 * np.abs(right).max(),
            hint=MIXED if is_uneven else "",
        )


def _told(name, moved):
    sides = [side for side, moves in zip(("z_e", "e"), moved, strict=True) if moves]
    return f"the {name} moves {' and '.join(sides) or 'nothing'}"


def _wrong_side(moved):
    """What is detached wrongly; ``moved``: for each loss, whether z_e and e get a gradient."""
    if moved == [[True, False], [False, True]]:
        return "the two are swapped: the codebook loss, which moves e, comes first"
    if moved == [[True, True], [True, True]]:
        return "nothing is detached: each loss moves both z_e and e"
    if moved == [[False, False], [False, False]]:
        return "no gradient reaches z_e or e: in each loss detach one side alone"
    for name, other, own, (to_own, to_other) in (
        ("codebook loss", "z_e", "e", moved[0][::-1]),
        ("commitment loss", "e", "z_e", moved[1]),
    ):
        if to_own and to_other:
            return f"the {name} moves {other} as well: detach {other} in it"
        if to_other:
            return f"the {name} moves {other}, it should move {own}: the wrong side is detached"
        if not to_own:
            return f"the {name} moves nothing: it has to move {own}, detach {other} alone"
    raise AssertionError(moved)
