"""Latents as a map: shapes, order, and which pixels a latent can speak of."""

import pytest
import torch

from course_utils import nets

SHAPE, CHANNELS, LATENTS = (3, 32, 32), (4, 6), 5


@pytest.fixture
def pair():
    torch.manual_seed(0)
    encoder = nets.SpatialEncoder(SHAPE, CHANNELS, LATENTS)
    decoder = nets.SpatialDecoder(SHAPE, CHANNELS, LATENTS, out_channels=7)
    # Blocks start as the identity: move them, so that a test sees what they do.
    for net in (encoder, decoder):
        for parameter in net.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    return encoder.double(), decoder.double()


def test_shapes_and_the_order_of_mu_and_log_var(pair):
    encoder, decoder = pair
    x = torch.randn(2, *SHAPE, dtype=torch.float64)
    out = encoder(x)
    assert out.shape == (2, 2 * LATENTS * 8 * 8)
    mu, _ = out.chunk(2, -1)
    maps = torch.nn.Sequential(*encoder)[:-1](x)  # without nn.Flatten
    assert torch.equal(mu.unflatten(1, (LATENTS, 8, 8)), maps[:, :LATENTS])
    assert decoder(mu).shape == (2, 7, 32, 32)


def test_codes_start_narrow():
    torch.manual_seed(0)
    _, log_var = nets.SpatialEncoder(SHAPE, CHANNELS, LATENTS)(torch.randn(4, *SHAPE)).chunk(2, -1)
    assert (log_var + 3).abs().max() < 1


def test_a_latent_reaches_the_pixels_around_it_and_no_others(pair):
    """By derivatives. Two 3 x 3 convolutions on the map reach place 2 from place 0; a transposed
    4 x 4 one takes place i to 2i - 1 ... 2i + 2, so at most to 14; the last 3 x 3 one adds 1."""
    _, decoder = pair
    z = torch.randn(1, LATENTS * 8 * 8, dtype=torch.float64)
    slopes = torch.autograd.functional.jacobian(lambda z: decoder(z).sum((0, 1)), z)
    reached = slopes.unflatten(-1, (LATENTS, 8, 8))[:, :, 0].abs().sum(2) > 0  # (H, W, 8, 8)
    for place, first, last in ((0, 0, 15), (3, 0, 27), (7, 16, 31)):
        for of_place in (reached[:, 0, place, 0], reached[0, :, 0, place]):
            found = of_place.nonzero().flatten()
            assert (found.min(), found.max()) == (first, last)


def test_headers_make_them_again(pair):
    encoder, decoder = pair
    likelihood = nets.LogisticMixture(1, 1)  # 3 parameters each pixel
    model = nets.VAE(
        nets.SpatialEncoder((1, 8, 8), (4,), 2, num_blocks=2, activation="relu"),
        nets.SpatialDecoder((1, 8, 8), (4,), 2, likelihood.num_params, last_width=3),
        nets.StandardNormal(2 * 4 * 4),
        likelihood,
    )
    again = nets.build(model.header())
    again.load_state_dict(model.state_dict())
    x = 2 * torch.randint(0, 256, (3, 1, 8, 8)) / 255 - 1
    torch.manual_seed(0)
    expected = model.log_weights(x, 4)
    torch.manual_seed(0)
    assert torch.equal(again.log_weights(x, 4), expected) and expected.shape == (4, 3)
    for net in (encoder, decoder):
        assert type(net)(**net.arguments).arguments == net.arguments


def test_what_cannot_be_built_is_refused():
    with pytest.raises(ValueError, match="sides that 2 halvings divide"):
        nets.SpatialEncoder((3, 10, 16), CHANNELS, 2)
    with pytest.raises(ValueError, match="sides that 2 halvings divide"):
        nets.SpatialDecoder((3, 10, 16), CHANNELS, 2, 7)
    with pytest.raises(ValueError, match="activation: expected one of"):
        nets.SpatialEncoder(SHAPE, CHANNELS, 2, activation="swoosh")
