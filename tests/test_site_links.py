"""Links, anchors and search of the site: what is mentioned can be reached, and found."""

import io
import json
import re
from html.parser import HTMLParser

import nbformat
import pytest
from docutils import nodes
from docutils.utils import new_document
from test_site import Page

from course_utils import settings
from tools.lessons import glossary
from tools.site import anchors, api_names, raw_html, sections
from tools.site.plain_tex import plain_tex

ROOT = settings.root()
LESSONS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
STEMS = {stem.partition("_")[0]: stem for stem in LESSONS}


# ------------------------------------------------------------------------- a small site of its own

CONF = """\
extensions = ["myst_nb", "tools.site.linking", "tools.site.sections"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
"""
FIRST = """\
# 01 · First lesson 02

```{py:function} course_utils.losses.gaussian_kl(mu)
Of lesson 02.
```

```{py:class} course_utils.nets.divergences.MADE
```

By $[1]$: in lesson 02, section 1 of lesson 02, and [lesson 02](02_b.md), section 1. Itself:
lesson 01. See exercise 2.1, [1, 2], [2] and lesson
02. An ELBO and the ELBO; no ELBOW. `lesson 02`, $lesson 02$.

```python
lesson 02 [1]
```

## 1. The second [1]

By `losses.gaussian_kl(q, p)`, `gaussian_kl`, `nets.MADE`, `unknown_name`, `losses`. Section 1 of
it. Also [1]. The ELBO again.

<details><summary>Hint in lesson 02</summary>Look at lesson 02 and [1]; <code>lesson 02</code>.
</details>

## References

1. A, *One*, arXiv:1312.6114.
2. B, *Two*, reproduces [1]. The ELBO of a β-VAE.
"""
SECOND = """\
# 02 · Second

## 1. Only

**Exercise 2.1** (2 points). See lesson 01. A [bound](../glossary.md#elbo), the ELBO.
"""
GLOSSARY = "# Glossary\n\n## ELBO\n\nA bound, see lesson 01.\n\n## β-VAE\n\nA loss.\n"
ANSWERS = """\
# Answers

**Why do the two terms of it by the many differ? Or?**
: See [lesson 02](lessons/02_b.md), all that section 1 says, and arXiv:1312.6114.
"""
NOTATION = """\
# Notation

| symbol | in code | meaning |
|---|---|---|
| $\\mu$ | `nets.mu(x)` | a mean |
| nat | | a unit |
"""
NOWHERE = """\
# 01 · A

Section 3, lesson 99, exercise 2.7, [3] and exercise 77.1.

## References

1. A
"""


