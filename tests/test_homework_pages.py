"""What is written and printed of strangers' words: pages, scores, lines of a terminal."""

import csv
import io
import json
import random
import re
import time
import unicodedata
from pathlib import Path

import pytest
import submissions as made

import homework
from homework import clean, feedback, lessons, release, rendering, scores, untrusted, words

BIDI = "\u202e\u2066\u200f"
NASTY = f"\x1b]0;owned\x07\x1b[2J{BIDI}\u2028\u2029\r\x00\ud800\ufeff\x85\x9b31m"
UNFIT = ("Cc", "Cf", "Cs", "Zl", "Zp")


def is_fit(text):
    return all(c == "\n" or unicodedata.category(c) not in UNFIT for c in text)


# Words


def test_no_escape_sequence_is_printed(capsys):
    clean.say(f"a{NASTY}b\n{NASTY}")
    clean.say_all([f"{NASTY}{number}" for number in range(100)])
    found = capsys.readouterr()
    assert is_fit(found.out) and is_fit(found.err)
    assert len(found.err.splitlines()) == clean.MOST_LINES + 1
    assert found.err.endswith("and 80 more\n")


def test_a_printed_line_is_bounded(capsys):
    clean.say("x" * 10**7)
    assert len(capsys.readouterr().out) < 1_100


def test_nothing_is_printed_another_way():
    """Every word of the grader goes through ``clean.say``."""
    for path in Path(homework.__file__).parent.glob("*.py"):
        if path.name not in ("clean.py", "trial.py"):  # which speaks to verify.py alone
            found = re.findall(r"\bprint\(|std(?:out|err)\.write", path.read_text("utf-8"))
            assert not found, path.name


def test_names_stay_apart_when_they_are_cleaned_or_cut():
    ways = ["bob", "bob\u200b", "bob\u202e", "bob\x1b", "x" * 500 + "1", "x" * 500 + "2"]
    ways += ["bob ", "bob  ", "b ob", "b  ob", "x" * 99 + "e\u0301" * 300]
    assert len({clean.name(one, 100) for one in ways}) == len(ways)
    assert all(len(clean.name(one, 100)) <= 105 for one in ways)
    assert clean.name("Zoe\u0308", 100) == clean.name("Zo\u00eb", 100) == "Zo\u00eb"


# Scores


FORMULAS = [
    f"x{separator}{gap}{sign}cmd|' /C calc'!A0.ipynb"
    for separator in (";", "\t", "|", "\r", "\n", "\r\n", '"', '",', ",", "\x0b", "\u2028")
    for sign in "=+-@\uff1d"
    for gap in ("", " ", '"')
]


def by_hand(reason):
    """An exercise whose points the instructor changed."""
    return {"id": "1.1", "points": 1, "of": 2, "changed": {"from": 0, "reason": reason}}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_spreadsheet_takes_a_name_for_a_formula(separator):
    """Whatever it takes for the separator, with quotes or without."""
    entries = [
        {"student": name, "lesson": "01", "notes": [name], "outcomes": [by_hand(name)]}
        for name in FORMULAS
    ]
    text = scores.table(entries, [], {"01": made.LESSON})
    assert len(text.splitlines()) == len(FORMULAS) + 1
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        for row in csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting):
            for cell in row:
                assert cell.strip(" \"'")[:1] == "" or cell.strip(' "')[0] not in "=+-@\uff1d", cell


def test_a_name_like_any_other_stays_as_it_is():
    entry = {"student": "Lee-Smith, Ann", "lesson": "01", "notes": [], "outcomes": []}
    [_, row] = csv.reader(io.StringIO(scores.table([entry], [], {"01": made.LESSON})))
    assert row[0] == "Lee-Smith, Ann"


