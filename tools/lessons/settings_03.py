"""How the settings of lesson 03 compare on validation images: ``data/results/settings/03.json``.

``python -m tools.lessons.settings_03 [--only vae_colour16]`` trains the lesson's two nets with
several learning rates on 45,000 training images of CIFAR-10 and scores them on the other 5,000. The
trainings are short: they show which rate learns best at first. The test images are not touched. A
training that is in the file is not repeated.
"""

import math
import sys

import torch

from course_utils import data, evaluation, nets, settings
from tools import console
from tools.lessons import settings_trials
from tools.lessons.settings_trials import NUM_VALIDATION, SPLIT_SEED, Recipe

NUMBER, DATASET, SEED, NUM_SAMPLES = "03", "cifar10", 2024, 5
MODULE = "tools.lessons.settings_03"
START = 0.07  # of the shared variance: about that of the linear VAE
RATES = ((2e-3, 1), (4e-3, 1), (1e-3, 1))

RECIPES = {
    "vae_colour16": Recipe(RATES, of_record=(2e-3, 16)),
    "vae_colour16_shared": Recipe(RATES, of_record=(2e-3, 16)),
}


def made(name):
    """The net of that name, untrained: with variance 1/2, or with one that is learnt."""
    model = nets.colour_vae()
    if name == "vae_colour16_shared":
        model.likelihood = nets.Gaussian(event_dim=3, variance="shared")
        with torch.no_grad():
            model.likelihood.log_var.fill_(math.log(START))
    return model


def prepared(validation):
    """The validation images on the grid of levels in [-1, 1]."""
    return data.to_signed(validation)


def train_and_score(name, lr, epochs, images, validation, seed=SEED):
    """Train one net, and score it on the validation images: (-ELBO (N,), its History), nats."""
    x = validation.to(settings.device())
    options = {"epochs": epochs, "lr": lr, "clip_norm": 200.0}
    options["description"] = f"{name} {lr:g} {epochs}"
    loss = nets.VAE.__call__
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = made(name)
        history = settings_trials.trained(model, loss, images, x, data.flipped, seed, **options)
        values = -evaluation.log_likelihood(model.log_weights, x, NUM_SAMPLES).elbo
    return values.double(), history


VALIDATION = {
    "dataset": DATASET,
    "trained_on": "the other training images, each mirrored or not by a coin",
    "scored_on": f"{NUM_VALIDATION:,} images cut from the training set",
    "split_seed": SPLIT_SEED,
    "num_samples": NUM_SAMPLES,
}


def main(arguments=None):
    """Train what is not in the file yet, and write the file after each training."""
    return settings_trials.main(sys.modules[__name__], arguments)


if __name__ == "__main__":
    console.run(main)
