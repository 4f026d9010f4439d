"""Results as a table, and the settings that were tried."""

import json

import pandas as pd
import pytest
import torch

from course_utils import numbering, records, settings
from course_utils.lesson import start


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def profile(monkeypatch):
    return lambda name: monkeypatch.setenv("COURSE_PROFILE", name)


def shown(lesson, capsys, *pairs, **options):
    """What ``lesson.results`` prints, without its caption."""
    capsys.readouterr()
    lesson.results(*pairs, says="c", **options)
    return capsys.readouterr().out.splitlines()[1:]


def recorded(lesson):
    lesson.record("vae", "rate", torch.tensor([1.0, 3.0]), dataset="full1")
    lesson.record("vae", "units", 2, unit="latents", dataset="full1")
    lesson.record("ae", "rate", torch.tensor([2.0, 6.0]), dataset="full1")
    return lesson


def test_results_are_what_was_recorded_so_far(profile, capsys):
    profile("smoke")
    lesson = start("01")
    with pytest.raises(ValueError, match="pairs: expected a result that was recorded, got none"):
        lesson.results(says="c")
    recorded(lesson)
    head, _, *rows = shown(lesson, capsys)
    assert head.split() == ["model", "metric", "this", "run", "(n)"]
    assert [row.split() for row in rows] == [
        ["vae", "rate", "(nats)", "2.0", "±", "1.0", "(2)"],
        ["vae", "units", "(latents)", "2", "(1)"],
        ["ae", "rate", "(nats)", "4.0", "±", "2.0", "(2)"],
    ]


def test_results_of_the_pairs_and_models_asked_for(profile, capsys):
    profile("smoke")
    lesson = recorded(start("01"))
    asked = shown(lesson, capsys, ("ae", "rate"), "vae", ("vae", "rate"))[2:]
    assert [row.split()[:2] for row in asked] == [["ae", "rate"], ["vae", "rate"], ["vae", "units"]]
    for wrong in ("iwae", ("ae", "units"), ("ae",), 3):
        with pytest.raises(ValueError, match=r"pairs: expected some of .*vae rate.*, got"):
            lesson.results(wrong, says="c")


def test_the_record_the_literature_and_the_limit_stand_beside(profile, capsys):
    profile("full")
    recorded(start("01"))
    profile("laptop")
    lesson = start("01")
    lesson.record("vae", "rate", torch.tensor([1.0, 2.0]), dataset="full1")
    options = {"literature": {("vae", "rate"): "3.1 ± 0.1 (A. Author 2020)"}}
    options["limits"] = {("vae", "rate"): 1.25}
    head, _, *rows = shown(lesson, capsys, **options)
    for name in ("this run (n)", "of record (n)", "literature", "known limit"):
        assert name in head
    assert "over seeds" not in head
    assert rows[0].split("  ")[-1].strip() == "1.250"
    for said in ("1.5 ± 0.5 (2)", "2.0 ± 1.0 (2)", "3.1 ± 0.1 (A."):
        assert said in " ".join(" ".join(rows).split())
    profile("smoke")  # stand-ins are not beside numbers of record
    assert "of record" not in " ".join(shown(recorded(start("01")), capsys))


def test_one_dict_of_literature_serves_several_tables(profile, capsys):
    profile("smoke")
    lesson = recorded(start("01"))
    told = {("vae", "rate"): "3.1", ("vae", "bits"): "8.2"}
    rows = shown(lesson, capsys, ("vae", "rate"), literature=told)[2:]
    assert [row.split()[-1] for row in rows] == ["3.1"]


# Settings that were tried

VALIDATION = {"dataset": "mnist", "split": "the last 5,000 training images", "n": 5_000}
COMMAND = "python -m tools.lessons.settings_02"


def put(lr, score, **options):
    options = {"command": COMMAND, "validation": VALIDATION} | options
    setting = {"model": "vae_fc20", "lr": lr, "epochs": 20}
    records.put_setting("02", setting, {"neg_elbo": score, "seconds": 3.5}, **options)


def test_settings_are_kept_and_come_back_as_a_frame(folder):
    put(3e-3, 97.5)
    put(1e-3, 98.5)
    put(3e-3, 97.25)  # tried again: in the place of the first
    found = start("02").tried()
    assert isinstance(found, pd.DataFrame)
    assert found[["lr", "neg_elbo"]].values.tolist() == [[0.001, 98.5], [0.003, 97.25]]
    name = numbering.stem("02")
    assert found.attrs == {"lesson": name, "command": COMMAND, "validation": VALIDATION}
    (path,) = folder.rglob("*.json")
    assert path == settings.results_dir() / "settings" / "02.json"
    held = path.read_bytes()
    put(3e-3, 97.25)
    assert path.read_bytes() == held and json.loads(held)["trainings"][0]["epochs"] == 20


def test_settings_are_shown_as_a_table_where_a_caption_is_given(capsys):
    for lr, score, above in ((3e-3, 97.5, 0.0), (1e-3, 98.25, 0.75)):
        setting = {"model": "vae_fc20", "lr": lr, "epochs": 20}
        scores = {"value": score, "standard_error": 0.5, "of_record": lr == 3e-3}
        scores |= {"above_best": above, "above_best_error": 0.25}
        records.put_setting("02", setting, scores, command=COMMAND, validation=VALIDATION)
    lesson = start("02")
    capsys.readouterr()
    silent = lesson.tried()
    assert capsys.readouterr().out == ""
    assert lesson.tried(says="What was tried.").equals(silent)
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["vae_fc20", "0.0010", "20", "98.2", "±", "0.5", "0.75", "±", "0.25", "–"] in told
    assert ["vae_fc20", "0.0030", "20", "97.5", "±", "0.5", "0.00", "±", "0.25", "yes"] in told


def test_scores_on_other_data_do_not_mix():
    put(3e-3, 97.5)
    with pytest.raises(ValueError, match="validation: expected .*5000.* got .*4000"):
        put(1e-3, 97.5, validation=VALIDATION | {"n": 4_000})


def test_a_lesson_without_settings_says_so():
    with pytest.raises(ValueError, match="number: expected a lesson whose settings are in"):
        start("01").tried()
