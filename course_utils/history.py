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
