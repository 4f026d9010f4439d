"""How the course is cited: CITATION.cff, .zenodo.json, and a paper whose numbers are those here."""

import json
import re

import jsonschema
import pytest
import yaml

import course_utils
from course_utils import settings
from tools.lessons import facts

ROOT = settings.root()
MOST_WORDS = 1_000
TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
# The Citation File Format 1.2.0 as far as a course may need it: its required fields, all fields of
# the top level, and authors as persons or as entities (of which the name alone is required).
PERSON = ("affiliation", "alias", "email", "family-names", "given-names", "name-particle")
PERSON += ("name-suffix", "orcid", "website", "address", "city", "country", "fax", "post-code")
PERSON += ("region", "tel")
ENTITY = ("name", "alias", "address", "city", "country", "date-end", "date-start", "email", "fax")
ENTITY += ("location", "orcid", "post-code", "region", "tel", "website")


def of_text(names, required=()):
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": dict.fromkeys(names, TEXT),
        "required": list(required),
    }


AUTHOR = {"oneOf": [of_text(PERSON), of_text(ENTITY, ["name"])]}
DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
ADDRESS = {"type": "string", "pattern": r"^(https?|ftp|sftp)://\S+$"}
FIELDS = {
    "cff-version": {"const": "1.2.0"},
    "message": TEXT,
    "title": TEXT,
    "authors": {"type": "array", "items": AUTHOR, "minItems": 1, "uniqueItems": True},
    "abstract": TEXT,
    "commit": TEXT,
    "contact": {"type": "array", "items": AUTHOR, "minItems": 1},
    "date-released": DATE,
    "doi": {"type": "string", "pattern": r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+$"},
    "identifiers": {"type": "array"},
    "keywords": {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
    "license": {"enum": ["MIT"]},
    "license-url": ADDRESS,
    "preferred-citation": {"type": "object"},
    "references": {"type": "array"},
    "repository": ADDRESS,
    "repository-artifact": ADDRESS,
    "repository-code": ADDRESS,
    "type": {"enum": ["software", "dataset"]},
    "url": ADDRESS,
    "version": {"type": ["string", "number"]},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": FIELDS,
    "required": ["authors", "cff-version", "message", "title"],
}


def citation():
    # Dates stay text, as the format has them.
    return yaml.load((ROOT / "CITATION.cff").read_text("utf-8"), Loader=yaml.BaseLoader)


def faults(cited):
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(cited)]


def paper():
    """(front matter, body) of paper.md."""
    _, head, body = (ROOT / facts.PAPER).read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_citation_is_in_its_format():
    assert faults(citation()) == []
    assert citation()["version"] == course_utils.__version__


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"authors": []},
        {"authors": [{"affiliation": "A", "name": "B"}]},
        {"authors": [{"family-names": "A"}, {"family-names": "A"}]},
        {"cff-version": "2.0"},
        {"license": "Mit"},
        {"type": "course"},
        {"date-released": "30.11.2026"},
        {"licence": "MIT"},
        {"doi": "doi.org/10.1/x"},
    ],
)
def test_a_citation_out_of_its_format_is_refused(change):
    assert faults(citation() | change)


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_a_citation_needs_its_fields(name):
    cited = citation()
    del cited[name]
    assert faults(cited)


def test_zenodo_says_what_the_citation_says():
    deposit, cited = json.loads((ROOT / ".zenodo.json").read_text("utf-8")), citation()
    assert deposit["creators"] == cited["authors"]
    shared = ("title", "version", "license", "keywords")
    assert {name: deposit[name] for name in shared} == {name: cited[name] for name in shared}
    assert deposit["description"] == cited["abstract"].strip()
    assert deposit["upload_type"] == cited["type"]
    assert deposit["access_right"] == "open" and deposit["language"] == "eng"


def test_the_paper_has_the_citation_s_authors_and_a_paper_s_parts():
    head, body = paper()
    names = [author["name"] for author in head["authors"]]
    assert names == [author["name"] for author in citation()["authors"]]
    headings = re.findall(r"^# (.+)$", body, re.MULTILINE)
    assert headings[0] == "Summary" and headings[-1] == "References"
    assert {"Statement of need", "What is new", "How it was tested"} <= set(headings)
    assert citation()["title"] in head["title"]


def test_the_paper_is_short():
    _, body = paper()
    words = re.findall(r"\S*\w\S*", re.sub(r"[*#`\[\];]", " ", body))
    assert 500 < len(words) <= MOST_WORDS


def entries():
    """Key -> fields of each entry of paper.bib."""
    text = (ROOT / paper()[0]["bibliography"]).read_text("utf-8")
    found = re.findall(r"^@\w+\{(\w+),\n(.+?)\n\}$", text, re.MULTILINE | re.DOTALL)
    return {key: dict(re.findall(r"^\s+(\w+)\s*= \{(.*)\},$", rest, re.M)) for key, rest in found}


def test_what_the_paper_cites_is_in_its_bibliography():
    cited = set(re.findall(r"@([a-z]+\d{4})", paper()[1]))
    assert cited == set(entries())
    lessons = "".join(path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    shared = 0
    for key, fields in entries().items():
        assert {"author", "title", "year"} <= set(fields), key
        assert key.endswith(fields["year"]) and ("doi" in fields or "eprint" in fields), key
        shared += fields.get("eprint", "nowhere") in lessons
    assert shared >= 8  # the same papers as in the lessons' own lists


def test_the_paper_s_numbers_are_the_course_s():
    text = (ROOT / facts.PAPER).read_text("utf-8")
    assert facts.fill(text, facts.values(ROOT)) == text, "`make results` writes them"


# Numbers that another file holds: sentence of the paper -> (file, what it has to say).
ELSEWHERE = {
    "at most 30 seconds": ("README.md", "at most 30 s a lesson"),
    "at most 5 minutes": ("README.md", "at most 5 minutes a lesson"),
    "at least 12 wrong": ("tests/test_checks.py", "for answer, _ in wrong}) >= 12"),
    "at least 5 right": ("tests/test_checks.py", "for answer in right}) >= 5"),
    "CC BY 4.0": ("LICENSE", "CC BY 4.0"),
}


def test_no_number_of_the_paper_is_without_a_source():
    _, body = paper()
    text = " ".join(re.sub(r"@[a-z]+\d{4}", "", body).split())
    for sentence in facts.SENTENCES:
        text = re.sub(sentence, "", text)
    for sentence, (name, says) in ELSEWHERE.items():
        assert sentence in text and says in (ROOT / name).read_text("utf-8"), sentence
        text = text.replace(sentence, "")
    assert not re.findall(r".{0,20}\d.{0,20}", text)


def test_numbers_are_put_into_their_sentences():
    known = dict.fromkeys(facts.values(ROOT), "7")
    text = (
        "It has 1 lessons\nand 2 extras. 3 exercises in code, 4 questions in words. 5 numbers of "
    )
    text += "record. within 1.0 ± 0.1 nats of the truth. "
    text += "measures 9.1 ±\n1 nats on binary digits, beside 8.6."
    filled = facts.fill(text, known)
    assert filled.startswith("It has 7 lessons\nand 7 extras. 7 exercises")
    assert filled.endswith("measures 7 ±\n7 nats on binary digits, beside 7.")
    with pytest.raises(ValueError, match="expected once '... exercises in code', found 0"):
        facts.fill(text.replace("exercises", "tasks"), known)
