"""Right answers to exercise 1.3 in the many ways in which people write and keep them."""

KL = "0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)"


def answer(*lines):
    """``gaussian_kl`` with the given lines, the last of which is returned."""
    inner = "".join(f"    {line}\n" for line in (*lines[:-1], f"return {lines[-1]}"))
    return f"def gaussian_kl(mu, log_var):\n{inner}"


PLAIN = answer(KL)
ODD = "\u2028 \u2029 \x0b \x0c \x1c \x1d \x1e \x85"

# The exercise's own cell, whole: name -> source.
OWN = {
    "with": "with torch.no_grad():\n    ONE = torch.tensor(1.0)\n" + answer(f"ONE * {KL}"),
    "for": "TABLE = []\nfor k in range(3):\n    TABLE.append(k)\n" + answer(f"TABLE[1] * {KL}"),
    "an attribute": answer("gaussian_kl.calls += 1", KL) + "gaussian_kl.calls = 0\n",
    "setattr": answer(f"gaussian_kl.one * {KL}") + "setattr(gaussian_kl, 'one', 1)\n",
    "a def in a for": f"for one in (2, 1):\n    def gaussian_kl(mu, log_var, one=one):\n"
    f"        return one * {KL}\n",
    "try, finally": "try:\n    ONE = 2\nfinally:\n    ONE = 1\n" + answer(f"ONE * {KL}"),
    "del": "two = 2\nONE = two - 1\ndel two\n" + answer(f"ONE * {KL}"),
    "a call that fills": "T = {}\ndef fill(t):\n    t['one'] = 1\nfill(T)\n"
    + answer(f"T['one'] * {KL}"),
    "exit": PLAIN + "import sys; sys.exit()\n",
    "it raises": "raise ValueError('no')\n" + PLAIN,
    "a failed try-out": PLAIN + "assert gaussian_kl(torch.zeros(1, 2), torch.zeros(1, 2)) == 1\n",
    "a plot": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1])\n" + PLAIN,
    "a progress bar": "from tqdm.auto import tqdm\nT = []\n"
    "for k in tqdm(range(3)):\n    T.append(k)\n" + answer(f"T[1] * {KL}"),
    "odd separators": answer(f"# {ODD}", f"s = '{ODD}'", KL),
    "carriage returns": PLAIN.replace("\n", "\r"),
    "%time and a question": PLAIN + "%time gaussian_kl(torch.ones(2, 3), torch.ones(2, 3))\n"
    "TEXT = '''\nis it?\n'''\n",
    "%time binds": "def one():\n    return 1\n%time ONE = one()\n" + answer(f"ONE * {KL}"),
    "= %time": "def one():\n    return 1\nONE = %time one()\n" + answer(f"ONE * {KL}"),
    "%%time": "%%time\nONE = 1\n" + answer(f"ONE * {KL}"),
    "%timeit and a line !=": "%timeit sum([1])\n"
    + answer("ok = (mu.shape", "  != log_var.shape)", KL),
    "= %timeit": "x = %timeit -o sum([1])\n!ls\ngaussian_kl?\n" + PLAIN,
    "a long magic": "%timeit \\\n  sum([1])\n" + PLAIN,
    "indented": "\n".join(f"  {line}" for line in PLAIN.split("\n")),
    "prompts": f">>> def gaussian_kl(mu, log_var):\n...     return {KL}\n",
    "get_ipython": "get_ipython().run_line_magic('matplotlib', 'inline')\n" + PLAIN,
    "display": answer("display(mu)", KL),
    "a partial": f"import functools\ndef g(one, mu, log_var):\n    return one * {KL}\n"
    "gaussian_kl = functools.partial(g, 1.0)\n",
    "lru_cache": "from functools import lru_cache\n@lru_cache\ndef one():\n    return 1\n"
    + answer(f"one() * {KL}"),
    "a data class": "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    "@dataclass\nclass Scaled:\n    one: float = 1.0\n    def __call__(self, mu, log_var):\n"
    f"        return self.one * {KL}\ngaussian_kl = Scaled()\n",
    "global": "N = 0\n" + answer("global N", "N += 1", KL),
    "a walrus": "(ONE := 1)\n" + answer(f"ONE * (k := {KL})"),
    "stars": "from math import *\nfrom torch import *\n" + answer(f"exp(tensor(0.0)) * {KL}"),
    "__main__": "if __name__ == '__main__':\n    def gaussian_kl(mu, log_var):\n"
    f"        return {KL}\n",
    "async": "async def one():\n    return 1\nONE = await one()\n" + answer(f"ONE * {KL}"),
    "a registry": "ALL = {}\ndef keep(f):\n    ALL[f.__name__] = f\n    return f\n"
    f"@keep\ndef right(mu, log_var):\n    return {KL}\n"
    "def gaussian_kl(*a):\n    return ALL['right'](*a)\n",
    "a script": "@torch.jit.script\ndef gaussian_kl(mu: torch.Tensor, log_var: torch.Tensor):\n"
    f"    return {KL}\n",
    "vmap": f"gaussian_kl = torch.vmap(lambda mu, log_var: {KL})\n",
    "exec": f"exec('def gaussian_kl(mu, log_var): return {KL}')\n",
    "globals": "ONE = 1\n" + answer(f"globals()['ONE'] * {KL}"),
    "what is left of the stub": PLAIN + "    raise NotImplementedError('Exercise 1.3: write it')\n",
    "a library in a try": "try:\n    import pandas as pd\nexcept ImportError:\n    pd = None\n"
    + answer("assert pd is None", KL),
    "the lesson's device": answer(f"{KL} + torch.zeros(1, device=lesson.device)"),
    "the lesson's budget": "K = lesson.budget(smoke=1, laptop=10, full=100)\n"
    + answer(f"K * {KL} * (lesson.seed > 0)"),
    "scipy": "from scipy import special\n" + answer(f"special.expit(0.0) * 2 * {KL}"),
    "several on a line": "'é'; TWO = 2; ONE = 1\n" + answer(f"ONE * TWO / 2 * {KL}"),
    "an enumeration": "from enum import Enum\nclass E(Enum):\n    ONE = 1\n"
    + answer(f"E.ONE.value * {KL}"),
}

