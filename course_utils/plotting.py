"""The figures that lessons share, and the one way to show a figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from course_utils.curves import LINE_STYLES, MARKERS, PALETTE, legend, style, training_curves
from course_utils.diagrams import diagram
from course_utils.rendering import encode_png, png, svg
from course_utils.showing import in_notebook, show, show_png

# From other rooms; lessons find them here.
__all__ = ["LINE_STYLES", "MARKERS", "PALETTE", "diagram", "encode_png", "in_notebook", "legend"]
__all__ += ["png", "show", "show_png", "style", "svg", "training_curves"]

STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "figure.dpi": 100,
}
matplotlib.rcParams.update(STYLE)


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


def image_grid(images, columns=None, pad=1, background=0.8):
    """One picture from many: (N, C, H, W) in [0, 1] -> (rows * H', columns * W', C) array.

    ``columns`` defaults to all images in one row. The images are read row by row. The lines between
    them are light grey, so that black and white images both end somewhere.
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
