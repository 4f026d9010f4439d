// What the theme leaves to the mouse: the contents by the keyboard, and a page that prints whole.
(() => {
  // The theme's icons are labels of hidden boxes; buttons in their places do the same for everyone.
  const button = (label, box, name, drawer) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = label.className;
    made.innerHTML = label.innerHTML;
    made.setAttribute("aria-label", name);
    const say = () => made.setAttribute("aria-expanded", String(box.checked));
    say();
    box.addEventListener("change", say);
    made.addEventListener("click", () => {
      turn(box, !box.checked);
      // A drawer that slides in cannot be entered in the moment in which it begins to.
      const first = () => [...drawer.querySelectorAll("a")].find((link) => link.offsetParent);
      if (box.checked) setTimeout(() => first()?.focus(), 50);
    });
    label.replaceWith(made);
    return made;
  };
  const turn = (box, checked) => {
    box.checked = checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const drawers = () => {
    const parts = [
      ["__navigation", ".nav-overlay-icon", "Lessons and pages", ".sidebar-drawer"],
      ["__toc", ".toc-overlay-icon", "On this page", ".toc-drawer"],
    ];
    for (const [id, icon, name, place] of parts) {
      const box = document.getElementById(id);
      const drawer = document.querySelector(place);
      if (!box || !drawer) continue;
      const labels = [...document.querySelectorAll(`label${icon}`)];
      const buttons = labels.map((label) => button(label, box, name, drawer));
      drawer.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !box.checked) return;
        turn(box, false);
        buttons.find((one) => one.offsetParent !== null)?.focus();
      });
      drawer.addEventListener("click", (event) => {
        if (box.checked && event.target.closest("a")) turn(box, false);
      });
      drawer.addEventListener("focusout", (event) => {
        if (box.checked && event.relatedTarget && !drawer.contains(event.relatedTarget)) {
          turn(box, false);
        }
      });
    }
  };

  // The theme's button has one name for all; this one says which theme is chosen.
  const sayTheme = () => {
    const say = () => {
      for (const made of document.querySelectorAll("button.theme-toggle")) {
        made.setAttribute("aria-label", `Colour theme: ${document.body.dataset.theme}`);
      }
    };
    say();
    new MutationObserver(say).observe(document.body, { attributeFilter: ["data-theme"] });
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
    sayTheme();
  });
})();
