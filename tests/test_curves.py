"""Curves: told apart by everyone, the own run beside the run of record, legends off the data."""

import itertools

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course_utils import curves, plotting
from course_utils.history import History


def drawn(ax):
    """Label -> its curve as a list of points."""
    return {line.get_label(): line.get_xydata().tolist() for line in ax.lines}


def history(own, record=None, **evaluations):
    made = History(epochs={"loss": own}, evaluations=evaluations)
    made.of_record = record
    return made


def test_values_pairs_and_tensors_are_curves():
    _, ax = plotting.figure()
    given = {"a": [3.0, 2.0], "b": ([0, 5], torch.tensor([1.0, 0.5]))}
    plotting.training_curves(ax, given, limit=0.2, limit_label="floor")
    shown = drawn(ax)
    assert shown["a"] == [[1, 3], [2, 2]] and shown["b"] == [[0, 1], [5, 0.5]]
    assert ax.lines[-1].get_ydata() == [0.2, 0.2] and ax.lines[-1].get_label() == "floor"


def test_one_value_alone_is_a_point():
    _, ax = plotting.figure()
    plotting.training_curves(ax, {"a": [3.0], "b": history([2.0]), "c": [3.0, 2.0]})
    assert [line.get_marker() for line in ax.lines] == ["o", "s", "None"]


def test_the_run_made_here_is_drawn_beside_the_run_of_record():
    _, ax = plotting.figure()
    record = {"history": {"loss": [5.0, 3.0, 2.0, 1.0]}, "epochs": 4}
    plotting.training_curves(ax, {"net": history([6.0, 4.0], record), "other": history([7.0])})
    shown = drawn(ax)
    assert shown["net, trained here"] == [[1, 6], [2, 4]]
    assert shown["net, of record"] == [[1, 5], [2, 3], [3, 2], [4, 1]]
    assert shown["other"] == [[1, 7]]
    own, of_record, other = ax.lines
    assert own.get_color() == of_record.get_color() != other.get_color()
    assert own.get_linewidth() > 2 * of_record.get_linewidth()
    assert own.get_marker() == plotting.MARKERS[0]  # a run of one epoch is a point


def test_a_run_that_became_the_record_is_drawn_once():
    _, ax = plotting.figure()
    record = {"history": {"loss": [6.0001, 4.0]}, "epochs": 2}
    plotting.training_curves(ax, {"net": history([6.0, 4.0], record)})
    assert drawn(ax) == {"net": [[1, 6], [2, 4]]}


def test_evaluations_begin_before_the_first_step():
    _, ax = plotting.figure()
    made = history([6.0], {"evaluations": {"bound": [9.0, 5.0]}}, bound=[9.0, 7.0])
    plotting.training_curves(ax, {"net": made}, key="bound")
    assert drawn(ax) == {
        "net, trained here": [[0, 9], [1, 7]],
        "net, of record": [[0, 9], [1, 5]],
    }
    with pytest.raises(ValueError, match="key: 'net' has 'loss', 'bound', got 'rate'"):
        plotting.training_curves(ax, {"net": made}, key="rate")


def test_ten_styles_differ_in_each_part():
    styles = [plotting.style(index, marker=True) for index in range(10)]
    for part in ("color", "linestyle", "marker"):
        assert len({str(style[part]) for style in styles}) == 10


NAMED = {"-": (1, 0), "--": (3.7, 1.6), "-.": (6.4, 1.6, 1, 1.6), ":": (1, 1.65)}


def ink(style, length=300):
    """What a style covers of a line: ones and zeros, ten for each width of the line."""
    pattern = NAMED[style] if style in NAMED else style[1]
    piece = np.repeat([1, 0] * (len(pattern) // 2), np.round(10 * np.array(pattern)).astype(int))
    return np.resize(piece, 10 * length)


def test_line_styles_are_told_apart_without_colour():
    """However one is moved along another, they differ on a sixth of the line at least."""
    known = [
        matplotlib.rcParams[f"lines.{name}_pattern"] for name in ("dashed", "dashdot", "dotted")
    ]
    assert [tuple(pattern) for pattern in known] == [NAMED[name] for name in ("--", "-.", ":")]
    for one, other in itertools.combinations(plotting.LINE_STYLES, 2):
        a, b = ink(one), ink(other)
        agree = max((a[shift : 2_000 + shift] == b[:2_000]).mean() for shift in range(300))
        assert agree < 5 / 6, f"{one}, {other}: {agree:.2f}"


@pytest.mark.parametrize("where", ["below", "right"])
def test_a_legend_covers_neither_data_nor_words(where):
    fig, axes = plotting.figure(1, 2, height=3.0)
    for ax in axes:
        for index in range(7):
            ax.plot(range(5), label=f"a long name {index}", **plotting.style(index))
        ax.set(xlabel="epoch", ylabel="nats")
        plotting.legend(ax, where=where)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    paper = fig.bbox
    for ax in axes:
        box = ax.get_legend().get_window_extent(renderer)
        assert len(ax.get_legend().get_texts()) == 7
        for other in (ax.get_window_extent(renderer), ax.xaxis.label.get_window_extent(renderer)):
            assert not box.overlaps(other)
        assert box.y0 >= paper.y0 - 1 and box.x1 <= paper.x1 + 1


def test_several_axes_share_one_legend():
    fig, axes = plotting.figure(1, 3)
    for ax in axes:
        ax.plot([0, 1], label="a")
        ax.plot([1, 0], label="b")
    placed = plotting.legend(axes)
    assert [text.get_text() for text in placed.get_texts()] == ["a", "b"]
    assert fig.legends == [placed] and not any(ax.get_legend() for ax in axes)
    assert plotting.legend(plotting.figure()[1]) is None
    with pytest.raises(ValueError, match="where: expected 'below' or 'right', got 'best'"):
        plotting.legend(axes, where="best")


def test_letters_are_large_enough():
    fig, ax = plotting.figure()
    plotting.training_curves(ax, {"a": [1.0, 2.0]}, limit=1.0, limit_label="floor")
    ax.set_title("title")
    words = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_legend().get_texts()]
    words += [*ax.get_xticklabels(), *ax.get_yticklabels()]
    assert min(word.get_fontsize() for word in words) >= 9
    assert curves.PALETTE is plotting.PALETTE
