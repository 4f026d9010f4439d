"""Whole and real numbers as arguments: Python's and NumPy's alike, and never a bool."""

import math
from numbers import Integral, Real

import torch


def kind(value):
    """What came, in words for a message: a tensor by dtype and shape, the rest by type."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of {value.dtype} and shape {tuple(value.shape)}"
    return f"{value!r}" if isinstance(value, Real | str) else type(value).__name__


def is_number(value):
    """True for a real number that is no bool."""
    return isinstance(value, Real) and not isinstance(value, bool)


def integer(name, value, at_least=-math.inf, error=TypeError):
    """``value`` as an int, or an error with the argument's name: ``error`` for another type.

    A tensor of no dimension is what indexing a tensor of sizes gives: a number too.
    """
    if isinstance(value, torch.Tensor) and value.ndim == 0 and value.dtype is not torch.bool:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise error(f"{name}: expected an integer, got {kind(value)}")
    if value < at_least:
        raise ValueError(f"{name}: expected at least {at_least}, got {value}")
    return int(value)


def number(name, value, wanted="a finite number", fits=math.isfinite, error=TypeError):
    """``value`` as a float for which ``fits`` is true, or an error that says what is ``wanted``."""
    if not is_number(value):
        raise error(f"{name}: expected {wanted}, got {kind(value)}")
    if not fits(value):
        raise ValueError(f"{name}: expected {wanted}, got {value}")
    return float(value)
