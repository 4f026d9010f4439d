"""Tables of results, from the records in data/results; tables.py puts them in their places."""

import json
import math

NONE = "No results of record are committed yet: `make run PROFILE=full` writes them."
FIELDS = (
    "model metric value unit standard_error n dataset split seed epochs parameters seconds device "
    "threads torch revision"
).split()
COLUMNS = {
    "model": "left",
    "metric": "left",
    "value": "right",
    "n": "right",
    "measured on": "left",
    "epochs": "right",
    "parameters": "right",
    "training": "right",
    "on": "left",
    "revision": "left",
}


def read(folder):
    """{lesson: its records, in a stable order} of a folder of results files.

    Raises:
        ValueError: a file is no results file; the message names it and what is wrong.
    """
    lessons = {}
    for path in sorted(folder.glob("*.json")):
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            lesson, records = held["lesson"], held["records"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: expected lesson and records, got {error!r}") from None
        for place, record in enumerate(records):
            missing = [field for field in FIELDS if field not in record]
            if missing:
                raise ValueError(f"{path}: record {place} lacks {', '.join(missing)}")
        keys = ("model", "metric", "dataset", "split", "seed")
        if lesson != "bench":  # which has an order of its own
            records = sorted(records, key=lambda record: [str(record[key]) for key in keys])
        lessons[lesson] = records
    return lessons


def number(value, error=None):
    """A value to the digits that its standard error allows: two to four decimals."""
    if value is None:
        return ""
    if error is None:
        whole = float(value).is_integer() and abs(value) < 1e15
        return f"{value:,.0f}" if whole else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4f}"
    decimals = 2
    if error > 0:
        decimals = min(4, max(2, 1 - math.floor(math.log10(error))))
    return f"{value:,.{decimals}f} ± {error:.{decimals}f}"


def duration(seconds):
    """Seconds as people say them."""
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def value(record):
    """A record's number: with its error over examples, then that of its mean over seeds."""
    said = f"{number(record['value'], record['standard_error'])} {record['unit']}".strip()
    if record.get("seeds"):
        mean = sum(record["seed_values"]) / len(record["seed_values"])
        said += f"; {record['seeds']} seeds: {number(mean, record['seed_error'])}"
    return said


def measured_on(record):
    """The data that a record is on, in words."""
    return ", ".join(str(part) for part in (record["dataset"], record["split"]) if part)


def row(record):
    """The cells of one record."""
    threads, source = record["threads"], record.get("continued_from")
    return {
        "model": f"`{record['model']}`",
        "metric": f"`{record['metric']}`",
        "value": value(record),
        "n": number(record["n"]),
        "measured on": measured_on(record),
        "epochs": number(record["epochs"]) + (f" after `{source}`" if source else ""),
        "parameters": number(record["parameters"]),
        "training": duration(record["seconds"]),
        "on": f"{record['device']}, {threads} thread{'' if threads == 1 else 's'}",
        "revision": str(record["revision"]),
    }


def table(records):
    """A Markdown table of one lesson's records."""
    lines = [" | ".join(COLUMNS)]
    lines.append(" | ".join("---:" if side == "right" else "---" for side in COLUMNS.values()))
    lines += [" | ".join(row(record)[column] for column in COLUMNS) for record in records]
    return "\n".join(f"| {line} |" for line in lines)


def speed_table(records):
    """A Markdown table of the bench: what was compared, the ratio and its spread, both times."""
    lines = ["| ours against | times as fast | of the rounds | asked | theirs | ours |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for one in (record for record in records if "ours" in record):
        asked = "" if one["asked"] is None else f"{one['asked']:g}"
        times = f"{one['theirs']:.4g} s | {one['ours']:.4g} s"
        spread = f"{one['least']:.2f} to {one['most']:.2f}"
        lines.append(f"| {one['label']} | {one['value']:.2f} | {spread} | {asked} | {times} |")
    lines += ["", "| measured beside them | value |", "| --- | ---: |"]
    for one in (record for record in records if "ours" not in record):
        value = number(one["value"], one["standard_error"])
        lines.append(f"| {one['label']} | {value} {one['unit']} |")
    first, rates = records[0], records[0]["products_gflops"]
    kind = "bfloat16" if first["bfloat16"] else "float32"
    lines += [
        "",
        f"On {first['threads']} threads of one CPU, torch {first['torch']}, revision "
        f"{first['revision']}; the course took {kind}, the peers float32. This CPU's own products: "
        f"{rates['float32']:.0f} GFLOP/s in float32, {rates['bfloat16']:.0f} in bfloat16.",
    ]
    lines += [f"- {one['label']}: {one['note']}." for one in records if one.get("note")]
    return "\n".join(lines)


def generate(folder):
    """All tables of a folder of records, in Markdown."""
    parts = []
    for lesson, records in read(folder).items():
        if records:
            made = speed_table if lesson == "bench" else table
            parts.append(f"**{lesson}**\n\n{made(records)}")
    return "\n\n".join(parts) or NONE
