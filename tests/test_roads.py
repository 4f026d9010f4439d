"""Where there are two roads, a fast one and a plain one, both give the same and refuse the same."""

import itertools

import pytest
import torch

from course_utils import evaluation, losses, nets
from course_utils.nets import quantizer, vae

FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
IMAGE = (1, 4, 4)


def bernoulli(x, logits, gradient):
    with torch.set_grad_enabled(gradient):
        return nets.Bernoulli(len(IMAGE)).log_prob(x, logits)


def kl(x, log_var, short):
    p = (0.0, 0.0) if short else (torch.zeros_like(x), torch.zeros_like(log_var))
    return losses.gaussian_kl(x, log_var, *p)


def one_shape(x, mu, alike):
    """``together`` lets tensors of one shape and dtype pass at once."""
    if not alike and isinstance(x, torch.Tensor) and isinstance(mu, torch.Tensor):
        x, mu = x[None], mu[None, :, :1].expand(1, *mu.shape)
        return losses.gaussian_log_prob(x, mu, torch.zeros(())).squeeze(0)
    return losses.gaussian_log_prob(x, mu, 0.0)


def outcome(call, *arguments):
    """What a call gives: a value with its dtype and shape, or an error with its text."""
    try:
        return call(*arguments).detach()
    except (TypeError, ValueError) as error:
        return type(error), str(error)


def assert_same(first, second):
    if isinstance(first, tuple) or isinstance(second, tuple):
        assert first == second
        return
    assert first.dtype == second.dtype and first.shape == second.shape
    exact = first.dtype == torch.float64
    close = {"rtol": 1e-12, "atol": 1e-10} if exact else {"rtol": 1e-5, "atol": 1e-5}
    torch.testing.assert_close(first, second, **close)


def images(dtype):
    return (torch.rand(3, *IMAGE) < 0.5).to(dtype)


@pytest.mark.parametrize("pair", list(itertools.product(FLOATS, FLOATS)), ids=str)
@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0, 1e4])
def test_bernoulli_with_and_without_gradient(pair, scale):
    x, logits = images(pair[0]), (scale * torch.randn(700, 3, *IMAGE)).to(pair[1])
    fast, plain = bernoulli(x, logits, False), bernoulli(x, logits, True)
    assert plain.dtype == torch.promote_types(torch.promote_types(*pair), torch.float32)
    assert_same(fast, plain)
    right = losses.bernoulli_log_prob(x.double(), logits.double(), len(IMAGE))
    torch.testing.assert_close(fast.double(), right, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [0, 650])
def test_bernoulli_names_a_logit_the_same_way(dtype, value, place):
    x, logits = images(dtype), torch.zeros(700, 3, *IMAGE, dtype=dtype)
    logits[place, 1, 0, 2, 2] = value
    fast, plain = (outcome(bernoulli, x, logits, gradient) for gradient in (False, True))
    assert fast == plain and fast[0] is losses.NotFiniteError and fast[1].startswith("logits: ")


