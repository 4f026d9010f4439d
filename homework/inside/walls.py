"""What an answer's process is shut into, by the fork server; Linux, libc by ctypes.

Each exercise gets a world of its own: a fresh /tmp and /dev/shm of bounded bytes and files, no
/proc, name spaces for processes, IPC and mounts that end with it, a user who is not the fork
server's, no capability, and the system calls that the filter allows. It is the first process of its
world, so when it ends the kernel ends all that it started.
"""

import contextlib
import ctypes
import errno
import os
import resource
import socket

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_IPC, NEW_USERS, NEW_PROCESSES = 0x20000, 0x08000000, 0x10000000, 0x20000000
PRIVATE, READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC = 0x44000, 1, 2, 4, 8
REMOUNT, BIND = 32, 4096
SET_DUMPABLE, SET_SECCOMP, DROP_BOUNDING, NO_NEW_PRIVILEGES = 4, 22, 24, 38
FILTER = 2
LAST_CAPABILITY = 63
CAPABILITIES_3 = 0x20080522  # version of capset's header
FORK_SERVER, ANSWER = 0, 1  # users of the name space that root gets

BYTES = 64 * 2**20  # of each file system that an answer may write to
FILES = 2_048  # and of its files and folders
FILE_BYTES = 16 * 2**20
OPEN_FILES = 256
MOST_PROCESSES = 48  # threads count
OUT_OF_MEMORY_FIRST = "1000"


class Program(ctypes.Structure):
    """``struct sock_fprog``: a filter of BPF instructions, 8 bytes each."""

    _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def two_users(first):
    """As root: into a user name space of two users, ``first`` (this one now) and the next.

    Only a process outside may say who they are, so one is forked that does, and ends.
    """
    me, (wait, go) = os.getpid(), os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.read(wait, 1):
                for kind in ("gid_map", "uid_map"):
                    with open(f"/proc/{me}/{kind}", "w") as stream:
                        stream.write(f"{FORK_SERVER} {first} 2\n")
                status = 0
        finally:
            os._exit(status)
    _no_more_user_namespaces(writable=True)
    _libc("unshare", NEW_USERS)
    os.write(go, b"x")
    _, status = os.waitpid(child, 0)
    os.close(wait)
    os.close(go)
    if status:
        raise OSError(errno.EPERM, "the users of the sandbox could not be made")
    _no_more_user_namespaces()
    os.setgroups([])
    os.setresgid(FORK_SERVER, FORK_SERVER, FORK_SERVER)
    os.setresuid(FORK_SERVER, FORK_SERVER, FORK_SERVER)
    _libc("prctl", SET_DUMPABLE, 1, 0, 0, 0)  # else its own /proc would be nobody's


def _no_more_user_namespaces(writable=False):
    """Nobody in here makes another user name space: the kernel's own count, beside the filter."""
    if writable:
        with contextlib.suppress(OSError):  # where bubblewrap has laid it read-only over itself
            _libc("mount", None, b"/proc/sys", None, REMOUNT | BIND, None)
        return
    with open("/proc/sys/user/max_user_namespaces", "w") as stream:
        stream.write("0")


def first_to_go():
    """Where memory runs out, rather this process and its forks than the fork server."""
    with open("/proc/self/oom_score_adj", "w") as stream:
        stream.write(OUT_OF_MEMORY_FIRST)


def fresh_world():
    """For the next fork of this process: new processes, IPC and mounts; this one only watches."""
    _libc("unshare", NEW_MOUNTS | NEW_IPC | NEW_PROCESSES)
    _libc("mount", None, b"/", None, PRIVATE, None)
    sizes = f"size={BYTES},nr_inodes={FILES},mode=1777".encode()
    for folder in (b"/tmp", b"/dev/shm"):
        _libc("mount", b"tmpfs", folder, b"tmpfs", NO_SUID | NO_DEVICES | NO_EXEC, sizes)
    # Bubblewrap leaves /dev open to its user, and a file there would outlive the exercise.
    _libc("mount", None, b"/dev", None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES, None)
    for folder in (b"/proc", b"/dev/pts"):
        flags = READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC
        _libc("mount", b"tmpfs", folder, b"tmpfs", flags, b"size=4k,nr_inodes=1,mode=555")


def shut_in(program, seconds, memory, mapped, user):
    """The last steps before a student's code: limits, user, capabilities, filter.

    Args:
        program: the filter, see ``syscalls.program``.
        seconds, memory, mapped: see :func:`limit`.
        user: as root, the id that the answer gets: the second of :func:`two_users`, or in a
            container one that nobody has; else 0.

    Raises:
        RuntimeError: the filter does not hold.
    """
    limit(seconds, memory, mapped, alone=True)
    _libc("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        if LIBC.prctl(DROP_BOUNDING, capability, 0, 0, 0) < 0:
            break  # the kernel knows no more of them
    if user:
        if os.getgroups():
            os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    _libc("capset", header, (ctypes.c_uint32 * 6)())
    _libc("prctl", SET_DUMPABLE, 0, 0, 0, 0)
    held = ctypes.create_string_buffer(program, len(program))
    described = Program(len(program) // 8, ctypes.addressof(held))
    _libc("prctl", SET_SECCOMP, FILTER, ctypes.byref(described), 0, 0)
    try:
        socket.socketpair()
    except PermissionError:
        return
    raise RuntimeError("the filter of system calls does not hold")


def mapped():
    """Bytes of addresses that this process has, 0 where that cannot be told."""
    try:
        with open("/proc/self/statm") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def limit(seconds, memory, mapped, alone):
    """The kernel's limits on this process.

    Args:
        seconds: of processor time.
        memory: bytes beyond those that are ``mapped``; torch alone maps gigabytes of libraries.
        alone: no other process of its user counts.
    """
    limits = [
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_MEMLOCK, 0),
    ]
    if hasattr(resource, "RLIMIT_MSGQUEUE"):  # Linux
        limits += [(resource.RLIMIT_MSGQUEUE, 0), (resource.RLIMIT_SIGPENDING, 64)]
    if mapped:
        limits.append((resource.RLIMIT_AS, mapped + memory))
    if alone:
        limits.append((resource.RLIMIT_NPROC, MOST_PROCESSES))
    for what, most in limits:
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _libc(name, *arguments):
    if getattr(LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
