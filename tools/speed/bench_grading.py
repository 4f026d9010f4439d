"""A class of 100 submissions of lesson 01, graded whole and after a kill -9; not in make test.

It prints time and peak memory, and whether both gave the same scores. With ``--worst`` it grades 90
submissions without and with ten of the worst hostile ones among them, and prints both times, the
peaks of memory, and whether the others' scores are the same.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import submissions as made  # noqa: E402  the tests' own makers
from grader import without  # noqa: E402
from submissions.hostile import worst  # noqa: E402

from tools import console  # noqa: E402

SEED = "2024"
MALLORY = "mallory"


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
    command += without()
    command += ["--jobs", str(jobs), *options]
    return subprocess.Popen(command, cwd=ROOT)


def with_the_worst(base, jobs, each):
    """Grade nine submissions in ten without and with the worst; returns the exit status."""
    slow = ("endless loop", "exits")  # they would hide what the hostile ones cost
    texts = [text for name, text in kinds().items() if name not in slow]
    for number in range(9 * each):
        name = f"student {number:02d}"
        put(base / "in", f"{name}/01_vae_2d.ipynb", texts[number % len(texts)].encode())
    alone = measured(base, "without", jobs)
    # Among the others: graded between them, in the order of the names.
    for number, (path, data) in enumerate(list(worst.WORST.values())[:each]):
        put(base / "in", f"student {9 * number:02d} {MALLORY}/{path}", data)
    together = measured(base, "with", jobs)
    print(f"ratio {together[0] / alone[0]:.2f}; the others' scores are the same: ", end="")
    print(together[1] == alone[1])
    return 0 if together[1] == alone[1] else 1


def measured(base, name, jobs):
    """(seconds, lines of scores.csv of all but the worst) of a grading, whose peaks are printed."""
    report, start = base / f"{name}.json", time.monotonic()
    program = [sys.executable, str(ROOT / "tests" / "measured.py"), str(report)]
    asked = ["grade", str(base / "in"), "--out", str(base / name), "--jobs", str(jobs)]
    subprocess.run([*program, *asked, "--seed", SEED, *without()], cwd=ROOT, check=True)
    spent = time.monotonic() - start
    grader, sandbox = (json.loads(report.read_text())[key] / 2**20 for key in ("grader", "sandbox"))
    print(f"{name} the worst: {spent:.0f} s, grader {grader:,.0f} MB, sandbox {sandbox:,.0f} MB")
    lines = (base / name / "scores.csv").read_bytes().split(b"\n")
    return spent, [line for line in lines if MALLORY.encode() not in line]


def put(folder, path, data):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


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
    parser.add_argument(
        "--worst", action="store_true", help="with ten hostile ones in place of ten"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        if asked.worst:
            return with_the_worst(base, asked.jobs, asked.each)
        folder = base / "in"
        for number in range(asked.each):
            for index, text in enumerate(kinds().values()):
                put(folder, f"student {number:02d}{index}/01_vae_2d.ipynb", text.encode())
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
    console.run(main)
