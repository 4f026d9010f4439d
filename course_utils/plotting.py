"""The figures that lessons share, and the one way to show a figure."""

import io
import textwrap

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course_utils import settings

# Okabe and Ito's palette: told apart by colour-blind readers. A line style goes with each, so
# that a print in grey still tells the curves apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
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

    Args:
        rows, columns: the grid of axes.
        width, height: of the whole figure, in inches.
        options: for ``Figure.subplots``, such as ``sharey=True``.
    """
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns, **options)


def png(fig):
    """The figure as PNG bytes, the same on every run."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return encode_png(np.asarray(canvas.buffer_rgba())[..., :3])


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


def show(fig, *, says):
    """Show a figure with one sentence that says what is seen in it.

    The sentence is printed under the picture and stored as its alternative text, so that a
    reader who cannot see the picture gets the point too. In a script, only the sentence appears.

    Raises:
        ValueError: ``says`` is empty.
    """
    if not says or not says.strip():
        raise ValueError("says: expected a sentence on what the figure shows, got nothing")
    show_png(png(fig), says=says)


def show_png(data, *, says, instead_of=None):
    """As :func:`show`, for a picture that is PNG bytes already.

    With ``instead_of``, a MIME bundle, the picture is for front ends that cannot show that.
    """
    if in_notebook():
        from IPython.display import display

        bundle = (instead_of or {}) | {"image/png": data, "text/plain": says}
        display(bundle, raw=True, metadata={"image/png": {"alt": says}})
    print(textwrap.fill(says, settings.LINE))


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


def training_curves(axes, curves, *, limit=None, limit_label="", xlabel="epoch", ylabel="nats"):
    """Draw named curves, and a known limit as a thin black line.

    Args:
        axes: where to draw.
        curves: name -> values, or name -> (x, values). Values may be tensors.
        limit: the value that no curve can pass, or None.
        limit_label: what the limit is.
    """
    for index, (name, values) in enumerate(curves.items()):
        x, y = values if isinstance(values, tuple) else (range(1, len(values) + 1), values)
        axes.plot(np.asarray(x), np.asarray(y), label=name, **style(index))
    if limit is not None:
        axes.axhline(limit, color="black", linewidth=0.8, label=limit_label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()


def draw_digits(axes, points, labels, most=None, size=2, named=False):
    """Draw codes in the plane as points, in one colour for each digit.

    Args:
        axes: where to draw.
        points: (N, 2).
        labels: the digits, 0 to 9, (N,).
        most: draw no more than this many points of a digit.
        size: of a point.
        named: write each digit at the median of its points.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    for digit in np.unique(labels):
        chosen = points[labels == digit]
        axes.plot(*chosen[:most].T, ".", markersize=size, color=PALETTE[digit % len(PALETTE)])
        if named:
            box = {"boxstyle": "circle,pad=0.1", "facecolor": "white"}
            axes.text(*np.median(chosen, 0), str(digit), weight="bold", bbox=box)


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
