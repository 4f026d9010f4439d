"""The training loop: what it reports, how it stops, and that a resume is exact to the bit."""

import copy
import errno
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import data, distributed, losses, nets, training
from course_utils.checkpoint import CheckpointError, load_state, save_state

ROOT = Path(__file__).resolve().parent.parent


class Point(nn.Module):
    """One vector of weights; its loss is its squared distance to each example."""

    def __init__(self, size=3):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(size))


def distance(model, x):
    return {"loss": 0.5 * (model.w - x).square().sum(1)}


def points(num=10, batch_size=4, seed=0, size=3):
    images = torch.randn(num, size, generator=torch.Generator().manual_seed(5))
    return data.Batches(images, batch_size, seed)


# Learning rate


def rates(total, schedule="one_cycle", peak=0.01):
    return [training.learning_rate(step, total, peak, schedule) for step in range(total)]


def test_one_cycle_climbs_for_a_tenth_and_falls_to_almost_nothing():
    found = rates(1_000)
    assert math.isclose(found[0], 0.01 / 25)
    assert found[100] == max(found) == 0.01
    assert found[:101] == sorted(found[:101]) and found[100:] == sorted(found[100:])[::-1]
    assert math.isclose(found[-1], 0.01 / 900)  # a straight line over 900 steps
    assert math.isclose(found[50], (0.01 / 25 + 0.01) / 2)  # half way up half a cosine


@pytest.mark.parametrize("total", [1, 2, 3, 10, 11])
def test_one_cycle_of_few_steps_stays_within_its_peak(total):
    assert all(0 < rate <= 0.01 for rate in rates(total))
    assert total < 2 or max(rates(total)) == 0.01


def test_constant_is_constant():
    assert rates(7, "constant") == [0.01] * 7


def test_the_optimizer_sees_the_schedule():
    """With betas (0, 0) Adam moves each weight by the rate exactly, in the gradient's sign."""
    model, seen = Point(1), []

    def loss_fn(model, x):
        seen.append(model.w.item())
        return {"loss": model.w.sum().expand(len(x))}

    batches = points(16, 4, size=1)
    history = training.fit(model, loss_fn, batches, epochs=5, lr=0.1, betas=(0.0, 0.0), eps=0.0)
    seen.append(model.w.item())
    moved = [before - after for before, after in zip(seen, seen[1:], strict=False)]
    assert history.learning_rate == rates(20, peak=0.1)
    assert moved == pytest.approx(history.learning_rate, rel=1e-4, abs=1e-7)


# History


def test_history_holds_batch_means_and_means_over_examples():
    """The last batch is smaller: an epoch's mean weighs examples, not batches."""
    seen = []

    def loss_fn(model, x):
        rate, distortion = x.square().sum(1), (model.w - x).square().sum(1)
        seen.append((rate.detach(), distortion.detach()))
        return {"loss": rate + 2 * distortion, "rate": rate, "distortion": distortion}

    batches = points(10, 4)
    history = training.fit(
        Point(), loss_fn, batches, epochs=2, evaluate=lambda model: {"norm": model.w.norm()}
    )
    assert [len(rate) for rate, _ in seen] == [4, 4, 2] * 2
    for name, place in (("rate", 0), ("distortion", 1)):
        parts = [values[place] for values in seen]
        assert history.steps[name] == pytest.approx([part.mean().item() for part in parts])
        by_epoch = [torch.cat(parts[:3]).mean().item(), torch.cat(parts[3:]).mean().item()]
        assert history.epochs[name] == pytest.approx(by_epoch)
        assert by_epoch[0] != pytest.approx(sum(history.steps[name][:3]) / 3, rel=1e-3)
    for curves in (history.steps, history.epochs):
        total = [a + b for a, b in zip(curves["rate"], curves["distortion"], strict=True)]
        assert curves["total"] == pytest.approx(total)
        assert list(curves) == ["loss", "rate", "distortion", "total"]
    assert len(history.evaluations["norm"]) == 3 and history.evaluations["norm"][0] == 0.0
    assert all(isinstance(value, float) for value in history.evaluations["norm"])
    assert len(history.learning_rate) == 6 and history.seconds > 0


def test_total_needs_both_terms_and_a_given_one_is_kept():
    def fit(extra):
        def loss_fn(model, x):
            loss = distance(model, x)["loss"]
            return {"loss": loss, "rate": loss} | extra(loss)

        return training.fit(Point(), loss_fn, points(), epochs=1)

    assert "total" not in fit(lambda loss: {}).steps
    given = fit(lambda loss: {"distortion": loss, "total": 0 * loss + 7})
    assert set(given.steps["total"]) == {7.0}


def test_a_history_survives_its_state():
    history = training.fit(
        Point(), distance, points(), epochs=2, evaluate=lambda model: {"w": model.w.sum()}
    )
    assert training.History.from_state(history.state()) == history


