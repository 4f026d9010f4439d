"""The generic VAE and its plain encoders and decoders."""

import math

import pytest
import torch

from course_utils import losses, nets
from course_utils.nets import vae


def small_vae(likelihood=None, params_per_value=1, shape=(1, 4, 4), mixed_precision=False):
    return nets.VAE(
        nets.MLPEncoder(shape, (7,), 3),
        nets.MLPDecoder(3, (7,), shape, params_per_value),
        nets.StandardNormal(3),
        likelihood or nets.Bernoulli(),
        mixed_precision,
    ).double()


@pytest.fixture
def x():
    return (torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0)) < 0.5).double()


def test_log_weights_are_the_three_log_densities(x):
    model = small_vae()
    torch.manual_seed(1)
    log_w = model.log_weights(x, 6)
    torch.manual_seed(1)
    mu, log_var = model.encode(x)
    q_z = torch.distributions.Normal(mu, (0.5 * log_var).exp())
    z = mu + q_z.stddev * torch.randn(6, *mu.shape, dtype=mu.dtype)
    p_x = torch.distributions.Bernoulli(logits=model.decode(z))
    expected = (
        p_x.log_prob(x).sum((-3, -2, -1))
        + torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
        - q_z.log_prob(z).sum(-1)
    )
    assert log_w.shape == (6, 5)
    torch.testing.assert_close(log_w, expected)


def test_elbo_of_forward_and_of_log_weights_agree(x):
    """Two estimators of one number: analytic rate + sampled distortion, and the mean of log w."""
    model = small_vae()
    torch.manual_seed(2)
    with torch.no_grad():
        loss = torch.stack([model(x)["loss"] for _ in range(3_000)])
        log_w = model.log_weights(x, 3_000)
    difference = loss.mean(0) + log_w.mean(0)
    error = ((loss.var(0) + log_w.var(0)) / 3_000).sqrt()
    assert (difference.abs() < 5 * error).all()


def test_forward_adds_up_and_keeps_one_value_for_each_example(x):
    terms = small_vae()(x)
    assert {name: value.shape for name, value in terms.items()} == dict.fromkeys(
        ("loss", "rate", "distortion"), (5,)
    )
    torch.testing.assert_close(terms["loss"], terms["rate"] + terms["distortion"])


