"""Graphical models and architectures: nodes, plates and arrows, drawn in inches."""

import re

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.patheffects import withStroke

KINDS = ("latent", "observed", "parameter", "box", "text")
INK, SHADE, TINT = "#1A1A1A", "#D0D0D0", "#E3EEF6"
LETTERS = 11  # points, and 9 on arrows and plates
RADIUS, DOT = 0.24, 0.05  # inches
MARGIN, PLATE, HEAD = 0.08, 0.14, 0.24  # around all, around the nodes of a plate, of the title
FIELDS = {"at", "kind", "label", "size"}
SYMBOL = re.compile(r"([A-Za-z])(?:_(\w+))?")


def diagram(nodes, edges, plates=(), *, width=7.0, height=2.4, title=""):
    """A graphical model or an architecture as a figure for :func:`course_utils.plotting.show`.

    Places are in inches and only their differences count: the drawing stands in the middle of the
    figure. Where it is too large its distances shrink, never its letters.

    Args:
        nodes: name -> dict with ``at`` (x, y), y upwards; ``kind``, which is ``latent`` (a circle),
            ``observed`` (a grey circle), ``parameter`` (a dot with its name to the left), ``box``
            (a function or a layer; the default) or ``text``; ``label``, with formulas between
            dollar signs, by default the name; ``size``, the diameter, or (width, height) of a box.
        edges: (from, to), (from, to, "dashed"), and each with a label as one entry more. Arrows
            between the same two nodes are bent apart.
        plates: dicts with ``around``, a list of names, and ``label``, such as "N images".
        width, height: of the figure, in inches.
        title: above it.

    Returns:
        The figure.

    Raises:
        ValueError: an unknown name, kind or field; nodes that lie on each other.
    """
    edges = [_edge(entry, nodes) for entry in edges]
    fig = Figure(figsize=(width, height))
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    nodes = {name: _Node(name, given, axes) for name, given in nodes.items()}
    plates = [_Plate(given, nodes, axes) for given in plates]
    for plate in plates:
        plate.nest(plates)
    head = HEAD if title else 0.0
    _place(list(nodes.values()), plates, width, height - head)
    _refuse_overlaps(nodes)
    if title:
        axes.text(width / 2, height - MARGIN, title, fontsize=LETTERS, ha="center", va="top")
    for plate in plates:
        plate.draw(axes)
    for node in nodes.values():
        node.draw(axes)
    taken = {}
    for start, end, dashed, label in edges:
        pair = frozenset((start, end))
        twins = sum(frozenset(edge[:2]) == pair for edge in edges)
        _draw_edge(axes, nodes[start], nodes[end], dashed, label, twins, taken.get(pair, 0))
        taken[pair] = taken.get(pair, 0) + 1
    return fig


def _edge(entry, nodes):
    """(from, to, dashed, label) of an edge as it was given."""
    rest = list(entry[2:])
    dashed = bool(rest) and rest[0] == "dashed"
    rest = rest[1:] if dashed else rest
    if len(entry) < 2 or len(rest) > 1 or not all(isinstance(part, str) for part in entry):
        raise ValueError(f'edges: expected (from, to[, "dashed"][, label]), got {entry!r}')
    for name in entry[:2]:
        if name not in nodes:
            raise ValueError(f"edges: expected names of {_names(nodes)}, got {name!r} in {entry!r}")
    if entry[0] == entry[1]:
        raise ValueError(f"edges: expected two different nodes, got {entry!r}")
    return entry[0], entry[1], dashed, rest[0] if rest else ""


def _names(nodes):
    return ", ".join(map(repr, nodes)) or "no node"


