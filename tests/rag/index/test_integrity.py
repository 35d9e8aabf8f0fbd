"""Killed, damaged, swapped, mismatched: the old state or the new one, healed or a clear line."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexStoreError,
    NoIndexError,
    PressciteError,
)
from rag.index import Index, catalog
from rag.index.catalog import schema
from rag.index.chunking import ChunkBudget
from rag.index.lock import writer_lock
from rag.index.verify import verify_index
from rag.retrieval.retriever import Retriever
from tests.conftest import HashEncoder
from tests.folders import remove_folder
from tests.rag.stories import story

ROOT = Path(__file__).parents[3]
BUDGET = ChunkBudget(40, 1)
OLD, NEW = [story(n) for n in range(4)], [story(n) for n in range(10, 14)]


def make(folder, articles=OLD):
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
        index.add(articles)
    return folder


def answers(folder):
    """Return what a reader gets from a folder: its articles, and two searches over them."""
    with Index.open(folder, encoder=HashEncoder()) as index:
        retriever = Retriever(index)
        found = [
            (passage.article.id, passage.chunk.start, passage.score)
            for question in ("Who ordered new trams in Lindau?", "bells of Konstanz")
            for passage in retriever.search(question, 50)
        ]
        return [article.id for article in index.articles()], found


def heal(folder):
    """Write nothing new, and return the texts that were embedded meanwhile."""
    encoder = HashEncoder()
    with Index.open(folder, encoder=encoder) as index:
        index.add([])
    return encoder.texts


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return make(tmp_path_factory.mktemp("pristine") / "index")


@pytest.fixture
def folder(pristine, tmp_path):
    return Path(shutil.copytree(pristine, tmp_path / "index"))


# Killed

KILLED = """
import importlib, os, signal, sys
from rag.index import Index
from tests.conftest import HashEncoder
from tests.rag.index.test_integrity import BUDGET, NEW
import rag.index.lexical, rag.index.dense, rag.index.index
module = importlib.import_module(sys.argv[2])
original = getattr(module, sys.argv[3])
def fatal(*args, **kwargs):
    if sys.argv[4] == "after":
        original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, sys.argv[3], fatal)
with Index.open(sys.argv[1], create=True, encoder=HashEncoder(), budget=BUDGET) as index:
    index.add(NEW)
