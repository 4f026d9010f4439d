// What the theme leaves to the mouse: the contents by the keyboard, and a page that prints whole.
(() => {
  const wide = (pixels) => window.matchMedia(`(min-width: ${pixels}em)`).matches;

  // A label that switches a drawer or a part of the contents becomes a button.
  const button = (label, box, name, shown) => {
    label.setAttribute("role", "button");
    label.tabIndex = 0;
    label.setAttribute("aria-label", name);
    const say = () => label.setAttribute("aria-expanded", String(box.checked));
    say();
    box.addEventListener("change", say);
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
      if (box.checked && shown) shown().focus();
    });
  };

  const drawers = () => {
    const parts = [
      ["__navigation", ".nav-overlay-icon", "Lessons and pages", ".sidebar-drawer a, .sidebar-search"],
      ["__toc", ".toc-overlay-icon", "On this page", ".toc-drawer a"],
    ];
    for (const [id, icon, name, inside] of parts) {
      const box = document.getElementById(id);
      const icons = [...document.querySelectorAll(icon)];
      const opener = () => icons.find((one) => one.offsetParent !== null);
      for (const one of icons) button(one, box, name, () => document.querySelector(inside));
      const drawer = document.querySelector(inside.split(" ")[0]);
      const shut = () => {
        if (!box.checked) return;
        box.checked = false;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      };
      drawer.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !box.checked) return;
        shut();
        opener()?.focus();
      });
      drawer.addEventListener("click", (event) => event.target.closest("a") && shut());
      drawer.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !drawer.contains(event.relatedTarget)) shut();
      });
    }
    for (const box of document.querySelectorAll(".toctree-checkbox")) {
      const label = box.parentElement.querySelector(`label[for="${box.id}"]`);
      const title = box.parentElement.querySelector("a").textContent;
      if (label) button(label, box, `Extras of ${title}`);
    }
  };

  // A formula wider than its column is made smaller, down to a size that can still be read; only
  // one that is wider than that has a bar, and is a stop of the tab key.
  const SMALLEST = 0.62;
  const fit = () => {
    for (const box of document.querySelectorAll("div.math")) {
      const formula = box.querySelector("mjx-container");
      if (!formula) continue;
      formula.style.fontSize = "";
      const usual = parseFloat(getComputedStyle(formula).fontSize);
      const room = box.clientWidth;
      const needs = formula.querySelector("mjx-math").getBoundingClientRect().width;
      if (room && needs > room) {
        formula.style.fontSize = `${usual * Math.max(SMALLEST, (room / needs) * 0.98)}px`;
      }
    }
  };

  // Paper shows what is folded. Folds that the reader opened stay open afterwards.
  const opened = [];
  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details:not([open])")) {
      fold.open = true;
      opened.push(fold);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const fold of opened.splice(0)) fold.open = false;
  });

  document.addEventListener("DOMContentLoaded", () => {
    drawers();
    document.querySelector("footer")?.prepend(document.querySelector(".back-to-top") ?? "");
    const again = document.querySelector(".moving .again");
    if (again && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const picture = document.querySelector(".moving img");
      again.hidden = false;
      again.addEventListener("click", () => {
        const source = picture.src;
        picture.src = "";
        picture.src = source;
      });
    }
    let waits;
    window.addEventListener("resize", () => {
      clearTimeout(waits);
      waits = setTimeout(fit, 100);
    });
  });
  window.addEventListener("load", () => {
    window.MathJax?.startup?.promise?.then(fit);
  });
})();
