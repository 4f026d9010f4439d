"""Every address outside the course that its public name makes, and the pages' parts that show them.

The forms are those that the services document: Colab and Kaggle open a notebook of a repository on
GitHub, Binder starts a server on a tag, GitHub makes a codespace of a branch (so of the default
one: it takes no tag).
"""

from urllib.parse import quote, urlencode

FOLDER = "notebooks"
FORM = "2-lost-here.yml"  # in .github/ISSUE_TEMPLATE
BADGES = {
    "Colab": "https://colab.research.google.com/assets/colab-badge.svg",
    "Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
    "Binder": "https://mybinder.org/badge_logo.svg",
    "Codespaces": "https://github.com/codespaces/badge.svg",
}


def repository(public):
    """The repository's page."""
    return f"https://github.com/{public.repository}"


def source(public, path):
    """The page of a file, ``path`` from the root, in the tag."""
    return f"{repository(public)}/blob/{quote(public.tag)}/{quote(path)}"


def colab(public, path):
    """A notebook on Google Colab."""
    place = f"{public.repository}/blob/{quote(public.tag)}/{quote(path)}"
    return f"https://colab.research.google.com/github/{place}"


def kaggle(public, path):
    """A notebook on Kaggle."""
    return f"https://kaggle.com/kernels/welcome?src={source(public, path)}"


def binder(public, path):
    """A notebook in JupyterLab on Binder."""
    where = f"{public.repository}/{quote(public.tag)}"
    return f"https://mybinder.org/v2/gh/{where}?labpath={quote(path, safe='')}"


def codespaces(public):
    """A codespace of the default branch."""
    return f"https://codespaces.new/{public.repository}"


def of_lesson(public, stem):
    """Name -> address of all that opens one lesson."""
    path = f"{FOLDER}/{stem}.ipynb"
    return {
        "Colab": colab(public, path),
        "Kaggle": kaggle(public, path),
        "Binder": binder(public, path),
        "source": source(public, path),
    }


def folder(public):
    """The folder into which the first cell fetches the course."""
    return f"{public.repository.partition('/')[2]}-{public.tag}"


def badges(public, stems):
    """The README's row of badges, on the first lesson; nothing without a name."""
    if not public:
        return ""
    places = of_lesson(public, stems[0]) | {"Codespaces": codespaces(public)}
    row = [f"[![Open in {name}]({image})]({places[name]})" for name, image in BADGES.items()]
    if public.site:
        row.append(f"[The course as a web site]({public.site})")
    return "\n".join(row)


def section(public, stems):
    """The README's section on what needs no installation; nothing without a name."""
    if not public:
        return ""
    rows = []
    for name in ("Colab", "Kaggle", "Binder"):
        shown = [f"[{stem.partition('_')[0]}]({of_lesson(public, stem)[name]})" for stem in stems]
        rows.append(f"- {name}: {' · '.join(shown)}")
    return f"""\
### Without installing anything

Open a lesson by its number in your browser. On Colab and on Kaggle its first cell fetches the
course into a folder beside the notebook; on Kaggle switch the internet on before, in the notebook's
settings. What lies there ends with the session, so save your copy of the notebook before you
write: on Colab *File, Save a copy in Drive*. On Colab still pictures stand for the sliders, and
cells that are folded elsewhere may stand open, solutions of exercises too. For a lesson without
them run this in a cell below the first, and open what it writes by *File, Upload notebook*:

    !cd {folder(public)} && python -m homework release 01 --to ../student

Binder needs some minutes to start and has about one CPU, so lessons run there on small stand-in
data (profile `smoke`). [A codespace]({codespaces(public)}) is a machine of your own
account on GitHub, in which the course is set up.

{chr(10).join(rows)}"""


def buttons(public, stem):
    """The launch buttons of a lesson's page on the site, in MyST's Markdown."""
    names = {"source": "Source on GitHub"}
    shown = [
        f"[{names.get(name, f'Open in {name}')}]({address})"
        for name, address in of_lesson(public, stem).items()
    ]
    return "\n".join([":::{container} launch", *shown, ":::"])


def lost(public, number, section):
    """The link at the end of a section to the form "Lost here", filled in, in MyST's Markdown."""
    filled = {"template": FORM, "title": f"Lost: {number}", "lesson": number, "section": section}
    address = f"{repository(public)}/issues/new?{urlencode(filled)}"
    return f":::{{container}} lost\n[Lost in this section? Say where.]({address})\n:::"


def of_site(public):
    """Lines of the site's first page on where the course is; none without a name."""
    if not public:
        return []
    return [
        f"The course lies at [{public.repository}]({repository(public)}); these pages are of its "
        f"tag {public.tag}. The buttons of each lesson open it on Colab, Kaggle or Binder, without "
        "an installation."
    ]
