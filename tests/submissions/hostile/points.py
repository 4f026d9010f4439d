"""Points without an answer: forged replies, lying objects, stolen or stored right values."""

import json

import numpy as np

import submissions as made
from course_utils import checks
from course_utils.checks._remote import Local
from submissions.hostile import Attack, body

# Finds the connection, from anywhere in the answer's process.
SOCKET = """
import gc, json, socket, struct, sys
wire, serve, remote = (sys.modules["inside." + name] for name in ("wire", "serve", "remote"))
mine = [s for s in gc.get_objects() if isinstance(s, socket.socket) and s.fileno() >= 0]
"""
ZERO = "torch.zeros(len(arguments[0]))"
OF_ZERO = 'wire.send(mine[0], {"kind": "array", "keys": None, "present": [True]}, [numpy.zeros(3)])'


class _Recorded(Local):
    """Keeps what the right answer gives to a check."""

    def __init__(self, target, kept):
        super().__init__(target)
        self._kept = kept

    def call(self, arrays, seed):
        self._kept.append(super().call(arrays, seed))
        return self._kept[-1]

    def gradient(self, *asked):
        self._kept.append(super().gradient(*asked))
        return self._kept[-1]


def played_back(exercise="1.3"):
    """An answer that passes the visible check by its right values, stored, and knows no formula.

    Its names are none of the lesson's, or cells that bind them would run before it.
    """
    space = {}
    exec("import math, torch\n" + made.LESSON.references[exercise], space)
    kept = []
    checks.gaussian_kl.__wrapped__(_Recorded(space[made.NAMES[exercise]], kept), 0)
    values = [[np.asarray(v).tolist() for v in k] if type(k) is tuple else k.tolist() for k in kept]
    tuples = [type(one) is tuple for one in kept]
    text = f"stored, are_tuples = {json.dumps(values)}, {json.dumps(list(map(int, tuples)))}\n"
    text += "import sys\nremote = sys.modules['inside.remote']\nimport numpy\nasked = []\n"
    text += "def next_one():\n    at = len(asked) % len(stored)\n    asked.append(0)\n"
    text += "    array = lambda one: numpy.array(one, dtype=numpy.float32)\n"
    text += "    return tuple(map(array, stored[at])) if are_tuples[at] else array(stored[at])\n\n"
    played = "remote.Local.call = remote.Local.gradient = lambda self, *a: next_one()\n"
    return text + made.function(exercise, played + "return torch.tensor(next_one())")


