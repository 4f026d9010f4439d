"""What a check can hand to an answer and see of it: tuples, memory, gradients of methods."""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import checks
from course_utils.checks._compare import verify_repeatable
from course_utils.checks._contract import as_tuple, call, gradient

N, K, D = 60, 50, 40
Z_E, E = np.ones((N, D), np.float32), np.zeros((K, D), np.float32)
WHOLE = 4 * N * K * D  # bytes of all differences


def test_whole_numbers_arrive_as_a_tuple():
    seen = []
    call(lambda *values: seen.extend(values) or 1, as_tuple(3, 5), as_tuple(), np.array([3, 5]))
    assert seen[:2] == [(3, 5), ()] and torch.equal(seen[2], torch.tensor([3, 5]))


@pytest.mark.parametrize(
    "answer",
    [
        lambda z, e: (z[:, None] - e).square().sum(-1),
        lambda z, e: ((z.numpy()[:, None] - e.numpy()) ** 2).sum(-1),
        lambda z, e: torch.linalg.norm(z.unsqueeze(1) - e, dim=-1),
        lambda z, e: nn.functional.pairwise_distance(z[:, None], e),
        lambda z, e: torch.vmap(lambda one: (e - one).square().sum(1))(z),
        lambda z, e: torch.sub(*torch.broadcast_tensors(z[:, None], e[None])).sum(-1),
        lambda z, e: z.repeat_interleave(len(e), 0).view(N, K, D).sum(-1),
        lambda z, e: torch.empty(N, K, D).copy_(z[:, None]).sum(-1),
    ],
)
def test_a_large_array_is_refused(answer):
    with pytest.raises(checks.CheckFailed, match="bytes are held at once"):
        call(answer, Z_E, E, most=WHOLE // 2)
    call(answer, Z_E, E)


@pytest.mark.parametrize(
    "answer",
    [
        lambda z, e: e.square().sum(1) - 2 * z @ e.T,
        lambda z, e: torch.cdist(z, e),
        lambda z, e: torch.einsum("nd,kd->nk", z, e),
        lambda z, e: torch.stack([(e - one).square().sum(1) for one in z]),
        lambda z, e: torch.cat([(z[i : i + 6, None] - e).sum(-1) for i in range(0, N, 6)]),
        lambda z, e: z.double().numpy() @ e.double().numpy().T,
        lambda z, e: torch.vmap(lambda one: e @ one)(z),
        lambda z, e: z.to_sparse() @ e.T,
    ],
)
def test_what_makes_no_large_array_passes(answer):
    call(answer, Z_E, E, most=WHOLE // 2)


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1, bias=False)

    def twice(self, x):
        return 2 * self.layer(x)


def test_gradients_of_a_models_method_reach_its_parameters():
    model = checks.build(Line, weights={"layer.weight": np.float32([[1, 2]])})
    found = gradient(model.twice, np.float32([[3, 4]]), weights=True)
    np.testing.assert_array_equal(found["layer.weight"], [[6, 8]])


@pytest.mark.parametrize("second", [{"a": torch.ones(2)}, torch.zeros(2), 3, torch.ones(3)])
def test_a_second_call_of_another_kind_is_a_mistake_and_no_crash(second):
    kinds = iter([torch.ones(2), second])
    with pytest.raises(checks.CheckFailed, match="gave different values"):
        verify_repeatable(lambda: next(kinds))
