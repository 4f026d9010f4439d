"""Conventions: files agree with each other, imports go one way, nothing of one machine stays."""

import ast
import json
import re
import socket
import subprocess
import sys
import tomllib

import forgotten
import pytest

import course_utils
from course_utils import settings
from tools import course

ROOT = settings.root()
PACKAGE = ROOT / "course_utils"

# Imports go up this list only: a room uses rooms that stand before it.
ROOMS = (
    "arguments settings files distributed stand_ins downloads catalogue prepared pixels data "
    "losses nets exact checkpoint history progress schedules fit_settings interrupts "
    "normalisation run_state keeper training evaluation judge rendering showing diagram_parts "
    "diagrams curves plotting tables numbering seeds weights records widgets checks claims lesson "
    "versions"
).split()
# In all: the nets of lessons 02 to 11 are a third of it, an exact stop and resume a tenth, and
# figures, tables and claims for a reader a fifth.
MOST_LINES, MOST_LINES_IN_ALL = 320, 5_500
# Written so that they do not find themselves.
NEVER = {
    r"[/](?:root|work|home/\w+|Users/\w+)/": "a path of one machine",
    r"[A-Z]:\\Users": "a path of one machine",
    r"-{2}(?:extra-)?index[-]url|-{2}find[-]links": "a registry's address",
    r"python[h]osted\.org|download[.]pytorch\.org/whl": "a registry's address",
}
# What the course is stands in its prose, not how it was written.
NEVER_IN_PROSE = r"\b(?:AI|[Ss]ub-?agents?|AI agents?|chat ?bots?|language models? wrote)\b"


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def files():
    """Files that are, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def text_of(path):
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def prose_of(path):
    if path.suffix == ".md":
        return text_of(path)
    if path.suffix == ".ipynb":
        cells = json.loads(text_of(path))["cells"]
        return "\n".join("".join(x["source"]) for x in cells if x["cell_type"] == "markdown")
    return ""


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    """Rooms of course_utils that a file imports, anywhere in it."""
    package = ("course_utils", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(text_of(path))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "course_utils" and len(parts) > 1:
                yield parts[1]


def test_one_version_and_one_package():
    settings_of_build = project()["tool"]["setuptools"]
    assert settings_of_build["dynamic"]["version"] == {"attr": "course_utils.__version__"}
    assert settings_of_build["packages"]["find"] == {"include": ["course_utils", "course_utils.*"]}
    assert re.fullmatch(r"\d+\.\d+\.\d+", course_utils.__version__)


def test_the_version_is_one():
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited.group(1) == course_utils.__version__, "CITATION.cff"
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGES.md").read_text("utf-8"), re.M)
    assert newest.group(1) == course_utils.__version__, "CHANGES.md"


def test_nothing_is_forgotten():
    """Of what each lesson, exercise and data set needs: CONTRIBUTING.md has the steps."""
    found = forgotten.everything(ROOT)
    assert not found, "\n".join(found)


def test_every_imported_package_is_required():
    known = {"sklearn": "scikit-learn", "IPython": "ipykernel", "PIL": "pillow"}
    extras = project()["project"]["optional-dependencies"]
    required = [*project()["project"]["dependencies"], *extras["lab"]]
    required = {re.match(r"[\w-]+", entry).group() for entry in required}
    for path in modules():
        for node in ast.walk(ast.parse(text_of(path))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in {name.split(".")[0] for name in names}:
                if name != "course_utils" and name not in sys.stdlib_module_names:
                    assert known.get(name, name) in required, f"{path.name} imports {name}"


def test_readme_names_every_command():
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.M)
    assert set(targets) == {"lab", *course.MODULES, *course.HOMEWORK, "clean"}
    assert set(re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split()) == set(targets)
    for target in targets:
        assert f"make {target}" in readme, f"README.md does not name `make {target}`"
        assert f"tools/course.py {target}" in readme, f"README.md: no plain call for {target}"
    for module in course.MODULES.values():
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


def test_nothing_of_one_machine():
    for path in files():
        for pattern, what in NEVER.items():
            found = re.search(pattern, text_of(path))
            assert not found, f"{path.relative_to(ROOT)}: {what}: {found.group()!r}"
        found = re.search(NEVER_IN_PROSE, prose_of(path))
        assert not found, f"{path.relative_to(ROOT)}: {found.group()!r}"


def test_downloads_are_not_committed():
    listed = [path.relative_to(ROOT).as_posix() for path in files()]
    assert not [name for name in listed if name.startswith(("data/downloads/", ".venv/"))]
    assert not [name for name in listed if name.endswith((".pt", ".pth", ".pkl", ".npz"))]


def test_rooms_import_one_way():
    for path in modules():
        room = room_of(path)
        if room == "__init__":
            assert not list(imported_rooms(path))
            continue
        assert room in ROOMS, f"{path.name} is in no room of the design"
        for other in imported_rooms(path):
            if other in ROOMS and other != room:
                assert ROOMS.index(other) < ROOMS.index(room), f"{room} imports {other}"


def test_imports_are_found(tmp_path, monkeypatch):
    """The search above sees every way of importing a room."""
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    path = tmp_path / "losses" / "bounds.py"
    path.parent.mkdir()
    path.write_text(
        "import course_utils.nets\nfrom course_utils import data, checks\n"
        "def f():\n    from course_utils.exact import x\n"
        "from .. import training\nfrom . import logistic\nfrom ..plotting import y\n"
    )
    found = set(imported_rooms(path))
    assert found == {"nets", "data", "checks", "exact", "training", "losses", "plotting"}


def test_only_settings_reads_the_environment():
    for path in modules():
        for node in ast.walk(ast.parse(text_of(path))):
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if name in ("environ", "getenv", "environb"):
                assert path.name == "settings.py", f"{path.name} reads the environment"
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                assert path.name == "settings.py", f"{path.name} imports from os"


def test_files_are_replaced_in_one_place():
    """Whole or not at all, by files.write_whole."""
    for path in files():
        if path.suffix == ".py" and path.parts[len(ROOT.parts)] in (
            "course_utils",
            "homework",
            "tools",
        ):
            for node in ast.walk(ast.parse(text_of(path))):
                if isinstance(node, ast.Attribute) and ast.unparse(node) in (
                    "os.replace",
                    "os.rename",
                ):
                    assert path.name == "files.py", f"{path.relative_to(ROOT)}: {ast.unparse(node)}"


def test_torchvision_only_where_something_is_downloaded():
    for path in modules():
        tree = ast.parse(text_of(path))
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "torchvision" for name in names):
                assert path.name == "downloads.py" and id(node) in inside, (
                    f"{path.name}: torchvision"
                )


def test_files_are_short():
    lengths = {
        path.relative_to(PACKAGE).as_posix(): text_of(path).count("\n") for path in modules()
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
    statements = {path: code_lines(text_of(path)) for path in modules()}
    total = sum(n for path, n in statements.items() if "checks" not in path.parts)
    assert total < MOST_LINES_IN_ALL


def code_lines(source):
    """Lines that are neither blank, nor a comment, nor documentation."""
    documented = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate((line.strip() for line in source.splitlines()), start=1)
    return sum(bool(line) and line[0] != "#" and number not in documented for number, line in lines)


def test_licence_names_both():
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("MIT License") and "CC BY 4.0" in text


def test_network_is_refused():
    for address in (("192.0.2.1", 80), ("example.org", 80)):
        with pytest.raises(RuntimeError, match="without a network"):
            socket.create_connection(address, timeout=1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        with pytest.raises(RuntimeError, match="without a network"):
            datagrams.sendto(b"x", ("192.0.2.1", 9))
    with socket.create_server(("127.0.0.1", 0)) as server:  # this machine itself stays open
        socket.create_connection(server.getsockname(), timeout=5).close()
