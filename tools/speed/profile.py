"""Where a lesson's time goes: ``python -m tools.speed.profile 02 09``.

Each lesson runs as a script in a process of its own, with a clock that always belongs to one kind
of work: what is called from inside another kind is counted for the inner one. ``--write`` puts the
table into docs/speed.md.
"""

import argparse
import functools
import inspect
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_utils import settings
from course_utils.files import write_whole
from tools import console, generated
from tools.lessons import scale
from tools.lessons.run import PROFILES, find

ROOT = settings.root()
PAGE = ROOT / "docs" / "speed.md"
MARK = "profile"  # between whose markers the rows stand
KINDS = (
    "batches",
    "forward and loss",
    "backward",
    "optimiser",
    "checkpoints",
    "scoring",
    "sampling",
    "figures",
    "checks",
    "loading",
    "own cells",
)


class Clock:
    """Seconds by kind of work; the innermost kind has the time."""

    def __init__(self):
        self.seconds = dict.fromkeys(KINDS, 0.0)
        self.stack, self.since = ["own cells"], time.perf_counter()

    def _settle(self):
        now = time.perf_counter()
        self.seconds[self.stack[-1]] += now - self.since
        self.since = now

    def __call__(self, kind, function):
        """``function``, on this clock."""

        @functools.wraps(function)
        def timed(*arguments, **options):
            self._settle()
            self.stack.append(kind)
            try:
                return function(*arguments, **options)
            finally:
                self._settle()
                self.stack.pop()

        return timed

    def end(self):
        self._settle()
        return self.seconds


def watch(clock):
    """Put the package's and torch's main functions on the clock."""
    import torch

    from course_utils import checkpoint, checks, data, evaluation, nets, pixels, plotting, training

    training.fit = clock("forward and loss", training.fit)
    torch.Tensor.backward = clock("backward", torch.Tensor.backward)
    torch.autograd.grad = clock("backward", torch.autograd.grad)
    torch.optim.Adam.step = clock("optimiser", torch.optim.Adam.step)
    data.load = clock("loading", data.load)
    for name in ("save_state", "save_weights", "load_weights"):
        timed = clock("checkpoints", getattr(checkpoint, name))
        for module in (checkpoint, training):
            if hasattr(module, name):
                setattr(module, name, timed)
    for module, kind in ((evaluation, "scoring"), (plotting, "figures"), (checks, "checks")):
        for name, function in vars(module).items():
            own = getattr(function, "__module__", "").startswith("course_utils")
            if inspect.isfunction(function) and own and not name.startswith("_"):
                setattr(module, name, clock(kind, function))
    for made in vars(nets).values():
        if inspect.isclass(made) and "sample" in vars(made):
            made.sample = clock("sampling", made.sample)
    each = pixels.Batches.__iter__

    def timed_batches(self):
        batches = each(self)
        step = clock("batches", lambda: next(batches, None))
        while (batch := step()) is not None:
            yield batch

    pixels.Batches.__iter__ = timed_batches


def run(script, result):
    """Run one exported lesson in this process and write its seconds."""
    clock = Clock()
    watch(clock)
    runpy.run_path(script, run_name="__main__")
    Path(result).write_text(json.dumps(clock.end()))


def profile(notebook, name):
    """kind -> seconds of one lesson, in a new process."""
    script = scale.export(notebook)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "seconds.json"
        line = [sys.executable, "-m", "tools.speed.profile", "--run", str(script), str(result)]
        environment = os.environ | {"COURSE_PROFILE": name}
        done = subprocess.run(
            line, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{notebook.stem} failed:\n{done.stderr[-2_000:]}")
        return json.loads(result.read_text())


def row(lesson, seconds):
    """One line of the table: all seconds, and each kind's share in percent."""
    whole = sum(seconds.values())
    shares = (f"{100 * seconds[kind] / whole:.0f}" for kind in KINDS)
    return f"| {lesson} | {whole:.0f} s | " + " | ".join(shares) + " |"


def put(rows):
    """Rows of these lessons into the page, the others' kept."""
    text = PAGE.read_text(encoding="utf-8")
    lines = generated.inside(text, MARK).splitlines()
    old = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    old = {name: line for name, line in old.items() if name[:1].isdigit()} | rows
    head = [f"| lesson | in all | {' | '.join(KINDS)} |", "| --- |" + " ---: |" * (len(KINDS) + 1)]
    made = "\n".join([*head, *(old[name] for name in sorted(old))])
    write_whole(PAGE, generated.put(text, MARK, made))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers or names; default: all")
    parser.add_argument("--profile", choices=PROFILES, default="laptop")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/speed.md")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.run:
        return run(*asked.run)
    for notebook in find(ROOT / "notebooks", asked.lessons):
        seconds = profile(notebook, asked.profile)
        name = f"{notebook.stem.split('_')[0]}, {asked.profile}"
        print(row(name, seconds), flush=True)
        if asked.write:
            put({name: row(name, seconds)})


if __name__ == "__main__":
    console.run(main)
