// The lessons in JupyterLab, for readers who listen, use keys, or only look. JupyterLab loads this
// file as an extension; it is written as a bundler would write it, so nothing has to be built.
(() => {
  // The server lets browsers keep a file for a year, so its address names the version.
  const [, place, version] = document.currentScript.src.match(/^(.*\/)[^/?]*(\?.*)?$/);
  const beside = (name) => `${place}${name}${version ?? ""}`;

  // A folded cell says what is in it and that it opens, by a click or by Enter.
  const showFold = (cell) => {
    const content = cell.node.querySelector(".jp-InputPlaceholder .jp-Placeholder-content");
    const text = content?.querySelector(".jp-PlaceholderText");
    if (!text) return;
    const { tags = [], course } = cell.model.metadata;
    const first = cell.model.sharedModel.source.split("\n")[0].replace(/^#\s*|\.$/g, "");
    const says = tags.includes("exercise")
      ? `Exercise ${course?.id}: show a solution`
      : `Show the code: ${first}`;
    if (text.textContent === says) return;
    text.textContent = says;
    content.tabIndex = 0;
    content.setAttribute("role", "button");
    content.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      content.click();
    };
    // The fold goes away with the focus in it, and the keys would reach no cell.
    content.onclick = () => setTimeout(() => {
      if (document.activeElement === document.body) cell.node.focus();
    });
  };

  // Pictures say what is seen in them: the sentence that the lesson stored beside each.
  const describePictures = (cell) => {
    const outputs = cell.model.outputs;
    cell.outputArea?.widgets.forEach((widget, number) => {
      const metadata = number < outputs.length ? outputs.get(number).metadata : {};
      const says = metadata["image/svg+xml"]?.alt ?? metadata["image/png"]?.alt;
      if (says === undefined) return;
      for (const picture of widget.node.querySelectorAll("img:not([alt])")) picture.alt = says;
      for (const drawing of widget.node.querySelectorAll(".jp-RenderedSVG > svg:not([role])")) {
        drawing.setAttribute("role", "img");
        drawing.setAttribute("aria-label", says);
      }
    });
  };

  // What the lesson says under a picture without a slider is over once the slider is there.
  const RUN = "Run this cell, and a slider moves this picture.";
  const showOnlyTheSlider = (cell) => {
    if (!cell.node.querySelector(".widget-slider")) return;
    for (const text of cell.node.querySelectorAll(".jp-RenderedText")) {
      if (text.textContent.trim() === RUN) text.closest(".jp-OutputArea-child").hidden = true;
    }
  };

  const name = (panel) => {
    panel.content.widgets.forEach((cell, number) => {
      const kind = cell.model.type === "code" ? "Code" : "Text";
      for (const editor of cell.node.querySelectorAll(".cm-content:not([aria-label])")) {
        editor.setAttribute("aria-label", `${kind} of cell ${number + 1}`);
      }
      for (const button of cell.node.querySelectorAll(
        ".jp-collapseHeadingButton:not([aria-label])",
      )) {
        button.setAttribute("aria-label", "Fold or open this section");
      }
      for (const corner of cell.node.querySelectorAll("th:empty")) {  // a header of nothing
        corner.replaceWith(document.createElement("td"));
      }
      showFold(cell);
      if (cell.model.type !== "code") return;
      describePictures(cell);
      showOnlyTheSlider(cell);
    });
  };

  // A kernel that has started writes its version into the notebook, and a fold that was opened says
  // so there. Both are no change of a reader's.
  const keepUnchanged = async (panel) => {
    await panel.context.ready;
    const model = panel.content.model;
    const written = () => {
      const whole = model.toJSON();
      delete whole.metadata.language_info;
      delete whole.metadata.kernelspec?.display_name;
      for (const { metadata } of whole.cells) {
        delete metadata.jupyter?.source_hidden;
        if (!Object.keys(metadata.jupyter ?? { some: 1 }).length) delete metadata.jupyter;
      }
      return JSON.stringify(whole);
    };
    const opened = written();
    const look = (_, change) => {
      if (change.name !== "dirty" || !change.newValue) return;
      setTimeout(() => {
        if (panel.isDisposed) return;
        if (written() === opened) model.dirty = false;
        else model.stateChanged.disconnect(look);
      });
    };
    model.stateChanged.connect(look);
    look(null, { name: "dirty", newValue: model.dirty });
  };

  const activate = (app) => {
    const style = document.createElement("link");
    const [sliders, links] = ["sliders.js", "links.js"].map((name) =>
      Object.assign(document.createElement("script"), { src: beside(name) }));
    Object.assign(style, { rel: "stylesheet", href: beside("reading.css") });
    sliders.onload = () => window.nameSliders();
    links.onload = () => window.findHeadings(app.docRegistry);
    document.head.append(style, sliders, links);
    const known = new WeakSet();
    const look = () => {
      planned = false;
      for (const panel of app.shell.widgets("main")) {
        if (!panel.context || !panel.content?.model?.cells) continue;
        if (!known.has(panel)) keepUnchanged(panel).catch(() => {});  // JupyterLab says why itself
        known.add(panel);
        name(panel);
      }
    };
    let planned = false;
    const plan = () => {
      if (!planned) requestAnimationFrame(look);
      planned = true;
    };
    new MutationObserver(plan).observe(document.body, { childList: true, subtree: true });
    plan();
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["vae-course"] = {
    init: () => {},
    get: async () => () => ({
      __esModule: true,
      default: { id: "vae-course:reading", autoStart: true, activate },
    }),
  };
})();
