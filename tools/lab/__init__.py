"""JupyterLab as ``make lab`` starts it: what is set, what is added to it, what it writes."""
