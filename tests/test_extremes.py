"""Scales and variances that float32 cannot hold: values and gradients as float64 finds them."""

import itertools
import math

import pytest
import torch
from torch.nn.functional import logsigmoid, softplus

from course_utils import losses, nets

FAR = (-200.0, 0.0, 200.0)
LARGEST = torch.finfo(torch.float32).max


def with_gradients(function, values, dtype):
    """Value and gradients, float64 numbers, of ``function`` of one number each."""
    arguments = [torch.tensor([[value]], dtype=dtype, requires_grad=True) for value in values]
    result = function(*arguments)
    assert result.dtype == dtype
    gradients = torch.autograd.grad(result.sum(), arguments)
    return [value.double().item() for value in (result, *gradients)]


def rounded(value):
    return value if abs(value) <= LARGEST else math.copysign(math.inf, value)


def assert_rounds_to(found, right):
    """float32 numbers are the right ones, rounded; where the value is finite so is what can be."""
    assert found[0] == pytest.approx(rounded(right[0]), rel=2e-5, abs=1e-30)
    if math.isfinite(found[0]):
        for got, wanted in zip(found[1:], right[1:], strict=True):
            assert got == pytest.approx(rounded(wanted), rel=2e-5, abs=1e-30)


@pytest.mark.parametrize("mu_q", [0.0, 1e-30, 1.0, 1e30])
@pytest.mark.parametrize("mu_p", [0.0, 1.0, -1e30])
def test_gaussian_kl(mu_q, mu_p):
    for log_var_q, log_var_p in itertools.product((*FAR, 100.0, -100.0), repeat=2):
        values = torch.tensor([mu_q, log_var_q, mu_p, log_var_p]).tolist()
        d, shift = log_var_q - log_var_p, values[0] - values[2]
        precise = shift * math.exp(-log_var_p)  # (mu_q - mu_p) / var_p
        kl = 0.5 * (math.expm1(d) - d + shift * precise)
        slope = 0.5 * math.expm1(d)
        right = [kl, precise, slope, -precise, -slope - 0.5 * shift * precise]
        assert_rounds_to(with_gradients(losses.gaussian_kl, values, torch.float32), right)
        found = with_gradients(losses.gaussian_kl, values, torch.float64)
        assert found == pytest.approx(right, rel=1e-12)


def test_examples_of_the_kl():
    def kl(*values):
        return losses.gaussian_kl(*(torch.tensor([value]) for value in values)).item()

    assert kl(0.0, -200.0, 0.0, -200.0) == 0.0
    assert kl(0.0, 0.0, 0.0, -200.0) == math.inf  # e^200 / 2 is beyond float32
    assert kl(0.0, -200.0) == pytest.approx(99.5)
    assert kl(0.0, 0.0, 0.0, 200.0) == pytest.approx(99.5)


@pytest.mark.parametrize("log_vars", [(0.0, -3e4), (3e3, -3e4), (-1e4, -3e4), (-3e4, -3e4 - 1)])
def test_the_kl_blames_the_argument_at_fault(log_vars):
    arguments = [torch.tensor([[value]]) for value in (0.0, log_vars[0], 0.0, log_vars[1])]
    with pytest.raises(losses.NotFiniteError, match="^log_var_p: expected values that .*float32"):
        losses.gaussian_kl(*arguments)


@pytest.mark.parametrize("x", [0.0, 1e-30, 1.0, 1e30])
@pytest.mark.parametrize("mu", [0.0, 1.0])
def test_gaussian_log_prob(x, mu):
    for log_var in (*FAR, -100.0, 100.0, -170.0, 190.0):
        values = torch.tensor([x, mu, log_var]).tolist()
        precise = (values[0] - values[1]) * math.exp(-log_var)
        square = (values[0] - values[1]) * precise
        right = [-0.5 * (square + log_var + math.log(2 * math.pi)), -precise, precise]
        right.append(0.5 * (square - 1))
        assert_rounds_to(with_gradients(losses.gaussian_log_prob, values, torch.float32), right)


