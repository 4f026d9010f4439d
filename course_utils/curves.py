"""Colours and lines told apart by everyone, curves of trainings, and legends beside the data."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import ScaledTranslation

from course_utils.history import History

# Okabe and Ito's palette and three more: told apart by colour-blind readers. A line style and a
# marker go with each, so that a print in grey still tells the curves apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
PALETTE += ("#773311", "#9944EE", "#555555")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3.5)), (0, (9, 2.5)))
LINE_STYLES += ((0, (4, 1, 4, 1, 1, 1)), (0, (9, 1.5, 2, 1.5)), (0, (1, 1, 1, 1, 1, 3.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", "p")


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
        _draw(axes, name, x, y, index)
    if limit is not None:
        axes.axhline(limit, color="black", linewidth=0.8, label=limit_label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    legend(axes)


def _draw(axes, name, x, y, index):
    """A curve; one value alone is a point, because a line through it has no length."""
    axes.plot(np.asarray(x), np.asarray(y), label=name, **style(index, marker=len(y) == 1))


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
        return _draw(axes, name, *own, index)
    look = {"linewidth": 2.5, "markersize": 5, "markevery": max(1, len(own[1]) // 10)}
    axes.plot(*own, label=f"{name}, trained here", **(style(index, marker=True) | look))
    axes.plot(*of_record, label=f"{name}, of record", **(style(index) | {"linewidth": 1.0}))


def _curve(run, key):
    """(epochs, values) of a run's history or header; None where it has no ``key``."""
    for kind, first in (("history", 1), ("evaluations", 0)):
        values = (run.get(kind) or {}).get(key)
        if values:
            return np.arange(first, first + len(values)), np.asarray(values)
    return None


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
        given |= {"borderaxespad": 0.2, "columnspacing": 1.4}
        if len(several) > 1:
            place = "outside lower center" if where == "below" else "outside right center"
            return fig.legend(loc=place, **given)
        if where == "right":
            return several[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1), **given)
        # Under the ticks, their numbers and the name of the axis.
        down = ScaledTranslation(0, -31 / 72, fig.dpi_scale_trans)
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
