"""What the checks see of an answer in the sandbox as well: memory, tuples, a model's gradients."""

import contextlib

import pytest
from grader import Grader

from course_utils import settings
from homework import lessons, sandbox

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)

NEAREST = "def nearest(z_e, codebook):\n    return {}.argmin(1)\n"
BROADCAST = "(z_e[:, None] - codebook).square().sum(-1)"
PRODUCT = "(codebook.square().sum(1) - 2 * z_e @ codebook.T)"


@contextlib.contextmanager
def grading(number):
    """A function that grades an exercise, where its solution's text was changed."""
    [lesson] = lessons.all_lessons([number])
    with Grader(lesson, seconds=20.0) as box:

        def graded(exercise, change):
            cells = [dict(cell) for cell in lesson.cells]
            for cell in cells:
                if cell["metadata"].get("course", {}).get("id") == exercise:
                    cell["source"] = change("".join(cell["source"]))
            return box.graded(lesson.notebook | {"cells": cells}, [exercise])[exercise]

        yield graded


def test_a_large_tensor_is_seen_in_the_sandbox():
    with grading("07") as graded:
        told = graded("7.1", lambda text: NEAREST.format(BROADCAST))
        assert told["verdict"] == "wrong" and "a tensor of N x K x D is made" in told["mistake"]
        assert graded("7.1", lambda text: NEAREST.format(PRODUCT))["verdict"] == "right"


def test_tuples_reach_the_sandbox_and_gradients_of_a_method_come_back():
    with grading("06") as graded:
        told = graded("6.2", lambda text: text.replace("hidden_dims:", "hidden_dims.tolist():"))
        assert told["verdict"] == "wrong" and "'tuple' object has no attribute" in told["mistake"]
        parts = "*self.scale_and_shift(z))", "*frozen(self)(z))"
        told = graded("6.3", lambda text: text.replace(*parts) + FROZEN)
        assert told["verdict"] == "wrong" and "no gradient reaches made.net.0" in told["mistake"]


FROZEN = """
def frozen(flow):
    def scale_and_shift(z):
        weights = {name: p.detach() for name, p in flow.made.named_parameters()}
        raw, shift = torch.func.functional_call(flow.made, weights, (z,)).unbind(-1)
        return 5 * torch.tanh(raw / 5), shift
    return scale_and_shift
"""
