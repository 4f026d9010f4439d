"""The VAE with categorical latents, held against an enumerated model."""

import itertools
import json
import math
from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils import exact, losses, nets

N, K = 2, 3


class Table(nn.Module):
    """A decoder that looks the logits of a one-hot code up in a table (K^N, D)."""

    def __init__(self, table):
        super().__init__()
        self.register_buffer("table", table)
        self.arguments = {}

    def forward(self, z):
        index = z.unflatten(1, (N, K)).argmax(-1) @ torch.tensor([K, 1])
        return self.table[index]


@pytest.fixture
def model():
    torch.manual_seed(0)
    encoder = nets.MLPEncoder((5,), (8,), N, params_per_latent=K)
    decoder = Table(2 * torch.randn(K**N, 5))
    likelihood = nets.Bernoulli(event_dim=1)
    return nets.CategoricalVAE(encoder, decoder, N, K, likelihood, mixed_precision=False)


@pytest.fixture
def x():
    return (torch.rand(4, 5, generator=torch.Generator().manual_seed(1)) < 0.5).float()


@pytest.fixture
def truth(model):
    return exact.DiscreteVAE(model.decoder.table, K)


def test_draws_are_one_hot_with_the_frequencies_of_the_posterior(model):
    logits = torch.tensor([[[0.0, 1.0, -1.0], [3.0, 3.0, 3.0]]])
    torch.manual_seed(2)
    z = model.draw(logits, 20_000)
    assert z.shape == (20_000, 1, N, K)
    assert (z.sum(-1) == 1).all() and ((z == 0) | (z == 1)).all()
    frequency, expected = z.mean((0, 1)), logits[0].softmax(-1)
    error = (expected * (1 - expected) / 20_000).sqrt()
    assert ((frequency - expected).abs() < 5 * error).all()
    codes = z[:, 0].argmax(-1)
    joint = torch.bincount(codes @ torch.tensor([K, 1]), minlength=9) / 20_000
    independent = torch.outer(*frequency).flatten()
    assert (joint - independent).abs().max() < 0.02


def test_log_weights_average_to_the_evidence(model, x, truth):
    torch.manual_seed(3)
    with torch.no_grad():
        log_w = model.log_weights(x, 40_000)
    assert log_w.shape == (40_000, 4)
    bound = losses.importance_weighted_bound(log_w)
    error = log_w.exp().std(0) / log_w.exp().mean(0) / math.sqrt(40_000)
    assert ((bound - truth.log_prob(x)).abs() < 5 * error).all()
    assert (log_w.mean(0) < truth.log_prob(x)).all()


def test_terms_are_those_of_the_discrete_elbo(model, x, truth):
    """The mean over draws equals the sum over all codes."""
    with torch.no_grad():
        logits = model.encode(x)
        assert logits.shape == (4, N, K)
        log_q = logits.log_softmax(-1)
        log_q = sum(log_q[:, n, truth.codes[:, n]] for n in range(N))  # (B, K^N)
        rows = torch.arange(K**N)[:, None].expand(-1, 4)
        log_joint = truth.log_joint(x, rows).T
        elbo = (log_q.exp() * (log_joint - log_q)).sum(1)
        torch.manual_seed(4)
        terms = [model(x) for _ in range(4_000)]
    for term in terms[:3]:
        torch.testing.assert_close(term["rate"], losses.categorical_kl_uniform(logits))
        torch.testing.assert_close(term["loss"], term["rate"] + term["distortion"])
    loss = torch.stack([term["loss"] for term in terms])
    error = loss.std(0) / math.sqrt(len(loss))
    assert ((loss.mean(0) + elbo).abs() < 5 * error).all()


def test_a_posterior_equal_to_the_prior_has_no_rate(model, x):
    for parameter in model.encoder.parameters():
        nn.init.zeros_(parameter)
    assert model(x)["rate"].abs().max() < 1e-6
    mean = model.sample(64, torch.Generator().manual_seed(0))
    assert mean.shape == (64, 5)
    assert len(mean.unique(dim=0)) == K**N  # every code is drawn, the last category too


def test_decode_takes_leading_samples(model):
    z = model.draw(torch.zeros(4, N, K), 3)
    torch.testing.assert_close(model.decode(z)[2], model.decode(z[2]))


def test_build_makes_the_same_model_from_its_header(x):
    encoder = nets.MLPEncoder((5,), (8,), N, "tanh", params_per_latent=K)
    decoder = nets.MLPDecoder(N * K, (8,), (5,))
    model = nets.CategoricalVAE(encoder, decoder, N, K, nets.Bernoulli(event_dim=1))
    again = nets.build(model.header())
    again.load_state_dict(model.state_dict())
    torch.manual_seed(0)
    first = model(x)["loss"]
    torch.manual_seed(0)
    torch.testing.assert_close(again(x)["loss"], first)
    for change in ({"num_variables": 0}, {"num_categories": "3"}, {"decoder": None}):
        with pytest.raises(ValueError, match="header: "):
            nets.build(model.header() | change)


@pytest.mark.parametrize("degree, agrees", [(1, True), (2, True), (3, False)])
def test_lesson_05_sums_over_edges(degree, agrees):
    """Slopes at both ends stand for a difference if f is at most quadratic, not if it is cubic."""
    notebook = Path(__file__).parents[1] / "notebooks" / "05_gumbel.ipynb"
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    (source,) = (text for cell in cells if "def edge_sum" in (text := "".join(cell["source"])))
    generator = torch.Generator().manual_seed(degree)
    weight, logits = torch.randn(2, 6, generator=generator, dtype=torch.float64)
    codes = exact.all_codes(2, 3)
    lesson = {
        "torch": torch,
        "itertools": itertools,
        "F": nn.functional,
        "DOUBLE": torch.float64,
        "tiny_codes": codes,
        "tiny_logits": logits.unflatten(0, (2, 3)),
    }
    exec(source[: source.index("functions = ")], lesson)

    def f(z):
        return (z.flatten(-2) @ weight) ** degree

    by_differences, by_slopes = lesson["limits"](f)
    at = lesson["tiny_logits"].clone().requires_grad_()
    q = at.log_softmax(-1)[torch.arange(2), codes].sum(-1).exp()
    cost = f(nn.functional.one_hot(codes, 3).double())
    truth = torch.autograd.grad((q * cost).sum(), at)[0]
    torch.testing.assert_close(by_differences, truth)
    assert torch.allclose(by_slopes, truth) == agrees
