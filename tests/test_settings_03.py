"""How lesson 03's settings are tried: on stand-in data, in seconds."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from course_utils import data, records
from tools.lessons import settings_03


def test_each_setting_is_trained_once_scored_and_compared(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    patches = data.load("cifar10")
    few = dataclasses.replace(patches, train_images=patches.train_images[:400])
    monkeypatch.setattr(data, "load", lambda name: few)
    short = {"tried": ((2e-3, 2), (1e-6, 1)), "of_record": (2e-3, 2)}
    recipes = {
        name: dataclasses.replace(recipe, **short) for name, recipe in settings_03.RECIPES.items()
    }
    monkeypatch.setattr(settings_03, "RECIPES", recipes)
    assert settings_03.main([]) == settings_03.main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4, "a training was repeated, or left out"
    frame = records.tried("03").set_index(["model", "lr"]).sort_index()
    assert frame.of_record.tolist() == [False, True] * 2 and set(frame.n) == {100}
    for model in settings_03.RECIPES:
        slow, fast = frame.loc[(model, 1e-6)], frame.loc[(model, 2e-3)]
        assert fast.value < slow.value - 1, "training did not learn"
        assert slow.above_best == pytest.approx(slow.value - fast.value)


@pytest.mark.parametrize("name", settings_03.RECIPES)
def test_the_nets_differ_in_their_variance_alone(name):
    torch.manual_seed(0)
    model = settings_03.made(name)
    torch.manual_seed(0)
    other = settings_03.made("vae_colour16")
    shared = name.endswith("shared")
    assert all(value.equal(model.state_dict()[key]) for key, value in other.state_dict().items())
    x = data.to_signed(torch.full((1, 3, 32, 32), 128, dtype=torch.uint8))
    variance = settings_03.START if shared else 0.5
    constant = 1_536 * math.log(2 * math.pi * variance)
    mu = torch.zeros_like(x)
    error = x.square().sum() / (2 * variance)
    torch.testing.assert_close(-model.likelihood.log_prob(x, mu), (error + constant)[None])


def test_the_committed_file_is_what_the_tool_writes():
    """Every score has its paired difference, and every setting tried is one of the recipes'."""
    frame = records.tried("03")
    known = {(name, *pair) for name, recipe in settings_03.RECIPES.items() for pair in recipe.tried}
    assert set(zip(frame.model, frame.lr, frame.epochs, strict=True)) <= known
    assert frame.attrs["validation"] == settings_03.VALIDATION
    for _, part in frame.groupby("model"):
        np.testing.assert_allclose(part.above_best, part.value - part.value.min(), atol=1e-9)
