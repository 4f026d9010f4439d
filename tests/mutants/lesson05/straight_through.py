"""Answers to exercise 5.3, ``straight_through``: wrong and right ones."""

import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


def _hard(y, dim=-1):
    return torch.zeros_like(y).scatter_(dim, y.argmax(dim, keepdim=True), 1.0)


@right
def hard_plain(y):
    hard = functional.one_hot(y.argmax(-1), y.shape[-1]).to(y.dtype)
    return hard + y - y.detach()


@right
def hard_difference_detached(y):
    return y + (_hard(y) - y).detach()


@right
def hard_by_comparison(y):
    hard = (y == y.amax(-1, keepdim=True)).double().detach()
    return hard - (y.detach() - y)


@right
def hard_by_rows_of_the_identity(y):
    return torch.eye(y.shape[-1])[y.argmax(-1)] + (y - y.data)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(context, y):
        return _hard(y)

    @staticmethod
    def backward(context, slope):
        return slope


right(_StraightThrough.apply)


@wrong("y itself came back")
def hard_soft(y):
    return y


@wrong("y itself came back")
def hard_detached_wrongly(y):
    hard = _hard(y)
    return y + hard - hard.detach()


@wrong("but no gradient reaches y")
def hard_without_gradient(y):
    return _hard(y)


@wrong("but no gradient reaches y")
def hard_all_detached(y):
    return (_hard(y) + y - y.detach()).detach()


@wrong("but no gradient reaches y")
def hard_nothing_detached(y):
    return _hard(y) + y - y


@wrong("the one-hot and y are added")
def hard_added(y):
    return _hard(y) + y


@wrong("y is subtracted from the one-hot")
def hard_subtracted(y):
    return (_hard(y) - y).detach()


@wrong("the one-hot multiplies y")
def hard_times_y(y):
    return _hard(y) * y


@wrong("the argmax is taken over the wrong dimension")
def hard_wrong_dimension(y):
    return _hard(y, 0) + y - y.detach()


@wrong("the argmax is taken over the wrong dimension")
def hard_over_variables(y):
    return _hard(y, 1) + y - y.detach()


@wrong("indices came")
def hard_indices(y):
    return y.argmax(-1)


@wrong("no entry has to exceed 1/2")
def hard_rounded(y):
    return y.round() + y - y.detach()


@wrong("no entry has to exceed 1/2")
def hard_compared(y):
    return (y > 0.5).float() + y - y.detach()


@wrong("that of the smallest entry (argmin)")
def hard_argmin(y):
    return _hard(-y) + y - y.detach()


@wrong("y is counted twice")
def hard_doubled(y):
    return _hard(y) + 2 * (y - y.detach())


@wrong("it has the wrong sign")
def hard_wrong_sign(y):
    return _hard(y) - y + y.detach()


@wrong("it reaches the largest entry alone")
def hard_normalised(y):
    return _hard(y) * y / y.detach()


@wrong("it reaches the largest entry alone")
def hard_largest_alone(y):
    return _hard(y) * (1 + y - y.detach())
