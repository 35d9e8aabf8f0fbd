"""What workers computed, where the index's writer looks for it: vectors by text, chunks by content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from embeddings import Encoder, EncoderIdentity, Vectors
from rag.index.batch import PreparedChunks

_VECTORS = 20_000
"""Vectors kept, some batches of the writer: one that is gone is computed again."""
_CHUNKED = 5000
"""Articles whose chunks are kept."""


class PreparedEncoder:
    """An encoder that knows the vectors of texts that were embedded elsewhere.

    Parameters
    ----------
    encoder
        The same model in this process; it embeds what is missing.
    elsewhere
        Embeds many texts where more processors are; None where it cannot now.
    """

    def __init__(
        self, encoder: Encoder, elsewhere: Callable[[Sequence[str]], Vectors | None]
    ) -> None:
        self._encoder = encoder
        self._elsewhere = elsewhere
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self.missing = 0
        """Texts that had to be embedded after all: those of chunks without boilerplate, mostly."""

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is."""
        return self._encoder.identity

    def put(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Remember the vectors of an article's chunks, shape (texts, dimension)."""
        while len(self._vectors) >= _VECTORS:
            self._vectors.popitem(last=False)
        self._vectors.update(zip(texts, vectors, strict=True))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), identity.dimension)``, in order."""
        found = np.empty((len(texts), self.identity.dimension), np.float32)
        missing = []
        for number, text in enumerate(texts):
            known = self._vectors.get(text)
            if known is None:
                missing.append(number)
            else:
                found[number] = known
        if missing:
            self.missing += len(missing)
            wanted = [texts[number] for number in missing]
            vectors = self._elsewhere(wanted)
            found[missing] = self._encoder.encode(wanted) if vectors is None else vectors
        return found


class ChunksByContent(Mapping[str, PreparedChunks]):
    """The chunks of the newest articles by their content hash."""

    def __init__(self) -> None:
        self._chunks: OrderedDict[str, PreparedChunks] = OrderedDict()

    def put(self, digest: str, chunks: PreparedChunks) -> None:
        """Remember the chunks of a content."""
        while len(self._chunks) >= _CHUNKED:
            self._chunks.popitem(last=False)
        self._chunks[digest] = chunks

    def __getitem__(self, digest: str) -> PreparedChunks:
        return self._chunks[digest]

    def __iter__(self) -> Iterator[str]:
        return iter(self._chunks)

    def __len__(self) -> int:
        return len(self._chunks)
