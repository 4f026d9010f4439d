"""Networks that more than one lesson uses: ``nets.VAE``, ``nets.build`` and so on."""

from course_utils.nets.layers import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder
from course_utils.nets.vae import VAE, Bernoulli, Gaussian, StandardNormal, build

__all__ = [
    "VAE",
    "Bernoulli",
    "ConvDecoder",
    "ConvEncoder",
    "Gaussian",
    "MLPDecoder",
    "MLPEncoder",
    "StandardNormal",
    "build",
]
