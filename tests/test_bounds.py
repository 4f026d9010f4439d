"""losses.bounds: ELBO, importance-weighted bound, effective sample size, bits per dimension."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils import losses

NAN, INF = math.nan, math.inf
BOUNDS = (losses.importance_weighted_bound, losses.elbo, losses.effective_sample_size)
every = pytest.mark.parametrize("function", BOUNDS, ids=lambda function: function.__name__)


def log_weights(*shape, scale=3.0):
    return scale * torch.randn(shape, dtype=torch.float64)


@given(st.integers(1, 20), st.integers(1, 4), st.floats(-1e4, 1e4))
def test_values_by_hand_and_under_a_shift(samples, batch, shift):
    log_w = log_weights(samples, batch)
    w = log_w.exp()
    for function, expected, moved in [
        (losses.importance_weighted_bound, w.mean(0).log(), shift),
        (losses.elbo, log_w.mean(0), shift),
        (losses.effective_sample_size, w.sum(0) ** 2 / (w**2).sum(0), 0.0),
    ]:
        torch.testing.assert_close(function(log_w), expected, rtol=1e-9, atol=1e-9)
        # A shift beyond what exp can hold only moves the bounds.
        torch.testing.assert_close(function(log_w + shift), expected + moved, rtol=1e-9, atol=1e-9)


@given(st.integers(0, 6), st.floats(0.01, 30))
def test_bounds_of_nested_blocks_are_ordered(doublings, scale):
    """mean over blocks of L_K never falls with K: exactly so for blocks of one log_w."""
    log_w = log_weights(64, 5, scale=scale)
    size = 2**doublings
    smaller = losses.importance_weighted_bound(log_w.reshape(-1, size, 5), dim=1).mean(0)
    if size == 1:
        torch.testing.assert_close(smaller, losses.elbo(log_w))
    if size < 64:
        larger = losses.importance_weighted_bound(log_w.reshape(-1, 2 * size, 5), dim=1).mean(0)
        assert (smaller <= larger + 1e-12).all()
    assert (smaller <= losses.importance_weighted_bound(log_w) + 1e-12).all()


def test_equal_weights_are_exact_and_worth_k_samples():
    log_w = torch.full((7, 3), -123.25, dtype=torch.float64)
    for function in (losses.importance_weighted_bound, losses.elbo):
        torch.testing.assert_close(function(log_w), log_w[0], rtol=1e-14, atol=0.0)
    assert torch.equal(losses.effective_sample_size(log_w), torch.full((3,), 7.0).double())


def test_the_value_is_no_weighted_mean_of_log_w():
    """sum_k softmax(log_w)_k log_w_k has the right gradient, but it is no lower bound."""
    log_w = log_weights(50, 4)
    wrong = (log_w.softmax(0) * log_w).sum(0)
    overshoot = (log_w.softmax(0) * (log_w.log_softmax(0) + math.log(50))).sum(0)
    bound = losses.importance_weighted_bound(log_w)
    torch.testing.assert_close(wrong - overshoot, bound)
    assert (overshoot > 0.1).all()


def test_weights_of_zero():
    log_w = torch.tensor([[-INF, -INF, 0.0], [0.0, -INF, 0.0]])
    bound = losses.importance_weighted_bound(log_w)
    torch.testing.assert_close(bound, torch.tensor([-math.log(2), -INF, 0.0]))
    assert losses.elbo(log_w).tolist() == [-INF, -INF, 0.0]
    assert losses.effective_sample_size(log_w).tolist() == [1.0, 0.0, 2.0]
    some = log_w[:, :1].clone().requires_grad_()
    losses.importance_weighted_bound(some).sum().backward()
    assert some.grad.flatten().tolist() == [0.0, 1.0]


def test_gradient_is_the_normalised_weights():
    log_w = log_weights(6, 4).requires_grad_()
    losses.importance_weighted_bound(log_w).sum().backward()
    torch.testing.assert_close(log_w.grad, log_w.detach().softmax(0))
    for function in BOUNDS:
        assert torch.autograd.gradcheck(function, (log_w,))


@every
def test_dimension_dtype_and_arguments(function):
    log_w = log_weights(4, 5, 6)
    before = log_w.clone()
    for dim in (0, 1, 2, -1):
        expected = function(log_w.movedim(dim, 0))
        torch.testing.assert_close(function(log_w, dim=dim), expected)
        assert expected.shape == log_w.movedim(dim, 0).shape[1:]
    assert torch.equal(log_w, before)
    half = log_w.bfloat16()
    assert function(half).dtype == torch.float32
    assert torch.equal(function(half), function(half.float()))
    assert function(torch.zeros(3, 0)).shape == (0,)


@every
def test_extremes(function):
    for value in (-1e30, -1e4, 1e4, 1e30):
        log_w = torch.full((3, 2), value, requires_grad=True)
        result = function(log_w)
        result.sum().backward()
        assert result.isfinite().all() and log_w.grad.isfinite().all()


@every
def test_bad_log_weights(function):
    for value in (NAN, INF):
        log_w = log_weights(5, 3)
        log_w[2, 1] = value
        log_w[0, 0] = -INF
        with pytest.raises(losses.NotFiniteError, match=r"^log_w: .*-inf \(a weight of zero\)"):
            function(log_w)
        log_w[3, 1] = -INF
        with pytest.raises(losses.NotFiniteError, match="^log_w: "):
            function(log_w)
    with pytest.raises(ValueError, match="^log_w: expected at least one sample"):
        function(torch.zeros(0, 3))
    with pytest.raises(ValueError, match="^log_w: expected at least one sample"):
        function(torch.zeros(3, 0), dim=1)
    for value in (torch.zeros(3, 2, dtype=torch.int64), [[0.0]], 0.0, None):
        with pytest.raises(TypeError, match="^log_w: expected a floating-point tensor"):
            function(value)
    for dim, error in [(2, ValueError), (-3, ValueError), (0.0, TypeError), (True, TypeError)]:
        with pytest.raises(error, match="^dim: expected"):
            function(torch.zeros(3, 2), dim=dim)
    with pytest.raises(ValueError, match="^dim: "):
        function(torch.zeros(()))


# ---------------------------------------------------------------- bits per dimension


def test_uniform_over_256_levels_costs_8_bits():
    assert losses.bits_per_dim(3072 * math.log(256), 3072) == pytest.approx(8, abs=1e-12)


def test_uniform_density_on_dequantised_pixels_costs_8_bits():
    # x = (v + u) / 128 - 1 fills [-1, 1): density 1/2 per dimension.
    assert losses.bits_per_dim(3072 * math.log(2), 3072, 1 / 128) == pytest.approx(8, abs=1e-12)


def test_a_density_on_bins_bounds_the_mass_of_the_bins():
    """By Jensen, E_u[-log p(v + u) w] >= -log P(v), with equality for a flat density."""
    edges = torch.linspace(-1, 1, 257, dtype=torch.float64)
    normal = torch.distributions.Normal(edges.new_tensor(0.1), edges.new_tensor(0.1))
    bins = edges[:-1, None] + torch.linspace(0, 1, 201, dtype=torch.float64) / 128
    nll = -normal.log_prob(bins)
    of_density = losses.bits_per_dim(torch.trapezoid(nll, dx=1 / 200), 1, bin_width=1 / 128)
    mass = normal.cdf(edges).diff()
    inner = mass > 1e-6  # within 4.5 deviations: a slope of 45, (45 / 128)^2 / 24 = 0.005 nats
    of_mass = losses.bits_per_dim(-mass[inner].log(), 1)
    assert (of_density[inner] >= of_mass - 1e-9).all()
    torch.testing.assert_close(of_density[inner], of_mass, rtol=0, atol=0.01)


def test_bits_per_dim_keeps_shape_and_dtype():
    nats = torch.rand(4, 5, dtype=torch.float64)
    bits = losses.bits_per_dim(nats, 10)
    torch.testing.assert_close(bits, nats / 10 / math.log(2))
    assert isinstance(losses.bits_per_dim(7, 2), float)
    assert losses.bits_per_dim(nats.bfloat16(), 10).dtype == torch.float32
    assert losses.bits_per_dim(INF, 3) == INF


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ((1.0, 0), ValueError, "num_dims"),
        ((1.0, -3), ValueError, "num_dims"),
        ((1.0, 3.0), TypeError, "num_dims"),
        ((1.0, True), TypeError, "num_dims"),
        ((1.0, 3, 0.0), ValueError, "bin_width"),
        ((1.0, 3, -1.0), ValueError, "bin_width"),
        ((1.0, 3, NAN), ValueError, "bin_width"),
        ((1.0, 3, INF), ValueError, "bin_width"),
        ((1.0, 3, "1"), TypeError, "bin_width"),
        ((NAN, 3), losses.NotFiniteError, "nats"),
        ((torch.tensor([0.0, NAN]), 3), losses.NotFiniteError, "nats"),
        ((torch.tensor([1]), 3), TypeError, "nats"),
        (("1", 3), TypeError, "nats"),
        ((None, 3), TypeError, "nats"),
    ],
)
def test_bits_per_dim_bad_input(arguments, error, name):
    with pytest.raises(error, match=f"^{name}: expected"):
        losses.bits_per_dim(*arguments)


def _weights_of_a_line(x, mu, log_var, epsilon, weight, fixed):
    """log w (K, B) of p(z) = N(0, 1), p(x|z) = N(weight z, 1), with the samples."""
    z = mu + (0.5 * log_var).exp() * epsilon
    log_p = losses.gaussian_log_prob(z, 0.0, 0.0) + losses.gaussian_log_prob(x, weight * z, 0.0)
    q = (mu.detach(), log_var.detach()) if fixed else (mu, log_var)
    return log_p - losses.gaussian_log_prob(z, *q), z


def test_the_dreg_surrogate_has_the_exact_gradient_of_the_bound():
    """K = 2 and one latent: both expectations are Gauss-Hermite sums over pairs of draws."""
    nodes, shares = (torch.tensor(part) for part in np.polynomial.hermite_e.hermegauss(100))
    epsilon = torch.cartesian_prod(nodes, nodes).T[..., None]  # (2, 10000, 1)
    shares = torch.outer(shares, shares).flatten() / shares.sum() ** 2
    x, weight = torch.tensor([[1.5]]).double(), torch.tensor([1.2]).double().requires_grad_()
    mu, log_var = (torch.tensor([[v]]).double().requires_grad_() for v in (0.2, -0.3))
    log_w, _ = _weights_of_a_line(x, mu, log_var, epsilon, weight, fixed=False)
    total = (shares * losses.importance_weighted_bound(log_w)).sum()
    exact = torch.autograd.grad(total, (mu, log_var, weight))
    log_w, z = _weights_of_a_line(x, mu, log_var, epsilon, weight, fixed=True)
    surrogate = losses.dreg_surrogate(log_w, z)
    found = torch.autograd.grad((shares * surrogate).sum(), (mu, log_var, weight))
    for one, other in zip(found, exact, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)


def test_the_dreg_surrogate_refuses_what_it_cannot_reweigh():
    log_w, z = log_weights(3, 2), torch.zeros(3, 2, 4, requires_grad=True)
    value = losses.dreg_surrogate(log_w, z)
    excess = (log_w.softmax(0) * (log_w.log_softmax(0) + math.log(3))).sum(0)
    torch.testing.assert_close(value, losses.importance_weighted_bound(log_w) + excess)
    with pytest.raises(ValueError, match="z: expected \\(K, B, ...\\)"):
        losses.dreg_surrogate(log_w, torch.zeros(2, 3, 4, requires_grad=True))
    with pytest.raises(ValueError, match="z: expected samples that require a gradient"):
        losses.dreg_surrogate(log_w, z.detach())
    for bad in (NAN, INF, -INF):
        with pytest.raises(losses.NotFiniteError, match="log_w: expected finite"):
            losses.dreg_surrogate(log_w.index_fill(0, torch.tensor([1]), bad), z)
