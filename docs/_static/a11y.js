// A box that scrolls sideways (code, a table, a formula) is a stop for the keyboard, with a name,
// as long as it scrolls; one that shows all it has is none, since there is nothing to do in it.
(() => {
  const BOXES = "pre, .text_html > div, .table-wrapper, .math-wrapper, div.math";
  const name = (box) => {
    if (box.matches("pre")) return "Code; scrolls sideways";
    const caption = box.querySelector("caption")?.textContent.trim();
    if (box.querySelector("table")) return `Table; scrolls sideways${caption ? `: ${caption}` : ""}`;
    return "Formula; scrolls sideways";
  };
  const mark = (box) => {
    const scrolls =
      box.scrollWidth > box.clientWidth + 1 &&
      ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    if (scrolls === (box.dataset.scrolls === "yes")) return;
    if (scrolls) {
      box.dataset.scrolls = "yes";
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", name(box));
    } else {
      delete box.dataset.scrolls;
      for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    const boxes = [...document.querySelectorAll(BOXES)];
    // A box changes when the window does, when a fold opens, and when its formulas are set.
    const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
    for (const box of boxes) watcher.observe(box);
    document.fonts?.ready.then(() => boxes.forEach(mark));
    addEventListener("load", () => {
      boxes.forEach(mark);
      window.MathJax?.startup?.promise?.then(() => boxes.forEach(mark));
    });
  });
})();

// sliders.js, beside this file, names the sliders of a page that has some. The value beside one is
// made to be typed into, which does nothing where the slider has a list of positions: so it is no
// stop of the tab key.
document.addEventListener("DOMContentLoaded", () => {
  const some = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  if (!some) return;
  window.nameSliders();
  const still = () => {
    for (const value of document.querySelectorAll(".widget-readout[contenteditable=true]")) {
      value.removeAttribute("contenteditable");
    }
  };
  new MutationObserver(still).observe(document.body, { childList: true, subtree: true });
  still();
});
