"""Every command of the course: ``python tools/course.py lab`` and so on; ``make`` calls this.

Sets the environment up first where it must (see setup_env.py), then runs the command in it.
``--here`` takes the environment of the running Python instead of ``.venv``.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import console, setup_env  # noqa: E402
from tools.lab import start  # noqa: E402

ROOT = setup_env.ROOT
MODULES = {
    "run": "tools.lessons.run",
    "test": "tools.run_tests",
    "results": "tools.lessons.tables",
    "pictures": "tools.lessons.pictures",
    "site": "tools.site.build",
    "pdf": "tools.site.pdf",
    "bench": "tools.speed.bench",
    "scale": "tools.lessons.scale",
    "student-branch": "tools.student_branch",
    "publish": "tools.public.publish",
}
HELP = """\
lab       open JupyterLab on the first lesson
run       execute lessons without a browser [--profile smoke|laptop|full] [--lessons 01 02]
test      everything that must hold
results   the tables of README.md, docs/results.md and data/README.md [--check]
pictures  small pictures of the lessons, for README and site, from their outputs [--check]
homework  student versions of the lessons, in student [01 02] [--to FOLDER]
student-branch  student versions as a branch for nbgitpuller [01 02] --to REPOSITORY
grade     grade submissions: FOLDER_OR_ZIP [--out FOLDER] [--jobs N] [--resume] [...]
site      the lessons as a web site, in build/site/html
pdf       the lessons as one PDF, build/pdf/course.pdf
bench     speed of training and scoring on this machine
scale     one lesson on several processes: 09 [--processes 2] [--profile ...] [torchrun's options]
publish   the links that the public name makes [--repository owner/name] [--tag v1.0] [--check]
clean     remove caches and build outputs (.venv, data and student stay)
"""
# Commands of the package homework, with the folder they write to unless told another.
HOMEWORK = {
    "homework": ("release", "--to", "student"),
    "grade": ("grade", "--out", "graded"),
}
ALLOW_ROOT = "--allow-root"
ROOT_NEEDS = (
    "You are root, as is usual in a container. JupyterLab then has to be told that it may start: "
    f"make lab ARGS={ALLOW_ROOT}"
)
CACHES = ("__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints")
BUILDS = ("build", "dist", "_site")


def main():
    parser = argparse.ArgumentParser(
        prog="tools/course.py", formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--here", action="store_true", help="use this Python's environment")
    parser.add_argument("command", choices=["lab", *MODULES, *HOMEWORK, "clean"], help=HELP)
    parser.add_argument("options", nargs=argparse.REMAINDER, help="passed on to the command")
    asked = parser.parse_args()
    if asked.command == "clean":
        return clean()
    if asked.command == "lab" and is_root() and ALLOW_ROOT not in asked.options:
        print(ROOT_NEEDS, file=sys.stderr, flush=True)  # before minutes go into the set-up
    python = str(setup_env.main(here=asked.here))
    if asked.command == "lab":
        command = start.command(python, ROOT, first_lesson())
        os.environ |= start.environment()
    elif asked.command in HOMEWORK:
        command = [python, "-m", "homework", *homework(asked.command, asked.options)]
        return hand_over([*command, *asked.options])
    else:
        command = [python, "-m", MODULES[asked.command]]
    return hand_over([*command, *asked.options])


def is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def first_lesson():
    """Where JupyterLab begins; None where there is no lesson, as on a branch of students."""
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return lessons[0].relative_to(ROOT).as_posix() if lessons else None


def homework(command, options):
    """The package's own command, and where it writes if the options do not say."""
    name, option, folder = HOMEWORK[command]
    is_told = any(word.split("=")[0] == option for word in options)
    return [name] if is_told else [name, option, folder]


def hand_over(command):
    """Become the command, so that Ctrl-C and the exit code are its own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.run(command, check=False).returncode
    os.execv(command[0], command)


def clean():
    """Remove what every command makes anew."""
    gone = [ROOT / name for name in BUILDS] + list(ROOT.glob("*.egg-info"))
    kept = (".git", ".venv", "data", *BUILDS)  # what goes as a whole is not walked through
    for folder, names, _ in os.walk(ROOT):
        names[:] = [name for name in names if name not in kept]
        gone += [Path(folder) / name for name in names if name in CACHES]
    gone = [path for path in gone if path.is_dir()]
    for path in gone:
        shutil.rmtree(path)
    print(f"Removed {len(gone)} folders of caches and build outputs; .venv and data stay.")
    return 0


if __name__ == "__main__":
    console.run(main)
