"""How ``make lab`` starts JupyterLab; nothing is written into the user's own settings.

- ``config/``: defaults that differ from JupyterLab's own, below the user's: no question about news,
  long lines of code are wrapped, and Markdown opens as a page.
- ``labextensions/``: an extension of some lines, which needs no build. It names what JupyterLab
  leaves without a name, keeps a notebook that was only read from counting as changed, and leads a
  link to its heading. Browsers keep its files for a year, so ``package.json`` loads them by an
  address with a digest of them, which a test compares.
- ``saving.py``: a lesson keeps the metadata that are committed, whichever Python runs it and
  whichever folds were opened.

The standard library is all that this needs: it runs before the environment is there.
"""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATHS = "JUPYTER_CONFIG_PATH"


def command(python, root, lesson=None):
    """The words that start JupyterLab on a folder; they are run in the course's own folder.

    Args:
        python: of the environment.
        root: the folder that JupyterLab shows.
        lesson: where in it the browser begins, such as ``notebooks/01_vae_2d.ipynb``. The address
            that is printed leads there too, for browsers that have to be opened by hand.
    """
    first = [f"--LabApp.default_url=/lab/tree/{lesson}"] if lesson else []
    return [
        *(str(python), "-m", "jupyterlab", f"--ServerApp.root_dir={root}", *first),
        f"--LabApp.extra_labextensions_path={HERE / 'labextensions'}",
        "--ContentsManager.pre_save_hook=tools.lab.saving.as_committed",
    ]


def environment(given=os.environ):
    """What of the environment differs: the folder of defaults stands before those given."""
    given = given.get(PATHS)
    return {PATHS: os.pathsep.join([str(HERE / "config"), *([given] if given else [])])}
