"""What fuzzing found, made small: each of these ended in a traceback once."""

import sqlite3

import pytest

from eval.datasets import read_dataset
from rag.errors import DatasetError, IndexDamagedError
from tests.faults.operations import CATALOG
from tests.faults.states import made, observe, opened


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
@pytest.mark.parametrize("data", ['{"question":' + "[" * 5000, '{"id": ' + "9" * 5000 + "}"])
@pytest.mark.xfail(reason="only JSONDecodeError is caught", raises=(RecursionError, ValueError))
def test_question_set_that_json_chokes_on(tmp_path, suffix, data):
    place = tmp_path / f"questions{suffix}"
    place.write_text(data)
    with pytest.raises(DatasetError):
        read_dataset(place)


@pytest.mark.parametrize("value", [5.65e102, b"", b"\0" * 7, "words", b"\0" * 8])
@pytest.mark.xfail(reason="probes are read without a check", raises=(TypeError, ValueError))
def test_probe_that_is_no_vector(tmp_path, value):
    with opened(tmp_path / "index", create=True) as index:
        index.add(made([1]))
    connection = sqlite3.connect(tmp_path / "index" / CATALOG)
    with connection:
        connection.execute("UPDATE probes SET vector = ?", (value,))
    connection.close()
    with pytest.raises(IndexDamagedError):
        observe(tmp_path / "index")
