"""Vector quantiser and VQ-VAE. Built in lesson 07."""

import math
from typing import NamedTuple

import torch
from torch import nn

from course_utils import losses
from course_utils.arguments import number
from course_utils.nets.arguments import at_least_float32, remembered
from course_utils.settings import autocast

MOST_NUMBERS = 2**22  # in a block of differences of vectors and codes
USAGE_DECAY = 0.99  # of the running usage where the codebook is learnt by gradient


class Quantized(NamedTuple):
    """What a quantiser makes of z_e (B, D, H, W).

    Attributes:
        z_q: the codes' vectors, (B, D, H, W); its gradient goes to z_e unchanged.
        indices: the codes, int64 (B, H, W).
        codebook_loss: |sg(z_e) - e|^2 averaged over D, H and W, (B,); it moves the codebook.
        commitment_loss: |z_e - sg(e)|^2 averaged likewise, (B,); it moves the encoder.
    """

    z_q: torch.Tensor
    indices: torch.Tensor
    codebook_loss: torch.Tensor
    commitment_loss: torch.Tensor


class VectorQuantizer(nn.Module):
    """Nearest of ``num_codes`` vectors e_k for each vector of z_e: (B, D, H, W) -> Quantized.

    z_q = z_e + sg(e - z_e), e = e_k with k = argmin_k |z_e - e_k|^2, sg = no gradient passes

    A training step also updates ``usage``, u_k <- decay u_k + (1 - decay) r_k with r_k = K times
    the share of code k in the batch: 1 is a fair share, 0 a dead code. With a ``decay`` the same
    step moves the codebook to the running mean of the vectors that chose it. That mean is m_k / u_k
    with the sum m_k averaged as u_k is; put e_k u_k for m_k and only what is new remains:

    e_k <- e_k + (1 - decay) r_k (mean of the batch's vectors of code k - e_k) / u_k

    So a code that no vector chose stays where it is, however small its usage.

    Args:
        num_codes: K.
        code_dim: D.
        beta: weight of the commitment loss.
        decay: None for a codebook learnt by the gradient of the codebook loss; a number in (0, 1),
            such as 0.99, for one moved by exponential moving averages.
        restart_below: codes whose usage is below it become random vectors of the batch, with
            usage 1; a number in (0, 1), or None for no restarts.

    Raises:
        ValueError: a setting out of its range; z_e of another shape, or not finite.

    Source: van den Oord et al. 2017, arXiv:1711.00937; restarts: Dhariwal et al. 2020,
    arXiv:2005.00341.
    """

    @remembered(other=("beta", "decay", "restart_below"))
    def __init__(self, num_codes, code_dim, beta=0.25, decay=None, restart_below=None):
        super().__init__()
        wanted = "a finite number of at least 0"
        beta = number("beta", beta, wanted, lambda value: 0 <= value < math.inf, ValueError)
        wanted = "a number between 0 and 1 or None"
        decay, restart_below = (
            None if value is None else number(name, value, wanted, lambda x: 0 < x < 1, ValueError)
            for name, value in (("decay", decay), ("restart_below", restart_below))
        )
        self.arguments |= {"beta": beta, "decay": decay, "restart_below": restart_below}
        self.num_codes, self.code_dim, self.beta = num_codes, code_dim, beta
        self.decay, self.restart_below = decay, restart_below
        codebook = torch.empty(num_codes, code_dim).uniform_(-1 / num_codes, 1 / num_codes)
        if decay is None:
            self.codebook = nn.Parameter(codebook)
        else:
            self.register_buffer("codebook", codebook)
        self.register_buffer("usage", torch.ones(num_codes))

    def forward(self, z_e):
        indices = self.nearest(z_e)
        z_e = z_e.to(self.codebook.dtype)
        e = self.lookup(indices)
        result = Quantized(
            z_e + (e - z_e).detach(),
            indices,
            (e - z_e.detach()).square().mean((1, 2, 3)),
            (z_e - e.detach()).square().mean((1, 2, 3)),
        )
        if self.training and len(z_e):
            self._follow(z_e, indices)
        return result

    def loss(self, quantized):
        """What training adds to the distortion: codebook loss + beta * commitment loss, (B,).

        A codebook that moving averages move has no codebook loss.
        """
        loss = self.beta * quantized.commitment_loss
        return loss + quantized.codebook_loss if self.decay is None else loss

    @torch.no_grad()
    def nearest(self, z_e):
        """Index of the nearest code, the first of several: (B, D, H, W) -> int64 (B, H, W).

        As a search in float64 over the same numbers finds it, wherever the codebook lies.
        """
        rows, codebook = _rows(self._checked(z_e)), self.codebook
        dtype = at_least_float32(torch.promote_types(rows.dtype, codebook.dtype))
        rows, codebook = rows.to(dtype), codebook.to(dtype)
        with torch.autocast(z_e.device.type, enabled=False):
            indices = _nearest(rows, codebook)
        return indices.view(len(z_e), *z_e.shape[2:])

    def lookup(self, indices):
        """Vectors of the codes: int64 (B, H, W) -> (B, D, H, W).

        Raises:
            TypeError, ValueError: not int64, another shape, or outside the codebook.
        """
        if indices.dtype != torch.int64:
            raise TypeError(f"indices: expected int64, got {indices.dtype}")
        if indices.ndim != 3:
            raise ValueError(f"indices: expected (B, H, W), got {tuple(indices.shape)}")
        if indices.numel() and not 0 <= indices.min() <= indices.max() < self.num_codes:
            raise ValueError(
                f"indices: expected 0 to {self.num_codes - 1}, "
                f"got {indices.min().item()} to {indices.max().item()}"
            )
        return nn.functional.embedding(indices, self.codebook).permute(0, 3, 1, 2)

    @torch.no_grad()
    def start_from(self, z_e):
        """Make the codebook of ``num_codes`` random distinct vectors of z_e (B, D, H, W).

        Raises:
            ValueError: z_e holds too few distinct vectors.
        """
        vectors = _rows(self._checked(z_e)).to(self.codebook.dtype)
        vectors = vectors.unique(dim=0) if len(vectors) else vectors
        if len(vectors) < self.num_codes:
            raise ValueError(
                f"z_e: expected at least {self.num_codes} distinct vectors, got {len(vectors)}; "
                "give more images"
            )
        chosen = torch.randperm(len(vectors))[: self.num_codes]  # drawn on the CPU: as elsewhere
        self.codebook.copy_(vectors[chosen.to(vectors.device)])
        self.usage.fill_(1)

    @torch.no_grad()
    def _follow(self, z_e, indices):
        """Update usage, codebook (with a decay) and dead codes from one batch."""
        decay = self.decay or USAGE_DECAY
        rows = _rows(z_e)
        chosen = nn.functional.one_hot(indices.flatten(), self.num_codes).to(rows.dtype)
        new = (1 - decay) * self.num_codes / len(rows)  # of one vector's choice
        count = chosen.sum(0)
        self.usage.mul_(decay).add_(count, alpha=new)
        if self.decay is not None:
            with torch.autocast(z_e.device.type, enabled=False):
                shift = chosen.T @ rows - count[:, None] * self.codebook
            # A usage that decayed to zero is harmless: no vector, no shift.
            usage = self.usage.clamp_min(torch.finfo(rows.dtype).tiny)
            self.codebook.addcdiv_(shift, usage[:, None], value=new)
        if self.restart_below is not None:
            dead = (self.usage < self.restart_below).nonzero().flatten()[: len(rows)]
            if len(dead):  # no draw is made for none
                new_place = torch.randperm(len(rows))[: len(dead)].to(rows.device)
                self.codebook[dead] = rows[new_place]
                self.usage[dead] = 1

    def _checked(self, z_e):
        if not z_e.is_floating_point():
            raise TypeError(f"z_e: expected floating-point numbers, got {z_e.dtype}")
        if z_e.ndim != 4 or z_e.shape[1] != self.code_dim or 0 in z_e.shape[2:]:
            raise ValueError(f"z_e: expected (B, {self.code_dim}, H, W), got {tuple(z_e.shape)}")
        if not z_e.isfinite().all():
            raise losses.NotFiniteError("z_e: expected finite numbers, got NaN or infinity")
        return z_e


