"""axe-core on a page of a browser, and what docs/accessibility.md says that others have to mend."""

import re
import shutil
from dataclasses import dataclass

import pytest

from course_utils import settings
from tools.site import build, vendor

ROOT = settings.root()
DOCUMENT = ROOT / "docs" / "accessibility.md"
KINDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
# A formula is drawn by MathJax from some hundred elements; what it says to those who listen is in
# one of them. Colours of code are those of a few kinds of words: they are judged on one page.
JUDGE = """async ({within, without, options}) => {
    const found = await axe.run(
        {include: [[within]], exclude: without.map((one) => [one])},
        {...options, resultTypes: ["violations"], preload: false, iframes: false},
    );
    return found.violations.flatMap(({id, nodes}) =>
        nodes.map(({target, html}) => ({rule: id, target: target.flat().join(" "), html})));
}"""


@dataclass(frozen=True)
class Known:
    """A row of docs/accessibility.md: what others have to mend, and where they were told."""

    place: str
    rule: str
    selector: str
    issue: str

    def covers(self, page, found):
        """Whether what axe-core found is an element of this row."""
        matches = "([target, selector]) => document.querySelector(target)?.matches(selector)"
        return found["rule"] == self.rule and page.evaluate(
            matches, [found["target"], self.selector]
        )


def known(place):
    """The rows of docs/accessibility.md for ``site`` or ``JupyterLab``."""
    rows = re.findall(r"^\| (.+) \|$", DOCUMENT.read_text("utf-8"), re.M)
    cells = [[cell.strip().strip("`") for cell in re.split(r"(?<!\\) \| ", row)] for row in rows]
    return [Known(*row[:3], row[-1]) for row in cells if row[0] == place]


def script():
    """The text of axe-core, from npm; the test is skipped by name where there is none."""
    path = build.BUILD / "vendor" / f"{vendor.AXE.replace('@', '-')}.js"
    if not path.is_file() and shutil.which("npm") is None:
        message = f"the judge of the pages comes from npm ({vendor.AXE}), which is not installed"
        (pytest.fail if settings.in_ci() else pytest.skip)(message)
    return vendor.script(vendor.AXE, path).read_text("utf-8")


def rules(page, within="html", without=()):
    """What breaks a rule of axe-core, of colours apart: dicts of rule, target and html."""
    options = {"runOnly": KINDS, "rules": {CONTRAST: {"enabled": False}}}
    told = {"within": within, "without": ["mjx-container", *without], "options": options}
    return page.evaluate(JUDGE, told)


def colours(page, within="html", without=()):
    """Text that does not stand out from its ground."""
    told = {"within": within, "without": ["mjx-container", *without]}
    return page.evaluate(JUDGE, told | {"options": {"runOnly": [CONTRAST]}})


def sorted_out(page, found, rows):
    """(what no row covers, in words; the rows that cover something)."""
    unknown, used = [], set()
    for one in found:
        row = next((row for row in rows if row.covers(page, one)), None)
        if row is None:
            unknown.append(f"{one['rule']}: {one['target']}: {one['html'][:160]}")
        else:
            used.add(row)
    return unknown, used
