"""Networks that more than one lesson uses: ``nets.VAE``, ``nets.build`` and so on."""

from course_utils.nets.categorical import CategoricalVAE
from course_utils.nets.layers import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder
from course_utils.nets.made import MADE, AutoregressivePrior
from course_utils.nets.registry import build
from course_utils.nets.vae import VAE, Bernoulli, Gaussian, StandardNormal

__all__ = [
    "MADE",
    "VAE",
    "AutoregressivePrior",
    "Bernoulli",
    "CategoricalVAE",
    "ConvDecoder",
    "ConvEncoder",
    "Gaussian",
    "MLPDecoder",
    "MLPEncoder",
    "StandardNormal",
    "build",
]
