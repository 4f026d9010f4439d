"""How lesson 02's settings are tried: on stand-in data, in seconds."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from course_utils import data, evaluation, records, training
from tools.lessons import settings_02


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """Two short trainings of each of two models, in a folder of their own: the file's path."""
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    short = {"tried": ((1e-2, 2), (1e-5, 1)), "of_record": (1e-2, 2)}
    recipes = {
        name: dataclasses.replace(settings_02.RECIPES[name], **short)
        for name in ("vae_fc20", "ae_fc20")
    }
    monkeypatch.setattr(settings_02, "RECIPES", recipes)
    return tmp_path / "results" / "settings" / "02.json"


def trainings(path):
    return json.loads(path.read_text(encoding="utf-8"))["trainings"]


def test_each_setting_is_trained_once_scored_and_compared(tried, capsys):
    assert settings_02.main(["--only", "ae_fc20"]) == 0
    assert settings_02.main([]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 4, "a training was repeated, or left out"
    frame = records.tried("02").set_index(["model", "lr"]).sort_index()
    assert frame.of_record.tolist() == [False, True] * 2
    for model in ("ae_fc20", "vae_fc20"):
        slow, fast = frame.loc[(model, 1e-5)], frame.loc[(model, 1e-2)]
        assert fast.value < slow.value - 1, "training did not learn"
        assert (fast.above_best, fast.above_best_error) == (0, 0)
        assert slow.above_best == pytest.approx(slow.value - fast.value)
        assert 0 < slow.above_best_error < slow.standard_error
        curve = fast.history
        assert len(curve["training"]) == 2 and len(curve["validation"]) == 3
        assert curve["validation"][-1] < curve["validation"][0]


def test_the_scores_are_on_images_that_no_training_saw(tried, monkeypatch):
    seen = {}

    def spy(name, lr, epochs, images, validation, seed=0):
        seen["images"], seen["validation"] = images, validation
        return torch.rand(len(validation), dtype=torch.float64), training.History(
            epochs={"loss": [1.0]}, evaluations={"validation": [1.0, 1.0]}
        )

    monkeypatch.setattr(settings_02, "train_and_score", spy)
    settings_02.main(["--only", "vae_fc20"])
    mnist = data.load("mnist")
    parts = data.train_validation_split(mnist.train_images, 375, settings_02.SPLIT_SEED)
    assert torch.equal(seen["images"], parts[0])
    assert torch.equal(seen["validation"], data.fixed_binarised(parts[1]))
    assert trainings(tried)[0]["n"] == 375


def test_the_score_is_that_of_the_net(tried, monkeypatch):
    """The -ELBO of a net that ignores z is that of its decoder's bias."""
    mnist = data.load("mnist")
    images, validation = mnist.train_images[:64], data.fixed_binarised(mnist.test_images[:32])
    frozen = lambda *args, **options: training.History()  # noqa: E731
    monkeypatch.setattr(training, "fit", frozen)

    def zeroed(*args):
        model = real(*args)
        for name, weight in model.named_parameters():
            if not name.startswith("decoder.2.bias"):
                torch.nn.init.zeros_(weight)
        return model

    real = settings_02.nets.image_vae
    monkeypatch.setattr(settings_02.nets, "image_vae", zeroed)
    mean = data.to_unit(images).mean(0).clamp(1e-3, 1 - 1e-3)
    cost = torch.nn.functional.binary_cross_entropy(
        mean.expand_as(validation), validation, reduction="none"
    ).sum((1, 2, 3))
    for name in settings_02.RECIPES:
        values, _ = settings_02.train_and_score(name, 1e-3, 1, images, validation)
        torch.testing.assert_close(values, cost.double(), rtol=1e-3, atol=1e-2)
    assert evaluation.mean_and_error(values)[1] > 0


def test_an_unknown_model_is_named(tried, capsys):
    with pytest.raises(SystemExit):
        settings_02.main(["--only", "vae_fc3"])
    assert "expected some of vae_fc20, ae_fc20, got vae_fc3" in capsys.readouterr().err


def test_the_committed_file_is_what_the_tool_writes():
    """Every score has its paired difference, and every setting tried is one of the recipes'."""
    frame = records.tried("02")
    known = {
        (name, lr, epochs)
        for name, recipe in settings_02.RECIPES.items()
        for lr, epochs in recipe.tried
    }
    assert set(zip(frame.model, frame.lr, frame.epochs, strict=True)) <= known
    assert frame.attrs["validation"] == settings_02.VALIDATION
    for _, part in frame.groupby("model"):
        best = part.value.min()
        np.testing.assert_allclose(part.above_best, part.value - best, atol=1e-9)


def test_a_lesson_whose_results_go_elsewhere_reads_the_committed_settings(monkeypatch, tmp_path):
    committed = records.tried("02")
    monkeypatch.setenv("COURSE_OUTPUT_DIR", str(tmp_path))
    assert records.tried("02").equals(committed)
