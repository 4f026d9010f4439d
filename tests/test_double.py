"""All that nets and evaluation offer works in float64, and gives float64."""

import pytest
import torch

from course_utils import evaluation, judge, losses, nets

IMAGE = (1, 4, 4)


def vae(likelihood=None, prior=nets.StandardNormal, params=1):
    likelihood = nets.Bernoulli() if likelihood is None else likelihood
    encoder = nets.MLPEncoder(IMAGE, (8,), 3)
    return nets.VAE(encoder, nets.MLPDecoder(3, (8,), IMAGE, params), prior(3), likelihood)


def categorical():
    encoder = nets.MLPEncoder(IMAGE, (8,), 3, params_per_latent=4)
    return nets.CategoricalVAE(encoder, nets.MLPDecoder(12, (8,), IMAGE), 3, 4, nets.Bernoulli())


def hierarchy(kind):
    parts = nets.MLPEncoder(IMAGE, (8,), 3), nets.MLPEncoder((3,), (8,), 2)
    parts += nets.MLPDecoder(2, (8,), (6,)), nets.MLPDecoder(3, (8,), IMAGE)
    return kind(*parts, nets.StandardNormal(2), nets.Bernoulli())


def vq_vae(**options):
    encoder, decoder = nets.VQEncoder(1, (4,), (4,), 4), nets.VQDecoder(4, (4,), (4,), 1)
    return nets.VQVAE(encoder, decoder, nets.VectorQuantizer(5, 4, **options))


def binary(dtype):
    return (torch.rand(6, *IMAGE) < 0.5).to(dtype)


def scores_of_a_vae(model, dtype, x=None):
    x = binary(dtype) if x is None else x
    for gradient in (True, False):
        with torch.set_grad_enabled(gradient):
            yield from model(x).values()
            yield model.log_weights(x, 3)
            yield model.sample(2)
    yield from evaluation.rate_distortion(model, x, 2)
    found = evaluation.log_likelihood(model.log_weights, x, 6, chunk=4, progress=False)
    yield from (found.values, found.elbo, found.effective_sample_size)


def of_likelihood(likelihood, channels, params, dtype):
    shape = (2, channels, 4, 4)
    x = torch.randint(0, 2, shape).to(dtype)
    x = 2 * x - 1 if hasattr(likelihood, "levels") else x
    params = torch.randn(2, params, 4, 4, dtype=dtype)
    for gradient in (True, False):
        with torch.set_grad_enabled(gradient):
            yield likelihood.log_prob(x, params)
            yield likelihood.log_prob(x, params.expand(3, *params.shape))
    yield likelihood.mean(params)
    yield likelihood.sample(params)


def of_codes(net, dtype):
    codes = torch.randint(0, 5, (2, 3, 3))
    net.mixed_precision = dtype == torch.float64  # which no bfloat16 takes the place of
    yield from (net(codes), net.log_prob(codes), net.cached_logits(codes))
    torch.testing.assert_close(net.cached_logits(codes), net.eval()(codes))
    for cached in (True, False):
        assert net.sample(2, (3, 3), cached=cached).shape == codes.shape


def of_independent(dtype):
    prior = nets.IndependentPrior(torch.randint(0, 5, (9, 2, 2)), 5, 0.5)
    assert prior.sample(2).shape == (2, 2, 2)
    yield prior.log_prob(prior.sample(2)).to(dtype)  # a table: it has no dtype of a model


def of_layer(dtype):
    layer = nets.Layer(*(torch.randn(2, 3, dtype=dtype) for _ in range(5)))
    yield from (layer.log_ratio, layer.kl)


def of_quantizer(dtype, **options):
    z_e = torch.randn(2, 4, 3, 3, dtype=dtype)
    made = moved(nets.VectorQuantizer(5, 4, **options), dtype)
    made.start_from(z_e)
    found = made(z_e)
    yield from (found.z_q, found.codebook_loss, found.commitment_loss, made.loss(found))
    yield from (made.codebook, made.usage, made.lookup(made.nearest(z_e)))


def of_prior(prior, dtype):
    z = prior.sample(4)
    yield from (z, prior.log_prob(z), prior.rate(z, z, z))


def of_flow(dtype):
    prior = moved(nets.AutoregressivePrior(3, (8,)), dtype)
    yield from of_prior(prior, dtype)
    yield from scores_of_a_vae(moved(vae(prior=nets.AutoregressivePrior), dtype), dtype)


def of_vq_vae(dtype):
    for options in ({}, {"decay": 0.9, "restart_below": 0.1}):
        model, x = moved(vq_vae(**options), dtype), 2 * binary(dtype) - 1
        yield from model(x).values()
        yield from (model.encode(x), model.decode_codes(model.codes(x)))


def moved(module, dtype):
    return module.to(dtype)


def image(dtype, *shape):
    return torch.randn(2, *shape, dtype=dtype)


def call(module, *shape):
    return lambda dtype: [moved(module(), dtype)(image(dtype, *shape))]


def of_build(dtype):
    for model in (vae(), categorical(), hierarchy(nets.LadderVAE)):
        yield from moved(nets.build(model.header()), dtype)(binary(dtype)).values()


