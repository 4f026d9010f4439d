"""What lessons do to pixels: exact probabilities, exact grids, and batches that can be resumed."""

import hashlib
import json

import numpy as np
import pytest
import torch

from course_utils import checkpoint, data, losses

LEVELS = torch.arange(256, dtype=torch.uint8)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def sha256(images):
    return hashlib.sha256(images.to(torch.uint8).numpy().tobytes()).hexdigest()


# --- binary draws --------------------------------------------------------------------------------


def test_binarise_draws_each_level_with_its_own_probability():
    draws = 4_000
    ones = data.binarise(LEVELS.repeat(draws, 1), generator()).sum(0)
    p = LEVELS / 255
    assert ones[0] == 0 and ones[255] == draws
    z = (ones - draws * p)[1:255] / (draws * p * (1 - p))[1:255].sqrt()
    assert z.abs().max() < 5
    # Chi-square with 254 degrees of freedom: mean 254, standard deviation 22.5.
    assert abs(z.square().sum() - 254) < 5 * 22.5
    # 5 sigma of the whole: an offset of one level in 256 would be 31 sigma.
    assert abs(z.sum()) < 5 * 254**0.5


@pytest.mark.parametrize("level", (1, 254))
def test_binarise_is_exact_at_the_ends(level):
    count = 1_000_000
    images = torch.full((count,), level, dtype=torch.uint8)
    ones = data.binarise(images, generator(1)).double().sum().item()
    p = level / 255
    assert abs(ones - count * p) < 5 * (count * p * (1 - p)) ** 0.5


def test_binarise_is_fresh_and_reproducible():
    images = torch.full((4, 1, 28, 28), 128, dtype=torch.uint8)
    source = generator(3)
    first, second = data.binarise(images, source), data.binarise(images, source)
    assert first.dtype == torch.float32 and first.shape == images.shape
    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert not first.equal(second)
    assert data.binarise(images, generator(3)).equal(first)
    assert not data.binarise(images).equal(data.binarise(images))  # of the global generator
    torch.manual_seed(5)
    third = data.binarise(images)
    torch.manual_seed(5)
    assert data.binarise(images).equal(third)
    assert images.unique().tolist() == [128]


def test_the_fixed_draw_is_one_draw_whatever_happened_before():
    images = data.load("mnist").test_images
    first = data.fixed_binarised(images)
    torch.manual_seed(7)
    torch.rand(3)
    assert data.fixed_binarised(images).equal(first)
    assert not data.fixed_binarised(images, seed=1).equal(first)
    assert data.BINARISATION_SEED == 20_160
    assert sha256(first) == "e37ad93853eefcc85d8edfbea1dcc74e6cb27e23af05be1e69e80a76dabc29df"


def test_the_fixed_draw_depends_on_values_alone():
    """Neither strides in memory nor how many images follow change a pixel's draw."""
    images = torch.arange(6 * 3 * 8 * 8).remainder(256).to(torch.uint8).reshape(6, 3, 8, 8)
    first = data.fixed_binarised(images)
    assert data.fixed_binarised(images.to(memory_format=torch.channels_last)).equal(first)
    assert data.fixed_binarised(images.mT.contiguous().mT).equal(first)
    assert data.fixed_binarised(images[:2]).equal(first[:2])


def test_the_fixed_draw_does_not_change_between_releases():
    assert (
        sha256(data.fixed_binarised(LEVELS.repeat(16, 1)))
        == "3acdc5d08d407b820fcbbef2b7cf4ce09e74d1d1e5961e4cad1fc8fd527c423d"
    )


# --- scales --------------------------------------------------------------------------------------


def test_to_unit_and_to_signed_hit_the_grids_exactly():
    k = LEVELS.double()
    unit, signed = data.to_unit(LEVELS), data.to_signed(LEVELS)
    assert unit.dtype == signed.dtype == torch.float32
    assert unit.equal((k / 255).float())
    assert signed.equal(((2 * k - 255) / 255).float())
    assert (unit[0], unit[-1], signed[0], signed[-1]) == (0, 1, -1, 1)
    assert (unit * 255).round().to(torch.uint8).equal(LEVELS)
    assert ((signed + 1) * 127.5).round().to(torch.uint8).equal(LEVELS)


@pytest.mark.parametrize("function", [data.to_unit, data.to_signed])
def test_scales_are_transforms_of_batches_that_draw_nothing(function):
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    assert function(LEVELS, generator).equal(function(LEVELS))
    assert generator.get_state().equal(before)


