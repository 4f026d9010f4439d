"""Data sets: where load looks, what it says of what it found, and what the stand-ins are."""

import dataclasses
import time

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from course_utils import data, downloads, stand_ins
from course_utils.catalogue import DATA_SETS

SHAPES = {name: entry.shape for name, entry in DATA_SETS.items()}
SIZES = {"digits": (1_500, 297), "house_numbers": (4_000, 1_000), "photo_patches": (4_000, 1_000)}


def arrays_for(name, train=6, test=4, seed=0):
    """A small data set of the right form."""
    generator = np.random.default_rng(seed)
    most = 2 if name == "binarized_mnist" else 256
    made = []
    for count in (train, test):
        made.append(generator.integers(0, most, (count, *SHAPES[name]), dtype=np.uint8))
        made.append(
            np.full(count, -1) if most == 2 else generator.integers(0, 10, count, dtype=np.int64)
        )
    return made


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty data folder in laptop, on line; every official set has 6 + 4 images."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    monkeypatch.setenv("COURSE_OFFLINE", "0")
    for name, entry in DATA_SETS.items():
        few = entry.of_record and 2
        small = dataclasses.replace(entry, train=6, test=4, of_record=few)
        monkeypatch.setitem(DATA_SETS, name, small)
    return tmp_path


@pytest.fixture
def fetched(monkeypatch):
    """A source that works; the names it was asked for."""
    asked = []

    def fetch(entry, folder):
        asked.append(entry.name)
        return arrays_for(entry.name, seed=1)

    monkeypatch.setattr(downloads, "fetch", fetch)
    return asked


@pytest.fixture
def no_network(monkeypatch):
    def fetch(entry, folder):
        raise downloads.NoNetwork("no route")

    monkeypatch.setattr(downloads, "fetch", fetch)


def tensors(dataset):
    return [getattr(dataset, key) for key in data.ARRAYS]


def holds(dataset, arrays):
    return all(
        tensor.equal(torch.from_numpy(array))
        for tensor, array in zip(tensors(dataset), arrays, strict=True)
    )


# --- where load looks ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", data.NAMES)
@pytest.mark.parametrize("profile", ("laptop", "full"))
def test_a_prepared_file_comes_first(place, fetched, monkeypatch, name, profile):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    data.save_arrays(place / f"{name}.npz", arrays_for(name))
    dataset = data.load(name)
    assert holds(dataset, arrays_for(name)) and not fetched
    assert (dataset.name, dataset.is_stand_in, dataset.is_piece) == (name, False, False)
    assert dataset.source == f"file {name}.npz"
    assert data.is_complete(name)
    assert data.load(name) is dataset  # not read twice


def test_a_file_that_changes_is_read_again(place, fetched):
    path = place / "mnist.npz"
    data.save_arrays(path, arrays_for("mnist"))
    data.load("mnist")
    time.sleep(0.02)  # the file system's clock
    data.save_arrays(path, arrays_for("mnist", seed=5))
    assert holds(data.load("mnist"), arrays_for("mnist", seed=5))


@pytest.mark.parametrize("name", data.NAMES)
def test_then_a_download_which_is_kept(place, fetched, monkeypatch, name):
    assert not data.is_complete(name)
    first = data.load(name)
    assert holds(first, arrays_for(name, seed=1)) and fetched == [name]
    assert not first.is_stand_in and first.source == "the official files"
    assert [path.name for path in place.iterdir()] == [f"{name}.npz"]
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert holds(data.load(name), arrays_for(name, seed=1)) and fetched == [name]


@pytest.mark.parametrize("name", data.NAMES)
def test_then_the_stand_in_said_aloud(place, no_network, name):
    dataset = data.load(name)
    stand_in = DATA_SETS[name].stand_in.__name__
    assert dataset.is_stand_in and not dataset.is_piece
    train, test = SIZES[stand_in]
    assert dataset.announcement == (
        f"Data: the stand-in '{stand_in}' for {name}, {train:,} training and {test:,} test images."
    )
    assert dataset.why == f"There is no {name}.npz, and it could not be fetched (no route)."
    assert not list(place.iterdir())
    assert not data.is_complete(name)


