"""Right answers of earlier exercises: they help, and no process of a student's ever holds them."""

import copy
import json
import re

import pytest
import submissions as made
import torch
from grader import Grader

from course_utils import settings
from homework import attempts, grading, lessons, sandbox
from homework.inside import elsewhere

REASON = sandbox.why_not()
needs_sandbox = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
WRONG = "def {}(*arguments):\n    return torch.zeros(1)\n"


@pytest.fixture(scope="module")
def box():
    with Grader() as grader:
        yield grader


def there_and_back(function):
    """``function`` behind a border that is crossed as in the sandbox: by JSON and arrays."""

    def ask(header, arrays):
        told, found = elsewhere.answer({"f": function}, json.loads(json.dumps(header)), arrays)
        return json.loads(json.dumps(told)), found

    return elsewhere.Elsewhere("f", ask)


def test_values_and_gradients_cross():
    def f(x, y, *, scale=1.0):
        return scale * (x.square() * y).sum(-1), x.detach(), (x > 0)

    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    y = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    g = there_and_back(f)
    for one, two in zip(f(x, y, scale=2.0), g(x, y, scale=2.0), strict=True):
        assert torch.equal(one, two) and one.requires_grad == two.requires_grad
    probe = torch.randn(3, dtype=torch.float64)
    wanted = torch.autograd.grad((f(x, y, scale=2.0)[0] * probe).sum(), [x, y])
    found = torch.autograd.grad((g(x, y, scale=2.0)[0] * probe).sum(), [x, y])
    assert all(torch.equal(one, two) for one, two in zip(wanted, found, strict=True))


def test_a_gradient_goes_on_through_what_comes_before_and_after():
    def f(mu):
        return (mu**3).sum(-1)

    start = torch.randn(5, 2, requires_grad=True)
    after = there_and_back(f)(start.exp()).sigmoid().sum()
    right = f(start.exp()).sigmoid().sum()
    wanted, found = (torch.autograd.grad(one, start)[0] for one in (right, after))
    assert torch.allclose(wanted, found)


def test_noise_is_fresh_at_each_call_and_the_same_in_its_gradient():
    def draw(mu, log_var):
        return mu + (0.5 * log_var).exp() * torch.randn_like(mu)

    mu, log_var = torch.zeros(1_000, requires_grad=True), torch.zeros(1_000, requires_grad=True)
    g = there_and_back(draw)
    one, two = g(mu, log_var), g(mu, log_var)
    assert not torch.equal(one, two) and abs(one.std() - 1) < 0.1
    noise = 2 * torch.autograd.grad(one.sum(), log_var, retain_graph=True)[0]
    assert torch.allclose(noise, one.detach(), atol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [([2, 3],), ((2, 3),), ({"a": 1},), (None,), (torch.ones(2, dtype=torch.bfloat16),)],
)
def test_arguments_arrive_as_what_they_are(arguments):
    kept = []

    def f(*given):
        kept.append(given)
        return torch.zeros(1)

    there_and_back(f)(*arguments)
    [[one]], [two] = kept, arguments
    assert type(one) is type(two) and (torch.is_tensor(two) or one == two)
    assert not torch.is_tensor(two) or one.dtype == two.dtype


def test_what_cannot_cross_is_said():
    f = there_and_back(lambda x: x)
    with pytest.raises(TypeError, match="got an object of type function"):
        f(print if False else (lambda: 0))
    nested = [0]
    for _ in range(20):
        nested = [nested]
    with pytest.raises(TypeError, match="nested"):
        f(nested)
    with pytest.raises(RuntimeError, match="f raised TypeError on these arguments"):
        f(1, 2, 3)

    def secret(x):
        raise ValueError("a line of the right answer")

    with pytest.raises(RuntimeError, match="^f raised ValueError on these arguments$"):
        there_and_back(secret)(1)


@needs_sandbox
@pytest.mark.parametrize("number", ["01", "02", "06", "09"])
def test_a_wrong_answer_costs_its_own_points_only(box, number):
    """In every lesson whose exercises use others: all that are used are wrong at once."""
    [lesson] = lessons.all_lessons([number])
    used = {"01": ("1.1", "1.3"), "02": ("2.2",), "06": ("6.1", "6.2"), "09": ("9.1", "9.4")}
    notebook = copy.deepcopy(lesson.notebook)
    for exercise in lesson.exercises:
        if exercise.id in used[number]:
            notebook["cells"][exercise.cell]["source"] = WRONG.format(exercise.defines[0])
    outcomes = grading.grade(lesson, notebook, box.course, 1)
    for outcome in outcomes:
        assert (outcome["points"] == 0) == (outcome["id"] in used[number]), outcome