def test_modes_and_epoch_hook():
    model, modes = Point(), []

    def loss_fn(model, x):
        modes.append(("step", model.training))
        return distance(model, x)

    def evaluate(model):
        modes.append(("evaluate", model.training or torch.is_grad_enabled()))
        return {}

    training.fit(
        model,
        loss_fn,
        points(4, 4),
        epochs=2,
        evaluate=evaluate,
        on_epoch=lambda epoch, model: modes.append((epoch, model.training)),
    )
    one = [("step", True), ("evaluate", False)]
    assert modes == [("evaluate", False), *one, (1, False), *one, (2, False)]
    assert not model.training


def test_on_step_hears_the_share_of_steps_done_before_each(tmp_path):
    """What is annealed by it goes on after a stop where it was."""

    def train(shares, epochs_heard):
        def on_step(share):
            if len(shares) == epochs_heard * 3:
                raise KeyboardInterrupt
            shares.append(share)

        options = {"checkpoint": tmp_path / "state", "resume": True, "on_step": on_step}
        training.fit(Point(), distance, points(10, 4), epochs=4, **options)

    first, rest = [], []
    with pytest.raises(KeyboardInterrupt):
        train(first, 2)
    train(rest, 9)
    assert first + rest == pytest.approx([step / 12 for step in range(12)])


# Errors


@pytest.mark.parametrize(
    "returned, message",
    [
        (lambda loss: loss, "expected a dict with the key 'loss', got Tensor"),
        (lambda loss: {"rate": loss}, r"expected a dict with the key 'loss', got the keys \['rate"),
        (lambda loss: {"loss": loss.mean()}, r"shape \(B,\), as 'loss', got \(\)"),
        (lambda loss: {"loss": loss, "rate": 3.0}, r"shape \(B,\), as 'rate', got float"),
        (lambda loss: {"loss": loss, "rate": loss[:, None]}, r"as 'rate', got \(4, 1\)"),
        (lambda loss: {"loss": loss, "rate": loss[:1]}, "as many values of 'rate' as of 'loss', 4"),
    ],
)
def test_what_a_loss_function_returns_is_checked(returned, message):
    with pytest.raises(ValueError, match=message):
        training.fit(
            Point(), lambda model, x: returned(distance(model, x)["loss"]), points(8), epochs=1
        )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"schedule": "cosine"}, "schedule: expected 'one_cycle' or 'constant', got 'cosine'"),
        ({"epochs": 0}, "epochs: expected an integer of at least 1, got 0"),
        ({"epochs": 1.5}, "epochs: .*got 1.5"),
        ({"ema": 1.0}, "ema: expected a number between 0 and 1, got 1.0"),
    ],
)
def test_settings_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        training.fit(Point(), distance, points(), **({"epochs": 1} | options))


def test_a_model_without_weights_is_refused():
    with pytest.raises(ValueError, match="model: expected at least one trainable parameter"):
        training.fit(nn.ReLU(), distance, points(), epochs=1)


def turns_bad(at, how):
    """A loss function that fails at step ``at``, counted from 1."""
    steps = []

    def loss_fn(model, x):
        steps.append(1)
        if len(steps) == at:
            if how == "raises":
                raise losses.NotFiniteError("log_var: expected finite numbers, got NaN")
            return {"loss": distance(model, x)["loss"] * float(how)}
        return distance(model, x)

    return loss_fn


@pytest.mark.parametrize("how", ["nan", "inf", "raises"])
def test_divergence_names_step_epoch_state_and_causes(tmp_path, how):
    path = tmp_path / "state.safetensors"
    model = Point()
    with pytest.raises(training.TrainingError) as caught:
        training.fit(
            model,
            turns_bad(5, how),
            points(10, 4),
            epochs=3,
            checkpoint=path,
            checkpoint_seconds=0,
        )
    message = str(caught.value)
    assert message.startswith("step 5 (epoch 2): ")
    assert ("log_var" if how == "raises" else f"the loss is {how}") in message
    assert f"the last good state is in {path}" in message
    for cause in ("learning rate", "clip_norm", "0 ... 255", "log_var"):
        assert cause in message
    state = load_state(path)
    assert state["step"] == 4 and torch.equal(state["model"]["w"], model.w.detach())
    # The state is good: a loss that behaves goes on from it to the end.
    resumed, whole = Point(), Point()
    options = {"epochs": 3}
    training.fit(resumed, distance, points(10, 4), checkpoint=path, resume=True, **options)
    training.fit(whole, distance, points(10, 4), **options)
    assert torch.equal(resumed.w, whole.w)


def test_divergence_says_where_no_state_was_kept(tmp_path):
    with pytest.raises(training.TrainingError, match="step 1 .*no checkpoint was asked for"):
        training.fit(Point(), turns_bad(1, "nan"), points(), epochs=1)
    with pytest.raises(training.TrainingError, match="step 1 .*no checkpoint was written yet"):
        path = tmp_path / "state.safetensors"
        training.fit(Point(), turns_bad(1, "nan"), points(), epochs=1, checkpoint=path)


class NaNGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w):
        return w.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * float("nan")


