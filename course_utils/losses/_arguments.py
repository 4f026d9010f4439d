"""Checks that the functions of this folder share.

They run at every training step, so they are cheap: shapes are compared in Python, and values are
judged by one number, a sum that NaN and infinity survive. Only if that number looks wrong are the
arguments searched, to name the one at fault; a sum that merely overflows is then let pass.
"""

import math

import torch

from course_utils.arguments import integer, is_number, kind


class NotFiniteError(ValueError):
    """An argument holds NaN or an infinity that has no meaning there."""


def floating(name, value):
    """``value``, which must be a floating-point tensor, in float32 at least."""
    dtype = _dtype(name, value)
    return value.to(dtype)


def _dtype(name, value):
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        raise TypeError(f"{name}: expected a floating-point tensor, got {kind(value)}")
    return torch.promote_types(value.dtype, torch.float32)


def together(named, event_dim):
    """The values of ``named`` as tensors of one dtype, float32 at least, that fit each other.

    The first is a tensor whose last ``event_dim`` dimensions are the event. The others are
    tensors, or numbers, that broadcast to that event; leading dimensions broadcast freely.
    """
    tensors = list(named.values())
    if _alike(tensors) and type(event_dim) is int and 0 <= event_dim <= tensors[0].ndim:
        return tensors  # the usual case, at the least cost
    (first_name, first), *others = named.items()
    dtype = _dtype(first_name, first)
    for name, value in others:
        if not is_number(value):
            dtype = torch.promote_types(dtype, _dtype(name, value))
    event_dim = integer("event_dim", event_dim, 0)
    if event_dim > first.ndim:
        raise ValueError(
            f"event_dim: expected at most {first.ndim}, the dimensions of {first_name}, "
            f"got {event_dim}"
        )
    tensors = [
        value.to(dtype)
        if isinstance(value, torch.Tensor)
        else torch.tensor(value, dtype=dtype, device=first.device)
        for value in named.values()
    ]
    event = first.shape[first.ndim - event_dim :]
    leading = first.shape[: first.ndim - event_dim]
    for (name, _), value in zip(others, tensors[1:], strict=True):
        if value.ndim == 0 or value.shape == first.shape:
            continue
        split = max(value.ndim - event_dim, 0)
        fits = all(
            size in (1, wanted)
            for size, wanted in zip(reversed(value.shape[split:]), reversed(event), strict=False)
        )
        try:
            leading = torch.broadcast_shapes(leading, value.shape[:split])
        except RuntimeError:
            fits = False
        if not fits:
            raise ValueError(
                f"{name}: expected a shape that broadcasts with {first_name}, of shape "
                f"{tuple(first.shape)} with {event_dim} event dimension(s), "
                f"got shape {tuple(value.shape)}"
            )
    return tensors


def _alike(values):
    """True for tensors of one shape and one dtype that needs no upcast."""
    shape, dtype = getattr(values[0], "shape", None), getattr(values[0], "dtype", None)
    if dtype is not torch.float32 and dtype is not torch.float64:
        return False
    for value in values:
        if not isinstance(value, torch.Tensor) or value.dtype is not dtype or value.shape != shape:
            return False
    return True


def sum_event(values, event_dim):
    """Sum over the last ``event_dim`` dimensions; none of them for 0, as torch would take all."""
    return values.sum(tuple(range(-int(event_dim), 0))) if event_dim else values


def refuse_not_finite(named):
    """Raise for the first tensor of ``named`` that holds NaN or an infinity."""
    for name, value in named.items():
        good = value.isfinite()
        if not good.all():
            nan = int(value.isnan().sum())
            infinite = int((~good).sum()) - nan
            raise NotFiniteError(
                f"{name}: expected finite numbers, got {nan} NaN and {infinite} infinite ones "
                f"in {kind(value)}"
            )


def widened(tensors, exponent, limit, most=math.inf):
    """``tensors``, in float64 where ``exponent`` leaves +-``limit``, but not +-``most``.

    float32 holds neither e^89 nor e^-104, and a product with one is 0, infinite or NaN where the
    true one is ordinary. Float64 holds e^+-700, and its rounded value and gradient are right.
    """
    if exponent.dtype is not torch.float32 or not exponent.numel():
        return tensors
    low, high = exponent.detach().aminmax()
    if limit < max(high.item(), -low.item()) < most:
        return [value.double() for value in tensors]
    return tensors


def require_finite(result, named, scale=None, probe=None):
    """Raise if ``result`` shows that an argument holds NaN or infinity.

    ``probe`` is searched too, for arguments whose infinities the result may hide. A NaN that finite
    arguments give is blamed on the one named ``scale`` if its exponential left the range of the
    dtype, and else on the argument that goes furthest.
    """
    total = result.detach().sum()
    if probe is not None:
        total = total + 0 * probe.detach().sum()
    if math.isfinite(total.item()):
        return
    refuse_not_finite(named)
    if result.isnan().any():
        furthest = {name: value.detach().abs().max().item() for name, value in named.items()}
        if scale is None or furthest[scale] < math.log(torch.finfo(result.dtype).max):
            scale = max(furthest, key=furthest.get)
        low, high = named[scale].aminmax()
        raise NotFiniteError(
            f"{scale}: expected values that {result.dtype} can compute with, got values "
            f"from {low.item():g} to {high.item():g}"
        )
