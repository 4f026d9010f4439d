"""Check of exercise 5.5: ``mutual_information``."""

import contextlib
import itertools

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

SMALL = "is something rounded, or a small number added?"
SMALL_IN = "a small number is added inside the logarithm: leave out the pairs that never occur"
TEN = "10 is a constant in it: the sizes are the arguments num_codes and num_labels"
STRIDES = (
    "the pairs are numbered in another way than the table is laid out: codes * num_labels + labels "
    "belongs to (num_codes, num_labels)"
)


@check("5.5")
def mutual_information(answer, seed):
    """``mutual_information(codes, labels, num_codes, num_labels)``: (N,), (N,) -> nats."""
    rng = np.random.default_rng(seed)
    for label, codes, labels, num_codes, num_labels in _tables(rng):
        formulas = _information(_table(codes, labels, num_codes, num_labels))
        strides = [] if label else _strides(codes, labels, num_codes, num_labels)
        arrays = (codes, labels, num_codes, num_labels)
        received = _called(answer, arrays)
        verify(
            received,
            formulas[0][1],
            checked=_told(*arrays, label),
            wrong=formulas[1:] + strides + [*_added(_table(codes, labels, num_codes, num_labels))],
            scale=1,
            tolerance=1e-5,
            hint=label and f"right for other tables, not for {label}: {SMALL}",
            undefined=_why_undefined(answer) if _is_nan(received) else "",
        )
    verify_repeatable(answer, *arrays)
    return (
        "Nats, from the empirical frequencies: between 0 for one code alone and the entropy of "
        "the labels where the code determines them; unused codes count as 0."
    )


def _tables(rng):
    """(what is special, codes, labels, num_codes, num_labels)."""
    small, large = rng.choice([5, 7, 9]), rng.choice([11, 13])  # 10 is too few for one of them
    sizes = num_codes, num_labels = rng.permutation([small, large]).tolist()
    while True:  # until no two mistakes give the same number
        count = int(rng.integers(300, 600))
        labels = rng.choice(num_labels, count, p=rng.dirichlet(np.full(num_labels, 3)))
        used = rng.permutation(num_codes)[: num_codes - 1]  # one code is never used
        shift = rng.choice(3, count, p=[0.6, 0.25, 0.15])  # and pairs are left that never occur
        related = used[(labels + shift) % len(used)]
        strides = _strides(related, labels, *sizes)
        if _told_apart(_information(_table(related, labels, *sizes)) + strides):
            break
    yield "", related, labels, *sizes
    anything = rng.integers(num_codes, size=count)
    determined = rng.integers(num_labels, size=99)[anything]
    yield "codes independent of the labels", anything, labels, *sizes
    yield "labels that the code determines", anything, determined, *sizes
    yield "one code alone in use", np.full(count, used[0]), labels, *sizes
    yield "one label alone", anything, np.full(count, num_labels - 1), *sizes
    yield "the last code and the last label unused", related, labels, num_codes + 1, num_labels + 1
    yield "the first code and the first label unused", related + 1, labels + 1, *np.add(sizes, 1)
    yield "one code in all", np.zeros(count, int), labels, 1, num_labels
    yield "one example", anything[:1], labels[:1], *sizes
    many = rng.integers(num_codes, size=2_000)
    yield "2,000 examples", many, rng.integers(num_labels, size=2_000), *sizes


def _told(codes, labels, num_codes, num_labels, label):
    what = f"{label}: " if label else "one code unused: "
    return f"{what}{len(codes)} examples, {num_codes} codes, {num_labels} labels"


def _called(answer, arrays):
    """What came; where the answer raised, the failure also names what it trips over."""
    try:
        return call(answer, *arrays)
    except CheckFailed as failure:
        if not failure.written or " raised " not in failure.mistake:
            raise
        why = _why_raised(answer, *arrays)
        if not why:
            raise
        raise CheckFailed(f"{why}: {failure.mistake}", checked=_told(*arrays, "")) from failure


