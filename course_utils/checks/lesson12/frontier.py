"""Check of exercise 12.3: ``frontier``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, show, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
from course_utils.checks._remote import CheckFailed


@check("12.3")
def frontier(answer, seed):
    """``frontier(rate, distortion)``: (M,) twice -> (M,), True where not dominated."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    count = int(rng.integers(9, 14))
    t = np.linspace(0.1, 1, count)
    curve = np.stack([30 * t, 10 / t])
    late = rng.permutation(count) < count // 2
    chain = curve[:, :1] + np.array([1.0, 2.0, 3.0])  # dominated, and they dominate
    for label, points in (
        ("", np.concatenate([curve + late * rng.uniform(2, 9, (2, 1)), chain], 1)),
        ("all on the frontier: ", curve),
        ("twins: ", np.repeat(curve[:, : count // 2] + [[0.0], [0.0]], 2, 1)),
        ("equal in one: ", np.array([[1.0, 1.0, 2.0, 3.0, 3.0], [5.0, 4.0, 4.0, 2.0, 1.0]])),
        ("one model: ", np.array([[3.0], [4.0]])),
        ("negative distortions: ", np.array([[10.0, 20.0, 30.0], [-5.0, -4.0, -90.0]])),
    ):
        rate, distortion = floats(*points[:, rng.permutation(points.shape[1])])
        right, wrong = _frontiers(*doubles(rate, distortion))
        about = f"{label}{len(rate)} models"
        received = call(answer, rate, distortion)
        told = {"checked": about, "expected": show(right), "received": show(received)}
        if not isinstance(received, np.ndarray) or received.shape != right.shape:
            raise CheckFailed(f"expected one value for each model, of shape {right.shape}.", **told)
        if set(np.unique(received).tolist()) - {0, 1}:
            raise CheckFailed("expected True or False for each model.", **told)
        received = received.astype(bool)
        if not np.array_equal(received, right):
            for phrase, values in wrong:
                if np.array_equal(received, values):
                    raise CheckFailed(f"{phrase}.", **told)
            raise CheckFailed("other models are not dominated than these.", **told)
    verify_repeatable(answer, rate, distortion)
    return (
        "True where no other model has both at most as high and one of them lower; twins do not "
        "dominate each other."
    )


def _frontiers(rate, distortion):
    """The right booleans, and (phrase, booleans) of wrong ones."""
    no_more = (rate[:, None] <= rate) & (distortion[:, None] <= distortion)
    less = (rate[:, None] < rate) | (distortion[:, None] < distortion)
    both = (rate[:, None] < rate) & (distortion[:, None] < distortion)
    other = ~np.eye(len(rate), dtype=bool)
    total = rate + distortion
    right = ~(no_more & less).any(0)
    more = (rate[:, None] >= rate) & (distortion[:, None] >= distortion) & (
        (rate[:, None] > rate) | (distortion[:, None] > distortion))  # fmt: skip
    return right, [
        ("a model that is equal in one and worse in the other is dominated too", ~both.any(0)),
        ("twins dominate each other: one of the two must be lower", ~(no_more & other).any(0)),
        ("every model dominates itself: one of the two must be lower", ~no_more.any(0)),
        ("the best ELBO alone: the frontier has every model that is not dominated",
         total == total.min()),
        ("dominated models are True: it is the other way round", ~right),
        ("high values are taken for good ones, or the wrong axis is reduced: these are costs",
         ~more.any(0)),
        ("lower in one is not enough: the other must be at most as high", ~less.any(0)),
        ("the lowest rate alone", rate == rate.min()),
        ("the lowest distortion alone", distortion == distortion.min()),
        ("the lowest rate and the lowest distortion alone",
         (rate == rate.min()) | (distortion == distortion.min())),
    ]  # fmt: skip
