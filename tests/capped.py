"""A notebook run from top to bottom with as little memory as a small server gives."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from homework import cgroups
from tools import console

MOST = 2_000_000_000  # bytes: what mybinder.org and many a hub give, the server included
# It joins the group first, so that all it holds is counted, and its kernel's too. nbclient stands
# for the server, which holds some tens of MB more.
CODE = """\
import sys
for name in sys.argv[2:]:
    with open(name, "w") as stream:
        stream.write("0")
sys.argv[2:] = ["--timeout=1800"]
from nbclient.cli import main
main()
"""
ENVIRONMENT = {"COURSE_OFFLINE": "1", "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Run:
    """How it ended: exit code, what was printed, and the most bytes held (sampled)."""

    code: int
    said: str
    held: int


def why_not():
    """Why the kernel counts no memory for us here, or ""."""
    try:
        cgroups.Group(f"capped-{os.getpid()}-try", MOST).remove()
        return ""
    except cgroups.CgroupError as error:
        return str(error)


def run(path, memory=MOST, profile="smoke"):
    """Run a notebook whose processes may hold ``memory`` bytes together, else the kernel ends one.

    Nothing is written back.
    """
    group = cgroups.Group(f"capped-{os.getpid()}", memory)
    printed = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would fill up
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(path), *group.files],
            cwd=path.parent,
            env=console.plain_environment(**ENVIRONMENT, COURSE_PROFILE=profile),
            stdout=printed,
            stderr=subprocess.STDOUT,
            text=True,
        )
        most = 0
        while process.poll() is None:
            most = max(most, held(group))
            time.sleep(0.2)
        printed.seek(0)
        return Run(process.returncode, printed.read(), most)
    finally:
        printed.close()
        group.remove()


def held(group):
    """Bytes that the group holds and that the kernel could not take back: without idle files."""
    folder = group.memory_folder
    names = ("memory.current", "inactive_file")
    if not group.is_2:
        names = ("memory.usage_in_bytes", "total_inactive_file")
    lines = (folder / "memory.stat").read_text().splitlines()
    idle = next(int(line.split()[1]) for line in lines if line.split()[0] == names[1])
    return max(0, int((folder / names[0]).read_text()) - idle)
