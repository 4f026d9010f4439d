"""Where students' code runs: behind walls, or plainly (``safe=False``).

Linux only. From outside to inside: a key ring and a control group of its own (``launch.py``); name
spaces and mounts by bubblewrap (``bubblewrap.py``), where the fork server imports torch once; for
each exercise a world, a user and a filter of system calls (``inside/walls.py``, ``syscalls.py``).
docs/instructors.md says what the walls are and what they were tried against. In a container that is
thrown away after one submission (``container=True``) only limits, user and filter are there.
"""

import base64
import contextlib
import functools
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from homework import bubblewrap, cgroups, syscalls
from homework.inside import wire

MEMORY = 4 * 2**30  # bytes that an exercise may use beyond torch itself
REST = 2**30  # of torch, the fork server and the temporary files, in the control group
SECONDS = 20.0  # wall clock of one exercise
START_SECONDS = 120.0  # until torch is imported, on a busy machine
GRACE = 5.0  # beyond an exercise's time, before the whole sandbox is given up
MOST_PRINTED = 256 * 2**20  # bytes, of a whole submission
MOST_ELSEWHERE = 1_000  # calls of other exercises' answers that one exercise may make
KILLED = "its process was killed from inside"
# As root: pairs of user ids that no account has, others for each grader and each sandbox.
FIRST_USER, GRADERS, SANDBOXES = 2**30, 2**14, 2**15
# In a container few ids exist; these are meant for users that are made for a while.
FIRST_IN_CONTAINER, USERS_IN_CONTAINER = 61_184, 4_336
INSTALL = "sudo apt-get install bubblewrap (Debian, Ubuntu) or sudo dnf install bubblewrap (Fedora)"
_started = itertools.count(int.from_bytes(os.urandom(2)))  # containers share a user's limits


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
    if reason := _why_no_filter():
        return reason
    asked = [*bubblewrap.command(None), "--", bubblewrap.python(), "-I", "-S", "-c"]
    tried = subprocess.run([*asked, "import os; os.getpid()"], capture_output=True, text=True)
    if tried.returncode:
        return f"bubblewrap is installed, but fails here: {tried.stderr.strip()[-300:]}"
    return ""


def why_no_users():
    """Why ``container=True`` cannot be had here, or an empty string."""
    is_root = sys.platform.startswith("linux") and os.geteuid() == 0
    return _why_no_filter() if is_root else "answers can be another user only where Linux's root is"


def _why_no_filter():
    try:
        _filter()
    except syscalls.SeccompError as error:
        return str(error)
    return ""


def why_no_group():
    """Why there can be no control group (a grading may do without), or an empty string."""
    try:
        cgroups.Group(_name(), MEMORY).remove()
    except cgroups.CgroupError as error:
        return f"no control group can be made here ({error})"
    return ""