def test_weights_that_turn_nan_in_the_last_step_are_found_and_never_kept(tmp_path):
    """The loss is finite, its gradient is not: nothing follows that could show it."""
    path = tmp_path / "state.safetensors"
    steps = []

    def loss_fn(model, x):
        steps.append(1)
        w = NaNGradient.apply(model.w) if len(steps) == 6 else model.w
        return {"loss": (w - x).square().sum(1)}

    with pytest.raises(training.TrainingError, match=r"step 6 \(epoch 2\): a weight is NaN"):
        training.fit(
            Point(), loss_fn, points(10, 4), epochs=2, checkpoint=path, checkpoint_seconds=0
        )
    assert load_state(path)["step"] == 5


# Optimisation


def test_a_quadratic_is_solved():
    batches = points(64, 64)
    model = Point()
    history = training.fit(model, distance, batches, epochs=300, lr=0.1)
    mean = batches.images.mean(0)
    torch.testing.assert_close(model.w.detach(), mean, atol=1e-4, rtol=0)
    least = 0.5 * (batches.images - mean).square().sum(1).mean().item()
    assert history.epochs["loss"][-1] == pytest.approx(least, rel=1e-5)
    assert history.epochs["loss"][0] > least


def test_ema_is_the_average_by_hand():
    """average <- decay average + (1 - decay) w after each step, begun at the first w."""
    model, seen = Point(), []

    def loss_fn(model, x):
        seen.append(model.w.detach().clone())
        return distance(model, x)

    evaluated = []
    training.fit(
        model,
        loss_fn,
        points(12, 4),
        epochs=2,
        lr=0.1,
        ema=0.8,
        evaluate=lambda model: evaluated.append(model.w.detach().clone()) or {},
    )
    plain = Point()
    training.fit(plain, distance, points(12, 4), epochs=2, lr=0.1)
    weights = [*seen[1:], plain.w.detach()]
    averages = [weights[0]]
    for w in weights[1:]:
        averages.append(0.8 * averages[-1] + 0.2 * w)
    torch.testing.assert_close(model.w.detach(), averages[-1])
    assert not torch.allclose(model.w, plain.w, atol=1e-3)
    torch.testing.assert_close(torch.stack(evaluated), torch.stack([seen[0], *averages[2::3]]))


def test_clip_norm_bounds_the_whole_gradient():
    norms = []

    class TwoParts(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.ones(2))

    def loss_fn(model, x):
        if model.a.grad is not None:
            norms.append(torch.cat([model.a.grad, model.b.grad]).norm().item())
        scale = 1_000 if len(norms) % 2 else 0.001
        return {"loss": scale * (model.a.sum() + 2 * model.b.sum()).expand(len(x))}

    for clip_norm in (0.5, None):
        norms.clear()
        training.fit(TwoParts(), loss_fn, points(), epochs=3, clip_norm=clip_norm)
        assert len(norms) == 8
        assert (max(norms) > 0.5001) == (clip_norm is None)
        assert min(norms) < 0.01  # small gradients are left alone


# Resume


def vae_run(checkpoint=None, resume=False, on_step=None, evaluate=None, **options):
    """A training with every kind of state: sampled z, binarised batches, an average, clipping."""
    torch.manual_seed(3)
    model = nets.VAE(
        nets.MLPEncoder((1, 4, 4), (8,), 2),
        nets.MLPDecoder(2, (8,), (1, 4, 4)),
        nets.StandardNormal(2),
        nets.Bernoulli(),
    )
    images = torch.randint(0, 256, (22, 1, 4, 4), dtype=torch.uint8)
    batches = data.Batches(images, 4, 11, data.binarise)
    steps = []

    def loss_fn(model, x):
        steps.append(1)
        if on_step:
            on_step(len(steps))
        return model(x)

    def noisy(model):
        return {"elbo": -model(data.to_unit(images).round())["loss"].mean()}

    settings = {"epochs": 3, "lr": 0.01, "ema": 0.9, "clip_norm": 5.0, "checkpoint_seconds": 0}
    history = training.fit(
        model,
        loss_fn,
        batches,
        checkpoint=checkpoint,
        resume=resume,
        evaluate=evaluate or noisy,
        **(settings | options),
    )
    return model, history, len(steps)


@pytest.fixture(scope="module")
def whole():
    """The same training, never stopped and without a checkpoint: 3 epochs of 6 steps."""
    return vae_run()


def assert_same(found, expected):
    for name, value in expected[0].state_dict().items():
        assert torch.equal(found[0].state_dict()[name], value), name
    for name in ("steps", "epochs", "evaluations", "learning_rate"):
        assert getattr(found[1], name) == getattr(expected[1], name), name


CHILD = """
import pathlib, sys, time, torch
sys.path.insert(0, sys.argv[1])
torch.set_num_threads(1)
from test_training import vae_run
folder = pathlib.Path(sys.argv[2])

def on_step(step):
    if step == int(sys.argv[3]):
        (folder / "ready").touch()
        time.sleep(120)

vae_run(folder / "state.safetensors", resume=True, on_step=on_step)
"""


