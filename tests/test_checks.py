"""The checks of the exercises: wrong answers are named, right ones pass, nothing else passes."""

import functools
import inspect
import io

import mutants
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from course_utils import checks
from course_utils.checks import _compare

ANSWERS = mutants.modules()
WRONG = [(name, *entry) for name, module in ANSWERS.items() for entry in module.WRONG]
RIGHT = [(name, answer) for name, module in ANSWERS.items() for answer in module.RIGHT]
NAMES = sorted(ANSWERS)
Flow = ANSWERS["autoregressive_prior"].Flow
FIRST = {name: answer for name, answer in reversed(RIGHT)}
SEEDS, RIGHT_SEEDS = (0, 1), (0, 1, 2**62 + 1)


@pytest.fixture(scope="module")
def seeds(request):
    """Seeds for wrong answers, and for right ones."""
    if request.config.getoption("--many-seeds"):
        return (*SEEDS, *range(1000, 1018)), (*RIGHT_SEEDS, *range(2000, 2197))
    return SEEDS, RIGHT_SEEDS


def labels(entries):
    return [f"{entry[0]}-{entry[1].__name__}" for entry in entries]


def failure(name, answer, seed=0):
    with pytest.raises(checks.CheckFailed) as caught:
        getattr(checks, name)(answer, seed)
    return caught.value


# --- wrong answers and right ones ----------------------------------------------------------------


@pytest.mark.parametrize(("name", "answer", "phrase"), WRONG, ids=labels(WRONG))
def test_a_wrong_answer_is_rejected_by_name(name, answer, phrase, seeds, capsys):
    for seed in seeds[0]:
        message = str(failure(name, answer, seed))
        assert phrase in message
        assert message.startswith(f"{name}: not right yet.")
        assert "?." not in message
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=labels(RIGHT))
def test_a_right_answer_passes_and_short_lines_say_so(name, answer, seeds, capsys):
    for seed in seeds[1]:
        assert getattr(checks, name)(answer, seed) is None
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"{name}: right. ")
        assert max(map(len, lines)) <= 96


@pytest.mark.parametrize("name", NAMES)
def test_a_check_is_proved_by_enough_answers(name):
    wrong, right = ANSWERS[name].WRONG, ANSWERS[name].RIGHT
    assert len({id(answer) for answer, _ in wrong}) >= 12
    assert len({id(answer) for answer in right}) >= 5
    unnamed = [answer for answer, phrase in wrong if "the values differ" in phrase]
    assert len(unnamed) <= len(wrong) / 20


def test_every_check_has_its_answers():
    public = [
        name
        for name, member in vars(checks).items()
        if inspect.isfunction(member)
        and list(inspect.signature(member).parameters) == ["answer", "seed"]
    ]
    assert sorted(public) == NAMES
    for name in NAMES:
        module = f"course_utils.checks.{ANSWERS[name].__name__.removeprefix('mutants.')}"
        assert getattr(checks, name).__module__ == module, "the same folder and file for both"
        assert name in checks.__all__


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_is_told_kindly(name):
    def stub(*_):
        raise NotImplementedError("Exercise 1.2: draw z")

    failed = failure(name, stub)
    assert str(failed) == f"{name}: not written yet: Exercise 1.2: draw z."
    assert not failed.written


def test_a_stub_is_told_before_the_earlier_one_that_it_uses():
    class Earlier(Flow):
        def masks(self, *_):
            raise NotImplementedError("Exercise 6.2: write masks")

    class Both(Earlier):
        def log_prob(self, z):
            raise NotImplementedError("Exercise 6.3: write log_prob")

    for answer, number in ((Earlier, "6.2"), (Both, "6.3"), (Posted(Both), "6.3")):
        failed = failure("autoregressive_prior", answer)
        assert not failed.written and f"Exercise {number}: " in str(failed)


class EqualsAll:
    """Claims to be equal to everything."""

    shape, dtype, ndim = (), np.dtype("float64"), 0

    def __eq__(self, other):
        return True

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("must not be asked")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None


class EqualTensor(torch.Tensor):
    """A tensor whose comparisons are always true."""

    def __eq__(self, other):
        return torch.tensor(True)

    __hash__ = None


def like(answer, change):
    """``answer`` with every tensor that it returns changed."""

    def changed(*arrays):
        value = answer(*arrays)
        value = torch.tensor(value) if isinstance(value, int) else value
        values = value if isinstance(value, (tuple, list)) else (value,)
        values = tuple(change(entry.detach()) for entry in values)
        return values if isinstance(value, (tuple, list)) else values[0]

    return changed


