"""True or False for each of several models: what came, in words, and by which mistake."""

import numpy as np

from course_utils.checks._compare import doubles, show, verify_repeatable
from course_utils.checks._contract import call
from course_utils.checks._forms import in_rows
from course_utils.checks._remote import CheckFailed


def verify_verdicts(answer, cases, right, mistakes, otherwise):
    """Raise unless the answer gives ``right`` in each case.

    A mistake is named where it explains all that came, in every case.

    Args:
        cases: list of (words, arrays): what the answer is called with, and how it is told.
        right: function of a case's float64 arrays -> booleans.
        mistakes: list of (phrase, function like ``right``).
        otherwise: function (index, its verdict, *arrays) that says what is wrong with the verdict
            of one model, where no mistake explains what came.
    """
    answer = in_rows(answer)
    found = [
        (about, doubles(*arrays), _booleans(call(answer, *arrays), about, right(*doubles(*arrays))))
        for about, arrays in cases
    ]
    verify_repeatable(answer, *cases[0][1])
    for about, arrays, received in found:
        if np.array_equal(received, right(*arrays)):
            continue
        wrong = [one for one, mistake in mistakes if all(_is(mistake, *case[1:]) for case in found)]
        index = int(np.flatnonzero(received != right(*arrays))[0])
        raise CheckFailed(
            wrong[0] if wrong else otherwise(index, bool(received[index]), *arrays),
            checked=about,
            expected=_told(right(*arrays)),
            received=_told(received),
        )


def _booleans(received, about, right):
    told = {"checked": about, "expected": _told(right), "received": show(received)}
    if not isinstance(received, np.ndarray) or received.shape != right.shape:
        raise CheckFailed(f"expected one value for each model, of shape {right.shape}.", **told)
    if not np.isin(received, (0, 1)).all():
        raise CheckFailed("expected True or False for each model.", **told)
    return received.astype(bool)


def _is(wrong, arrays, received):
    with np.errstate(all="ignore"):
        return np.array_equal(wrong(*arrays), received)


def _told(verdicts):
    models = ", ".join(str(index) for index in np.flatnonzero(verdicts))
    return f"True for the models {models or 'none'} (of {len(verdicts)}, counted from 0)"
