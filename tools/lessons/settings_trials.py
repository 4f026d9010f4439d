"""What the commands ``tools.lessons.settings_NN`` share: settings tried on validation images.

Such a module has a dict ``RECIPES`` (name -> :class:`Recipe`), the constants ``NUMBER``,
``DATASET``, ``MODULE``, ``SEED`` and ``VALIDATION``, and two functions:
``prepared(validation)``, the validation images as they are scored, and
``train_and_score(name, lr, epochs, images, validation, seed)`` -> (values (N,), History).
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch

from course_utils import data, evaluation, numbering, records, settings, training

NUM_VALIDATION, SPLIT_SEED, BATCH_SIZE = 5_000, 0, 128


@dataclass(frozen=True)
class Recipe:
    """One model, and the (learning rate, epochs) pairs that are tried for it."""

    tried: tuple
    of_record: tuple  # trained in the lesson on all training images
    metric: str = "neg_elbo"


def trained(model, loss, images, x, transform, seed, **options):
    """Train the model and score the mean loss on x after each epoch, with the same noise."""

    def evaluated(model):
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(SPLIT_SEED)
            values = evaluation.in_parts(lambda part: loss(model, part)["loss"], x)
            return {"validation": values.mean()}

    device = settings.device()
    model.to(device, memory_format=torch.channels_last)
    batches = data.Batches(images, BATCH_SIZE, seed, transform, device=device)
    return training.fit(model, loss, batches, evaluate=evaluated, **options)


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


def main(module, arguments=None):
    """Train what is not in the module's file yet, and write the file after each training."""
    about = module.__doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog=f"python -m {module.MODULE}", description=about)
    parser.add_argument("--only", default="", help="models, with commas between; all by default")
    only = [name for name in parser.parse_args(arguments).only.split(",") if name]
    unknown = sorted(set(only) - set(module.RECIPES))
    if unknown:
        known = ", ".join(module.RECIPES)
        parser.error(f"--only: expected some of {known}, got {', '.join(unknown)}")
    path = settings.results_dir() / "settings" / f"{module.NUMBER}.json"
    lesson = numbering.stem(module.NUMBER)
    kept = settings.checkpoints_dir() / "partial" / lesson / "settings"
    images = data.load(module.DATASET).train_images
    num_validation = min(NUM_VALIDATION, len(images) // 4)
    images, validation = data.train_validation_split(images, num_validation, SPLIT_SEED)
    validation = module.prepared(validation)
    for name in only or module.RECIPES:
        recipe = module.RECIPES[name]
        for lr, epochs in recipe.tried:
            entry = {"model": name, "lr": lr, "epochs": epochs, "seed": module.SEED}
            there = [one for one in _read(path) if one["model"] == name]
            if key(entry) in map(key, there):
                continue
            began = time.time()
            values, history = module.train_and_score(name, lr, epochs, images, validation)
            value, error = evaluation.mean_and_error(values)
            kept.mkdir(parents=True, exist_ok=True)
            np.save(kept / f"{key(entry)}.npy", values.numpy())
            entry |= {"of_record": (lr, epochs) == recipe.of_record, "batch_size": BATCH_SIZE}
            entry |= {"metric": recipe.metric, "value": value, "standard_error": error}
            entry |= {"n": len(values), "trained_on": len(images)}
            entry |= {"seconds": round(history.seconds, 1), "history": curves(history)}
            for one in with_differences([*there, entry], kept):
                asked = {name: one.pop(name) for name in ("model", "lr", "epochs", "seed")}
                about = {"command": f"python -m {module.MODULE}", "validation": module.VALIDATION}
                records.put_setting(module.NUMBER, asked, one, **about)
            print(f"{key(entry)}: {value:.2f} +- {error:.2f} ({time.time() - began:.0f} s)")
            sys.stdout.flush()
    return 0
