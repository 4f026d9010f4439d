"""The real data sets, where they are here: sizes, known numbers, and the published draw."""

import hashlib
import json
import math

import pytest
import torch

from course_utils import data, evaluation, losses, nets, settings, training

LOG_PI = math.log(math.pi)
MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.real_data("mnist")
def test_mnist_is_the_official_one():
    mnist = data.load("mnist")
    assert mnist.train_images.shape == (60_000, 1, 28, 28)
    assert mnist.test_images.shape == (10_000, 1, 28, 28)
    assert mnist.train_labels.bincount().tolist() == MNIST_TRAIN
    assert mnist.test_labels.bincount().tolist() == MNIST_TEST
    # 0.1307 of 255 is the mean that everyone normalises by.
    assert mnist.train_images.float().mean().item() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert mnist.test_images.float().mean().item() / 255 == pytest.approx(0.1325, abs=5e-5)
    assert not mnist.is_piece and len(mnist.test_of_record) == 10_000
    assert mnist.announcement == "Data: mnist, 60,000 training and 10,000 test images."


@pytest.mark.real_data("mnist")
def test_the_limits_of_the_grey_cross_entropy():
    """A perfect reconstruction costs 45.53 nats; the training mean as constant image, 205.82."""
    mnist = data.load("mnist")
    x = data.to_unit(mnist.test_images).flatten(1)
    floor = losses.grey_cross_entropy(x, x.logit(eps=1e-7)).double().mean().item()
    assert floor == pytest.approx(45.53, abs=0.01)
    mean = mnist.train_images.flatten(1).float().sum(0, dtype=torch.float64) / 255 / 60_000
    # Kept off 0 and 1 by 1e-4, which gives 205.82; 205.805 without.
    for eps, expected in ((1e-4, 205.82), (1e-7, 205.805)):
        constant = losses.grey_cross_entropy(x, mean.logit(eps=eps).float()).double().mean().item()
        assert constant == pytest.approx(expected, abs=0.01)


@pytest.mark.real_data("mnist")
def test_the_published_binary_draw_of_the_test_set():
    images = data.load("mnist").test_images
    drawn = data.fixed_binarised(images)
    digest = hashlib.sha256(drawn.to(torch.uint8).numpy().tobytes()).hexdigest()
    assert digest == "127d7f18001b92a8c134167322d6c084890e94d5eba63909920223c8ce2e2cf8"
    p = images.double() / 255
    assert (drawn - p).sum().abs() < 5 * (p * (1 - p)).sum().sqrt()


@pytest.mark.real_data("binarized_mnist")
def test_binarized_mnist_is_binary():
    static = data.load("binarized_mnist")
    assert (len(static.train_images), len(static.test_images)) == (60_000, 10_000)
    for images in (static.train_images, static.test_images):
        assert images.min() == 0 and images.max() == 1
    assert static.train_labels.eq(-1).all() and static.test_labels.eq(-1).all()
    # As bright as the grey digits, of which it is a draw.
    assert static.train_images.float().mean().item() == pytest.approx(0.1307, abs=5e-4)
    assert not static.is_piece


@pytest.mark.real_data("cifar10")
def test_cifar10_is_scored_on_a_thousand_images():
    cifar10 = data.load("cifar10")
    assert cifar10.train_images.shape == (50_000, 3, 32, 32)
    assert cifar10.train_labels.bincount().tolist() == [5_000] * 10
    assert cifar10.test_of_record.shape == (1_000, 3, 32, 32)
    assert cifar10.test_of_record.equal(cifar10.test_images[:1_000])
    counts = [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]
    assert cifar10.test_labels_of_record.bincount().tolist() == counts
    assert not cifar10.is_piece and data.is_complete("cifar10")


@pytest.mark.real_data("svhn")
def test_svhn_is_whole_or_says_that_it_is_not(monkeypatch):
    svhn = data.load("svhn")
    whole = (len(svhn.train_images), len(svhn.test_images)) == (73_257, 26_032)
    assert svhn.is_piece is not whole
    assert ("(a piece of it: no result of record)" in svhn.announcement) is not whole
    assert svhn.train_labels.unique().tolist() == list(range(10))
    if not whole:
        monkeypatch.setenv("COURSE_PROFILE", "full")
        with pytest.raises(data.DataError, match="a piece of it"):
            data.load("svhn")


def as_binary(images):
    return (images > 0).float()


def committed(lesson, model):
    """The weights of record in a model made from their header, in eval mode; and the header."""
    path = settings.root() / "data" / "checkpoints" / lesson / f"{model}.safetensors"
    header, weights = training.load_weights(path)
    net = nets.build(header)
    net.load_state_dict(weights)
    return net.eval(), header


def colour_codes(images):
    net, _ = committed("07_vq_vae", "vq_colour128")
    return evaluation.in_parts(net.codes, data.to_signed(images), 250)


