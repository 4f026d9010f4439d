"""The data sets of the course, an entry each: what it is, where from, what stands in for it.

``make results`` shows them in data/README.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from course_utils import downloads, stand_ins


@dataclass(frozen=True, kw_only=True)
class Entry:
    """All that the course knows of a data set; every field has to be given.

    Attributes:
        name: what ``data.load`` is asked for.
        about, source, licence: in words, for the table of data/README.md.
        train, test: numbers of images in the official set.
        shape: of an image, (C, H, W).
        levels: of a pixel, from 0: 256, or 2 for binary images.
        classes: the labels are 0 to ``classes - 1``, or -1 where there is none.
        of_record: number of test images, the first ones, that every result of record is on; None
            for all of them.
        fetch: ``fetch(folder, work, files)`` -> the four arrays, downloaded into ``work``.
        files: official file -> its MD5, by which ``fetch`` knows it.
        stand_in: a function of ``stand_ins``, whose four arrays take their place offline; with
            two levels each pixel of it is drawn once.
    """

    name: str
    about: str
    source: str
    licence: str
    train: int
    test: int
    shape: tuple
    levels: int
    classes: int
    of_record: int | None
    fetch: Callable
    files: dict
    stand_in: Callable


ENTRIES = (
    Entry(
        name="mnist",
        about="handwritten digits, 28 x 28, grey; LeCun, Cortes and Burges",
        source="yann.lecun.com/exdb/mnist, by torchvision's mirror",
        licence="no licence stated there",
        train=60_000,
        test=10_000,
        shape=(1, 28, 28),
        levels=256,
        classes=10,
        of_record=None,
        fetch=downloads.mnist,
        files={
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        stand_in=stand_ins.digits,
    ),
    Entry(
        name="binarized_mnist",
        about="MNIST, each pixel drawn once as 0 or 1; Larochelle's fixed files (Larochelle and "
        "Murray, 2011). Training = its 50,000 training images, then its 10,000 validation images. "
        "No labels (all -1)",
        source=downloads.LAROCHELLE.removeprefix("http://"),
        licence="no licence stated",
        train=60_000,
        test=10_000,
        shape=(1, 28, 28),
        levels=2,
        classes=10,
        of_record=None,
        fetch=downloads.binarized_mnist,
        files={
            "binarized_mnist_train.amat": "db28b1a6ae0fe70cbd3da91acf46e477",
            "binarized_mnist_valid.amat": "bf37822a04e94123630de6a7dfd9c9ef",
            "binarized_mnist_test.amat": "14e41ae11040adba6ab8cb291eda0dd8",
        },
        stand_in=stand_ins.digits,
    ),
    Entry(
        name="cifar10",
        about="photographs in ten classes, 32 x 32, colour; Krizhevsky, 2009",
        source="www.cs.toronto.edu/~kriz/cifar.html",
        licence="no licence stated; the page asks to cite the technical report",
        train=50_000,
        test=10_000,
        shape=(3, 32, 32),
        levels=256,
        classes=10,
        of_record=1_000,
        fetch=downloads.cifar10,
        files={"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"},
        stand_in=stand_ins.photo_patches,
    ),
    Entry(
        name="svhn",
        about="house numbers, cropped digits, 32 x 32, colour; Netzer et al., 2011. The label 10 "
        "of the files is the digit 0",
        source="ufldl.stanford.edu/housenumbers",
        licence='no licence stated; the page says "for non-commercial use only"',
        train=73_257,
        test=26_032,
        shape=(3, 32, 32),
        levels=256,
        classes=10,
        of_record=None,
        fetch=downloads.svhn,
        files={
            "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
            "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
        },
        stand_in=stand_ins.house_numbers,
    ),
)
DATA_SETS = {entry.name: entry for entry in ENTRIES}
