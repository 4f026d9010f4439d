"""The one thing a notebook meets first: ``lesson = start("01")``."""

import contextlib
import html
import re
import sys
import zlib

import torch

from course_utils import (
    claims,
    data,
    distributed,
    nets,
    plotting,
    records,
    settings,
    tables,
    training,
)
from course_utils.arguments import integer
from course_utils.checkpoint import (
    UnwritableError,
    as_loaded,
    refusal,
    stored,
    to_json,
    unwritable,
)

SEED = 2024


def start(number, seed=SEED):
    """Begin a lesson: seed everything and say profile, device and seed.

    Args:
        number: the lesson's number, such as ``"01"``; a notebook of that number must exist.
        seed: of torch's generators.

    Returns:
        The :class:`Lesson`.

    Raises:
        RuntimeError: assertions are switched off, so nothing that a lesson claims would be tested.
    """
    if not __debug__:
        raise RuntimeError(
            "Python runs without assertions (-O, or PYTHONOPTIMIZE is set), so what this lesson "
            "claims would not be tested. Start Python, or JupyterLab, without them."
        )
    return Lesson(number, seed)


class Lesson:
    """What a lesson asks of the course: budgets, data, training, records.

    ``name`` is the stem of the notebook (``02_vae_mnist``), under which results and checkpoints
    are kept.
    """

    def __init__(self, number, seed):
        self.name = _stem(number)
        self.number, self.seed = number, integer("seed", seed)
        self.profile, self.device = settings.profile(), settings.device()
        self.on_real_data = True
        self._fits, self._measured, self._claims = {}, {}, {}
        settings.seed_everything(seed)
        distributed.join()
        distributed.quiet()
        self.saves = True
        print(f"Lesson {number}: profile {self.profile}, device {self.device.type}, seed {seed}.")
        if self.profile == "smoke":
            print("A trial on small data and few steps: texts and captions speak of the full run.")
        if distributed.size() > 1:
            print(f"{distributed.size()} processes share each batch.")
        if self.profile == "full":
            self._try_folders()

    def _try_folders(self):
        """Say before hours are spent, once and in a sentence, where nothing can be saved."""
        folders = (settings.checkpoints_dir(), settings.results_dir())
        for refused in filter(None, (refusal(folder / self.name) for folder in folders)):
            self._goes_on(refused)
            return

    def _goes_on(self, refused):
        """The run goes on: its numbers are printed and its weights used all the same."""
        if self.saves:
            print(f"{refused} (COURSE_OUTPUT_DIR names one). The run goes on without saving.")
        self.saves = False

    budget = staticmethod(settings.budget)

    def where_real(self, threshold):
        """``threshold`` where the data and the weights are real, else infinity.

        For assertions on quality: ``assert loss <= lesson.where_real(98.3)``; a lower limit is
        ``assert accuracy > -lesson.where_real(-0.9)``.
        """
        real = self.profile != "smoke" and self.on_real_data
        return float(threshold) if real else float("inf")

    def load(self, name, optional=False):
        """Load a data set and say in one line what it is; in ``laptop`` a stand-in gets a box.

        An ``optional`` one stands beside the lesson's own: ``full`` skips it in one sentence
        (and returns None) unless all of it is there, and thresholds do not depend on it.
        """
        if optional and self.profile == "full" and not data.is_complete(name):
            print(f"Data: {name} is skipped, because not all of it is here.")
            return None
        with distributed.first_alone():
            dataset = data.load(name)
        if not optional:
            self.on_real_data = self.on_real_data and not dataset.is_stand_in
        print(dataset.announcement)
        if dataset.why and not plotting.in_notebook():
            print(dataset.why)
        elif dataset.why:
            from IPython.display import HTML, display

            display(
                HTML(
                    '<div role="note" style="border-left:6px solid #D55E00;background:#FFF3E0;'
                    'color:#1A1A1A;padding:0.6em 1em">'
                    f"<b>Stand-in data.</b> {dataset.announcement} {html.escape(dataset.why)} "
                    "The numbers below are not those of the real data set.</div>"
                )
            )
        return dataset

    def fit(self, model, loss_fn, batches, *, name, epochs, keep=True, header=None, **options):
        """Train by :func:`course_utils.training.fit`, and keep or load the weights of record.

        ``smoke`` only trains. ``full`` trains with resume, rounds the weights to float16 (the
        weights on which the record is measured) and writes them with their history to
        ``data/checkpoints``, if files can be written there. ``laptop`` trains briefly, then loads
        those weights where they are committed and the data are real, and says so.

        Args:
            model: what to train; it is changed in place.
            loss_fn: ``loss_fn(model, batch)`` -> dict of one value for each example.
            batches: a ``data.Batches``.
            name: the model's name of record, such as ``vae_fc20``.
            epochs: for this profile.
            keep: False for a model whose record needs no committed weights.
            header: dict for ``nets.build``; ``model.header()`` by default, where there is one.
            options: for ``training.fit``.

        Returns:
            The training's History. Where weights of record were loaded, its ``of_record`` is the
            header of their file, with their epochs and history, else None.
        """
        path = settings.checkpoints_dir() / self.name / f"{name}.safetensors"
        if self.profile == "full":
            partial = settings.checkpoints_dir() / "partial" / self.name / f"{name}.safetensors"
            if self.saves or partial.is_file():
                options |= {"checkpoint": partial, "resume": True}
            if keep:  # what cannot be kept is refused before the training
                stored(path, model)
                if header is None:
                    header = model.header() if hasattr(model, "header") else {}
                to_json(header)
        options |= {"epochs": epochs, "description": name}
        with _own_random_numbers(self.seed, name, self.device):
            history = training.fit(model, loss_fn, batches, **options)
        history.of_record = None
        if self.profile == "full" and keep:
            header = header | {
                "lesson": self.name,
                "name": name,
                "epochs": int(epochs),
                "seed": self.seed,
                "seconds": round(history.seconds, 1),
                "device": self.device.type,
                "history": _rounded(history.epochs),
                "evaluations": _rounded(history.evaluations),
            }
            if distributed.is_first() and self.saves:
                try:
                    training.save_weights(path, model, header)
                except UnwritableError as error:
                    self._goes_on(error)
            distributed.wait()
            model.load_state_dict(as_loaded(stored(path, model)))
            history.of_record = header
        elif self.profile == "laptop" and self.on_real_data and path.is_file():
            header, weights = training.load_weights(path)
            if header["epochs"] > epochs:
                history.of_record = header
                model.load_state_dict(weights)
                print(
                    f"{name}: trained {epochs} epochs here; now the weights of record are loaded "
                    f"({header['epochs']} epochs)."
                )
        self._fits[name] = {
            "epochs": (history.of_record or {"epochs": epochs})["epochs"],
            "seconds": round(history.seconds, 1),
            "parameters": _num_parameters(model),
        }
        return history

    def pretrained(self, number, name, model=None):
        """The model ``name`` of record of lesson ``number``: frozen, in eval mode, in any profile.

        It is made by :func:`nets.build` from the weights' header, or is ``model``, for a lesson
        that wrote its own class (its parameters have the names of the packaged one).

        Raises:
            ValueError: no such lesson.
            CheckpointError: no such weights, or damaged ones.
        """
        header, weights = training.load_weights(self._weights(number, name))
        model = nets.build(header) if model is None else model
        model.load_state_dict(weights)
        return model.to(self.device).eval().requires_grad_(False)

    def weights_of(self, number, name):
        """The header of the weights of record: a dict with ``epochs``, ``seconds``, ``history``.

        Raises:
            ValueError, CheckpointError: as for :meth:`pretrained`.
        """
        return training.load_weights(self._weights(number, name))[0]

    def _weights(self, number, name):
        return settings.checkpoints_dir() / _stem(number) / f"{name}.safetensors"

    def record(
        self, model, metric, values, *, unit="nats", dataset, split="test", fit=None, **details
    ):
        """Keep a result for :meth:`results`, and in ``full`` make it the one of record.

        Args:
            model, metric: names of the design's table of records.
            values: one value for each example (its mean and standard error are recorded), or a
                number.
            unit: of the values.
            dataset, split: what they were measured on.
            fit: name of the training whose epochs, seconds and parameters the record states, where
                it is not ``model``.
            details: fields of the record that the lesson knows better, such as ``epochs`` or
                ``standard_error``.

        Returns:
            The recorded value, a float.

        Raises:
            ValueError: no training of this lesson had the name ``fit``.
        """
        if fit is not None and fit not in self._fits:
            raise ValueError(f"fit: expected one of {', '.join(self._fits) or 'none'}, got {fit!r}")
        record = records.measured(model, metric, values, unit)
        record |= {"dataset": dataset, "split": split, "seed": self.seed}
        record |= {"device": self.device.type} | self._fits.get(fit or model, {}) | details
        self._measured[model, metric] = record
        if self.profile == "full" and distributed.is_first() and self.saves:
            try:
                records.put(settings.results_dir() / f"{self.name}.json", self.name, record)
            except OSError as error:
                self._goes_on(unwritable(settings.results_dir(), error))
        return record["value"]

    def results(self, *pairs, says, literature=None, limits=None):
        """Show what was recorded as a table: this run, the record, the literature, known limits.

        Args:
            pairs: (model, metric), or names of models; by default all that was recorded so far.
            says: the caption.
            literature, limits: (model, metric) -> a text or a number.

        Raises:
            ValueError: nothing was recorded under one of ``pairs``.
        """
        committed = self._records() if self.profile == "laptop" else []
        frame = records.frame(self._measured, committed, pairs, literature, limits)
        tables.show(frame, says=says)

    def table(self, frame, *, says, digits=None):
        """Show a pandas frame as a table: :func:`course_utils.tables.show`."""
        tables.show(frame, says=says, digits=digits)

    def claim(self, text, value, relation, limit, *, error=None, real=False, rests_on=()):
        """Say what the lesson showed; :meth:`claims` shows it, and raises where it does not hold.

        Args:
            text: what is claimed, a sentence.
            value: what was measured, a number or ``tables.measured(value, error)``.
            relation: ``<``, ``<=``, ``>``, ``>=`` or ``between``.
            limit: a number; of ``between`` the pair of the least and the most.
            error: of the value, where it has one.
            real: True for a claim that only real data and weights carry. On stand-ins, and in
                ``smoke``, it is listed as such and cannot fail.
            rests_on: names of the exercises' functions that it leans on.

        Raises:
            TypeError, ValueError: an argument is not that.
        """
        counts = not real or (self.profile != "smoke" and self.on_real_data)
        options = {"error": error, "counts": counts, "rests_on": rests_on}
        self._claims[text] = claims.made(text, value, relation, limit, **options)

    def claims(self):
        """Show the table of claims.

        Raises:
            claims.ClaimFailed: a claim does not hold; the message names it, its measured value, its
                limit and, where an exercise that it leans on is unfinished, that exercise.
        """
        names = sys._getframe(1).f_globals
        claims.settle(list(self._claims.values()), names, self.number)

    def recorded(self, model, metric):
        """The committed record of ``model`` and ``metric`` (a dict), or None."""
        for record in self._records():
            if (record["model"], record["metric"]) == (model, metric):
                return record
        return None

    def records(self, number):
        """The committed records of lesson ``number``, dicts: none where it has none.

        Raises:
            ValueError: no such lesson.
        """
        return self._records(_stem(number))

    def _records(self, name=None):
        return records.read(settings.results_dir() / f"{name or self.name}.json")


