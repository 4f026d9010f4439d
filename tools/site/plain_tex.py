"""A formula in plain letters, for an excerpt of the search: ``KL(q(z|x) || p(z))``."""

import re

WORDS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Phi": "Φ", "Lambda": "Λ",
    "sum": "Σ", "prod": "Π", "int": "∫", "partial": "∂", "nabla": "∇", "infty": "∞",
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈",
    "sim": "~", "to": "→", "rightarrow": "→", "in": "∈", "cdot": "·", "times": "×", "pm": "±",
    "mid": "|", "vert": "|", "sqrt": "√",
    "Vert": "||", "lVert": "||", "rVert": "||", "|": "||", "dots": "…", "ldots": "…",
    "ell": "ℓ", "odot": "⊙", "top": "T", "lfloor": "⌊", "rfloor": "⌋", "propto": "∝",
}  # fmt: skip
SILENT = set(
    "left right big Big bigl bigr Bigl Bigr bigg mathrm mathbf mathbb mathcal mathit text textbf "
    "operatorname boldsymbol bar hat tilde overline underbrace begin end aligned quad qquad limits "
    "displaystyle textstyle mathop rm bf".split()
)
PART = r"(\{(?:[^{}]|\{[^{}]*\})*\}|\w)"
FRACTION = re.compile(rf"\\[dt]?frac\s*{PART}\s*{PART}")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^}]*\}(?:\{[lcr|]*\})?")
COMMAND = re.compile(r"\\([a-zA-Z]+)\s?|\\(.)", re.DOTALL)


def plain_tex(tex):
    """The formula without its commands: Greek letters as such, fractions with a stroke."""
    text = ENVIRONMENT.sub(" ", tex).replace("\\\\", " ").replace("&", " ")
    while (shorter := FRACTION.sub(_fraction, text)) != text:
        text = shorter
    text = COMMAND.sub(_command, text)
    text = re.sub(r"[{}]", "", text).replace("~", " ~ ")
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"([(\[]) | (?=[)\],(^_])", r"\1", text).strip()


def _fraction(match):
    above, below = (part.strip("{}") for part in match.groups())
    return f" {_bracketed(above)}/{_bracketed(below)} "  # "\\log\\frac" stays two words


def _bracketed(part):
    """A part of a fraction, in brackets where it has operators."""
    return f"({part})" if re.search(r"[+\-]|\s\S", part.strip()) else part


def _command(match):
    word, sign = match.groups()
    if sign is not None:
        return {"|": "||", "{": "(", "}": ")"}.get(sign, " ")
    if word in SILENT:
        return ""
    return WORDS.get(word) or f"{word} "
