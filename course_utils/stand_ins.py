"""Offline stand-ins for the data sets, made from files that scikit-learn brings along.

``digits``         1,797 handwritten digits of 8 x 8 pixels, enlarged and centred like MNIST's
``house_numbers``  those digits in random colours on textured ground, neighbours cut at the edge
``photo_patches``  32 x 32 patches of scikit-learn's two sample photographs

Each is a function that gives the four arrays: training images and labels, test images and labels.
Everything is drawn from fixed seeds. Test images come from digits, or image regions, that no
training image has seen.
"""

import numpy as np
from PIL import Image

SOURCE = "scikit-learn's own sample data"
TRAIN_DIGITS = 1_500  # the other 297 are for testing


def binary(arrays):
    """The four arrays of a stand-in, with each pixel drawn once as zero or one."""
    train_images, train_labels, test_images, test_labels = arrays
    generator = np.random.default_rng(1)
    train_images, test_images = (
        (generator.integers(0, 255, images.shape, dtype=np.uint8) < images).astype(np.uint8)
        for images in (train_images, test_images)
    )
    return train_images, train_labels, test_images, test_labels


def _small_digits():
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    images = np.round(digits.images[order] * (255 / 16)).astype(np.uint8)
    return images, digits.target[order].astype(np.int64)


def _enlarged(image, size):
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC))


def digits():
    """Digits of 28 x 28, in grey."""
    images, labels = _small_digits()
    canvas = np.zeros((len(images), 1, 28, 28), np.uint8)
    for target, image in zip(canvas, images, strict=True):
        target[0, 4:24, 4:24] = _enlarged(image, 20)  # MNIST's digits fill 20 x 20 of 28 x 28
    cut = TRAIN_DIGITS
    return canvas[:cut], labels[:cut], canvas[cut:], labels[cut:]


def house_numbers(num_train=4_000, num_test=1_000):
    """Digits of 32 x 32, in colour."""
    images, labels = _small_digits()
    strokes = np.stack([_enlarged(image, 24) for image in images]).astype(np.float32) / 255
    parts = []
    for seed, count, chosen in (
        (1, num_train, slice(0, TRAIN_DIGITS)),
        (2, num_test, slice(TRAIN_DIGITS, None)),
    ):
        parts += _compose(np.random.default_rng(seed), count, strokes[chosen], labels[chosen])
    return tuple(parts)


def _compose(generator, count, strokes, labels):
    """``count`` house numbers; the label is that of the digit in the middle."""
    centre = generator.integers(0, len(strokes), count)
    ink = np.zeros((count, 32, 32), np.float32)
    ink[:, 4:28, 4:28] = strokes[centre]
    neighbour = strokes[generator.integers(0, len(strokes), (2, count))]
    shown = generator.random((2, count)) < 0.5
    shift = generator.integers(0, 3)
    left = neighbour[0, :, :, -6 - shift :] * shown[0, :, None, None]
    right = neighbour[1, :, :, : 6 + shift] * shown[1, :, None, None]
    ink[:, 4:28, : 6 + shift] = np.maximum(ink[:, 4:28, : 6 + shift], left)
    ink[:, 4:28, -6 - shift :] = np.maximum(ink[:, 4:28, -6 - shift :], right)
    ground = generator.uniform(20, 235, (count, 3, 1, 1))
    # The digit's colour keeps away from the ground's, so that it can be read.
    step = generator.uniform(70, 140, (count, 3, 1, 1))
    colour = np.where(ground < 128, ground + step, ground - step)
    slope = generator.uniform(-25, 25, (count, 1, 2))
    axis = np.linspace(-1, 1, 32)
    shade = slope[:, :, :1, None] * axis[:, None] + slope[:, :, 1:, None] * axis
    texture = generator.normal(0, 6, (count, 3, 32, 32))
    mixed = ground + (colour - ground) * ink[:, None] + shade + texture
    return [np.clip(mixed, 0, 255).astype(np.uint8), labels[centre]]


def photo_patches(num_train=4_000, num_test=1_000):
    """Patches of 32 x 32, in colour; the label is the number of the photograph."""
    from sklearn.datasets import load_sample_images

    parts = {"train": ([], []), "test": ([], [])}
    for label, photo in enumerate(load_sample_images().images):
        small = Image.fromarray(photo).resize((320, 214), Image.Resampling.LANCZOS)
        pixels = np.asarray(small)
        for split, region, count in (
            ("train", pixels[:, :224], num_train // 2),
            ("test", pixels[:, 224:], num_test // 2),
        ):
            generator = np.random.default_rng([label, count])
            top = generator.integers(0, region.shape[0] - 31, count)
            side = generator.integers(0, region.shape[1] - 31, count)
            windows = np.lib.stride_tricks.sliding_window_view(region, (32, 32), axis=(0, 1))
            parts[split][0].append(windows[top, side])  # (count, 3, 32, 32)
            parts[split][1].append(np.full(count, label, np.int64))
    arrays = []
    for images, labels in parts.values():
        images, labels = np.concatenate(images), np.concatenate(labels)
        order = np.random.default_rng(3).permutation(len(images))
        arrays += [np.ascontiguousarray(images[order]), labels[order]]
    return tuple(arrays)
