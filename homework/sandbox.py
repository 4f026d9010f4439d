"""Where students' code runs: bubblewrap without network, home or repository, or plainly.

Linux only. Run as root, each sandbox drops to a user of its own, because limits on the number of
processes do not bind root; run as a user, bubblewrap makes a user namespace.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path

from homework.inside import wire

MEMORY = 4 * 2**30  # bytes that an exercise may use beyond torch itself
SECONDS = 20.0  # wall clock of one exercise
START_SECONDS = 120.0  # until torch is imported, on a busy machine
GRACE = 10.0  # beyond an exercise's time, before the whole sandbox is given up
TEMPORARY_BYTES = 64 * 2**20  # of the private /tmp
KILLED = "its process was killed from inside"
FIRST_USER = 2_000_000  # as root: user ids that no account has, others for each grader
USERS = 64
INSTALL = "sudo apt-get install bubblewrap (Debian, Ubuntu) or sudo dnf install bubblewrap (Fedora)"
SHARED = ("/usr", "/usr/local")  # prefixes that hold more than Python


class SandboxError(RuntimeError):
    """No sandbox can be had here; the message says what to install or do."""


class Ended(RuntimeError):
    """The exercise's process is gone: ``reason`` in words for the student."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def why_not():
    """Why there can be no sandbox on this machine, or an empty string."""
    if not sys.platform.startswith("linux"):
        return "the sandbox needs Linux; run the grading in a Linux container or virtual machine"
    if not shutil.which("bwrap"):
        return f"bubblewrap is not installed: {INSTALL}"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "setpriv (package util-linux) is not installed"
    asked = [*_walls(None), "--", _python(), "-I", "-S", "-c", "import os; os.getpid()"]
    tried = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    if tried.returncode:
        return f"bubblewrap is installed, but fails here: {tried.stderr.strip()[-300:]}"
    return ""


