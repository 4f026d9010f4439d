"""Honest forms of one answer: several results stacked, rows in a list.

``answer = in_pairs(answer, "rate", "distortion")`` at the head of a check hands on what came as a
tuple, values and gradients alike, and refuses a dict; ``answer = in_rows(answer)`` as one array.
``two_numbers(received, ...)`` are a result's two numbers.
"""

import numpy as np

from course_utils.checks._compare import refuse_dict, show
from course_utils.checks._largest import call_within
from course_utils.checks._remote import CheckFailed, Local, Remote


def in_pairs(answer, *names):
    """The answer's handle, whose calls give a tuple where the results came stacked.

    Args:
        names: of the results, in order.
    """
    return _Pair(answer, names)


def in_rows(answer):
    """The answer's handle, whose calls give one array where a list of its rows came."""
    return _Rows(answer)


class _Formed(Remote):
    """Another handle's answers, in one form."""

    def __init__(self, answer):
        self._far = answer if isinstance(answer, Remote) else Local(answer)

    def call(self, arrays, seed):
        return self._form(self._far.call(arrays, seed))

    def call_in_place(self, arrays, seed):
        return self._form(self._far.call_in_place(arrays, seed))

    def call_for_tensors(self, arrays, seed):
        return self._form(self._far.call_for_tensors(arrays, seed))

    def call_within(self, arrays, seed, most):
        if isinstance(self._far, Local):
            return self._form(call_within(self._far, arrays, seed, most, CheckFailed))
        return self._form(self._far.call_within(arrays, seed, most))

    def build(self, numbers, weights, seed):
        return self._far.build(numbers, weights, seed)

    def method(self, name):
        return self._far.method(name)


class _Pair(_Formed):
    def __init__(self, answer, names):
        super().__init__(answer)
        self._names = names

    def _form(self, received):
        refuse_dict(received, self._names)
        if self._is_stacked(received):
            return tuple(np.asarray(part) for part in received)
        return received

    def gradient(self, arrays, seed, output, weights, probe):
        output, probe = self._there(arrays, seed, output, probe)
        return self._far.gradient(arrays, seed, output, weights, probe)

    def value_and_gradient(self, arrays, seed, output, weights, probe):
        there, seen = self._there(arrays, seed, output, probe)
        value, found = self._far.value_and_gradient(arrays, seed, there, weights, seen)
        if seen is not probe and value.ndim:
            value = np.asarray(value[output])
        return value, found

    def _there(self, arrays, seed, output, probe):
        """Number of the output, and the probe, in the form that the answer has."""
        received = self._far.call(tuple(np.array(array) for array in arrays), seed)
        if self._is_stacked(received):
            whole = np.zeros(received.shape)
            whole[output] = 1.0 if probe is None else probe
            output, probe = 0, whole
        return output, probe

    def _is_stacked(self, received):
        is_array = type(received) is np.ndarray and received.dtype.kind in "biuf"
        return is_array and received.ndim > 0 and len(received) == len(self._names)


class _Rows(_Formed):
    def _form(self, received):
        if type(received) is tuple and received and all(type(r) is np.ndarray for r in received):
            if len({row.shape for row in received}) == 1:
                return np.stack(received)
        return received

    def gradient(self, arrays, seed, output, weights, probe):
        return self._far.gradient(arrays, seed, output, weights, probe)

    def value_and_gradient(self, arrays, seed, output, weights, probe):
        return self._far.value_and_gradient(arrays, seed, output, weights, probe)


def two_numbers(received, about, what, of_each=""):
    """Two Python numbers from what came: a tuple, or an array of two.

    Args:
        about: what went in. what: the pair in words, such as ``(mean, standard error)``.
        of_each: said of two arrays, in place of numbers, with more than one value.

    Raises:
        CheckFailed: something else came.
    """
    refuse_dict(received, what.strip("()").split(", "), about)
    values = received
    if isinstance(values, np.ndarray) and values.shape == (2,):
        values = tuple(values)
    if isinstance(values, tuple) and len(values) == 2:
        values = [np.asarray(value) for value in values]
        if all(value.size == 1 for value in values):
            return [float(value.reshape(())) for value in values]
        what += f": {of_each}" if of_each else ""
    raise CheckFailed(
        f"a pair of numbers is expected, {what}.",
        checked=about,
        expected="two numbers",
        received=show(received),
    )
