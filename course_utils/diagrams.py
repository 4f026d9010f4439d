"""Graphical models and architectures, drawn by code: :func:`diagram`."""

import numpy as np
from matplotlib.figure import Figure

from course_utils.diagram_parts import LETTERS, Edge, Node, Plate, bounds

MARGIN, TITLE = 0.08, 0.26  # inches: around all, and the line of the title


def diagram(nodes, edges, plates=(), *, width=7.0, height=2.4, title=""):
    """A graphical model or an architecture as a figure for :func:`course_utils.plotting.show`.

    Places are in inches and only their differences count: the drawing stands in the middle of the
    figure. Where it is too large for it the distances shrink, never the letters.

    Args:
        nodes: name -> dict with ``at`` (x, y), y upwards; ``kind``, which is ``latent`` (a circle),
            ``observed`` (a grey circle), ``parameter`` (a dot with its label beside it), ``box``
            (a function or a layer; the default) or ``text``; ``label``, with formulas between
            dollar signs, by default the name; ``size``, the diameter, or (width, height) of a box.
        edges: (from, to) or (from, to, "dashed"), either with a label as one entry more. Arrows
            that join the same two nodes are bent apart.
        plates: dicts with ``around``, a list of names, and ``label``, such as "N images".
        width, height: of the figure, in inches.
        title: above it.

    Returns:
        The figure.

    Raises:
        ValueError: an unknown name, kind or field; nodes that lie on each other.

    Example:
        >>> nodes = {"z": {"at": (0, 1), "kind": "latent"}, "x": {"at": (0, 0), "kind": "observed"}}
        >>> fig = diagram(nodes, [("z", "x")], plates=[{"around": ["z", "x"], "label": "N images"}])
    """
    fig = Figure(figsize=(width, height))
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    nodes = {name: Node(name, given, axes) for name, given in nodes.items()}
    edges = [Edge(entry, nodes, axes) for entry in edges]
    for edge in edges:
        edge.part_from(edges)
    for node in nodes.values():
        node.turn_label(edges)
    plates = [Plate(given, nodes, edges, axes) for given in plates]
    for plate in plates:
        plate.hold(plates)
    if nodes:
        _place(list(nodes.values()), edges, plates, width, height - TITLE * bool(title))
        _refuse_overlaps(list(nodes.values()))
    if title:
        axes.text(width / 2, height - MARGIN, title, fontsize=LETTERS, ha="center", va="top")
    for part in (*plates, *edges, *nodes.values()):
        part.draw(axes)
    return fig


def _place(nodes, edges, plates, width, height):
    """Move the nodes to the middle; where there is too little room, nearer to each other."""
    room = np.array([width, height]) - 2 * MARGIN
    given = np.stack([node.at for node in nodes])
    span, factor = np.maximum(np.ptp(given, 0), 1e-9), np.ones(2)
    for _ in range(20):
        for node, at in zip(nodes, given, strict=True):
            node.at = at * factor
        low, high = bounds([*nodes, *edges, *plates])
        over = high - low - room
        if (over <= 1e-6).all():
            break
        factor = np.where(over > 0, np.maximum(factor - over / span, 0), factor)
    for node in nodes:
        node.at = node.at + MARGIN + (room - low - high) / 2


def _refuse_overlaps(nodes):
    for place, one in enumerate(nodes):
        for other in nodes[:place]:
            if (np.abs(one.at - other.at) < one.half + other.half).all():
                raise ValueError(
                    f"nodes: {other.name!r} and {one.name!r} lie on each other; move them apart, "
                    "or give the figure more width or height"
                )
