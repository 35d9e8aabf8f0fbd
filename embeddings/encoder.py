"""What presscite asks of an embedding model: strings in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What must agree for two vectors to be comparable; kept with every index."""

    name: str
    weights_sha256: str
    dimension: int
    normalised: bool = True
    max_word_pieces: int = 256
    """Text beyond this many word pieces is not seen by the model."""


class Encoder(Protocol):
    """Turns texts into vectors whose dot product is their cosine similarity."""

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is, known without loading it."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), identity.dimension)``, in order."""
        ...