CLASSES = {  # check: (right answer, its methods)
    "vae_fc": (ANSWERS["vae_fc"].Network, "encode", "decode", "forward"),
    "autoregressive_prior": (
        Flow,
        "scale_and_shift",
        "log_prob",
        "invert",
    ),
}
CHEATS = {
    "equals all": lambda value: EqualsAll(),
    "equal tensor": lambda value: torch.zeros_like(value).as_subclass(EqualTensor),
    "nan": lambda value: torch.full_like(value.double(), torch.nan),
    "infinite": lambda value: torch.full_like(value.double(), torch.inf),
    "empty": lambda value: value.reshape(-1)[:0],
    "empty of its rank": lambda value: torch.zeros((0,) * max(value.ndim, 1)),
    "zero": torch.zeros_like,
    "one": torch.ones_like,
    "shuffled": lambda value: value.flip(0) if value.ndim else value + 1,
    "none": lambda value: None,
    "text": lambda value: "right",
}


EXCHANGEABLE = ("gaussian_like",)  # independent draws: in any order they are right
ALIKE = ("prior_codes",)  # and in both axes


@pytest.mark.parametrize("cheat", CHEATS)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLASSES])
def test_what_does_not_depend_on_the_input_fails(name, cheat):
    change = CHEATS[cheat]
    if cheat == "shuffled" and name in EXCHANGEABLE:
        change = functools.partial(torch.flip, dims=(-1,))
    if cheat == "shuffled" and name in ALIKE:
        change = functools.partial(torch.add, other=1)
    failed = failure(name, like(FIRST[name], change))
    assert failed.mistake and failed.name == name


@pytest.mark.parametrize("cheat", CHEATS)
@pytest.mark.parametrize(
    ("name", "method"),
    [(name, method) for name, (_, *methods) in CLASSES.items() for method in methods],
)
def test_a_network_that_does_not_depend_on_its_input_fails(name, method, cheat):
    honest = CLASSES[name][0]

    class Cheat(honest):
        pass

    def cheating(self, value):
        return like(lambda x: getattr(honest, method)(self, x), CHEATS[cheat])(value)

    setattr(Cheat, method, cheating)
    assert failure(name, Cheat).mistake


# --- an answer in another place ------------------------------------------------------------------


def posted(value):
    """What arrives after a way through an npz file without pickles (None: nothing)."""
    if value is None or isinstance(value, (tuple, list)):
        return None if value is None else tuple(posted(entry) for entry in value)
    if isinstance(value, dict):
        return {name: posted(entry) for name, entry in value.items()}
    letter = io.BytesIO()
    np.savez(letter, value=value)
    letter.seek(0)
    return np.load(letter, allow_pickle=False)["value"]


