// The handle of a slider gets the name and the value that stand beside it: ipywidgets gives it no
// name, and has the position spoken instead of the value. The pages of the site use this file too.
window.nameSliders = () => {
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
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
  name();
};
