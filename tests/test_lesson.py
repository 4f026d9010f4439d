"""What a notebook asks of the course: profiles, weights of record, results of record."""

import errno
import json
import os

import numpy as np
import pytest
import torch

from course_utils import data, nets, settings, training
from course_utils.lesson import start


def model():
    return nets.VAE(
        nets.MLPEncoder((2,), (4,), 1),
        nets.MLPDecoder(1, (4,), (2,), 2),
        nets.StandardNormal(1),
        nets.Gaussian(),
        mixed_precision=False,
    )


def batches():
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    return data.Batches(x, 20, seed=0)


def loss(net, x):
    return net(x)


@pytest.fixture
def profile(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    return lambda name: monkeypatch.setenv("COURSE_PROFILE", name)


def weights(net):
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


def test_start_seeds_and_says_where_it_runs(profile, capsys):
    profile("smoke")
    first = (start("01"), torch.rand(3))[1]
    second = (start("01"), torch.rand(3))[1]
    assert torch.equal(first, second)
    assert "profile smoke, device cpu" in capsys.readouterr().out


@pytest.mark.parametrize("number", ["99", "", "01_vae"])
def test_start_refuses_a_lesson_that_is_not_there(profile, number):
    profile("smoke")
    with pytest.raises(ValueError, match="number: expected the number of one lesson"):
        start(number)


def test_smoke_trains_and_writes_nothing(profile, tmp_path):
    profile("smoke")
    lesson, net = start("01"), model()
    before = weights(net)
    history = lesson.fit(net, loss, batches(), name="small", epochs=1)
    lesson.record("small", "rate", torch.tensor([1.0, 2.0]), dataset="full1")
    assert not torch.equal(before, weights(net)) and history.of_record is None
    assert list(tmp_path.rglob("*")) == []


def test_full_keeps_the_weights_of_record_and_laptop_loads_them(profile, tmp_path, capsys):
    profile("full")
    lesson, net = start("01"), model()
    lesson.fit(net, loss, batches(), name="small", epochs=3)
    path = tmp_path / "checkpoints" / lesson.name / "small.safetensors"
    header, stored = training.load_weights(path)
    assert header["epochs"] == 3 and len(header["history"]["loss"]) == 3
    assert torch.equal(weights(net), weights(net).half().float())  # what is measured is stored
    again = nets.build(header)
    again.load_state_dict(stored)
    assert torch.equal(weights(again), weights(net))

    profile("laptop")
    lesson, other = start("01"), model()
    history = lesson.fit(other, loss, batches(), name="small", epochs=1)
    assert torch.equal(weights(other), weights(net))
    assert history.of_record["epochs"] == 3
    assert "weights of record are loaded (3 epochs)" in capsys.readouterr().out

    lesson, other = start("01"), model()
    history = lesson.fit(other, loss, batches(), name="small", epochs=3)
    assert history.of_record is None  # trained as long as the record: nothing to load


def test_a_pretrained_model_is_frozen_and_has_the_weights_of_record(profile):
    profile("full")
    lesson, net = start("01"), model()
    lesson.fit(net, loss, batches(), name="net", epochs=1)
    profile("smoke")
    found = start("02").pretrained("01", "net")
    assert torch.equal(weights(found), weights(net)) and not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())
    given = start("02").pretrained("01", "net", model())
    said = start("02").weights_of("01", "net")
    assert said["name"] == "net" and said["epochs"] >= 1 and said["seconds"] >= 0
    assert torch.equal(weights(given), weights(net)) and not given.training
    with pytest.raises(training.CheckpointError, match="other.safetensors"):
        start("02").pretrained("01", "other")


def test_laptop_on_a_stand_in_loads_no_weights(profile, tmp_path):
    profile("full")
    net = model()
    start("01").fit(net, loss, batches(), name="small", epochs=2)
    profile("laptop")
    lesson, other = start("01"), model()
    lesson.on_real_data = False
    lesson.fit(other, loss, batches(), name="small", epochs=1)
    assert not torch.equal(weights(other), weights(net))


