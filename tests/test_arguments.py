"""NumPy's numbers are numbers wherever one is taken, and a bool is none."""

import json
import math

import numpy as np
import pytest
import torch

from course_utils import evaluation, exact, losses, nets
from course_utils.arguments import integer, number

X = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
GRID = torch.zeros(1, 1, 2, 2) - 1
IMAGE = (1, 8, 8)
LINEAR = torch.randn(3, 2), torch.zeros(3)
COMPONENTS = exact.PrincipalComponents.of(torch.randn(9, 4))
CODES = torch.randint(0, 4, (6, 2, 2))

VAE = nets.VAE(
    nets.MLPEncoder(IMAGE, (), 2),
    nets.MLPDecoder(2, (), IMAGE),
    nets.StandardNormal(2),
    nets.Bernoulli(),
)
CATEGORICAL = nets.CategoricalVAE(
    nets.MLPEncoder(IMAGE, (), 2, params_per_latent=3),
    nets.MLPDecoder(6, (), IMAGE),
    2,
    3,
    nets.Bernoulli(),
)


def log_weights(x, count):
    return torch.zeros(count, len(x))


def made(kind, **fixed):
    return lambda **named: kind(**fixed, **named)


WHOLE = [  # a call, and the whole numbers that it takes
    (made(losses.gaussian_kl, mu_q=X, log_var_q=X), {"event_dim": 1}),
    (made(losses.gaussian_log_prob, x=X, mu=X, log_var=X), {"event_dim": 1}),
    (made(losses.bernoulli_log_prob, x=X, logits=X), {"event_dim": 1}),
    (made(losses.grey_cross_entropy, x=X, logits=X), {"event_dim": 1}),
    (
        made(losses.discretized_logistic_log_prob, x=GRID, mu=0.0, log_scale=0.0),
        {"levels": 4, "event_dim": 3},
    ),
    (
        made(losses.discretized_logistic_mixture_log_prob, x=GRID, params=torch.zeros(1, 6, 2, 2)),
        {"levels": 4},
    ),
    (
        made(losses.sample_discretized_logistic_mixture, params=torch.zeros(1, 6, 2, 2)),
        {"channels": 1, "levels": 4},
    ),
    (
        made(losses.discretized_logistic_mixture_mean, params=torch.zeros(1, 6, 2, 2)),
        {"channels": 1},
    ),
    (made(losses.importance_weighted_bound, log_w=X), {"dim": 1}),
    (made(losses.elbo, log_w=X), {"dim": 1}),
    (made(losses.effective_sample_size, log_w=X), {"dim": 1}),
    (made(losses.bits_per_dim, nats=X), {"num_dims": 3}),
    (
        made(evaluation.log_likelihood, log_weight_fn=log_weights, images=X, progress=False),
        {"num_samples": 3, "chunk": 2, "seed": 1},
    ),
    (made(evaluation.in_parts, function=torch.exp, x=X), {"batch_size": 1}),
    (
        made(evaluation.rate_distortion, model=lambda x: {"rate": x, "distortion": x}, x=X),
        {"num_samples": 3, "batch_size": 1},
    ),
    (made(evaluation.codebook_usage, indices=CODES), {"num_codes": 4}),
    (made(COMPONENTS.vae, sigma=0.5), {"num_latents": 2}),
    (made(COMPONENTS.neg_log_likelihood, sigma=0.5), {"num_latents": 2}),
    (made(exact.PrincipalComponents.of, x=torch.randn(9, 4)), {"chunk": 3}),
    (made(exact.LinearGaussianVAE(*LINEAR, 0.5).sample), {"n": 2}),
    (made(exact.gaussian_2d("full1").sample), {"n": 2, "seed": 1}),
    (made(exact.all_codes), {"num_latents": 2, "num_categories": 3}),
    (made(exact.DiscreteVAE, logits_x=torch.zeros(9, 4)), {"num_categories": 3}),
    (
        made(nets.MLPEncoder, event_shape=IMAGE, hidden=(4,)),
        {"num_latents": 2, "params_per_latent": 3},
    ),
    (
        made(nets.MLPDecoder, event_shape=IMAGE, hidden=(4,)),
        {"num_latents": 2, "params_per_value": 2},
    ),
    (made(nets.ConvEncoder, event_shape=IMAGE, channels=(4,)), {"num_latents": 2}),
    (
        made(nets.ConvDecoder, event_shape=IMAGE, channels=(4,)),
        {"num_latents": 2, "params_per_value": 2, "out_channels": 3},
    ),
    (
        made(nets.SpatialEncoder, event_shape=IMAGE, channels=(4,)),
        {"latent_channels": 2, "num_blocks": 1},
    ),
    (
        made(nets.SpatialDecoder, event_shape=IMAGE, channels=(4,)),
        {"latent_channels": 2, "out_channels": 3, "num_blocks": 1, "last_width": 3},
    ),
    (
        made(nets.VQEncoder, widths=(4,), kernels=(4,)),
        {"channels": 1, "code_dim": 3, "num_blocks": 1},
    ),
    (
        made(nets.VQDecoder, widths=(4,), kernels=(4,)),
        {"channels": 1, "code_dim": 3, "num_blocks": 1},
    ),
    (made(nets.VectorQuantizer), {"num_codes": 4, "code_dim": 3}),
    (made(nets.MADE, hidden_dims=(4,)), {"dim": 3, "out_per_dim": 2}),
    (made(nets.AutoregressivePrior, hidden=(4,)), {"num_latents": 3}),
    (made(nets.StandardNormal), {"num_latents": 3}),
    (made(nets.Bernoulli), {"event_dim": 3}),
    (made(nets.Gaussian), {"event_dim": 3}),
    (made(nets.DiscretizedLogistic), {"event_dim": 3, "levels": 4}),
    (made(nets.LogisticMixture), {"num_mixtures": 2, "channels": 1, "levels": 4}),
    (
        made(nets.MaskedConv2d),
        {"in_channels": 2, "out_channels": 3, "kernel_size": 3},
    ),
    *(
        (
            made(kind),
            {"num_codes": 4, "width": 4, "num_blocks": 1, "kernel_size": 3, "embedding": 4}
            | {"head": 4, "num_classes": 2, "context_channels": 2, "first_kernel_size": 3},
        )
        for kind in (nets.PixelCNN, nets.GatedPixelCNN)
    ),
    (
        made(
            nets.CategoricalVAE,
            encoder=nets.MLPEncoder(IMAGE, (), 2, params_per_latent=3),
            decoder=nets.MLPDecoder(6, (), IMAGE),
            likelihood=nets.Bernoulli(),
        ),
        {"num_variables": 2, "num_categories": 3},
    ),
    (made(nets.IndependentPrior, codes=CODES, alpha=1.0), {"num_codes": 4}),
    (made(nets.PixelCNN(4, 4, 0, 3).sample, shape=(2, 2)), {"num_samples": 2}),
    (made(nets.IndependentPrior(CODES, 4, 1.0).sample), {"num_samples": 2}),
    (made(nets.StandardNormal(3).sample), {"num_samples": 2}),
    (made(VAE.log_weights, x=torch.zeros(1, *IMAGE)), {"num_samples": 2}),
    (made(VAE.sample), {"num_samples": 2}),
    (made(CATEGORICAL.log_weights, x=torch.zeros(1, *IMAGE)), {"num_samples": 2}),
    (made(CATEGORICAL.sample), {"num_samples": 2}),
    (made(nets.AutoregressivePrior(3, (4,)).sample), {"num_samples": 2}),
]
REAL = [
    (made(losses.gaussian_kl, mu_q=X, log_var_q=X), {"mu_p": 0.5, "log_var_p": 0.5}),
    (made(losses.gaussian_log_prob, x=X), {"mu": 0.5, "log_var": 0.5}),
    (made(losses.bernoulli_log_prob, x=X), {"logits": 0.5}),
    (made(losses.discretized_logistic_log_prob, x=GRID), {"mu": 0.5, "log_scale": 0.5}),
    (made(losses.bits_per_dim, num_dims=3), {"nats": 0.5, "bin_width": 0.5}),
    (made(exact.LinearGaussianVAE, weight=LINEAR[0], bias=LINEAR[1]), {"sigma": 0.5}),
    (made(COMPONENTS.vae, num_latents=2), {"sigma": 0.5}),
    (made(COMPONENTS.neg_log_likelihood, num_latents=2), {"sigma": 0.5}),
    (made(nets.Gaussian), {"variance": 0.5}),
    (
        made(nets.VectorQuantizer, num_codes=4, code_dim=3),
        {"beta": 0.5, "decay": 0.5, "restart_below": 0.5},
    ),
    (made(nets.VQDecoder, code_dim=3, widths=(4,), kernels=(4,), channels=1, num_blocks=1),
        {"start": 0.5}),
    (made(nets.IndependentPrior, codes=CODES, num_codes=4), {"alpha": 0.5}),
]  # fmt: skip
NO_NUMBER = (True, np.True_, "1", None, [1], 1 + 0j)


