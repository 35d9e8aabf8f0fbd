"""The embedder's graph drawn again for a comparison: masked, of plain operators, or with static bytes.

`embeddings.graph` draws what ships: texts of one length a run, and fused operators of ONNX Runtime. Batches
of padded texts and shapes that are fixed ahead need a mask; other runtimes need operators of ONNX itself.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.graph import BertShape, Precision, encoder_graph
from embeddings.runtime import Feeds

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_FUSED = "com.microsoft"
_FAR = -10_000.0
"""Added to what attention must not see."""


def drawn(folder: Path, precision: Precision) -> ModelProto:
    """Return the graph as it ships, of a model folder's weights."""
    from safetensors.numpy import load_file

    weights = load_file(folder / "model.safetensors")
    return encoder_graph(weights, BertShape.read(folder), precision=precision, head="mean")


def fast_gelu(model: ModelProto) -> ModelProto:
    """Return a copy with GELU by tanh (`FastGelu`) in the place of GELU by erf."""
    copied = _copied(model)
    for node in copied.graph.node:
        if node.op_type == "Gelu":
            node.op_type = "FastGelu"
    return copied


def masked(model: ModelProto, shape: BertShape, *, plain: bool = False) -> ModelProto:
    """Return a copy with a second input ``mask``, int64 (B, L): 1 for a word piece, 0 for padding.

    Parameters
    ----------
    plain
        Attention and GELU of ONNX's own operators; the graph must be in float32.
    """
    redrawing = _Redrawing(shape, plain=plain)
    copied = _copied(model)
    nodes = [new for node in copied.graph.node for new in redrawing.node(node)]
    del copied.graph.node[:]
    copied.graph.node.extend([*redrawing.mask(), *nodes])
    return redrawing.finish(copied)


def static_bytes(
    model: ModelProto, feeds: Sequence[Feeds], *, seven_bits: bool = False
) -> ModelProto:
    """Return a copy whose products with weights take bytes, scaled as these calibration runs were.

    Parameters
    ----------
    seven_bits
        Weights within 64 of 0, which a processor without VNNI adds up without overflowing 16 bits.
    """
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(feeds)

        def get_next(self) -> Feeds | None:
            return next(self._left, None)

    with tempfile.TemporaryDirectory(prefix="presscite-bench-") as place:
        source, target = Path(place) / "source.onnx", Path(place) / "static.onnx"
        onnx.save(_typed(model), source)
        quantize_static(
            source,
            target,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=products(model),
            per_channel=True,
            reduce_range=seven_bits,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # What comes out of a product is added to and normalised: rounding it again only loses.
            extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul"]},
        )
        return onnx.load(target)


def products(model: ModelProto) -> list[str]:
    """Return the names of the products with weights; those within attention are of two activations."""
    kept = {tensor.name for tensor in model.graph.initializer}
    return [n.name for n in model.graph.node if n.op_type == "MatMul" and n.input[1] in kept]


def _typed(model: ModelProto) -> ModelProto:
    """Return a copy that says what comes out of fused operators.

    ONNX cannot infer it, and what has no type is left in float32 by calibration without an error.
    """
    from onnx import TensorProto, helper

    copied = _copied(model)
    copied.graph.value_info.extend(
        helper.make_tensor_value_info(out, TensorProto.FLOAT, ["batch", "length", None])
        for node in copied.graph.node
        if node.domain == _FUSED
        for out in node.output
    )
    return copied


def _copied(model: ModelProto) -> ModelProto:
    copied = type(model)()
    copied.CopyFrom(model)
    return copied


