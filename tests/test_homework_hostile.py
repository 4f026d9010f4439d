"""Hostile submissions by the command ``grade``: they earn nothing, harm nobody, leave nothing.

Each class of them is graded as a class of students, with three honest ones among them.
"""

import csv
import importlib
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import submissions as made
from grader import without
from submissions import hostile
from submissions.hostile.exhaustion import SECONDS
from submissions.hostile.information import SECRET

from course_utils import settings
from homework import grading, sandbox

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
CLASSES = ("points", "neighbours", "information", "exhaustion", "injection")
HONEST = ("ann", "bob", "zed")  # the first, one in between, the last
ALL = sum(made.POINTS.values())
NAME = "01_vae_2d.ipynb"
PLAYED_BACK = "the visible check's right values played back"
GRADER_BYTES = 2**30  # of the process that grades a whole class, torch included
SANDBOX_BYTES = sandbox.MEMORY + sandbox.REST

MEASURED = settings.root() / "tests" / "measured.py"


def attacks(kind):
    return importlib.import_module(f"submissions.hostile.{kind}")


def packed(found):
    """Attacks in as few notebooks as keep them apart, with an honest exercise in each."""
    packs = []
    for name, attack in found.items():
        for pack in packs:
            taken = {one for other in pack for one in found[other].answers}
            apart = not taken & set(attack.answers) and len(taken | set(attack.answers)) < 5
            if apart and not attack.alone and not found[pack[0]].alone:
                pack.append(name)
                break
        else:
            packs.append([name])
    return packs


