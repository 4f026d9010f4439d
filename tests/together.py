"""What tests/test_distributed.py launches: one training, alone or under torchrun.

``python together.py FOLDER [--crash-at STEP] [--slowly] [--noisy]`` trains a small net, keeps its
checkpoint in FOLDER and writes what each process ends with to FOLDER/end_RANK.json.
"""

import argparse
import json
import os
import signal
import time
from pathlib import Path

import torch
from torch import nn

from course_utils import data, distributed, training


class Net(nn.Module):
    """An autoencoder of points with a buffer that each batch changes."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 6))
        self.register_buffer("seen", torch.zeros(6))
        self.register_buffer("mask", torch.ones(6), persistent=False)

    def forward(self, x):
        return self.layers(x * self.mask)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--crash-at", type=int, help="process 1 kills itself there, once")
    parser.add_argument("--slowly", action="store_true")
    parser.add_argument("--noisy", action="store_true")
    asked = parser.parse_args()
    distributed.join()
    mark, drawn = asked.folder / "crashed", []
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(97, 6, generator=generator)  # batches of 16, and one row at the end
    torch.manual_seed(distributed.rank())  # process 0's weights must win

    def loss_fn(model, x):
        drawn.append(torch.rand(()).item())
        model.seen.copy_(x.mean(0))
        noise = 0.1 * torch.randn_like(x) if asked.noisy else 0.0
        return {"loss": (model(x + noise) - x).square().sum(1), "size": x.norm(dim=1)}

    def on_step(share):
        step = round(share * epochs * len(batches))
        (asked.folder / f"process_{distributed.rank()}").write_text(f"{os.getpid()} {step}")
        if asked.slowly:
            time.sleep(0.1)
        if step == asked.crash_at and distributed.rank() == 1 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    epochs = 4
    noise = (
        (lambda x, generator: x + torch.rand(x.shape, generator=generator)) if asked.noisy else None
    )
    batches = data.Batches(points, 16, seed=1, transform=noise)
    model = Net()
    history = training.fit(
        model,
        loss_fn,
        batches,
        epochs=epochs,
        lr=0.01,
        clip_norm=2.0,
        ema=0.9,
        evaluate=lambda model: {"rank": distributed.rank()},
        checkpoint=asked.folder / "state.safetensors",
        checkpoint_seconds=0.0,
        resume=True,
        on_step=on_step,
    )
    end = {
        "steps": history.steps,
        "evaluations": history.evaluations,
        "weights": {name: value.tolist() for name, value in model.state_dict().items()},
        "drawn": drawn,
        "after": torch.rand(()).item(),
        "whole_batches": len(next(iter(batches))),
    }
    (asked.folder / f"end_{distributed.rank()}.json").write_text(json.dumps(end))


if __name__ == "__main__":
    main()
