"""Observation models over grey levels: masses, means, draws, bounds, headers."""

import math

import pytest
import torch

from course_utils import losses, nets

LEVELS = 8
GRID = (2 * torch.arange(LEVELS).double() - (LEVELS - 1)) / (LEVELS - 1)


def params_of(likelihood, seed=0):
    """Decoder outputs for images of 3 x 2 x 2, (1, params, 2, 2)."""
    generator = torch.Generator().manual_seed(seed)
    channels = getattr(likelihood, "num_params", 6)
    return torch.randn(1, channels, 2, 2, generator=generator, dtype=torch.float64)


def every_colour():
    """All 8^3 colours as images of equal pixels: (512, 3, 2, 2)."""
    colours = torch.cartesian_prod(GRID, GRID, GRID)
    return colours[:, :, None, None].expand(-1, -1, 2, 2)


def masses(likelihood, params):
    """P of each colour at each pixel, (512, 2, 2), from single-pixel images."""
    found = torch.empty(LEVELS**3, 2, 2, dtype=torch.float64)
    for row in range(2):
        for column in range(2):
            pixel = (..., slice(row, row + 1), slice(column, column + 1))
            x, one = every_colour()[pixel], params[pixel]
            found[:, row, column] = likelihood.log_prob(x, one).exp()
    return found


LIKELIHOODS = [
    nets.DiscretizedLogistic(levels=LEVELS),
    nets.DiscretizedLogistic(levels=LEVELS, bounded=True),
    nets.LogisticMixture(3, levels=LEVELS),
    nets.LogisticMixture(2, levels=LEVELS, coupled=False),
]
every = pytest.mark.parametrize(
    "likelihood", LIKELIHOODS, ids=["logistic", "bounded", "mixture", "uncoupled"]
)


@every
def test_the_masses_of_all_colours_sum_to_one_and_draws_have_them(likelihood):
    params = params_of(likelihood)
    mass = masses(likelihood, params)
    torch.testing.assert_close(mass.sum(0), torch.ones(2, 2).double(), rtol=1e-9, atol=0)
    num = 20_000
    drawn = likelihood.sample(params.expand(num, -1, -1, -1), torch.Generator().manual_seed(1))
    level = ((drawn.double() + 1) * (LEVELS - 1) / 2).round().long()
    torch.testing.assert_close(drawn.double(), GRID[level], rtol=0, atol=1e-6)
    colour = (level * torch.tensor([LEVELS**2, LEVELS, 1])[:, None, None]).sum(1)
    for row in range(2):
        for column in range(2):
            p = mass[:, row, column]
            share = colour[:, row, column].bincount(minlength=LEVELS**3) / num
            assert ((share - p).abs() < 5 * (p * (1 - p) / num).sqrt() + 5 / num).all()


@pytest.mark.parametrize("likelihood", LIKELIHOODS[:2], ids=["logistic", "bounded"])
def test_the_mean_is_that_of_the_clipped_variable(likelihood):
    params = params_of(likelihood)
    mass = masses(likelihood, params)
    mean = (mass[:, None] * every_colour()).sum(0)
    torch.testing.assert_close(likelihood.mean(params)[0], mean, rtol=1e-9, atol=1e-9)
    mu, _ = likelihood.split(params)
    assert (mu[0] - mean).abs().max() > 0.1  # the location is another number


