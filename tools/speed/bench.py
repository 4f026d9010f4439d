"""Speed beside the peers on this machine, as ratios taken in one run: ``make bench``.

Two sides of a comparison do the same work on equal networks, data and batches, in turn, so that a
busy machine slows both; a ratio is the median of the rounds' ratios, with the least and the most.
The peers (peers.py) come from the extra ``bench``. The whole takes some minutes and writes
data/results/bench.json, docs/growth.png and the table of docs/results.md; ``--quick`` takes the
stand-in digits and small sizes, compares with whatever peers are installed, and writes nothing.
"""

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass

import torch

from course_utils import data, settings
from course_utils.files import write_whole
from tools import console
from tools.speed import bench_parts, growth, peers

SEED = bench_parts.SEED


@dataclass
class Found:
    """One comparison: seconds of both sides by rounds, what was asked for, and a note."""

    metric: str
    label: str
    theirs: list
    ours: list
    target: float | None = None
    note: str = ""

    @property
    def ratio(self):
        """(median of the rounds' ratios, least, most)."""
        ratios = [a / b for a, b in zip(self.theirs, self.ours, strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)


def alternate(sides, rounds):
    """Seconds of each side by rounds, one after the other in every round; once before, unmeasured.

    Args:
        sides: name -> a function without arguments.
    """
    for call in sides.values():
        call()
    seconds = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def lines(found):
    """The table to print: ratio, its spread, the target, and the seconds of both sides."""
    made = [f"{'ours against':<60}   ratio   least    most  asked     theirs       ours"]
    for one in found:
        middle, least, most = one.ratio
        asked = "" if one.target is None else f"{one.target:g}"
        theirs, ours = (statistics.median(part) for part in (one.theirs, one.ours))
        numbers = f"{middle:8.2f}{least:8.2f}{most:8.2f}{asked:>7}{theirs:9.4f} s{ours:9.4f} s"
        made.append(f"{one.label:<60}{numbers}")
    return made


def records(found, singles, rates, rounds):
    """The bench's results of record, as dicts with every field of the design's table."""
    shared = {"model": "bench", "dataset": "mnist", "split": "none", "seed": SEED, "epochs": None}
    shared |= {"parameters": None, "seconds": None, "standard_error": None, "device": "cpu"}
    shared |= {"threads": torch.get_num_threads(), "torch": torch.__version__.split("+")[0]}
    shared |= {"revision": settings.revision(), "bfloat16": settings.has_bfloat16("cpu")}
    shared |= {"products_gflops": {name: round(rate, 1) for name, rate in rates.items()}}
    made = []
    for one in found:
        middle, least, most = one.ratio
        spread = {"value": middle, "least": least, "most": most, "asked": one.target}
        seconds = {"theirs": statistics.median(one.theirs), "ours": statistics.median(one.ours)}
        label = {"label": one.label, "note": one.note}
        made.append({"metric": one.metric, "unit": "times", "n": rounds} | spread | seconds | label)
    made += singles
    return [shared | record for record in made]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="stand-in, small sizes, no record")
    parser.add_argument("--rounds", type=int, default=5, help="of each comparison, at least 2")
    asked = parser.parse_args(arguments)
    os.environ["COURSE_DEVICE"] = "cpu"
    if asked.quick:
        os.environ["COURSE_PROFILE"] = "smoke"
    rounds, absent = max(2, asked.rounds), peers.missing()
    dataset = data.load("mnist")
    if not asked.quick and (dataset.is_stand_in or dataset.is_piece):
        sys.exit(
            f"bench: it needs all of MNIST, but found this. {dataset.announcement} "
            "data/README.md says where the file goes; --quick takes the stand-in."
        )
    if absent and not asked.quick:
        sys.exit(
            f"bench: {', '.join(absent)} missing; install the peers: pip install -e '.[bench]'"
        )
    places = [settings.results_dir(), settings.root() / "docs"]
    places = [] if asked.quick else places
    refusals = [f"{one}: {reason}" for one in places if (reason := console.why_not(one))]
    if refusals:
        print(f"bench: measured all the same, but not written: {'; '.join(refusals)}.", flush=True)
    rates = bench_parts.product_rates()
    print(dataset.announcement)
    print(
        f"Threads: {torch.get_num_threads()}; rounds: {rounds}; products in float32 "
        f"{rates['float32']:.0f}, in bfloat16 {rates['bfloat16']:.0f} GFLOP/s; the course takes "
        f"{'bfloat16' if settings.has_bfloat16('cpu') else 'float32'}.",
        flush=True,
    )
    found, singles = [], []
    for part in bench_parts.PARTS:
        compared, single = part(dataset, rounds, asked.quick, absent, alternate, rates)
        found += [Found(**one) for one in compared]
        singles += single
        print(f"  {part.__name__} done", flush=True)
    print("\n".join(lines(found)))
    for one in singles:
        print(f"{one['label']:<60}{one['value']:8.4g} {one['unit']}")
    for one in (one for one in found if one.note):
        print(f"{one.label}: {one.note}")
    curves = growth.measure(asked.quick)
    print("\n".join(growth.lines(curves)))
    if not asked.quick and not refusals:
        singles += growth.records(curves)
        made = records(found, singles, rates, rounds)
        path = settings.results_dir() / "bench.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"lesson": "bench", "records": made}, indent=1) + "\n")
        growth.draw(curves, settings.root() / "docs" / "growth.png")
        print(f"Written: {path.parent.name}/{path.name} and docs/growth.png. Next: make results.")
    return 0


if __name__ == "__main__":
    console.run(main)
