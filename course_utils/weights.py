"""Weights of record: trained and kept in ``full``, loaded in ``laptop``; one file a model."""

from course_utils import distributed, nets, seeds, settings, training
from course_utils.checkpoint import UnwritableError, as_loaded, stored, to_json


def path(lesson, name):
    """Where the weights ``name`` of a lesson (its notebook's name) are kept."""
    return settings.checkpoints_dir() / lesson / f"{name}.safetensors"


def fit(
    lesson, model, loss_fn, batches, *, name, epochs, keep=True, header=None, seed=0, **options
):
    """What ``Lesson.fit`` does; see there.

    Args:
        lesson: its name, profile, seed and device are used, whether it runs on real data, and
            whether it ``saves``; where that fails it is told (``lesson.goes_on``).
        seed: number of the seed (0, 1, ...). Only the first one's weights are kept or loaded; the
            others' are rounded as if they were, so that the same is measured of all.
        model, loss_fn, batches, name, epochs, keep, header, options: as there.
    """
    name = name + seeds.suffix(seed)
    kept = path(lesson.name, name)
    if lesson.profile == "full":
        partial = path(f"partial/{lesson.name}", name)
        if lesson.saves or partial.is_file():
            options |= {"checkpoint": partial, "resume": True}
        if keep:  # what cannot be kept is refused before the training
            stored(kept, model)
            if header is None:
                header = model.header() if hasattr(model, "header") else {}
            to_json(header)
    options |= {"epochs": epochs, "description": name}
    with seeds.own_stream(lesson.seed, name, lesson.device):
        history = training.fit(model, loss_fn, batches, **options)
    history.of_record = None
    if lesson.profile == "full" and keep:
        if not seed:
            history.of_record = header | _record(lesson, name, epochs, history)
            _keep(lesson, kept, model, history.of_record)
        model.load_state_dict(as_loaded(stored(kept, model)))
    elif lesson.profile == "laptop" and lesson.on_real_data and not seed and kept.is_file():
        header, tensors = training.load_weights(kept)
        if header["epochs"] > epochs:
            history.of_record = header
            model.load_state_dict(tensors)
            print(
                f"{name}: trained {epochs} epochs here; now the weights of record are loaded "
                f"({header['epochs']} epochs)."
            )
    return history


def _record(lesson, name, epochs, history):
    """What the header of the weights says of their training."""
    return {
        "lesson": lesson.name,
        "name": name,
        "epochs": int(epochs),
        "seed": lesson.seed,
        "seconds": round(history.seconds, 1),
        "device": lesson.device.type,
        "history": _rounded(history.epochs),
        "evaluations": _rounded(history.evaluations),
    }


def _keep(lesson, kept, model, header):
    if distributed.is_first() and lesson.saves:
        try:
            training.save_weights(kept, model, header)
        except UnwritableError as error:
            lesson.goes_on(error)
    distributed.wait()


def frozen(kept, device, model=None):
    """A model with the weights of a file, in eval mode and without gradients.

    Args:
        kept: the file.
        device: where the model goes.
        model: what takes them; made by :func:`nets.build` from their header by default.

    Raises:
        CheckpointError: no such file, or a damaged one.
    """
    header, tensors = training.load_weights(kept)
    model = nets.build(header) if model is None else model
    model.load_state_dict(tensors)
    return model.to(device).eval().requires_grad_(False)


def num_parameters(model):
    """Weights in use: a model with masked ones knows their number."""
    if hasattr(model, "num_parameters"):
        return model.num_parameters()
    return sum(parameter.numel() for parameter in model.parameters())


def _rounded(curves):
    """Curves short enough for a file's header: five significant digits."""
    return {name: [float(f"{value:.5g}") for value in values] for name, values in curves.items()}
