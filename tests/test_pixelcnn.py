"""PixelCNNs see what they may; the gated one all of it; cached sampling draws the same codes."""

import itertools
import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils import nets
from course_utils.nets import masked

BOTH = pytest.mark.parametrize("kind", [nets.PixelCNN, nets.GatedPixelCNN])
LABELS = torch.tensor([2, 0, 1])


def small(kind, num_codes=5, width=16, num_blocks=2, kernel_size=3, **options):
    """A net in float64 with weights far from any special value, in eval mode."""
    sizes = {"embedding": 6, "head": 10} | options
    net = kind(num_codes, width, num_blocks, kernel_size, **sizes)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return net.double().eval()


def dependencies(net, height, width):
    """(target, source): which embedded code some logit depends on, by the gradient."""
    x = torch.randn(8, net.embedding.embedding_dim, height, width).double().requires_grad_()
    logits = net.from_embedded(x)
    mixed = torch.einsum("bkhw,k->hw", logits, torch.randn(net.num_codes).double()).flatten()
    rows = [torch.autograd.grad(value, x, retain_graph=True)[0] for value in mixed]
    return torch.stack(rows).abs().sum((1, 2)).flatten(1) > 0


def past(height, width):
    """(target, source): the source comes first in raster order."""
    size = height * width
    return torch.ones(size, size).tril(-1).bool()


def reach(height, width, kernel_size, num_blocks, first=None):
    """(target, source) of a plain net, from the definition of the masks: a search of all paths."""
    positions = list(itertools.product(range(height), range(width)))

    def one_layer(size, own):
        half = size // 2
        near = [
            [
                abs(r - i) <= half
                and abs(c - j) <= half
                and ((r, c) < (i, j) or own and r == i and c == j)
                for r, c in positions
            ]
            for i, j in positions
        ]
        return torch.tensor(near).double()

    found = one_layer(first or kernel_size, False)
    for _ in range(num_blocks):
        found = (one_layer(kernel_size, True) @ found > 0).double()
    return found > 0


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", ["layer", None])
@BOTH
def test_8x8_with_7x7_kernels_no_future_and_the_blind_spot_counted(kind, norm, training):
    net = small(kind, num_blocks=6, kernel_size=7, norm=norm).train(training)
    found = dependencies(net, 8, 8)
    assert past(8, 8).sum() == 2_016
    assert not (found & ~past(8, 8)).any()
    missing = (past(8, 8) & ~found).sum()
    if kind is nets.GatedPixelCNN:
        assert missing == 0
    else:
        assert missing == 76 and torch.equal(found, reach(8, 8, 7, 6))
        # Deep enough, it is the wedge to the upper right: columns > 3 x rows.
        position = torch.arange(64)
        up = position[:, None] // 8 - position // 8
        right = position % 8 - (position % 8)[:, None]
        assert torch.equal(past(8, 8) & ~found, (up > 0) & (right > 3 * up))


@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(1, 6), st.sampled_from([3, 5]), st.integers(0, 3))
def test_plain_net_sees_what_the_masks_say(height, width, kernel_size, num_blocks):
    torch.manual_seed(0)
    net = small(nets.PixelCNN, num_blocks=num_blocks, kernel_size=kernel_size)
    found = dependencies(net, height, width)
    assert torch.equal(found, reach(height, width, kernel_size, num_blocks))


@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(1, 6), st.sampled_from([3, 5]))
def test_gated_net_misses_nothing_on_any_map(height, width, kernel_size):
    torch.manual_seed(0)
    net = small(nets.GatedPixelCNN, num_blocks=5, kernel_size=kernel_size)
    for training in (True, False):
        assert torch.equal(dependencies(net.train(training), height, width), past(height, width))


@BOTH
def test_a_net_without_blocks_sees_one_window(kind):
    found = dependencies(small(kind, num_blocks=0), 5, 5)
    assert torch.equal(found, reach(5, 5, 3, 0))
    assert found[12].nonzero().flatten().tolist() == [6, 7, 8, 11]
    wide = dependencies(small(kind, num_blocks=0, kernel_size=3, first_kernel_size=5), 5, 5)
    assert torch.equal(wide, reach(5, 5, 3, 0, first=5))


