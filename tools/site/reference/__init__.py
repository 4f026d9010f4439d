"""The API reference of ``course_utils``: a Sphinx extension that writes its pages and reads them.

The pages are made when Sphinx starts, from the package itself, so no list of names is kept.
"""


def setup(app):
    """Write the pages before Sphinx looks for them, and make docstrings reStructuredText."""
    from tools.site.reference import docstrings, pages

    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.connect("builder-inited", pages.write)
    app.connect("autodoc-process-docstring", docstrings.convert, priority=400)  # before napoleon
    app.connect("autodoc-skip-member", docstrings.skip)
    app.connect("object-description-transform", pages.shorten)
    app.connect("env-updated", pages.lend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
