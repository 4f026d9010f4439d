"""Check of exercise 5.3: ``straight_through``."""

import numpy as np

from course_utils.checks._compare import (
    floats,
    refuse_other_dtype,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._draws import one_hot
from course_utils.checks._gumbel import softmax
from course_utils.checks._remote import CheckFailed


@check("5.3")
def straight_through(answer, seed):
    """``straight_through(y)``: (..., K) -> one-hot of the argmax, with the gradient of y itself."""
    rng = np.random.default_rng(seed)
    for label, y in _relaxed(rng):
        shape = y.shape
        hard = one_hot(y)
        about = f"{label}y of shape {shape}"
        wrong = [
            ("y itself came back: where is the one-hot vector?", y),
            ("the one-hot and y are added: y.detach() has to be subtracted", hard + y),
            ("y is subtracted from the one-hot: its value has to be added again", hard - y),
            ("the one-hot is subtracted from y", y - hard),
            ("the one-hot multiplies y: its entry should be 1", hard * y),
            ("the one-hot is that of the smallest entry (argmin)", one_hot(-y)),
            ("y is rounded or compared with 1/2: no entry has to exceed 1/2, use argmax", y > 0.5),
            ("indices came, one-hot vectors are wanted", y.argmax(-1)),
            ("twice the one-hot came", 2 * hard),
            *(
                ("the argmax is taken over the wrong dimension", one_hot(y, axis))
                for axis in range(len(shape) - 1)
            ),
        ]
        received = _called(answer, y)
        verify(
            received,
            hard,
            checked=about,
            wrong=wrong,
            scale=1,
            tolerance=1e-6,
            hint="the 1 belongs to the largest entry of y, and nothing is drawn anew",
        )
        refuse_other_dtype(received, y, "y", "the decoder", about)
        probe = rng.normal(size=shape)
        _verify_identity(gradient(answer, y)[0], y, hard, about)
        _verify_probe(gradient(answer, y, probe=probe)[0], probe, about)
    verify_repeatable(answer, y)
    return "The value is the argmax's one-hot, up to rounding; the gradient passes as if it were y."


def _called(answer, y):
    """What came; where sizes do not fit, the failure also names what they often come from."""
    try:
        return call(answer, y)
    except CheckFailed as failure:
        if not failure.written or " raised RuntimeError" not in failure.mistake:
            raise
        why = (
            "is the argmax taken over dim=-1, and does one_hot get the number of categories, "
            "y.shape[-1]?"
        )
        raise CheckFailed(f"{failure.mistake} ({why})", checked=failure.checked) from failure


def _relaxed(rng):
    """(what it is, y): rows that sum to 1, without ties."""
    batch, variables, categories = sizes(rng, 3)
    for label, spread, lead, dtype in (
        ("", 1.5, (batch, variables), np.float32),
        ("no entry above 1/2: ", 0.08, (batch, variables), np.float32),
        ("y nearly one-hot: ", 30.0, (batch, variables), np.float32),
        ("two dimensions: ", 1.5, (batch,), np.float32),
        ("one dimension: ", 1.5, (), np.float32),
        ("four dimensions: ", 1.5, (2, batch, variables), np.float64),
        ("a batch of one: ", 1.5, (1, variables), np.float32),
        ("one variable: ", 1.5, (batch, 1), np.float32),
    ):
        logits = rng.normal(0, spread, (*lead, categories))
        yield label, softmax(logits + 0.05 * one_hot(logits)).astype(dtype)
    logits = rng.normal(0, 1, (batch, variables, categories))
    near = np.partition(logits, -2)[..., -2:-1]  # the second largest is made nearly the largest
    near = np.where(logits == near, logits.max(-1, keepdims=True) - 1e-4, logits)
    yield "the two largest entries differ by 0.01 %: ", *floats(softmax(near))
    yield "y one-hot already: ", *floats(one_hot(logits))


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
        tolerance=1e-4,
        scale=1,
        hint="each entry of the result should pass its gradient to the same entry of y",
    )
