"""Submissions of lesson 01, made by scripts: what students write, and what an attacker might."""

import copy
import json

from homework import lessons, release

[LESSON] = lessons.all_lessons(["01"])
IDS = [exercise.id for exercise in LESSON.exercises]
NAMES = {exercise.id: exercise.defines[0] for exercise in LESSON.exercises}
POINTS = {exercise.id: exercise.points for exercise in LESSON.exercises}


def blank():
    """The student version as it was handed out, as a notebook of format 4."""
    made = json.loads(release.text_of(release.student_version(LESSON)))
    for cell in made["cells"]:
        cell["source"] = lessons.source(cell)
    return made


def notebook(answers=None, first=(), last=()):
    """The reference's answers with some replaced; None leaves that exercise as it was handed out.

    Args:
        answers: exercise id -> source of its cell.
        first, last: sources of more code cells, after the set-up and at the end.
    """
    made = blank()
    chosen = LESSON.references | (answers or {})
    for cell in made["cells"]:
        name = cell["metadata"].get("course", {}).get("id")
        if name in IDS and chosen[name] is not None:
            cell["source"] = chosen[name]
    start = 1 + next(i for i, cell in enumerate(made["cells"]) if "start(" in cell["source"])
    made["cells"][start:start] = [code(text) for text in first]
    made["cells"] += [code(text) for text in last]
    return made


def code(text):
    """A code cell without metadata."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text,
    }


def without(made, condition):
    """A copy without the cells that satisfy ``condition``."""
    made = copy.deepcopy(made)
    made["cells"] = [cell for cell in made["cells"] if not condition(cell)]
    return made


def function(exercise, body):
    """An answer to ``exercise`` with the given body, at any number of arguments."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {NAMES[exercise]}(*arguments):\n{lines}\n"


WRITTEN_DIFFERENTLY = {
    "1.1": """
LOG_2_PI = float(np.log(2 * np.pi))

def one_dimension(x, mean, log_variance):
    deviation = (x - mean) / torch.exp(log_variance / 2)
    return (LOG_2_PI + log_variance + deviation ** 2) / (-2)

gaussian_log_prob = lambda x, mu, log_var: torch.sum(one_dimension(x, mu, log_var), dim=-1)
""",
    "1.2": """
def log_weight(x, z, mu_x, log_var_x, mu, log_var):
    normal = torch.distributions.Normal
    joint = normal(mu_x, (log_var_x / 2).exp()).log_prob(x).sum(dim=2)
    joint = joint - 0.5 * (z * z + np.log(2 * np.pi)).sum(dim=2)
    return joint - normal(mu, (log_var / 2).exp()).log_prob(z).sum(dim=2)
""",
    "1.3": """
def gaussian_kl(mu, log_var):
    a, b = mu.double(), log_var.double()
    return (-(1 + b - a ** 2 - torch.exp(b)) / 2).sum(dim=1).float()
""",
    "1.4": """
class Draw:
    def __call__(self, mean, log_variance):
        noise = torch.randn(mean.shape, dtype=mean.dtype)
        return torch.addcmul(mean, torch.exp(log_variance * 0.5), noise)

reparameterise = Draw
def reparameterise(mu, log_var):
    return Draw()(mu, log_var)
""",
    "1.5": """
def rate_and_distortion(x, mu_x, log_var_x, mu, log_var):
    def both():
        yield gaussian_kl(mu, log_var)
        yield 0 - gaussian_log_prob(x, mu_x, log_var_x)
    return list(both())
""",
}


def wrong(exercise):
    """A plain mistake: twice the right value."""
    reference = LESSON.references[exercise].replace(f"def {NAMES[exercise]}", "def right")
    return f"{reference}\n\ndef {NAMES[exercise]}(*arguments):\n    return 2 * right(*arguments)\n"


