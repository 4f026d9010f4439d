"""What JupyterLab changes in a lesson that it saves, put back."""

from tools.lessons.normalise import KERNEL, LANGUAGE


def as_committed(model, **_):
    """JupyterLab's hook before it saves: a lesson says the same under every Python.

    JupyterLab writes the version of the Python that runs into each notebook, so that a lesson
    would differ from the committed one for nearly everybody who saves it.
    """
    if model["type"] != "notebook" or model["content"].get("nbformat") != 4:
        return
    metadata = model["content"]["metadata"]
    if "course" in metadata and metadata.get("kernelspec", {}).get("name") == KERNEL["name"]:
        metadata.update(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
