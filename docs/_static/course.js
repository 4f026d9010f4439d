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
