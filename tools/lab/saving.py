"""What JupyterLab changes in a lesson that it saves, put back."""

import json
from pathlib import Path

from tools.lessons.normalise import KERNEL, LANGUAGE, joined

HIDDEN = "source_hidden"  # how JupyterLab notes that the code of a cell is folded


def as_committed(model, path="", contents_manager=None, **_):
    """JupyterLab's hook before it saves: who only read a lesson changed nothing in it.

    JupyterLab writes the version of the Python that runs into each notebook, so that a lesson
    would differ from the committed one for nearly everybody who saves it. It also keeps which
    folds were opened. A cell that was folded in the file, and has the same code, stays folded
    there; one whose code the reader changed stays as the reader sees it.
    """
    if model["type"] != "notebook" or model["content"].get("nbformat") != 4:
        return
    content = model["content"]
    metadata = content["metadata"]
    if "course" in metadata and metadata.get("kernelspec", {}).get("name") == KERNEL["name"]:
        metadata.update(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
        folded = folded_cells(Path(getattr(contents_manager, "root_dir", "")) / path.lstrip("/"))
        for cell in content["cells"]:
            if joined(cell["source"]) == folded.get(cell.get("id")):
                cell["metadata"].setdefault("jupyter", {})[HIDDEN] = True


def folded_cells(path):
    """The code of the cells that are folded in a notebook's file, by their names."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        hidden = [cell for cell in cells if cell["metadata"].get("jupyter", {}).get(HIDDEN)]
        return {cell["id"]: joined(cell["source"]) for cell in hidden}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # nothing that can be read is there: what is saved is right as it is
