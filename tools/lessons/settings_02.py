"""How the settings of lesson 02 compare on validation images: ``data/results/settings/02.json``.

``python -m tools.lessons.settings_02 [--only vae_fc20,ae_fc20]`` trains each recipe of the lesson
with several learning rates and lengths on 55,000 training images and scores it on the other 5,000,
drawn binary once. The test images are not touched. A training that is in the file is not repeated.
"""

import sys
from dataclasses import dataclass

import torch

from course_utils import data, evaluation, nets, settings
from tools import console
from tools.lessons import settings_trials
from tools.lessons.settings_trials import NUM_VALIDATION, SPLIT_SEED

NUMBER, DATASET, SEED, NUM_SAMPLES = "02", "mnist", 2024, 20
MODULE = "tools.lessons.settings_02"


@dataclass(frozen=True)
class Recipe(settings_trials.Recipe):
    """One model of record of lesson 02."""

    num_latents: int = 20
    kind: str = "fc"


RECIPES = {
    "vae_fc20": Recipe(
        ((3e-3, 20), (6e-3, 20), (1e-3, 20), (3e-3, 60), (6e-3, 60), (3e-3, 10), (6e-3, 10)),
        of_record=(3e-3, 60),
    ),
    "ae_fc20": Recipe(
        ((6e-3, 30), (6e-3, 10), (2e-3, 30), (2e-3, 10)),
        of_record=(6e-3, 30),
        metric="distortion",
    ),
    "vae_fc2": Recipe(
        ((3e-3, 20), (6e-3, 20), (1e-3, 20), (3e-3, 40)), of_record=(3e-3, 40), num_latents=2
    ),
    "vae_cnn20": Recipe(((6e-3, 10), (3e-3, 10)), of_record=(6e-3, 30), kind="conv"),
}


def distortion(model, x):
    """-log p(x|z) at the mean code, (B,), nats: the loss of the autoencoder."""
    return {"loss": -model.likelihood.log_prob(x, model.decode(model.encode(x)[0]))}


def prepared(validation):
    """One binary draw of the validation images."""
    return data.fixed_binarised(validation)


def train_and_score(name, lr, epochs, images, validation, seed=SEED):
    """Train one recipe, and score it on the validation images: (values (N,), its History).

    The values are in nats: -ELBO by 20 draws of z, or the autoencoder's distortion.
    """
    recipe = RECIPES[name]
    loss = distortion if recipe.metric == "distortion" else nets.VAE.__call__
    x = validation.to(settings.device())
    options = {"epochs": epochs, "lr": lr, "description": f"{name} {lr:g} {epochs}"}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        mean_image = data.to_unit(images).mean(0)
        model = nets.image_vae(recipe.num_latents, recipe.kind, mean_image)
        history = settings_trials.trained(model, loss, images, x, data.binarise, seed, **options)
        if recipe.metric == "distortion":
            values = evaluation.in_parts(lambda part: distortion(model, part)["loss"], x)
        else:
            values = -evaluation.log_likelihood(model.log_weights, x, NUM_SAMPLES).elbo
    return values.double(), history


VALIDATION = {
    "dataset": DATASET,
    "trained_on": "the other training images, binary draws made anew each time",
    "scored_on": f"{NUM_VALIDATION:,} images cut from the training set, one binary draw",
    "split_seed": SPLIT_SEED,
    "binarisation_seed": data.BINARISATION_SEED,
    "num_samples": NUM_SAMPLES,
}


def main(arguments=None):
    """Train what is not in the file yet, and write the file after each training."""
    return settings_trials.main(sys.modules[__name__], arguments)


if __name__ == "__main__":
    console.run(main)