def test_decode_with_leading_samples_equals_a_loop():
    model = small_vae()
    z = torch.randn(4, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(model.decode(z), torch.stack([model.decode(part) for part in z]))


def test_standard_normal_integrates_to_one_and_its_rate_is_the_kl():
    prior = nets.StandardNormal(2)
    axis = torch.linspace(-8, 8, 401, dtype=torch.float64)
    density = prior.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * (16 / 400) ** 2
    assert abs(density - 1) < 1e-9
    mu, log_var = torch.randn(4, 2), torch.randn(4, 2)
    torch.testing.assert_close(prior.rate(mu, log_var, None), losses.gaussian_kl(mu, log_var))


@pytest.mark.parametrize("variance", [None, 0.5])
def test_gaussian_likelihood(variance):
    likelihood = nets.Gaussian(event_dim=1, variance=variance)
    params = torch.randn(6, 2 * likelihood.params_per_value, dtype=torch.float64)
    mu, log_var = likelihood.split(params)
    x = torch.randn(6, 2, dtype=torch.float64)
    expected = torch.distributions.Normal(mu, (0.5 * log_var).exp()).log_prob(x).sum(-1)
    torch.testing.assert_close(likelihood.log_prob(x, params), expected)
    assert torch.equal(likelihood.mean(params), mu)
    if variance:
        torch.testing.assert_close(log_var, torch.full_like(mu, math.log(0.5)))
    many = params[:1].expand(40_000, -1)
    sample = likelihood.sample(many, torch.Generator().manual_seed(0))
    deviation = (0.5 * log_var[0]).exp()
    assert ((sample.mean(0) - mu[0]).abs() < 5 * deviation / 200).all()
    assert ((sample.std(0) / deviation - 1).abs() < 5 / math.sqrt(80_000)).all()


def test_gaussian_refuses_a_variance_that_is_none():
    with pytest.raises(ValueError, match="variance: expected a positive number"):
        nets.Gaussian(variance=-1.0)


def test_bernoulli_samples_with_the_probability_of_the_mean():
    likelihood = nets.Bernoulli(event_dim=1)
    logits = torch.tensor([-2.0, 0.0, 3.0]).expand(40_000, 3)
    sample = likelihood.sample(logits, torch.Generator().manual_seed(0))
    assert set(sample.unique().tolist()) == {0.0, 1.0}
    probability = likelihood.mean(logits[0])
    error = (probability * (1 - probability) / 40_000).sqrt()
    assert ((sample.mean(0) - probability).abs() < 5 * error).all()


def test_reparameterise_passes_the_pathwise_gradient():
    mu = torch.zeros(3, 2, requires_grad=True)
    log_var = torch.randn(3, 2).requires_grad_()
    z = small_vae().reparameterise(mu, log_var, 10)
    assert z.shape == (10, 3, 2)
    grad_mu, grad_log_var = torch.autograd.grad(z.sum(), (mu, log_var))
    torch.testing.assert_close(grad_mu, torch.full_like(mu, 10.0))
    torch.testing.assert_close(grad_log_var, ((z - mu) / 2).sum(0).detach())


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_convolutional_parts_keep_the_shapes(activation):
    encoder = nets.ConvEncoder((3, 16, 8), (4, 6), 5, activation)
    decoder = nets.ConvDecoder(5, (4, 6), (3, 16, 8), 2, activation)
    assert encoder(torch.zeros(2, 3, 16, 8)).shape == (2, 10)
    assert decoder(torch.zeros(2, 5)).shape == (2, 6, 16, 8)


def test_parts_refuse_what_they_cannot_build():
    with pytest.raises(ValueError, match="sides that 3 halvings divide"):
        nets.ConvEncoder((1, 28, 28), (4, 4, 4), 2)
    with pytest.raises(ValueError, match="activation: expected one of relu"):
        nets.MLPEncoder((2,), (4,), 2, "swoosh")
    with pytest.raises(ValueError, match="norm: expected None or 'batch', got 'layer'"):
        nets.MLPDecoder(2, (4,), (2,), norm="layer")


def test_batch_normalisation_couples_examples_in_train_mode_only(x):
    """Widths, place of the layers, and what lesson 09 says of the two modes."""
    torch.manual_seed(0)
    encoder = nets.MLPEncoder((1, 4, 4), (5, 6), 2, norm="batch").double()
    decoder = nets.MLPDecoder(2, (6, 5), (1, 4, 4), norm="batch").double()
    kinds = [type(layer).__name__ for layer in encoder]
    assert kinds == ["Flatten", *["Linear", "BatchNorm1d", "ReLU"] * 2, "Linear"]
    assert [layer.num_features for layer in decoder if "Norm" in type(layer).__name__] == [6, 5]
    for net, batch in ((encoder, x), (decoder, torch.randn(5, 2).double())):
        net.train()
        assert not torch.allclose(net(batch)[:2], net(batch[:2]))
        net.eval()
        assert torch.allclose(net(batch)[:2], net(batch[:2]))


@pytest.mark.parametrize("conv", [False, True])
def test_build_makes_the_same_model_from_its_header(conv, x):
    shape = (1, 4, 4)
    parts = (
        (nets.ConvEncoder(shape, (3,), 2), nets.ConvDecoder(2, (3,), shape))
        if conv
        else (nets.MLPEncoder(shape, (5, 4), 2, norm="batch"), nets.MLPDecoder(2, (4, 5), shape))
    )
    model = nets.VAE(*parts, nets.StandardNormal(2), nets.Bernoulli())
    again = nets.build(model.header())
    again.load_state_dict(model.state_dict())
    torch.manual_seed(0)
    expected = model.log_weights(x.float(), 2)
    torch.manual_seed(0)
    assert torch.equal(again.log_weights(x.float(), 2), expected)
    assert again.header() == model.header()


@pytest.mark.parametrize(
    "change",
    [
        {"model": "GAN"},
        {"encoder": ["os.system", {}]},
        {"encoder": ["MLPEncoder", {"depth": 3}]},
        {"prior": None},
        {"likelihood": ["Gaussian", {"variance": -1}]},
    ],
)
def test_build_refuses_an_unknown_header(change):
    with pytest.raises(ValueError, match="header"):
        nets.build(small_vae().header() | change)


def test_outputs_are_float32_under_mixed_precision(x):
    model = small_vae(mixed_precision=True).float()
    assert all(out.dtype == torch.float32 for out in model.encode(x.float()))
    assert model.decode(torch.zeros(2, 3)).dtype == torch.float32
    assert model.log_weights(x.float(), 2).dtype == torch.float32


@pytest.mark.parametrize("shape, event_dim", [((1, 28, 28), 3), ((7,), 1), ((3, 4), 2), ((12,), 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_samples_without_gradient_equal_the_plain_road(shape, event_dim, dtype):
    x = (torch.rand(5, *shape) < 0.3).float()
    if dtype == torch.float64:
        x = x.double()
    for scale in (0.0, 1.0, 30.0):
        logits = (scale * torch.randn(300, 5, *shape)).to(dtype)
        with torch.no_grad():
            fast = nets.Bernoulli(event_dim).log_prob(x, logits)
        ref = losses.bernoulli_log_prob(x.double(), logits.double(), event_dim)
        torch.testing.assert_close(
            fast.double(),
            ref,
            rtol=1e-6 if dtype != torch.float64 else 1e-12,
            atol=1e-5 if dtype != torch.float64 else 1e-10,
        )


def test_samples_without_gradient_at_the_extremes():
    x = torch.tensor([[0.0, 1.0] * 8])
    b = nets.Bernoulli(1)
    for v in (1e4, -1e4, 80.0, -80.0, 200.0):
        with torch.no_grad():
            found = b.log_prob(x, torch.full((3, 1, 16), v))
        torch.testing.assert_close(found, torch.full((3, 1), -8 * abs(v)))


@pytest.mark.parametrize("bad", [float("inf"), -float("inf"), float("nan")])
def test_samples_without_gradient_are_checked(bad):
    x = torch.ones(1, 16)
    logits = torch.zeros(600, 1, 16)
    logits[599, 0, 3] = bad
    with torch.no_grad(), pytest.raises(losses.NotFiniteError):
        nets.Bernoulli(1).log_prob(x, logits)
    with torch.no_grad(), pytest.raises(ValueError):
        nets.Bernoulli(1).log_prob(x * 0.5, torch.zeros(600, 1, 16))


@pytest.mark.parametrize("mixed", [True, False])
def test_decoding_in_blocks_changes_nothing(mixed):
    m = nets.VAE(
        nets.MLPEncoder((1, 4, 4), (8,), 3),
        nets.MLPDecoder(3, (8,), (1, 4, 4)),
        nets.StandardNormal(3),
        nets.Bernoulli(),
        mixed,
    )
    x = (torch.rand(6, 1, 4, 4) < 0.5).float()
    torch.manual_seed(1)
    a = m.log_weights(x, 700).detach()
    torch.manual_seed(1)
    with torch.no_grad():
        b = m.log_weights(x, 700)
    torch.testing.assert_close(a, b, rtol=0, atol=2e-5)


def test_rows_that_a_cache_holds_change_no_score():
    torch.manual_seed(0)
    model = nets.VAE(
        nets.ConvEncoder((1, 8, 8), (4, 8), 3),
        nets.ConvDecoder(3, (4, 8), (1, 8, 8)),
        nets.StandardNormal(3),
        nets.Bernoulli(),
    ).eval()
    x = (torch.rand(2, 1, 8, 8) < 0.5).float()
    scores = []
    for size in (1, 4 * 8 * 8 * 6, 10**9):  # one row, six and all at a time
        with pytest.MonkeyPatch.context() as patch, torch.no_grad():
            patch.setattr(vae, "LAYER_SIZE", size)
            rows = vae.decoder_rows(model.decoder, torch.zeros(5, 2, 3))
            assert rows == {1: 1, 4 * 8 * 8 * 6: 6, 10**9: vae.DECODER_ROWS}[size]
            torch.manual_seed(1)
            scores.append(model.log_weights(x, 7))
    torch.testing.assert_close(scores[0], scores[1], rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(scores[1], scores[2], rtol=1e-6, atol=1e-5)


def test_counting_rows_moves_no_statistics():
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    assert vae.decoder_rows(net, torch.zeros(5, 3)) == vae.DECODER_ROWS
    before = net[1].num_batches_tracked.item()
    vae.decoder_rows(net.eval(), torch.zeros(5, 3))
    assert before == net[1].num_batches_tracked.item() == 0
    assert not net[0]._forward_hooks


@pytest.mark.parametrize("kind", ["fc", "conv"])
def test_image_vae_begins_at_the_mean_image(kind):
    mean = torch.linspace(0, 1, 784).view(1, 28, 28)
    model = nets.image_vae(3, kind, mean)
    assert model.header() == nets.build(model.header()).header()
    model.mixed_precision = False
    last = [layer for layer in model.decoder if hasattr(layer, "weight")][-1]
    torch.nn.init.zeros_(last.weight)
    found = model.likelihood.mean(model.decode(torch.randn(2, 3)))
    wanted = mean.clamp(1e-3, 1 - 1e-3) if kind == "fc" else torch.full_like(mean, 0.5)
    torch.testing.assert_close(found, wanted.expand(2, 1, 28, 28), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="kind: expected 'fc' or 'conv', got 'mlp'"):
        nets.image_vae(3, "mlp")
