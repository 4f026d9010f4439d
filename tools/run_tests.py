"""Everything that must hold: ``make test``.

Four stages, all of which run whatever the others say: ruff's rules, ruff's format, pytest on
tests/, and every lesson under nbval in the smoke profile. The network is refused: in tests by
tests/conftest.py, in lessons by ``COURSE_OFFLINE=1``.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from tools import console

ROOT = Path(__file__).resolve().parent.parent
# loadscope keeps the cells of a lesson, and the tests of a file, in one process; the order of the
# files is that of tests/conftest.py, which begins with the longest.
WORKERS = ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
WORKERS += ["-p", "no:cacheprovider", "--durations=25"]
STAGES = {
    "rules": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "tests": ["pytest", "-q", "-rs", *WORKERS, "tests"],
    "lessons": [
        *("pytest", "-q", *WORKERS, "-W", "default"),
        *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
        *("--nbval-sanitize-with", "tests/nbval.cfg", "notebooks"),
    ],
}
# Colab, nbgrader and the like, in environments of their own: only where they are asked for.
PLATFORMS = {
    "platforms": [
        *("pytest", "-q", "-rs", "--durations=25", "-p", "no:cacheprovider"),
        *("--platforms", "tests/platforms"),
    ]
}
ENVIRONMENT = {
    "COURSE_PROFILE": "smoke",
    "COURSE_OFFLINE": "1",
    "COURSE_DEVICE": "cpu",
    "OMP_NUM_THREADS": "1",
}


def run_stage(name, folder, more=()):
    """Run one stage; (exit code, seconds, counts of pytest's outcomes, reasons of skips)."""
    print(f"\n===== {name}: {' '.join((STAGES | PLATFORMS)[name])}", flush=True)
    words = (STAGES | PLATFORMS)[name]
    command = [sys.executable, "-m", *words, *more]
    report = folder / f"{name}.xml"
    if words[0] == "pytest":
        command.append(f"--junitxml={report}")
    start = time.monotonic()
    code = subprocess.run(
        command, cwd=ROOT, env=console.plain_environment(**ENVIRONMENT), check=False
    ).returncode
    counts, skips = read_report(report) if report.is_file() else (Counter(), Counter())
    if code and not counts["failed"] and not counts["errors"]:
        counts["errors"] += 1  # the stage itself: ruff, a crash, nothing collected
    return code, time.monotonic() - start, counts, skips


def read_report(path):
    """Outcomes of a pytest run from its JUnit file, and why tests were skipped."""
    counts, skips = Counter(), Counter()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        kinds = {child.tag: child for child in case}
        if "error" in kinds:
            counts["errors"] += 1
        elif "failure" in kinds:
            counts["failed"] += 1
        elif "skipped" in kinds:
            kind = kinds["skipped"].get("type", "")
            counts["xfailed" if "xfail" in kind else "skipped"] += 1
            if "xfail" not in kind:
                skips[kinds["skipped"].get("message", "no reason given")] += 1
        else:
            counts["passed"] += 1
    return counts, skips


def closing_line(counts, seconds):
    """Pytest's own last line, over all stages."""
    words = {kind: kind for kind in ("failed", "errors", "passed", "skipped", "xfailed")}
    if counts["errors"] == 1:
        words["errors"] = "error"
    said = ", ".join(f"{counts[kind]} {word}" for kind, word in words.items() if counts[kind])
    said = said or "nothing ran"
    return f" {said} in {seconds:.2f}s ".center(80, "=")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Everything that must hold.")
    parser.add_argument(
        "--many-seeds", action="store_true", help="answers at 20 and 200 seeds, 1,000 interrupts"
    )
    parser.add_argument(
        "--platforms",
        action="store_true",
        help="instead: the course in the environments of other places, made anew; minutes",
    )
    parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; default: all")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.stages if name not in STAGES]
    if unknown:
        parser.error(f"no stage {unknown[0]!r}; there are {', '.join(STAGES)}")
    start = time.monotonic()
    totals, skips, lines, failed = Counter(), Counter(), [], False
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.stages or (PLATFORMS if asked.platforms else STAGES):
            more = ["--many-seeds"] if asked.many_seeds and name == "tests" else []
            code, seconds, counts, reasons = run_stage(name, Path(folder), more)
            failed = failed or code != 0
            totals += counts
            skips += reasons
            lines.append(f"{name:<8} {seconds:7.1f} s  {'FAILED' if code else 'ok'}")
    print("\n" + "\n".join(lines))
    for reason, times in sorted(skips.items()):
        print(f"skipped {times}: {reason}")
    print(closing_line(totals, time.monotonic() - start), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    console.run(main)