class _Node:
    """A node: where it is, how much room it takes on each side of its middle, how it is drawn."""

    def __init__(self, name, given, axes):
        if not isinstance(given, dict) or "at" not in given or not FIELDS >= given.keys():
            fields = "at, and if wanted kind, label, size"
            raise ValueError(f"nodes: expected a dict with {fields} as {name!r}, got {given!r}")
        self.name, self.kind = name, given.get("kind", "box")
        if self.kind not in KINDS:
            raise ValueError(
                f"nodes: expected one of {', '.join(KINDS)} as kind of {name!r}, got {self.kind!r}"
            )
        at = np.asarray(given["at"], dtype=float)
        if at.shape != (2,) or not np.isfinite(at).all():
            raise ValueError(f"nodes: expected (x, y) as at of {name!r}, got {given['at']!r}")
        self.at = self.given = at
        self.label = given.get("label", self._symbol())
        self.letters = _extent(axes, self.label, LETTERS)
        size = given.get("size")
        if self.kind in ("latent", "observed"):
            diameter = max(2 * RADIUS, 0.12 + np.hypot(*self.letters)) if size is None else size
            self.half = np.full(2, np.max(diameter) / 2)
        elif self.kind == "parameter":
            self.half = np.full(2, DOT)
        else:
            room = np.array((0.2, 0.16) if self.kind == "box" else (0.06, 0.04))
            self.half = (self.letters + room if size is None else np.broadcast_to(size, 2)) / 2

    def _symbol(self):
        """A letter, with or without an index, is a formula; a longer name is a word."""
        found = SYMBOL.fullmatch(self.name)
        if found is None or self.kind in ("box", "text"):
            return self.name
        return f"${found[1]}_{{{found[2]}}}$" if found[2] else f"${found[1]}$"

    def box(self):
        """Lower left and upper right corner of all that is drawn."""
        low, high = self.at - self.half, self.at + self.half
        if self.kind == "parameter":
            low = np.minimum(low, self.at - (self.letters[0] + 0.1, self.letters[1] / 2))
        return low, high

    def patch(self):
        """The outline at which arrows end."""
        if self.kind in ("latent", "observed", "parameter"):
            fill = {"latent": "white", "observed": SHADE, "parameter": INK}[self.kind]
            return Circle(self.at, self.half[0], facecolor=fill, edgecolor=INK, zorder=3)
        low, size = self.at - self.half, 2 * self.half
        if self.kind == "text":
            return Rectangle(low, *size, facecolor="none", edgecolor="none", zorder=3)
        style = "round,pad=0,rounding_size=0.06"
        return FancyBboxPatch(low, *size, style, facecolor=TINT, edgecolor=INK, zorder=3)

    def draw(self, axes):
        self.shape = axes.add_patch(self.patch())
        place, side = self.at, "center"
        if self.kind == "parameter":
            place, side = self.at - (0.1, 0), "right"
        axes.text(*place, self.label, fontsize=LETTERS, ha=side, va="center", zorder=4, color=INK)

    def border(self, way):
        """Distance from the middle to the outline, in the direction ``way``."""
        if self.kind in ("latent", "observed", "parameter"):
            return self.half[0]
        return np.min(self.half / np.maximum(np.abs(way), 1e-9))


class _Plate:
    """A rounded rectangle around nodes: what is in it is there many times."""

    def __init__(self, given, nodes, axes):
        if not isinstance(given, dict) or not given.keys() >= {"around"}:
            raise ValueError(f"plates: expected a dict with around and label, got {given!r}")
        for name in given["around"]:
            if name not in nodes:
                raise ValueError(f"plates: expected names of {_names(nodes)}, got {name!r}")
        if not given["around"]:
            raise ValueError("plates: expected one name or more in around, got none")
        self.label, self.inside = given.get("label", ""), set(given["around"])
        self.nodes = [nodes[name] for name in given["around"]]
        self.letters = _extent(axes, self.label, 9) if self.label else np.zeros(2)
        self.inner = []

    def nest(self, plates):
        self.inner = [one for one in plates if one is not self and one.inside < self.inside]

    def box(self):
        corners = [one.box() for one in [*self.nodes, *self.inner]]
        low = np.min([corner[0] for corner in corners], 0) - PLATE
        high = np.max([corner[1] for corner in corners], 0) + PLATE
        if self.label:
            low[1] -= self.letters[1]  # its line, under the nodes
            wanted = self.letters[0] + 0.16 - (high - low)[0]
            if wanted > 0:
                low[0], high[0] = low[0] - wanted / 2, high[0] + wanted / 2
        return low, high

    def draw(self, axes):
        low, high = self.box()
        outline = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.8, "zorder": 1}
        style = "round,pad=0,rounding_size=0.1"
        axes.add_patch(FancyBboxPatch(low, *(high - low), style, **outline))
        place = high[0] - 0.08, low[1] + 0.06
        axes.text(*place, self.label, fontsize=9, ha="right", va="bottom", color=INK, zorder=4)


