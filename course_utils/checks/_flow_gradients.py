"""Gradients of a flow that an answer's class makes, by z and by every parameter."""

import numpy as np

from course_utils.checks._compare import close, doubles, floats, show
from course_utils.checks._contract import gradient
from course_utils.checks._flow_model import evaluate
from course_utils.checks._remote import CheckFailed

BOUND = 5  # of log_scale
STEPS = {"0.weight": 1, "0.bias": 5, "2.weight": 0.02, "2.bias": 5, "4.weight": 0.001}
LINEAR = 3e-5  # rounding of float32 in differences, and in the inverse of tanh


def probed_slopes(model, z, weights=False):
    """(probe, gradients of the sum of probe * log_prob(z)), put together of scale and shift's.

    The gradients are those by z, or (``weights``) a dict of those by the parameters.
    """
    (exact,), (log_scale, shift) = doubles(z), evaluate(model, z)
    probe = np.where(np.arange(len(z)) % 2, -1.0, 1.5) * (1 + np.arange(len(z)) % 3)
    scaled, weight = exact * np.exp(log_scale), probe[:, None]
    epsilon = scaled + shift
    found = [
        gradient(model.scale_and_shift, z, output=output, weights=weights, probe=weight * slope)
        for output, slope in ((0, 1 - epsilon * scaled), (1, -epsilon))
    ]
    if weights:
        return probe, {name: _sum(found[0][name], found[1][name]) for name in found[0]}
    return probe, _sum(found[0][0], found[1][0]) - weight * epsilon * np.exp(log_scale)


def _sum(one, other):
    parts = [part.astype(np.float64) for part in (one, other) if part is not None]
    return sum(parts) if parts else None


def verify_parameters(model, z, label=""):
    """log_prob's gradient by each parameter is the one that goes through scale and shift."""
    probe, right = probed_slopes(model, z, weights=True)
    found = gradient(model.log_prob, z, weights=True, probe=probe)
    for name, expected in right.items():
        _compare(found.get(name), expected, f"{label}the gradient of log_prob", name)


def verify_network(make, weights, z):
    """scale_and_shift's gradients, by z and each parameter, are quotients of differences.

    Where all ReLUs are on, the network is linear in z and in each of its parameters.

    Args:
        make: weights -> model. weights, z: such that all ReLUs are on.
    """
    rng = np.random.default_rng(len(z))
    model, start, signs = make(weights), None, rng.choice([-1, 1], (2, *z.shape))
    start = _raw(model, z)
    probes = signs[0], signs[1] * (1 - (evaluate(model, z)[0] / BOUND) ** 2)
    outputs = ((1, "shift", start[1], probes[0]), (0, "log_scale", start[0], probes[1]))
    slopes = [
        gradient(model.scale_and_shift, z, output=output, weights=True, probe=signs[1 - output])
        for output, *_ in outputs
    ]
    for name, array in [*weights.items(), ("z", z)]:
        length = STEPS.get(name.removeprefix("made.net."), 1)
        (step,) = floats(rng.uniform(-0.2, 1, array.shape) * length)
        is_z = name == "z"
        moved = _raw(model, z + step) if is_z else _raw(make(weights | {name: array + step}), z)
        for (output, part, before, probe), found in zip(outputs, slopes, strict=True):
            if is_z:
                (slope,) = gradient(
                    model.scale_and_shift, z, output=output, probe=signs[1 - output]
                )
            else:
                slope = found.get(name)
            changes = probe * (moved[output] - before)
            right, size = changes.sum(), np.abs(changes).sum()
            received = 0.0 if slope is None else (slope.astype(np.float64) * step).sum()
            if abs(received - right) > LINEAR * (size + 1):
                raise CheckFailed(
                    f"scale_and_shift: the values are right, but the gradient with respect to "
                    f"{name} is not: is something detached, or scaled on the way back?",
                    checked=f"how {part} changes when {name} moves a little",
                    expected=f"{right:.4g}",
                    received="no gradient" if slope is None else f"{received:.4g} by the gradient",
                )


def _raw(model, z):
    """log_scale before it is bounded, and shift."""
    log_scale, shift = evaluate(model, z)
    return BOUND * np.arctanh(np.clip(log_scale / BOUND, -0.999, 0.999)), shift


def _compare(received, right, of, name):
    about = {"checked": f"{of} with respect to {name}", "expected": show(right)}
    if received is None or (not received.any() and right.any()):
        raise CheckFailed(
            f"log_prob: no gradient reaches {name}, so that it cannot be trained: was something "
            "detached on the way?",
            **about,
            received="no gradient" if received is None else "zero everywhere",
        )
    if not close(received, right, 1 + np.abs(right).mean(), 1e-3):
        raise CheckFailed(
            f"log_prob: the values are right, but the gradient with respect to {name} is not: is "
            "a part of the formula detached or clamped?",
            **about,
            received=show(received),
        )
