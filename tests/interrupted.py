"""Trainings that are interrupted at random moments: what tests/test_interrupts.py starts.

``python interrupted.py FOLDER SIGNALS`` trains a small net again and again. Each start gets a real
interrupt at a random moment; each training is resumed until it ends, and must then equal the one
that was never stopped. It prints how many interrupts came during a training, and what differed.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn

from course_utils import data, training

SENDER = "import os, sys, time\nfor line in sys.stdin:\n    time.sleep(float(line))\n"
SENDER += "    os.kill(int(sys.argv[1]), 2)\n"


class Net(nn.Module):
    """With all that a step changes: weights, running statistics, and a weight that the loss moves.

    Like a codebook whose dead codes are put elsewhere, ``w`` is trained and moved by hand.
    """

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        self.w = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        with torch.no_grad():
            self.w += 0.01 * torch.randn(3)
        noisy = x + self.w + torch.randn_like(x)
        return {"loss": (self.layers(noisy) - x).square().sum(1), "size": x.norm(dim=1)}


def noisy(x, generator):
    return x + torch.rand(x.shape, generator=generator)


def run(path=None, seed=0, wrap=lambda name, function: function, **options):
    """(model, history) of 3 epochs of 3 steps; ``wrap(name, function)`` gets each callback.

    ``seed`` is of the generator outside before a resume, which must not matter then.
    """
    generator = torch.Generator().manual_seed(5)
    images = torch.randn(11, 3, generator=generator)
    torch.manual_seed(4)
    model = Net()
    torch.manual_seed(seed if path and path.is_file() else 0)
    batches = data.Batches(images, 4, 7, wrap("transform", noisy))

    def evaluate(model):
        look = next(iter(batches))  # takes an order and noise from the batches' generator
        return {"noise": torch.rand(()), "look": look.sum(), "w": model.w.sum()}

    settings = {"epochs": 3, "lr": 0.01, "ema": 0.9, "clip_norm": 5.0}
    history = training.fit(
        model,
        wrap("loss_fn", lambda model, x: model(x)),
        batches,
        evaluate=wrap("evaluate", evaluate),
        on_step=wrap("on_step", lambda share: torch.rand(3)),
        on_epoch=wrap("on_epoch", lambda epoch, model: torch.rand(3)),
        checkpoint=path,
        resume=True,
        **(settings | options),
    )
    return model, history


def difference(found, expected):
    """The name of the first thing that differs, or None."""
    for name, value in expected[0].state_dict().items():
        if not torch.equal(found[0].state_dict()[name], value):
            return name
    for name in ("steps", "epochs", "evaluations", "learning_rate"):
        if getattr(found[1], name) != getattr(expected[1], name):
            return name
    return None


def _duration(path):
    """Seconds of one training. One alone may be slow: the first is, and so is one under load."""
    begun = time.perf_counter()
    run(path, epochs=2)
    path.unlink()
    return time.perf_counter() - begun


def main(folder, wanted):
    torch.set_num_threads(1)
    path, whole, draw = folder / "state.safetensors", run(epochs=2), random.Random(0)
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(os.getpid())],
        stdin=subprocess.PIPE,
        text=True,
        bufsize=1,
        start_new_session=True,
    )
    window = statistics.median(_duration(path) for _ in range(9)) / 2
    came, wrong, trainings = 0, [], 0
    while came < wanted:
        trainings, ended = trainings + 1, False  # later moments are those of a resume
        while not ended:
            options = {"epochs": 2, "checkpoint_seconds": draw.choice([0.0, 60.0, 60.0, 60.0])}
            try:
                sender.stdin.write(f"{draw.uniform(0, window)}\n")
                found = run(path, seed=draw.randrange(1_000), **options)
                ended = True
                window *= 0.9  # the machine is quicker now than when it was measured
                time.sleep(10)  # until the interrupt comes, too late
            except KeyboardInterrupt:
                came += not ended
                window *= 1.0 if ended else 1.02  # so that a training ends at some time
            if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
                wrong.append("handler")
        wrong += [name for name in [difference(found, whole)] if name]
        path.unlink()
    sender.stdin.close()
    sender.wait()
    print(f"{came} interrupts of {trainings} trainings; wrong: {wrong}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