def killed(folder, step):
    """Start the training in a process of its own and kill it while it takes step ``step``."""
    (folder / "ready").unlink(missing_ok=True)
    command = [sys.executable, "-c", CHILD, str(ROOT / "tests"), str(folder), str(step)]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while not (folder / "ready").exists():
            assert child.poll() is None, child.stderr.read().decode()
            assert time.monotonic() < until, "the child did not come to its step"
            time.sleep(0.02)
    finally:
        child.kill()
        child.communicate()
    assert os.name == "nt" or child.returncode == -9


def test_killed_twice_in_mid_epoch_the_rest_is_the_same_to_the_bit(tmp_path, whole):
    path = tmp_path / "state.safetensors"
    killed(tmp_path, 9)  # 8 steps are taken: the second epoch is under way
    state = load_state(path)
    assert (state["step"], state["epoch"], state["count"]) == (8, 1, 8)
    killed(tmp_path, 7)  # 6 more, in the third epoch now
    state = load_state(path)
    assert (state["step"], state["epoch"], state["count"]) == (14, 2, 8)
    found = vae_run(path, resume=True)
    assert found[2] == 18 - 14
    assert_same(found, whole)
    assert whole[2] == 18 and len(whole[1].evaluations["elbo"]) == 4


def test_writing_checkpoints_changes_nothing(tmp_path, whole):
    assert_same(vae_run(tmp_path / "state.safetensors"), whole)


class Stop(Exception):
    pass


@pytest.mark.parametrize("step", [1, 2, 6, 7, 18])
def test_stopped_at_any_step_the_rest_is_the_same(tmp_path, whole, step):
    path = tmp_path / "state.safetensors"

    def stop(at):
        if at == step:
            raise Stop

    with pytest.raises(Stop):
        vae_run(path, on_step=stop)
    assert path.is_file() == (step > 1)
    found = vae_run(path, resume=True)
    assert found[2] == 18 - step + 1
    assert_same(found, whole)


def test_stopped_after_an_epochs_last_step_the_rest_is_the_same(tmp_path):
    """Before the epoch's end is written, while ``evaluate`` runs: no epoch may come twice."""
    path, calls = tmp_path / "state.safetensors", []

    def evaluate(model):
        calls.append(1)
        if len(calls) == 3:
            raise Stop
        return {"first": next(model.parameters()).sum()}

    whole = vae_run(evaluate=lambda model: {"first": next(model.parameters()).sum()})
    with pytest.raises(Stop):
        vae_run(path, evaluate=evaluate)
    found = vae_run(path, resume=True, evaluate=evaluate)
    assert len(found[1].steps["loss"]) == 18
    assert_same(found, whole)


def test_a_finished_training_returns_at_once(tmp_path, whole):
    path = tmp_path / "state.safetensors"
    vae_run(path)
    before = path.read_bytes()
    found = vae_run(path, resume=True)
    assert found[2] == 0
    assert_same(found, whole)
    assert path.read_bytes() == before


def test_without_resume_a_checkpoint_is_ignored_and_replaced(tmp_path, whole):
    path = tmp_path / "state.safetensors"
    vae_run(path, epochs=1)
    found = vae_run(path, resume=False)
    assert found[2] == 18
    assert_same(found, whole)


def test_seconds_add_up_over_parts(tmp_path):
    path = tmp_path / "state.safetensors"

    def slow(at):
        time.sleep(0.02)
        if at == 10:
            raise Stop

    with pytest.raises(Stop):
        vae_run(path, on_step=slow)
    kept = load_state(path)["history"]["seconds"]
    _, history, _ = vae_run(path, resume=True)
    assert 0.18 <= kept < history.seconds


