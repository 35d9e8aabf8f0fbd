"""Text to vectors; knows strings and arrays only."""

from embeddings.encoder import Encoder, EncoderIdentity, EncoderNotFoundError, Vectors
from embeddings.loading import DEFAULT_MODEL, find_encoder, packaged_folder

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "EncoderIdentity",
    "EncoderNotFoundError",
    "Vectors",
    "find_encoder",
    "packaged_folder",
]