def test_the_discretised_logistic_accepts_every_signed_level():
    x = data.to_signed(LEVELS)[:, None]
    log_prob = losses.discretized_logistic_log_prob(x, 0.1, -1.0, event_dim=1)
    assert log_prob.double().exp().sum().item() == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="grid"):
        losses.discretized_logistic_log_prob(x * 255 / 256, 0.1, -1.0, event_dim=1)


@pytest.mark.parametrize("level", (0, 1, 127, 128, 200, 255))
def test_dequantise_stays_in_its_bin(level):
    # So many draws that u within float32's rounding of 1 is among them (about 2**-17 of them).
    x = data.dequantise(torch.full((2**20,), level, dtype=torch.uint8), generator(level))
    low, high = level / 128 - 1, (level + 1) / 128 - 1
    assert x.dtype == torch.float32
    assert x.min() >= low and x.max() < high and x.max() < 1
    assert ((x + 1) * 128).floor().eq(level).all()  # and the level can be read back


class _AlmostOne:
    """Stands in for torch.rand: the largest number that it can return."""

    def __call__(self, shape, **_):
        return torch.full(shape, 1 - 2**-24)


def test_dequantise_stays_in_its_bin_at_the_largest_noise(monkeypatch):
    monkeypatch.setattr(torch, "rand", _AlmostOne())
    x = data.dequantise(LEVELS)
    assert (x.double() < (LEVELS.double() + 1) / 128 - 1).all()
    assert (x.double() > (LEVELS.double() + 0.9999) / 128 - 1).all()


def test_dequantise_is_uniform_and_fresh():
    count = 100_000
    images = torch.full((count,), 77, dtype=torch.uint8)
    source = generator(2)
    x = data.dequantise(images, source)
    u = (x.double() + 1) * 128 - 77
    observed = torch.histc(u.float(), 50, 0, 1)
    chi_square = ((observed - count / 50).square() / (count / 50)).sum()
    assert abs(chi_square - 49) < 5 * (2 * 49) ** 0.5
    assert abs(u.mean() - 0.5) < 5 * (1 / 12 / count) ** 0.5
    assert not data.dequantise(images, source).equal(x)
    assert data.dequantise(images, generator(2)).equal(x)


@pytest.mark.parametrize("function", (data.to_unit, data.to_signed, data.binarise, data.dequantise))
@pytest.mark.parametrize("dtype", (torch.float32, torch.int64, torch.bool))
def test_only_uint8_pixels_are_taken(function, dtype):
    with pytest.raises(TypeError, match="uint8"):
        function(torch.ones(2, 3).to(dtype))


# --- logits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", (0.05, 1e-6))
def test_the_logit_transform_is_inverted_for_every_level(alpha):
    y, _ = data.logit_transform(data.to_unit(LEVELS)[:, None], alpha)
    assert y.isfinite().all() and (y.diff(dim=0) > 0).all()
    x = data.inverse_logit_transform(y, alpha)[:, 0]
    assert (x * 255).round().to(torch.uint8).equal(LEVELS)
    assert (x - data.to_unit(LEVELS)).abs().max() < 1e-6


def test_the_logit_transform_has_its_formula():
    x = torch.tensor([[0.0, 0.3, 1.0]], dtype=torch.float64)
    p = 0.05 + 0.9 * x
    assert data.logit_transform(x)[0].allclose((p / (1 - p)).log(), atol=1e-14)


@pytest.mark.parametrize("alpha", (0.05, 0.2))
def test_the_log_determinant_is_that_of_the_jacobian(alpha):
    x = torch.rand(3, 2, 2, 2, dtype=torch.float64, generator=generator())
    _, log_det = data.logit_transform(x, alpha)
    assert log_det.shape == (3,)
    for example, value in zip(x, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda flat: data.logit_transform(flat[None], alpha)[0][0], example.flatten()
        )
        assert value.item() == pytest.approx(torch.linalg.slogdet(jacobian)[1].item(), abs=1e-12)


@pytest.mark.parametrize("value", (-0.01, 1.01, float("nan")))
def test_the_logit_transform_refuses_values_out_of_range(value):
    with pytest.raises(ValueError, match=r"x: expected values in \[0, 1\]"):
        data.logit_transform(torch.tensor([[0.5, value]]))


@pytest.mark.parametrize("alpha", (0.0, 0.5, -0.1))
def test_the_logit_transform_refuses_a_wrong_alpha(alpha):
    with pytest.raises(ValueError, match="alpha"):
        data.logit_transform(torch.full((1, 2), 0.5), alpha)


