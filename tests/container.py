"""A fresh root as a container has it, with Gradescope's tree in it: for the tests of the export.

Root in there has the capabilities that Docker leaves, so that no name space can be made: what
bubblewrap needs is missing.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from homework import bubblewrap

CAPABILITIES = "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
CAPABILITIES += " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/passwd")
PYTHON, SITE = "/opt/python", "/opt/course/site-packages"


class Gradescope:
    """A false /autograder in ``folder``, made from the zip as Gradescope unpacks it."""

    def __init__(self, folder, archive):
        self.folder = Path(folder)
        for name in ("source", "submission", "results"):
            (self.folder / name).mkdir(parents=True)
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                path = Path(opened.extract(entry, self.folder / "source"))
                path.chmod(entry.external_attr >> 16 & 0o777)
        program = self.folder / "source" / "run_autograder"
        (self.folder / "run_autograder").write_bytes(program.read_bytes())
        (self.folder / "run_autograder").chmod(program.stat().st_mode & 0o777)

    def submit(self, files):
        """Put files, name -> text or bytes, in place of those before."""
        for path in sorted((self.folder / "submission").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, data in files.items():
            path = self.folder / "submission" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)

    def run(self, command=("/autograder/run_autograder",), seconds=300, alone=False):
        """What a command in the container gives: (done, results.json as it is then, or None).

        Args:
            alone: root is the only user, as in a container that an ordinary user makes.
        """
        whole = [*self._around(alone or os.geteuid() != 0), *command]
        done = subprocess.run(whole, capture_output=True, text=True, timeout=seconds)
        path = self.folder / "results" / "results.json"
        return done, json.loads(path.read_text("utf-8")) if path.exists() else None

    def _around(self, alone):
        python, base = Path(bubblewrap.outside_python()), Path(sys.base_prefix).resolve()
        is_shared = str(base) in bubblewrap.SHARED
        inside = python if is_shared else PYTHON / python.relative_to(base)
        program = self.folder.with_name(f"{self.folder.name}-python")
        sites = [f"{SITE}{index}/site-packages" for index in range(len(bubblewrap.site_packages()))]
        program.write_text(
            f"#!/bin/sh\nexport PYTHONPATH={':'.join(sites)} LD_LIBRARY_PATH={PYTHON}/lib\n"
            f'exec {inside} "$@"\n'
        )
        program.chmod(0o755)
        asked = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--die-with-parent"]
        asked += ["--dir", "/opt", "--dir", "/opt/course", "--dir", "/opt/course/bin"]
        asked += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
        asked += ["--perms", "1777", "--tmpfs", "/dev/shm", "--perms", "1777", "--dir", "/var/tmp"]
        for path in SYSTEM:
            if os.path.exists(path):
                asked += ["--ro-bind", path, path]
        if not is_shared:
            asked += ["--ro-bind", str(base), PYTHON]
        for origin, target in zip(bubblewrap.site_packages(), sites, strict=True):
            asked += ["--perms", "755", "--dir", str(Path(target).parent)]
            asked += ["--ro-bind", str(origin), target]
        asked += ["--ro-bind", str(program), "/opt/course/bin/python"]
        asked += ["--bind", str(self.folder), "/autograder", "--chdir", "/autograder"]
        for folder in ("/opt", "/opt/course", "/opt/course/bin", "/var", "/"):
            asked += ["--chmod", "0755", folder]
        asked += ["--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--cap-drop", "ALL"]
        if alone:
            asked += ["--unshare-user", "--uid", "0", "--gid", "0"]
        else:
            for name in CAPABILITIES.split():
                asked += ["--cap-add", f"CAP_{name}"]
        return [*asked, "--"]
