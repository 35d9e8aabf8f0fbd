"""Loading the embedding model of an index, with errors from presscite's tree."""

from __future__ import annotations

from embeddings import Encoder, EncoderNotFoundError, load_encoder
from rag.errors import ModelError


def index_encoder(name: str | None = None) -> Encoder:
    """Return the model of a name; None: the default model.

    Raises
    ------
    ModelError
        Where it is missing or not genuine.
    """
    try:
        return load_encoder(name) if name else load_encoder()
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error