class Posted(checks.Remote):
    """An answer that only arrays reach, as in another process."""

    def __init__(self, answer):
        self._far = answer if isinstance(answer, checks.Remote) else checks.Local(answer)

    def call(self, arrays, seed):
        return posted(self._far.call(posted(arrays), seed))

    def call_for_tensors(self, arrays, seed):
        return posted(self._far.call_for_tensors(posted(arrays), seed))

    def gradient(self, arrays, seed, output, weights, probe):
        return posted(self._far.gradient(posted(arrays), seed, output, weights, posted(probe)))

    def build(self, numbers, weights, seed):
        return Posted(self._far.build(posted(numbers), posted(weights), seed))

    def method(self, name):
        return Posted(self._far.method(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_check_runs_unchanged_on_a_proxy(name, capsys):
    getattr(checks, name)(Posted(FIRST[name]))
    near, far = capsys.readouterr().out, getattr(checks, name)(FIRST[name])
    assert far is None and capsys.readouterr().out == near
    for wrong_name, answer, _ in WRONG:
        if wrong_name == name:
            assert str(failure(name, Posted(answer))) == str(failure(name, answer))
            break


@pytest.mark.parametrize(
    "loot",
    [
        [np.zeros(3)],
        (np.zeros(3), EqualsAll()),
        np.array([object()]),
        np.array(["text"]),
        np.zeros(3).view(np.recarray),
        np.ma.masked_all(3),
        3.0,
        None,
    ],
    ids=lambda loot: type(loot).__name__,
)
def test_what_a_dishonest_proxy_sends_is_refused(loot):
    class Dishonest(Posted):
        def call(self, arrays, seed):
            return loot

        def gradient(self, arrays, seed, output, weights, probe):
            return loot

    with pytest.raises(checks.CheckFailed):
        checks.call(Dishonest(abs), np.zeros(3))
    with pytest.raises(checks.CheckFailed):
        checks.gradient(Dishonest(abs), np.zeros(3), np.zeros(3))


# --- the contract --------------------------------------------------------------------------------


def test_arrays_arrive_as_tensors_and_numbers_as_numbers():
    seen = []

    def answer(*values):
        seen.extend(values)
        return values[0]

    arrays = [np.ones((2, 1), dtype) for dtype in (np.float32, np.float64, np.uint8, np.int64)]
    checks.call(answer, *arrays, 3, 0.5, np.array(7))
    dtypes = [torch.float32, torch.float64, torch.uint8, torch.int64]
    assert [value.dtype for value in seen[:4]] == dtypes
    assert [(type(value), value) for value in seen[4:]] == [(int, 3), (float, 0.5), (int, 7)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.ones(2, dtype=torch.bfloat16), np.ones(2, np.float32)),
        (torch.ones(2, requires_grad=True), np.ones(2, np.float32)),
        (nn.Parameter(torch.ones(2)), np.ones(2, np.float32)),
        (np.float64(2), np.array(2.0)),
        (True, np.array(True)),
        (3, np.array(3)),
    ],
)
def test_what_an_answer_may_return(value, expected):
    for wrapped in (value, (value, 1.0), [value, 1.0], {"rate": value, "other": 1.0}):
        found = checks.call(lambda wrapped=wrapped: wrapped)
        if wrapped is not value:
            assert type(found) is (dict if isinstance(wrapped, dict) else tuple) and len(found) == 2
            found = found["rate"] if isinstance(found, dict) else found[0]
        assert type(found) is np.ndarray and found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing (None): is the return missing?"),
        ("text", "an object of type str; expected a tensor"),
        (torch.distributions.Normal(0.0, 1.0), "an object of type Normal"),
        (torch.ones(2, dtype=torch.complex64), "an object of type Tensor"),
        (np.array([object()]), "an object of type ndarray"),
        ((torch.ones(1), [torch.ones(1)]), "an object of type list"),
    ],
)
def test_what_an_answer_may_not_return(value, text):
    with pytest.raises(checks.CheckFailed, match="your function returned") as caught:
        checks.call(lambda: value)
    assert text in str(caught.value)


def test_an_error_is_told_with_its_place():
    def answer(x):
        y = x + 1
        return y @ torch.ones(7)

    with pytest.raises(checks.CheckFailed) as caught:
        checks.call(answer, np.ones(3))
    assert "your function raised RuntimeError: " in str(caught.value)
    assert "(in answer, at: return y @ torch.ones(7))" in str(caught.value)
    assert "shapes (3,)" in str(caught.value)
    with pytest.raises(checks.CheckFailed, match="raised SystemExit: 3"):
        checks.call(lambda: exit(3))
    with pytest.raises(checks.CheckFailed, match="a function is expected here"):
        checks.call(3)


def test_an_interrupt_is_no_wrong_answer():
    def answer():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.call(answer)


def test_an_answer_cannot_change_the_arrays_of_a_check():
    def answer(x):
        return x.zero_()

    array = np.ones(3)
    with pytest.raises(checks.CheckFailed, match="overwrites its argument x"):
        checks.call(answer, array)
    checks.call(answer, array, in_place=True)
    checks.gradient(lambda x: x.data.zero_() + x, array)
    np.testing.assert_array_equal(array, np.ones(3))


def test_tensors_are_wanted_where_a_network_goes_on_with_them():
    for value in (np.ones(3), (torch.ones(3), np.ones(3)), [np.ones(3)]):
        checks.call(lambda value=value: value)
        with pytest.raises(checks.CheckFailed, match="returned a numpy array: a tensor is wanted"):
            checks.call(lambda value=value: value, tensors=True)
    np.testing.assert_array_equal(checks.call(lambda: torch.ones(3), tensors=True), np.ones(3))


def test_lines_below_each_other_stay_so_in_a_message():
    lines = str(checks.CheckFailed("no.", expected="1 0\n0 1", received="1 1\n0 1")).splitlines()
    assert lines[2:4] == ["  Expected: 1 0", "            0 1"]


def test_a_gradient_of_all_entries_together_is_not_that_of_each():
    x = np.float32([1, 2, 4])
    mixed = lambda x: (x**2).detach() + (x**2).mean() - (x**2).mean().detach()  # noqa: E731
    _compare.verify_gradient(mixed, (x,), ("x",), (2 * x,))
    probe = np.array([1.0, -2.0, 0.5])
    with pytest.raises(checks.CheckFailed, match="the gradient with respect to x is not"):
        _compare.verify_gradient(mixed, (x,), ("x",), (2 * x * probe,), probe=probe)
    _compare.verify_gradient(lambda x: x**2, (x,), ("x",), (2 * x * probe,), probe=probe)


