"""Speed of training and scoring on this machine, as ratios taken in one run: ``make bench``.

Each number is the median of rounds in which the two sides alternate, so that a busy machine slows
both. The whole bench takes some minutes and writes data/results/bench.json; ``--quick`` takes the
stand-in digits and a few images, and writes nothing.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from normalise import write_atomically
from PIL import Image
from torchvision import transforms

from course_utils import data, evaluation, lesson, losses, nets, settings, training

SEED = 2024
SAMPLES = 5_000


class ItemByItem(torch.utils.data.Dataset):
    """Images as torchvision's MNIST gives them: array -> PIL image -> ToTensor, one at a time."""

    def __init__(self, images):
        self.images, self.transform = images.squeeze(1), transforms.ToTensor()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        return self.transform(Image.fromarray(self.images[place].numpy()))


def vae(mixed_precision):
    """784-400-20-400-784, the same weights each time."""
    torch.manual_seed(SEED)
    return nets.VAE(
        nets.MLPEncoder((1, 28, 28), (400,), 20),
        nets.MLPDecoder(20, (400,), (1, 28, 28)),
        nets.StandardNormal(20),
        nets.Bernoulli(),
        mixed_precision,
    )


def plain_log_weights(model, x, num_samples):
    """log w as tutorials write it, all samples in one batch: what log_weights is held against."""
    mu, log_var = model.encode(x)
    z = model.reparameterise(mu, log_var, num_samples)
    logits = model.decode(z)
    bce = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    log_p_x = -bce.flatten(2).sum(2)
    return log_p_x + model.prior.log_prob(z) - losses.gaussian_log_prob(z, mu, log_var)


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ratio_of(slow, fast):
    """(median of the rounds' ratios, least, most)."""
    ratios = [a / b for a, b in zip(slow, fast, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)


def train(images, test, epochs):
    """Seconds of each epoch of both loops, the test -ELBO of each image for both, our model.

    The usual loop: DataLoader, float32, the loss as tutorials write it, Adam as it comes. Its
    epochs run between those of ours.
    """
    plain, model = vae(mixed_precision=False), vae(mixed_precision=True)
    loader = torch.utils.data.DataLoader(ItemByItem(images), 128, shuffle=True)
    optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3)

    def usual_epoch():
        for x in loader:
            x = torch.bernoulli(x)
            mu, log_var = plain.encode(x)
            logits = plain.decode(plain.reparameterise(mu, log_var))
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
            optimizer.zero_grad()
            ((bce + kl) / len(x)).backward()
            optimizer.step()

    slow, fast, start = [], [], time.perf_counter()

    def on_epoch(epoch, model):
        nonlocal start
        fast.append(time.perf_counter() - start)
        slow.append(timed(usual_epoch))
        start = time.perf_counter()

    batches = data.Batches(images, 128, SEED, data.binarise)
    options = {"lr": 1e-3, "schedule": "constant", "progress": False, "on_epoch": on_epoch}
    training.fit(model, lambda model, x: model(x), batches, epochs=epochs, **options)
    losses = []
    for trained in (plain, model):
        torch.manual_seed(SEED)
        losses.append(sum(evaluation.rate_distortion(trained.eval(), test)))
    return slow, fast, losses, model


def score(model, images, rounds, samples, singles):
    """Seconds an image by rounds (loop over images, over single samples, ours); peak memory."""
    plain = vae(mixed_precision=False)
    plain.load_state_dict(model.state_dict())

    @torch.no_grad()
    def over_images():
        for x in images.split(1):
            log_w = plain_log_weights(plain, x, samples)
            log_w.logsumexp(0).sub(math.log(samples)).item()

    @torch.no_grad()
    def over_samples():
        log_w = torch.cat([plain_log_weights(plain, images[:1], 1) for _ in range(singles)])
        log_w.logsumexp(0).item()

    def ours():
        evaluation.log_likelihood(model.log_weights, images, samples, progress=False)

    count = len(images)
    sides = {"images": (over_images, count), "ours": (ours, count)}
    sides["samples"] = (over_samples, singles / samples)
    seconds = {name: [] for name in sides}
    ours()  # first, so that the peak is not that of the loops
    peak = peak_megabytes()
    for _ in range(rounds):
        for name, (call, number) in sides.items():
            seconds[name].append(timed(call) / number)
    return seconds, peak


