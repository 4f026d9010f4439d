"""The fork server: imports torch once, then forks for each exercise of one submission.

Started as a plain script: ``fork_server.py OPTIONS`` with a JSON of ``control`` (number of an
inherited socket), ``paths`` (for sys.path: the course's copy, then installed packages),
``folder`` (to work in), ``memory`` (bytes), ``filter`` (system calls, base64), ``users`` (as root:
the first of two user ids) and ``user`` (as root in a container: the answers' id, in place of name
spaces). Without a filter there are no walls: the exercise runs plainly.
"""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
import traceback


def main(options):
    course, *packages = options["paths"]
    sys.path.insert(0, course)
    from inside import walls

    if options["users"]:
        walls.two_users(options["users"])
    sys.path += packages  # last, as always: an old one may be named like a module of Python's
    program = base64.b64decode(options["filter"])
    _make_inert()
    import torch
    from inside import serve, wire  # noqa: F401  once, not in every fork

    torch.set_num_threads(1)
    torch.ones(8)  # at its first numbers torch asks /proc for the processor; answers have none
    torch.compile = _as_it_is  # a compiler takes longer than an exercise may
    control = socket.socket(fileno=options["control"])
    os.environ.clear()
    sys.argv[:] = [""]
    wire.send(control, {"ready": True})
    while True:
        try:
            fd, seconds = _next(control)
        except (EOFError, OSError):
            return
        child = os.fork()
        if child == 0:
            _watch(control, fd, seconds, program, options)
        os.close(fd)
        _, status = os.waitpid(child, 0)
        if status:  # without walls an answer can kill who watches it
            wire.send(control, {"ended": "signal", "number": int(signal.SIGKILL)})


def _as_it_is(function=None, **options):
    return function if function is not None else (lambda later: later)


def _next(control):
    """(socket number, seconds) of the next exercise."""
    data, fds, _, _ = socket.recv_fds(control, 64, 1)
    if not data:
        raise EOFError
    return fds[0], float(data)


def _watch(control, fd, seconds, program, options):
    """Stands between fork server and answer: makes its world, waits for its end, and tells it."""
    from inside import walls, wire

    status = 1
    try:
        mapped = walls.mapped()
        if program:
            walls.first_to_go()
        if program and not options["user"]:
            walls.fresh_world()
        waits, ready = os.pipe()
        child = os.fork()
        if child == 0:
            control.close()
            _answer(fd, ready, seconds, mapped, program, options)
        os.close(fd)
        os.close(ready)
        is_shut_in = os.read(waits, 1) == b"x"
        report = _wait(child, seconds) if is_shut_in else {"ended": "never began"}
        if not program:
            _clean(child, options["folder"])
        wire.send(control, report)
        status = 0
    except Exception as error:  # the machine's fault, and no answer's
        wire.send(control, {"ended": "never began", "why": f"{type(error).__name__}: {error}"})
        status = 0
    finally:
        os._exit(status)


def _answer(fd, ready, seconds, mapped, program, options):
    """The process of the answer; it never returns."""
    import torch
    from inside import serve, walls

    try:
        connection = socket.socket(fileno=fd)
        kept = sorted((fd, ready))
        for first, last in ((3, kept[0]), (kept[0] + 1, kept[1])):
            os.closerange(first, last)
        os.closerange(kept[1] + 1, os.sysconf("SC_OPEN_MAX"))
        os.setsid()
        os.chdir(options["folder"])
        if program:
            user = walls.ANSWER if options["users"] else options["user"]
            walls.shut_in(program, seconds, options["memory"], mapped, user)
        else:
            walls.limit(seconds, options["memory"], mapped, alone=False)
        torch.manual_seed(0)
        os.write(ready, b"x")
        os.close(ready)
        serve.run(connection)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(0)


def _wait(child, seconds):
    """How the exercise's process ended: ``exit``, ``signal`` or ``time``."""
    ended = _ended(child, seconds)
    if ended is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return {"ended": "time"}
    status, used = ended
    # Several threads use up the processor's time, for which the kernel ends it, before the clock's.
    if os.WIFSIGNALED(status) and used.ru_utime + used.ru_stime > seconds:
        return {"ended": "time"}
    if os.WIFSIGNALED(status):
        return {"ended": "signal", "number": os.WTERMSIG(status)}
    return {"ended": "exit", "number": os.WEXITSTATUS(status)}


def _ended(child, seconds):
    """(status, what it used) once a process has ended; None if it has not after so long."""
    deadline = time.monotonic() + seconds
    handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None  # Linux
    try:
        while True:
            found, status, used = os.wait4(child, os.WNOHANG)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return (status, used) if found else None
            if handle is None:
                time.sleep(min(left, 0.02))
            else:
                select.select([handle], [], [], left)
    finally:
        if handle is not None:
            os.close(handle)


def _clean(child, folder):
    """Without walls: end what the exercise started, as far as it stayed in its group; no files."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _make_inert():
    from inside import inert

    sys.meta_path.insert(0, inert.Finder())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