BITS = "bits_per_dim_elbo"
PER_BIN = -3_072 * math.log(128)  # a density times its bins of 1/128
RECORDS = [
    ("02_vae_mnist", "vae_fc20", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("02_vae_mnist", "vae_cnn20", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("03_vae_colour", "vae_colour16", "se_plus_kl", "cifar10", data.to_signed, 1_536 * LOG_PI),
    ("05_gumbel", "gumbel_20x10", "neg_elbo_discrete", "binarized_mnist", as_binary, 0),
    ("05x_estimators", "s0_setting", "grey_neg_elbo", "mnist", data.to_unit, 0),
    ("06_vlae", "vae_colour16", "se_plus_kl", "cifar10", data.to_signed, 1_536 * LOG_PI),
    ("06_vlae", "vlae_colour16", "se_plus_kl", "cifar10", data.to_signed, 1_536 * LOG_PI),
    ("07_vq_vae", "vq_mnist_plain", "mse", "mnist", data.to_signed, 0),
    ("07_vq_vae", "vq_mnist_cured", "mse", "mnist", data.to_signed, 0),
    ("07_vq_vae", "vq_colour128", "mse", "cifar10", data.to_signed, 0),
    ("08_pixelcnn", "pixelcnn", "nats_per_image", "cifar10", colour_codes, 0),
    ("08_pixelcnn", "gated_pixelcnn", "nats_per_image", "cifar10", colour_codes, 0),
    ("09_iwae", "iwae_k1", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("09_iwae", "iwae_k5", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("09_iwae", "iwae_k50", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("10_observation_models", "gaussian_learnt", BITS, "cifar10", data.dequantise, PER_BIN),
    ("10_observation_models", "logistic_learnt", BITS, "cifar10", data.to_signed, 0),
    ("10_observation_models", "modl5", BITS, "cifar10", data.to_signed, 0),
    ("10_observation_models", "modl10_big", BITS, "cifar10", data.to_signed, 0),
    ("11_two_layers", "two_layer_k5", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("11_two_layers", "ladder_k5", "neg_elbo", "mnist", data.fixed_binarised, 0),
    ("11_two_layers", "two_layer_modl", BITS, "cifar10", data.to_signed, 0),
]


@pytest.mark.parametrize(
    ("lesson", "model", "metric", "name", "prepare", "constant"),
    [
        pytest.param(*case, marks=pytest.mark.real_data(case[3]), id="-".join(case[:2]))
        for case in RECORDS
    ],
)
def test_committed_weights_give_the_number_of_record(
    lesson, model, metric, name, prepare, constant
):
    net, header = committed(lesson, model)
    path = settings.root() / "data" / "results" / f"{lesson}.json"
    records = json.loads(path.read_text("utf-8"))["records"]
    (record,) = (r for r in records if (r["model"], r["metric"]) == (model, metric))
    torch.manual_seed(0)
    # Files may be sorted by class: a random choice, not a beginning.
    images = data.load(name).test_of_record
    x = prepare(images)[torch.randperm(len(images))[:600]]
    term = "mse" if metric == "mse" else "loss"
    with torch.no_grad():
        if metric.startswith("grey"):  # a loss of grey pixels, no likelihood
            logits = net.encode(x)
            pixels = net.decode(net.draw(logits, 1)[0])
            cross_entropy = losses.grey_cross_entropy(x, pixels, event_dim=3)
            loss = losses.categorical_kl_uniform(logits) + cross_entropy
        elif hasattr(net, "log_prob"):
            loss = -torch.cat([net.log_prob(part) for part in x.split(200)])
        else:
            loss = torch.cat([net(part)[term] for part in x.split(200)]) - constant
    if record["unit"] == "bits/dim":
        loss = losses.bits_per_dim(loss, x[0].numel())
    error = loss.std().item() / math.sqrt(600)
    assert abs(loss.mean().item() - record["value"]) < 4 * error
    assert record["n"] == len(images) and record["epochs"] == header["epochs"]


class VampPrior(torch.nn.Module):
    """The prior of lesson 06x, whose class is the lesson's own: 500 pseudo-inputs."""

    def __init__(self, encoder):
        super().__init__()
        self.pixels = torch.nn.Parameter(torch.zeros(500, 1, 28, 28))
        self.components = lambda: encoder(self.pixels.sigmoid()).chunk(2, -1)

    def rate(self, mu, log_var, z):
        log_p = losses.gaussian_log_prob(z[:, None], *self.components()).logsumexp(1)
        return losses.gaussian_log_prob(z, mu, log_var) - log_p + math.log(500)


@pytest.mark.real_data("binarized_mnist")
def test_the_weights_of_the_vampprior_give_the_number_of_record():
    lesson, model = "06x_priors", "vampprior"
    folder, shape = settings.root() / "data", (1, 28, 28)
    header, weights = training.load_weights(
        folder / "checkpoints" / lesson / f"{model}.safetensors"
    )
    encoder = nets.MLPEncoder(shape, (400, 400), 40, "silu")
    decoder = nets.MLPDecoder(40, (400, 400), shape, activation="silu")
    net = nets.VAE(encoder, decoder, VampPrior(encoder), nets.Bernoulli(), mixed_precision=False)
    net.load_state_dict(weights)
    records = json.loads((folder / "results" / f"{lesson}.json").read_text("utf-8"))["records"]
    (record,) = (r for r in records if (r["model"], r["metric"]) == (model, "neg_elbo"))
    torch.manual_seed(0)
    images = data.load("binarized_mnist").test_images[::5]
    with torch.no_grad():
        loss = net.eval()(as_binary(images))["loss"]
    error = loss.std().item() / math.sqrt(len(images))
    assert abs(loss.mean().item() - record["value"]) < error  # the same images, other draws
    assert record["n"] == len(images) and record["epochs"] == header["epochs"]
