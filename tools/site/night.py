"""The pictures of both themes: as they are, and the same drawings on a dark ground.

A PNG becomes a WebP, which holds the same pixels in two thirds of the bytes. For the dark theme
lightness is turned around and hue kept, so that what a caption calls orange stays orange. Areas of
images (digits, photographs, densities) are found by their form and left alone.
"""

import base64
import io
import re
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from course_utils.files import write_whole

DARKEST, LIGHTEST = 20, 236  # what white and black become; the first is nearly the page's ground
# What is added to a colour whose greatest and least part have this sum, from 0 to 510.
SHIFT = np.rint(LIGHTEST - np.arange(511) / 2 * ((LIGHTEST - DARKEST) / 255 + 1)).astype(np.int16)
GREYS = np.clip(np.arange(256) + SHIFT[::2], DARKEST, LIGHTEST).astype(np.uint8)
# A line in a colour stays three times as light as the ground: LEAST_LUMA, of 255, for a colour
# whose greatest and least part differ by COLOURED, less for paler ones, or edges would shine.
COLOURED, LEAST_LUMA = 80, 105
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
WHITE = 244  # a pixel's least value in the ground that a figure is drawn on
LEAST = 15  # of an image's side, in every second pixel
ROW = 4  # framed white areas side by side are images, one alone is a part of a chart
FULL, FRAMED, PLAIN = 0.88, 0.97, 0.95  # shares: of a box that is drawn, or white; of one colour
MOSTLY = 0.6  # of a box without what it encloses, such as the strokes of a digit
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
SHOWN = re.compile(
    r'<img (?!class=")([^>]*?)src="((?:\.\./)*_images/)([^"]+\.(?:svg|png))"([^>]*)>'
)
FRAME = re.compile(r'<img( src="data:image/png;base64,)([^"]+)"( alt="[^"]*" width="\d+">)')
NAMED = re.compile(r'alt="[^"]*\b(?:black|white)\b', re.IGNORECASE)  # which would be turned around
# Of WebP. A quality of 50 takes half as long again and saves a seventh of the bytes.
EXACT = {"format": "webp", "lossless": True, "method": 1, "quality": 0}
DARK = {"format": "webp", "quality": 75, "method": 2}
DRAWN = 0.3  # share of white in a picture that is no grid of images


def turned(colours):
    """Colours (..., 3) of bytes with their lightness turned around, and their hue as it was."""
    colours = np.asarray(colours, dtype=np.uint8)
    dark = GREYS[colours]  # right where the three parts are alike, as nearly everywhere
    has_hue = (colours[..., 0] != colours[..., 1]) | (colours[..., 1] != colours[..., 2])
    some = colours[has_hue].astype(np.int16)  # (K, 3)
    # (Numpy's own reduction over an axis of three takes ten times as long.)
    greatest = np.maximum(np.maximum(some[:, 0], some[:, 1]), some[:, 2])
    least = np.minimum(np.minimum(some[:, 0], some[:, 1]), some[:, 2])
    some = np.clip(some + SHIFT[greatest + least][:, None], DARKEST, LIGHTEST)
    wanted = LEAST_LUMA * np.minimum(1, (greatest - least) / np.float32(COLOURED))
    lift = np.maximum(0, wanted - some @ LUMA).astype(np.int16)
    dark[has_hue] = np.minimum(some + lift[:, None], LIGHTEST)
    return dark


def of_drawing(text):
    """An SVG's text in the colours of the dark theme."""

    def dark(found):
        return "#" + bytes(turned(list(bytes.fromhex(found[0][1:])))).hex()

    text = COLOUR.sub(dark, text)
    # What has no colour of its own is black, so it takes that of the whole drawing.
    light = bytes([LIGHTEST] * 3).hex()
    return re.sub(r"<svg\b", f'<svg fill="#{light}"', text, count=1)


def images_in(pixels):
    """True where a picture (H, W, 3) of bytes holds images: rectangles of several colours.

    An image that is white all over counts if a frame is around it; a white gap between two does
    not. It looks at each second pixel only.
    """
    small = pixels[::2, ::2]
    drawn = (small[..., 0] < WHITE) | (small[..., 1] < WHITE) | (small[..., 2] < WHITE)
    joined = ndimage.maximum_filter(np.pad(drawn, 2).view(np.uint8), 3)
    joined = ndimage.minimum_filter(joined, 3)[2:-2, 2:-2]
    found = np.zeros(drawn.shape, dtype=bool)
    for box, _ in rectangles(joined, FULL):
        if is_image(small[box]):
            empty = drawn[box].mean(0) < 1 - FULL
            found[box] = ~ndimage.binary_opening(empty, np.ones(LEAST))
    framed = list(rectangles(~drawn, FRAMED))
    for (down, across), part in framed:
        alike = sum(other[0][0] == down and other[1].shape == part.shape for other in framed)
        if alike >= ROW:
            found[down, across] |= part
    whole = found.repeat(2, 0).repeat(2, 1)
    return whole[: pixels.shape[0], : pixels.shape[1]]


