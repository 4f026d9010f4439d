"""Checks of lesson 07: the table of a code's probabilities, and how far two tables are apart."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, verify, verify_repeatable
from course_utils.checks._contract import call, check

LOG_2 = np.log(2)


@check("7.5", seals=("nets.independent.IndependentPrior",))
def code_table(answer, seed):
    """``code_table(codes, labels, num_labels, num_codes, alpha)``: (N, P), (N,) -> (Y, P, K)."""
    rng = np.random.default_rng(seed)
    num_labels, positions, num_codes = rng.permutation([3, 4, 5, 6, 8])[:3].tolist()
    few = rng.permutation(num_labels)[: num_labels - 2]
    for label, count, size, present, alpha in (
        ("", 60, num_labels, range(num_labels), rng.uniform(0.2, 0.7)),
        ("labels that do not occur: ", 60, num_labels, few, rng.uniform(0.2, 0.7)),
        ("one label in all: ", 60, 1, [0], 1.0),
        ("one image: ", 1, num_labels, few, 2.5),
        ("small alpha: ", 300, num_labels, few, 1e-3),
        ("large alpha: ", 60, num_labels, few, 1e3),
    ):
        labels = rng.permutation(np.resize(rng.permutation(present), count))
        p = rng.dirichlet(np.full(num_codes, 0.7), (size, positions))
        p[:, :, rng.integers(num_codes)] = 0  # never used
        p /= p.sum(-1, keepdims=True)
        draws = rng.uniform(size=(count, positions, 1)) > p[labels].cumsum(-1)
        codes = np.minimum(draws.sum(-1), num_codes - 1)
        alpha = round(float(alpha), 4)
        right, wrong = _tables(codes, labels, size, num_codes, alpha)
        about = f"{label}codes of shape {codes.shape}, Y = {size}, K = {num_codes}, alpha {alpha:g}"
        received = call(answer, codes, labels, size, num_codes, alpha)
        verify(
            received,
            right,
            checked=about,
            wrong=wrong,
            hint=_sums(received, right),
            undefined="a label that does not occur has no counts: alpha is needed above and below",
        )
    verify_repeatable(answer, codes, labels, size, num_codes, alpha)
    return (
        "Every count gets alpha more and every row sums to 1, for each label and position; labels "
        "that do not occur get 1/K."
    )


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


@check("7.6")
def js_distance(answer, seed):
    """``js_distance(p, q)``: (P, K) twice -> root of the mean JSD over positions, a number."""
    rng = np.random.default_rng(seed)
    positions, num_codes = rng.permutation([5, 6, 7, 8, 9])[:2].tolist()
    while True:  # until no two mistakes give the same number
        p, q = 0.95 * rng.dirichlet(np.full(num_codes, 0.8), (2, positions)) + 0.05 / num_codes
        if _told_apart(_distances(*doubles(*floats(p, q)))):
            break
    zeros = rng.dirichlet(np.full(num_codes, 0.8), (2, positions))
    rows, codes = np.arange(positions), np.argsort(rng.uniform(size=(3, positions, num_codes)), -1)
    zeros[:, rows, codes[0, :, 0]] = 0  # in both tables
    zeros[0, rows, codes[0, :, 1]] = 0  # in p alone
    zeros[1, rows, codes[0, :, 2]] = zeros[0, rows, codes[0, :, 2]] / 2
    zeros[1, rows[1:], codes[0, 1:, 1]] += 0.2
    zeros /= zeros.sum(-1, keepdims=True)
    left = rng.uniform(0.2, 1, (2, positions, num_codes)) * (np.arange(num_codes) < 2)
    apart = np.stack([left[0], left[1][:, ::-1] * (np.arange(num_codes) >= 2)])
    apart /= apart.sum(-1, keepdims=True)
    for label, one, other in (
        ("", p, q),
        ("probabilities of 0: ", *zeros),
        ("the same, exchanged: ", *zeros[::-1]),
        ("disjoint tables: ", *apart),
        ("one position: ", p[:1], q[:1]),
        ("equal tables: ", p, p),
        ("equal tables with zeros: ", zeros[0], zeros[0]),
        ("one-hot tables, equal: ", *np.eye(num_codes)[codes[[1, 1], :, 0]]),
    ):
        for arrays in (floats(one, other), (one, other)):
            formulas = _distances(*doubles(*arrays))
            verify(
                call(answer, *arrays),
                formulas[0][1],
                checked=f"{label}p and q of shape {one.shape}, {arrays[0].dtype}",
                wrong=formulas[1:],
                # The root makes 1e-7, what rounding leaves of 0, as large as 3e-4.
                scale=1 if label.startswith(("equal", "one-hot")) else 0,
                tolerance=5e-4,
                undefined="0 log 0 counts as 0, and rounding may leave a number just below 0 under "
                "the root",
                hint="equal tables have the distance 0" if "equal" in label else "",
            )
    verify_repeatable(answer, p, q)
    return (
        "Nats to the 1/2: 0 for equal tables, the root of log 2 for disjoint ones, the same in "
        "both directions; probabilities of 0 are no harm."
    )


def _told_apart(formulas):
    """Whether no two of the numbers of different phrases are nearer than :func:`named` tells."""
    numbers = [(name, value) for name, value in formulas if np.ndim(value) == 0]
    names, values = (np.array(column) for column in zip(*numbers, strict=True))
    size = np.maximum(np.abs(values), np.abs(values)[:, None])
    near = np.abs(values - values[:, None]) < 2e-3 * size
    return not (near & (names != names[:, None])).any()


def _entropy(table, axis=-1):
    return -(table * np.log(np.where(table > 0, table, 1))).sum(axis)


@np.errstate(all="ignore")
def _distances(p, q):
    """(phrase, value): the right one first."""
    mean = (p + q) / 2
    js = np.maximum(_entropy(mean) - (_entropy(p) + _entropy(q)) / 2, 0)
    right, positions, num_codes = np.sqrt(js.mean()), *p.shape
    forward, backward = (p * np.log(p / q)).sum(-1), (q * np.log(q / p)).sum(-1)
    to_mean = [np.maximum(-_entropy(a) - (a * np.log(np.where(a > 0, mean, 1))).sum(-1), 0)
               for a in (p, q)]  # fmt: skip
    pooled = _entropy(mean.mean(0)) - (_entropy(p.mean(0)) + _entropy(q.mean(0))) / 2
    off = np.abs(p - q).sum(-1)
    squared = [  # what stands under the root
        ("it is in bits: nats are wanted (natural logarithm)", js.mean() / LOG_2),
        ("the divergences are summed over the positions, their mean is wanted", js.sum()),
        ("the mean over the codes is taken in place of their sum", js.mean() / num_codes),
        ("summed over positions and averaged over codes: the axes are exchanged",
         js.sum() / num_codes),
        ("this is KL(p || q): p and q are to be compared with their mean", forward.mean()),
        ("this is KL(q || p): p and q are to be compared with their mean", backward.mean()),
        ("this is the sum of KL(p || q) and KL(q || p): compare p and q with their mean",
         (forward + backward).mean()),
        ("this is the mean of KL(p || q) and KL(q || p): compare p and q with their mean",
         (forward + backward).mean() / 2),
        ("one half is missing: KL(q || m) has to be counted as well", to_mean[0].mean()),
        ("one half is missing: KL(p || m) has to be counted as well", to_mean[1].mean()),
        ("one half is missing: KL(q || m) has to be counted as well", to_mean[0].mean() / 2),
        ("one half is missing: KL(p || m) has to be counted as well", to_mean[1].mean() / 2),
        ("the 1/2 is missing: it is the mean of KL(p || m) and KL(q || m)", 2 * js.mean()),
        ("a factor 1/2 too many", js.mean() / 2),
        ("the arguments of the KL are exchanged: it is KL(p || m), not KL(m || p)",
         ((mean * np.log(mean / p)).sum(-1) + (mean * np.log(mean / q)).sum(-1)).mean() / 2),
        ("the tables are averaged over the positions first", pooled),
        ("the first position alone is compared", js[0]),
        ("the last position alone is compared", js[-1]),
        ("the largest of the positions is taken, their mean is wanted", js.max()),
        ("this is the total variation, half the absolute differences", off.mean() / 2),
        ("this is the sum of absolute differences", off.mean()),
        ("this is the Euclidean distance", ((p - q) ** 2).sum(-1).mean()),
        ("this is the Hellinger distance", np.maximum(1 - np.sqrt(p * q).sum(-1), 0).mean()),
        ("the 1/2 is missing in the mean of p and q",
         (_entropy(p + q) - (_entropy(p) + _entropy(q)) / 2).mean()),
        ("one value for each position: the mean over them is missing", js),
    ]  # fmt: skip
    root = "the root is missing: this is the mean divergence"
    return [
        ("", right),
        ("the mean of the roots is taken: the root of the mean is wanted", np.sqrt(js).mean()),
        ("the sum of the roots is taken: the root of the mean is wanted", np.sqrt(js).sum()),
        *((phrase, np.sqrt(value)) for phrase, value in squared),
        (
            "the root of the sum is divided by the number of positions",
            np.sqrt(js.sum()) / positions,
        ),
        ("the sign is wrong", -right),
        (root, js.mean()),
        *((f"{phrase}; and the root is missing", value) for phrase, value in squared),
        ("one axis too many (keepdim?)", np.reshape(right, (1,))),
        ("one axis too many (keepdim?)", np.reshape(right, (1, 1))),
    ]