@BOTH
def test_batch_norm_leaks_in_train_mode_and_the_test_sees_it(kind):
    net = small(kind, kernel_size=7)
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, masked.ChannelNorm):
                width = child.normalized_shape[0]
                setattr(module, name, nn.BatchNorm2d(width).double())
    assert (dependencies(net.train(), 4, 4) & ~past(4, 4)).any()
    assert not (dependencies(net.eval(), 4, 4) & ~past(4, 4)).any()


@settings(max_examples=30)
@given(st.sampled_from([1, 3, 5, 7]), st.booleans(), st.integers(1, 6), st.integers(1, 6))
def test_masked_convolution_is_a_convolution_with_masked_weights(size, has_own, height, width):
    if size == 1 and not has_own:
        return
    torch.manual_seed(0)
    layer = nets.MaskedConv2d(2, 3, size, "B" if has_own else "A").double()
    mask = torch.zeros(size, size).double()
    mask[: size // 2] = 1
    mask[size // 2, : size // 2 + has_own] = 1
    assert torch.equal(layer.mask[0, 0], mask)
    x = torch.randn(2, 2, height, width).double()
    plain = nn.functional.conv2d(x, layer.weight * mask, layer.bias, padding=size // 2)
    torch.testing.assert_close(layer(x), plain)
    layer(x).square().sum().backward()
    assert (layer.weight.grad * (1 - mask) == 0).all()


def test_unused_weights_are_not_counted():
    net = nets.PixelCNN(5, width=4, num_blocks=1, kernel_size=3, embedding=3, head=6, norm=None)
    first, block = 4 * 3 * 4 + 4, (4 * 2 + 2) + (2 * 2 * 5 + 2) + (2 * 4 + 4)
    assert net.num_parameters() == 5 * 3 + first + block + (4 * 6 + 6) + (6 * 5 + 5)


@pytest.mark.parametrize("options", [{}, {"num_classes": 3, "context_channels": 2}])
@BOTH
def test_probabilities_of_all_maps_sum_to_one(kind, options):
    net = small(kind, num_codes=3, **options)
    maps = torch.tensor(list(itertools.product(range(3), repeat=4))).view(81, 2, 2)
    conditions = {}
    if options:
        conditions = {"labels": torch.full((81,), 2), "context": torch.ones(81, 2, 1, 2).double()}
    log_prob = net.log_prob(maps, **conditions)
    assert log_prob.shape == (81,) and (log_prob < 0).all()
    assert log_prob.exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert log_prob.std() > 0.1  # no uniform one


def conditions_for(options, shape):
    given_to = {}
    if "num_classes" in options:
        given_to["labels"] = LABELS
    if "context_channels" in options:
        given_to["context"] = torch.randn(3, 2, *shape).double()
    return given_to


@pytest.mark.parametrize(
    ("options", "shape", "context_shape"),
    [
        ({}, (8, 8), None),
        ({"norm": None, "kernel_size": 7}, (3, 9), None),
        ({"kernel_size": 5, "num_classes": 3}, (5, 2), None),
        ({"context_channels": 2, "first_kernel_size": 7}, (4, 6), (4, 6)),
        ({"context_channels": 2, "num_classes": 3}, (6, 4), (1, 4)),
        ({"context_channels": 2, "num_blocks": 0}, (1, 5), (1, 1)),
    ],
)
@BOTH
def test_cached_sampling_draws_the_codes_of_the_naive_one(kind, options, shape, context_shape):
    net = small(kind, **options)
    conditions = conditions_for(options, context_shape)
    noise = -torch.empty(3, *shape, 5).double().exponential_().log()
    drawn = [net.sample(3, shape, noise=noise, cached=c, **conditions) for c in (True, False)]
    assert torch.equal(*drawn) and drawn[0].shape == (3, *shape) and drawn[0].unique().numel() > 1
    logits = net(drawn[0], **conditions)
    torch.testing.assert_close(net.cached_logits(drawn[0], **conditions), logits)
    # The draw is the argmax, with the noise of its own place.
    assert torch.equal((logits.movedim(1, -1) + noise).argmax(-1), drawn[0])


@BOTH
def test_float32_logits_of_the_cached_road(kind):
    torch.manual_seed(0)
    net = kind(128, 32, 6, 7, num_classes=3, mixed_precision=False)
    codes = torch.randint(0, 128, (3, 8, 8))
    with torch.no_grad():
        error = (net(codes, LABELS) - net.cached_logits(codes, LABELS)).abs().max()
    assert error < 1e-4


@BOTH
def test_the_generator_fixes_the_draw_and_the_mode_stays(kind):
    net = small(kind).train()
    draws = [
        net.sample(2, (3, 3), generator=torch.Generator().manual_seed(seed), cached=cached)
        for seed, cached in ((1, True), (1, False), (2, True))
    ]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])
    assert net.training


@BOTH
def test_samples_have_the_probabilities_of_the_net(kind):
    net = small(kind, num_codes=3, num_classes=3)
    maps = torch.tensor(list(itertools.product(range(3), repeat=4))).view(81, 2, 2)
    with torch.no_grad():
        exact = net.log_prob(maps, torch.ones(81).long()).exp()
    n = 12_000
    labels = torch.ones(n).long()
    drawn = net.sample(n, (2, 2), labels, generator=torch.Generator().manual_seed(0)).flatten(1)
    cells = (drawn * torch.tensor([27, 9, 3, 1])).sum(1)
    counts = torch.bincount(cells, minlength=81)
    chi_square = ((counts - n * exact).square() / (n * exact)).sum()
    assert abs(chi_square - 80) < 4 * 160**0.5  # 80 degrees of freedom: variance 160


@BOTH
def test_labels_and_context_reach_the_logits_at_every_place(kind):
    net = small(kind, num_classes=3, context_channels=2)
    codes = torch.zeros(1, 3, 4).long()
    context = torch.randn(1, 2, 3, 4).double().requires_grad_()
    first = net(codes, torch.tensor([0]), context)
    assert ((first - net(codes, torch.tensor([1]), context)).abs().sum(1) > 1e-3).all()
    # A place's own context, and that of places before it, but none of those after it in its row.
    gradient = torch.autograd.grad(first[0, :, 1, 2].square().sum(), context)[0].abs().sum((0, 1))
    assert gradient[1, 2] > 0 and gradient[0, 2] > 0 and (gradient[2] == 0).all()
    spread = net(codes, torch.tensor([0]), context[:, :, :1, :1].expand(1, 2, 3, 4))
    torch.testing.assert_close(spread, net(codes, torch.tensor([0]), context[:, :, :1, :1]))


@BOTH
def test_log_prob_is_in_nats_and_logits_are_float32(kind):
    net = kind(5, 8, 1, 3, embedding=6, head=10)
    codes = torch.randint(0, 5, (4, 3, 6))
    logits = net(codes)
    assert logits.shape == (4, 5, 3, 6) and logits.dtype == torch.float32
    picked = logits.log_softmax(1).gather(1, codes[:, None]).sum((1, 2, 3))
    torch.testing.assert_close(net.log_prob(codes), picked)
    net.log_prob(codes).mean().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


@BOTH
def test_built_from_its_header(kind):
    net = kind(5, 8, 1, 3, num_classes=3, context_channels=2, norm=None, first_kernel_size=5)
    again = nets.build(json.loads(json.dumps(net.header())))
    again.load_state_dict(net.state_dict())
    codes, context = torch.randint(0, 5, (3, 4, 4)), torch.randn(3, 2, 1, 1)
    assert type(again) is kind
    assert torch.equal(again(codes, LABELS, context), net(codes, LABELS, context))
    header = net.header() | {"arguments": {"num_codes": 5, "depth": 3}}
    with pytest.raises(ValueError, match="header: its arguments are .*depth"):
        nets.build(header)
    with pytest.raises(ValueError, match="header: its arguments are None"):
        nets.build({"model": kind.__name__})


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"num_codes": 0}, "num_codes"),
        ({"width": 1.5}, "width"),
        ({"num_blocks": -1}, "num_blocks"),
        ({"num_blocks": "2"}, "num_blocks"),
        ({"kernel_size": 4}, "kernel_size"),
        ({"kernel_size": 1, "num_blocks": 0}, "kernel_size"),
        ({"head": None}, "head"),
        ({"num_classes": 0}, "num_classes"),
        ({"context_channels": -3}, "context_channels"),
        ({"norm": "batch"}, "norm"),
    ],
)
@BOTH
def test_sizes_that_cannot_be_are_refused_by_name(kind, options, name):
    with pytest.raises(ValueError, match=f"{name}: "):
        kind(**({"num_codes": 5, "width": 4, "num_blocks": 1} | options))


