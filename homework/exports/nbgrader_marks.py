"""nbgrader's marks in a submission put right before nbgrader reads them.

Jupyter copies a cell with its metadata, so with nbgrader's marks, and nbgrader 0.9 ends the grading
of the whole class at the first such copy (https://github.com/jupyter/nbgrader/issues/1083). Marks
that were lost or changed leave a student out. A lesson's cells are known by the course's own
metadata too, so there is nothing to guess.
"""

import nbformat

from homework import release
from homework.exports.cells import KEY, name
from homework.lessons import source


def handed_out(lesson):
    """nbgrader's name of a cell -> its marks, for the cells of the student version."""
    marks = [cell["metadata"].get(KEY) for cell in release.student_version(lesson)["cells"]]
    return {told["grade_id"]: told for told in marks if told}


def mend(nb, known, marks):
    """Mend the marks of ``nb``, in place; returns what was to be said, a list of lines.

    Args:
        known: name -> (type, source) of the cells that nbgrader handed out.
        marks: of :func:`handed_out`; empty for an assignment that is no lesson, of which only
            copies lose their marks.
    """
    found, said = {}, []
    for cell in nb.cells:
        named = named_by(cell, known, marks)
        if named in known:
            found.setdefault(named, []).append(cell)
        elif marks and cell.metadata.pop(KEY, None):
            said.append(
                f"a cell with marks that were never handed out ({named}) counts for nothing"
            )
    for named, copies in found.items():
        answers = [cell for cell in copies if source(cell).strip() != known[named][1].strip()]
        kept = (answers or copies)[-1]
        for cell in copies:
            if cell is not kept:
                cell.metadata.pop(KEY, None)
        if len(copies) > 1:
            said.append(f"{named} is there {len(copies)} times; the last with an answer counts")
        if named in marks:
            kept.metadata[KEY] = nbformat.from_dict(marks[named])
    for named in known:
        if named in marks and marks[named]["grade"] and named not in found:
            append(nb, *known[named], marks[named])
            said.append(f"{named} was removed, and is back at the end as it was handed out")
    return said


def named_by(cell, known, marks):
    """nbgrader's name of a cell: by the course's metadata in a lesson, else by nbgrader's."""
    course, told = cell.metadata.get("course"), cell.metadata.get(KEY)
    number = course.get("id") if marks and isinstance(course, dict) else None
    if isinstance(number, str):
        for kind in ("exercise", "question"):
            if name(kind, number) in known:
                return name(kind, number)
    named = told.get("grade_id") if isinstance(told, dict) else None
    return named if isinstance(named, str) else None


def append(nb, kind, text, marks):
    """Put a cell with these marks at the end of ``nb``."""
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    cell = make(text, metadata=nbformat.from_dict({KEY: dict(marks)}))
    if (nb.nbformat, nb.nbformat_minor) < (4, 5):
        del cell["id"]  # of which older notebooks know nothing
    nb.cells.append(cell)
    return cell
