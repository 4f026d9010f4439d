"""Figures: same bytes, a sentence each, and grids that hold every image."""

import base64
import html
import io
import itertools
import json
import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
import torch
from markdown_it import MarkdownIt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.patches import Circle
from PIL import Image

from course_utils import plotting, rendering, showing, widgets


def test_png_is_the_same_on_every_run():
    def draw():
        fig, ax = plotting.figure()
        plotting.training_curves(ax, {"rate": torch.arange(4.0)}, limit=1.0, limit_label="floor")
        return plotting.png(fig)

    assert draw() == draw()
    assert draw().startswith(b"\x89PNG")


@pytest.mark.parametrize("colours", [2, 256, 3_000])
def test_png_keeps_every_pixel(colours):
    generator = np.random.default_rng(0)
    palette = generator.integers(0, 256, (colours, 3), dtype=np.uint8)
    pixels = palette[generator.integers(0, colours, (60, 50))]
    decoded = Image.open(io.BytesIO(plotting.encode_png(pixels))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(decoded), pixels)


def test_show_needs_a_sentence_and_prints_it(capsys, monkeypatch):
    fig, _ = plotting.figure()
    with pytest.raises(ValueError, match="says: expected a sentence"):
        plotting.show(fig, says="  ")
    plotting.show(fig, says="A flat line.")
    assert capsys.readouterr().out == "Trial run: A flat line.\n"
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    plotting.show(fig, says="A flat line.")
    assert capsys.readouterr().out == "A flat line.\n"


def test_image_grid_puts_each_image_in_its_place():
    images = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 1, 2, 3) / 10
    grid = plotting.image_grid(images, columns=3)
    assert grid.shape == (2 * 3 + 1, 3 * 4 + 1, 1)
    for index in range(5):
        top, left = 1 + index // 3 * 3, 1 + index % 3 * 4
        np.testing.assert_allclose(grid[top : top + 2, left : left + 3], index / 10)
    assert (
        grid[-2, -2, 0] == grid[0, 0, 0] == 0.8
    )  # the empty place and the lines: no image's white


def test_covariance_ellipse_lies_at_the_asked_distance():
    _, ax = plotting.figure()
    covariance = np.array([[13.0, 12.0], [12.0, 13.0]])
    plotting.covariance_ellipse(ax, (1, 2), covariance, num_std=1.5)
    points = ax.lines[0].get_xydata() - [1, 2]
    distance = np.einsum("ni,ij,nj->n", points, np.linalg.inv(covariance), points)
    np.testing.assert_allclose(distance, 1.5**2)


def test_digits_are_drawn_apart():
    _, ax = plotting.figure()
    points, labels = torch.arange(12.0).reshape(6, 2), torch.tensor([3, 8, 3, 8, 3, 3])
    plotting.draw_digits(ax, points, labels, most=2, named=True)
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    assert [text.get_text() for text in ax.texts] == ["3", "8"]
    assert ax.texts[0].get_position() == (6, 7)  # the median of all four
    assert [line.get_label() for line in ax.lines] == ["3", "8"]


def test_ten_digits_have_ten_colours_and_markers():
    _, ax = plotting.figure()
    plotting.draw_digits(ax, torch.rand(200, 2), torch.arange(200) % 10)
    assert len({line.get_color() for line in ax.lines}) == 10
    assert len({line.get_marker() for line in ax.lines}) == 10


def test_no_digit_hides_another():
    """Names of digits that lie at one place are moved apart, on top of all points."""
    fig, (ax, _) = plotting.figure(1, 2, height=3.0)
    centres = torch.tensor([[0.0, 0.0], [0.01, 0.0], [0.0, 0.0], [5.0, 5.0], [-5.0, -5.0]])
    plotting.draw_digits(ax, centres, torch.arange(5), named=True)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    middles = [
        np.mean(text.get_bbox_patch().get_window_extent(canvas.get_renderer()), axis=0)
        for text in ax.texts
    ]
    letter = 9 / 72 * fig.dpi  # a letter's height in pixels
    for one, other in itertools.combinations(middles, 2):
        assert np.hypot(*(one - other)) > 1.4 * letter
    assert [text.get_position() for text in ax.texts[3:]] == [(5, 5), (-5, -5)]
    assert min(text.get_zorder() for text in ax.texts) > max(x.get_zorder() for x in ax.lines)


