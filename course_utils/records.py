"""Results of record: what is known of a measured number, and the files that keep it."""

import json

import pandas as pd
import torch

from course_utils import distributed, settings, tables
from course_utils.checkpoint import to_json
from course_utils.evaluation import mean_and_error
from course_utils.files import write_whole


def measured(model, metric, values, unit):
    """A record of ``values``, one for each example or a number; the rest is for the lesson."""
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
    return record | ({"processes": distributed.size()} if distributed.size() > 1 else {})


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
        ValueError: nothing was recorded under one of ``pairs``.
    """
    chosen = []
    for pair in pairs or list(found):
        hits = [key for key in found if pair in (key, key[0]) or list(pair) == list(key)]
        if not hits:
            known = ", ".join(f"{model} {metric}" for model, metric in found) or "nothing"
            raise ValueError(f"pairs: expected some of what was recorded ({known}), got {pair!r}")
        chosen += [key for key in hits if key not in chosen]
    kept = {(record["model"], record["metric"]): record for record in committed}
    rows = []
    for key in chosen:
        record, old = found[key], kept.get(key)
        seeds = record if record.get("seeds") else old or {}
        rows.append(
            {
                "model": key[0],
                "metric": f"{key[1]} ({record['unit']})",
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
    mean = record.get("seed_mean", record["value"])
    return f"{tables.told(mean, record['seed_error'])} ({record['seeds']})"


def said(record):
    """A record's number in words, such as ``95.42 ± 0.26 (10,000)``: of how many examples."""
    return f"{tables.told(record['value'], record['standard_error'])} ({record['n']:,})"
