"""What a training is asked for: checked before its first step, compared when it is resumed."""

import math
from numbers import Integral

from torch import nn

from course_utils.arguments import is_number, kind, number

POSITIVE = ("a positive finite number", lambda value: 0 < value < math.inf)
NOT_NEGATIVE = ("a finite number of at least 0", lambda value: 0 <= value < math.inf)
NUMBERS = {
    "lr": POSITIVE,
    "eps": NOT_NEGATIVE,
    "weight_decay": NOT_NEGATIVE,
    "clip_norm": POSITIVE,
    "ema": ("a number between 0 and 1", lambda value: 0 < value < 1),
    "checkpoint_seconds": ("a number", lambda value: not math.isnan(value)),  # 0: at each step
}
MAY_BE_NONE = ("clip_norm", "ema")
# If one of these differs, that alone is named; the finer ones follow from it, or tell the rest.
COARSE = (
    "epochs lr schedule betas eps weight_decay clip_norm ema batches examples parameters".split()
)


def checked(epochs, schedule, betas, **numbers):
    """The settings of ``training.fit`` as Python's own numbers.

    Raises:
        ValueError: one is not as ``training.fit`` describes it; the message names it.
    """
    if not (is_number(epochs) and isinstance(epochs, Integral) and epochs >= 1):
        raise ValueError(f"epochs: expected an integer of at least 1, got {kind(epochs)}")
    if schedule not in ("one_cycle", "constant"):
        raise ValueError(f"schedule: expected 'one_cycle' or 'constant', got {schedule!r}")
    wanted = ("two numbers of at least 0 and below 1", lambda value: 0 <= value < 1)
    try:
        first, second = betas
    except (TypeError, ValueError):
        raise ValueError(f"betas: expected {wanted[0]}, got {betas!r}") from None
    pair = [number("betas", value, *wanted, error=ValueError) for value in (first, second)]
    asked = {"epochs": int(epochs), "schedule": schedule, "betas": pair}
    for name, value in numbers.items():
        left_out = value is None and name in MAY_BE_NONE
        asked[name] = None if left_out else number(name, value, *NUMBERS[name], error=ValueError)
    return asked


def check_parts(model, batches, functions):
    """Refuse a model, batches or functions (name -> function or None) that ``fit`` cannot use.

    Raises:
        ValueError: the message says what was expected, and what is missing.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"model: expected an nn.Module, got {kind(model)}")
    needed = ("__iter__", "__len__", "num_examples", "state", "restore")
    missing = [name for name in needed if not hasattr(batches, name)]
    if missing:
        raise ValueError(
            "batches: expected a data.Batches, or what has __iter__, __len__, num_examples, "
            f"state() and restore(state) as it has; got {type(batches).__name__}, without "
            f"{', '.join(missing)}"
        )
    if len(batches) < 1:
        raise ValueError("batches: expected at least 1 an epoch, got 0")
    for name, function in functions.items():
        if not (callable(function) or (function is None and name != "loss_fn")):
            raise ValueError(f"{name}: expected a function, got {kind(function)}")


def check_count(fits, batches):
    """Refuse batches that are more or fewer than their ``len()``: the schedule is made for that."""
    if not fits:
        raise ValueError(
            f"batches: expected {len(batches)} an epoch, as len() says, but it gives another number"
        )


def fixed_by(asked, model, batches):
    """All that fixes a training's numbers and that a file can hold: what a resume compares.

    The loss function is not among it: a function has no name that tells what it computes.
    """
    parameters = dict(model.named_parameters())
    state = model.state_dict()
    return {
        **asked,
        "optimizer": "Adam",
        "batches": len(batches),
        "examples": batches.num_examples,
        "parameters": {name: list(value.shape) for name, value in parameters.items()},
        "trained": {name: value.requires_grad for name, value in parameters.items()},
        "tensors": {name: _tensor(value) for name, value in state.items()},
        **(batches.described() if hasattr(batches, "described") else {}),
    }


def differences(then, now, any_epochs):
    """In words how a kept training differs from the one asked for now, or None.

    With ``any_epochs`` their number may be another one: no number before the end depends on it.
    """
    skipped = ["epochs"] * any_epochs
    # A function without a name of its own cannot be compared.
    skipped += ["transform"] * (None in (then.get("transform"), now.get("transform")))
    different = [
        name for name in now if name not in skipped and then.get(name, "unknown") != now[name]
    ]
    if not different:
        return None
    named = [name for name in different if name in COARSE] or different
    told = [_both(name, then.get(name, "unknown"), now[name]) for name in different]
    return f"with other {', '.join(named)}; {', '.join(told)}"


def _both(name, then, now):
    """What both had; of two tables only the first entry that differs."""
    if isinstance(then, dict) and isinstance(now, dict):
        [key, *_] = [key for key in {**then, **now} if then.get(key) != now.get(key)]
        return _both(f"{name}[{key!r}]", then.get(key), now.get(key))
    return f"{name} {then!r} there and {now!r} here"


def _tensor(value):
    """Type and shape of a tensor in words; a model's state may hold other things too."""
    return f"{getattr(value, 'dtype', type(value).__name__)} {list(getattr(value, 'shape', []))}"
