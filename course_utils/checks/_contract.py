"""How a check reaches an answer, and how it says what is wrong with it.

A check is ``check(answer, seed=0)``. It touches ``answer`` only through :func:`call`,
:func:`gradient` and :func:`build`, so that it runs unchanged on the reader's function
(:class:`Local`) and on a proxy of an answer that lives elsewhere (another :class:`Remote`).

Only numpy arrays cross the border. Going in, an array with dimensions arrives as a torch tensor of
the same dtype, a number (or an array without dimensions) as a Python number, :func:`as_tuple` as a
tuple. Coming out, tensors, numpy arrays and Python numbers become arrays; a tuple or list of those
becomes a tuple of arrays, a dict of those a dict of arrays; anything else is refused.
"""

import functools
import textwrap

import numpy as np

from course_utils import settings
from course_utils.checks._earlier import first_to_repair, lent_to
from course_utils.checks._largest import call_within
from course_utils.checks._remote import TUPLE, CheckFailed, Local, Remote, kind_of
from course_utils.checks._watch import LIBRARIES, Watch

CHECKS = {}  # name -> check
SEALS = {}  # exercise -> names that its check seals


def as_tuple(*numbers):
    """Small whole numbers, which an answer gets as a tuple, where a text says that it may."""
    return np.array(numbers, TUPLE)


def call(answer, *arrays, seed=0, in_place=False, tensors=False, most=None):
    """Result of ``answer(*arrays)``: an array, or a tuple or dict of arrays.

    torch's (CPU), numpy's and Python's global generators are seeded by ``seed`` and put back after,
    so that :func:`call` and :func:`gradient` of the same arrays see the same noise. The answer gets
    copies.

    Raises:
        CheckFailed: the answer raised, returned something else than numbers, or (unless it may work
            ``in_place``) overwrote one of its arguments, returned numpy arrays where ``tensors``
            are wanted, or made an array of more than ``most`` bytes.
    """
    handle, copies = _remote(answer), _copies(arrays)
    way = handle.call_in_place if in_place else handle.call
    way = handle.call_for_tensors if tensors else way
    try:
        if most is None:
            return _trusted(way(copies, seed))
        if isinstance(handle, Local):
            return _trusted(call_within(handle, copies, seed, most, CheckFailed))
        return _trusted(handle.call_within(copies, seed, most))
    except CheckFailed as failure:
        told = f"called with {told_arguments(arrays)}" if arrays else "called"
        failure.checked = failure.checked or told
        raise


def gradient(answer, *arrays, seed=0, output=0, weights=False, probe=None):
    """Gradients of the sum of the first output (or of number ``output``) of ``answer(*arrays)``.

    With ``probe``, an array of the output's shape, those of the sum of probe * output.

    Returns:
        A tuple with one entry for each of ``arrays``: an array of its shape, or None where no
        gradient arrives (and for integers). With ``weights=True``, for a model that :func:`build`
        made, or one of its methods: a dict of parameter name -> array or None.

    Raises:
        CheckFailed: as :func:`call`.
    """
    probe = None if probe is None else np.array(probe)
    found = _remote(answer).gradient(_copies(arrays), seed, output, weights, probe)
    return _gradients(found, arrays, weights)


def value_and_gradient(answer, *arrays, seed=0, output=0, weights=False, probe=None):
    """(value, gradients) of the first output (or number ``output``), both of one call.

    For answers that draw noise: the gradient belongs to the very noise that is in the value, also
    where the noise is from a generator of the answer's own, which no seed repeats.

    Args, Raises: as :func:`gradient`.
    """
    probe = None if probe is None else np.array(probe)
    handle = _remote(answer)
    value, found = handle.value_and_gradient(_copies(arrays), seed, output, weights, probe)
    return _array(value), _gradients(found, arrays, weights)


def _gradients(found, arrays, weights):
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


