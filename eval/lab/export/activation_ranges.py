"""Activation-range calibration: the largest magnitude of each input channel of each matrix product."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.runtime import Feeds, session_of
from eval.lab.export.bert_graph import BertShape, Weights, build_bert
from eval.lab.export.quantisation import Ranges


def collect_activation_ranges(
    weights: Weights, shape: BertShape, head: str, feeds: Iterable[Feeds]
) -> Ranges:
    """Run texts through the float32 graph and return the largest magnitude of each product's inputs."""
    from onnx import TensorProto, helper

    builder = build_bert(weights, shape, precision="float32", head=head)
    values = list(dict.fromkeys(builder.products.values()))
    model = builder.model(head)
    model.graph.output.extend(
        helper.make_tensor_value_info(value, TensorProto.FLOAT, None) for value in values
    )
    session = session_of(model.SerializeToString())
    largest_by_value: dict[str, npt.NDArray[np.float32]] = {}
    for feed in feeds:
        for value, found in zip(values, session.run(values, feed), strict=True):
            largest = np.abs(found).max(axis=(0, 1))
            largest_by_value[value] = (
                np.maximum(largest_by_value[value], largest)
                if value in largest_by_value
                else largest
            )
    return {
        name: largest_by_value[value]
        for name, value in builder.products.items()
        if value in largest_by_value
    }


def save(ranges: Ranges, file: Path) -> None:
    """Write ranges in half precision, which is more than they need."""
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
