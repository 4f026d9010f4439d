"""The template process: imports torch once, then forks for each exercise of one submission.

Started as a plain script: ``template.py OPTIONS`` with a JSON of ``control`` (number of an
inherited socket), ``paths`` (for sys.path: the course's copy, then installed packages),
``folder`` (to work in), ``memory`` (bytes) and ``alone`` (True when it has a process namespace of
its own, as in the sandbox).
"""

import contextlib
import json
import math
import os
import shutil
import signal
import socket
import sys
import time

TICK = 0.02
PATIENCE = 5.0  # until what was ended is gone
FILE_BYTES = 16 * 2**20
MOST_PROCESSES = 48  # threads count


def main(options):
    course, *packages = options["paths"]
    sys.path.insert(0, course)
    sys.path += packages  # last, as always: an old one may be named like a module of Python's
    if options["alone"]:
        _refuse_debuggers()
    _make_inert()
    import torch
    from inside import wire

    torch.set_num_threads(1)
    torch.compile = _as_it_is  # a compiler takes longer than an exercise may
    control = socket.socket(fileno=options["control"])
    wire.send(control, {"ready": True})
    while True:
        try:
            fd, seconds = _next(control)
        except (EOFError, OSError):
            return
        child = os.fork()
        if child == 0:
            control.close()
            with contextlib.suppress(BaseException):
                _serve(fd, seconds, options)
            os._exit(0)
        os.close(fd)
        # Outside the sandbox the processes in view are everybody's: no sum of their memory.
        report = _wait(child, seconds, options["memory"] if options["alone"] else math.inf)
        _end_all(child, options)
        wire.send(control, report)


def _as_it_is(function=None, **options):
    return function if function is not None else (lambda later: later)


def _next(control):
    """(socket number, seconds) of the next exercise."""
    data, fds, _, _ = socket.recv_fds(control, 64, 1)
    if not data:
        raise EOFError
    return fds[0], float(data)


def _serve(fd, seconds, options):
    import torch
    from inside import serve

    os.setsid()
    os.chdir(options["folder"])
    _limit(seconds, options["memory"], options["alone"])
    torch.manual_seed(0)
    serve.run(socket.socket(fileno=fd))


def _limit(seconds, memory, alone):
    import resource

    here = 0
    with contextlib.suppress(OSError):
        with open("/proc/self/statm") as stream:
            here = int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limits = [
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ]
    if here:  # torch alone maps gigabytes of libraries
        limits.append((resource.RLIMIT_AS, here + memory))
    if alone:  # elsewhere all processes of the user would count
        limits.append((resource.RLIMIT_NPROC, MOST_PROCESSES))
    for what, most in limits:
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _wait(child, seconds, memory):
    """How the exercise's process ended: ``exit``, ``signal``, ``time`` or ``memory``."""
    deadline, reason = time.monotonic() + seconds, None
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            break
        if time.monotonic() > deadline:
            reason = "time"
        elif _resident() > memory:
            reason = "memory"
        if reason:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        time.sleep(TICK)
    if reason:
        return {"ended": reason}
    if os.WIFSIGNALED(status):
        return {"ended": "signal", "number": os.WTERMSIG(status)}
    return {"ended": "exit", "number": os.WEXITSTATUS(status)}


def _resident():
    """Bytes that the processes in view hold, but for this one; 0 where that cannot be told."""
    total = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/statm") as stream:
                    fields = stream.read().split()
                total += int(fields[1]) - int(fields[2])  # what is shared is the template's
    return total * (os.sysconf("SC_PAGE_SIZE") if total else 0)


def _end_all(child, options):
    """Nothing of an exercise lives on: no process, and in the sandbox no file."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):  # until nobody is left to be ended
        while time.monotonic() < deadline:
            # In a process namespace of its own -1 means what the exercise started, and only that.
            os.kill(-1 if options["alone"] else -child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(TICK / 4)
    for folder in (options["folder"], "/dev/shm") if options["alone"] else (options["folder"],):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _refuse_debuggers():
    """A process that is not dumpable cannot be traced or read by another of the same user."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def _make_inert():
    from inside import inert

    sys.meta_path.insert(0, inert.Finder())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
