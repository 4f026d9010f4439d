"""Batch normalisation and a batch of one example: said before the first step, with the cure."""

import contextlib

from torch import nn

LAYERS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
TORCH_SAYS = "more than 1 value per channel"


class TooFewExamplesError(ValueError):
    """A batch of one example has no variance to normalise by."""


@contextlib.contextmanager
def refusing_lone_examples(model, batches, rows, look_ahead):
    """In the block a training step of ``rows`` examples is told what batch normalisation needs.

    Args:
        model, batches, rows: what is trained, on what, and the number of examples of this step.
        look_ahead: refuse now what would fail in the epoch's smallest batch.

    Raises:
        TooFewExamplesError: a layer gets, or will get, one value a channel.
    """

    def look(layer, inputs):
        x = inputs[0]  # of one example for each row, or of several (importance samples)
        if layer.training and x.ndim > 1 and x.numel() == rows * x.shape[1]:
            raise TooFewExamplesError(_message(batches))

    hooks = []
    try:
        if look_ahead and rows and getattr(batches, "smallest", None) == 1:
            layers = (layer for layer in model.modules() if isinstance(layer, LAYERS))
            hooks += [layer.register_forward_pre_hook(look) for layer in layers]
        yield
    except ValueError as error:
        if rows != 1 or TORCH_SAYS not in str(error):
            raise
        raise TooFewExamplesError(_message(batches)) from error
    finally:
        for hook in hooks:
            hook.remove()


def _message(batches):
    size = getattr(batches, "batch_size", None)
    told = f" ({batches.num_examples:,} examples, batch_size {size})" if size else ""
    return (
        f"batches: one of them has a single example{told}, and batch normalisation needs at least "
        "2 to train on; choose another batch_size, or drop_last=True"
    )
