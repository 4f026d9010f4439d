"""The lessons as a web site."""

import importlib
import sys

# nbformat asks for jsonschema, which on its import builds the grammars of all forms of addresses:
# more than a second. No notebook is judged by those, and jsonschema does without where they lack.
GRAMMARS = "rfc3987_syntax"
if "jsonschema" not in sys.modules and GRAMMARS not in sys.modules:
    sys.modules[GRAMMARS] = None
    importlib.import_module("jsonschema")
    del sys.modules[GRAMMARS]
