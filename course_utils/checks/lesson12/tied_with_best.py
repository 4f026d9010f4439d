"""Check of exercise 12.2: ``tied_with_best``."""

import math

import numpy as np

from course_utils.checks._compare import floats
from course_utils.checks._contract import check
from course_utils.checks._verdicts import verify_verdicts


@check("12.2")
def tied_with_best(answer, seed):
    """``tied_with_best(scores)``: (M, N), costs -> (M,), True or False."""
    rng = np.random.default_rng(seed)
    many, few = int(rng.integers(40, 60)), int(rng.integers(6, 9))
    twins, below = _costs(rng, many), _costs(rng, many) - 500
    best = twins.mean(1).argmin()
    twins[(best + 1) % len(twins)] = twins[best]
    shifted = 90 + 12 * rng.normal(size=many)
    shifted = rng.permutation(np.round(shifted) + np.array([[0.0], [0.5], [0.0625], [3.0]]))
    cases = [
        ("", _costs(rng, many)),
        ("few images: ", _costs(rng, few)),
        ("one model: ", 90 + 12 * rng.normal(size=(1, 9))),
        ("a copy of the best: ", twins),
        ("all are copies: ", np.repeat(90 + 12 * rng.normal(size=(1, many)), 3, 0)),
        ("the same difference on every image: ", shifted),
        ("costs below 0: ", below),
        ("one bad image: ", _of_one_image(rng, many)),
    ]
    cases = [(f"{label}costs of shape {costs.shape}", floats(costs)) for label, costs in cases]
    verify_verdicts(answer, cases, _tied, _MISTAKES, _of_one_model)
    return (
        "True where the mean difference to the model of the lowest mean is at most two standard "
        "errors of the differences; the best, and a copy of it, are tied."
    )


def _costs(rng, count):
    """Models in an order drawn by chance: the best; others by their mean difference to it in
    paired errors, just inside of 2 and just outside among them; above it by the error bars of one
    model alone, and of two; far and noisy, so tied all the same; above by more than two standard
    deviations of the differences; and above by more than the images differ."""
    images, root = 90 + 12 * rng.normal(size=count), math.sqrt(count)
    rows = [images]
    inside, outside = (0.7, 1.55, 1.7, 1.9, 1.995), (2.005, 2.1, 2.2, 2.5, 3.5)
    limits = [(errors, rng.uniform(0.6, 1.1)) for errors in inside + outside]
    bars = [(own * images.std(ddof=1) / 0.5, 0.5) for own in (2.4, 3.4)]  # of one model alone
    far = (1.4, 15.0), (2.05 * root, 0.3), (30 * root, 1.0)
    for errors, spread in (*limits, *bars, *far):
        noise = rng.normal(size=count)
        noise = (noise - noise.mean()) / noise.std(ddof=1)
        rows.append(images + spread * (noise + errors / root))
    return rng.permutation(np.stack(rows))


def _of_one_image(rng, count):
    """The best in the mean, a rival that is a bit better but for one image, and a worse one."""
    images = 90 + 12 * rng.normal(size=count)
    rival = images - 0.05 - 0.01 * rng.normal(size=count)
    rival[rng.integers(count)] += 300
    return rng.permutation(np.stack([images, rival, images + 1 + 0.1 * rng.normal(size=count)]))


def _best(scores):
    return scores[scores.mean(1).argmin()]


def _tied(scores, reference=_best, factor=2.0, ddof=1, divide=math.sqrt, absolute=False):
    d = scores - reference(scores)
    mean = np.abs(d.mean(1)) if absolute else d.mean(1)
    return mean <= factor * d.std(1, ddof=ddof) / divide(scores.shape[1])


def _of_one_model(index, verdict, scores):
    """What is wrong with the verdict on one model."""
    d = scores[index] - _best(scores)
    place = f"model {index} has the mean difference {d.mean():.4g} to the best"
    if d.std() > 0:
        errors = d.mean() / d.std(ddof=1) * math.sqrt(len(d))
        place += f", {errors:.4g} standard errors of the differences"
    return f"{place}, and is {'' if verdict else 'not '}called tied: the limit is two of them"


