"""Several processes that train one model: the same curve, own noise, and what happens to a loss."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from course_utils import data, distributed, settings
from tools.lessons import scale

ROOT = settings.root()
SCRIPT = Path(__file__).with_name("together.py")
LAUNCHER = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals between processes are tested on Linux and macOS"
)


def start(folder, processes, *options, launcher=()):
    """The script of tests/together.py, begun: alone, or on several processes."""
    folder.mkdir(exist_ok=True)
    line = [sys.executable, str(SCRIPT)]
    if processes > 1:
        line = scale.command(SCRIPT, processes, list(launcher))
    environment = {name: text for name, text in os.environ.items() if name not in LAUNCHER}
    environment |= {"OMP_NUM_THREADS": "1", "COURSE_PROFILE": "smoke"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([*line, str(folder), *options], env=environment, **pipes)


def run(folder, processes, *options, launcher=()):
    """The same, to its end: (what each process ended with, all that was printed)."""
    begun = start(folder, processes, *options, launcher=launcher)
    printed, _ = begun.communicate(timeout=120)
    assert begun.returncode == 0, printed
    names = (f"end_{rank}.json" for rank in range(processes))
    return [json.loads((folder / name).read_text()) for name in names], printed


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return run(tmp_path_factory.mktemp("alone"), 1)[0][0]


def assert_same_curve(found, expected):
    for name, values in expected["steps"].items():
        torch.testing.assert_close(
            torch.tensor(found["steps"][name]), torch.tensor(values), rtol=1e-5, atol=0.0
        )


def test_processes_walk_the_curve_of_one(tmp_path, alone):
    ends, _ = run(tmp_path, 3)  # the last batch of an epoch has one row: two have none
    assert len(alone["steps"]["loss"]) == 4 * 7
    for end in ends:
        assert_same_curve(end, alone)
        assert end["weights"] == ends[0]["weights"]  # to the bit, the buffer too
        assert end["evaluations"] == {"rank": [0.0] * 5}  # what process 0 says
        assert end["whole_batches"] == 16
    for name in ("layers.0.weight", "layers.2.bias"):
        found, expected = (torch.tensor(end["weights"][name]) for end in (ends[0], alone))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_noise_is_each_processes_own_and_the_first_ones_is_that_of_one(tmp_path, alone):
    ends, _ = run(tmp_path, 2, "--noisy")
    first, second = (end["drawn"] for end in ends)
    assert first[0] == alone["drawn"][0]
    assert not set(first) & set(second)
    assert ends[0]["after"] == first[0]  # the training took nothing from what follows
    assert ends[0]["weights"] == ends[1]["weights"]
    a, b = (torch.tensor(end["steps"]["loss"]) for end in (ends[0], alone))
    assert (a - b).abs().max() > 1e-3  # noise reached the loss


def await_step(folder, step, limit=60):
    """Process 1's number, once a checkpoint is there and it has come to ``step``."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        told = folder / "process_1"
        words = told.read_text().split() if told.exists() else []
        if len(words) == 2 and int(words[1]) >= step and (folder / "state.safetensors").exists():
            return int(words[0])
        time.sleep(0.02)
    raise AssertionError(f"no step {step} within {limit} s")


def test_a_killed_process_ends_the_run_and_a_resume_goes_on(tmp_path, alone):
    begun = start(tmp_path, 2, "--slowly")
    os.kill(await_step(tmp_path, 9), signal.SIGKILL)
    killed = time.monotonic()
    printed, _ = begun.communicate(timeout=60)
    assert time.monotonic() - killed < 30
    assert begun.returncode != 0
    assert "Signal 9 (SIGKILL)" in printed or "is gone" in printed, printed
    assert not list(tmp_path.glob("end_*"))
    (end,), _ = run(tmp_path, 1)  # with another number of processes
    assert len(end["drawn"]) < 28  # it did not begin anew
    assert_same_curve(end, alone)


def test_the_launchers_own_restart_goes_on(tmp_path, alone):
    ends, _ = run(tmp_path, 2, "--crash-at", "10", launcher=["--max-restarts", "1"])
    assert (tmp_path / "crashed").exists()
    assert len(ends[0]["drawn"]) < 28
    assert_same_curve(ends[0], alone)


def test_a_lost_process_is_told_with_what_is_kept(tmp_path, monkeypatch):
    from course_utils import training

    def lost(*arguments):
        raise distributed.LostProcessError("Connection closed by peer")

    monkeypatch.setattr(distributed, "size", lambda: 2)
    monkeypatch.setattr(distributed, "rank", lambda: 0)
    monkeypatch.setattr(distributed, "gradients", lost)
    monkeypatch.setattr(distributed, "as_first", lambda tensors: None)
    model = torch.nn.Linear(2, 1)
    with pytest.raises(training.TrainingError) as told:
        training.fit(
            model,
            lambda model, x: {"loss": model(x)[:, 0]},
            data.Batches(torch.ones(8, 2), 4, 0),
            epochs=1,
            checkpoint=tmp_path / "state",
        )
    for words in ("step 1 (epoch 1)", "is gone", "Connection closed", "no checkpoint was written"):
        assert words in str(told.value)


