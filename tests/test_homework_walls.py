"""The walls around an answer, each tried from inside, as root and as an ordinary user."""

import ctypes
import errno
import json
import os
import platform
import signal
import struct
import subprocess
import sys
import time

import ordinary
import probes
import pytest
import submissions as made
from grader import Grader

from course_utils import settings
from homework import bubblewrap, cgroups, sandbox, syscalls

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
KEYS = {"x86_64": (248, 250), "aarch64": (217, 219)}  # add_key, keyctl

# By what they could reach: names of system calls, with arguments that would work without a filter.
REFUSED = {
    "keys": ["add_key", "keyctl 0 -3 1", "keyctl 1 0", "request_key"],
    "other processes": [
        *("ptrace 0", "process_vm_readv 1", "process_vm_writev 1", "pidfd_open 1 0", "kcmp 1 1"),
        *("pidfd_getfd", "pidfd_send_signal", "process_madvise", "kill -1 0", "kill 2 0"),
        *("tkill 1 0", "rt_sigqueueinfo 1 10", "setpriority 2 0 19", "sched_setaffinity 1"),
        *("sched_setscheduler 1", "prlimit64 1 7", "ioprio_set 3 0 0", "sched_setattr 1"),
        *("fcntl 0 8 1", "fcntl 0 10 9", "fcntl 0 15", "ioctl 0 35073", "ioctl 0 35074"),
    ],
    "new processes": [
        *("fork", "vfork", "execve", "execveat", "clone 17", "clone 0", "setsid", "setpgid"),
        *("clone 131072", "clone 268435456", "clone 1073741824", "clone 2113994752"),
    ],
    "name spaces and mounts": [
        *("unshare 131072", "unshare 268435456", "unshare 0", "setns", "mount", "umount2"),
        *("pivot_root", "chroot", "fsopen", "fsmount", "fspick", "open_tree", "move_mount"),
        *("mount_setattr", "statmount", "listmount", "name_to_handle_at", "open_by_handle_at"),
    ],
    "shared segments and queues": [
        *("shmget 0 4096 1023", "shmat 0", "shmctl", "semget 0 1 1023", "semctl", "semop"),
        *("msgget 0 1023", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
    ],
    "memory that nobody counts": [
        *("memfd_create", "memfd_secret 0", "io_setup 1", "vmsplice", "tee", "splice"),
        *("mlock", "mlockall 1", "mlock2", "remap_file_pages", "fcntl 0 1031 1048576"),
        *("mmap 0 4096 3 33 -1 0", "mmap 0 4096 1 1 0 0", "mmap 0 4096 3 35 -1 0"),
        "mmap 0 4096 3 40 -1 0",
    ],
    "sockets": [
        *("socket 1 1 0", "socket 2 1 0", "socket 16 3 0", "socket 40 1 0", "socketpair 1 1 0"),
        *("bind", "connect", "listen", "accept", "accept4", "sendmsg", "recvmsg", "sendmmsg"),
        *("recvmmsg", "setsockopt", "sendto 0 0 0 0 1 1", "sendto 0 0 0 1 0 0", "recvfrom 0 0 0 1"),
        *("getsockopt 0 1 77", "getsockopt 0 1 17", "getpeername", "getsockname"),
    ],
    "files that others read too": [
        *("flock 0 2", "fcntl 0 5", "fcntl 0 6", "fcntl 0 7", "fcntl 0 36", "fcntl 0 37"),
        *("fcntl 0 38", "fadvise64 0 0 0 4", "readahead 0 0 1", "fsync 0", "fdatasync 0"),
    ],
    "the kernel": [
        *("perf_event_open", "bpf 0", "userfaultfd 1", "io_uring_setup 1", "io_uring_enter"),
        *("io_uring_register", "kexec_load", "kexec_file_load", "init_module", "finit_module"),
        *("delete_module", "reboot", "syslog 3", "acct", "quotactl", "swapon", "swapoff"),
        *("seccomp 0", "seccomp 1", "landlock_create_ruleset", "personality 262144"),
        *("sethostname", "setdomainname", "lookup_dcookie", "fanotify_init", "inotify_init1"),
        *("add_key", "modify_ldt", "iopl 3", "ioperm", "uselib", "nfsservctl", "vhangup"),
    ],
    "clocks": [
        *("clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "timer_create"),
        *("timerfd_create", "stime"),
    ],
    "users and limits": [
        *("setuid 0", "setgid 0", "setreuid 0 0", "setresuid 0 0 0", "setgroups", "setfsuid 0"),
        *("capset", "setrlimit", "prctl 4 1", "prctl 1 9", "prctl 22 0", "prctl 36 1"),
        *("prctl 40 1", "prctl 53", "chown", "fchown", "lchown", "fchownat", "mknod", "mknodat"),
        *("setxattr", "fsetxattr", "removexattr", "sync", "syncfs"),
    ],
}
CALLS = [(kind, call) for kind, calls in REFUSED.items() for call in calls]
ROADS = ["as this user", "as an ordinary user"] if os.geteuid() == 0 else ["as this user"]


def number_of(name, machine=None):
    """Number of a system call on a machine; None where it has none."""
    library = syscalls._library()
    library.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    token = library.seccomp_arch_resolve_name((machine or platform.machine()).encode())
    number = library.seccomp_syscall_resolve_name_arch(token, name.encode())
    return number if number >= 0 else None


@pytest.fixture(scope="module")
def box():
    with Grader(seconds=probes.SECONDS) as grader:
        assert probes.run(grader.box, "return 1") == [1]  # it is started
        yield grader.box


@pytest.fixture(scope="module")
def place():
    with ordinary.Ordinary() as place:
        yield place


@pytest.fixture(scope="module")
def inside(box, place):
    """``inside(road, bodies)``: results of probes, by name."""

    def told(road, bodies):
        if road == ROADS[0]:
            return {name: probes.run(box, body) for name, body in bodies.items()}
        path = place.home / "bodies.json"
        path.write_text(json.dumps(bodies))
        path.chmod(0o644)
        script = "import sys, probes\nsys.stdin = open(sys.argv[1])\nprobes.main()"
        done = place.python("-c", script, str(path))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return told


# The filter itself, for both machines


def verdict(program, machine, number, arguments=()):
    """What the kernel would do: the program run on one system call (linux/bpf_common.h)."""
    data = struct.pack("<iIQ6Q", number, syscalls.MACHINES[machine], 0, *_six(arguments))
    place, accumulator = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("<HBBI", program, 8 * place)
        place += 1
        if code == 0x20:  # load a word
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            place += value
        elif code in (0x15, 0x25, 0x35):
            met = {0x15: accumulator == value, 0x25: accumulator > value}
            place += yes if met.get(code, accumulator >= value) else no
        elif code == 0x06:
            return value
        else:
            raise AssertionError(f"instruction {code:#x}")


def _six(arguments):
    return [value % 2**64 for value in (*arguments, *[0] * (6 - len(arguments)))]


@pytest.fixture(scope="module", params=sorted(syscalls.MACHINES))
def filtered(request):
    """(machine, ``ask(name, *arguments)``): what the filter says; None where there is no such."""
    program = syscalls.program(request.param)

    def ask(name, *arguments):
        number = number_of(name, request.param)
        return None if number is None else verdict(program, request.param, number, arguments)

    return request.param, ask


EPERM = 0x00050000 | errno.EPERM
ALLOW = 0x7FFF0000


def test_the_filter_refuses_what_could_reach_out(filtered):
    machine, ask = filtered
    known = 0
    for _, call in CALLS:
        name, *arguments = call.split()
        said = ask(name, *map(int, arguments))
        assert said in (EPERM, None), (call, hex(said))
        known += said is not None
    assert known > 0.8 * len(CALLS), machine


def test_the_filter_allows_what_python_needs(filtered):
    _, ask = filtered
    needed = ("read", "write", "munmap", "futex", "openat", "exit_group", "clock_gettime")
    assert {ask(name) for name in (*needed, "getrandom", "rt_sigaction")} == {ALLOW}
    thread = 0x3D0F00  # what glibc gives for a thread
    assert ask("clone", thread) == ALLOW
    assert ask("mmap", 0, 4096, 3, 0x22) == ask("mmap", 0, 4096, 1, 2, 5) == ALLOW  # private
    assert ask("clone3") == 0x00050000 | errno.ENOSYS
    assert ask("sendto", 3, 0, 8, 0, 0, 0) == ALLOW and ask("tgkill", 1, 5, 6) == ALLOW
    for flag in (1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)):
        assert ask("clone", thread | flag) == EPERM, hex(flag)
    for high in (2**32, 2**63):  # what is told by half of a register is no number
        assert ask("kill", high | 1) == EPERM and ask("ioctl", 0, high | 0x5401) == EPERM


def test_the_filter_knows_no_other_machine():
    program = syscalls.program("x86_64")
    data = struct.pack("<iIQ6Q", 0, 0x40000003, 0, *[0] * 6)  # i386's numbers
    assert struct.unpack_from("<I", data, 4)[0] not in syscalls.MACHINES.values()
    for number in (0, 1, 41, 250):
        assert verdict(program, "x86_64", number | 0x40000000) == EPERM  # x32's
    with pytest.raises(syscalls.SeccompError, match="got sparc"):
        syscalls.program("sparc")


def test_without_libseccomp_it_is_said(monkeypatch):
    def missing(name):
        raise OSError("no")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(syscalls.SeccompError, match="libseccomp is not installed"):
        syscalls.program()


# From inside

RAW = """
libc = ctypes.CDLL(None, use_errno=True)
found = []
for number, arguments in {calls}:
    ctypes.set_errno(0)
    arguments = [ctypes.c_long(value) for value in arguments]
    result = libc.syscall(ctypes.c_long(number), *arguments)
    found.append(ctypes.get_errno() if result == -1 else -1000 - result)
return torch.tensor(found)
"""


@pytest.mark.parametrize("road", ROADS)
def test_every_refused_call_fails(inside, road):
    """Through the kernel: EPERM for each, by a real process in an answer's place."""
    bodies, names = {}, {}
    for kind, calls in REFUSED.items():
        asked = [(call, number_of(call.split()[0])) for call in calls]
        names[kind] = [call for call, number in asked if number is not None]
        calls = [(n, [*map(int, c.split()[1:])]) for c, n in asked if n is not None]
        bodies[kind] = RAW.format(calls=calls)
    for kind, found in inside(road, bodies).items():
        assert isinstance(found, list), (kind, found)
        failed = {c: e for c, e in zip(names[kind], found, strict=True) if e != errno.EPERM}
        assert not failed, (kind, failed)


WORK = """
import tempfile, threading
import numpy as np
from scipy import integrate, linalg, optimize, stats
torch.set_num_threads(2)
a = torch.randn(300, 300, requires_grad=True)
(a @ a).logsumexp(0).sum().backward()
torch.linalg.svd(a.detach()), torch.fft.rfft(a.detach()), np.linalg.inv(np.eye(50))
threads = [threading.Thread(target=lambda: linalg.expm(np.eye(30))) for _ in range(6)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
best = torch.optim.Adam(net.parameters())
net(torch.ones(1, 1, 8, 8)).sum().backward(), best.step()
with tempfile.TemporaryFile() as stream:
    stream.write(b"x" * 1000)
one = torch.compile(lambda x: x + 1)(torch.zeros(()))
two = torch.func.vmap(lambda x: x * 2)(torch.ones(3)).sum() / 3
three = optimize.brentq(lambda x: x - 3, 0, 9) * integrate.quad(stats.norm.pdf, -9, 9)[0]
return torch.tensor([float(one), float(two), three, float(a.grad.isfinite().all())])
"""


@pytest.mark.parametrize("road", ROADS)
def test_torchs_own_work_runs(inside, road):
    found = inside(road, {"work": WORK})["work"]
    assert found == pytest.approx([1, 2, 3, 1], abs=1e-6)


WORLD = {
    "users": "return torch.tensor([os.getuid(), os.geteuid(), os.getgid(), len(os.getgroups())])",
    "processes": "return torch.tensor([os.getpid(), os.getppid()])",
    "environment": "return torch.tensor(len(os.environ))",
    "proc": "return torch.tensor(len(os.listdir('/proc')))",
    "free": "return torch.tensor(len(os.listdir('/tmp')) + len(os.listdir('/dev/shm')))",
    "host": "return torch.tensor(list(os.uname().nodename.encode()))",
    "capabilities": (
        "header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "result = ctypes.CDLL(None).capget(header, data)\n"
        "return torch.tensor([ctypes.CDLL(None).prctl(23, n) for n in range(40)] + [result])"
    ),
    "written": (
        "found = []\n"
        "for folder, names, _ in os.walk('/'):\n"
        "    names[:] = names if folder.count('/') < 4 else []\n"
        "    try:\n"
        "        os.close(os.open(folder + '/left', os.O_CREAT | os.O_WRONLY))\n"
        "        found.append(folder)\n"
        "    except OSError:\n"
        "        pass\n"
        "return torch.tensor(list(' '.join(sorted(found)).encode()))"
    ),
    "paths": (
        "import sys\n"
        "told = ' '.join([*sys.path, *sys.argv, sys.prefix, sys.executable, os.__file__,\n"
        "    torch.__file__, *os.listdir('/'), *os.listdir('/sandbox')])\n"
        "return torch.tensor(list(told.encode()))"
    ),
}


@pytest.mark.parametrize("road", ROADS)
def test_the_world_of_an_answer(inside, road, monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_GRADER", "x")
    found = inside(road, WORLD)
    is_root = road == ROADS[0] and os.geteuid() == 0
    assert found["users"][:3] == ([1, 1, 1] if is_root else [1000] * 3), found["users"]
    assert found["users"][3] == 0 or not is_root
    assert found["processes"] == [1, 0]  # the first of its own, with nobody above
    assert found["environment"] == found["proc"] == found["free"] == [0]
    assert bytes(map(int, found["host"])) == b"sandbox"
    assert bytes(map(int, found["written"])) == b"/dev/shm /tmp"
    told = bytes(map(int, found["paths"])).decode().split()
    known = {"tmp", "dev", "proc", "python", "lib", "lib64", "usr", "etc", "sandbox"}
    known |= {"course", *(f"site-packages{i}" for i in range(9))}
    places = ("/python/", "/sandbox/", *(f"{prefix}/" for prefix in bubblewrap.SHARED))
    assert not [one for one in told if one not in known and not f"{one}/".startswith(places)], told


BOUNDS = {
    "a process": "os.fork()",
    "a program": "import subprocess\nsubprocess.run(['true'])",
    "files": (
        "count = 0\ntry:\n    while count < 100_000:\n"
        "        os.close(os.open(f'/dev/shm/{count}', os.O_CREAT | os.O_WRONLY))\n"
        "        count += 1\nexcept OSError:\n    return torch.tensor(count)"
    ),
    "bytes": (
        "count = 0\ntry:\n    while count < 100_000:\n"
        "        open(f'/tmp/{count % 999}-{count}', 'wb').write(bytes(10**6))\n"
        "        count += 1\nexcept OSError:\n    return torch.tensor(count)"
    ),
    "one file": "open('/tmp/x', 'wb').write(bytes(30_000_000))",
    "threads": (
        "import threading, time\ncount = 0\ntry:\n    while count < 1_000:\n"
        "        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()\n"
        "        count += 1\nexcept RuntimeError:\n    return torch.tensor(count)"
    ),
    "memory": "return torch.zeros(2_000_000_000).sum()",
    "shared memory": "import mmap\nkept = [mmap.mmap(-1, 2**30) for _ in range(8)]",
    "open files": "kept = [open('/dev/null') for _ in range(1_000)]",
    "pipes": "kept = [os.pipe() for _ in range(1_000)]",
    "an abort": "os.abort()",
    "a fault": "ctypes.string_at(0)",
    "an end": "os._exit(0)",
    "a stop": "os.kill(os.getpid(), 19)\nreturn torch.tensor(7)",
}


@pytest.mark.parametrize("road", ROADS)
def test_what_an_answer_may_use_is_bounded(inside, road):
    found = inside(road, BOUNDS)
    denied = "probe raised PermissionError"
    assert found["a process"].startswith(denied) and found["a program"].startswith(denied)
    assert 1_000 < found["files"][0] < 2_049 and 30 < found["bytes"][0] < 68
    assert 20 < found["threads"][0] < 48
    assert "File too large" in found["one file"]
    assert "memory" in found["memory"] and found["shared memory"].startswith(denied)
    assert "Too many open files" in found["open files"] and "Too many" in found["pipes"]
    assert "SIGSEGV" in found["an abort"] and "SIGSEGV" in found["a fault"]
    assert "ended itself" in found["an end"]
    assert found["a stop"] == [7]  # the first process of a world cannot stop itself


@pytest.mark.parametrize("body", ["while True:\n    pass", "import time\ntime.sleep(60)"])
def test_time_is_up(box, body):
    start = time.monotonic()
    with_less = sandbox.Sandbox(box.course, seconds=0.5)
    with with_less:
        with_less._start()
        start = time.monotonic()
        assert "longer than 0.5 seconds" in probes.run(with_less, body)
        assert time.monotonic() - start < 2.5


def test_an_honest_answer_prints_nothing(box):
    """Nor does torch for it, where it misses what a machine usually has."""
    assert probes.run(box, "return torch.ones(3)") == [1] * 3  # the fork server has begun
    before = box.printed
    assert len(probes.run(box, WORK)) == 4
    time.sleep(0.2)  # what is printed is counted beside
    assert box.printed == before, box.last


LEFT = """
import threading, time
open('/tmp/left', 'w').write('x')
os.mkdir('/tmp/closed', 0)
open('/dev/shm/left', 'w').write('x')
threading.Thread(target=time.sleep, args=(30,)).start()
return torch.tensor(0)
"""


@pytest.mark.parametrize("road", ROADS)
def test_nothing_lives_on(inside, road):
    """The next exercise finds no file, folder or process of the one before, and no wait."""
    found = inside(road, {"one": LEFT, "two": WORLD["free"], "three": WORLD["processes"]})
    assert found == {"one": [0], "two": [0], "three": [1, 0]}


# Keys, groups and ends


def test_the_graders_keys_are_not_there():
    """launch.py takes a key ring of its own before it becomes the command."""
    add, control = KEYS[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(control, 1, None) < 0:
        pytest.skip("keys: this kernel has none")
    name = b"grading-test"
    key = libc.syscall(add, b"user", name, b"secret", 6, -3)
    assert key > 0
    look = f"import ctypes; print(ctypes.CDLL(None).syscall({control}, 10, -3, b'user', {name}, 0))"
    plain = [sys.executable, "-I", "-c", look]
    script = os.path.join(os.path.dirname(sandbox.__file__), "launch.py")
    launched = [sys.executable, "-I", script, '{"groups": []}', *plain]
    seen, unseen = (
        subprocess.run(command, capture_output=True, text=True).stdout.strip()
        for command in (plain, launched)
    )
    libc.syscall(control, 3, key)  # revoked
    assert (seen, unseen) == (str(key), "-1")


def test_a_group_counts_all_of_a_sandbox(box):
    if box.group is None:
        pytest.skip("cgroup: none can be made here")
    assert probes.run(box, "import time\ntime.sleep(0.1)\nreturn 1") == [1]
    assert box.process.pid in box.group.processes()
    before = box.group.peak()
    probes.run(box, "kept = torch.ones(100_000_000)\nreturn 1")
    assert box.group.peak() >= before and box.group.peak() > 400_000_000
    limit = box.group.memory_folder / ("memory.max" if box.group.is_2 else "memory.limit_in_bytes")
    assert int(limit.read_text()) == sandbox.MEMORY + sandbox.REST


def test_a_group_has_a_share_of_the_processors(box):
    """Of its own, whatever the number of its threads; the system need not group by session."""
    if box.group is None or not os.path.isdir("/sys/fs/cgroup/cpu"):
        pytest.skip("cgroup: the processors cannot be shared out by groups of version 1")
    assert probes.run(box, "return 1") == [1]
    [folder] = [one for one in box.group.folders if str(one).startswith("/sys/fs/cgroup/cpu/")]
    assert str(box.process.pid) in (folder / "cgroup.procs").read_text().split()


def test_the_group_is_the_last_bound(box):
    """What the limits of one process let through: the group ends it, and the fork server lives."""
    if box.group is None:
        pytest.skip("cgroup: none can be made here")
    with sandbox.Sandbox(box.course, seconds=10.0) as small:
        assert probes.run(small, "return 1") == [1]
        folder, name = small.group.memory_folder, "memory.limit_in_bytes"
        if small.group.is_2:
            name = "memory.max"
        else:
            (folder / "memory.memsw.limit_in_bytes").write_text("-1")
        (folder / name).write_text(str(small.group.peak() + 200 * 2**20))
        told = probes.run(small, "kept = torch.ones(250_000_000)\nreturn 1")
        assert told == "it used more memory than an exercise may"
        assert probes.run(small, "return 2") == [2] and small.process.poll() is None


def test_a_group_of_version_2(tmp_path):
    """What is written where, on a made-up tree: a machine has often only the other version."""
    own = tmp_path / "own"
    own.write_text("0::/user/scope\n")
    scope = tmp_path / "fs" / "user" / "scope"
    scope.mkdir(parents=True)
    (tmp_path / "fs" / "cgroup.controllers").write_text("memory pids")
    (scope / "cgroup.controllers").write_text("cpu memory pids")
    (scope / "cgroup.subtree_control").write_text("")
    (scope / "cgroup.procs").write_text("17\n")
    group = cgroups.Group("one", 1000, root=tmp_path / "fs", own=own)
    assert (scope / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (scope / cgroups.OWN / "cgroup.procs").read_text() == "17"
    folder = scope / "one"
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert written == {
        "memory.max": "1000",
        "memory.swap.max": "0",
        "pids.max": str(cgroups.PROCESSES),
    }
    assert group.files == [str(folder / "cgroup.procs")]
    (folder / "memory.events").write_text("oom 1\noom_kill 2\n")
    assert group.was_short() and not group.was_short()
    (scope / "cgroup.controllers").write_text("cpu")
    with pytest.raises(cgroups.CgroupError, match="not delegated"):
        cgroups.Group("two", 1000, root=tmp_path / "fs", own=own)


def test_groups_of_killed_graders_are_removed(tmp_path):
    (tmp_path / "fs").mkdir()
    (tmp_path / "own").write_text("0::/\n")
    (tmp_path / "fs" / "cgroup.controllers").write_text("memory pids")
    (tmp_path / "fs" / "cgroup.subtree_control").write_text("memory pids")
    old, busy, other = (tmp_path / "fs" / name for name in ("grading-7-1", "grading-8-1", "some-1"))
    for folder in (old, busy, other):
        folder.mkdir()
    (busy / "cgroup.procs").write_text("8")
    for folder in (old, busy, other):
        os.utime(folder, (1, 1))
    (tmp_path / "fs" / "grading-9-1").mkdir()  # just made, and its process will join
    cgroups.Group("grading-10-1", 1000, root=tmp_path / "fs", own=tmp_path / "own")
    found = {path.name for path in (tmp_path / "fs").iterdir() if path.is_dir()}
    assert found == {"grading-8-1", "some-1", "grading-9-1", "grading-10-1"}


def test_grade_says_which_wall_is_missing(tmp_path, monkeypatch, capsys):
    from homework import __main__ as command

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_text(json.dumps(made.notebook()))

    def fails(*arguments):
        raise cgroups.CgroupError("not delegated")

    monkeypatch.setattr(cgroups, "Group", fails)
    asked = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--seed", "1"]
    assert command.main(asked) == 2 and not (tmp_path / "out").exists()
    told = capsys.readouterr().err
    assert "no control group can be made here (not delegated)" in told
    assert "--without cgroup" in told
    assert command.main([*asked, "--without", "cgroup"]) == 0


def test_a_killed_grader_leaves_nothing(tmp_path):
    """Within a second of its kill -9 no process of its sandbox is left."""
    script = (
        "import sys, time, probes, submissions as made\n"
        "from homework import grading, sandbox\n"
        "course = grading.Course()\n"
        "box = sandbox.Sandbox(course.of(made.LESSON), seconds=60.0)\n"
        "box._start()\n"
        "print(box.process.pid, flush=True)\n"
        "probes.run(box, 'while True:\\n    pass')\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{settings.root()}:{settings.root() / 'tests'}"}
    grader = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    )
    outer = int(grader.stdout.readline())
    deadline = time.monotonic() + 20
    while len(_tree(outer)) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    tree = _tree(outer)
    assert len(tree) >= 5, tree  # bubblewrap twice, fork server, watcher, answer
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    ends = time.monotonic() + 1.0
    while (left := [pid for pid in tree if _lives(pid)]) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not left


def _tree(pid):
    """A process and all that it started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as stream:
            children = stream.read().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_the_sandbox_hides_where_packages_came_from(tmp_path):
    """Of an editable install the packages' folder tells paths of this machine."""
    site = tmp_path / "site-packages"
    told = ("__editable___x_finder.py", "x.pth", "x.dist-info/direct_url.json")
    for name in (*told, "x.dist-info/METADATA"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("/home/ann")
    command = bubblewrap.command(None, [site])
    covered = {b for a, b in zip(command, command[1:], strict=False) if a == "/dev/null"}
    assert covered == {f"/sandbox/site-packages0/{name}" for name in told}


def test_the_sandbox_hides_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / "site-packages" / "course_utils").mkdir(parents=True)
    command = bubblewrap.command(None, [tmp_path / "site-packages"])
    covered = command[command.index("--tmpfs") + 1]
    assert covered == "/sandbox/site-packages0/course_utils"
    assert str(settings.root()) not in " ".join(command[: command.index("--proc")][1:3])
