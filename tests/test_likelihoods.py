"""losses.likelihoods: Gaussian and Bernoulli log-likelihoods, grey cross-entropy."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, Normal

from course_utils import losses

NAN, INF = math.nan, math.inf


def doubles(*shape):
    return torch.randn(shape, dtype=torch.float64)


def binary(*shape):
    return (torch.rand(shape) < 0.5).double()


# ---------------------------------------------------------------- Gaussian


@given(
    event=st.lists(st.integers(1, 4), min_size=0, max_size=3),
    leading=st.lists(st.integers(1, 3), min_size=0, max_size=2),
    samples=st.integers(1, 3),
)
def test_gaussian_equals_torch_distributions(event, leading, samples):
    x = doubles(*leading, *event)
    mu, log_var = doubles(samples, *leading, *event), 3 * doubles(*event)
    got = losses.gaussian_log_prob(x, mu, log_var, event_dim=len(event))
    expected = Independent(Normal(mu, (log_var / 2).exp()), len(event)).log_prob(x)
    assert got.shape == (samples, *leading)
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("log_var", [-3.0, 0.0, 4.0])
def test_gaussian_integrates_to_one(log_var):
    scale = math.exp(log_var / 2)
    x = torch.linspace(0.7 - 12 * scale, 0.7 + 12 * scale, 4001, dtype=torch.float64)
    density = losses.gaussian_log_prob(x[:, None], 0.7, log_var).exp()
    assert torch.trapezoid(density, x).item() == pytest.approx(1, abs=1e-12)


def test_gaussian_of_two_dimensions_is_their_sum_not_their_mean():
    one = losses.gaussian_log_prob(torch.zeros(1, 1), 0.0, 0.0)
    many = losses.gaussian_log_prob(torch.zeros(1, 16), 0.0, 0.0)
    assert many.item() == pytest.approx(16 * one.item())
    assert one.item() == pytest.approx(-0.5 * math.log(2 * math.pi))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("log_var", [-30.0, -9.0, 5.0, 30.0])
def test_gaussian_extremes_are_finite(log_var, dtype):
    x = torch.tensor([[-1.0, 0.0, 1.0, 100.0]], dtype=dtype)
    mu = torch.tensor([[1.0, 0.0, -1.0, -100.0]], dtype=dtype, requires_grad=True)
    log_var = torch.full((1, 4), log_var, dtype=dtype, requires_grad=True)
    log_prob = losses.gaussian_log_prob(x, mu, log_var)
    log_prob.sum().backward()
    for values in (log_prob, mu.grad, log_var.grad):
        assert values.isfinite().all()


def test_a_density_below_the_range_of_the_dtype_is_minus_infinity():
    x = torch.full((1, 2), 1e30)
    assert losses.gaussian_log_prob(x, 0.0, 0.0).item() == -INF


def test_a_variance_that_leaves_the_dtype_is_named():
    with pytest.raises(ValueError, match=r"log_var: .*float32.*-500"):
        losses.gaussian_log_prob(torch.zeros(1, 2), 0.0, torch.full((1, 2), -500.0))


# ---------------------------------------------------------------- Bernoulli


@given(
    event=st.lists(st.integers(1, 4), min_size=0, max_size=3),
    leading=st.lists(st.integers(1, 3), min_size=0, max_size=2),
    samples=st.sampled_from([None, 1, 3]),
)
def test_bernoulli_equals_torch_distributions(event, leading, samples):
    x = binary(*leading, *event)
    logits = 5 * doubles(*([samples] if samples else []), *leading, *event)
    got = losses.bernoulli_log_prob(x, logits, event_dim=len(event))
    expected = Independent(Bernoulli(logits=logits), len(event)).log_prob(x)
    assert got.shape == expected.shape
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


def test_bernoulli_sums_to_one_over_all_images():
    images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 6)
    mass = losses.bernoulli_log_prob(images, 3 * doubles(6)).exp().sum()
    assert mass.item() == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("samples", [None, 2])
def test_bernoulli_logits_of_ten_thousand(samples, dtype):
    logits = torch.tensor([[1e4, 1e4, -1e4, -1e4]], dtype=dtype)
    logits = (logits.expand(samples, 1, 4) if samples else logits).clone().requires_grad_()
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0]], dtype=dtype)
    log_prob = losses.bernoulli_log_prob(x, logits)
    log_prob.sum().backward()
    assert (log_prob == -2e4).all()
    assert (logits.grad == torch.tensor([0.0, -1.0, 1.0, 0.0], dtype=dtype)).all()


def test_bernoulli_keeps_small_probabilities():
    # -log(1 + exp(-25)) = -1.4e-11: lost by a softplus with a threshold at 20.
    x = torch.zeros(1, 1, dtype=torch.float64)
    for shape in ((1, 1), (2, 1, 1)):
        got = losses.bernoulli_log_prob(x, torch.full(shape, -25.0, dtype=torch.float64))
        for log_prob in got.flatten().tolist():
            assert log_prob == pytest.approx(-math.exp(-25), rel=0, abs=1e-14)


def test_both_roads_of_bernoulli_agree():
    x, logits = binary(5, 7), 4 * doubles(5, 7)
    over_samples = losses.bernoulli_log_prob(x, torch.stack([logits, logits]))
    same_shape = losses.bernoulli_log_prob(x, logits)
    torch.testing.assert_close(over_samples, torch.stack([same_shape, same_shape]))


@pytest.mark.parametrize("value", [0.5, 1 / 255, 254 / 255, 1 + 1e-6, -1.0, 2.0, 255.0])
@pytest.mark.parametrize("samples", [None, 2])
def test_one_pixel_that_is_not_binary_is_found(value, samples):
    x = (torch.rand(128, 784) < 0.5).float()
    x[77, 300] = value
    shape = (128, 784) if samples is None else (samples, 128, 784)
    with pytest.raises(ValueError, match=r"^x: .*zeros and ones.*binarise.*grey_cross_entropy"):
        losses.bernoulli_log_prob(x, torch.zeros(shape))


def test_errors_of_opposite_sign_do_not_cancel():
    x = torch.tensor([[2.0] + 8 * [0.5]])  # the sum of x - x^2 is zero
    with pytest.raises(ValueError, match="^x: "):
        losses.bernoulli_log_prob(x, torch.zeros(1, 9))


def test_huge_finite_logits_raise_no_false_alarm():
    logits = torch.full((2, 100), 3e38)  # their sum is beyond float32
    assert (losses.bernoulli_log_prob(torch.ones(2, 100), logits) == 0).all()
    samples = logits.expand(3, 2, 100)
    assert (losses.bernoulli_log_prob(torch.ones(2, 100), samples) == 0).all()


# ---------------------------------------------------------------- grey cross-entropy


def test_grey_cross_entropy_by_hand_and_its_floor():
    x, logits = torch.rand(3, 5, dtype=torch.float64), doubles(3, 5)
    p = logits.sigmoid()
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).sum(-1)
    torch.testing.assert_close(losses.grey_cross_entropy(x, logits), expected)
    floor = losses.grey_cross_entropy(x, torch.logit(x))
    torch.testing.assert_close(floor, -(x * x.log() + (1 - x) * (1 - x).log()).sum(-1))
    assert (losses.grey_cross_entropy(x, logits) >= floor).all()


def test_grey_cross_entropy_of_binary_pixels_is_the_bernoulli_nll_also_over_samples():
    x, logits = binary(3, 5), doubles(4, 3, 5)
    got = losses.grey_cross_entropy(x, logits)
    torch.testing.assert_close(got, -losses.bernoulli_log_prob(x, logits))


@pytest.mark.parametrize("value", [-1e-3, 1.001, 255.0])
def test_grey_cross_entropy_refuses_pixels_outside_zero_one(value):
    x = torch.rand(4, 9)
    x[2, 3] = value
    with pytest.raises(ValueError, match=r"^x: .*\[0, 1\]"):
        losses.grey_cross_entropy(x, torch.zeros(4, 9))


# ---------------------------------------------------------------- what holds for all three

CALLS = {
    "gaussian": (
        losses.gaussian_log_prob,
        lambda *s: {"x": doubles(*s), "mu": doubles(*s), "log_var": doubles(*s)},
    ),
    "bernoulli": (
        losses.bernoulli_log_prob,
        lambda *s: {"x": binary(*s), "logits": doubles(*s)},
    ),
    "grey": (
        losses.grey_cross_entropy,
        lambda *s: {"x": torch.rand(s, dtype=torch.float64), "logits": doubles(*s)},
    ),
}
every = pytest.mark.parametrize("function, make", CALLS.values(), ids=CALLS)


def bad_values():
    for name, (function, make) in CALLS.items():
        for argument in make(1):
            for value in (NAN, INF, -INF):
                yield pytest.param(function, make, argument, value, id=f"{name}-{argument}-{value}")


@pytest.mark.parametrize("function, make, argument, value", list(bad_values()))
def test_nan_and_infinity_are_found_and_the_argument_named(function, make, argument, value):
    arguments = make(6, 7)
    arguments[argument][4, 5] = value
    with pytest.raises(losses.NotFiniteError, match=f"^{argument}: ") as caught:
        function(**arguments)
    assert ("1 NaN and 0" if math.isnan(value) else "0 NaN and 1") in str(caught.value)
    if argument != "x":  # and where parameters carry samples
        arguments[argument] = torch.stack([make(6, 7)[argument], arguments[argument]])
        with pytest.raises(losses.NotFiniteError, match=f"^{argument}: "):
            function(**arguments)


@every
def test_wrong_types(function, make):
    for argument in make(1):
        for value in (torch.ones(2, 3, dtype=torch.int64), [0.0], "1", None, True):
            with pytest.raises(TypeError, match=f"^{argument}: expected"):
                function(**(make(2, 3) | {argument: value}))


@every
def test_wrong_shapes(function, make):
    parameter = list(make(1))[-1]
    for x_shape, shape, event_dim in [
        ((4, 3), (4, 2), 1),  # another number of values
        ((4, 1), (4, 3), 1),  # a forgotten dimension, which broadcasting would hide
        ((4, 3), (5, 3), 1),  # another batch
        ((4, 1, 3), (4, 4), 2),
        ((4, 1), (4,), 1),
    ]:
        arguments = make(*x_shape) | {parameter: make(*shape)[parameter]}
        with pytest.raises(ValueError, match=f"^{parameter}: expected a shape .*{shape[-1]}"):
            function(**arguments, event_dim=event_dim)


@every
def test_wrong_event_dim(function, make):
    for event_dim, error in [
        (-1, ValueError),
        (3, ValueError),
        (1.0, TypeError),
        (True, TypeError),
    ]:
        with pytest.raises(error, match="^event_dim: expected"):
            function(**make(2, 3), event_dim=event_dim)


@every
def test_event_dim_zero_sums_nothing(function, make):
    arguments = make(2, 3)
    each = function(**arguments, event_dim=0)
    assert each.shape == (2, 3)
    torch.testing.assert_close(each.sum(-1), function(**arguments))


@every
def test_half_precision_is_computed_in_float32_and_an_empty_batch_is_one(function, make):
    for dtype in (torch.bfloat16, torch.float16):
        half = {name: value.to(dtype) for name, value in make(3, 500).items()}
        got = function(**half)
        assert got.dtype == torch.float32
        expected = function(**{name: value.float() for name, value in half.items()})
        assert torch.equal(got, expected)
    assert function(**make(0, 5)).shape == (0,)


@every
def test_arguments_are_not_modified(function, make):
    arguments = make(3, 4)
    before = {name: value.clone() for name, value in arguments.items()}
    function(**arguments)
    for name, value in arguments.items():
        assert torch.equal(value, before[name])


@every
def test_gradients(function, make):
    arguments = make(3, 4)
    x = arguments.pop("x")
    parameters = tuple(value.requires_grad_() for value in arguments.values())
    assert torch.autograd.gradcheck(lambda *values: function(x, *values), parameters)
    samples = tuple(
        torch.stack([value, 2 * value]).detach().requires_grad_() for value in parameters
    )
    assert torch.autograd.gradcheck(lambda *values: function(x, *values), samples)