@contextlib.contextmanager
def _own_random_numbers(seed, name, device):
    """A stream of random numbers for one training alone, from the lesson's seed and its name.

    So a training gives the same numbers whether the ones before it ran, were resumed or were
    skipped, and what follows does not depend on how long it was.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed + zlib.crc32(name.encode()))
        yield


def _stem(number):
    """The notebook's name. Of several (a copy made beside it) the shortest is the lesson."""
    folder = settings.root() / "notebooks"
    lessons = sorted(path.stem for path in folder.glob("*.ipynb"))
    if not lessons:
        raise ValueError(
            f"{folder}: no notebooks folder: work in a clone of the course, whose lessons are "
            "there, or in one of its folders"
        )
    stems = [stem for stem in lessons if stem.startswith(f"{number}_")]
    if not (re.fullmatch(r"\d+[a-z]?", str(number)) and stems):  # 02, or its extra 02x
        raise ValueError(
            f"number: expected the number of one lesson of {', '.join(lessons)}, got {number!r}"
        )
    return min(stems, key=len)


def _num_parameters(model):
    """Weights in use: a model with masked ones knows their number."""
    if hasattr(model, "num_parameters"):
        return model.num_parameters()
    return sum(parameter.numel() for parameter in model.parameters())


def _rounded(curves):
    """Curves short enough for a file's header: five significant digits."""
    return {name: [float(f"{value:.5g}") for value in values] for name, values in curves.items()}
