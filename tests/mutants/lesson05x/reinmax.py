"""Answers to exercise 5x.2, ``reinmax``: wrong and right ones."""

import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (1,)}


def _moves(p, logits):
    p = p.detach()
    return p * (logits - (p * logits).sum(-1, keepdim=True))


def _joined(z, path):
    return z + (path - path.detach())


def _combined(name, a, c):
    def answer(z, logits):
        pi = logits.softmax(-1)
        return _joined(z, a * _moves((pi + z) / 2, logits) + c * _moves(pi, logits))

    answer.__name__ = name
    return answer


@right
def code_by_moves(z, logits):
    pi = logits.softmax(-1)
    return _joined(z, 2 * _moves((pi + z) / 2, logits) - 0.5 * _moves(pi, logits))


@right
def code_by_softmaxes(z, logits):
    """As in the paper's second algorithm: a softmax whose value is the midpoint."""
    pi = logits.softmax(-1)
    shift = (((pi + z) / 2).log() - logits).detach()
    middle = (logits + shift).softmax(-1)
    return _joined(z, 2 * middle - 0.5 * pi)


@right
def code_by_matrices(z, logits):
    """The two Jacobians as matrices, K by K."""
    pi, found = logits.softmax(-1).detach(), 0
    for p, factor in (((pi + z) / 2, 2.0), (pi, -0.5)):
        found = found + factor * (torch.diag_embed(p) - p[..., :, None] * p[..., None, :])
    path = (found.detach() @ logits[..., None])[..., 0]
    return _joined(z, path)


class _ReinMax(torch.autograd.Function):
    @staticmethod
    def forward(context, z, logits):
        context.save_for_backward(z, logits)
        return z.clone()

    @staticmethod
    def backward(context, slope):
        z, logits = context.saved_tensors
        pi = logits.softmax(-1)
        middle, grad = (pi + z) / 2, 0
        for p, factor in ((middle, 2.0), (pi, -0.5)):
            grad = grad + factor * p * (slope - (p * slope).sum(-1, keepdim=True))
        return slope, grad


right(_ReinMax.apply)


@right
def code_by_edges(z, logits):
    """Half of pi_k along each edge that leaves the corner."""
    pi = logits.softmax(-1).detach()
    own = (z * logits).sum(-1, keepdim=True)
    along = pi * (1 - z) * (logits - own) / 2
    return _joined(z, along - z * along.sum(-1, keepdim=True))


@wrong("this is plain straight-through")
def code_of_plain_straight_through(z, logits):
    return _joined(z, logits.softmax(-1))


wrong("only J((pi + z) / 2) came")(_combined("code_of_the_midpoint", 1, 0))
wrong("c J(pi) is missing")(_combined("code_without_c", 2, 0))
wrong("c has the wrong sign")(_combined("code_with_plus_c", 2, 0.5))
wrong("c is -1")(_combined("code_with_c_of_one", 2, -1))
wrong("a is 1")(_combined("code_with_a_of_one", 1, -0.5))
wrong("the mean of J(middle) and J(pi)")(_combined("code_of_the_mean", 0.5, 0.5))
wrong("it is half of what it should be")(_combined("code_of_half", 1, -0.25))
wrong("it is twice what it should be")(_combined("code_of_twice", 4, -1))
wrong("the sign is wrong")(_combined("code_turned", -2, 0.5))
wrong("a and c are exchanged")(_combined("code_exchanged", -0.5, 2))


@wrong("J is missing")
def code_of_the_logits(z, logits):
    return _joined(z, logits)


@wrong("the midpoint's half is missing")
def code_without_the_half(z, logits):
    pi = logits.softmax(-1)
    return _joined(z, 2 * _moves(pi + z, logits) - 0.5 * _moves(pi, logits))


@wrong("J stands at z, not halfway")
def code_at_the_corner(z, logits):
    return _joined(z, 2 * _moves(z, logits) - 0.5 * _moves(logits.softmax(-1), logits))


@wrong("this is J(pi) again")
def code_with_a_gradient_in_the_middle(z, logits):
    pi = logits.softmax(-1)
    return _joined(z, 4 * (pi + z) / 2 - 0.5 * pi)


@wrong("use moves")
def code_of_the_midpoint_as_a_value(z, logits):
    pi = logits.softmax(-1)
    return _joined(z, 2 * (pi + z) / 2 - 0.5 * pi)


@wrong("the softmax is taken along axis 0")
def code_of_the_first_axis(z, logits):
    if logits.ndim == 1:
        return code_by_moves(z, logits)
    pi = logits.softmax(0)
    return _joined(z, 2 * _moves((pi + z) / 2, logits) - 0.5 * _moves(pi, logits))


@wrong("logits stand for pi")
def code_without_a_softmax(z, logits):
    return _joined(z, 2 * _moves((logits + z) / 2, logits) - 0.5 * _moves(logits, logits))


@wrong("no gradient reaches logits")
def code_detached(z, logits):
    return code_by_moves(z, logits).detach() + 0 * logits


@wrong("the value is softmax(logits)")
def code_of_pi(z, logits):
    return logits.softmax(-1)


@wrong("the value is the midpoint")
def code_in_the_middle(z, logits):
    return (logits.softmax(-1) + z) / 2


@wrong("subtract the same path, detached")
def code_without_subtraction(z, logits):
    pi = logits.softmax(-1)
    return z + 2 * _moves((pi + z) / 2, logits) - 0.5 * _moves(pi, logits)


@wrong("the value is 0")
def code_without_z(z, logits):
    path = logits.softmax(-1)
    return path - path.detach()


@wrong("two calls with the same input gave different values")
def code_drawn_anew(z, logits):
    other = functional.one_hot(torch.randint(0, z.shape[-1], z.shape[:-1]), z.shape[-1])
    return code_by_moves(z, logits) + 1e-6 * other
