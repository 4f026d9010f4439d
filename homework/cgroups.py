"""A control group for each sandbox: the memory and the processes of all of it are counted.

Where the processors can be shared out by groups too, forty threads of one sandbox get no more of
them than the one thread of another.

Version 2 where the grader may make groups (as root, or in a scope that was delegated to it), else
version 1 as root. Where neither can be had, the sandbox still bounds each answer by the limits of
its one process; ``grade`` then says that this wall is missing.
"""

import contextlib
import os
import time
from pathlib import Path

PROCESSES = 160  # threads of a whole sandbox: fork server, watcher and answer
PATIENCE = 1.0  # seconds until a killed group is empty
LONG = 3_600.0  # seconds after which an empty group is nobody's any more
OWN = "grader"  # version 2: the leaf that the grader itself moves to


class CgroupError(RuntimeError):
    """No control group can be had here; the message says why."""


class Group:
    """One sandbox's group.

    Args:
        name: of its folder. memory: bytes that all its processes and files may hold.
        root: of the kernel's file system of groups. own: how the grader's own groups are told.

    Raises:
        CgroupError: it cannot be made.
    """

    def __init__(self, name, memory, root="/sys/fs/cgroup", own="/proc/self/cgroup"):
        self.folders, self.is_2, self._kills = [], False, 0
        reasons = []
        for make in (self._make_2, self._make_1):
            try:
                make(Path(root), Path(own), name, memory)
                break
            except (OSError, CgroupError, IndexError) as error:
                self.remove()
                reasons.append(str(error))
        else:
            raise CgroupError("; ".join(reasons))

    @property
    def memory_folder(self):
        """Where the kernel tells of memory."""
        return self.folders[0]

    @property
    def files(self):
        """Files to which a process writes 0 to join."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def was_short(self):
        """True if since the last question a process was ended because memory ran out."""
        name = "memory.events" if self.is_2 else "memory.oom_control"
        before = self._kills
        for line in _lines(self.memory_folder / name):
            if line.startswith("oom_kill "):
                self._kills = int(line.split()[1])
        return self._kills > before

    def peak(self):
        """The most bytes that it ever held; 0 where the kernel does not tell."""
        name = "memory.peak" if self.is_2 else "memory.max_usage_in_bytes"
        return int((_lines(self.memory_folder / name) or ["0"])[0])

    def processes(self):
        """Ids of what lives in it."""
        return [int(line) for line in _lines(self.memory_folder / "cgroup.procs")]

    def kill(self):
        """End all of it, and wait until it is gone; True if it is."""
        deadline = time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):
            if self.is_2:
                (self.memory_folder / "cgroup.kill").write_text("1")
        while self.processes():
            for process in self.processes():
                with contextlib.suppress(OSError):
                    os.kill(process, 9)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def remove(self):
        """End it and remove its folders."""
        if self.folders:
            self.kill()
        deadline = time.monotonic() + PATIENCE
        while self.folders:
            try:
                self.folders[-1].rmdir()
                self.folders.pop()
            except FileNotFoundError:
                self.folders.pop()
            except OSError:
                if time.monotonic() > deadline:
                    return
                time.sleep(0.01)

    def _make_2(self, root, own, name, memory):
        if not (root / "cgroup.controllers").is_file():
            raise CgroupError("there is no cgroup of version 2")
        path = next(line.split(":", 2)[2] for line in _lines(own) if line.startswith("0:"))
        parent = root / path.lstrip("/")
        if parent.name == OWN:
            parent = parent.parent
        needed = {"memory", "pids"}
        if not needed <= set(_words(parent / "cgroup.controllers")):
            raise CgroupError("memory and processes are not delegated to this user")
        if not needed <= set(_words(parent / "cgroup.subtree_control")):
            leaf = parent / OWN  # a group with members of its own may not pass controllers on
            leaf.mkdir(exist_ok=True)
            for process in _words(parent / "cgroup.procs"):
                (leaf / "cgroup.procs").write_text(process)
            with contextlib.suppress(OSError):  # where it is not delegated it does without
                (parent / "cgroup.subtree_control").write_text("+cpu")
            (parent / "cgroup.subtree_control").write_text("+memory +pids")
        self.is_2 = True
        folder = self._new(parent / name)
        (folder / "memory.max").write_text(str(memory))
        with contextlib.suppress(OSError):  # a kernel without swap
            (folder / "memory.swap.max").write_text("0")
        (folder / "pids.max").write_text(str(PROCESSES))

    def _make_1(self, root, own, name, memory):
        self.is_2 = False
        folder = self._new(_group_1(root, own, "memory") / name)
        (folder / "memory.limit_in_bytes").write_text(str(memory))
        with contextlib.suppress(OSError):  # a kernel that does not count swap
            (folder / "memory.memsw.limit_in_bytes").write_text(str(memory))
        folder = self._new(_group_1(root, own, "pids") / name)
        (folder / "pids.max").write_text(str(PROCESSES))
        with contextlib.suppress(OSError, CgroupError):
            self._new(_group_1(root, own, "cpu") / name)

    def _new(self, folder):
        _sweep(folder)
        folder.mkdir()
        self.folders.append(folder)
        return folder


def _sweep(folder):
    """Remove what graders that were killed have left beside a group: empty groups, long unused."""
    for old in folder.parent.glob(f"{folder.name.split('-')[0]}-*"):
        with contextlib.suppress(OSError):  # the kernel removes none that has processes
            if time.time() - old.stat().st_mtime > LONG:
                old.rmdir()


def _group_1(root, own, controller):
    """The grader's own group of a controller; its top where a container shows only a part."""
    if not (root / controller / "cgroup.procs").is_file():
        raise CgroupError(f"there is no cgroup of version 1 for {controller}")
    for line in _lines(own):
        _, names, path = line.split(":", 2)
        if controller in names.split(",") and (root / controller / path.lstrip("/")).is_dir():
            return root / controller / path.lstrip("/")
    return root / controller


def _lines(path):
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _words(path):
    return path.read_text().split()
