// A link such as "glossary.md#kl-divergence" or "04_loss_clinic.ipynb#8-find-the-bug" leads to its
// heading. The site and GitHub name a heading by small letters without signs, JupyterLab by its text.
window.findHeadings = (registry) => {
  const asLinked = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, "").replace(/ /g, "-");
  const asJupyter = (text) => text.replace(/ /g, "-");

  const sources = ({ content, context }) => {
    const cells = content.model?.cells;
    if (!cells) return [context.model.toString()];
    return [...cells].filter(({ type }) => type === "markdown").map((cell) => cell.sharedModel.source);
  };

  const headings = (widget) => sources(widget).flatMap((source) =>
    [...source.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, text]) =>
      text.replace(/[`*]|\\(?=[.#])/g, "")));

  // Cells of a notebook are drawn as they come into view, and none of them when it has just opened.
  const MOST_TRIES = 40;
  const goTo = async (widget, setFragment, name) => {
    if (!widget.content.model?.cells) return setFragment(`#${name}`);
    const shown = () => {
      const heading = widget.node.querySelector(`[data-jupyter-id="${CSS.escape(name)}"]`);
      const top = heading?.getBoundingClientRect().top;
      const { top: highest, bottom: lowest } = widget.content.node.getBoundingClientRect();
      return top >= highest - 5 && top < lowest;
    };
    for (let tries = 0; tries < MOST_TRIES && !shown(); tries++) {
      setFragment(`#heading=${name}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  };

  const listen = (_, widget) => {
    const setFragment = widget.setFragment.bind(widget);
    widget.setFragment = async (fragment) => {
      await widget.context.ready;
      const asked = decodeURIComponent(fragment.replace(/^#/, ""));
      const found = headings(widget).find((text) => asLinked(text) === asked);
      if (found === undefined) setFragment(fragment);
      else goTo(widget, setFragment, asJupyter(found));
    };
  };

  const known = new Set();
  const look = () => {
    for (const name of ["Markdown Preview", "Notebook"]) {
      const factory = registry.getWidgetFactory(name);
      if (factory && !known.has(factory)) factory.widgetCreated.connect(listen);
      known.add(factory);
    }
  };
  registry.changed.connect(look);
  look();
};
