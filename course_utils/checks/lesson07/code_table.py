"""Check of exercise 7.5: ``code_table``."""

import itertools

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
from course_utils.checks._masks import SQUEEZED

OVERFLOW = "right for few images, wrong for many: do the counts overflow their type?"


@check("7.5", seals=("nets.independent.IndependentPrior",))
def code_table(answer, seed):
    """``code_table(codes, labels, num_labels, num_codes, alpha)``: (N, P), (N,) -> (Y, P, K)."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    num_labels, positions, num_codes = rng.permutation([3, 4, 5, 6, 8])[:3].tolist()
    few, some = rng.permutation(num_labels)[: num_labels - 2], round(rng.uniform(0.2, 0.7), 4)
    for label, count, size, present, alpha in (
        ("", 60, num_labels, range(num_labels), some),
        ("labels that do not occur: ", 60, num_labels, few, some),
        ("the last label and the last code do not occur: ", 60, num_labels, [0, 1], some),
        ("one label in all: ", 60, 1, [0], 1),
        ("one image: ", 1, num_labels, few, 2.5),
        ("one position: ", 60, num_labels, few, some),
        ("one code: ", 60, num_labels, few, some),
        ("3,000 images: ", 3000, 2, [0, 1], some),
        ("small alpha: ", 300, num_labels, few, 1e-4),
        ("large alpha: ", 60, num_labels, few, 1e3),
    ):
        p_of = 1 if label == "one position: " else positions
        k_of = 1 if label == "one code: " else num_codes
        labels = _labels(rng, count, present)
        codes = _codes(rng, labels, size, p_of, k_of, "last code" in label)
        right, wrong = _tables(codes, labels, size, k_of, alpha)
        about = f"{label}codes of shape {codes.shape}, Y = {size}, K = {k_of}, alpha {alpha:g}"
        received = call(answer, codes, labels, size, k_of, alpha)
        if not label:
            verify_repeatable(answer, codes, labels, size, k_of, alpha)
        wrong = _without_axes(right, codes, labels) + (wrong if k_of > 1 else [])
        verify(
            received,
            right,
            checked=about,
            wrong=wrong,
            hint=_sums(received, right) or (OVERFLOW if count > 1000 else ""),
            tolerance=1e-5,
            undefined="a label that does not occur has no counts: alpha is needed above and below",
        )
    return (
        "Every count gets alpha more and every row sums to 1, for each label and position; labels "
        "that do not occur get 1/K."
    )


def _labels(rng, count, present):
    """Labels of ``count`` images, some of them much more frequent than others."""
    shares = np.arange(1, len(present) + 1) / sum(range(len(present) + 1))
    labels = rng.choice(rng.permutation(present), count, p=shares)
    labels[: len(present)] = np.resize(present, min(count, len(present)))
    return rng.permutation(labels)


def _codes(rng, labels, num_labels, positions, num_codes, without_last):
    """Codes (N, P), of which one is never used (where there are several)."""
    p = rng.dirichlet(np.full(num_codes, 0.7), (num_labels, positions)) + 1e-9
    if num_codes > 1:
        p[:, :, -1 if without_last else rng.integers(num_codes)] = 0
    p /= p.sum(-1, keepdims=True)
    draws = rng.uniform(size=(len(labels), positions, 1)) > p[labels].cumsum(-1)
    return np.minimum(draws.sum(-1), np.flatnonzero(p.any((0, 1))).max())


def _without_axes(right, codes, labels):
    """[(phrase, values)] of tables that lack an axis, or rows at its end."""
    left_out = (
        "{} that do not occur are left out at the end: {} are wanted (minlength, num_classes)"
    )
    last_label, last_code = labels.max() + 1, codes.max() + 1
    part, cut = right[..., :last_code], left_out.format("codes", "all K codes")
    return [
        (SQUEEZED.replace("one example", "a table"), right.squeeze()),
        (left_out.format("labels", "all Y labels"), right[:last_label]),
        (cut, part),
        (cut, part / part.sum(-1, keepdims=True)),
    ]


def _sums(received, right):
    if not isinstance(received, np.ndarray) or received.shape != right.shape:
        return ""
    if np.allclose(received.sum(-1), 1, atol=1e-3):
        return ""
    return "the rows do not sum to 1: for each label and position, a sum over the codes is wanted"


@np.errstate(all="ignore")
def _tables(codes, labels, num_labels, num_codes, alpha):
    """The right table (Y, P, K), and [(phrase, values)] of wrong ones."""
    count, positions = codes.shape
    n = np.zeros((num_labels, positions, num_codes))
    np.add.at(n, (labels[:, None], np.arange(positions), codes), 1)
    images, more = n.sum(-1, keepdims=True), n + alpha

    def normed(table, axis=-1):
        return table / table.sum(axis, keepdims=True)

    right, once = normed(more), np.minimum(n, 1) + alpha
    below = "in the denominator alpha has to be counted K times, once for each code"
    lost = "repeats are lost: counts[...] += 1 counts a code once, however often it occurs"
    pooled = "the positions are pooled: each has its own table"
    ignored = "the labels are ignored: each has its own table"
    every = "it is divided by the sum over everything: each label and position has its own"
    logs = "logarithms came, the probabilities themselves are wanted"
    pool, ignore = normed(n.sum(1) + alpha), normed(n.sum(0) + alpha)
    return right, [
        ("alpha is missing: a code that was never seen has probability 0", normed(n)),
        ("alpha stands in the numerator alone: K alpha is missing in the denominator",
         more / images),
        ("alpha stands in the denominator alone", n / (images + num_codes * alpha)),
        *((f"{below}, not {wrong}", more / (images + times * alpha)) for wrong, times in (
            ("once", 1), ("P times", positions), ("Y times", num_labels))),
        ("alpha is divided among the codes: each count gets alpha more",
         normed(n + alpha / num_codes)),
        ("1 is added in place of alpha", normed(n + 1)),
        ("the labels are ignored in the denominator: it counts the images of the label",
         more / (count + num_codes * alpha)),
        ("the labels are taken for equally frequent: the denominator counts the images of each",
         more / (count / num_labels + num_codes * alpha)),
        (ignored, ignore),
        (ignored, np.broadcast_to(ignore, right.shape)),
        ("normalised over the positions, it should be over the codes", normed(more, 1)),
        ("normalised over the labels, it should be over the codes", normed(more, 0)),
        (every, normed(more, None)),
        (every, normed(more, (1, 2))),
        (every, normed(more, (0, 2))),
        (pooled, pool),
        (pooled, np.broadcast_to(pool[:, None], right.shape)),
        (pooled, normed(n.sum(1, keepdims=True) + alpha * np.ones_like(n))),
        (lost, normed(once)),
        (lost, once / (images + num_codes * alpha)),
        (lost, once / (count + num_codes * alpha)),
        (logs, np.log(right)),
        (logs, -np.log(right)),
        ("counts came, probabilities are wanted: divide by their sum over the codes", n),
        ("counts came, probabilities are wanted: divide by their sum over the codes", more),
        ("a softmax of the counts is taken: divide them by their sum",
         normed(np.exp(n - n.max(-1, keepdims=True)))),
        ("a softmax of the counts is taken: divide them by their sum", normed(np.exp(more))),
        *(("the axes are in another order: (Y, P, K) is wanted", right.transpose(order))
          for order in itertools.permutations(range(3)) if order != (0, 1, 2)),
    ]  # fmt: skip