class _Redrawing:
    """Puts other nodes in the place of attention, GELU and the mean."""

    def __init__(self, shape: BertShape, *, plain: bool) -> None:
        self._shape = shape
        self._plain = plain
        self._tensors: dict[str, NDArray[np.generic]] = {
            "by.head": np.array([0, 0, shape.heads, shape.hidden // shape.heads], np.int64),
            "in.one": np.array([0, 0, shape.hidden], np.int64),
            "axis.1": np.array([1], np.int64),
            "axis.2": np.array([2], np.int64),
            "axes.1.2": np.array([1, 2], np.int64),
            "root": np.array(math.sqrt(shape.hidden // shape.heads), np.float32),
            "one": np.array(1, np.float32),
            "half": np.array(0.5, np.float32),
            "root.2": np.array(math.sqrt(2), np.float32),
            "far": np.array(_FAR, np.float32),
        }

    def mask(self) -> list[NodeProto]:
        """Return the nodes that turn the mask into what attention and the mean take."""
        return [
            _node("Cast", ["mask"], "mask.int32", to=6),
            _node("Cast", ["mask"], "mask.float", to=1),
            _node("Unsqueeze", ["mask.float", "axis.2"], "mask.pieces"),
            _node("Sub", ["one", "mask.float"], "padding"),
            _node("Mul", ["padding", "far"], "padding.far"),
            _node("Unsqueeze", ["padding.far", "axes.1.2"], "unseen"),
        ]

    def node(self, node: NodeProto) -> Iterator[NodeProto]:
        """Yield what stands for a node: itself for most."""
        if node.op_type == "ReduceMean":
            # The sum will do for the mean: what follows brings it to length 1.
            yield _node("Mul", [node.input[0], "mask.pieces"], "seen")
            yield _node("ReduceSum", ["seen", "axis.1"], node.output[0], keepdims=0)
        elif node.op_type == "MultiHeadAttention" and self._plain:
            query, key, value = node.input[:3]
            yield from self._attention(query, key, value, node.output[0])
        elif node.op_type == "MultiHeadAttention":
            node.input.extend(["", "mask.int32"])
            yield node
        elif node.op_type == "Gelu" and self._plain:
            yield from _gelu(node.input[0], node.output[0])
        else:
            yield node

    def _attention(self, query: str, key: str, value: str, out: str) -> Iterator[NodeProto]:
        for part, axes in ((query, (0, 2, 1, 3)), (key, (0, 2, 3, 1)), (value, (0, 2, 1, 3))):
            yield _node("Reshape", [part, "by.head"], f"{part}.heads")
            yield _node("Transpose", [f"{part}.heads"], f"{part}.turned", perm=axes)
        yield _node("Div", [f"{query}.turned", "root"], f"{out}.query")
        yield _node("MatMul", [f"{out}.query", f"{key}.turned"], f"{out}.scores")
        yield _node("Add", [f"{out}.scores", "unseen"], f"{out}.seen")
        yield _node("Softmax", [f"{out}.seen"], f"{out}.weights", axis=-1)
        yield _node("MatMul", [f"{out}.weights", f"{value}.turned"], f"{out}.heads")
        yield _node("Transpose", [f"{out}.heads"], f"{out}.turned", perm=(0, 2, 1, 3))
        yield _node("Reshape", [f"{out}.turned", "in.one"], out)

    def finish(self, model: ModelProto) -> ModelProto:
        """Add the mask as an input and the constants; drop what nothing takes."""
        from onnx import TensorProto, checker, helper, numpy_helper

        graph = model.graph
        size = ["batch", "length"]
        graph.input.append(helper.make_tensor_value_info("mask", TensorProto.INT64, size))
        graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in self._tensors.items())
        # From the end, as a node that nothing takes may be all that takes another.
        wanted = {out.name for out in graph.output}
        for node in reversed(list(graph.node)):
            if wanted.isdisjoint(node.output):
                graph.node.remove(node)
            else:
                wanted.update(node.input)
        for tensor in list(graph.initializer):
            if tensor.name not in wanted:
                graph.initializer.remove(tensor)
        checker.check_model(model)
        return model


def _node(
    kind: str, inputs: Sequence[str], name: str, **attributes: int | tuple[int, ...]
) -> NodeProto:
    from onnx import helper

    return helper.make_node(kind, list(inputs), [name], name=name, **attributes)


def _gelu(value: str, out: str) -> Iterator[NodeProto]:
    yield _node("Div", [value, "root.2"], f"{out}.scaled")
    yield _node("Erf", [f"{out}.scaled"], f"{out}.erf")
    yield _node("Add", [f"{out}.erf", "one"], f"{out}.risen")
    yield _node("Mul", [value, f"{out}.risen"], f"{out}.twice")
    yield _node("Mul", [f"{out}.twice", "half"], out)


def domains(model: ModelProto) -> Mapping[str, int]:
    """Return how many nodes are of each set of operators; ONNX's own is ``""``."""
    found: dict[str, int] = {}
    for node in model.graph.node:
        found[node.domain] = found.get(node.domain, 0) + 1
    return found
