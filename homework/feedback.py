"""What a class reads: a page for each student, a summary for the instructor.

Names, answers and messages come from outside: everything is escaped, and no page runs a script.
"""

import re
from collections import defaultdict

from homework import clean, misconceptions, rendering, totals
from homework.pages import safe as _safe
from homework.pages import table as _table
from homework.pages import whole as _page

MOST_NAME = 120  # bytes of a page's name
MOST_LISTED = 200  # rows of a table of problems
MOST_OF_ONE = 20  # files of one student
WHO = (
    "A share is of the students who wrote an answer to the exercise; of what was not written, it "
    "is of all who handed in the lesson. No student is named here. Whose mistake it was stands on "
    "the student's own page in feedback/. In scores.csv they have less than all points for the "
    "exercise, as do those who wrote nothing; points that you gave by hand stand in their place."
)


def pages(graded, unreadable, known):
    """(file name, text) of every student's feedback, one at a time."""
    students = defaultdict(lambda: ([], []))
    for entry in graded:
        students[entry["student"]][0].append(entry)
    for entry in unreadable:
        students[entry.student][1].append(entry)
    taken = {}
    for student in sorted(students):
        ours, theirs = students[student]
        yield _file_name(student, taken), page(student, ours, theirs, known)


def _file_name(student, taken):
    """A file name for a student that no path, and no other student's, is made of.

    Args:
        taken: names in small letters -> the number that is tried next; this one is put in.
    """
    stem = re.sub(r"[^\w\- ]+", "_", clean.line(student)).strip(" .").encode()[:MOST_NAME]
    stem = stem.decode("utf-8", "ignore").strip() or "student"
    name = f"{stem}.html"
    first = name.lower()
    while name.lower() in taken:
        taken[first] += 1
        name = f"{stem} ({taken[first]}).html"
    taken[name.lower()] = 1
    return name


def page(student, graded, unreadable, known):
    """One student's feedback."""
    parts = [f"<h1>{_safe(student)}</h1>"]
    for entry in graded:
        lesson = known[entry["lesson"]]
        parts.append(f"<h2>Lesson {_safe(lesson.number)}: {_points(lesson, entry)}</h2>")
        parts.append(f"<p>{_safe(entry['late'])}.</p>" if "late" in entry else "")
        parts.append(rendering.markdown(entry["comment"]) if "comment" in entry else "")
        parts += [f"<p>{_safe(note)}</p>" for note in entry["notes"]]
        parts += [_outcome(outcome) for outcome in entry["outcomes"]]
        parts.append(_words(entry["words"]))
    for entry in unreadable[:MOST_OF_ONE]:
        parts.append(f"<h2>Not graded: {_safe(entry.where)}</h2><p>{_safe(entry.unreadable)}.</p>")
    return _page(student, "\n".join(parts))


def _points(lesson, entry):
    """Points by program, and those in words apart, as long as they are not given."""
    given, off = totals.marked(entry), totals.penalty(entry)
    more = sum(one["of"] for one in entry["words"]) - sum(one["of"] for one in given)
    text = f"{totals.shown(totals.exercises(entry))} of {lesson.points} points"
    by_hand = [one["points"] for one in entry["outcomes"] if "changed" in one]
    text += f", {totals.shown(sum(by_hand))} of them by hand" if by_hand else " by program"
    if given or off:
        parts = [f"{totals.shown(totals.exercises(entry))} for exercises"]
        parts += [f"{totals.shown(totals.in_words(entry))} in words"] if given else []
        parts += [f"{totals.shown(off)} taken off"] if off else []
        total, of = totals.shown(totals.total(entry)), totals.of(entry, lesson)
        text = f"{total} of {of} points ({', '.join(parts)})"
    if more:
        name = "point is" if more == 1 else "points are"
        text += f"; {more} more {name} for answers in words, which your instructor gives"
    return text


def _outcome(outcome):
    right = outcome["verdict"] == "right"
    lines = [f'<section class="{"right" if right else "wrong"}">']
    points = totals.shown(outcome["points"])
    head = f"Exercise {outcome['id']}: {points} of {outcome['of']} points"
    lines.append(f"<h3>{_safe(head)} ({_safe(outcome['verdict'])})</h3>")
    if "changed" in outcome:
        old, why = totals.shown(outcome["changed"]["from"]), outcome["changed"]["reason"]
        lines.append(f"<p>By your instructor, in place of {old}: {_safe(why)}</p>")
    if right:
        lines.append(f"<p>{_safe(outcome['note'])}</p>" if outcome["note"] else "")
        lines.append(f"<p>{_safe(outcome['verified'])}</p>")
    else:
        named = [("mistake", "Mistake"), ("checked", "Checked")]
        named += [("expected", "Expected"), ("received", "Received")]
        rows = (
            f"<dt>{label}</dt><dd><pre>{_safe(outcome[key])}</pre></dd>"
            for key, label in named
            if outcome[key] and (key == "mistake" or outcome["verdict"] == "wrong")
        )
        lines.append(f"<dl>{''.join(rows)}</dl>")
    if outcome["printed"]:
        lines.append(f"<p>It printed {outcome['printed']:,} bytes, which nobody reads.</p>")
    return "\n".join([*lines, "</section>"])


