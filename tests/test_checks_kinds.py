"""Kinds of faults that every check must see: put into right answers one at a time.

An answer's file says in ``GRADIENTS`` along which arguments gradients must flow into which results.
"""

import mutants
import numpy as np
import pytest
import torch

from course_utils import checks

ANSWERS = mutants.modules()
FUNCTIONS = {
    name: module for name, module in ANSWERS.items() if not isinstance(module.RIGHT[0], type)
}
MAY_OVERWRITE = {"follow"}  # a step of a running mean is often taken in place
FLOWS = [
    (name, output, argument)
    for name, module in FUNCTIONS.items()
    for output, arguments in getattr(module, "GRADIENTS", {}).items()
    for argument in arguments
]


class Bent(torch.autograd.Function):
    """The identity, whose gradient is multiplied by ``factor``."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, above):
        return ctx.factor * above, None


def first_half(x):
    """Factors that take the gradient from half of the entries."""
    factor = torch.ones_like(x)
    factor.view(-1)[: (x.numel() + 1) // 2] = 0
    return factor


FACTORS = {
    "doubled": lambda x: torch.full_like(x, 2.0),
    "reversed": lambda x: torch.full_like(x, -1.0),
    "two per cent off": lambda x: torch.full_like(x, 1.02),
    "of one half lost": first_half,
}


def bent(answer, output, argument, factor):
    """``answer`` with a wrong gradient along one argument, in one of its results."""

    def changed(*arguments):
        state = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
        whole = answer(*arguments)
        torch.set_rng_state(state[0])
        np.random.set_state(state[1])  # noqa: NPY002
        arguments = list(arguments)
        if isinstance(arguments[argument], torch.Tensor):
            arguments[argument] = Bent.apply(arguments[argument], factor(arguments[argument]))
        other = answer(*arguments)
        if isinstance(whole, dict):
            name = list(whole)[output]
            return whole | {name: other[name]}
        if isinstance(whole, (tuple, list)):
            return [other[i] if i == output else one for i, one in enumerate(whole)]
        return other

    return changed


@pytest.mark.parametrize("kind", FACTORS)
@pytest.mark.parametrize(("name", "output", "argument"), FLOWS)
def test_a_wrong_gradient_of_right_values_is_refused(name, output, argument, kind):
    answer = bent(FUNCTIONS[name].RIGHT[0], output, argument, FACTORS[kind])
    for seed in (0, 1):
        with pytest.raises(checks.CheckFailed) as caught:
            getattr(checks, name)(answer, seed)
        assert "gradient" in str(caught.value).lower()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_answer_that_overwrites_an_argument_is_refused(name):
    takes_tensors = []

    def overwriting(*arguments):
        kept = [one.clone() if isinstance(one, torch.Tensor) else one for one in arguments]
        value = FUNCTIONS[name].RIGHT[0](*kept)
        for one in arguments:
            if isinstance(one, torch.Tensor) and one.numel():
                takes_tensors.append(one)
                one.detach().view(-1)[-1:].copy_(one.detach().view(-1)[-1:].logical_not())
        return value

    try:
        getattr(checks, name)(overwriting)
    except checks.CheckFailed as failed:
        assert "overwrites its argument" in str(failed)
    else:
        assert name in MAY_OVERWRITE or not takes_tensors


@pytest.mark.parametrize("name", ANSWERS)
def test_what_gradients_flow_is_said(name):
    assert isinstance(ANSWERS[name].RIGHT[0], type) or hasattr(ANSWERS[name], "GRADIENTS")


EARLIER = """
def gaussian_log_prob(x, mu, log_var):
    {0}

def log_weight(x, z, mu_x, log_var_x, mu, log_var):
    zero = 0 * z
    return (gaussian_log_prob(x, mu_x, log_var_x) + gaussian_log_prob(z, zero, zero)
            - gaussian_log_prob(z, mu, log_var))
"""
WRITTEN = "return -0.5 * (log_var + (x - mu) ** 2 / log_var.exp()).{0}(-1)"


@pytest.mark.parametrize(
    ("line", "told", "written"),
    [
        (WRITTEN.format("sum"), "it is not right yet", True),
        ("return undefined", "it is not right yet", True),
        ('raise NotImplementedError("Exercise 1.1: write it")', "it is not written yet", False),
    ],
)
def test_the_earlier_answer_at_fault_is_named(line, told, written):
    space = {"__name__": "__main__"}
    exec(EARLIER.format(line), space)
    with pytest.raises(checks.CheckFailed) as caught:
        checks.log_weight(space["log_weight"])
    assert "first repair 1.1 (gaussian_log_prob), which this answer calls: " in str(caught.value)
    assert told in str(caught.value) and caught.value.written is written


def test_an_answer_at_fault_itself_is_told_of_its_own_mistake():
    space = {"__name__": "__main__"}
    right = "from torch.distributions import Normal\n    "
    right += "return Normal(mu, (log_var / 2).exp()).log_prob(x).sum(-1)"
    exec(
        EARLIER.format(right).replace("- gaussian_log_prob(z, mu", "+ gaussian_log_prob(z, mu"),
        space,
    )
    with pytest.raises(checks.CheckFailed, match="log q.z.x. is added"):
        checks.log_weight(space["log_weight"])