# Row 2 of the attacks: 1.1 is wrong, so 1.5 is tried again with the right one in its place. Its
# answer looks for the right code wherever a process can look, and says whether it found any.
SECRET = "squared = (x - mu).square() * (-log_var).exp()"
HUNTS = {
    "frames": """
frame = sys._getframe()
while frame:
    texts += [repr(frame.f_locals), repr(frame.f_globals), repr(frame.f_code.co_consts)]
    codes.append(frame.f_code)
    held = [*frame.f_locals.values(), *frame.f_globals.values()]
    codes += [one.__code__ for one in held if isinstance(one, types.FunctionType)]
    frame = frame.f_back
""",
    "everything that lives": """
for thing in gc.get_objects():
    if isinstance(thing, type(lambda: 0)) and thing.__name__ in NAMES:
        codes.append(thing.__code__)
    if isinstance(thing, (dict, list, tuple)) and len(thing) < 5_000:
        texts += [one for one in (thing.values() if isinstance(thing, dict) else thing)
                  if type(one) is str]
""",
    "the stub": """
codes += [v.__code__ for v in vars(gaussian_log_prob).values() if hasattr(v, '__code__')]
texts += [repr([c.cell_contents for c in v.__closure__ or ()])
          for v in vars(gaussian_log_prob).values() if hasattr(v, '__closure__')]
""",
    "its source": """
try:
    texts.append(inspect.getsource(gaussian_log_prob))
except (OSError, TypeError):
    pass
""",
    "a traceback": """
try:
    gaussian_log_prob('no', 'numbers')
except Exception as error:
    texts += [str(error)] + traceback.format_exception(error)
    while error:
        place = error.__traceback__
        while place:
            codes.append(place.tb_frame.f_code)
            texts.append(repr(place.tb_frame.f_locals))
            place = place.tb_next
        error = error.__cause__ or error.__context__
""",
    "the cache of lines": """
texts += [''.join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2]
""",
    "files": """
for folder, _, names in os.walk('/'):
    if 'site-packages' not in folder and '/lib' not in folder:
        for name in names:
            try:
                texts.append(open(os.path.join(folder, name), 'rb').read(10**6).decode('latin-1'))
            except OSError:
                pass
""",
    "open descriptors": """
for number in range(256):
    try:
        kind = os.fstat(number).st_mode
        texts.append(os.pread(number, 10**6, 0).decode('latin-1'))
    except OSError:
        pass
""",
    "a forged request": """
import struct
wire = sys.modules['inside.wire']
for thing in gc.get_objects():
    if isinstance(thing, socket.socket) and thing.fileno() >= 0:
        for header in ({'elsewhere': 'gaussian_log_prob', 'op': 'load', 'graded': '1.1',
                        'cells': ['def gaussian_log_prob(*a): import os; return 0']},
                       {'elsewhere': '__builtins__', 'arguments': {'plain': 1}},
                       {'elsewhere': 'rate_and_distortion', 'arguments': {'list': []}}):
            wire.send(thing, header)
            texts.append(repr(wire.receive(thing)))
""",
    "its own memory": """
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType):
        codes.append(thing.__code__)
reads, writes = os.pipe()
libc = ctypes.CDLL(None)
for start in {id(thing) & ~0xFFFFF for thing in gc.get_objects()}:
    for page in range(start, start + 2**20, 4096):
        if libc.write(writes, ctypes.c_void_p(page), 4096) == 4096:  # else nothing is there
            texts.append(os.read(reads, 4096).decode('latin-1'))
""",
}
HUNTER = """
import ctypes, gc, inspect, linecache, os, socket, sys, traceback, types
NAMES = ('gaussian_log_prob', 'log_weight', 'gaussian_kl', 'reparameterise')

def rate_and_distortion(x, mu_x, log_var_x, mu, log_var):
    if type(gaussian_log_prob).__name__ != 'Elsewhere':
        raise ValueError('the first attempt')
    texts, codes = [], []
    {hunt}
    words = ('squa{{}} = (x - mu)'.format('red'), 'BEGIN {{}}'.format('SOLUTION'))
    found = [word for word in words if any(word in text for text in texts)]
    found += [code.co_name for code in codes
              if code.co_name in NAMES and 'squa{{}}'.format('red') in code.co_varnames]
    raise ValueError(f'found {{found}} in {{len(texts)}} texts, {{len(codes)}} codes')
"""


def hunted(box, kind, answers):
    """What a hunt tells, in the attempt that it waits for, 1.1 being as in ``answers``."""
    hunt = HUNTS[kind].strip().replace("\n", "\n    ")
    answers = dict.fromkeys(set(made.IDS) - {"1.1", "1.5"}) | answers
    told, make = [], attempts.Attempts.make

    def kept(*arguments, **named):
        told.append(make(*arguments, **named))
        return told[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempts.Attempts, "make", kept)
        outcomes = box.graded(made.notebook(answers | {"1.5": HUNTER.format(hunt=hunt)}))
    assert outcomes["1.5"]["points"] == 0
    mistakes = [one["mistake"] for one in told]
    return next(one for one in mistakes if "found [" in one), outcomes


@needs_sandbox
@pytest.mark.parametrize("kind", HUNTS)
def test_the_right_code_is_nowhere_to_be_found(box, kind):
    assert SECRET in made.LESSON.references["1.1"]
    told, outcomes = hunted(box, kind, {"1.1": WRONG.format("gaussian_log_prob")})
    assert sum(outcome["points"] for outcome in outcomes.values()) == 0
    assert "found [] in " in told, told
    assert "in 0 texts, 0 codes" not in told or kind in ("its source", "open descriptors")
    assert kind != "its own memory" or int(re.search(r"in (\d+) texts", told)[1]) > 1_000


@needs_sandbox
@pytest.mark.parametrize(
    "kind",
    ["frames", "everything that lives", "its source", "the cache of lines", "its own memory"],
)
def test_a_hunt_finds_what_is_there(box, kind, monkeypatch):
    """The control: the right code as the student's own answer, which a hunt must then see."""
    monkeypatch.setitem(globals(), "HUNTER", HUNTER.replace("!= 'Elsewhere'", "== 'Elsewhere'"))
    told, _ = hunted(box, kind, {"1.1": made.LESSON.references["1.1"]})
    assert "found []" not in told, told
