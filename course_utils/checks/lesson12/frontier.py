"""Check of exercise 12.3: ``frontier``."""

import numpy as np

from course_utils.checks._compare import floats
from course_utils.checks._contract import check
from course_utils.checks._verdicts import verify_verdicts


@check("12.3")
def frontier(answer, seed):
    """``frontier(rate, distortion)``: (M,) twice -> (M,), True where not dominated."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(9, 14))
    t = np.linspace(0.1, 1, count)
    curve = np.stack([30 * t, 10 / t])
    late = rng.permutation(count) < count // 2
    chain = curve[:, :1] + np.array([1.0, 2.0, 3.0])  # dominated, and they dominate
    bulge = np.stack([30 * np.sin(1.5 * t), 30 * np.cos(1.5 * t)])  # none is under a chord
    near = np.array([[10.0, 10.001, 12.0, 12.0], [50.0, 50.0, 40.0, 40.001]])
    twins = np.repeat(curve[:, : count // 2], 2, 1)
    cases = [
        ("", np.concatenate([curve + late * rng.uniform(2, 9, (2, 1)), chain], 1)),
        ("all on the frontier: ", curve),
        ("a frontier that bends outwards: ", np.concatenate([bulge, bulge[:, 2:5] + 4], 1)),
        ("twins: ", twins),
        ("three alike, and twins that are dominated: ",
         np.concatenate([twins, twins[:, :1], twins[:, :2] + 1.5, twins[:, :2] + 1.5], 1)),
        ("equal in one: ", np.array([[1.0, 1.0, 2.0, 3.0, 3.0], [5.0, 4.0, 4.0, 2.0, 1.0]])),
        ("one model: ", np.array([[3.0], [4.0]])),
        ("two models: ", np.array([[3.0, 3.5], [4.0, 3.5]])),
        ("one dominates all: ", np.concatenate([[[1.0], [0.5]], curve], 1)),
        ("differences in the third decimal: ", near),
        ("numbers about 10,000: ", near + 1e4 * np.array([[1.0], [0.5]])),
        ("rates of 0: ", np.array([[0.0, 0.0, 5.0, 9.0], [80.0, 90.0, 70.0, 75.0]])),
        ("negative distortions: ", np.array([[10.0, 20.0, 30.0], [-5.0, -4.0, -90.0]])),
    ]  # fmt: skip
    cases = [
        (f"{label}{points.shape[1]} models", floats(*points[:, rng.permutation(points.shape[1])]))
        for label, points in cases
    ]
    verify_verdicts(answer, cases, _frontier, _MISTAKES, _of_one_model)
    return (
        "True where no other model has both at most as high and one of them lower; twins do not "
        "dominate each other."
    )


def _frontier(rate, distortion, by_no_more=np.less_equal, by_less=np.less, any_less=np.logical_or):
    """Element [i, j] of what is compared is model i against j."""
    no_more = by_no_more(rate[:, None], rate) & by_no_more(distortion[:, None], distortion)
    less = any_less(by_less(rate[:, None], rate), by_less(distortion[:, None], distortion))
    return ~(no_more & less).any(0)


def _of_one_model(index, verdict, rate, distortion):
    """What is wrong with the verdict on one model."""
    no_more = (rate <= rate[index]) & (distortion <= distortion[index])
    less = (rate < rate[index]) | (distortion < distortion[index])
    by = np.flatnonzero(no_more & less)
    place = f"model {index} ({rate[index]:.7g}, {distortion[index]:.7g}) "
    if not len(by):
        return f"{place}is dominated by none, and came as {verdict}"
    other = f"model {by[0]} ({rate[by[0]]:.7g}, {distortion[by[0]]:.7g})"
    return f"{place}is dominated by {other}, and came as {verdict}"


def _alike(one, other):
    return (one == other) & ~np.eye(len(other), dtype=bool)


def _without_twins(rate, distortion):
    twin = _alike(rate[:, None], rate) & _alike(distortion[:, None], distortion)
    return _frontier(rate, distortion) & ~twin.any(0)


def _first_twin(rate, distortion):
    twin = _alike(rate[:, None], rate) & _alike(distortion[:, None], distortion)
    return _frontier(rate, distortion) & ~np.triu(twin).any(0)


def _hull(rate, distortion):
    """On the frontier, and below every chord of two others of it."""
    kept = _frontier(rate, distortion)
    for i, j in np.argwhere(kept[:, None] & kept & (rate[:, None] < rate)):
        inside = (rate > rate[i]) & (rate < rate[j])
        share = (rate - rate[i]) / (rate[j] - rate[i])
        kept &= ~(inside & (distortion > distortion[i] + share * (distortion[j] - distortion[i])))
    return kept


_ROUNDED = "values that are near each other count as equal: they are compared as they are"
_NEAR = {"rtol": 1e-5, "atol": 1e-8}
_MISTAKES = [
    ("a model that is equal in one and worse in the other is dominated too",
     lambda r, d: _frontier(r, d, np.less, np.less, np.logical_and)),
    ("twins dominate each other: one of the two must be lower", _without_twins),
    ("every model dominates itself: one of the two must be lower",
     lambda r, d: np.zeros(len(r), bool)),
    ("of twins the first alone is True: they do not dominate each other", _first_twin),
    ("of twins the last alone is True: they do not dominate each other",
     lambda r, d: _first_twin(r[::-1], d[::-1])[::-1]),
    ("the best ELBO alone: the frontier has every model that is not dominated",
     lambda r, d: r + d == (r + d).min()),
    ("dominated models are True: it is the other way round", lambda r, d: ~_frontier(r, d)),
    ("high values are taken for good ones, or the wrong axis is reduced: these are costs",
     lambda r, d: _frontier(-r, -d)),
    ("a high rate is taken for a good one: it is a cost", lambda r, d: _frontier(-r, d)),
    ("a high distortion is taken for a good one: it is a cost", lambda r, d: _frontier(r, -d)),
    ("lower in one is not enough: the other must be at most as high",
     lambda r, d: ~((r[:, None] < r) | (d[:, None] < d)).any(0)),
    ("the lowest rate alone", lambda r, d: r == r.min()),
    ("the lowest distortion alone", lambda r, d: d == d.min()),
    ("the lowest rate and the lowest distortion alone",
     lambda r, d: (r == r.min()) | (d == d.min())),
    ("a model that lies above the line between two others is not dominated by them: another must "
     "have both at most as high", _hull),
    *((_ROUNDED, lambda r, d, digits=digits: _frontier(r.round(digits), d.round(digits)))
      for digits in (2, 1, 0)),
    (_ROUNDED, lambda r, d: _frontier(
        r, d, by_less=lambda one, other: (one < other) & ~np.isclose(one, other, **_NEAR))),
    (_ROUNDED, lambda r, d: _frontier(
        r, d, by_less=lambda one, other: one < other - 1e-2)),
    ("all models are True: those that another dominates are not",
     lambda r, d: np.ones(len(r), bool)),
    ("a model must be better in the ELBO than all before it: the frontier is no ranking",
     lambda r, d: r + d <= (r + d).mean()),
]  # fmt: skip
