"""An encoder for evaluations, whose neighbouring questions share most of the texts embedded for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings import Encoder, EncoderIdentity, Vectors, load_encoder


class RememberingEncoder:
    """An encoder that encodes every text once, however often a sweep asks for it."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder or load_encoder()
        self._known: dict[str, Vectors] = {}

    @property
    def identity(self) -> EncoderIdentity:
        """That of the encoder behind it."""
        return self._encoder.identity

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), identity.dimension)``."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        return np.stack([self._known[text] for text in texts])
