"""``make bench``: the table of ratios, and what it writes."""

import os
import re
import subprocess
import sys

import pytest
import torch

from course_utils import settings

BENCH = settings.root() / "tools" / "bench.py"


def bench(tmp_path, *options, **environment):
    return subprocess.run(
        [sys.executable, str(BENCH), *options],
        env=os.environ | {"OMP_NUM_THREADS": "1", "COURSE_OUTPUT_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_quick_prints_the_table_and_writes_nothing(tmp_path):
    run = bench(tmp_path, "--quick", "--rounds", "2")
    assert run.returncode == 0, run.stderr
    announcement, setting, header, *rows = run.stdout.splitlines()
    assert "stand-in" in announcement
    assert re.fullmatch(r"Threads: 1; bfloat16: (in hardware|none); rounds: 2\.", setting)
    assert header.split() == ["ratio", "least", "most", "loop", "ours"]
    speeds = [row for row in rows if " against " in row]
    assert [row.split(",")[0] for row in speeds] == ["epoch of training"] + ["log-likelihood"] * 2
    for row in speeds:
        middle, least, most = map(float, row[50:].split()[:3])
        assert 0 < least <= middle <= most
    assert float(speeds[2][50:].split()[0]) > 3  # single samples: slow on every machine
    [elbo] = [row for row in rows if row.startswith("test -ELBO")]
    loop, ours = map(float, elbo[50:].split())
    assert 0 < loop < 784 and abs(loop - ours) < 10
    assert list(tmp_path.iterdir()) == []


def test_without_mnist_it_says_so(tmp_path):
    run = bench(tmp_path, COURSE_DATA_DIR=str(tmp_path / "none"), COURSE_PROFILE="laptop")
    assert run.returncode == 1
    assert "bench: it needs all of MNIST" in run.stderr and "stand-in" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_records_hold_every_field(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH.parent))
    import bench
    import results_table

    losses = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.5, 2.0, 4.0])
    found = {"epoch_speedup": (4.0, 3.0, 5.0), "scoring_speedup": (3.0, 2.0, 4.0)}
    made = bench.records(found, 800.0, losses, 3, torch.nn.Linear(2, 3), 5_000)
    assert [record["metric"] for record in made] == [
        *found,
        "neg_elbo_minus_loop",
        "scoring_peak_memory",
    ]
    assert made[0]["value"] == 4.0 and made[0]["parameters"] == 9
    assert made[2]["value"] == pytest.approx(1 / 6) and made[2]["standard_error"] > 0
    assert all(set(results_table.FIELDS) <= set(record) for record in made)
    assert results_table.table(made).count("\n") == 5
