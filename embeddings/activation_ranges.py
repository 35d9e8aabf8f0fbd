"""How large the inputs of a graph's products become: what rounding to bytes is prepared by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.graph import BertShape, Weights, drawing_of
from embeddings.quantisation import Ranges
from embeddings.runtime import Feeds, session_of


def ranges_met(weights: Weights, shape: BertShape, head: str, feeds: Iterable[Feeds]) -> Ranges:
    """Run texts through the float32 graph and return the largest magnitude of each product's inputs."""
    from onnx import TensorProto, helper

    drawing = drawing_of(weights, shape, precision="float32", head=head)
    values = list(dict.fromkeys(drawing.products.values()))
    model = drawing.model(head)
    model.graph.output.extend(
        helper.make_tensor_value_info(value, TensorProto.FLOAT, None) for value in values
    )
    session = session_of(model.SerializeToString())
    met: dict[str, npt.NDArray[np.float32]] = {}
    for feed in feeds:
        for value, found in zip(values, session.run(values, feed), strict=True):
            largest = np.abs(found).max(axis=(0, 1))
            met[value] = np.maximum(met[value], largest) if value in met else largest
    return {name: met[value] for name, value in drawing.products.items() if value in met}


def save(ranges: Ranges, file: Path) -> None:
    """Write ranges; half precision is more than they need."""
    np.savez_compressed(
        file, allow_pickle=False, **{n: np.asarray(r, np.float16) for n, r in ranges.items()}
    )


def load(file: Path) -> Ranges:
    """Return the ranges of a file.

    Raises
    ------
    OSError, ValueError
        Where it cannot be read.
    """
    with np.load(file, allow_pickle=False) as held:
        return {name: held[name].astype(np.float32) for name in held.files}
