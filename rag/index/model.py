"""The embedding model of an index: the one it was built with, and giving the same vectors still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence

from embeddings import DEFAULT_MODEL, Encoder, Vectors
from rag.errors import IndexMismatchError
from rag.index.catalog import BuiltWith
from rag.index.chunking import ChunkBudget
from rag.index.encoders import index_encoder
from rag.index.tokens import ENCODING

# The lowest cosine of a probe's vector to the stored one at which the model counts as the same; int8
# weights differ by processor and by version, another model's vectors are far below.
_MIN_PROBE_COSINE = 0.95


class IndexModel:
    """A model that is loaded when it is first needed, and checked against the index.

    Parameters
    ----------
    place
        The name of the index, for messages.
    encoder
        The model given; None: the one that the index was built with.
    """

    def __init__(
        self, place: object, built_with: Callable[[], BuiltWith], encoder: Encoder | None
    ) -> None:
        self.given = encoder
        self._place = place
        self._built_with = built_with
        self._probed: Hashable = None
        """The index whose probes the model was checked against."""
        self._loading = threading.Lock()

    @property
    def encoder(self) -> Encoder:
        """The model.

        Raises
        ------
        IndexMismatchError, ModelError
        """
        with self._loading:
            if self.given is None:
                found = index_encoder(self._built_with().model)
                self.check(found)
                self.given = found
            return self.given

    def check(self, encoder: Encoder) -> None:
        """Raise where a model is not the one that the index was built with.

        Raises
        ------
        IndexMismatchError
        """
        built = self._built_with()
        for part in ("dimension", "name", "weights_sha256", "normalised", "max_word_pieces"):
            wanted, found = getattr(built.identity, part), getattr(encoder.identity, part)
            if wanted != found:
                raise IndexMismatchError(
                    f"{self._place}: built with {part} {wanted}, the model given has {found}; "
                    f"use {built.identity.name} or add the articles to a new index"
                )

    def encode(
        self,
        texts: Sequence[str],
        identity: Hashable,
        probes: Callable[[], tuple[Sequence[str], Vectors]],
    ) -> Vectors:
        """Return unit vectors of texts, shape (texts, dimension), after checking the model's probes once.

        Parameters
        ----------
        identity
            Which index it is: another one's probes are checked again.
        probes
            Returns texts and the vectors they had when the index was built.

        Raises
        ------
        IndexMismatchError
            Where the probe texts no longer give those vectors.
        """
        encoder = self.encoder
        if self._probed != identity:
            self.check(encoder)
            probe_texts, stored = probes()
            if probe_texts:
                vectors = encoder.encode(probe_texts)
                cosine = float((vectors * stored).sum(axis=1).min())
                if cosine < _MIN_PROBE_COSINE:
                    raise IndexMismatchError(
                        f"{self._place}: the model's vectors changed since the index was built "
                        f"(probe cosine {cosine:.3f}, at least {_MIN_PROBE_COSINE} wanted); "
                        f"add the articles to a new index"
                    )
            self._probed = identity
        return encoder.encode(texts)

    def check_tokens(self) -> BuiltWith:
        """Return what the index was built with, where its chunks were counted as this version counts.

        Raises
        ------
        IndexMismatchError
        """
        built = self._built_with()
        if built.token_encoding != ENCODING:
            raise IndexMismatchError(
                f"{self._place}: its chunks were counted with token_encoding "
                f"{built.token_encoding}, this presscite counts with {ENCODING}; "
                "add the articles to a new index"
            )
        return built


def new_built_with(encoder: Encoder | None, budget: ChunkBudget) -> BuiltWith:
    """Return what a new index is built with: the model given, else the default one."""
    used = encoder or index_encoder()
    name = used.identity.name if encoder else DEFAULT_MODEL
    return BuiltWith(name, used.identity, budget, ENCODING)
