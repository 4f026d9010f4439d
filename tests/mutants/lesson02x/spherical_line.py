"""Answers to exercise 2x.2, ``spherical_line``: wrong and right ones."""

import math

import numpy as np
import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # codes for pictures: nothing flows


def _angle(a, b):
    cosine = functional.cosine_similarity(a, b, dim=-1)[:, None]
    return cosine.clamp(-1, 1).acos()


def _turned(a, b, angle, step):
    return (((1 - step) * angle).sin() * a + (step * angle).sin() * b) / angle.sin()


@right
def line_by_angles(a, b, step):
    return _turned(a, b, _angle(a, b), step)


@wrong("of type float64: float32 is wanted")
def line_in_float64(a, b, step):
    a, b = a.double(), b.double()
    unit_a, unit_b = (end / end.norm(dim=1, keepdim=True) for end in (a, b))
    return _turned(a, b, (unit_a * unit_b).sum(1, keepdim=True).acos(), step)


@right
def line_through_float64(a, b, step):
    return line_in_float64(a, b, step).float()


@wrong("returned a numpy array: a tensor is wanted")
def line_numpy_style(a, b, step):
    a, b = a.numpy().astype(float), b.numpy().astype(float)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    angle = np.arccos(np.einsum("pl,pl->p", a, b) / lengths)[:, None]
    return (np.sin((1 - step) * angle) * a + np.sin(step * angle) * b) / np.sin(angle)


@right
def line_by_loop(a, b, step):
    rows = []
    for one, other in zip(a.double(), b.double(), strict=True):
        angle = math.acos(float(one @ other / (one.norm() * other.norm())))
        weights = math.sin((1 - step) * angle), math.sin(step * angle)
        rows.append((weights[0] * one + weights[1] * other) / math.sin(angle))
    return torch.stack(rows).float()


@right
def line_through_numpy(a, b, step):
    return torch.from_numpy(line_numpy_style(a, b, step)).float()


@right
def line_by_orthogonal_part(a, b, step):
    """a's direction, and the part of b at right angles to it."""
    length_a, length_b = (end.norm(dim=1, keepdim=True) for end in (a, b))
    unit_a, unit_b, angle = a / length_a, b / length_b, _angle(a, b)
    other = functional.normalize(unit_b - unit_a * angle.cos(), dim=1)
    weight_a = ((1 - step) * angle).sin() / angle.sin()
    weight_b = (step * angle).sin() / angle.sin()
    along = length_a * weight_a + length_b * weight_b * angle.cos()
    return along * unit_a + length_b * weight_b * angle.sin() * other


@wrong("this is the straight line")
def line_straight(a, b, step):
    return torch.lerp(a, b, step)


@wrong("the step is taken the wrong way round")
def line_reversed(a, b, step):
    return line_by_angles(b, a, step)


@wrong("the result has length 1")
def line_of_unit_length(a, b, step):
    return line_by_angles(functional.normalize(a, dim=1), functional.normalize(b, dim=1), step)


@wrong("the result has the length of a")
def line_of_the_length_of_a(a, b, step):
    return line_of_unit_length(a, b, step) * a.norm(dim=1, keepdim=True)


@wrong("it does not turn by equal angles")
def line_stretched(a, b, step):
    lengths = torch.lerp(a.norm(dim=1), b.norm(dim=1), step)[:, None]
    return functional.normalize(torch.lerp(a, b, step), dim=1) * lengths


@wrong("the length goes straight from one to the other")
def line_turned_and_scaled(a, b, step):
    lengths = torch.lerp(a.norm(dim=1), b.norm(dim=1), step)[:, None]
    return line_of_unit_length(a, b, step) * lengths


@wrong("one angle is taken for all pairs")
def line_of_one_angle(a, b, step):
    angle = _angle(a.flatten()[None], b.flatten()[None])
    return _turned(a, b, angle, step)


@wrong("arccos is missing")
def line_of_the_cosine(a, b, step):
    return _turned(a, b, _angle(a, b).cos(), step)


@wrong("not divided by their lengths")
def line_of_unnormalised_codes(a, b, step):
    return _turned(a, b, (a * b).sum(1, keepdim=True).acos(), step)


@wrong("not divided by their lengths")
def line_of_clamped_products(a, b, step):
    return _turned(a, b, (a * b).sum(1, keepdim=True).clamp(-1, 1).acos(), step)


@wrong("the angle is in degrees")
def line_in_degrees(a, b, step):
    return _turned(a, b, _angle(a, b).rad2deg(), step)


@wrong("the division by sin(w) is missing")
def line_undivided(a, b, step):
    return line_by_angles(a, b, step) * _angle(a, b).sin()


@wrong("half the angle is taken")
def line_of_half_the_angle(a, b, step):
    return _turned(a, b, _angle(a, b) / 2, step)


@wrong("of a right angle, whatever the angle is")
def line_of_a_right_angle(a, b, step):
    return math.cos(math.pi / 2 * step) * a + math.sin(math.pi / 2 * step) * b


@wrong("is something squeezed")
def line_squeezed(a, b, step):
    return line_by_angles(a, b, step).squeeze()


@wrong("sin((1 - step) w) / sin(w) times a")
def line_of_the_wrong_axis(a, b, step):
    cosine = functional.cosine_similarity(a, b, dim=0)
    return _turned(a, b, cosine.clamp(-1, 1).acos(), step)
