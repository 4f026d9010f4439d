"""A class of 100 submissions of lesson 01, graded whole and after a kill -9; not in make test.

It prints time and peak memory, and whether both gave the same scores.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import submissions as made  # noqa: E402  the tests' own makers

SEED = "2024"


def kinds():
    """Ten kinds of submissions: name -> text of the file."""
    first = ["import numpy as np"]
    exit_now = made.function("1.2", "import os\nos._exit(0)")
    notebooks = {
        "reference": made.notebook(),
        "another way": made.notebook(made.WRITTEN_DIFFERENTLY, first=first),
        "blank": made.blank(),
        "one mistake": made.notebook({"1.1": made.wrong("1.1")}),
        "half done": made.notebook({"1.4": None, "1.5": None}),
        "syntax error": made.notebook({"1.3": "def gaussian_kl(:"}),
        "endless loop": made.notebook({"1.3": made.function("1.3", "while True:\n    pass")}),
        "exits": made.notebook({"1.2": exit_now}),
        "the package's answer": made.notebook({"1.3": made.PACKAGED[0]}),
    }
    return {name: json.dumps(entry) for name, entry in notebooks.items()} | {"unreadable": "{"}


def grade(folder, out, jobs, *options):
    """Start a grading."""
    command = [sys.executable, "-m", "homework", "grade", str(folder), "--out", str(out)]
    command += ["--jobs", str(jobs), *options]
    return subprocess.Popen(command, cwd=ROOT)


def peak_megabytes(process):
    """Wait for a process; the largest sum of memory it and its descendants held, sampled."""
    most = 0
    while process.poll() is None:
        most = max(most, held(process.pid))
        time.sleep(0.2)
    return most / 2**20


def held(pid):
    """Proportional memory of a process and its descendants, in bytes."""
    total, waiting = 0, [pid]
    while waiting:
        number = waiting.pop()
        try:
            tasks = Path(f"/proc/{number}/task")
            for task in tasks.iterdir():
                waiting += (task / "children").read_text().split()
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
            total += 1024 * int(rollup.split("Pss:")[1].split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--each", type=int, default=10, help="submissions of each kind")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        folder = base / "in"
        for number in range(asked.each):
            for index, text in enumerate(kinds().values()):
                path = folder / f"student {number:02d}{index}" / "01_vae_2d.ipynb"
                path.parent.mkdir(parents=True)
                path.write_text(text)
        start = time.monotonic()
        process = grade(folder, base / "whole", asked.jobs, "--seed", SEED)
        peak = peak_megabytes(process)
        spent = time.monotonic() - start
        count = 10 * asked.each
        print(f"{count} submissions, {asked.jobs} jobs: {spent:.0f} s, peak {peak:,.0f} MB")
        process = grade(folder, base / "parts", asked.jobs, "--seed", SEED)
        time.sleep(spent / 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = (base / "parts" / "grades.journal").read_bytes().count(b"\n")
        grade(folder, base / "parts", asked.jobs, "--resume").wait()
        whole, parts = ((base / part / "scores.csv").read_bytes() for part in ("whole", "parts"))
        print(f"killed after {done} were graded, resumed: same scores.csv: {whole == parts}")
        return 0 if whole == parts and process.returncode == -signal.SIGKILL else 1


if __name__ == "__main__":
    sys.exit(main())
