"""Several runs of one training: streams of their own, what is kept, and how a value spreads."""

import json
import statistics

import pytest
import torch

from course_utils import data, nets, seeds, training
from course_utils.lesson import start


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def profile(monkeypatch):
    return lambda name: monkeypatch.setenv("COURSE_PROFILE", name)


def trained(lesson, stop_at=None, draws=0, seen=None):
    """A ``train`` for ``lesson.seeds``: weights of a small net, and the names that were trained."""

    def train(seed):
        if seed == stop_at:
            raise KeyboardInterrupt
        torch.rand(draws)
        encoder, decoder = nets.MLPEncoder((2,), (4,), 1), nets.MLPDecoder(1, (4,), (2,), 2)
        net = nets.VAE(encoder, decoder, nets.StandardNormal(1), nets.Gaussian())
        batches = data.Batches(torch.randn(64, 2), 16, seed)

        def loss(model, x):
            if seen is not None:
                seen.append(seed)
            return model(x)

        lesson.fit(net, loss, batches, name="small", epochs=2)
        return torch.cat([value.detach().flatten() for value in net.parameters()])

    return train


def test_full_trains_under_each_seed_and_keeps_the_first_ones_weights(profile, folder):
    profile("full")
    lesson = start("01")
    before = torch.get_rng_state()
    found = lesson.seeds(3, trained(lesson))
    assert torch.equal(torch.get_rng_state(), before)  # what follows does not depend on it
    assert len(found) == 3
    assert len({tuple(values.tolist()) for values in found}) == 3
    for values in found:  # all are rounded as the record's weights are
        assert torch.equal(values, values.half().float())
    kept = sorted(path.name for path in (folder / "checkpoints" / lesson.name).iterdir())
    assert kept == ["small.safetensors"]
    partial = sorted(path.name for path in (folder / "checkpoints" / "partial").rglob("*.*"))
    assert partial == [f"small{end}.safetensors" for end in ("", "_seed1", "_seed2")]


@pytest.mark.parametrize("name", ["smoke", "laptop"])
def test_elsewhere_the_first_seed_alone_is_trained_and_is_the_run_of_record(profile, name):
    profile("full")
    lesson = start("01")
    full = lesson.seeds(2, trained(lesson))
    profile(name)
    lesson = start("01")
    (found,) = lesson.seeds(2, trained(lesson))
    profile("full")
    lesson = start("01")
    assert torch.equal(lesson.seeds(1, trained(lesson))[0], full[0])
    if name == "laptop":  # trained as long as the record: its own weights, not yet rounded
        assert torch.allclose(found, full[0], atol=1e-2)


def test_a_stopped_run_goes_on_with_the_seed_at_which_it_stopped(profile, tmp_path, monkeypatch):
    profile("full")
    lesson = start("01")
    whole = lesson.seeds(3, trained(lesson))
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path / "again"))
    lesson = start("01")
    with pytest.raises(KeyboardInterrupt):
        lesson.seeds(3, trained(lesson, stop_at=2))
    lesson, seen = start("01"), []
    torch.rand(7)
    again = lesson.seeds(3, trained(lesson, seen=seen))
    assert set(seen) == {2}  # the others were done
    assert all(torch.equal(a, b) for a, b in zip(whole, again, strict=True))
    lesson.record("small", "rate", 1.0, dataset="full1")  # the interrupt left no seed behind


def test_each_seed_has_a_stream_of_its_own(profile):
    profile("full")
    lesson = start("01")
    first = lesson.seeds(2, lambda seed: torch.rand(3))
    torch.rand(5)
    again = lesson.seeds(3, lambda seed: torch.rand(3))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=False))
    assert not torch.equal(first[0], first[1])


def test_a_record_of_several_seeds_says_how_they_spread(profile, folder, capsys):
    profile("full")
    lesson = start("01")
    found = [torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]), torch.tensor([1.0, 1.0])]
    lesson.record("small", "rate", found[0], dataset="full1", seeds=found)
    lesson.record("small", "mse", 1.5, dataset="full1", seeds=[1.5])
    lesson.record("small", "units", 2, dataset="full1")
    held = json.loads((folder / "results" / f"{lesson.name}.json").read_text())["records"]
    mse, rate, units = held
    assert not {"seeds", "seed_error"} & ({*mse} | {*units})  # one seed does not spread
    assert rate["value"] == 1.5 and rate["standard_error"] == 0.5  # those of the run of record
    assert rate["seeds"] == 3 and rate["seed_values"] == [1.5, 3.0, 1.0]
    assert rate["seed_spread"] == statistics.stdev([1.5, 3.0, 1.0])
    assert rate["seed_error"] == rate["seed_spread"] / 3**0.5
    profile("laptop")
    lesson = start("01")
    lesson.record("small", "rate", found[0], dataset="full1", seeds=found[:1])
    capsys.readouterr()
    lesson.results(says="c")
    said = capsys.readouterr().out
    assert "over seeds (n)" in said and "1.8 ± 0.6 (3)" in said


def test_spread_needs_two():
    assert seeds.spread([]) == seeds.spread([1.0]) == {}
    assert seeds.spread([1.0, 3.0])["seed_error"] == 1.0


def test_what_cannot_be_meant_is_refused(profile):
    profile("smoke")
    lesson = start("01")
    for wrong, error in ((0, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="n: expected"):
            lesson.seeds(wrong, lambda seed: seed)
    with pytest.raises(RuntimeError, match="record: a result is recorded once, after"):
        lesson.seeds(3, lambda seed: lesson.record("a", "b", 1.0, dataset="c"))
    with pytest.raises(RuntimeError, match="seeds: expected one call at a time"):
        lesson.seeds(3, lambda seed: lesson.seeds(3, lambda inner: inner))
    lesson.record("a", "b", 1.0, dataset="c")  # both are over


def test_the_first_seeds_record_says_how_it_was_trained(profile, folder):
    profile("full")
    lesson = start("01")
    lesson.seeds(2, trained(lesson))
    lesson.record("small", "rate", 1.0, dataset="full1")
    (held,) = json.loads((folder / "results" / f"{lesson.name}.json").read_text())["records"]
    kept = training.load_weights(folder / "checkpoints" / lesson.name / "small.safetensors")[0]
    assert held["epochs"] == kept["epochs"] == 2 and held["seconds"] == kept["seconds"]
