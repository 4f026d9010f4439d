"""The training loop of every lesson, exact to the bit over a stop and a resume."""

import math
import time
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from course_utils import distributed, settings
from course_utils.checkpoint import (
    CheckpointError,
    load_state,
    load_weights,
    save_state,
    save_weights,
)
from course_utils.history import History, checked
from course_utils.losses import NotFiniteError
from course_utils.progress import bar
from course_utils.schedules import learning_rate

__all__ = ["CheckpointError", "History", "TrainingError", "fit", "load_weights", "save_weights"]


class TrainingError(RuntimeError):
    """Training cannot go on; the message says at which step, why, and what is kept."""


def fit(
    model,
    loss_fn,
    batches,
    *,
    epochs,
    lr=1e-3,
    schedule="one_cycle",
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    clip_norm=None,
    ema=None,
    evaluate=None,
    checkpoint=None,
    checkpoint_seconds=60.0,
    resume=False,
    description="",
    progress=None,
    on_epoch=None,
    on_step=None,
):
    """Train ``model`` in place by Adam on the mean of ``loss_fn(model, batch)["loss"]``.

    Of several processes (``torchrun``) each takes a share of every batch, and all take the same
    step: the gradient is the whole batch's mean, noise differs by process, persistent buffers
    (running statistics) follow process 0, which alone writes.

    Args:
        model: an ``nn.Module``, on the device of the batches.
        loss_fn: ``loss_fn(model, batch)`` -> dict of (B,) tensors: ``loss`` is minimised, the
            others (``rate``, ``distortion``, ..., in nats) are reported.
        batches: iterable, one epoch at a time, with ``len``, ``num_examples``, ``state()`` and
            ``restore(state)``, such as ``data.Batches`` (``share`` too, for several processes).
        epochs: passes over the data.
        lr: peak learning rate.
        schedule: ``one_cycle`` or ``constant``.
        betas, eps, weight_decay: of Adam.
        clip_norm: largest norm of the whole gradient, or None.
        ema: decay of an exponential moving average of the weights, such as 0.999. With it the
            model holds the averaged weights at the end.
        evaluate: ``evaluate(model)`` -> dict of floats, called before the first step and after
            each epoch (with the averaged weights where there are some).
        checkpoint: file for the training's state, or None.
        checkpoint_seconds: time between two writes; each epoch's end writes too.
        resume: go on from ``checkpoint`` if it is there. On the CPU the weights and the history
            become those of a run that was never stopped, bit for bit.
        description: the progress bar's name.
        progress: show a bar; by default in every profile but ``smoke``. It leaves no trace.
        on_epoch: ``on_epoch(epoch, model)`` after each epoch, counted from 1.
        on_step: ``on_step(share)`` before each step, ``share`` of all steps being done: for what
            is annealed. A resume goes on with the right share.

    Returns:
        The :class:`History`.

    Raises:
        ValueError: a setting, or what ``loss_fn`` returns, is not as described.
        TrainingError: the loss or a weight is NaN or infinite, or another process is gone.
        CheckpointError: the checkpoint is damaged, or of another training.
    """
    if schedule not in ("one_cycle", "constant"):
        raise ValueError(f"schedule: expected 'one_cycle' or 'constant', got {schedule!r}")
    if not (isinstance(epochs, int) and epochs >= 1):
        raise ValueError(f"epochs: expected an integer of at least 1, got {epochs!r}")
    distributed.join()
    distributed.as_first([*model.parameters(), *model.buffers()])
    run = _Run(model, ema, lr, betas, eps, weight_decay)
    total = epochs * len(batches)
    asked = {
        "epochs": epochs,
        "lr": lr,
        "schedule": schedule,
        "betas": list(betas),
        "eps": eps,
        "weight_decay": weight_decay,
        "clip_norm": clip_norm,
        "ema": ema,
        "batches": len(batches),
        "examples": batches.num_examples,
        "parameters": {name: list(value.shape) for name, value in model.named_parameters()},
    }
    if resume and checkpoint is not None and Path(checkpoint).is_file():
        run.restore(checkpoint, asked, batches)
    elif evaluate:
        run.evaluated(evaluate)
    if progress is None:
        progress = settings.profile() != "smoke" and distributed.is_first()
    started = written = time.monotonic()
    before = run.history.seconds

    def write():
        nonlocal written
        if checkpoint is None or not distributed.is_first():
            return
        written = time.monotonic()
        run.history.seconds = before + written - started
        if not run.is_finite():
            return  # the next loss will say so; keep the last good state
        save_state(checkpoint, run.state(asked, batches))

    def between():
        """True between two steps. Not after an epoch's last: a resume would begin it anew."""
        return run.is_whole and run.step < (run.epoch + 1) * len(batches)

    with (
        bar(progress, description, total, run.step) as advance,
        settings.without_subnormals(),
        distributed.own_noise(run.step),
        distributed.shares(batches, run.step),
    ):
        while run.epoch < epochs:
            model.train()
            try:
                for batch in batches:
                    run.is_whole = False  # until the batch's step is taken
                    if on_step:
                        on_step(run.step / total)
                    rate = learning_rate(run.step, total, lr, schedule)
                    run.take_step(loss_fn, batch, rate, clip_norm)
                    advance(f"loss {run.history.steps['loss'][-1]:.2f}")
                    if between() and time.monotonic() - written > checkpoint_seconds:
                        write()
            except NotFiniteError as error:
                raise _diverged(run, checkpoint, str(error), run.step + 1) from error
            except distributed.LostProcessError as error:
                raise _lost(run, checkpoint, error) from error
            except KeyboardInterrupt:
                if between():
                    write()
                raise
            if not run.is_finite():
                raise _diverged(run, checkpoint, "a weight is NaN or infinite", run.step)
            run.end_epoch()
            model.eval()
            if evaluate:
                run.evaluated(evaluate)
            if on_epoch:
                on_epoch(run.epoch, model)
            write()
    run.finish()
    run.history.seconds = before + time.monotonic() - started
    return run.history


