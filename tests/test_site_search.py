"""The search of the site: every section of a page is in its index, ranked by use, and reached."""

import re

import nbformat
import pytest
from browser import Watched, chromium
from test_site import Page
from test_site_links import LESSONS, read_index, written

from tools.site import sections


def test_the_index_leads_to_places(site):
    made = read_index(site)
    assert (site / "_static" / sections.FILE).stat().st_size < sections.MOST_MEGABYTES * 1e6
    ids = {address: Page(site / address).ids for address, *_ in made["pages"]}
    places = set()
    for page, anchor, title, *_ in made["sections"]:
        address = made["pages"][page][0]
        assert anchor in ids[address] and title, f"{address}#{anchor}"
        assert "\\" not in re.sub(r"\\[nt\"'\\]", "", title), title
        places.add((address, anchor))
    for stem in LESSONS:
        for anchor in re.findall(r'<section id="([^"]+)"', written(site, f"lessons/{stem}")):
            assert (f"lessons/{stem}.html", anchor) in places


def test_the_index_has_no_solution(site):
    code = " ".join(row[-1] for row in read_index(site)["sections"])
    count = 0
    for path in LESSONS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            for solution in re.findall(r"### BEGIN SOLUTION\n(.*?)### END", cell.source, re.DOTALL):
                solution = " ".join(solution.split())
                assert len(solution) < 60 or solution not in code, f"{path.stem}: {solution[:60]}"
                count += 1
    assert count > 60 and "checks.gaussian_kl(gaussian_kl)" in code


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def opened(browser, address):
    """A watched page; its patience is that of a machine with other work."""
    watched = Watched(browser)
    watched.page.set_default_timeout(60_000)
    watched.page.goto(address, wait_until="domcontentloaded")
    return watched


STUB = {
    "pages": [
        ["a.html", "01 · A", "lesson"],
        ["g.html", "Glossary", "glossary"],
        ["api/checks.html", "checks", "api/checks"],
        ["api/losses.html", "losses", "api"],
    ],
    "sections": [
        [0, "s1", "1. Rates", "The KL divergence. " + "Other words stand here. " * 30, ""],
        [0, "s2", "2. Codes", "KL here, a KL there, and the posterior's KL.", "log_var = 1"],
        [1, "kl-divergence", "KL divergence", "A price in nats.", ""],
        [0, "s3", "3. Fréchet", "Posteriors of Fréchet, with β as a weight. Klein.", ""],
        [0, "s4", "4. Posterior collapse", "It says nothing.", "posterior = fit(log_var_q)"],
        [0, "s5", "A temperature, and its temperature", "Temperature. " * 4, ""],
        [0, "s6", "Temperature", "It cools.", ""],
        [2, "checks.elbo", "checks.elbo", "elbo(log_w)", ""],
        [3, "losses.elbo", "losses.elbo", "A bound.", ""],
        [0, "s7", "5. Codebooks in use", "A codebook, and its codebook.", ""],
        [1, "codebook-size", "Codebook size", "How many entries there are.", ""],
        [3, "losses.Bound.elbo", "losses.Bound.elbo", "This elbo is a part of a class: elbo.", ""],
        [0, "s8", "6. Samplers", "They use an optimiser.", "seed"],
        [0, "s9", "7. Ends", "A sampler, or samplers.", "optimiser = optimiser(seed, seed, seed)"],
    ],
}