# ------------------------------------------------------------------------------- pictures as bytes


def curves():
    fig, axes = plotting.figure(1, 2)
    plotting.training_curves(axes[0], {"a b": [3.0, 2.0]}, limit=1.0, limit_label="$\\log 2$")
    axes[1].plot(
        [0, 1], [1, 0], "o-", clip_path=Circle((0.5, 0.5), 0.3, transform=axes[1].transAxes)
    )
    axes[1].fill_between([0, 1], [0, 1])
    return fig


def test_svg_is_the_same_on_every_run_and_says_no_date():
    assert rendering.svg(curves()) == rendering.svg(curves())
    text = rendering.svg(curves())
    ElementTree.fromstring(text)
    assert not re.search(r"20\d\d-|Matplotlib|<metadata", text)
    assert 'width="700" height="260"' in text and "max-width: 100%" in text


def test_each_id_of_an_svg_is_its_own_and_is_found():
    """Several figures may stand inline in one page, where an id must not lead into another one."""
    one, other = rendering.svg(curves()), rendering.svg(curves(), "Another sentence.")
    flat = plotting.diagram({"z": {"at": (0, 0), "kind": "latent"}}, [])
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, rendering.svg(flat))]
    assert all(ids) and not ids[0] & ids[1]
    for text in (one, other):
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
        assert used and set(used) <= set(re.findall(r' id="([^"]+)"', text))


def test_svg_shows_what_png_shows():
    """Rounded coordinates and renamed ids change nothing: each mark is where it was."""
    buffer = io.StringIO()
    with matplotlib.rc_context(rendering.SVG_SETTINGS):
        FigureCanvasSVG(curves()).print_svg(buffer)
    plain, short = buffer.getvalue(), rendering.svg(curves())
    assert len(short) < 0.95 * len(plain)

    def paths(text):
        return [
            np.array(re.findall(r"-?\d+(?:\.\d+)?", path), dtype=float)
            for path in re.findall(r'(?<= )d="([^"]*)"', text)
        ]

    assert len(paths(short)) == len(paths(plain))
    for one, other in zip(paths(short), paths(plain), strict=True):
        np.testing.assert_allclose(one, other, atol=0.0051)
    scale = re.compile(r"scale\([^)]*\)")
    assert scale.findall(short) == scale.findall(plain)


def test_an_svg_in_a_page_has_its_sentence():
    text = rendering.svg(curves(), 'a "b" < c')
    assert ElementTree.fromstring(text).get("aria-label") == 'a "b" < c'


def test_drawing_leaves_the_figure_as_it_was():
    fig = curves()
    sizes = [Image.open(io.BytesIO(rendering.png(fig, scale))).size for scale in (1, 2, 1)]
    rendering.svg(fig)
    sizes.append(Image.open(io.BytesIO(rendering.png(fig))).size)
    assert sizes == [(700, 260), (1400, 520), (700, 260), (700, 260)]


def test_pixels_and_very_many_points_are_png():
    assert rendering.is_vector(curves())
    assert not rendering.is_vector(plotting.image_rows({"one": torch.rand(2, 1, 4, 4)}))
    for count, fits in ((300, True), (3_000, False)):
        for draw in ("scatter", "plot"):
            fig, ax = plotting.figure()
            marker = {} if draw == "scatter" else {"marker": "."}
            getattr(ax, draw)(range(count), range(count), **marker)
            assert rendering.is_vector(fig) == fits
            if fits:
                assert len(rendering.svg(fig)) < 2 * rendering.MOST_BYTES
    fig, ax = plotting.figure()
    ax.plot(range(3_000))  # a line alone is short
    assert rendering.is_vector(fig)


# ------------------------------------------------------------------------------------ in a notebook


