"""Per-channel int8 weight quantisation (7-bit range) and SmoothQuant factors.

Weights keep within 64 of 0: processors without VNNI add pairs of products in 16 bits, which larger ones
overflow silently, and then a question has another answer on another computer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Ranges = Mapping[str, npt.NDArray[np.floating]]
"""By matrix product, the largest magnitude of each input channel; shape (inputs,)."""

_LARGEST = 63
# Clipping ratios tried: a smaller step for most weights costs precision in the few largest.
_CLIPPING_RATIOS = (1.0, 0.97, 0.94, 0.9, 0.86, 0.82, 0.78)
SMOOTHQUANT_ALPHA = {"span": 0.8, "mean": 0.7}
"""SmoothQuant migration strength alpha, by the graph's head; measured in docs/decisions.md."""
_SMALLEST = 1e-5
_LARGEST_FACTOR = 100.0


def quantise_per_channel(
    matrix: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return a matrix (inputs, outputs) in int8 with one scale per output column.

    Each column takes the clipping ratio with the least squared error.
    """
    widest = np.maximum(np.abs(matrix).max(axis=0), 1e-8).astype(np.float32) / _LARGEST
    scale = widest
    least = np.full(matrix.shape[1], np.inf)
    for share in _CLIPPING_RATIOS:
        tried = widest * np.float32(share)
        error = np.square(_bytes(matrix, tried) * tried - matrix).sum(axis=0)
        scale = np.where(error < least, tried, scale)
        least = np.minimum(error, least)
    return _bytes(matrix, scale).astype(np.int8), scale.astype(np.float32)


def _bytes(
    matrix: npt.NDArray[np.floating], scale: npt.NDArray[np.float32]
) -> npt.NDArray[np.floating]:
    return np.clip(np.round(matrix / scale), -_LARGEST, _LARGEST)


def smoothing_factors(
    matrix: npt.NDArray[np.floating], largest: npt.NDArray[np.floating], alpha: float
) -> npt.NDArray[np.float32]:
    """Return the factors that divide a product's input channels and multiply its weight rows.

    One scale serves all activations of a run, so a few channels ten times as large as the rest leave
    those almost no levels. Xiao et al. 2023, "SmoothQuant", equation 4; scaled to a geometric mean of 1.

    Parameters
    ----------
    matrix
        (inputs, outputs).
    largest
        (inputs,), the largest magnitude of each input channel.
    alpha
        0 leaves the activations as they are, 1 gives all input channels one range.
    """
    inputs = np.maximum(largest.astype(np.float32), _SMALLEST)
    weights = np.maximum(np.abs(matrix).max(axis=1).astype(np.float32), _SMALLEST)
    factor = inputs**alpha / weights ** (1 - alpha)
    factor /= np.exp(np.log(factor).mean())
    return np.asarray(np.clip(factor, 1 / _LARGEST_FACTOR, _LARGEST_FACTOR), np.float32)
