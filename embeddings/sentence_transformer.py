"""Any Sentence-Transformers model as an encoder; torch is imported at the first text."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.encoder import EncoderIdentity, Vectors
from embeddings.errors import EncoderNotFoundError

_BATCH = 32


class SentenceTransformerEncoder:
    """Encodes with sentence-transformers; the model is loaded once, when it is first needed."""

    def __init__(
        self,
        folder: Path | str,
        identity: EncoderIdentity,
        model: Any = None,  # noqa: ANN401
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._model = model
        self._lock = threading.Lock()

    @classmethod
    def from_hub(cls, name: str) -> SentenceTransformerEncoder:
        """Load a model by its hub name, from the local cache or the network.

        Raises
        ------
        EncoderNotFoundError
            Where neither has it.
        """
        import hashlib

        try:
            model = _load(name)
        except Exception as error:
            raise EncoderNotFoundError(
                f"{name}: no folder and no model of that name could be loaded "
                f"({type(error).__name__}); name a folder, or try where there is a network"
            ) from error
        # A hub model has no single weights file here: its parameters themselves are hashed.
        digest = hashlib.sha256()
        for key, tensor in sorted(model.state_dict().items()):
            digest.update(key.encode())
            digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
        dimension = model.get_sentence_embedding_dimension()
        length = model.max_seq_length or 256
        return cls(name, EncoderIdentity(name, digest.hexdigest(), dimension, True, length), model)

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is, known without loading it."""
        return self._identity

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._model is not None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), dimension)``, in order."""
        if not texts:
            return np.empty((0, self._identity.dimension), np.float32)
        with self._lock:
            if self._model is None:
                self._model = _load(str(self._folder))
        vectors = self._model.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _load(name: str) -> Any:  # noqa: ANN401
    from sentence_transformers import SentenceTransformer

    # A folder is read as it is: nothing is looked up on a hub, and no environment variable, which
    # the whole process would share, is needed for that.
    return SentenceTransformer(
        name, device=None, trust_remote_code=False, local_files_only=Path(name).is_dir()
    )
