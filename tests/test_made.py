"""MADE sees what it may and all of it; the flow's inverse, determinant and density are exact."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_utils import losses, nets


def jacobian(function, x):
    """(outputs, ..., inputs) for one example."""
    return torch.autograd.functional.jacobian(lambda row: function(row[None])[0], x)


def shaken(module):
    """Weights far from any special value (a flow starts as the identity)."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return module.double()


@given(st.integers(1, 7), st.integers(1, 3), st.integers(1, 2), st.integers(0, 4))
def test_entry_i_depends_on_all_inputs_before_i_and_no_other(dim, outputs, layers, extra):
    torch.manual_seed(dim)
    made = shaken(nets.MADE(dim, (max(1, dim - 1) + extra + 1,) * layers, outputs, "tanh"))
    for mode in (True, False):
        made.train(mode)
        found = jacobian(made, torch.randn(dim).double())  # (dim, outputs, dim)
        may = torch.arange(dim)[:, None] > torch.arange(dim)
        assert (found[~may[:, None].expand_as(found)] == 0).all()
        assert (found[may[:, None].expand_as(found)] != 0).all()


def test_unequal_layers_miss_nothing_either():
    made = shaken(nets.MADE(5, (4, 9, 6), 1, "silu"))
    found = jacobian(made, torch.randn(5).double())[:, 0]
    assert torch.equal(found != 0, torch.ones(5, 5).tril(-1).bool())


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, (3,), 1), "dim"),
        ((3, (3,), 0), "out_per_dim"),
        ((2.0, (3,), 1), "dim"),
        ((6, (3,), 1), "hidden_dims"),
        ((3, (), 1), "hidden_dims"),
        ((3, (4,), 1, "swoosh"), "activation"),
    ],
)
def test_sizes_that_cannot_be_are_refused_by_name(arguments, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        nets.MADE(*arguments)


@pytest.fixture
def flow():
    torch.manual_seed(1)
    return shaken(nets.AutoregressivePrior(4, (16, 16)))


def test_the_flow_starts_as_the_standard_normal():
    flow, z = nets.AutoregressivePrior(3, (8,)), torch.randn(5, 3)
    torch.testing.assert_close(flow.log_prob(z), nets.StandardNormal(3).log_prob(z))
    assert torch.equal(flow.transform(z)[0], z)


def test_inverse_of_the_flow(flow):
    z = torch.randn(6, 2, 4).double()
    epsilon, _ = flow.transform(z)
    assert (flow.invert(epsilon) - z).abs().max() < 1e-10
    flow.float()
    epsilon, _ = flow.transform(z.float())
    assert (flow.invert(epsilon) - z.float()).abs().max() < 1e-4


def test_one_z_alone_is_a_batch_without_its_axis(flow):
    z = torch.randn(3, 4).double()
    torch.testing.assert_close(flow.log_prob(z[0]), flow.log_prob(z)[0])
    torch.testing.assert_close(flow.invert(z[0]), flow.invert(z)[0])
    assert flow.log_prob(z[0]).shape == ()


def test_log_determinant_by_autograd(flow):
    z = torch.randn(4).double()
    matrix = jacobian(lambda row: flow.transform(row)[0], z)
    assert torch.equal(matrix, matrix.tril()) and (matrix.diagonal() > 0).all()
    torch.testing.assert_close(flow.transform(z[None])[1][0], matrix.logdet())


def test_the_density_integrates_to_one():
    torch.manual_seed(2)
    flow = shaken(nets.AutoregressivePrior(2, (16,)))
    side = torch.linspace(-14, 14, 1_201).double()
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        density = flow.log_prob(grid).exp().reshape(1_201, 1_201)
    assert torch.trapezoid(torch.trapezoid(density, side), side).item() == pytest.approx(
        1, abs=1e-3
    )


def test_samples_have_the_density(flow):
    """E[1/p(z)] over a box is its volume for samples that fall in it."""
    z = flow.sample(40_000, torch.Generator().manual_seed(0))
    assert z.dtype == torch.float64
    centre, spread = z.median(0).values, z.std(0) / 2
    inside = ((z - centre).abs() < spread).all(1)
    weight = inside / flow.log_prob(z).exp()
    error = weight.std() / math.sqrt(len(z))
    assert abs(weight.mean() - (2 * spread).prod()) < 5 * error


def test_the_rate_estimates_the_kl(flow):
    torch.manual_seed(3)
    mu, log_var = torch.randn(1, 4).double(), torch.randn(1, 4).double() - 1
    z = mu + (0.5 * log_var).exp() * torch.randn(50_000, 4).double()
    rate = flow.rate(mu, log_var, z).detach()
    log_ratio = (losses.gaussian_log_prob(z, mu, log_var) - flow.log_prob(z)).detach()
    error = (rate - log_ratio).std() / math.sqrt(len(z))
    assert abs((rate - log_ratio).mean()) < 5 * error
    # At the start it is the closed form in expectation.
    start = nets.AutoregressivePrior(4, (8,)).double()
    rate = start.rate(mu, log_var, z).detach()
    exact = losses.gaussian_kl(mu, log_var)[0]
    assert abs(rate.mean() - exact) < 5 * rate.std() / math.sqrt(len(z))


def test_a_vae_with_the_flow_is_built_from_its_header():
    encoder, decoder = nets.MLPEncoder((5,), (8,), 3), nets.MLPDecoder(3, (8,), (5,))
    prior = nets.AutoregressivePrior(3, (8, 8))
    model = nets.VAE(encoder, decoder, prior, nets.Bernoulli(event_dim=1))
    for parameter in prior.parameters():
        nn.init.normal_(parameter, std=0.3)
    again = nets.build(model.header())
    again.load_state_dict(model.state_dict())
    x = (torch.rand(4, 5) < 0.5).float()
    for call in (lambda net: net.log_weights(x, 3), lambda net: net(x)["rate"]):
        torch.manual_seed(0)
        first = call(model)
        torch.manual_seed(0)
        assert torch.equal(call(again), first)
    assert model.sample(2).shape == (2, 5)
