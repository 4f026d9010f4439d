// What a narrow window asks for: formulas that fit their lines, pictures that can be enlarged, and
// printed columns that stay columns.
(() => {
  // A formula wider than its column is made smaller, down to a size that can still be read; only
  // one that is wider than that has a bar, and is a stop of the tab key.
  const SMALLEST = 0.62;
  const sized = (formula, needs, room) => {
    const usual = parseFloat(getComputedStyle(formula).fontSize);
    formula.style.fontSize = `${usual * Math.max(SMALLEST, (room / needs) * 0.96)}px`;
  };
  const fitDisplayed = () => {
    for (const box of document.querySelectorAll("div.math")) {
      const formula = box.querySelector("mjx-container");
      if (!formula) continue;
      formula.style.fontSize = "";
      const room = (box.closest(".math-wrapper") ?? box).clientWidth;
      const needs = formula.querySelector("mjx-math").getBoundingClientRect().width;
      if (room && needs > room) sized(formula, needs, room);
    }
  };

  // A formula within a sentence that is wider than the line goes on below, before "=" and its like,
  // or else before "+" and its like; MathJax 3 leaves it whole, and it would be cut.
  const SIGNS = ['mjx-mo[space="4"]', 'mjx-mo[space="3"]']; // relations, then sums
  const isBlock = (one) => !getComputedStyle(one).display.startsWith("inline");
  const widest = (math) => Math.max(...[...math.getClientRects()].map(({ width }) => width));
  const fitWithin = () => {
    const formulas = [...document.querySelectorAll("article mjx-container:not([display])")];
    for (const formula of formulas) {
      formula.dataset.size ??= formula.style.fontSize; // MathJax's own
      formula.style.fontSize = formula.dataset.size;
    }
    const all = formulas.map((formula) => {
      let block = formula.parentElement;
      while (!isBlock(block)) block = block.parentElement;
      const math = formula.querySelector("mjx-math");
      return { formula, math, room: block.clientWidth, needs: widest(math) };
    }); // all are measured before the first is changed
    for (const { formula, math, room, needs } of all) {
      if (!room || needs <= room || formula.closest("table")) continue;
      math.classList.add("goes-on");
      for (const sign of SIGNS) {
        if (widest(math) <= room) break;
        for (const one of math.querySelectorAll(`:scope > ${sign}`)) {
          if (one.previousElementSibling?.tagName !== "WBR") one.before(document.createElement("wbr"));
        }
      }
      if (widest(math) > room) sized(formula, widest(math), room);
    }
  };
  const fit = () => {
    fitDisplayed();
    fitWithin();
  };

  // A picture that is shown much smaller than it was drawn can be had in the size of its drawing.
  const MUCH = 0.75;
  const drawn = (picture) => Number(picture.getAttribute("width")) || picture.naturalWidth;
  const enlarge = (picture) => {
    const dialog = document.createElement("dialog");
    dialog.className = "enlarged";
    dialog.setAttribute("aria-label", "The picture in the size of its drawing");
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    const box = document.createElement("div");
    const copy = picture.cloneNode();
    copy.width = drawn(picture);
    box.append(copy);
    box.tabIndex = 0; // the arrow keys move the picture
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Picture; scrolls");
    dialog.append(close, box);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  const offer = () => {
    const made = document.querySelectorAll("article .cell_output figure > img");
    const pictures = [...made].filter((one) => one.complete && one.offsetParent);
    for (const picture of pictures) {
      const figure = picture.parentElement;
      const small = picture.clientWidth < MUCH * drawn(picture);
      let button = figure.querySelector(".enlarge");
      if (small && !button) {
        button = document.createElement("button");
        button.type = "button";
        button.className = "enlarge";
        button.textContent = "Enlarge";
        button.addEventListener("click", () => {
          enlarge([...figure.querySelectorAll("img")].find((one) => one.offsetParent));
        });
        (figure.querySelector("figcaption > p, figcaption") ?? figure).append(" ", button);
      }
      if (button) button.hidden = !small;
    }
  };

  // A printed table keeps its columns; its box scrolls where there is no room for all of them.
  const COLUMNS = /\S {3,}\S/;
  const ROWS = 4;
  const columns = () => {
    for (const box of document.querySelectorAll(".cell_output pre")) {
      const rows = box.textContent.split("\n").filter((line) => COLUMNS.test(line));
      if (rows.length >= ROWS) box.dataset.columns = "yes";
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    columns();
    let waits;
    window.addEventListener("resize", () => {
      clearTimeout(waits);
      waits = setTimeout(() => { fit(); offer(); }, 100);
    });
  });
  window.addEventListener("load", () => {
    offer();
    window.MathJax?.startup?.promise?.then(fit);
  });
})();
