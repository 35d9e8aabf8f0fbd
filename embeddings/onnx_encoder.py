"""A sentence encoder run by ONNX Runtime, without torch and in a fraction of its start-up time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.encoder import EncoderIdentity, Vectors
from embeddings.errors import EncoderNotFoundError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer


class OnnxEncoder:
    """Encodes with an ONNX graph (``ids`` in, ``vectors`` out); many threads may share it."""

    def __init__(self, graph: Path | bytes, tokenizer: Path, identity: EncoderIdentity) -> None:
        self._graph = graph
        self._tokenizer = tokenizer
        self._identity = identity
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, Tokenizer] | None = None

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is, known without loading it."""
        return self._identity

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._loaded is not None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), dimension)``, in order.

        Raises
        ------
        EncoderNotFoundError
            Where the graph or the tokenizer cannot be loaded.
        """
        vectors = np.empty((len(texts), self._identity.dimension), np.float32)
        if not texts:
            return vectors
        from embeddings.runtime import run_all

        session, tokenizer = self._load()
        # One text per run: int8 has one activation scale per run, so in a batch a vector would depend on
        # its neighbours; on a CPU batches are no faster.
        encoded = tokenizer.encode_batch(list(texts))
        # Longest first, so that all cores finish at about the same time.
        order = sorted(range(len(texts)), key=lambda n: -len(encoded[n].ids))
        feeds = [{"ids": np.array([encoded[n].ids], np.int64)} for n in order]
        for n, out in zip(order, run_all(session, "vectors", feeds), strict=True):
            vectors[n] = out[0]
        return vectors

    def _load(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                from embeddings.runtime import session_from_file, session_of

                try:
                    tokenizer = Tokenizer.from_file(str(self._tokenizer))
                    tokenizer.enable_truncation(self._identity.max_word_pieces)
                    tokenizer.no_padding()
                    graph = self._graph
                    session = (
                        session_of(graph) if isinstance(graph, bytes) else session_from_file(graph)
                    )
                except Exception as error:
                    # Both libraries raise bare or private exception classes.
                    reason = " ".join(str(error).split())
                    raise EncoderNotFoundError(
                        f"{self._identity.name}: the model cannot be loaded ({reason}); reinstall presscite"
                    ) from error
                self._loaded = session, tokenizer
            return self._loaded
