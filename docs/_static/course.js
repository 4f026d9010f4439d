// The widgets' script speaks to MathJax 2 (MathJax.Hub.Queue), the pages load MathJax 3. Whatever
// becomes window.MathJax gets a Hub that hands the element on; before it is ready, nothing is lost,
// since the pages' own mathematics is set by MathJax itself.
(() => {
  let current = window.MathJax;
  const hub = {
    Queue: (call) => {
      if (current.typesetPromise && call.length > 2) current.typesetPromise([call[2]]);
    },
  };
  const joined = (value) => {
    if (value && !value.Hub) value.Hub = hub;
    return value;
  };
  joined(current);
  Object.defineProperty(window, "MathJax", {
    configurable: true,
    get: () => current,
    set: (value) => {
      current = joined(value);
    },
  });
})();

// The handle of a slider gets the name and the value that stand beside it.
(() => {
  const name = () => {
    for (const slider of document.querySelectorAll(".widget-slider")) {
      const label = slider.querySelector(".widget-label");
      for (const handle of slider.querySelectorAll(".noUi-handle:not([aria-label])")) {
        if (label) handle.setAttribute("aria-label", label.textContent);
      }
      const said = slider.querySelector(".widget-readout")?.textContent;
      for (const handle of slider.querySelectorAll(".noUi-handle")) {
        if (said && handle.getAttribute("aria-valuetext") !== said) {
          handle.setAttribute("aria-valuetext", said);
        }
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]')) return;
    new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
    name();
  });
})();
