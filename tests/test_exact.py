"""exact: linear-Gaussian VAE, the four 2-D Gaussians, the enumerable discrete VAE."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal, kl_divergence

from course_utils import exact, losses


def linear_vae(rows=5, latents=3, sigma=0.7, dtype=torch.float64):
    weight = torch.randn(rows, latents, dtype=dtype)
    return exact.LinearGaussianVAE(weight, torch.randn(rows, dtype=dtype), sigma)


def log_weights(model, x, mu, log_var, samples):
    z = mu + (log_var / 2).exp() * torch.randn(samples, *mu.shape, dtype=mu.dtype)
    return model.log_joint(x, z) - losses.gaussian_log_prob(z, mu, log_var)


# ---------------------------------------------------------------- linear-Gaussian VAE


@given(st.integers(1, 6), st.integers(1, 6), st.floats(0.05, 5))
def test_evidence_and_posterior_equal_torch_distributions(rows, latents, sigma):
    model = linear_vae(rows, latents, sigma)
    x, weight = 3 * torch.randn(7, rows, dtype=torch.float64), model.weight
    covariance = weight @ weight.T + sigma**2 * torch.eye(rows, dtype=torch.float64)
    expected = MultivariateNormal(model.bias, covariance).log_prob(x)
    torch.testing.assert_close(model.log_prob(x), expected, rtol=1e-8, atol=1e-8)
    # Conditioning of the joint Gaussian, by the gain; the model goes by the precision.
    gain = torch.linalg.solve(covariance, weight).T
    mean, posterior = model.posterior(x)
    torch.testing.assert_close(mean, (x - model.bias) @ gain.T, rtol=1e-8, atol=1e-8)
    identity = torch.eye(latents, dtype=torch.float64)
    torch.testing.assert_close(posterior, identity - gain @ weight, rtol=1e-8, atol=1e-8)


def test_evidence_equals_numeric_integration():
    model = linear_vae(rows=2, latents=1)
    z = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    x = torch.randn(4, 2, dtype=torch.float64)
    joint = model.log_joint(x, z[:, None, None].expand(-1, 4, 1)).exp()  # (4001, 4)
    torch.testing.assert_close(torch.trapezoid(joint, z, dim=0), model.log_prob(x).exp())


def test_with_the_exact_posterior_every_log_weight_is_log_p():
    model = linear_vae()
    x = torch.randn(6, 5, dtype=torch.float64)
    mean, covariance = model.posterior(x)
    posterior = MultivariateNormal(mean, covariance)
    z = posterior.sample((9,))
    log_w = model.log_joint(x, z) - posterior.log_prob(z)
    torch.testing.assert_close(log_w, model.log_prob(x).expand(9, 6), rtol=1e-10, atol=1e-10)


def test_the_gap_is_the_least_kl_of_a_diagonal_gaussian():
    model = linear_vae()
    x = torch.randn(4, 5, dtype=torch.float64)
    mu, log_var = model.best_diagonal_posterior(x)
    posterior = MultivariateNormal(*model.posterior(x))

    def kl(mu, log_var):
        return kl_divergence(MultivariateNormal(mu, torch.diag_embed(log_var.exp())), posterior)

    least = kl(mu, log_var)
    assert model.elbo_gap() > 0.05
    torch.testing.assert_close(least, torch.full_like(least, model.elbo_gap()))
    for _ in range(20):
        step = 0.3 * torch.randn(2, *mu.shape, dtype=torch.float64)
        assert (kl(mu + step[0], log_var) > least).all()
        assert (kl(mu, log_var + step[1]) > least).all()
    # Its variances are narrower than the marginals of the posterior.
    marginal = posterior.covariance_matrix.diagonal(dim1=-2, dim2=-1)
    assert (log_var.exp() <= marginal).all() and (log_var.exp() < 0.99 * marginal).any()


def test_bounds_lie_between_elbo_and_evidence_within_four_standard_errors():
    model = linear_vae()
    x = torch.randn(3, 5, dtype=torch.float64)
    log_w = log_weights(model, x, *model.best_diagonal_posterior(x), samples=100_000)
    log_p = model.log_prob(x)
    elbo_error = log_w.std(0) / math.sqrt(len(log_w))
    assert ((losses.elbo(log_w) - (log_p - model.elbo_gap())).abs() < 4 * elbo_error).all()
    previous, previous_error = losses.elbo(log_w), elbo_error
    for samples in (5, 50, 500):
        blocks = losses.importance_weighted_bound(log_w.reshape(-1, samples, 3), dim=1)
        bound, error = blocks.mean(0), blocks.std(0) / math.sqrt(len(blocks))
        assert (bound > previous - 1e-12).all()  # nested blocks of one log_w: exactly so
        assert (bound < log_p + 4 * error).all()
        previous, previous_error = bound, error
    assert ((previous - log_p).abs() < 0.01 + 4 * previous_error).all()


def test_the_gap_is_zero_for_orthogonal_weights():
    weight = torch.linalg.qr(torch.randn(5, 3, dtype=torch.float64))[0] * torch.tensor([1.0, 2, 3])
    model = exact.LinearGaussianVAE(weight, torch.zeros(5), 0.5)
    assert model.elbo_gap() == pytest.approx(0, abs=1e-12)


def test_samples_of_the_linear_vae_have_its_mean_and_covariance():
    model = linear_vae(rows=3, latents=2)
    n = 100_000
    x = model.sample(n, torch.Generator().manual_seed(3))
    assert torch.equal(x, model.sample(n, torch.Generator().manual_seed(3)))
    covariance = model.weight @ model.weight.T + model.sigma**2 * torch.eye(3).double()
    error = (covariance.diagonal() / n).sqrt()
    assert ((x.mean(0) - model.bias).abs() < 4 * error).all()
    # Var of a sample covariance: (S_ii S_jj + S_ij^2) / n
    variances = covariance.diagonal()
    spread = ((variances[:, None] * variances + covariance**2) / n).sqrt()
    assert ((x.T.cov() - covariance).abs() < 4 * spread).all()
    # E[-log p(x)] is the entropy, whose estimate has variance D / 2 / n.
    entropy = MultivariateNormal(model.bias, covariance).entropy()
    assert abs(-model.log_prob(x).mean() - entropy) < 4 * math.sqrt(1.5 / n)


def test_dtype_is_that_of_the_weight_and_extremes_are_finite():
    model = linear_vae(dtype=torch.float32)
    x = torch.randn(2, 5)
    assert model.log_prob(x).dtype == model.posterior(x.double())[0].dtype == torch.float32
    assert model.sample(2).dtype == torch.float32
    weight = torch.randn(50, 4, dtype=torch.float64)
    for sigma in (1e-4, 1e3):
        exactly = exact.LinearGaussianVAE(weight, torch.zeros(50), sigma)
        roughly = exact.LinearGaussianVAE(weight.float(), torch.zeros(50), sigma)
        x = exactly.sample(20)
        # Rounding x moves a residual of 1e-4 by 3e-3 standard deviations.
        torch.testing.assert_close(
            roughly.log_prob(x).double(), exactly.log_prob(x), rtol=0, atol=0.1
        )


def test_bad_linear_models():
    weight, bias = torch.zeros(3, 2), torch.zeros(3)
    for arguments, error, name in [
        ((weight[0], bias, 1.0), ValueError, "weight"),
        ((weight, torch.zeros(2), 1.0), ValueError, "bias"),
        ((weight, weight, 1.0), ValueError, "bias"),
        ((weight.long(), bias, 1.0), TypeError, "weight"),
        ((weight, [0.0] * 3, 1.0), TypeError, "bias"),
        ((weight * math.nan, bias, 1.0), losses.NotFiniteError, "weight"),
        ((weight, bias, 0.0), ValueError, "sigma"),
        ((weight, bias, -1.0), ValueError, "sigma"),
        ((weight, bias, math.nan), ValueError, "sigma"),
        ((weight, bias, "one"), TypeError, "sigma"),
        ((weight, bias, None), TypeError, "sigma"),
    ]:
        with pytest.raises(error, match=f"^{name}: expected"):
            exact.LinearGaussianVAE(*arguments)
    model = exact.LinearGaussianVAE(weight, bias, 1.0)
    for function in (model.log_prob, model.posterior, model.best_diagonal_posterior):
        with pytest.raises(ValueError, match=r"^x: expected shape \(B, 3\)"):
            function(torch.zeros(4, 2))
        with pytest.raises(losses.NotFiniteError, match="^x: "):
            function(torch.full((4, 3), math.nan))
        with pytest.raises(TypeError, match="^x: "):
            function(torch.zeros(4, 3, dtype=torch.int64))


# ---------------------------------------------------------------- 2-D Gaussians


@pytest.mark.parametrize("name", exact.GAUSSIANS_2D)
def test_the_four_gaussians(name):
    density = exact.gaussian_2d(name)
    assert density.name == name
    assert density.entropy == pytest.approx(math.log(2 * math.pi * math.e) + math.log(5))
    assert density.entropy == pytest.approx(4.4473, abs=5e-5)
    eigenvalues = torch.linalg.eigvalsh(density.covariance)
    torch.testing.assert_close(eigenvalues, torch.tensor([1.0, 25.0]).double())
    expected = MultivariateNormal(density.mean, density.covariance)
    x = 4 * torch.randn(50, 2, dtype=torch.float64)
    torch.testing.assert_close(density.log_prob(x), expected.log_prob(x))
    assert density.entropy == pytest.approx(expected.entropy().item())
    axis = torch.linspace(-40, 40, 401, dtype=torch.float64)
    mass = density.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * 0.2**2
    assert mass.item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", exact.GAUSSIANS_2D)
def test_samples_of_the_four_gaussians(name):
    density, n = exact.gaussian_2d(name), 100_000
    x = density.sample(n, seed=1)
    assert x.shape == (n, 2) and x.dtype == torch.float32
    assert torch.equal(x, density.sample(n, seed=1))
    assert not torch.equal(x, density.sample(n, seed=2))
    variances = density.covariance.diagonal()
    assert ((x.double().mean(0) - density.mean).abs() < 4 * (variances / n).sqrt()).all()
    spread = ((variances[:, None] * variances + density.covariance**2) / n).sqrt()
    assert ((x.double().T.cov() - density.covariance).abs() < 4 * spread).all()
    log_prob = density.log_prob(x)
    assert log_prob.dtype == torch.float32
    assert abs(-log_prob.mean().item() - density.entropy) < 4 * math.sqrt(1 / n)


def test_bad_gaussians():
    with pytest.raises(ValueError, match="^name: expected one of full1, full2, diag1, diag2"):
        exact.gaussian_2d("full3")
    with pytest.raises(ValueError, match=r"^x: expected shape \(n, 2\)"):
        exact.gaussian_2d("full1").log_prob(torch.zeros(4, 3))


# ---------------------------------------------------------------- discrete VAE


def discrete_vae(latents=2, categories=3, rows=4):
    logits = 2 * torch.randn(categories**latents, rows, dtype=torch.float64)
    return exact.DiscreteVAE(logits, categories)


def images(rows):
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * rows)


def test_codes_are_all_codes_the_first_variable_slowest():
    expected = [[i, j] for i in range(3) for j in range(3)]
    assert exact.all_codes(2, 3).tolist() == expected
    assert exact.all_codes(1, 4).tolist() == [[0], [1], [2], [3]]
    model = discrete_vae(3, 2)
    assert model.codes.shape == (8, 3) and model.num_latents == 3


@pytest.mark.parametrize("latents, categories", [(1, 4), (2, 3), (3, 2)])
def test_discrete_evidence_sums_to_one_and_equals_plain_loops(latents, categories):
    model = discrete_vae(latents, categories)
    x = images(4)
    log_p = model.log_prob(x)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
    p = model.logits_x.sigmoid()
    for row, value in zip(x, log_p, strict=True):
        joint = torch.where(row == 1, p, 1 - p).prod(-1) / categories**latents
        assert value.item() == pytest.approx(joint.sum().log().item(), rel=1e-12)


def test_discrete_posterior_is_bayes_rule():
    model = discrete_vae()
    x = images(4)
    posterior = model.posterior(x)
    assert posterior.shape == (16, 9)
    torch.testing.assert_close(posterior.sum(-1), torch.ones(16).double())
    for z in range(9):
        index = torch.full((16,), z)
        log_ratio = model.log_joint(x, index) - model.log_prob(x)
        torch.testing.assert_close(posterior[:, z], log_ratio.exp())


def test_discrete_log_joint_over_samples_and_importance_weights():
    """With z from the exact posterior every log-weight is log p(x)."""
    model, x = discrete_vae(), images(4)
    posterior = model.posterior(x)
    z = torch.multinomial(posterior, 7, replacement=True).T  # (7, 16)
    log_q = posterior.log().expand(7, 16, 9).gather(-1, z[..., None]).squeeze(-1)
    log_w = model.log_joint(x, z) - log_q
    torch.testing.assert_close(log_w, model.log_prob(x).expand(7, 16))


def test_bad_discrete_models():
    logits = torch.zeros(9, 4)
    for arguments, error, name in [
        ((torch.zeros(8, 4), 3), ValueError, "logits_x"),
        ((torch.zeros(9), 3), ValueError, "logits_x"),
        ((torch.zeros(1, 4), 3), ValueError, "logits_x"),
        ((torch.zeros(0, 4), 3), ValueError, "logits_x"),
        ((logits.long(), 3), TypeError, "logits_x"),
        ((logits * math.inf, 3), losses.NotFiniteError, "logits_x"),
        ((logits, 1), ValueError, "num_categories"),
        ((logits, 3.0), TypeError, "num_categories"),
    ]:
        with pytest.raises(error, match=f"^{name}: expected"):
            exact.DiscreteVAE(*arguments)
    with pytest.raises(ValueError, match="^x: expected zeros and ones"):
        exact.DiscreteVAE(logits, 3).log_prob(torch.full((1, 4), 0.5))


# --- principal components ------------------------------------------------------------------------


def correlated(count, dims, dtype=torch.float64):
    mixing = torch.randn(dims, dims, dtype=dtype) * torch.linspace(2, 0.1, dims, dtype=dtype)
    return torch.randn(count, dims, dtype=dtype) @ mixing.T + 3


@pytest.mark.parametrize(("latents", "sigma"), [(3, 0.7), (8, 0.7), (8, 3.0), (1, 1e-3)])
def test_the_closed_form_is_the_mean_over_the_data(latents, sigma):
    x = correlated(500, 8)
    parts = exact.PrincipalComponents.of(x, chunk=64)
    model = parts.vae(latents, sigma)
    assert parts.neg_log_likelihood(latents, sigma) == pytest.approx(
        -model.log_prob(x).mean().item()
    )
    assert model.elbo_gap() == pytest.approx(0, abs=1e-9)
    active = (parts.values[:latents] > sigma**2).sum()
    assert (model.weight.norm(dim=0) > 0).sum() == active


def test_no_other_linear_vae_is_more_likely():
    x = correlated(400, 6)
    best = exact.PrincipalComponents.of(x).vae(2, 0.8)
    highest = best.log_prob(x).mean()
    for _ in range(20):
        weight = best.weight + 0.1 * torch.randn_like(best.weight)
        bias = best.bias + 0.05 * torch.randn_like(best.bias)
        assert exact.LinearGaussianVAE(weight, bias, 0.8).log_prob(x).mean() < highest


def test_components_are_those_of_the_covariance():
    x = correlated(300, 5)
    parts = exact.PrincipalComponents.of(x)
    rebuilt = (parts.vectors * parts.values) @ parts.vectors.T
    torch.testing.assert_close(rebuilt, torch.cov(x.T, correction=0))
    assert (parts.values.diff() <= 0).all()
    near = exact.PrincipalComponents.of(x.float(), chunk=70)
    torch.testing.assert_close(near.values, parts.values, rtol=1e-4, atol=1e-4)


def test_components_of_fewer_data_than_dimensions():
    x = correlated(7, 12)
    parts = exact.PrincipalComponents.of(x)
    covariance = torch.cov(x.T, correction=0)
    rebuilt = (parts.vectors * parts.values) @ parts.vectors.T
    torch.testing.assert_close(rebuilt, covariance)
    torch.testing.assert_close(parts.values, torch.linalg.eigvalsh(covariance).flip(0))
    assert (parts.values[6:] == 0).all() and (parts.vectors[:, 6:] == 0).all()
    torch.testing.assert_close(parts.vectors[:, :6].T @ parts.vectors[:, :6], torch.eye(6).double())
    exact_loss = -parts.vae(9, 0.7).log_prob(x).mean().item()
    assert parts.neg_log_likelihood(9, 0.7) == pytest.approx(exact_loss)


def test_bad_data_for_components():
    with pytest.raises(TypeError, match="x: expected"):
        exact.PrincipalComponents.of(torch.ones(4, 3, dtype=torch.int64))
    for x in (torch.ones(3), torch.ones(1, 3)):
        with pytest.raises(ValueError, match="x: expected shape"):
            exact.PrincipalComponents.of(x)
    with pytest.raises(ValueError):
        exact.PrincipalComponents.of(torch.full((4, 3), torch.nan))


@pytest.mark.parametrize("method", ["vae", "neg_log_likelihood"])
@pytest.mark.parametrize(
    ("arguments", "name"),
    [((0, 1.0), "num_latents"), ((6, 1.0), "num_latents"), ((2.0, 1.0), "num_latents")]
    + [((2, 0.0), "sigma"), ((2, -1.0), "sigma"), ((2, float("nan")), "sigma")],
)
def test_bad_sizes_for_a_linear_vae_of_components(method, arguments, name):
    parts = exact.PrincipalComponents.of(correlated(50, 5))
    with pytest.raises(ValueError, match=f"{name}: expected"):
        getattr(parts, method)(*arguments)
