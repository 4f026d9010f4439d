"""The first page: what you will build, where to start, and a card for each lesson.

Each number comes from the notebooks' openings, or from the records in data/results.
"""

import io
import re

from PIL import Image

from tools.lessons import listing, pictures, results_table
from tools.site import moving, night
from tools.site.beside import at_once
from tools.site.pages import SiteError, extras_of, main_lessons, number_of, title_of

WALK = "02x_latents"  # whose slider over a plane of two latents is the moving picture
WIDEST = 760  # pixels of a card's picture, twice as many as it is shown in
SHARED = ("nll_iw5000", "mnist fixed draw", "test")  # the one scale that several lessons share
LEADS = re.compile(r"\]\((?:\.\./)?(?:notebooks/)?(\d\d\w*\.ipynb)")
NUMBER = re.compile(r"(\d[\d.]*): ")


def on_the_first_page(text):
    """Text of a lesson or of the README, with links that lead from the first page."""
    text = LEADS.sub(r"](lessons/\1", " ".join(text.split()))
    return re.sub(r"\]\((?:\.\./)?docs/|\]\(\.\./", "](", text)


def picture(notebook, source):
    """Lines of the moving picture, which is written below ``source``."""
    width, height = moving.write(notebook, WALK, source / "_static" / "home")
    says = "A walk around the plane of two latents, and the image that the decoder makes there."
    place = "_static/home"
    return [
        '<figure class="moving">',
        '<picture><source media="print, (prefers-reduced-motion: reduce)" '
        f'srcset="{place}/still.webp">'
        f'<img src="{place}/moving.webp" width="{width}" height="{height}" alt="{says}"></picture>',
        "<figcaption>The plane of two latents of a VAE that you train, and the digit at the mark. "
        f'<a href="lessons/{WALK}.html">Lesson {number_of(WALK)}</a> lets you move through it. '
        '<button type="button" class="again" hidden>Play again</button></figcaption>',
        "</figure>",
    ]


def course_of(notebook):
    """What a notebook's metadata say of its lesson."""
    return notebook["metadata"].get("course", {})


def headline(notebook, records):
    """(record, what it is, literature, limit) of a lesson, or None where it names no record.

    Raises:
        SiteError: it names a record that is not there.
    """
    told = course_of(notebook).get("headline")
    if told is None:
        return None
    told = told if isinstance(told, dict) else {"record": told}
    found = [one for one in records if [one["model"], one["metric"]] == list(told["record"])]
    if not found:
        raise SiteError(f"headline: there is no record {told['record']}")
    says = told.get("says", " of ".join(f"`{part}`" for part in reversed(told["record"])))
    return found[0], says, told.get("literature", ""), told.get("limit", "")


def first_of(text):
    """The first of several results between semicolons; those in brackets part nothing."""
    return re.split(r";(?![^(]*\))", text, maxsplit=1)[0]


def value_of(record):
    """A record's number with its error over test examples, and its unit."""
    said = results_table.number(record["value"], record["standard_error"])
    return f"{said} {record['unit']}"


def sentence(text):
    """Text that begins with a capital letter and ends with a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def built(notebooks, records):
    """Lines on what the reader will build: the lessons' numbers in nats beside those of others."""
    lines = []
    for stem in main_lessons(notebooks):
        found = headline(notebooks[stem], records.get(stem, ()))
        if found is None or found[0]["unit"] != "nats" or not found[2]:
            continue
        record, says, literature, _ = found
        others = first_of(literature)
        if "not comparable" in literature:
            continue
        lines.append(
            f"- **{value_of(record)}** {sentence(says)[:-1]} "
            f"([lesson {number_of(stem)}](lessons/{stem}.ipynb)). Others report {others}."
        )
    return lines


