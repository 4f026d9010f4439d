"""Pages of the grader in a browser: whole in one file, on a phone and on paper, light and dark."""

import browser
import pytest
import submissions as made
from test_homework_misconceptions import a_class
from test_homework_pages import answered, ran

from homework import copies, feedback, rubric, words

ANSWER = """
The *rate* is $\\log p(x) \\le 3$ ![x](http://192.0.2.1/x.png)
<script>document.title = "run"</script>

| model | nats | a long column of words that goes on and on | another | and more |
|:--|--:|---|---|---|
| `full1` | $1.609 \\pm 0.005$ | words | words words words | $\\frac{a}{b}$ |

$$-\\mathrm{ELBO} = \\mathrm{KL}(q(z|x)\\,\\|\\,p(z)) + \\frac12\\sum_{i=1}^L(\\mu_i^2 + \\sigma_i^2
- 1 - \\log\\sigma_i^2)$$

"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A page of each kind, with words, tables and formulas that are wider than a phone."""
    folder = tmp_path_factory.mktemp("pages")
    tried = ran("y" * 300, {"output_type": "stream", "text": "x" * 300})
    known, [one, *_] = {"01": made.LESSON}, a_class()
    one = one | {"words": words.answers(made.LESSON, answered(ANSWER, [tried]))}
    sets = [copies.Set("01", "1.2", 50, tuple(f"student {n}" for n in range(9)), 30, True, True)]
    texts = {
        "feedback": feedback.page("ann", [one], [], known),
        "summary": feedback.summary(a_class(), [], known, 3),
        "copies": copies.page(sets, [("ann", "bob", ["1.2"], 50)]),
        "rubric": rubric.page([made.LESSON]),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return [folder / f"{name}.html" for name in texts]


def test_pages_fit_and_ask_for_nothing(files):
    with browser.chromium() as started:
        watched = browser.Watched(started)
        for path in files:
            for width, scheme in ((390, "dark"), (1200, "light")):
                watched.page.set_viewport_size({"width": width, "height": 900})
                watched.page.emulate_media(color_scheme=scheme, media="screen")
                watched.page.goto(path.as_uri())
                wide = watched.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (path.name, wide)
                shades = watched.page.evaluate(
                    "['color', 'backgroundColor'].map(name => Number(getComputedStyle("
                    "document.body)[name].match(/\\d+/)[0]))"
                )
                assert (shades[0] > shades[1]) == (scheme == "dark"), (path.name, shades)
            assert watched.page.title() != "run"
            watched.page.emulate_media(color_scheme="dark", media="print")
            shade = "getComputedStyle(document.body).backgroundColor"
            assert watched.page.evaluate(shade) == "rgb(255, 255, 255)", "paper is white"
        assert watched.errors == [] and watched.outside == []


def test_a_page_is_understood_without_its_style(files):
    """Canvas's preview takes styles away: verdicts and points are words."""
    text = files[0].read_text("utf-8")
    assert "(wrong)" in text and "Mistake" in text and "points" in text
    assert "src=" not in text and "href=" not in text and "@import" not in text
