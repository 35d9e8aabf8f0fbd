"""What fuzzing found, made small: each of these ended in a traceback once."""

import sqlite3

import pytest

from eval.datasets import read_dataset
from rag.errors import DatasetError, IndexDamagedError, IndexStoreError
from rag.index import Index
from tests.faults.answer_snapshots import heal, made, observe, opened
from tests.faults.operations import CATALOG
from tests.folders import remove_folder


@pytest.fixture
def folder(tmp_path):
    with opened(tmp_path / "index", create=True) as index:
        index.add(made([1]))
    return tmp_path / "index"


def change(folder, statement, value):
    connection = sqlite3.connect(folder / CATALOG)
    with connection:
        connection.execute(statement, (value,))
    connection.close()


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
@pytest.mark.parametrize("data", ['{"question":' + "[" * 5000, '{"id": ' + "9" * 5000 + "}"])
def test_question_set_that_json_chokes_on(tmp_path, suffix, data):
    place = tmp_path / f"questions{suffix}"
    place.write_text(data)
    with pytest.raises(DatasetError):
        read_dataset(place)


@pytest.mark.parametrize("value", [0, "[]", "[1]", "null"])
def test_derived_files_that_are_no_object(folder, value):
    before = observe(folder)
    change(folder, "UPDATE derived SET files = ?", value)
    # A derived file: rebuilt, as where the files themselves are damaged.
    assert observe(folder).difference(before) is None
    assert heal(folder) is None


@pytest.mark.parametrize("value", [5.65e102, b"", b"\0" * 7, "words", b"\0" * 8])
def test_probe_that_is_no_vector(folder, value):
    change(folder, "UPDATE probes SET vector = ?", value)
    with pytest.raises(IndexDamagedError):
        observe(folder)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE meta SET value = ? WHERE key = 'revision'", 9.3e18),
        ("UPDATE meta SET value = ? WHERE key = 'revision'", str(2**63 - 1)),
        ("UPDATE meta SET value = ? WHERE key = 'format'", "[]"),
    ],
)
def test_numbers_of_a_catalog_that_are_none(folder, statement, value):
    change(folder, statement, value)
    with pytest.raises(IndexDamagedError):
        observe(folder)


@pytest.mark.parametrize(
    "statement", ["UPDATE articles SET text = ?", "UPDATE articles SET title = ?"]
)
def test_a_text_of_bytes_is_not_made_into_words(folder, statement):
    change(folder, statement, b'"\x8f\xac')
    remove_folder(folder / "lexical")
    with pytest.raises(IndexDamagedError):
        observe(folder)
    with opened(folder) as index, pytest.raises(IndexDamagedError):
        index.add(made([2]))


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have(name, create):
    with pytest.raises(IndexStoreError, match=r"no index|cannot be made"):
        Index.open(name, create=create)
