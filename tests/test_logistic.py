"""losses.logistic: discretised logistic, its mixture over colours, and the sampler."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from course_utils import losses
from course_utils.losses import logistic

NAN, INF = math.nan, math.inf
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
dtypes = pytest.mark.parametrize("dtype", TOLERANCE)


def grid(levels, dtype=torch.float64):
    n = levels - 1
    return (2 * torch.arange(levels, dtype=dtype) - n) / n


def random_params(n_mix, channels, *size, spread=1.0, dtype=torch.float64):
    """Parameters whose scales suit 8 levels; size = (B, H, W)."""
    per_component = 1 + 2 * channels + channels * (channels - 1) // 2
    batch, height, width = size
    params = spread * torch.randn(batch, n_mix * per_component, height, width, dtype=dtype)
    params[:, n_mix * (1 + channels) : n_mix * (1 + 2 * channels)] -= 1.5  # log-scales
    return params


def colours(levels, channels, dtype=torch.float64):
    """Every colour as an image of one pixel: (levels^C, C, 1, 1)."""
    every = torch.cartesian_prod(*[grid(levels, dtype)] * channels)
    return every.reshape(-1, channels, 1, 1)


# ---------------------------------------------------------------- one logistic


@dtypes
@pytest.mark.parametrize("levels", [2, 3, 8, 256, 1024])
def test_masses_sum_to_one(levels, dtype):
    mu = torch.linspace(-3, 5, 161, dtype=dtype)[:, None]
    log_scale = torch.linspace(-9, 5, 57, dtype=dtype)
    x = grid(levels, dtype)[:, None, None]
    log_mass = losses.discretized_logistic_log_prob(x, mu, log_scale, levels, event_dim=0)
    assert log_mass.shape == (levels, 161, 57) and log_mass.isfinite().all()
    assert (log_mass <= 0).all()
    assert (log_mass.double().exp().sum(0) - 1).abs().max() < TOLERANCE[dtype]


@dtypes
@pytest.mark.parametrize("levels", [2, 5, 256, 1024])
def test_neighbours_share_their_edge_bit_for_bit(levels, dtype):
    n = levels - 1
    lower, upper = logistic._edges(torch.arange(levels, dtype=dtype), n)
    assert torch.equal(upper[:-1], lower[1:])
    torch.testing.assert_close((lower + upper) / 2, grid(levels, dtype))
    torch.testing.assert_close(upper - lower, torch.full_like(lower, 2 / n), rtol=1e-3, atol=0.0)


@given(
    levels=st.sampled_from([2, 3, 8, 256]),
    mu=st.floats(-1.5, 1.5),
    log_scale=st.floats(-4.0, 2.0),
)
def test_masses_are_differences_of_the_cumulative_distribution(levels, mu, log_scale):
    n = levels - 1
    inner_edges = (2 * torch.arange(1, levels, dtype=torch.float64) - n - 1) / n
    cdf = torch.sigmoid((inner_edges - mu) / math.exp(log_scale))
    zero, one = cdf.new_zeros(1), cdf.new_ones(1)
    expected = torch.cat([zero, cdf, one]).diff()
    got = losses.discretized_logistic_log_prob(grid(levels), mu, log_scale, levels, event_dim=0)
    torch.testing.assert_close(got.exp(), expected, rtol=0, atol=1e-14)


def test_far_bins_keep_their_mass():
    """Where the difference of two sigmoids is 0 in float64, the log-mass is still right."""
    got = losses.discretized_logistic_log_prob(grid(256)[[200]], -0.9, -6.0, event_dim=0)
    scale = math.exp(-6.0)
    lower = ((2 * 200 - 255 - 1) / 255 + 0.9) / scale  # 600 scales out: s(-t) = exp(-t)
    expected = -lower + math.log(-math.expm1(-2 / 255 / scale))
    assert got.item() == pytest.approx(expected, rel=1e-13)


@dtypes
@pytest.mark.parametrize("log_scale", [-12.0, -9.0, 0.0, 5.0, 12.0])
@pytest.mark.parametrize("mu", [-3.0, -1.0, 0.0, 1.0, 5.0])
def test_extremes_have_finite_values_and_gradients(mu, log_scale, dtype):
    x = grid(256, dtype).reshape(1, 1, 16, 16)
    mu = torch.full_like(x, mu).requires_grad_()
    log_scale = torch.full_like(x, log_scale).requires_grad_()
    log_prob = losses.discretized_logistic_log_prob(x, mu, log_scale)
    log_prob.sum().backward()
    assert log_prob.shape == (1,)
    for values in (log_prob, mu.grad, log_scale.grad):
        assert values.isfinite().all()


def test_events_are_summed_and_samples_lead():
    x = grid(256)[torch.randint(256, (4, 3, 5, 5))]
    mu, log_scale = torch.randn(2, 6, 4, 3, 5, 5, dtype=torch.float64)
    got = losses.discretized_logistic_log_prob(x, mu, log_scale)
    assert got.shape == (6, 4)
    each = losses.discretized_logistic_log_prob(x, mu, log_scale, event_dim=0)
    torch.testing.assert_close(got, each.sum((-3, -2, -1)))
    shared = losses.discretized_logistic_log_prob(x, mu[0], -2.0)
    torch.testing.assert_close(
        shared, losses.discretized_logistic_log_prob(x, mu[0], torch.full_like(x, -2.0))
    )


@dtypes
def test_either_way_of_writing_the_grid_is_taken(dtype):
    levels = torch.arange(256, dtype=dtype)
    for x in ((2 * levels - 255) / 255, 2 * levels / 255 - 1, levels / 127.5 - 1):
        got = losses.discretized_logistic_log_prob(x, 0.1, -1.0, event_dim=1)
        expected = losses.discretized_logistic_log_prob(grid(256, dtype), 0.1, -1.0, event_dim=1)
        assert torch.equal(got, expected)


# ---------------------------------------------------------------- mixture


@dtypes
@pytest.mark.parametrize("channels, levels", [(1, 2), (1, 256), (3, 2), (3, 8)])
def test_mixture_sums_to_one_over_all_colours(channels, levels, dtype):
    x = colours(levels, channels, dtype)
    for spread in (0.3, 1.0, 3.0):
        params = random_params(5, channels, 1, 1, 1, spread=spread, dtype=dtype)
        log_prob = losses.discretized_logistic_mixture_log_prob(x, params, levels)
        assert log_prob.shape == (levels**channels,)
        assert (log_prob.double().exp().sum() - 1).abs() < TOLERANCE[dtype]


def test_mixture_in_plain_loops():
    """The layout of ``params`` and the autoregression over channels, written out."""
    n_mix, levels = 2, 256
    x = grid(levels)[torch.randint(levels, (2, 3, 2, 3))]
    params = random_params(n_mix, 3, 2, 2, 3)
    got = losses.discretized_logistic_mixture_log_prob(x, params)

    def term(value, mu, log_scale):
        return losses.discretized_logistic_log_prob(value[None], mu, log_scale).item()

    for b in range(2):
        total = 0.0
        for h in range(2):
            for w in range(3):
                p, (r, g, blue) = params[b, :, h, w], x[b, :, h, w]
                weights = p[:2].log_softmax(0)
                terms = []
                for m in range(n_mix):
                    mu = p[2 + 3 * m : 5 + 3 * m]
                    log_scale = p[8 + 3 * m : 11 + 3 * m]
                    r_to_g, r_to_b, g_to_b = p[14 + 3 * m : 17 + 3 * m].tanh()
                    means = [mu[0], mu[1] + r_to_g * r, mu[2] + r_to_b * r + g_to_b * g]
                    terms.append(
                        weights[m].item()
                        + sum(
                            losses.discretized_logistic_log_prob(
                                value, mean, scale, event_dim=0
                            ).item()
                            for value, mean, scale in zip(
                                (r, g, blue), means, log_scale, strict=True
                            )
                        )
                    )
                total += torch.tensor(terms, dtype=torch.float64).logsumexp(0).item()
        assert got[b].item() == pytest.approx(total, rel=1e-12)


def test_one_grey_component_is_the_plain_distribution():
    x = grid(256)[torch.randint(256, (3, 1, 4, 4))]
    params = random_params(1, 1, 3, 4, 4)
    plain = losses.discretized_logistic_log_prob(x, params[:, 1:2], params[:, 2:3])
    torch.testing.assert_close(losses.discretized_logistic_mixture_log_prob(x, params), plain)


def test_mixture_over_samples():
    x = grid(8)[torch.randint(8, (2, 3, 4, 4))]
    params = torch.stack([random_params(2, 3, 2, 4, 4) for _ in range(5)])
    got = losses.discretized_logistic_mixture_log_prob(x, params, levels=8)
    assert got.shape == (5, 2)
    one = losses.discretized_logistic_mixture_log_prob(x, params[3], levels=8)
    torch.testing.assert_close(got[3], one)


@dtypes
@pytest.mark.parametrize("log_scale", [-9.0, 5.0])
def test_mixture_extremes_have_finite_values_and_gradients(log_scale, dtype):
    x = colours(2, 3, dtype)  # pixels at both ends
    params = random_params(3, 3, 1, 1, 1, dtype=dtype)
    params[:, 3:12] *= 3
    params[:, 12:21] = log_scale
    params[:, :3] = torch.tensor([1e4, 0.0, -1e4], dtype=dtype).reshape(3, 1, 1)
    params.requires_grad_()
    log_prob = losses.discretized_logistic_mixture_log_prob(x, params)
    log_prob.sum().backward()
    assert log_prob.isfinite().all() and params.grad.isfinite().all()


# ---------------------------------------------------------------- sampler


@pytest.mark.parametrize("channels, levels", [(1, 256), (3, 4), (3, 8)])
def test_frequencies_of_samples_match_the_mass(channels, levels):
    """Pearson's chi-square over all colours, those expected less than five times taken together.

    A right sampler is refused with probability 1e-4 for each set of parameters. Sampling without
    rounding before the next channel, or with a wrong edge, gives p-values far below 1e-20 here.
    """
    side = 250
    draws = side * side
    weights = torch.tensor([levels**c for c in reversed(range(channels))])
    for seed in range(3):
        torch.manual_seed(seed)
        params = random_params(3, channels, 1, 1, 1, spread=0.7)
        x = losses.sample_discretized_logistic_mixture(
            params.expand(1, -1, side, side), channels, levels
        )
        level = ((x[0] + 1) * (levels - 1) / 2).round().long()  # (C, H, W)
        observed = (
            (level * weights[:, None, None]).sum(0).flatten().bincount(minlength=levels**channels)
        )
        log_prob = losses.discretized_logistic_mixture_log_prob(
            colours(levels, channels), params, levels
        )
        expected = draws * log_prob.exp()
        rare = expected < 5
        observed, expected = (
            torch.cat([count[~rare], count[rare].sum()[None]]).double()
            for count in (observed, expected)
        )
        statistic = ((observed - expected) ** 2 / expected.clamp_min(1e-9)).sum().item()
        assert chi2.sf(statistic, len(expected) - 1) > 1e-4


@dtypes
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("levels", [2, 7, 256])
def test_samples_lie_exactly_on_the_grid(channels, levels, dtype):
    params = random_params(4, channels, 6, 9, 8, spread=3.0, dtype=dtype)
    x = losses.sample_discretized_logistic_mixture(params, channels, levels)
    assert x.shape == (6, channels, 9, 8) and x.dtype == dtype
    assert torch.isin(x, grid(levels, dtype)).all()
    assert losses.discretized_logistic_mixture_log_prob(x, params, levels).isfinite().all()


def test_sampler_follows_its_generator_and_asks_for_no_gradient():
    params = random_params(3, 3, 2, 8, 8).requires_grad_()
    draw = losses.sample_discretized_logistic_mixture
    first = draw(params, 3, generator=torch.Generator().manual_seed(7))
    again = draw(params, 3, generator=torch.Generator().manual_seed(7))
    other = draw(params, 3, generator=torch.Generator().manual_seed(8))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not first.requires_grad


def test_a_narrow_component_is_drawn_where_it_lies():
    params = torch.zeros(1, 10, 1, 1)
    params[0, 1:4, 0, 0] = grid(256, torch.float32)[[10, 128, 255]]
    params[0, 4:7] = -20.0
    x = losses.sample_discretized_logistic_mixture(params.expand(5, -1, 4, 4), 3)
    expected = grid(256, torch.float32)[[10, 128, 255]].reshape(3, 1, 1)
    assert torch.equal(x, expected.expand(5, 3, 4, 4))


# ---------------------------------------------------------------- bad input


def plain(x=None, mu=0.0, log_scale=0.0, **options):
    x = grid(256).reshape(1, 1, 16, 16) if x is None else x
    return losses.discretized_logistic_log_prob(x, mu, log_scale, **options)


def mixture(x=None, params=None, **options):
    x = grid(256).reshape(1, 1, 16, 16) if x is None else x
    params = random_params(2, 1, 1, 16, 16) if params is None else params
    return losses.discretized_logistic_mixture_log_prob(x, params, **options)


def sampler(params=None, channels=1, **options):
    params = random_params(2, 1, 1, 4, 4) if params is None else params
    return losses.sample_discretized_logistic_mixture(params, channels, **options)


@pytest.mark.parametrize("function", [plain, mixture], ids=["plain", "mixture"])
def test_x_off_the_grid(function):
    function()
    x = grid(256).reshape(1, 1, 16, 16)
    for shifted in (x + 0.4 * 2 / 255, x / 2, (x + 1) / 2, x + 2 / 255, x - 2 / 255, x * 127.5):
        with pytest.raises(ValueError, match="^x: expected values on the grid of 256 levels"):
            function(shifted)
    one = x.clone()
    one[0, 0, 3, 5] += 0.01 / 127.5  # one pixel, a hundredth of a level
    with pytest.raises(ValueError, match="^x: expected values on the grid"):
        function(one)
    with pytest.raises(ValueError, match="^x: expected values on the grid of 8 levels"):
        function(levels=8)
    for value in (NAN, INF):
        one[0, 0, 3, 5] = value
        with pytest.raises(losses.NotFiniteError, match="^x: expected finite"):
            function(one)


@pytest.mark.parametrize("function", [plain, mixture, sampler])
def test_bad_levels(function):
    for levels, error in [(1, ValueError), (0, ValueError), (256.0, TypeError), (True, TypeError)]:
        with pytest.raises(error, match="^levels: expected"):
            function(levels=levels)


def test_bad_parameters_of_the_plain_distribution():
    for name in ("mu", "log_scale"):
        for value in (NAN, INF, -INF):
            values = torch.zeros(1, 1, 16, 16)
            values[0, 0, 3, 4] = value
            with pytest.raises(losses.NotFiniteError, match=f"^{name}: expected finite"):
                plain(**{name: values})
        with pytest.raises(ValueError, match=f"^{name}: expected a shape"):
            plain(**{name: torch.zeros(1, 1, 16, 8)})
        with pytest.raises(TypeError, match=f"^{name}: expected"):
            plain(**{name: torch.zeros(1, 1, 16, 16, dtype=torch.int64)})
    with pytest.raises(TypeError, match="^x: expected"):
        plain(torch.zeros(1, 1, 4, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match="^event_dim: expected"):
        plain(event_dim=5)


@pytest.mark.parametrize("function", [mixture, sampler])
def test_bad_parameters_of_the_mixture(function):
    for row in range(6):  # a weight, a mean or a scale
        for value in (NAN, INF, -INF):
            params = random_params(2, 1, 1, 16, 16)
            params[0, row, 3, 4] = value
            with pytest.raises(losses.NotFiniteError, match="^params: expected finite"):
                function(params=params)
    for shape in ((1, 7, 16, 16), (1, 0, 16, 16), (6, 16)):
        with pytest.raises(ValueError, match=r"^params: expected shape .*n_mix \* 3"):
            function(params=torch.zeros(shape))
    with pytest.raises(TypeError, match="^params: expected"):
        function(params=torch.zeros(1, 6, 16, 16, dtype=torch.int64))


def test_shapes_that_do_not_fit():
    for shape in ((1, 6, 16, 8), (1, 6, 1, 1)):
        with pytest.raises(ValueError, match="^params: expected the height, width and batch"):
            mixture(params=torch.zeros(shape))
    with pytest.raises(ValueError, match="^params: expected the height, width and batch"):
        mixture(torch.ones(2, 1, 4, 4), torch.zeros(3, 6, 4, 4))
    for shape in ((1, 2, 4, 4), (4, 4)):
        with pytest.raises(ValueError, match="^x: expected shape"):
            mixture(torch.ones(shape))
    for channels, error in [(2, ValueError), (0, ValueError), (1.0, TypeError), (True, TypeError)]:
        with pytest.raises(error, match="^channels: expected"):
            sampler(channels=channels)


# ---------------------------------------------------------------- gradients


def test_gradients_and_unmodified_arguments():
    x = grid(8)[torch.tensor([[0, 3, 7]])].reshape(1, 3, 1, 1)
    mu, log_scale = torch.randn(2, 1, 3, 1, 1, dtype=torch.float64).requires_grad_()
    params = random_params(2, 3, 1, 1, 1).requires_grad_()
    before = [value.detach().clone() for value in (x, mu, log_scale, params)]
    assert torch.autograd.gradcheck(
        lambda *values: losses.discretized_logistic_log_prob(x, *values, levels=8), (mu, log_scale)
    )
    assert torch.autograd.gradcheck(
        lambda values: losses.discretized_logistic_mixture_log_prob(x, values, levels=8), params
    )
    losses.sample_discretized_logistic_mixture(params, 3, levels=8)
    for value, old in zip((x, mu, log_scale, params), before, strict=True):
        assert torch.equal(value, old)


def test_half_precision_parameters_are_computed_in_float32():
    x = grid(256, torch.float32).reshape(1, 1, 16, 16)
    params = random_params(2, 1, 1, 16, 16).bfloat16()
    got = losses.discretized_logistic_mixture_log_prob(x, params)
    assert got.dtype == torch.float32
    assert torch.equal(got, losses.discretized_logistic_mixture_log_prob(x, params.float()))
    assert losses.sample_discretized_logistic_mixture(params, 1).dtype == torch.float32
