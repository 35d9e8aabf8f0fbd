"""The doctor: every fault is a finding, whatever kind of fault it is."""

import subprocess
import sys

import pytest

from rag.index import Index, snapshot
from tests.conftest import ROOT, HashEncoder
from tests.networks import write_metadata
from tests.rag.stories import story
from ui.cli import doctor


@pytest.fixture
def checked(monkeypatch):
    """Return the findings by name, without loading the real model for each of them."""
    monkeypatch.setattr(doctor, "_offline", lambda folder: "not needed")

    def look(folder):
        return {finding.check: finding for finding in doctor.examine(folder)}

    return look


def test_complete_installation_without_an_index(checked, tmp_path):
    found = checked(tmp_path / "none" / "index")
    assert [name for name, finding in found.items() if not finding.ok] == []
    assert "built-in sample" in found["index"].detail
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_was_named_must_be_there(checked, tmp_path):
    found = {f.check: f for f in doctor.examine(tmp_path / "mistyped", named=True)}
    assert not found["index"].ok
    assert "mistyped" in found["index"].detail


def test_sound_and_damaged_index(checked, tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as index:
        index.add([story(1)])
    assert checked(tmp_path / "index")["index"].ok
    next((tmp_path / "index").glob("vectors-*.faiss")).write_bytes(b"x")
    finding = checked(tmp_path / "index")["index"]
    assert not finding.ok
    assert "checksum" in finding.detail
    (tmp_path / "index" / "catalog.sqlite").write_bytes(b"x" * 5000)
    assert "cannot be read" in checked(tmp_path / "index")["index"].detail


def _contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.slow
def test_nothing_is_changed(tmp_path, monkeypatch, damaged):
    folder = tmp_path / "index"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([story(1)])
    # The catalog of a snapshot keeps no write-ahead log; opening it for writing changes that.
    snapshot(folder, tmp_path / "snapshot")
    if damaged:
        next((tmp_path / "snapshot").glob("vectors-*.faiss")).write_bytes(b"x")
    before = _contents(tmp_path)
    monkeypatch.setattr(doctor, "_model", lambda: "genuine")
    monkeypatch.setattr("rag.index.encoders.load_encoder", lambda *_: HashEncoder())
    found = {finding.check: finding for finding in doctor.examine(tmp_path / "snapshot")}
    assert found["index"].ok is not damaged
    assert found["network"].ok, found["network"].detail
    assert _contents(tmp_path) == before


def test_missing_parts_are_findings(checked, tmp_path, monkeypatch):
    def missing():
        raise ImportError("No module named 'tiktoken'")

    monkeypatch.setattr("rag.index.tokens._encoding", missing)
    monkeypatch.setattr("embeddings.loading.WEIGHTS", tmp_path / "none")
    found = checked(tmp_path)
    assert not found["token ranks"].ok
    assert "tiktoken" in found["token ranks"].detail
    assert not found["embedding model"].ok
    assert found["disk"].ok


def test_a_reader_with_other_weights_is_told(checked, tmp_path, monkeypatch):
    import rag.reader.loading as find

    for name in ("reader.onnx", "reader-1.bin", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"other")
    write_metadata(tmp_path, sha256="5")
    monkeypatch.setattr(find, "WEIGHTS", tmp_path)
    find.packaged_scorer.cache_clear()
    finding = checked(tmp_path / "none")["reader"]
    assert not finding.ok
    assert "SHA-256" in finding.detail
    find.packaged_scorer.cache_clear()


SOCKETS = """
import socket, sys
from ui.cli.doctor import no_network
from rag.errors import PressciteError
tries = (
    lambda: socket.socket(),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
)
with no_network():
    for attempt in tries:
        try:
            attempt()
        except PressciteError as error:
            assert "network" in str(error)
        else:
            sys.exit("a socket was opened")
socket.socket().close()
"""

ANSWERING = """
import sys
from pathlib import Path
def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(refuse)
from ui.cli.doctor import examine
for finding in examine(Path(sys.argv[1])):
    assert finding.ok, finding
print(finding.detail)
"""


@pytest.mark.slow
@pytest.mark.parametrize("code", [SOCKETS, ANSWERING])
def test_answering_opens_no_socket(code, tmp_path):
    # In a process of its own: a hook cannot be taken away again.
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "none")],
        capture_output=True, text=True, check=False, timeout=200, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if code == ANSWERING:
        assert "a question was answered" in done.stdout
