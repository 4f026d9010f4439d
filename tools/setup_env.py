"""The environment behind every command: made once, trusted only when it was finished.

``ensure()`` returns the Python of an environment that holds the project with its extras ``lab``,
``test`` and ``site``. It needs Python's standard library alone. The environment is ``.venv`` in the
project's folder, or with ``here=True`` (``make lab PYTHON=...``) the one that runs this file.

A stamp is written into the environment last, after the check that torch and torchvision work
together. It names this folder, the requirements in pyproject.toml and the Python; while it holds,
nothing is installed again and no network is needed.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a bare Python runs this file
from course_utils.files import write_whole  # noqa: E402 - of the standard library alone
from tools import console  # noqa: E402

MINIMUM = (3, 11)
EXTRAS = "lab,test,site"
STAMP = "vae-course-stamp.json"
UNFINISHED = "vae-course-unfinished"

SIZE = """\
{where} is set up for the course. This happens once.
On Linux, torch and torchvision bring CUDA: about 6 GB on disk, and from two minutes on a fast
connection to half an hour on a slow one. On Windows and macOS it is far less.
Without an NVIDIA GPU, or short of disk? Stop now (Ctrl-C), make an environment of your own,
install the CPU builds of torch and torchvision in it as the "Get started" page of pytorch.org
says, and call: make lab PYTHON=path/to/that/python
"""

KEPT = """
import json
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in ("torch", "torchvision"):
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""

CHECK = """
from importlib.metadata import version
try:
    import torch, torchvision
    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    print("ok", torch.__version__, torchvision.__version__)
except Exception as error:
    print(f"torch {version('torch')} and torchvision {version('torchvision')}: "
          f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
"""


class SetupError(Exception):
    """The environment could not be set up; the message says what to do."""


def ensure(here=False, root=ROOT):
    """The Python of a finished environment, set up first where it must be.

    Args:
        here: use the environment of the running Python, and keep the torch that it has.
        root: folder of the project.

    Raises:
        SetupError: it could not be set up. What is half-made is not trusted by the next call.
    """
    require_python()
    folder = Path(sys.prefix) if here else root / ".venv"
    if finished(folder, root):
        return interpreter(folder)
    with only_one(root):
        ours = not here and (is_ours(folder) or not interpreter(folder).is_file())
        before = read_stamp(folder)
        (folder / STAMP).unlink(missing_ok=True)
        if ours:
            make_venv(folder)
        try:
            install(folder, root, keep_torch=not ours)
            check(folder)
        except SetupError:
            if before:  # pip gave up in order: the older installation stands, its stamp is stale
                put_stamp(folder, before)
            raise
        put_stamp(folder, {**wanted(folder, root), "ours": ours})
    return interpreter(folder)


def require_python():
    """Refuse a Python that is too old, in words that it can still print."""
    if sys.version_info >= MINIMUM:
        return
    raise SetupError(
        f"The course needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer; {sys.executable} is "
        f"{platform.python_version()}. If there is a newer one beside it, name it, such as: "
        "make lab START=python3.12"
    )


def interpreter(folder):
    """The Python of the environment in ``folder``, whether it exists or not."""
    if Path(sys.prefix) == folder:
        return Path(sys.executable)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted(folder, root):
    """What the stamp must say: this folder, these requirements, this Python."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    relevant = [project.get("build-system"), project["project"]]
    relevant.append(project.get("tool", {}).get("setuptools"))
    if Path(sys.prefix) == folder:
        version = platform.python_version()
    else:
        settings = folder / "pyvenv.cfg"
        text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
        version = "".join(re.findall(r"^version(?:_info)? *= *(\d+\.\d+\.\d+)", text, re.M)[:1])
    return {
        "root": str(root),
        "requirements": hashlib.sha256(json.dumps(relevant).encode()).hexdigest(),
        "python": [os.path.realpath(interpreter(folder)), version],
    }


def read_stamp(folder):
    """The stamp of an environment, {} where there is none that can be read."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def finished(folder, root):
    """True when the environment exists and its stamp says what it must."""
    if not interpreter(folder).is_file():
        return False
    stamp = read_stamp(folder)
    return all(stamp.get(key) == value for key, value in wanted(folder, root).items())