def test_sections_are_ranked_by_use(site, browser):
    page = opened(browser, f"{site.as_uri()}/search.html").page

    def found(query):
        call = "([all, q]) => courseSearch.find(courseSearch.index(all), q).map((one) => one.place)"
        return page.evaluate(call, [STUB, query])

    assert found("KL") == [2, 1, 0]  # its own entry, then by use; Klein is another word
    assert found("Temperatures") == [6, 5]
    assert found("elbo") == found("ELBO") == [8, 7, 11] and found("losses.elbo")[0] == 8
    assert found("kl divergence")[:2] == [2, 0] and set(found("kl divergence")) == {0, 1, 2}
    assert found("divergence kl")[:2] == [2, 0]  # both words, if far apart, before one often
    assert found("posterior") == found("Posteriors") == [4, 3, 1]
    assert found("frechet") == found("Fréchet") == [3]
    assert found("beta") == found("β") == [3]
    assert found("log_var")[0] == 1 and found("log_var_q") == [4]
    assert found("codebook") == [10, 9]  # the glossary first
    assert found("samplers") == found("optimiser") == [12, 13]  # title, then text, then code
    assert found("seed") == [13, 12]  # the more, the better
    assert found("coll") == [4] and found("co") == []  # a word that is being typed
    assert found("the posterior collapse")[0] == 4
    assert found("absent") == found("") == found("?!") == []
    for other in ("reparametrization", "Reparameterised", "reparameterizes"):
        stems = f"courseSearch.words('reparameterise {other}')"
        assert len(set(page.evaluate(stems))) == 1, other
    assert page.evaluate("courseSearch.words('gray colors')") == ["grey", "colour"]
    stems = "courseSearch.words('entropies boxes losses loss corpus')"
    assert page.evaluate(stems) == ["entropy", "box", "loss", "loss", "corpus"]
    excerpt = page.evaluate(
        "(text) => { const e = courseSearch.excerpt(text, 'posteriors kl');"
        " return [text.slice(e.from, e.to), e.marks.map((m) => text.slice(m.start, m.end))]; }",
        "Nothing here. " * 50 + "A posterior and its KL." + " Nothing here." * 50,
    )
    assert "posterior and its KL" in excerpt[0] and len(excerpt[0]) <= 240
    assert excerpt[1] == ["posterior", "KL"]
    page.close()


def test_the_search_shows_sections_and_lands_on_them(site, browser):
    watched = opened(browser, f"{site.as_uri()}/search.html?q=KL")
    page = watched.page
    first = page.locator("#search-results li").first
    assert first.locator("a").inner_text() == "KL divergence"
    assert first.locator("mark").first.inner_text() == "KL"
    shown = page.locator("#search-results li")
    assert shown.count() == 15
    addresses = [one.get_attribute("href") for one in page.locator("#search-results li > a").all()]
    assert len(set(addresses)) == 15 and all("#" in one for one in addresses)
    assert all(text.strip() for text in page.locator(".excerpt").all_inner_texts())
    page.get_by_role("button", name="Show more").click()
    assert shown.count() == 30
    new = shown.nth(15).locator("> a").get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == new
    address = next(one for one in addresses if one.startswith("lessons/"))
    page.locator(f"#search-results a[href='{address}']").click()
    page.wait_for_url("**/lessons/*", wait_until="commit")
    anchor = address.partition("#")[2]
    top = f"(document.getElementById({anchor!r})?.getBoundingClientRect().top ?? 1e6)"
    page.wait_for_function(f"Math.abs({top}) < 200 && window.scrollY > 300")
    assert not watched.errors and not watched.outside
    page.close()


def test_the_search_by_keys_while_you_type(site, browser):
    watched = opened(browser, f"{site.as_uri()}/search.html")
    page = watched.page
    page.wait_for_function("document.activeElement.id === 'search-words'")
    page.keyboard.type("bernoulli_log_pro")
    page.wait_for_function("document.querySelectorAll('#search-results li').length > 0")
    assert page.locator("#search-results code mark").count() > 0  # a name of the code
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator("#search-results li > a").nth(1)
    assert page.evaluate("document.activeElement.href") == second.evaluate("a => a.href")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "search-words"
    page.locator("#search-words").fill("zzzz")
    page.wait_for_function("document.querySelectorAll('#search-results li').length === 0")
    assert "No section has “zzzz”" in page.locator("#search-status").inner_text()
    page.locator("#search-words").fill("temperature")
    page.keyboard.press("Enter")  # to the first result, and there
    assert "sections for “temperature”" in page.locator("#search-status").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*.html#*", wait_until="commit")
    assert "search.html" not in page.url
    # From the field beside the contents of every page, too.
    page.locator("input.sidebar-search").fill("codebook")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=codebook*")
    page.wait_for_function("document.activeElement.id === 'search-words'")
    assert page.locator("#search-results li > a").first.inner_text() == "codebook"
    assert not watched.errors and not watched.outside
    page.close()