def rectangles(mask, full):
    """(box, its part) of connected areas that are large enough and fill their box that far."""
    labels, _ = ndimage.label(mask)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == number
        if min(part.shape) < LEAST or part.mean() < min(full, MOSTLY):
            continue
        if ndimage.binary_fill_holes(part).mean() >= full:
            yield box, part


def is_image(pixels):
    """Whether no single colour has nearly all of it, as a bar of a chart has."""
    packed = pixels[::2, ::2].reshape(-1, 3).astype(np.int32) @ (1, 256, 65536)
    _, counts = np.unique(packed, return_counts=True)
    return counts.max() < PLAIN * counts.sum()


def of_pixels(picture):
    """A picture in the colours of the dark theme; images in it stay as they are."""
    pixels = np.asarray(picture.convert("RGB"))
    return Image.fromarray(np.where(images_in(pixels)[..., None], pixels, turned(pixels)))


def name_of(name):
    """The file of a picture's dark version."""
    return re.sub(r"\.svg$", ".night.svg", re.sub(r"\.(png|webp)$", ".night.webp", name))


def light_name_of(name):
    """The file of a picture as the site has it."""
    return re.sub(r"\.png$", ".webp", name)


def draw(path, kept, is_turned):
    """Put the picture ``path`` and its dark version in its place; what was drawn before is kept.

    Args:
        path: of a PNG or an SVG.
        kept: folder of what was drawn.
        is_turned: there is a dark version.
    """
    target = path.with_name(name_of(path.name))
    if path.suffix == ".svg":
        if is_turned:
            write_whole(target, of_drawing(path.read_text(encoding="utf-8")))
        return
    light, dark = keep(path.read_bytes(), kept)
    shutil.copyfile(light, path.with_name(light_name_of(path.name)))
    if is_turned:
        shutil.copyfile(dark, target)
    path.unlink()


def keep(data, kept, dark=None):
    """Write both versions of a picture, unless they are kept already; where they are.

    Args:
        data: of the picture, a PNG.
        kept: folder, in which they are named by what is in the picture, and by this file.
        dark: the dark version, if it is not to be made from these pixels.
    """
    drawn = sha256(Path(__file__).read_bytes() + data).hexdigest()
    stores = kept / f"{drawn}.webp", kept / f"{drawn}.night.webp"
    if not all(store.is_file() for store in stores):
        picture = Image.open(io.BytesIO(data))
        save(picture, stores[0], EXACT)
        save(dark or of_pixels(picture), stores[1], DARK)
    return stores


def save(picture, path, how):
    """Write a picture, as Pillow is told."""
    buffer = io.BytesIO()
    picture.save(buffer, **how)
    write_whole(path, buffer.getvalue())


def both(found, turned_ones):
    """A picture for the light theme and, right after it, the one for the dark theme.

    Args:
        found: a match of ``SHOWN``.
        turned_ones: name of a file -> whether it has a dark version, to which this one is added.
    """
    before, place, name, after = found.groups()
    files = [("only-light", light_name_of(name)), ("only-dark", name_of(name))]
    if NAMED.search(before + after):
        files = [("as-drawn", light_name_of(name))]
    turned_ones[name] = turned_ones.get(name, False) or len(files) > 1
    return "".join(
        f'<img class="{which}" {before}src="{place}{file}"{after}>' for which, file in files
    )


def add(site, kept):
    """Give each picture of the finished pages its dark version.

    Args:
        site: the folder of the pages.
        kept: where drawn pictures are kept from one build to the next.
    """
    names = {}
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        made = SHOWN.sub(lambda found: both(found, names), text)
        if made != text:
            page.write_text(made, encoding="utf-8")
    for name, is_turned in names.items():
        draw(site / "_images" / name, kept, is_turned)


def in_widgets(state):
    """Give the pictures of sliders that are drawn on white their dark versions too."""
    for model in state.values():
        value = model["state"].get("value")
        found = FRAME.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            continue
        picture = Image.open(io.BytesIO(base64.b64decode(found[2])))
        if (np.asarray(picture.convert("L")) >= WHITE).mean() < DRAWN:
            continue
        buffer = io.BytesIO()
        of_pixels(picture).save(buffer, **DARK)
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        dark = f'<img class="only-dark" src="data:image/webp;base64,{data}"{found[3]}'
        model["state"]["value"] = f'<img class="only-light"{found[1]}{found[2]}"{found[3]}{dark}'
