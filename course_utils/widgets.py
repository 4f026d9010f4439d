"""Pictures that move: sliders over pictures made beforehand, which need no running kernel.

A slider is linked to a stack of pictures in the browser (``jslink``), so it works in
JupyterLab, on a static page, and after the kernel has gone. Where nothing draws sliders, their
default stands as a plain picture; its sentence is printed in any case. ipywidgets 7, which Colab
has, knows no stack: there the picture alone is shown, and a sentence says why.
"""

import base64
import html

import ipywidgets
import numpy as np
from IPython.display import display

from course_utils import plotting, rendering, showing

# Under the picture, which a notebook shows until the cell is run again; the site leaves it out.
RUN = "Run this cell, and a slider moves this picture."
OLD = "With ipywidgets 8 a slider moves this picture; here is ipywidgets {}."
_STYLE = {"description_width": "initial"}
_LAYOUT = {"width": "420px"}


def image_png(image, zoom=1):
    """One image (C, H, W) in [0, 1] as PNG bytes, each pixel drawn ``zoom`` times as large."""
    return grid_png(image[None], zoom=zoom, pad=0)


def grid_png(images, columns=None, zoom=1, pad=1):
    """Images (N, C, H, W) in [0, 1] as one picture in rows of ``columns``: PNG bytes."""
    pixels = plotting.image_grid(images, columns, pad)
    pixels = (pixels * 255).round().astype(np.uint8).repeat(zoom, axis=0).repeat(zoom, axis=1)
    return rendering.encode_png(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def _img(data, width, says):
    """An <img> with alternative text, which ipywidgets' own Image has no place for.

    (Its ``tooltip`` is none: a front end that finds one on an Image fails to draw it.)
    """
    source = f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"
    return f'<img src="{source}" alt="{html.escape(says)}" width="{width}">'


def _picture(data, width, says):
    return ipywidgets.HTML(value=_img(data, width, says))


def _show(box, data, says):
    """Sliders, or where a front end cannot draw them the picture, and the sentence."""
    showing.show_png(data, says=says, instead_of=box._repr_mimebundle_())
    print(RUN)


def _is_still(data, says):
    """Show the picture alone where there can be no slider; True if that was so."""
    if showing.in_notebook() and hasattr(ipywidgets, "Stack"):
        return False
    showing.show_png(data, says=says)
    if showing.in_notebook():
        print(OLD.format(ipywidgets.__version__))
    return True


def _slider(labels, description, start):
    return ipywidgets.SelectionSlider(
        options=[(str(label), index) for index, label in enumerate(labels)],
        index=start,
        description=description,
        style=_STYLE,
        layout=_LAYOUT,
        continuous_update=True,
    )


def frames(pngs, labels, *, description, says, start=0, width=280):
    """A slider over pictures: ``pngs[i]`` is shown where the slider stands at ``labels[i]``.

    Args:
        pngs: PNG bytes, one for each position.
        labels: what the slider says at each position.
        description: the slider's name.
        says: the sentence for the default picture, and its alternative text.
        start: the default position.
        width: of the picture, in pixels.
    """
    if _is_still(pngs[start], says):
        return
    stack = ipywidgets.Stack(
        [
            _picture(data, width, f"{description} {label}")
            for data, label in zip(pngs, labels, strict=True)
        ],
        selected_index=start,
    )
    slider = _slider(labels, description, start)
    ipywidgets.jslink((slider, "index"), (stack, "selected_index"))
    _show(ipywidgets.VBox([slider, stack]), pngs[start], says)


def frames_2d(pngs, labels, *, descriptions, says, start, width=280):
    """Two sliders over a grid of pictures: ``pngs[i][j]``, with ``labels`` for both sliders.

    A stack of stacks: the first slider chooses the row, the second the picture in every row.
    """
    default = pngs[start[0]][start[1]]
    if _is_still(default, says):
        return
    sliders = [_slider(labels, name, at) for name, at in zip(descriptions, start, strict=True)]
    rows = []
    for label_0, row in zip(labels, pngs, strict=True):
        pictures = [
            _picture(data, width, f"{descriptions[0]} {label_0}, {descriptions[1]} {label_1}")
            for data, label_1 in zip(row, labels, strict=True)
        ]
        rows.append(ipywidgets.Stack(pictures, selected_index=start[1]))
        ipywidgets.jslink((sliders[1], "index"), (rows[-1], "selected_index"))
    stack = ipywidgets.Stack(rows, selected_index=start[0])
    ipywidgets.jslink((sliders[0], "index"), (stack, "selected_index"))
    _show(ipywidgets.VBox([*sliders, stack]), default, says)


def live(render, *, descriptions, limits, says, width=280):
    """Continuous sliders that run ``render(*values)`` -> PNG bytes in the kernel.

    Args:
        render: called with one float for each slider, at each move.
        descriptions: the sliders' names.
        limits: (lowest, highest, start) of every slider.
        says: alternative text of the picture.
        width: of the picture, in pixels.
    """
    if not showing.in_notebook():
        return
    low, high, start = limits
    sliders = [
        ipywidgets.FloatSlider(
            value=start,
            min=low,
            max=high,
            step=(high - low) / 100,
            description=name,
            style=_STYLE,
            layout=_LAYOUT,
        )
        for name in descriptions
    ]
    picture = _picture(render(*[start] * len(sliders)), width, says)

    def update(change):
        picture.value = _img(render(*[slider.value for slider in sliders]), width, says)

    for slider in sliders:
        slider.observe(update, names="value")
    display(ipywidgets.VBox([*sliders, picture]))