def small_site(folder, first=FIRST, **more):
    """Build it; (links of each page: (href, text), the whole pages, warnings)."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    pages = {"lessons/01_a": first, "lessons/02_b": SECOND, "glossary": GLOSSARY} | more
    pages |= {"answers": ANSWERS, "notation": NOTATION}
    toctree = "\n".join(["# Home", "", "See lesson 01.", "```{toctree}", *pages, "```"])
    for name, text in {**pages, "index": toctree}.items():
        path = folder / "source" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "source" / "conf.py").write_text(CONF, encoding="utf-8")
    warnings = io.StringIO()
    places = (folder / name for name in ("source", "source", "html", "doctrees"))
    with docutils_namespace():  # so that a second one does not find what the first one left
        app = Sphinx(*map(str, places), "html", status=None, warning=warnings)
        app.build()
    names = [*pages, "index"]
    written = {name: (folder / "html" / f"{name}.html").read_text("utf-8") for name in names}
    return written, warnings.getvalue(), folder / "html"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_site(tmp_path_factory.mktemp("small"))


def links(page):
    """(address, text) of the links that were made, in the order of the page."""
    made = re.findall(r'<a class="[^"]*\bmention\b[^"]*"([^>]*)>(.*?)</a>', page, re.DOTALL)
    return [(re.search(r'href="([^"]*)"', a)[1], re.sub("<[^>]*>", "", text)) for a, text in made]


def test_what_a_page_mentions_is_a_link_and_nothing_else(small):
    pages, warnings, _ = small
    assert not re.sub(r".*(?:search|theme).*\n?", "", warnings)
    assert links(pages["lessons/01_a"]) == [
        ("02_b.html", "lesson 02"),  # in the docstring
        ("02_b.html", "lesson 02"),
        ("02_b.html#section-1", "section 1"),
        ("02_b.html", "lesson 02"),
        ("02_b.html#section-1", "section 1"),  # beside the lesson's own link
        ("02_b.html#exercise-2-1", "exercise 2.1"),
        ("#source-1", "1"),
        ("#source-2", "2"),
        ("#source-2", "[2]"),
        ("02_b.html", "lesson\n02"),
        ("../glossary.html#elbo", "ELBO"),
        ("#course_utils.losses.gaussian_kl", "losses.gaussian_kl(q, p)"),
        ("#course_utils.nets.divergences.MADE", "nets.MADE"),
        ("#section-1", "Section 1"),
        ("#source-1", "[1]"),
        ("02_b.html", "lesson 02"),  # in the hint
        ("#source-1", "[1]"),
        ("https://arxiv.org/abs/1312.6114", "arXiv:1312.6114"),
        ("#cited-1", "01 · First lesson 02"),
        ("#cited-3", "section 1"),
        ("#source-1", "[1]"),
        ("#cited-2", "01 · First lesson 02"),
    ]
    assert links(pages["lessons/02_b"]) == [("01_a.html", "lesson 01")]
    assert links(pages["index"]) == []
    for number, wanted in (("cited-1", "1"), ("cited-2", "2"), ("cited-3", "[1]")):
        assert re.search(
            rf'<a [^>]*id="{number}"[^>]*>(?:<[^>]*>)*{re.escape(wanted)}<', pages["lessons/01_a"]
        )


def test_a_list_of_sources_means_the_lesson_that_it_names(small):
    pages, _, _ = small
    assert links(pages["answers"]) == [
        ("lessons/02_b.html#section-1", "section 1"),
        ("https://arxiv.org/abs/1312.6114", "arXiv:1312.6114"),
    ]


def test_places_have_readable_ids(small):
    pages, _, _ = small
    assert (
        '<section id="β-vae">' in pages["glossary"] and '<section id="elbo">' in pages["glossary"]
    )
    wanted = "why-do-the-two-terms-of-it"
    assert f'<dt id="{wanted}">' in pages["answers"]
    assert f'class="headerlink" href="#{wanted}"' in pages["answers"]
    assert re.findall(r'<tr [^>]*id="([^"]*)"', pages["notation"]) == ["mu", "nat"]
    assert '<p id="exercise-2-1">' in pages["lessons/02_b"]


def test_an_id_is_given_once():
    document = new_document("page")
    first, second, third = (nodes.paragraph(ids=[]) for _ in range(3))
    third["ids"] = ["third"]
    document.ids["third"] = third
    assert [anchors.add_id(document, node, "x") for node in (first, second)] == ["x", "x-2"]
    assert anchors.add_id(document, third, "third") == "third" and third["ids"] == ["third"]


def test_a_mention_of_nothing_is_told(tmp_path):
    pages, warnings, _ = small_site(tmp_path, NOWHERE)
    assert "section 3 is mentioned, and lesson 01 has none of that number" in warnings
    assert "exercise 2.7 is mentioned, and lesson 02 has none of that number" in warnings
    assert "source 3 is mentioned, and lesson 01 has none of that number" in warnings
    assert "77" not in warnings and "99" not in warnings and not links(pages["lessons/01_a"])


def test_the_index_holds_each_section(small):
    _, _, folder = small
    made = read_index(folder)
    rows = {(made["pages"][page][0], row[0]): row[1:] for page, *row in made["sections"]}
    assert rows["glossary.html", "elbo"] == ["ELBO", "A bound, see lesson 01.", ""]
    assert rows["notation.html", "mu"] == ["μ", "nets.mu(x) a mean", ""]
    answer = rows["answers.html", "why-do-the-two-terms-of-it"]
    assert answer[0].startswith("Why do the two") and answer[1].startswith("See lesson 02, all")
    first = rows["lessons/01_a.html", "first-lesson-02"]
    assert "lesson 02 [1]" in first[1] and "Itself: lesson 01." in first[1]
    assert "Look at lesson 02 and [1]; lesson 02." in rows["lessons/01_a.html", "the-second-1"][1]
    assert ("lessons/01_a.html", "course_utils.losses.gaussian_kl") in rows


def test_the_index_is_whole_where_few_pages_changed(tmp_path):
    _, _, folder = small_site(tmp_path)
    before = read_index(folder)
    _, _, folder = small_site(tmp_path, FIRST.replace("Itself", "Also"))
    after = read_index(folder)
    assert after["pages"] == before["pages"]
    assert len(after["sections"]) == len(before["sections"]) and after != before


def read_index(folder):
    text = (folder / "_static" / sections.FILE).read_text("utf-8")
    return json.loads(text.removeprefix("window.courseSections=").removesuffix(";\n"))


# ----------------------------------------------------------------------------------- their parts


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\mathrm{KL}(q(z\mid x)\,\Vert\,p(z))", "KL(q(z|x) || p(z))"),
        (r"\log\frac{1}{1+e^{-\ell}}", "log 1/(1+e^-ℓ)"),
        (r"\begin{aligned} a &\le \tfrac12 \\ b \end{aligned}", "a ≤ 1/2 b"),
        (r"-\mathbb{E}_{q}[\log p(x|z)]", "-E_q[log p(x|z)]"),
    ],
)
def test_formulas_in_plain_letters(tex, expected):
    assert plain_tex(tex) == expected


def test_open_text_of_html():
    html = "a<b>c</b><a href='x'>d</a><!-- e -->f<pre>g<i>h</i></pre> $i$ <script>j</script>k"
    assert [html[start:end] for start, end in raw_html.texts(html)] == [
        "a",
        "c",
        "f",
        " ",
        " ",
        "k",
    ]
    assert raw_html.plain("<script>a</script>b &gt; <i>c</i>").split() == ["b", ">", "c"]


class Entry:
    def __init__(self, docname, objtype="function"):
        self.docname, self.node_id, self.objtype = docname, docname, objtype


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("losses.gaussian_kl", "kl"),
        ("course_utils.losses.gaussian_kl(q)", "kl"),
        ("gaussian_kl", "kl"),
        ("nets.TwoLayerVAE", "two"),
        ("lesson.fit(net)", "fit"),
        ("losses.other", None),
        ("load", None),  # an everyday word
        ("house_numbers", None),  # of a room that the lesson does not import
        ("data.load", "load"),
        ("own_name", None),  # the lesson's own
        ("functional.gumbel_softmax", None),  # of another package
        ("log_prob", None),  # of two classes
        ("gaussian_kl + 1", None),
    ],
)
def test_a_name_means_one_object_or_none(text, expected):
    names = api_names.Names(
        {
            "course_utils.losses.gaussian_kl": Entry("kl"),
            "course_utils.losses.divergences.gaussian_kl": Entry("kl"),
            "course_utils.nets.hierarchy.TwoLayerVAE": Entry("two", "class"),
            "course_utils.lesson.Lesson.fit": Entry("fit", "method"),
            "course_utils.data.load": Entry("load"),
            "course_utils.stand_ins.house_numbers": Entry("house"),
            "course_utils.data.own_name": Entry("own"),
            "course_utils.functional.gumbel_softmax": Entry("g"),
            "course_utils.nets.A.log_prob": Entry("a", "method"),
            "course_utils.nets.B.log_prob": Entry("b", "method"),
            "torch.gaussian_kl": Entry("torch"),
        }
    )
    code = [
        "from course_utils import data, nets\nfrom course_utils.losses import other",
        "from torch.nn import functional\ndef own_name():\n    pass\n",
        "x = 1",
        "no Python",
    ]
    defined, imported = api_names.own_names(code)
    assert defined == {"own_name", "x"}
    found = names.find(text, defined, imported)
    assert found == (expected and (expected, expected))


# ----------------------------------------------------------------------------------- the real site


class Open(HTMLParser):
    """The text of an article that is neither code, formula, heading, summary nor a link."""

    CLOSED = set("a pre code script style summary svg dt h1 h2 h3 h4 h5 h6 button title".split())

    def __init__(self, page):
        super().__init__()
        self.text, self._closed, self._formula = [], 0, 0
        self.feed(page[page.index("<article") : page.index("</article>")])

    def handle_starttag(self, tag, attributes):
        is_formula = "math" in (dict(attributes).get("class") or "").split()
        if self._formula or is_formula:
            self._formula += tag in ("div", "span")
        self._closed += tag in self.CLOSED

    def handle_endtag(self, tag):
        self._formula -= bool(self._formula) and tag in ("div", "span")
        self._closed -= tag in self.CLOSED

    def handle_data(self, text):
        if not self._closed and not self._formula:
            self.text.append(text)


def written(site, name):
    return (site / f"{name}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def lessons(site):
    """Stem -> the page of a lesson."""
    return {stem: written(site, f"lessons/{stem}") for stem in LESSONS}


def test_no_mention_is_left_plain(lessons):
    """Of other lessons, sources and papers, in text, captions, hints and tables."""
    for stem, page in lessons.items():
        text = "\n".join(Open(page).text)
        own = stem.partition("_")[0]
        for number in re.findall(r"\b[Ll]essons?\s+(\d\d[xy]?)", text):
            assert number == own or number not in STEMS, f"{stem}: lesson {number}"
        assert not re.findall(r"arXiv:\d+", text), stem
        sources = set(re.findall(r'<li id="source-(\d+)"', page))
        for listed in re.findall(r"(?<![\w\]])(?<!is )\[(\d+(?:, \d+)*)\]", text):
            assert not sources & set(listed.split(", ")), f"{stem}: [{listed}]"
        assert not re.findall(r"\b[Ss]ection\s+\d", text), stem


def test_each_citation_of_a_lesson_is_a_link_to_its_source(lessons):
    in_all = 0
    for stem, page in lessons.items():
        cited = 0
        for cell in nbformat.read(LESSONS[stem], as_version=4).cells:
            texts = [cell.source] if cell.cell_type == "markdown" else []
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                texts += [data["text/html"]] if "text/html" in data else []
                texts += (
                    [data["text/markdown"].replace("\\", "")] if "text/markdown" in data else []
                )
            for text in texts:
                text = re.sub(
                    r"\$[^$]*\$|`[^`]*`|\w\[\d\]|\bis \[\d\]|<summary>.*?</summary>", "", text
                )
                for listed in re.findall(r"\[([1-9]\d?(?:, \d+)*)\](?!\()", text):
                    cited += len(listed.split(","))
        found = len(re.findall(r'href="#source-\d+"', page))
        assert found == cited, f"{stem}: {cited} citations, {found} links to sources"
        back = len(re.findall(r'href="#cited-\d+"', page))
        assert back == len(re.findall(r'<a [^>]*id="cited-\d+"', page)) <= cited
        in_all += cited
    assert in_all > 120


def test_a_lesson_links_each_word_of_the_glossary_that_it_uses(lessons):
    words = glossary.entries((ROOT / "docs" / "glossary.md").read_text("utf-8"))
    for stem, page in lessons.items():
        linked = set(re.findall(r'href="\.\./glossary\.html#([^"]+)"', page))
        assert linked <= {*words, *map(nodes.make_id, words)}, stem
        text = " ".join(Open(page).text[:-1]).partition("References")[0]
        for anchor in ("elbo", "nats", "kl-divergence", "posterior", "encoder", "decoder"):
            assert anchor in linked or not words[anchor].search(text), f"{stem}: {anchor}"


def test_terms_questions_and_symbols_have_anchors(site):
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    ids = Page(site / "glossary.html").ids
    assert set(glossary.entries(page)) <= ids and "elbo" in ids
    for name, least in (("questions", 20), ("errors", 30)):
        source = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        found = re.findall(r'<dt id="([^"]+)"', written(site, name))
        assert len(set(found)) == len(found) == len(re.findall(r"^: ", source, re.M)) > least
        assert all(re.fullmatch(r"[\w-]{3,80}", one) for one in found)
    assert {"log_var", "elbo", "rate", "bits-per-dimension"} <= Page(site / "notation.html").ids
    assert "02_vae_mnist-vae_fc20-neg_elbo" in Page(site / "results.html").ids
