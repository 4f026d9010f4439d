"""Scores of trained models, held against direct formulas and against exact evidence."""

import math
import sys

import pytest
import torch

from course_utils import evaluation, exact, losses, nets
from course_utils.evaluation import log_likelihood


def fixed(log_w):
    """A log_weight_fn that gives the rows of a table in order; the images say which columns."""
    given = {}

    def log_weight_fn(images, num_samples):
        columns = images.long()
        start = given.get(int(columns[0]), 0)
        given[int(columns[0])] = start + num_samples
        return log_w[start : start + num_samples, columns]

    return log_weight_fn


@pytest.fixture
def log_w():
    """40 samples for each of 7 images, far apart: from -900 to -100 nats."""
    spread = torch.tensor([0.0, 0.1, 1.0, 3.0, 10.0, 50.0, 1.0], dtype=torch.float64)
    level = torch.tensor([-100.0, -100.0, -500.0, -300.0, -900.0, -400.0, 20.0]).double()
    return level + spread * torch.randn(40, 7, dtype=torch.float64)


IMAGES = torch.arange(7.0)


def test_it_is_the_direct_logsumexp(log_w):
    found = log_likelihood(fixed(log_w), IMAGES, num_samples=40)
    torch.testing.assert_close(found.values.double(), log_w.logsumexp(0) - math.log(40))
    torch.testing.assert_close(found.elbo.double(), log_w.mean(0))
    share = log_w.softmax(0)
    torch.testing.assert_close(
        found.effective_sample_size.double(), 1 / share.square().sum(0), rtol=1e-5, atol=0
    )
    assert found.values.dtype == torch.float64 and found.num_samples == 40
    single = log_likelihood(fixed(log_w.float()), IMAGES, num_samples=40)
    assert single.values.dtype == single.elbo.dtype == torch.float32
    assert found.values.shape == found.elbo.shape == found.effective_sample_size.shape == (7,)
    assert found.mean == pytest.approx(found.values.mean().item())
    assert found.standard_error == pytest.approx(found.values.std().item() / math.sqrt(7))


@pytest.mark.parametrize("chunk", [1, 3, 39, 40, 41, 80, 119, 120, 10_000])
def test_the_chunk_does_not_change_the_result(log_w, chunk):
    whole = log_likelihood(fixed(log_w), IMAGES, num_samples=40)
    found = log_likelihood(fixed(log_w), IMAGES, num_samples=40, chunk=chunk)
    for name in ("values", "elbo", "effective_sample_size"):
        torch.testing.assert_close(getattr(found, name), getattr(whole, name), rtol=1e-6, atol=0)


@pytest.mark.parametrize("num_samples", [1, 2, 17, 40])
def test_elbo_below_bound_and_effective_sample_size_in_range(log_w, num_samples):
    found = log_likelihood(fixed(log_w), IMAGES, num_samples=num_samples)
    assert (found.elbo <= found.values + 1e-12 * found.values.abs()).all()
    size = found.effective_sample_size
    assert (size >= 1 - 1e-5).all() and (size <= num_samples * (1 + 1e-6)).all()
    if num_samples == 40:
        assert (found.values - found.elbo)[3:6].min() > 1
        assert size[0].item() == pytest.approx(40) and size[5] < 2
    if num_samples == 1:
        torch.testing.assert_close(found.values, found.elbo)