def _why_raised(answer, codes, labels, num_codes, num_labels):
    most = max(num_codes, num_labels)
    with contextlib.suppress(CheckFailed):
        call(answer, codes % 10, labels % 10, num_codes, num_labels)
        return TEN
    for size, why in (
        (
            (num_codes, num_labels),
            "bincount ends with the largest pair that occurs, so it may be shorter than the table "
            "(minlength)",
        ),
        (
            (most, most),
            "it works only for as many codes as labels: either the pair's number is not "
            "codes * num_labels + labels in a table of num_codes rows, or the axes of "
            "p(code) p(label) are not (num_codes, 1) and (1, num_labels) (keepdim)",
        ),
    ):
        last = np.append(codes, size[0] - 1), np.append(labels, size[1] - 1)
        with contextlib.suppress(CheckFailed):
            call(answer, *last, *size)
            return why
    return ""


def _is_nan(received):
    return isinstance(received, np.ndarray) and bool(np.isnan(received).any())


def _why_undefined(answer):
    """What makes a NaN: pairs that never occur, or only codes that are not used."""
    pairs = np.array([[0, 0], [0, 1], [1, 0]] * 3).T
    if _is_nan(call(answer, *pairs, 2, 2)):
        return "0 log 0 counts as 0: leave out the pairs that never occur"
    return (
        "a code that is not used makes 0 / 0 inside the logarithm, and xlogy(0, nan) is nan, "
        "though 0 log 0 counts as 0: subtract logarithms, or leave out the pairs that never occur"
    )


def _strides(codes, labels, num_codes, num_labels):
    """(phrase, value) of tables whose pairs are numbered in another way than they are laid out."""
    size, found = num_codes * num_labels, []
    for pairs, shape in (
        (codes * num_codes + labels, (num_codes, num_labels)),
        (labels * num_labels + codes, (num_codes, num_labels)),
        (labels * num_labels + codes, (num_labels, num_codes)),
        (labels * num_codes + codes, (num_codes, num_labels)),
        (codes * num_labels + labels, (num_labels, num_codes)),
        (codes + labels, (num_codes, num_labels)),
    ):
        counts = np.bincount(pairs, minlength=size)
        if len(counts) == size:
            found.append((STRIDES, _of_joint(counts.reshape(shape))))
    counts = np.bincount(codes * 10 + labels, minlength=100)
    if len(counts) == 100:
        found.append((TEN, _of_joint(counts.reshape(10, 10))))
    return found


def _added(joint):
    """(phrase, value) where a small number is added, beside p or beside the quotient."""
    p = joint / joint.sum()
    product = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    for small in (1e-1, 1e-2, 1e-3, 1e-4):
        for ratio in (
            (p + small) / (product + small),
            (p + small) / np.where(product > 0, product, 1),
            p / (product + small) + small,
            p / np.where(product > 0, product, 1) + small,
            np.where(p > 0, p / (product + small), 1),
        ):
            yield SMALL_IN, (p * np.log(ratio)).sum()


def _table(codes, labels, num_codes, num_labels):
    joint = np.zeros((num_codes, num_labels))
    np.add.at(joint, (codes, labels), 1)
    return joint


def _told_apart(formulas):
    return all(
        one == other or abs(a - b) > 3e-3 * max(abs(a), abs(b))
        for (one, a), (other, b) in itertools.combinations(formulas, 2)
    )


def _entropy(p):
    p = p[p > 0]
    return -(p * np.log(p)).sum()


def _of_joint(joint):
    p = joint / joint.sum()
    return _entropy(p.sum(0)) + _entropy(p.sum(1)) - _entropy(p)


