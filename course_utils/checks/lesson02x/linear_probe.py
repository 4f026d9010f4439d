"""Check of exercise 2x.1: ``linear_probe``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check

NUM_CLASSES = 10


@check("2x.1")
def linear_probe(answer, seed):
    """``linear_probe(codes, labels, new_codes)``: (N, L), (N,), (M, L) -> scores (M, 10)."""
    rng = np.random.default_rng(seed)
    one, two = sizes(rng, 2)
    for label, count, latents, num_new in (
        ("", 200, one, two),
        ("codes far from 0: ", 150, two, 17),
        ("one new code: ", 120, 4, 1),
        ("labels in an order: ", 90, 6, 90),
        ("no image of class 7: ", 160, 5, 8),
        ("no image of the classes 8 and 9: ", 140, 4, 6),
    ):
        labels = rng.integers(0, NUM_CLASSES, count)
        if label.startswith("labels in"):
            labels = np.sort(labels)
        if label.startswith("no image"):
            missing = (7,) if "class 7" in label else (8, 9)
            labels = np.where(np.isin(labels, missing), 3, labels)
        centres = rng.normal(0, 1.5, (NUM_CLASSES, latents)) + 3.0 * label.startswith("codes far")
        codes, new = floats(
            centres[labels] + rng.normal(0, 1, (count, latents)),
            centres[rng.integers(0, NUM_CLASSES, num_new)] + rng.normal(0, 1, (num_new, latents)),
        )
        right, wrong = _answers(*doubles(codes, new), labels)
        verify(
            call(answer, codes, labels, new),
            right,
            checked=f"{label}codes of shape {codes.shape}, new codes of shape {new.shape}",
            wrong=wrong,
            scale=1.0,
            tolerance=2e-3,
            hint="the scores are not those of least squares on one-hot labels, with a constant "
            "column",
        )
    verify_repeatable(answer, codes, labels, new)
    return "Least squares on one-hot labels, with a constant column: ten scores for each new code."


def _answers(codes, new, labels):
    """The right scores, and famous wrong ones: pairs (phrase, values)."""
    targets = np.eye(NUM_CLASSES)[labels]
    with_one, new_one = _with_constant(codes), _with_constant(new)
    right = _fitted(with_one, targets, new_one)
    signed = _fitted(with_one, 2 * targets - 1, new_one)
    ridge = np.linalg.solve(with_one.T @ with_one + np.eye(with_one.shape[1]), with_one.T @ targets)
    exps = np.exp(right - right.max(1, keepdims=True))
    classes = np.unique(labels)
    return right, [
        ("the constant column is missing: the plane is forced through the origin",
         _fitted(codes, targets, new)),
        ("the label itself is fitted, as a number: a 3 does not lie between a 2 and a 4",
         _fitted(with_one, labels[:, None].astype(float), new_one)),
        ("the label itself is fitted, as a number: a 3 does not lie between a 2 and a 4",
         _fitted(with_one, labels.astype(float), new_one)),
        ("the classes came, ten scores for each new code are wanted", right.argmax(1)),
        ("the scores of the old codes came, those of the new ones are wanted",
         _fitted(with_one, targets, with_one)),
        ("the weights came, the scores of the new codes are wanted",
         np.linalg.lstsq(with_one, targets, rcond=None)[0]),
        ("a softmax is taken: the scores themselves are wanted", exps / exps.sum(1, keepdims=True)),
        ("the targets are -1 and 1, they should be 0 and 1", signed),
        ("a penalty on the weights is added: plain least squares are wanted", new_one @ ridge),
        ("the axes are swapped: (M, 10) is wanted", right.T),
        ("an axis of length 1 is lost: is something squeezed?",
         right.squeeze() if 1 in right.shape else np.nan),
        ("the last class that an image has sets the number of columns, ten are wanted: as in "
         "one_hot(labels, 10)",
         right[:, : labels.max() + 1] if labels.max() + 1 < NUM_CLASSES else np.nan),
        ("a class that no image has is left out: ten columns are wanted", right[:, classes]
         if len(classes) < NUM_CLASSES else np.nan),
        ("it is fitted to codes whose mean is taken off, but the new codes keep theirs",
         _fitted(_with_constant(codes - codes.mean(0)), targets, new_one)),
        *_own_scales(codes, new, targets),
    ]  # fmt: skip


@np.errstate(all="ignore")
def _own_scales(codes, new, targets):
    """New codes that are centred or scaled by numbers of their own: pairs (phrase, values)."""
    told = "the new codes are {} by their own {}: those of the codes that were fitted are wanted"
    for ddof in (1, 0):
        for is_centred in (True, False):
            for is_scaled in (True, False):
                if not (is_centred or is_scaled):
                    continue
                done = " and ".join(["centred"] * is_centred + ["scaled"] * is_scaled)
                which = " and ".join(["mean"] * is_centred + ["standard deviation"] * is_scaled)
                one, two = (
                    (values - is_centred * values.mean(0))
                    / (values.std(0, ddof=ddof) if is_scaled and len(values) > 1 else 1.0)
                    for values in (codes, new)
                )
                phrase = told.format(done, which)
                yield phrase, _fitted(_with_constant(one), targets, _with_constant(two))
                # the weights are of the codes as they came
                yield phrase, _fitted(_with_constant(codes), targets, _with_constant(two))


def _with_constant(codes):
    return np.concatenate([codes, np.ones((len(codes), 1))], axis=1)


def _fitted(inputs, targets, new):
    return new @ np.linalg.lstsq(inputs, targets, rcond=None)[0]
