"""Models from the headers of their checkpoints."""

from itertools import zip_longest

import torch
from torch.overrides import TorchFunctionMode

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


# No net of the course comes near these: what is larger, a damaged header asks for.
MOST_NUMBER, MOST_WEIGHTS = 2**16, 5 * 10**7
MOST = {"levels": 2**20, "num_blocks": 1_000, "event_dim": 8}
MOST |= dict.fromkeys(("kernel_size", "first_kernel_size", "kernels"), 1_000)


def build(header):
    """A model, not yet trained, from the header of its checkpoint (its ``header()``).

    Raises:
        ValueError: a model, part or argument that this version of the course does not know, or one
            that is damaged: another type, or a size that no model has.
    """
    name = header.get("model") if isinstance(header, dict) else None
    if not isinstance(name, str) or name not in (*MODELS, *WHOLE):
        known = " or ".join(repr(name) for name in (*MODELS, *WHOLE))
        raise ValueError(f"header: expected the model {known}, got {name or header!r}")
    if name in WHOLE:
        arguments = header.get("arguments")
        wanted = f"header: its arguments are {arguments!r}; expected those of {name}"
        return _made(WHOLE[name], arguments, wanted)
    made_by, parts, numbers = MODELS[name]
    made = {}
    for part, choices in parts.items():
        classes = {choice.__name__: choice for choice in choices}
        given = header.get(part)
        wanted = (
            f"header: its {part} is {given!r}; expected [name, arguments] with "
            f"a name of {', '.join(classes)}"
        )
        pair = given if isinstance(given, list | tuple) and len(given) == 2 else (None, None)
        if not isinstance(pair[0], str) or pair[0] not in classes:
            raise ValueError(wanted)
        made[part] = _made(classes[pair[0]], pair[1], wanted)
    for number in numbers:
        value = header.get(number)
        if type(value) is not int or not 1 <= value <= MOST_NUMBER:
            raise ValueError(f"header: its {number} is {value!r}; expected a positive integer")
        made[number] = value
    mixed_precision = header.get("mixed_precision", True)
    if not isinstance(mixed_precision, bool):
        raise ValueError(
            f"header: its mixed_precision is {mixed_precision!r}; expected True or False"
        )
    return made_by(**made, mixed_precision=mixed_precision)


class _Sketch(TorchFunctionMode):
    """Weights and masks without memory or values; ranges, of which masks are made, have both."""

    def __torch_function__(self, function, types, given=(), named=None):
        name = getattr(function, "__name__", "")
        if name.endswith("_") and not name.endswith("__"):  # to set them would load much
            return given[0] if given else named["tensor"]
        if function is torch.arange:
            return function(*given, device="cpu")
        if name.strip("_") in ("ge", "gt", "lt"):
            sizes = [reversed(getattr(value, "shape", ())) for value in given]
            shape = [max(pair) for pair in zip_longest(*sizes, fillvalue=1)][::-1]
            return torch.empty(shape, device="meta")
        return function(*given, **(named or {}))


def _made(choice, arguments, wanted):
    """``choice`` of its arguments. First without memory, to see what they ask for."""
    try:
        if not isinstance(arguments, dict):
            raise TypeError("its arguments are no mapping")
        for name, value in arguments.items():
            most = MOST.get(name, MOST_NUMBER)
            values = value if isinstance(value, list | tuple) else [value]
            too_long = len(values) > MOST["num_blocks"]
            if too_long or any(isinstance(entry, int) and entry > most for entry in values):
                raise ValueError(f"{name} is larger than that of any model")
        with torch.device("meta"), _Sketch():
            sketch = choice(**arguments)
        weights = sum(part.numel() for part in (*sketch.parameters(), *sketch.buffers()))
        if weights > MOST_WEIGHTS:
            raise ValueError(f"{weights:,} weights are more than any model has")
        return choice(**arguments)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{wanted} ({error})") from error
