"""``make bench``: the table of ratios, and what it writes."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from course_utils import settings
from tools.lessons import results_table
from tools.speed import bench, growth, peers

BENCH = [sys.executable, "-m", "tools.speed.bench"]


def run_bench(tmp_path, *options, **environment):
    return subprocess.run(
        [*BENCH, *options],
        cwd=settings.root(),
        env=os.environ | {"OMP_NUM_THREADS": "1", "COURSE_OUTPUT_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_quick_prints_the_table_and_writes_nothing(tmp_path):
    run = run_bench(tmp_path, "--quick", "--rounds", "2")
    assert run.returncode == 0, run.stderr
    assert "stand-in" in run.stdout.splitlines()[0]
    rows = re.findall(
        r"^(\S.+?) {2,}([\d.]+) +([\d.]+) +([\d.]+)[ \d.]+ s +[\d.]+ s$", run.stdout, re.M
    )
    labels = [label for label, *_ in rows]
    for words in ("DataLoader", "broadcast differences", "naive sampler"):
        assert any(words in label for label in labels), labels
    for package, words in (
        ("pythae", "get_nll"),
        ("zuko", "MAF"),
        ("vector_quantize_pytorch", "step"),
    ):
        assert any(words in label for label in labels) == (find_spec(package) is not None)
    for _, middle, least, most in rows:
        assert 0 < float(least) <= float(middle) <= float(most)
    speeds = {label: float(middle) for label, middle, *_ in rows}
    assert speeds["quantiser, nearest code: broadcast differences"] > 5  # slow on every machine
    [less] = re.findall(r"ours minus loop +(-?[\d.e-]+) nats", run.stdout)
    assert abs(float(less)) < 10
    assert run.stdout.count("exponent at the end") == 3
    assert list(tmp_path.iterdir()) == []


def test_without_mnist_it_says_so(tmp_path):
    run = run_bench(tmp_path, COURSE_DATA_DIR=str(tmp_path / "none"), COURSE_PROFILE="laptop")
    assert run.returncode == 1
    assert "bench: it needs all of MNIST" in run.stderr and "stand-in" in run.stderr
    assert list(tmp_path.iterdir()) == []


def found(metric, theirs, ours, **more):
    return bench.Found(metric, f"label of {metric}", theirs, ours, **more)


def test_ratios_are_of_each_round():
    one = found("a", [4.0, 9.0, 1.0], [1.0, 3.0, 1.0])
    assert one.ratio == (3.0, 1.0, 4.0)


def test_sides_alternate_after_one_call_each():
    calls = []
    sides = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = bench.alternate(sides, 3)
    assert calls == list("ab") * 4
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 3, "b": 3}


def test_records_hold_every_field_and_make_the_table(tmp_path):
    compared = [found("a", [4.0, 8.0], [2.0, 2.0], target=4, note="why")]
    singles = [{"metric": "b", "label": "label of b", "value": 0.125, "unit": "s", "n": 5}]
    made = bench.records(compared, singles, {"float32": 100.0, "bfloat16": 50.0}, 2)
    assert all(set(results_table.FIELDS) <= set(record) for record in made)
    (tmp_path / "bench.json").write_text(json.dumps({"lesson": "bench", "records": made}))
    text = results_table.generate(tmp_path)
    assert "| label of a | 3.00 | 2.00 to 4.00 | 4 | 6 s | 2 s |" in text
    assert "| label of b | 0.1250 s |" in text and "- label of a: why." in text
    assert "100 GFLOP/s in float32, 50 in bfloat16" in text


def test_growth_finds_the_exponent():
    curves = {"batch": ([1, 10, 100], [5.0, 0.02, 2.0], [300.0, 300.0, 400.0])}
    assert growth.slope(*curves["batch"][:2]) == pytest.approx(2)
    assert "exponent at the end 2.00, memory 300 to 400 MB" in growth.lines(curves)[0]
    (record,) = growth.records(curves)
    assert record["value"] == pytest.approx(2) and record["curve"]["at"] == [1, 10, 100]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing tells a process's peak there")
def test_peak_memory_is_of_another_process():
    assert 50 < growth.peak_megabytes("batch", 16) < 8_000


def test_missing_peers_are_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert peers.missing() == ["pythae", "zuko", "vector-quantize-pytorch"]