class Sandbox:
    """One submission's template process and the exercises forked from it.

    Args:
        course: folder that ``sealed.make`` filled.
        slot: number of this sandbox among those alive; as root its user id follows from it.
        safe: False runs the code as the caller's own user, without bubblewrap.
        seconds, memory: limits of one exercise.
    """

    def __init__(self, course, slot=0, safe=True, seconds=SECONDS, memory=MEMORY):
        self.course, self.slot, self.safe = Path(course), slot, safe
        self.seconds, self.memory = seconds, memory
        self.printed = 0
        self.process = self.control = self.folder = self.ended = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    @contextlib.contextmanager
    def exercise(self):
        """A connection to a fresh fork of the template, which ends with the block.

        Yields:
            ``ask(header, arrays)`` -> (header, arrays).

        Raises:
            Ended: the fork died or took too long. SandboxError: no template would start.
        """
        if self.process is None or self.process.poll() is not None:
            self.close()
            self._start()
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + self.seconds
        self.ended = None
        try:
            with theirs:
                self.control.settimeout(GRACE)
                socket.send_fds(self.control, [f"{self.seconds}".encode()], [theirs.fileno()])
            yield lambda header, arrays=(): self._ask(ours, deadline, header, arrays)
        except OSError as error:
            self.close()
            raise Ended(KILLED) from error
        finally:
            ours.close()
            self._collect(deadline)

    def _ask(self, sock, deadline, header, arrays):
        try:
            wire.send(sock, header, arrays, deadline + GRACE)
            # The template speaks first only when the exercise is over, or when it was killed.
            left = max(deadline + GRACE - time.monotonic(), 0)
            ready, _, _ = select.select([sock, self.control], [], [], left)
            if sock not in ready:
                raise Ended(self._collect(deadline))
            return wire.receive(sock, deadline + GRACE)
        except wire.WireError as error:
            raise Ended(f"what it answered cannot be read: {error}") from error
        except wire.Closed as error:
            raise Ended(self._collect(deadline)) from error

    def _collect(self, deadline):
        """How the fork ended, from the template; a template that is silent is given up."""
        if self.ended is None:
            self.ended = KILLED
            try:
                report, _ = wire.receive(self.control, max(deadline, time.monotonic()) + GRACE)
                self.ended = _in_words(report, self.seconds, self.memory)
            except (wire.Closed, wire.WireError, AttributeError):  # no control any more
                self.close()
        return self.ended

    def _start(self):
        ours, theirs = socket.socketpair()
        self.folder = tempfile.mkdtemp(prefix="grading-")
        work = "/tmp" if self.safe else self.folder
        site = _site_packages()
        paths = ["/sandbox/course", *(f"/sandbox/site-packages{i}" for i in range(len(site)))]
        if not self.safe:
            paths = [str(self.course), *map(str, site)]
        options = {"control": theirs.fileno(), "paths": paths, "folder": work}
        options |= {"memory": self.memory, "alone": self.safe}
        script = str(Path(paths[0]) / "inside" / "template.py")
        python = [_python(), "-I", "-S", script, json.dumps(options)]
        command = [*_walls(self.course, site, self.slot), "--", *python] if self.safe else python
        environment = {"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        with theirs:
            self.process = subprocess.Popen(
                command,
                cwd="/" if self.safe else self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.control, self.last = ours, b""
        reader = threading.Thread(target=self._count, args=(self.process.stdout,), daemon=True)
        reader.start()
        try:
            wire.receive(ours, time.monotonic() + START_SECONDS)
        except (wire.Closed, wire.WireError) as error:
            self.close()
            told = self.last.decode(errors="replace").strip()[-400:]
            raise SandboxError(f"the sandbox did not start: {told or error}") from error

    def _count(self, stream):
        """Read what is printed, so that nobody waits for a full pipe; keep the count alone."""
        with contextlib.suppress(OSError, ValueError), stream:
            while part := stream.read1(2**20):
                self.printed += len(part)
                self.last = (self.last + part)[-400:]

    def close(self):
        """End every process of the sandbox."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        if self.control is not None:
            self.control.close()
            self.control = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def _in_words(report, seconds, memory):
    ended, number = report.get("ended"), report.get("number")
    if ended == "time":
        return f"it took longer than {seconds:g} seconds: is there an endless loop?"
    if ended == "memory":
        return f"it used more than {memory / 2**30:g} GB of memory"
    if ended == "signal":
        names = {item.value: item.name for item in signal.Signals}
        return f"its process was ended by {names.get(number, number)}"
    return f"its process ended itself (exit status {number})"


def _python():
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _site_packages():
    """Folders of installed packages, in the order of sys.path."""
    found = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return [path for path in dict.fromkeys(found) if path.is_dir()]


def _libraries():
    """Where the system keeps shared libraries: by Debian's names, else whole folders."""
    triplet = sysconfig.get_config_var("MULTIARCH") or "none"
    narrow = [f"/lib/{triplet}", f"/usr/lib/{triplet}"]
    chosen = narrow if os.path.isdir(narrow[1]) else ["/lib", "/usr/lib"]
    chosen += ["/lib64", "/usr/lib64", "/etc/ld.so.cache"]
    return [path for path in chosen if os.path.exists(path)]


def _interpreter():
    """What Python itself is made of, outside site-packages."""
    base = Path(sys.base_prefix).resolve()
    if str(base) not in SHARED:
        return [base]
    standard = Path(sysconfig.get_paths()["stdlib"]).resolve()
    return [Path(_python()), standard, *(base / "lib").glob("libpython3*.so*")]


def _walls(course, site=(), slot=0):
    """The bubblewrap command up to the program: what it sees, and nothing else."""
    seen = {str(path): str(path) for path in [*_interpreter(), *_libraries()]}
    hidden = []
    for index, folder in enumerate(site):
        seen[str(folder)] = f"/sandbox/site-packages{index}"
        if (folder / "course_utils").is_dir():  # an installed package would be seen unsealed
            hidden.append(f"/sandbox/site-packages{index}/course_utils")
            inside = [path for path in _interpreter() if folder.resolve().is_relative_to(path)]
            hidden += [str(folder.resolve() / "course_utils")] if inside else []
    if course is not None:
        seen[str(course)] = "/sandbox/course"
    is_root = os.geteuid() == 0
    if is_root:
        setpriv = shutil.which("setpriv")
        seen[setpriv] = setpriv
    command = [shutil.which("bwrap")]
    made = set()
    for target in (*seen.values(), "/tmp", "/dev/shm"):
        # Parents by hand, for all to enter: bubblewrap makes them for their owner alone.
        for parent in reversed(Path(target).parents[:-1]):
            if str(parent) not in made and not str(parent).startswith("/dev"):
                made.add(str(parent))
                command += ["--dir", str(parent)]
    for origin, target in seen.items():
        command += ["--ro-bind", origin, target]
    for target in hidden:
        command += ["--tmpfs", target]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for target in ("/tmp", "/dev/shm"):
        command += ["--perms", "1777", "--size", str(TEMPORARY_BYTES), "--tmpfs", target]
    command += ["--remount-ro", "/", "--chdir", "/tmp", "--clearenv"]
    for name, value in (("OMP_NUM_THREADS", "1"), ("LANG", "C.UTF-8"), ("HOME", "/tmp")):
        command += ["--setenv", name, value]
    command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    if not is_root:
        return [*command, "--unshare-user"]
    user = str(FIRST_USER + os.getpid() * USERS + slot % USERS)
    drop = [setpriv, "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"]
    return [*command, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--", *drop]
