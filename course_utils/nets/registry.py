"""Models from the headers of their checkpoints."""

from course_utils.nets import (
    categorical,
    hierarchy,
    layers,
    made,
    observation,
    pixelcnn,
    quantizer,
    spatial,
    vae,
)

ENCODERS = (layers.MLPEncoder, layers.ConvEncoder, spatial.SpatialEncoder)
DECODERS = (layers.MLPDecoder, layers.ConvDecoder, spatial.SpatialDecoder)
LIKELIHOODS = (
    vae.Bernoulli,
    vae.Gaussian,
    observation.DiscretizedLogistic,
    observation.LogisticMixture,
)
TWO_LAYERS = {
    "encoder": ENCODERS,
    "encoder_2": ENCODERS,
    "decoder_2": DECODERS,
    "decoder": DECODERS,
    "prior": (vae.StandardNormal,),
    "likelihood": LIKELIHOODS,
}
MODELS = {  # name: (class, its parts, its numbers)
    "VAE": (
        vae.VAE,
        {
            "encoder": ENCODERS,
            "decoder": DECODERS,
            "prior": (vae.StandardNormal, made.AutoregressivePrior),
            "likelihood": LIKELIHOODS,
        },
        (),
    ),
    "TwoLayerVAE": (hierarchy.TwoLayerVAE, TWO_LAYERS, ()),
    "LadderVAE": (hierarchy.LadderVAE, TWO_LAYERS, ()),
    "CategoricalVAE": (
        categorical.CategoricalVAE,
        {"encoder": ENCODERS, "decoder": DECODERS, "likelihood": LIKELIHOODS},
        ("num_variables", "num_categories"),
    ),
    "VQVAE": (
        quantizer.VQVAE,
        {
            "encoder": (layers.VQEncoder,),
            "decoder": (layers.VQDecoder,),
            "quantizer": (quantizer.VectorQuantizer,),
        },
        (),
    ),
}
WHOLE = {  # models without parts, made from their arguments
    "PixelCNN": pixelcnn.PixelCNN,
    "GatedPixelCNN": pixelcnn.GatedPixelCNN,
}


def build(header):
    """A model, not yet trained, from the header of its checkpoint (its ``header()``).

    Raises:
        ValueError: a model, part or argument that this version of the course does not know.
    """
    if header.get("model") in WHOLE:
        try:
            return WHOLE[header["model"]](**header["arguments"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"header: its arguments are {header.get('arguments')!r}; expected those of "
                f"{header['model']} ({error})"
            ) from error
    if header.get("model") not in MODELS:
        known = " or ".join(repr(name) for name in (*MODELS, *WHOLE))
        raise ValueError(f"header: expected the model {known}, got {header.get('model')!r}")
    made_by, parts, numbers = MODELS[header["model"]]
    made = {}
    for part, choices in parts.items():
        classes = {choice.__name__: choice for choice in choices}
        try:
            name, arguments = header[part]
            made[part] = classes[name](**arguments)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"header: its {part} is {header.get(part)!r}; expected [name, arguments] with "
                f"a name of {', '.join(classes)} ({error})"
            ) from error
    for number in numbers:
        value = header.get(number)
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"header: its {number} is {value!r}; expected a positive integer")
        made[number] = value
    return made_by(**made, mixed_precision=bool(header.get("mixed_precision", True)))