def test_masks_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="mask_type: expected 'A' or 'B', got 'C'"):
        nets.MaskedConv2d(1, 1, 3, "C")
    with pytest.raises(ValueError, match="kernel_size: expected an odd positive integer, got 2"):
        nets.MaskedConv2d(1, 1, 2)


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (
            TypeError,
            "codes: expected an int64 tensor, got torch.float32",
            {"codes": torch.ones(3, 2, 2)},
        ),
        (TypeError, "codes: expected an int64 tensor, got list", {"codes": [[0]]}),
        (ValueError, "codes: expected shape .B, H, W., got", {"codes": LABELS}),
        (
            ValueError,
            "codes: expected values of 0 to 4, got 0 to 5",
            {"codes": torch.tensor([[[0, 5]]])},
        ),
        (
            ValueError,
            "codes: expected values of 0 to 4, got -1",
            {"codes": torch.tensor([[[-1, 2]]])},
        ),
        (
            ValueError,
            "labels: expected a tensor, as the net was made with num_classes",
            {"labels": None},
        ),
        (ValueError, "labels: expected 3 of them, got 2", {"labels": LABELS[:2]}),
        (ValueError, "labels: expected values of 0 to 2, got 1 to 3", {"labels": LABELS + 1}),
        (TypeError, "labels: expected an int64 tensor", {"labels": LABELS.float()}),
        (ValueError, "context: expected a tensor", {"context": None}),
        (ValueError, "context: expected .3, 2, 2 or 1, 2 or 1.", {"context": torch.ones(3, 2)}),
        (ValueError, "context: expected .3, 2,", {"context": torch.ones(3, 1, 2, 2)}),
        (ValueError, "context: expected .3, 2,", {"context": torch.ones(3, 2, 2, 3)}),
    ],
)
def test_bad_input_is_refused_by_name(error, message, arguments):
    net = nets.PixelCNN(5, 4, 1, 3, num_classes=3, context_channels=2)
    good = {
        "codes": torch.zeros(3, 2, 2).long(),
        "labels": LABELS,
        "context": torch.ones(3, 2, 1, 1),
    }
    with pytest.raises(error, match=message):
        net(**(good | arguments))


def test_conditions_given_in_vain_and_bad_requests_for_samples():
    net = nets.GatedPixelCNN(5, 4, 1, 3)
    with pytest.raises(ValueError, match="labels: expected None, as the net was made without"):
        net.sample(3, (2, 2), labels=LABELS)
    with pytest.raises(ValueError, match="context: expected None"):
        net.log_prob(torch.zeros(3, 2, 2).long(), context=torch.ones(3, 2, 1, 1))
    with pytest.raises(ValueError, match="noise: expected shape .3, 2, 2, 5., got .3, 2, 2."):
        net.sample(3, (2, 2), noise=torch.zeros(3, 2, 2))
    for num_samples, shape in (
        (-1, (2, 2)),
        (True, (2, 2)),
        (3, 2),
        (3, (2,)),
        (3, (2, 0)),
        (3, (2, 2.0)),
    ):
        with pytest.raises(ValueError, match="num_samples, shape: expected positive integers"):
            net.sample(num_samples, shape)
