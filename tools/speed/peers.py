"""What ``make bench`` holds the course against: other packages, on equal networks.

They come from the optional extra: ``pip install -e ".[bench]"``. Each is used as its own
documentation does; only the network and its first weights are the course's.
"""

import contextlib
import io
import logging
import tempfile

import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import transforms


class ItemByItem(torch.utils.data.Dataset):
    """Images as torchvision's MNIST gives them: array -> PIL image -> ToTensor, one at a time."""

    def __init__(self, images):
        self.images, self.transform = images.squeeze(1), transforms.ToTensor()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        return self.transform(Image.fromarray(self.images[place].numpy()))


def usual_loop(model, images, batch_size, lr):
    """A function that trains one epoch as tutorials do: DataLoader, float32, Adam as it comes.

    Args:
        model: a ``nets.VAE`` on Bernoulli pixels.
        images: uint8 (N, 1, H, W).
    """
    loader = torch.utils.data.DataLoader(ItemByItem(images), batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def epoch():
        model.train()
        for x in loader:
            mu, log_var = model.encode(x)
            logits = model.decode(model.reparameterise(mu, log_var))
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
            optimizer.zero_grad()
            ((bce + kl) / len(x)).backward()
            optimizer.step()

    return epoch


def pythae_vae(model, num_latents):
    """pythae's VAE around the networks of a ``nets.VAE`` (the same parameters, not a copy)."""
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.net = model.encoder

        def forward(self, x):
            mu, log_var = self.net(x).chunk(2, dim=-1)
            return ModelOutput(embedding=mu, log_covariance=log_var)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.net = model.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=self.net(z).sigmoid())

    config = VAEConfig((1, 28, 28), num_latents, reconstruction_loss="bce")
    return VAE(config, Encoder(), Decoder())


def pythae_trainer(model, images, batch_size, lr):
    """A function that trains one epoch of pythae's trainer; ``images`` are floats in memory."""
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    folder = tempfile.TemporaryDirectory()
    config = BaseTrainerConfig(
        output_dir=folder.name,
        per_device_train_batch_size=batch_size,
        learning_rate=lr,
        no_cuda=True,
    )
    with _silence():
        trainer = BaseTrainer(model, BaseDataset(images, torch.zeros(len(images))), None, config)
        trainer.prepare_training()
    trainer.folder = folder  # kept as long as the trainer
    passed = []

    def epoch():
        passed.append(1)
        with _silence():
            trainer.train_step(len(passed))

    return epoch


def zuko_flow(num_latents, hidden):
    """zuko's masked autoregressive flow of one transform."""
    import zuko

    return zuko.flows.MAF(num_latents, transforms=1, hidden_features=hidden)


def vector_quantize(code_dim, num_codes, decay, beta):
    """The quantiser of vector-quantize-pytorch: moving averages, plain straight-through."""
    from vector_quantize_pytorch import VectorQuantize

    return VectorQuantize(
        code_dim,
        num_codes,
        decay=decay,
        commitment_weight=beta,
        accept_image_fmap=True,
        rotation_trick=False,
    )


def missing():
    """Names of the packages that are not installed."""
    from importlib.util import find_spec

    needed = {
        "pythae": "pythae",
        "zuko": "zuko",
        "vector_quantize_pytorch": "vector-quantize-pytorch",
    }
    return [package for module, package in needed.items() if find_spec(module) is None]


@contextlib.contextmanager
def _silence():
    """Without the bars and lines that a trainer prints."""
    logging.disable(logging.INFO)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
