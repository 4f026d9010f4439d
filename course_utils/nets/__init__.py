"""Networks that more than one lesson uses: ``nets.VAE``, ``nets.build`` and so on."""

from course_utils.nets.categorical import CategoricalVAE
from course_utils.nets.hierarchy import LadderVAE, Layer, TwoLayerVAE, precision_weighted
from course_utils.nets.independent import IndependentPrior
from course_utils.nets.layers import (
    ConvDecoder,
    ConvEncoder,
    MLPDecoder,
    MLPEncoder,
    VQDecoder,
    VQEncoder,
)
from course_utils.nets.made import MADE, AutoregressivePrior
from course_utils.nets.masked import MaskedConv2d
from course_utils.nets.observation import DiscretizedLogistic, LogisticMixture
from course_utils.nets.pixelcnn import GatedPixelCNN, PixelCNN
from course_utils.nets.quantizer import VQVAE, Quantized, VectorQuantizer
from course_utils.nets.registry import build
from course_utils.nets.spatial import SpatialDecoder, SpatialEncoder
from course_utils.nets.vae import (
    VAE,
    Bernoulli,
    Gaussian,
    StandardNormal,
    colour_vae,
    image_vae,
)

__all__ = [
    "MADE",
    "VAE",
    "VQVAE",
    "AutoregressivePrior",
    "Bernoulli",
    "CategoricalVAE",
    "ConvDecoder",
    "ConvEncoder",
    "DiscretizedLogistic",
    "GatedPixelCNN",
    "Gaussian",
    "IndependentPrior",
    "LadderVAE",
    "Layer",
    "LogisticMixture",
    "MLPDecoder",
    "MLPEncoder",
    "MaskedConv2d",
    "PixelCNN",
    "Quantized",
    "SpatialDecoder",
    "SpatialEncoder",
    "StandardNormal",
    "TwoLayerVAE",
    "VQDecoder",
    "VQEncoder",
    "VectorQuantizer",
    "build",
    "colour_vae",
    "image_vae",
    "precision_weighted",
]