def one_by_one(cases):
    return [
        pytest.param(call, given, name, id=f"{index}-{name}")
        for index, (call, given) in enumerate(cases)
        for name in given
    ]


@pytest.mark.parametrize(("call", "given"), WHOLE)
def test_whole_numbers(call, given):
    for kind in (int, np.int64, np.int32, np.uint8):
        value = call(**{name: kind(number) for name, number in given.items()})
        if hasattr(value, "arguments"):
            json.dumps(value.arguments)


@pytest.mark.parametrize(("call", "given", "name"), one_by_one(WHOLE))
def test_no_whole_numbers(call, given, name):
    optional = name in ("out_channels", "last_width", "num_classes", "context_channels")
    for wrong in (*NO_NUMBER, 2.0, np.float64(2), math.nan):
        if wrong is None and (optional or name == "first_kernel_size"):
            continue
        with pytest.raises((TypeError, ValueError), match=name):
            call(**(given | {name: wrong}))


@pytest.mark.parametrize(("call", "given"), REAL)
def test_real_numbers(call, given):
    for kind in (float, np.float64, np.float32, np.float16):
        value = call(**{name: kind(number) for name, number in given.items()})
        if hasattr(value, "arguments"):
            json.dumps(value.arguments)


@pytest.mark.parametrize(("call", "given", "name"), one_by_one(REAL))
def test_no_real_numbers(call, given, name):
    for wrong in (*NO_NUMBER, math.nan):
        if wrong is None and name in ("variance", "decay", "restart_below"):
            continue
        with pytest.raises((TypeError, ValueError), match=f"^{name}: expected"):
            call(**(given | {name: wrong}))