@np.errstate(all="ignore")
def _information(joint):
    """(phrase, value) from the table of counts: the right one first."""
    count = joint.sum()
    p = joint / count
    p_code, p_label = p.sum(1, keepdims=True), p.sum(0, keepdims=True)
    h_code, h_label, h_both = _entropy(p_code), _entropy(p_label), _entropy(p)
    right = _of_joint(joint)
    num_codes, num_labels = joint.shape
    ratio = np.where(p > 0, np.log(p / (p_code * p_label)), 0)
    plug_in = "a bias is corrected: the plug-in number is wanted, from frequencies as they are"
    counts = "counts stand for frequencies: divide by the number of examples"
    normed = "divided by an entropy: the mutual information itself is wanted"
    return [
        ("", right),
        ("it is in bits: nats are wanted (natural logarithm)", right / np.log(2)),
        ("the sign is wrong", -right),
        ("this is the joint entropy H(code, label)", h_both),
        ("this is minus the joint entropy: p(code) p(label) is missing in the logarithm", -h_both),
        ("this is the conditional entropy H(label | code)", h_both - h_code),
        ("this is the conditional entropy H(code | label)", h_both - h_label),
        ("this is the entropy of the labels alone", h_label),
        ("this is the entropy of the codes alone", h_code),
        ("H(code) + H(label) came: the joint entropy has to be subtracted", h_code + h_label),
        ("p(label) is missing in the logarithm", h_code - h_both),
        ("p(code) is missing in the logarithm", h_label - h_both),
        ("the labels are taken to be uniform: p(label) has to be counted",
         right - h_label + np.log(num_labels)),
        ("the codes are taken to be uniform: p(code) has to be counted",
         right - h_code + np.log(num_codes)),
        ("codes and labels are taken to be uniform: their frequencies have to be counted",
         np.log(num_codes * num_labels) - h_both),
        (counts, count * right),
        (counts, count * (right + np.log(count))),
        (counts, count * (right - np.log(count))),
        (counts, right + np.log(count)),
        (counts, right - np.log(count)),
        *((normed, right / h) for h in (
            h_label, h_code, h_both, min(h_code, h_label), max(h_code, h_label),
            (h_code + h_label) / 2, np.sqrt(h_code * h_label))),
        ("the weights p(code, label) are missing in front of the logarithm", ratio.sum()),
        ("the mean over the pairs is taken in place of the sum", (p * ratio).mean()),
        ("p(label | code) stands for the weight p(code, label)", np.nansum(p / p_code * ratio)),
        ("p(code | label) stands for the weight p(code, label)", np.nansum(p / p_label * ratio)),
        ("p(code) p(label) stands for the weight p(code, label)",
         (p_code * p_label * ratio).sum()),
        ("the mean over the pairs is taken in place of the sum", right / (p > 0).sum()),
        ("this is the accuracy with which the code tells the label", p.max(1).sum()),
        ("a repeated pair is counted once: joint[codes, labels] += 1 loses repeats (bincount does "
         "not)", _of_joint(joint > 0)),
        ("1 is added to every count", _of_joint(joint + 1)),
        (plug_in, right - (num_codes - 1) * (num_labels - 1) / (2 * count)),
        (plug_in, right - (((p_code > 0).sum() - 1) * ((p_label > 0).sum() - 1)) / (2 * count)),
        (plug_in, right - ((p > 0).sum() - (p_code > 0).sum() - (p_label > 0).sum() + 1)
         / (2 * count)),
        (plug_in, right + ((p > 0).sum() - (p_code > 0).sum() - (p_label > 0).sum() + 1)
         / (2 * count)),
        ("the logarithm has the base 10: nats are wanted", right / np.log(10)),
        ("the logarithm has the number of codes for its base", right / np.log(num_codes)),
        ("the logarithm has the number of labels for its base", right / np.log(num_labels)),
        ("this is the G statistic, 2 N times the mutual information", 2 * count * right),
        ("the entropies are all added up: the joint entropy has to be subtracted",
         h_code + h_label + h_both),
        ("this is the variation of information, H(code | label) + H(label | code)",
         2 * h_both - h_code - h_label),
    ]  # fmt: skip
