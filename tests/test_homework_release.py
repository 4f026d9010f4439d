"""Student versions: complete, without solutions, and the way back. And what is sealed."""

import copy
import json
import re
import subprocess
import sys

import pytest
import submissions as made

from course_utils import checks, settings
from homework import __main__ as command
from homework import grading, lessons, release, sealed, verify

LESSONS = lessons.all_lessons()
by_name = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


@pytest.fixture(scope="module")
def course():
    with grading.Course() as course:
        yield course


@by_name
def test_no_solution_is_left(lesson, course):
    assert verify.verify(lesson, course) == []


@by_name
def test_the_reader_sees_what_an_exercise_asks(lesson):
    student = release.student_version(lesson)
    text = "\n".join(lessons.source(cell) for cell in student["cells"])
    for exercise in lesson.exercises:
        assert f"exercise {exercise.id}** · {exercise.points} point" in text
        assert f"about {exercise.minutes} minutes" in text
        assert f'raise NotImplementedError("Exercise {exercise.id}: write ' in text
    for reflection in lesson.reflections:
        assert f"| {reflection.id} | {reflection.points} |" in text
    assert "<details>" in text and "python -m homework check" in text
    for cell in lesson.cells:
        if cell["cell_type"] == "markdown":
            assert lessons.source(cell) in text


def test_the_release_is_the_same_to_the_byte(tmp_path, capsys):
    assert command.main(["release", "--to", str(tmp_path / "one")]) == 0
    numbers = [lesson.number for lesson in LESSONS]
    assert command.main(["release", *numbers, "--to", str(tmp_path / "two")]) == 0
    assert "19 points" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [f"{lesson.name}.ipynb" for lesson in LESSONS]
    for name in names:
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two


def test_a_picture_before_the_first_exercise_may_stay():
    student = release.student_version(made.LESSON)
    kept = [cell for cell in student["cells"] if cell.get("outputs")]
    assert kept and all("keep" in lessons.tags(cell) for cell in kept)
    assert all(cell["execution_count"] is None for cell in kept)


def test_a_release_overwrites_no_lesson():
    with pytest.raises(release.ReleaseError, match="this is the lesson itself"):
        release.write(made.LESSON, made.LESSON.path.parent)


def test_a_release_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert command.main(["release", "01", "--to", str(tmp_path / "file" / "deep")]) == 2
    assert "could not be written" in capsys.readouterr().err
    assert command.main(["release", "77", "--to", str(tmp_path)]) == 2
    assert "expected some of 01, 02" in capsys.readouterr().err


LATER = [cell for cell in made.LESSON.cells if cell.get("outputs")][-1]


def spoilt(change):
    """The student version of lesson 01 after ``change(cells)``."""
    student = release.student_version(made.LESSON)
    change(student["cells"])
    return student


def leak(text):
    return lambda cells: cells.append(made.code(text))


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (leak("# squared = (x - mu).square()  *  (-log_var).exp()"), "exercise 1.1"),
        (lambda cells: cells[0].update(source="epsilon = torch.randn_like(mu)"), "exercise 1.4"),
        (
            lambda cells: cells[1]["metadata"].update(
                note="log_p_x = gaussian_log_prob(x, mu_x, l"
            ),
            None,
        ),
        (
            lambda cells: cells[1]["metadata"].update(
                note="log_p_x = gaussian_log_prob(x, mu_x, log_var_x)"
            ),
            "exercise 1.2",
        ),
        (lambda cells: cells[0].update(attachments={"a.png": {}}), "an attachment"),
        (lambda cells: cells[0]["metadata"].update(tags=["solution"]), "speak of the solution"),
        (
            lambda cells: cells[-1].update(
                cell_type="code",
                outputs=[LATER["outputs"][-1]],
            ),
            "an output of a later cell",
        ),
    ],
)
def test_a_leak_is_found(change, phrase):
    faults = verify.leaks(made.LESSON, spoilt(change))
    assert (phrase is None and not faults) or any(phrase in fault for fault in faults), faults


def test_strings_of_a_solution_are_secrets_too():
    text = (
        'def f(x):\n    "open"\n    ### BEGIN SOLUTION\n    raise ValueError("a secret message")\n'
    )
    text += "    ### END SOLUTION\n"
    assert "a secret message" in verify.solution_texts(text)


def test_what_does_not_stop_or_go_back_is_found(course):
    student = release.student_version(made.LESSON)
    place = next(i for i, c in enumerate(student["cells"]) if "exercise" in lessons.tags(c))
    student["cells"][place]["source"] = made.LESSON.references["1.1"]
    assert "no stub at line" in verify.goes_back(made.LESSON, student)[0]
    assert any("1.1" in fault for fault in verify.stubs_fail(made.LESSON, student, course))
    assert verify.leaks(made.LESSON, student)


def test_points_for_ones_own_notebook(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(made.notebook({"1.3": made.wrong("1.3"), "1.5": None})))
    assert command.main(["check", str(path)]) == 0
    told = capsys.readouterr().out
    assert "exercise 1.1: 2 of 2 points" in told and "exercise 1.3: 0 of 3 points" in told
    assert "not written yet: Exercise 1.5" in told
    assert "lesson 01: 13 of 19 points by the visible checks; 4 more for answers in words" in told
    path.write_text("{")
    assert command.main(["check", str(path)]) == 2
    assert "it is no JSON" in capsys.readouterr().err
    assert command.main(["check", str(tmp_path / "none.ipynb")]) == 2
    assert command.main(["check", str(tmp_path)]) == 2


