"""losses.divergences: Gaussian KL and categorical KL."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from course_utils import losses

NAN, INF = math.nan, math.inf


def doubles(*shape):
    return torch.randn(shape, dtype=torch.float64)


def gaussians(*shape):
    return {name: doubles(*shape) for name in ("mu_q", "log_var_q", "mu_p", "log_var_p")}


def normal(mu, log_var, event_dim=1):
    return Independent(Normal(mu, (log_var / 2).exp()), event_dim)


# ---------------------------------------------------------------- Gaussian KL


@given(
    event=st.lists(st.integers(1, 4), min_size=0, max_size=3),
    leading=st.lists(st.integers(1, 3), min_size=0, max_size=2),
)
def test_gaussian_kl_equals_torch_distributions(event, leading):
    given = gaussians(*leading, *event)
    mu_q, log_var_q, mu_p, log_var_p = given.values()
    dims = len(event)
    got = losses.gaussian_kl(**given, event_dim=dims)
    expected = kl_divergence(normal(mu_q, log_var_q, dims), normal(mu_p, log_var_p, dims))
    assert got.shape == tuple(leading)
    torch.testing.assert_close(got, expected, rtol=1e-11, atol=1e-11)


def test_gaussian_kl_against_the_standard_normal_and_other_numbers():
    mu, log_var = doubles(5, 3), doubles(5, 3)
    standard = kl_divergence(normal(mu, log_var), normal(torch.zeros(3), torch.zeros(3)))
    torch.testing.assert_close(losses.gaussian_kl(mu, log_var), standard)
    other = losses.gaussian_kl(mu, log_var, torch.full((3,), 0.5), torch.full((3,), -1.0))
    torch.testing.assert_close(losses.gaussian_kl(mu, log_var, 0.5, -1.0), other)
    assert losses.gaussian_kl(mu.float(), log_var.float()).dtype == torch.float32


def test_gaussian_kl_equals_monte_carlo_within_four_standard_errors():
    given = gaussians(1, 3)
    mu_q, log_var_q, mu_p, log_var_p = given.values()
    z = mu_q + (log_var_q / 2).exp() * doubles(200_000, 3)
    log_ratio = losses.gaussian_log_prob(z, mu_q, log_var_q) - losses.gaussian_log_prob(
        z, mu_p, log_var_p
    )
    error = log_ratio.std() / math.sqrt(len(z))
    assert abs(log_ratio.mean() - losses.gaussian_kl(**given)) < 4 * error


def test_gaussian_kl_is_zero_for_equals_and_positive_otherwise():
    mu, log_var = 3 * doubles(1000, 4), 3 * doubles(1000, 4)
    assert (losses.gaussian_kl(mu, log_var, mu, log_var) == 0).all()
    for nudge in (1e-6, -1e-6):
        assert (losses.gaussian_kl(mu, log_var + nudge, mu, log_var) > 0).all()
        assert (losses.gaussian_kl(mu + nudge, log_var, mu, log_var) > 0).all()
    assert (losses.gaussian_kl(mu, log_var) > 0).all()


def test_gaussian_kl_of_near_equals_keeps_its_digits_in_float32():
    zero, difference = torch.zeros(200, 1), torch.linspace(-1e-3, 1e-3, 200)[:, None]
    kl = losses.gaussian_kl(zero, difference).double()
    exactly = 0.5 * (torch.expm1(difference.double()) - difference.double())[:, 0]
    # exp(d) - 1 - d would be wrong by half an ulp of 1, 6e-8, as large as the KL itself.
    assert (kl - exactly).abs().max() < 1e-9
    assert kl.min() > -1e-9


def test_gaussian_kl_is_not_symmetric():
    zero, log_var = torch.zeros(1, 1), torch.full((1, 1), math.log(4.0))
    # KL(N(0, 4) || N(0, 1)) = (4 - 1 - log 4) / 2
    assert losses.gaussian_kl(zero, log_var).item() == pytest.approx((3 - math.log(4)) / 2)
    back = losses.gaussian_kl(zero, zero, zero, log_var).item()
    assert back == pytest.approx((0.25 - 1 + math.log(4)) / 2)


def test_gaussian_kl_broadcasts_priors():
    q, components = gaussians(5, 3), doubles(7, 1, 3)
    got = losses.gaussian_kl(q["mu_q"], q["log_var_q"], components, 0.0)
    assert got.shape == (7, 5)
    one = losses.gaussian_kl(q["mu_q"], q["log_var_q"], components[2, 0])
    torch.testing.assert_close(got[2], one)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("log_var_q", [-30.0, 0.0, 30.0])
@pytest.mark.parametrize("log_var_p", [-30.0, 0.0, 30.0])
def test_gaussian_kl_extremes_are_finite(log_var_q, log_var_p, dtype):
    arguments = [
        torch.full((1, 2), value, dtype=dtype, requires_grad=True)
        for value in (100.0, log_var_q, -100.0, log_var_p)
    ]
    kl = losses.gaussian_kl(*arguments)
    kl.sum().backward()
    assert kl.isfinite().all() and (kl > 0).all()
    assert all(argument.grad.isfinite().all() for argument in arguments)


# ---------------------------------------------------------------- categorical KL


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 6))
def test_categorical_kl_equals_torch_distributions(batch, variables, categories):
    logits = 4 * doubles(batch, variables, categories)
    uniform = Categorical(logits=torch.zeros_like(logits))
    expected = kl_divergence(Categorical(logits=logits), uniform).sum(-1)
    got = losses.categorical_kl_uniform(logits)
    assert got.shape == (batch,)
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


def test_categorical_kl_between_zero_and_n_log_k():
    assert losses.categorical_kl_uniform(torch.full((2, 20, 10), 3.0)).abs().max() < 1e-5
    logits = torch.zeros(2, 20, 10, dtype=torch.float64)
    logits[..., 3] = 1e4
    logits.requires_grad_()
    kl = losses.categorical_kl_uniform(logits)
    kl.sum().backward()
    torch.testing.assert_close(kl.detach(), torch.full_like(kl, 20 * math.log(10)))
    assert logits.grad.isfinite().all()


def test_categorical_kl_equals_monte_carlo_within_four_standard_errors():
    logits = 2 * doubles(1, 1, 5)
    index = torch.multinomial(logits[0, 0].softmax(-1), 200_000, replacement=True)
    log_ratio = logits[0, 0].log_softmax(-1)[index] + math.log(5)
    error = log_ratio.std() / math.sqrt(len(index))
    assert abs(log_ratio.mean() - losses.categorical_kl_uniform(logits)) < 4 * error


@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 0)])
def test_categorical_kl_refuses_wrong_shapes(shape):
    with pytest.raises(ValueError, match=r"^logits: expected shape \(\.\.\., N, K\)"):
        losses.categorical_kl_uniform(torch.zeros(shape))


# ---------------------------------------------------------------- what holds for both

CALLS = {
    "gaussian": (losses.gaussian_kl, gaussians),
    "categorical": (losses.categorical_kl_uniform, lambda *s: {"logits": doubles(2, *s)}),
}
every = pytest.mark.parametrize("function, make", CALLS.values(), ids=CALLS)


@every
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_nan_and_infinity_are_found_and_the_argument_named(function, make, value):
    for argument in make(1, 1):
        arguments = make(6, 7)
        arguments[argument][..., 4, 5] = value
        with pytest.raises(losses.NotFiniteError, match=f"^{argument}: expected finite"):
            function(**arguments)


@every
def test_wrong_types(function, make):
    for argument in make(1, 1):
        for value in (torch.ones(2, 3, dtype=torch.int64), [0.0], "1", None, True):
            with pytest.raises(TypeError, match=f"^{argument}: expected"):
                function(**(make(2, 3) | {argument: value}))


def test_gaussian_kl_refuses_wrong_shapes():
    for argument in ("log_var_q", "mu_p", "log_var_p"):
        for shape in ((4, 2), (5, 3), (4,)):
            with pytest.raises(ValueError, match=f"^{argument}: expected a shape"):
                losses.gaussian_kl(**(gaussians(4, 3) | {argument: doubles(*shape)}))


@every
def test_half_precision_is_computed_in_float32(function, make):
    half = {name: value.bfloat16() for name, value in make(3, 50).items()}
    got = function(**half)
    assert got.dtype == torch.float32
    assert torch.equal(got, function(**{name: value.float() for name, value in half.items()}))


@every
def test_arguments_are_not_modified_and_gradients_are_right(function, make):
    arguments = make(3, 4)
    before = {name: value.clone() for name, value in arguments.items()}
    function(**arguments)
    assert all(torch.equal(value, before[name]) for name, value in arguments.items())
    values = tuple(value.requires_grad_() for value in arguments.values())
    assert torch.autograd.gradcheck(function, values)
