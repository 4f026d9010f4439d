"""What a training reports, kept exactly."""

from dataclasses import dataclass, field

import torch


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


def checked(terms):
    """The loss function's dict, with ``total`` where rate and distortion are given."""
    if not isinstance(terms, dict) or "loss" not in terms:
        found = f"the keys {sorted(terms)}" if isinstance(terms, dict) else type(terms).__name__
        raise ValueError(f"loss_fn: expected a dict with the key 'loss', got {found}")
    for name, value in terms.items():
        if not isinstance(value, torch.Tensor) or value.ndim != 1:
            came = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            raise ValueError(
                f"loss_fn: expected one value for each example, shape (B,), as {name!r}, got {came}"
            )
        if value.shape != terms["loss"].shape:
            raise ValueError(
                f"loss_fn: expected as many values of {name!r} as of 'loss', {len(terms['loss'])}, "
                f"got {len(value)}"
            )
    if "rate" in terms and "distortion" in terms and "total" not in terms:
        terms = terms | {"total": (terms["rate"] + terms["distortion"]).detach()}
    return terms
