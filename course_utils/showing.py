"""How a figure meets the reader: the picture, and under it a sentence typeset as its caption."""

import linecache
import re
import textwrap
import traceback

from course_utils import settings
from course_utils.rendering import is_vector, png, svg

MOST_PIXELS = 1400  # across a picture: a page shows it in half of them
# What Markdown would read as its own. A dollar sign stays: formulas of a caption are typeset.
MARKUP = re.compile(r"([\\`*_\[\]<>~|#])")
FORMULA = re.compile(r"(\$[^$\n]+\$)")


def show(fig, *, says, vector=None):
    """Show a figure with one sentence that says what is seen in it.

    The sentence stands under the picture as its caption and is stored as its alternative text, so
    that a reader who cannot see the picture gets the point too. In a script, only the sentence
    appears. In ``smoke`` it begins with "Trial run:".

    Args:
        fig: of :func:`figure` or :func:`diagram`.
        says: the sentence; formulas between dollar signs are typeset.
        vector: True for SVG with a small PNG beside it, False for PNG at twice the size; by default
            SVG, unless there are pixels or very many points in it.

    Raises:
        ValueError: ``says`` is empty.
    """
    _checked(says)
    if not in_notebook():
        return _caption(says)
    if is_vector(fig) if vector is None else vector:
        drawn = svg(fig, as_plain(settings.caption(says)))
        return show_png(png(fig), says=says, instead_of={"image/svg+xml": drawn})
    width = round(fig.get_size_inches()[0] * fig.dpi)
    return show_png(png(fig, scale=min(2, MOST_PIXELS / width)), says=says, width=width)


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

        described = {"alt": as_plain(settings.caption(says))}
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
    lines = textwrap.fill(as_plain(says), settings.LINE)
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


def as_plain(text):
    """A sentence as it is read aloud: formulas without their dollar signs."""
    return FORMULA.sub(lambda found: found[0].strip("$"), " ".join(text.split()))


def in_notebook():
    """True inside a Jupyter kernel, False in a script or a plain terminal."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def short_stops():
    """From now on a cell that is stopped says where it was, without the lines of the libraries."""
    if in_notebook():
        from IPython import get_ipython

        shell = get_ipython()
        if not shell.custom_exceptions:  # else somebody else looks after them
            shell.set_custom_exc((KeyboardInterrupt,), _say_stopped)


def _say_stopped(shell, kind, error, trace, tb_offset=None):
    """The one line of the stopped cell, in place of the traceback (IPython calls this)."""
    frames = traceback.walk_tb(trace)
    own = next((each for each in frames if each[0].f_globals is shell.user_global_ns), None)
    line = linecache.getline(own[0].f_code.co_filename, own[1]).strip() if own else ""
    says = [f"Stopped in line {own[1]}: {line}"] if line else ["Stopped."]
    says += ["What this cell makes is not complete: run it again before you go on."]
    error._render_traceback_ = lambda: says
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
