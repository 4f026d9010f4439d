"""The seccomp filter of an answer's process: what Python, numpy and torch need, and nothing else.

libseccomp (on every Debian, Ubuntu and Fedora) translates names to the numbers of the machine and
writes the program; the sandbox loads it in the last moment before a student's code runs. What is
not allowed fails with EPERM, as if the answer had no right to it: no other process, socket, key
ring, name space, mount, shared segment, memory that nobody counts, clock or kernel setting.
"""

import ctypes
import ctypes.util
import errno
import os
import platform
import tempfile

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH of the two that are tested
INSTALL = (
    "sudo apt-get install libseccomp2 (Debian, Ubuntu) or sudo dnf install libseccomp (Fedora)"
)

FILES = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek
open openat openat2 creat close close_range dup dup2 dup3 pipe pipe2 sendfile
stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 getdents getdents64
getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
symlink symlinkat readlink readlinkat chmod fchmod fchmodat fchmodat2 umask
utimensat utime utimes futimesat truncate ftruncate fallocate
""".split()
WAITING = """
select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
eventfd eventfd2 nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times
getitimer setitimer alarm pause restart_syscall sched_yield wait4 waitid
""".split()
MEMORY = "munmap mprotect mremap madvise brk membarrier mincore".split()
THREADS = """
futex futex_waitv set_robust_list get_robust_list set_tid_address arch_prctl rseq exit exit_group
sched_getaffinity sched_getscheduler sched_getparam getpriority getcpu
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
""".split()
ITSELF = """
getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid
getsid uname sysinfo getrusage getrlimit getrandom
""".split()
ALLOWED = (*FILES, *WAITING, *MEMORY, *THREADS, *ITSELF)

# Calls that are allowed for some arguments: name -> alternatives, each a dict of the argument's
# number -> what it must equal, or (mask, what it must equal under the mask).
THREAD_ONLY = 0x00010000  # CLONE_THREAD; and none of the flags that make a name space:
NAMESPACES = (
    0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
)
# No owner, signal, lease or seal; and no lock, which a file that all sandboxes see would carry from
# one to another, and of which the kernel counts neither the number nor the memory.
FILE_CONTROLS = (0, 1, 2, 3, 4, 1030, 1032)
DEVICE_CONTROLS = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS, TIOCGWINSZ, FION*, FIO*
NAME, GET_NAME, GET_DUMPABLE = 15, 16, 3
MAP_TYPE, MAP_PRIVATE, URGENT = 0x0F, 2, 1
SOME = {
    "clone": [{0: (THREAD_ONLY | NAMESPACES, THREAD_ONLY)}],
    "fcntl": [{1: number} for number in FILE_CONTROLS],
    "ioctl": [{1: number} for number in DEVICE_CONTROLS],
    "prctl": [{0: number} for number in (NAME, GET_NAME, GET_DUMPABLE)],
    "prlimit64": [{0: 0, 2: 0}],  # to read its own limits
    "sched_setaffinity": [{0: 0}],
    # Pages of a shared mapping stay when all but one of them are unmapped: no limit counts them.
    "mmap": [{3: (MAP_TYPE, MAP_PRIVATE)}],
    # Of the socket that the process has already it may only send to the other end, receive, and
    # shut: no urgent data, no question who the other end is (the kernel would hand out a pidfd).
    "sendto": [{3: (URGENT, 0), 4: 0, 5: 0}],
    "recvfrom": [{3: (URGENT, 0)}],
    "shutdown": [{}],
    # It is the first process of its own world, and may signal itself.
    "kill": [{0: 1}],
    "tgkill": [{0: 1}],
}
# Glibc asks for clone3 first, whose flags no filter can see, and takes clone where there is none.
ABSENT = {"clone3": errno.ENOSYS}

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_BAD_ARCHITECTURE, _OPTIMISE = (
    2,
    8,
)  # attributes: what another machine's numbers get; search as tree
_EQUAL, _MASKED = 4, 7
_UNKNOWN = -1


class SeccompError(RuntimeError):
    """There is no filter for this machine; the message says what to install."""


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    ]


def program(machine=None):
    """The filter as bytes of BPF instructions (``struct sock_filter``, 8 bytes each).

    Args:
        machine: one of :data:`MACHINES`; by default this one.

    Raises:
        SeccompError: there is no libseccomp, it is too old, or the machine is another.
    """
    machine = machine or platform.machine()
    if machine not in MACHINES:
        raise SeccompError(f"the filter is for {' and '.join(MACHINES)}, got {machine}")
    library = _library()
    context = library.seccomp_init(_ERRNO | errno.EPERM)
    if not context:
        raise SeccompError("libseccomp made no filter")
    try:
        token = library.seccomp_arch_resolve_name(machine.encode())
        if token != library.seccomp_arch_native():
            _expect(library.seccomp_arch_add(context, token), machine)
            _expect(library.seccomp_arch_remove(context, library.seccomp_arch_native()), machine)
        refused = _ERRNO | errno.EPERM
        _expect(library.seccomp_attr_set(context, _BAD_ARCHITECTURE, refused), "architectures")
        for name in ALLOWED:
            _rule(library, context, name, _ALLOW)
        for name, alternatives in SOME.items():
            for compared in alternatives:
                _rule(library, context, name, _ALLOW, compared)
        for name, number in ABSENT.items():
            _rule(library, context, name, _ERRNO | number)
        with tempfile.TemporaryFile() as stream:
            _expect(library.seccomp_export_bpf(context, stream.fileno()), "the program")
            stream.seek(0)
            return stream.read()
    finally:
        library.seccomp_release(context)


def _library():
    name = ctypes.util.find_library("seccomp") or "libseccomp.so.2"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise SeccompError(f"libseccomp is not installed: {INSTALL}") from error
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_arch_resolve_name.restype = ctypes.c_uint32
    library.seccomp_arch_native.restype = ctypes.c_uint32
    for name in ("seccomp_arch_add", "seccomp_arch_remove"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.POINTER(_Comparison),
    ]
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


def _rule(library, context, name, action, compared=None):
    # By the number that this machine has for it; libseccomp translates to the other's, and what
    # only the other has stands for itself by a negative one.
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == _UNKNOWN:  # an older libseccomp: it stays refused
        return
    wanted = []
    for argument, value in (compared or {}).items():
        mask, equal = value if isinstance(value, tuple) else (None, value)
        if mask is None:
            wanted.append(_Comparison(argument, _EQUAL, equal, 0))
        else:
            wanted.append(_Comparison(argument, _MASKED, mask, equal))
    array = (_Comparison * max(len(wanted), 1))(*wanted)
    _expect(library.seccomp_rule_add_array(context, action, number, len(wanted), array), name)


def _expect(code, what):
    if code < 0:
        raise SeccompError(f"libseccomp refused {what}: {os.strerror(-code)}")
