"""The vector quantiser against brute force, hand-derived gradients and hand-computed averages."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils import data, losses, nets, training


def grid(vectors):
    """(M, D) rows as z_e of one image, (1, D, 1, M)."""
    return torch.as_tensor(vectors, dtype=torch.float64).T[None, :, None]


def rows(z):
    """(B, D, H, W) -> (B * H * W, D)."""
    return z.movedim(1, -1).flatten(0, -2)


def quantizer(codebook, **options):
    """A double-precision quantiser with the given codebook."""
    codebook = torch.as_tensor(codebook, dtype=torch.float64)
    made = nets.VectorQuantizer(*codebook.shape, **options).double()
    with torch.no_grad():
        made.codebook.copy_(codebook)
    return made


@settings(max_examples=40)
@given(
    st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)
)
def test_nearest_equals_brute_force(num_codes, dim, batch, height, width):
    torch.manual_seed(num_codes * dim)
    made = quantizer(torch.randn(num_codes, dim))
    z_e = torch.randn(batch, dim, height, width).double()
    distance = (z_e[:, None] - made.codebook[None, :, :, None, None]).square().sum(2)
    expected = distance.argmin(1)
    assert torch.equal(made.nearest(z_e), expected)
    found = made.eval()(z_e)
    assert torch.equal(found.indices, expected) and found.indices.dtype == torch.int64
    vectors = made.lookup(expected)
    for b, i, j in itertools.product(range(batch), range(height), range(width)):
        assert torch.equal(vectors[b, :, i, j], made.codebook[expected[b, i, j]])
    torch.testing.assert_close(found.z_q, vectors)


def wrong_codes(made, vectors):
    """How many of the vectors (N, D) get another code than by a search in float64."""
    distance = (vectors[:, None].double() - made.codebook.double()).square().sum(-1)
    found = made.nearest(vectors.T[None, :, None]).flatten()
    return int((found != distance.argmin(1)).sum())


def placed(codebook, dtype):
    made = nets.VectorQuantizer(*codebook.shape).to(dtype)
    with torch.no_grad():
        made.codebook.copy_(codebook)
    return made


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [0.0, 3.0, 10.0, -1000.0])
def test_far_from_the_origin_the_nearest_code_is_found(offset, dtype):
    made = placed(offset + 0.01 * torch.randn(64, 4), dtype)
    assert wrong_codes(made, (offset + 0.01 * torch.randn(1000, 4)).to(dtype)) == 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_codes_in_clusters_far_apart(dtype):
    """No one middle is near all of them: two clusters, dead codes far away, a far offset each."""
    sides = torch.tensor([300.0, -300.0]).repeat(32)[:, None]
    codebook = sides + 0.01 * torch.randn(64, 4)
    z = sides.repeat(10, 1) + 0.01 * torch.randn(640, 4)
    assert wrong_codes(placed(codebook, dtype), z.to(dtype)) == 0
    dead = torch.randn(64, 4)
    dead[5:20] = 1e6
    assert wrong_codes(placed(dead, dtype), torch.randn(1000, 4).to(dtype)) == 0
    far = torch.tensor([0.0, 1e4, -500.0, 3.0])
    codebook, z = far + torch.randn(64, 4), far + torch.randn(1000, 4)
    assert wrong_codes(placed(codebook, dtype), z.to(dtype)) == 0


def test_vectors_of_another_precision_than_the_codes():
    codebook = torch.randn(64, 4).bfloat16()
    made, z = placed(codebook, torch.bfloat16), torch.randn(1000, 4)
    for dtype in (torch.float32, torch.float64, torch.float16):
        assert wrong_codes(made, z.to(dtype)) == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [0.0, 10.0, 1000.0])
def test_of_equally_near_codes_the_first_is_taken(offset, dtype):
    codebook = torch.tensor([[3.0, 3.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]]) + offset
    z = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [2.0, 2.0]]) + offset
    made = placed(codebook, dtype)
    assert made.nearest(z.to(dtype).T[None, :, None]).flatten().tolist() == [1, 1, 1, 2, 0]
    alone = placed(codebook[:1], dtype)
    assert (alone.nearest(z.to(dtype).T[None, :, None]) == 0).all()


def test_numbers_at_the_end_of_the_range():
    codebook = torch.tensor([[1e38, 0.0], [-1e38, 0.0], [0.0, 3e38]])
    z = torch.tensor([[9e37, 1.0], [-2e38, 0.0], [1.0, 3e38]])
    assert wrong_codes(placed(codebook, torch.float32), z) == 0


def test_blocks_of_the_search_in_float64_change_nothing(monkeypatch):
    from course_utils.nets import quantizer as module

    made = placed(torch.zeros(8, 4), torch.float32)
    with torch.no_grad():
        made.codebook[3:] = torch.randn(5, 4) * 1e-8
    for most in (1, 64, 2**22):
        monkeypatch.setattr(module, "MOST_NUMBERS", most)
        assert wrong_codes(made, torch.randn(50, 4)) == 0


def test_memory_order_changes_nothing():
    made, z_e = quantizer(torch.randn(6, 4)), torch.randn(2, 4, 3, 5).double()
    last = made(z_e.to(memory_format=torch.channels_last))
    for plain, other in zip(made(z_e), last, strict=True):
        torch.testing.assert_close(other, plain)


@pytest.mark.parametrize("decay", [None, 0.9])
@pytest.mark.parametrize("training", [True, False])
def test_the_straight_through_gradient_is_exactly_the_identity(decay, training):
    made = quantizer(torch.randn(7, 3), decay=decay, restart_below=0.5).train(training)
    z_e = torch.randn(2, 3, 4, 4).double().requires_grad_()
    z_q, weight = made(z_e).z_q, torch.randn(2, 3, 4, 4).double()
    assert not torch.equal(z_q, z_e)
    (gradient,) = torch.autograd.grad((weight * z_q).sum(), z_e, retain_graph=True)
    assert torch.equal(gradient, weight)
    if decay is None:  # nothing of the reconstruction reaches the codebook
        (nothing,) = torch.autograd.grad(z_q.sum(), made.codebook, allow_unused=True)
        assert nothing is None


def test_gradients_of_the_two_losses():
    """d/de_k of mean |sg(z) - e|^2 = 2 sum over z of code k of (e_k - z) / (D H W), and so on."""
    made = quantizer([[0.0, 0.0], [4.0, 0.0], [90.0, 90.0]])
    z_e = grid([[1.0, 0.5], [-1.0, 0.0], [3.0, 2.0]]).requires_grad_()
    found = made(z_e)
    assert found.indices.tolist() == [[[0, 0, 1]]]
    elements = 6  # D = 2, H = 1, W = 3
    squared = 1 + 0.25 + 1 + 1 + 4
    for loss in (found.codebook_loss, found.commitment_loss):
        torch.testing.assert_close(loss, torch.tensor([squared / elements]).double())
    wanted = torch.tensor([[0.0, -0.5], [1.0, -2.0], [0.0, 0.0]]).double() * 2 / elements
    inputs = (made.codebook, z_e)
    on_codes, on_z = torch.autograd.grad(found.codebook_loss, inputs, allow_unused=True)
    torch.testing.assert_close(on_codes, wanted)
    assert on_z is None
    on_codes, on_z = torch.autograd.grad(found.commitment_loss, inputs, allow_unused=True)
    assert on_codes is None
    error = grid([[1.0, 0.5], [-1.0, 0.0], [-1.0, 2.0]])
    torch.testing.assert_close(on_z, error * 2 / elements)


def test_losses_are_means_over_the_elements_of_each_example():
    made = quantizer(torch.randn(5, 3), beta=0.7).eval()
    z_e = torch.randn(4, 3, 2, 6).double()
    found = made(z_e)
    expected = (z_e - made.lookup(found.indices)).square().flatten(1).mean(1)
    torch.testing.assert_close(found.codebook_loss, expected)
    torch.testing.assert_close(found.commitment_loss, expected)
    torch.testing.assert_close(made.loss(found), 1.7 * expected)
    moved = quantizer(torch.randn(5, 3), beta=0.7, decay=0.9).eval()
    found = moved(z_e)
    torch.testing.assert_close(moved.loss(found), 0.7 * found.commitment_loss)


def test_moving_averages_against_a_case_by_hand():
    """Three codes, four vectors, decay 0.8; the third code is chosen by none."""
    start = [[0.0, 0.0], [10.0, 0.0], [0.0, 50.0]]
    made = quantizer(start, decay=0.8)
    assert not list(made.parameters()) and not made(grid([[1.0, 1.0]])).codebook_loss.requires_grad
    made = quantizer(start, decay=0.8)
    made(grid([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [9.0, 1.0]]))
    # r = 3 * (3, 1, 0) / 4, u = 0.8 + 0.2 r, e = e + 0.2 r (mean - e) / u
    usage = torch.tensor([1.25, 0.95, 0.8]).double()
    torch.testing.assert_close(made.usage, usage)
    means = torch.tensor([[1.0, 1.0], [9.0, 1.0], [0.0, 50.0]]).double()
    share = (torch.tensor([0.45, 0.15, 0.0]).double() / usage)[:, None]
    expected = torch.tensor(start).double()
    expected = expected + share * (means - expected)
    torch.testing.assert_close(made.codebook, expected)
    assert torch.equal(made.codebook[2], torch.tensor(start[2]).double())  # not moved at all
    made.eval()(grid([[1.0, 0.0]]))
    torch.testing.assert_close(made.codebook, expected)  # nor anything outside training


def test_the_update_is_that_of_averaged_sums_and_counts():
    """e = m / u with m and u averaged by the same decay, over many batches of several sizes."""
    torch.manual_seed(1)
    made = quantizer(torch.randn(5, 2), decay=0.7)
    sums, usage = made.codebook.clone(), torch.ones(5).double()
    for _ in range(30):
        z_e = torch.randn(int(torch.randint(1, 4, ())), 2, 3, 2).double()
        indices, vectors = made.nearest(z_e).flatten(), rows(z_e)
        for k in range(5):
            chosen = vectors[indices == k]
            usage[k] = 0.7 * usage[k] + 0.3 * 5 * len(chosen) / len(vectors)
            sums[k] = 0.7 * sums[k] + 0.3 * 5 * chosen.sum(0) / len(vectors)
        made(z_e)
    torch.testing.assert_close(made.usage, usage)
    torch.testing.assert_close(made.codebook, sums / usage[:, None])


def test_a_code_of_no_usage_at_all_stays_finite_and_comes_back():
    made = quantizer([[0.0], [5.0]], decay=0.9)
    made.usage[1] = 0
    made(grid([[0.5]]))
    assert made.codebook[1] == 5 and made.codebook.isfinite().all()
    made(grid([[4.0], [6.5]]))
    torch.testing.assert_close(made.codebook[1], torch.tensor([5.25]).double())  # the batch's mean


@pytest.mark.parametrize("decay", [None, 0.5])
def test_restart_of_dead_codes_only(decay):
    made = quantizer([[0.0], [1e6], [0.2], [-1e6]], decay=decay, restart_below=0.3)
    z_e = grid([[0.01 * i] for i in range(20)])
    made.usage.copy_(torch.tensor([1.0, 0.2, 1.0, 0.7]))
    before = made.codebook.detach().clone()
    made(z_e)
    now = made.codebook.detach()
    assert now[1] in rows(z_e) and made.usage[1] == 1  # any decay leaves 0.2 below 0.3
    if decay is None:
        assert torch.equal(now[[0, 2, 3]], before[[0, 2, 3]])
        torch.testing.assert_close(made.usage[3], torch.tensor(0.7 * 0.99).double())
    assert now[3] == -1e6
    made.eval()
    made.usage.fill_(0)
    before = now.clone()
    made(z_e)
    assert torch.equal(made.codebook, before)  # never outside training


def test_restarts_take_different_vectors_and_bring_a_codebook_back():
    torch.manual_seed(3)
    z_e = torch.randn(8, 2, 4, 4).double()
    for decay in (None, 0.9):
        made = quantizer(1e3 + torch.randn(32, 2), decay=decay, restart_below=0.5)
        made.usage.fill_(0)
        made(z_e)  # one code at most has usage 0.01 * 32 or 0.1 * 32
        assert len(made.nearest(z_e).unique()) >= 31
    made = quantizer(torch.full((9, 2), 1e3), restart_below=0.5)  # more dead codes than vectors
    made.usage.fill_(0)
    made(z_e[:1, :, :1, :3])
    assert (made.codebook.detach() < 1e2).all(1).sum() == 3


def test_without_restarts_nothing_is_drawn_and_dead_codes_stay():
    made = quantizer([[0.0], [9.0]])
    state = torch.get_rng_state()
    for _ in range(500):
        made(grid([[0.1]]))
    assert torch.equal(torch.get_rng_state(), state)
    assert made.codebook.tolist() == [[0.0], [9.0]]
    assert made.usage[1] < 0.01 < 1.98 < made.usage[0]


def test_start_from_takes_distinct_vectors():
    vectors = torch.randn(10, 3).double()
    z_e = grid(vectors.repeat(4, 1))
    for decay in (None, 0.9):
        made = quantizer(torch.zeros(10, 3), decay=decay)
        made.usage.fill_(0)
        made.start_from(z_e)
        assert {tuple(row) for row in made.codebook.tolist()} == set(map(tuple, vectors.tolist()))
        assert (made.usage == 1).all()
        assert made(z_e).commitment_loss.item() < 1e-20
    with pytest.raises(ValueError, match="z_e: expected at least 11 distinct vectors, got 10"):
        quantizer(torch.zeros(11, 3)).start_from(z_e)


def test_the_codebook_starts_uniform():
    codebook = nets.VectorQuantizer(50, 200).codebook.detach()
    assert codebook.abs().max() <= 1 / 50
    assert codebook.std().item() == pytest.approx(1 / 50 / math.sqrt(3), rel=0.03)


def test_distances_stay_in_float32_under_autocast():
    """In bfloat16 the codes 256 and 257 would be one."""
    made = nets.VectorQuantizer(2, 1, decay=0.9)
    with torch.no_grad():
        made.codebook.copy_(torch.tensor([[256.0], [257.0]]))
    z_e = torch.tensor([256.1, 256.9]).view(1, 1, 1, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = made(z_e)
    assert found.indices.flatten().tolist() == [0, 1] and found.z_q.dtype == torch.float32
    torch.testing.assert_close(
        made.codebook.flatten(), torch.tensor([256.01, 256.99]), rtol=0, atol=1e-4
    )
    assert made(z_e.bfloat16()).z_q.dtype == torch.float32


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"num_codes": 0}, "num_codes"),
        ({"num_codes": 2.0}, "num_codes"),
        ({"code_dim": 0}, "code_dim"),
        ({"beta": -0.1}, "beta"),
        ({"beta": math.nan}, "beta"),
        ({"decay": 1.0}, "decay"),
        ({"decay": 0}, "decay"),
        ({"restart_below": 1.5}, "restart_below"),
        ({"restart_below": 0}, "restart_below"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(arguments, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        nets.VectorQuantizer(**{"num_codes": 4, "code_dim": 3} | arguments)


def test_bad_input_is_refused_by_name():
    made = nets.VectorQuantizer(4, 3)
    for shape in ((2, 4, 2, 2), (2, 3, 2), (3,), (2, 3, 0, 2)):
        for call in (made, made.nearest, made.start_from):
            with pytest.raises(ValueError, match=r"z_e: expected \(B, 3, H, W\)"):
                call(torch.zeros(shape))
    with pytest.raises(TypeError, match="z_e: expected floating-point"):
        made(torch.zeros(1, 3, 2, 2, dtype=torch.int64))
    for bad in (math.nan, math.inf):
        z_e = torch.zeros(1, 3, 2, 2)
        z_e[0, 1, 1, 0] = bad
        with pytest.raises(losses.NotFiniteError, match="z_e: expected finite"):
            made(z_e)
    assert (made.usage == 1).all()  # refused before anything changed
    with pytest.raises(TypeError, match="indices: expected int64, got torch.float32"):
        made.lookup(torch.zeros(1, 2, 2))
    with pytest.raises(ValueError, match=r"indices: expected \(B, H, W\), got \(4,\)"):
        made.lookup(torch.zeros(4, dtype=torch.int64))
    for bad in (-1, 4):
        with pytest.raises(ValueError, match="indices: expected 0 to 3, got"):
            made.lookup(torch.full((1, 2, 2), bad))


def small_model(mixed_precision=False, **options):
    return nets.VQVAE(
        nets.VQEncoder(1, (6, 8), (4, 4), 4, 2),
        nets.VQDecoder(4, (6, 8), (4, 4), 1, 1, start=-0.5),
        nets.VectorQuantizer(8, 4, **options),
        mixed_precision,
    )


@pytest.fixture
def images():
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (24, 1, 8, 8), generator=draw, dtype=torch.uint8)


@pytest.mark.parametrize("decay", [None, 0.9])
def test_terms_of_the_loss_add_up(decay, images):
    model, x = small_model(decay=decay, beta=0.4).double().eval(), data.to_signed(images).double()
    terms = model(x)
    assert {name: value.shape for name, value in terms.items()} == dict.fromkeys(
        ("loss", "mse", "codebook", "commitment"), (24,)
    )
    mean = model.decode_codes(model.codes(x))
    torch.testing.assert_close(terms["mse"], (x - mean).square().flatten(1).mean(1))
    extra = terms["codebook"] if decay is None else 0
    torch.testing.assert_close(terms["loss"], terms["mse"] + extra + 0.4 * terms["commitment"])
    terms["loss"].sum().backward()
    assert all(value.grad is not None for value in model.parameters())
    with pytest.raises(ValueError, match=r"x: expected images of \(1, 8, 8\)"):
        model(torch.zeros(2, 1, 9, 9).double())


def test_codes_change_no_state_even_in_training_mode(images):
    model = small_model(decay=0.9, restart_below=0.5).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    codes = model.codes(data.to_signed(images))
    assert codes.shape == (24, 2, 2) and not codes.requires_grad
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_networks_of_the_lesson():
    """The MNIST network is that of the source, 453,729 weights with its codebook of 512."""
    widths = (32, 64, 128)
    encoder = nets.VQEncoder(1, widths, (3, 3, 4), 128)
    decoder = nets.VQDecoder(128, widths, (4, 4, 5), 1, start=-0.7)
    z_e = encoder(torch.rand(2, 1, 28, 28))
    assert z_e.shape == (2, 128, 3, 3) and z_e.min() < 0  # no ReLU at the end
    assert decoder(z_e).shape == (2, 1, 28, 28)
    model = nets.VQVAE(encoder, decoder, nets.VectorQuantizer(512, 128))
    assert sum(value.numel() for value in model.parameters()) == 453_729
    encoder = nets.VQEncoder(3, (8, 16), (4, 4), 5, 2)
    decoder = nets.VQDecoder(5, (8, 16), (4, 4), 3, 2)
    assert encoder(torch.rand(2, 3, 32, 32)).shape == (2, 5, 8, 8)
    assert decoder(torch.zeros(2, 5, 8, 8)).shape == (2, 3, 32, 32)


def test_residual_blocks_start_as_the_identity_and_learn():
    encoder = nets.VQEncoder(1, (6,), (4,), 3, 2)
    blocks = [layer for layer in encoder if hasattr(layer, "conv1")]
    assert len(blocks) == 2
    x = torch.randn(2, 6, 5, 5)
    assert torch.equal(blocks[0](x), x)
    encoder(torch.randn(4, 1, 8, 8)).square().mean().backward()
    assert all(block.conv1.weight.grad.abs().max() > 0 for block in blocks)


def test_the_decoder_starts_around_its_start_and_stays_in_range():
    decoder = nets.VQDecoder(4, (6, 4), (4, 4), 1, start=-0.7)
    assert decoder(torch.zeros(1, 4, 2, 2)).mean().item() == pytest.approx(-0.7, abs=0.05)
    assert decoder(1e4 * torch.randn(2, 4, 2, 2)).abs().max() <= 1


def test_sizes_of_networks_are_checked():
    with pytest.raises(ValueError, match="widths: without residual blocks the last is code_dim, 4"):
        nets.VQEncoder(1, (8, 8), (4, 4), 4)
    with pytest.raises(ValueError, match="kernels: expected one for each of widths"):
        nets.VQDecoder(4, (8, 4), (4,), 1)
    for start in (-1.0, 2, math.nan):
        with pytest.raises(ValueError, match="start: expected a number between -1 and 1"):
            nets.VQDecoder(4, (8, 4), (4, 4), 1, start=start)


def test_outputs_are_float32_under_mixed_precision(images):
    model, x = small_model(mixed_precision=True, decay=0.9), data.to_signed(images)
    assert model.encode(x).dtype == model.decode_codes(model.codes(x)).dtype == torch.float32
    assert all(value.dtype == torch.float32 for value in model(x).values())


@pytest.mark.parametrize("options", [{}, {"beta": 0.5, "decay": 0.9, "restart_below": 0.1}])
def test_build_makes_the_same_model_from_its_header(options, images, tmp_path):
    model, x = small_model(**options), data.to_signed(images)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    model.train()(x)
    training.save_weights(tmp_path / "w.safetensors", model, model.header(), torch.float32)
    header, weights = training.load_weights(tmp_path / "w.safetensors")
    again = nets.build(header)
    again.load_state_dict(weights)
    assert again.header() == model.header() == header
    assert torch.equal(again.quantizer.usage, model.quantizer.usage)
    for name, value in model.eval()(x).items():
        assert torch.equal(again.eval()(x)[name], value)


@pytest.mark.parametrize(
    "change",
    [
        {"quantizer": None},
        {"quantizer": ["VectorQuantizer", {"num_codes": 0, "code_dim": 4}]},
        {"encoder": ["ConvEncoder", {}]},
        {"decoder": ["VQDecoder", {"depth": 3}]},
        {"encoder": ["VQEncoder", {"channels": 1, "widths": [3], "kernels": [4], "code_dim": 2}]},
    ],
)
def test_build_refuses_a_bad_header(change):
    with pytest.raises(ValueError, match=f"header: its {next(iter(change))}"):
        nets.build(small_model().header() | change)


class Stop(Exception):
    pass


def trained(images, path=None, stop_at=None, **options):
    """A training of two epochs of six steps, stopped before step ``stop_at`` if asked."""
    torch.manual_seed(5)
    model = small_model(decay=options.pop("decay", 0.9), restart_below=0.6)
    batches = data.Batches(images, 4, 0, lambda part, generator: data.to_signed(part))
    model.quantizer.start_from(model.encode(data.to_signed(images)))
    taken = []

    def on_step(share):
        taken.append(share)
        if stop_at is not None and len(taken) > stop_at:
            raise Stop

    history = training.fit(
        model,
        lambda model, x: model(x),
        batches,
        epochs=2,
        lr=1e-2,
        checkpoint=path,
        checkpoint_seconds=-1.0,  # a checkpoint after every step
        on_step=on_step,
        **options,
    )
    return model.state_dict(), history.steps


@pytest.mark.parametrize("decay", [None, 0.9])
def test_a_resume_is_exact_to_the_bit(decay, images, tmp_path):
    whole, steps = trained(images, decay=decay)
    for stop_at in (3, 8):
        path = tmp_path / f"{stop_at}.safetensors"
        with pytest.raises(Stop):
            trained(images, path, stop_at, decay=decay)
        torch.rand(7)
        found, again = trained(images, path, resume=True, decay=decay)
        assert again == steps
        assert all(torch.equal(found[name], value) for name, value in whole.items())


def test_the_trained_case_restarts_codes(images):
    """Else the test above would say nothing about them."""
    state, _ = trained(images)
    assert (state["quantizer.usage"] > 0.6 * 0.9).all()
    before = torch.get_rng_state()
    torch.manual_seed(5)
    calls = []
    original = torch.randperm
    try:
        torch.randperm = lambda *a, **k: calls.append(k) or original(*a, **k)
        trained(images)
    finally:
        torch.randperm = original
    torch.set_rng_state(before)
    assert len([k for k in calls if "generator" not in k]) > 2  # start_from and the restarts


def test_training_learns_codes_that_tell_images_apart(images):
    """Four images, four codes: every image gets its own, and a better mean than one for all."""
    blocks = torch.tensor([[0, 0], [0, 255], [255, 0], [255, 255]]).view(4, 1, 1, 2)
    blocks = blocks.repeat_interleave(4, 3).expand(4, 1, 8, 8).to(torch.uint8).repeat(8, 1, 1, 1)
    torch.manual_seed(0)
    model = small_model(decay=0.9, restart_below=0.1)
    batches = data.Batches(blocks, 16, 0, lambda part, generator: data.to_signed(part))
    training.fit(model, lambda model, x: model(x), batches, epochs=80, lr=1e-2)
    x = data.to_signed(blocks[:4])
    assert len(model.codes(x).flatten(1).unique(dim=0)) == 4
    assert model(x)["mse"].max() < 0.1
