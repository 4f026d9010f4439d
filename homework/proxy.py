"""The checks' handle of an answer that lives in the sandbox."""

import numpy as np

from course_utils.checks import CheckFailed, Remote
from homework.sandbox import Ended

MOST_CHARACTERS = 2_000


class Answer(Remote):
    """What a check takes in place of the student's function or class.

    Args:
        ask: the exercise's connection, see ``Sandbox.exercise``.
        handle: number of the object on the other side; 0 is what the exercise defines.
    """

    def __init__(self, ask, handle=0):
        self._ask, self._handle = ask, handle

    def call(self, arrays, seed):
        return _unpacked(*self._request("call", arrays, seed=seed))

    def gradient(self, arrays, seed, output, weights, probe):
        request = {"seed": seed, "output": int(output), "weights": bool(weights)}
        request["probe"] = probe is not None
        arrays = [*arrays, *([] if probe is None else [probe])]
        return _unpacked(*self._request("gradient", arrays, **request))

    def build(self, numbers, weights, seed):
        names = None if weights is None else list(weights)
        arrays = [*numbers, *([] if weights is None else weights.values())]
        request = {"seed": seed, "numbers": len(numbers), "weights": names}
        return self._next(*self._request("build", arrays, **request))

    def method(self, name):
        return self._next(*self._request("method", (), name=name))

    def _next(self, header, arrays):
        handle = header.get("handle")
        if not isinstance(handle, int):
            raise CheckFailed("the answer did not arrive whole.")
        return Answer(self._ask, handle)

    def _request(self, op, arrays, **request):
        try:
            header, found = self._ask({"op": op, "handle": self._handle, **request}, arrays)
        except Ended as end:
            raise CheckFailed(f"the answer was stopped: {end.reason}") from end
        refuse_failed(header)
        return header, found


def refuse_failed(header):
    """Raise the failure that the other side reports, with texts of bounded length."""
    failed = header.get("failed")
    if failed is None:
        return
    failed = failed if isinstance(failed, dict) else {}
    told = {key: str(failed.get(key, ""))[:MOST_CHARACTERS] for key in TEXTS}
    told["mistake"] = told["mistake"] or "the answer failed."
    raise CheckFailed(told.pop("mistake"), written=failed.get("written") is not False, **told)


TEXTS = ("mistake", "checked", "expected", "received")


def _unpacked(header, arrays):
    """Plain numpy arrays in the shape that ``Remote`` promises; anything else is refused."""
    kind, keys, present = (header.get(key) for key in ("kind", "keys", "present"))
    if not isinstance(present, list) or sum(map(bool, present)) != len(arrays):
        raise CheckFailed("the answer did not arrive whole.")
    waiting = iter(arrays)
    values = [np.array(next(waiting)) if there else None for there in present]
    if kind == "array" and len(values) == 1 and values[0] is not None:
        return values[0]
    if kind == "tuple":
        return tuple(values)
    if kind == "dict" and isinstance(keys, list) and len(keys) == len(values):
        return {str(key)[:200]: value for key, value in zip(keys, values, strict=True)}
    raise CheckFailed("the answer did not arrive whole.")