# Other cells above, and the own one: name -> (sources, source).
OTHER = {
    "a helper's value": (["def mine():\n    return 1\nC = mine(); 1 / 0"], answer(f"C * {KL}")),
    "training on the same line": (
        ["def train(n):\n    while True: pass\nEPOCHS = 3; train(EPOCHS)"],
        answer(f"EPOCHS / 3 * {KL}"),
    ),
    "exit on the same line": (["import sys; sys.exit()"], answer(f"(sys.maxsize > 0) * {KL}")),
    "filled in a loop": (
        ["T = {}\nfor k in range(3):\n    T[k] = k\nT[5] = 1; T.update({7: 1})"],
        answer(f"T[1] * T[5] * T[7] * {KL}"),
    ),
    "a registry": (
        [
            "ALL = {}\ndef keep(f):\n    ALL[f.__name__] = f\n    return f",
            f"@keep\ndef right(mu, log_var):\n    return {KL}",
        ],
        "def gaussian_kl(*a):\n    return ALL['right'](*a)\n",
    ),
    "devices": (
        ["device = lesson.device\nDEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'"],
        answer(f"torch.ones((), device=device) * torch.ones((), device=DEVICE) * {KL}"),
    ),
    "libraries that are not used": (
        [
            "import seaborn as sns, numpy as np\nsns.set_theme()",
            "import not_there_at_all\nfrom nowhere import something",
            "import pytorch_lightning as pl\nclass M(pl.LightningModule):\n    pass\n"
            "@pl.marked(3)\ndef one() -> pl.Number | None:\n    return 1",
        ],
        answer(f"one() * float(np.exp(0)) * {KL}"),
    ),
    "under a name": (["ONE = 2\nif __name__ == '__main__':\n    ONE = 1"], answer(f"ONE * {KL}")),
    "a layer made in a with": (
        ["with torch.no_grad():\n    W = nn.Linear(2, 2)\nW.bias.data.fill_(1.0)"],
        answer(f"W.bias[0].item() * {KL}"),
    ),
}

PANDAS = "import pandas as pd\nX = pd.Series([1]) * 2 + 1\n"
# Answers that use what they may not: name of it -> [(above the answer, its lines)].
REFUSED = {
    "pandas": [
        (PANDAS, ["torch.tensor(pd.Series([1]).to_numpy())"]),
        (PANDAS, ["1 if isinstance(mu, pd.Series) else 0"]),
        ("from pandas import Series\n", ["1 if isinstance(mu, Series) else 0"]),
        (PANDAS, ["torch.tensor(X)"]),
        (PANDAS, ["torch.add(mu, X)"]),
        (PANDAS, ["mu + X"]),
        (PANDAS, ["mu * float(X)"]),
        (PANDAS, ["mu if X.mean() > 2 else mu"]),
        ("import importlib\n", ["importlib.import_module('pandas').Series([1])"]),
    ],
    "sklearn": [("from sklearn.metrics import mutual_info_score as f\n", ["f(mu, log_var)"])],
    "seaborn": [("", ["import seaborn as sns", "sns.load(mu)"])],
    "einops": [("from einops import rearrange\n", ["rearrange(mu, 'a b -> b a')"])],
    "not_there": [("", ["import not_there", "mu"])],
    "pytorch_lightning": [
        ("import pytorch_lightning as pl\nclass M(pl.LightningModule):\n    pass\n", ["M()(mu)"])
    ],
    "tqdm": [("from tqdm import tqdm\n", ["[mu for _ in tqdm(range(3))][0]"])],
    "course_utils.plotting": [("", ["plotting.figure()", "mu"])],
    "course_utils.checks": [("", ["checks.gaussian_kl(gaussian_kl)"])],
    "course_utils.training": [("from course_utils import training\n", ["training.fit(mu)"])],
    "lesson.fit": [("", ["lesson.fit(mu)"])],
}
