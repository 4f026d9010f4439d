"""Headers of checkpoints, whole and damaged: a model, or a ValueError that names the part."""

import copy
import json
import tracemalloc

import pytest
import torch

from course_utils import nets

IMAGE = (1, 4, 4)
MODELS = {
    "flow": lambda: nets.VAE(
        nets.MLPEncoder(IMAGE, (8,), 3),
        nets.MLPDecoder(3, (8,), IMAGE),
        nets.AutoregressivePrior(3, (8,)),
        nets.Bernoulli(),
    ),
    "mixture": lambda: nets.VAE(
        nets.SpatialEncoder((3, 8, 8), (4, 8), 3),
        nets.SpatialDecoder((3, 8, 8), (4, 8), 3, 50),
        nets.StandardNormal(12),
        nets.LogisticMixture(),
    ),
    "logistic": lambda: nets.VAE(
        nets.ConvEncoder((1, 8, 8), (4,), 3),
        nets.ConvDecoder(3, (4,), (1, 8, 8), 2),
        nets.StandardNormal(3),
        nets.DiscretizedLogistic(),
    ),
    "categorical": lambda: nets.CategoricalVAE(
        nets.MLPEncoder(IMAGE, (8,), 3, params_per_latent=4),
        nets.MLPDecoder(12, (8,), IMAGE),
        3,
        4,
        nets.Bernoulli(),
    ),
    "ladder": lambda: nets.LadderVAE(
        nets.MLPEncoder(IMAGE, (8,), 3),
        nets.MLPEncoder((3,), (8,), 2),
        nets.MLPDecoder(2, (8,), (6,)),
        nets.MLPDecoder(3, (8,), (2, 4, 4)),
        nets.StandardNormal(2),
        nets.Gaussian(),
    ),
    "vq_vae": lambda: nets.VQVAE(
        nets.VQEncoder(1, (4,), (4,), 4),
        nets.VQDecoder(4, (4,), (4,), 1),
        nets.VectorQuantizer(5, 4, decay=0.9),
    ),
    "pixelcnn": lambda: nets.PixelCNN(5, 4, 1, 3),
    "gated": lambda: nets.GatedPixelCNN(5, 4, 2, 3, num_classes=2),
}
JUNK = [None, [], {}, (), "", "False", "x", b"x", 0, -1, -(10**9), 10**6, 10**9, 10**18, 10**30]
JUNK += [1.5, 400.0, float("nan"), float("inf"), True, False, [[3]], [None], ["a"], [0], [-3]]
JUNK += [[True], [3.0], [10**6], [10**9], [10**9] * 2, [60_000] * 3, [1] * 2000, {"a": 1}]
JUNK += [{"hidden": [3]}, ["MLPEncoder"], ["MLPEncoder", []], ["MLPEncoder", {}, 1], [["x"], {}]]
JUNK += [60_000, object()]


def places(node, here=()):
    yield here
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs if isinstance(node, dict | list) else ():
        if isinstance(value, dict | list):
            yield from places(value, (*here, key))
        else:
            yield (*here, key)


def at(node, place):
    for key in place:
        node = node[key]
    return node


def changed(header, place, value):
    if not place:
        return value
    header = copy.deepcopy(header)
    at(header, place[:-1])[place[-1]] = value
    return header


def without(header, place):
    header = copy.deepcopy(header)
    del at(header, place[:-1])[place[-1]]
    return header


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def header_of(model):
    return json.loads(json.dumps(model.header()))


def attempt(header):
    """The model, or None for a ValueError that names the part; any other exception comes out."""
    try:
        found = nets.build(header)
    except ValueError as error:
        assert str(error).startswith("header: ")
        return None
    assert isinstance(found, torch.nn.Module)
    return found


def test_the_same_model_from_the_same_seed(model):
    """The sketch draws nothing: weights are those of the constructors, called in this order."""
    header = header_of(model)
    torch.manual_seed(3)
    built = nets.build(header)
    assert built.header() == header
    after = torch.rand(1)
    torch.manual_seed(3)
    if "arguments" in header:
        again = type(model)(**header["arguments"])
    else:
        pairs = {key: value for key, value in header.items() if isinstance(value, list)}
        order = type(model).PARTS if "encoder_2" in pairs else pairs
        parts = {key: getattr(nets, pairs[key][0])(**pairs[key][1]) for key in order}
        rest = {key: value for key, value in header.items() if key not in {*pairs, "model"}}
        again = type(model)(**parts, **rest)
    assert torch.equal(after, torch.rand(1))
    for name, value in again.state_dict().items():
        assert torch.equal(built.state_dict()[name], value), name


def test_damaged_headers(model):
    header = header_of(model)
    for index, place in enumerate(places(header)):
        was = at(header, place)
        for junk in JUNK if len(place) < 3 else JUNK[index % 4 :: 4]:
            found = attempt(changed(header, place, junk))
            if found is None or junk == was:
                continue
            if isinstance(was, list) or (isinstance(was, int) and not isinstance(was, bool)):
                assert not isinstance(junk, bool | float | str), (place, junk)
            if isinstance(was, bool):
                assert isinstance(junk, bool), (place, junk)
            weights = sum(value.numel() for value in found.parameters())
            assert weights <= 5 * 10**7
        if place:
            attempt(without(header, place))
        if isinstance(was, dict) and place:
            assert attempt(changed(header, (*place, "unknown"), 1)) is None


@pytest.mark.parametrize("size", [10**5, 10**6, 10**9, 10**18, 10**30])
def test_a_huge_size_is_refused_before_any_memory(model, size):
    header = header_of(model)
    sizes = [place for place in places(header) if type(at(header, place)) is int]
    tracemalloc.start()
    for place in sizes:
        if place[-1] != "levels" or size > 2**20:
            if place[-1] != "beta":
                assert attempt(changed(header, place, size)) is None, place
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_wide_layers_on_each_other_are_refused():
    header = header_of(MODELS["flow"]())
    for part in ("encoder", "decoder", "prior"):
        for hidden in ([60_000, 60_000], [9_000] * 12):
            with pytest.raises(ValueError, match=f"header: its {part} is .*more than any model"):
                nets.build(changed(header, (part, 1, "hidden"), hidden))


@pytest.mark.parametrize("part", ["encoder", "decoder", "prior", "likelihood"])
@pytest.mark.parametrize("value", [None, [], "MLPEncoder", [["MLPEncoder"], {}], [None, {}], 3])
def test_the_part_is_named(part, value):
    header = header_of(MODELS["flow"]())
    for damaged in (changed(header, (part,), value), without(header, (part,))):
        with pytest.raises(ValueError, match=f"header: its {part} is .*expected .name, arguments"):
            nets.build(damaged)


@pytest.mark.parametrize("header", [None, [], "VAE", 3, {}, {"model": []}, {"model": {"a": 1}}])
def test_no_header(header):
    with pytest.raises(ValueError, match="^header: expected the model 'VAE' or "):
        nets.build(header)


@pytest.mark.parametrize("value", ["False", 0, 1, None, [], "True"])
def test_a_flag_is_a_flag(value):
    for name, place in (
        ("flow", ("mixed_precision",)),
        ("mixture", ("likelihood", 1, "coupled")),
        ("logistic", ("likelihood", 1, "bounded")),
        ("pixelcnn", ("arguments", "mixed_precision")),
    ):
        with pytest.raises(ValueError, match="expected True or False"):
            nets.build(changed(header_of(MODELS[name]()), place, value))
