"""Text to vectors; knows strings and arrays only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.encoder import Encoder, EncoderIdentity, Vectors
    from embeddings.errors import EncoderNotFoundError
    from embeddings.loading import DEFAULT_MODEL, load_encoder

# Loaded where first used, so that the errors below this package cost no import of numpy.
_MODULES = {
    "Encoder": "encoder",
    "EncoderIdentity": "encoder",
    "Vectors": "encoder",
    "EncoderNotFoundError": "errors",
    "DEFAULT_MODEL": "loading",
    "load_encoder": "loading",
}
__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "EncoderIdentity",
    "EncoderNotFoundError",
    "Vectors",
    "load_encoder",
]


def __getattr__(name: str) -> object:
    """Load a public name where it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'embeddings' has no attribute {name!r}")
    return getattr(import_module(f"embeddings.{_MODULES[name]}"), name)