class Sandbox:
    """One submission's fork server and the exercises forked from it.

    Args:
        course: folder that ``sealed.make`` filled.
        safe: False runs the code as the caller's own user, without walls.
        container: as root, instead of name spaces: a user for the answers, who can read and write
            what everybody can; the caller sees to it that this is nothing that matters.
        group: a control group must be (True), is taken where it can be had (None), or is not.
        seconds, memory: limits of one exercise.
    """

    def __init__(
        self, course, safe=True, container=False, group=None, seconds=SECONDS, memory=MEMORY
    ):
        self.course, self.container = Path(course), container
        self.safe = safe and not container  # behind bubblewrap
        self.with_group = group if self.safe else False
        self.seconds, self.memory = seconds, memory
        self.printed = 0
        self.process = self.control = self.folder = self.group = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    @contextlib.contextmanager
    def exercise(self, elsewhere=None, seconds=None):
        """A connection to a fresh fork, which ends with the block.

        Args:
            elsewhere: ``elsewhere(header, arrays)`` -> (header, arrays), for what the exercise asks
                of answers that are not in its process.
            seconds: of this exercise, if not the sandbox's own.

        Yields:
            ``ask(header, arrays)`` -> (header, arrays).

        Raises:
            Ended: the fork died or took too long. SandboxError: no fork server would start.
        """
        if self.process is None or self.process.poll() is not None:
            self.close()
            self._start()
        fork = _Fork(self, elsewhere, self.seconds if seconds is None else seconds)
        try:
            yield fork.ask
        except OSError as error:
            self.close()
            raise Ended(KILLED) from error
        finally:
            fork.close()

    def _start(self):
        ours, theirs = socket.socketpair()
        site = bubblewrap.site_packages()
        if self.safe:
            paths = [bubblewrap.COURSE, *(bubblewrap.site_inside(i) for i in range(len(site)))]
            number = os.getpid() % GRADERS * SANDBOXES + next(_started) % SANDBOXES
            users = FIRST_USER + 2 * number if os.geteuid() == 0 else 0
            options = {"filter": _filter(), "users": users, "user": 0, "folder": "/tmp"}
        else:
            paths = [str(self.course), *map(str, site)]
            options = {"filter": "", "users": 0, "user": 0}
            if self.container:
                user = FIRST_IN_CONTAINER + next(_started) % USERS_IN_CONTAINER
                options |= {"filter": _filter(), "user": user}
            else:
                self.folder = tempfile.mkdtemp(prefix="grading-")
            options["folder"] = self.folder or "/"
        options |= {"control": theirs.fileno(), "paths": paths, "memory": self.memory}
        script = str(Path(paths[0]) / "inside" / "fork_server.py")
        program = ["-I", "-S", script, json.dumps(options)]
        if self.safe:
            command = [*self._launch(), *bubblewrap.command(self.course, site), "--"]
            command += [bubblewrap.python(), *program]
        else:
            command = [bubblewrap.outside_python(), *program]
        with theirs:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder or "/",
                env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
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
            reader.join(1)
            told = self.last.decode(errors="replace").strip()[-400:]
            raise SandboxError(f"the sandbox did not start: {told or error}") from error

    def _launch(self):
        """What comes before bubblewrap's command."""
        if self.with_group is not False:
            try:
                self.group = cgroups.Group(_name(), self.memory + REST)
            except cgroups.CgroupError as error:
                if self.with_group:
                    raise SandboxError(f"no control group can be made here ({error})") from error
        options = json.dumps({"groups": self.group.files if self.group else []})
        script = str(Path(__file__).with_name("launch.py"))
        return [bubblewrap.outside_python(), "-I", "-S", script, options]

    def _count(self, stream):
        """Read what is printed, so that nobody waits for a full pipe; keep the count alone.

        After too much of it the pipe is closed, and who prints on gets an error.
        """
        with contextlib.suppress(OSError, ValueError), stream:
            while self.printed < MOST_PRINTED and (part := stream.read1(2**20)):
                self.printed += len(part)
                self.last = (self.last + part)[-400:]

    def close(self):
        """End every process of the sandbox."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        if self.group is not None:
            self.group.remove()
            self.group = None
        if self.control is not None:
            self.control.close()
            self.control = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


class _Fork:
    """One exercise: the connection to its process, its time, and how it ended."""

    def __init__(self, box, elsewhere, seconds):
        self.box, self.elsewhere, self.seconds = box, elsewhere, seconds
        self.ended, self.calls = None, 0
        self.ours, theirs = socket.socketpair()
        self.deadline = time.monotonic() + seconds
        with theirs:
            box.control.settimeout(GRACE)
            try:
                socket.send_fds(box.control, [f"{seconds}".encode()], [theirs.fileno()])
            except OSError:
                self.ours.close()
                box.close()
                raise Ended(KILLED) from None

    def ask(self, header, arrays=()):
        """Send one request and wait for its answer."""
        try:
            wire.send(self.ours, header, arrays, self.deadline + GRACE)
            while True:
                # The fork server speaks first only when the exercise is over, or was killed.
                left = max(self.deadline + GRACE - time.monotonic(), 0)
                ready, _, _ = select.select([self.ours, self.box.control], [], [], left)
                if self.ours not in ready:
                    raise Ended(self._collect())
                limits = wire.ASKING if self.elsewhere else wire.REPLY
                reply, found = wire.receive(self.ours, self.deadline + GRACE, limits)
                if "elsewhere" not in reply:
                    return reply, found
                self.calls += 1
                if self.elsewhere is None or self.calls > MOST_ELSEWHERE:
                    raise Ended("it asked for answers that are not its own")
                wire.send(self.ours, *self.elsewhere(reply, found), self.deadline + GRACE)
        except wire.WireError as error:
            raise Ended(f"what it answered cannot be read: {error}") from error
        except wire.Closed as error:
            raise Ended(self._collect()) from error

    def close(self):
        """End the exercise, and wait until the fork server says that it is gone."""
        self.ours.close()
        self._collect()

    def _collect(self):
        """How the process ended, from the fork server; a silent one is given up."""
        if self.ended is None:
            self.ended = KILLED
            try:
                until = max(self.deadline, time.monotonic()) + GRACE
                report, _ = wire.receive(self.box.control, until)
                short = self.box.group is not None and self.box.group.was_short()
                self.ended = _in_words(report, self.seconds, short)
            except (wire.Closed, wire.WireError, AttributeError):  # no control any more
                self.box.close()
            else:
                if report.get("ended") == "never began":
                    self.box.close()
                    why = report.get("why", "see above")
                    raise SandboxError(f"no exercise can begin in the sandbox ({why})")
        return self.ended


def _in_words(report, seconds, was_short):
    ended, number = report.get("ended"), report.get("number")
    if ended == "time":
        return f"it took longer than {seconds:g} seconds: is there an endless loop?"
    if ended == "signal" and number == signal.SIGKILL and was_short:
        return "it used more memory than an exercise may"
    if ended == "signal":
        names = {item.value: item.name for item in signal.Signals}
        return f"its process was ended by {names.get(number, number)}"
    return f"its process ended itself (exit status {number})"


def _name():
    return f"grading-{os.getpid()}-{next(_started)}"


@functools.cache
def _filter():
    return base64.b64encode(syscalls.program()).decode()
