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
# A formula is drawn by MathJax from some hundred elements; what is read aloud stands beside them.
DRAWN = "mjx-math"
NO_CODE, ALL = "*:not(.highlight *)", "*"  # the elements whose colours are judged
COLOURS_OF = f"(selector) => axe.configure({{rules: [{{id: '{CONTRAST}', selector}}]}})"
WITH_CODE = ("lessons/01_vae_2d.html", "scale.html")  # where the colours of code are judged
JUDGE = """async ({within, without, options}) => {
    const found = await axe.run(
        {include: [[within]], exclude: without.map((one) => [one])},
        {...options, resultTypes: ["violations"], preload: false, iframes: false},
    );
    return found.violations.flatMap(({id, nodes}) =>
        nodes.map(({target, html}) => ({rule: id, target: target.flat().join(" "), html})));
}"""


# Sliders are drawn and named, and boxes that scroll are marked, which takes the browser a frame.
MARKED = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
    await frame();
    const state = "script[type='application/vnd.jupyter.widget-state+json']";
    const named = () => !document.querySelector(state) ||
        document.querySelector(".noUi-handle[aria-label]");
    for (let tries = 0; tries < 2000 && !named(); tries++) await frame();
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
    """What breaks a rule of axe-core, colours apart: dicts of rule, target and html."""
    options = {"runOnly": KINDS, "rules": {CONTRAST: {"enabled": False}}}
    told = {"within": within, "without": [DRAWN, *without], "options": options}
    return page.evaluate(JUDGE, told)


def colours(page):
    """Text that does not stand out from its ground, code too."""
    page.evaluate(COLOURS_OF, ALL)
    told = {"within": "html", "without": [DRAWN], "options": {"runOnly": [CONTRAST]}}
    return page.evaluate(JUDGE, told)


def rules_and_colours(page):
    """By one walk over a page, which takes two thirds of the time of two: both, but for code."""
    page.evaluate(COLOURS_OF, NO_CODE)
    told = {"within": "html", "without": [DRAWN], "options": {"runOnly": KINDS}}
    return page.evaluate(JUDGE, told)


class Pages:
    """What axe-core says of the pages of the site, one after the other in one browser."""

    def __init__(self):
        self.script, self.rows = script(), known("site")
        self.said, self.used = [], set()

    def judge(self, page, name):
        """Judge a page that is ready: by all rules, in the light theme, and some in the dark."""
        theme = "(theme) => { document.body.dataset.theme = theme; }"
        page.evaluate(MARKED)
        page.evaluate(self.script)
        page.evaluate(theme, "light")
        if name in WITH_CODE:
            found = rules(page) + colours(page)
            page.evaluate(theme, "dark")
            found += colours(page)
        else:
            found = rules_and_colours(page)
        unknown, used = sorted_out(page, found, self.rows)
        self.said += [f"{name}: {line}" for line in unknown]
        self.used |= used

    def settle(self):
        """Fail on what no row of docs/accessibility.md has, and on rows that describe nothing."""
        assert not self.said, "\n".join(self.said)
        gone = [row for row in self.rows if row not in self.used]
        assert not gone, f"docs/accessibility.md lists what no longer occurs: {gone}"


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