@pytest.mark.parametrize(
    "options, named",
    [
        ({"epochs": 4}, "epochs"),
        ({"lr": 0.02}, "lr"),
        ({"schedule": "constant"}, "schedule"),
        ({"betas": (0.9, 0.95)}, "betas"),
        ({"eps": 1e-6}, "eps"),
        ({"weight_decay": 0.1}, "weight_decay"),
        ({"clip_norm": None}, "clip_norm"),
        ({"ema": None, "lr": 0.02}, "lr, ema"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_by_their_names(tmp_path, options, named):
    path = tmp_path / "state.safetensors"
    vae_run(path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=rf"state\.safetensors: .*with other {named};"):
        vae_run(path, resume=True, **options)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_model_or_other_data_is_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    training.fit(Point(), distance, points(), epochs=1, checkpoint=path)
    options = {"epochs": 1, "checkpoint": path, "resume": True}
    with pytest.raises(CheckpointError, match="with other parameters;"):
        training.fit(Point(4), distance, points(size=4), **options)
    with pytest.raises(CheckpointError, match="with other examples;"):
        training.fit(Point(), distance, points(11), **options)
    with pytest.raises(CheckpointError, match="with other batches;"):
        training.fit(Point(), distance, points(10, 2), **options)


def test_a_damaged_checkpoint_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "state.safetensors"
    vae_run(path)
    path.write_bytes(path.read_bytes()[:-100])
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"state\.safetensors: .*damaged"):
        vae_run(path, resume=True)
    training.save_weights(path, Point(), {})
    with pytest.raises(CheckpointError, match="no training state in it"):
        vae_run(path, resume=True)
    assert len(before) and training.CheckpointError is CheckpointError


def test_a_resume_does_not_depend_on_the_models_state_or_the_generator(tmp_path, whole):
    path = tmp_path / "state.safetensors"

    def stop(at):
        if at == 10:
            raise Stop

    with pytest.raises(Stop):
        vae_run(path, on_step=stop)
    state = copy.deepcopy(load_state(path))

    def disturb(at):  # what the process drew before is of no account
        assert torch.equal(torch.get_rng_state(), state["generator"]) == (at == 1)

    assert_same(vae_run(path, resume=True, on_step=disturb), whole)


def test_an_interrupt_between_steps_writes_first(tmp_path):
    """The interrupt comes while batch 4 is drawn: three whole steps are kept, and batch 4 too."""
    path = tmp_path / "state.safetensors"
    whole = Point()
    batches = data.Batches(torch.randn(12, 3), 2, 0)
    expected = training.fit(whole, distance, batches, epochs=1)

    def stop(images, generator):
        stop.count += 1
        if stop.count == 4:
            raise KeyboardInterrupt
        return images

    stop.count = 0
    stopped = data.Batches(batches.images, 2, 0, stop)
    with pytest.raises(KeyboardInterrupt):
        training.fit(Point(), distance, stopped, epochs=1, checkpoint=path)
    again = Point()
    rest = data.Batches(batches.images, 2, 0)
    history = training.fit(again, distance, rest, epochs=1, checkpoint=path, resume=True)
    assert load_state(path)["step"] == 6 and stop.count == 4
    assert_same((again, history), (whole, expected))


# Progress


def test_smoke_is_silent_and_the_other_profiles_leave_nothing(capfd, monkeypatch):
    training.fit(Point(), distance, points(), epochs=2, description="point")
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    training.fit(Point(), distance, points(), epochs=2, description="point")
    assert capfd.readouterr() == ("", "")  # no terminal to draw on
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    training.fit(Point(), distance, points(), epochs=2, description="point")
    out, err = capfd.readouterr()
    assert err == "" and "point" in out and "\n" not in out
    assert out.split("\r")[-2].strip() == "" and out.endswith("\r")
    training.fit(Point(), distance, points(), epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")


NOTEBOOK = [
    "import sys; sys.path.insert(0, 'tests')\n"
    "import torch; torch.set_num_threads(1)\n"
    "from test_training import Point, distance, points\n"
    "from course_utils import training",
    "_ = training.fit(Point(), distance, points(200, 1), epochs=5, description='point')",
    "def bad(model, x):\n"
    "    raise ValueError('bad')\n"
    "try:\n"
    "    training.fit(Point(), bad, points(), epochs=1)\n"
    "except ValueError as error:\n"
    "    print(error)",
]


def test_a_progress_bar_leaves_nothing_in_a_notebook(monkeypatch, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from tools.lessons import normalise

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in NOTEBOOK])
    shown = []

    class Watching(nbclient.NotebookClient):
        def process_message(self, message, cell, cell_index):
            shown.append((message["msg_type"], message["content"].get("data", {})))
            return super().process_message(message, cell, cell_index)

    Watching(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    updates = [held["text/plain"] for kind, held in shown if kind == "update_display_data"]
    assert any(line.startswith("point: ") for line in updates) and updates[-1] == ""
    [output] = notebook.cells[1].outputs
    assert output.output_type == "display_data" and output.data == {"text/plain": ""}
    tidy = json.loads(normalise.normalise(nbformat.writes(notebook)))
    assert tidy["cells"][1]["outputs"] == []
    assert [output["text"] for output in tidy["cells"][2]["outputs"]] == [["bad\n"]]


def test_subnormal_numbers_are_zero_while_training_and_on_this_thread_only_then():
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor has no such mode")
    tiny, seen = torch.full((2**20,), 1e-30), []

    def loss_fn(model, x):
        seen.append((tiny * 1e-10).count_nonzero().item())
        return {"loss": model(x)[:, 0]}

    training.fit(nn.Linear(3, 1), loss_fn, points(), epochs=1)
    assert set(seen) == {0}  # on every thread
    assert (tiny[:10] * 1e-10).count_nonzero() == 10


# What is asked for


@pytest.mark.parametrize(
    "name, values, wanted",
    [
        ("epochs", (0, -1, 1.0, True, "3", None), "an integer of at least 1"),
        ("lr", (0, -1e-3, math.nan, math.inf, True, "1e-3", None), "a positive finite number"),
        ("eps", (-1e-8, math.nan, math.inf, False), "a finite number of at least 0"),
        ("weight_decay", (-0.1, math.nan, math.inf, True), "a finite number of at least 0"),
        ("clip_norm", (-1.0, 0, math.nan, math.inf, True, "5"), "a positive finite number"),
        ("ema", (0, 1, -0.5, math.nan, True), "a number between 0 and 1"),
        ("checkpoint_seconds", (math.nan, "1", None), "a number"),
        ("betas", (0.9, (0.9,), (0.9, 1.0), (math.nan, 0.9), (True, 0.9), None), "two numbers"),
        ("schedule", ("cosine", None, 1), "'one_cycle' or 'constant'"),
        ("loss_fn", (None, 3), "a function"),
        ("evaluate", (3, {"a": 1.0}), "a function"),
        ("on_step", (3,), "a function"),
        ("on_epoch", ([],), "a function"),
        ("model", (None, distance), "an nn.Module"),
    ],
)
def test_every_setting_is_checked_before_the_first_step(name, values, wanted):
    seen = []

    def loss_fn(model, x):
        seen.append(1)
        return distance(model, x)

    for value in values:
        given = {"model": Point(), "loss_fn": loss_fn, "batches": points(), "epochs": 1}
        with pytest.raises(ValueError, match=f"^{name}: expected {wanted}"):
            training.fit(**(given | {name: value}))
    assert seen == []


def test_numpy_numbers_are_numbers_and_reach_the_file_as_pythons(tmp_path, whole):
    options = {
        "epochs": np.int64(3),
        "lr": np.float64(0.01),
        "ema": np.float64(0.9),
        "clip_norm": np.float32(5.0),
        "betas": np.array([0.9, 0.999]),
        "eps": np.float64(1e-8),
        "weight_decay": np.int8(0),
        "checkpoint_seconds": np.uint8(0),
        "evaluate": None,
    }
    found = vae_run(tmp_path / "state", **options)
    for name in ("steps", "epochs", "learning_rate"):
        assert getattr(found[1], name) == getattr(whole[1], name)
    asked = load_state(tmp_path / "state")["asked"]
    assert (asked["epochs"], asked["betas"]) == (3, [0.9, 0.999])
    training.fit(Point(), distance, points(), epochs=1, lr=np.float32(1e-3))


def test_batches_that_cannot_be_gone_on_with_are_refused_with_what_they_lack():
    images = torch.randn(8, 3)
    loader = torch.utils.data.DataLoader(images, 4)
    for batches in (loader, [images], images, None, iter([images])):
        with pytest.raises(
            ValueError, match=r"batches: expected a data.Batches, .*, without .*sta"
        ):
            training.fit(Point(), distance, batches, epochs=1)


class Uneven(data.Batches):
    """Says another number of batches than it gives."""

    def __len__(self):
        return self.says


@pytest.mark.parametrize("says, taken", [(0, 0), (2, 2), (4, 3)])
def test_batches_are_as_many_as_they_say(says, taken):
    batches, seen = Uneven(torch.randn(10, 3), 4, 0), []
    batches.says = says

    def loss_fn(model, x):
        seen.append(1)
        return distance(model, x)

    with pytest.raises(ValueError, match=f"batches: expected .*{says or 'at least 1'}"):
        training.fit(Point(), loss_fn, batches, epochs=2)
    assert len(seen) == taken


@pytest.mark.parametrize("rows", [1, 7, 9, 16])
def test_a_loss_has_one_value_for_each_example(rows):
    def loss_fn(model, x):
        return {"loss": model.w.sum().expand(rows)}

    batches = points(8, 8)
    message = f"expected 8 values, one for each example, got {rows}"
    with pytest.raises(ValueError, match=message):
        training.fit(Point(), loss_fn, batches, epochs=1)
    labelled = data.Batches(batches.images, 8, 0, labels=torch.arange(8))
    with pytest.raises(ValueError, match=message):
        training.fit(Point(), loss_fn, labelled, epochs=1)


def test_a_loss_is_compared_with_the_last_short_batch_too():
    def loss_fn(model, x):
        return {"loss": model.w.sum().expand(4)}

    with pytest.raises(ValueError, match="expected 2 values, one for each example, got 4"):
        training.fit(Point(), loss_fn, points(10, 4), epochs=1)


def test_rows_are_counted_in_what_batches_give():
    x = torch.zeros(5, 2)
    for batch in (x, (x, 1), [x], {"x": x, "y": 0}, ((x, x), x)):
        assert distributed.rows(batch) == 5
    for batch in (3, (), {}, "text", torch.tensor(1.0), (1, x)):
        assert distributed.rows(batch) is None


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda loss: {"loss": loss.detach()}, "without a gradient"),
        (lambda loss: {"loss": loss.round().long()}, "torch.int64 without a gradient"),
        (lambda loss: {"loss": loss, "rate": loss + 0j}, "real numbers as 'rate', got torch.comp"),
    ],
)
def test_a_loss_that_weights_cannot_follow_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        training.fit(
            Point(), lambda model, x: change(distance(model, x)["loss"]), points(), epochs=1
        )