# --- parts of a batch


def test_shares_are_the_batches_rows_in_the_common_order():
    images = torch.arange(11)
    whole = [batch.tolist() for batch in data.Batches(images, 4, seed=3)]
    parts = []
    for rank in range(3):
        batches = data.Batches(images, 4, seed=3)
        batches.share(rank, 3, seed=rank)
        parts.append([batch.tolist() for batch in batches])
    for place, batch in enumerate(whole):
        assert [parts[rank][place] for rank in range(3)] == [batch[rank::3] for rank in range(3)]


def test_shares_with_noise_keep_the_order_of_later_epochs_common():
    def noisy(x, generator):
        return torch.stack([x, torch.rand(len(x), generator=generator)])

    seen = []
    for rank in range(2):
        batches = data.Batches(torch.arange(6.0), 6, seed=3, transform=noisy)
        batches.share(rank, 2, seed=rank)
        seen.append([next(iter(batches)) for _ in range(3)])
    for first, second in zip(*seen, strict=True):
        assert sorted([*first[0].tolist(), *second[0].tolist()]) == [0, 1, 2, 3, 4, 5]
        assert not set(first[1].tolist()) & set(second[1].tolist())


def test_more_processes_than_rows_are_refused():
    for num_images, batch_size in ((8, 2), (2, 8)):
        batches = data.Batches(torch.zeros(num_images), batch_size, 0)
        with pytest.raises(ValueError, match="a row for each of 3 processes, got 2"):
            batches.share(0, 3, 0)


def test_batches_that_cannot_be_shared_are_refused(monkeypatch):
    monkeypatch.setattr(distributed, "size", lambda: 2)
    with pytest.raises(ValueError, match="cannot be shared"), distributed.shares([], 0):
        pass


def test_alone_nothing_happens():
    distributed.join()
    distributed.wait()
    assert distributed.size() == 1 and distributed.is_first()
    state = torch.get_rng_state()
    with distributed.own_noise(0), distributed.first_alone(), distributed.shares([], 0):
        torch.rand(3)
    assert not torch.equal(state, torch.get_rng_state())
    assert distributed.as_first_says({"a": 1}) == {"a": 1}


def test_each_process_has_its_own_gpu(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    for name in LAUNCHER:
        monkeypatch.setenv(name, "3")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert str(settings.device()) == "cuda:3"
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert str(settings.device()) == "cpu"
    monkeypatch.delenv("RANK")
    assert settings.launched() is None


# --- tools/lessons/scale.py


def test_a_lesson_runs_on_two_processes_and_one_speaks():
    line = [sys.executable, "-m", "tools.lessons.scale", "01", "--profile", "smoke"]
    environment = {name: text for name, text in os.environ.items() if name not in LAUNCHER}
    environment |= {"OMP_NUM_THREADS": "1", "COURSE_DEVICE": "cpu"}
    done = subprocess.run(
        line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("What this lesson showed") == 1
    assert "2 processes share each batch." in done.stdout
    assert done.stdout.count("Lesson 01: profile smoke") == 1


def test_a_failure_is_told_with_what_to_do(monkeypatch, capsys):
    code = subprocess.CompletedProcess([], 7)
    monkeypatch.setattr(scale.subprocess, "run", lambda *a, **k: code)
    assert scale.main(["02", "--processes", "4", "--profile", "full", "--max-restarts", "2"]) == 1
    assert "02_vae_mnist ended early on 4 processes (exit code 7" in (
        told := capsys.readouterr().err
    )
    assert "goes on from the last checkpoints" in told
    assert scale.main(["02", "--profile", "smoke"]) == 1
    assert "starts anew" in capsys.readouterr().err
    for wrong in (["99"], ["02", "--processes", "0"]):
        with pytest.raises(SystemExit):
            scale.main(wrong)


def test_on_several_machines_the_launcher_is_told_where_to_meet():
    options = ["--nnodes", "2", "--rdzv-endpoint", "first:29500"]
    line = scale.command("x.py", 2, ["--max-restarts", "3"])
    assert "--standalone" in line and "--local-addr=127.0.0.1" in line  # hosts without a name
    line = scale.command("x.py", 4, options)
    assert "--standalone" not in line and line[-5:] == [*options, "x.py"]
