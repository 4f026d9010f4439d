"""Answers that live in another process: an exercise that uses an earlier one calls it from here.

The right answers of earlier exercises never come into the process of a student's code. What stands
in their place sends the arguments to the grader, which asks a process where no student's code runs,
and brings the result back. Gradients go the same way: a backward pass asks for the gradient of
(sum of outputs times what came from above), with the seed of the forward pass.
"""

import inspect

import numpy as np
import torch

MOST_NESTING = 6
HALF = {"float16": torch.float16, "bfloat16": torch.bfloat16}  # cross the border as float32


class Elsewhere:
    """A function whose body is in another process.

    Args:
        name: of the function. ask: ``ask(header, arrays)`` -> (header, arrays) of its result.
    """

    def __init__(self, name, ask):
        self.__name__ = self.__qualname__ = name
        self._ask = ask

    def __call__(self, *arguments, **named):
        tensors = []
        told = described([list(arguments), named], tensors)
        call = _Pass(self, told, int(torch.randint(2**31, ())))
        found = _Function.apply(call, *tensors) if tensors else call.value(())
        return rebuilt(call.result, list(found))

    def request(self, header, arrays):
        """One question to the other process.

        Raises:
            RuntimeError: the function raised, or could not be reached.
        """
        header, found = self._ask({"elsewhere": self.__name__, **header}, arrays)
        if "failed" in header:
            raise RuntimeError(f"{self.__name__} {header['failed']}")
        return header, found


class _Pass:
    """One call: its arguments and seed, and after the forward pass the shape of its result."""

    def __init__(self, function, told, seed):
        self.function, self.told, self.seed, self.result = function, told, seed, None

    def value(self, tensors):
        """The tensors of the result, and which of them have a gradient."""
        arrays = [plain(tensor) for tensor in tensors]
        header = {"arguments": self.told, "seed": self.seed, "gradient": False}
        header, found = self.function.request(header, arrays)
        self.result, self.differentiable = header["result"], header["differentiable"]
        return [tensor_of(one) for one in found]

    def gradient(self, tensors, above):
        """Gradients by ``tensors``, given those by the result."""
        arrays = [plain(tensor) for tensor in (*tensors, *above)]
        header = {"arguments": self.told, "seed": self.seed, "gradient": True}
        header, found = self.function.request(header | {"above": len(above)}, arrays)
        waiting = iter(found)
        return [tensor_of(next(waiting)) if there else None for there in header["present"]]


class _Function(torch.autograd.Function):
    """autograd's side of a call."""

    @staticmethod
    def forward(ctx, call, *tensors):
        found = call.value(tensors)
        ctx.call = call
        ctx.save_for_backward(*tensors)
        fixed = [one for one, flows in zip(found, call.differentiable, strict=True) if not flows]
        ctx.mark_non_differentiable(*fixed)
        return tuple(found)

    @staticmethod
    def backward(ctx, *above):
        flows = ctx.call.differentiable
        above = [one for one, flow in zip(above, flows, strict=True) if flow]
        found = ctx.call.gradient(ctx.saved_tensors, above)
        tensors = ctx.saved_tensors
        return None, *(
            None if one is None else one.to(tensor.dtype)
            for one, tensor in zip(found, tensors, strict=True)
        )


def answer(space, header, arrays):
    """The other side: call, or differentiate, the function that ``header`` names.

    Args:
        space: name -> what the lesson's own cells define.

    Returns:
        (header, arrays). What the function raises is told by its kind alone: its text could hold
        lines of the right answer.
    """
    try:
        return _answer(space[header["elsewhere"]], header, arrays)
    except Exception as error:
        return {"failed": f"raised {type(error).__name__} on these arguments"}, ()


def _answer(function, header, arrays):
    count = len(arrays) - header.get("above", 0)
    tensors = [tensor_of(one) for one in arrays[:count]]
    tensors = [one.requires_grad_() if one.is_floating_point() else one for one in tensors]
    arguments, named = rebuilt(header["arguments"], list(tensors))
    inspect.signature(function).bind(*arguments, **named)  # a TypeError of the caller's
    torch.manual_seed(header["seed"])
    with torch.enable_grad():
        outputs = []
        result = described(function(*arguments, **named), outputs)
    differentiable = [one.requires_grad for one in outputs]
    if not header["gradient"]:
        told = {"result": result, "differentiable": differentiable}
        return told, [plain(one) for one in outputs]
    above = [tensor_of(one) for one in arrays[count:]]
    chosen = [one for one, flows in zip(outputs, differentiable, strict=True) if flows]
    above = [one.to(output.dtype) for one, output in zip(above, chosen, strict=True)]
    leaves = [one for one in tensors if one.requires_grad]
    found = torch.autograd.grad(chosen, leaves, above, allow_unused=True)
    by_leaf = {id(leaf): one for leaf, one in zip(leaves, found, strict=True)}
    gradients = [by_leaf.get(id(one)) for one in tensors]
    present = [one is not None for one in gradients]
    return {"present": present}, [plain(one) for one in gradients if one is not None]


def described(value, tensors, depth=0):
    """What JSON can hold of ``value``; its tensors and arrays are appended to ``tensors``.

    Raises:
        TypeError: it holds something else than tensors, arrays, numbers, texts, lists and dicts.
    """
    if depth > MOST_NESTING:
        raise TypeError("expected arguments that are nested less deeply")
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return {"tensor": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, np.ndarray):
        tensors.append(torch.as_tensor(value))
        return {"array": True}
    if isinstance(value, (bool, int, float, str, type(None))):
        return {"plain": value}
    if isinstance(value, np.number):
        return {"plain": value.item()}
    if isinstance(value, (list, tuple)):
        items = [described(one, tensors, depth + 1) for one in value]
        return {"list" if isinstance(value, list) else "tuple": items}
    if isinstance(value, dict):
        return {"dict": {str(key): described(value[key], tensors, depth + 1) for key in value}}
    raise TypeError(f"expected tensors and numbers, got an object of type {type(value).__name__}")


def rebuilt(told, tensors):
    """The value that :func:`described`, its tensors taken from the front of ``tensors``."""
    [(kind, value)] = told.items()
    if kind == "tensor":
        tensor = tensors.pop(0)
        return tensor.to(HALF[value]) if value in HALF else tensor
    if kind == "array":
        return tensors.pop(0).detach().numpy()
    if kind == "list":
        return [rebuilt(one, tensors) for one in value]
    if kind == "tuple":
        return tuple(rebuilt(one, tensors) for one in value)
    if kind == "dict":
        return {key: rebuilt(one, tensors) for key, one in value.items()}
    return value


def plain(tensor):
    """A tensor's numbers as an array."""
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype in HALF.values() else tensor).cpu().numpy()


def tensor_of(array):
    """And back."""
    return torch.tensor(array)
