"""Contextual vectors of a text's word pieces, from inside the packaged encoder's graph."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import EncoderNotFoundError
from embeddings.loading import GRAPH, VOCABULARY, WEIGHTS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

States = NDArray[np.float32]
LAST_LAYER = "encoder.layer.5.output.LayerNorm.out"
"""The node output whose mean over the pieces is the text's vector."""


def with_output(graph: bytes, name: str) -> bytes:
    """Return an ONNX model whose output is also the float tensor of an inner node's output.

    Serialised Protocol Buffers messages merge where they are joined, repeated fields one after the
    other (https://protobuf.dev/programming-guides/encoding/#last-one-wins), so that a model with
    nothing but the output is appended. The weights stay as they are.
    """

    def message(number: int, content: bytes) -> bytes:
        if len(content) > 127:
            raise ValueError(f"the output's name {name!r} is too long; at most 100 bytes")
        return bytes([number << 3 | 2, len(content)]) + content

    # TypeProto.Tensor with elem_type FLOAT, in ValueInfoProto.type; GraphProto.output; ModelProto.graph.
    value = message(1, name.encode()) + message(2, message(1, b"\x08\x01"))
    return graph + message(7, message(12, value))


class TokenStates:
    """The packaged encoder's hidden states; loaded when first used, many threads may share it."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, Tokenizer] | None = None

    def states(self, text: str, most: int) -> tuple[States, list[tuple[int, int]]]:
        """Return the states of a text's last ``most`` word pieces, and where each stands in the text.

        Returns
        -------
        states
            float32 of shape ``(pieces, dimension)``, special tokens included.
        offsets
            Characters of the text for each; ``(n, n)`` for a special token.

        Raises
        ------
        EncoderNotFoundError
            Where the graph or the tokenizer cannot be loaded.
        """
        session, tokenizer = self._load()
        encoded = tokenizer.encode(text)
        ids, offsets = encoded.ids, encoded.offsets
        if len(ids) > most:
            # The sequence begins with its first special token all the same.
            ids, offsets = [ids[0], *ids[1 - most :]], [offsets[0], *offsets[1 - most :]]
        found = session.run([LAST_LAYER], {"ids": np.array([ids], np.int64)})[0][0]
        return found, offsets

    def _load(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                from embeddings.runtime import session_of

                try:
                    tokenizer = Tokenizer.from_file(str(self._folder / VOCABULARY))
                    tokenizer.no_truncation()
                    tokenizer.no_padding()
                    graph = with_output((self._folder / GRAPH).read_bytes(), LAST_LAYER)
                    self._loaded = session_of(graph), tokenizer
                except Exception as error:
                    # Both libraries raise bare or private exception classes.
                    reason = " ".join(str(error).split())
                    raise EncoderNotFoundError(
                        f"{self._folder}: the embedding model cannot be loaded ({reason}); "
                        "reinstall presscite"
                    ) from error
            return self._loaded
