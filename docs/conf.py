"""Configuration of the site; tools/site/build.py prepares the sources and calls Sphinx."""

import sys
from pathlib import Path

import nbformat

# The sources are prepared below the project's folder, which holds the extensions of this site.
ROOT = next(place for place in Path(__file__).resolve().parents if (place / "tools/site").is_dir())
sys.path.insert(0, str(ROOT))

project = "A course on variational autoencoders"
author = "the authors of the course"
copyright = "the authors; code MIT, text and figures CC BY 4.0"
extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx-mathjax-offline", "sphinx_copybutton"]
extensions += ["tools.site.look"]
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
html_css_files = ["course.css", "home.css", "paper.css"]
# The first after MathJax is configured, before it runs.
html_js_files = [("course.js", {"priority": 900}), "reading.js"]
html_show_sphinx = False
copybutton_selector = "div.highlight:not(.output div.highlight) > pre"  # not of what a cell printed
html_copy_source = False
html_scaled_image_link = False  # a picture is no link to itself
html_use_index = False  # the glossary and the search take its place
html_show_search_summary = False  # it fetches pages, which a browser refuses from file://
templates_path = ["_templates"]
KIND = "mime_bundle"  # of the node that holds an output


def give_alternative_text(app, doctree):
    """Every picture of a lesson gets the sentence that the lesson stored with it.

    MyST-NB keeps no alternative text of an output. Both lists are in the order of the page.
    """
    from docutils import nodes

    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    notebook = nbformat.read(path, as_version=4)
    said = [
        output.metadata["image/png"]["alt"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    # An output may be there as SVG and as PNG: which of them is shown is chosen later.
    bundles = doctree.findall(
        lambda node: getattr(node, "attributes", {}).get("nb_element") == KIND
    )
    pictures = [found for bundle in bundles if (found := list(bundle.findall(nodes.image)))]
    if len(said) != len(pictures):
        raise ValueError(f"{path.name}: {len(pictures)} pictures on the page, {len(said)} in cells")
    for found, sentence in zip(pictures, said, strict=True):
        for node in found:
            node["alt"] = sentence


def setup(app):
    app.connect("doctree-read", give_alternative_text)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
