"""An answer in another form keeps what a check may ask of a call."""

import numpy as np
import pytest
import torch

from course_utils.checks._contract import call
from course_utils.checks._forms import in_pairs, in_rows
from course_utils.checks._remote import CheckFailed


def stacked(x):
    return torch.stack([2 * x, x**2])


def named(x):
    return {"twice": 2 * x, "square": x**2}


def rows(x):
    return [2 * x, x**2]


FORMS = [(in_pairs, stacked, ("twice", "square")), (in_rows, rows, ())]


@pytest.mark.parametrize(("form", "answer", "names"), FORMS)
@pytest.mark.parametrize("asked", [{}, {"in_place": True}, {"tensors": True}, {"most": 200_000}])
def test_each_way_of_calling_gives_the_wanted_form(form, answer, names, asked):
    found = call(form(answer, *names), np.arange(3.0), **asked)
    assert isinstance(found, tuple if names else np.ndarray)
    np.testing.assert_array_equal(found, [[0, 2, 4], [0, 1, 4]])


def test_a_dict_is_refused_in_place_of_a_tuple():
    with pytest.raises(CheckFailed, match="return a tuple, not a dict") as found:
        call(in_pairs(named, "twice", "square"), np.arange(3.0))
    assert found.value.expected == "a tuple (twice, square)"


@pytest.mark.parametrize(("form", "answer", "names"), FORMS)
def test_what_a_check_forbids_is_refused_in_each_form(form, answer, names):
    def overwrites(x):
        x += 1
        return answer(x)

    def for_numpy(x):
        return [part.numpy() for part in answer(x)]

    def large(x):
        return answer(x + torch.ones(100_000, 3).mean(0))

    for wrong, asked, told in (
        (overwrites, {}, "overw"),
        (for_numpy, {"tensors": True}, "numpy array"),
        (large, {"most": 200_000}, "bytes are held"),
    ):
        with pytest.raises(CheckFailed, match=told):
            call(form(wrong, *names), np.arange(3.0), **asked)
    call(form(overwrites, *names), np.arange(3.0), in_place=True)
