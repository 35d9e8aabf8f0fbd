"""The packaged model run by ONNX Runtime: the same weights, without torch and in a fraction of its start."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.encoder import EncoderIdentity, Vectors
from embeddings.graph import BertShape, Precision, encoder_graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

DRAWING = 4
"""Raised where the same weights are drawn differently, which moves vectors a little."""
_logger = logging.getLogger(__name__)


class OnnxEncoder:
    """Encodes with a graph drawn from a BERT folder's safetensors; many threads may share it.

    The graph is drawn once and kept under the user's cache folder with its checksum; where that
    cannot be written it is drawn again in every process.
    """

    def __init__(
        self,
        folder: Path,
        identity: EncoderIdentity,
        *,
        precision: Precision = "float32",
        cache: Path | None = None,
        ranges: Path | None = None,
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._precision = precision
        self._cache = cache
        self._ranges = ranges
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
        """Return unit vectors, float32 of shape ``(len(texts), dimension)``, in order."""
        vectors = np.empty((len(texts), self._identity.dimension), np.float32)
        if not texts:
            return vectors
        from embeddings.runtime import run_all

        session, tokenizer = self._ready()
        # A text a run: its vector must not depend on its neighbours, as it would by the one scale that int8
        # has for all activations of a run; on a CPU runs of many texts are no faster.
        encoded = tokenizer.encode_batch(list(texts))
        # The longest first, so that the cores are done at the same time.
        order = sorted(range(len(texts)), key=lambda n: -len(encoded[n].ids))
        feeds = [{"ids": np.array([encoded[n].ids], np.int64)} for n in order]
        for n, out in zip(order, run_all(session, "vectors", feeds), strict=True):
            vectors[n] = out[0]
        return vectors

    def _ready(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                from embeddings.runtime import session_of

                tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
                tokenizer.enable_truncation(self._identity.max_word_pieces)
                tokenizer.no_padding()
                self._loaded = session_of(self._graph()), tokenizer
            return self._loaded

    def _graph(self) -> bytes:
        """Return the graph, from the cache where it is whole, else drawn and kept."""
        if self._cache is None:
            return self._drawn()
        name = f"encoder-{self._identity.weights_sha256[:16]}-{self._precision}-{DRAWING}"
        file, check = self._cache / f"{name}.onnx", self._cache / f"{name}.sha256"
        try:
            kept, digest = file.read_bytes(), check.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            kept, digest = b"", ""
        if kept and hashlib.sha256(kept).hexdigest() == digest:
            return kept
        _logger.info("making the embedding model's int8 graph once, kept as %s ...", file)
        drawn = self._drawn()
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            for target, content in (
                (file, drawn),
                (check, hashlib.sha256(drawn).hexdigest().encode()),
            ):
                partial = target.with_name(f"{target.name}.{os.getpid()}")
                partial.write_bytes(content)
                partial.replace(target)
        except OSError as error:
            _logger.info("the graph is not kept: %s", error)
        return drawn

    def _drawn(self) -> bytes:
        from safetensors.numpy import load_file

        from embeddings.activation_ranges import load

        weights = load_file(self._folder / "model.safetensors")
        shape = BertShape.read(self._folder)
        drawn = encoder_graph(
            weights,
            shape,
            precision=self._precision,
            head="mean",
            ranges=load(self._ranges) if self._ranges else None,
        )
        graph: bytes = drawn.SerializeToString()
        return graph
