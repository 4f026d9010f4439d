"""What a diagram is made of: nodes, plates and arrows; each knows the room that it takes."""

import re

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyBboxPatch, Polygon
from matplotlib.patheffects import withStroke

KINDS = ("latent", "observed", "parameter", "box", "text")
ROUND = ("latent", "observed", "parameter")
FIELDS = {"at", "kind", "label", "size"}
INK, FILLS = "#1A1A1A", {"observed": "#D4D4D4", "parameter": "#1A1A1A", "box": "#E3EEF6"}
LETTERS, SMALL = 11, 9  # points: of nodes, of arrows and plates
# Inches: radius of a circle and of a dot, of a rounded corner, room around nodes of a plate.
RADIUS, DOT, CORNER, PLATE = 0.24, 0.05, 0.06, 0.16
GAP, HEAD, HALF_HEAD = 0.02, 0.13, 0.05  # an arrow's distance from the outline, and its head
BEND = 0.15  # how far an arrow bends aside, as a part of its length
SYMBOL = re.compile(r"([A-Za-z])(?:_(\w+))?")


def extent(axes, text, size):
    """(width, height) of a text, in inches."""
    drawn = axes.text(0, 0, text, fontsize=size)
    box = drawn.get_window_extent(FigureCanvasAgg(axes.figure).get_renderer())
    drawn.remove()
    return np.array([box.width, box.height]) / axes.figure.dpi


def known(what, name, nodes):
    """Refuse a name that no node has."""
    if name not in nodes:
        names = ", ".join(map(repr, nodes)) or "no node"
        raise ValueError(f"{what}: expected names of {names}, got {name!r}")


class Node:
    """A node: its middle, half its width and height, and what is drawn."""

    def __init__(self, name, given, axes):
        if not isinstance(given, dict) or "at" not in given or not FIELDS >= given.keys():
            raise ValueError(
                f"nodes: expected a dict with at, and if wanted kind, label and size as {name!r}, "
                f"got {given!r}"
            )
        self.name, self.kind = name, given.get("kind", "box")
        if self.kind not in KINDS:
            raise ValueError(
                f"nodes: expected one of {', '.join(KINDS)} as kind of {name!r}, got {self.kind!r}"
            )
        self.at = np.asarray(given["at"], dtype=float)
        if self.at.shape != (2,) or not np.isfinite(self.at).all():
            raise ValueError(f"nodes: expected (x, y) as at of {name!r}, got {given['at']!r}")
        self.label = given.get("label", self._symbol())
        self.letters = extent(axes, self.label, LETTERS)
        self.half = self._half(given.get("size"))
        self.beside = np.zeros(2)  # a dot has its label beside it, in this direction

    def _symbol(self):
        """A letter, with or without an index, is a formula; a longer name is a word."""
        found = SYMBOL.fullmatch(self.name)
        if found is None or self.kind in ("box", "text"):
            return self.name
        return f"${found[1]}_{{{found[2]}}}$" if found[2] else f"${found[1]}$"

    def _half(self, size):
        if self.kind == "parameter":
            return np.full(2, DOT)
        if self.kind in ROUND:
            smallest = max(2 * RADIUS, 0.14 + np.hypot(*self.letters))
            return np.full(2, (smallest if size is None else np.max(size)) / 2)
        room = np.array((0.22, 0.18) if self.kind == "box" else (0.08, 0.06))
        return (self.letters + room if size is None else np.broadcast_to(size, 2)) / 2

    def turn_label(self, edges):
        """Put a dot's label on the side that its arrows leave free."""
        others = [e.end if e.start is self else e.start for e in edges if self in (e.start, e.end)]
        way = sum((other.at - self.at for other in others), np.zeros(2))
        across = abs(way[0]) >= abs(way[1])
        side = 0 if across else 1
        if self.kind == "parameter":
            self.beside = np.zeros(2)
            self.beside[side] = -1.0 if way[side] >= 0 else 1.0

    def label_at(self):
        return self.at + self.beside * (self.half + 0.06 + self.letters / 2)

    def box(self):
        """Lower left and upper right corner of all that is drawn."""
        low, high = self.at - self.half, self.at + self.half
        if self.kind == "parameter":
            low = np.minimum(low, self.label_at() - self.letters / 2)
            high = np.maximum(high, self.label_at() + self.letters / 2)
        return low, high

    def outside(self, points):
        """Distance of points (N, 2) from the outline; below 0 inside."""
        away = np.abs(points - self.at)
        if self.kind in ROUND:
            return np.hypot(*away.T) - self.half[0]
        beyond = away - self.half
        return np.hypot(*np.maximum(beyond, 0).T) + np.minimum(beyond.max(1), 0)

    def draw(self, axes):
        line = {"facecolor": FILLS.get(self.kind, "white"), "edgecolor": INK, "zorder": 3}
        if self.kind in ROUND:
            axes.add_patch(Circle(self.at, self.half[0], **line))
        elif self.kind == "box":
            style = f"round,pad=0,rounding_size={CORNER}"
            axes.add_patch(FancyBboxPatch(self.at - self.half, *(2 * self.half), style, **line))
        place = self.label_at()
        axes.text(*place, self.label, fontsize=LETTERS, ha="center", va="center", color=INK)