def test_the_mixture_mean_where_nothing_is_clipped():
    """Small means and scales: the mean of many draws agrees, with the coupling in it."""
    likelihood = nets.LogisticMixture(3, levels=256)
    params = params_of(likelihood, seed=3)
    params[:, 3:12] *= 0.2  # means
    params[:, 12:21] = -4.0  # log-scales
    drawn = likelihood.sample(params.expand(20_000, -1, -1, -1), torch.Generator().manual_seed(1))
    error = drawn.std(0) / math.sqrt(len(drawn))
    assert ((drawn.mean(0) - likelihood.mean(params)[0]).abs() < 5 * error + 1e-3).all()
    far = params.clone()
    far[:, 3:12] = 5.0  # beyond white, where the mass is in the last level
    far[:, 21:] = -9.0  # green and blue: 5 minus the held means before
    mean = likelihood.mean(far)[0]
    torch.testing.assert_close(mean, torch.ones_like(mean))
    uncoupled = params.clone()
    uncoupled[:, 21:] = 0
    assert (likelihood.mean(uncoupled) - likelihood.mean(params)).abs().max() > 0.02


def test_uncoupled_is_coupled_with_coefficients_of_zero():
    coupled, uncoupled = nets.LogisticMixture(2), nets.LogisticMixture(2, coupled=False)
    assert (coupled.num_params, uncoupled.num_params) == (20, 14)
    params = params_of(uncoupled).float()
    whole = torch.cat([params, torch.zeros(1, 6, 2, 2)], 1)
    x = 2 * torch.randint(0, 256, (1, 3, 2, 2)) / 255 - 1
    assert torch.equal(uncoupled.log_prob(x, params), coupled.log_prob(x, whole))


def test_bounded_scales_cost_at_least_what_lesson_10_says():
    """Interior levels: 7.88 bits for the Gaussian density, 8.55 for the logistic mass."""
    raw = torch.linspace(-30, 30, 61)[:, None, None, None].expand(-1, 3, 2, 2)
    x = torch.full((61, 3, 2, 2), 1 / 255)
    params = torch.cat([x, raw], 1)
    logistic = nets.DiscretizedLogistic(bounded=True)
    bits = losses.bits_per_dim(-logistic.log_prob(x, params), 12)
    assert bits.min().item() == pytest.approx(8.5517, abs=1e-3)
    gaussian = nets.Gaussian(3, bounded=True)
    bits = losses.bits_per_dim(-gaussian.log_prob(x, params), 12, 1 / 128)
    assert bits.min().item() == pytest.approx(7.8829, abs=1e-3)
    assert gaussian.split(params)[1].exp().min().item() == pytest.approx((2 / math.e) ** 2)


def test_a_shared_variance_is_best_at_the_mean_squared_error():
    gaussian = nets.Gaussian(3, "shared")
    x, mu = torch.randn(50, 3, 2, 2), torch.zeros(50, 3, 2, 2)
    optimizer = torch.optim.LBFGS(gaussian.parameters(), max_iter=50)

    def loss():
        optimizer.zero_grad()
        value = -gaussian.log_prob(x, mu).mean()
        value.backward()
        return value

    optimizer.step(loss)
    assert gaussian.log_var.exp().item() == pytest.approx(x.square().mean().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("likelihood", "channels"),
    [
        (nets.Gaussian(3, "shared"), None),
        (nets.Gaussian(3, None, True), None),
        (nets.DiscretizedLogistic(bounded=True), None),
        (nets.LogisticMixture(2, coupled=False), 14),
    ],
    ids=["shared", "bounded", "logistic", "mixture"],
)
def test_headers_make_them_again(likelihood, channels):
    shape = (3, 8, 8)
    per_value = getattr(likelihood, "params_per_value", 1)
    model = nets.VAE(
        nets.ConvEncoder(shape, (4, 6), 2),
        nets.ConvDecoder(2, (4, 6), shape, per_value, out_channels=channels),
        nets.StandardNormal(2),
        likelihood,
    ).eval()
    again = nets.build(model.header())
    again.load_state_dict(model.state_dict())
    x = 2 * torch.randint(0, 256, (5, *shape)) / 255 - 1
    found = []
    for net in (model, again):
        torch.manual_seed(0)
        found.append(net.log_weights(x, 3))
        assert (
            net.likelihood.sample(net.sample(2)).shape
            == net.likelihood.mean(net.sample(2)).shape
            == (2, *shape)
        )
    assert torch.equal(*found) and found[0].shape == (3, 5)