def test_offline_nothing_is_asked_for(place, fetched, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    dataset = data.load("mnist")
    assert dataset.is_stand_in and not fetched
    assert dataset.why == "There is no mnist.npz, and COURSE_OFFLINE=1 forbids the download."
    assert dataset.train_images is data.stand_in("mnist").train_images  # not built twice


def test_a_stand_in_can_be_asked_for(place, fetched, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    dataset = data.stand_in("svhn")
    assert dataset.is_stand_in and dataset.train_images.shape == (4_000, 3, 32, 32)
    assert not fetched
    with pytest.raises(ValueError, match="name: expected one of"):
        data.stand_in("house_numbers")


def test_smoke_always_takes_the_stand_in(place, fetched, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    data.save_arrays(place / "mnist.npz", arrays_for("mnist"))
    (place / "svhn.npz").write_bytes(b"damaged")
    assert data.load("mnist").is_stand_in and data.load("svhn").is_stand_in
    assert not fetched
    assert data.load("mnist") is data.load("mnist")  # not built twice


@pytest.mark.parametrize("offline", ("0", "1"))
def test_full_without_data_fails(place, no_network, monkeypatch, offline):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    monkeypatch.setenv("COURSE_OFFLINE", offline)
    with pytest.raises(data.DataError) as caught:
        data.load("mnist")
    message = str(caught.value)
    for phrase in (str(place / "mnist.npz"), "full profile", "there is none (", "data/README.md"):
        assert phrase in message


@pytest.mark.parametrize(("train", "test"), ((5, 4), (6, 3)))
def test_a_piece_is_announced_and_never_taken_by_full(place, monkeypatch, train, test):
    data.save_arrays(place / "svhn.npz", arrays_for("svhn", train, test))
    dataset = data.load("svhn")
    assert dataset.is_piece and not dataset.is_stand_in and not data.is_complete("svhn")
    assert dataset.announcement == (
        f"Data: svhn (a piece of it: no result of record), {train} training and {test} test images."
    )
    monkeypatch.setenv("COURSE_PROFILE", "full")
    with pytest.raises(data.DataError, match="a piece of it") as caught:
        data.load("svhn")
    assert str(place / "svhn.npz") in str(caught.value)


@pytest.mark.parametrize(("test", "piece"), ((1, True), (2, False), (3, False), (4, False)))
def test_cifar10_needs_the_test_images_of_record_only(place, monkeypatch, test, piece):
    made = arrays_for("cifar10", test=test)
    data.save_arrays(place / "cifar10.npz", made)
    dataset = data.load("cifar10")
    assert dataset.is_piece is piece and data.is_complete("cifar10") is not piece
    assert dataset.test_of_record.equal(torch.from_numpy(made[2][:2]))
    assert dataset.test_labels_of_record.equal(torch.from_numpy(made[3][:2]))
    if not piece:
        monkeypatch.setenv("COURSE_PROFILE", "full")
        assert data.load("cifar10") is dataset


def test_the_rule_of_record_in_numbers():
    sizes = {name: (one.train, one.test, one.of_record) for name, one in DATA_SETS.items()}
    assert sizes == {
        "mnist": (60_000, 10_000, None),
        "binarized_mnist": (60_000, 10_000, None),
        "cifar10": (50_000, 10_000, 1_000),
        "svhn": (73_257, 26_032, None),
    }


def test_checksums_are_those_that_torchvision_verifies():
    from torchvision.datasets import CIFAR10, MNIST, SVHN

    assert DATA_SETS["mnist"].files == dict(MNIST.resources)
    assert DATA_SETS["cifar10"].files == {CIFAR10.filename: CIFAR10.tgz_md5}
    parts = (SVHN.split_list[split] for split in ("train", "test"))
    assert DATA_SETS["svhn"].files == {file: md5 for _, file, md5 in parts}


def test_an_entry_lacks_nothing():
    """What is forgotten is no surprise to the first reader who downloads it."""
    fields = dataclasses.fields(DATA_SETS["mnist"])
    assert len(fields) == 13
    for field in fields:
        given = {f.name: getattr(DATA_SETS["mnist"], f.name) for f in fields if f is not field}
        with pytest.raises(TypeError, match=f"'{field.name}'"):
            type(DATA_SETS["mnist"])(**given)


@pytest.mark.parametrize("name", ("MNIST", "fashion", "", "../mnist", None))
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match="expected one of mnist, binarized_mnist, cifar10, svhn"):
        data.load(name)


@pytest.mark.parametrize("name", data.NAMES)
def test_the_properties_of_a_dataset(name):
    dataset = data.load(name)
    assert dataset.num_dims == int(np.prod(SHAPES[name]))
    wanted = 1_000 if name == "cifar10" else len(dataset.test_images)
    assert dataset.test_of_record.equal(dataset.test_images[:wanted])
    assert dataset.test_labels_of_record.equal(dataset.test_labels[:wanted])
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"


# --- stand-ins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", data.NAMES)
def test_stand_ins_have_the_form_of_the_real_data(name):
    dataset = data.load(name)
    train_images, train_labels, test_images, test_labels = tensors(dataset)
    train, test = SIZES[DATA_SETS[name].stand_in.__name__]
    assert train_images.shape == (train, *SHAPES[name])
    assert test_images.shape == (test, *SHAPES[name])
    assert train_images.dtype == test_images.dtype == torch.uint8
    for labels, count in ((train_labels, train), (test_labels, test)):
        assert labels.dtype == torch.int64 and labels.shape == (count,)
        classes = 2 if name == "cifar10" else 10
        assert labels.unique().tolist() == list(range(classes))
        assert labels.bincount().min() > count / classes / 2
    assert dataset.source == "scikit-learn's own sample data"


@pytest.mark.parametrize("name", SIZES)
def test_stand_ins_are_deterministic_and_quick(name):
    np.random.seed(1)  # noqa: NPY002 - the global generator must not matter
    start = time.process_time()
    first = getattr(stand_ins, name)()
    took = time.process_time() - start
    np.random.seed(2)  # noqa: NPY002
    asked_for = {"digits": "mnist", "house_numbers": "svhn", "photo_patches": "cifar10"}[name]
    assert holds(data.load(asked_for), first)  # built a second time, or before this
    assert took < 5


def rows(images):
    return {image.tobytes() for image in images.numpy()}


@pytest.mark.parametrize("name", data.NAMES)
def test_no_test_image_is_a_training_image(name):
    dataset = data.load(name)
    assert not rows(dataset.train_images) & rows(dataset.test_images)


def test_the_digits_lie_as_in_mnist():
    dataset = data.load("mnist")
    images = torch.cat([dataset.train_images, dataset.test_images])
    border = images.clone()
    border[:, :, 4:24, 4:24] = 0
    assert not border.any()
    assert images.amax((1, 2, 3)).min() > 150
    # Every digit of scikit-learn is there once.
    assert len(images) == 1_797 and len(rows(images)) == 1_797


def test_the_digits_keep_their_labels():
    """The mean images of the training classes classify most test digits."""
    dataset = data.load("mnist")
    train, test = dataset.train_images.float(), dataset.test_images.float()
    means = torch.stack([train[dataset.train_labels == k].mean(0).flatten() for k in range(10)])
    guess = torch.cdist(test.flatten(1), means).argmin(1)
    assert (guess == dataset.test_labels).float().mean() > 0.8


def test_the_binary_stand_in_is_one_draw_of_the_digits():
    grey, binary = data.load("mnist"), data.load("binarized_mnist")
    assert binary.train_images.unique().tolist() == [0, 1]
    assert binary.test_images.unique().tolist() == [0, 1]
    assert binary.train_labels.equal(grey.train_labels)
    assert not binary.train_images[grey.train_images == 0].any()
    assert binary.train_images[grey.train_images == 255].all()
    p = grey.train_images.double() / 255
    deviation = (p * (1 - p)).sum().sqrt()
    assert (binary.train_images.double() - p).sum().abs() < 5 * deviation


def test_house_numbers_can_be_read():
    """The middle digit stands out of its ground in every image, and neighbours are seen."""
    digits = data.load("mnist")
    made = data.load("svhn")
    middle = made.train_images.float()[:, :, 4:28, 8:24].flatten(2)
    ordered = middle.sort(-1).values
    # Between the darkest and the lightest tenth there are at least the colours' 70 levels, less
    # what shade and texture can take away.
    tenth = ordered.shape[-1] // 10
    contrast = (ordered[..., -tenth:].mean(-1) - ordered[..., :tenth].mean(-1)).mean(1)
    assert contrast.min() > 45
    # Flat ground with shade and texture alone stays well below that.
    noise = np.random.default_rng(0).normal(0, 6, 384)
    noise.sort()
    assert noise[-38:].mean() - noise[:38].mean() < 25
    # Patterns: the difference from the ground looks like the digit of the label.
    masks = torch.stack(
        [digits.train_images[digits.train_labels == k].float().mean(0)[0] for k in range(10)]
    )
    ink = torch.nn.functional.interpolate(masks[:, None, 4:24, 4:24], (24, 24), mode="bilinear")
    ink = ink[:, 0] - ink.mean((0, 2, 3))[:, None, None]
    ground = made.test_images.float()[:, :, 4:28, 4:28]
    ground = ground - ground.mean((2, 3), keepdim=True)
    score = torch.einsum("nchw,khw->nck", ground, ink / ink.flatten(1).norm(dim=1)[:, None, None])
    guess = score.abs().sum(1).argmax(1)
    assert (guess == made.test_labels).float().mean() > 0.3  # chance is 0.1
    # Colours: the three channels differ.
    assert (made.train_images.float().mean((2, 3)).std(1) > 5).float().mean() > 0.9


def test_house_numbers_for_testing_hold_no_training_digit(monkeypatch):
    drawn = []

    def compose(generator, count, strokes, labels):
        drawn.append({stroke.tobytes() for stroke in strokes})
        return [strokes, labels]

    monkeypatch.setattr(stand_ins, "_compose", compose)
    stand_ins.house_numbers()
    train, test = drawn
    assert (len(train), len(test)) == (1_500, 297) and not train & test


def windows(pixels):
    view = np.lib.stride_tricks.sliding_window_view(pixels, (32, 32), axis=(0, 1))
    return {hash(view[i, j].tobytes()) for i in range(view.shape[0]) for j in range(view.shape[1])}


def test_photo_patches_come_from_regions_that_do_not_touch():
    made = data.load("cifar10")
    for label, photo in enumerate(load_sample_images().images):
        small = np.asarray(Image.fromarray(photo).resize((320, 214), Image.Resampling.LANCZOS))
        left, right = windows(small[:, :224]), windows(small[:, 224:])
        assert not left & right
        for images, labels, region in (
            (made.train_images, made.train_labels, left),
            (made.test_images, made.test_labels, right),
        ):
            assert {hash(row) for row in rows(images[labels == label])} <= region
    # In random order: a batch holds both photographs.
    assert 16 < made.train_labels[:64].sum() < 48
