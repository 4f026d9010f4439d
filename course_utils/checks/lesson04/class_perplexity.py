"""Check of exercise 4.7: ``class_perplexity``."""

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check

CLASSES = 10


@check("4.7", seals=("evaluation.codebook_usage",))
def class_perplexity(answer, seed):
    """``class_perplexity(labels)``: labels (N,) from 0 to 9 -> exp of the entropy of the shares."""
    rng = np.random.default_rng(seed)
    for label, counts in (
        ("", rng.permutation(np.arange(3, 13) ** 2)),
        ("three classes are missing: ", rng.permutation([0, 0, 0, 2, 3, 5, 9, 14, 20, 40])),
        ("9 is missing: ", np.append(rng.integers(5, 60, 9), 0)),
        ("0 is missing: ", np.append(0, rng.integers(5, 60, 9))),
        ("one class is rare: ", np.append(rng.integers(300, 900, 9), 1)),
        ("two classes, equally often: ", rng.permutation([0] * 8 + [25, 25])),
        ("all classes equally often: ", np.full(CLASSES, int(rng.integers(3, 30)))),
        ("a single class: ", rng.permutation([0] * 9 + [17])),
        ("a single label: ", rng.permutation([0] * 9 + [1])),
    ):
        labels = rng.permutation(np.repeat(np.arange(CLASSES), counts))
        right, wrong = _answers(counts / counts.sum(), labels)
        verify(
            call(answer, labels),
            np.array(right),
            checked=f"{label}{len(labels)} labels, counted {', '.join(map(str, counts))}",
            wrong=wrong if len(set(counts)) > 4 else (),  # else many coincide
            tolerance=1e-4,
            undefined="a class that never occurs contributes 0, but 0 * log(0) is NaN in floating "
            "point",
            hint="exp of the entropy of the ten shares is wanted: do the shares add up to 1, and "
            "are there ten of them, also if the last class is missing?",
        )
    verify_repeatable(answer, labels)
    return "exp of the entropy of ten shares: 10 for equal ones, 1 for one class; none is NaN."


def _answers(share, labels):
    """The right perplexity, and famous wrong ones: pairs (phrase, value)."""
    some = share[share > 0]
    entropy = -(some * np.log(some)).sum()
    clamped = np.maximum(share, 1e-3)
    return np.exp(entropy), [
        ("this is the entropy: its exponential is wanted", entropy),
        ("this is exp(-entropy): the sum of p log p needs a minus", np.exp(-entropy)),
        ("this is minus the entropy", -entropy),
        ("the logarithm is to base 2, and exp belongs to the natural one",
         np.exp(entropy / np.log(2))),
        ("the entropy in bits came: exp of the one in nats is wanted", entropy / np.log(2)),
        ("2 to the entropy in nats: exp belongs to the natural logarithm", 2**entropy),
        ("this is 1 / sum p^2, another count of classes", 1 / (some**2).sum()),
        ("this is sum p^2: exp of the entropy is wanted", (some**2).sum()),
        ("the classes that occur are counted: their shares matter too", len(some)),
        ("the p in front of log p is missing", np.exp(-np.log(some).sum())),
        ("the mean of -log p over the classes is taken: it is to be weighted by p",
         np.exp(-np.log(some).mean())),
        ("the terms p log p are averaged over the classes, they are to be added",
         np.exp(entropy / len(share))),
        ("the shares are kept away from 0 by a thousandth",
         np.exp(-(clamped * np.log(clamped)).sum())),
        ("the smallest share is lost: is a class dropped?",
         np.exp(-(np.sort(some)[1:] * np.log(np.sort(some)[1:])).sum())),
    ]  # fmt: skip
