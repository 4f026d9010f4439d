"""How a check reaches an answer, and how it says what is wrong with it.

A check is ``check(answer, seed=0)``. It touches ``answer`` only through :func:`call`,
:func:`gradient` and :func:`build`, so that it runs unchanged on the reader's function
(:class:`Local`) and on a proxy of an answer that lives elsewhere (another :class:`Remote`).

Only numpy arrays cross the border. Going in, an array with dimensions arrives as a torch tensor of
the same dtype, a number (or an array without dimensions) as a Python number. Coming out, tensors,
numpy arrays and Python numbers become arrays; a tuple or list of those becomes a tuple of arrays, a
dict of those a dict of arrays; anything else is refused.
"""

import functools
import textwrap

import numpy as np

from course_utils import settings
from course_utils.checks._remote import CheckFailed, Local, Remote, kind_of


def call(answer, *arrays, seed=0):
    """Result of ``answer(*arrays)``: an array, or a tuple or dict of arrays.

    torch's (CPU), numpy's and Python's global generators are seeded by ``seed`` and put back after,
    so that :func:`call` and :func:`gradient` of the same arrays see the same noise. The answer gets
    copies.

    Raises:
        CheckFailed: the answer raised, or returned something else than numbers.
    """
    try:
        return _trusted(_remote(answer).call(_copies(arrays), seed))
    except CheckFailed as failure:
        shapes = ", ".join(str(np.shape(array)) for array in arrays)
        told = f"called with arguments of the shapes {shapes}" if arrays else "called"
        failure.checked = failure.checked or told
        raise


def gradient(answer, *arrays, seed=0, output=0, weights=False, probe=None):
    """Gradients of the sum of the first output (or of number ``output``) of ``answer(*arrays)``.

    With ``probe``, an array of the output's shape, those of the sum of probe * output.

    Returns:
        A tuple with one entry for each of ``arrays``: an array of its shape, or None where no
        gradient arrives (and for integers). With ``weights=True``, for a model that :func:`build`
        made: a dict of parameter name -> array or None.

    Raises:
        CheckFailed: as :func:`call`.
    """
    probe = None if probe is None else np.array(probe)
    found = _remote(answer).gradient(_copies(arrays), seed, output, weights, probe)
    if type(found) is dict and weights:
        return {name: None if value is None else _array(value) for name, value in found.items()}
    if type(found) is not tuple or len(found) != len(arrays):
        raise CheckFailed("the gradients did not arrive whole.")
    return tuple(None if value is None else _array(value) for value in found)


def build(answer, *numbers, weights=None, seed=0):
    """Construct ``answer(*numbers)``, load ``weights`` strictly, set it to eval.

    Args:
        answer: a class derived from ``nn.Module``.
        numbers: Python numbers.
        weights: dict of parameter name -> array, or None to keep what the class draws (with torch's
            generator seeded by ``seed``).

    Returns:
        The model's handle: :func:`call` calls its forward, ``handle.encode`` is its method.

    Raises:
        CheckFailed: construction raised; parameters are missing, unexpected or of another shape.
    """
    weights = None if weights is None else {name: np.array(w) for name, w in weights.items()}
    return _remote(answer).build(_copies(numbers), weights, seed)


def check(function):
    """Make a public check of ``function(answer, seed)``, which returns what it verified."""

    @functools.wraps(function)
    def checked(answer, seed=0):
        try:
            verified = function(answer, seed)
        except CheckFailed as failure:
            failure.name = function.__name__
            raise
        print(textwrap.fill(f"{function.__name__}: right. {verified}", settings.LINE))

    return checked


def _remote(answer):
    return answer if isinstance(answer, Remote) else Local(answer)


def _copies(arrays):
    return tuple(np.array(array) for array in arrays)


def _array(value):
    if type(value) is not np.ndarray or value.dtype.kind not in "biuf":
        raise CheckFailed(f"expected an array of numbers, got {kind_of(value)}.")
    return value


def _trusted(value):
    if type(value) is dict:
        return {key: _array(entry) for key, entry in value.items()}
    return tuple(_array(entry) for entry in value) if type(value) is tuple else _array(value)
