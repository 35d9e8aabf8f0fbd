"""``reader.json``: what is missing or wrong is one line, and older files load."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ModelError
from rag.features import SpanFeatures
from rag.reader.loading import packaged_metadata
from rag.reader.metadata import read_metadata
from tests.networks import write_metadata

# As version 0.1 wrote it, of two ages.
OLD: dict[str, Any] = {
    "sha256": "0",
    "order": {
        "rare": 0.75,
        "kind": 0.85,
        "years": 0.15,
        "retrieval": 1.2,
        "gap": 0.45,
        "staleness": -0.1,
    },
    "calibration": {
        "weights": {"gap": 1.5, "margin": 1.0, "words": 0.5, "worst_here": 0.25},
        "intercept": -1.0,
        "threshold": 0.6,
        "thresholds": [[0.9, 0.8]],
    },
}


def written(folder: Path, content: object) -> Path:
    (folder / "reader.json").write_text(json.dumps(content))
    return folder


def test_the_packaged_one_loads_under_todays_names() -> None:
    metadata = packaged_metadata()
    assert set(metadata.ranker_weights) >= {"null_score_diff", "passage_cosine"}
    assert 0 < metadata.calibration.threshold < 1
    assert metadata.calibration.thresholds


def test_a_file_of_an_older_version_loads_with_its_weights(tmp_path: Path) -> None:
    metadata = read_metadata(written(tmp_path, OLD))
    assert metadata.ranker_weights == {
        "idf_overlap": 0.75,
        "type_match": 0.85,
        "passage_cosine": 1.2,
        "null_score_diff": 0.45,
        "staleness": -0.1,
    }
    calibration = metadata.calibration
    assert calibration.weights == {
        "null_score_diff": 1.5,
        "margin": 1.0,
        "bm25_norm": 0.5,
        "min_term_match": 0.25,
    }
    assert (calibration.intercept, calibration.threshold) == (-1.0, 0.6)
    assert calibration.thresholds == ((0.9, 0.8),)
    assert calibration.confidence(SpanFeatures(margin=1.0)) == 0.5


@pytest.mark.parametrize("name", ["sha256", "calibration", "ranker_weights"])
def test_a_missing_field_is_one_line(tmp_path: Path, name: str) -> None:
    write_metadata(tmp_path)
    content = json.loads((tmp_path / "reader.json").read_text())
    del content[name]
    with pytest.raises(ModelError, match=f"reader.json: the field '{name}' is missing; reinstall"):
        read_metadata(written(tmp_path, content))


@pytest.mark.parametrize("name", ["weights", "intercept", "threshold", "thresholds"])
def test_a_calibration_without_a_field_is_one_line(tmp_path: Path, name: str) -> None:
    write_metadata(tmp_path)
    content = json.loads((tmp_path / "reader.json").read_text())
    del content["calibration"][name]
    with pytest.raises(ModelError, match=f"reader.json: the field '{name}' is missing"):
        read_metadata(written(tmp_path, content))


@pytest.mark.parametrize("name", ["nul_score_diff", "alone", "coverage", "words", "gap"])
def test_a_feature_that_is_not_computed_is_named(tmp_path: Path, name: str) -> None:
    write_metadata(tmp_path, ranker_weights={name: 1.0})
    with pytest.raises(ModelError, match=rf"reader.json: no feature is called '{name}'.*margin"):
        read_metadata(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        [],
        5,
        None,
        "x",
        {"sha256": "0", "ranker_weights": [], "calibration": []},
        {**OLD, "order": "x"},
        {**OLD, "order": {"rare": []}},
        {**OLD, "calibration": 3},
        {**OLD, "calibration": {**OLD["calibration"], "threshold": {}}},
        {**OLD, "calibration": {**OLD["calibration"], "thresholds": [1, 2]}},
    ],
)
def test_json_of_another_shape_is_one_line(tmp_path: Path, content: object) -> None:
    with pytest.raises(ModelError, match=r"reader\.json: ") as raised:
        read_metadata(written(tmp_path, content))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_bytes_that_are_no_json_are_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "reader.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"reader.json: cannot be read .*; reinstall"):
        read_metadata(tmp_path)


def test_no_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"reader\.json: cannot be read"):
        read_metadata(tmp_path)
