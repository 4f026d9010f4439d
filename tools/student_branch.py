"""Student versions as a branch that nbgitpuller hands out: ``make student-branch TO=REPOSITORY``.

The branch holds the notebooks without their solutions and what a student needs to run them: the
package, weights and results of record, the environments, a README, and the pages that lessons link
to. Each call adds one commit to the last, where something changed, and never rewrites one:
nbgitpuller merges it into what students have. A lesson that was handed out stays.

What is handed out is what the course's last commit holds, so the files that students get must be
committed; whatever else the working tree holds is nobody's business here, and stays as it is.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import console

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "students"
# Folders and files of the course, beside the lessons themselves.
NEEDED = (
    *("course_utils", "data", "binder", "environment.yml", "pyproject.toml"),
    *("LICENSE", "CITATION.cff", ".gitattributes", ".gitignore"),
    *("docs/glossary.md", "docs/notation.md", "docs/errors.md", "docs/bibliography.md"),
    *("tools/__init__.py", "tools/console.py", "tools/course.py", "tools/setup_env.py"),
)
README = Path("tools") / "students.md"  # README.md of the branch
SOLUTION = b"### BEGIN SOLUTION"
SOMEBODY = {"NAME": "vae-course", "EMAIL": "vae-course@localhost"}  # where git knows nobody
WHO = ("GIT_AUTHOR_", "GIT_COMMITTER_")  # of the environment's variables for git, those that stay


class BranchError(Exception):
    """The branch was not written; the message says why and what to do."""


def git(*words, folder=None, repository=None, data=None, **environment):
    """What a git command prints.

    Args:
        folder: where it runs. repository: the ``.git`` that it writes to instead of that folder's.
        data: text for its input. environment: more variables.

    Raises:
        BranchError: git is missing, or the command failed.
    """
    kept = {n: v for n, v in os.environ.items() if n.startswith(WHO) or not n.startswith("GIT_")}
    where = [f"--git-dir={repository}"] if repository else []
    try:
        done = subprocess.run(
            ["git", *where, *map(str, words)],
            cwd=folder,
            env=kept | environment,
            input=data,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise BranchError("git is not installed; this command needs it") from None
    if done.returncode:
        raise BranchError(f"git {words[0]}: {done.stderr.strip() or 'it failed'}")
    return done.stdout


def committed(root, lessons):
    """Paths of the course's files that students get, as the last commit holds them.

    Raises:
        BranchError: it is no git checkout, or one of them differs from the last commit.
    """
    try:
        top = Path(git("rev-parse", "--show-toplevel", folder=root).strip())
        git("rev-parse", "--verify", "HEAD", folder=root)
    except BranchError as error:
        raise BranchError(f"{root}: not a git checkout with a commit ({error})") from None
    if not top.samefile(root):
        raise BranchError(f"{root}: not the top of its git checkout, which is {top}")
    wanted = [*NEEDED, README.as_posix(), *(f"notebooks/{one.path.name}" for one in lessons)]
    changed = git("status", "--porcelain", "-z", "--no-renames", "--", *wanted, folder=root)
    names = [entry[3:] for entry in changed.split("\0") if entry]
    if names:
        shown = ", ".join(sorted(names)[:5]) + (" and others" if len(names) > 5 else "")
        raise BranchError(f"not as in the last commit: {shown}; commit or put them back first")
    listed = git("ls-files", "-z", "--", *NEEDED, folder=root).split("\0")
    return [name for name in listed if name]


def stage(root, lessons, folder):
    """Put everything that students get into ``folder``.

    Raises:
        BranchError: something of a solution is left in it, or a file is missing.
    """
    from homework import release, verify

    for name in committed(root, lessons):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name)
    for lesson in lessons:
        student = release.student_version(lesson, release.ON_A_BRANCH)
        faults = [*verify.parses(student), *verify.leaks(lesson, student)]
        faults += verify.rubric_leaks(lesson, student)
        if faults:
            raise BranchError(f"{lesson.name}: {faults[0]}")
        path = folder / "notebooks" / lesson.path.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(release.text_of(student).encode("utf-8"))
    shutil.copy2(root / README, folder / "README.md")
    for path in folder.rglob("*"):
        if path.is_file() and SOLUTION in path.read_bytes():
            raise BranchError(f"{path.relative_to(folder)}: it holds a solution")


def repository(path):
    """The git folder of the repository ``path``, which need not be there yet.

    Raises:
        BranchError: it is an address, something else than a repository, or it or a worktree that
            is linked to it has the branch checked out.
    """
    if "://" in path or ("@" in path and ":" in path):
        raise BranchError(
            f"{path}: expected a folder. Write the branch into one, and send it from there: "
            f"git --git-dir=FOLDER push {path} {BRANCH}"
        )
    folder = Path(path).expanduser().resolve()
    if is_new(folder):
        return folder
    found = folder / ".git" if (folder / ".git").exists() else folder
    try:
        found = Path(git("rev-parse", "--absolute-git-dir", repository=found).strip())
    except BranchError:
        raise BranchError(f"{folder}: it is there, and no git repository; name another") from None
    if places := worktrees(found):
        raise BranchError(
            f"{places[0]}: the branch {BRANCH} is checked out there, and writing it would leave "
            "its files behind; check out another one, or name a bare repository"
        )
    return found


def worktrees(target):
    """Folders there that have the branch checked out: a repository's own, and linked ones."""
    listed = git("worktree", "list", "--porcelain", repository=target)
    entries = [entry.splitlines() for entry in listed.split("\n\n")]
    wanted = f"branch refs/heads/{BRANCH}"
    found = [Path(lines[0].removeprefix("worktree ")) for lines in entries if wanted in lines]
    return [folder for folder in found if folder.exists()]