def _words(answers):
    """The answers in words, below each other."""
    parts = ["<h3>Answers in words</h3>"] if answers else []
    for one in answers:
        given = rendering.markdown(one["answer"]) if one["answer"] else "<p>(no answer)</p>"
        points = totals.shown(one["points"]) if one.get("points") is not None else "&nbsp;"
        head = f"Question {one['id']}: {points} of {one['of']} points, by your instructor"
        parts.append(f'<section class="words"><h4>{head}</h4>')
        parts.append(f"{rendering.markdown(one['question'])}<blockquote>{given}</blockquote>")
        for tried in one["tried"]:
            parts.append(f"<p>Tried:</p><pre>{_safe(tried['source'])}</pre>")
            parts.append(
                f"<p>Output:</p><pre>{_safe(tried['output'])}</pre>" * bool(tried["output"])
            )
        parts.append("</section>")
    return "\n".join(parts)


def summary(graded, unreadable, known, seed):
    """The class at a glance: mean points, and what it misunderstood; it names no student."""
    parts = [f"<h1>Summary</h1><p>{_files(graded)} graded submissions; seed {seed}.</p>"]
    parts.append(f"<p>{WHO}</p>")
    results = {one.id: one for one in misconceptions.of(graded, known)}
    for number, lesson in known.items():
        ours = [entry for entry in graded if entry["lesson"] == number]
        if not ours:
            continue
        rows = []
        for exercise in lesson.exercises:
            got = [o for entry in ours for o in entry["outcomes"] if o["id"] == exercise.id]
            mean = sum(one["points"] for one in got) / len(got) if got else 0
            one = results.get(exercise.id)
            right = f"{one.right} of {one.given}" if one else ""
            often = misconceptions.items(one) if one else ""
            rows.append(
                f"<tr><th scope='row'>{_safe(exercise.id)}</th><td>{mean:.2f} of "
                f"{exercise.points}</td><td>{right}</td><td><ul>{often}</ul></td></tr>"
            )
        rows += _question_rows(lesson, ours)
        head = "<th scope='col'>exercise</th><th scope='col'>mean points</th>"
        head += "<th scope='col'>right</th><th scope='col'>what was misunderstood</th>"
        told = f"Lesson {_safe(number)}: {_files(ours)} submissions"
        told += f" of {len(ours)} students" if _files(ours) < len(ours) else ""
        parts.append(f"<h2>{told}</h2>")
        table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
        parts.append(f'<div class="wide">{table}</div>{_all_in_all(ours)}')
    count = len(unreadable)
    if count:
        names = "file" if count == 1 else "files"
        parts.append(f"<p>{count} {names} could not be graded: see problems.html.</p>")
    return _page("Summary", "\n".join(parts))


def _files(entries):
    """The number of files: one that counts for a whole group is one."""
    return len({(e["lesson"], e.get("by", e["student"]), e.get("where")) for e in entries})


def problems(graded, unreadable):
    """For the instructor alone: what could not be graded, and whose; with students' names."""
    parts = ["<h1>Problems</h1>"]
    rows = [
        f"<tr><td>{_safe(one.student)}</td><td>{_safe(one.where)}</td>"
        f"<td>{_safe(one.unreadable)}</td></tr>"
        for one in unreadable[:MOST_LISTED]
    ]
    parts.append(_table("Not graded", ("student", "file", "reason"), rows, len(unreadable)))
    stumbled = [(e, o) for e in graded for o in e["outcomes"] if o["fault"]]
    rows = [
        f"<tr><td>{_safe(e['student'])}</td><td>{_safe(o['id'])}</td><td>{_safe(o['fault'])}</td></tr>"
        for e, o in stumbled[:MOST_LISTED]
    ]
    names = ("student", "exercise", "error")
    parts.append(_table("Checks that stumbled", names, rows, len(stumbled)))
    doubles = [(entry, note) for entry in graded for note in entry["notes"]]
    rows = [
        f"<tr><td>{_safe(e['student'])}</td><td>{_safe(note)}</td></tr>"
        for e, note in doubles[:MOST_LISTED]
    ]
    parts.append(_table("Several files", ("student", "which"), rows, len(doubles)))
    if not any(parts[1:]):
        parts.append("<p>There are none: each file was graded, and nobody handed in two.</p>")
    return _page("Problems", "\n".join(parts))


def _question_rows(lesson, entries):
    """A row of the summary for each question in words that has points by now."""
    rows = []
    for question in lesson.reflections:
        got = [o["points"] for e in entries for o in totals.marked(e) if o["id"] == question.id]
        if got:
            mean = f"{sum(got) / len(got):.2f} of {question.points}"
            name = f"<th scope='row'>{_safe(question.id)} (words)</th>"
            rows.append(f"<tr>{name}<td>{mean}</td><td></td><td>{len(got)} have points</td></tr>")
    return rows


def _all_in_all(entries):
    """What the class has in the mean, and who is late."""
    mean = sum(totals.total(entry) for entry in entries) / len(entries)
    late = sum("late" in entry for entry in entries)
    changed = sum("changed" in outcome for entry in entries for outcome in entry["outcomes"])
    return f"<p>Mean points in all: {mean:.2f}; {late} late, {changed} changed by hand.</p>"
