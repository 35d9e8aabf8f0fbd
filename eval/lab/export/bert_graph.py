"""Build a BERT encoder as an ONNX graph with ONNX Runtime's fused operators, in int8 or float32.

The weights come straight from a safetensors file, without a tracer, so the graph says exactly what runs:
one fused attention, two layer norms and four matrix products per layer. There is no attention mask: the
texts of one run have the same length, so nothing is padded. In ``int8_per_channel`` the word embeddings
have one scale per word, the matrices one per output column, and the activations one per run
(`eval.lab.export.quantisation`). Tensor names are part of the shipped files: `eval.lab.train.shipped`
reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from eval.lab.export.quantisation import (
    SMOOTHQUANT_ALPHA,
    Ranges,
    quantise_per_channel,
    smoothing_factors,
)

if TYPE_CHECKING:
    from onnx import ModelProto

Precision = Literal["float32", "int8_per_channel"]
_OPSET = 17
_FUSED = "com.microsoft"
_RELATIVE = "relative_attention_bias.weight"
Weights = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of a BERT encoder, as its ``config.json`` gives them."""

    layers: int
    heads: int
    hidden: int
    epsilon: float

    @classmethod
    def read(cls, folder: Path) -> BertShape:
        """Read the sizes of the model in a folder.

        Raises
        ------
        ValueError
            Where the model is not a BERT encoder with GELU.
        """
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError(f"{folder}: not a BERT encoder with GELU")
        return cls(
            int(config["num_hidden_layers"]),
            int(config["num_attention_heads"]),
            int(config["hidden_size"]),
            float(config["layer_norm_eps"]),
        )


def bert_graph(
    weights: Weights,
    shape: BertShape,
    *,
    precision: Precision,
    head: str,
    ranges: Ranges | None = None,
) -> ModelProto:
    """Return the model; its input is ``ids``, int64 of shape (B, L): B texts of L word pieces each.

    Parameters
    ----------
    weights
        Tensors under their names in a Hugging Face BERT checkpoint, without a ``bert.`` in front.
    head
        ``mean``: output ``vectors``, (B, hidden), mean over the tokens, of length 1.
        ``span``: output ``scores``, (B, L, 2), from ``qa_outputs``; where the encoder has token
        types it takes ``types``, int64 of shape (B, L), as a second input.
    ranges
        From `eval.lab.export.activation_ranges`; with them ``int8_per_channel`` has half the error.
    """
    return build_bert(weights, shape, precision=precision, head=head, ranges=ranges).model(head)


def build_bert(
    weights: Weights,
    shape: BertShape,
    *,
    precision: Precision,
    head: str,
    ranges: Ranges | None = None,
) -> OnnxBertBuilder:
    """Return the builder that `bert_graph` takes its model from."""
    builder = OnnxBertBuilder(
        weights, shape, precision=precision, ranges=ranges, alpha=SMOOTHQUANT_ALPHA[head]
    )
    hidden = builder.embedded(types=head == "span" and _has_types(weights))
    for layer in range(shape.layers):
        hidden = builder.layer(hidden, f"encoder.layer.{layer}")
    if head == "mean":
        builder.mean(hidden)
    else:
        builder.spans(hidden)
    return builder


def _has_types(weights: Weights) -> bool:
    return len(weights["embeddings.token_type_embeddings.weight"]) > 1


def relative_buckets(distances: npt.NDArray[np.int64], buckets: int) -> npt.NDArray[np.int64]:
    """Return the bucket of each distance, query minus key (Raffel et al. 2020, T5, both ways)."""
    half, farthest = buckets // 2, 128
    exact = half // 2
    away = np.abs(distances)
    scale = (half - exact) / np.log(farthest / exact)
    far = exact + (np.log(np.maximum(away, 1).astype(np.float32) / exact) * scale).astype(np.int64)
    found = np.where(away < exact, away, np.minimum(far, half - 1)) + half * (distances < 0)
    return np.asarray(found, np.int64)


