"""An interrupt at any moment of a training: what is resumed equals what was never stopped."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import interrupted
import pytest
import torch

from course_utils import data, settings, training
from course_utils.checkpoint import load_state
from course_utils.interrupts import Interrupts

SCRIPT = Path(interrupted.__file__)
PACKAGE = settings.root() / "course_utils"
NAMES = "checkpoint history interrupts keeper normalisation pixels run_state schedules training"
TRACED = {str(PACKAGE / f"{name}.py") for name in NAMES.split()}


@pytest.fixture(scope="module")
def whole():
    return interrupted.run()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.safetensors"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on Linux and macOS")
def test_real_interrupts_at_random_moments(tmp_path, request):
    times = 1_000 if request.config.getoption("--many-seeds") else 200
    environment = os.environ | {"PYTHONPATH": str(settings.root())}
    line = [sys.executable, str(SCRIPT), str(tmp_path), str(times)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"(\d+) interrupts of (\d+) trainings; wrong: (.*)\n", done.stdout)
    assert found, done.stdout
    # How many trainings they make depends on the machine's speed; each is compared as a whole.
    assert int(found[1]) >= times and int(found[2]) > 1 and found[3] == "[]"
    assert not list(tmp_path.iterdir())  # no half-written file


class Raiser:
    """Raises an interrupt at one of the lines that a training walks through, in its order."""

    def __init__(self, at=None):
        self.at, self.lines = at, []

    def __call__(self, frame, event, argument):
        return self.line if frame.f_code.co_filename in TRACED else None

    def line(self, frame, event, argument):
        if event == "line":
            self.lines.append((frame.f_code.co_filename, frame.f_lineno))
            if len(self.lines) - 1 == self.at:
                raise KeyboardInterrupt
        return self.line

    def run(self, *arguments, **options):
        sys.settrace(self)
        try:
            return interrupted.run(*arguments, **options)
        finally:
            sys.settrace(None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
def test_an_interrupt_at_every_line(path):
    """Of each line the first time, and every twentieth moment: more than what signals can hit."""
    walk, whole = Raiser(), interrupted.run(epochs=2)
    assert interrupted.difference(walk.run(path, epochs=2), whole) is None
    path.unlink()
    times, moments = {}, []
    for place, line in enumerate(walk.lines):
        times[line] = times.get(line, 0) + 1
        if times[line] == 1 or place % 20 == 0:
            moments.append(place)
    assert len(moments) > 350
    kept = set()
    for moment in moments:
        raiser = Raiser(moment)
        with pytest.raises(KeyboardInterrupt):
            raiser.run(path, epochs=2)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a line of its end may be cut
        kept.add(load_state(path)["step"] if path.exists() else None)
        found = interrupted.run(path, seed=9, epochs=2)
        name = interrupted.difference(found, whole)
        assert name is None, (name, raiser.lines[-1])
        path.unlink()
    assert {None, *range(7)} <= kept


def stopping(name, at, error=KeyboardInterrupt, after=False):
    """For ``interrupted.run``: the callback ``name`` raises when it is called at its call ``at``.

    ``after``: once it has done its work, so that random numbers and buffers are moved already.
    """
    calls = []

    def wrap(asked, function):
        def call(*arguments):
            calls.append(1)
            now = len(calls) == at
            found = None if now and not after else function(*arguments)
            if now:
                raise error("stopped here")
            return found

        return call if asked == name else function

    return wrap


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("name", ["transform", "loss_fn", "on_step", "evaluate", "on_epoch"])
def test_what_a_callback_raises_costs_no_step(path, whole, name, error, after):
    times = {"transform": 13, "evaluate": 4, "on_epoch": 3}.get(name, 9)  # a look a time, too
    for at in range(1, times + 1):
        with pytest.raises(error, match="stopped here"):
            interrupted.run(path, wrap=stopping(name, at, error, after))
        if error is not OSError:
            assert path.exists()  # before the first step too
        found = interrupted.run(path, seed=9 if path.exists() else 0)
        assert interrupted.difference(found, whole) is None, at
        path.unlink()


def test_steps_before_an_interrupt_are_kept_and_not_taken_again(path, whole):
    calls = []

    def counting(name, function):
        def call(*arguments):
            calls.append(1)
            return function(*arguments)

        return call if name == "loss_fn" else function

    with pytest.raises(KeyboardInterrupt):
        interrupted.run(path, wrap=stopping("loss_fn", 6, after=True))
    assert load_state(path)["step"] == 5  # nothing was due to be written for a minute
    found = interrupted.run(path, wrap=counting)
    assert len(calls) == 9 - 5 and interrupted.difference(found, whole) is None


def test_a_look_at_a_batch_is_not_taken_for_an_epoch_to_go_on_with(path):
    """Before the training and after an epoch; a stop right after must not go on with the look."""
    images = torch.arange(6.0)[:, None]

    def train(stop=None):
        seen, batches = [], data.Batches(images, 2, 0)
        next(iter(batches))

        def look(epoch, model):
            next(iter(batches))

        def loss_fn(model, x):
            seen.append(x.flatten().tolist())
            if len(seen) == stop:
                raise KeyboardInterrupt
            return {"loss": (model(x) - x).square().sum(1)}

        model = torch.nn.Linear(1, 1)
        options = {"epochs": 2, "checkpoint": path, "resume": True, "on_epoch": look}
        training.fit(model, loss_fn, batches, **options)
        return seen

    whole = train()
    path.unlink()
    for stop in range(1, 7):
        with pytest.raises(KeyboardInterrupt):
            train(stop)
        assert train() == whole[stop - 1 :]
        path.unlink()


# The interrupts themselves


def press():
    os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def begun():
    """As a training uses them."""
    with Interrupts() as interrupts:
        with interrupts.whole():
            pass
        try:
            yield interrupts
        finally:
            interrupts.waits = True


def test_an_interrupt_waits_for_the_end_of_a_whole_block():
    done = []
    with pytest.raises(KeyboardInterrupt), begun() as interrupts:
        with interrupts.whole():
            press()
            press()  # an impatient reader
            done.append(1)
        done.append(2)
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_before_the_first_block_or_after_the_last_leaves_no_handler():
    for early in (True, False):
        done = []
        with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
            if early:
                press()
            done.append(1)
            with interrupts.whole():
                done.append(2)
            done.append(3)
            interrupts.waits = True
            press()
            done.append(4)
        assert done == ([1, 2] if early else [1, 2, 3, 4])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_elsewhere_an_interrupt_comes_at_once_through_nested_trainings():
    done = []
    with pytest.raises(KeyboardInterrupt), begun(), begun():
        press()
        done.append(1)
    assert not done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_others_are_passed_on_to_and_left_alone():
    heard = []
    for other in (lambda *_: heard.append(1), signal.SIG_IGN):
        before = signal.signal(signal.SIGINT, other)
        try:
            with begun() as interrupts, interrupts.whole():
                press()
            assert signal.getsignal(signal.SIGINT) is other
            with begun():
                signal.signal(signal.SIGINT, signal.default_int_handler)
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        finally:
            signal.signal(signal.SIGINT, before)
    assert heard == [1]


def test_off_the_main_thread_a_training_runs_without(whole):
    found = []
    thread = threading.Thread(target=lambda: found.append(interrupted.run()))
    thread.start()
    thread.join()
    assert interrupted.difference(found[0], whole) is None


def test_an_interrupt_that_a_library_turns_into_its_own_error_is_one():
    with pytest.raises(KeyboardInterrupt), begun():
        try:
            press()
        except KeyboardInterrupt:
            raise ValueError("could not determine the shape") from None
    with pytest.raises(ValueError, match="unlike"), begun():
        raise ValueError("unlike the first")


def test_torchs_modes_are_put_back():
    """As if the end of the contexts had been cut: their ``__exit__`` never runs."""
    depth = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    with pytest.raises(KeyboardInterrupt), begun():
        torch.no_grad().__enter__()
        torch.autocast("cpu", dtype=torch.bfloat16).__enter__()
        raise KeyboardInterrupt
    assert torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu")
    assert torch.autocast_increment_nesting() == depth
    torch.autocast_decrement_nesting()


def test_a_cut_end_of_autocast_costs_no_later_training(monkeypatch):
    """Then torch counts a block too many, and would keep the weights that it cast once."""
    monkeypatch.setattr(settings, "has_bfloat16", lambda kind: True)
    layer, x = torch.nn.Linear(2, 1), torch.ones(4, 2)
    torch.autocast_increment_nesting()
    try:
        seen = []
        for _ in range(2):
            with settings.autocast():
                seen.append(layer(x).sum())
            torch.autograd.grad(seen[-1], layer.weight)
            with torch.no_grad():
                layer.weight += 1
    finally:
        torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()
    assert (seen[1] - seen[0]).item() == pytest.approx(8, abs=0.5)