def train(model, mode=True):
    """Put a model that :func:`build` made into train mode, or (``mode=False``) into eval mode.

    Raises:
        CheckFailed: as :func:`call`.
    """
    call(model.train if mode else model.eval)


def told_arguments(arrays):
    """What went in, in words: numbers as they are, arrays by their shapes."""
    texts = [str(np.shape(array) if np.ndim(array) else array) for array in arrays]
    if all(np.ndim(array) == 0 for array in arrays):
        return f"the numbers {', '.join(texts)}"
    return f"arguments of the shapes {', '.join(texts)}"


def check(exercise, seals=(), defines=""):
    """Make a public check of ``function(answer, seed)``, which returns what it verified.

    The bare function, as a grading calls it, is ``__wrapped__``. In the notebook the check also
    names what would earn nothing there: the package's own functions, and other libraries.

    Args:
        exercise: the exercise's number, such as ``1.2``.
        seals: functions, methods or classes of the package that would answer it, such as
            ``losses.divergences.gaussian_kl``; the grading's copy of the package lacks them, for
            all exercises of the lesson.
        defines: name of the answer, where that is not the check's.
    """

    def make(function):
        name, number = function.__name__, lesson_of(exercise)

        @functools.wraps(function)
        def checked(answer, seed=0):
            try:
                if isinstance(answer, Remote):
                    verified, note, earns = function(answer, seed), "", True
                else:
                    with Watch(number, sealed_by(number)) as watch:
                        verified = function(answer, seed)
                    note, earns = _note(watch, answer, exercise)
                if settings.autograded() and not earns:
                    raise CheckFailed(f"the values are right, but {note}")
            except CheckFailed as failure:
                failure.name = name
                earlier = first_to_repair(answer, exercise, failure, CHECKS.values())
                if earlier is not None:
                    raise earlier from failure
                raise
            for line in [f"{name}: right. {verified}", *([f"{name}: {note}"] if note else [])]:
                print(textwrap.fill(line, settings.LINE))

        checked.exercise, checked.defines = exercise, defines or name
        CHECKS[name], SEALS[exercise] = checked, tuple(seals)
        return checked

    return make


def lesson_of(exercise):
    """Number of the lesson, ``01``, that the exercise ``1.2`` is of; ``02x`` of ``2x.1``."""
    lesson, _, _ = exercise.partition(".")
    return lesson.zfill(3 if lesson[-1:].isalpha() else 2)


def sealed_by(number):
    """What the grading's copy of the package for a lesson lacks: name -> exercise."""
    mine = ((exercise, seals) for exercise, seals in SEALS.items() if lesson_of(exercise) == number)
    return {name: exercise for exercise, seals in mine for name in seals}


def _note(watch, answer, exercise):
    """(what to add on a right answer, or "", whether it earns its points in the grading).

    Raises:
        CheckFailed: it uses a library that the grading does not have.
    """
    if watch.foreign:
        raise CheckFailed(
            f"the values are right, but {watch.foreign} is not there in the grading, so this would "
            f"earn nothing: write it with {', '.join(LIBRARIES)} and the standard library alone."
        )
    called, own = set(watch.lent), watch.own
    if watch.own_of not in ("", exercise):  # lent too, where it stands under an earlier name
        name = own.rpartition(".")[2]
        if name in lent_to(answer, exercise, CHECKS.values()):
            called, own = called | {name}, ""
    lent = ", ".join(sorted(called))
    if called and not called <= lent_to(answer, exercise, CHECKS.values()):
        return "this is lent, so that you can go on; it earns nothing in the grading.", False
    if own and watch.own_of not in ("", exercise):
        return (
            f"it calls {own}, which the grading leaves out, since exercise {watch.own_of} "
            "asks for it: put yours in its place. As it is, it earns nothing in the grading."
        ), False
    if own:
        return f"this is the package's own ({own}); it earns nothing in the grading.", False
    if called:
        return (
            f"it calls {lent}, which is lent. The grading puts a right one in its place, so this "
            "earns its own points."
        ), True
    return "", True


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
