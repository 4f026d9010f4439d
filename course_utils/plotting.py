"""The figures that lessons share, and the one way to show a figure."""

import re
import textwrap

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import ScaledTranslation

from course_utils import settings
from course_utils.diagrams import diagram
from course_utils.history import History
from course_utils.rendering import encode_png, is_vector, png, svg

__all__ = ["diagram", "encode_png", "png", "svg"]  # in other rooms; lessons find them here

# Okabe and Ito's palette and three more: told apart by colour-blind readers. A line style and a
# marker go with each, so that a print in grey still tells the curves apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
PALETTE += ("#773311", "#9944EE", "#555555")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
LINE_STYLES += ((0, (3, 1, 3, 1, 1, 1)), (0, (12, 2, 2, 2)), (0, (1, 4)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", "p")
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "figure.dpi": 100,
}
matplotlib.rcParams.update(STYLE)
# What Markdown would read as its own. A dollar sign stays: formulas of a caption are typeset.
MARKUP = re.compile(r"([\\`*_\[\]<>~|#])")
FORMULA = re.compile(r"(\$[^$\n]+\$)")


def figure(rows=1, columns=1, width=7.0, height=2.6, **options):
    """A figure with axes, outside pyplot's list of open figures: (fig, axes).

    Letters have 9 points: on a page of 700 pixels as large as in print.

    Args:
        rows, columns: the grid of axes.
        width, height: of the whole figure, in inches.
        options: for ``Figure.subplots``, such as ``sharey=True``.
    """
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns, **options)


def show(fig, *, says, vector=None):
    """Show a figure with one sentence that says what is seen in it.

    The sentence stands under the picture as its caption and is stored as its alternative text, so
    that a reader who cannot see the picture gets the point too. In a script, only the sentence
    appears. In ``smoke`` it begins with "Trial run:".

    Args:
        fig: of :func:`figure` or :func:`diagram`.
        says: the sentence; formulas between dollar signs are typeset.
        vector: True for SVG with a small PNG beside it, False for PNG at twice the size; by default
            SVG, unless there are pixels or thousands of points in it.

    Raises:
        ValueError: ``says`` is empty.
    """
    _checked(says)
    if not in_notebook():
        return _caption(says)
    if is_vector(fig) if vector is None else vector:
        return show_png(png(fig), says=says, instead_of={"image/svg+xml": svg(fig)})
    width = round(fig.get_size_inches()[0] * fig.dpi)
    return show_png(png(fig, scale=2), says=says, width=width)


def show_png(data, *, says, instead_of=None, width=None):
    """As :func:`show`, for a picture that is PNG bytes already.

    Args:
        data: the bytes.
        says: the sentence.
        instead_of: a MIME bundle of something better; the picture is then for front ends that
            cannot show that.
        width: at which the picture is shown, in pixels, where it is not its own.
    """
    _checked(says)
    if in_notebook():
        from IPython.display import display

        described = {"alt": settings.caption(says)}
        bundle = (instead_of or {}) | {"image/png": data, "text/plain": "(figure)"}
        metadata = {kind: dict(described) for kind in bundle if kind.startswith("image/")}
        if width is not None:
            metadata["image/png"]["width"] = width
        display(bundle, raw=True, metadata=metadata)
    _caption(says)


def _checked(says):
    if not isinstance(says, str) or not says.strip():
        raise ValueError(f"says: expected a sentence on what the figure shows, got {says!r}")


def _caption(says):
    """The sentence as a caption: typeset in a notebook, wrapped lines in a terminal."""
    says = " ".join(settings.caption(says).split())
    lines = textwrap.fill(says, settings.LINE)
    if not in_notebook():
        return print(lines)
    from IPython.display import display

    display({"text/markdown": f"**Figure.** {as_markdown(says)}", "text/plain": lines}, raw=True)


def as_markdown(text):
    """Plain text as Markdown that shows it letter by letter; formulas between dollars stay."""
    parts = FORMULA.split(text)
    return "".join(
        part if place % 2 else MARKUP.sub(r"\\\1", part) for place, part in enumerate(parts)
    )


