"""Python as an ordinary user, where the tests run as root: on copies and mounts that he may read.

The repository and the environment may lie in folders that only root may enter. So the course's code
is copied, and Python and its packages are mounted where everybody may look, in a mount name space
that ends with the command.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils import settings
from homework import bubblewrap

USER = 65534
COPIED = ("course_utils", "homework", "notebooks", "tests", "pyproject.toml")


class Ordinary:
    """A place in /tmp with the course for an ordinary user; ``python(...)`` runs him."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ordinary-", dir="/tmp"))
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        for name in COPIED:
            origin, target = settings.root() / name, self.folder / "course" / name
            target.parent.mkdir(exist_ok=True)
            if origin.is_dir():
                shutil.copytree(origin, target, ignore=ignore)
            else:
                shutil.copy(origin, target)
        self.home = self.folder / "home"
        self.home.mkdir()
        for path in [self.folder, *self.folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        if os.geteuid() == 0:
            os.chown(self.home, USER, USER)
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder)

    def python(self, *arguments, timeout=120):
        """Run ``python ARGUMENTS`` in the copy; returns what ``subprocess.run`` does."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "tests"}
        sites = bubblewrap.site_packages()
        if os.geteuid() != 0:  # he may read what he runs already
            environment["PYTHONPATH"] = ":".join(["tests", *map(str, sites)])
            return self._run([sys.executable, *arguments], timeout, environment)
        inside = [self.folder / str(index) / "site-packages" for index in range(len(sites))]
        mounts = list(zip(sites, inside, strict=True))
        environment["PYTHONPATH"] = ":".join(["tests", *map(str, inside)])
        base, python = Path(sys.base_prefix).resolve(), Path(bubblewrap.outside_python())
        if str(base) not in bubblewrap.SHARED and python.is_relative_to(base):
            inside = self.folder / "python"
            mounts.append((base, inside))
            python = inside / python.relative_to(base)
            environment["LD_LIBRARY_PATH"] = str(inside / "lib")
        command = ["env", "-i", *(f"{key}={value}" for key, value in environment.items())]
        command += [str(python), *arguments]
        user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
        lines = []
        for origin, target in mounts:
            target.mkdir(parents=True, exist_ok=True)
            lines.append(shlex.join(["mount", "--bind", str(origin), str(target)]))
        lines.append("exec " + shlex.join([*user, *command]))
        return self._run(["unshare", "--mount", "sh", "-ec", "\n".join(lines)], timeout)

    def _run(self, command, timeout, environment=None):
        return subprocess.run(
            command,
            cwd=self.folder / "course",
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
