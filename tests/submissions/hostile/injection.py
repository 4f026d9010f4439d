"""Words that become something else: in a terminal, a table, a page, a file's name, a log."""

import json

import submissions as made
from submissions.hostile import Files, body
from submissions.hostile.exhaustion import in_words
from submissions.hostile.neighbours import NAME, text_of
from submissions.hostile.points import SOCKET

ESCAPES = "\x1b]8;;http://192.0.2.1\x07click\x1b]8;;\x07\x1b[2J\x1b[31m\x9b31m\x07"
BIDI = "\u202eevil\u2066\u2069\u200f\u061c\ufeff\u200b\U000e0041"
FORMULA = '=HYPERLINK("http://192.0.2.1";"click")'
MARKUP = "</pre></dd></dl></section><script>alert(1)</script><img src=x onerror=alert(1)>"
STYLED = "</style><style>@import 'http://192.0.2.1/x.css'; * { display: none }</style>"
LINKS = (
    "[a](javascript:alert(1)) ![b](http://192.0.2.1/x.png) <http://192.0.2.1> "
    "[c]: http://192.0.2.1 'x'\n[c] <a href=http://192.0.2.1>d</a> &#106;avascript: "
    "http://192.0.2.1/?<base href=http://192.0.2.1><meta http-equiv=refresh content=0>"
)
FORMULAS = (
    r"$\href{javascript:alert(1)}{x}$ $\text{</math><script>alert(1)</script>}$ "
    r"$$\style{background:url(http://192.0.2.1)}{x}$$ $\class{right}{x}$ $\unicode{x202e}$ "
    r"<math><mtext><img src=x onerror=alert(1)></mtext></math> $\cssId{a}{\require{html}}$"
)
RIGHT = "</h3></section><section class='right'><h3>Exercise 1.1: 2 of 2 points (right)</h3>"


def fails(exercise, words):
    """An answer that raises an error with the given text."""
    return body(exercise, f"raise ValueError({words!r})")


ATTACKS = {
    "a terminal's commands in an error": fails("1.2", ESCAPES),
    "the direction of writing in an error": fails("1.5", BIDI),
    "markup in an error": fails("1.4", MARKUP + STYLED),
    "a formula of a spreadsheet in an error": fails("1.2", f"{FORMULA}\t{FORMULA}\n{FORMULA}"),
    "bytes that no file holds in an error": fails("1.5", "\ud800\x00\udfff\ufffe" + "x" * 10_000),
    "the name of an error": body(
        "1.4",
        f"raise type({(ESCAPES + MARKUP + BIDI)!r}.replace(chr(0), ''), (Exception,), {{}})()",
    ),
    "keys of a result": body(
        "1.2", f"return {{{MARKUP!r}: torch.zeros(1), {ESCAPES!r}: torch.zeros(1)}}"
    ),
    "a failure made up whole": body(
        "1.5",
        "import sys\nCheckFailed = sys.modules['inside.remote'].CheckFailed\n"
        f"raise CheckFailed({RIGHT!r}, checked={ESCAPES!r}, expected={FORMULA!r},\n"
        f"    received={BIDI!r}, name={MARKUP!r}, written=False)",
    ),
    "a reply of other kinds than words": body(
        "1.4",
        SOCKET + "wire.send(mine[0], {'failed': {'mistake': [{'a': " + repr(MARKUP) + "}] * 9,\n"
        "    'checked': {'b': " + repr(ESCAPES) + "}, 'expected': 1e999, 'written': 'no',\n"
        "    'received': None}})",
    ),
    "a line of the answer's own code": body(
        "1.2", f"{MARKUP!r} + 1, {FORMULA!r}  # {BIDI} <script>alert(1)</script>"
    ),
    "the name of a function that it calls": body(
        "1.5",
        "def inner(): raise ValueError\ninner.__code__ = inner.__code__.replace(\n"
        f"    co_name={MARKUP!r}, co_filename={ESCAPES!r})\ninner()",
    ),
    "lines that pass for the grader's": fails(
        "1.4", "x\n13 graded in 1.0 s\r\nhomework: all is right\x85\u2028bob: 13 of 13\x0b"
    ),
}


def _cells(text):
    """A notebook that fails to be read, or to be used, by a text of its own."""
    notebook = made.blank()
    for cell in notebook["cells"]:
        if cell["metadata"].get("course", {}).get("id") == "1.2":
            cell["source"] = f"def gaussian_log_prob(:\n    {text!r}\n"
    return text_of(notebook)


def _of_lesson(text):
    notebook = made.blank()
    notebook["metadata"]["course"] = {"lesson": text}
    for cell in notebook["cells"]:
        cell["metadata"] = {"course": {"id": text}}
    return text_of(notebook)


def _with_output(text):
    """An answer in words, and below it a cell that was tried, with its output."""
    notebook = in_words("see below", "see below")
    last = [r.id for r in made.LESSON.reflections][-1]
    at = [c["metadata"].get("course", {}).get("id") for c in notebook["cells"]].index(last)
    output = {"output_type": "stream", "name": "stdout", "text": text}
    shown = {"output_type": "display_data", "data": {"text/html": text, "text/plain": text}}
    notebook["cells"].insert(at + 1, made.code(text) | {"outputs": [output, shown]})
    return text_of(notebook)


def _file_name(text):
    """A text as one part of a path, as far as a file system takes it."""
    return text.replace("/", "\u2215").replace("\0", "")[:60]


FILES = {
    "markup in the words": Files({f"eve 1/{NAME}": text_of(in_words(MARKUP + STYLED))}),
    "links in the words": Files({f"eve 2/{NAME}": text_of(in_words(LINKS))}),
    "commands in the formulas of the words": Files({f"eve 3/{NAME}": text_of(in_words(FORMULAS))}),
    "control characters in the words": Files(
        {f"eve 4/{NAME}": text_of(in_words(ESCAPES + BIDI + "\ud800"))}
    ),
    "markup in what was tried": Files({f"eve 5/{NAME}": _with_output(MARKUP + STYLED + ESCAPES)}),
    "a file whose name is a command": Files({f"eve 6/{_file_name(ESCAPES)}.ipynb": b"{"}),
    "a student whose name is a formula": Files(
        {f"{sign}cmd|' C'!A{at}/{NAME}": text_of(made.blank()) for at, sign in enumerate("=+-@")}
    ),
    "a student whose name is markup": Files(
        {f"{_file_name(MARKUP)}/{NAME}": text_of(made.blank())}
    ),
    "a student whose name turns round": Files({f"{BIDI}/{NAME}": text_of(made.blank())}),
    "a name of several lines and cells": Files(
        {f'eve\n"bob",01,graded,13;=1\t=1\r,|x{NAME}': text_of(made.blank())}
    ),
    "a formula after every separator": Files({"eve 7/x;=1+1,=1+1\t=1+1|=1+1.ipynb": b"{"}),
    "a lesson that is no number": Files(
        {
            f"eve 8/a{NAME}": _of_lesson(ESCAPES + MARKUP),
            f"eve 8/b{NAME}": _of_lesson("../../../etc/passwd"),
            f"eve 8/c{NAME}": json.dumps({"cells": {MARKUP: ESCAPES}}).encode(),
        }
    ),
    "a fault that shows the cell": Files({f"eve 9/{NAME}": _cells(MARKUP + ESCAPES + BIDI)}),
}