def test_lists_of_whole_numbers():
    shape, widths = np.array([1, 8, 8]), [np.int64(4)]
    encoder = nets.MLPEncoder(tuple(shape), widths, 2)
    assert encoder.arguments["event_shape"] == [1, 8, 8] and encoder.arguments["hidden"] == [4]
    json.dumps(encoder.arguments)
    for given in (np.array([4, 5]), torch.tensor([4, 5]), range(4, 6), torch.Size([4, 5])):
        assert nets.MLPEncoder(IMAGE, given, 2).arguments["hidden"] == [4, 5]
        assert nets.MADE(4, given, 2).arguments["hidden_dims"] == [4, 5]
    wrong_ones = ((True,), (4.0,), (0,), (-4,), ("4",), "4", b"4", {4: 4}, {4}, 4, None, ((4,),))
    for wrong in (*wrong_ones, torch.tensor(4), torch.ones(2), torch.ones(2, 2, dtype=torch.long)):
        with pytest.raises(ValueError, match="^hidden: expected"):
            nets.MLPEncoder(IMAGE, wrong, 2)
    for wrong in ((), (1, 8), (1, 8, 8, 8), 8, (1, 8, True)):
        with pytest.raises(ValueError, match="^event_shape: expected"):
            nets.ConvEncoder(wrong, (4,), 2)


def test_what_the_shared_checks_give():
    assert type(integer("n", np.int64(3), 1)) is int and type(number("x", np.float32(3))) is float
    with pytest.raises(ValueError, match="^n: expected at least 4, got 3$"):
        integer("n", np.int64(3), 4)
    with pytest.raises(ValueError, match="^x: expected a finite number, got inf$"):
        number("x", math.inf)
