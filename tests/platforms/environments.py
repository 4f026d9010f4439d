"""Environments like those of other places, made from the package registry and kept in build."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "build" / "platforms"
OWN = ("PYTHON", "COURSE_", "PYTEST_", "VIRTUAL_ENV", "JUPYTER_")


def newest(*names):
    """The first of these Pythons that starts here, such as ``python3.13``; else this one."""
    for name in names:
        found = shutil.which(name)
        if found and not subprocess.run([found, "-c", ""], capture_output=True).returncode:
            return found
    return sys.executable


def make(name, requirements, constraints=None, python=sys.executable):
    """Python of a fresh environment that holds ``requirements`` and nothing of the course.

    ``requirements`` are words of ``pip install``; ``constraints`` is a file of pinned versions;
    ``python`` makes the environment. What was made from the same words, file and Python before is
    taken again.
    """
    pins = Path(constraints).read_bytes() if constraints else b""
    version = run([python, "-c", "import sys; print(*sys.version_info[:3])"])
    recipe = repr((sorted(requirements), version.split())).encode() + pins
    folder = KEPT / f"{name}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        run([python, "-m", "venv", folder])
        pinned = ["-c", constraints] if constraints else []
        run([made, "-m", "pip", "install", "--quiet", *pinned, *requirements])
        (folder / "complete").touch()
    return made


def run(command, cwd=None, seconds=1800, **environment):
    """Run a command as a user would, without the course's variables; its output, or an error."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OWN)}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done.stdout
