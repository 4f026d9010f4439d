"""What was found in a folder or zip, before it is looked into."""

from dataclasses import dataclass

MOST_BYTES = 20 * 2**20  # of one notebook
MOST_INNER = 100 * 2**20  # of a zip
MOST_DEPTH = 20  # of folders in folders
IGNORED = ("__MACOSX", ".ipynb_checkpoints")
TOO_DEEP = f"folders are nested more than {MOST_DEPTH} deep"


@dataclass
class Item:
    """A notebook or zip that was found, not yet looked into.

    Attributes:
        parts: of its path. kind: ``notebook``, ``zip``, or empty where ``reason`` says why it is
            neither. size: in bytes, as claimed. data: a function that reads it.
    """

    parts: tuple
    modified: float = 0.0
    kind: str = ""
    size: int = 0
    reason: str = ""
    data: object = None


def kind_of(name):
    """(kind, reason) of a file by its name, or None for one that is nobody's notebook."""
    low = name.lower()
    if name.startswith("."):
        return None
    if low.endswith(".ipynb"):
        return "notebook", ""
    if low.endswith(".zip"):
        return "zip", ""
    return ("", "its name does not end in .ipynb") if ".ipynb" in low else None