def test_records_count_the_weights_in_use(profile, tmp_path):
    """A masked convolution holds weights that are always zero: they are no parameters."""
    profile("full")
    lesson, net = start("01"), nets.PixelCNN(4, width=6, num_blocks=1, kernel_size=3, head=5)
    codes = data.Batches(torch.randint(0, 4, (8, 3, 3)), 4, 0)

    def price(net, batch):
        return {"loss": -net.log_prob(batch)}

    lesson.fit(net, price, codes, name="prior", epochs=1)
    lesson.record("prior", "nats_per_image", torch.tensor([1.0, 2.0]), dataset="full1")
    (record,) = json.loads((tmp_path / "results" / f"{lesson.name}.json").read_text())["records"]
    assert record["parameters"] == net.num_parameters()
    assert record["parameters"] < sum(parameter.numel() for parameter in net.parameters())


def test_records_of_another_lesson_can_be_read(profile):
    profile("full")
    lesson = start("01")
    lesson.record("net", "neg_elbo", torch.tensor([1.0, 3.0]), dataset="full1")
    for name in ("smoke", "laptop", "full"):
        profile(name)
        (record,) = start("02").records("01")
        assert (record["model"], record["value"]) == ("net", 2.0)
        assert start("01").records("02") == []
    with pytest.raises(ValueError, match="number: expected the number of one lesson"):
        lesson.records("99")


def test_records_are_replaced_by_model_and_metric(profile, tmp_path, capsys):
    profile("full")
    lesson = start("01")
    lesson.fit(model(), loss, batches(), name="small", epochs=1)
    values = torch.tensor([1.0, 2.0, 4.0])
    for scale in (1, 3):
        lesson.record("small", "neg_elbo", scale * values, dataset="full1")
    lesson.record("small", "active_units", 2, unit="latents", dataset="full1", n=9)
    stored = json.loads((tmp_path / "results" / f"{lesson.name}.json").read_text())
    assert stored["lesson"] == lesson.name and len(stored["records"]) == 2
    units, elbo = stored["records"]
    assert (units["value"], units["n"], units["standard_error"]) == (2.0, 9, None)
    assert elbo["value"] == pytest.approx(7.0)
    assert elbo["standard_error"] == pytest.approx((3 * values).std().item() / 3**0.5)
    assert elbo["parameters"] == sum(parameter.numel() for parameter in model().parameters())
    assert elbo["epochs"] == 1 and elbo["torch"] and elbo["revision"]

    profile("laptop")
    capsys.readouterr()
    lesson = start("01")
    lesson.record("small", "neg_elbo", values, dataset="full1")
    assert capsys.readouterr().out.count("\n") == 1  # a record prints nothing
    lesson.results(says="One number.")
    assert "2.3 ± 0.9 (3)  7.0 ± 2.6 (3)" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "results" / f"{lesson.name}.json").read_text())) == 2


def test_a_record_states_the_epochs_and_seconds_of_the_training_it_names(profile, tmp_path):
    profile("full")
    lesson = start("01")
    for name, epochs in (("small", 1), ("small_longer", 2)):
        lesson.fit(model(), loss, batches(), name=name, epochs=epochs)
    lesson.record("small", "rate", 1.0, dataset="full1")
    lesson.record("small", "distortion", 1.0, dataset="full1", fit="small_longer")
    stored = json.loads((tmp_path / "results" / f"{lesson.name}.json").read_text())
    assert [entry["epochs"] for entry in stored["records"]] == [2, 1]  # distortion, then rate
    with pytest.raises(ValueError, match="fit: expected one of small, small_longer, got 'other'"):
        lesson.record("small", "rate", 1.0, dataset="full1", fit="other")


def test_thresholds_hold_on_real_data_only(profile):
    profile("smoke")
    assert start("01").where_real(3) == float("inf")
    profile("laptop")
    lesson = start("01")
    assert lesson.where_real(3) == 3.0
    lesson.on_real_data = False
    assert lesson.where_real(3) == float("inf")


