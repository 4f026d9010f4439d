"""The digit judge: the same on every run, and distances of sets of pictures in its features."""

import time

import numpy as np
import pytest
import scipy.linalg
import torch

from course_utils import data, judge, losses


def test_the_judge_reads_digits_the_same_way_each_time():
    digits = data.load("mnist")
    before = torch.get_rng_state()
    start = time.process_time()
    reader = judge.digit_judge(digits)
    assert time.process_time() - start < 5
    assert torch.equal(torch.get_rng_state(), before)
    unit = data.to_unit(digits.test_images)
    labels, confidence = reader(unit)
    assert labels.shape == confidence.shape == (len(unit),)
    assert labels.dtype == torch.int64 and (confidence >= 0.1).all() and (confidence <= 1).all()
    right = labels == digits.test_labels
    assert right.float().mean() > 0.8  # chance is 0.1
    assert confidence[right].mean() > confidence[~right].mean()
    torch.rand(3)
    again, same_confidence = judge.digit_judge(digits)(unit)
    assert torch.equal(labels, again) and torch.equal(confidence, same_confidence)
    other = judge.digit_judge(digits, seed=1, epochs=1)(unit)[1]
    assert not torch.equal(confidence, other)


def test_the_judge_takes_colour_and_odd_sizes():
    reader = judge.DigitJudge((3, 30, 33))
    labels, confidence = reader(torch.rand(2, 3, 30, 33))
    assert labels.shape == confidence.shape == (2,)


def test_features_are_what_its_last_layer_reads():
    reader = judge.DigitJudge((1, 28, 28))
    images = torch.rand(5, 1, 28, 28)
    found = judge.features(reader, images)
    assert found.shape == (5, 128) and not found.requires_grad and found.dtype == torch.float32
    probabilities = reader.net[-1](found).softmax(-1)
    labels, confidence = reader(images)
    assert torch.equal(probabilities.argmax(-1), labels)
    torch.testing.assert_close(probabilities.max(-1).values, confidence, rtol=2e-2, atol=2e-2)


def test_features_do_not_depend_on_the_parts(monkeypatch):
    reader, images = judge.DigitJudge((1, 28, 28)), torch.rand(4_001, 1, 28, 28)
    whole = judge.features(reader, images)
    torch.testing.assert_close(whole[-1:], judge.features(reader, images[-1:]))
    assert len(whole) == 4_001


def gaussian(mean, root, rows, generator):
    """Rows whose own mean and covariance are exactly ``mean`` and ``root @ root.T``."""
    x = torch.randn(rows, len(mean), generator=generator, dtype=torch.float64)
    x = x - x.mean(0)
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T
    return mean + x @ root.T


@pytest.mark.parametrize("seed", range(5))
def test_frechet_distance_equals_the_matrix_root(seed):
    """Against scipy's root of the product, which the eigenvalues stand for."""
    generator = torch.Generator().manual_seed(seed)
    means, roots = (
        torch.randn(2, 4, generator=generator).double(),
        torch.randn(2, 4, 4, generator=generator).double(),
    )
    sets = [gaussian(means[i], roots[i], 30 + i, generator) for i in range(2)]
    covs = [(root @ root.T).numpy() for root in roots]
    product = scipy.linalg.sqrtm(covs[0] @ covs[1]).real
    wanted = (means[0] - means[1]).square().sum().item()
    wanted += np.trace(covs[0] + covs[1] - 2 * product)
    assert judge.frechet_distance(*sets) == pytest.approx(wanted, rel=1e-8)
    assert judge.frechet_distance(*sets[::-1]) == pytest.approx(wanted, rel=1e-8)


def test_frechet_distance_of_known_gaussians():
    """Diagonal ones: the distance of the means plus that of the standard deviations."""
    generator = torch.Generator().manual_seed(0)
    a = gaussian(
        torch.tensor([0.0, 1.0]).double(),
        torch.diag(torch.tensor([1.0, 2.0]).double()),
        50,
        generator,
    )
    b = gaussian(
        torch.tensor([3.0, 1.0]).double(),
        torch.diag(torch.tensor([4.0, 0.5]).double()),
        70,
        generator,
    )
    assert judge.frechet_distance(a, b) == pytest.approx(9 + 3**2 + 1.5**2)
    assert judge.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    one = judge.frechet_distance(a[:, :1], b[:, :1])
    assert one == pytest.approx(9 + 3**2)


def test_features_that_never_fire_change_nothing():
    """A layer of rectifiers has dead units: a singular covariance is no error."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 40, 3, generator=generator)
    with_dead = [torch.cat([x, torch.zeros(40, 2)], 1) for x in (a, b)]
    assert judge.frechet_distance(*with_dead) == pytest.approx(judge.frechet_distance(a, b))


def test_frechet_distance_refuses_what_it_cannot_fit():
    rows = torch.randn(9, 8)
    for wrong in (rows[:8], rows[:, 0], rows[:0]):
        with pytest.raises(ValueError, match="features_a: expected .* more rows than columns"):
            judge.frechet_distance(wrong, rows)
    with pytest.raises(ValueError, match="features_b: expected as many columns"):
        judge.frechet_distance(rows, rows[:, :4])
    with pytest.raises(losses.NotFiniteError, match="features_b: expected finite"):
        judge.frechet_distance(rows, rows.log())