def test_what_an_instructor_typed_stays_as_it_is():
    reason = 'see 3; the sign | of "z" is 1 - p, not "p"; half the points'
    entry = {"student": "ann", "lesson": "01", "notes": ["a;b"], "outcomes": [by_hand(reason)]}
    text = scores.table([entry], [], {"01": made.LESSON})
    [_, row] = csv.reader(io.StringIO(text))
    assert row[-1] == f"a,b, 1.1: 1 by hand, not 0: {reason}"
    assert text.endswith(f',"{row[-1]}"\n'.replace('"z"', '""z""').replace('"p"', '""p""'))


# Markdown and formulas


def test_markdown_and_formulas_are_rendered():
    text = rendering.markdown(
        "The *rate* is **low**: $\\frac{1}{2} a_i$\n\n- one\n- `two`\n\n$$x^2$$"
    )
    assert "<em>rate</em>" in text and "<strong>low</strong>" in text and "<li>one</li>" in text
    assert "<mfrac><mrow><mn>1</mn></mrow>" in text and "<msub><mi>a</mi>" in text
    assert 'display="block"' in text and "<code>two</code>" in text and "$" not in text


def test_a_table_is_rendered_with_what_stands_in_it():
    text = rendering.markdown("| model | nats |\n|:--|--:|\n| *one* | $x_1$ |\n| `two` | 2 |\n")
    assert text.count("<tr>") == 3 and "<th>nats</th>" in text and "<td><em>one</em></td>" in text
    assert "<td><code>two</code></td>" in text and "<msub>" in text and "style" not in text


def test_code_keeps_its_lines_and_nothing_in_it_is_rendered():
    text = rendering.markdown("```python\nz = $x$  # **a**\n<b>\n```\n\n    four <i>\n")
    assert "<pre><code>z = $x$  # **a**\n&lt;b&gt;\n</code></pre>" in text
    assert "<pre><code>four &lt;i&gt;" in text and "<math" not in text


def test_names_of_functions_stand_apart_as_in_tex():
    space = f'<mspace width="{rendering.THIN}" />'
    assert f"<mi>log</mi>{space}<mi>p</mi>" in rendering.formula(r"\log p(x)")
    assert f"</mfrac>{space}<mi>log</mi>{space}<mn>5</mn>" in rendering.formula(r"\frac12\log5")
    assert f"</msub>{space}<mi>K</mi>" in rendering.formula(r"\log_2 K")
    assert "mspace" not in rendering.formula(r"-\log(x)") + rendering.formula("a_i b")
    assert '<mo form="prefix">' in rendering.formula("-")  # before a word: $-$ELBO


def test_every_formula_of_the_lessons_is_rendered():
    count = 0
    for lesson in lessons.all_lessons():
        for reflection in lesson.reflections:
            question = lessons.source(lesson.cells[reflection.cell])
            text = rendering.markdown(question)
            assert "$" not in text, question
            count += text.count("<math ")
    assert count > 5


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://192.0.2.1/x.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1) 'a\" onclick=\"b')",
    '[x](http://a.b/" onmouseover="alert(1))',
    '<http://a.b/"onclick=x>',
    "[x]: http://a.b\n\n[x]",
    '```"><script>\n</script>\n```',
    "# <b>x</b>",
    "a <!-- b --> <![CDATA[ c ]]> <?php ?>",
    "$\\text{<script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\class{a}{x} \\style{background:url(http://a.b)}{y} \\id{q}{z}$",
    "$\\text{&lt;script&gt;}$",
    "$$\n</math><script>\n$$",
    "$\\unicode{x3c}script$",
    "&lt;script&gt; &#60;script&#62;",
    '| a" onclick="x | <b> |\n|:--|--:|\n| <script>x</script> | [y](javascript:z) |',
    "| a |\n|---|\n| $\\href{javascript:x}{y}$ ![p](http://192.0.2.1) |",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_no_answer_becomes_a_tag_of_its_own(text):
    shown = rendering.markdown(text)
    tags = set(re.findall(r"<([^\s/>]+)", shown))
    plain = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr"}
    plain |= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert tags <= plain | rendering.TAGS, shown
    shown = shown.replace('<div class="wide">', "")
    attributes = set(re.findall(r'<[^>]*?\s([\w:]+)="', shown))
    assert attributes <= {"xmlns", *rendering.ATTRIBUTES}, shown