def grade(folder, out, temporary):
    """A grading: its status, what it printed, its peaks of memory, and the id of its process."""
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary), "A_SECRET": SECRET}
    told = out.with_suffix(".json")
    asked = ["grade", str(folder), "--out", str(out), "--jobs", "2", "--seed", "1", *without()]
    asked += ["--seconds", str(SECONDS)]
    asked += ["--without", "cgroup"] if sandbox.why_no_group() else []
    process = subprocess.Popen(
        [sys.executable, str(MEASURED), str(told), *asked],
        cwd=settings.root(),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    made_of = json.loads(told.read_text())
    return SimpleNamespace(printed=b"".join(printed).decode(), pid=process.pid, **made_of)


def put(folder, path, data, modified=None):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if modified:
        os.utime(target, (modified, modified))


def honest(folder):
    for student in HONEST:
        put(folder, f"{student}/{NAME}", json.dumps(made.notebook()).encode())
    return folder


def lines(out):
    """Student -> line of scores.csv."""
    found = (out / "scores.csv").read_text(encoding="utf-8").splitlines()
    return {line.split(",")[0]: line for line in found}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The lines of the honest students when there is nobody else."""
    base = tmp_path_factory.mktemp("alone")
    assert grade(honest(base / "in"), base / "out", base / "tmp").status == 0
    found = lines(base / "out")
    return {student: found[student] for student in HONEST}


@pytest.fixture(scope="module", params=CLASSES)
def graded(request, tmp_path_factory):
    """A class of attackers after its grading."""
    base, module = tmp_path_factory.mktemp(request.param), attacks(request.param)
    folder, packs = honest(base / "in"), packed(module.ATTACKS)
    for number, names in enumerate(packs):
        answers = {}
        for name in names:
            answers |= module.ATTACKS[name].answers
        path = f"mallory {number:02d}/{NAME}"
        put(folder, path, json.dumps(made.notebook(answers)).encode())
    files = getattr(module, "FILES", {})
    for one in files.values():
        for path, data in one.files.items():
            put(folder, path, data, one.modified)
    done = grade(folder, base / "out", base / "tmp")
    print(f"{request.param}: {len(module.ATTACKS) + len(files)} attacks, grader", end=" ")
    print(f"{done.grader / 2**20:,.0f} MB, sandbox {done.sandbox / 2**20:,.0f} MB at most")
    done.__dict__.update(base=base, out=base / "out", packs=packs, module=module, files=files)
    return done


def test_there_are_twelve_of_each_class():
    for kind in CLASSES:
        module = attacks(kind)
        assert len(module.ATTACKS) + len(getattr(module, "FILES", {})) >= 12, kind
        for attack in module.ATTACKS.values():
            assert isinstance(attack, hostile.Attack) and set(attack.answers) <= set(made.IDS)


def test_stored_values_pass_the_visible_check_alone():
    """So that the first of the attacks on points is known to be a real one."""
    notebook = made.notebook(attacks("points").ATTACKS[PLAYED_BACK].answers)
    options = {"only": ["1.3"], "group": not sandbox.why_no_group()}
    with grading.Course() as course:
        found = [
            grading.grade(made.LESSON, notebook, course, seed, **options) for seed in (None, 1)
        ]
    assert [one["points"] for [one] in found] == [made.POINTS["1.3"], 0]


def test_attacks_earn_nothing_and_honest_answers_beside_them_all(graded):
    stored = json.loads((graded.out / "grades.json").read_text())["graded"]
    found = {one["student"]: one["outcomes"] for one in stored}
    for number, names in enumerate(graded.packs):
        outcomes = {one["id"]: one for one in found[f"mallory {number:02d}"]}
        attacked = {one for name in names for one in graded.module.ATTACKS[name].answers}
        spoilt = any(graded.module.ATTACKS[name].alone for name in names)
        for exercise, outcome in outcomes.items():
            if exercise in attacked:
                assert outcome["points"] == 0, (names, outcome)
            elif not spoilt:
                assert outcome["points"] == made.POINTS[exercise], (names, outcome)
        for name in names:
            attack = graded.module.ATTACKS[name]
            assert re.search(attack.told, outcomes[attack.first]["mistake"]), (
                name,
                outcomes[attack.first],
            )


def test_files_earn_nothing(graded):
    copies = {p.split("/")[0] for one in graded.files.values() if one.earns for p in one.files}
    with open(graded.out / "scores.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        fair = row["student"] in {*HONEST, *copies}
        if not fair and not row["student"].startswith("mallory"):
            assert row["points"] in ("", "0"), row
    assert all(row["points"] == str(ALL) for row in rows if row["student"] in copies)
    graded_rows = [row["student"] for row in rows if row["status"] == "graded"]
    assert len(set(graded_rows)) == len(graded_rows), graded_rows  # no two look the same


def test_neighbours_lose_nothing(graded, alone):
    assert {name: lines(graded.out)[name] for name in HONEST} == alone
    assert graded.status == (1 if "unreadable" in (graded.out / "scores.csv").read_text() else 0)
    assert "the grader failed" not in graded.printed
    pages = [path.read_text() for path in (graded.out / "feedback").iterdir()]
    for student in HONEST:  # under whatever name: another's may differ by capitals alone
        [page] = [page for page in pages if f"<h1>{student}</h1>" in page]
        assert f"{ALL} of {ALL} points" in page


def test_nothing_is_left(graded):
    assert list((graded.base / "tmp").iterdir()) == []
    groups = Path("/sys/fs/cgroup").glob(f"**/grading-{graded.pid}-*")
    assert [str(path) for path in groups] == []
    assert not [path for path in Path("/dev/shm").iterdir() if "left" in path.name]
    names = {path.name for path in graded.base.iterdir()}
    assert names == {"in", "out", "out.json", "tmp"}
    kept = {path.name for path in graded.out.iterdir()}
    pages = {"problems.html", "summary.html"}
    tables = {"marks-01.csv", "scores.csv", "summary.csv"}
    assert kept == {"feedback", "grades.json", *tables, *pages}


def test_memory_is_bounded(graded):
    assert graded.grader < GRADER_BYTES, f"{graded.grader / 2**20:,.0f} MB"
    assert graded.sandbox <= SANDBOX_BYTES, f"{graded.sandbox / 2**20:,.0f} MB"


UNFIT = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def unfit(text):
    """Characters that nothing that is printed, shown or kept may hold."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in UNFIT}


class Tags(HTMLParser):
    """What a page is made of: each tag, with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found |= {(tag, name) for name, _ in attributes} | {(tag, None)}


HARMLESS = {"class", "scope", "lang", "charset", "display", "xmlns", None}
ACTIVE = {"script", "img", "svg", "iframe", "object", "embed", "link", "form", "base", "a", "input"}
ACTIVE |= {"video", "audio", "math-", "mglyph", "annotation-xml", "maction", "semantics", "button"}


def test_pages_hold_no_word_that_does_anything(graded):
    pages = [graded.out / name for name in ("summary.html", "problems.html")]
    paths = [*pages, *(graded.out / "feedback").iterdir()]
    for path in paths:
        assert re.fullmatch(r"[\w\- ()]+\.html", path.name) and len(path.name.encode()) < 200
        text = path.read_text(encoding="utf-8")
        assert not unfit(text), (path.name, unfit(text))
        found = Tags(text).found
        active = {tag for tag, _ in found} & ACTIVE
        strange = {(t, name) for t, name in found if name not in HARMLESS and t != "meta"}
        assert not active and not strange, (path.name, active, strange)
        assert text.count("<style>") == text.count("<meta http-equiv") == 1
        assert len(text) < 2_000_000, path.name


def test_tables_hold_no_formula(graded):
    text = (graded.out / "scores.csv").read_text(encoding="utf-8")
    assert not unfit(text), unfit(text)
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            for part in re.split(r"[;,\t|\n]", cell):
                assert part.strip("\"' ")[:1] not in ("=", "+", "-", "@") or part[:1] == "'", cell
    assert len(text) < 500_000


def test_what_is_printed_and_kept_is_clean(graded):
    assert not unfit(graded.printed), (unfit(graded.printed), graded.printed)
    assert len(graded.printed) < 50_000
    for line in graded.printed.split("\n"):
        assert not re.match(r"homework: |bob: |13 graded", line), line
    waiting = [json.loads((graded.out / "grades.json").read_text())]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            assert not unfit(one), (unfit(one), one[:300])
        elif isinstance(one, dict):
            waiting += [*one.values(), *one]
        elif isinstance(one, list):
            waiting += one
    assert (graded.out / "grades.json").stat().st_size < 5_000_000
