"""Results of record: what is known of a measured number, and the files that keep it."""

import json

import pandas as pd
import torch

from course_utils import distributed, numbering, seeds, settings, tables
from course_utils.checkpoint import to_json
from course_utils.evaluation import mean_and_error
from course_utils.files import write_whole


def measured(model, metric, values, unit, over_seeds=()):
    """A record of ``values``, one for each example or a number; the rest is for the lesson.

    ``over_seeds`` are such values under each seed; a record of several says how they spread.
    """
    values = torch.as_tensor(values, dtype=torch.float64)
    value, error = mean_and_error(values) if values.numel() > 1 else (float(values), None)
    record = {
        "model": model,
        "metric": metric,
        "value": value,
        "unit": unit,
        "standard_error": error,
        "n": values.numel(),
        "dataset": None,
        "split": None,
        "seed": None,
        "epochs": None,
        "parameters": None,
        "seconds": None,
        "device": None,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__.split("+")[0],
        "revision": settings.revision(),
    }
    record |= {"processes": distributed.size()} if distributed.size() > 1 else {}
    return record | seeds.spread(over_seeds)


def read(path):
    """The records of a lesson's file, dicts: none where there is no file."""
    return json.loads(path.read_text(encoding="utf-8"))["records"] if path.is_file() else []


def put(path, lesson, record):
    """Put a record into its lesson's file, in the place of one of the same model and metric.

    Raises:
        OSError: the disk refuses it. What stood there before is unchanged.
    """
    key = (record["model"], record["metric"])
    records = [old for old in read(path) if (old["model"], old["metric"]) != key]
    records = sorted([*records, record], key=lambda entry: (entry["model"], entry["metric"]))
    write_whole(path, to_json({"lesson": lesson, "records": records}, indent=1) + "\n")


def frame(found, committed=(), pairs=(), literature=None, limits=None):
    """Records as a table: model | metric | this run | of record | over seeds | literature | limit.

    Columns that no row fills are left out.

    Args:
        found: (model, metric) -> record of this run.
        committed: the records of record.
        pairs: (model, metric), or names of models; by default all of ``found``.
        literature, limits: (model, metric) -> a text or a number.

    Raises:
        ValueError: nothing was recorded, or not what ``pairs`` name.
    """
    if not found:
        raise ValueError("pairs: expected a result that was recorded, got none so far")
    known = ", ".join(f"{model} {metric}" for model, metric in found)
    chosen = []
    for pair in pairs or found:
        hits = [key for key in found if pair in (key, key[0])]
        if not hits:
            raise ValueError(f"pairs: expected some of {known}, got {pair!r}")
        chosen += [key for key in hits if key not in chosen]
    kept = {(record["model"], record["metric"]): record for record in committed}
    rows = []
    for key in chosen:
        record, old = found[key], kept.get(key)
        seeds = record if record.get("seeds") else old or {}
        rows.append(
            {
                "model": key[0],
                "metric": key[1] if record["unit"] == "1" else f"{key[1]} ({record['unit']})",
                "this run (n)": said(record),
                "of record (n)": said(old) if old else None,
                "over seeds (n)": _over_seeds(seeds),
                "literature": (literature or {}).get(key),
                "known limit": (limits or {}).get(key),
            }
        )
    return pd.DataFrame(rows, dtype=object).dropna(axis="columns", how="all")


def _over_seeds(record):
    """Mean over seeds and its error, where the record has them."""
    if not record.get("seeds"):
        return None
    values = record["seed_values"]
    mean = sum(values) / len(values)
    return tables.Measured(mean, record["seed_error"], f"({len(values)})")


def said(record):
    """A record's number as a cell, such as ``95.42 ± 0.26 (10,000)``: of how many examples."""
    return tables.Measured(record["value"], record["standard_error"], f"({record['n']:,})")


def put_setting(number, setting, scores, *, command, validation):
    """Put one tried setting of a lesson's training into ``data/results/settings``.

    Args:
        number: of the lesson, such as ``"02"``.
        setting: dict of what was chosen: model, learning rate, epochs, seed and the like. One that
            was tried before is replaced.
        scores: dict of what was measured on the validation data, and the seconds.
        command: that tries the settings.
        validation: dict that says what the scores are on.

    Raises:
        ValueError: the scores on record are on other validation data.
        OSError: the disk refuses it.
    """
    path, kept = _settings(number), []
    if path.is_file():
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["validation"] != json.loads(to_json(validation)):
            raise ValueError(
                f"validation: expected {held['validation']}, on which the scores of {path.name} "
                f"are, got {validation}; remove the file to begin anew"
            )
        kept = held["trainings"]
    plain = json.loads(to_json(setting))
    kept = [old for old in kept if plain != {key: old.get(key) for key in plain}]
    kept = sorted([*kept, setting | scores], key=to_json)
    held = {"lesson": numbering.stem(number), "command": command, "validation": validation}
    write_whole(path, to_json(held | {"trainings": kept}, indent=1) + "\n")


def tried(number):
    """What :func:`put_setting` kept of a lesson, as a frame, a row a training.

    Its ``attrs`` hold ``lesson``, ``command`` and ``validation``.

    Raises:
        ValueError: nothing is on record for the lesson.
    """
    path = _settings(number)
    if not path.is_file():  # results are written elsewhere: the committed ones
        path = settings.root() / "data" / "results" / "settings" / f"{number}.json"
    if not path.is_file():
        raise ValueError(f"number: expected a lesson whose settings are in {path}, got {number!r}")
    held = json.loads(path.read_text(encoding="utf-8"))
    found = pd.DataFrame(held.pop("trainings"))
    found.attrs |= held
    return found


def compared(tried):
    """The settings of :func:`tried` as a table: model | lr | epochs | loss | above the best.

    ``above the best, paired`` is the mean difference to the model's best setting on the same
    images, with its error. A column that no training fills is left out.
    """
    shown = tried[["model", "lr", "epochs"]].copy()
    for title, value, error in (
        ("validation loss", "value", "standard_error"),
        ("above the best, paired", "above_best", "above_best_error"),
    ):
        if value in tried:
            shown[title] = [*map(tables.measured, tried[value], tried[error])]
    shown["of record"] = ["yes" if one else None for one in tried.of_record]
    return shown.reset_index(drop=True)


def _settings(number):
    return settings.results_dir() / "settings" / f"{number}.json"
