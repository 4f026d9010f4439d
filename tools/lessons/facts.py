"""The numbers in paper.md, from the lessons and ``data/results``: ``make results`` writes them.

Each stands in a sentence, which is looked for here; its numbers are replaced, and its words stay.
"""

import json
import re

import nbformat

from tools.site import pages

PAPER = "paper.md"
NUMBER = r"([\d,.]*\d)"
# Sentences -> what each of their numbers is. Spaces may be line breaks.
SENTENCES = {
    f"has {NUMBER} lessons and {NUMBER} extras": ("lessons", "extras"),
    f"{NUMBER} exercises in code": ("exercises",),
    f"{NUMBER} questions in words": ("questions",),
    f"{NUMBER} numbers of record": ("records",),
    f"within {NUMBER} ± {NUMBER} nats of the truth": ("gap", "gap_error"),
    f"measures {NUMBER} ± {NUMBER} nats on binary digits, beside {NUMBER}": (
        "nll",
        "nll_error",
        "nll_elsewhere",
    ),
}
# Headlines of lessons that the paper repeats: lesson -> (name, decimals).
HEADLINES = {"01": ("gap", 4), "02": ("nll", 2)}


def values(root):
    """Name -> the number, as it is written."""
    found = {"lessons": 0, "extras": 0, "exercises": 0, "questions": 0, "records": 0}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        course = notebook.metadata["course"]
        number = pages.number_of(path.stem)
        found["lessons" if number.isdigit() else "extras"] += 1
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            found["exercises"] += "exercise" in tags
            found["questions"] += "reflection" in tags
        if number in HEADLINES:
            found |= headline(root, path.stem, course["headline"], *HEADLINES[number])
    for path in sorted((root / "data" / "results").glob("*.json")):
        found["records"] += len(read(path))
    return {name: f"{n:,}" if isinstance(n, int) else n for name, n in found.items()}


def read(path):
    """The records of a file; other files of results hold none."""
    return json.loads(path.read_text(encoding="utf-8")).get("records", [])


def headline(root, stem, said, name, decimals):
    """A lesson's number of record with its error, and the first one of the literature."""
    model, metric = said["record"]
    records = read(root / "data" / "results" / f"{stem}.json")
    one = next(r for r in records if (r["model"], r["metric"]) == (model, metric))
    return {
        name: f"{one['value']:.{decimals}f}",
        f"{name}_error": f"{one['standard_error']:.{decimals}f}",
        f"{name}_elsewhere": re.search(NUMBER, said["literature"]).group(1),
    }


def fill(text, known):
    """The paper with its numbers.

    Raises:
        ValueError: a sentence is missing, or there twice.
    """
    for sentence, names in SENTENCES.items():
        pattern = re.compile(r"\s+".join(sentence.split(" ")))
        found = list(pattern.finditer(text))
        if len(found) != 1:
            words = sentence.replace(NUMBER, "...")
            raise ValueError(f"{PAPER}: expected once '{words}', found {len(found)}")
        for place, name in reversed(list(enumerate(names, start=1))):
            begin, end = found[0].span(place)
            text = f"{text[:begin]}{known[name]}{text[end:]}"
    return text
