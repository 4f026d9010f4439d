"""Handles of an answer: in this process (Local) or elsewhere; see _contract."""

import contextlib
import inspect
import linecache
import random
import traceback
from abc import ABC, abstractmethod

import numpy as np
import torch

from course_utils.checks._stubs import not_written


class CheckFailed(AssertionError):
    """An answer is not right; the message says what was checked and which mistake it makes.

    Attributes:
        name: of the check. mistake: one or two sentences. checked: what went in.
        expected, received: short texts, empty where there is nothing to compare.
        written: False when the answer is still a stub.
    """

    def __init__(self, mistake, *, checked="", expected="", received="", name="", written=True):
        mistake = mistake.rstrip(".")
        mistake += "" if mistake.endswith("?") else "."
        super().__init__(mistake)
        self.name, self.mistake, self.checked = name, mistake, checked
        self.expected, self.received, self.written = expected, received, written

    def __str__(self):
        name = self.name or "The answer"
        if not self.written:
            return f"{name}: {self.mistake}"
        lines = [f"{name}: not right yet.", f"  Mistake:  {self.mistake}"]
        for label in ("checked", "expected", "received"):
            text = getattr(self, label).replace("\n", "\n" + 12 * " ")
            lines += [f"  {label.capitalize() + ':':9} {text}"] if text else []
        return "\n".join(lines)

    def _render_traceback_(self):
        """What Jupyter prints in place of a traceback."""
        return str(self).split("\n")


TUPLE = np.dtype(np.int16)  # arrays of this type, which no lesson uses, arrive as tuples


class Remote(ABC):
    """Handle of an answer; a grader subclasses it to reach one in another process.

    ``arrays`` is a tuple of numpy arrays (own copies; without dimensions: a Python number).
    The results of ``call`` and ``gradient`` are looked at with suspicion: they must be plain numpy
    arrays of booleans, integers or floats, or a tuple or dict of them. Every method raises
    :class:`CheckFailed` with a message to the reader where the answer is at fault. ``Local`` does
    the work in this process; the far end of a proxy can use it too.
    """

    @abstractmethod
    def call(self, arrays, seed):
        """Call the answer (a model: its forward) with torch's generator seeded by ``seed``.

        An answer that overwrites an argument is at fault.
        """

    def call_in_place(self, arrays, seed):
        """As :meth:`call`, of an answer that may overwrite its arguments."""
        return self.call(arrays, seed)

    def call_for_tensors(self, arrays, seed):
        """As :meth:`call`, of an answer that must return tensors, no numpy arrays."""
        return self.call(arrays, seed)

    def call_within(self, arrays, seed, most):
        """As :meth:`call`, and refuse arrays of more than ``most`` bytes, where it can see them."""
        return self.call(arrays, seed)

    @abstractmethod
    def gradient(self, arrays, seed, output, weights, probe):
        """Gradients of the sum of output number ``output``; see :func:`gradient`."""

    def value_and_gradient(self, arrays, seed, output, weights, probe):
        """(value of output number ``output``, its gradients), both of one and the same call.

        Where that cannot be had, of two calls with the same ``seed``.
        """
        value = self.call(tuple(np.array(array) for array in arrays), seed)
        values = list(value.values()) if type(value) is dict else value
        value = _nth(values if isinstance(values, (tuple, list)) else [values], output, "it")
        return value, self.gradient(arrays, seed, output, weights, probe)

    @abstractmethod
    def build(self, numbers, weights, seed):
        """Construct a class; returns the Remote of the model. ``weights``: dict or None."""

    @abstractmethod
    def method(self, name):
        """Remote of the model's method ``name``."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self.method(name)


class Local(Remote):
    """An answer in this process: a function, a class, or a model that was built from one."""

    def __init__(self, target, title="your function"):
        self._target, self._title = target, title

    def call(self, arrays, seed, in_place=False, tensors=False):
        arguments = _arguments(arrays)
        with noise(seed):
            value = self._run(arguments)
        if not in_place:
            self._refuse_overwritten(arrays, arguments)
        parts = value if isinstance(value, (tuple, list)) else [value]
        if tensors and any(isinstance(part, np.ndarray) for part in parts):
            raise CheckFailed(
                f"{self._title} returned a numpy array: a tensor is wanted, which a network can "
                "use. torch.from_numpy(...).float() makes it one."
            )
        if isinstance(value, torch.nn.Module) and value is getattr(self._target, "__self__", None):
            return np.array(value.training)  # of model.train() and model.eval()
        return _to_arrays(value, self._title)

    def call_in_place(self, arrays, seed):
        return self.call(arrays, seed, in_place=True)

    def call_for_tensors(self, arrays, seed):
        return self.call(arrays, seed, tensors=True)

    def gradient(self, arrays, seed, output, weights, probe):
        return self.value_and_gradient(arrays, seed, output, weights, probe)[1]

    def value_and_gradient(self, arrays, seed, output, weights, probe):
        with noise(seed), torch.enable_grad():
            tensors = _arguments(arrays)
            leaves = [value for value in tensors if _is_float(value)]
            model = getattr(self._target, "__self__", self._target)  # of one of its methods
            names = dict(model.named_parameters()) if weights else {}
            for leaf in () if weights else leaves:
                leaf.requires_grad_()
            value = _pick(self._run(tensors), output, self._title)
            wanted = list(names.values()) if weights else leaves
            wanted = [leaf for leaf in wanted if leaf.requires_grad]
            found = {}
            if wanted and isinstance(value, torch.Tensor) and value.requires_grad:
                found = self._differentiate(value, wanted, probe)
                found = dict(zip(map(id, wanted), found, strict=True))
        value = _to_array(value, self._title)
        if weights:
            named = {name: _plain_or_none(found.get(id(leaf))) for name, leaf in names.items()}
            return value, named
        return value, tuple(_plain_or_none(found.get(id(tensor))) for tensor in tensors)

    def build(self, numbers, weights, seed):
        if not callable(self._target):
            raise CheckFailed(f"a class is expected here, {kind_of(self._target)} came.")
        with noise(seed):
            model = self._run(_arguments(numbers))
        if not isinstance(model, torch.nn.Module):
            raise CheckFailed(f"expected a class derived from nn.Module, got {kind_of(model)}.")
        if weights is not None:
            _load(model, weights)
        return Local(model.eval(), type(model).__name__)

    def method(self, name):
        if not callable(getattr(self._target, name, None)):
            raise CheckFailed(f"{self._title} has no method {name}.")
        return Local(getattr(self._target, name), f"{self._title}.{name}")

    def _run(self, arguments):
        if not callable(self._target):
            raise CheckFailed(f"a function is expected here, {kind_of(self._target)} came.")
        try:
            return self._target(*arguments)
        except CheckFailed:
            raise
        except (Exception, SystemExit) as error:
            if stub := not_written(error, self._title):
                raise CheckFailed(stub, written=False) from error
            raise CheckFailed(f"{self._title} raised {_told(error)}{_place(error)}") from error

    def _refuse_overwritten(self, arrays, arguments):
        """Raise where the answer changed one of its arguments in place."""
        pairs = zip(arrays, arguments, strict=True)
        for position, (array, argument) in enumerate(pairs):
            if not isinstance(argument, torch.Tensor):
                continue
            now = argument.detach()
            if now.shape != array.shape or not np.array_equal(
                now.numpy(), array, equal_nan=array.dtype.kind == "f"
            ):
                raise CheckFailed(
                    f"{self._title} overwrites its argument {_parameter(self._target, position)}: "
                    "what calls it may still need the old values. Work on a copy (clone), without "
                    "operations in place such as add_, exponential_ or x[...] = y."
                )

    def _differentiate(self, value, leaves, probe):
        try:
            if probe is not None:
                value = value * torch.tensor(probe, dtype=value.dtype)
            return torch.autograd.grad(value.sum(), leaves, allow_unused=True)
        except Exception as error:
            raise CheckFailed(f"differentiating the result raised {_told(error)}") from error


@contextlib.contextmanager
def noise(seed):
    """Seed the CPU's global generators of torch, numpy and Python; put them back after."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed % 2**63)
            np.random.seed(seed % 2**32)  # noqa: NPY002  the reader may draw from it
            random.seed(seed)
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _arguments(arrays):
    return [_argument(array) for array in arrays]


