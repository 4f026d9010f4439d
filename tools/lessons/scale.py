"""Run a lesson on several processes: ``make scale LESSON=09 NPROC=2 PROFILE=full``.

The lesson is exported as a script, unchanged, and handed to PyTorch's launcher, torchrun. Its
trainings share every batch among the processes (course_utils/distributed.py says how); everything
else each process does for itself, and the first alone prints and writes. Options that are not known
here go to torchrun, such as ``--max-restarts 3`` or, on several machines with one common folder,
``--nnodes 2 --rdzv-backend c10d --rdzv-endpoint FIRST_MACHINE:29500``.
"""

import argparse
import functools
import subprocess
import sys

from nbconvert import PythonExporter

from course_utils import settings
from course_utils.files import write_whole
from tools import console
from tools.lessons.run import PROFILES, find

ROOT = settings.root()
SCRIPTS = ROOT / "build" / "scale"


@functools.cache
def exporter():
    """Who writes scripts; it compiles its templates once."""
    return PythonExporter(exclude_output=True)


def text_of(notebook):
    """The notebook as a script's text."""
    text, _ = exporter().from_filename(str(notebook))
    return text


def export(notebook):
    """The notebook as a script in build/scale."""
    path = SCRIPTS / f"{notebook.stem}.py"
    write_whole(path, text_of(notebook))
    return path


def command(script, processes, options):
    """torchrun's command line, on the Python that runs this file."""
    alone = not any(word.startswith(("--nnodes", "--rdzv", "--master")) for word in options)
    start = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
    # By the loopback address: the host's own name need not resolve.
    here = ["--standalone", "--local-addr=127.0.0.1"] if alone else []
    return [*start, *here, *options, str(script)]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", help="its number or name")
    parser.add_argument("--processes", type=int, default=2, help="on this machine")
    parser.add_argument("--profile", choices=PROFILES, default="laptop")
    asked, options = parser.parse_known_args(arguments)
    if asked.processes < 1:
        parser.error(f"--processes: expected at least 1, got {asked.processes}")
    (notebook,) = find(ROOT / "notebooks", [asked.lesson])
    script = export(notebook)
    environment = console.plain_environment(COURSE_PROFILE=asked.profile)
    line = command(script, asked.processes, options)
    code = subprocess.run(line, env=environment, cwd=ROOT, check=False).returncode
    if code:
        kept = "no training is kept in this profile: it starts anew"
        if asked.profile == "full":
            kept = "it goes on from the last checkpoints, with any number of processes"
        print(
            f"scale: {notebook.stem} ended early on {asked.processes} processes (exit code {code}; "
            f"the launcher says above which process failed first). Call it again: {kept}.",
            file=sys.stderr,
        )
    return 1 if code else 0


if __name__ == "__main__":
    console.run(main)
