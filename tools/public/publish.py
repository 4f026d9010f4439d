"""One name switches every link to the outside on: ``make publish REPOSITORY=owner/name TAG=v1.0``.

It is written into ``[tool.course]`` of pyproject.toml, and from it are made the badges and the
section *Without installing anything* of README.md, and the folded first cell of each lesson; the
site's buttons follow when it is built. ``REPOSITORY=`` takes all of it back. Without a name what is
there is written anew, for a lesson that is new; ``--check`` changes nothing and ends with 1 where a
file does not agree with the name.
"""

import sys

from tools import console, generated
from tools.public import links, name, setup_cell


def wanted(root, public):
    """Path -> the text that each file has under this name.

    Raises:
        PublicError: a file lacks the place for it, or a notebook cannot be read.
    """
    lessons = sorted((root / links.FOLDER).glob("*.ipynb"))
    if not lessons:
        raise name.PublicError(f"{root / links.FOLDER}: there is no lesson")
    stems = [path.stem for path in lessons]
    texts = {root / name.FILE: name.put(read(root / name.FILE), public)}
    readme = root / "README.md"
    try:
        text = generated.put(read(readme), "badges", links.badges(public, stems))
        texts[readme] = generated.put(text, "without-installing", links.section(public, stems))
    except ValueError as error:
        raise name.PublicError(f"{readme.name}: {error}") from None
    for path in lessons:
        try:
            texts[path] = setup_cell.put(read(path), public)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise name.PublicError(f"{path.name}: no notebook that can be read ({error})") from None
    return texts


def read(path):
    """A file's text, line ends as they are."""
    return path.read_bytes().decode("utf-8")


def differing(root, public):
    """Path -> wanted text, of the files that do not agree with the name."""
    return {path: text for path, text in wanted(root, public).items() if text != read(path)}


def told(asked, now):
    """The name that the options ask for; what they leave out stays as it is.

    Raises:
        PublicError: it is malformed.
    """
    if asked.repository == "":
        return name.checked("", asked.tag or "", asked.site or "")
    given = ((asked.repository, now.repository), (asked.tag, now.tag), (asked.site, now.site))
    return name.checked(*(new if new is not None else old for new, old in given))


def main(arguments=None):
    """Write the name and all that follows from it, or say what does not agree; the exit status."""
    parser = generated.parser("Switch the course's public links on or off.")
    parser.add_argument("--repository", help="owner/name on GitHub; empty: no link anywhere")
    parser.add_argument("--tag", help="of the repository, such as v1.0")
    parser.add_argument("--site", help="address of the course's web site, if it has one")
    asked = parser.parse_args(arguments)
    try:
        public = told(asked, name.read(asked.root))
        texts = differing(asked.root, public)
    except (name.PublicError, UnicodeDecodeError) as error:
        sys.exit(f"make publish: {error}\nNothing was changed.")
    differs = "does not agree with the name; `make publish` mends it"
    status = generated.settle(texts, asked, differs)
    said = f"{public.repository}, {public.tag}" if public else "no name, and no link to the outside"
    if not texts:
        print(f"Everything agrees with the name: {said}.")
    elif not asked.check:
        print(f"Published as: {said}." if public else f"Taken back: {said}.")
        if public:
            print(f"Commit it, then set the tag: git tag {public.tag}, and push both.")
    return status


if __name__ == "__main__":
    console.run(main)
