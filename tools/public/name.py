"""The one name under which the course is published: ``[tool.course]`` in pyproject.toml.

``read()`` gives it; while it is empty the course points to nothing outside itself.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
FILE = "pyproject.toml"
# GitHub's own limits. A tag goes into addresses, names of folders and a branch of `git clone`.
REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}", re.ASCII)
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,98}", re.ASCII)
SECTION = re.compile(r"^\[tool\.course\]$\n(?:(?!\[).*\n?)*", re.MULTILINE)


class PublicError(ValueError):
    """The name of the repository, the tag or the site is malformed; the message says how."""


@dataclass(frozen=True)
class Public:
    """Where the course is: a repository on GitHub (``owner/name``), a tag of it, and a web site.

    All are empty until the course is published; the site may stay so.
    """

    repository: str = ""
    tag: str = ""
    site: str = ""

    def __bool__(self):
        return bool(self.repository)


def checked(repository, tag, site=""):
    """The name, if it is well-formed.

    Raises:
        PublicError: it is not, or one of repository and tag is there without the other.
    """
    told = {"REPOSITORY": repository, "TAG": tag, "SITE": site}
    if not repository:
        rest = [word for word in ("TAG", "SITE") if told[word]]
        if rest:
            raise PublicError(f"{rest[0]}: of which repository? Give REPOSITORY=owner/name too")
        return Public()
    base = repository.partition("/")[2]
    if not REPOSITORY.fullmatch(repository) or base in (".", "..") or base.endswith(".git"):
        raise PublicError(
            "REPOSITORY: expected owner/name of a repository on GitHub, such as ada/vae-course, "
            f"without an address before it, got {repository!r}"
        )
    if not tag:
        raise PublicError(f"TAG: expected the tag of {repository} to publish, such as TAG=v1.0")
    if not TAG.fullmatch(tag) or ".." in tag or tag.endswith((".", ".lock")):
        raise PublicError(
            "TAG: expected the name of a tag such as v1.0, of letters, digits and . _ - alone, "
            f"got {tag!r}"
        )
    if site:
        parts = urlsplit(site)
        is_plain = re.fullmatch(r"[\w.~:/%-]+", site, re.ASCII)
        if parts.scheme != "https" or "." not in parts.netloc or not is_plain:
            raise PublicError(f"SITE: expected an address that begins with https://, got {site!r}")
    return Public(repository, tag, site)


def read(root=ROOT):
    """The :class:`Public` that pyproject.toml names.

    Raises:
        PublicError: what stands there is malformed.
    """
    project = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    told = project.get("tool", {}).get("course", {})
    return checked(*(str(told.get(key, "")) for key in ("repository", "tag", "site")))


def put(text, public):
    """The text of pyproject.toml with this name in it; the rest stays as it is.

    Raises:
        PublicError: the section or one of its lines is missing.
    """
    section = SECTION.search(text)
    if section is None:
        raise PublicError(f"{FILE}: the section [tool.course] is missing")
    lines = section[0]
    for key in ("repository", "tag", "site"):
        lines, found = re.subn(
            rf'^{key} = ".*"$', f'{key} = "{getattr(public, key)}"', lines, flags=re.MULTILINE
        )
        if found != 1:
            raise PublicError(f'{FILE}: expected one line {key} = "..." in [tool.course]')
    return text[: section.start()] + lines + text[section.end() :]
