"""Answers to exercise 2x.1, ``linear_probe``: wrong and right ones."""

import numpy as np
import torch
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # scores of frozen codes: nothing flows


def _with_constant(codes):
    return torch.cat([codes, torch.ones(len(codes), 1)], 1)


def _one_hot(labels):
    return functional.one_hot(labels, 10).float()


def _weights(codes, labels):
    return torch.linalg.lstsq(_with_constant(codes), _one_hot(labels)).solution


@right
def probe_by_lstsq(codes, labels, new_codes):
    return _with_constant(new_codes) @ _weights(codes, labels)


@right
def probe_by_normal_equations(codes, labels, new_codes):
    x, y = _with_constant(codes).double(), _one_hot(labels).double()
    return _with_constant(new_codes).double() @ torch.linalg.solve(x.T @ x, x.T @ y)


@right
def probe_by_pseudoinverse(codes, labels, new_codes):
    return _with_constant(new_codes) @ torch.linalg.pinv(_with_constant(codes)) @ _one_hot(labels)


@right
def probe_numpy_style(codes, labels, new_codes):
    x = np.c_[codes.numpy(), np.ones(len(codes))]
    solution = np.linalg.lstsq(x, np.eye(10)[labels.numpy()], rcond=None)[0]
    return np.c_[new_codes.numpy(), np.ones(len(new_codes))] @ solution


@right
def probe_by_centring(codes, labels, new_codes):
    y = _one_hot(labels)
    solution = torch.linalg.lstsq(codes - codes.mean(0), y - y.mean(0)).solution
    return (new_codes - codes.mean(0)) @ solution + y.mean(0)


@wrong("the constant column is missing")
def probe_without_constant(codes, labels, new_codes):
    return new_codes @ torch.linalg.lstsq(codes, _one_hot(labels)).solution


@wrong("the label itself is fitted, as a number")
def probe_of_the_number(codes, labels, new_codes):
    solution = torch.linalg.lstsq(_with_constant(codes), labels[:, None].float()).solution
    return _with_constant(new_codes) @ solution


@wrong("the classes came")
def probe_classes(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes).argmax(1)


@wrong("the scores of the old codes came")
def probe_old_codes(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, codes)


@wrong("the weights came")
def probe_weights(codes, labels, new_codes):
    return _weights(codes, labels)


@wrong("a softmax is taken")
def probe_softmax(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes).softmax(1)


@wrong("the targets are -1 and 1")
def probe_signed(codes, labels, new_codes):
    y = 2 * _one_hot(labels) - 1
    solution = torch.linalg.lstsq(_with_constant(codes), y).solution
    return _with_constant(new_codes) @ solution


@wrong("a penalty on the weights is added")
def probe_ridge(codes, labels, new_codes):
    x, y = _with_constant(codes), _one_hot(labels)
    solution = torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]), x.T @ y)
    return _with_constant(new_codes) @ solution


@wrong("the axes are swapped")
def probe_swapped(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes).T


@wrong("is something squeezed")
def probe_squeezed(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes).squeeze()


@wrong("ten columns are wanted")
def probe_of_the_classes_there(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes)[:, labels.unique()]


@wrong("the new codes keep theirs")
def probe_half_centred(codes, labels, new_codes):
    return _with_constant(new_codes) @ _weights(codes - codes.mean(0), labels)


@wrong("not those of least squares")
def probe_by_class_means(codes, labels, new_codes):
    means = torch.stack([codes[labels == d].mean(0).nan_to_num() for d in range(10)])
    return -torch.cdist(new_codes, means)


@wrong("not those of least squares")
def probe_fitted_to_the_new(codes, labels, new_codes):
    count = min(len(new_codes), len(codes))
    return _with_constant(new_codes) @ _weights(codes[: max(20, count)], labels[: max(20, count)])


@wrong("your function raised")
def probe_of_integer_targets(codes, labels, new_codes):
    y = functional.one_hot(labels, 10)
    return _with_constant(new_codes) @ torch.linalg.lstsq(_with_constant(codes), y).solution


@wrong("ten are wanted: as in one_hot(labels, 10)")
def probe_of_as_many_classes_as_there_are(codes, labels, new_codes):
    targets = functional.one_hot(labels).float()
    solution = torch.linalg.lstsq(_with_constant(codes), targets).solution
    return _with_constant(new_codes) @ solution


@wrong("the new codes are centred by their own mean")
def probe_centred_by_their_own(codes, labels, new_codes):
    return probe_by_lstsq(codes - codes.mean(0), labels, new_codes - new_codes.mean(0))


@wrong("the new codes are centred and scaled by their own mean and standard deviation")
def probe_scaled_by_their_own(codes, labels, new_codes):
    old, new = ((one - one.mean(0)) / one.std(0) for one in (codes, new_codes))
    return probe_by_lstsq(old, labels, new)


@wrong("the new codes are centred by their own mean")
def probe_of_new_codes_about_their_mean(codes, labels, new_codes):
    return probe_by_lstsq(codes, labels, new_codes - new_codes.mean(0))
