"""Nearest vectors: a FAISS file folded from the catalog, and the newer chunks beside it, exactly."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.index.catalog import Derived, get_derived, revision, set_derived, vectors_after
from rag.index.files import file_sha256, sync_folder

KIND = "vectors"
# Folding costs the whole index, adding costs one article: fold once an eighth is new or gone.
_FOLD_SHARE = 8
# Chunks that were folded and have been removed since: revision of the fold, its newest chunk.
_GONE = "FROM removed WHERE revision > ? AND chunk <= ?"


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """A state of the vectors, searchable; scores are cosine similarities."""

    folded: Any
    """A FAISS index keyed by chunk id, or None where nothing is folded."""
    tail_ids: NDArray[np.int64]
    tail: Vectors
    gone: NDArray[np.int64]
    """Ids that the folded file holds and the catalog does not."""
    damage: str | None = None
    """Why the file on disk was not used, where it was not."""

    def search(
        self, vector: Vectors, k: int, allowed: NDArray[np.int64] | None
    ) -> list[tuple[int, float]]:
        """Return the k nearest ``(chunk id, cosine)``, best first, ties by id.

        Parameters
        ----------
        vector
            Unit vector, shape (dimension,).
        allowed
            The only ids that may be returned, ascending; None: all.
        """
        found: list[tuple[int, float]] = []
        if self.folded is not None and self.folded.ntotal:
            scores, ids = self._search_folded(vector, k, allowed)
            found += [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        ids, tail = self.tail_ids, self.tail
        if allowed is not None:
            keep = np.isin(ids, allowed)
            ids, tail = ids[keep], tail[keep]
        found += zip(ids.tolist(), (tail @ vector).tolist(), strict=True)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:k]

    def _search_folded(
        self, vector: Vectors, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[Vectors, NDArray[np.int64]]:
        import faiss

        selector: Any = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(allowed)
        elif len(self.gone):
            gone = faiss.IDSelectorBatch(self.gone)
            selector = faiss.IDSelectorNot(gone)
        parameters: Any = None
        if selector is not None:
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        query = np.ascontiguousarray(vector[None, :], dtype=np.float32)
        scores, ids = self.folded.search(query, min(k, self.folded.ntotal), params=parameters)
        return scores, ids


def load(connection: sqlite3.Connection, folder: Path, dimension: int) -> DenseIndex:
    """Return the vectors as the catalog's open transaction sees them.

    A missing or damaged file is noticed by its checksum before FAISS reads it; its chunks are then
    searched from the catalog like all the others.
    """
    derived = get_derived(connection, KIND)
    folded, damage, last = None, None, 0
    if derived:
        folded, damage = _read(folder, derived, dimension)
        last = derived.last_chunk if folded is not None else 0
    ids, tail = vectors_after(connection, last, dimension)
    gone = np.empty(0, np.int64)
    if derived and folded is not None:
        rows = connection.execute(f"SELECT chunk {_GONE}", (derived.revision, last))
        gone = np.fromiter((row[0] for row in rows), dtype=np.int64)
    return DenseIndex(folded, ids, tail, gone, damage)


def check(folder: Path, derived: Derived) -> str | None:
    """Return what is wrong with the file on disk, or None."""
    for name, digest in derived.files.items():
        try:
            if file_sha256(folder / name) != digest:
                return f"{name}: its checksum is not the one in the catalog"
        except OSError as error:
            return f"{name}: {(error.strerror or str(error)).lower()}"
    return None


def _read(folder: Path, derived: Derived, dimension: int) -> tuple[Any, str | None]:
    import faiss

    damage = check(folder, derived)
    if damage is not None:
        return None, damage
    name = next(iter(derived.files))
    index = faiss.read_index(str(folder / name))
    if index.d != dimension:
        return None, f"{name}: {index.d} dimensions, the catalog says {dimension}"
    return index, None


def needs_fold(connection: sqlite3.Connection, folder: Path) -> bool:
    """Whether enough has changed since the last fold to pay for the next, or its file is damaged."""
    derived = get_derived(connection, KIND)
    if derived and check(folder, derived) is not None:
        return True
    last = derived.last_chunk if derived else 0
    count = "SELECT count(*) FROM"
    new = connection.execute(f"{count} chunks WHERE id > ?", (last,)).fetchone()[0]
    made_at = derived.revision if derived else 0
    gone = connection.execute(f"SELECT count(*) {_GONE}", (made_at, last)).fetchone()[0]
    total = connection.execute(f"{count} chunks").fetchone()[0]
    return bool((new + gone) * _FOLD_SHARE > total)


def fold(connection: sqlite3.Connection, folder: Path, dimension: int) -> None:
    """Write all of the catalog's vectors into a new FAISS file and make it the one in use."""
    import faiss

    at = revision(connection)
    ids, vectors = vectors_after(connection, 0, dimension)
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    if len(ids):
        index.add_with_ids(vectors, ids)
    name = f"vectors-{at}.faiss"
    draft = folder / f"{name}.new"
    faiss.write_index(index, str(draft))
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(folder / name)
    sync_folder(folder)
    last = int(ids[-1]) if len(ids) else 0
    derived = Derived(at, last, {name: file_sha256(folder / name)})
    connection.execute("BEGIN IMMEDIATE")
    set_derived(connection, KIND, derived)
    connection.execute("COMMIT")
    for old in folder.glob("vectors-*.faiss*"):
        if old.name != name:
            old.unlink(missing_ok=True)