def is_new(folder):
    """True where nothing is, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def tip(target):
    """The branch's last commit, or "" where there is none yet."""
    name = f"refs/heads/{BRANCH}"
    return git("for-each-ref", "--format=%(objectname)", name, repository=target).strip()


def commit(root, target, folder, message):
    """Commit what ``folder`` holds, and the notebooks handed out before, onto the branch.

    Args:
        root: of the course, whose git knows who commits. target: git folder of the branch.

    Returns:
        The paths that changed: none where nothing did, and nothing is written then.

    Raises:
        BranchError: git refuses, or somebody else wrote to the branch meanwhile.
    """
    last = tip(target)
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        # What is committed is what lies there, whatever this machine's git is told to change.
        add = ["-c", "core.autocrlf=false", "-c", "core.safecrlf=false", f"--work-tree={folder}"]
        git(*add, "add", "--all", "--force", ".", repository=target, folder=folder, **index)
        if last:  # lessons that this call was not asked for stay as they were
            kept = git("ls-tree", "-r", "-z", last, "--", "notebooks/", repository=target)
            new = {f"notebooks/{path.name}" for path in (folder / "notebooks").iterdir()}
            old = [line for line in kept.split("\0") if line and line.split("\t", 1)[1] not in new]
            git("update-index", "-z", "--index-info", repository=target, data=nul(old), **index)
        tree = git("write-tree", repository=target, **index).strip()
    if last and tree == git("rev-parse", f"{last}^{{tree}}", repository=target).strip():
        return []
    parent = ["-p", last] if last else []
    told = {"repository": target, "data": message} | who(root, target)
    made = git("commit-tree", tree, *parent, "-F", "-", **told).strip()
    try:
        reference = f"refs/heads/{BRANCH}"
        git(
            "update-ref",
            "-m",
            "student-branch",
            reference,
            made,
            last or "0" * 40,
            repository=target,
        )
    except BranchError as error:
        raise BranchError(
            f"somebody else wrote to the branch meanwhile; call again ({error})"
        ) from None
    before = last or git("hash-object", "-t", "tree", "--stdin", repository=target, data="").strip()
    changed = git("diff-tree", "-r", "-z", "--name-only", before, made, repository=target)
    return [name for name in changed.split("\0") if name]


def nul(lines):
    """Lines as git reads them with ``-z``."""
    return "".join(f"{line}\0" for line in lines)


def who(root, target):
    """Author and committer for git, where the environment does not name them.

    They are those of the target's configuration, where git commits; else of the course's; else
    somebody, where git knows nobody.
    """
    told = {}
    for key, somebody in SOMEBODY.items():
        asked = ("config", "--get", "--default=", f"user.{key.lower()}")
        known = git(*asked, repository=target).strip() or git(*asked, folder=root).strip()
        told |= {f"{kind}{key}": known or somebody for kind in WHO}
    return {name: value for name, value in told.items() if not os.environ.get(name)}


def write(root, to, lessons):
    """Write the branch into the repository ``to``; (its git folder, the paths that changed)."""
    numbers = " ".join(lesson.number for lesson in lessons)
    course = git("rev-parse", "--short", "HEAD", folder=root).strip()
    target = repository(to)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stage(root, lessons, folder)
        if is_new(target):
            git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", target)
        message = f"Lessons {numbers}, as in {course} of the course\n"
        return target, commit(root, target, folder, message)


def main(arguments=None):
    """Write the branch and say what changed; the exit status."""
    from homework import lessons

    parser = argparse.ArgumentParser(description="Student versions as a branch for nbgitpuller.")
    parser.add_argument("lessons", nargs="*", help="numbers such as 01 02; all by default")
    parser.add_argument("--to", required=True, metavar="REPOSITORY", help="folder; made if need be")
    asked = parser.parse_args(arguments)
    try:
        chosen = lessons.all_lessons(asked.lessons, ROOT / "notebooks")
        target, changed = write(ROOT, asked.to, chosen)
    except (BranchError, ValueError) as error:
        print(f"student-branch: {error}", file=sys.stderr)
        return 2
    if not changed:
        print(f"{target}: branch {BRANCH} holds all of it already; nothing was added.")
        return 0
    held = git("ls-tree", "--name-only", "-z", BRANCH, "--", "notebooks/", repository=target)
    count = len([name for name in held.split("\0") if name])
    words = f"{len(changed)} file{'s' * (len(changed) > 1)}, {count} lesson{'s' * (count > 1)}"
    print(f"{target}: branch {BRANCH}, one commit more: {words} in all.")
    return 0


if __name__ == "__main__":
    console.run(main)
