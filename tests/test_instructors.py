"""docs/instructors.md states the limits of the grading as they are in the code."""

import re

import pytest

from course_utils import settings
from homework import __main__ as command
from homework import cgroups, clean, folders, items, late, limits, sandbox, submissions
from homework.inside import inert, wire

pytest.importorskip("resource", reason="the walls of the grading are made on Linux and macOS")
from homework.inside import walls  # noqa: E402

MB, GB = 2**20, 2**30
WORDS = {0.5: "half a second", 2: "two", 5: "five", 10: "ten", 20: "twenty"}
SIZES = {
    "one": items.MOST_BYTES // MB,
    "zip": items.MOST_INNER // MB,
    "all": submissions.MOST_ALL // MB,
    "group": (sandbox.MEMORY + sandbox.REST) // GB,
}
STATED = (
    f"and after {WORDS[clean.MOST_LINES]} their number",
    f"of each, at most {submissions.MOST_FILES} notebooks and zips are looked at, "
    f"{SIZES['one']} MB a notebook, {SIZES['zip']} MB a zip, {SIZES['all']} MB in all, "
    f"{folders.MOST_ENTRIES:,} files and folders, {items.MOST_DEPTH} folders deep, "
    f"{submissions.MOST_NESTING} zips within each other; "
    f"of what is refused {WORDS[submissions.MOST_TOLD]} files are named",
    f"all memory of its processes and files, {SIZES['group']} GB, and {cgroups.PROCESSES} threads",
    f"a fresh `/tmp` and `/dev/shm` of {walls.BYTES // MB} MB and {walls.FILES:,} files each",
    f"One process of at most {walls.MOST_PROCESSES} threads, "
    f"{sandbox.MEMORY // GB} GB beyond torch itself, {walls.FILE_BYTES // MB} MB a file, "
    f"{walls.OPEN_FILES} open files, {sandbox.MOST_PRINTED // MB} MB of prints, "
    f"{wire.REPLY.size // MB} MB and 2^{wire.REPLY.numbers.bit_length() - 1} numbers a reply",
    f"{WORDS[limits.LEAST]} seconds, or {WORDS[limits.TIMES]} times what the lesson's own solution",
    f"its others have {WORDS[limits.LEAST_AFTER]} each "
    f"(or {WORDS[limits.TIMES_AFTER]} times the solution's), and all together "
    f"{WORDS[limits.LEAST_ALL]} seconds (or {WORDS[limits.TIMES_ALL]} times)",
    f"{submissions.MOST_FILES} files and {SIZES['all']} MB for each student, {SIZES['one']} MB a "
    "notebook",
    f"At most `most_percent` is taken off ({late.Rule().most_percent} if it is not given)",
)


@pytest.fixture(scope="module")
def text():
    page = settings.root() / "docs" / "instructors.md"
    return re.sub(r"\s+", " ", page.read_text("utf-8"))


@pytest.mark.parametrize("stated", STATED)
def test_limits_stand_in_the_page(text, stated):
    assert stated in text, "docs/instructors.md and the code name different limits"


def test_libraries_of_answers_stand_in_the_page(text):
    *libraries, package, _ = inert.ALLOWED
    assert f"Answers may use {', '.join(libraries)} and Python's own library" in text
    assert package == "course_utils"


def test_options_whose_help_names_the_page_stand_in_it(text, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # an option and its help on one line
    with pytest.raises(SystemExit):
        command.main(["grade", "--help"])
    told = re.findall(r"^ +(--\w+).* see (\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert dict(told) == dict.fromkeys(("--seconds", "--unsafe"), "docs/instructors.md")
    assert all(option in text for option, _ in told)
