"""``reader.json``: a reader's checksum, ranker weights and calibration, also as older versions wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.reader.feature_weights import checked_weights
from rag.reader.protocol import Calibration

FILE = "reader.json"
# Names of features and fields up to version 0.1.
_RENAMED_FEATURES = {
    "around": "passage_overlap",
    "dense": "sentence_cosine",
    "fits": "closed_type_match",
    "gap": "null_score_diff",
    "kind": "type_match",
    "names_here": "name_overlap",
    "nearness": "proximity",
    "passage": "passage_score",
    "phrase": "bigram_overlap",
    "rare": "idf_overlap",
    "retrieval": "passage_cosine",
    "soft_context": "soft_overlap",
    "verb": "has_verb",
    "words": "bm25_norm",
    "worst_here": "min_term_match",
}
_GONE = frozenset({"years"})
"""Features of version 0.1 that no longer exist; what they weighed is left out."""
_RENAMED_FIELDS = {"order": "ranker_weights"}


@dataclass(frozen=True, slots=True)
class ReaderMetadata:
    """What a reader's folder says of its network."""

    sha256: str
    """Over the weight files (`rag.reader.loading.weights_digest`)."""
    ranker_weights: Mapping[str, float]
    """By feature name; they rank spans."""
    calibration: Calibration


def read_metadata(folder: Path) -> ReaderMetadata:
    """Return the metadata of a reader's folder; names of version 0.1 are read as today's.

    Raises
    ------
    ModelError
        Where the file cannot be read, lacks a field, or weighs a feature that does not exist.
    """
    file = folder / FILE
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read ({error}); reinstall presscite") from error
    try:
        return _parsed(migrated(raw))
    except ModelError as error:
        raise ModelError(f"{file}: {error}; correct it, or reinstall presscite") from error
    except KeyError as error:
        raise ModelError(f"{file}: the field {error} is missing; reinstall presscite") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{file}: not the metadata of a reader ({error}); reinstall presscite"
        ) from error


def migrated(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a ``reader.json`` of version 0.1 with today's names, and any other as it is."""
    if not _RENAMED_FIELDS.keys() & raw.keys():
        return dict(raw)
    found = {_RENAMED_FIELDS.get(name, name): value for name, value in raw.items()}
    found["ranker_weights"] = _with_new_names(found["ranker_weights"])
    if "calibration" in found:
        calibration = found["calibration"]
        weights = _with_new_names(calibration["weights"])
        found["calibration"] = {**calibration, "weights": weights}
    return found


def _with_new_names(weights: Mapping[str, float]) -> dict[str, float]:
    return {
        _RENAMED_FEATURES.get(name, name): weight
        for name, weight in weights.items()
        if name not in _GONE
    }


def _parsed(raw: Mapping[str, Any]) -> ReaderMetadata:
    fitted = raw["calibration"]
    calibration = Calibration(
        fitted["weights"],
        float(fitted["intercept"]),
        float(fitted["threshold"]),
        tuple((float(share), float(threshold)) for share, threshold in fitted["thresholds"]),
    )
    return ReaderMetadata(str(raw["sha256"]), checked_weights(raw["ranker_weights"]), calibration)