@pytest.fixture
def shown(monkeypatch):
    """Bundle and metadata of all that is displayed."""
    outputs = []

    def display(bundle, raw, metadata=None):
        assert raw
        outputs.append((bundle, metadata))

    monkeypatch.setattr(showing, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    return outputs


def test_curves_are_svg_with_a_png_beside_it(shown, capsys):
    plotting.show(curves(), says="Two lines  cross\nat $x = 1$.")
    (bundle, metadata), (caption, _) = shown
    assert bundle.keys() == {"image/svg+xml", "image/png", "text/plain"}
    assert Image.open(io.BytesIO(bundle["image/png"])).size == (700, 260)
    alt = "Two lines cross at x = 1."
    assert metadata == {kind: {"alt": alt} for kind in ("image/svg+xml", "image/png")}
    assert caption == {
        "text/markdown": "**Figure.** Two lines cross at $x = 1$.",
        "text/plain": alt,
    }
    assert not capsys.readouterr().out


def test_pixels_are_png_at_twice_the_size(shown):
    plotting.show(plotting.image_rows({"one": torch.rand(4, 1, 4, 4)}), says="Four.")
    plotting.show(curves(), says="A line.", vector=False)
    for bundle, metadata in shown[::2]:
        assert bundle.keys() == {"image/png", "text/plain"}
        assert Image.open(io.BytesIO(bundle["image/png"])).width == 1400
        assert metadata["image/png"]["width"] == 700
    plotting.show(plotting.image_rows({"one": torch.rand(4, 1, 4, 4)}, width=9.5), says="Wide.")
    bundle, metadata = shown[-2]
    assert Image.open(io.BytesIO(bundle["image/png"])).width == 1400
    assert metadata["image/png"]["width"] == 950
    plotting.show(plotting.image_rows({"one": torch.rand(4, 1, 4, 4)}), says="Four.", vector=True)
    assert "image/svg+xml" in shown[-2][0]


def test_a_caption_is_shown_letter_by_letter(shown):
    says = "own_run * of [record] <b> a|b `c` # ~d~ \\ at $a_b * c$ and 5 $."
    plotting.show(curves(), says=says)
    markdown = shown[1][0]["text/markdown"]
    read = MarkdownIt().renderInline(markdown.replace("$a_b * c$", "FORMULA"))
    assert html.unescape(re.sub("<[^>]*>", "", read.replace("<strong>", ""))) == (
        "Figure. " + says.replace("$a_b * c$", "FORMULA")
    )


def test_a_trial_run_says_so(shown, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    plotting.show(curves(), says="It falls.")
    (bundle, metadata), (caption, _) = shown
    assert metadata["image/png"]["alt"] == caption["text/plain"] == "Trial run: It falls."
    assert caption["text/markdown"] == "**Figure.** Trial run: It falls."
    assert 'aria-label="Trial run: It falls."' in bundle["image/svg+xml"]


@pytest.mark.parametrize("says", ["", "  ", None, 3])
def test_a_figure_without_a_sentence_is_refused(shown, says):
    for show in (plotting.show, lambda fig, says: plotting.show_png(b"", says=says)):
        with pytest.raises(ValueError, match="says: expected a sentence"):
            show(curves(), says=says)
    assert not shown


@pytest.fixture
def in_kernel(monkeypatch):
    """The boxes of sliders that were shown, each with the bundles of its picture and caption."""
    shown = []

    def display(bundle, raw, metadata=None):
        shown[-1].bundles = [*shown[-1].bundles, (bundle, metadata)]

    def as_bundle(box):
        shown.append(box)
        return {"a widget": 1, "text/plain": "VBox(...)"}

    monkeypatch.setattr(showing, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(widgets.ipywidgets.VBox, "_repr_mimebundle_", as_bundle)
    monkeypatch.setattr(widgets.ipywidgets.VBox, "bundles", [], raising=False)
    monkeypatch.setattr(widgets, "display", shown.append)
    return shown


def picture_of(widget):
    """PNG bytes and alternative text of a picture among sliders."""
    found = re.fullmatch(
        r'<img src="data:image/png;base64,(.+)" alt="(.+)" width="\d+">', widget.value
    )
    return base64.b64decode(found[1]), html.unescape(found[2])


def pictures(count):
    return [widgets.image_png(np.full((1, 2, 2), i / count), zoom=2) for i in range(count)]


def test_frames_show_a_default_and_link_slider_and_stack(in_kernel, capsys):
    widgets.frames(pictures(3), range(3), description="epoch", says="The last epoch.", start=2)
    slider, stack = in_kernel[0].children
    assert (slider.index, stack.selected_index, len(stack.children)) == (2, 2, 3)
    assert slider.description == "epoch"
    assert capsys.readouterr().out == f"{widgets.RUN}\n"
    (bundle, metadata), (caption, _) = in_kernel[0].bundles
    assert bundle == {"a widget": 1, "image/png": pictures(3)[2], "text/plain": "(figure)"}
    assert metadata == {"image/png": {"alt": "Trial run: The last epoch."}}
    assert caption["text/plain"] == "Trial run: The last epoch."


def test_frames_2d_hold_every_picture(in_kernel):
    grid = [pictures(3), pictures(3), pictures(3)]
    widgets.frames_2d(grid, "abc", descriptions=("z 1", "z 2"), says="The middle.", start=(1, 2))
    first, second, stack = in_kernel[0].children
    assert (first.index, second.index, stack.selected_index) == (1, 2, 1)
    shown = stack.children[stack.selected_index]
    assert picture_of(shown.children[shown.selected_index]) == (grid[1][2], "z 1 b, z 2 c")


def test_live_slider_runs_the_model(in_kernel):
    calls = []

    def render(*values):
        calls.append(values)
        return json.dumps(values).encode()

    widgets.live(render, descriptions=("z 1", "z 2"), limits=(-1.0, 1.0, 0.0), says='a "7"')
    first, second, picture = in_kernel[0].children
    first.value = 0.5
    assert calls == [(0.0, 0.0), (0.5, 0.0)]
    data, says = picture_of(picture)
    assert json.loads(data) == [0.5, 0.0]
    assert says == 'a "7"'


def test_under_ipywidgets_7_a_still_picture_stands_there_and_a_sentence_says_why(
    in_kernel, monkeypatch, capsys
):
    """It has neither a stack of pictures nor MIME bundles of widgets."""
    monkeypatch.delattr(widgets.ipywidgets, "Stack")
    monkeypatch.delattr(widgets.ipywidgets.VBox, "_repr_mimebundle_")
    monkeypatch.setattr(widgets.ipywidgets, "__version__", "7.7.1")
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    widgets.frames(pictures(3), range(3), description="epoch", says="The last epoch.", start=2)
    grid = [pictures(2), pictures(2)]
    widgets.frames_2d(grid, "ab", descriptions=("z 1", "z 2"), says="The middle.", start=(0, 1))
    assert [bundle.get("image/png") for bundle in shown] == [
        *(pictures(3)[2], None),
        *(grid[0][1], None),
    ]
    assert shown[1]["text/plain"] == "Trial run: The last epoch."
    assert capsys.readouterr().out == 2 * (
        "With ipywidgets 8 a slider moves this picture; here is ipywidgets 7.7.1.\n"
    )
    assert not in_kernel


def test_outside_a_notebook_only_the_sentence_is_left(capsys):
    widgets.frames(pictures(2), range(2), description="epoch", says="Words.", start=0)
    widgets.live(None, descriptions=(), limits=(0, 1, 0), says="x")
    assert capsys.readouterr().out == "Trial run: Words.\n"


# ------------------------------------------------------------------------------- colours for all

# Machado, Oliveira and Fernandes 2009: how linear RGB looks without one kind of cone.
MISSING_CONES = {
    "none": np.eye(3),
    "long": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "middle": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "short": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE 1976 L*, a*, b* of linear RGB."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast_with_white(colour):
    return 1.05 / ((TO_XYZ @ linear(colour))[1] + 0.05)


@pytest.mark.parametrize("cones", MISSING_CONES)
def test_curves_are_told_apart_by_everyone(cones):
    seen = [lab(np.array(MISSING_CONES[cones]) @ linear(colour)) for colour in plotting.PALETTE]
    for (i, one), (j, other) in itertools.combinations(enumerate(seen), 2):
        distance = np.linalg.norm(one - other)  # 2.3 is just noticeable
        assert distance > 15, f"{plotting.PALETTE[i]}, {plotting.PALETTE[j]}: {distance:.1f}"


def test_colour_is_never_alone():
    """Each curve has its own line style and marker; the first four stand out from white by 3 to 1.

    Orange and sky blue do not (2.3 to 1): they are told by their line, and come fifth and sixth.
    """
    assert contrast_with_white("#FFFFFF") == pytest.approx(1, abs=1e-3)
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert all(contrast_with_white(colour) > 3 for colour in plotting.PALETTE[:4])
    assert all(contrast_with_white(colour) > 2.2 for colour in plotting.PALETTE)
    for kinds in (plotting.LINE_STYLES, plotting.MARKERS):
        assert len(set(kinds)) == len(kinds) >= len(plotting.PALETTE)
