"""Files as students hand them in."""

import io
import json
import zipfile

from submissions import blank

GOOD = json.dumps(blank())


def zipped(members, **options):
    """Bytes of a zip: of pairs (name or ZipInfo, text)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()
