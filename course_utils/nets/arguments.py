"""What nets are made with and draw from: whole sizes, lists of them, flags; noise of a dtype."""

import functools
import inspect

import torch

from course_utils.arguments import integer

LISTS = ("event_shape", "hidden", "widths", "kernels")
FLAGS = ("bounded", "coupled", "mixed_precision")
FROM_ZERO = ("num_blocks", "event_dim")


def remembered(*, lists=LISTS, other=(), optional=()):
    """For an ``__init__``: it gets ints, lists of ints and flags, as JSON holds them, and
    ``self.arguments`` keeps them.

    Args:
        lists: names of lists of sizes; ``hidden`` may be an empty one.
        other: names that the ``__init__`` itself checks.
        optional: names of sizes that may be None.

    Raises:
        TypeError: an argument is missing or unknown.
        ValueError: one is of another kind, or a size is below 1 (0 for ``FROM_ZERO``).
    """

    def check(name, value):
        if name in other or (name in optional and value is None):
            return value
        if name in FLAGS:
            if not isinstance(value, bool):
                raise ValueError(f"{name}: expected True or False, got {value!r}")
            return value
        if name in lists:
            sequence = hasattr(value, "__getitem__") and getattr(value, "ndim", 1) == 1
            if not sequence or isinstance(value, str | bytes | dict):
                raise ValueError(f"{name}: expected a list of positive integers, got {value!r}")
            sizes = [size(name, entry) for entry in value]
            if not sizes and name != "hidden":
                raise ValueError(f"{name}: expected at least one positive integer, got none")
            return sizes
        return size(name, value, 0 if name in FROM_ZERO else 1)

    def decorate(init):
        signature = inspect.signature(init)

        @functools.wraps(init)
        def checked(self, *given, **named):
            bound = signature.bind(self, *given, **named)
            bound.apply_defaults()
            (_, _), *pairs = bound.arguments.items()
            self.arguments = {name: check(name, value) for name, value in pairs}
            init(self, **self.arguments)

        return checked

    return decorate


def size(name, value, at_least=1):
    return integer(name, value, at_least, error=ValueError)


def normal(shape, like, generator=None):
    """Standard normal noise in the precision of ``like``, float32 at least; drawn on the CPU."""
    return torch.randn(shape, generator=generator, dtype=at_least_float32(like.dtype))


def uniform(shape, like, generator=None):
    """The same of uniform noise in [0, 1)."""
    return torch.rand(shape, generator=generator, dtype=at_least_float32(like.dtype))


def at_least_float32(values):
    """bfloat16 and float16 become float32, others stay: a tensor, or a dtype."""
    if isinstance(values, torch.dtype):
        return torch.promote_types(values, torch.float32)
    return values.to(at_least_float32(values.dtype))
