"""Gradients of an answer against those of float64 code, for a random weight of every output."""

import numpy as np
import torch

from course_utils.checks._compare import close, show
from course_utils.checks._contract import gradient
from course_utils.checks._remote import CheckFailed

PART = "is a part of the formula detached or clamped?"


def exactly(function, arrays):
    """What ``function`` of float64 tensors gives for ``arrays``: an array, or a tuple of them."""
    value = function(*_tensors(arrays))
    if isinstance(value, tuple):
        return tuple(one.detach().numpy() for one in value)
    return value.detach().numpy()


def probe_of(rng, shape):
    """Weights of the outputs, no two alike: errors of several outputs must not cancel in a sum."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)


def slopes_of(function, arrays, probe, output=0):
    """Gradients (None: none) of the sum of probe * output of ``function``, in float64."""
    tensors = _tensors(arrays)
    value = function(*tensors)
    value = value[output] if isinstance(value, tuple) else value
    leaves = [tensor for tensor in tensors if isinstance(tensor, torch.Tensor)]
    total = (value * torch.tensor(probe)).sum()
    found = iter(torch.autograd.grad(total, leaves, allow_unused=True))
    found = [next(found) if isinstance(tensor, torch.Tensor) else None for tensor in tensors]
    return [None if slope is None else slope.numpy() for slope in found]


def verify_slopes(answer, arrays, names, function, rng, *, of="the result", output=0, **limits):
    """Compare the answer's gradients with those of ``function``, which takes float64 tensors.

    Args:
        names: of the arguments; None where no gradient is wanted.
        limits: of :func:`verify_slope`.
    """
    value = exactly(function, arrays)
    probe = probe_of(rng, np.shape(value[output] if isinstance(value, tuple) else value))
    right = slopes_of(function, arrays, probe, output)
    found = gradient(answer, *arrays, output=output, probe=probe)
    for name, received, expected in zip(names, found, right, strict=True):
        if name is not None and expected is not None:
            verify_slope(name, received, expected, of, **limits)


def verify_slope(
    name, received, right, of, *, scale=None, tolerance=1e-3, hint=PART, undefined="", about=""
):
    """Raise unless the gradient ``received`` (None: none) for argument ``name`` is ``right``.

    Args:
        of: what was differentiated.
        scale: size of what was added up (a number, or one for each entry), by default the mean
            size of the right ones.
        tolerance: of :func:`close`. float32 alone makes errors of about 1e-5.
        hint: said where no pattern shows. undefined: where NaN or infinity came.
        about: what went in.
    """
    scale = np.abs(right).mean() if scale is None else scale
    if close(np.zeros_like(right) if received is None else received, right, scale, tolerance):
        return
    if received is None or (not received.any() and right.any()):
        mistake = (
            f"no gradient reaches {name}: was it detached, or turned into a number or a numpy "
            "array on the way?"
        )
    elif not np.isfinite(received).all():
        mistake = f"the values are right, but the gradient with respect to {name} is not finite"
        mistake += f": {undefined}" if undefined else ""
    else:
        mistake = f"the values are right, but the gradient with respect to {name} is not: "
        mistake += _pattern(received, right, scale, tolerance) or hint
    told = f"{about}, " if about else ""
    raise CheckFailed(
        mistake,
        checked=f"{told}the gradient of {of}, weighted by random numbers, with respect to {name}",
        expected=show(right),
        received="no gradient" if received is None else show(received),
    )


def _pattern(received, right, scale, tolerance):
    """What a wrong gradient has in common with the right one, or ""."""
    if received.shape != right.shape:
        return ""
    counts = np.abs(right) > tolerance * scale
    if not counts.any():
        return ""
    ratio = float((received[counts] * right[counts]).sum() / (right[counts] ** 2).sum())
    if close(received, ratio * right, scale, tolerance):
        reversed_ = "; its sign is reversed" if ratio < 0 else ""
        return f"it is {ratio:.4g} times the right one{reversed_}"
    zero = counts & (received == 0)
    if zero.any() and close(np.where(zero, right, received), right, scale, tolerance):
        return "it is 0 in some entries and right in the others: is a part detached or clamped?"
    return ""


def _tensors(arrays):
    return [
        torch.tensor(array, dtype=torch.float64, requires_grad=True) if np.ndim(array) else array
        for array in arrays
    ]
