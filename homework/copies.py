"""Answers that are equal beyond what was handed out, listed for the instructor: never judged.

It looks at the submissions themselves, not at grades, so a class that is graded in parts is
compared as a whole. See ``shapes.py`` for what makes two answers equal.
"""

import itertools
import os
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from homework import clean, gradebook, groups, lessons, loading, pages, release, shapes, submissions
from homework.scores import cell, text_of

LEAST_NODES = 30  # of an answer; a shorter one is often the same by necessity
FEW = 4  # students: what more of them share says little about two
MOST_SETS, MOST_PAIRS = 500, 200  # rows of the page; copies.csv has all sets
COLUMNS = ("lesson", "exercise", "set", "nodes", "students", "of", "own", "same_file", "student")
NOTE = (
    "Equal answers are a reason to look and to ask, and nothing more: an exercise with one good "
    "solution is solved in one way by many. Read how many students share an answer, how large it "
    "is, and what the two say about it. The list makes no judgement, and no grade depends on it."
)


@dataclass(frozen=True)
class Set:
    """Students whose answers to an exercise are equal beyond what was handed out.

    Attributes:
        lesson, exercise: such as ``01`` and ``1.2``. nodes: of the syntax tree beyond the stub.
        students: their names, sorted. of: students who answered the exercise.
        is_own: equal to the lesson's own solution too. is_one_file: their notebooks are the same
            file, byte for byte.
    """

    lesson: str
    exercise: str
    nodes: int
    students: tuple
    of: int
    is_own: bool
    is_one_file: bool


def run(asked):
    """The command ``copies``; returns its exit status."""
    known = {lesson.number: lesson for lesson in lessons.all_lessons()}
    entries = submissions.collect(asked.submissions)
    together = _together(groups.read(asked.to, sorted({entry.student for entry in entries})))
    readable = [entry for entry in entries if not entry.unreadable and entry.lesson in known]
    found, faults = _read(readable, known)
    sets = of(
        _apart(found, together),
        {number: _own(known[number]) for number in {e.lesson for e in readable}},
    )
    pairs = of_pairs(sets)
    folder = asked.to
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gradebook.write(folder / "copies.csv", table(sets))
        gradebook.write(folder / "copies.html", page(sets, pairs))
    except OSError as error:
        raise submissions.SubmissionsError(
            f"{folder}: cannot be written ({error.strerror})"
        ) from error
    students = len({entry.student for entry in readable})
    shared = sum(len(one.students) > 1 for one in sets)
    clean.say(
        f"{students} students; shared answers of {LEAST_NODES} nodes or more: {shared}; pairs of "
        f"students: {len(pairs)}: {folder}/copies.html, copies.csv"
    )
    faults += [f"{entry.where}: {entry.unreadable}" for entry in entries if entry.unreadable]
    clean.say_all([f"{fault}: not compared" for fault in faults])
    return 1 if faults else 0


def _read(readable, known):
    """(lesson, exercise) -> list of (student, digest of the file, shape); and what failed."""
    found, faults = defaultdict(list), []
    handed_out = {number: _handed_out(known[number]) for number in {e.lesson for e in readable}}

    def one(entry):
        cells, places = loading.cells_of(known[entry.lesson], entry.read())
        return shapes.of_notebook(cells, places, handed_out[entry.lesson])

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for entry, future in [(entry, pool.submit(one, entry)) for entry in readable]:
            try:
                made = future.result()
            except (shapes.ShapeError, submissions.Changed) as error:
                faults.append(f"{entry.where}: {error}")
                continue
            for exercise, shape in made.items():
                found[entry.lesson, exercise].append((entry.student, entry.digest, shape))
    return found, faults


def _together(found):
    """Student -> the name of the group that the student is in, and of the group itself."""
    return {one: group.name for group in found for one in (*group.own, *group.members)}


def _apart(found, together):
    """Of answers that members of one group share, one alone: they are expected to be equal."""
    kept = {}
    for key, answers in found.items():
        seen = {(together.get(one[0], one[0]), one[2]): one for one in reversed(answers)}
        kept[key] = [one for one in answers if seen[together.get(one[0], one[0]), one[2]] is one]
    return kept


def _handed_out(lesson):
    """Exercise id -> (names that it defines, source of its cell in the student version)."""
    return {
        one.id: (list(one.defines), release.stub(lesson.references[one.id], one))
        for one in lesson.exercises
    }