def test_reports_are_the_same_at_every_step():
    """Else an epoch's mean would be of other examples than it says."""
    calls = []

    def loss_fn(model, x):
        calls.append(1)
        loss = distance(model, x)["loss"]
        return {"loss": loss} | ({"rate": loss} if len(calls) % 2 else {})

    with pytest.raises(ValueError, match="the same keys at every step, 'loss', 'rate', got 'loss'"):
        training.fit(Point(), loss_fn, points(), epochs=1)


@pytest.mark.parametrize(
    "found, message",
    [
        (None, "evaluate: expected a dict of numbers, got NoneType"),
        (3.0, "evaluate: expected a dict of numbers, got 3.0"),
        ([1.0], "evaluate: expected a dict of numbers, got list"),
        ({"a": "1"}, "evaluate: 'a': expected a number, got '1'"),
        ({"a": None}, "evaluate: 'a': expected a number, got NoneType"),
        ({"a": True}, "evaluate: 'a': expected a number, got True"),
        ({"a": torch.ones(2)}, r"evaluate: 'a': expected a number, got a tensor .*\(2,\)"),
    ],
)
def test_what_evaluate_returns_is_checked_before_the_first_step(found, message):
    model = Point()
    with pytest.raises(ValueError, match=message):
        training.fit(model, distance, points(), epochs=1, evaluate=lambda model: found)
    assert model.w.count_nonzero() == 0


