"""Secrets: of the grader's machine, of other students, of the right answers."""

from course_utils import settings
from submissions.hostile import Attack, body

SECRET = "a-secret-of-the-grader"  # in the grader's environment and in an earlier answer's memory
ROOT = str(settings.root())
# Nothing of these may be seen; each attack ends by saying what it found.
WORDS = f"words = ({SECRET!r}, {ROOT!r}, 'BEGIN ' + 'SOLUTION')\n"
TELL = "raise ValueError('found ' + found if found else 'nothing found')\n"
NOTHING = "nothing found"
PARTS = 4  # of all folders: a disk that nobody has read yet takes seconds


def look_for_others(part):
    """Walk through a part of all folders that can be seen; the parts together are all of them."""
    return body(
        "1.4",
        "import os, zlib\nfound = ''\n"
        "kept = ('grades.json', 'grades.journal', 'scores.csv', 'shard.json', 'summary.html')\n"
        "for folder, names, files in os.walk('/'):\n"
        "    if folder.count('/') == 2:\n"
        "        codes = [zlib.crc32(os.fsencode(n)) for n in names]\n"
        f"        names[:] = [n for n, c in zip(names, codes) if c % {PARTS} == {part}]\n"
        "    found += ' '.join(n for n in files if n.endswith('.ipynb') or n in kept)\n" + TELL,
        NOTHING,
    )


