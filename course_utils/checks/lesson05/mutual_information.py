"""Check of exercise 5.5: ``mutual_information``."""

import itertools

import numpy as np

from course_utils.checks._compare import verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("5.5")
def mutual_information(answer, seed):
    """``mutual_information(codes, labels, num_codes, num_labels)``: (N,), (N,) -> nats."""
    rng = np.random.default_rng(seed)
    num_codes, num_labels = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    while True:  # until no two mistakes give the same number
        count = int(rng.integers(300, 600))
        labels = rng.choice(num_labels, count, p=rng.dirichlet(np.full(num_labels, 3)))
        used = rng.permutation(num_codes)[: num_codes - 1]  # one code is never used
        shift = rng.choice(3, count, p=[0.6, 0.25, 0.15])  # and pairs are left that never occur
        related = used[(labels + shift) % len(used)]
        if _told_apart(_information(_table(related, labels, num_codes, num_labels))):
            break
    anything = rng.integers(num_codes, size=count)
    for label, codes, given in (
        ("one code unused: ", related, labels),
        ("codes independent of the labels: ", anything, labels),
        (
            "labels that the code determines: ",
            anything,
            rng.integers(num_labels, size=99)[anything],
        ),
        ("one code alone in use: ", np.full(count, used[0]), labels),
        ("one label alone: ", anything, np.full(count, num_labels - 1)),
    ):
        formulas = _information(_table(codes, given, num_codes, num_labels))
        verify(
            call(answer, codes, given, num_codes, num_labels),
            formulas[0][1],
            checked=f"{label}{count} examples, {num_codes} codes, {num_labels} labels",
            wrong=formulas[1:],
            scale=1,
            undefined="0 log 0 counts as 0: leave out the pairs that never occur",
        )
    verify_repeatable(answer, codes, given, num_codes, num_labels)
    return (
        "Nats, from the empirical frequencies: between 0 for one code alone and the entropy of "
        "the labels where the code determines them; unused codes count as 0."
    )


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
        ("this is the accuracy with which the code tells the label", p.max(1).sum()),
        ("a repeated pair is counted once: joint[codes, labels] += 1 loses repeats (bincount does "
         "not)", _of_joint(joint > 0)),
        ("1 is added to every count", _of_joint(joint + 1)),
    ]  # fmt: skip
