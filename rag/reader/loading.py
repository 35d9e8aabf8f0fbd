"""Loads a reader by name: the packaged one, the training-free one, or a model by folder or hub name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings import Vectors
from rag.errors import ModelError
from rag.reader.feature_reader import EMBEDDED_FEATURES, FeatureReader
from rag.reader.metadata import ReaderMetadata, read_metadata
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
        extractive question-answering model, or the name of one on the hub. The confidence of such a
        model is not calibrated, and no accuracy can be asked of it.
    encode
        Unit vectors of texts, for the features that compare them.

    Raises
    ------
    ModelError
        Where the packaged weights are missing or not genuine, or no model has that name.
    """
    if name == TRAINING_FREE:
        return FeatureReader(encode)
    if name == DEFAULT_READER:
        return build_reader(packaged_scorer(), encode, packaged_metadata())
    from rag.reader.transformers_scorer import TransformersScorer

    return build_reader(TransformersScorer.load(name), encode, _for_another_network())


def build_reader(
    scorer: SpanScorer,
    encode: Callable[[Sequence[str]], Vectors],
    metadata: ReaderMetadata,
) -> SpanReader:
    """Return a network's reader; sentences and words are embedded only if a weighed feature needs it."""
    calibration, weights = metadata.calibration, metadata.ranker_weights
    weighed = weights.keys() | calibration.weights.keys()
    features = FeatureReader(encode if weighed & EMBEDDED_FEATURES else None)
    return SpanReader(scorer, features, calibration, weights)


def _for_another_network() -> ReaderMetadata:
    """Return the packaged metadata without the accuracies, which were measured with the packaged network."""
    packaged = packaged_metadata()
    return replace(packaged, calibration=replace(packaged.calibration, thresholds=()))


def packaged_metadata() -> ReaderMetadata:
    """Return the packaged ``reader.json``.

    Raises
    ------
    ModelError
        Where it cannot be read or lacks a field.
    """
    return read_metadata(WEIGHTS)


@cache
def packaged_scorer() -> OnnxScorer:
    """Return the packaged network after checking its checksum; loaded once a process.

    Raises
    ------
    ModelError
        Where the weights are missing or differ from the shipped ones.
    """
    from rag.reader.onnx_scorer import OnnxScorer

    expected = packaged_metadata().sha256
    try:
        found = weights_digest(WEIGHTS)
    except OSError as error:
        raise ModelError(f"the reader cannot be loaded: {error}; reinstall presscite") from error
    if found != expected:
        raise ModelError(f"{WEIGHTS}: the SHA-256 is {found}, not {expected}; reinstall presscite")
    return OnnxScorer.load(WEIGHTS / GRAPH, WEIGHTS / VOCABULARY)


def weights_files(folder: Path) -> list[Path]:
    """Return the files that a reader's checksum covers, in its order."""
    return [folder / GRAPH, *sorted(folder.glob("reader-*.bin")), folder / VOCABULARY]


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 over the concatenation of a reader's files.

    Raises
    ------
    OSError
        Where a file cannot be read.
    """
    digest = hashlib.sha256()
    for file in weights_files(folder):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