def _extent(axes, text, size):
    """(width, height) of a text, in inches."""
    drawn = axes.text(0, 0, text, fontsize=size)
    box = drawn.get_window_extent(FigureCanvasAgg(axes.figure).get_renderer())
    drawn.remove()
    return np.array([box.width, box.height]) / axes.figure.dpi


def _place(nodes, plates, width, height):
    """Move the nodes to the middle; where there is too little room, nearer to each other."""
    if not nodes:
        return
    room = np.array([width, height]) - 2 * MARGIN
    given = np.stack([node.given for node in nodes])
    span = np.maximum(np.ptp(given, 0), 1e-9)
    factor = np.ones(2)
    for _ in range(8):
        for node, at in zip(nodes, given, strict=True):
            node.at = at * factor
        low = np.min([one.box()[0] for one in [*nodes, *plates]], 0)
        high = np.max([one.box()[1] for one in [*nodes, *plates]], 0)
        over = high - low - room
        if (over <= 1e-9).all():
            break
        factor = np.where(over > 0, np.maximum(factor - over / span, 0), factor)
    for node in nodes:
        node.at = node.at + MARGIN + (room - low - high) / 2


def _refuse_overlaps(nodes):
    nodes = list(nodes.values())
    for place, one in enumerate(nodes):
        for other in nodes[:place]:
            apart = np.abs(one.at - other.at) - one.half - other.half
            if (apart < 0).all():
                raise ValueError(
                    f"nodes: {other.name!r} and {one.name!r} lie on each other; move them apart, "
                    "or give the figure more width or height"
                )


def _draw_edge(axes, start, end, dashed, label, twins, turn):
    """An arrow from outline to outline: straight, or bent where there are several."""
    # Each bends to its own right, so that arrows in opposite directions part.
    bend = 0.0 if twins == 1 else 0.28 * (1 + turn // 2)
    arrow = FancyArrowPatch(
        start.at,
        end.at,
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle="-|>,head_length=0.45,head_width=0.2",
        mutation_scale=14,
        linewidth=1.1,
        linestyle=(0, (4, 2)) if dashed else "-",
        color=INK,
        patchA=start.shape,
        patchB=end.shape,
        shrinkA=1,
        shrinkB=1,
        zorder=2,
    )
    axes.add_patch(arrow)
    if not label:
        return
    way = end.at - start.at
    length = np.hypot(*way)
    way = way / length
    visible = (start.border(way) + length - end.border(way)) / 2
    aside = np.array([way[1], -way[0]])  # to the right of the arrow, as it bends
    if not bend and (aside[1], aside[0]) < (0, 0):
        aside = -aside  # a straight arrow has its label above, or to the right
    half = _extent(axes, label, 9) / 2
    away = bend * length / 2 + 0.05 + np.abs(aside) @ half
    text = axes.text(
        *(start.at + visible * way + away * aside),
        label,
        fontsize=9,
        ha="center",
        va="center",
        zorder=5,
        color=INK,
    )
    text.set_path_effects([withStroke(linewidth=3, foreground="white")])