def in_notebook():
    """True inside a Jupyter kernel, False in a script or a plain terminal."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def style(index, marker=False):
    """Colour, line style and, if asked for, marker number ``index``: arguments for ``plot``."""
    line = {
        "color": PALETTE[index % len(PALETTE)],
        "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
    }
    return line | ({"marker": MARKERS[index % len(MARKERS)]} if marker else {})


def training_curves(
    axes, curves, *, key="loss", limit=None, limit_label="", xlabel="epoch", ylabel="nats"
):
    """Draw named curves, and a known limit as a thin black line.

    A History that has a run of record beside it gives two curves of one colour: the run that the
    reader has just made, thick and with markers, and the run of record, thin.

    Args:
        axes: where to draw.
        curves: name -> History, values, or (x, values). Values may be tensors.
        key: what of a History is drawn: of its epochs, else of its evaluations, which begin with
            epoch 0.
        limit: the value that no curve can pass, or None.
        limit_label: what the limit is.

    Raises:
        ValueError: a History has no ``key``.
    """
    for index, (name, values) in enumerate(curves.items()):
        if isinstance(values, History):
            _draw_history(axes, name, values, key, index)
            continue
        x, y = values if isinstance(values, tuple) else (range(1, len(values) + 1), values)
        axes.plot(np.asarray(x), np.asarray(y), label=name, **style(index))
    if limit is not None:
        axes.axhline(limit, color="black", linewidth=0.8, label=limit_label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    legend(axes)


def _draw_history(axes, name, history, key, index):
    """The run made here and, where it is another one, the run of record."""
    record = getattr(history, "of_record", None) or {}
    own = _curve({"history": history.epochs, "evaluations": history.evaluations}, key)
    if own is None:
        known = ", ".join(map(repr, [*history.epochs, *history.evaluations])) or "nothing"
        raise ValueError(f"key: {name!r} has {known}, got {key!r}")
    of_record = _curve(record, key)
    same = of_record is None or (
        len(own[1]) == len(of_record[1]) and np.allclose(own[1], of_record[1], rtol=1e-4)
    )
    if same:  # `full` makes the run of record itself
        axes.plot(*own, label=name, **style(index))
        return
    look = {"linewidth": 2.5, "markersize": 5, "markevery": max(1, len(own[1]) // 10)}
    label = f"{name}, trained here ({_epochs(own)})"
    axes.plot(*own, label=label, **(style(index, marker=True) | look))
    label = f"{name}, of record ({_epochs(of_record)})"
    axes.plot(*of_record, label=label, **(style(index) | {"linewidth": 1.0}))


def _curve(run, key):
    """(epochs, values) of a run's history or header; None where it has no ``key``."""
    for kind, first in (("history", 1), ("evaluations", 0)):
        values = (run.get(kind) or {}).get(key)
        if values:
            return np.arange(first, first + len(values)), np.asarray(values)
    return None


def _epochs(curve):
    last = int(curve[0][-1])
    return f"{last} epoch" if last == 1 else f"{last} epochs"


def legend(axes, *, where="below", columns=None):
    """A legend beside the axes, where it hides nothing: :func:`figure` makes room for it.

    Args:
        axes: one, or several that share one legend, in which each label stands once.
        where: ``below`` or ``right`` of them.
        columns: of the legend; by default one to the right, and below as many as fit.

    Raises:
        ValueError: ``where`` is something else.
    """
    if where not in ("below", "right"):
        raise ValueError(f"where: expected 'below' or 'right', got {where!r}")
    several = list(np.ravel(axes)) if isinstance(axes, list | tuple | np.ndarray) else [axes]
    fig = several[0].figure
    handles = {}
    for one in several:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if not handles:
        return None
    width = fig.get_size_inches()[0] * fig.dpi
    if len(several) == 1:
        spec = several[0].get_subplotspec()
        width *= 1 if spec is None else len(spec.colspan) / spec.get_gridspec().ncols

    def drawn(count):
        given = {"handles": handles.values(), "labels": handles.keys(), "ncols": count}
        if len(several) > 1:
            place = "outside lower center" if where == "below" else "outside right center"
            return fig.legend(loc=place, **given)
        if where == "right":
            return several[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1), **given)
        # Under the ticks and, where there is one, the name of the axis: 9-point lines.
        down = ScaledTranslation(0, -38 / 72, fig.dpi_scale_trans)
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0)}
        return several[0].legend(bbox_transform=several[0].transAxes + down, **place, **given)

    if columns is not None or where == "right":
        return drawn(columns or 1)
    renderer = FigureCanvasAgg(fig).get_renderer()
    for count in range(len(handles), 0, -1):
        placed = drawn(count)
        if count == 1 or placed.get_window_extent(renderer).width <= width:
            return placed
        placed.remove()


