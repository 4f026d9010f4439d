"""Small pictures of the lessons, from their own outputs: ``make pictures``.

A lesson marks the cell whose (first) picture stands for it by the tag ``thumbnail``. They go to
``docs/thumbnails/NN.png`` (``02x.png`` of an extra), and all of them together to
``docs/course.png``. ``--check`` writes nothing and ends with 1 where one is missing or old.
"""

import argparse
import base64
import hashlib
import io
import json
from functools import partial
from pathlib import Path

import nbformat
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from course_utils.files import write_whole
from tools import console

ROOT = Path(__file__).resolve().parents[2]
SIZE, COLUMNS, GAP = (320, 200), 4, 8


def picture_of(path):
    """PNG bytes of the picture that stands for a lesson, or None without a tag."""
    try:
        return shown_in(nbformat.read(path, as_version=4))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def shown_in(notebook):
    """As :func:`picture_of`, of a notebook that was read."""
    for cell in notebook.cells:
        if "thumbnail" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
            raise ValueError("expected a picture in the cell tagged thumbnail")
    return None


def fitted(picture):
    """The whole picture on a white canvas of SIZE, as large as it fits."""
    scale = min(SIZE[0] / picture.width, SIZE[1] / picture.height)
    wanted = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    canvas = Image.new("RGB", SIZE, "white")
    place = (SIZE[0] - wanted[0]) // 2, (SIZE[1] - wanted[1]) // 2
    canvas.paste(picture.resize(wanted, Image.Resampling.LANCZOS), place)
    return canvas


def mosaic(pictures):
    """number -> picture, on one canvas, each with its number above it."""
    rows = -(-len(pictures) // COLUMNS)
    step = SIZE[0] + GAP, SIZE[1] + 3 * GAP
    canvas = Image.new("RGB", (COLUMNS * step[0] + GAP, rows * step[1] + GAP), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(16)
    for index, (number, picture) in enumerate(pictures.items()):
        left, top = GAP + index % COLUMNS * step[0], GAP + index // COLUMNS * step[1]
        draw.text((left, top - GAP // 2), number, fill="black", font=font)
        canvas.paste(picture, (left, top + 2 * GAP))
    return canvas


def encoded(picture, source, colours=128):
    """PNG bytes, in a palette: a quarter of the size. They say what they were drawn from.

    The same picture has other bytes with another release of Pillow; ``source`` is what counts.
    """
    buffer, info = io.BytesIO(), PngInfo()
    info.add_text("source", source)
    picture.quantize(colours).save(buffer, format="png", optimize=True, pnginfo=info)
    return buffer.getvalue()


def source_of(path):
    """What a picture says that it was drawn from, or None."""
    if not path.is_file():
        return None
    with Image.open(path) as picture:
        return picture.info.get("source")


def all_pictures(notebooks):
    """Path below docs/ -> (its source, a function that gives its bytes)."""
    lessons = sorted(notebooks.glob("*.ipynb"))
    found = {path.stem.split("_")[0]: picture_of(path) for path in lessons}
    found = {number: data for number, data in found.items() if data is not None}
    sources = {number: hashlib.sha256(data).hexdigest() for number, data in found.items()}

    def small(number):
        return fitted(Image.open(io.BytesIO(found[number])).convert("RGB"))

    def one(number):
        return encoded(small(number), sources[number])

    def together(source):
        return encoded(mosaic({number: small(number) for number in found}), source)

    files = {
        f"thumbnails/{number}.png": (sources[number], partial(one, number)) for number in found
    }
    if found:
        source = hashlib.sha256(json.dumps(sources).encode()).hexdigest()
        files["course.png"] = source, partial(together, source)
    return files


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Draw the small pictures of the lessons.")
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks")
    asked = parser.parse_args(arguments)
    files = all_pictures(asked.notebooks)
    old = {path.relative_to(asked.docs).as_posix() for path in asked.docs.glob("thumbnails/*.png")}
    changed = sorted(old - files.keys())
    for name, (source, draw) in files.items():
        path = asked.docs / name
        if source_of(path) != source:
            changed.append(name)
            if not asked.check:
                write_whole(path, draw())
    for name in sorted(old - files.keys()) if not asked.check else ():
        (asked.docs / name).unlink()
    for name in changed:
        print(f"docs/{name}: {'differs; run: make pictures' if asked.check else 'drawn'}")
    return 1 if changed and asked.check else 0


if __name__ == "__main__":
    console.run(main)