# --- splits and batches --------------------------------------------------------------------------


def test_a_validation_split_is_disjoint_complete_and_reproducible():
    images = torch.arange(100)
    train, validation = data.train_validation_split(images, 30)
    assert (len(train), len(validation)) == (70, 30)
    assert torch.cat([train, validation]).sort().values.equal(images)
    assert not validation.sort().values.equal(images[:30])
    again = data.train_validation_split(images, 30)
    assert again[0].equal(train) and again[1].equal(validation)
    assert not data.train_validation_split(images, 30, seed=1)[1].equal(validation)
    for wrong in (0, 100, -1):
        with pytest.raises(ValueError, match="num_validation: expected 1 to 99"):
            data.train_validation_split(images, wrong)


IMAGES = torch.arange(23, dtype=torch.uint8)[:, None].repeat(1, 5)
LABELS = torch.arange(23) * 10


def noisy(images, source):
    return data.dequantise(images, source)


def batches(seed=0, **options):
    return data.Batches(IMAGES, 4, seed, **{"transform": noisy, "labels": LABELS} | options)


def epoch(source):
    return [(images.clone(), labels.clone()) for images, labels in source]


def same(first, second):
    return len(first) == len(second) and all(
        a.equal(b) for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_every_epoch_gives_each_example_once_in_a_new_order():
    source = data.Batches(IMAGES, 4, 0)
    orders = []
    for _ in range(3):
        given = list(source)
        assert [len(batch) for batch in given] == [4, 4, 4, 4, 4, 3]
        orders.append(torch.cat(given)[:, 0].tolist())
    assert all(sorted(order) == list(range(23)) for order in orders)
    assert len({tuple(order) for order in [*orders, sorted(orders[0])]}) == 4
    assert (len(source), source.num_examples) == (6, 23)
    assert len(data.Batches(IMAGES, 23, 0)) == 1 and len(data.Batches(IMAGES, 100, 0)) == 1


def test_a_look_at_one_batch_takes_nothing_from_the_next_epoch():
    source = data.Batches(IMAGES, 4, 0)
    next(iter(source))
    assert torch.cat(list(source))[:, 0].sort().values.tolist() == list(range(23))


def test_labels_follow_their_images_and_noise_is_fresh():
    source = batches()
    first, second = epoch(source), epoch(source)
    for images, labels in first + second:
        assert ((images + 1) * 128).floor().long()[:, 0].mul(10).equal(labels)
    by_label = [
        torch.cat([i for i, _ in e])[torch.cat([x for _, x in e]).argsort()]
        for e in (first, second)
    ]
    assert not (by_label[0] == by_label[1]).all(1).any()


def test_the_seed_alone_decides():
    first = epoch(batches())
    torch.manual_seed(9)
    assert same(epoch(batches()), first)
    assert not same(epoch(batches(seed=1)), first)


@pytest.mark.parametrize("taken", (0, 1, 3, 6, 8))
@pytest.mark.parametrize("stored", (False, True), ids=("in memory", "in a file"))
def test_batches_go_on_bit_for_bit(tmp_path, taken, stored):
    source = batches()
    running = iter(source)
    for _ in range(taken):
        try:
            next(running)
        except StopIteration:
            running = iter(source)
            next(running)
    state = source.state()
    if stored:
        checkpoint.save_state(tmp_path / "state.safetensors", {"batches": state})
        state = checkpoint.load_state(tmp_path / "state.safetensors")["batches"]
    # The rest of the epoch, where there is one, then two whole epochs.
    rest = [list(running)] if 0 < taken % 6 else []
    expected = [*rest, epoch(source), epoch(source)]
    resumed = batches(seed=99)
    next(iter(resumed))  # it stood somewhere else
    resumed.restore(state)
    for wanted in expected:
        assert same(epoch(resumed), wanted)
    assert len(expected[0]) == (6 - taken % 6 if taken % 6 else 6)


def test_a_state_is_a_snapshot():
    source = batches()
    next(iter(source))
    state = source.state()
    before = {name: value.clone() for name, value in state.items()}
    epoch(source)
    epoch(source)
    assert all(state[name].equal(before[name]) for name in before)


def test_a_state_of_other_images_is_refused():
    source = data.Batches(IMAGES[:22], 4, 0)
    next(iter(source))
    target = batches()
    with pytest.raises(ValueError, match="expected 23 images, got 22"):
        target.restore(source.state())
    assert same(epoch(target), epoch(batches()))  # and nothing is changed by it


@pytest.mark.parametrize(
    ("images", "size", "labels", "phrase"),
    (
        (IMAGES[:0], 4, None, "at least 1"),
        (IMAGES, 0, None, "at least 1"),
        (IMAGES, 4, LABELS[:22], "expected 23, one for each image, got 22"),
    ),
)
def test_impossible_batches_are_refused(images, size, labels, phrase):
    with pytest.raises(ValueError, match=phrase):
        data.Batches(images, size, 0, labels=labels)


@pytest.mark.parametrize(
    ("num", "size", "drop", "sizes"),
    (
        (23, 4, True, [4, 4, 4, 4, 4]),
        (23, 4, False, [4, 4, 4, 4, 4, 3]),
        (8, 4, True, [4, 4]),
        (5, 5, True, [5]),
        (5, 9, False, [5]),
    ),
)
def test_the_last_batch_is_smaller_or_dropped(num, size, drop, sizes):
    source = data.Batches(torch.arange(num), size, 0, drop_last=drop)
    for _ in range(2):
        given = list(source)
        assert [len(batch) for batch in given] == sizes
        assert len(set(torch.cat(given).tolist())) == sum(sizes)
    assert (len(source), source.smallest, source.num_examples) == (len(sizes), sizes[-1], num)


def test_what_is_dropped_is_another_part_in_each_epoch_and_a_state_goes_on():
    source = data.Batches(torch.arange(9), 4, 0, drop_last=True)
    epochs = [torch.cat(list(source)).tolist() for _ in range(20)]
    assert len({(set(range(9)) - set(epoch)).pop() for epoch in epochs}) > 4
    source, again = (data.Batches(torch.arange(9), 4, 0, drop_last=True) for _ in range(2))
    running = iter(source)
    first = next(running)
    again.restore(source.state())
    assert torch.cat([first, *again]).tolist() == epochs[0]
    assert torch.cat(list(again)).tolist() == epochs[1]
    with pytest.raises(ValueError, match="batch_size: expected at most 9, .* got 10"):
        data.Batches(torch.arange(9), 10, 0, drop_last=True)


@pytest.mark.parametrize("error", (KeyboardInterrupt, RuntimeError))
@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize("after", (False, True))
def test_a_batch_that_is_not_made_is_still_to_be_given(at, after, error):
    """With its noise: the state is that of before it."""
    expected, calls = epoch(batches()) + epoch(batches()), []

    def failing(images, source):
        calls.append(1)
        found = noisy(images, source) if after or len(calls) != at else None
        if len(calls) == at:
            raise error
        return found

    source, given = batches(transform=failing), []
    with pytest.raises(error):
        for images, labels in source:
            given.append((images.clone(), labels.clone()))
    resumed = batches(seed=9)
    resumed.restore(source.state())
    assert same(given + epoch(resumed), expected[:6])


def test_numpy_integers_are_integers_and_others_are_refused():
    source = data.Batches(IMAGES, np.int64(4), np.int32(0), noisy, LABELS)
    assert same(epoch(source), epoch(batches()))
    assert {type(source.described()[name]) for name in ("batch_size", "seed")} == {int}
    split = data.train_validation_split(IMAGES, np.int64(5), np.int64(1))
    assert len(split[1]) == 5
    assert data.fixed_binarised(IMAGES, np.int64(3)).equal(data.fixed_binarised(IMAGES, 3))
    for name, call in (
        ("batch_size", lambda value: data.Batches(IMAGES, value, 0)),
        ("seed", lambda value: data.Batches(IMAGES, 4, value)),
        ("num_validation", lambda value: data.train_validation_split(IMAGES, value)),
        ("seed", lambda value: data.fixed_binarised(IMAGES, value)),
    ):
        for wrong in (2.0, True, "2", None):
            with pytest.raises(TypeError, match=f"{name}: expected an integer"):
                call(wrong)


def test_a_description_tells_images_apart_by_one_value_and_the_like():
    def told(images, **options):
        return data.Batches(images, 4, 0, **options).described()

    other = IMAGES.clone()
    other[7, 3] += 1
    assert told(IMAGES) == told(IMAGES.clone()) != told(other)
    assert told(IMAGES)["images"].startswith("torch.uint8 [23, 5] ")
    assert told(IMAGES, labels=LABELS) != told(IMAGES, labels=LABELS + 1)
    for dtype in (torch.float32, torch.bfloat16, torch.int64, torch.bool):
        assert told(IMAGES.to(dtype)) != told(IMAGES)
    json.dumps(told(IMAGES, labels=LABELS, transform=data.binarise))
