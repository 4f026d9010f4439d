"""The checks' handle of an answer that lives in the sandbox."""

from course_utils.checks import CheckFailed, Remote
from homework import clean
from homework.sandbox import Ended

MOST_CHARACTERS = 2_000
MOST_HANDLES = 1_000_000
MOST_KEY = 200  # characters of a key of a dict
LOST = "the answer did not arrive whole."


class Answer(Remote):
    """What a check takes in place of the student's function or class.

    Args:
        ask: the exercise's connection, see ``Sandbox.exercise``.
        handle: number of the object on the other side; 0 is what the exercise defines.
        last: a dict that keeps under ``came`` what the answer gave last.
    """

    def __init__(self, ask, handle=0, last=None):
        self._ask, self._handle = ask, handle
        self._last = {} if last is None else last

    def call(self, arrays, seed, **more):
        self._last["came"] = value = _unpacked(*self._request("call", arrays, seed=seed, **more))
        return value

    def call_in_place(self, arrays, seed):
        return self.call(arrays, seed, in_place=True)

    def call_for_tensors(self, arrays, seed):
        return self.call(arrays, seed, tensors=True)

    def call_within(self, arrays, seed, most):
        return self.call(arrays, seed, most=int(most))

    def gradient(self, arrays, seed, output, weights, probe):
        return self._gradients("gradient", arrays, seed, output, weights, probe)[1]

    def value_and_gradient(self, arrays, seed, output, weights, probe):
        return self._gradients("value_and_gradient", arrays, seed, output, weights, probe)

    def _gradients(self, op, arrays, seed, output, weights, probe):
        """(the value, or None where only the gradients were asked for; the gradients)."""
        request = {"seed": seed, "output": int(output), "weights": bool(weights)}
        request["probe"] = probe is not None
        sent = [*arrays, *([] if probe is None else [probe])]
        header, found = self._request(op, sent, **request)
        value = found[0] if op != "gradient" and found else None
        gradients = _unpacked(header, found if op == "gradient" else found[1:])
        is_whole = type(gradients) is dict if weights else _fit(gradients, arrays)
        if not is_whole or (value is None and op != "gradient"):
            raise CheckFailed("the gradients did not arrive whole.")
        return value, gradients

    def build(self, numbers, weights, seed):
        names = None if weights is None else list(weights)
        arrays = [*numbers, *([] if weights is None else weights.values())]
        request = {"seed": seed, "numbers": len(numbers), "weights": names}
        return self._next(*self._request("build", arrays, **request))

    def method(self, name):
        return self._next(*self._request("method", (), name=name))

    def _next(self, header, arrays):
        handle = header.get("handle")
        if type(handle) is not int or not 0 <= handle < MOST_HANDLES:
            raise CheckFailed(LOST)
        return Answer(self._ask, handle, self._last)

    def _request(self, op, arrays, **request):
        try:
            header, found = self._ask({"op": op, "handle": self._handle, **request}, arrays)
        except Ended as end:
            raise CheckFailed(f"the answer was stopped: {end.reason}") from end
        if not isinstance(header, dict) or not isinstance(found, (list, tuple)):
            raise CheckFailed(LOST)
        refuse_failed(header)
        return header, found


def refuse_failed(header):
    """Raise the failure that the other side reports, with texts of bounded length."""
    failed = header.get("failed")
    if failed is None:
        return
    failed = failed if isinstance(failed, dict) else {}
    told = {key: clean.text(failed.get(key, ""), MOST_CHARACTERS) for key in TEXTS}
    told["mistake"] = told["mistake"] or "the answer failed."
    raise CheckFailed(told.pop("mistake"), written=failed.get("written") is not False, **told)


TEXTS = ("mistake", "checked", "expected", "received")


def _unpacked(header, arrays):
    """Plain numpy arrays in the shape that ``Remote`` promises; anything else is refused."""
    kind, keys, present = (header.get(key) for key in ("kind", "keys", "present"))
    flags = isinstance(present, list) and all(type(there) is bool for there in present)
    if not flags or sum(present) != len(arrays):
        raise CheckFailed(LOST)
    waiting = iter(arrays)
    values = [next(waiting) if there else None for there in present]
    if kind == "array" and len(values) == 1 and values[0] is not None:
        return values[0]
    if kind == "tuple":
        return tuple(values)
    if kind == "dict" and isinstance(keys, list) and len(keys) == len(values):
        keys = [clean.line(key, MOST_KEY) for key in keys]
        return dict(zip(keys, values, strict=True))
    raise CheckFailed(LOST)


def _fit(gradients, arrays):
    """True if there is one for each argument, of its shape or None."""
    if type(gradients) is not tuple or len(gradients) != len(arrays):
        return False
    pairs = zip(gradients, arrays, strict=True)
    return all(one is None or one.shape == array.shape for one, array in pairs)
