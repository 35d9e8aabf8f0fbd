"""Text to vectors; knows strings and arrays only."""

from embeddings.encoder import Encoder, EncoderIdentity, EncoderNotFoundError, Vectors
from embeddings.loading import DEFAULT_MODEL, load_encoder

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "EncoderIdentity",
    "EncoderNotFoundError",
    "Vectors",
    "load_encoder",
]