def test_noise_is_the_same_in_call_and_gradient_and_the_generators_are_put_back():
    def answer(x):
        return x * torch.randn(3) * float(np.random.rand())  # noqa: NPY002

    torch.manual_seed(5)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    value = checks.call(answer, np.ones(3), seed=1)
    (slope,) = checks.gradient(answer, np.ones(3), seed=1)
    np.testing.assert_allclose(value, slope)
    assert not np.array_equal(value, checks.call(answer, np.ones(3), seed=2))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    with pytest.raises(checks.CheckFailed):
        checks.call(lambda: torch.randn(1) + "text")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_probe_weighs_the_result_that_is_differentiated():
    x, probe = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, -2.0])
    for answer in (lambda x: x**2, Posted(lambda x: x**2)):
        (slope,) = checks.gradient(answer, x, probe=probe)
        np.testing.assert_allclose(slope, 2 * x * probe)
    with pytest.raises(checks.CheckFailed, match="differentiating the result raised"):
        checks.gradient(lambda x: x, x, probe=np.ones(2))


def test_gradient_tells_zero_from_not_connected():
    def answer(x, y, z, count):
        return x.square() * count + 0 * y + z.detach(), y

    ones = np.ones(2)
    with torch.no_grad():
        x, y, z, count = checks.gradient(answer, ones, ones, ones, 3)
    np.testing.assert_array_equal(x, [6, 6])
    np.testing.assert_array_equal(y, [0, 0])
    assert z is None and count is None
    assert checks.gradient(answer, ones, ones, ones, 3, output=1)[0] is None
    assert checks.gradient(lambda x: x.detach().numpy(), ones) == (None,)
    with pytest.raises(checks.CheckFailed, match="returned 1 value"):
        checks.gradient(lambda x: x, ones, output=1)


class Line(nn.Module):
    def __init__(self, slope, size=2):
        super().__init__()
        self.layer, self.unused = nn.Linear(size, 1, bias=False), nn.Parameter(torch.ones(1))
        self.slope = slope

    def forward(self, x):
        return self.slope * self.layer(x)

    def twice(self, x):
        return 2 * self(x) * (1 if not self.training else torch.nan)


def test_build_loads_weights_and_reaches_methods():
    weights = {"layer.weight": np.float32([[1, 2]]), "unused": np.float32([0])}
    model = checks.build(Line, 3, weights=weights)
    x = np.float32([[1, 1]])
    np.testing.assert_array_equal(checks.call(model, x), [[9]])
    np.testing.assert_array_equal(checks.call(model.twice, x), [[18]])
    found = checks.gradient(model, x, weights=True)
    np.testing.assert_array_equal(found["layer.weight"], [[3, 3]])
    assert found["unused"] is None
    one, two = (checks.call(checks.build(Line, 1, seed=seed), x) for seed in (1, 2))
    assert not np.array_equal(one, two)
    assert not hasattr(model, "_private")


@pytest.mark.parametrize(
    ("answer", "weights", "text"),
    [
        (Line, {"layer.weight": (1, 2), "unused": 1, "bias": 1}, "has no parameter bias"),
        (Line, {"layer.weight": (1, 2)}, "a parameter or buffer too many: unused"),
        (Line, {"layer.weight": (1, 3), "unused": 1}, "layer.weight has the wrong shape"),
        (lambda slope: slope, {}, "expected a class derived from nn.Module"),
        (3, {}, "a class is expected here"),
        (lambda: None, {}, "raised TypeError"),
    ],
)
def test_build_says_what_is_wrong(answer, weights, text):
    with pytest.raises(checks.CheckFailed) as caught:
        arrays = {name: np.ones(shape, np.float32) for name, shape in weights.items()}
        checks.build(answer, 3, weights=arrays)
    assert text in str(caught.value)


def test_a_notebook_shows_one_clean_block():
    failed = failure("gaussian_kl", ANSWERS["gaussian_kl"].kl_log_std)
    lines = str(failed).splitlines()
    starts = ["gaussian_kl: not right yet.", "  Mistake:  log_var is taken for log_std."]
    assert lines[:2] == starts
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["Checked", "Expected", "Received"]
    assert isinstance(failed, AssertionError)

    shell, shown = InteractiveShell(), []
    shell._showtraceback = lambda kind, error, traceback: shown.append(traceback)
    shell.push({"checks": checks, "answer": ANSWERS["gaussian_kl"].kl_log_std})
    assert not shell.run_cell("checks.gaussian_kl(answer)", store_history=False).success
    assert shown == [lines]
