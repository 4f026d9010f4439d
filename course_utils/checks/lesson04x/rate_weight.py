"""Check of exercise 4x.3: ``rate_weight``."""

import numpy as np

from course_utils.checks._compare import verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed


@check("4x.3")
def rate_weight(answer, seed):
    """``rate_weight(share, ramp, cycles)``: three numbers -> the weight of the rate, one."""
    rng = np.random.default_rng(seed)
    own = float(rng.uniform(0.2, 0.8))
    for label, ramp, cycles in (
        ("one cycle: ", 0.5, 1),
        ("one cycle: ", own, 1),
        ("one cycle, rising to its end: ", 1.0, 1),
        ("four cycles: ", 0.4, 4),
        ("three cycles: ", own, 3),
        ("two cycles, each rising to its end: ", 1.0, 2),
    ):
        shares = [0.0, 0.03, 0.11, 0.24, 0.26, 0.37, 0.49, 0.55, 0.63, 0.77, 0.88, 0.97, 0.999]
        shares = [share for share in shares if abs(share * cycles % 1 - ramp) > 1e-3]
        received = [np.asarray(call(answer, share, ramp, cycles)) for share in shares]
        wrong = _wrong(np.array(shares), ramp, cycles)
        right = np.minimum(1, np.array(shares) * cycles % 1 / ramp)
        about = f"{label}ramp = {ramp:.3g}, cycles = {cycles}; shares {shares}"
        shapes = {one.shape for one in received}
        if shapes != {()}:
            verify(received[0], np.array(right[0]), checked=about)
        verify(np.array(received, dtype=float), right, checked=about, wrong=wrong,
               scale=0.1, tolerance=1e-6, hint="within each cycle the weight rises in a straight "
               "line from 0 to 1 over the share ramp, and stays at 1")  # fmt: skip
    try:
        alone = call(answer, 0.3, 0.8)
    except CheckFailed as failure:
        failure.mistake = f"without cycles: {failure.mistake}"
        raise
    verify(np.asarray(alone), np.array(0.375), checked="share = 0.3, ramp = 0.8, cycles not given",
           hint="cycles is 1 where it is not given", scale=0.1, tolerance=1e-6)  # fmt: skip
    return "From 0 to 1 over the share ramp of each cycle, then 1, and from 0 again in the next."


@np.errstate(all="ignore")
def _wrong(share, ramp, cycles):
    """(phrase, values) of famous wrong weights."""
    place = share * cycles % 1
    half = np.minimum(1, place / ramp)
    found = [
        ("the weight goes on above 1: it stays at 1 after the ramp", place / ramp),
        ("the division by ramp is missing", np.minimum(1, place)),
        ("it is multiplied by ramp: 1 is reached where the ramp ends", np.minimum(1, place * ramp)),
        ("max stands for min", np.maximum(1, place / ramp)),
        ("the weight falls from 1 to 0: it rises", 1 - half),
        ("the weight jumps from 0 to 1: it rises in a straight line",
         (place >= ramp).astype(float)),
        ("the weight is 0 until the ramp ends and rises after it",
         np.clip((place - ramp) / max(1 - ramp, 1e-9), 0, 1)),
        ("after the ramp the weight falls to 0: it stays at 1",
         np.where(place < ramp, place / ramp, 0)),
        ("the ramp is curved: it is a straight line", half**2),
        ("the ramp is curved: it is a straight line", np.sqrt(half)),
        ("the ramp is curved: it is a straight line", (1 - np.cos(np.pi * half)) / 2),
        ("the ramp is curved: it is a straight line", np.sin(np.pi / 2 * half)),
        ("the ramp is a sigmoid: it is a straight line",
         1 / (1 + np.exp(-10 * (place / ramp - 0.5)))),
        ("the weight rises again after the ramp: it stays at 1", place / ramp % 1),
        ("ramp is not used", np.minimum(1, place / 0.5)),
        ("1 - ramp stands for ramp", np.minimum(1, place / max(1 - ramp, 1e-9))),
        ("the weight stops at ramp: it goes on to 1", np.minimum(ramp, place / ramp)),
        ("the weight stops at ramp: it goes on to 1", np.minimum(ramp, place)),
    ]  # fmt: skip
    if cycles > 1:
        found += [
            ("cycles is not used", np.minimum(1, share / ramp)),
            ("the weight does not fall back to 0 where a cycle begins",
             np.minimum(1, share * cycles / ramp)),
            ("ramp is taken as a share of the whole training: it is one of each cycle",
             np.minimum(1, place / cycles / ramp)),
            ("ramp is taken as a share of the whole training: it is one of each cycle",
             np.minimum(1, share % (1 / cycles) / ramp)),
            ("the maximum of all cycles is kept: it falls back to 0",
             np.maximum.accumulate(half)),
            ("ramp is divided by cycles: it is a share of each cycle already",
             np.minimum(1, place * cycles / ramp)),
            ("the weight rises again after the ramp: it stays at 1", share * cycles / ramp % 1),
            ("share is divided by cycles: it runs through them",
             np.minimum(1, share / cycles / ramp)),
        ]  # fmt: skip
    return found