ATTACKS = {
    "the environment, in C": body(
        "1.2",
        WORDS + "import ctypes\n"
        "first = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\n"
        "found, at = '', 0\n"
        "while first and first[at]:\n"
        "    text, at = first[at].decode(), at + 1\n"
        "    found += text if any(word in text for word in words) else ''\n" + TELL,
        NOTHING,
    ),
    "the stack below the program's start": body(
        "1.5",
        WORDS + "import ctypes\n"
        "stack = ctypes.c_void_p.in_dll(ctypes.CDLL(None), '__libc_stack_end').value\n"
        "text = ctypes.string_at(stack, 1_500)\n"
        "found = ''.join(word for word in words if word.encode() in text)\n" + TELL,
        NOTHING,
    ),
    "the arguments of the program": body(
        "1.4",
        WORDS + "import ctypes\ncount, all_of_them = ctypes.c_int(), ctypes.c_void_p()\n"
        "ctypes.pythonapi.Py_GetArgcArgv(ctypes.byref(count), ctypes.byref(all_of_them))\n"
        "held = ctypes.cast(all_of_them, ctypes.POINTER(ctypes.c_wchar_p))\n"
        "text = ' '.join(held[at] or '' for at in range(count.value))\n"
        "found = ''.join(word for word in words if word in text)\n" + TELL,
        NOTHING,
    ),
    "descriptors that it inherited": body(
        "1.2",
        "import os, stat\nfound = ''\n"
        "for number in range(1_024):\n"
        "    try:\n        kind = os.fstat(number).st_mode\n    except OSError:\n        continue\n"
        "    is_own = number < 3 or stat.S_ISSOCK(kind)\n"
        "    found += '' if is_own else f'{number} {kind:o} '\n" + TELL,
        NOTHING,
    ),
    "folders of the machine": body(
        "1.5",
        "import os\n"
        "seen = ('/home', '/root', '/var', '/run', '/sys/fs', '/etc/passwd', '/etc/hostname',\n"
        "    '/etc/machine-id', '/proc/self', '/proc/1', '/mnt', '/opt', '/boot', '/srv')\n"
        "found = ' '.join(path for path in seen if os.path.exists(path))\n" + TELL,
        NOTHING,
    ),
    "where the packages were installed from": body(
        "1.4",
        WORDS + "import glob\nfound = ''\n"
        "for kind in ('*.pth', '__editable__*', '*.dist-info/direct_url.json', '*.egg-link'):\n"
        "    for path in glob.glob('/sandbox/site-packages*/' + kind):\n"
        "        try:\n            text = open(path).read()\n        except OSError:\n"
        "            continue\n"
        "        found += path if any(word in text for word in words) else ''\n" + TELL,
        NOTHING,
    ),
    "who is at the other end": body(
        "1.2",
        "import gc, socket\nfound = ''\n"
        "for one in gc.get_objects():\n"
        "    for asked in (17, 31, 59, 77) * isinstance(one, socket.socket):\n"
        "        try:\n            found += str(one.getsockopt(1, asked, 64))\n"
        "        except OSError:\n            pass\n" + TELL,
        NOTHING,
    ),
    "memory that nobody cleared": Attack(
        {
            "1.2": "def log_weight(*arguments):\n"
            f"    kept = ({SECRET!r} * 200_000).encode()\n"
            "    return torch.frombuffer(bytearray(kept), dtype=torch.uint8).float()\n",
            "1.4": "def reparameterise(*arguments):\n"
            f"    word = {SECRET[:9]!r}.encode() + {SECRET[9:]!r}.encode()\n"
            "    text = torch.empty(50_000_000, dtype=torch.uint8).numpy().tobytes()\n"
            "    raise ValueError('found' if word in text else 'nothing ' + 'found')\n",
        }
    ),
    "a core dump for the next": Attack(
        {
            "1.2": "def log_weight(*arguments):\n    import os\n"
            "    import resource\n"
            "    try:\n        resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))\n"
            "    except (OSError, ValueError):\n        pass\n    os.abort()\n",
            "1.4": "def reparameterise(*arguments):\n    import os\n"
            "    found = [*os.listdir('/tmp'), *os.listdir('/dev/shm'), *os.listdir('.')]\n"
            "    raise ValueError(f'found {found}' if found else 'nothing found')\n",
        },
        "ended by SIG",
    ),
    # Where it finds them it earns the points: nobody hears else what a second attempt found.
    "the lines of a right answer, by its errors": body(
        "1.2",
        "import traceback, types\nfound = isinstance(gaussian_log_prob, types.FunctionType)\n"
        "if found:\n    raise ValueError('nothing found')\n"
        "for wrong in ((), ('x',), (None,) * 3, ([],) * 3, (arguments[0], arguments[1], 3)):\n"
        "    try:\n        gaussian_log_prob(*wrong)\n"
        "    except Exception as error:\n"
        "        text = ''.join(traceback.format_exception(error))\n"
        "        found |= any(word in text for word in ('squared', 'math.log', 'lesson01'))\n"
        "x, z, mu_x, log_var_x, mu, log_var = arguments\nzero = torch.zeros_like(z)\n"
        "right = gaussian_log_prob(x, mu_x, log_var_x) + gaussian_log_prob(z, zero, zero)\n"
        "return (right - gaussian_log_prob(z, mu, log_var)) * found",
        NOTHING,
    ),
    "frames, closures and code of right answers": body(
        "1.5",
        "import gc, types\nfound = ''\n"
        "names = ('_kl', '_log_prob', '_right', 'kl_formulas', 'gaussian_formulas')\n"
        "for one in gc.get_objects():\n"
        "    if type(one) is types.FunctionType and one.__code__.co_name in names:\n"
        "        is_torch = 'torch' in one.__code__.co_filename\n"
        "        found += '' if is_torch else one.__code__.co_filename\n"
        "    if type(one) is dict and 'expected' in one and 'gradients' in one:\n"
        "        found += 'values '\n" + TELL,
        NOTHING,
    ),
    "a debugger on what stands above": body(
        "1.2",
        "import ctypes, os\nfound = ''\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "buffer = ctypes.create_string_buffer(64)\n"
        "for number in range(0, 40):\n"
        "    if number != os.getpid():\n"
        "        found += 'traced ' if libc.ptrace(16, number, 0, 0) == 0 else ''\n"
        "        read = libc.process_vm_readv(number, buffer, 1, buffer, 1, 0)\n"
        "        found += 'read ' if read > 0 else ''\n" + TELL,
        NOTHING,
    ),
    "the names of the machine": body(
        "1.5",
        "import os, socket\nname = os.uname()\n"
        "told = [socket.gethostname(), name.nodename]\n"
        "found = ' '.join(one for one in told if one != 'sandbox')\n" + TELL,
        NOTHING,
    ),
}
ATTACKS |= {f"the submissions of others, {part}": look_for_others(part) for part in range(PARTS)}