def _own(lesson):
    """Exercise id -> shape of the lesson's own solution."""
    return {
        name: shapes.shape(lesson.references[name], given)
        for name, (_, given) in _handed_out(lesson).items()
    }


def of(found, own):
    """The sets of equal answers of at least ``LEAST_NODES`` nodes, in the order of the lessons.

    A student alone is listed where the answer is the lesson's own.

    Args:
        found: (lesson, exercise) -> list of (student, digest of the file, shape).
        own: lesson -> exercise -> shape of the lesson's solution.
    """
    sets = []
    for (lesson, exercise), answers in sorted(found.items(), key=_order):
        alike = defaultdict(list)
        for student, digest, shape in answers:
            alike[shape].append((student, digest))
        for shape, members in alike.items():
            is_own = shape == own[lesson].get(exercise)
            if shape[1] < LEAST_NODES or not (len(members) > 1 or is_own):
                continue
            names = tuple(sorted(student for student, _ in members))
            files = {digest for _, digest in members}
            is_one_file = len(members) > 1 and len(files) == 1
            made = Set(lesson, exercise, shape[1], names, len(answers), is_own, is_one_file)
            sets.append(made)
    return sorted(sets, key=lambda one: (_place(one), len(one.students), -one.nodes, one.students))


def _order(item):
    (lesson, exercise), _ = item
    return lesson, int(exercise.partition(".")[2])


def _place(one):
    return one.lesson, int(one.exercise.partition(".")[2])


def of_pairs(sets):
    """Pairs of students who share answers that few share, those with the most to look at first.

    Answers that are the lesson's own are left out: two may have them from the same place.

    Returns:
        A list of (one, other, exercises, nodes in all).
    """
    exercises, nodes = defaultdict(list), Counter()
    for one in sets:
        if 2 <= len(one.students) <= FEW and not one.is_own:
            for pair in itertools.combinations(one.students, 2):
                exercises[pair].append(one.exercise)
                nodes[pair] += one.nodes
    pairs = sorted(exercises, key=lambda pair: (-len(exercises[pair]), -nodes[pair], pair))
    return [(*pair, exercises[pair], nodes[pair]) for pair in pairs]


def table(sets):
    """The text of copies.csv: a line for each student of each set."""
    rows = [COLUMNS]
    for number, one in enumerate(sets, start=1):
        told = [one.lesson, one.exercise, number, one.nodes, len(one.students), one.of]
        told += ["yes" * one.is_own, "yes" * one.is_one_file]
        rows += [[*told, cell(student)] for student in one.students]
    return text_of(rows)


def page(sets, pairs):
    """The text of copies.html, for the instructor alone."""
    parts = [f"<h1>Equal answers</h1><p>{NOTE}</p>"]
    parts.append(
        f"<p>Listed are answers of at least {LEAST_NODES} nodes of the syntax tree beyond what was "
        "handed out, without comments, layout and names of variables. An answer that equals the "
        "lesson's own solution stands among the sets below, and not among the pairs.</p>"
    )
    rows = [
        f"<tr><td>{pages.safe(one)}</td><td>{pages.safe(other)}</td>"
        f"<td>{len(shared)}: {pages.safe(', '.join(shared))}</td><td>{count}</td></tr>"
        for one, other, shared, count in pairs[:MOST_PAIRS]
    ]
    head = ("student", "student", "equal answers", "nodes in all")
    title = f"Pairs, by answers that at most {FEW} students share"
    parts.append(pages.table(title, head, rows, len(pairs)))
    rows = [_row(one) for one in sets[:MOST_SETS]]
    head = ("exercise", "nodes", "shared by", "remark", "students")
    parts.append(pages.table("Equal answers, by exercise", head, rows, len(sets)))
    if not sets:
        parts.append("<p>There are none.</p>")
    return pages.whole("Equal answers", "\n".join(parts))


def _row(one):
    remarks = ["as the lesson's own solution"] * one.is_own + ["one file"] * one.is_one_file
    names = ", ".join(pages.safe(student) for student in one.students)
    told = (one.nodes, f"{len(one.students)} of {one.of}", "; ".join(remarks), names)
    inner = "".join(f"<td>{text}</td>" for text in told)
    return f"<tr><th scope='row'>{pages.safe(one.exercise)}</th>{inner}</tr>"
