"""The files that each lesson's page offers: its notebook, the student version, a script.

They are made at build time. The notebook comes without its outputs, which the page shows.
"""

import copy
import json

from course_utils.files import write_whole
from homework import lessons, release
from tools.site.errors import SiteError

FOLDER = "downloads"  # of the site's sources; Sphinx copies what a page names
KINDS = {
    "Notebook": "{stem}.ipynb",
    "Student version": "student/{stem}.ipynb",
    "Script": "{stem}.py",
}


def without_outputs(notebook):
    """The notebook as one that was never run."""
    bare = copy.deepcopy(notebook)
    bare["metadata"].pop("widgets", None)
    for cell in bare["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return bare


def write(path, source):
    """Write the files of the notebook ``path`` into the site's sources.

    Raises:
        SiteError: it is no lesson of which there could be a student version.
    """
    from tools.lessons import scale  # and nbconvert, which only this second process needs

    folder = source / FOLDER
    bare = without_outputs(json.loads(path.read_text(encoding="utf-8")))
    write_whole(folder / path.name, release.text_of(bare))
    try:
        student = release.student_version(lessons.read(path))
    except lessons.LessonError as error:
        raise SiteError(str(error)) from None
    write_whole(folder / "student" / path.name, release.text_of(student))
    write_whole(folder / f"{path.stem}.py", scale.text_of(path))


def links(stem):
    """The links to them, in MyST's Markdown: a line of its own in a lesson's opening."""
    shown = [
        f"{{download}}`{name} <../{FOLDER}/{file.format(stem=stem)}>`"
        for name, file in KINDS.items()
    ]
    return "\n".join([":::{container} launch", "**Download**", *shown, ":::"])
