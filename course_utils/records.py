"""Results of record: what is known of a measured number, and the files that keep it."""

import json

import torch

from course_utils import distributed, settings
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


def said(record):
    """A record's number in words, such as ``95.42 +- 0.26 nats (n = 10,000)``."""
    error = record["standard_error"]
    spread = "" if error is None else f" +- {error:.2g}"
    digits = 4 if error is not None and error < 0.01 else 2
    digits = 4 if abs(record["value"]) < 0.1 and record["value"] else digits
    return f"{record['value']:.{digits}f}{spread} {record['unit']} (n = {record['n']:,})"
