"""Execute lessons without a browser: ``make run PROFILE=laptop LESSONS="01 02"``.

One kernel a lesson, in the notebooks' folder, on the Python that runs this file. In ``laptop`` a
lesson of which every cell ran is normalised and written back; ``smoke`` and ``full`` leave the
notebooks alone and put what they executed under ``build/executed``. A lesson that fails is never
written back; the others still run, and the exit code is 1. ``full`` resumes trainings that were
stopped; their states lie in ``data/checkpoints/partial`` until the lesson has run to its end.
"""

import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import ipykernel.kernelspec
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from course_utils import settings
from course_utils.files import write_whole
from tools import console
from tools.lessons.normalise import WIDGET_STATE, normalise

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("smoke", "laptop", "full")
RESULTS = "this run (n)"  # a column of every table of results
SPEAK_EVERY = 15  # seconds between progress lines where there is no terminal
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ThisPython(AsyncKernelManager):
    """A kernel of the running Python, whatever kernels this machine has installed."""

    @property
    def kernel_spec(self):
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


class Progress:
    """One line a lesson: rewritten in place on a terminal, else said again now and then."""

    def __init__(self, name, cells):
        self.name, self.cells = name, cells
        self.start = self.spoke = time.monotonic()
        self.done = 0
        self.live = console.is_live()
        line = f"{name}: {cells} code cells"
        line = console.fitted(line) if self.live else line
        print(line, end="" if self.live else "\n", flush=True)

    def cell(self):
        self.done += 1
        now = time.monotonic()
        line = f"{self.name}: cell {self.done} of {self.cells}, {now - self.start:.0f} s"
        if self.live:
            print(f"\r{console.fitted(line + '   ')}", end="", flush=True)
        elif now - self.spoke > SPEAK_EVERY:
            print(f"  {line}", flush=True)
            self.spoke = now

    def end(self, said):
        seconds = time.monotonic() - self.start
        print(f"{chr(13) if self.live else ''}{self.name}: {said}, {seconds:.1f} s   ", flush=True)
        return seconds


def find(folder, wanted):
    """The notebooks of ``folder``, or those of the wanted numbers or names.

    ``02`` is the lesson alone, ``02x`` its extra.
    """
    lessons = sorted(folder.glob("*.ipynb"))
    if not wanted:
        chosen = lessons
    else:
        chosen = []
        for word in wanted:
            hits = [path for path in lessons if word in (path.stem, path.stem.split("_")[0])]
            if not hits:
                known = ", ".join(path.stem for path in lessons) or "none"
                sys.exit(f"LESSONS: no lesson {word!r} in {folder}. There are: {known}")
            chosen += [path for path in hits if path not in chosen]
    if not chosen:
        sys.exit(f"There is no notebook in {folder}.")
    return chosen


def execute(path, profile):
    """Run one notebook; (the executed notebook, seconds, the failure in words or None)."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    progress = Progress(path.stem, len(code))
    current = []

    def begin(cell, cell_index):
        if cell.cell_type == "code" and cell.source.strip():
            current.append(cell)
            progress.cell()

    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        extra_arguments=["--log-level=ERROR"],
        timeout=None,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=begin,
    )
    failure = None
    try:
        client.execute(env=console.plain_environment(COURSE_PROFILE=profile))
    except CellExecutionError as error:
        failure = f"{error.ename}: {COLOUR.sub('', str(error.evalue)).strip()}"
    except DeadKernelError:
        failure = "the kernel died (out of memory?)"
    if failure:
        failure = f"{where(current[-1], len(current), len(code))}\n{indented(failure)}"
    else:
        failure = hidden_error(notebook)
    return notebook, progress.end("FAILED" if failure else f"{len(code)} cells"), failure


def where(cell, number, of):
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"code cell {number} of {of}, which begins: {first.strip()}"


def hidden_error(notebook):
    """An error that a widget's callback raised: it stands in the saved state, not in a cell."""
    saved = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {"state": {}})
    for model in saved["state"].values():
        for output in model["state"].get("outputs") or []:
            if output.get("output_type") == "error":
                message = f"{output['ename']}: {COLOUR.sub('', output['evalue'])}"
                return f"a widget's callback raised\n{indented(message)}"
    return None


def indented(text):
    return "\n".join(f"    {line}" for line in text.splitlines())


def results(notebook):
    """The tables of results that the lesson showed, in plain text."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    texts = (output.get("data", {}).get("text/plain", "") for output in outputs)
    return [text for text in texts if RESULTS in text]


def place(folder):
    """``folder``, or a temporary one where it takes no files: asked before runs that take hours."""
    if not (reason := console.why_not(folder)):
        return folder
    instead = Path(tempfile.mkdtemp(prefix=f"{folder.parent.name}-{folder.name}-"))
    print(f"{folder} takes no files ({reason}): {instead} instead", flush=True)
    return instead


def run(path, profile, aside):
    """Execute one lesson and put it where its profile says, or ``aside``; a row of the table."""
    reason = console.why_not(path.parent) if profile == "laptop" else ""
    if reason:
        print(f"{path.parent} takes no files ({reason}): {path.name} goes to {aside}", flush=True)
    notebook, seconds, failure = execute(path, profile)
    if failure:
        print(f"  {path.stem} failed in {failure}", flush=True)
    target = path if profile == "laptop" and not failure and not reason else aside / path.name
    text = normalise(nbformat.writes(notebook))
    try:
        write_whole(target, text)
    except OSError as error:  # a full disk; the other lessons still run
        lost = f"{target} could not be written: {error.strerror or error}"
        failure = f"{failure}\n{indented(lost)}" if failure else lost
    if profile == "full" and not failure:  # nothing is left to resume
        partial = settings.checkpoints_dir() / "partial" / path.stem
        shutil.rmtree(partial, ignore_errors=True)
    if failure:
        print(f"  As far as it came, it lies in {target}", flush=True)
    cells = sum(cell.get("execution_count") is not None for cell in notebook.cells)
    return {
        "lesson": path.stem,
        "seconds": seconds,
        "cells": cells,
        "failure": failure,
        "results": results(notebook),
    }


def table(rows):
    width = max(len(row["lesson"]) for row in rows)
    lines = [f"{'lesson':<{width}}  seconds  cells  result"]
    for row in rows:
        result = "FAILED" if row["failure"] else "ok"
        lines.append(f"{row['lesson']:<{width}}  {row['seconds']:7.1f}  {row['cells']:5}  {result}")
    for row in rows:
        for shown in row["results"]:
            lines += ["", f"{row['lesson']}:", indented(shown)]
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Execute lessons without a browser.")
    parser.add_argument("--profile", choices=PROFILES, default="laptop")
    parser.add_argument("--lessons", nargs="*", default=[], help="numbers or names; default: all")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="of the notebooks")
    parser.add_argument("--executed", type=Path, default=ROOT / "build" / "executed")
    asked = parser.parse_args(arguments)
    wanted = [word for group in asked.lessons for word in group.split()]
    lessons = find(asked.folder.resolve(), wanted)
    try:
        aside = place(asked.executed / asked.profile)
        rows = [run(path, asked.profile, aside) for path in lessons]
    except KeyboardInterrupt:
        print("\nStopped; the lesson that was running is left as it was.")
        return 130
    print(f"\n{table(rows)}", flush=True)
    failed = [row for row in rows if row["failure"]]
    for row in failed:
        print(f"\n{row['lesson']} failed in {row['failure']}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    console.run(main)