def _unpaired(scores):
    own = scores.std(1, ddof=1) / math.sqrt(scores.shape[1])
    best = scores.mean(1).argmin()
    return scores.mean(1) - scores[best].mean() <= 2 * np.hypot(own, own[best])


def _overlapping(scores):
    own, mean = scores.std(1, ddof=1) / math.sqrt(scores.shape[1]), scores.mean(1)
    best = mean.argmin()
    return mean - 2 * own <= mean[best] + 2 * own[best]


def _within_the_best(scores):
    mean, best = scores.mean(1), _best(scores)
    return mean <= best.mean() + 2 * best.std(ddof=1) / math.sqrt(len(best))


def _is_best(scores):
    return np.arange(len(scores)) == scores.mean(1).argmin()


def _strictly(scores):
    d = scores - _best(scores)
    return d.mean(1) < 2 * d.std(1, ddof=1) / math.sqrt(scores.shape[1])


def _lowest_of_each(scores):
    return scores.min(0)


def _first(scores):
    return scores[0]


def _worst(scores):
    return scores[scores.mean(1).argmax()]


def _of_median(scores):
    return scores[np.median(scores, 1).argmin()]


def _of_wins(scores):
    return scores[np.bincount(scores.argmin(0), minlength=len(scores)).argmax()]


_HIGHEST = "the highest mean is taken for the best: these are costs"
_FIRST = "the first model is taken for the best"
_TWO = "standard errors: two are due"
_MISTAKES = [
    ("the errors of both models are put together: the error of the paired differences is due",
     _unpaired),
    ("the error bars of both models overlap: the error of the paired differences is due",
     _overlapping),
    ("the best model's own error is taken: the error of the paired differences is due",
     _within_the_best),
    ("twice the standard deviation stands for twice the standard error",
     lambda s: _tied(s, divide=lambda count: 1)),
    ("the standard deviation is divided by N: by its square root is due",
     lambda s: _tied(s, divide=lambda count: count)),
    ("the standard deviation is taken with N: N - 1 is due", lambda s: _tied(s, ddof=0)),
    ("divided by the square root of N - 1 on top of a deviation with N - 1: N is due",
     lambda s: _tied(s, divide=lambda count: math.sqrt(count - 1))),
    ("one standard error: two are due", lambda s: _tied(s, factor=1.0)),
    ("three standard errors: two are due", lambda s: _tied(s, factor=3.0)),
    *((f"{factor:g} {_TWO}", lambda s, factor=factor: _tied(s, factor=factor))
      for factor in (1.96, 1.645, 1.5, 1.75, 2.25, 2.576, 4.0)),
    (_HIGHEST, lambda s: _tied(s, _worst, absolute=True)),
    (_HIGHEST, lambda s: _tied(s, _worst)),
    (_HIGHEST, lambda s: _tied(-s)),
    (_FIRST, lambda s: _tied(s, _first, absolute=True)),
    (_FIRST, lambda s: _tied(s, _first)),
    ("the lowest median is taken for the best: the lowest mean is", lambda s: _tied(s, _of_median)),
    ("the model that wins on most images is taken for the best: that of the lowest mean is",
     lambda s: _tied(s, _of_wins)),
    ("the best itself is not tied: it is", lambda s: _tied(s) & ~_is_best(s)),
    ("a copy of the best is not tied, whose difference and error are 0: at most is due, not less "
     "than", lambda s: _strictly(s) | _is_best(s)),
    ("the best and its copies are not tied: at most is due, not less than", _strictly),
    ("the booleans are the other way round", lambda s: ~_tied(s)),
    ("the best alone is True", _is_best),
    ("the lowest cost of each image is taken for the best: a model is",
     lambda s: _tied(s, _lowest_of_each)),
    ("the median difference is compared: the mean difference is due",
     lambda s: np.median(s - _best(s), 1)
     <= 2 * (s - _best(s)).std(1, ddof=1) / math.sqrt(s.shape[1])),
    ("no model is tied: the best is, with itself", lambda s: np.zeros(len(s), bool)),
]  # fmt: skip