def peak_megabytes():
    """Most memory that this process held at any time; 0 on Windows, where nothing tells."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def records(found, peak, losses, rounds, model, samples):
    """The bench's results of record: what :func:`main` prints, field by field."""
    parameters = sum(value.numel() for value in model.parameters())
    shared = {"model": "vae_fc20", "dataset": "mnist", "split": "test", "seed": SEED}
    shared |= {"epochs": rounds, "parameters": parameters, "seconds": None, "standard_error": None}
    shared |= {"device": "cpu", "threads": torch.get_num_threads()}
    shared |= {"torch": torch.__version__.split("+")[0], "revision": lesson._revision()}
    shared |= {"bfloat16": settings.has_bfloat16("cpu"), "num_samples": samples}
    made = [
        {"metric": metric, "value": middle, "unit": "times", "n": rounds, "least": a, "most": b}
        for metric, (middle, a, b) in found.items()
    ]
    difference = (losses[1] - losses[0]).double()
    mean, error = evaluation.mean_and_error(difference)
    one = {"metric": "neg_elbo_minus_loop", "value": mean, "unit": "nats"}
    made.append(one | {"standard_error": error, "n": len(difference)})
    made.append({"metric": "scoring_peak_memory", "value": peak, "unit": "MB", "n": 1})
    made[0] |= {"split": "train"}
    return [shared | record for record in made]


def table(found, peak, losses, seconds):
    """The lines to print: ratio, its spread, and the seconds of both sides."""
    names = {
        "epoch_speedup": "epoch of training, against DataLoader + ToTensor",
        "scoring_speedup": "log-likelihood, against a loop over images",
        "scoring_speedup_single_samples": "log-likelihood, against a loop over samples",
    }
    lines = [f"{'':<50} {'ratio':>8} {'least':>8} {'most':>8} {'loop':>9} {'ours':>9}"]
    for metric, (middle, least, most) in found.items():
        slow, fast = (statistics.median(part) for part in seconds[metric])
        numbers = f"{middle:8.2f} {least:8.2f} {most:8.2f} {slow:7.3f} s {fast:7.3f} s"
        lines.append(f"{names[metric]:<50} {numbers}")
    slow, fast = (part.mean().item() for part in losses)
    lines.append(f"{'test -ELBO after these epochs, nats':<50} {'':26} {slow:9.2f} {fast:9.2f}")
    lines.append(f"{'peak memory of the process while scoring, MB':<50} {'':36} {peak:9.0f}")
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="stand-in, few images, no record")
    parser.add_argument("--rounds", type=int, default=3, help="epochs, and rounds of scoring")
    asked = parser.parse_args(arguments)
    os.environ["COURSE_DEVICE"] = "cpu"
    if asked.quick:
        os.environ["COURSE_PROFILE"] = "smoke"
    rounds = max(2, asked.rounds)
    num_images, samples, singles = (4, 200, 50) if asked.quick else (64, SAMPLES, 1_000)
    dataset = data.load("mnist")
    if not asked.quick and (dataset.is_stand_in or dataset.is_piece):
        sys.exit(
            f"bench: it needs all of MNIST, but found this. {dataset.announcement} "
            "data/README.md says where the file goes; --quick takes the stand-in."
        )
    bfloat16 = "in hardware" if settings.has_bfloat16("cpu") else "none"
    print(dataset.announcement)
    print(
        f"Threads: {torch.get_num_threads()}; bfloat16: {bfloat16}; rounds: {rounds}.", flush=True
    )
    test = data.fixed_binarised(dataset.test_images)
    slow, fast, losses, model = train(dataset.train_images, test, rounds)
    scored, peak = score(model, test[:num_images], rounds, samples, singles)
    seconds = {
        "epoch_speedup": (slow, fast),
        "scoring_speedup": (scored["images"], scored["ours"]),
        "scoring_speedup_single_samples": (scored["samples"], scored["ours"]),
    }
    found = {metric: ratio_of(*pair) for metric, pair in seconds.items()}
    print("\n".join(table(found, peak, losses, seconds)))
    if not asked.quick:
        made = records(found, peak, losses, rounds, model, samples)
        path = settings.results_dir() / "bench.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({"lesson": "bench", "records": made}, indent=1) + "\n")
        print(f"Written: {path.parent.name}/{path.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