def draw_digits(axes, points, labels, most=None, size=2, named=False):
    """Draw codes in the plane as points, in one colour and with one marker for each digit.

    Args:
        axes: where to draw.
        points: (N, 2).
        labels: the digits, 0 to 9, (N,).
        most: draw no more than this many points of a digit.
        size: of a point.
        named: write each digit at the median of its points, or, where two would lie on each other,
            beside it, with a line to the median.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    medians = {}
    for digit in np.unique(labels):
        chosen = points[labels == digit]
        look = {"color": PALETTE[digit % 10], "marker": MARKERS[digit % 10], "linestyle": ""}
        axes.plot(*chosen[:most].T, markersize=size, markeredgewidth=0, label=str(digit), **look)
        medians[digit] = np.median(chosen, 0)
    if not named:
        return
    for digit, place in zip(medians, _apart(axes, np.stack([*medians.values()])), strict=True):
        moved = not np.array_equal(place, medians[digit])
        line = {"arrowstyle": "-", "color": "black", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
        text = axes.annotate(
            str(digit),
            medians[digit],
            place,
            weight="bold",
            ha="center",
            va="center",
            zorder=10,
            arrowprops=line if moved else None,
            bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": PALETTE[digit % 10]},
        )
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _apart(axes, places, gap=17.0):
    """Places (N, 2) of labels, moved apart until each has ``gap`` points of paper to all others."""
    fig, spec = axes.figure, axes.get_subplotspec()
    grid = (1, 1) if spec is None else spec.get_gridspec().get_geometry()[::-1]
    paper = 72 * 0.8 * fig.get_size_inches() / grid  # of the axes, in points, about
    box = axes.dataLim
    scale = paper / np.maximum((box.width, box.height), 1e-12)
    at = places * scale
    for _ in range(200):
        step = np.zeros_like(at)
        for i in range(len(at)):
            for j in range(i):
                way = at[i] - at[j]
                distance = np.hypot(*way)
                if distance < gap - 1e-6:
                    angle = 2.4 * i  # two medians at one place part in a fixed direction
                    way = way / distance if distance else np.array([np.cos(angle), np.sin(angle)])
                    step[i] += way * (gap - distance) / 2
                    step[j] -= way * (gap - distance) / 2
        if not step.any():
            break
        at += step
    moved = np.abs(at - places * scale).max(1, keepdims=True) > 0
    return np.where(moved, at / scale, places)


def image_grid(images, columns=None, pad=1, background=1.0):
    """One picture from many: (N, C, H, W) in [0, 1] -> (rows * H', columns * W', C) array.

    ``columns`` defaults to all images in one row. The images are read row by row.
    """
    images = np.clip(np.asarray(images, dtype=np.float32), 0, 1)
    count, channels, height, width = images.shape
    columns = columns or count
    rows = -(-count // columns)
    step_y, step_x = height + pad, width + pad
    canvas = np.full((rows * step_y + pad, columns * step_x + pad, channels), background)
    for index, image in enumerate(images):
        top, left = pad + index // columns * step_y, pad + index % columns * step_x
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return canvas


def draw_images(axes, images, columns=None, title=""):
    """Draw (N, C, H, W) images in [0, 1] as a grid without ticks."""
    grid = image_grid(images, columns)
    if grid.shape[2] == 1:
        axes.imshow(grid[..., 0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    else:
        axes.imshow(grid, interpolation="nearest")
    axes.set_title(title)
    axes.set_axis_off()


def image_rows(rows, *, width=7.0, columns=None):
    """A figure of labelled rows of images: ``rows`` is label -> (N, C, H, W) in [0, 1].

    Each label stands above its row, so the rows can be compared column by column.
    """
    grids = {label: image_grid(images, columns) for label, images in rows.items()}
    heights = [width * 0.98 * grid.shape[0] / grid.shape[1] + 0.26 for grid in grids.values()]
    fig, axes = figure(
        len(rows),
        1,
        width,
        sum(heights),
        squeeze=False,
        gridspec_kw={"height_ratios": heights},
    )
    for ax, (label, images) in zip(axes[:, 0], rows.items(), strict=True):
        draw_images(ax, images, columns, title=label)
    return fig


def covariance_ellipse(axes, mean, covariance, num_std=2.0, **line):
    """Draw the ellipse at ``num_std`` standard deviations of a 2-D Gaussian."""
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    angle = np.linspace(0, 2 * np.pi, 120)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    points = vectors @ (num_std * np.sqrt(np.clip(values, 0, None))[:, None] * circle)
    mean = np.asarray(mean, dtype=np.float64)
    axes.plot(mean[0] + points[0], mean[1] + points[1], **line)