# Answers that should earn nothing and harm nobody: name -> (exercise, source).
HOSTILE = {
    "endless loop": ("1.1", function("1.1", "while True:\n    pass")),
    "os._exit": ("1.2", function("1.2", "import os\nos._exit(0)")),
    "sys.exit": ("1.3", function("1.3", "import sys\nsys.exit(0)")),
    "kills its parent": ("1.4", function("1.4", "import os\nos.kill(os.getppid(), 9)")),
    "kills everything": ("1.5", function("1.5", "import os\nos.kill(-1, 9)")),
    "fork bomb": ("1.1", function("1.1", "import os\nwhile True:\n    os.fork()")),
    "thread bomb": (
        "1.2",
        function(
            "1.2",
            "import threading, time\n"
            "while True:\n    threading.Thread(target=time.sleep, args=(60,)).start()",
        ),
    ),
    "fills the disk": (
        "1.3",
        function(
            "1.3",
            "for number in range(10_000):\n"
            "    open(f'/tmp/{number}', 'wb').write(bytes(10_000_000))",
        ),
    ),
    "100 GB": ("1.4", function("1.4", "return torch.ones(25_000_000_000)")),
    "100 GB in pieces": (
        "1.5",
        function("1.5", "kept = []\nwhile True:\n    kept.append(torch.ones(25_000_000))"),
    ),
    "prints 80 MB": (
        "1.1",
        function("1.1", "for _ in range(80):\n    print('x' * 1_000_000)\nreturn arguments[0]"),
    ),
    "a lying object": (
        "1.2",
        "class Equal:\n"
        "    __eq__ = __le__ = __ge__ = __lt__ = lambda self, other: True\n"
        "    __array_priority__ = 1e9\n"
        "    def __array__(self, *a, **k): return self\n"
        "    def __getattr__(self, name): return self\n"
        "    def __call__(self, *a, **k): return self\n" + function("1.2", "return Equal()"),
    ),
    "a lying tensor": (
        "1.3",
        "class Lying(torch.Tensor):\n"
        "    __eq__ = lambda self, other: True\n"
        "    def allclose(self, *a, **k): return True\n"
        + function("1.3", "return torch.zeros(len(arguments[0])).as_subclass(Lying)"),
    ),
    "patched comparisons": (
        "1.4",
        function(
            "1.4",
            "import numpy\n"
            "numpy.allclose = torch.allclose = lambda *a, **k: True\n"
            "numpy.all = numpy.array_equal = lambda *a, **k: True\n"
            "torch.Tensor.__eq__ = lambda self, other: True\n"
            "return arguments[0]",
        ),
    ),
    "a huge answer": ("1.5", function("1.5", "return torch.zeros(30_000_000)")),
    "a socket": (
        "1.1",
        function("1.1", "import socket\nsocket.create_connection(('192.0.2.1', 80), 5)"),
    ),
    "reads what it finds": (
        "1.2",
        function(
            "1.2",
            "import os\n"
            "words = ('### BEGIN ' + 'SOLUTION', 'log_p_z = gaussian' + '_log_prob')\n"
            "for folder, _, files in os.walk('/'):\n"
            "    if folder.startswith(('/proc', '/sys', '/dev')) or 'site-packages' in folder:\n"
            "        _[:] = []\n"
            "    for name in files:\n"
            "        if name.endswith(('.ipynb', '.key')):\n"
            "            raise ValueError('found ' + folder + '/' + name)\n"
            "        if name.endswith('.py') and folder.startswith('/sandbox/course'):\n"
            "            text = open(os.path.join(folder, name)).read()\n"
            "            if any(word in text for word in words):\n"
            "                raise ValueError('found ' + name)\n"
            "raise ValueError('nothing found')",
        ),
    ),
    "script in a message": (
        "1.3",
        function("1.3", "raise ValueError('<script>alert(1)</script><b>')"),
    ),
    "a surrogate in a message": ("1.4", function("1.4", "raise ValueError('\\ud800 \\x00 \\x1b')")),
    "garbage on the wire": (
        "1.5",
        function(
            "1.5",
            "import gc, socket\n"
            "for thing in gc.get_objects():\n"
            "    if isinstance(thing, socket.socket) and thing.fileno() >= 0:\n"
            "        thing.send(b'\\xff' * 64)\n"
            "import os\nos._exit(0)",
        ),
    ),
}

# Every spelling of taking the answer from the package.
PACKAGED = (
    "from course_utils.losses import gaussian_kl",
    "import course_utils.losses as l\ngaussian_kl = l.gaussian_kl",
    "from course_utils import losses\ngaussian_kl = losses.divergences.gaussian_kl",
    "import importlib\n"
    "def gaussian_kl(mu, log_var):\n"
    "    return importlib.import_module('course_utils.losses').gaussian_kl(mu, log_var)",
    "from course_utils import nets\n"
    "def gaussian_kl(mu, log_var):\n"
    "    return nets.StandardNormal(mu.shape[-1]).rate(mu, log_var, None)",
    "def gaussian_kl(mu, log_var):\n"
    "    from course_utils.checks import lesson01\n"
    "    return lesson01._kl(mu, log_var)",
    "def gaussian_kl(mu, log_var):\n"
    "    import sys\n"
    "    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Finder']\n"
    "    [sys.modules.pop(n) for n in list(sys.modules) if n.startswith('course_utils')]\n"
    "    from course_utils.checks import lesson01\n"
    "    return lesson01._kl(mu, log_var)",
)
