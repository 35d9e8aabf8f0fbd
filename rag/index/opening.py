"""An index by its name: a folder, or an index in Milvus."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from embeddings import Encoder
from rag.errors import NoIndexError
from rag.index.catalog import catalog_exists, holds_index
from rag.index.chunking import ChunkBudget
from rag.index.index import Index
from rag.index.integrity import Problem
from rag.index.protocol import ArticleIndex
from rag.index.verify import repair_index, verify_index

IndexName = Path | str
"""A folder, or the text of a name in Milvus: a path would make one slash of two."""
_MILVUS = ("milvus:", "milvus+tls:", "milvus-lite:")


def in_milvus(name: IndexName) -> bool:
    """Whether a name is one of an index in Milvus, and not a folder's."""
    return str(name).startswith(_MILVUS)


def index_name(text: IndexName) -> IndexName:
    """Return what a text names: a folder, ``~`` expanded, or the text of a name in Milvus.

    Raises
    ------
    NoIndexError
        Where no index can have that name.
    """
    if not str(text).strip():
        # A path would take it for the current folder.
        raise NoIndexError("the index has no name; name a folder")
    if in_milvus(text):
        from rag.index.milvus.address import milvus_address

        return str(milvus_address(text))
    try:
        folder = Path(text).expanduser()
    except RuntimeError as error:
        raise NoIndexError(
            f"{text}: no index can be there ({str(error).lower()}); name another folder"
        ) from error
    catalog_exists(folder)  # raises where no folder can have that name
    return folder


def open_index(
    name: IndexName,
    *,
    create: bool = False,
    encoder: Encoder | None = None,
    budget: ChunkBudget | None = None,
) -> ArticleIndex:
    """Open the index of a name; parameters and errors as `Index.open`.

    Parameters
    ----------
    name
        A folder, ``milvus://HOST:PORT/COLLECTION``, or ``milvus-lite:PATH``.

    Raises
    ------
    IndexStoreError
        Also where the extra ``milvus`` is needed and not installed.
    """
    if not in_milvus(name):
        return Index.open(name, create=create, encoder=encoder, budget=budget)
    from rag.index.milvus import MilvusIndex

    return MilvusIndex.open(str(name), create=create, encoder=encoder, budget=budget)


def open_existing(name: IndexName, *, encoder: Encoder | None = None) -> ArticleIndex | None:
    """Open the index of a name, or return None where there is none.

    Raises
    ------
    IndexStoreError
        Where there is one that cannot be used, or it cannot be found out.
    """
    if not in_milvus(name):
        folder = Path(name)
        return Index.open(folder, encoder=encoder) if holds_index(folder) else None
    from rag.index.milvus import MilvusIndex, milvus_address

    address = milvus_address(name)
    assert address is not None, f"{name} is not in Milvus"
    # Closed last: an engine in this process is started once.
    with closing(MilvusIndex(address)) as found:
        return MilvusIndex.open(address, encoder=encoder) if found.exists() else None


def verify_named(name: IndexName, *, quick: bool) -> list[Problem]:
    """Return what is wrong with the index of a name; parameters and errors as `verify_index`."""
    if not in_milvus(name):
        return verify_index(Path(name), quick=quick)
    from rag.index.milvus.verify import verify_milvus

    return verify_milvus(str(name), quick=quick)


def repair_named(name: IndexName) -> None:
    """Rebuild what is derived from articles and vectors; errors as `repair_index`."""
    if not in_milvus(name):
        return repair_index(Path(name))
    from rag.index.milvus.verify import repair_milvus

    return repair_milvus(str(name))
