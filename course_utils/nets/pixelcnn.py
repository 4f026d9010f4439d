"""Autoregressive models of maps of codes: PixelCNN and gated PixelCNN. Built in lesson 08."""

import torch
from torch import nn

from course_utils.nets.arguments import at_least_float32, remembered, size
from course_utils.nets.cached_sampling import walk
from course_utils.nets.masked import (
    Conditions,
    GatedLayer,
    MaskedConv2d,
    MaskedResidualBlock,
    call_layer,
    check_codes,
    half_kernel,
    norm_of,
    plus,
)
from course_utils.settings import autocast

NORMS = ("layer", None)
OPTIONS = {
    "optional": ("num_classes", "context_channels", "first_kernel_size"),
    "other": ("norm",),
}


class _CodePrior(nn.Module):
    """What both nets share: embedding, conditioning, head, density, sampling.

    A net is written once, in ``share`` and ``body``, in terms of ``call(layer, x)``: this applies
    a layer to whole maps in training, and to one row or position in cached sampling.
    """

    def __init__(self):
        super().__init__()
        arguments = self.arguments
        if arguments["norm"] not in NORMS:
            raise ValueError(f"norm: expected 'layer' or None, got {arguments['norm']!r}")
        self.mixed_precision = arguments["mixed_precision"]
        self.num_codes = arguments["num_codes"]
        self.embedding = nn.Embedding(self.num_codes, arguments["embedding"])
        width, head = arguments["width"], arguments["head"]
        self.before_head = norm_of(arguments["norm"], width)
        self.head = nn.Conv2d(width, head, 1)
        self.logits = nn.Conv2d(head, self.num_codes, 1)
        widths = [*self.layer_widths(width, arguments["num_blocks"]), head]
        self.conditions = Conditions(
            widths, arguments["num_classes"], arguments["context_channels"]
        )

    def share(self, x, biases, call):
        """What the positions of a row share: nothing, or what comes from the vertical stack."""
        return []

    def top(self, x, bias, call):
        x = torch.relu(call(self.before_head, x))
        return call(self.logits, torch.relu(plus(call(self.head, x), bias)))

    def _run(self, x, biases, call=call_layer):
        """Logits (B, K, H, W) from embedded codes (B, E, H, W) and the layers' biases."""
        return self.body(x, self.share(x, biases, call), biases, call)

    def embed(self, codes):
        """codes (..., H, W) -> (..., E, H, W), in the memory order channels-last."""
        return self.embedding(codes).movedim(-1, -3)

    def from_embedded(self, x, labels=None, context=None):
        """Logits (B, K, H, W) from embedded codes (B, E, H, W), for gradients to the input."""
        with autocast(self.mixed_precision):
            logits = self._run(x, self.conditions(len(x), x.shape[-2:], labels, context))
        return at_least_float32(logits)

    def forward(self, codes, labels=None, context=None):
        """Logits of p(code | codes before it): codes (B, H, W) -> (B, K, H, W).

        Args:
            codes: int64, 0 to K - 1.
            labels: (B,), int64, where the net was made with ``num_classes``.
            context: (B, context_channels, H or 1, W or 1), where made with ``context_channels``.

        Raises:
            TypeError: codes or labels that are not int64.
            ValueError: shapes or values that do not fit; conditions missing, or given in vain.
        """
        check_codes("codes", codes, self.num_codes, 3)
        return self.from_embedded(self.embed(codes), labels, context)

    def log_prob(self, codes, labels=None, context=None):
        """log p(codes) = sum over positions of log p(code | codes before it): (B,), nats."""
        logits = self(codes, labels, context)
        return -nn.functional.cross_entropy(logits, codes, reduction="none").sum((1, 2))

    @torch.no_grad()
    def sample(
        self,
        num_samples,
        shape,
        labels=None,
        context=None,
        noise=None,
        generator=None,
        cached=True,
    ):
        """``num_samples`` maps of codes (B, H, W), in the weights' own precision, in eval mode.

        code = argmax(logits + noise) with Gumbel noise is a draw of Categorical(logits).

        Args:
            shape: (H, W).
            labels, context: as in :meth:`forward`.
            noise: (B, H, W, K), standard Gumbel; by default drawn on the CPU, from ``generator``.
            cached: keep every layer's activations, or run the whole net for each position.
        """
        try:
            height, width = (size("shape", value) for value in shape)
            wanted = (size("num_samples", num_samples, 0), height, width, self.num_codes)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"num_samples, shape: expected positive integers B, (H, W), got {num_samples!r}, "
                f"{shape!r}"
            ) from error
        weight = self.logits.weight
        dtype = at_least_float32(weight.dtype)
        if noise is None:
            noise = -torch.empty(wanted, dtype=dtype).exponential_(generator=generator).log()
        if tuple(noise.shape) != wanted:
            raise ValueError(f"noise: expected shape {wanted}, got {tuple(noise.shape)}")
        noise = noise.to(weight.device, dtype)

        def choose(row, column, logits):
            return (logits + noise[:, row, column]).argmax(-1)

        return self._walk(wanted[:3], choose, labels, context, cached)

    @torch.no_grad()
    def cached_logits(self, codes, labels=None, context=None):
        """:meth:`forward` by the road of the cached sampler, for comparison: (B, K, H, W)."""
        check_codes("codes", codes, self.num_codes, 3)
        kept = []

        def choose(row, column, logits):
            kept.append(logits)
            return codes[:, row, column]

        self._walk(codes.shape, choose, labels, context, True)
        return at_least_float32(torch.stack(kept, -1)).unflatten(-1, codes.shape[1:])

    def _walk(self, sizes, choose, labels, context, cached):
        was_training = self.training
        self.eval()
        try:
            biases = self.conditions(sizes[0], sizes[1:], labels, context)
            if cached:
                return walk(self, sizes, biases, choose)
            codes = torch.zeros(sizes, dtype=torch.long, device=self.logits.weight.device)
            for row in range(sizes[1]):
                for column in range(sizes[2]):
                    logits = self._run(self.embed(codes), biases)[:, :, row, column]
                    codes[:, row, column] = choose(row, column, logits)
            return codes
        finally:
            self.train(was_training)

    def num_parameters(self):
        """Parameters in use: weights that a mask sets to zero are not counted."""
        masked = 0
        for module in self.modules():
            if isinstance(module, MaskedConv2d):
                masked += module.weight[:, :, 0, 0].numel() * int((module.mask == 0).sum())
        return sum(parameter.numel() for parameter in self.parameters()) - masked

    def header(self):
        """What :func:`nets.build` needs to make this model again: names and arguments, as JSON."""
        arguments = self.arguments | {"mixed_precision": self.mixed_precision}
        return {"model": type(self).__name__, "arguments": arguments}