class _Run:
    """Everything that changes while a training runs, and so must survive a stop."""

    def __init__(self, model, ema, lr, betas, eps, weight_decay):
        self.model, self.history = model, History()
        self.step = self.epoch = 0
        self.is_whole = True
        self.sums, self.count = {}, 0  # of the epoch under way
        self.parameters = [value for value in model.parameters() if value.requires_grad]
        if not self.parameters:
            raise ValueError("model: expected at least one trainable parameter")
        self.optimizer = torch.optim.Adam(
            self.parameters,
            lr=lr,
            betas=tuple(betas),
            eps=eps,
            weight_decay=weight_decay,
            fused=self.parameters[0].device.type in ("cpu", "cuda"),
        )
        self.average = None
        if ema is not None:
            if not 0 < ema < 1:
                raise ValueError(f"ema: expected a number between 0 and 1, got {ema!r}")
            multi = get_ema_multi_avg_fn(ema)
            self.average = AveragedModel(model, multi_avg_fn=multi, use_buffers=True)

    def is_finite(self):
        return all(value.isfinite().all() for value in self.model.parameters())

    def take_step(self, loss_fn, batch, rate, clip_norm):
        values, size = self._gradients(lambda: checked(loss_fn(self.model, batch)), batch)
        if not math.isfinite(values["loss"]):
            raise NotFiniteError(f"the loss is {values['loss']}")
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        self.count += size
        for name, value in values.items():
            self.history.steps.setdefault(name, []).append(value)
            self.sums[name] = self.sums.get(name, 0.0) + value * size
        self.history.learning_rate.append(rate)
        self.step += 1
        self.is_whole = True

    def _gradients(self, terms_of, batch):
        """Set the gradients of the batch's mean; means of its terms, and the number of its rows."""
        if distributed.size() > 1:
            names = list(self.history.steps)
            return distributed.gradients(self.model, self.parameters, terms_of, batch, names)
        terms = terms_of()
        for parameter in self.parameters:  # as zero_grad does, at a tenth of its cost
            parameter.grad = None
        with torch.no_grad():  # one transfer for all
            means = torch.stack(list(terms.values())).mean(1).tolist()
        values = dict(zip(terms, means, strict=True))
        if math.isfinite(values["loss"]):
            terms["loss"].mean().backward()
        return values, len(terms["loss"])

    def end_epoch(self):
        for name, value in self.sums.items():
            self.history.epochs.setdefault(name, []).append(value / self.count)
        self.sums, self.count = {}, 0
        self.epoch += 1

    def evaluated(self, evaluate):
        model = self.average.module if self.average is not None else self.model
        model.eval()
        with torch.no_grad():
            found = evaluate(model)
        for name, value in distributed.as_first_says(found).items():
            self.history.evaluations.setdefault(name, []).append(float(value))

    def finish(self):
        if self.average is not None:
            self.model.load_state_dict(self.average.module.state_dict())
        self.model.eval()

    def state(self, asked, batches):
        device = next(self.model.parameters()).device
        return {
            "asked": asked,
            "step": self.step,
            "epoch": self.epoch,
            "sums": self.sums,
            "count": self.count,
            "model": dict(self.model.state_dict()),
            "average": dict(self.average.state_dict()) if self.average is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "batches": batches.state(),
            "generator": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "history": self.history.state(),
        }

    def restore(self, path, asked, batches):
        state = load_state(path)
        kept = state.get("asked", {}) if isinstance(state, dict) else {}
        different = [name for name in asked if kept.get(name) != asked[name]]
        if different:
            raise CheckpointError(
                f"{path}: it is of another training, with other {', '.join(different)}; "
                "remove it to start anew"
            )
        self.model.load_state_dict(state["model"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        batches.restore(state["batches"])
        torch.set_rng_state(state["generator"])
        if state["cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["cuda"], next(self.model.parameters()).device)
        self.step, self.epoch = state["step"], state["epoch"]
        self.sums, self.count = state["sums"], state["count"]
        self.history = History.from_state(state["history"])


def _kept(checkpoint):
    if checkpoint is None:
        return "no checkpoint was asked for"
    if Path(checkpoint).is_file():
        return f"the last good state is in {checkpoint}"
    return "no checkpoint was written yet"


def _lost(run, checkpoint, error):
    return TrainingError(
        f"step {run.step + 1} (epoch {run.epoch + 1}): another process of this training is gone "
        f"({error}); {_kept(checkpoint)}. Start it again, with any number of processes: "
        "with resume it goes on from there"
    )


def _diverged(run, checkpoint, reason, step):
    return TrainingError(
        f"step {step} (epoch {run.epoch + 1}): {reason}; {_kept(checkpoint)}. Likely causes: a "
        "learning rate that is too high (try a third, or clip_norm=1), data outside their range "
        "(pixels in 0 ... 255?), a log_var or log_scale that grew without bound, a logarithm of "
        "zero"
    )
