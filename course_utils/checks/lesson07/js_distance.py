"""Check of exercise 7.6: ``js_distance``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, verify, verify_repeatable
from course_utils.checks._contract import call, check

LOG_2 = np.log(2)
ROUNDED = "right for very different tables: is something clamped or rounded, or a number added?"
ZEROS = (
    "right without zeros, wrong where a probability is 0: it counts as 0, nothing is to be added "
    "or clamped"
)
UNDEFINED = (
    "0 log 0 counts as 0, p / m is 0 / 0 where both are 0, and rounding may leave a number just "
    "below 0 under the root"
)
PAIR = np.array([[0.9, 0.1]])


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
    turn = rng.permuted(np.resize([-1, 1], p.shape[1]) * np.ones(p.shape), axis=1)
    near, nearer = (p * np.exp(size * turn) for size in (0.2, 0.01))
    near, nearer = (table / table.sum(-1, keepdims=True) for table in (near, nearer))
    single = p.copy()
    single[-1] = q[-1]
    verify_repeatable(answer, p, q)
    for label, one, other in (
        ("", p, q),
        ("probabilities of 0: ", *zeros),
        ("the same, exchanged: ", *zeros[::-1]),
        ("disjoint tables: ", *apart),
        ("one position: ", p[:1], q[:1]),
        ("one position: ", PAIR, PAIR[:, ::-1]),
        ("tables that differ little: ", p, near),
        ("tables that differ in the third decimal: ", p, nearer),
        ("tables that differ at one position: ", p, single),
        ("equal tables: ", p, p),
        ("one code: ", p[:, :1] ** 0, p[:, :1] ** 0),
        ("equal tables with zeros: ", zeros[0], zeros[0]),
        ("one-hot tables, equal: ", *np.eye(num_codes)[codes[[1, 1], :, 0]]),
    ):
        for arrays in (floats(one, other), (one, other)):
            formulas = _distances(*doubles(*arrays))
            verify(
                call(answer, *arrays),
                formulas[0][1],
                checked=f"{label}p and q of shape {one.shape}, {arrays[0].dtype}",
                wrong=[(name, v) for name, v in formulas[1:] if not label or np.ndim(v)],
                # The root makes 1e-7, what rounding leaves of 0, as large as 3e-4.
                scale=1 if formulas[0][1] < 1e-3 else 0.5 if formulas[0][1] < 0.01 else 0,
                tolerance=5e-4,
                undefined=UNDEFINED,
                hint=_hint(label),
            )
    return (
        "Nats to the 1/2: 0 for equal tables, the root of log 2 for disjoint ones, the same in "
        "both directions; probabilities of 0 are no harm."
    )


def _hint(label):
    if "equal" in label or "one code" in label:
        return "equal tables have the distance 0"
    if label in ("", "one position: "):
        return ""
    return ROUNDED if "differ" in label else ZEROS


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