def test_numbers_of_all_kinds_are_evaluations():
    given = {"a": 1, "b": np.float32(2), "c": torch.tensor(3), "d": np.array(4.0), "e": math.inf}
    history = training.fit(Point(), distance, points(), epochs=1, evaluate=lambda model: given)
    values = [value for value, _ in history.evaluations.values()]
    assert values == [1.0, 2.0, 3.0, 4.0, math.inf] and {type(v) for v in values} == {float}


class Normalised(nn.Module):
    """With one of torch's layers that need two values a channel."""

    def __init__(self, layer, shape):
        super().__init__()
        self.shape, self.layer, self.w = shape, layer, nn.Parameter(torch.ones(3))

    def forward(self, x):
        repeats = -(-math.prod(self.shape) // 3)
        full = (x * self.w).repeat(1, repeats)[:, : math.prod(self.shape)]
        return {"loss": self.layer(full.reshape(len(x), *self.shape)).flatten(1).square().sum(1)}


@pytest.mark.parametrize(
    "layer, shape", [(nn.BatchNorm1d(6), (6,)), (nn.BatchNorm2d(6), (6, 1, 1))]
)
@pytest.mark.parametrize("num, size", [(9, 4), (1, 4), (3, 1)])
def test_batch_normalisation_of_one_example_is_refused_before_the_first_step(
    layer, shape, num, size
):
    model = Normalised(layer, shape)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="batch normalisation needs at least 2.*drop_last=True"):
        training.fit(model, lambda model, x: model(x), points(num, size), epochs=1)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not model.layer._forward_pre_hooks


def test_batch_normalisation_that_has_enough_values_is_left_alone():
    lone = points(9, 4)
    for layer, shape in ((nn.BatchNorm2d(2), (2, 3, 3)), (nn.BatchNorm1d(2), (2, 5))):
        training.fit(Normalised(layer, shape), lambda model, x: model(x), lone, epochs=1)
    several = nn.BatchNorm1d(3)  # two draws for each example

    def loss_fn(model, x):
        return {"loss": model(x.repeat(2, 1)).view(2, len(x), 3).square().sum((0, 2))}

    training.fit(several, loss_fn, points(9, 4), epochs=1)
    rest = data.Batches(points(9).images, 4, 0, drop_last=True)
    history = training.fit(
        Normalised(nn.BatchNorm1d(6), (6,)), lambda model, x: model(x), rest, epochs=2
    )
    assert len(history.steps["loss"]) == 4


def test_torchs_own_words_about_a_lone_example_are_explained():
    """What no look ahead can see: the function without its layer."""

    def loss_fn(model, x):
        y = nn.functional.batch_norm(x * model.w, None, None, training=True)
        return {"loss": y.square().sum(1)}

    with pytest.raises(ValueError, match=r"\(9 examples, batch_size 4\).* another batch_size"):
        training.fit(Point(), loss_fn, points(9, 4), epochs=1)


# What a resume compares


def identity(images, generator):
    return images


def doubled(images, generator):
    return 2 * images


IMAGES = torch.randn(10, 3, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize(
    "change, told",
    [
        ({"batch_size": 3}, "batch_size 4 there and 3 here"),
        ({"batch_size": 5}, "batch_size 4 there and 5 here"),
        ({"seed": 1}, "seed 0 there and 1 here"),
        ({"images": IMAGES + 1}, "images 'torch.float32 .10, 3. .*' there and 'torch.float32"),
        ({"images": IMAGES.double()}, "and 'torch.float64"),
        ({"labels": torch.arange(10)}, "labels 'none' there and 'torch.int64"),
        ({"transform": doubled}, "transform '.*.identity' there and '.*.doubled' here"),
        ({"transform": None}, "transform '.*.identity' there and 'none' here"),
        ({"drop_last": True, "batch_size": 3}, "drop_last False there and True here"),
    ],
)
def test_other_batches_are_refused_with_both_values(tmp_path, change, told):
    path = tmp_path / "state.safetensors"

    def train(**options):
        given = {"images": IMAGES, "batch_size": 4, "seed": 0, "transform": identity}

        def loss_fn(model, batch):
            x = batch[0] if isinstance(batch, tuple) else batch
            return distance(model, x.float())

        batches = data.Batches(**(given | options))
        training.fit(Point(), loss_fn, batches, epochs=1, checkpoint=path, resume=True)

    train()
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=f"of another training, .*{told}"):
        train(**change)
    assert path.read_bytes() == before
    train(transform=lambda images, generator: images)  # one without a name is not compared


