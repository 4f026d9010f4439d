"""How the settings of lesson 02 compare on validation images: ``data/results/settings/02.json``.

``python -m tools.lessons.settings_02 [--only vae_fc20,ae_fc20]`` trains each recipe of the lesson
with several learning rates and lengths on 55,000 training images and scores it on the other 5,000,
drawn binary once. The test images are not touched. A training that is in the file is not repeated.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch

from course_utils import data, evaluation, nets, records, settings, training
from tools import console

LESSON, SEED, BATCH_SIZE, NUM_SAMPLES = "02_vae_mnist", 2024, 128, 20
NUM_VALIDATION, SPLIT_SEED = 5_000, 0
MODULE = "tools.lessons.settings_02"


@dataclass(frozen=True)
class Recipe:
    """One model of record, and the (learning rate, epochs) pairs that are tried for it."""

    num_latents: int
    tried: tuple
    of_record: tuple  # trained in the lesson on all 60,000 images
    kind: str = "fc"
    metric: str = "neg_elbo"


RECIPES = {
    "vae_fc20": Recipe(
        20,
        ((3e-3, 20), (6e-3, 20), (1e-3, 20), (3e-3, 60), (6e-3, 60), (3e-3, 10), (6e-3, 10)),
        of_record=(3e-3, 60),
    ),
    "ae_fc20": Recipe(
        20,
        ((6e-3, 30), (6e-3, 10), (2e-3, 30), (2e-3, 10)),
        of_record=(6e-3, 30),
        metric="distortion",
    ),
    "vae_fc2": Recipe(2, ((3e-3, 20), (6e-3, 20), (1e-3, 20), (3e-3, 40)), of_record=(3e-3, 40)),
    "vae_cnn20": Recipe(20, ((6e-3, 10), (3e-3, 10)), of_record=(6e-3, 30), kind="conv"),
}


def evaluated(model, loss, x):
    """The mean loss on the validation images x, with the same noise after every epoch."""
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(SPLIT_SEED)
        return {"validation": evaluation.in_parts(lambda part: loss(model, part)["loss"], x).mean()}


def distortion(model, x):
    """-log p(x|z) at the mean code, (B,), nats: the loss of the autoencoder."""
    return {"loss": -model.likelihood.log_prob(x, model.decode(model.encode(x)[0]))}


def train_and_score(name, lr, epochs, images, validation, seed=SEED):
    """Train one recipe, and score it on the validation images: (values (N,), its History).

    The values are in nats: -ELBO by 20 draws of z, or the autoencoder's distortion.
    """
    recipe, device = RECIPES[name], settings.device()
    loss = distortion if recipe.metric == "distortion" else nets.VAE.__call__
    x = validation.to(device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        mean_image = data.to_unit(images).mean(0)
        model = nets.image_vae(recipe.num_latents, recipe.kind, mean_image)
        model.to(device, memory_format=torch.channels_last)
        batches = data.Batches(images, BATCH_SIZE, seed, data.binarise, device=device)
        history = training.fit(
            model,
            loss,
            batches,
            epochs=epochs,
            lr=lr,
            evaluate=lambda model: evaluated(model, loss, x),
            description=f"{name} {lr:g} {epochs}",
        )
        if recipe.metric == "distortion":
            values = evaluation.in_parts(lambda part: distortion(model, part)["loss"], x)
        else:
            values = -evaluation.log_likelihood(model.log_weights, x, NUM_SAMPLES).elbo
    return values.double(), history


VALIDATION = {
    "dataset": "mnist",
    "trained_on": "the other training images, binary draws made anew each time",
    "scored_on": f"{NUM_VALIDATION:,} images cut from the training set, one binary draw",
    "split_seed": SPLIT_SEED,
    "binarisation_seed": data.BINARISATION_SEED,
    "num_samples": NUM_SAMPLES,
}


def with_differences(trainings, kept):
    """Each training of one model with its paired difference to the best, where values are kept."""
    best = min(trainings, key=lambda entry: entry["value"])
    told = []
    for entry in trainings:
        paths = [kept / f"{key(one)}.npy" for one in (entry, best)]
        entry = {name: value for name, value in entry.items() if "above_best" not in name}
        if all(path.is_file() for path in paths):
            above = torch.from_numpy(np.load(paths[0]) - np.load(paths[1]))
            entry["above_best"], entry["above_best_error"] = evaluation.mean_and_error(above)
        told.append(entry)
    return told


def _read(path):
    """The trainings in the file, dicts: none where there is no file."""
    return json.loads(path.read_text(encoding="utf-8"))["trainings"] if path.is_file() else []


def curves(history):
    """What training and validation gave after each epoch, to five digits."""
    found = {"training": history.epochs["loss"], "validation": history.evaluations["validation"]}
    return {name: [float(f"{value:.5g}") for value in values] for name, values in found.items()}


def key(entry):
    return "{model}_{lr:g}_{epochs}_{seed}".format(**entry)


def main(arguments=None):
    """Train what is not in the file yet, and write the file after each training."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="models, with commas between; all by default")
    only = [name for name in parser.parse_args(arguments).only.split(",") if name]
    unknown = sorted(set(only) - set(RECIPES))
    if unknown:
        parser.error(f"--only: expected some of {', '.join(RECIPES)}, got {', '.join(unknown)}")
    path = settings.results_dir() / "settings" / "02.json"
    kept = settings.checkpoints_dir() / "partial" / LESSON / "settings"
    mnist = data.load("mnist")
    images, validation = data.train_validation_split(
        mnist.train_images, min(NUM_VALIDATION, len(mnist.train_images) // 4), SPLIT_SEED
    )
    validation = data.fixed_binarised(validation)
    for name in only or RECIPES:
        recipe = RECIPES[name]
        for lr, epochs in recipe.tried:
            entry = {"model": name, "lr": lr, "epochs": epochs, "seed": SEED}
            there = [one for one in _read(path) if one["model"] == name]
            if key(entry) in map(key, there):
                continue
            began = time.time()
            values, history = train_and_score(name, lr, epochs, images, validation)
            value, error = evaluation.mean_and_error(values)
            kept.mkdir(parents=True, exist_ok=True)
            np.save(kept / f"{key(entry)}.npy", values.numpy())
            entry |= {"of_record": (lr, epochs) == recipe.of_record, "batch_size": BATCH_SIZE}
            entry |= {"metric": recipe.metric, "value": value, "standard_error": error}
            entry |= {"n": len(values), "trained_on": len(images)}
            entry |= {"seconds": round(history.seconds, 1), "history": curves(history)}
            for one in with_differences([*there, entry], kept):
                asked = {name: one.pop(name) for name in ("model", "lr", "epochs", "seed")}
                about = {"command": f"python -m {MODULE}", "validation": VALIDATION}
                records.put_setting("02", asked, one, **about)
            print(f"{key(entry)}: {value:.2f} +- {error:.2f} ({time.time() - began:.0f} s)")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    console.run(main)
