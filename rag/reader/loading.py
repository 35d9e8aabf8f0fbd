"""Finds a reader: presscite's own, the training-free one, or a model by folder or hub name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings import Vectors
from rag.errors import ModelError
from rag.reader.feature_reader import BY_VECTORS, FeatureReader
from rag.reader.protocol import Calibration
from rag.reader.scoring import SpanScorer
from rag.reader.span_reader import SpanReader

if TYPE_CHECKING:
    from rag.reader.onnx_scorer import OnnxScorer

DEFAULT_READER = "presscite"
TRAINING_FREE = "evidence"
WEIGHTS = Path(__file__).with_name("weights")
GRAPH = "reader.onnx"
VOCABULARY = "tokenizer.json"


def load_reader(
    name: str = DEFAULT_READER, *, encode: Callable[[Sequence[str]], Vectors]
) -> FeatureReader | SpanReader:
    """Return the reader of a name, with its weights loaded.

    Parameters
    ----------
    name
        ``presscite`` (the packaged reader), ``evidence`` (the training-free one), a folder with an
        extractive question-answering model, or the name of one on the hub.
    encode
        What the training-free reader compares texts with.

    Raises
    ------
    ModelError
        Where the packaged weights are missing or not genuine, or nothing has that name.
    """
    if name == TRAINING_FREE:
        return FeatureReader(encode)
    if name == DEFAULT_READER:
        return build_reader(packaged_scorer(), encode, *calibrated(packaged_metadata()))
    from rag.reader.transformers_scorer import TransformersScorer

    return build_reader(TransformersScorer.load(name), encode, *calibrated(packaged_metadata()))


def build_reader(
    scorer: SpanScorer,
    encode: Callable[[Sequence[str]], Vectors],
    calibration: Calibration,
    order: Mapping[str, float],
) -> SpanReader:
    """Return a network's reader; sentences and words are embedded only where a signal used needs it."""
    used = order.keys() | calibration.weights.keys()
    return SpanReader(
        scorer, FeatureReader(encode if used & BY_VECTORS else None), calibration, order
    )


def calibrated(facts: dict[str, Any]) -> tuple[Calibration, dict[str, float]]:
    """Return how confidence and order are made of signals, out of ``reader.json``."""
    fitted = facts["calibration"]
    calibration = Calibration(
        fitted["weights"],
        fitted["intercept"],
        fitted["threshold"],
        tuple((share, threshold) for share, threshold in fitted["thresholds"]),
    )
    return calibration, dict(facts["order"])


def packaged_metadata() -> dict[str, Any]:
    """Return ``reader.json``: the checksum, the calibration, the figures.

    Raises
    ------
    ModelError
        Where it cannot be read.
    """
    try:
        facts: dict[str, Any] = json.loads((WEIGHTS / "reader.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{WEIGHTS}: the reader's facts cannot be read ({error}); reinstall"
        ) from error
    return facts


@cache
def packaged_scorer() -> OnnxScorer:
    """Return the packaged network, checked against its checksum; one a process.

    Raises
    ------
    ModelError
        Where the weights are missing or not the ones that were shipped.
    """
    from rag.reader.onnx_scorer import OnnxScorer

    wanted = packaged_metadata()["sha256"]
    try:
        found = weights_digest(WEIGHTS)
    except OSError as error:
        raise ModelError(f"the reader cannot be loaded: {error}; reinstall presscite") from error
    if found != wanted:
        raise ModelError(f"{WEIGHTS}: the SHA-256 is {found}, not {wanted}; reinstall presscite")
    return OnnxScorer.load(WEIGHTS / GRAPH, WEIGHTS / VOCABULARY)


def weights_files(folder: Path) -> list[Path]:
    """Return a reader's files, the ones that its checksum is over, in their order."""
    return [folder / GRAPH, *sorted(folder.glob("reader-*.bin")), folder / VOCABULARY]


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 over a reader's files, one after another.

    Raises
    ------
    OSError
        Where one cannot be read.
    """
    digest = hashlib.sha256()
    for file in weights_files(folder):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
