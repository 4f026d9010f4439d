"""How the settings of lesson 05 compare on validation images: ``data/results/settings/05.json``.

``python -m tools.lessons.settings_05 [--only gumbel_20x10]`` trains the lesson's net on 55,000
training images of the fixed binary MNIST and scores its discrete bound on the other 5,000: with
three learning rates, for 30 and for 60 epochs, and with inputs of the encoder dropped in training
(the distortion is that of the whole image). The test images are not touched. A training that is in
the file is not repeated.
"""

import sys

import torch

from course_utils import losses, nets, settings
from tools import console
from tools.lessons import settings_trials
from tools.lessons.settings_trials import NUM_VALIDATION, SPLIT_SEED, Recipe

NUMBER, DATASET, SEED = "05", "binarized_mnist", 2024
MODULE = "tools.lessons.settings_05"
NUM_VARIABLES, NUM_CATEGORIES, NUM_DRAWS = 20, 10, 4
FIRST, LAST = 1.0, 0.2  # temperature

RECIPES = {
    "gumbel_20x10": Recipe(((2e-3, 30), (1e-3, 30), (4e-3, 30), (2e-3, 60)), of_record=(2e-3, 60)),
    "gumbel_20x10_dropped": Recipe(((2e-3, 30),), of_record=None),
}
DROPPED = {"gumbel_20x10": 0.0, "gumbel_20x10_dropped": 0.2}  # share of the encoder's inputs


def floats(images, generator=None):
    """Pixels that are binary already."""
    return (images > 0).float()


def made(mean_image):
    """The net, untrained: it begins at the mean image."""
    size, hidden, shape = NUM_VARIABLES * NUM_CATEGORIES, (400, 400), (1, 28, 28)
    encoder = nets.MLPEncoder(shape, hidden, NUM_VARIABLES, "silu", NUM_CATEGORIES)
    decoder = nets.MLPDecoder(size, hidden, shape, activation="silu")
    with torch.no_grad():
        decoder[-2].bias.copy_(mean_image.clamp(1e-3, 1 - 1e-3).logit().flatten())
    return nets.CategoricalVAE(encoder, decoder, NUM_VARIABLES, NUM_CATEGORIES, nets.Bernoulli())


def prepared(validation):
    """The validation images as zeros and ones."""
    return floats(validation)


def relaxed(dropped):
    """The loss that is trained, and the ``on_step`` that moves its temperature.

    Without a gradient it is the discrete model's, for the curve on validation images.
    """
    now = {"temperature": FIRST}

    def on_step(share):
        now["temperature"] = FIRST * (LAST / FIRST) ** share

    def loss(model, x):
        if not torch.is_grad_enabled():
            return model(x)
        logits = model.encode(torch.nn.functional.dropout(x, dropped))
        several = logits.expand(NUM_DRAWS, *logits.shape)
        y = torch.nn.functional.gumbel_softmax(several, now["temperature"])
        distortion = -losses.bernoulli_log_prob(x, model.decode(y), event_dim=3).mean(0)
        rate = losses.categorical_kl_uniform(logits)
        return {"loss": rate + distortion, "rate": rate, "distortion": distortion}

    return loss, on_step


def train_and_score(name, lr, epochs, images, validation, seed=SEED):
    """Train one net, and score it on the validation images: (discrete -ELBO (N,), History)."""
    x = validation.to(settings.device())
    loss, on_step = relaxed(DROPPED[name])
    options = {"epochs": epochs, "lr": lr, "on_step": on_step, "description": f"{name} {epochs}"}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = made(floats(images).mean(0))
        history = settings_trials.trained(model, loss, images, x, floats, seed, **options)
        with torch.no_grad():
            values = torch.stack([model(x)["loss"] for _ in range(4)]).mean(0)
    return values.double(), history


VALIDATION = {
    "dataset": DATASET,
    "trained_on": "the other training images",
    "scored_on": f"{NUM_VALIDATION:,} images cut from the training set",
    "split_seed": SPLIT_SEED,
    "num_samples": 4,
}


def main(arguments=None):
    """Train what is not in the file yet, and write the file after each training."""
    return settings_trials.main(sys.modules[__name__], arguments)


if __name__ == "__main__":
    console.run(main)
