// The search of the site: ranks its sections by how they use the words that are asked for.
//
// search-sections.js, which the build writes, holds the text of every section. Nothing is fetched,
// so it works from file:// too. window.courseSearch has the parts that tests call.
(() => {
  const FIELDS = { title: 5, text: 1, code: 0.25 };
  const [SATURATION, LENGTH] = [1.2, 0.5]; // BM25's k and b
  // What explains comes before what lists.
  const KINDS = { bibliography: 0.5, results: 0.5, instructors: 0.5, notation: 0.7,
    "api/checks": 0.6, "api/beneath": 0.6 };
  const SHOWN = 15;
  const EXCERPT = 240;
  const WORD = /[\p{L}\p{N}_]+/gu;

  // Small letters without accents; a Greek letter stands for itself and for its name.
  const GREEK = { α: "alpha", β: "beta", γ: "gamma", ε: "epsilon", θ: "theta", λ: "lambda",
    μ: "mu", σ: "sigma", τ: "tau", φ: "phi" };
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[αβγεθλμστφ]/gu, (letter) => GREEK[letter]);

  // One form for singular and plural, for a verb and its noun (reparameterise, reparametrization),
  // and for the spellings of both sides of the Atlantic.
  const SPELLINGS = [[/parametri/, "parameteri"], [/color/, "colour"], [/^gray/, "grey"],
    [/(...)i[sz](?:e|ed|es|ing|ations?)$/, "$1is"]];
  const stem = (written) => {
    const word = SPELLINGS.reduce((one, [from, to]) => one.replace(from, to), written);
    if (word.length < 4 || word.endsWith("ss") || word.endsWith("us")) return word;
    if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
    if (/(x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2);
    return word.endsWith("s") ? word.slice(0, -1) : word;
  };

  // The words of a text; log_var also as log and var, after it.
  const words = (text) => {
    const found = [];
    for (const [word] of folded(text).matchAll(WORD)) {
      const parts = word.split("_").filter(Boolean);
      if (parts.length > 1) found.push(word);
      for (const part of parts) found.push(stem(part));
    }
    return found;
  };
  // What is asked for; a name such as log_var as a whole only.
  const asked = (text) => [...new Set([...folded(text).matchAll(WORD)].map(([word]) =>
    word.split("_").filter(Boolean).length > 1 ? word : stem(word.replaceAll("_", ""))))]
    .filter(Boolean);

  // word -> Map(section -> weighted count), and each section's weighted length.
  const index = ({ pages, sections }) => {
    const uses = new Map();
    const lengths = sections.map(([, , title, text, code], place) => {
      let length = 0;
      for (const [name, said] of Object.entries({ title, text, code })) {
        for (const word of words(said)) {
          if (!uses.has(word)) uses.set(word, new Map());
          const counts = uses.get(word);
          counts.set(place, (counts.get(place) ?? 0) + FIELDS[name]);
          length += FIELDS[name];
        }
      }
      return length;
    });
    const mean = lengths.reduce((sum, one) => sum + one, 0) / Math.max(1, lengths.length);
    return { pages, sections, uses, lengths, mean };
  };

  // The words of the index that an asked word stands for, each with a weight: itself, or, from
  // three letters on, words that begin with it.
  const meant = (made, word) => {
    const found = made.uses.has(word) ? [[word, 1]] : [];
    if (word.length < 3) return found;
    for (const other of made.uses.keys()) {
      if (other !== word && other.startsWith(word)) found.push([other, 0.4]);
    }
    return found;
  };

  // Sections, best first: those with more of the words before those with fewer.
  const find = (made, query) => {
    const scores = new Map();
    const all = made.sections.length;
    for (const word of asked(query)) {
      const counts = new Map();
      for (const [other, weight] of meant(made, word)) {
        for (const [place, count] of made.uses.get(other)) {
          counts.set(place, (counts.get(place) ?? 0) + weight * count);
        }
      }
      const rarity = Math.log(1 + (all - counts.size + 0.5) / (counts.size + 0.5));
      for (const [place, count] of counts) {
        const long = 1 - LENGTH + (LENGTH * made.lengths[place]) / made.mean;
        const score = (rarity * count * (SATURATION + 1)) / (count + SATURATION * long);
        const [before, hits] = scores.get(place) ?? [0, 0];
        scores.set(place, [before + score, hits + 1]);
      }
    }
    const wanted = folded(query).trim().replace(/\s+/g, " ");
    const terms = asked(query);
    const found = [...scores].map(([place, [score, hits]]) => {
      const [page, , title, text] = made.sections[place];
      const kind = made.pages[page][2];
      const named = folded(title);
      let factor = KINDS[kind] ?? 1;
      const object = kind.startsWith("api") ? named.split(".").at(-1) : named;
      if ([named, object].some((one) => stem(one) === stem(wanted))) {
        // The word's own entry, or the object of that name: more than one of a class's parts.
        factor *= kind.startsWith("api") && named.split(".").length > 2 ? 2 : 4;
      } else if (kind === "glossary" && terms.every((term) => words(title).includes(term))) {
        factor *= 2.5;
      } else if (hits > 1 && folded(`${title} ${text}`).includes(wanted)) factor *= 1.5;
      return { place, hits, score: score * factor };
    });
    return found.sort((a, b) => b.hits - a.hits || b.score - a.score || a.place - b.place);
  };

  // The part of a text that has most of the words, and the places of those words in it.
  const excerpt = (text, query) => {
    const sought = asked(query);
    const places = [];
    for (const match of text.matchAll(WORD)) {
      const word = folded(match[0]);
      const parts = [word, ...word.split("_")].map(stem);
      const hit = sought.findIndex((one) => parts.some((part) =>
        part === one || (one.length > 2 && part.startsWith(one))));
      if (hit >= 0) places.push({ start: match.index, end: match.index + match[0].length, hit });
    }
    let [best, start] = [-1, 0];
    for (const [number, { start: from }] of places.entries()) {
      const seen = places.slice(number).filter(({ end }) => end <= from + EXCERPT * 0.8);
      const value = 10 * new Set(seen.map(({ hit }) => hit)).size + seen.length;
      if (value > best) [best, start] = [value, from];
    }
    let from = Math.max(0, start - EXCERPT * 0.2);
    if (from > 0) from = text.indexOf(" ", from) + 1 || from;
    if (from > start) from = start;
    let to = Math.min(text.length, from + EXCERPT);
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), start + 1);
    const marks = places.filter((one) => one.start >= from && one.end <= to);
    return { from, to, marks, none: places.length === 0 };
  };

  window.courseSearch = { asked, excerpt, find, index, stem, words };

  // ------------------------------------------------------------------------------ the search page

  const element = (name, text = "", attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // A text with the words that were asked for marked.
  const marked = (name, text, query) => {
    const { from, to, marks } = excerpt(text, query);
    const made = element(name, from > 0 ? "… " : "", { class: "excerpt" });
    let place = from;
    for (const { start, end } of marks) {
      made.append(text.slice(place, start), element("mark", text.slice(start, end)));
      place = end;
    }
    made.append(text.slice(place, to), to < text.length ? " …" : "");
    return made;
  };

  const shown = (made, { place }, query) => {
    const [page, anchor, title, text, code] = made.sections[place];
    const [address, name] = made.pages[page];
    const item = element("li");
    const link = element("a", title, { href: anchor ? `${address}#${anchor}` : address });
    item.append(link);
    if (name !== title) item.append(element("p", name, { class: "where" }));
    const inText = !excerpt(text, query).none;
    if (inText || !code || excerpt(code, query).none) {
      if (text) item.append(marked("p", text, query));
    } else {
      const line = element("p", "", { class: "excerpt" });
      line.append(marked("code", code, query));
      item.append(line);
    }
    return item;
  };

  const start = () => {
    const field = document.getElementById("search-words");
    const list = document.getElementById("search-results");
    const status = document.getElementById("search-status");
    const more = document.getElementById("search-more");
    if (!field || !window.courseSections) return;
    const made = index(window.courseSections);
    const name = document.title;
    let [found, query, timer] = [[], "", 0];

    const show = (count) => {
      const first = list.children.length;
      list.append(...found.slice(first, count).map((one) => shown(made, one, query)));
      more.hidden = list.children.length >= found.length;
      return list.children[first]?.querySelector("a");
    };
    const search = () => {
      query = field.value.trim();
      found = query ? find(made, query) : [];
      list.replaceChildren();
      show(SHOWN);
      const count = found.length === 1 ? "1 section" : `${found.length} sections`;
      status.textContent = !query ? "" : found.length
        ? `${count} for “${query}”, the best first.`
        : `No section has “${query}”. Try another word, or look into the glossary.`;
      document.title = query ? `${query} – ${name}` : name;
    };
    const remember = () => {
      const address = new URL(window.location);
      address.searchParams.set("q", field.value.trim());
      try {
        window.history.replaceState(null, "", address);
      } catch {
        // A browser may refuse this from file://; then a reload forgets what was typed.
      }
    };
    const links = () => [...list.querySelectorAll("li > a")];

    field.value = field.value || new URLSearchParams(window.location.search).get("q") || "";
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { search(); remember(); }, 150);
    });
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      search();
      remember();
      links()[0]?.focus();
    });
    more.addEventListener("click", () => show(list.children.length + SHOWN)?.focus());
    // Arrows go from the field through the results and back.
    document.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const at = [field, ...links()];
      const place = at.indexOf(document.activeElement);
      if (!step || place < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      if (at[place + step]) {
        event.preventDefault();
        at[place + step].focus();
      }
    });
    // Some browsers put back what was typed only after the page is shown again.
    window.addEventListener("pageshow", () => { if (field.value.trim() !== query) search(); });
    search();
    field.focus(); // whoever came from the field of another page is still in a field
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