def test_a_layer_and_a_likelihood_with_such_variances():
    same = nets.Layer(*(torch.full((2, 3), value) for value in (1.0, 1.0, -190.0, 1.0, -190.0)))
    assert (same.kl == 0).all() and (same.log_ratio == 0).all()
    params = torch.tensor([[0.5, -190.0]])
    found = nets.Gaussian(1).log_prob(torch.tensor([[0.5]]), params)
    assert found.item() == pytest.approx(0.5 * (190 - math.log(2 * math.pi)))


def test_categorical_kl_of_logits_that_no_difference_holds():
    for far in (1e4, 1e38, 3.4e38):
        logits = torch.tensor([[[far, -far, -far, -far]]], requires_grad=True)
        kl = losses.categorical_kl_uniform(logits)
        assert kl.item() == pytest.approx(math.log(4))
        assert torch.equal(torch.autograd.grad(kl, logits)[0], torch.zeros(1, 1, 4))


def test_bernoulli_with_far_logits():
    for far in (1e4, 1e30):
        for x in (0.0, 1.0):
            for sign in (1, -1):
                logits = torch.full((1, 16), sign * far, requires_grad=True)
                found = losses.bernoulli_log_prob(torch.full((1, 16), x), logits)
                right = (sign > 0) == (x == 1)
                assert found.item() == (0 if right else pytest.approx(-16 * far))
                slope = torch.autograd.grad(found, logits)[0]
                assert torch.equal(slope, torch.full((1, 16), 0.0 if right else -float(sign)))


def test_bounds_with_weights_of_zero():
    log_w = torch.tensor([[-math.inf, -1e30, 5.0], [0.0, 0.0, -math.inf]], requires_grad=True)
    for function, right in (
        (losses.importance_weighted_bound, [0 - math.log(2), -math.log(2), 5 - math.log(2)]),
        (losses.effective_sample_size, [1.0, 1.0, 1.0]),
    ):
        found = function(log_w)
        torch.testing.assert_close(found.detach(), torch.tensor(right))
        assert torch.autograd.grad(found.sum(), log_w)[0].isfinite().all()


def test_precision_weighted():
    for log_var_a, log_var_b, mu_a in itertools.product(FAR, FAR, (0.0, 1e30)):
        arguments = [
            torch.tensor([v], requires_grad=True) for v in (mu_a, log_var_a, 1.0, log_var_b)
        ]
        found = nets.precision_weighted(*arguments)
        right = nets.precision_weighted(*(value.double() for value in arguments))
        for got, wanted in zip(found, right, strict=True):
            assert got.item() == pytest.approx(wanted.item(), rel=1e-5, abs=1e-6)
        for slope in torch.autograd.grad(sum(found).sum(), arguments):
            assert slope.isfinite().all()


# ---------------------------------------------------------------- discretised logistics