def test_an_optional_data_set_is_skipped_in_full_and_moves_no_threshold(
    profile, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    profile("laptop")
    lesson = start("01")
    assert lesson.load("svhn", optional=True).is_stand_in
    assert "Data: the stand-in 'house_numbers' for svhn" in capsys.readouterr().out
    assert lesson.where_real(3) == 3
    profile("full")
    lesson = start("01")
    assert lesson.load("svhn", optional=True) is None
    assert "Data: svhn is skipped, because not all of it is here.\n" in capsys.readouterr().out
    with pytest.raises(data.DataError, match="svhn"):
        lesson.load("svhn")


@pytest.mark.parametrize(
    ("name", "value", "call"),
    [
        ("COURSE_PROFILE", "fast", settings.profile),
        ("COURSE_DEVICE", "tpu", settings.device),
        ("COURSE_OFFLINE", "maybe", settings.offline),
    ],
)
def test_settings_name_what_is_wrong(monkeypatch, name, value, call):
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name}: expected"):
        call()


def test_settings_defaults(monkeypatch):
    for name in ("COURSE_PROFILE", "COURSE_OFFLINE", "COURSE_DATA_DIR", "COURSE_OUTPUT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert settings.profile() == "laptop" and not settings.offline()
    assert settings.budget(smoke=1, laptop=2, full=3) == 2
    assert settings.data_dir() == settings.root() / "data" / "downloads"
    assert (settings.root() / "pyproject.toml").is_file()


def test_a_copy_beside_the_notebook_does_not_confuse_the_lesson(profile, tmp_path, monkeypatch):
    profile("smoke")
    (tmp_path / "notebooks").mkdir()
    for name in ("07_long_name", "07_long_name-Copy1", "08_other"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text("{}")
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    assert start("07").name == "07_long_name"


def test_a_training_depends_on_its_name_and_seed_alone(profile):
    profile("smoke")

    def trained(name, draws_before, epochs=1):
        lesson = start("01")
        net = model()
        torch.rand(draws_before)
        lesson.fit(net, loss, batches(), name=name, epochs=epochs)
        return weights(net), torch.rand(1)

    first, after = trained("small", 0)
    second, _ = trained("small", 9)
    other, _ = trained("another", 0)
    assert torch.equal(first, second) and not torch.equal(first, other)
    assert torch.equal(after, trained("small", 0, epochs=3)[1])  # what follows is not disturbed


@pytest.mark.parametrize("slow", [torch.float32, torch.bfloat16])
def test_bfloat16_is_taken_where_it_is_faster(monkeypatch, slow):
    """A clock that the product itself moves: two units for the slow type, one for the other."""
    now = [0.0]

    def product(a, b):
        now[0] += 2.0 if a.dtype == slow else 1.0

    monkeypatch.setattr(torch.Tensor, "__matmul__", product)
    monkeypatch.setattr(settings.time, "perf_counter", lambda: now[0])
    assert settings._bfloat16_is_faster.__wrapped__() == (slow == torch.float32)


# Where nothing can be written, and where nothing is around


@pytest.fixture
def unwritable(profile, tmp_path, monkeypatch):
    """The full profile where no file can be made: its folder would lie in a file."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path / "file"))
    profile("full")


def test_a_full_run_that_cannot_save_says_so_once_and_goes_on(unwritable, tmp_path, capsys):
    lesson = start("01")
    said = capsys.readouterr().out
    assert "could not be written" in said and "COURSE_OUTPUT_DIR" in said
    assert said.endswith("The run goes on without saving.\n")
    net = model()
    history = lesson.fit(net, loss, batches(), name="small", epochs=2)
    assert lesson.record("small", "rate", torch.tensor([1.0, 2.0]), dataset="full1") == 1.5
    assert capsys.readouterr().out == ""
    assert history.of_record["epochs"] == 2
    assert torch.equal(weights(net), weights(net).half().float())  # those that would be stored
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_full_run_saves_where_its_folders_are_there_already(profile, tmp_path, capsys):
    profile("full")
    for _ in range(2):
        lesson = start("01")
        assert lesson.saves and "could not be written" not in capsys.readouterr().out
        lesson.fit(model(), loss, batches(), name="small", epochs=1)
        lesson.record("small", "rate", 1.0, dataset="full1")
        path = tmp_path / "checkpoints" / lesson.name / "small.safetensors"
        assert path.is_file() and lesson.records("01")
        path.unlink()  # the second run writes it anew


def test_it_gives_the_numbers_of_one_that_saves(profile, unwritable, tmp_path, monkeypatch):
    first, second = model(), model()
    second.load_state_dict(first.state_dict())
    start("01").fit(first, loss, batches(), name="small", epochs=2)
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    start("01").fit(second, loss, batches(), name="small", epochs=2)
    assert (tmp_path / "checkpoints" / "01_vae_2d" / "small.safetensors").is_file()
    assert torch.equal(weights(first), weights(second))


def test_a_disk_that_is_full_in_the_end_is_said_in_one_sentence(
    profile, tmp_path, monkeypatch, capsys
):
    profile("full")
    lesson, net = start("01"), model()
    capsys.readouterr()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    lesson.record("other", "rate", 1.0, dataset="full1")
    lesson.fit(net, loss, batches(), name="small", epochs=1)
    lesson.record("small", "rate", 1.0, dataset="full1")
    said = capsys.readouterr().out
    assert said.count("No space left") == 1 and said.count("\n") == 1
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_what_cannot_be_kept_is_refused_before_the_training(profile, monkeypatch):
    profile("full")
    seen, big = [], torch.nn.Linear(2_001, 2_000)

    def never(net, x):
        seen.append(1)
        return net(x)

    with pytest.raises(training.CheckpointError, match="the most is 8 MB"):
        start("01").fit(big, never, batches(), name="big", epochs=1)
    with pytest.raises(TypeError, match="expected numbers and texts, got object"):
        header = {"model": object()}
        start("01").fit(model(), never, batches(), name="small", epochs=1, header=header)
    assert seen == []


def test_numpy_numbers_reach_the_files(profile, tmp_path):
    profile("full")
    lesson, net = start("01", seed=np.int64(3)), model()
    header = {"model": "VAE", "width": np.int64(4), "scale": np.float32(0.5), "on": np.bool_(True)}
    options = {"name": "small", "epochs": np.int64(1), "lr": np.float32(1e-3), "header": header}
    lesson.fit(net, loss, batches(), **options)
    lesson.record("small", "rate", np.float64(2.5), dataset="full1", steps=np.int32(7))
    kept = training.load_weights(tmp_path / "checkpoints" / lesson.name / "small.safetensors")[0]
    assert (kept["width"], kept["scale"], kept["on"]) == (4, 0.5, True)
    assert (kept["epochs"], kept["seed"]) == (1, 3)
    (record,) = lesson.records("01")
    assert (record["value"], record["steps"], record["seed"], record["epochs"]) == (2.5, 7, 3, 1)
    for wrong in (1.5, True, "3"):
        with pytest.raises(TypeError, match="seed: expected an integer"):
            start("01", seed=wrong)


@pytest.mark.parametrize("empty", [True, False])
def test_a_lesson_without_the_repository_says_where_to_work(profile, tmp_path, monkeypatch, empty):
    profile("smoke")
    if empty:
        (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    with pytest.raises(
        ValueError, match=r"no notebooks folder: the package alone is not enough"
    ) as told:
        start("01")
    assert str(tmp_path) in str(told.value) and "number of" not in str(told.value)


@pytest.mark.parametrize("number", [1, None, "1_*", "0[12]"])
def test_what_is_no_number_of_a_lesson_is_refused(profile, number):
    profile("smoke")
    with pytest.raises(ValueError, match="number: expected the number of one lesson of 01_vae_2d"):
        start(number)