def _rows(z):
    """(B, D, H, W) -> (B * H * W, D)."""
    return z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])


def _nearest(z, codebook):
    """Indices (N,) of the rows of ``codebook`` (K, D) nearest to the rows z (N, D).

    |z|^2 is the same for all codes: |e|^2 - 2 z.e decides, and is one matrix product. Both are
    measured from the middle of the codebook, or far from the origin nothing would be left of the
    difference. With every score comes off what rounding may have added to it; where another code
    is then as near as the best may be, float64 differences decide.
    """
    middle = codebook.double().mean(0).to(z.dtype)
    moved, e = z - middle, codebook - middle
    of_z, of_e = (torch.linalg.vector_norm(rows, dim=1) for rows in (moved, e))
    relative = (z.shape[1] + 8) * torch.finfo(z.dtype).eps
    least = torch.addmm((1 - relative) * of_e.square(), moved, e.T, alpha=-2)
    least.addr_(of_z, of_e, alpha=-2 * relative)
    best, indices = least.min(1)
    most = best + 2 * relative * (of_e[indices] + 2 * of_z) * of_e[indices]
    further = (least > most[:, None]).sum(1)
    unsure = (further < len(codebook) - 1).nonzero().flatten()
    for part in unsure.split(max(1, MOST_NUMBERS // codebook.numel())):
        difference = z[part, None].double() - codebook.double()
        indices[part] = difference.square().sum(-1).argmin(1)
    return indices


class VQVAE(nn.Module):
    """Encoder, vector quantiser and decoder: images become grids of codes.

    Networks run in bfloat16 where the hardware has it, unless ``mixed_precision`` is False; what
    they return, the distances to the codes and the losses are float32.

    Source: van den Oord et al. 2017, arXiv:1711.00937.
    """

    def __init__(self, encoder, decoder, quantizer, mixed_precision=True):
        super().__init__()
        self.mixed_precision = mixed_precision
        self.encoder, self.decoder, self.quantizer = encoder, decoder, quantizer

    def encode(self, x):
        """Vectors before quantisation: x (B, C, H, W) -> z_e (B, D, h, w)."""
        with autocast(self.mixed_precision):
            return self.encoder(x).to(self.quantizer.codebook.dtype)

    def decode(self, z_q):
        """Mean of p(x|z): z_q (B, D, h, w) -> (B, C, H, W)."""
        with autocast(self.mixed_precision):
            return self.decoder(z_q).to(z_q.dtype)

    @torch.no_grad()
    def codes(self, x):
        """Codes of images: x (B, C, H, W) -> int64 (B, h, w). Changes no state."""
        return self.quantizer.nearest(self.encode(x))

    def decode_codes(self, indices):
        """Mean of p(x|z): int64 (B, h, w) -> (B, C, H, W)."""
        return self.decode(self.quantizer.lookup(indices))

    def forward(self, x):
        """Terms of the training loss, (B,) each: ``loss``, ``mse``, ``codebook``, ``commitment``.

        loss = mse + codebook loss (where the codebook is learnt by gradient) + beta * commitment
        loss; mse = |x - mean|^2 averaged over the elements of an image, x in [-1, 1].
        """
        quantized = self.quantizer(self.encode(x))
        mean = self.decode(quantized.z_q)
        if mean.shape != x.shape:
            raise ValueError(f"x: expected images of {tuple(mean.shape[1:])}, got {tuple(x.shape)}")
        mse = (x - mean).square().flatten(1).mean(1)
        return {
            "loss": mse + self.quantizer.loss(quantized),
            "mse": mse,
            "codebook": quantized.codebook_loss,
            "commitment": quantized.commitment_loss,
        }

    def header(self):
        """What :func:`nets.build` needs to make this model again: names and arguments, as JSON."""
        parts = ("encoder", "decoder", "quantizer")
        made = {part: getattr(self, part) for part in parts}
        return {"model": "VQVAE", "mixed_precision": self.mixed_precision} | {
            part: [type(module).__name__, module.arguments] for part, module in made.items()
        }
