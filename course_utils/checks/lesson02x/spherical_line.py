"""Check of exercise 2x.2: ``spherical_line``."""

import numpy as np

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("2x.2")
def spherical_line(answer, seed):
    """``spherical_line(a, b, step)``: codes (P, L), (P, L), a number -> (P, L)."""
    rng = np.random.default_rng(seed)
    one, two = sizes(rng, 2)
    for label, count, latents, step in (
        ("", one, two, 0.3),
        ("the middle: ", two, one, 0.5),
        ("the start: ", one, 6, 0.0),
        ("the end: ", one, 6, 1.0),
        ("ends of very different lengths: ", one, two, 0.7),
        ("one pair: ", 1, 8, 0.25),
        ("two latents: ", 6, 2, 0.6),
    ):
        a, b = rng.normal(0, 1, (2, count, latents))
        if label.startswith("ends"):
            a, b = 5 * a, 0.4 * b
        if latents == 2:  # nearly opposite ends have no safe way around
            a, b = np.abs(a) + 0.2, np.abs(b) * [1, -1] + [0.2, 0]
        a, b = floats(a, b)
        right, wrong = _answers(*doubles(a, b), step)
        verify(
            call(answer, a, b, step),
            right,
            checked=f"{label}codes of shape {a.shape}, step {step:g}",
            wrong=wrong,
            scale=1.0,
            tolerance=1e-3,
            undefined="is the angle taken of codes that were not divided by their lengths?",
            hint="sin((1 - step) w) / sin(w) times a, plus sin(step w) / sin(w) times b, is "
            "wanted, w the angle between a and b",
        )
    verify_repeatable(answer, a, b, step)
    verify_as_given(answer, a, b, step)
    return "Turns from a to b by equal angles; the weights of the two ends add up to more than 1."


@np.errstate(all="ignore")
def _answers(a, b, step):
    """The right codes, and famous wrong ones: pairs (phrase, values)."""
    length_a, length_b = (np.linalg.norm(end, axis=1, keepdims=True) for end in (a, b))
    cosine = (a * b).sum(1, keepdims=True) / (length_a * length_b)
    angle = np.arccos(np.clip(cosine, -1, 1))
    right = _turned(a, b, angle, step)
    unit = _turned(a / length_a, b / length_b, angle, step)
    whole = np.arccos(np.clip((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1))
    product = (a * b).sum(1, keepdims=True)
    line = (1 - step) * a + step * b
    return right, [
        ("this is the straight line", line),
        ("the step is taken the wrong way round: 0 is a, 1 is b", _turned(b, a, angle, step)),
        ("the result has length 1: a and b keep their lengths", unit),
        ("the result has the length of a: a and b keep their lengths", unit * length_a),
        ("the straight line's point is stretched to a length, it does not turn by equal angles",
         line / np.linalg.norm(line, axis=1, keepdims=True)
         * ((1 - step) * length_a + step * length_b)),
        ("the directions turn rightly, but the length goes straight from one to the other",
         unit * ((1 - step) * length_a + step * length_b)),
        ("one angle is taken for all pairs: each has its own", _turned(a, b, whole, step)),
        ("the cosine is taken for the angle: arccos is missing", _turned(a, b, cosine, step)),
        ("the codes are not divided by their lengths before the angle is taken",
         _turned(a, b, np.arccos(np.clip(product, -1, 1)), step)),
        ("the angle is in degrees", _turned(a, b, np.degrees(angle), step)),
        ("the division by sin(w) is missing", right * np.sin(angle)),
        ("half the angle is taken", _turned(a, b, angle / 2, step)),
        ("the weights are cosine and sine of a right angle, whatever the angle is",
         np.cos(np.pi / 2 * step) * a + np.sin(np.pi / 2 * step) * b),
        ("an axis of length 1 is lost: is something squeezed?",
         right.squeeze() if 1 in right.shape else np.nan),
        ("the first end came back", a),
        ("the second end came back", b),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _turned(a, b, angle, step):
    return (np.sin((1 - step) * angle) * a + np.sin(step * angle) * b) / np.sin(angle)
