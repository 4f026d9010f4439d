"""What makes a build quick and changes nothing of its pages: an extension of Sphinx."""

from sphinx import addnodes
from sphinx.pycode.parser import Parser


def titles_of(tocs):
    """The contents of each page without what the contents of the course leave out.

    Of each page they show the title, and the pages beneath it. Sphinx copies every section and
    every name of the reference for each page that it writes, and only then drops them.
    """
    slim = {}
    for docname, toc in tocs.items():
        slim[docname] = kept = toc.deepcopy()
        for entry in kept.children:
            beneath = list(entry.findall(addnodes.toctree))
            if len(entry) > 1 and beneath:
                entry[1][:] = beneath
            elif len(entry) > 1:
                entry.pop(1)
    return slim


class Contents:
    """Gives the pages the contents of the course, from titles alone."""

    def __init__(self):
        self._titles = None

    def lend(self, app, page, template, shown, doctree):
        """The event ``html-page-context``, before the theme asks for the contents."""
        whole = shown.get("toctree")

        def of_titles(**asked):
            if not asked.get("titles_only"):
                return whole(**asked)
            self._titles = self._titles or titles_of(app.env.tocs)
            kept, app.env.tocs = app.env.tocs, self._titles
            try:
                return whole(**asked)
            finally:
                app.env.tocs = kept

        shown["toctree"] = of_titles


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", Contents().lend, priority=100)
    # Where each definition begins and ends: only Sphinx's view of the code asks for that.
    Parser.parse_definition = lambda parser: None
    return {"parallel_read_safe": True, "parallel_write_safe": True}
