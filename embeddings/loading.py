"""Loads an embedding model: the packaged one, a folder, or a hub name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from embeddings.encoder import Encoder, EncoderIdentity
from embeddings.errors import EncoderNotFoundError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS = Path(__file__).with_name("weights")
GRAPH = "encoder.onnx"
VOCABULARY = "tokenizer.json"
METADATA = "encoder.json"


def load_encoder(model: str = DEFAULT_MODEL) -> Encoder:
    """Return the encoder for a model name or folder, without loading its weights.

    Parameters
    ----------
    model
        The default name (packaged, never downloaded), a folder in Sentence-Transformers format, or
        the name of a model on the hub.

    Raises
    ------
    EncoderNotFoundError
        Where the packaged weights are missing or damaged, or nothing has that name.
    """
    if model == DEFAULT_MODEL:
        return _packaged_encoder()
    from embeddings.sentence_transformer import SentenceTransformerEncoder

    folder = Path(model).expanduser()
    if folder.is_dir():
        return SentenceTransformerEncoder(
            folder, folder_identity(folder, folder.resolve().name, weights_sha256(folder))
        )
    return SentenceTransformerEncoder.from_hub(model)


def _packaged_encoder() -> Encoder:
    from embeddings.onnx_encoder import OnnxEncoder

    metadata = packaged_metadata()
    try:
        found = graph_sha256(WEIGHTS)
    except OSError as error:
        raise EncoderNotFoundError(
            f"{DEFAULT_MODEL}: its files cannot be read ({error}); reinstall presscite"
        ) from error
    if found != metadata["sha256"]:
        raise EncoderNotFoundError(
            f"{WEIGHTS}: the SHA-256 is {found}, not {metadata['sha256']}; reinstall presscite"
        )
    # The identity names the float32 weights that the graph was made from, as indexes store it.
    identity = EncoderIdentity(
        DEFAULT_MODEL,
        metadata["weights_sha256"],
        metadata["dimension"],
        True,
        metadata["max_word_pieces"],
    )
    return OnnxEncoder(WEIGHTS / GRAPH, WEIGHTS / VOCABULARY, identity)


def packaged_metadata() -> dict[str, Any]:
    """Return ``encoder.json``: checksums and sizes of the packaged model.

    Raises
    ------
    EncoderNotFoundError
        Where it cannot be read or a field is missing or of another type.
    """
    file = WEIGHTS / METADATA
    try:
        metadata: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for key, kind in _FIELDS.items():
            if not isinstance(metadata[key], kind):
                raise TypeError(f"{key} is {metadata[key]!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderNotFoundError(
            f"{file}: the embedding model's metadata cannot be read ({error}); reinstall presscite"
        ) from error
    return metadata


_FIELDS = {"sha256": str, "weights_sha256": str, "dimension": int, "max_word_pieces": int}


def graph_sha256(folder: Path) -> str:
    """Return the SHA-256 over the graph and its tokenizer, one after the other.

    Raises
    ------
    OSError
        Where one cannot be read.
    """
    digest = hashlib.sha256()
    for name in (GRAPH, VOCABULARY):
        with (folder / name).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def weights_sha256(folder: Path) -> str:
    """Return the SHA-256 of a model's safetensors weights, as hex.

    Raises
    ------
    EncoderNotFoundError
        Where the folder holds no ``model.safetensors``.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EncoderNotFoundError(
            f"{folder}: no model.safetensors there; name a Sentence-Transformers folder"
        )
    with weights.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_identity(folder: Path, name: str, digest: str) -> EncoderIdentity:
    """Return the identity of a Sentence-Transformers folder under a name.

    Raises
    ------
    EncoderNotFoundError
        Where its configuration cannot be read.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        limits = folder / "sentence_bert_config.json"
        length = (
            json.loads(limits.read_text(encoding="utf-8")).get("max_seq_length") or 256
            if limits.is_file()
            else 256
        )
        return EncoderIdentity(name, digest, int(config["hidden_size"]), True, int(length))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderNotFoundError(
            f"{folder}: its configuration cannot be read ({error})"
        ) from error
