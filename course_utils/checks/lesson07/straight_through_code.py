"""Check of exercise 7.3: ``straight_through_code``."""

import numpy as np

from course_utils.checks._compare import floats, refuse_other_dtype, show, verify
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._remote import CheckFailed

PART = "does a part of it not pass, where z_e is far from e, or large?"


@check("7.3")
def straight_through_code(answer, seed):
    """``straight_through_code(z_e, e)``: value of e, gradient to z_e as if it were z_e."""
    rng = np.random.default_rng(seed)
    sizes = rng.permutation([2, 3, 4, 5]).tolist()
    for label, shape, size, distance in (
        ("", sizes, 1.0, 1.0),
        ("rows of vectors: ", sizes[:2], 1.0, 1.0),
        ("one vector: ", sizes[-1:], 1.0, 1.0),
        ("z_e up to 1,000: ", sizes, 400.0, 1.0),
        ("z_e equal to e: ", sizes, 1.0, 0.0),
        ("an entry in ten 0: ", sizes, 1.0, 1.0),
        ("axes of length 1: ", [1, sizes[0], 1, 1], 1.0, 1.0),
        ("one entry: ", [1], 1.0, 1.0),
        ("five axes: ", [2, 1, *sizes[1:]], 1.0, 1.0),
    ):
        e = rng.choice([-1, 1], shape) * rng.uniform(0.3, 2, shape)
        z_e = size * (e + distance * rng.choice([-1, 1], shape) * rng.uniform(0.5, 1, shape))
        if "0:" in label:
            z_e.flat[::10], e.flat[5::10], e.flat[10], z_e.flat[10] = 0, 0, 0, 0
        z_e, e = floats(z_e, e)
        about = f"{label}z_e and e of shape {z_e.shape}"
        wrong = [
            ("z_e came back: the value should be that of e", z_e),
            ("the two are added: z_e has to be subtracted again, detached", z_e + e),
            ("the difference came: z_e has to be added to it", e - z_e),
            ("the difference came, with the wrong sign", z_e - e),
            ("the signs are wrong: it is z_e + (e - z_e)", 2 * z_e - e),
            ("the signs are wrong: it is z_e + (e - z_e)", 2 * e - z_e),
            ("the mean of the two came", (z_e + e) / 2),
        ]
        lost = ("an axis of length 1 is lost: squeeze() takes away every one", e.squeeze())
        wrong += [lost] if 1 in shape else []
        scale = np.abs(z_e) + np.abs(e)
        received = call(answer, z_e, e)
        verify(received, e, checked=about, wrong=wrong, scale=scale, tolerance=2e-6)
        refuse_other_dtype(received, z_e, "z_e", "the decoder", about)
        probe = rng.choice([-1, 1], shape) * 10 ** rng.uniform(-2, 3, shape)
        probe.flat[0] = 1000  # no gradient is cut off
        _verify_passage(gradient(answer, z_e, e, probe=probe), probe, z_e, e, about)
    return "The value is that of e; the gradient reaches z_e unchanged, and e not at all."


def _verify_passage(found, probe, z_e, e, about):
    with np.errstate(all="ignore"):
        product = probe * e / z_e
    about = f"{about}, the result weighted by random numbers and summed"
    to_z, to_e = (None if slope is None or not slope.any() else slope for slope in found)
    if to_z is None or to_e is not None:
        if to_z is not None:
            what = "a gradient reaches e as well: detach the whole of (e - z_e)"
        elif to_e is not None:
            what = "the gradient goes to e, it should go to z_e: detach the whole of (e - z_e)"
        else:
            what = "no gradient reaches z_e: z_e has to be added once without detach"
        raise CheckFailed(
            f"the value is right, but {what}.",
            checked=about,
            expected=f"the gradient for z_e: {show(probe)}; for e: none",
            received=f"for z_e: {'none' if to_z is None else show(to_z)}; "
            f"for e: {'none' if to_e is None else show(to_e)}",
        )
    verify(
        to_z,
        probe,
        checked=about,
        part="the value is right, but the gradient with respect to z_e is not",
        wrong=[
            ("z_e is counted twice", 2 * probe),
            ("it is cut off at 1", probe.clip(-1, 1)),
            ("its sign alone arrives", np.sign(probe)),
            ("it has the wrong sign: z_e - z_e.detach() should be added", -probe),
            ("a product e z_e / z_e.detach() passes e / z_e of it: use a sum", product),
            ("the same everywhere: entries are mixed", np.full_like(probe, probe.sum())),
            ("the same everywhere: entries are mixed", np.full_like(probe, probe.mean())),
        ],
        tolerance=1e-5,
        hint=PART if np.ptp(to_z / probe) > 1e-3 else "",
    )
