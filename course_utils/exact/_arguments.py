"""Checks and a constant that the files of this folder share."""

import math

import torch

from course_utils import losses
from course_utils.arguments import number

LOG_2_PI = math.log(2 * math.pi)


def require_tensor(name, value):
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        what = value.dtype if isinstance(value, torch.Tensor) else type(value).__name__
        raise TypeError(f"{name}: expected a floating-point tensor, got {what}")
    if not value.isfinite().all():
        raise losses.NotFiniteError(f"{name}: expected finite numbers, got NaN or infinity")


def positive(name, value):
    """``value``, a number or a tensor of one, as a positive finite float."""
    value = value.item() if isinstance(value, torch.Tensor) and value.ndim == 0 else value
    return number(name, value, "a positive finite number", lambda value: 0 < value < math.inf)
