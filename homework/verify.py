"""Proof that the student version of a lesson holds no solution, runs, and can be put back."""

import ast
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

from homework import grading, release, rubric
from homework.inside.text import lines as lines_of
from homework.lessons import regions, source, tags

LEAST_SENTENCE = 50  # characters; a shorter part of a model answer may be anybody's
LEAST_CHARACTERS = 8  # shorter lines (such as "else:" or "return z") are everybody's
RUN_SECONDS = 300
ROOT = Path(grading.__file__).resolve().parent.parent
ENVIRONMENT = {"COURSE_PROFILE": "smoke", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT)}


def verify(lesson, course):
    """What is wrong with the student version of ``lesson``: a list of sentences, empty if nothing.

    Args:
        course: a ``grading.Course``.
    """
    student = release.student_version(lesson)
    faults = parses(student)
    faults += leaks(lesson, student)
    faults += rubric_leaks(lesson, student)
    faults += goes_back(lesson, student)
    faults += stubs_fail(lesson, student, course)
    faults += stops_at_first(lesson, student)
    faults += package_leaks(lesson, course.of(lesson))
    if release.text_of(student) != release.text_of(release.student_version(lesson)):
        faults.append("two releases differ")
    return faults


def parses(student):
    """(a) Each code cell of the student version parses."""
    faults = []
    for index, cell in enumerate(student["cells"]):
        if cell["cell_type"] == "code":
            try:
                ast.parse(source(cell))
            except SyntaxError as error:
                faults.append(f"student cell {index} does not parse: {error}")
    return faults


def leaks(lesson, student):
    """(b) Nothing of a solution is left: compared with the lesson, not with a list of markers."""
    faults = []
    texts = list(_strings(student))
    for exercise in lesson.exercises:
        for line in sorted(solution_texts(lesson.references[exercise.id])):
            if any(line in _squeezed(text) for text in texts):
                faults.append(f"exercise {exercise.id}: the solution's {line!r} is still there")
    first = min((exercise.cell for exercise in lesson.exercises), default=len(lesson.cells))
    later = lesson.cells[first:]
    outputs = {digest(out) for cell in later for out in cell.get("outputs", ())}
    kept = [out for cell in student["cells"] for out in cell.get("outputs", ())]
    faults += ["an output of a later cell is left" for out in kept if digest(out) in outputs]
    early = [cell for cell in lesson.cells[:first] if "keep" in tags(cell)]
    allowed = {digest(out) for cell in early for out in cell["outputs"]}
    if any(digest(out) not in allowed for out in kept):
        faults.append("an output is left of a cell without the tag keep")
    if "widgets" in student["metadata"]:
        faults.append("the state of widgets is left")
    for index, cell in enumerate(student["cells"]):
        if cell.get("attachments"):
            faults.append(f"student cell {index} has an attachment: look at what it shows")
        if "solution" in " ".join(tags(cell)):
            faults.append(f"student cell {index}: its metadata speak of the solution")
    return faults


def rubric_leaks(lesson, student):
    """(b) No sentence of a model answer stands in the student version."""
    text = _squeezed(" ".join(_strings(student)))
    faults = []
    for one in rubric.of(lesson):
        sentences = re.split(r"(?<=[.:;?]) ", _squeezed(one.text))
        found = [part for part in sentences if len(part) >= LEAST_SENTENCE and part in text]
        faults += [f"question {one.id}: its rubric's {part!r} is there" for part in found]
    return faults


def solution_texts(text):
    """Lines and strings of the solutions in an exercise's cell, white space squeezed.

    Those that the cell shows outside its solutions too are no secret.
    """
    lines, inside = lines_of(text), set()
    for begin, end in regions(text):
        inside |= set(range(begin, end + 1))
    open_text = _squeezed("\n".join(line for i, line in enumerate(lines) if i not in inside))
    found = {_squeezed(line) for i, line in enumerate(lines) if i in inside}
    for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
        if token.type == tokenize.STRING and token.start[0] - 1 in inside:
            found.add(_squeezed(ast.literal_eval(token.string)))
    return {part for part in found if len(part) >= LEAST_CHARACTERS and part not in open_text}


def _squeezed(text):
    return re.sub(r"\s+", " ", str(text)).strip()


def _strings(value):
    """Every string in a notebook, sources joined."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield str(key)
            yield from _strings("".join(entry) if key in ("source", "text") else entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
    elif isinstance(value, str):
        yield value


def digest(output):
    """A fingerprint of a cell's output."""
    return hashlib.sha256(json.dumps(output, sort_keys=True).encode()).hexdigest()


def goes_back(lesson, student):
    """(e) Solutions put back give the lesson's sources and metadata, byte for byte."""
    wanted = [{"source": source(cell), "metadata": cell["metadata"]} for cell in lesson.cells]
    try:
        found = release.restore(student, lesson)
    except (ValueError, IndexError) as error:
        return [f"the solutions cannot be put back: {error}"]
    if len(found) != len(wanted):
        return [f"put back it has {len(found)} cells, the lesson {len(wanted)}"]
    pairs = enumerate(zip(found, wanted, strict=True))
    return [f"put back, cell {index} is another" for index, (one, two) in pairs if one != two]


def stubs_fail(lesson, student, course):
    """(d) Every check fails on its stub, and says kindly that it is not written yet."""
    notebook = json.loads(release.text_of(student))
    outcomes = grading.grade(lesson, notebook, course, safe=False)
    return [
        f"exercise {entry['id']}: on the stub its check says {entry['mistake'] or 'right'!r}"
        for entry in outcomes
        if entry["verdict"] != "not written" or f"Exercise {entry['id']}: " not in entry["mistake"]
    ]


def stops_at_first(lesson, student):
    """(c) From the top it runs to the first exercise and stops there, with its number."""
    code = [source(cell) for cell in student["cells"] if cell["cell_type"] == "code"]
    first = lesson.exercises[0]
    script = "\n\n".join(code[: _check_place(lesson, first) + 1])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT / "notebooks",
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    told = done.stderr.strip().splitlines()[-12:]
    if done.returncode == 0:
        return [f"it runs past exercise {first.id} without a word"]
    if f"Exercise {first.id}: " not in "\n".join(told):
        return [f"it stops elsewhere than at exercise {first.id}: {' | '.join(told[-3:])}"]
    return []


def _check_place(lesson, exercise):
    """Index, among the code cells, of the cell that checks an exercise."""
    code = [i for i, cell in enumerate(lesson.cells) if cell["cell_type"] == "code"]
    return code.index(exercise.cell) + 1


def package_leaks(lesson, folder):
    """(f) Nothing that is left of the package, in ``folder``, answers an exercise by itself."""
    code = [ast.parse(source(cell)).body for cell in lesson.cells if cell["cell_type"] == "code"]
    asked = {
        "exercises": [(e.id, e.check, e.defines[0]) for e in lesson.exercises],
        "setup": [ast.unparse(node) for body in code for node in body if _defines(node)],
    }
    done = subprocess.run(
        [sys.executable, "-m", "homework.trial", str(folder)],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    if done.returncode:
        return [f"the package could not be tried: {done.stderr.strip()[-500:]}"]
    return [f"{what}: seal it" for what in json.loads(done.stdout.splitlines()[-1])]


def _defines(node):
    """True for an import, a definition, or a name for something that is there already."""
    if isinstance(node, ast.Assign):
        return not any(isinstance(part, ast.Call) for part in ast.walk(node.value))
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
