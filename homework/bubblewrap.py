"""The bubblewrap command: what a sandbox sees, under names that say nothing of this machine."""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

SHARED = ("/usr", "/usr/local")  # prefixes that hold more than Python, and are everybody's
PYTHON = "/python"  # where any other one stands in the sandbox
COURSE = "/sandbox/course"
HOST = "sandbox"
TEMPORARY_BYTES = 2**20  # of the fork server's own /tmp; each exercise gets another
# What the fork server needs to make a world for each exercise. None of it reaches an answer.
AS_ROOT = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SYS_RESOURCE")
AS_USER = ("CAP_SYS_ADMIN",)


def command(course, site=()):
    """The command up to the program, which is to be :func:`python`.

    Args:
        course: folder of the sealed package, or None.
        site: folders of installed packages.
    """
    seen = _seen(course, site)
    asked = [shutil.which("bwrap")]
    made = set()
    for target in (*seen, "/tmp", "/dev/shm"):
        # Parents by hand, for all to enter: bubblewrap makes them for their owner alone.
        for parent in reversed(Path(target).parents[:-1]):
            if str(parent) not in made and not str(parent).startswith("/dev"):
                made.add(str(parent))
                asked += ["--dir", str(parent)]
    for target, origin in seen.items():
        asked += ["--ro-bind", str(origin), target]
    for target in _hidden(site):
        asked += ["--tmpfs", target, "--remount-ro", target]
    for target in _telling(site):
        asked += ["--ro-bind", "/dev/null", target]
    asked += ["--proc", "/proc", "--dev", "/dev"]
    for target in ("/tmp", "/dev/shm"):
        asked += ["--perms", "1777", "--size", str(TEMPORARY_BYTES), "--tmpfs", target]
    asked += ["--remount-ro", "/", "--chdir", "/tmp", "--clearenv"]
    settings = {"OMP_NUM_THREADS": "1"}
    if python().startswith(PYTHON):
        settings["LD_LIBRARY_PATH"] = f"{PYTHON}/lib"
    for name, value in settings.items():
        asked += ["--setenv", name, value]
    asked += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    asked += ["--unshare-cgroup-try", "--hostname", HOST, "--die-with-parent", "--new-session"]
    if os.geteuid() != 0:
        asked += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
        asked += ["--disable-userns"] if "--disable-userns" in _options() else []
    for name in AS_ROOT if os.geteuid() == 0 else AS_USER:
        asked += ["--cap-add", name]
    return asked


def python():
    """Path, inside, of the interpreter."""
    real, base = outside_python(), Path(sys.base_prefix).resolve()
    if str(base) in SHARED or not Path(real).is_relative_to(base):
        return real
    return f"{PYTHON}/{Path(real).relative_to(base)}"


def outside_python():
    """Path of the interpreter on this machine, without the links of an environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def site_packages():
    """Folders of installed packages, in the order of sys.path."""
    found = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return [path for path in dict.fromkeys(found) if path.is_dir()]


def site_inside(index):
    """Path, inside, of the folder number ``index`` of ``site``."""
    return f"/sandbox/site-packages{index}"


def _seen(course, site):
    """Path inside -> path on this machine, of all that can be read."""
    base = Path(sys.base_prefix).resolve()
    seen = {str(path): path for path in _libraries()}
    if str(base) in SHARED:
        standard = Path(sysconfig.get_paths()["stdlib"]).resolve()
        own = [Path(outside_python()), standard, *(base / "lib").glob("libpython3*.so*")]
        seen |= {str(path): path for path in own}
    else:
        seen[PYTHON] = base
    for index, folder in enumerate(site):
        seen[site_inside(index)] = folder
    if course is not None:
        seen[COURSE] = course
    return seen


def _hidden(site):
    """Paths inside that are covered: an installed package would be seen unsealed."""
    base, hidden = Path(sys.base_prefix).resolve(), []
    for index, folder in enumerate(site):
        if not (folder / "course_utils").is_dir():
            continue
        hidden.append(f"{site_inside(index)}/course_utils")
        if str(base) not in SHARED and folder.resolve().is_relative_to(base):
            hidden.append(f"{PYTHON}/{folder.resolve().relative_to(base)}/course_utils")
        elif str(base) in SHARED and folder.resolve().is_relative_to(
            Path(sysconfig.get_paths()["stdlib"]).resolve()
        ):
            hidden.append(str(folder.resolve() / "course_utils"))
    return hidden


def _telling(site):
    """Paths inside of files that pip wrote about places on this machine; they are covered too."""
    for index, folder in enumerate(site):
        for pattern in ("*.pth", "__editable__*.py", "*.dist-info/direct_url.json"):
            for path in sorted(folder.glob(pattern)):
                if path.is_file() and not path.is_symlink():
                    yield f"{site_inside(index)}/{path.relative_to(folder)}"


def _libraries():
    """Where the system keeps shared libraries: by Debian's names, else whole folders."""
    triplet = sysconfig.get_config_var("MULTIARCH") or "none"
    narrow = [f"/lib/{triplet}", f"/usr/lib/{triplet}"]
    chosen = narrow if os.path.isdir(narrow[1]) else ["/lib", "/usr/lib"]
    chosen += ["/lib64", "/usr/lib64", "/etc/ld.so.cache"]
    return [path for path in chosen if os.path.exists(path)]


@functools.cache
def _options():
    """What this bubblewrap knows."""
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout
