"""How lesson 05's settings are tried: on stand-in data, in seconds."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from course_utils import data, records
from tools.lessons import settings_05

RESULTS = Path(__file__).parents[1] / "data" / "results" / "05_gumbel.json"


def test_each_setting_is_trained_and_its_discrete_bound_followed(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    digits = data.load("binarized_mnist")
    few = dataclasses.replace(digits, train_images=digits.train_images[:400])
    monkeypatch.setattr(data, "load", lambda name: few)
    short = {"tried": ((2e-3, 1),), "of_record": (2e-3, 1)}
    recipes = {
        name: dataclasses.replace(recipe, **short) for name, recipe in settings_05.RECIPES.items()
    }
    monkeypatch.setattr(settings_05, "RECIPES", recipes)
    assert settings_05.main([]) == settings_05.main([]) == 0
    path = tmp_path / "results" / "settings" / "05.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert {one["model"] for one in told["trainings"]} == set(settings_05.RECIPES)
    for one in told["trainings"]:
        curve = one["history"]["validation"]
        assert len(curve) == 2 and curve[1] < curve[0]


@pytest.mark.parametrize("dropped", [0.0, 0.2])
def test_inputs_are_dropped_in_training_alone(dropped):
    torch.manual_seed(0)
    x = (torch.rand(4, 1, 28, 28) < 0.5).float()
    model = settings_05.made(torch.full((1, 28, 28), 0.2))
    seen = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    loss, _ = settings_05.relaxed(dropped)
    loss(model, x)
    with torch.no_grad():
        loss(model, x)
    assert torch.equal(seen[1], x)
    assert torch.equal(seen[0], x) == (dropped == 0)


def test_the_net_of_record_is_the_lesson_s():
    """60 epochs at 2e-3, as the record of the lesson says."""
    _, epochs = settings_05.RECIPES["gumbel_20x10"].of_record
    [record] = [
        one
        for one in json.loads(RESULTS.read_text("utf-8"))["records"]
        if one["model"] == "gumbel_20x10" and one["metric"] == "neg_elbo_discrete"
    ]
    assert record["epochs"] == epochs


def test_the_committed_file_is_what_the_tool_writes():
    frame = records.tried("05")
    known = {(name, *pair) for name, one in settings_05.RECIPES.items() for pair in one.tried}
    assert set(zip(frame.model, frame.lr, frame.epochs, strict=True)) <= known
    assert frame.attrs["validation"] == settings_05.VALIDATION
