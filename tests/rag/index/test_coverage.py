"""Every file of an index folder is checked by verify, or harmless whatever is in it."""

import shutil

import pytest

from rag.errors import PressciteError
from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.index.verify import unchecked_files, verify_index
from rag.retrieval.retriever import Retriever
from tests.conftest import HashEncoder
from tests.folders import remove_folder
from tests.rag.stories import story

pytestmark = pytest.mark.slow

BUDGET = ChunkBudget(40, 1)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """Return an index that was written to many times, with what a killed writer leaves."""
    folder = tmp_path_factory.mktemp("lived") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
        for n in range(12):
            index.add([story(n)])
            if n % 3 == 2:
                index.remove([story(n).id])
    (folder / "vectors-1-2.faiss.new").write_bytes(b"half")
    (folder / "lexical" / "r99").mkdir()
    (folder / "lexical" / "r99" / "meta.json").write_bytes(b"{")
    (folder / "LOCK.holder.77").write_text("{}")
    return folder


def answers(folder):
    with Index.open(folder, encoder=HashEncoder()) as index:
        found = Retriever(index).search("Who ordered trams for the harbour?", 50)
        return [(passage.article.id, passage.chunk.start, passage.score) for passage in found]


def files_of(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_garbage_in_any_file_is_noticed_or_harmless(lived_in, tmp_path):
    wanted = answers(lived_in)
    unchecked = unchecked_files(lived_in)
    for number, name in enumerate(files_of(lived_in)):
        folder = shutil.copytree(lived_in, tmp_path / str(number))
        (folder / name).write_bytes(b"garbage \0 in its place")
        try:
            noticed = bool(verify_index(folder, quick=True))
        except PressciteError:
            assert str(name) == "catalog.sqlite"
            continue
        assert noticed == (str(name) not in unchecked), name
        assert answers(folder) == wanted, name
        with Index.open(folder, encoder=HashEncoder()) as index:
            index.add([])
        assert verify_index(folder, quick=False) == [], name
        remove_folder(folder)


def test_what_is_not_checked_says_why(lived_in):
    (lived_in / "letter.txt").write_text("Dear Ann")
    unchecked = unchecked_files(lived_in)
    assert unchecked["letter.txt"] == "not a file of presscite"
    assert all(reason for reason in unchecked.values())
    assert not any(name.endswith(".managed.json") for name in unchecked if "r99" not in name)
    (lived_in / "letter.txt").unlink()


def test_a_list_of_files_from_before_it_was_checked_is_noticed_too(lived_in, tmp_path):
    """Catalogs written before named every file but Tantivy's own list of them."""
    from rag.index import catalog

    folder = shutil.copytree(lived_in, tmp_path / "old")
    connection = catalog.connect(folder)
    known = catalog.get_derived(connection, "lexical")
    files = {name: digest for name, digest in known.files.items() if "managed" not in name}
    catalog.set_derived(
        connection, "lexical", catalog.Derived(known.revision, known.last_chunk, files)
    )
    connection.close()
    assert verify_index(folder, quick=True) == []
    (managed,) = (path for path in folder.glob("lexical/*/.managed.json") if "r99" not in str(path))
    managed.write_bytes(b"garbage")
    assert len(verify_index(folder, quick=True)) == 1
    assert answers(folder) == answers(lived_in)
    assert verify_index(folder, quick=False) == []
