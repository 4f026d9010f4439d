"""Notebooks in one canonical form, so that a second run of the same lesson gives the same bytes.

``python -m tools.lessons.normalise notebooks/*.ipynb`` rewrites them; ``--check`` only names those
that would change and then ends with 1.
"""

import argparse
import json
import re
from pathlib import Path

import nbformat

from course_utils.files import write_whole
from tools import console

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
REFERENCE = "IPY_MODEL_"
# As JupyterLab writes it, so that a notebook that is opened and saved stays as it was.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3",
}
# What a front end or a run leaves behind that says nothing about the lesson.
CELL_LEFTOVERS = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted")
FOLD = "hide-input"
SOLUTION = "### BEGIN SOLUTION"
# The corner of a table whose rows have a header and whose column of headers has none.
CORNER = re.compile(r'<th scope="col"([^>]*)></th>')
LARGEST = 2.0**53  # below it a browser knows every whole number
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TEMPORARY_FILE = re.compile(r"""[^\s"'<>]*ipykernel_\d+[/\\]\d+\.py""")


def normalise(text):
    """The canonical text of a notebook's JSON."""
    notebook = json.loads(text)
    for key in ("signature", "orig_nbformat", "vscode", "toc"):
        notebook["metadata"].pop(key, None)
    notebook["metadata"] |= {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    notebook.update(nbformat=4, nbformat_minor=5)
    name_cells(notebook["cells"])
    for cell in notebook["cells"]:
        cell["source"] = joined(cell["source"])
        fold(cell)
        for key in CELL_LEFTOVERS:
            cell["metadata"].pop(key, None)
        if cell["cell_type"] == "code":
            cell["outputs"] = [clean(output) for output in merged(cell["outputs"])]
    rename_widgets(notebook)
    notebook = nbformat.reads(json.dumps(whole(notebook)), as_version=4)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def fold(cell):
    """A code cell that is folded by one mark gets the other too; a solution is folded.

    JupyterLab folds by ``jupyter.source_hidden``, the site by the tag ``hide-input``. Nothing else
    that a front end keeps under ``jupyter`` says anything about the lesson. An exercise needs no
    tag: the site knows it by its own.
    """
    metadata, is_code = cell["metadata"], cell["cell_type"] == "code"
    hidden = metadata.pop("jupyter", {}).get("source_hidden")
    tags = metadata.get("tags", [])
    if is_code and "exercise" in tags and FOLD not in tags:
        if SOLUTION in cell["source"]:
            metadata["jupyter"] = {"source_hidden": True}
    elif is_code and (hidden or FOLD in tags):
        metadata["jupyter"] = {"source_hidden": True}
        metadata["tags"] = tags if FOLD in tags else [*tags, FOLD]


def whole(value):
    """A copy in which a number such as 3.0 is 3, as a browser writes it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        return int(value)
    if isinstance(value, dict):
        return {key: whole(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [whole(entry) for entry in value]
    return value


def joined(text):
    return "".join(text) if isinstance(text, list) else text


def name_cells(cells):
    """Keep every valid id; give the others one that depends on their place only."""
    used = set()
    for place, cell in enumerate(cells):
        name = str(cell.get("id", ""))
        name = name if CELL_ID.fullmatch(name) else f"cell-{place:03d}"
        while name in used:
            name += "x"
        cell["id"] = name
        used.add(name)


def merged(outputs):
    """Neighbouring pieces of one stream as one output: where they break depends on the clock."""
    kept = []
    for output in outputs:
        data = output.get("data", {})
        if set(data) == {"text/plain"} and not joined(data["text/plain"]):
            continue  # the place of a progress bar that has gone
        if output["output_type"] == "stream":
            output["text"] = joined(output["text"])
            previous = kept[-1] if kept else {}
            if previous.get("name") == output["name"]:
                previous["text"] += output["text"]
                continue
        kept.append(output)
    return kept


def clean(output):
    """An output without names of temporary files, and with a rewritten line as it ended."""
    if output["output_type"] == "stream":
        lines = output["text"].replace("\r\n", "\n").split("\n")
        output["text"] = "\n".join(line.rstrip("\r").split("\r")[-1] for line in lines)
        output["text"] = TEMPORARY_FILE.sub("cell", output["text"])
    data = output.get("data", {})
    if WIDGET_VIEW in data and "image/png" not in data:  # where nothing draws it: no widget's repr
        output["data"]["text/plain"] = "(sliders: run this cell to see them)"
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/"):
            output["data"][kind] = TEMPORARY_FILE.sub("cell", joined(value))
    if "text/html" in output.get("data", {}):
        output["data"]["text/html"] = CORNER.sub(r"<td\1></td>", output["data"]["text/html"])
    return output


def rename_widgets(notebook):
    """Number the widgets in the order in which the cells show them, and drop those never shown.

    Links between widgets are shown nowhere; those between kept widgets are kept, last.
    """
    views = [
        output["data"][WIDGET_VIEW]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if WIDGET_VIEW in output.get("data", {})
    ]
    saved = notebook["metadata"].get("widgets", {}).get(WIDGET_STATE)
    models = saved["state"] if saved else {}
    order = {}
    for view in views:
        walk(view["model_id"], models, order)
    links = []
    for old in models.keys() - order.keys():
        ends = references(models[old]["state"])
        if "Link" in models[old].get("model_name", "") and ends and set(ends) <= order.keys():
            links.append((json.dumps(rewritten(models[old], order), sort_keys=True), old))
    for _, old in sorted(links):
        order[old] = f"{len(order):032x}"
    for view in views:
        view["model_id"] = order.get(view["model_id"], view["model_id"])
    notebook["metadata"].pop("widgets", None)
    if order:
        state = {new: rewritten(models[old], order) for old, new in order.items()}
        for model in state.values():
            outputs = model["state"].get("outputs")
            if isinstance(outputs, list):  # an Output widget's own
                model["state"]["outputs"] = [clean(output) for output in merged(outputs)]
        notebook["metadata"]["widgets"] = {WIDGET_STATE: saved | {"state": state}}


def walk(old, models, order):
    """Number a widget, then those that its state refers to, depth first."""
    if old in order or old not in models:
        return
    order[old] = f"{len(order):032x}"
    for inner in references(models[old]["state"]):
        walk(inner, models, order)


def references(value):
    """Ids of the widgets that a state refers to, in a stable order."""
    if isinstance(value, str):
        return [value.removeprefix(REFERENCE)] if value.startswith(REFERENCE) else []
    if isinstance(value, dict):
        return [found for key in sorted(value) for found in references(value[key])]
    if isinstance(value, list):
        return [found for entry in value for found in references(entry)]
    return []


def rewritten(value, order):
    """A copy of a state with every reference under its new name."""
    if isinstance(value, str) and value.startswith(REFERENCE):
        return REFERENCE + order.get(value.removeprefix(REFERENCE), "")
    if isinstance(value, dict):
        return {key: rewritten(entry, order) for key, entry in value.items()}
    if isinstance(value, list):
        return [rewritten(entry, order) for entry in value]
    return value


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Bring notebooks into their canonical form.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing, name what differs")
    asked = parser.parse_args(arguments)
    changed = []
    for path in asked.notebooks:
        text = path.read_text(encoding="utf-8")
        wanted = normalise(text)
        if text != wanted:
            changed.append(path)
            if not asked.check:
                write_whole(path, wanted)
    for path in changed:
        print(f"{path}: {'is not in canonical form' if asked.check else 'normalised'}")
    return 1 if changed and asked.check else 0


if __name__ == "__main__":
    console.run(main)