BAD = {
    "grey": (images(torch.float32) * 0.5, torch.zeros(5, 3, *IMAGE)),
    "grey of another dtype": (images(torch.float32) + 2, torch.zeros(5, 3, *IMAGE).double()),
    "nan": (images(torch.float16) * float("nan"), torch.zeros(5, 3, *IMAGE)),
    "nan in float32": (images(torch.float32) / 0, torch.zeros(5, 3, *IMAGE).double()),
    "integers": (images(torch.int64), torch.zeros(5, 3, *IMAGE)),
    "flags": (images(torch.bool), torch.zeros(5, 3, *IMAGE)),
    "whole logits": (images(torch.float32), torch.zeros(5, 3, *IMAGE, dtype=torch.int64)),
    "another shape": (images(torch.float32), torch.zeros(5, 2, *IMAGE)),
    "too few dimensions": (torch.ones(4, 4), torch.zeros(5, 4, 4)),
    "a list": ([1.0], torch.zeros(5, 3, *IMAGE)),
    "a number": (images(torch.float32), "0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bernoulli_refuses_the_same(name):
    fast, plain = (outcome(bernoulli, *BAD[name], gradient) for gradient in (False, True))
    assert isinstance(plain, tuple) and fast == plain


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_bernoulli_where_logits_are_finite_and_their_sum_is_not(dtype):
    x, logits = images(dtype), torch.full((2, 3, *IMAGE), torch.finfo(dtype).max, dtype=dtype)
    assert_same(bernoulli(x, logits, False), bernoulli(x, logits, True))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("bad", [None, "nan", "shape", "type"])
def test_kl_from_the_standard_normal_and_from_any(dtype, bad):
    x, log_var = torch.randn(4, 3).to(dtype), torch.randn(4, 3).to(dtype)
    if bad == "nan":
        log_var[2, 1] = float("nan")
    log_var = {"shape": log_var[:, :2], "type": log_var.long()}.get(bad, log_var)
    short, full = (outcome(kl, x, log_var, short) for short in (True, False))
    assert_same(short, full)
    assert (
        isinstance(short, tuple)
        if bad
        else short.dtype == torch.promote_types(dtype, torch.float32)
    )


@pytest.mark.parametrize("pair", list(itertools.product(FLOATS, FLOATS)), ids=str)
def test_arguments_of_one_kind_and_of_several(pair):
    x, mu = torch.randn(4, 3).to(pair[0]), torch.randn(4, 1).expand(4, 3).to(pair[1])
    assert_same(one_shape(x, mu, True), one_shape(x, mu, False))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_mixture_of_one_is_the_plain_distribution(channels, dtype):
    """Uncoupled, and for every dtype that the parameters come in."""
    x = 2 * torch.randint(0, 256, (5, channels, 4, 4)) / 255 - 1
    mu, log_scale = torch.randn(2, 5, channels, 4, 4).to(dtype).unbind()
    rest = torch.zeros(5, channels * (channels - 1) // 2, 4, 4, dtype=dtype)
    params = torch.cat([torch.zeros(5, 1, 4, 4, dtype=dtype), mu, log_scale, rest], 1)
    plain = losses.discretized_logistic_log_prob(x, mu, log_scale)
    mixed = losses.discretized_logistic_mixture_log_prob(x, params)
    last = params.to(memory_format=torch.channels_last)
    assert_same(mixed, plain)
    assert_same(losses.discretized_logistic_mixture_log_prob(x, last), mixed)


@pytest.mark.parametrize("kind", ["vae", "categorical", "ladder"])
@pytest.mark.parametrize("dtype", FLOATS[2:], ids=str)
@pytest.mark.parametrize("mixed", [True, False])
def test_log_weights_with_and_without_gradient(kind, dtype, mixed, monkeypatch):
    from test_double import categorical, hierarchy
    from test_double import vae as plain_vae

    makers = {"vae": plain_vae, "categorical": categorical}
    model = makers.get(kind, lambda: hierarchy(nets.LadderVAE))().to(dtype)
    model.mixed_precision = mixed
    monkeypatch.setattr(vae, "LAYER_SIZE", 40)  # few rows at a time
    model.eval()
    found = []
    for gradient in (True, False):
        torch.manual_seed(1)
        with torch.set_grad_enabled(gradient):
            found.append(model.log_weights(images(dtype), 40).detach())
    assert found[0].dtype == dtype
    tolerance = {} if dtype == torch.float64 else {"rtol": 1e-5, "atol": 1e-4}
    if mixed and dtype == torch.float32:
        tolerance = {"rtol": 1e-2, "atol": 1e-2}
    torch.testing.assert_close(*found, **tolerance)
    wrong = images(dtype) * 0.5
    errors = []
    for gradient in (True, False):
        torch.manual_seed(1)
        with torch.set_grad_enabled(gradient):
            errors.append(outcome(model.log_weights, wrong, 40))
    assert errors[0] == errors[1] and errors[0][0] is ValueError


@pytest.mark.parametrize("kind", [nets.PixelCNN, nets.GatedPixelCNN])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_cached_and_plain_sampling(kind, dtype):
    net = kind(5, 8, 1, 3, num_classes=2, mixed_precision=False).to(dtype).eval()
    codes, labels = torch.randint(0, 5, (3, 3, 4)), torch.tensor([0, 1, 0])
    close = {torch.bfloat16: 5e-2, torch.float16: 5e-3, torch.float32: 1e-5, torch.float64: 1e-12}
    cached, whole = net.cached_logits(codes, labels), net(codes, labels)
    assert cached.dtype == whole.dtype == torch.promote_types(dtype, torch.float32)
    torch.testing.assert_close(cached, whole, rtol=close[dtype], atol=close[dtype])
    noise = torch.full((3, 3, 4, 5), -1e4)
    noise.scatter_(-1, codes[..., None], 1e4)  # which code it is to be is beyond doubt
    for use in (True, False):
        assert torch.equal(net.sample(3, (3, 4), labels, noise=noise, cached=use), codes)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_samples": -1},
        {"num_samples": True},
        {"shape": (2,)},
        {"shape": 3},
        {"labels": None},
        {"labels": torch.tensor([0, 2, 0])},
        {"labels": torch.zeros(3)},
        {"labels": torch.zeros(2, dtype=torch.long)},
        {"noise": torch.zeros(3, 3, 4)},
    ],
    ids=str,
)
def test_cached_and_plain_sampling_refuse_the_same(arguments):
    net = nets.PixelCNN(5, 8, 1, 3, num_classes=2)
    given = {"num_samples": 3, "shape": (3, 4), "labels": torch.zeros(3, dtype=torch.long)}
    cached, plain = (
        outcome(lambda use=use: net.sample(**(given | arguments), cached=use))
        for use in (True, False)
    )
    assert isinstance(cached, tuple) and cached == plain
    codes = torch.full((3, 3, 4), 5)
    found = [outcome(call, codes, given["labels"]) for call in (net, net.cached_logits)]
    assert found[0] == found[1] and isinstance(found[0], tuple)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_flow_and_its_inverse(dtype):
    prior = nets.AutoregressivePrior(4, (8,)).to(dtype)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    z = prior.sample(6)
    assert z.dtype == dtype
    epsilon, _ = prior.transform(z)
    wide = torch.promote_types(dtype, torch.float32)
    assert prior.log_prob(z).dtype == epsilon.dtype == wide
    close = {torch.bfloat16: 3e-2, torch.float16: 4e-3, torch.float32: 1e-5, torch.float64: 1e-12}
    again = prior.invert(epsilon.to(dtype))
    torch.testing.assert_close(again, z, rtol=close[dtype], atol=close[dtype])


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_scores_in_parts_are_scores(dtype):
    log_w = (20 * torch.randn(60, 7)).to(dtype)
    rows = {}

    def weights(x, count):
        rest = rows.pop(x, log_w[:, x.flatten()])
        rows[x] = rest[count:]
        return rest[:count]

    found = evaluation.log_likelihood(weights, torch.arange(7)[:, None], 60, 20, progress=False)
    wide = torch.promote_types(dtype, torch.float32)
    for value, function in (
        (found.values, losses.importance_weighted_bound),
        (found.elbo, losses.elbo),
        (found.effective_sample_size, losses.effective_sample_size),
    ):
        assert value.dtype == wide
        torch.testing.assert_close(value, function(log_w), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_nearest_code_and_the_search_in_float64(dtype):
    z, codebook = torch.randn(300, 4).to(dtype), torch.randn(20, 4).to(dtype)
    made = nets.VectorQuantizer(20, 4).to(dtype)
    with torch.no_grad():
        made.codebook.copy_(codebook)
    found = made.nearest(z.T[None, :, None])[0, 0]
    distance = (z[:, None].double() - codebook.double()).square().sum(-1)
    assert torch.equal(found, distance.argmin(1))
    wide = torch.promote_types(dtype, torch.float32)
    assert torch.equal(quantizer._nearest(z.to(wide), codebook.to(wide)), found)


def test_under_autocast_log_probabilities_stay_float32():
    x, logits = images(torch.float32), torch.randn(5, 3, *IMAGE)
    grid = 2 * x - 1
    z, log_var = torch.randn(3, 4), torch.randn(3, 4)
    calls = (
        lambda: nets.Bernoulli().log_prob(x, logits),
        lambda: losses.gaussian_kl(z, log_var, z + 1, log_var - 1),
        lambda: losses.gaussian_log_prob(z, z + 1, log_var),
        lambda: losses.categorical_kl_uniform(logits[:, :, 0]),
        lambda: losses.discretized_logistic_log_prob(grid, logits, logits),
        lambda: losses.discretized_logistic_mixture_log_prob(grid, logits.expand(5, 3, 3, 4, 4)[0]),
        lambda: losses.importance_weighted_bound(logits[:, :, 0, 0, 0]),
        lambda: nets.StandardNormal(4).log_prob(z),
    )
    for call in calls:
        plain = call()
        with torch.autocast("cpu", torch.bfloat16):
            inside = call()
        with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
            fast = call()
        for value in (inside, fast):
            assert value.dtype == torch.float32
            torch.testing.assert_close(value, plain, rtol=1e-5, atol=1e-5)