def test_a_formula_that_cannot_be_read_is_shown_as_text():
    for text in ("{" * 500, "a_b_c", "\\left(", "x" * 5_000, "\\newcommand{\\a}{\\a\\a}\\a"):
        assert rendering.markdown(f"so ${text}$ it is") == (
            f"<p>so <code>${text}$</code> it is</p>\n"
        )


TOKENS = ["*", "_", "[", "]", "(", ")", "`", "![", "](", "<", "\n", "\n\n", "> ", "- ", "1. ", "a"]
TOKENS += [
    "|a|\n|-|\n",
    "|-|",
    " ",
    "&",
    "\\",
    "$",
    "$$",
    "~~",
    "|",
    "#",
    "    ",
    "<a ",
    "]: ",
    '"',
    "</",
    "<!--",
    "{",
]


def test_hostile_markdown_costs_little():
    """400 texts as long as one that is rendered may be, of the pieces that parsers trip over."""
    rng, slowest = random.Random(3), 0.0
    for _ in range(400):
        piece = "".join(rng.choices(TOKENS, k=rng.randint(1, 4)))
        text = (piece * rendering.MOST_RENDERED)[: rendering.MOST_RENDERED]
        start = time.process_time()
        rendering.markdown(text)
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 1.0


def test_a_longer_text_is_shown_as_it_is():
    text = "**a** <b>" * 5_000
    assert rendering.markdown(text).startswith("<pre>**a** &lt;b&gt;")


# Answers in words


def answered(answer="", cells=(), question="1.9"):
    """The student version with an answer, and cells after the question."""
    notebook = made.blank()
    place = next(
        i
        for i, c in enumerate(notebook["cells"])
        if c["metadata"].get("course", {}).get("id") == question
    )
    notebook["cells"][place]["source"] += f"\n{answer}"
    notebook["cells"][place + 1 : place + 1] = cells
    return untrusted.notebook(json.dumps(notebook).encode())


def ran(source, *outputs):
    return made.code(source) | {"outputs": list(outputs)}


def test_what_was_tried_after_a_question_is_shown():
    cells = [
        ran(
            "print(evaluate(model))",
            {"output_type": "stream", "name": "stdout", "text": ["rate 1.27\n", "gap .1\n"]},
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"text/plain": "<Figure>", "image/png": "AAAA", "text/html": "<b>no</b>"},
            },
            {"output_type": "error", "ename": "x", "evalue": "y", "traceback": ["z"]},
        ),
        ran("1 + 1", {"output_type": "execute_result", "data": {"text/plain": ["2"]}}),
        {"cell_type": "markdown", "metadata": {}, "source": "## Another heading"},
        ran("3", {"output_type": "stream", "text": "not this"}),
    ]
    notebook = answered("It reaches **1.263**, as $\\frac12 \\log 12.5$.", cells)
    one, two = words.answers(made.LESSON, notebook)
    assert (one["id"], one["tried"], one["answer"]) == ("1.8", [], "")
    assert two["tried"] == [
        {"source": "print(evaluate(model))", "output": "rate 1.27\ngap .1\n<Figure>"},
        {"source": "1 + 1", "output": "2"},
    ]
    entry = {"student": "ann", "lesson": "01", "notes": [], "outcomes": [], "words": [one, two]}
    page = feedback.page("ann", [entry], [], {"01": made.LESSON})
    assert "rate 1.27\ngap .1\n&lt;Figure&gt;" in page and "<strong>1.263</strong>" in page
    assert "<mfrac>" in page and "AAAA" not in page and "not this" not in page


def test_of_a_copied_question_the_last_with_an_answer_counts():
    """Jupyter copies a cell with its metadata; one that was handed out holds no answer."""
    notebook = json.loads(json.dumps(release.student_version(made.LESSON)))
    for number in range(len(made.LESSON.reflections)):
        assert words.answers(made.LESSON, notebook)[number]["answer"] == ""
    questions = [cell for cell in notebook["cells"] if "reflection" in lessons.tags(cell)]
    for cell in questions:
        place = notebook["cells"].index(cell)
        notebook["cells"].insert(place, cell | {"source": lessons.source(cell) + "\n\nBoth."})
    assert all(one["answer"].endswith("Both.") for one in words.answers(made.LESSON, notebook))