class PixelCNN(_CodePrior):
    """p(codes) = prod p(code | codes before it in raster order), by masked convolutions.

    Embedding, masked convolution A, ``num_blocks`` residual blocks (1x1, masked k x k B, 1x1), two
    1x1 convolutions. It has a blind spot: past codes to the upper right that no path reaches.
    With ``num_blocks=0`` it sees no more than its first window.

    Args:
        num_codes: K.
        width: channels of the residual stream; half of them inside a block.
        num_blocks, kernel_size: of the residual blocks.
        first_kernel_size: of the masked convolution A; by default ``kernel_size``.
        embedding, head: channels of the embedded codes, and between the last two convolutions.
        num_classes: makes the net conditional on labels.
        context_channels: makes it conditional on a map, added to every layer by a 1x1 convolution.
        norm: "layer" (over the channels of each position) or None.
        mixed_precision: train in bfloat16 where the hardware has it; logits are float32.

    Raises:
        ValueError: sizes that cannot be.

    Source: van den Oord et al. 2016, arXiv:1601.06759; as a prior: 2017, arXiv:1711.00937.
    """

    @remembered(**OPTIONS)
    def __init__(
        self,
        num_codes,
        width=64,
        num_blocks=10,
        kernel_size=7,
        embedding=64,
        head=512,
        num_classes=None,
        context_channels=None,
        norm="layer",
        first_kernel_size=None,
        mixed_precision=True,
    ):
        super().__init__()
        first = kernel_size if first_kernel_size is None else first_kernel_size
        self.first = MaskedConv2d(embedding, width, first, "A")
        self.blocks = nn.ModuleList(
            MaskedResidualBlock(width, kernel_size, norm) for _ in range(num_blocks)
        )

    @staticmethod
    def layer_widths(width, num_blocks):
        return [width] + [max(1, width // 2)] * num_blocks

    def first_layers(self):
        """The layers whose input is the embedded codes."""
        return [self.first]

    def body(self, x, shared, biases, call):
        x = plus(call(self.first, x), biases[0])
        for block, bias in zip(self.blocks, biases[1:], strict=False):
            x = block(x, bias, call)
        return self.top(x, biases[-1], call)


class GatedPixelCNN(_CodePrior):
    """p(codes) = prod p(code | codes before it in raster order), without a blind spot.

    A vertical stack sees the rows above, all columns of them; a horizontal stack sees the row's
    own codes to the left and takes in the vertical stack at its position. Each layer is gated:
    tanh(a) * sigmoid(b). Arguments as in :class:`PixelCNN`; ``num_blocks`` counts the layers after
    the first, ``width`` the channels of each stack.

    A layer of kernel k reaches k // 2 further: all of the past of an H x W map is seen from
    (num_blocks + 1) * (k // 2) >= max(H, W) - 1 on.

    Source: van den Oord et al. 2016, arXiv:1606.05328.
    """

    @remembered(**OPTIONS)
    def __init__(
        self,
        num_codes,
        width=64,
        num_blocks=10,
        kernel_size=7,
        embedding=64,
        head=512,
        num_classes=None,
        context_channels=None,
        norm="layer",
        first_kernel_size=None,
        mixed_precision=True,
    ):
        super().__init__()
        first = kernel_size if first_kernel_size is None else first_kernel_size
        for name, kernel in (("kernel_size", kernel_size), ("first_kernel_size", first)):
            if not half_kernel(name, kernel):
                raise ValueError(f"{name}: expected 3 or more, got {kernel!r}")
        layers = [GatedLayer(embedding, width, first, norm, True)]
        layers += [GatedLayer(width, width, kernel_size, norm, False) for _ in range(num_blocks)]
        self.layers = nn.ModuleList(layers)

    @staticmethod
    def layer_widths(width, num_blocks):
        return [2 * width] * 2 * (num_blocks + 1)  # vertical and horizontal in turn

    def first_layers(self):
        """The layers whose input is the embedded codes."""
        return [self.layers[0].vertical, self.layers[0].horizontal]

    def share(self, x, biases, call):
        """What the vertical stack gives to the horizontal one, layer by layer."""
        from_above = []
        for index, layer in enumerate(self.layers):
            x = layer.move_vertical(x, biases[2 * index], call)
            from_above.append(plus(call(layer.down, x), biases[2 * index + 1]))
        return from_above

    def body(self, x, shared, biases, call):
        for layer, from_above in zip(self.layers, shared, strict=True):
            x = layer.move_horizontal(x, from_above, call)
        return self.top(x, biases[-1], call)
