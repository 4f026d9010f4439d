"""Places of the pages that have a name: sections, exercises, sources, terms, rows of tables.

A heading has the id of its words already (``#amortisation-gap``). Here a lesson's sections get
``#section-4`` beside it, its exercises and questions ``#exercise-5-1``, its references
``#source-4``; terms of a list of definitions their first words, with a link to copy; rows of the
notation their name in the code, and those of the results their model and metric. So each of them
can be linked, and stays where it is when a sentence around it changes.
"""

import re
from itertools import count

from docutils import nodes

LESSON = re.compile(r"(?:^|/)(\d\d[xy]?)_\w+$")
NUMBERED = re.compile(r"(\d{1,2})\.\s")
TASK = re.compile(r"(Exercise|Question) (\d{1,2}[xy]?\.\d{1,2})$")
REFERENCES = "References"
WORDS = 8  # of a term in its id, at most
LITTLE = set("a an and are as at by for from in is of on or that the to what which with".split())
RESULTS = "results"
NAMED_ROWS = ("notation", RESULTS)
KINDS = ("sections", "tasks", "sources")


def lesson_of(docname):
    """``05x`` of ``lessons/05x_estimators``; None of another page."""
    found = LESSON.search(docname)
    return found and found[1]


def slug(text):
    """``why-do-some-projects-multiply-the-kl``: the words that a text begins with, as an id."""
    clause = re.split(r"[.?!,;](?:\s|$)", text.lower().replace("'", "").replace("’", ""))[0]
    parts = re.findall(r"\w+", clause)
    if len(parts) > WORDS:
        parts = parts[:WORDS]
        while parts[-1] in LITTLE:
            parts.pop()
    return "-".join(parts) or "term"


def add_id(document, node, wished):
    """Give a node an id that no other has, beside those that it has; the id."""
    if wished in node["ids"]:
        return wished
    tries = (wished if number == 1 else f"{wished}-{number}" for number in count(1))
    free = next(one for one in tries if one not in document.ids)
    node["ids"].append(free)
    document.ids[free] = node
    return free


def name_places(app, doctree):
    """Give the places of a page their ids, and keep those that mentions lead to."""
    docname = app.env.docname
    places = {kind: {} for kind in KINDS}
    if lesson_of(docname):
        name_sections(doctree, places)
        name_tasks(doctree, places)
        name_sources(doctree, places)
    else:
        name_headings(doctree)
        name_terms(doctree)
    if docname in NAMED_ROWS:
        name_rows(doctree, docname)
    kept(app.env)[docname] = places


def kept(env):
    """Page -> kind of place -> its number -> its id; kept with the environment of Sphinx."""
    if not hasattr(env, "course_places"):
        env.course_places = {}
    return env.course_places


def name_sections(doctree, places):
    """``section-4`` for the section whose heading begins with ``4.``"""
    for section in doctree.findall(nodes.section):
        found = NUMBERED.match(section[0].astext())
        if found and found[1] not in places["sections"]:
            number = found[1]
            places["sections"][number] = add_id(doctree, section, f"section-{number}")


def name_tasks(doctree, places):
    """``exercise-5-1`` and ``question-5-6``, the paragraphs that begin with these words in bold."""
    for paragraph in doctree.findall(nodes.paragraph):
        first = bold(paragraph)
        found = first and TASK.match(first)
        if found and found[2] not in places["tasks"]:
            wished = f"{found[1].lower()}-{found[2].replace('.', '-')}"
            places["tasks"][found[2]] = add_id(doctree, paragraph, wished)


def name_sources(doctree, places):
    """``source-4`` for the fourth entry of a lesson's references."""
    for section in doctree.findall(nodes.section):
        if section[0].astext() == REFERENCES:
            for listed in section.findall(nodes.enumerated_list):
                for number, entry in enumerate(listed.children, start=listed.get("start", 1)):
                    places["sources"][str(number)] = add_id(doctree, entry, f"source-{number}")


def name_headings(doctree):
    """The id that GitHub gives a heading comes first: ``β-vae``, where docutils says ``vae``."""
    for section in doctree.findall(nodes.section):
        if (given := section.get("slug")) in section["ids"]:
            section["ids"].remove(given)
            section["ids"].insert(0, given)


def name_terms(doctree):
    """The first words of each term of a list of definitions, and a link to it, as headings have."""
    for term in doctree.findall(nodes.term):
        found = add_id(doctree, term, slug(bold(term) or term.astext()))
        link = f'<a class="headerlink" href="#{found}" title="Link to this answer">¶</a>'
        term += nodes.raw("", link, format="html")


def name_rows(doctree, docname):
    """A row by its name in the code, else by its first words; results after their lesson's name."""
    lesson = ""
    for node in doctree.findall(lambda one: isinstance(one, nodes.paragraph | nodes.table)):
        if isinstance(node, nodes.table):
            heads = [cell.astext() for cell in next(iter(node.findall(nodes.row))).children]
            coded = heads.index("in code") if "in code" in heads else None
            for row in next(iter(node.findall(nodes.tbody))).children:
                found = row_name(row) if docname == RESULTS else code_name(row, coded)
                add_id(doctree, row, "-".join(filter(None, [lesson, found])))
        elif docname == RESULTS and bold(node) == node.astext():
            lesson = add_id(doctree, node, node.astext())


def bold(paragraph):
    """The bold words that a paragraph begins with, or None."""
    first = next((one for one in paragraph.children if one.astext()), None)
    return first.astext() if isinstance(first, nodes.strong) else None


def code_name(row, coded):
    """``log_var`` of a row of the notation; ``elbo`` where it says ``losses.elbo(log_w)``."""
    code = next(iter(row[coded].findall(nodes.literal)), None) if coded is not None else None
    found = re.match(r"(?:[a-z]+\.)*(\w+)", code.astext()) if code is not None else None
    return found[1] if found else slug(row[0].astext())


def row_name(row):
    """``vae_fc20-neg_elbo``: the first two cells of a row of the results."""
    return "-".join(re.sub(r"[^\w.]+", "-", cell.astext()).strip("-") for cell in row.children[:2])


def forget(app, env, docname):
    kept(env).pop(docname, None)


def merge(app, env, docnames, other):
    kept(env).update({name: kept(other)[name] for name in docnames if name in kept(other)})


def setup(app):
    app.connect("doctree-read", name_places)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