def is_ours(folder):
    """True for a ``.venv`` that this file made (or began to make), and so may remake."""
    return (folder / UNFINISHED).is_file() or bool(read_stamp(folder).get("ours"))


def put_stamp(folder, stamp):
    """Write the stamp, whole or not at all, and with it end the set-up."""
    try:
        write_whole(folder / STAMP, json.dumps(stamp, indent=1) + "\n")
        (folder / UNFINISHED).unlink(missing_ok=True)
    except OSError as error:
        print(f"No note can be kept in {folder} ({error}): the next call checks it all again.")


def make_venv(folder):
    """A bare ``.venv``. One that was left unfinished, or has lost its Python, is made anew."""
    if (folder / UNFINISHED).is_file() or not interpreter(folder).is_file():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    (folder / UNFINISHED).write_text("Set-up began here and has not ended.\n", encoding="utf-8")
    if interpreter(folder).is_file():
        return  # finished once for older requirements: installing on top is enough
    if run([sys.executable, "-m", "venv", str(folder)]) != 0:
        raise SetupError(
            "Python could not make the environment .venv (its message stands above). On Debian "
            "and Ubuntu the module lies in a package of its own: apt install python3-venv"
        )


def install(folder, root, keep_torch):
    """Install the project, editable, with its extras; ``keep_torch`` holds torch where it is."""
    python = str(interpreter(folder))
    found = json.loads(ask([python, "-c", KEPT]) or "{}")
    if "torch" not in found:
        print(SIZE.format(where=folder.name if folder.parent == root else folder), flush=True)
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--editable", f".[{EXTRAS}]"]
    with tempfile.TemporaryDirectory() as scratch:
        if keep_torch and found:
            require_torch(found.get("torch"), root)
            pins = "".join(f"{name}=={version}\n" for name, version in found.items())
            print("Kept as they are: " + ", ".join(pins.split()), flush=True)
            constraints = Path(scratch) / "keep.txt"
            constraints.write_text(pins, encoding="utf-8")
            command += ["--constraint", str(constraints)]
        if not ask([python, "-m", "pip", "--version"]):
            run([python, "-m", "ensurepip"])
        if run(command, cwd=root) != 0:
            raise SetupError(
                f"The installation into {folder} failed; pip's message stands above. This step "
                "needs the network. Nothing unfinished is trusted: call the same command again."
            )


def require_torch(version, root):
    """Refuse a torch that is to be kept and is older than pyproject.toml asks for."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    asked = re.search(r'"torch>=(\d+)\.(\d+)', text)
    has = re.match(r"(\d+)\.(\d+)", version or "")
    if asked and has and tuple(map(int, has.groups())) < tuple(map(int, asked.groups())):
        raise SetupError(
            f"This environment has torch {version}; the course needs {'.'.join(asked.groups())} "
            "or newer. Upgrade torch and torchvision together, then call this again."
        )


def check(folder):
    """Torch and torchvision must be of one release and build, or importing them fails."""
    answer = ask([str(interpreter(folder)), "-c", CHECK]).strip()
    if not answer.startswith("ok "):
        raise SetupError(
            "torch and torchvision are installed but do not work together.\n"
            f"  {answer or 'Importing them ended Python.'}\n"
            "They must be of the same release and the same build (CPU or CUDA). Install both in "
            'one command, as the\n"Get started" page of pytorch.org says, then call this again.'
        )
    print("Ready: torch {}, torchvision {}.".format(*answer.split()[1:3]), flush=True)


@contextlib.contextmanager
def only_one(root):
    """Hold the project's lock, which the system frees when this process ends, however it ends."""
    with open(root / ".setup.lock", "a", encoding="utf-8") as stream:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                "Another set-up is running in this folder. Wait for it, then call this again."
            ) from None
        yield


def run(command, cwd=None):
    """Run a command with its output shown; its exit code."""
    return subprocess.run(command, cwd=cwd, check=False).returncode


def ask(command):
    """What a command prints, or nothing where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def main(here=False):
    """Set up, or say in words why not and leave."""
    try:
        return ensure(here=here)
    except SetupError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        print("\nStopped. Nothing unfinished is trusted: the next call starts that part again.")
        sys.exit(130)


if __name__ == "__main__":
    console.run(lambda: print(main(here="--here" in sys.argv[1:])))
