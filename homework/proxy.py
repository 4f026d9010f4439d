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

    def call(self, arrays, seed):
        self._last["came"] = value = _unpacked(*self._request("call", arrays, seed=seed))
        return value

    def gradient(self, arrays, seed, output, weights, probe):
        request = {"seed": seed, "output": int(output), "weights": bool(weights)}
        request["probe"] = probe is not None
        shapes = [array.shape for array in arrays]
        arrays = [*arrays, *([] if probe is None else [probe])]
        value = _unpacked(*self._request("gradient", arrays, **request))
        is_whole = type(value) is dict if weights else _fit(value, shapes)
        if not is_whole:
            raise CheckFailed("the gradients did not arrive whole.")
        return value

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


def _fit(gradients, shapes):
    """True if there is one for each argument, of its shape or None."""
    if type(gradients) is not tuple or len(gradients) != len(shapes):
        return False
    pairs = zip(gradients, shapes, strict=True)
    return all(one is None or one.shape == shape for one, shape in pairs)