def test_what_cannot_be_is_refused():
    for wrong in (-1, 0, True, "learnt"):
        with pytest.raises(ValueError, match="variance: expected a positive number"):
            nets.Gaussian(3, wrong)
    with pytest.raises(ValueError, match="bounded: expected with variance None"):
        nets.Gaussian(3, 1.0, bounded=True)
    with pytest.raises(ValueError, match="num_mixtures"):
        nets.LogisticMixture(0)
    with pytest.raises(ValueError, match="channels: expected 1 or 3"):
        nets.LogisticMixture(2, channels=2)


@pytest.mark.parametrize(
    "likelihood",
    [*LIKELIHOODS, nets.Gaussian(3), nets.Gaussian(3, bounded=True), nets.Gaussian(3, "shared")],
    ids=lambda one: "-".join(map(str, [type(one).__name__, *one.arguments.values()])),
)
def test_where_a_decoder_starts(likelihood):
    """A learnt scale is e^-2, a bounded one the middle of its range, and the mean is grey."""
    width = getattr(likelihood, "num_params", 3 * getattr(likelihood, "params_per_value", 0))
    bias = torch.full((width,), 9.0)
    likelihood.start(bias)
    params = bias[None, :, None, None].double()
    if isinstance(likelihood, nets.LogisticMixture):
        whole = likelihood._whole(params)
        logits, mu, log_scale, coefficients = losses.logistic._split(whole, 3)
        assert not logits.any() and not coefficients.any() and (log_scale == -2).all()
        assert mu[:, 0].eq(-0.5).all() and mu[:, -1].eq(0.5).all()
    else:
        _, wide = likelihood.split(params)
        log_scale = wide / 2 if isinstance(likelihood, nets.Gaussian) else wide
        expected = math.log(2) if likelihood.bounded else -2.0
        torch.testing.assert_close(log_scale, torch.full_like(log_scale, expected))
    assert likelihood.mean(params).abs().max() < 1e-6


@pytest.mark.parametrize(
    "likelihood", [nets.DiscretizedLogistic(), nets.LogisticMixture(2)], ids=["logistic", "mixture"]
)
def test_a_wild_decoder_costs_much_and_not_infinitely_much(likelihood):
    """Scales of e^-10,000 and e^10,000 are no numbers; from e^-7 to e^7 they are left alone."""
    x = 2 * torch.randint(0, 256, (4, 3, 2, 2)) / 255 - 1
    params = params_of(likelihood).float().expand(4, -1, -1, -1).contiguous()
    channels = slice(3, 6) if isinstance(likelihood, nets.DiscretizedLogistic) else slice(8, 14)
    params[:, channels] = torch.linspace(-6.9, 6.9, 4)[:, None, None, None]
    kept = likelihood.log_prob(x, params)
    if isinstance(likelihood, nets.DiscretizedLogistic):
        mu, log_scale = params.chunk(2, 1)
        free = losses.discretized_logistic_log_prob(x, mu, log_scale)
    else:
        free = losses.discretized_logistic_mixture_log_prob(x, params)
    assert torch.equal(kept, free)
    for wild in (-10_000.0, 10_000.0):
        params[:, channels] = 7.0 if wild > 0 else -7.0
        limit = likelihood.log_prob(x, params)
        params[:, channels] = wild
        told = params.clone().requires_grad_()
        found = likelihood.log_prob(x, told)
        assert torch.equal(found, limit) and found.isfinite().all()
        (slope,) = torch.autograd.grad(found.sum(), told)
        assert slope.isfinite().all() and not slope[:, channels].any()
        assert likelihood.sample(params).abs().max() <= 1
    perfect = losses.discretized_logistic_log_prob(x, x, -7.0)
    assert losses.bits_per_dim(-perfect, 12).max() < 0.04