ATTACKS = {
    "the visible check's right values played back": Attack({"1.3": played_back()}),
    "a verdict in the reply": body(
        "1.2",
        SOCKET + "pack = wire.pack\n"
        "def forged(header, arrays=()):\n"
        "    extra = {'verdict': 'right', 'points': 99, 'verified': 'all is right', 'of': 99}\n"
        "    return pack(header | extra, arrays)\n"
        "wire.pack = forged\nreturn " + ZERO,
    ),
    "replies sent ahead": body(
        "1.5", SOCKET + "import numpy\nfor _ in range(50):\n    " + OF_ZERO + "\nreturn " + ZERO
    ),
    "another thread replies first": body(
        "1.4",
        SOCKET + "import numpy, threading, time\n"
        "def reply():\n    while True:\n        " + OF_ZERO + "\n        time.sleep(.001)\n"
        "threading.Thread(target=reply, daemon=True).start()\ntime.sleep(.1)\n"
        "return arguments[0]",
    ),
    "handles replaced by an object that agrees": body(
        "1.2",
        "import gc\nimport sys\nLocal = sys.modules['inside.remote'].Local\n"
        "class Agrees(float):\n"
        "    __eq__ = __le__ = __lt__ = __ge__ = lambda self, other: True\n"
        "    __hash__ = float.__hash__\n"
        "    def __array__(self, *a, **k): return __import__('numpy').zeros(3)\n"
        "for one in gc.get_objects():\n"
        "    if type(one) is list and len(one) == 1 and type(one[0]) is Local:\n"
        "        one[0] = Local(lambda *a: Agrees(0), 'x')\n"
        "return Agrees(0)",
    ),
    "a tensor that answers every function itself": body(
        "1.5",
        "class Any(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, function, types, args=(), kwargs=None):\n"
        "        return args[0] if function.__name__ != 'numpy' else Fake()\n"
        "class Fake(__import__('numpy').ndarray):\n"
        "    def __new__(cls): return __import__('numpy').zeros(3).view(cls)\n"
        "    __eq__ = __le__ = lambda self, other: True\n"
        "return torch.zeros(3).as_subclass(Any)",
    ),
    "frames of the server rewritten by a trace": body(
        "1.4",
        "import sys\n"
        "def trace(frame, event, value):\n"
        "    if event == 'return' and frame.f_code.co_name in ('_packed', '_to_array', 'call'):\n"
        "        frame.f_locals['header'] = {'verdict': 'right'}\n"
        "    return trace\n"
        "frame = sys._getframe()\n"
        "while frame:\n    frame.f_trace, frame = trace, frame.f_back\n"
        "sys.settrace(trace)\nreturn arguments[0]",
    ),
    "an exit that is a success": body(
        "1.2",
        SOCKET + "import atexit, numpy, weakref\n"
        "atexit.register(lambda: " + OF_ZERO + ")\n"
        "class End: pass\nkept = End()\nweakref.finalize(kept, lambda: " + OF_ZERO + ")\n"
        "sys.exit(0)",
    ),
    "isinstance lies": body(
        "1.5",
        "import sys\nremote = sys.modules['inside.remote']\nimport numpy\n"
        "class Meta(type):\n    __instancecheck__ = lambda cls, one: True\n"
        "class Every(metaclass=Meta): pass\n"
        "remote.CheckFailed.__init__ = lambda self, *a, **k: None\n"
        "remote._to_array = lambda value, title='': numpy.zeros(len(arguments[0]))\n"
        "remote._is_float = lambda value: True\nremote.torch.Tensor = Every\nreturn None",
    ),
    "an object that unpickles to a command": body(
        "1.4",
        SOCKET + "import pickle\n"
        "class Command:\n    def __reduce__(self): return (print, ('ran in the grader',))\n"
        "text = json.dumps({'header': {'kind': 'array', 'keys': None, 'present': [True]},\n"
        "    'arrays': [['|O', [1]]]}).encode()\n"
        "data = text + pickle.dumps(Command())\n"
        "mine[0].sendall(struct.pack('>QQ', len(data), len(text)) + data)\nreturn None",
    ),
    "asks for its own answer elsewhere": body(
        "1.3",
        SOCKET + "wire.send(mine[0], {'elsewhere': 'gaussian_kl', 'gradient': False, 'seed': 0,\n"
        "    'arguments': {'list': []}}, ())\n"
        "header, arrays = wire.receive(mine[0])\nreturn torch.tensor(arrays[0])",
        "not its own",
    ),
    "asks elsewhere under other names": body(
        "1.2",
        "found = []\n"
        "for name in ('log_weight', 'rate_and_distortion', 'exec', '__builtins__', 'math.exp'):\n"
        "    gaussian_log_prob.__name__ = name\n"
        "    try:\n        found.append(gaussian_log_prob(*arguments[:3]))\n"
        "    except Exception as error:\n        last = error\n"
        "if found:\n    return found[0]\nraise last",
    ),
    "not a number, everywhere": body(
        "1.1",
        "import sys\nremote = sys.modules['inside.remote']\nimport numpy\n"
        "def nan(self, arrays, *rest):\n    return tuple(a * numpy.nan for a in arrays)\n"
        "remote.Local.gradient = nan\n"
        "return (arguments[0] * arguments[1] * arguments[2]).sum(-1) * float('nan')",
        "NaN",
    ),
    "infinity, everywhere": body(
        "1.3", "return arguments[0].sum(-1) * 0 + float('inf')", "infinity|inf"
    ),
    "nothing of the right shape": body("1.4", "return torch.zeros(0, 0)", "shape|empty|one"),
    "long doubles that no other number reaches": body(
        "1.5",
        "import numpy\nreturn numpy.full(len(arguments[0]), numpy.longdouble('1e4000'))",
    ),
    "the next start poisoned": body(
        "1.4",
        "import os, sys\n"
        "for folder in (*sys.path, '/tmp', '/sandbox/course', os.path.dirname(os.__file__)):\n"
        "    for name in ('sitecustomize.py', 'usercustomize.py', 'inside/serve.py', 'torch.py'):\n"
        "        try:\n"
        "            open(os.path.join(folder, name), 'w').write('raise SystemExit')\n"
        "        except OSError as error:\n            last = error\n"
        "raise last",
        "OSError|FileNotFound|Read-only",
    ),
    "claims of every kind about its notebook": body(
        "1.5",
        "return arguments[0]",
        before="""
def forge():
    import sys
    wire = sys.modules['inside.wire']
    pack = wire.pack
    odd = [True, None, 1e999, {"a": 1}, ["x"], "gaussian_log_prob", "__class__", "x" * 99_999]
    claims = {"missing": False, "uses": odd, "reaches": odd, "faults": odd, "verdict": "right"}
    claims["helpers"] = {"1.1": odd, "1.2": "abc", "9": 1, "x" * 99_999: []}
    def forged(header, arrays=()):
        return pack(header | claims if "missing" in header else header, arrays)
    wire.pack = forged

FORGED = forge()
""",
    ),
    "every import answered by itself": body(
        "1.2",
        "import sys, types\n"
        "class Finder:\n"
        "    def find_spec(self, *a): return None\n"
        "class Says(types.ModuleType):\n"
        "    def __getattr__(self, name): return lambda *a, **k: 0.0\n"
        "sys.meta_path[:] = [Finder()]\n"
        "for name in list(sys.modules):\n"
        "    if name.startswith(('inside', 'numpy')):\n"
        "        sys.modules[name] = Says(name)\n"
        "return 0.0",
    ),
}