"""


def killed(folder, module, name, moment):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), module, name, moment],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "moment", "committed"),
    [
        ("rag.index.catalog", "link_source", "after", False),
        ("rag.index.lexical", "write_revision", "before", False),
        ("rag.index.lexical", "write_revision", "after", False),
        ("rag.index.lexical", "set_derived", "before", False),
        ("rag.index.lexical", "remove_stale", "before", True),
        ("rag.index.dense", "compact", "before", True),
        ("rag.index.dense", "sync_folder", "before", True),
        ("rag.index.dense", "set_derived", "after", True),
    ],
)
def test_killed_while_adding(folder, module, name, moment, committed):
    killed(folder, module, name, moment)
    wanted = [a.id for a in OLD + NEW] if committed else [a.id for a in OLD]
    ids, found = answers(folder)
    assert ids == wanted
    assert {article for article, _, _ in found} <= set(wanted)
    assert all(one.derived for one in verify_index(folder, quick=False))
    assert heal(folder) == []
    assert verify_index(folder, quick=False) == []
    assert answers(folder) == (ids, found)
    with Index.open(folder, encoder=HashEncoder()) as index:
        report = index.add(OLD + NEW)
    assert report.unchanged == (8 if committed else 4)
    assert verify_index(folder, quick=False) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "moment"),
    [
        ("rag.index.catalog.schema", "_connect", "after"),
        ("rag.index.catalog", "set_built_with", "before"),
        ("rag.index.catalog", "set_built_with", "after"),
    ],
)
def test_killed_while_making(tmp_path, module, name, moment):
    folder = tmp_path / "index"
    killed(folder, module, name, moment)
    with pytest.raises(NoIndexError):
        Index.open(folder)
    make(folder)
    assert verify_index(folder, quick=False) == []


# Derived files: noticed, done without, and made again from the catalog


def derived_files(folder):
    """Return the files that the catalog names now; older ones may lie beside them."""
    connection = schema.connect(folder)
    named = [catalog.get_derived(connection, kind).files for kind in ("vectors", "lexical")]
    connection.close()
    return [folder / name for files in named for name in files]


def remove(path):
    path.unlink()


def put(path, data):
    """Put other bytes in a file's place, as a new file.

    Tantivy opens an index with a thread that looks at it once more and ends within half a second; to cut a
    file short under what that thread has mapped would kill the process of the test, not the next reader.
    """
    path.unlink()
    path.write_bytes(data)


def empty(path):
    put(path, b"")


def truncate(path):
    put(path, path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    put(path, data)


@pytest.mark.parametrize("harm", [remove, empty, truncate, flip])
@pytest.mark.parametrize("kind", ["vectors-*.faiss", "lexical/*/meta.json", "lexical/*/*.store"])
@pytest.mark.parametrize("healer", ["writer", "reader"])
def test_harmed_derived_file_is_noticed_and_made_again(folder, harm, kind, healer):
    before = answers(folder)
    harm(next(folder.glob(kind)))
    assert len(verify_index(folder, quick=True)) == 1
    if healer == "writer":
        assert heal(folder) == []
        assert verify_index(folder, quick=False) == []
    # A reader who may write mends it too.
    assert answers(folder) == before
    assert verify_index(folder, quick=False) == []


def test_every_derived_file_gone(folder):
    before = answers(folder)
    remove_folder(folder / "lexical")
    next(folder.glob("vectors-*.faiss")).unlink()
    with writer_lock(folder):
        # Nobody else may mend meanwhile: the catalog itself is searched.
        assert answers(folder) == before
        assert verify_index(folder, quick=True)
    assert heal(folder) == []
    assert verify_index(folder, quick=False) == []
    assert answers(folder) == before


def test_files_of_another_revision_are_not_taken_for_these(folder, tmp_path):
    other = make(tmp_path / "other", NEW)
    before = answers(folder)
    shutil.copy(next(other.glob("vectors-*.faiss")), next(folder.glob("vectors-*.faiss")))
    remove_folder(folder / "lexical")
    shutil.copytree(other / "lexical", folder / "lexical")
    problems = verify_index(folder, quick=True)
    assert {one.kind for one in problems} == {"vectors", "lexical"}
    assert answers(folder) == before


@pytest.mark.slow
def test_bit_flips_in_derived_files_never_change_an_answer(folder):
    before = answers(folder)
    chance = random.Random(7)
    for _ in range(25):
        path = chance.choice([p for p in derived_files(folder) if p.stat().st_size])
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        put(path, data)
        noticed = verify_index(folder, quick=True)
        assert answers(folder) == before
        assert len(noticed) == 1


# The catalog: what happened to it is said


@pytest.mark.slow
def test_bit_flips_in_the_catalog_are_noticed_or_harmless(folder):
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path = folder / schema.FILE
    kept = path.read_bytes()
    ids, found = answers(folder)
    chance = random.Random(11)
    noticed = 0
    for _ in range(60):
        data = bytearray(kept)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        for leftover in folder.glob(f"{schema.FILE}-*"):
            leftover.unlink()
        try:
            problems = verify_index(folder, quick=False)
        except PressciteError as error:
            problems = str(error).splitlines()
            assert len(problems) == 1
        try:
            now = answers(folder)
        except PressciteError:
            assert problems
            now = (), ()
        if problems:
            noticed += 1
            continue
        # Unused bytes of a page, or the last bits of a vector.
        assert now[0] == ids
        assert [one[:2] for one in now[1]] == [one[:2] for one in found]
    assert noticed


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE articles SET text = 'Other words.' WHERE seq = 1",
            "its row is not as it was written",
        ),
        ("UPDATE articles SET title = NULL WHERE seq = 2", "its row is not as it was written"),
        ("UPDATE articles SET retells = 'a' WHERE seq = 2", "its row is not as it was written"),
        ("UPDATE articles SET hash = 'other' WHERE seq = 2", "content is not what was added"),
        ("UPDATE articles SET outlet_key = 'x' WHERE seq = 2", "cannot be filtered by"),
        ("DELETE FROM sketches WHERE seq = 2", "its near-duplicates cannot be detected"),
        ("DELETE FROM sources WHERE seq = 2", "no source is known"),
        ("UPDATE chunks SET start = start + 1 WHERE id = 1", "its row is not as it was written"),
        ("UPDATE probes SET vector = x'00'", "a probe's vector is no unit vector"),
        (
            "UPDATE probes SET vector = CAST(x'01' || substr(vector, 2) AS BLOB)",
            "the probes' vectors are not as they were written",
        ),
        (
            "UPDATE meta SET value = value + 1 WHERE key = 'revision'",
            "its description of the index",
        ),
        ("UPDATE meta SET key = 'revisioN' WHERE key = 'revision'", "its description of the index"),
        ("UPDATE chunks SET stop = 99999 WHERE id = 1", "outside of its article"),
        ("UPDATE chunks SET start = -1 WHERE id = 1", "outside of its article"),
        ("UPDATE chunks SET vector = zeroblob(128) WHERE id = 1", "no unit vector"),
        ("UPDATE chunks SET vector = x'00' WHERE id = 1", "no unit vector"),
        ("DELETE FROM chunks WHERE seq = 1", "no chunks"),
    ],
)
def test_verify_looks_at_every_row(folder, statement, problem):
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)
    connection.close()
    assert any(problem in one.text for one in verify_index(folder, quick=False))


@pytest.mark.parametrize(
    "content", [b"", b"no database" * 500, b"SQLite format 3\0" + b"\0" * 4000]
)
def test_catalog_that_is_none(folder, content):
    for leftover in folder.glob(f"{schema.FILE}*"):
        leftover.unlink()
    (folder / schema.FILE).write_bytes(content)
    for attempt in (
        lambda: Index.open(folder),
        lambda: Index.open(folder, create=True),
        lambda: verify_index(folder, quick=False),
    ):
        with pytest.raises(IndexDamagedError):
            attempt()


def test_no_index(tmp_path):
    for attempt in (Index.open, lambda folder: verify_index(folder, quick=True)):
        with pytest.raises(NoIndexError, match="presscite add"):
            attempt(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ann")
    with pytest.raises(IndexStoreError, match="not an index and not empty"):
        Index.open(tmp_path, create=True, encoder=HashEncoder())
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    (tmp_path / "file").touch()
    with pytest.raises(IndexStoreError, match="cannot be made"):
        Index.open(tmp_path / "file" / "index", create=True, encoder=HashEncoder())


# Mismatches: refused, both values named


@pytest.mark.parametrize(
    ("encoder", "values"),
    [
        (HashEncoder(name="other-32"), ("hash-32", "other-32")),
        (HashEncoder(dimension=16), ("dimension 32", "has 16")),
        (
            HashEncoder(salt="x"),
            (HashEncoder().identity.weights_sha256, HashEncoder(salt="x").identity.weights_sha256),
        ),
    ],
)
def test_another_model_is_refused(folder, encoder, values):
    for create in (False, True):
        with pytest.raises(IndexMismatchError) as refused:
            Index.open(folder, create=create, encoder=encoder)
        assert [value for value in values if value not in str(refused.value)] == []


def test_vectors_without_unit_length_are_another_model(folder):
    encoder = HashEncoder()
    encoder.identity = replace(encoder.identity, normalised=False)
    with pytest.raises(IndexMismatchError, match=r"normalised True.*has False"):
        Index.open(folder, encoder=encoder)


def test_a_model_that_changed_under_its_name_is_noticed(folder):
    liar = HashEncoder(salt="changed")
    liar.identity = HashEncoder().identity
    with Index.open(folder, encoder=liar) as index:
        with pytest.raises(IndexMismatchError, match=r"cosine -?0\.\d+, at least 0\.95"):
            Retriever(index).search("bells")
        with pytest.raises(IndexMismatchError, match="vectors changed"):
            index.add([story(99)])
        assert index.counts()["articles"] == len(OLD)


@pytest.mark.parametrize("found", [0, schema.FORMAT + 1, 99])
def test_another_format_is_refused(folder, found):
    connection = schema.connect(folder)
    catalog.set_meta(connection, "format", found)
    connection.close()
    with pytest.raises(
        IndexMismatchError, match=f"format {found}, this presscite reads format {schema.FORMAT}"
    ):
        Index.open(folder)
    with pytest.raises(IndexMismatchError):
        verify_index(folder, quick=True)


def test_what_it_was_built_with_is_remembered(folder):
    with Index.open(folder, encoder=HashEncoder(), budget=ChunkBudget(99, 3)) as index:
        built = index.built_with
        assert (built.model, built.budget, built.token_encoding) == (
            "hash-32",
            BUDGET,
            "cl100k_base",
        )
        assert built.identity == HashEncoder().identity


# A disk that fails


@pytest.mark.parametrize(
    ("place", "said", "committed"),
    [
        ("rag.index.dense.FileChecksum", "articles are saved", True),
        ("rag.index.lexical.file_checksum", "nothing of this batch was changed", False),
    ],
)
def test_failing_disk_beside_the_catalog_loses_nothing(folder, monkeypatch, place, said, committed):
    with Index.open(folder, encoder=HashEncoder()) as index:
        monkeypatch.setattr(
            place, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        with pytest.raises(IndexStoreError, match=said):
            index.add(NEW)
        monkeypatch.undo()
    assert answers(folder)[0] == [a.id for a in (OLD + NEW if committed else OLD)]
    assert heal(folder) == []
    assert verify_index(folder, quick=False) == []


def test_a_schema_that_is_no_unicode_is_damage_in_one_line(folder):
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path = folder / schema.FILE
    for leftover in folder.glob(f"{schema.FILE}-*"):
        leftover.unlink()
    kept = path.read_bytes()
    messages = []
    # Bytes of the first page, where the names and definitions of tables are.
    for place in range(len(kept[:8192]) - 700, 8192, 23):
        path.write_bytes(kept[:place] + b"\xcb" + kept[place + 1 :])
        try:
            verify_index(folder, quick=True)
        except PressciteError as error:
            messages.append(str(error))
    assert messages
    assert all(len(message.splitlines()) == 1 for message in messages)


def test_an_add_that_was_broken_off_before_its_vectors_were_compacted_is_sound(
    tmp_path, monkeypatch
):
    with (
        Index.open(tmp_path / "i", create=True, encoder=HashEncoder(), budget=BUDGET) as index,
        monkeypatch.context() as patched,
    ):
        patched.setattr("rag.index.writer.Writer.derive", lambda _: None)
        index.add(OLD)
    assert not list((tmp_path / "i").glob("vectors-*"))
    assert verify_index(tmp_path / "i", quick=False) == []
    assert answers(tmp_path / "i")[0] == [article.id for article in OLD]
    heal(tmp_path / "i")
    assert list((tmp_path / "i").glob("vectors-*"))