class Plate:
    """A rounded rectangle around nodes: what is in it is there many times."""

    def __init__(self, given, nodes, edges, axes):
        if not isinstance(given, dict) or not given.keys() <= {"around", "label"}:
            raise ValueError(f"plates: expected dicts with around and label, got {given!r}")
        if not given.get("around"):
            raise ValueError(f"plates: expected one name or more in around, got {given!r}")
        for name in given["around"]:
            known("plates", name, nodes)
        self.names, self.label = set(given["around"]), given.get("label", "")
        self.letters = extent(axes, self.label, SMALL) if self.label else np.zeros(2)
        self.held = [nodes[name] for name in given["around"]]
        self.held += [e for e in edges if {e.start.name, e.end.name} <= self.names]

    def hold(self, plates):
        """A plate around all nodes of another lies around that plate too."""
        self.held += [plate for plate in plates if plate.names < self.names]

    def box(self):
        low, high = bounds(self.held)
        low, high = low - PLATE, high + PLATE
        if self.label:
            low[1] -= self.letters[1] - 0.04  # its line, under the nodes
            missing = max(0.0, self.letters[0] + 0.2 - (high - low)[0])
            low[0], high[0] = low[0] - missing / 2, high[0] + missing / 2
        return low, high

    def draw(self, axes):
        low, high = self.box()
        line = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.8, "zorder": 1}
        axes.add_patch(FancyBboxPatch(low, *(high - low), "round,pad=0,rounding_size=0.1", **line))
        place = high[0] - 0.1, low[1] + 0.07
        axes.text(*place, self.label, fontsize=SMALL, ha="right", va="bottom", color=INK)


class Edge:
    """An arrow from outline to outline, straight or bent to its own right."""

    def __init__(self, entry, nodes, axes):
        rest = list(entry[2:])
        self.dashed = bool(rest) and rest[0] == "dashed"
        rest = rest[1:] if self.dashed else rest
        if len(entry) < 2 or len(rest) > 1 or not all(isinstance(part, str) for part in entry):
            raise ValueError(f'edges: expected (from, to[, "dashed"][, label]), got {entry!r}')
        for name in entry[:2]:
            known("edges", name, nodes)
        if entry[0] == entry[1]:
            raise ValueError(f"edges: expected two different nodes, got {entry!r}")
        self.start, self.end = nodes[entry[0]], nodes[entry[1]]
        self.label, self.bend = rest[0] if rest else "", 0.0
        self.letters = extent(axes, self.label, SMALL) if self.label else np.zeros(2)

    def part_from(self, edges):
        """Bend where other arrows join the same nodes; those in one direction ever further."""
        same = [edge for edge in edges if {edge.start, edge.end} == {self.start, self.end}]
        if len(same) > 1:
            before = [edge for edge in same[: same.index(self)] if edge.start is self.start]
            self.bend = BEND * (1 + len(before))

    def aside(self):
        """Unit vector to the side on which the arrow bends and has its label."""
        way = self.end.at - self.start.at
        right = np.array([way[1], -way[0]]) / max(np.hypot(*way), 1e-9)
        if not self.bend and (round(right[1], 9), right[0]) < (0, 0):
            return -right  # a straight arrow has its label above or, where it is upright, right
        return right

    def curve(self):
        """The visible points (N, 2), from outline to outline."""
        t = np.linspace(0, 1, 1001)[:, None]
        way = self.end.at - self.start.at
        points = self.start.at + t * way
        points = points + 4 * t * (1 - t) * self.bend * np.hypot(*way) * self.aside()
        seen = (self.start.outside(points) > GAP) & (self.end.outside(points) > GAP)
        return points[seen]

    def label_at(self):
        points, aside = self.curve(), self.aside()
        middle = points[len(points) // 2] if len(points) else (self.start.at + self.end.at) / 2
        return middle + (0.06 + np.abs(aside) @ (self.letters / 2)) * aside

    def box(self):
        points = self.curve()
        if not len(points):
            points = (self.start.at + self.end.at)[None] / 2
        if self.label:
            points = np.vstack([points, self.label_at() + np.array([[-0.5], [0.5]]) * self.letters])
        return points.min(0), points.max(0)

    def draw(self, axes):
        points = self.curve()
        tip = points[-1]
        line = points[np.hypot(*(points - tip).T) > 0.8 * HEAD]
        back = (line[-1] if len(line) else points[0]) - tip
        back = back / max(np.hypot(*back), 1e-9)
        sides = HALF_HEAD * np.array([[back[1], -back[0]], [-back[1], back[0]]])
        style = {"linestyle": (0, (4, 2)) if self.dashed else "-", "linewidth": 1.1}
        if len(line):
            thinned = line[:: max(1, len(line) - 1) if not self.bend else 20]
            axes.plot(*np.vstack([thinned, line[-1:]]).T, color=INK, zorder=2, **style)
        axes.add_patch(Polygon([tip, *(tip + HEAD * back + sides)], color=INK, lw=0, zorder=2))
        if self.label:
            place = {"ha": "center", "va": "center", "color": INK, "zorder": 5}
            text = axes.text(*self.label_at(), self.label, fontsize=SMALL, **place)
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])


def bounds(parts):
    """Lower left and upper right corner of several parts."""
    lows, highs = zip(*(part.box() for part in parts), strict=True)
    return np.min(lows, 0), np.max(highs, 0)
