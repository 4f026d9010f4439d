"""A small classifier that reads digits and judges pictures: its confidence, and its features.

Built in lesson 02. It judges pictures, not densities: a model can please it and have a bad
likelihood. Say its own accuracy on test images beside whatever it says of others.
"""

import torch
from torch import nn

from course_utils import data, losses, settings, training
from course_utils.nets.arguments import at_least_float32


class DigitJudge(nn.Module):
    """A small classifier that reads digits: ``labels, confidence = judge(images)``.

    ``images`` (N, C, H, W) in [0, 1]; ``confidence`` is the probability of the chosen label. Both
    are (N,), on the CPU.
    """

    def __init__(self, event_shape):
        super().__init__()
        channels, height, width = event_shape
        self.net = nn.Sequential(
            nn.Conv2d(channels, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * -(-height // 4) * -(-width // 4), 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )

    def logits(self, images):
        with settings.autocast():
            return at_least_float32(self.net(images))

    def features(self, images):
        """What its last layer reads, of a part of the images: (B, 128), never in bfloat16."""
        return self.net[:-1](images)

    def forward(self, images):
        confidence, labels = _in_parts(self, self._reads, images)
        return labels, confidence

    def _reads(self, images):
        return tuple(self.logits(images).softmax(-1).max(-1))


@torch.no_grad()
def _in_parts(judge, function, images):
    """``function`` of 2,000 images at a time, on the judge's device, joined on the CPU."""
    device = next(judge.parameters()).device
    found = [function(part.to(device)) for part in images.split(2_000)]
    return [torch.cat([part.cpu() for part in parts]) for parts in zip(*found, strict=True)]


def digit_judge(dataset, seed=0, epochs=3):
    """Train a :class:`DigitJudge` on a data set's training images and labels; deterministic.

    Args:
        dataset: a ``data.Dataset`` of digits.
        seed: of weights and batches; the generator outside is left as it was.
        epochs: passes over the training images.
    """
    device = settings.device()
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        judge = DigitJudge(dataset.train_images.shape[1:]).to(device)
        images, labels = dataset.train_images, dataset.train_labels
        batches = data.Batches(images, 100, seed, data.to_unit, labels=labels, device=device)

        def loss_fn(model, batch):
            images, labels = batch
            error = nn.functional.cross_entropy(model.logits(images), labels, reduction="none")
            return {"loss": error}

        training.fit(judge, loss_fn, batches, epochs=epochs, lr=3e-3, description="judge")
    return judge


def features(judge, images):
    """What the judge's last layer reads of each image: (N, C, H, W) in [0, 1] -> (N, 128), CPU.

    Pictures that it takes for alike lie near each other here, so :func:`frechet_distance` compares
    sets of pictures in these numbers.
    """
    return _in_parts(judge, lambda part: (judge.features(part),), images)[0]


def frechet_distance(features_a, features_b):
    """Squared Frechet distance of two Gaussians fitted to two sets of features, a float.

    |m_a - m_b|^2 + trace(C_a + C_b - 2 (C_a C_b)^(1/2)), means m and covariances C of the sets. The
    trace of the root is the sum of the roots of the eigenvalues of C_a^(1/2) C_b C_a^(1/2); all in
    float64. With few rows it is biased upwards: compare sets of equal size, and state beside it
    what two halves of the test images give.

    Args:
        features_a, features_b: (N, D) and (M, D), more rows than D in each.

    Raises:
        ValueError: another shape, too few rows, or numbers that are not finite.

    Source: Heusel et al. 2017, arXiv:1706.08500, which calls it FID in an Inception net's features.
    """
    fitted = []
    for name, x in (("features_a", features_a), ("features_b", features_b)):
        x = x.detach().cpu().double()
        if x.ndim != 2 or x.shape[1] < 1 or len(x) <= x.shape[1]:
            raise ValueError(
                f"{name}: expected (N, D) with more rows than columns, got {tuple(x.shape)}"
            )
        if not x.isfinite().all():
            raise losses.NotFiniteError(f"{name}: expected finite numbers, got NaN or infinity")
        fitted.append((x.mean(0), x.T.cov(correction=1).reshape(x.shape[1], x.shape[1])))
    (mean_a, cov_a), (mean_b, cov_b) = fitted
    if mean_a.shape != mean_b.shape:
        shapes = f"{len(mean_a)} and {len(mean_b)}"
        raise ValueError(f"features_b: expected as many columns as features_a, got {shapes}")
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * shared
    return max(0.0, distance.item())
