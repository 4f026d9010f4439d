"""Every picture of a lesson gets the sentence that the lesson stored with it: an extension."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

KIND = "mime_bundle"  # of the node that holds an output


def sentences(path):
    """The sentence of each picture of a notebook, in their order; "" where there is none."""
    return [
        output["metadata"].get("image/png", {}).get("alt", "").strip()
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


class AlternativeText(SphinxTransform):
    """MyST-NB keeps no alternative text of an output, so it is put back by the order.

    It happens before a translation, which finds the sentences then.
    """

    default_priority = 5

    def apply(self, **options):
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".ipynb":
            return
        said = sentences(path)
        # An output may be there as SVG and as PNG: which of them is shown is chosen later.
        bundles = self.document.findall(
            lambda node: getattr(node, "attributes", {}).get("nb_element") == KIND
        )
        pictures = [found for bundle in bundles if (found := list(bundle.findall(nodes.image)))]
        if len(said) != len(pictures):
            raise ExtensionError(
                f"{path.name}: {len(pictures)} pictures on the page, {len(said)} in cells"
            )
        if not all(said):
            raise ExtensionError(
                f"{path.name}: picture {said.index('') + 1} has no sentence for those who do not "
                "see it; plotting.show stores one with each"
            )
        for found, sentence in zip(pictures, said, strict=True):
            for node in found:
                node["alt"] = sentence


def setup(app):
    """Called by Sphinx."""
    app.add_transform(AlternativeText)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