def test_extreme_weights_stay_finite():
    """A weight of zero counts for nothing; 10,000 nats neither overflow nor vanish."""
    log_w = torch.tensor([[-1e4, 1e4, -5.0], [-1e4 + 1, -1e4, -math.inf]], dtype=torch.float64)
    found = log_likelihood(fixed(log_w), torch.arange(3.0), num_samples=2)
    expected = log_w.logsumexp(0) - math.log(2)
    torch.testing.assert_close(found.values.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(found.effective_sample_size[1:], torch.ones(2).double())


def linear_model():
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    model = exact.LinearGaussianVAE(weight, torch.zeros(6, dtype=torch.float64), 0.7)
    return model, model.sample(60, generator)


def importance(model, widen):
    """log w of the exact posterior, its standard deviations ``widen`` times as large."""

    def log_weight_fn(x, num_samples):
        mean, covariance = model.posterior(x)
        factor = widen * torch.linalg.cholesky(covariance)
        epsilon = torch.randn(num_samples, *mean.shape, dtype=mean.dtype)
        z = mean + epsilon @ factor.T
        log_q = losses.gaussian_log_prob(epsilon, 0.0, 0.0) - factor.diagonal().log().sum()
        return model.log_joint(x, z) - log_q

    return log_weight_fn


def test_with_the_exact_posterior_every_weight_is_the_evidence():
    model, x = linear_model()
    found = log_likelihood(importance(model, 1.0), x, num_samples=3)
    torch.testing.assert_close(found.values.double(), model.log_prob(x), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.effective_sample_size, torch.full((60,), 3.0).double())


def test_with_light_tails_it_comes_to_the_evidence_within_its_error():
    """A proposal wider than the posterior bounds w, so the error is K^-1/2 and known."""
    model, x = linear_model()
    found = log_likelihood(importance(model, 1.5), x, num_samples=2_000, chunk=700)
    difference = found.values.double() - model.log_prob(x)
    error = (1 / found.effective_sample_size.double() - 1 / 2_000).sqrt()
    assert error.max() < 0.05
    assert (difference.abs() < 5 * error).all()
    assert difference.mean().abs() < 4 * error.mean() / math.sqrt(60)
    assert (found.elbo.double() < model.log_prob(x)).all()


def test_more_samples_tighten_the_bound():
    model, x = linear_model()
    means = [log_likelihood(importance(model, 2.0), x, k).mean for k in (1, 8, 1_000)]
    assert means == sorted(means) and means[2] - means[0] > 0.3
    assert means[2] == pytest.approx(model.log_prob(x).mean().item(), abs=0.05)


def small_vae():
    return nets.VAE(
        nets.MLPEncoder((1, 8, 8), (16,), 3),
        nets.MLPDecoder(3, (16,), (1, 8, 8)),
        nets.StandardNormal(3),
        nets.Bernoulli(),
    )


def test_the_seed_alone_decides_and_the_generator_outside_is_untouched():
    model, x = small_vae(), (torch.rand(5, 1, 8, 8) < 0.5).float()
    before = torch.get_rng_state()
    first = log_likelihood(model.log_weights, x, num_samples=30, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(13)
    second = log_likelihood(model.log_weights, x, num_samples=30, seed=1)
    other = log_likelihood(model.log_weights, x, num_samples=30, seed=2)
    assert torch.equal(first.values, second.values)
    assert not torch.equal(first.values, other.values)
    assert not first.values.requires_grad


@pytest.mark.parametrize("num_samples", [7, 100, 230])
@pytest.mark.parametrize("chunk", [1, 50, 100, 1_000])
def test_memory_is_bounded_by_the_chunk(num_samples, chunk):
    rows = []

    def log_weight_fn(images, size):
        assert not torch.is_grad_enabled()
        rows.append(size * len(images))
        return torch.zeros(size, len(images))

    found = log_likelihood(log_weight_fn, torch.zeros(11, 1), num_samples, chunk=chunk)
    assert max(rows) <= chunk
    assert sum(rows) == 11 * num_samples
    assert len(rows) <= 11 * -(-num_samples // chunk)
    torch.testing.assert_close(found.values, torch.zeros(11))


def zeros(images, num_samples):
    return torch.zeros(num_samples, len(images))


@pytest.mark.parametrize(
    "log_weight_fn, options, message",
    [
        (zeros, {"num_samples": 0}, "num_samples: expected at least 1, got 0"),
        (zeros, {"chunk": 0}, "chunk: expected at least 1, got 0"),
        (zeros, {"images": torch.zeros(0, 1)}, "images: expected at least 1, got 0"),
        (lambda x, k: zeros(x, k).T, {}, r"log w of shape \(4, 3\), got \(3, 4\)"),
        (lambda x, k: zeros(x, k) * math.nan, {}, "expected numbers, got NaN among log w"),
    ],
)
def test_bad_input_is_named(log_weight_fn, options, message):
    with pytest.raises(ValueError, match=message):
        log_likelihood(log_weight_fn, **({"images": torch.zeros(3, 1), "num_samples": 4} | options))


def test_smoke_is_silent_and_laptop_shows_a_bar(capfd, monkeypatch):
    log_likelihood(zeros, torch.zeros(3, 1), 4)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    log_likelihood(zeros, torch.zeros(3, 1), 4)
    assert "scoring" in capfd.readouterr().out


# The other scores


def test_mean_and_error():
    assert evaluation.mean_and_error(torch.tensor([1.0, 2.0, 6.0])) == (
        3.0,
        pytest.approx(math.sqrt(7.0 / 3)),
    )
    large = 1e6 + torch.tensor([0.0, 1.0], dtype=torch.float32).repeat(500)
    mean, error = evaluation.mean_and_error(large)  # float32 sums would lose the spread
    assert mean == 1e6 + 0.5 and error == pytest.approx(math.sqrt(0.25 * 1000 / 999 / 1000))
    for values in (torch.tensor([1.0]), torch.zeros(2, 2), torch.tensor(1.0)):
        with pytest.raises(ValueError, match="values: expected"):
            evaluation.mean_and_error(values)


def test_rate_and_distortion_are_those_of_the_model():
    model, x = small_vae().double(), (torch.rand(7, 1, 8, 8) < 0.5).double()
    rate, distortion = evaluation.rate_distortion(model, x, num_samples=1_000, batch_size=3)
    with torch.no_grad():
        mu, log_var = model.encode(x)
        found = log_likelihood(model.log_weights, x, num_samples=1_000)
    assert rate.shape == distortion.shape == (7,)
    torch.testing.assert_close(rate, losses.gaussian_kl(mu, log_var).detach())
    assert (rate + distortion + found.elbo).abs().max() < 0.5
    assert ((rate + distortion).mean() + found.mean) > -0.2
    torch.manual_seed(1)
    once = evaluation.rate_distortion(model, x)[1]
    torch.manual_seed(1)
    assert torch.equal(once, evaluation.rate_distortion(model, x)[1])
    assert not once.requires_grad
    with pytest.raises(ValueError, match="num_samples: expected at least 1, got 0"):
        evaluation.rate_distortion(model, x, num_samples=0)


def test_rate_and_distortion_of_any_function():
    x = torch.rand(5, 2)
    rate, distortion = evaluation.rate_distortion(
        lambda part: {"rate": part[:, 0], "distortion": part[:, 1]}, x, num_samples=3, batch_size=2
    )
    torch.testing.assert_close(torch.stack([rate, distortion], 1), x)


def test_in_parts_joins_what_a_function_gives():
    x, weight = torch.randn(7, 3), torch.randn(3, 4, requires_grad=True)
    sizes = []

    def function(part):
        sizes.append(len(part))
        return part @ weight, part.sum(1)

    product, total = evaluation.in_parts(function, x, batch_size=3)
    assert sizes == [3, 3, 1] and not product.requires_grad
    torch.testing.assert_close(product, (x @ weight).detach())
    torch.testing.assert_close(total, x.sum(1))
    assert evaluation.in_parts(torch.square, x, batch_size=2).equal(x.square())


def test_mean_and_error_as_text():
    assert evaluation.with_error(torch.tensor([1.0, 2.0, 4.0])) == "2.33 +- 0.88"
    assert evaluation.with_error(torch.tensor([1.0, 2.0, 4.0]), 3) == "2.333 +- 0.882"


def test_active_units_count_variances_of_the_means():
    steps = torch.linspace(-1, 1, 101)
    mu = torch.stack([3 * steps, 0 * steps + 5, 0.1 * steps, 0.2 * steps], dim=1)
    count, variances = evaluation.active_units(mu)
    assert count == 2 and isinstance(count, int)
    torch.testing.assert_close(variances, mu.var(0))
    assert evaluation.active_units(mu, threshold=0.001)[0] == 3
    assert evaluation.active_units(mu, threshold=4.0)[0] == 0
    for bad in (mu[:1], mu[0], mu * math.nan):
        with pytest.raises(ValueError, match="mu: expected"):
            evaluation.active_units(bad)


def informative(count, scale=1.0):
    """Two layers of five latents: the first ``count`` of z1 repeat a pixel each, in their scale."""

    def line(net, weight, bias):
        net.weight.data, net.bias.data = weight, torch.as_tensor(bias, dtype=torch.float64)

    model = nets.TwoLayerVAE(
        nets.MLPEncoder((5,), (), 5),
        nets.MLPEncoder((5,), (), 2),
        nets.MLPDecoder(2, (), (5,), 2),
        nets.MLPDecoder(5, (), (5,)),
        nets.StandardNormal(2),
        nets.Gaussian(1, 1.0),
        mixed_precision=False,
    ).double()
    reads = torch.zeros(10, 5, dtype=torch.float64)
    reads[:count, :count] = scale * math.sqrt(0.5) * torch.eye(count)
    silent = [0.0] * (5 - count)
    wide = 2 * math.log(scale)
    line(
        model.encoder[1],
        reads,
        [0.0] * 5 + [wide + math.log(0.5)] * count + [wide + x for x in silent],
    )
    line(model.encoder_2[1], torch.zeros(4, 5).double(), [0.0] * 4)
    line(model.decoder_2[0], torch.zeros(10, 2).double(), [0.0] * 5 + [wide] * 5)
    return model


@pytest.mark.parametrize("count", [0, 2, 5])
def test_informative_units_are_counted_by_their_rate_at_any_scale(count):
    """q has half the variance of p and the mean x / sqrt 2: a rate of log(2) / 2 on average."""
    torch.manual_seed(0)
    x = torch.randn(4_000, 5, dtype=torch.float64)
    for scale in (0.01, 1.0, 100.0):
        counts, rates = evaluation.informative_units(informative(count, scale), x)
        assert counts == [count, 0]
        expected = torch.tensor([0.5 * math.log(2)] * count + [0.0] * (5 - count)).double()
        torch.testing.assert_close(rates[0], expected, atol=0.03, rtol=0)
        assert rates[1].shape == (2,) and not rates[1].any()
        # The variance of the means is another count: of the scale.
        with torch.no_grad():
            means = informative(count, scale).encode(x)[0]
        assert evaluation.active_units(means)[0] == (0 if scale < 1 else count)
    counts, _ = evaluation.informative_units(informative(count), x, least=0.5)
    assert counts == [0, 0]


def test_informative_units_of_one_layer_are_those_of_its_closed_form():
    model = nets.VAE(
        nets.MLPEncoder((3,), (), 3),
        nets.MLPDecoder(3, (), (3,)),
        nets.StandardNormal(3),
        nets.Gaussian(1, 1.0),
        mixed_precision=False,
    )
    x = torch.randn(50, 3)
    counts, rates = evaluation.informative_units(model, x)
    with torch.no_grad():
        mu, log_var = model.encode(x)
    expected = 0.5 * (mu**2 + log_var.exp() - 1 - log_var).mean(0)
    torch.testing.assert_close(rates, [expected])
    assert counts == [int((expected > 0.01).sum())]


def test_a_rate_of_z1_may_be_negative_and_is_then_not_counted():
    """z2 repeats z1 closely, which q(z1|x) knows nothing of."""
    model = informative(0)
    model.encoder_2[1].weight.data[0, 0] = 1.0
    model.encoder_2[1].bias.data[2:] = math.log(0.01)
    model.decoder_2[0].weight.data[0, 0] = 1.0
    model.decoder_2[0].bias.data[5] = math.log(0.01)
    counts, rates = evaluation.informative_units(model, torch.zeros(2_000, 5).double())
    assert counts == [0, 2] and rates[0][0] < -1.5 < 1.5 < rates[1][0]


def test_codebook_usage():
    used, perplexity, counts = evaluation.codebook_usage(torch.arange(8).reshape(2, 4), 8)
    assert used == 8 and perplexity == pytest.approx(8) and counts.tolist() == [1] * 8
    used, perplexity, counts = evaluation.codebook_usage(torch.full((3, 3), 2), 5)
    assert used == 1 and perplexity == pytest.approx(1) and counts.tolist() == [0, 0, 9, 0, 0]
    used, perplexity, _ = evaluation.codebook_usage(torch.tensor([0, 0, 0, 1]), 4)
    assert used == 2 and perplexity == pytest.approx(math.exp(0.5623351446188083))
    for bad in ([], [4], [-1], [0.5]):
        with pytest.raises(ValueError, match="indices: expected integers from 0 to 3"):
            evaluation.codebook_usage(torch.tensor(bad), 4)


def test_weights_of_zero_and_of_infinity():
    """-infinity is a weight of 0: log p and the effective sample size are those of losses."""
    images, nothing = torch.zeros(2, 1), torch.tensor([[-math.inf, 0.0]] * 4)
    found = log_likelihood(lambda x, k: nothing[:k], images, num_samples=4)
    assert found.values[0] == -math.inf and found.values[1] == 0
    assert found.effective_sample_size.tolist() == [0.0, 4.0]
    assert losses.effective_sample_size(nothing).tolist() == [0.0, 4.0]
    with pytest.raises(losses.NotFiniteError, match="got infinity among log w"):
        log_likelihood(lambda x, k: -nothing[:k], images, num_samples=4)
