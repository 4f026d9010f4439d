"""The independent prior of codes: its table by hand, a sum of 1, its draws, its errors."""

import itertools

import pytest
import torch

from course_utils import nets


def some_codes(num_images=400, shape=(2, 2), num_codes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(num_codes, (num_images, *shape), generator=generator)
    codes[:, 0, 0] = 2  # one position always says the same
    return codes, torch.randint(4, (num_images,), generator=generator)


def test_the_table_by_hand():
    codes = torch.tensor([[[0, 1]], [[0, 0]], [[2, 1]]])
    prior = nets.IndependentPrior(codes, 3, 0.5)
    expected = torch.tensor([[2.5, 0.5, 1.5], [1.5, 2.5, 0.5]]) / 4.5
    torch.testing.assert_close(prior.table[0], expected)
    torch.testing.assert_close(
        prior.log_prob(torch.tensor([[[1, 2]]])), (expected[0, 1] * expected[1, 2]).log()[None]
    )


def test_probabilities_of_all_maps_sum_to_one_for_each_label():
    codes, labels = some_codes()
    prior = nets.IndependentPrior(codes, 3, 0.1, labels)
    maps = torch.tensor(list(itertools.product(range(3), repeat=4))).view(-1, 2, 2)
    for label in range(4):
        total = prior.log_prob(maps, torch.full((len(maps),), label)).exp().sum()
        assert abs(total - 1) < 1e-5


def test_draws_have_the_frequencies_of_the_table():
    codes, labels = some_codes()
    prior = nets.IndependentPrior(codes, 3, 0.1, labels)
    drawn = prior.sample(20_000, torch.full((20_000,), 1), torch.Generator().manual_seed(1))
    assert drawn.shape == (20_000, 2, 2)
    found = torch.nn.functional.one_hot(drawn.flatten(1), 3).float().mean(0)
    error = (prior.table[1] * (1 - prior.table[1]) / 20_000).sqrt()
    assert ((found - prior.table[1]).abs() < 5 * error + 1e-4).all()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"num_codes": 2}, "codes"),
        ({"labels": torch.zeros(3, dtype=torch.long)}, "labels"),
    ],
)
def test_bad_input_is_refused_by_name(change, name):
    codes, labels = some_codes()
    arguments = {"num_codes": 3, "alpha": 0.1, "labels": labels} | change
    with pytest.raises(ValueError, match=f"{name}: expected"):
        nets.IndependentPrior(codes, **arguments)


def test_labels_are_asked_for_where_the_prior_has_them_and_refused_where_not():
    codes, labels = some_codes()
    with pytest.raises(ValueError, match="labels: expected labels"):
        nets.IndependentPrior(codes, 3, 0.1, labels).log_prob(codes)
    with pytest.raises(ValueError, match="labels: expected None"):
        nets.IndependentPrior(codes, 3, 0.1).sample(2, labels[:2])


@pytest.mark.parametrize("wrong", [-1, 3])
def test_codes_outside_of_the_table_are_refused(wrong):
    """As an index -1 would be the last code, without a word."""
    codes, labels = some_codes()
    prior = nets.IndependentPrior(codes, 3, 0.1, labels)
    bad = codes.clone()
    bad[0, 0, 0] = wrong
    with pytest.raises(ValueError, match=r"codes: expected \(B, 2, 2\) with values of 0 to 2, got"):
        prior.log_prob(bad, labels)
    with pytest.raises(ValueError, match=r"got \(\d+, 2, 1\)"):
        prior.log_prob(codes[:, :, :1], labels)
    assert prior.log_prob(codes[:0], labels[:0]).shape == (0,)