@by_name
def test_what_a_lesson_seals_raises_and_the_rest_works(lesson, course):
    folder = course.of(lesson)
    names = [name for _, name in lesson.seals]
    script = f"""
import importlib, inspect, sys
sys.path.insert(0, {str(folder)!r})
from inside import inert
sys.meta_path.insert(0, inert.Finder())
from course_utils import checks, data, evaluation, exact, losses, nets, plotting, widgets
from course_utils.lesson import start
from course_utils.settings import autocast
for name in {names!r}:
    module, _, attribute = name.rpartition(".")
    try:
        holder = importlib.import_module("course_utils." + module)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        holder = getattr(importlib.import_module("course_utils." + module), kind)
    answer = getattr(holder, attribute)
    answer = answer.fget if isinstance(answer, property) else inspect.unwrap(answer)
    count = 0 if isinstance(answer, type) else answer.__code__.co_argcount
    try:
        answer(*[None] * count)
    except NotImplementedError as error:
        assert "left out of the grading" in str(error)
    else:
        raise SystemExit(name + " is not sealed")
print(losses.bits_per_dim.__name__, len({names!r}))
"""
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["bits_per_dim", str(len(names))], done.stderr


def test_a_seal_that_fits_nothing_is_an_error(tmp_path, monkeypatch):
    for name in ("losses.divergences.no_such", "no_module.gaussian_kl", "nets.vae.VAE.no_method"):
        monkeypatch.setitem(checks.SEALS, "1.1", (name,))
        with pytest.raises(sealed.SealError, match="seals: "):
            sealed.make(made.LESSON, tmp_path / name)


def spoilt_lesson(tmp_path, change):
    made_up = copy.deepcopy(made.LESSON.notebook)
    change(
        {c["metadata"]["course"]["id"]: c for c in made_up["cells"] if "course" in c["metadata"]}
    )
    path = tmp_path / "01_spoilt.ipynb"
    path.write_text(json.dumps(made_up))
    return path


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (lambda by: by["1.1"]["metadata"]["course"].pop("points"), "no points"),
        (lambda by: by["1.1"]["metadata"]["course"].update(id="1.2"), "is taken"),
        (lambda by: by["1.1"]["metadata"]["course"].update(id="2.2"), "of another lesson"),
        (lambda by: by["1.1"]["metadata"]["course"].update(defines=["other"]), "calls no check"),
        (lambda by: by["1.1"].update(source="### BEGIN SOLUTION\n"), "each on a line"),
        (lambda by: by["1.1"].update(source="### END SOLUTION\n"), "do not pair"),
        (lambda by: by["1.1"]["metadata"].update(tags=[]), "outside a cell with the tag"),
    ],
)
def test_a_lesson_that_breaks_the_format_is_told_so(tmp_path, change, phrase):
    with pytest.raises(lessons.LessonError, match=phrase):
        lessons.read(spoilt_lesson(tmp_path, change))


def test_a_student_version_in_place_of_the_lesson_is_told_so(tmp_path):
    path = release.write(made.LESSON, tmp_path)
    with pytest.raises(lessons.LessonError, match="this is a student version, where the lesson"):
        lessons.read(path)


def test_the_commands_say_what_they_do(capsys):
    for arguments in (["--help"], ["grade", "--help"]):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == 0
    assert "--unsafe" in capsys.readouterr().out
    for option in (["--jobs", "0"], ["--seconds", "inf"], ["--seconds", "-1"]):
        with pytest.raises(SystemExit):
            command.main(["grade", "x", "--out", "y", *option])


def test_verify_is_a_command(capsys, monkeypatch):
    monkeypatch.setattr(verify, "package_leaks", lambda *arguments: [])  # proved above
    assert command.main(["verify", "01"]) == 0
    assert "01_vae_2d: no solution is left, it runs" in capsys.readouterr().out


def test_the_package_does_not_know_of_homework():
    for path in (settings.root() / "course_utils").rglob("*.py"):
        assert not re.search(r"(import|from) homework", path.read_text(encoding="utf-8")), path


def test_a_release_keeps_a_file_with_answers(tmp_path):
    path = release.write(made.LESSON, tmp_path)
    assert release.write(made.LESSON, tmp_path) == path  # the same again
    answered = path.read_text("utf-8").replace("raise NotImplementedError", "return")
    path.write_text(answered, "utf-8")
    with pytest.raises(release.ReleaseError, match="may hold answers"):
        release.write(made.LESSON, tmp_path)
    assert path.read_text("utf-8") == answered
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    release.write(made.LESSON, tmp_path, force=True)
    assert path.read_text("utf-8") != answered


@by_name
def test_folded_cells_stay_folded(lesson):
    def folded(cells):
        return [cell["id"] for cell in cells if "hide-input" in cell["metadata"].get("tags", [])]

    student = release.student_version(lesson)
    assert folded(student["cells"]) == folded(lesson.cells)
    for cell in student["cells"]:
        if "hide-input" in cell["metadata"].get("tags", []):
            assert cell["metadata"]["jupyter"] == {"source_hidden": True}


@by_name
def test_solutions_are_folded_and_the_places_of_answers_open(lesson):
    places = {lesson.cells[exercise.cell]["id"] for exercise in lesson.exercises}

    def marks(cells):
        return [cell["metadata"].get("jupyter") for cell in cells if cell["id"] in places]

    folded = [{"source_hidden": True}] * len(places)
    assert marks(lesson.cells) == folded
    assert marks(release.student_version(lesson)["cells"]) == [None] * len(places)
    solved = release.student_version(lesson, solved=True)  # nbgrader makes its stubs of these
    assert marks(solved["cells"]) == [None] * len(places)
