"""Configuration of the site; tools/site/build.py prepares the sources and calls Sphinx."""

import sys
from pathlib import Path

# The sources are prepared below the project's folder, which holds the extensions of this site; for
# those that lie elsewhere Python is called in that folder, and has it on its path.
PLACES = [*Path(__file__).resolve().parents, *map(Path, sys.path)]
ROOT = str(next(place for place in PLACES if (place / "tools/site").is_dir()))
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

project = "A course on variational autoencoders"
author = "the authors of the course"
copyright = "the authors; code MIT, text and figures CC BY 4.0"
extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx-mathjax-offline", "sphinx_copybutton"]
extensions += ["tools.site.look", "tools.site.quick", "tools.site.translation"]
if not tags.has("paper"):  # noqa: F821 (Sphinx gives it; the printed course has no reference)
    extensions += ["tools.site.reference"]
exclude_patterns = ["_templates", "downloads"]
mathjax4_config = {"options": {"enableMenu": False}}  # whose formulas are no stops of the tab key
nb_execution_mode = "off"  # the committed outputs are the site's
nb_merge_streams = False  # a sentence stays under its figure
nb_ipywidgets_js = {"widgets/embed.js": {}}  # relative to _static, where the build puts it
nb_number_source_lines = False
nb_render_markdown_format = "myst"  # formulas in the captions of figures
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Variational autoencoders"
html_static_path = ["_static"]
html_css_files = ["course.css", "home.css", "paper.css", "reference.css"]
# The first after MathJax is configured, before it runs.
html_js_files = [("course.js", {"priority": 900}), "sliders.js", "a11y.js"]
html_js_files += ["reading.js", "narrow.js"]
html_show_sphinx = False
copybutton_selector = "div.highlight:not(.output div.highlight) > pre"  # not of what a cell printed
html_copy_source = False
html_scaled_image_link = False  # a picture is no link to itself
html_use_index = False  # the glossary and the search take its place
html_additional_pages = {"search": "search.html"}  # its own: Sphinx's shows no text from file://
templates_path = ["_templates"]
# Translations: CONTRIBUTING.md says how.
locale_dirs = ["locale"]
gettext_compact = False  # a catalogue for each page
nb_mime_priority_overrides = [  # the sentence of a picture is translated, as its caption is
    ("gettext", "image/svg+xml", 1),
    ("gettext", "image/png", 2),
]
# The reference of the package.
autodoc_inherit_docstrings = False  # what torch says of its own methods is not the course's
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_use_type_comments = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"


def setup(app):
    # It only sets the path of a script, and says nothing of several processes.
    app.extensions["sphinx-mathjax-offline"].parallel_read_safe = True
    for extension in ("alt_text", "linking", "sections"):
        app.setup_extension(f"tools.site.{extension}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
