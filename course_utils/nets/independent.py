"""A prior of independent codes: one table of probabilities for each position. From lesson 07."""

import math

import torch

from course_utils.arguments import number
from course_utils.nets.arguments import size


class IndependentPrior:
    """p(c|y) = prod_i p_i(c_i|y) from counts: p_i(k|y) = (n_yik + alpha) / (n_yi + K alpha).

    Args:
        codes: int64 (N, H, W), of training images.
        num_codes: K.
        alpha: added to each count, positive: no code is impossible.
        labels: int64 (N,), or None for p(c).

    Attributes:
        table: (Y, H * W, K).

    Raises:
        ValueError: ``alpha`` is not positive; codes or labels are out of their range.
    """

    def __init__(self, codes, num_codes, alpha, labels=None):
        positive = "a positive finite number"
        alpha = number("alpha", alpha, positive, lambda value: 0 < value < math.inf, ValueError)
        num_codes = size("num_codes", num_codes)
        wanted = f"(N, H, W) with values of 0 to {num_codes - 1}"
        if codes.ndim != 3 or not codes.numel():
            raise ValueError(f"codes: expected {wanted}, one at least, got {tuple(codes.shape)}")
        if not 0 <= codes.min() <= codes.max() < num_codes:
            raise ValueError(
                f"codes: expected {wanted}, got {tuple(codes.shape)}, "
                f"{codes.min().item()} to {codes.max().item()}"
            )
        self.shape, self.has_labels = codes.shape[1:], labels is not None
        codes, labels = codes.flatten(1), codes.new_zeros(len(codes)) if labels is None else labels
        if labels.shape != codes.shape[:1] or labels.min() < 0:
            raise ValueError(f"labels: expected {len(codes)} labels of at least 0")
        self.positions = torch.arange(codes.shape[1])
        counts = torch.zeros(int(labels.max()) + 1, codes.shape[1], num_codes)
        counts.index_put_((labels[:, None], self.positions, codes), torch.ones(()), accumulate=True)
        self.table = (counts + alpha) / (counts.sum(-1, keepdim=True) + num_codes * alpha)

    def log_prob(self, codes, labels=None):
        """log p(c|y): codes (B, H, W), labels (B,) -> (B,), nats.

        Raises:
            ValueError: codes of another shape or outside of the table; labels that do not fit.
        """
        num_codes = self.table.shape[-1]
        if codes.shape[1:] != self.shape or (
            codes.numel() and not 0 <= codes.min() <= codes.max() < num_codes
        ):
            told = f", {codes.min().item()} to {codes.max().item()}" if codes.numel() else ""
            raise ValueError(
                f"codes: expected (B, {', '.join(map(str, self.shape))}) with values of 0 to "
                f"{num_codes - 1}, got {tuple(codes.shape)}{told}"
            )
        rows = self._rows(len(codes), labels)
        return self.table[rows[:, None], self.positions, codes.flatten(1)].log().sum(1)

    def sample(self, num_samples, labels=None, generator=None):
        """Draws: labels (num_samples,) -> codes (num_samples, H, W)."""
        num_samples = size("num_samples", num_samples, 0)
        table = self.table[self._rows(num_samples, labels)].flatten(0, 1)
        return torch.multinomial(table, 1, generator=generator).view(num_samples, *self.shape)

    def _rows(self, count, labels):
        if (labels is not None) != self.has_labels:
            wanted = "labels" if self.has_labels else "None"
            raise ValueError(f"labels: expected {wanted}, as the prior was fitted")
        return torch.zeros(count, dtype=torch.long) if labels is None else labels
