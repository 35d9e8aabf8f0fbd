"""The packaged reader is loaded whole and genuine, or not at all."""

import shutil
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.reader import loading
from rag.reader.loading import GRAPH, VOCABULARY, packaged_scorer, weights_digest, weights_files
from tests.networks import write_metadata

FILES = (GRAPH, "reader-1.bin", "reader-2.bin", VOCABULARY)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands in for the packaged one, with made-up files and their checksum."""
    for number, name in enumerate(FILES):
        (tmp_path / name).write_bytes(bytes([number]) * 100)
    (tmp_path / "README.md").write_text("no part of the reader")
    write_metadata(tmp_path, sha256=weights_digest(tmp_path))
    monkeypatch.setattr(loading, "WEIGHTS", tmp_path)
    packaged_scorer.cache_clear()
    return tmp_path


def test_the_checksum_is_over_all_parts_in_their_order(folder: Path) -> None:
    assert [file.name for file in weights_files(folder)] == list(FILES)
    whole = weights_digest(folder)
    (folder / "README.md").write_text("changed")
    assert weights_digest(folder) == whole
    for name in FILES:
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(b"other")
        assert weights_digest(folder) != whole
        (folder / name).write_bytes(kept)
    assert weights_digest(folder) == whole


@pytest.mark.parametrize("name", ["reader-2.bin", "reader-1.bin"])
def test_a_part_that_is_missing_or_another_is_refused(folder: Path, name: str) -> None:
    shutil.copy(folder / name, folder / "spare")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=r"SHA-256 is .*; reinstall presscite"):
        packaged_scorer()
    (folder / name).write_bytes(b"other")
    with pytest.raises(ModelError, match="SHA-256"):
        packaged_scorer()


@pytest.mark.parametrize("name", [GRAPH, VOCABULARY])
def test_a_reader_without_graph_or_vocabulary_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"cannot be loaded: .*{name}.*; reinstall presscite"):
        packaged_scorer()
