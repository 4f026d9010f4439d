"""Two layers of latents, against a linear-Gaussian model whose every number is known."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from course_utils import losses, nets

A, VAR_1, B, VAR_X = 1.3, 0.4, 0.8, 0.3  # z1 = A z2 + N(0, VAR_1), x = B z1 + N(0, VAR_X)
S = A**2 + VAR_1  # variance of z1 under p
VAR_Q = 1 / (1 / S + B**2 / VAR_X)  # of the posterior of z1


def linear(net, weight, bias):
    """Set a single linear layer 1 -> 2 (mu, log_var), or 1 -> 1."""
    net.weight.data = torch.tensor(weight, dtype=torch.float64)[:, None]
    net.bias.data = torch.tensor(bias, dtype=torch.float64)


def toy(kind=nets.TwoLayerVAE):
    """The linear-Gaussian model, with the exact posterior as q."""
    model = kind(
        nets.MLPEncoder((1,), (), 1),
        nets.MLPEncoder((1,), (), 1),
        nets.MLPDecoder(1, (), (1,), 2),
        nets.MLPDecoder(1, (), (1,)),
        nets.StandardNormal(1),
        nets.Gaussian(1, VAR_X),
        mixed_precision=False,
    ).double()
    linear(model.decoder_2[0], [A, 0.0], [0.0, math.log(VAR_1)])
    linear(model.decoder[0], [B], [0.0])
    if kind is nets.TwoLayerVAE:
        linear(model.encoder[1], [VAR_Q * B / VAR_X, 0.0], [0.0, math.log(VAR_Q)])
        linear(model.encoder_2[1], [A / S, 0.0], [0.0, math.log(VAR_1 / S)])
    else:  # the likelihood's own N(x / B, VAR_X / B^2), and p(z2|x) from its mean
        linear(model.encoder[1], [1 / B, 0.0], [0.0, math.log(VAR_X / B**2)])
        noise = VAR_1 + VAR_X / B**2
        linear(model.encoder_2[1], [A / (A**2 + noise), 0], [0, math.log(noise / (A**2 + noise))])
    return model


@pytest.fixture
def x():
    return torch.randn(6, 1, generator=torch.Generator().manual_seed(0)).double()


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(1)


KINDS = pytest.mark.parametrize("kind", [nets.TwoLayerVAE, nets.LadderVAE])


@KINDS
def test_with_the_exact_posterior_every_log_weight_is_the_evidence(kind, x):
    exact = Normal(0.0, math.sqrt(B**2 * S + VAR_X)).log_prob(x)[:, 0]
    log_w = toy(kind).log_weights(x, 7)
    assert log_w.shape == (7, 6)
    torch.testing.assert_close(log_w, exact.expand(7, 6))
    path, z = toy(kind).path_weights(x, 7)
    assert z.shape == (7, 6, 2)
    torch.testing.assert_close(path, exact.expand(7, 6))


@KINDS
def test_log_weights_of_any_parameters_are_five_log_densities(kind, x):
    model = toy(kind)
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    first, second = model.infer(x, 5)

    def normal(mu, log_var):
        return Normal(mu, (0.5 * log_var).exp())

    p_1 = normal(*model.decode_2(second.z))
    code = model.encode(x)
    if kind is nets.TwoLayerVAE:
        q_1 = normal(*code)
        q_2 = normal(*model.encoder_2(first.z.reshape(-1, 1)).chunk(2, -1))
        log_q = q_1.log_prob(first.z) + q_2.log_prob(second.z.reshape(-1, 1)).reshape(5, 6, 1)
    else:
        q_2 = normal(*model.encoder_2(code[0]).chunk(2, -1))
        said = [part.exp() for part in (-code[1], -2 * p_1.scale.log())]  # precisions
        var = 1 / (said[0] + said[1])
        q_1 = Normal(var * (said[0] * code[0] + said[1] * p_1.loc), var.sqrt())
        log_q = q_1.log_prob(first.z) + q_2.log_prob(second.z)
    log_p = p_1.log_prob(first.z) + Normal(0.0, 1.0).log_prob(second.z)
    log_p = log_p + Normal(model.decode(first.z), math.sqrt(VAR_X)).log_prob(x)
    torch.testing.assert_close(model._log_weights(x, (first, second)), (log_p - log_q).squeeze(-1))


def test_rates_of_the_bottom_up_model_are_mutual_informations():
    """Averaged over x, with the exact posterior: I(z1; x) - I(z1; z2), negative here, and
    I(z1; z2)."""
    x = math.sqrt(B**2 * S + VAR_X) * torch.randn(200_000, 1, dtype=torch.float64)
    with torch.no_grad():
        found = toy()(x)
    rate_z2 = 0.5 * math.log(1 + A**2 / VAR_1)
    rate_z1 = 0.5 * math.log(1 + B**2 * S / VAR_X) - rate_z2
    for name, expected in (("rate_z1", rate_z1), ("rate_z2", rate_z2)):
        error = found[name].std() / math.sqrt(len(x))
        assert abs(found[name].mean() - expected) < 5 * error
    assert (found["rate_z1"] < 0).any()


def test_the_kl_at_the_drawn_z2_overstates_the_rate_of_z1():
    """By A^2 VAR_Q / (S VAR_1): z1 and z2 are dependent under q."""
    x = math.sqrt(B**2 * S + VAR_X) * torch.randn(200_000, 1, dtype=torch.float64)
    with torch.no_grad():
        first, _ = toy().infer(x)
    excess = first.kl - first.log_ratio
    error = excess.std() / math.sqrt(len(x))
    assert abs(excess.mean() - A**2 * VAR_Q / (S * VAR_1)) < 5 * error
    assert excess.mean() > 100 * error


def test_the_ladders_rates_are_kls_and_sum_to_the_gain(x):
    model = toy(nets.LadderVAE)
    with torch.no_grad():
        found = [model(x) for _ in range(3_000)]
        first, second = model.infer(x)
    q = Normal(first.mu_q, (0.5 * first.log_var_q).exp())
    p = Normal(first.mu_p, (0.5 * first.log_var_p).exp())
    rate_z1, rate_z2 = model.rates((first, second))
    torch.testing.assert_close(rate_z1, kl_divergence(q, p).sum(-1))
    assert (rate_z1 >= 0).all() and (rate_z2 >= 0).all()
    loss = torch.stack([one["loss"] for one in found])
    exact = Normal(0.0, math.sqrt(B**2 * S + VAR_X)).log_prob(x)[:, 0]
    error = loss.std(0) / math.sqrt(len(found))
    assert ((loss.mean(0) + exact).abs() < 5 * error).all()


@KINDS
def test_forward_and_log_weights_estimate_one_elbo(kind, x):
    model = toy(kind)
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    with torch.no_grad():
        loss = torch.stack([model(x)["loss"] for _ in range(4_000)])
        log_w = model.log_weights(x, 4_000)
    error = ((loss.var(0) + log_w.var(0)) / 4_000).sqrt()
    assert ((loss.mean(0) + log_w.mean(0)).abs() < 5 * error).all()


@KINDS
@pytest.mark.parametrize("num_samples", [1, 4])
def test_dreg_has_the_mean_of_the_plain_gradient(kind, num_samples, x):
    """For every parameter, of both layers; without the joint z the gradient of z1 is wrong."""
    model = toy(kind)
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    # Many copies of each x: the mean over them is one draw of the gradient's mean.
    copies, rounds = x.repeat(700, 1), 12
    found = {"plain": [], "dreg": []}
    for _ in range(rounds):
        bound = losses.importance_weighted_bound(model.log_weights(copies, num_samples)).mean()
        surrogate = losses.dreg_surrogate(*model.path_weights(copies, num_samples)).mean()
        for name, value in (("plain", bound), ("dreg", surrogate)):
            slopes = torch.autograd.grad(value, [*model.parameters()])
            found[name].append(torch.cat([slope.flatten() for slope in slopes]))
    plain, dreg = (torch.stack(found[name]) for name in ("plain", "dreg"))
    error = ((plain.var(0) + dreg.var(0)) / rounds).sqrt()
    difference = (plain.mean(0) - dreg.mean(0)).abs()
    assert (difference < 6 * error + 1e-9).all(), (difference / error).max()


@pytest.mark.parametrize("num_samples", [1, 4])
def test_in_a_ladder_the_scores_of_p_and_q_share_their_noise(num_samples):
    """By mu_p: (z - mu_p) / var_p from log p, -(z - mu_q) / var_p from -log q; no z in the sum."""
    model = small(nets.LadderVAE).eval()
    with torch.no_grad():
        model.decoder_2[-2].bias.copy_(torch.linspace(-2, 2, 10))  # scales of many sizes
    layer, _ = model.infer(torch.rand(3, 1, 4, 4).round(), num_samples)
    held = layer._make(part.detach() for part in layer)
    of_p = held._replace(mu_p=layer.mu_p, log_var_p=layer.log_var_p)
    of_q = held._replace(mu_q=layer.mu_q, log_var_q=layer.log_var_q)
    by_p, by_q = (
        torch.autograd.grad(-one.log_ratio.sum(), layer.mu_p, retain_graph=True)[0]
        for one in (of_p, of_q)
    )
    precision = (-held.log_var_p).exp()
    torch.testing.assert_close(by_p, precision * (held.z - held.mu_p))
    torch.testing.assert_close(by_q, -precision * (held.z - held.mu_q), rtol=1e-4, atol=1e-4)
    both = precision * (held.mu_q - held.mu_p)
    torch.testing.assert_close(by_p + by_q, both, rtol=1e-4, atol=1e-4)


@KINDS
def test_dreg_has_no_noise_for_phi_at_the_exact_posterior(kind, x):
    model = toy(kind)
    surrogate = losses.dreg_surrogate(*model.path_weights(x, 3)).sum()
    parts = [model.encoder, model.encoder_2]
    slopes = torch.autograd.grad(surrogate, [w for part in parts for w in part.parameters()])
    assert max(slope.abs().max() for slope in slopes) < 1e-9


def test_precision_weighting_is_a_normalised_product():
    z = torch.linspace(-30, 30, 200_001, dtype=torch.float64)
    mu, log_var = (torch.tensor(pair).double() for pair in ((0.7, -1.1), (0.4, -0.9)))
    found = nets.precision_weighted(mu[0], log_var[0], mu[1], log_var[1])
    logs = [losses.gaussian_log_prob(z[:, None], m, v) for m, v in zip(mu, log_var, strict=True)]
    product = (logs[0] + logs[1]).exp()
    product /= torch.trapezoid(product, z)
    torch.testing.assert_close(losses.gaussian_log_prob(z[:, None], *found).exp(), product)
    far = nets.precision_weighted(*(torch.tensor(v) for v in (1.0, 300.0, 2.0, -300.0)))
    assert far[0] == 2 and far[1] == -300


def small(kind, spatial=False):
    if not spatial:
        options = {"activation": "leaky_relu", "norm": "batch"}
        parts = (
            nets.MLPEncoder((1, 4, 4), (7,), 5, **options),
            nets.MLPEncoder((5,), (6,), 3, **options),
            nets.MLPDecoder(3, (6,), (5,), 2, **options),
            nets.MLPDecoder(5, (7,), (1, 4, 4), **options),
        )
        return kind(*parts, nets.StandardNormal(3), nets.Bernoulli())
    likelihood = nets.LogisticMixture(2, 1)
    parts = (
        nets.SpatialEncoder((1, 16, 16), (4, 4), 3),
        nets.SpatialEncoder((3, 4, 4), (5,), 2),
        nets.SpatialDecoder((3, 4, 4), (5,), 2, 2 * 3),
        nets.SpatialDecoder((1, 16, 16), (4, 4), 3, likelihood.num_params),
    )
    return kind(*parts, nets.StandardNormal(2 * 2 * 2), likelihood)


@KINDS
@pytest.mark.parametrize("spatial", [False, True])
def test_headers_make_them_again_and_everything_has_its_shape(kind, spatial):
    model = small(kind, spatial).eval()
    again = nets.build(model.header()).eval()
    again.load_state_dict(model.state_dict())
    assert type(again) is kind
    x = torch.rand(3, *((1, 16, 16) if spatial else (1, 4, 4))).round()
    x = 2 * x - 1 if spatial else x
    torch.manual_seed(0)
    with torch.no_grad():
        expected = model.log_weights(x, 6)
    torch.manual_seed(0)
    with torch.no_grad():
        assert torch.equal(again.log_weights(x, 6), expected)
    torch.manual_seed(0)
    trained = again.log_weights(x, 6)  # with a gradient: one pass for all samples
    torch.testing.assert_close(trained, expected, rtol=1e-4, atol=1e-3)
    assert expected.shape == (6, 3)
    generator = torch.Generator().manual_seed(3)
    first = model.sample(4, generator)
    second = again.sample(4, torch.Generator().manual_seed(3))
    assert torch.equal(first, second) and len(first) == 4
    assert {name: value.shape for name, value in model(x).items()} == dict.fromkeys(
        ("loss", "rate", "distortion", "rate_z1", "rate_z2"), (3,)
    )


@KINDS
def test_dreg_reaches_every_parameter_in_train_mode(kind):
    model = small(kind)
    x = torch.rand(8, 1, 4, 4).round()
    losses.dreg_surrogate(*model.path_weights(x, 5)).mean().backward()
    assert all(weight.grad.isfinite().all() and weight.grad.any() for weight in model.parameters())


def test_a_header_without_a_part_is_refused():
    header = small(nets.TwoLayerVAE).header()
    del header["decoder_2"]
    with pytest.raises(ValueError, match="header: its decoder_2 is None"):
        nets.build(header)


@KINDS
def test_scales_that_run_away_are_held(kind):
    model = small(kind).eval()
    for net in (model.encoder, model.encoder_2, model.decoder_2):
        last = [module for module in net if isinstance(module, torch.nn.Linear)][-1]
        last.bias.data[len(last.bias) // 2 :] = -180.0
    x = torch.rand(3, 1, 4, 4).round()
    layers = model.infer(x, 2)
    limits = [-10.0, -10.0] if kind is nets.TwoLayerVAE else [-10.0 - math.log(2), -10.0]
    for layer, limit in zip(layers, limits, strict=True):
        torch.testing.assert_close(layer.log_var_q, torch.full_like(layer.z, limit))
    loss = model(x)["loss"].sum()
    slopes = torch.autograd.grad(loss, [*model.parameters()], allow_unused=True)
    assert loss.isfinite()
    assert all(slope.isfinite().all() for slope in slopes if slope is not None)