def of_colour(dtype):
    model = moved(nets.colour_vae(widths=(4, 4), num_latents=2), dtype)
    yield from scores_of_a_vae(model, dtype, image(dtype, 3, 32, 32))


def of_image_vae(dtype):
    for kind in ("fc", "conv"):
        model = moved(nets.image_vae(3, kind), dtype)
        yield from scores_of_a_vae(model, dtype, (image(dtype, 1, 28, 28) > 0).to(dtype))


CASES = {
    "MADE": call(lambda: nets.MADE(4, (8,), 2), 4),
    "VAE": lambda dtype: scores_of_a_vae(moved(vae(), dtype), dtype),
    "VQVAE": of_vq_vae,
    "image_vae": of_image_vae,
    "AutoregressivePrior": of_flow,
    "Bernoulli": lambda dtype: of_likelihood(nets.Bernoulli(), 1, 1, dtype),
    "CategoricalVAE": lambda dtype: scores_of_a_vae(moved(categorical(), dtype), dtype),
    "ConvDecoder": call(lambda: nets.ConvDecoder(3, (4,), IMAGE), 3),
    "ConvEncoder": call(lambda: nets.ConvEncoder(IMAGE, (4,), 3), *IMAGE),
    "DiscretizedLogistic": lambda dtype: of_likelihood(
        moved(nets.DiscretizedLogistic(bounded=True), dtype), 1, 2, dtype
    ),
    "GatedPixelCNN": lambda dtype: of_codes(moved(nets.GatedPixelCNN(5, 8, 1, 3), dtype), dtype),
    "Gaussian": lambda dtype: [
        *of_likelihood(moved(nets.Gaussian(3, "shared"), dtype), 1, 1, dtype),
        *of_likelihood(moved(nets.Gaussian(3), dtype), 1, 2, dtype),
        *of_likelihood(moved(nets.Gaussian(3, 0.5), dtype), 1, 1, dtype),
    ],
    "IndependentPrior": of_independent,
    "LadderVAE": lambda dtype: scores_of_a_vae(moved(hierarchy(nets.LadderVAE), dtype), dtype),
    "Layer": of_layer,
    "LogisticMixture": lambda dtype: [
        *of_likelihood(moved(nets.LogisticMixture(2), dtype), 3, 20, dtype),
        *of_likelihood(moved(nets.LogisticMixture(2, coupled=False), dtype), 3, 14, dtype),
    ],
    "MLPDecoder": call(lambda: nets.MLPDecoder(3, (8,), IMAGE, norm="batch"), 3),
    "MLPEncoder": call(lambda: nets.MLPEncoder(IMAGE, (8,), 3, norm="batch"), *IMAGE),
    "MaskedConv2d": call(lambda: nets.MaskedConv2d(2, 3, 3, "A"), 2, 4, 4),
    "PixelCNN": lambda dtype: of_codes(moved(nets.PixelCNN(5, 8, 1, 3), dtype), dtype),
    "Quantized": of_quantizer,
    "SpatialDecoder": call(lambda: nets.SpatialDecoder(IMAGE, (4,), 2, 1), 8),
    "SpatialEncoder": call(lambda: nets.SpatialEncoder(IMAGE, (4,), 2), *IMAGE),
    "StandardNormal": lambda dtype: of_prior(moved(nets.StandardNormal(3), dtype), dtype),
    "TwoLayerVAE": lambda dtype: scores_of_a_vae(moved(hierarchy(nets.TwoLayerVAE), dtype), dtype),
    "VQDecoder": call(lambda: nets.VQDecoder(4, (4,), (4,), 1, start=-0.5), 4, 2, 2),
    "VQEncoder": call(lambda: nets.VQEncoder(1, (4,), (4,), 4), *IMAGE),
    "VectorQuantizer": lambda dtype: of_quantizer(dtype, decay=0.9, restart_below=0.5),
    "build": of_build,
    "colour_vae": of_colour,
    "precision_weighted": lambda dtype: nets.precision_weighted(
        *(torch.randn(3, dtype=dtype) for _ in range(4))
    ),
}


def test_no_name_is_forgotten():
    assert set(CASES) == set(nets.__all__)


@pytest.fixture
def by_default():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def check(name, dtype):
    found = list(CASES[name](dtype))
    assert found
    for value in found:
        assert value.dtype == dtype and value.isfinite().all()


@pytest.mark.parametrize("name", CASES)
def test_a_float64_model_gives_float64(name):
    check(name, torch.float64)


@pytest.mark.parametrize("name", CASES)
def test_a_float32_model_gives_float32(name):
    check(name, torch.float32)


@pytest.mark.parametrize("name", CASES)
def test_with_float64_by_default(name, by_default):
    check(name, torch.float64)


def test_a_float32_model_draws_float32_where_float64_is_the_default(by_default):
    for model in (vae(), categorical(), hierarchy(nets.LadderVAE)):
        assert model.float().sample(2).dtype == torch.float32


def test_the_judge_reads_float64():
    reader = judge.DigitJudge(IMAGE).double()
    assert reader(binary(torch.float64))[1].dtype == torch.float64
    mu = torch.randn(5, 3, dtype=torch.float64)
    assert evaluation.active_units(mu)[1].dtype == torch.float64
    assert losses.bits_per_dim(mu, 3).dtype == torch.float64
