"""Figures as bytes, the same on every run: PNG for pixels, SVG for curves."""

import hashlib
import html
import io
import re

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import Collection
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from PIL import Image

MOST_BYTES = 60_000  # of points in an SVG: with more, the PNG at twice the size is smaller
A_MARKER, A_CORNER = 80, 14  # bytes, about, of a marker and of a corner of a line
# Letters are drawn as outlines. As text they would be a third of the size, but a reader without
# matplotlib's fonts would see other ones, in which labels run into each other.
SVG_SETTINGS = {"svg.fonttype": "path", "svg.hashsalt": "course", "svg.image_inline": True}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
# Whole coordinates in an SVG, for which a hundredth of a point is fine enough. The factors of
# ``scale(...)`` are small numbers, and keep all their digits.
COORDINATES = re.compile(r'(?<= )(?:d|x|y|points)="[^"]*"|translate\([^)]*\)')
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
UNUSED_ID = re.compile(r' id="[a-zA-Z.]+_\d{1,4}"')
PREAMBLE = re.compile(
    r"<\?xml.*?\?>\s*|<!DOCTYPE.*?>\s*|<!--.*?-->\s*|<metadata>.*?</metadata>\s*", re.DOTALL
)


def png(fig, scale=1):
    """The figure as PNG bytes, ``scale`` times as large as on paper of 100 dots an inch."""
    dpi = fig.dpi
    fig.set_dpi(scale * dpi)
    try:
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        return encode_png(np.asarray(canvas.buffer_rgba())[..., :3])
    finally:
        fig.set_dpi(dpi)


def encode_png(pixels):
    """(H, W, 3) or (H, W) uint8 pixels as PNG bytes, in a palette where 256 colours suffice."""
    pixels = np.ascontiguousarray(pixels)
    image = Image.fromarray(pixels)
    if pixels.ndim == 3:
        packed = pixels.astype(np.uint32) @ np.array([65_536, 256, 1], np.uint32)
        colours, index = np.unique(packed, return_inverse=True)
        if len(colours) <= 256:  # exact, and a third of the size
            image = Image.fromarray(index.reshape(packed.shape).astype(np.uint8))
            image.putpalette(
                np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1)
                .astype(np.uint8)
                .tobytes()
            )
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def svg(fig, says=""):
    """The figure as SVG text: no dates, and ids that no other figure of a page has.

    It has the size of :func:`png` in pixels, and shrinks with a narrow page. ``says`` is its
    alternative text where a front end puts it into the page itself.
    """
    buffer, dpi = io.StringIO(), fig.dpi
    try:
        with matplotlib.rc_context(SVG_SETTINGS):
            FigureCanvasSVG(fig).print_svg(buffer, metadata=NO_METADATA)
    finally:
        fig.set_dpi(dpi)  # matplotlib leaves 72 dots an inch
    text = UNUSED_ID.sub("", PREAMBLE.sub("", buffer.getvalue()))
    text = COORDINATES.sub(lambda found: LONG_NUMBER.sub(_short, found[0]), text)
    text = re.sub(r"\s*\n\s*", "\n", text)
    width, height = fig.get_size_inches() * fig.dpi
    size = f'width="{width:.0f}" height="{height:.0f}" style="max-width: 100%; height: auto"'
    size += f' role="img" aria-label="{html.escape(says)}"' if says else ""
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', lambda _: size, text, count=1)
    return _own_ids(text)


def _short(number):
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _own_ids(text):
    """Short ids that start with a hash of the figure: a page may hold several figures inline."""
    names = dict.fromkeys(re.findall(r' id="([^"]+)"', text))
    lead = "f" + hashlib.sha256(text.encode()).hexdigest()[:7]
    short = {name: f"{lead}-{index}" for index, name in enumerate(names)}

    def renamed(found):
        return f"{found[1]}{short.get(found[2], found[2])}{found[3]}"

    return re.sub(r'( id="|href="#|url\(#)([^")]+)("|\))', renamed, text)


def is_vector(fig):
    """True for curves, bars and drawings; False where there are pixels or very many points."""
    artists = fig.findobj()
    if any(isinstance(artist, _ImageBase) for artist in artists):
        return False
    return sum(map(_num_bytes, artists)) <= MOST_BYTES


def _num_bytes(artist):
    """About how many bytes the points of a line or a collection take in an SVG."""
    if isinstance(artist, Line2D):
        is_marked = artist.get_marker() not in ("None", "none", None, "", " ")
        is_drawn = artist.get_linestyle() not in ("None", "none", "", " ")
        return len(artist.get_xdata()) * (A_MARKER * is_marked + A_CORNER * is_drawn)
    if isinstance(artist, Collection):
        corners = sum(len(path.vertices) for path in artist.get_paths())
        return max(A_CORNER * corners, A_MARKER * len(artist.get_offsets()))
    return 0
