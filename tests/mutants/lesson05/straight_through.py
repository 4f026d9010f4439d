"""Answers to exercise 5.3, ``straight_through``: wrong and right ones."""

import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {0: (0,)}


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
    hard = (y == y.amax(-1, keepdim=True)).to(y.dtype).detach()
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


@right
def hard_by_rows(y):
    """A loop over rows and entries."""
    rows = y.reshape(-1, y.shape[-1])
    hard = [[float(k == row.argmax()) for k in range(len(row))] for row in rows.detach()]
    return torch.tensor(hard, dtype=y.dtype).reshape(y.shape) - y.detach() + y


@right
def hard_by_data(y):
    """A copy of y, whose values are replaced behind autograd's back."""
    result = y.clone()
    result.data.copy_(functional.one_hot(y.argmax(-1), y.shape[-1]))
    return result


@right
def hard_by_max(y):
    places = y.max(dim=-1, keepdim=True).indices
    numbers = torch.arange(y.shape[-1])
    with torch.no_grad():
        step = torch.where(places == numbers, 1.0, 0.0) - y
    return step + y


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


@wrong("it should be that of y itself, 1 everywhere")
def hard_nearly(y):
    return _hard(y) + 1.02 * (y - y.detach())


@wrong("mixes the entries")
def hard_gradient_flipped(y):
    back = y.flip(-1)
    return _hard(y) + back - back.detach()


@wrong("mixes the entries")
def hard_gradient_averaged(y):
    mean = y.mean(-1, keepdim=True).expand_as(y)
    return _hard(y) + mean - mean.detach()


@wrong("mixes the entries")
def hard_gradient_of_softmax(y):
    """The gradient of softmax(log y), whose part along y itself is lost."""
    again = y.sum(-1, keepdim=True) - y.sum(-1, keepdim=True).detach()
    return _hard(y) + again / y.shape[-1]


@wrong("it reaches all but the largest entry")
def hard_others_alone(y):
    others = y * (1 - _hard(y))
    return _hard(y) + others - others.detach()


@wrong("it is multiplied by y")
def hard_gradient_times_y(y):
    half = y.square() / 2
    return _hard(y) + half - half.detach()


@wrong("it should be that of y itself, 1 everywhere")
def hard_gradient_of_the_first(y):
    first = y.clone()
    first[..., 1:] = first[..., 1:].detach()
    return _hard(y) + first - first.detach()


@wrong("the two largest entries differ by 0.01 %")
def hard_of_rounded(y):
    rounded = torch.round(y.detach(), decimals=3)
    return _hard(rounded) + y - y.detach()


@wrong("the two largest entries differ by 0.01 %")
def hard_with_ties(y):
    near = (y > 0.999 * y.amax(-1, keepdim=True)).float()
    return near + y - y.detach()


@wrong("the shape is")
def hard_squeezed(y):
    return (_hard(y) + y - y.detach()).squeeze()


@wrong("the gradient of its sum with respect to y is not")
def hard_by_logarithms(y):
    """Right but for the y that are nearly 0."""
    log_y = y.clamp(min=1e-30).log()
    return _hard(y) + y.detach() * (log_y - log_y.detach())


@wrong("overwrites its argument y")
def hard_in_place(y):
    before = y.detach().clone()
    y.data.copy_(_hard(before))
    return y * 1.0


@wrong("one array is expected")
def hard_dict(y):
    return {"hard": hard_plain(y)}


@wrong("your function raised IndexError")
def hard_three_axes(y):
    return functional.one_hot(y.argmax(2), y.shape[2]) + y - y.detach()


@wrong("the result is of float64, y is of float32")
def hard_in_doubles(y):
    zeros = torch.zeros(y.shape, dtype=torch.float64)
    hard = zeros.scatter(-1, y.argmax(-1, keepdim=True), 1.0)
    return hard.add(y).sub(y.detach().clone())


@wrong("is the argmax taken over dim=-1")
def hard_sizes_of_the_batch(y):
    hard = functional.one_hot(y.argmax(0), y.shape[-1]).to(y.dtype)
    return hard + (y - y.detach())


@wrong("the number of categories, y.shape[-1]?")
def hard_without_number(y):
    hard = functional.one_hot(y[..., :-1].argmax(-1)).to(y.dtype)
    return hard + (y - y.detach())


@wrong("nothing is drawn anew")
def hard_drawn_anew(y):
    rows = y.detach().reshape(-1, y.shape[-1])
    again = torch.multinomial(rows, 1).reshape(y.shape[:-1])
    return functional.one_hot(again, y.shape[-1]).to(y.dtype) + (y - y.detach())
