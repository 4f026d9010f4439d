"""Nothing in, nothing out: empty batches and samples, with a gradient and without."""

import pytest
import torch
from test_double import IMAGE, categorical, hierarchy, vae, vq_vae

from course_utils import evaluation, exact, judge, losses, nets


def zeros(*shape):
    return torch.zeros(shape)


def prior_of_codes(labels=None):
    return nets.IndependentPrior(torch.randint(0, 5, (9, 2, 3)), 5, 0.5, labels)


CODES = torch.zeros(0, 2, 3, dtype=torch.long)
PLANE = exact.gaussian_2d("full1")
LINEAR = exact.LinearGaussianVAE(torch.randn(4, 2), zeros(4), 0.5)
DISCRETE = exact.DiscreteVAE(torch.randn(9, 4), 3)
NO_IMAGES = zeros(0, *IMAGE)
VAES = {
    "vae": vae,
    "flow": lambda: vae(prior=nets.AutoregressivePrior),
    "gaussian": lambda: vae(nets.Gaussian(3), params=2),
    "logistic": lambda: vae(nets.DiscretizedLogistic(), params=2),
    "mixture": lambda: vae(nets.LogisticMixture(2, 1), params=6),
    "categorical": categorical,
    "two layers": lambda: hierarchy(nets.TwoLayerVAE),
    "ladder": lambda: hierarchy(nets.LadderVAE),
}
CASES = {  # what is called, and the shapes it gives
    "gaussian_kl": (lambda: losses.gaussian_kl(zeros(0, 3), zeros(0, 3)), (0,)),
    "gaussian_kl of p": (lambda: losses.gaussian_kl(*[zeros(2, 0, 3)] * 4), (2, 0)),
    "categorical_kl": (lambda: losses.categorical_kl_uniform(zeros(0, 3, 4)), (0,)),
    "gaussian": (lambda: losses.gaussian_log_prob(zeros(0, 3), zeros(5, 0, 3), 0.0), (5, 0)),
    "no samples": (lambda: losses.gaussian_log_prob(zeros(2, 3), zeros(0, 2, 3), 0.0), (0, 2)),
    "bernoulli": (lambda: losses.bernoulli_log_prob(zeros(0, 3), zeros(5, 0, 3)), (5, 0)),
    "grey": (lambda: losses.grey_cross_entropy(zeros(0, 3), zeros(5, 0, 3)), (5, 0)),
    "logistic": (
        lambda: losses.discretized_logistic_log_prob(NO_IMAGES, zeros(5, 0, *IMAGE), 0.0),
        (5, 0),
    ),
    "mixture": (
        lambda: losses.discretized_logistic_mixture_log_prob(NO_IMAGES, zeros(5, 0, 6, 4, 4)),
        (5, 0),
    ),
    "mixture of colours": (
        lambda: losses.discretized_logistic_mixture_log_prob(zeros(0, 3, 4, 4), zeros(0, 20, 4, 4)),
        (0,),
    ),
    "mixture's mean": (
        lambda: losses.discretized_logistic_mixture_mean(zeros(0, 20, 4, 4), 3),
        (0, 3, 4, 4),
    ),
    "mixture's draw": (
        lambda: losses.sample_discretized_logistic_mixture(zeros(0, 20, 4, 4), 3),
        (0, 3, 4, 4),
    ),
    "bound": (lambda: losses.importance_weighted_bound(zeros(5, 0)), (0,)),
    "elbo": (lambda: losses.elbo(zeros(5, 0)), (0,)),
    "sample size": (lambda: losses.effective_sample_size(zeros(5, 0)), (0,)),
    "surrogate": (
        lambda: losses.dreg_surrogate(zeros(5, 0), zeros(5, 0, 2).requires_grad_()),
        (0,),
    ),
    "bits": (lambda: losses.bits_per_dim(zeros(0), 4), (0,)),
    "normal": (lambda: nets.StandardNormal(3).log_prob(zeros(5, 0, 3)), (5, 0)),
    "normal's draw": (lambda: nets.StandardNormal(3).sample(0), (0, 3)),
    "flow": (lambda: nets.AutoregressivePrior(3, (4,)).log_prob(zeros(5, 0, 3)), (5, 0)),
    "flow's draw": (lambda: nets.AutoregressivePrior(3, (4,)).sample(0), (0, 3)),
    "made": (lambda: nets.MADE(3, (4,), 2)(zeros(0, 3)), (0, 3, 2)),
    "table": (lambda: prior_of_codes().log_prob(CODES), (0,)),
    "table's draw": (lambda: prior_of_codes().sample(0), (0, 2, 3)),
    "precision": (lambda: nets.precision_weighted(*[zeros(0, 3)] * 4)[0], (0, 3)),
    "plane": (lambda: PLANE.log_prob(zeros(0, 2)), (0,)),
    "plane's draw": (lambda: PLANE.sample(0, 1), (0, 2)),
    "linear": (lambda: LINEAR.log_prob(zeros(0, 4)), (0,)),
    "linear joint": (lambda: LINEAR.log_joint(zeros(0, 4), zeros(5, 0, 2)), (5, 0)),
    "linear's best": (lambda: LINEAR.best_diagonal_posterior(zeros(0, 4))[1], (0, 2)),
    "linear's draw": (lambda: LINEAR.sample(0), (0, 4)),
    "discrete": (lambda: DISCRETE.log_prob(zeros(0, 4)), (0,)),
    "discrete posterior": (lambda: DISCRETE.posterior(zeros(0, 4)), (0, 9)),
    "masked": (lambda: nets.MaskedConv2d(2, 3, 3)(zeros(0, 2, 4, 4)), (0, 3, 4, 4)),
    "in parts": (lambda: evaluation.in_parts(lambda x: x + 1, zeros(0, 3)), (0, 3)),
    "judge": (lambda: judge.DigitJudge(IMAGE)(NO_IMAGES)[1], (0,)),
}


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_functions(name, gradient):
    call, shape = CASES[name]
    with torch.set_grad_enabled(gradient or name == "surrogate"):
        assert call().shape == shape


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", VAES)
def test_vaes(name, training, gradient):
    model = VAES[name]().train(training)
    with torch.set_grad_enabled(gradient):
        terms = model(NO_IMAGES)
        for value in terms.values():
            assert value.shape == (0,)
        if gradient:
            terms["loss"].sum().backward()
        assert model.log_weights(NO_IMAGES, 5).shape == (5, 0)
        some = 2 * torch.randint(0, 2, (3, *IMAGE)).float() - 1
        some = some if name in ("logistic", "mixture") else some.clamp(min=0)
        assert model.log_weights(some, 0).shape == (0, 3)
        params = model.sample(0)
        assert params.shape[0] == 0
        assert model.likelihood.mean(params).shape == model.likelihood.sample(params).shape
        for found in evaluation.rate_distortion(model, NO_IMAGES):
            assert found.shape == (0,)


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("options", [{}, {"decay": 0.9, "restart_below": 0.5}])
def test_quantizers(options, gradient):
    model = vq_vae(**options)
    with torch.set_grad_enabled(gradient):
        before = [value.clone() for value in model.state_dict().values()]
        for value in model(NO_IMAGES).values():
            assert value.shape == (0,)
        assert model.codes(NO_IMAGES).shape == (0, 2, 2)
        assert model.decode_codes(CODES[:, :, :2]).shape == (0, 1, 4, 4)
    for value, was in zip(model.state_dict().values(), before, strict=True):
        assert torch.equal(value, was)
    with pytest.raises(ValueError, match="z_e: expected at least 5 distinct vectors, got 0"):
        model.quantizer.start_from(zeros(0, 4, 2, 2))


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("kind", [nets.PixelCNN, nets.GatedPixelCNN])
def test_priors_of_codes(kind, gradient):
    net = kind(5, 4, 1, 3, num_classes=2)
    with torch.set_grad_enabled(gradient):
        labels = torch.zeros(0, dtype=torch.long)
        assert net(CODES, labels).shape == (0, 5, 2, 3)
        assert net.log_prob(CODES, labels).shape == (0,)
        assert net.cached_logits(CODES, labels).shape == (0, 5, 2, 3)
        for cached in (True, False):
            assert net.sample(0, (2, 3), labels, cached=cached).shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.importance_weighted_bound(zeros(0, 3)), "log_w: expected at least one"),
        (lambda: losses.elbo(zeros(0, 3)), "log_w: expected at least one"),
        (lambda: losses.effective_sample_size(zeros(0, 3)), "log_w: expected at least one"),
        (lambda: evaluation.mean_and_error(zeros(0)), "values: expected .* at least 2"),
        (lambda: evaluation.active_units(zeros(0, 3)), "mu: expected .* at least 2"),
        (lambda: evaluation.codebook_usage(CODES, 5), "indices: expected .* at least one"),
        (
            lambda: evaluation.log_likelihood(vae().log_weights, NO_IMAGES, 5),
            "images: expected at least 1, got 0",
        ),
        (lambda: nets.IndependentPrior(CODES, 5, 1.0), "codes: expected .* one at least"),
        (lambda: exact.PrincipalComponents.of(zeros(0, 3)), "x: expected .* N >= 2"),
    ],
)
def test_a_mean_over_nothing_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