class OnnxBertBuilder:
    """Collects the nodes and initialisers of one graph."""

    def __init__(
        self,
        weights: Weights,
        shape: BertShape,
        *,
        precision: Precision,
        ranges: Ranges | None,
        alpha: float,
    ) -> None:
        self.products: dict[str, str] = {}
        """The input value of each matrix product, by the product's name."""
        self._weights = weights
        self._shape = shape
        self._precision = precision
        self._ranges = ranges or {}
        self._alpha = alpha
        self._bias = ""
        self._nodes: list[Any] = []
        self._tensors: dict[str, npt.NDArray[Any]] = {}

    def _add(
        self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any
    ) -> str:
        from onnx import helper

        self._nodes.append(
            helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes)
        )
        return name

    def _keep(self, name: str, array: npt.NDArray[Any]) -> str:
        self._tensors[name] = np.ascontiguousarray(array)
        return name

    def _float(self, name: str) -> str:
        return self._keep(name, self._weights[name].astype(np.float32))

    def embedded(self, *, types: bool) -> str:
        """Add the sum of word, position (and token type) embeddings, layer-normalised."""
        words = self._weights["embeddings.word_embeddings.weight"].astype(np.float32)
        if self._precision != "float32":
            scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-8) / 127
            quantised = np.round(words / scale).astype(np.int8)
            rows = self._add("Gather", [self._keep("words", quantised), "ids"], "words_int8")
            wide = self._add("Cast", [rows], "words_wide", to=1)
            scales = self._add(
                "Gather", [self._keep("word_scales", scale.astype(np.float32)), "ids"], "scale"
            )
            word = self._add("Mul", [wide, scales], "word")
        else:
            word = self._add("Gather", [self._keep("words", words), "ids"], "word")
        kinds = self._weights["embeddings.token_type_embeddings.weight"].astype(np.float32)
        places = self._weights["embeddings.position_embeddings.weight"].astype(np.float32)
        size = self._add("Shape", ["ids"], "size")
        length = self._add(
            "Gather", [size, self._keep("second", np.array([1], np.int64))], "length"
        )
        none = self._keep("none", np.array([0], np.int64))
        place = self._add("Slice", [self._keep("places", places), none, length], "place")
        both = self._add("Add", [word, place], "placed")
        if _RELATIVE in self._weights:
            self._relative()
        if types:
            kind = self._add("Gather", [self._keep("kinds", kinds), "types"], "kind")
        else:
            kind = self._keep("kind", kinds[0])
        summed = self._add("Add", [both, kind], "summed")
        return self._norm(summed, "embeddings.LayerNorm")

    def _relative(self) -> None:
        """Add the relative position bias of attention, (1, heads, L, L)."""
        table = self._weights[_RELATIVE].astype(np.float32)
        farthest = len(self._weights["embeddings.position_embeddings.weight"])
        distances = np.arange(-farthest, farthest + 1)
        by_distance = table[relative_buckets(distances, len(table))].T
        start = self._keep("start", np.array(0, np.int64))
        step = self._keep("step", np.array(1, np.int64))
        end = self._add("Squeeze", ["length"], "end")
        keys = self._add("Range", [start, end, step], "keys")
        queries = self._add("Unsqueeze", [keys, step], "queries")
        shifted = self._add(
            "Add", [queries, self._keep("farthest", np.array(farthest, np.int64))], "shifted"
        )
        apart = self._add("Sub", [shifted, keys], "apart")
        spread = self._keep("by_distance", np.ascontiguousarray(by_distance))
        heads = self._add("Gather", [spread, apart], "by_head", axis=1)
        self._bias = self._add("Unsqueeze", [heads, start], "attention_bias")

    def _norm(self, value: str, name: str) -> str:
        inputs = [value, self._float(f"{name}.weight"), self._float(f"{name}.bias")]
        return self._add(
            "LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=self._shape.epsilon
        )

    def _product(
        self, value: str, name: str, matrix: npt.NDArray[Any], bias: npt.NDArray[Any]
    ) -> str:
        """Add ``value @ matrix + bias``; the matrix is (inputs, outputs)."""
        self.products[name] = value
        offset = self._keep(f"{name}.bias", bias.astype(np.float32))
        if self._precision == "float32":
            product = self._add(
                "MatMul", [value, self._keep(name, matrix.astype(np.float32))], f"{name}.raw"
            )
            return self._add("Add", [product, offset], f"{name}.out")
        if name in self._ranges:
            factor = smoothing_factors(matrix, self._ranges[name], self._alpha)
            value = self._add(
                "Mul", [value, self._keep(f"{name}.evening", 1 / factor)], f"{name}.evened"
            )
            matrix = matrix * factor[:, None]
        quantised, scale = quantise_per_channel(matrix)
        kept = [self._keep(name, quantised), self._keep(f"{name}.scale", scale)]
        inputs = [value, *kept, "", offset]
        return self._add("DynamicQuantizeMatMul", inputs, f"{name}.out", _FUSED)

    def _linear(self, value: str, name: str) -> str:
        return self._product(
            value, name, self._weights[f"{name}.weight"].T, self._weights[f"{name}.bias"]
        )

    def layer(self, hidden: str, name: str) -> str:
        """Add one transformer layer."""
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        matrix = np.concatenate([self._weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        packed = self._product(hidden, f"{name}.qkv", matrix, bias)
        self._split(packed, parts)
        attended = self._add(
            "MultiHeadAttention",
            [f"{part}.out" for part in parts] + (["", "", self._bias] if self._bias else []),
            f"{name}.attended",
            _FUSED,
            num_heads=self._shape.heads,
        )
        out = self._linear(attended, f"{name}.attention.output.dense")
        hidden = self._skip_norm(out, hidden, f"{name}.attention.output.LayerNorm")
        wide = self._linear(hidden, f"{name}.intermediate.dense")
        active = self._add("Gelu", [wide], f"{name}.active", _FUSED)
        back = self._linear(active, f"{name}.output.dense")
        return self._skip_norm(back, hidden, f"{name}.output.LayerNorm")

    def _split(self, packed: str, parts: list[str]) -> None:
        from onnx import helper

        sizes = self._keep("thirds", np.full(3, self._shape.hidden, np.int64))
        outputs = [f"{part}.out" for part in parts]
        self._nodes.append(helper.make_node("Split", [packed, sizes], outputs, axis=2))

    def _skip_norm(self, value: str, skip: str, name: str) -> str:
        # The fused SkipLayerNormalization is much slower on a CPU.
        return self._norm(self._add("Add", [value, skip], f"{name}.sum"), name)

    def mean(self, hidden: str) -> None:
        """Add mean pooling over the tokens and L2 normalisation."""
        total = self._add("ReduceMean", [hidden], "total", axes=[1], keepdims=0)
        self._add("LpNormalization", [total], "vectors", axis=1, p=2)

    def spans(self, hidden: str) -> None:
        """Add the start and end scores, in float32: they are a thousandth of the work."""
        matrix = self._keep("qa", self._weights["qa_outputs.weight"].T.astype(np.float32))
        raw = self._add("MatMul", [hidden, matrix], "qa.raw")
        bias = self._keep("qa.bias", self._weights["qa_outputs.bias"].astype(np.float32))
        self._add("Add", [raw, bias], "scores")

    def model(self, head: str) -> ModelProto:
        """Return the checked model; ``head`` says its inputs and outputs."""
        from onnx import TensorProto, checker, helper, numpy_helper

        def tensor(name: str, kind: int, shape: list[str | int]) -> Any:
            return helper.make_tensor_value_info(name, kind, shape)

        inputs = [tensor("ids", TensorProto.INT64, ["batch", "length"])]
        if head == "span":
            if _has_types(self._weights):
                inputs.append(tensor("types", TensorProto.INT64, ["batch", "length"]))
            outputs = [tensor("scores", TensorProto.FLOAT, ["batch", "length", 2])]
        else:
            outputs = [tensor("vectors", TensorProto.FLOAT, ["batch", self._shape.hidden])]
        graph = helper.make_graph(
            self._nodes,
            f"bert-{head}",
            inputs,
            outputs,
            [numpy_helper.from_array(array, name) for name, array in self._tensors.items()],
        )
        made = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)],
            ir_version=9,
            producer_name="presscite",
        )
        checker.check_model(made)
        return made
