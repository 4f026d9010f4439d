"""What a training reports, kept exactly."""

from dataclasses import dataclass, field

import torch

from course_utils.arguments import kind, number


@dataclass
class History:
    """What a training reported: lists of floats, by the names that the loss function gave.

    Attributes:
        steps: name -> mean over each batch.
        epochs: name -> mean over the examples of each epoch, while the weights moved.
        evaluations: name -> what ``evaluate`` gave before the first step and after each epoch.
        learning_rate: of each step.
        seconds: spent in training, over all resumed parts.

    Where ``rate`` and ``distortion`` are given, ``total`` is their sum.
    """

    steps: dict = field(default_factory=dict)
    epochs: dict = field(default_factory=dict)
    evaluations: dict = field(default_factory=dict)
    learning_rate: list = field(default_factory=list)
    seconds: float = 0.0

    def state(self):
        """As tensors and numbers, for a checkpoint; float64, so nothing is rounded."""
        curves = ("steps", "epochs", "evaluations")
        packed = {
            name: {key: torch.tensor(values, dtype=torch.float64) for key, values in curve.items()}
            for name, curve in ((name, getattr(self, name)) for name in curves)
        }
        rates = torch.tensor(self.learning_rate, dtype=torch.float64)
        return packed | {"learning_rate": rates, "seconds": self.seconds}

    @classmethod
    def from_state(cls, state):
        """The History that :meth:`state` packed."""
        curves = {
            name: {key: values.tolist() for key, values in state[name].items()}
            for name in ("steps", "epochs", "evaluations")
        }
        return cls(
            **curves, learning_rate=state["learning_rate"].tolist(), seconds=state["seconds"]
        )


def checked(terms, rows=None, names=()):
    """The loss function's dict, with ``total`` where rate and distortion are given.

    Args:
        terms: what the loss function returned.
        rows: number of examples of the batch, or None where it is not known.
        names: of the terms of the steps before, where there were any.

    Raises:
        ValueError: not a dict of one floating-point value for each example.
    """
    if not isinstance(terms, dict) or "loss" not in terms:
        found = f"the keys {sorted(terms)}" if isinstance(terms, dict) else type(terms).__name__
        raise ValueError(f"loss_fn: expected a dict with the key 'loss', got {found}")
    for name, value in terms.items():
        if not isinstance(value, torch.Tensor) or value.ndim != 1:
            came = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            raise ValueError(
                f"loss_fn: expected one value for each example, shape (B,), as {name!r}, got {came}"
            )
        if value.is_complex():
            raise ValueError(f"loss_fn: expected real numbers as {name!r}, got {value.dtype}")
    loss = terms["loss"]
    if rows is not None and len(loss) != rows:
        raise ValueError(
            f"loss_fn: expected {rows} values, one for each example, got {len(loss)} as 'loss'"
        )
    for name, value in terms.items():
        if len(value) != len(loss):
            raise ValueError(
                f"loss_fn: expected as many values of {name!r} as of 'loss', {len(loss)}, "
                f"got {len(value)}"
            )
    if not (loss.is_floating_point() and loss.requires_grad):
        raise ValueError(
            "loss_fn: expected a 'loss' that the model's weights can follow, got one of "
            f"{loss.dtype} without a gradient"
        )
    if "rate" in terms and "distortion" in terms and "total" not in terms:
        terms = terms | {"total": (terms["rate"] + terms["distortion"]).detach()}
    if names and terms.keys() != set(names):
        raise ValueError(
            f"loss_fn: expected the same keys at every step, {', '.join(map(repr, names))}, "
            f"got {', '.join(map(repr, terms))}"
        )
    return terms


def numbers(found):
    """What ``evaluate`` returned, as a dict of floats.

    Raises:
        ValueError: it is no dict of numbers.
    """
    if not isinstance(found, dict):
        raise ValueError(f"evaluate: expected a dict of numbers, got {kind(found)}")
    plain = {}
    for name, value in found.items():
        value = value.item() if getattr(value, "ndim", None) == 0 else value
        plain[name] = number(
            f"evaluate: {name!r}", value, "a number", lambda _: True, error=ValueError
        )
    return plain
