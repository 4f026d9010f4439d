"""The conda environments, written from the one list in pyproject.toml: ``python -m tools.conda``.

``environment.yml`` is for a computer of your own, ``binder/environment.yml`` for Binder, which
needs neither the tests nor the site. All comes from conda-forge. ``--check`` changes nothing and
ends with 1 where a file differs from what the list asks for.
"""

import re
import sys
import tomllib

from packaging.requirements import InvalidRequirement, Requirement

from tools import console, generated
from tools.setup_env import EXTRAS

# Name on PyPI -> name on conda-forge. Its plain matplotlib and seaborn bring Qt and statsmodels,
# which the course does not use; the parts with "base" are the packages themselves.
NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
    "playwright": "playwright-python",
}
# Build of a package, where the fastest to install is not the one that conda would choose.
# torchvision follows: each of its builds asks for a torch of its own kind.
BUILDS = {"torch": "cpu*"}
# Not on conda-forge: pip brings them (pure Python, a few MB) when the course is set up.
MISSING = ("sphinx-mathjax-offline",)
BINDER_PYTHON = "3.13"  # repo2docker reads an exact version, and takes its own without one
BINDER_EXTRAS = "lab"

HEAD = """\
# Written by `python -m tools.conda` from pyproject.toml, which holds the one list of versions.
"""
HERE = """\
# conda env create -f environment.yml && conda activate vae-course && make lab PYTHON=python
# On a machine with an NVIDIA GPU write "cuda*" for "cpu*" below: that is the build with CUDA.
"""
BINDER = """\
# For Binder, and for repo2docker where a JupyterHub's image is made with it. postBuild adds the
# course itself. Without the tests and the web site, so that the image is small.
"""


class CondaError(ValueError):
    """A requirement cannot be written for conda; the message names it."""


def spec(requirement):
    """A requirement as conda writes it: ``torch>=2.11`` -> ``pytorch >=2.11 cpu*``.

    Raises:
        CondaError: it has an extra, a marker or an address, or ``~=`` or ``===``.
    """
    try:
        asked = Requirement(requirement)
    except InvalidRequirement as error:
        raise CondaError(f"{requirement!r}: {str(error).splitlines()[0]}") from None
    bounds = sorted(asked.specifier, key=lambda bound: (bound.operator[0] in "<!", str(bound)))
    unknown = any(bound.operator in ("~=", "===") for bound in bounds)
    if unknown or asked.extras or asked.marker or asked.url:
        raise CondaError(f"{requirement!r}: expected a name and bounds such as >=1.2,<2")
    # conda ignores the star of "==1.2.*", and reads "1.2.*" as pip reads that.
    words = ",".join(re.sub(r"^==(.*\.\*)$", r"\1", str(bound)) for bound in bounds)
    build = BUILDS.get(asked.name, "")
    words = words or ("*" if build else "")
    return " ".join(part for part in (NAMES.get(asked.name, asked.name), words, build) if part)


def requirements(project, extras):
    """The requirements of the course and of ``extras`` ("lab,test"), as in pyproject.toml."""
    words = list(project["dependencies"])
    for extra in extras.split(","):
        words += project["optional-dependencies"][extra]
    return [word for word in words if re.match(r"[\w.-]+", word).group() not in MISSING]


def environment(project, head, name, channels, python, extras):
    """One file's text."""
    lines = [HEAD + head + f"name: {name}", "channels:", *(f"  - {one}" for one in channels)]
    lines += ["dependencies:", f"  - python {python}", "  - pip"]
    lines += [f"  - {spec(word)}" for word in requirements(project, extras)]
    return "\n".join(lines) + "\n"


def files(root):
    """Path -> text of the two environments.

    Raises:
        CondaError: a requirement cannot be written for conda.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    forge, only = ["conda-forge"], ["conda-forge", "nodefaults"]  # repo2docker has no defaults
    here = environment(project, HERE, "vae-course", only, project["requires-python"], EXTRAS)
    python = f"={BINDER_PYTHON}"
    there = environment(project, BINDER, "vae-course-binder", forge, python, BINDER_EXTRAS)
    return {root / "environment.yml": here, root / "binder" / "environment.yml": there}


def differing(root):
    """Path -> wanted text, of the files that are not what pyproject.toml asks for."""
    wanted = files(root)
    return {
        path: text
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def main(arguments=None):
    """Write the environments, or say which differ; the exit status."""
    asked = generated.parser("Write the conda environments.").parse_args(arguments)
    try:
        wanted = differing(asked.root)
    except CondaError as error:
        sys.exit(f"pyproject.toml: {error}")
    if not wanted:
        print("environment.yml and binder/environment.yml agree with pyproject.toml.")
    differs = "differs from pyproject.toml; `python -m tools.conda` writes it"
    return generated.settle(wanted, asked, differs)


if __name__ == "__main__":
    console.run(main)