def _argument(array):
    if array.ndim == 1 and array.dtype == TUPLE:
        return tuple(array.tolist())
    return torch.tensor(array) if array.ndim else array.item()


def _is_float(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def kind_of(value):
    return "nothing (None)" if value is None else f"an object of type {type(value).__name__}"


def _told(error):
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else text[:300] + " ..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error):
    """The line of the reader's code that raised: the last one before the libraries' own."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    frames = [f for f in frames if "site-packages" not in f.filename and f.name != "_call_impl"]
    if not frames:
        return ""
    line = linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
    return f"  (in {frames[-1].name}, at: {line})" if line else f"  (in {frames[-1].name})"


def _parameter(target, position):
    """Name of a function's argument number ``position``, or that number in words."""
    with contextlib.suppress(TypeError, ValueError):
        parameters = list(inspect.signature(target).parameters.values())
        if position < len(parameters) and parameters[position].kind.name.startswith("POSITIONAL"):
            return parameters[position].name
    return f"number {position + 1}"


def _pick(value, output, title):
    values = list(value.values()) if isinstance(value, dict) else value
    return _nth(values if isinstance(values, (tuple, list)) else [values], output, title)


def _nth(values, output, title):
    if output >= len(values):
        raise CheckFailed(f"{title} returned {len(values)} value(s), more are expected.")
    return values[output]


def _plain_or_none(tensor):
    return None if tensor is None else _to_array(tensor)


def _to_array(value, title="your function"):
    if isinstance(value, torch.Tensor) and not value.is_complex():
        value = value.detach().cpu()
        value = value.float() if value.dtype in (torch.bfloat16, torch.float16) else value
        return np.array(value.to_dense().numpy())
    if isinstance(value, (bool, int, float, np.number, np.bool_, np.ndarray)):
        array = np.array(value)
        if array.dtype.kind in "biuf":
            return array
    hint = ": is the return missing?" if value is None else "; expected a tensor."
    raise CheckFailed(f"{title} returned {kind_of(value)}{hint}")


def _to_arrays(value, title):
    if isinstance(value, dict):
        return {str(key): _to_array(entry, title) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(_to_array(entry, title) for entry in value)
    return _to_array(value, title)


def _load(model, weights):
    have = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    want = {name: array.shape for name, array in weights.items()}
    for text, names in (
        ("has no parameter", [name for name in want if name not in have]),
        ("has a parameter or buffer too many:", [name for name in have if name not in want]),
    ):
        if names:
            told = {"expected": ", ".join(want), "received": ", ".join(have) or "no parameters"}
            raise CheckFailed(f"{type(model).__name__} {text} {', '.join(names)}.", **told)
    for name, shape in want.items():
        if have[name] != shape:
            told = {"expected": str(shape), "received": str(have[name])}
            raise CheckFailed(f"the parameter {name} has the wrong shape.", **told)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
