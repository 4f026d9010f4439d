"""What a report of a failure needs: ``python -m course_utils.versions`` prints it.

It runs where torch or another package is missing or broken, and prints no path and no name.
"""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_utils import __version__

PACKAGES = "torch torchvision numpy pandas scipy scikit-learn matplotlib ipywidgets jupyterlab"
PACKAGES += " ipykernel nbclient safetensors"
GIB = 2**30


def describe():
    """Lines that say which course, Python, packages, processor and profile these are."""
    lines = [f"vae-course {__version__}{_commit()}"]
    lines.append(f"Python {platform.python_version()} ({platform.python_implementation()})")
    lines.append(f"{platform.system()} {platform.release()}, {platform.machine()}, {_machine()}")
    lines += [f"{name} {_version(name)}" for name in PACKAGES.split()]
    return [*lines, _settings()]


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def _commit():
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, timeout=10, check=True)
        return f", commit {done.stdout.strip()}"
    except (OSError, subprocess.SubprocessError):
        return ""


def _machine():
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        return f"{os.cpu_count()} processors, {memory:.1f} GiB of memory"
    except (AttributeError, OSError, ValueError):  # Windows
        return f"{os.cpu_count()} processors"


def _settings():
    try:
        from course_utils import settings

        return f"profile {settings.profile()}, device {settings.device()}"
    except Exception as error:  # whatever ails torch is what the reader wants to report
        first = (str(error).splitlines() or [""])[0].replace(str(Path.home()), "~")
        return f"the course does not start: {type(error).__name__}: {first}"


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    print("\n".join(describe()))
