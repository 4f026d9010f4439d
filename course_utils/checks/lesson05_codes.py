"""Checks of lesson 05: straight-through, the categorical KL, what codes tell about labels."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._formulas import candidates
from course_utils.checks._gumbel import softmax
from course_utils.checks._remote import CheckFailed

EXTREMES = (
    "right for moderate logits, wrong for large ones: is something clamped, or a small number "
    "added inside the logarithm?"
)


@check("5.3")
def straight_through(answer, seed):
    """``straight_through(y)``: (..., K) -> one-hot of the argmax, with the gradient of y itself."""
    rng = np.random.default_rng(seed)
    batch, variables, categories = sizes(rng, 3)
    for label, spread, shape in (
        ("", 1.5, (batch, variables, categories)),
        ("no entry above 1/2: ", 0.08, (batch, variables, categories)),
        ("y nearly one-hot: ", 30.0, (batch, variables, categories)),
        ("two dimensions: ", 1.5, (batch, categories)),
        ("one dimension: ", 1.5, (categories,)),
    ):
        logits = rng.normal(0, spread, shape)
        (y,) = floats(softmax(logits + 0.05 * _one_hot(logits)))  # no ties in float32
        hard = _one_hot(y)
        about = f"{label}y of shape {shape}"
        wrong = [
            ("y itself came back: where is the one-hot vector?", y),
            ("the one-hot and y are added: y.detach() has to be subtracted", hard + y),
            ("y is subtracted from the one-hot: its value has to be added again", hard - y),
            ("the one-hot is subtracted from y", y - hard),
            ("the one-hot multiplies y: its entry should be 1", hard * y),
            ("the one-hot is that of the smallest entry (argmin)", _one_hot(-y)),
            ("y is rounded or compared with 1/2: no entry has to exceed 1/2, use argmax", y > 0.5),
            ("indices came, one-hot vectors are wanted", y.argmax(-1)),
            ("twice the one-hot came", 2 * hard),
            *(
                ("the argmax is taken over the wrong dimension", _one_hot(y, axis))
                for axis in range(len(shape) - 1)
            ),
        ]
        received = call(answer, y)
        verify(received, hard, checked=about, wrong=wrong, scale=1, tolerance=1e-6)
        probe = rng.normal(size=shape)
        _verify_identity(gradient(answer, y)[0], y, hard, about)
        _verify_probe(gradient(answer, y, probe=probe)[0], probe, about)
    verify_repeatable(answer, y)
    return "The value is the one-hot of the argmax, exactly; the gradient passes as if it were y."


def _verify_identity(found, y, hard, about):
    """The sum of the result is differentiated: ones in y, if the result were y."""
    right = np.ones_like(y)
    if found is None or not found.any():
        raise CheckFailed(
            "the value is right, but no gradient reaches y: the one-hot is a constant; "
            "y - y.detach() is zero and carries the gradient.",
            checked=f"{about}, the gradient of the sum of the result",
            expected=show(right),
            received="no gradient" if found is None else "zero everywhere",
        )
    verify(
        found,
        right,
        checked=about,
        part="the value is right, but the gradient of its sum with respect to y is not",
        wrong=[
            ("y is counted twice", 2 * right),
            ("it has the wrong sign: y - y.detach() should be added", -right),
            ("it reaches the largest entry alone", hard),
            ("it reaches the largest entry alone", hard / np.maximum(y, 1e-9)),
            ("it reaches all but the largest entry", 1 - hard),
            ("it is multiplied by y", y),
        ],
        tolerance=1e-3,
        hint="it should be that of y itself, 1 everywhere",
    )


def _verify_probe(found, probe, about):
    """Of the sum of probe * result: the probe itself, if the result were y."""
    verify(
        np.zeros_like(probe) if found is None else found,
        probe,
        checked=f"{about}, the result weighted by random numbers and summed",
        part="the gradient with respect to y mixes the entries",
        tolerance=1e-3,
        scale=1,
        hint="each entry of the result should pass its gradient to the same entry of y",
    )


def _one_hot(values, axis=-1):
    hard = np.zeros(values.shape)
    np.put_along_axis(hard, values.argmax(axis, keepdims=True), 1, axis)
    return hard


@check("5.4", seals=("losses.divergences.categorical_kl_uniform",))
def categorical_kl_uniform(answer, seed):
    """``categorical_kl_uniform(logits)``: (B, N, K) -> KL(q || uniform) in nats, (B,)."""
    rng = np.random.default_rng(seed)
    shape = tuple(sizes(rng, 3))
    for label, logits in (
        ("", rng.normal(0, 1.5, shape) + rng.uniform(-2, 2, (*shape[:2], 1))),
        ("equal logits: ", np.tile(rng.uniform(-2, 2, (*shape[:2], 1)), shape[2])),
        ("logits up to 10,000: ", 1e4 * np.clip(rng.normal(0, 1, shape), -1, 1)),
        ("logits of 0 and 10,000: ", 1e4 * _one_hot(rng.normal(0, 1, shape))),
    ):
        (logits,) = floats(logits)
        formulas = _kl_formulas(*doubles(logits))
        terms, slope = formulas[0][1], _kl_slope(*doubles(logits))
        about = f"{label}logits of shape {shape}"
        hint = "q is uniform: its KL is 0" if label.startswith("equal") else EXTREMES
        stable = "log(softmax(logits)) underflows: use log_softmax"
        verify(
            call(answer, logits),
            terms.sum(-1),
            checked=about,
            wrong=() if label else candidates(formulas, 1, "variables"),
            scale=shape[1] * np.log(shape[2]),
            hint=hint if label else "",
            undefined=stable if label else "are logits taken for probabilities?",
        )
        found = gradient(answer, logits)[0]
        if found is not None and not np.isfinite(found).all():
            raise CheckFailed(
                "the values are right, but the gradient is not finite: the logarithm of a softmax "
                "that is 0 has none, use log_softmax.",
                checked=f"{about}, the gradient of the sum of the result",
                received=show(found),
            )
        verify_gradient(answer, (logits,), ("logits",), (slope,))
    verify_repeatable(answer, logits)
    return (
        "Sums over the variables, one value for each example, 0 for equal logits; values and "
        "gradients are finite and right for logits of 10,000."
    )


def _log_softmax(logits, axis=-1):
    shifted = logits - logits.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _kl_slope(logits):
    log_q = _log_softmax(logits)
    q = np.exp(log_q)
    slope = q * (log_q - (q * log_q).sum(-1, keepdims=True))
    return np.where(np.abs(slope) > 1e-9, slope, 0)  # what rounding leaves of equal logits


@np.errstate(all="ignore")
def _kl_formulas(logits):
    """(phrase, terms (B, N)): the right one first."""
    _, variables, categories = logits.shape
    log_q, log_k = _log_softmax(logits), np.log(categories)
    q = np.exp(log_q)

    def of(log_q, q=None):
        q = np.exp(log_q) if q is None else q
        return (q * (log_q + log_k)).sum(-1)

    right = of(log_q)
    return [
        ("", right),
        ("log K is missing for each variable: this is minus the entropy", right - log_k),
        ("log K is missing: this is the entropy of q", log_k - right),
        ("log K is counted once, not for each variable", right - log_k * (1 - 1 / variables)),
        ("log K has the wrong sign", right - 2 * log_k),
        ("log N stands for log K, the number of categories", right - log_k + np.log(variables)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("the KL is reversed: this is KL(uniform || q)", -(log_q + log_k).mean(-1)),
        ("the weights q are missing in front of the logarithm", (log_q + log_k).sum(-1)),
        ("the mean over the categories is taken in place of the sum", right / categories),
        ("the softmax is taken over the variables: the categories are the last dimension",
         of(_log_softmax(logits, -2))),
        ("the softmax is taken over the batch: the categories are the last dimension",
         of(_log_softmax(logits, 0))),
        ("the softmax is applied twice", of(_log_softmax(q))),
        ("the softmax is missing: logits are not yet log-probabilities", of(logits)),
        ("logits are taken for log-probabilities in the logarithm", of(logits, q)),
    ]  # fmt: skip


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
