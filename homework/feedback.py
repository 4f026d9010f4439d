"""What comes out of a grading: scores.csv, a page for each student, a summary for the class.

Names, answers and messages come from outside: everything is escaped, and no page runs a script.
"""

import csv
import html
import io
import re
import unicodedata
from collections import Counter, defaultdict

from homework.lessons import number_of, source

MOST_CHARACTERS = 20_000  # of one answer in words
MOST_NAME = 120  # bytes of a page's name
STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #ffffff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { border: 1px solid #767676;
  padding: .3rem .6rem; text-align: left; vertical-align: top }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: .6rem;
  margin: 0 }
dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }
.right { border-left: 6px solid #00694a; padding-left: .8rem }
.wrong { border-left: 6px solid #b34700; padding-left: .8rem }
"""


def words(lesson, notebook):
    """The answers in words: a list of dicts id, of, question, answer."""
    asked = {reflection.id: reflection for reflection in lesson.reflections}
    found = {}
    for cell in notebook["cells"]:
        course = cell["metadata"].get("course")
        name = course.get("id") if isinstance(course, dict) else None
        if cell["cell_type"] == "markdown" and isinstance(name, str) and name in asked:
            found[name] = source(cell)
    made = []
    for name, reflection in asked.items():
        question = source(lesson.cells[reflection.cell])
        text = found.get(name, "")
        answer = text.partition("*Your answer:*")[2] if "*Your answer:*" in text else text
        answer = answer.strip()[:MOST_CHARACTERS]
        shown = re.sub(r"^#+ .*$", "", question.partition("*Your answer:*")[0], flags=re.M)
        shown = re.sub(r"\*\*Question [\d.]+\*\*|\*+", "", shown).strip()
        made.append({"id": name, "of": reflection.points, "question": shown, "answer": answer})
    return made


def scores(graded, unreadable, known):
    """The text of scores.csv: a line a student and lesson, a column an exercise."""
    columns = [exercise.id for lesson in known.values() for exercise in lesson.exercises]
    columns += [f"{question.id} (words)" for one in known.values() for question in one.reflections]
    used = {entry["lesson"] for entry in graded}
    columns = [name for name in columns if number_of(name) in used]
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["student", "lesson", "status", "points", "of", *columns, "remarks"])
    for entry in graded:
        points = {outcome["id"]: outcome["points"] for outcome in entry["outcomes"]}
        row = [_cell(entry["student"]), entry["lesson"], "graded", sum(points.values())]
        row += [known[entry["lesson"]].points, *(points.get(name, "") for name in columns)]
        table.writerow([*row, _cell("; ".join(entry["notes"]))])
    for entry in sorted(unreadable, key=lambda one: (one.student, one.where)):
        row = [_cell(entry.student), entry.lesson, "unreadable", "", "", *[""] * len(columns)]
        table.writerow([*row, _cell(f"{entry.where}: {entry.unreadable}")])
    return stream.getvalue()


def _cell(text):
    """Text that a spreadsheet will not take for a formula."""
    text = _plain(text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _plain(text):
    """Without control characters and unpaired surrogates, which files and pages cannot hold."""
    clean = (" " if unicodedata.category(c) == "Cc" else c for c in str(text))
    return "".join(clean).encode("utf-8", "replace").decode("utf-8")


def _safe(text):
    """Escaped for HTML; line breaks stay."""
    return html.escape("\n".join(_plain(line) for line in str(text).split("\n")))


def pages(graded, unreadable, known):
    """File name -> text of every student's feedback."""
    students = defaultdict(lambda: ([], []))
    for entry in graded:
        students[entry["student"]][0].append(entry)
    for entry in unreadable:
        students[entry.student][1].append(entry)
    made = {}
    for student in sorted(students):
        ours, theirs = students[student]
        made[_file_name(student, made)] = page(student, ours, theirs, known)
    return made


def _file_name(student, taken):
    """A file name for a student that no path, and no other student's, is made of."""
    stem = re.sub(r"[^\w\- ]+", "_", _plain(student)).strip(" .").encode()[:MOST_NAME]
    stem = stem.decode("utf-8", "ignore").strip() or "student"
    name, count = f"{stem}.html", 2
    while name.lower() in {one.lower() for one in taken}:
        name, count = f"{stem} ({count}).html", count + 1
    return name


def page(student, graded, unreadable, known):
    """One student's feedback."""
    parts = [f"<h1>{_safe(student)}</h1>"]
    for entry in graded:
        points = sum(outcome["points"] for outcome in entry["outcomes"])
        lesson = known[entry["lesson"]]
        title = f"Lesson {_safe(lesson.number)}: {points} of {lesson.points} points"
        parts.append(f"<h2>{title}</h2>")
        parts += [f"<p>{_safe(note)}</p>" for note in entry["notes"]]
        parts += [_outcome(outcome) for outcome in entry["outcomes"]]
        parts.append(_words(entry["words"]))
    for entry in unreadable:
        parts.append(f"<h2>Not graded: {_safe(entry.where)}</h2><p>{_safe(entry.unreadable)}.</p>")
    return _page(student, "\n".join(parts))


def _outcome(outcome):
    right = outcome["verdict"] == "right"
    lines = [f'<section class="{"right" if right else "wrong"}">']
    head = f"Exercise {outcome['id']}: {outcome['points']} of {outcome['of']} points"
    lines.append(f"<h3>{_safe(head)} ({_safe(outcome['verdict'])})</h3>")
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
    if not answers:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{_safe(one['id'])}</th><td>{_safe(one['question'])}</td>"
        f"<td><pre>{_safe(one['answer'] or '(no answer)')}</pre></td>"
        f"<td>&nbsp; / {one['of']}</td></tr>"
        for one in answers
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("", "question", "answer", "points"))
    return f"<h3>Answers in words</h3><table><tr>{head}</tr>{rows}</table>"


def summary(graded, unreadable, known, seed):
    """The class at a glance: mean points, commonest mistakes, files that could not be read."""
    parts = [f"<h1>Summary</h1><p>{len(graded)} graded submissions; seed {seed}.</p>"]
    for number, lesson in known.items():
        ours = [entry for entry in graded if entry["lesson"] == number]
        if not ours:
            continue
        rows = []
        for exercise in lesson.exercises:
            got = [o for entry in ours for o in entry["outcomes"] if o["id"] == exercise.id]
            mean = sum(one["points"] for one in got) / len(got) if got else 0
            named = Counter(one["mistake"] for one in got if one["mistake"])
            often = "".join(
                f"<li>{count} x {_safe(text)}</li>" for text, count in named.most_common(3)
            )
            rows.append(
                f"<tr><th scope='row'>{_safe(exercise.id)}</th><td>{mean:.2f} of "
                f"{exercise.points}</td><td><ul>{often}</ul></td></tr>"
            )
        head = "<th scope='col'>exercise</th><th scope='col'>mean points</th>"
        head += "<th scope='col'>commonest mistakes</th>"
        parts.append(f"<h2>Lesson {_safe(number)}: {len(ours)} submissions</h2>")
        parts.append(f"<table><tr>{head}</tr>{''.join(rows)}</table>")
    if unreadable:
        rows = "".join(
            f"<tr><td>{_safe(one.student)}</td><td>{_safe(one.where)}</td>"
            f"<td>{_safe(one.unreadable)}</td></tr>"
            for one in unreadable
        )
        head = "".join(f"<th scope='col'>{name}</th>" for name in ("student", "file", "reason"))
        parts.append(f"<h2>Not graded</h2><table><tr>{head}</tr>{rows}</table>")
    doubles = [(entry, note) for entry in graded for note in entry["notes"]]
    if doubles:
        rows = "".join(f"<li>{_safe(e['student'])}: {_safe(note)}</li>" for e, note in doubles)
        parts.append(f"<h2>Several files</h2><ul>{rows}</ul>")
    return _page("Summary", "\n".join(parts))


def _page(title, body):
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{_safe(title)}</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )
