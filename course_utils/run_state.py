"""Everything that changes while a training runs, and its way to a file and back."""

import contextlib
import math

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from course_utils import distributed, fit_settings
from course_utils.checkpoint import CheckpointError, load_state
from course_utils.history import History, checked, numbers
from course_utils.interrupts import Interrupts
from course_utils.losses import NotFiniteError
from course_utils.normalisation import refusing_lone_examples
from course_utils.schedules import learning_rate


class Run:
    """A training's state: whole after each step, and kept as it was then until the next is taken.

    A step begins with the reader's functions, which may end in any error, or in an interrupt.
    Until then they draw random numbers and a batch, and change buffers, so ``mark`` holds those as
    they were after the last step. The rest changes in ``committing()`` alone, which interrupts
    wait for; should another error end it half-way, ``mark`` is None, and nothing is written.

    Attributes:
        keeps: there is a file for it; without one no mark is needed.
        step, epoch: how many are behind it.
        begun: the evaluation before the first step is behind it.
        history: of the whole training.
    """

    def __init__(self, model, batches, asked, keeps):
        self.model, self.batches, self.asked, self.keeps = model, batches, asked, keeps
        self.history = History()
        self.step = self.epoch = 0
        self.begun, self.steps_here = False, 0
        self.sums, self.count = {}, 0  # of the epoch under way
        self.parameters = [value for value in model.parameters() if value.requires_grad]
        if not self.parameters:
            raise ValueError("model: expected at least one trainable parameter")
        self.optimizer = torch.optim.Adam(
            self.parameters,
            lr=asked["lr"],
            betas=tuple(asked["betas"]),
            eps=asked["eps"],
            weight_decay=asked["weight_decay"],
            fused=self.parameters[0].device.type in ("cpu", "cuda"),
        )
        self.average = None
        if asked["ema"] is not None:
            multi = get_ema_multi_avg_fn(asked["ema"])
            self.average = AveragedModel(model, multi_avg_fn=multi, use_buffers=True)
        self.interrupts, self.mark, self.copies = Interrupts(), None, {}
        kept = model.state_dict().keys()
        self.places = {  # where each entry of the model's state stands: name -> (table, key)
            f"{path}.{key}" if path else key: (table, key)
            for path, module in model.named_modules(remove_duplicate=False)
            for table in (module._parameters, module._buffers)
            for key in table
            if (f"{path}.{key}" if path else key) in kept
        }
        self.trained = set(map(id, self.parameters))
        self.moved = set()  # weights that the reader's functions move, too, by their id
        self._copy_all_but(set())

    def _copy_all_but(self, steady):
        """From now on ``mark`` copies all but these parameters, which a step alone moves."""
        self.steady = steady
        self.moving = [
            name for name, (table, key) in self.places.items() if id(table[key]) not in steady
        ]

    @contextlib.contextmanager
    def committing(self, underway=False):
        """A block that takes the state from one whole one to the next; short, as interrupts wait.

        ``underway``: the batches stand in the middle of an epoch that goes on.
        """
        with self.interrupts.whole():
            self.mark = None
            yield
            self.mark = self._marked(underway) if self.keeps else None

    def _marked(self, underway):
        for name in self.moving:
            table, key = self.places[name]
            value, copy = table[key].detach(), self.copies.get(name)
            if copy is None or copy.shape != value.shape:
                self.copies[name] = value.clone()
            else:
                copy.copy_(value)
        device = self.parameters[0].device
        return {
            "batches": self.batches.state(),
            # A look at a batch, by a reader or by ``evaluate``, is no epoch to go on with.
            "resuming": underway or getattr(self.batches, "resuming", True),
            "generator": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "versions": [value._version for value in self.parameters],
        }

    @property
    def is_whole(self):
        """True where memory holds what a resume needs: all weights as the last step left them."""
        return self.mark is not None and not self._moved() & self.steady

    def _moved(self):
        """The parameters that were written to since the last step, by their id."""
        pairs = zip(self.parameters, self.mark["versions"], strict=True)
        return {id(value) for value, version in pairs if value._version != version}

    def is_finite(self):
        return all(value.isfinite().all() for value in self.model.parameters())

    def take_step(self, loss_fn, batch):
        values, size = self._gradients(loss_fn, batch)
        if not math.isfinite(values["loss"]):
            raise NotFiniteError(f"the loss is {values['loss']}")
        total = self.asked["epochs"] * len(self.batches)
        rate = learning_rate(self.step, total, self.asked["lr"], self.asked["schedule"])
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.asked["clip_norm"] is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.asked["clip_norm"])
        known = self.mark is not None
        self.moved |= self._moved() if known else set()  # a codebook that restarts its dead codes
        with self.committing(underway=True):
            if known and self.steady != self.trained - self.moved:
                self._copy_all_but(self.trained - self.moved)
            self.optimizer.step()
            if self.average is not None:
                self.average.update_parameters(self.model)
            self.count += size
            for name, value in values.items():
                self.history.steps.setdefault(name, []).append(value)
                self.sums[name] = self.sums.get(name, 0.0) + value * size
            self.history.learning_rate.append(rate)
            self.step += 1
            self.steps_here += 1

    @torch.enable_grad()  # whatever an interrupt before this training left switched off
    def _gradients(self, loss_fn, batch):
        """Set the gradients of the batch's mean; means of its terms, and the number of its rows."""
        names, rows = list(self.history.steps), distributed.rows(batch)

        def terms_of():
            return checked(loss_fn(self.model, batch), rows, names)

        first = self.steps_here == 0
        with refusing_lone_examples(self.model, self.batches, rows, look_ahead=first):
            if distributed.size() > 1:
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

    def evaluated(self, evaluate):
        """What ``evaluate`` says of the model: a dict of floats, empty without it."""
        if not evaluate:
            return {}
        model = self.average.module if self.average is not None else self.model
        model.eval()
        with torch.no_grad():
            found = evaluate(model)
        return distributed.as_first_says(numbers(found))

    def start(self):
        """Begin anew: from here on the state is whole."""
        with self.committing():
            pass

    def begin(self, found):
        """The evaluation before the first step is done."""
        with self.committing():
            self._keep(found)
            self.begun = True

    def end_epoch(self, found):
        """All steps of an epoch, its evaluation and what the reader does after it are done."""
        with self.committing():
            for name, value in self.sums.items():
                self.history.epochs.setdefault(name, []).append(value / self.count)
            self._keep(found)
            self.sums, self.count = {}, 0
            self.epoch += 1

    def _keep(self, found):
        for name, value in found.items():
            self.history.evaluations.setdefault(name, []).append(value)

    def finish(self):
        if self.average is not None:
            self.model.load_state_dict(self.average.module.state_dict())
        self.model.eval()

    def state(self, asked):
        """For a file; only where the state ``is_whole``."""
        mark = {name: value for name, value in self.mark.items() if name != "versions"}
        return mark | {
            "asked": asked,
            "step": self.step,
            "epoch": self.epoch,
            "begun": self.begun,
            "sums": self.sums,
            "count": self.count,
            "model": dict(self.model.state_dict())
            | {name: self.copies[name] for name in self.moving},
            "average": dict(self.average.state_dict()) if self.average is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "history": self.history.state(),
        }

    def restore(self, path, asked, any_epochs=False):
        """Become the run that ``path`` holds.

        Raises:
            CheckpointError: it is damaged, or of another training.
        """
        with self.interrupts.whole():
            state = load_state(path)
        kept = state.get("asked") if isinstance(state, dict) else None
        if not isinstance(kept, dict):
            raise CheckpointError(f"{path}: no training state in it; remove it to start anew")
        different = fit_settings.differences(kept, asked, any_epochs)
        if different:
            raise CheckpointError(
                f"{path}: it is of another training, {different}; remove it to start anew"
            )
        try:
            history = History.from_state(state["history"])
            step, epoch, begun = state["step"], state["epoch"], state["begun"]
            sums, count, resuming = state["sums"], state["count"], state["resuming"]
            if step > asked["epochs"] * asked["batches"]:
                raise ValueError(f"{step} steps are behind it, more than {asked['epochs']} epochs")
            self.optimizer.load_state_dict(state["optimizer"])
            self.model.load_state_dict(state["model"])
            if self.average is not None:
                self.average.load_state_dict(state["average"])
            self.batches.restore(state["batches"])
            torch.set_rng_state(state["generator"])
            if state["cuda"] is not None and torch.cuda.is_available():
                torch.cuda.set_rng_state(state["cuda"], self.parameters[0].device)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise CheckpointError(
                f"{path}: a part of the training's state does not fit ({error}); it is damaged or "
                "of another version of the course: remove it to start anew"
            ) from error
        if hasattr(self.batches, "resuming"):
            self.batches.resuming = resuming
        self.step, self.epoch, self.begun = step, epoch, begun
        self.sums, self.count, self.history = sums, count, history
