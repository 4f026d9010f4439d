"""The moving picture of the first page: a walk through the plane of two latents.

Its frames are those that a slider of the lesson shows, kept in the notebook's widget state; nothing
is computed anew. It plays once, in less than five seconds, and a still one stands for it where
motion is not wanted.
"""

import base64
import io
import math
import re

from PIL import Image, ImageDraw

from tools.lessons.normalise import WIDGET_STATE
from tools.site.pages import SiteError

FRAME = re.compile(r'base64,([^"]+)" alt="z 1 ([-+.\d]+), z 2 ([-+.\d]+)"')
CELL, GAP = 22, 16  # pixels: of an image in the plane, and between the plane and the image
MILLISECONDS, LONGEST = 110, 5000  # of a frame; of all, so that no button to stop it is due
MARK = (230, 159, 0)


def frames_of(notebook, name):
    """(z 1, z 2) -> picture, of the slider that moves through a plane."""
    state = notebook["metadata"].get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    found = {}
    for model in state.values():
        shown = FRAME.search(str(model["state"].get("value", "")))
        if shown:
            picture = Image.open(io.BytesIO(base64.b64decode(shown[1]))).convert("L")
            found[float(shown[2]), float(shown[3])] = picture
    places = sorted({place for pair in found for place in pair})
    if not found or len(found) != len(places) ** 2:
        raise SiteError(
            f"{name}: expected sliders named z 1 and z 2 over a square of pictures, which the "
            f"first page shows as its moving picture; there are {len(found)}"
        )
    return found, places


def walk(size):
    """Cells (across, up) of a circle around the plane's middle, which ends where it began."""
    middle = (size - 1) / 2
    radius = middle - 1
    around = [
        (
            round(middle + radius * math.cos(2 * math.pi * step / 720)),
            round(middle + radius * math.sin(2 * math.pi * step / 720)),
        )
        for step in range(721)
    ]
    return [one for place, one in enumerate(around) if place == 0 or one != around[place - 1]]


def plane_of(found, places):
    """The whole plane on the left of an otherwise empty canvas."""
    side = CELL * len(places)
    canvas = Image.new("RGBA", (2 * side + GAP, side))  # nothing is drawn between the two
    for (across, up), picture in found.items():
        small = picture.resize((CELL, CELL), Image.Resampling.BOX)
        canvas.paste(small, (places.index(across) * CELL, side - (places.index(up) + 1) * CELL))
    return canvas


def draw(plane, here, cell):
    """One frame: the plane with a mark, and beside it the image that the decoder makes there."""
    canvas, side = plane.copy(), plane.height
    pen = ImageDraw.Draw(canvas)
    left, top = cell[0] * CELL, side - (cell[1] + 1) * CELL
    pen.rectangle((left, top, left + CELL - 1, top + CELL - 1), outline=MARK, width=2)
    canvas.paste(here.resize((side, side), Image.Resampling.NEAREST), (side + GAP, 0))
    pen.rectangle((side + GAP, 0, 2 * side + GAP - 1, side - 1), outline=MARK, width=3)
    return canvas


def write(notebook, name, folder):
    """Write ``moving.webp`` and ``still.webp`` into ``folder``; their (width, height).

    Raises:
        SiteError: the notebook has no such slider.
    """
    found, places = frames_of(notebook, name)
    plane = plane_of(found, places)
    frames = [
        draw(plane, found[places[across], places[up]], (across, up))
        for across, up in walk(len(places))
    ]
    if len(frames) * MILLISECONDS > LONGEST:
        raise SiteError(f"{name}: the moving picture of {len(frames)} frames would last too long")
    folder.mkdir(parents=True, exist_ok=True)
    frames[0].save(folder / "still.webp", lossless=True)
    frames[0].save(
        folder / "moving.webp",
        save_all=True,
        append_images=frames[1:],
        duration=MILLISECONDS,
        loop=1,
        lossless=True,
        method=0,  # the slower ones save nothing here
    )
    return frames[0].size
