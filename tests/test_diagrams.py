"""Diagrams: arrows end at outlines, labels hide nothing, and a wrong name is named."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyBboxPatch, Polygon

from course_utils import diagram_parts, plotting

MODEL = {
    "z": {"at": (0, 1), "kind": "latent"},
    "x": {"at": (0, 0), "kind": "observed"},
    "theta": {"at": (1.2, 0), "kind": "parameter", "label": r"$\theta$"},
}
ARROWS = [("z", "x", "$p(x | z)$"), ("x", "z", "dashed", "$q(z | x)$"), ("theta", "x")]
PLATE = {"around": ["z", "x"], "label": "N images"}

NETWORK = {
    "x": {"at": (0, 0), "kind": "observed"},
    "encoder": {"at": (1.3, 0), "label": "encoder\n784 – 400"},
    "mu": {"at": (2.6, 0.45), "kind": "text", "label": r"$\mu$"},
    "log_var": {"at": (2.6, -0.45), "kind": "text", "label": r"$\log\,\sigma^2$"},
    "z": {"at": (3.6, 0), "kind": "latent"},
    "decoder": {"at": (4.8, 0), "label": "decoder\n400 – 784"},
}
WIRES = [("x", "encoder"), ("encoder", "mu"), ("encoder", "log_var")]
WIRES += [("mu", "z"), ("log_var", "z"), ("z", "decoder")]


def heads(fig):
    """The tips of the arrows, in the order of the edges."""
    return [patch.get_xy()[0] for patch in fig.axes[0].patches if isinstance(patch, Polygon)]


def circles(fig):
    return [patch for patch in fig.axes[0].patches if isinstance(patch, Circle)]


def texts(fig):
    """Text -> its box on the paper, in inches."""
    renderer = FigureCanvasAgg(fig).get_renderer()
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in fig.axes[0].texts}
    return {text: np.array(box.extents) / fig.dpi for text, box in boxes.items()}


def test_arrows_end_at_the_outline():
    fig = plotting.diagram(MODEL, ARROWS, [PLATE])
    z, x, theta = circles(fig)
    for tip, end in zip(heads(fig), (x, z, x), strict=True):
        distance = np.hypot(*(tip - end.center)) - end.radius
        assert 0 < distance < 0.03
    assert z.radius == x.radius > theta.radius
    fig = plotting.diagram(NETWORK, WIRES)
    box = next(patch for patch in fig.axes[0].patches if isinstance(patch, FancyBboxPatch))
    assert 0 < box.get_x() - heads(fig)[0][0] < 0.03


def test_arrows_between_the_same_two_nodes_part():
    fig = plotting.diagram(MODEL, ARROWS)
    down, up = (line.get_xydata() for line in fig.axes[0].lines[:2])
    z, x, _ = circles(fig)
    middle = z.center[0]
    assert (down[:, 0] < middle).all() and (up[:, 0] > middle).all()
    assert down[0, 1] > down[-1, 1] and up[0, 1] < up[-1, 1]
    solid, dashed, _ = fig.axes[0].lines
    assert solid.get_linestyle() == "-" != dashed.get_linestyle()


def test_a_straight_arrow_joins_the_middles():
    fig = plotting.diagram(MODEL, [("z", "x")])
    z, x, _ = circles(fig)
    assert np.allclose(fig.axes[0].lines[0].get_xdata(), z.center[0])
    assert np.allclose(z.center[0], x.center[0]) and np.isclose(z.center[1] - x.center[1], 1.0)


@pytest.mark.parametrize(
    ("nodes", "edges", "plates"), [(MODEL, ARROWS, [PLATE]), (NETWORK, WIRES, [])]
)
def test_no_text_lies_on_another_or_outside(nodes, edges, plates):
    fig = plotting.diagram(nodes, edges, plates, title="A model")
    boxes = texts(fig)
    width, height = fig.get_size_inches()
    for text, (left, low, right, high) in boxes.items():
        assert left >= 0 and low >= 0 and right <= width and high <= height, text
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
        assert apart > -0.02, f"{one} and {other}"
    assert min(text.get_fontsize() for text in fig.axes[0].texts) >= 9


def test_a_plate_holds_its_nodes_and_the_labels_of_its_arrows():
    fig = plotting.diagram(MODEL, ARROWS, [PLATE])
    plate = next(patch for patch in fig.axes[0].patches if isinstance(patch, FancyBboxPatch))
    left, low = plate.get_x(), plate.get_y()
    right, high = left + plate.get_width(), low + plate.get_height()
    z, x, theta = circles(fig)
    for node in (z, x):
        assert left < node.center[0] - node.radius and node.center[0] + node.radius < right
        assert low < node.center[1] - node.radius and node.center[1] + node.radius < high
    assert theta.center[0] > right
    boxes = texts(fig)
    for label in ("$p(x | z)$", "$q(z | x)$", "N images"):
        assert left < boxes[label][0] and boxes[label][2] < right, label
    below = boxes["N images"]
    assert below[3] < x.center[1] - x.radius


def test_plates_lie_in_each_other():
    nodes = MODEL | {"w": {"at": (1.2, 1), "kind": "latent"}}
    plates = [PLATE, {"around": ["z", "x", "w"], "label": "K models"}]
    fig = plotting.diagram(nodes, [("z", "x")], plates, height=3.2)
    inner, outer = (patch for patch in fig.axes[0].patches if isinstance(patch, FancyBboxPatch))
    assert outer.get_x() < inner.get_x() and outer.get_y() < inner.get_y()
    assert outer.get_y() + outer.get_height() > inner.get_y() + inner.get_height()


def test_the_label_of_a_dot_stands_where_no_arrow_goes():
    for at, side in (((1.2, 0), 1), ((-1.2, 0), -1)):
        nodes = MODEL | {"theta": MODEL["theta"] | {"at": at}}
        fig = plotting.diagram(nodes, [("theta", "x")])
        dot = circles(fig)[2]
        left, _, right, _ = texts(fig)[r"$\theta$"]
        assert (left + right) / 2 > dot.center[0] if side > 0 else right < dot.center[0]


def test_a_drawing_stands_in_the_middle_and_shrinks_its_distances_only():
    wide = plotting.diagram(NETWORK, WIRES)
    narrow = plotting.diagram(NETWORK, WIRES, width=5.0)
    for fig in (wide, narrow):
        boxes = np.stack([*texts(fig).values()])
        width, height = fig.get_size_inches()
        assert boxes[:, 0].min() > 0 and boxes[:, 2].max() < width
    (first, second), (third, fourth) = circles(wide), circles(narrow)
    assert third.radius == first.radius
    assert fourth.center[0] - third.center[0] < second.center[0] - first.center[0]
    lone = circles(plotting.diagram({"z": {"at": (7, -3), "kind": "latent"}}, []))[0]
    assert np.allclose(lone.center, (3.5, 1.2))


def test_letters_become_formulas():
    fig = plotting.diagram(
        {
            "z_1": {"at": (0, 0), "kind": "latent"},
            "log_var": {"at": (1, 0)},
            "x": {"at": (2, 0), "kind": "observed"},
        },
        [],
    )
    assert [*texts(fig)] == ["$z_{1}$", "log_var", "$x$"]


def test_the_same_bytes_on_every_run():
    def draw():
        return plotting.svg(plotting.diagram(MODEL, ARROWS, [PLATE]))

    assert draw() == draw()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges": [("z", "y")]}, "edges: expected names of 'z', 'x', 'theta', got 'y'"),
        ({"edges": [("z", "z")]}, "edges: expected two different nodes"),
        ({"edges": [("z",)]}, r"edges: expected \(from, to"),
        ({"edges": [("z", "x", "thin", "q")]}, r"edges: expected \(from, to"),
        ({"plates": [{"around": ["z", "w"]}]}, "plates: expected names of .*, got 'w'"),
        ({"plates": [{"around": []}]}, "plates: expected one name or more"),
        ({"plates": [["z", "x"]]}, "plates: expected dicts with around and label"),
        ({"nodes": {"z": {"kind": "latent"}}}, "nodes: expected a dict with at"),
        ({"nodes": {"z": {"at": (0, 0), "color": "red"}}}, "nodes: expected a dict with at"),
        ({"nodes": {"z": {"at": 3}}}, r"nodes: expected \(x, y\) as at of 'z', got 3"),
        ({"nodes": {"z": {"at": (0, 0), "kind": "round"}}}, "kind of 'z', got 'round'"),
        (
            {"nodes": {"a": {"at": (0, 0)}, "b": {"at": (0, 0.1)}}},
            "nodes: 'a' and 'b' lie on each other",
        ),
    ],
)
def test_what_is_wrong_is_named(change, message):
    given = {"nodes": MODEL, "edges": [], "plates": []} | change
    with pytest.raises(ValueError, match=message):
        plotting.diagram(**given)


def test_every_kind_is_drawn():
    for kind in diagram_parts.KINDS:
        fig = plotting.diagram({"a": {"at": (0, 0), "kind": kind}, "b": {"at": (2, 0)}}, [])
        assert plotting.png(fig).startswith(b"\x89PNG")
