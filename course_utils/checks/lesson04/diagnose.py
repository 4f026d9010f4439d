"""Check of exercise 4.4: ``diagnose``."""

import hashlib

import numpy as np

from course_utils.checks._compare import show
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

MISTAKES = (
    "the KL's sign is wrong",
    "the KL is left out",
    "the reconstruction is a mean over the pixels, the KL a sum",
    "the KL is a mean over the latents, the reconstruction a sum",
    "log_var is taken for the log of the standard deviation",
    "three axes are summed where there is one: the batch is summed too",
    "z is the posterior's mean: nothing is sampled",
    "the logits are passed through a sigmoid twice",
    "the noise is multiplied by the variance, not by the standard deviation",
)
# Digests of letter and number, so that the answer is not read here by accident.
DIGESTS = {
    "a": "f46dd28a5499d8ef",
    "b": "3c56619749423796",
    "c": "6db53c9d5a2ca72a",
    "d": "8b53639f152c8fc6",
    "e": "c33352e36a529830",
    "f": "07de662a1e9300c2",
}
COUNTS = ("none is", "only one is", "only two are", "only three are", "only four are")
COUNTS += ("only five are",)


@check("4.4")
def diagnose(answer, seed):
    """``diagnose()``: six numbers of :data:`MISTAKES`, counted from 1, for loss_a to loss_f."""
    about = {
        "checked": "the mistakes of loss_a, loss_b, ..., loss_f, in this order",
        "expected": f"six whole numbers from 1 to {len(MISTAKES)}",
    }
    try:
        received = call(answer, seed=seed)
    except CheckFailed as failure:
        if "expected a tensor" not in failure.mistake:
            raise
        form = "the numbers of six mistakes in the table are wanted, as in return 1, 2, 3, 4, 5, 6"
        came = failure.mistake.replace("expected a tensor", form)
        raise CheckFailed(came, **about) from failure
    about["received"] = show(received)
    numbers = _numbers(received, about)
    about["received"] = ", ".join(map(str, numbers))
    for shift, text in (
        (1, "counted from 0: the list begins at 1"),
        (-1, "every number is one too large: the list begins at 1"),
    ):
        if all(_is_right(numbers + shift)):
            raise CheckFailed(f"{text}.", **about)
    outside = sorted({int(n) for n in numbers if not 1 <= n <= len(MISTAKES)})
    if outside:
        listed = ", ".join(map(str, outside))
        text = f"numbers from 1 to {len(MISTAKES)} are wanted, as in the list; {listed} came"
        raise CheckFailed(f"{text}.", **about)
    right = sum(_is_right(numbers))
    if right < len(DIGESTS):
        # How many, not which: else nine tries, each with one number for all, give the answer away.
        twice = sorted({int(n) for n in numbers if (numbers == n).sum() > 1})
        came = ", ".join(map(str, twice))
        text = f"; {came} came more than once: the six differ" if twice else ""
        raise CheckFailed(f"of the six, {COUNTS[right]} named rightly yet{text}.", **about)
    return "The mistakes of all six losses are named."


def _numbers(received, about):
    """An array of six integers; :class:`CheckFailed` where something else came."""
    if isinstance(received, dict):
        raise CheckFailed(
            "return a tuple, not a dict: six numbers, in the order of the losses.", **about
        )
    entries = received if isinstance(received, tuple) else np.atleast_1d(received)
    is_array = isinstance(entries, np.ndarray)  # by its shape alone, however large it is
    if entries.ndim > 1 if is_array else any(entry.ndim for entry in entries):
        raise CheckFailed("one number for each loss is wanted, without further axes.", **about)
    if len(entries) != len(DIGESTS):
        came = f"{len(entries)} number{'s' if len(entries) != 1 else ''} came"
        raise CheckFailed(f"{came}: six are wanted, one for each loss.", **about)
    if any(entry.dtype.kind not in "iu" for entry in entries):
        kinds = ", ".join(sorted({str(entry.dtype) for entry in entries}))
        raise CheckFailed(f"the numbers are of type {kinds}: integers are wanted.", **about)
    return np.array([int(entry) for entry in entries])


def _is_right(numbers):
    """For each loss whether its mistake is named rightly."""
    return [
        hashlib.sha256(f"{letter}{n}".encode()).hexdigest().startswith(digest)
        for (letter, digest), n in zip(DIGESTS.items(), numbers, strict=True)
    ]
