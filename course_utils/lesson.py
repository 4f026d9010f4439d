"""The one thing a notebook meets first: ``lesson = start("01")``."""

import sys

from course_utils import (
    claims,
    data,
    distributed,
    numbering,
    records,
    seeds,
    settings,
    showing,
    tables,
    training,
    weights,
)
from course_utils.arguments import integer
from course_utils.checkpoint import refusal, unwritable

SEED = 2024
NOT_REAL = "The numbers below are not those of the real data set; see data/README.md for it."


def start(number, seed=SEED):
    """Begin a lesson: seed everything and say profile, device and seed.

    Args:
        number: of the notebook, such as ``"01"``, or ``"01x"`` for the extra of a lesson.
        seed: of torch's generators.

    Returns:
        The :class:`Lesson`.

    Raises:
        RuntimeError: assertions are switched off, and the lesson still claims by them.
    """
    if not __debug__ and numbering.edition(numbering.stem(number)) < 2:
        raise RuntimeError(
            "Python runs without assertions (-O, or PYTHONOPTIMIZE is set), so what this lesson "
            "claims would not be tested. Start Python, or JupyterLab, without them."
        )
    showing.short_stops()
    return Lesson(number, seed)


class Lesson:
    """What a lesson asks of the course: budgets, data, training, records.

    ``name`` is the stem of the notebook (``02_vae_mnist``), under which results and checkpoints
    are kept.
    """

    def __init__(self, number, seed):
        self.name = numbering.stem(number)
        self.number, self.seed = number, integer("seed", seed)
        self.profile, self.device = settings.profile(), settings.device()
        self.on_real_data = True
        self._fits, self._measured, self._claims = {}, {}, {}
        self._seed = None  # number of the seed that :meth:`seeds` trains under now
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
        files = (weights.path(self.name, "any"), self._results())
        if refused := next(filter(None, map(refusal, files)), None):
            self.goes_on(refused)

    def goes_on(self, refused):
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
        return float(threshold) if self._is_real() else float("inf")

    def _is_real(self):
        return self.profile != "smoke" and self.on_real_data

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
        if dataset.why:
            tables.notice("Stand-in data.", f"{dataset.why} {NOT_REAL}")
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
        seed = self._seed or 0
        options |= {"name": name, "epochs": epochs, "keep": keep, "header": header, "seed": seed}
        history = weights.fit(self, model, loss_fn, batches, **options)
        if not seed:  # the run of record
            self._fits[name] = {
                "epochs": (history.of_record or {"epochs": epochs})["epochs"],
                "seconds": round(history.seconds, 1),
                "parameters": weights.num_parameters(model),
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
        return weights.frozen(weights.path(numbering.stem(number), name), self.device, model)

    def weights_of(self, number, name):
        """The header of the weights of record: a dict with ``epochs``, ``seconds``, ``history``.

        Raises:
            ValueError, CheckpointError: as for :meth:`pretrained`.
        """
        return training.load_weights(weights.path(numbering.stem(number), name))[0]

    def seeds(self, n, train):
        """Train under ``n`` seeds in ``full``, else under the first one alone.

        ``train(seed)``, with seed = 0, 1, ..., makes a model, trains it by :meth:`fit` and returns
        what is to be compared. It runs on a stream of random numbers of its own. Seed 0 is the run
        of record; under the others the names of trainings end in ``_seed1`` and so on, and their
        weights are not kept.

        Returns:
            The list of what ``train`` returned. ``lesson.record(..., found[0], seeds=found)`` keeps
            how it spreads; in ``laptop`` the record has that.

        Raises:
            TypeError, ValueError: ``n`` is no whole number of at least 1.
            RuntimeError: it is called in a function that another call trains with.
        """
        n, found = integer("n", n, 1), []
        if self._seed is not None:
            raise RuntimeError("seeds: expected one call at a time, got one inside another's train")
        try:
            for seed in range(n if self.profile == "full" else 1):
                self._seed = seed
                with seeds.own_stream(self.seed, f"seed {seed}", self.device):
                    found.append(train(seed))
        finally:
            self._seed = None
        return found

    def record(
        self,
        model,
        metric,
        values,
        *,
        dataset,
        unit="nats",
        split="test",
        fit=None,
        seeds=(),
        **details,
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
            seeds: ``values`` under each seed, as :meth:`seeds` gives them; of several the record
                has ``seeds``, ``seed_values``, ``seed_spread`` and ``seed_error``.
            details: fields of the record that the lesson knows better, such as ``epochs`` or
                ``standard_error``.

        Returns:
            The recorded value, a float.

        Raises:
            ValueError: no training of this lesson had the name ``fit``.
            RuntimeError: it is called in a function that :meth:`seeds` trains with.
        """
        if self._seed is not None:
            raise RuntimeError(
                "record: a result is recorded once, after lesson.seeds, with seeds=what it returned"
            )
        if fit is not None and fit not in self._fits:
            raise ValueError(f"fit: expected one of {', '.join(self._fits) or 'none'}, got {fit!r}")
        record = records.measured(model, metric, values, unit, seeds)
        record |= {"dataset": dataset, "split": split, "seed": self.seed}
        record |= {"device": self.device.type} | self._fits.get(fit or model, {}) | details
        self._measured[model, metric] = record
        if self.profile == "full" and distributed.is_first() and self.saves:
            try:
                records.put(self._results(), self.name, record)
            except OSError as error:
                self.goes_on(unwritable(settings.results_dir(), error))
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
            text, value, relation, limit, error, rests_on: as :func:`course_utils.claims.made` has
                them; ``lesson.claim("it gains", gain, ">", 0, error=error, rests_on="elbo")``.
            real: True for a claim that only real data and weights carry. On stand-ins, and in
                ``smoke``, it is listed as such and cannot fail.

        Raises:
            TypeError, ValueError: an argument is not that.
        """
        counts = not real or self._is_real()
        options = {"error": error, "counts": counts, "rests_on": rests_on}
        self._claims[text] = claims.made(text, value, relation, limit, **options)

    def claims(self):
        """Show the table of claims; ``claims.ClaimFailed`` names each that does not hold.

        It also names the unfinished exercise that such a claim leans on.
        """
        claims.settle(list(self._claims.values()), names=sys._getframe(1).f_globals)

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
        return self._records(numbering.stem(number))

    def tried(self, *, says=None):
        """What settings were tried, and their scores: :func:`course_utils.records.tried`.

        With the caption ``says`` it is shown as a table, too.
        """
        found = records.tried(self.number)
        if says is not None:
            tables.show(records.compared(found), says=says, digits={"lr": 4})
        return found

    def _records(self, name=None):
        return records.read(self._results(name))

    def _results(self, name=None):
        return settings.results_dir() / f"{name or self.name}.json"
