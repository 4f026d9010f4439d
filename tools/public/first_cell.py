# Fetches the course where it is missing, as on Colab; elsewhere does nothing.
import importlib.util


def fetch_course(repository, tag):
    """Fetch the course into a folder beside this notebook, and import from it.

    Nothing is installed: the lessons need the folder's data and weights too.
    """
    import io
    import os
    import shutil
    import subprocess
    import sys
    import tempfile
    import urllib.request
    import zipfile
    from pathlib import Path

    url = f"https://github.com/{repository}"
    here = Path.cwd()
    made = here / f"{repository.partition('/')[2]}-{tag}"
    places = [made, here, *here.parents]
    found = [one for one in places if (one / "course_utils").is_dir()]
    if not found and made.exists():
        raise RuntimeError(
            f"{made} is there, but there is no course_utils in it.\n"
            "Rename or delete it, and run this cell again."
        )
    if not found:
        print(f"The course is fetched once, {tag} of {url} ...", flush=True)
        try:
            with tempfile.TemporaryDirectory(
                dir=here,
                ignore_cleanup_errors=True,
            ) as scratch:
                if shutil.which("git"):
                    clone = ["git", "clone", "--quiet", "--depth=1"]
                    subprocess.run(
                        [*clone, "--branch", tag, url, f"{scratch}/course"],
                        check=True,
                        capture_output=True,
                        text=True,
                        env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
                    )
                else:
                    archive = f"{url}/archive/refs/tags/{tag}.zip"
                    try:
                        with urllib.request.urlopen(archive, timeout=60) as got:
                            packed = io.BytesIO(got.read())
                    except OSError as error:  # not the disk's, as below
                        raise RuntimeError(error) from None
                    zipfile.ZipFile(packed).extractall(scratch)
                next(Path(scratch).iterdir()).rename(made)
        except OSError as error:
            why = error.strerror or error
            raise RuntimeError(
                f"The course found no place: {why} ({here}).\n"
                "Copy this notebook into a folder that has room for files,\n"
                "and run this cell there."
            ) from None
        except Exception as error:  # whatever it is, the cure is the same
            why = getattr(error, "stderr", "") or error
            raise RuntimeError(
                f"The course could not be fetched: {str(why).strip()}\n"
                "This cell needs the network (on Kaggle: Settings, Internet). "
                "Run it again once it is there,\n"
                f"or unpack {tag} of {url} into {made.name} beside this file."
            ) from None
        found = [made]
        print(f"Where a link opens nothing, look in {url}/tree/{tag}")
    sys.path.append(str(found[0]))


if importlib.util.find_spec("course_utils") is None:
    fetch_course("owner/name", "v0.0")