def bought(notebooks, records):
    """Rows of what each lesson buys: its best model on the images that several lessons share."""
    metric, dataset, split = SHARED
    rows = []
    for stem in main_lessons(notebooks):
        scored = [
            one
            for one in records.get(stem, ())
            if (one["metric"], one["dataset"], one["split"]) == (metric, dataset, split)
        ]
        if scored:
            rows.append((stem, min(scored, key=lambda one: one["value"])))
    if not rows:
        raise SiteError(f"data/results: no record {metric} on {dataset}, {split}")
    lines = [
        f"Several lessons score their models on the same {rows[0][1]['n']:,} test images of MNIST, "
        "by importance samples. The table has the best model of each of them, and what it gained "
        "over the best one before it.",
        "",
        "| lesson | its best model | nats per image | gained |",
        "|---|---|---:|---:|",
    ]
    known = headline(notebooks[rows[0][0]], records[rows[0][0]])
    limit = NUMBER.match(known[3]) if known else None
    before = float(limit[1]) if limit else None
    if limit:
        lines.append(f"| none | {known[3][limit.end() :]} | {limit[1]} | – |")
    for stem, record in rows:
        here = round(record["value"], 2)  # as it is shown, so that the columns agree
        gain = "–" if before is None else f"{before - here:.2f}"
        link = f"[{number_of(stem)}](lessons/{stem}.ipynb)"
        number = results_table.number(record["value"], record["standard_error"])
        lines.append(f"| {link} | `{record['model']}` | {number} | {gain} |")
        before = here if before is None else min(before, here)
    return lines


def size_of_all(notebooks):
    """One sentence on how much there is."""
    mains = main_lessons(notebooks)
    exercises = sum(
        "exercise" in cell["metadata"].get("tags", [])
        for notebook in notebooks.values()
        for cell in notebook["cells"]
    )
    hours = round(sum(int(listing.opening(notebooks[stem], stem)[0]) for stem in mains) / 60)
    return (
        f"There are {len(mains)} lessons of {hours} hours in all, "
        f"{len(notebooks) - len(mains)} extras, and {exercises} exercises to code, each with a "
        "check that names your mistake."
    )


def thumbnail(data, path, kept):
    """Write the picture of a lesson's card to ``path``, and keep the one of the dark theme.

    The small pictures in docs/thumbnails would not do: in them no image is told from a drawing.

    Args:
        data: of the lesson's picture, a PNG.
    """
    whole = Image.open(io.BytesIO(data)).convert("RGB")
    size = [round(side * min(WIDEST / whole.width, 1)) for side in whole.size]
    small = whole.resize(size, Image.Resampling.LANCZOS)
    small.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path)
    dark = night.of_pixels(whole).resize(size, Image.Resampling.LANCZOS)
    night.keep(path.read_bytes(), kept, dark)


def card(stem, notebooks, records):
    """Lines of a lesson's card: its picture, what you build, minutes, what you need, its number."""
    notebook = notebooks[stem]
    number, title = title_of(notebook)
    minutes, needs = listing.opening(notebook, stem)
    alt = listing.picture_says(notebook, stem).partition(". ")[0].rstrip(".") + "."
    alt = re.sub(r"[\[\]\\`*_$<>|]", "", alt)
    lines = [
        f"### [{number} · {title}](lessons/{stem}.ipynb)",
        f"![{alt}](thumbnails/{number}.png)",
        f"You build {on_the_first_page(course_of(notebook)['builds'])}.",
    ]
    facts = [f"- {minutes} minutes. You need {on_the_first_page(needs)}."]
    found = headline(notebook, records.get(stem, ()))
    if found:
        record, says, literature, limit = found
        beside = f"; known limit {limit}" if limit else ""
        beside = beside or (f"; others report {first_of(literature)}" if literature else "")
        facts.append(f"- Measured: **{value_of(record)}**, {says}{beside}.")
    for extra in extras_of(stem, notebooks):
        spent = listing.opening(notebooks[extra], extra)[0]
        name = " · ".join(title_of(notebooks[extra]))
        facts.append(f"- Extra: [{name}](lessons/{extra}.ipynb), {spent} minutes.")
    return ["\n\n".join([*lines, "\n".join(facts)]), ""]


def parts(notebooks, root, source, kept, beside=at_once):
    """Name of a place in index.md -> the lines that stand there.

    Pictures go below ``source``; ``kept`` is where those of the dark theme wait for the pages, and
    ``beside`` draws them.
    """
    records = results_table.read(root / "data" / "results")
    if WALK not in notebooks:
        raise SiteError(f"{WALK}: the lesson is missing whose slider the first page shows")
    for stem in main_lessons(notebooks):
        data = pictures.shown_in(notebooks[stem])
        if data is None:
            raise SiteError(f"{stem}: no picture in a cell tagged 'thumbnail'")
        beside(thumbnail, data, source / "thumbnails" / f"{number_of(stem)}.png", kept)
    return {
        "moving": picture(notebooks[WALK], source),
        "size": [size_of_all(notebooks)],
        "built": built(notebooks, records),
        "bought": bought(notebooks, records),
        "lessons": [
            line for stem in main_lessons(notebooks) for line in card(stem, notebooks, records)
        ],
    }