def test_points_in_words_are_counted_apart():
    entry = {"student": "ann", "lesson": "01", "notes": [], "outcomes": []}
    entry["words"] = words.answers(made.LESSON, answered())
    page = feedback.page("ann", [entry], [], {"01": made.LESSON})
    told = (
        "0 of 19 points by program; 4 more points are for answers in words, which your instructor"
    )
    assert told in page and "raw Markdown **" not in page


def test_answers_and_outputs_are_bounded_and_cleaned():
    flood = {"output_type": "stream", "text": ["x" * 1_000] * 5_000}
    cells = [ran("y" * 30_000, flood, {"output_type": "stream", "text": NASTY})] * 100
    [_, two] = words.answers(made.LESSON, answered(NASTY + "a" * 10**6, cells))
    assert len(json.dumps(two)) < 100_000 and len(two["tried"]) == words.MOST_TRIED
    assert is_fit(two["answer"]) and all(is_fit(one["output"]) for one in two["tried"])


@pytest.mark.parametrize(
    "outputs",
    [3, None, {}, [3], [None], [{}], [{"output_type": "stream"}], [{"data": 3}]]
    + [[{"data": {"text/plain": {"a": 1}}}], [{"output_type": "stream", "text": [3, None, "a"]}]],
)
def test_odd_outputs_do_no_harm(outputs):
    cell = made.code("1") | {"outputs": outputs}
    [_, two] = words.answers(made.LESSON, answered("x", [cell]))
    assert two["tried"][0]["output"] in ("", "a")


# Pages


def test_file_names_of_feedback_are_tame_and_distinct():
    taken = {}
    students = ["\U00020000" * 300, "../../x", "x/y", "x\\y", "a" * 500, "", "con\0trol", "X_y"]
    students += ["\u00fcn\u00ef 'q'", ".", "x_y (2)", "x;y", "x:y"]
    names = [feedback._file_name(student, taken) for student in students]
    assert all(not set("/\\\0") & set(name) and len(name.encode()) < 150 for name in names)
    assert len({name.lower() for name in names}) == len(students)


def test_many_names_alike_cost_little():
    taken, start = {}, time.process_time()
    names = {feedback._file_name(f"x{mark}y", taken) for mark in [";", ":"] * 5_000}
    assert len(names) == 10_000 and time.process_time() - start < 2


def test_no_text_from_outside_is_markup():
    texts = ("mistake", "checked", "expected", "received", "note", "fault")
    outcome = dict.fromkeys(texts, "<i>&\x00\ud800\x1b")
    outcome |= {"id": "1.1", "points": 0, "of": 2, "verdict": "wrong", "printed": 3, "verified": ""}
    entry = {"student": "<i>", "lesson": "01", "notes": ["<i>"], "outcomes": [outcome]}
    tried = [{"source": "<i>", "output": "<i>\x1b"}]
    entry["words"] = [{"id": "1.8", "of": 2, "question": "<i>", "answer": "<i>", "tried": tried}]
    text = feedback.page("<i>", [entry], [], {"01": made.LESSON})
    assert "<i>" not in text and text.count("&lt;i&gt;") >= 10 and is_fit(text)
    summed = feedback.summary([entry], [], {"01": made.LESSON}, 3)
    assert "<i>" not in summed and "(1 of 1): &lt;i&gt;" in summed and is_fit(summed)
    listed = feedback.problems([entry], [])
    assert "<i>" not in listed and "Checks that stumbled" in listed and is_fit(listed)


def test_no_page_asks_the_network_or_runs_a_script():
    text = feedback.page("ann", [], [], {})
    assert "default-src 'none'" in text and "<script" not in text