def test_transforms_are_known_by_name_as_far_as_they_have_one():
    from functools import partial

    def local(images, generator):
        return images

    def name(transform):
        return data.Batches(IMAGES, 4, 0, transform).described()["transform"]

    assert name(None) == "none" and name(data.binarise) == "course_utils.pixels.binarise"
    assert name(local) is None and name(lambda x, g: x) is None and name(nn.Identity()) is None
    first, second = (name(partial(data.logit_transform, alpha=alpha)) for alpha in (0.1, 0.2))
    assert first != second and "alpha" in first
    assert name(partial(local, 1)) is None and name(partial(identity, object())) is None


def test_settings_that_differ_are_told_with_both_values(tmp_path):
    path = tmp_path / "state.safetensors"
    options = {"epochs": 1, "checkpoint": path, "resume": True}
    training.fit(Point(), distance, points(), **options)
    with pytest.raises(CheckpointError, match="lr 0.001 there and 0.02 here.*clip_norm None there"):
        training.fit(Point(), distance, points(), lr=0.02, clip_norm=1.0, **options)
    with pytest.raises(CheckpointError, match=r"parameters\['w'\] \[3\] there and \[4\] here"):
        training.fit(Point(4), distance, points(size=4), **options)
    with pytest.raises(CheckpointError, match=r"tensors\['w'\] 'torch.float32 .*torch.float64"):
        training.fit(Point().double(), distance, points(), **options)

    class Frozen(Point):
        def __init__(self):
            super().__init__()
            self.v = nn.Parameter(torch.zeros(2))

    frozen = Frozen()
    frozen.v.requires_grad_(False)
    training.fit(frozen, distance, points(), **(options | {"checkpoint": tmp_path / "other"}))
    with pytest.raises(CheckpointError, match=r"trained\['v'\] False there and True here"):
        training.fit(Frozen(), distance, points(), **(options | {"checkpoint": tmp_path / "other"}))


def test_a_constant_rate_can_be_gone_on_with_for_longer(tmp_path):
    path, options = tmp_path / "state.safetensors", {"schedule": "constant"}
    whole = (Point(), None)
    whole = (whole[0], training.fit(whole[0], distance, points(), epochs=5, **options))
    options |= {"checkpoint": path, "resume": True}
    for epochs in (2, 5):
        model = Point()
        history = training.fit(model, distance, points(), epochs=epochs, **options)
    assert_same((model, history), whole)
    with pytest.raises(CheckpointError, match="15 steps are behind it, more than 4 epochs"):
        training.fit(Point(), distance, points(), epochs=4, **options)
    with pytest.raises(CheckpointError, match="with other epochs; epochs 5 there and 6 here"):
        training.fit(Point(), distance, points(), epochs=6, on_step=lambda share: None, **options)


@pytest.mark.parametrize("part", ["history", "optimizer", "batches", "generator", "step", "begun"])
def test_a_state_without_one_of_its_parts_is_refused(tmp_path, part):
    path = tmp_path / "state.safetensors"
    vae_run(path)
    state = load_state(path)
    for bad in (None, "text"):
        save_state(path, {name: value for name, value in state.items() if name != part or bad})
        if bad and part != "begun":
            save_state(path, state | {part: bad})
        elif bad:
            continue
        with pytest.raises(CheckpointError, match="state.safetensors: a part of the .* damaged"):
            vae_run(path, resume=True)


# Where nothing can be written


def test_a_folder_that_takes_nothing_is_said_once_and_the_training_goes_on(
    tmp_path, whole, capsys, monkeypatch
):
    (tmp_path / "file").write_text("")
    found = vae_run(tmp_path / "file" / "state.safetensors")
    assert_same(found, whole)
    said = capsys.readouterr().out
    assert said.count("could not be written") == 1 and said.count("\n") == 1
    assert said.endswith("The training goes on without saving its state.\n")
    assert "make room" not in said


def test_a_disk_that_fills_up_is_said_once_and_the_training_goes_on(
    tmp_path, whole, capsys, monkeypatch
):
    path, writes = tmp_path / "state.safetensors", []
    replace = os.replace

    def full(*arguments):
        writes.append(1)
        if 3 < len(writes) < 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(*arguments)

    monkeypatch.setattr(os, "replace", full)
    assert_same(vae_run(path), whole)
    said = capsys.readouterr().out
    assert said.count("No space left") == 1 and "make room" in said and said.count("\n") == 1
    assert load_state(path)["epoch"] == 3  # there was room again
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_whether_there_is_room_is_tried_before_the_first_step(tmp_path, capsys, monkeypatch):
    def evaluate(model):
        assert "could not be written" in capsys.readouterr().out
        raise Stop

    def no_room(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.TemporaryFile", no_room)
    with pytest.raises(Stop):
        vae_run(tmp_path / "state.safetensors", evaluate=evaluate)