def log_mass(k, n, mu, log_scale):
    """The log of the mass of level k, float64: softplus throughout, no exponential of a scale's
    inverse that is then lost."""
    k, mu, log_scale = (value.double() for value in (k, mu, log_scale))
    width = 2 / n * torch.exp(-log_scale)
    upper = ((2 * k - n + 1) / n - mu) * torch.exp(-log_scale)
    lower = upper - width
    # log(1 - e^-w) = log w - w/2 + log(sinh(w/2) / (w/2)), and the last is w^2 / 24 for small w
    exact = torch.log(-torch.expm1(-width))
    inside = torch.where(width < 1e-5, math.log(2 / n) - log_scale - width / 2, exact)
    total = torch.where(k < n, -softplus(-upper), 0.0)
    total = total + torch.where(k > 0, logsigmoid(-lower), 0.0)
    return total + torch.where((k > 0) & (k < n), inside, 0.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("levels", [2, 3, 256])
@pytest.mark.parametrize("log_scale", [-200, -110, -89, -61, -20, -5, 0, 15, 61, 86, 89, 120, 200])
def test_discretised_logistic(log_scale, levels, dtype):
    n = levels - 1
    k = torch.arange(levels)[:, None]
    x = ((2 * k - n) / n).to(dtype)
    for mu in (0.0, 1 / 255, 1.0, -0.3, "x"):
        at = x.clone() if mu == "x" else torch.full_like(x, mu)
        at.requires_grad_()
        scale = torch.full_like(x, log_scale).requires_grad_()
        found = losses.discretized_logistic_log_prob(x, at, scale, levels, event_dim=1)
        right = log_mass(k, n, at, scale).sum(1)
        assert found.dtype == dtype
        rounds = right.detach().to(dtype).double()
        torch.testing.assert_close(found.double(), rounds, rtol=1e-4, atol=1e-5)
        held = found.isfinite()
        slopes = torch.autograd.grad(found[held].sum(), (at, scale))
        wanted = torch.autograd.grad(right[held].sum(), (at, scale))
        for got, slope in zip(slopes, wanted, strict=True):
            tolerance = 1e-3 * slope.abs().clamp(max=1e30).max().item() + 1e-5
            finite = slope.abs() < LARGEST
            assert got[finite].isfinite().all()
            torch.testing.assert_close(got[finite], slope[finite], rtol=1e-3, atol=tolerance)


def test_the_example():
    x = torch.full((1, 1), 1 / 255)
    scale = torch.full((1, 1), 100.0, requires_grad=True)
    found = losses.discretized_logistic_log_prob(x, x, scale, event_dim=1)
    assert found.item() == pytest.approx(math.log(2 / 255) - 100 - 2 * math.log(2), rel=1e-6)
    assert torch.autograd.grad(found, scale)[0].item() == pytest.approx(-1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("far", [-200.0, -90.0, 90.0, 200.0])
def test_a_mixture_with_one_far_component(far, channels):
    per_component = 1 + 2 * channels + channels * (channels - 1) // 2
    params = torch.randn(5, 2 * per_component, 4, 4)
    params[:, 2 + 2 * channels] = far  # the first log-scale of the first component
    x = 2 * torch.randint(0, 256, (5, channels, 4, 4)) / 255 - 1
    params.requires_grad_()
    found = losses.discretized_logistic_mixture_log_prob(x, params)
    precise = params.detach().double().requires_grad_()
    right = losses.discretized_logistic_mixture_log_prob(x.double(), precise)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), right, rtol=1e-4, atol=1e-3)
    slopes = [
        torch.autograd.grad(value.sum(), p)[0] for value, p in ((found, params), (right, precise))
    ]
    torch.testing.assert_close(slopes[0].double(), slopes[1], rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("levels", [256, 1024])
def test_images_that_cannot_hold_the_grid(dtype, levels):
    x = torch.linspace(-1, 1, levels)[None, None, :, None].to(dtype)
    name = str(dtype).removeprefix("torch.")
    message = f"^x is {name}, which cannot hold the grid of {levels} levels: use float32$"
    params = torch.zeros(1, 10, levels, 1)
    for call in (
        lambda: losses.discretized_logistic_log_prob(x, 0.0, 0.0, levels),
        lambda: losses.discretized_logistic_mixture_log_prob(x, params[:, :3], levels),
        lambda: nets.DiscretizedLogistic(levels=levels).log_prob(x, params[:, :2]),
        lambda: nets.LogisticMixture(1, 1, levels).log_prob(x, params[:, :3]),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_values_off_a_grid_that_half_precision_holds():
    x = torch.tensor([[0.25]], dtype=torch.float16)
    with pytest.raises(ValueError, match="^x: expected values on the grid of 3 levels"):
        losses.discretized_logistic_log_prob(x, 0.0, 0.0, 3, 1)


def test_a_fine_grid_in_float32_beside_float64():
    x = ((2 * torch.arange(2**20, dtype=torch.float64) - 2**20 + 1) / (2**20 - 1)).float()
    mu = torch.zeros(1, dtype=torch.float64)
    found = losses.discretized_logistic_log_prob(x[:, None], mu, -1.0, 2**20, 1)
    assert found.dtype == torch.float64 and found.exp().sum().item() == pytest.approx(1, abs=1e-6)


def test_a_coarse_grid_is_held_by_half_precision():
    x = torch.tensor([[-1.0, -0.5, 0.0, 0.5, 1.0]])
    for dtype in (torch.float16, torch.bfloat16):
        found = losses.discretized_logistic_log_prob(x.to(dtype), 0.0, 0.0, 5, 1)
        assert torch.equal(found, losses.discretized_logistic_log_prob(x, 0.0, 0.0, 5, 1))
