"""Nearest vectors: a FAISS file folded from the catalog, and the newer chunks beside it, exactly."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.index.ann import Fold, extended, measured_again, new
from rag.index.catalog import (
    Derived,
    get_derived,
    meta,
    revision,
    set_derived,
    set_meta,
    transaction,
    vector_blocks,
    vectors_after,
)
from rag.index.checksums import FileSum, sync_folder
from rag.index.integrity import DamagedFileError, Seen

KIND = "vectors"
_FOLD = "fold"
# Folding costs the whole index, adding costs one article: fold once an eighth is new or gone ...
_FOLD_SHARE = 8
# ... while articles come in; at the end of an `add`, once more are new than are quickly read at each opening.
_TAIL = 8192
# Chunks that were folded and have been removed since: revision of the fold, its newest chunk.
_GONE = "FROM removed WHERE revision > ? AND chunk <= ?"


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """A state of the vectors, searchable; scores are cosine similarities."""

    derived: Derived | None
    folded: Any
    """A FAISS index keyed by chunk id, or None where nothing is folded."""
    fold: Fold
    tail_ids: NDArray[np.int64]
    tail: Vectors
    gone: NDArray[np.int64]
    """Ids that the folded file holds and the catalog does not."""

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
        kind = faiss.SearchParameters
        wanted: dict[str, Any] = {"sel": selector} if selector is not None else {}
        if self.fold.kind == "lists":
            kind = faiss.SearchParametersIVF
            wanted["nprobe"] = self._lists_to_look_into(allowed)
        parameters: Any = kind(**wanted) if wanted else None
        query = np.ascontiguousarray(vector[None, :], dtype=np.float32)
        scores, ids = self.folded.search(query, min(k, self.folded.ntotal), params=parameters)
        return scores, ids

    def _lists_to_look_into(self, allowed: NDArray[np.int64] | None) -> int:
        """Return more lists the fewer ids are allowed: the nearest of those lie in farther lists."""
        if allowed is None:
            return self.fold.looked_into
        thinning = max(1.0, self.fold.vectors / max(1, len(allowed)))
        return min(self.fold.lists, int(self.fold.looked_into * thinning))


def load(
    connection: sqlite3.Connection,
    folder: Path,
    dimension: int,
    seen: Seen,
    before: DenseIndex | None = None,
) -> DenseIndex:
    """Return the vectors as the catalog's open transaction sees them.

    Parameters
    ----------
    before
        What was loaded at an earlier revision; where its file is still the one in use it is kept open.

    Raises
    ------
    DamagedFileError
        Where the file is missing or damaged; FAISS never sees it then.
    """
    derived = get_derived(connection, KIND)
    if derived is None:
        return without_file(connection, dimension)
    if before is not None and before.folded is not None and before.derived == derived:
        folded = before.folded
    else:
        folded = _opened(folder, derived, dimension, seen)
    ids, tail = vectors_after(connection, derived.last_chunk, dimension)
    rows = connection.execute(f"SELECT chunk {_GONE}", (derived.revision, derived.last_chunk))
    gone = np.fromiter((row[0] for row in rows), dtype=np.int64)
    return DenseIndex(derived, folded, fold_of(connection), ids, tail, gone)


def without_file(connection: sqlite3.Connection, dimension: int) -> DenseIndex:
    """Return the vectors searched from the catalog alone, every one compared."""
    ids, tail = vectors_after(connection, 0, dimension)
    return DenseIndex(None, None, Fold("exact", 0), ids, tail, np.empty(0, np.int64))


def _opened(folder: Path, derived: Derived, dimension: int, seen: Seen) -> Any:
    import faiss

    seen.check(folder, derived.files)
    name = next(iter(derived.files))
    try:
        # Mapped, so that opening reads no more than a search then looks at.
        index = faiss.read_index(str(folder / name), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise DamagedFileError(f"{name}: FAISS cannot read it ({error})") from error
    if index.d != dimension:
        raise DamagedFileError(f"{name}: {index.d} dimensions, the catalog says {dimension}")
    return index


def fold_of(connection: sqlite3.Connection) -> Fold:
    """Return what the folded file is and was found to do."""
    found = meta(connection, _FOLD)
    # Indexes made before folds were measured hold every vector.
    try:
        return Fold(**found)
    except TypeError:
        return Fold("exact", 0)


def needs_fold(
    connection: sqlite3.Connection, folder: Path, seen: Seen, *, at_end: bool = True
) -> bool:
    """Whether enough has changed since the last fold to pay for the next, or its file is damaged."""
    derived = get_derived(connection, KIND)
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
    if derived is None:
        return bool(newest)
    try:
        seen.check(folder, derived.files)
    except DamagedFileError:
        return True
    new = max(0, newest - derived.last_chunk)
    gone = connection.execute(
        f"SELECT count(*) {_GONE}", (derived.revision, derived.last_chunk)
    ).fetchone()[0]
    folded = fold_of(connection).vectors
    return (new + gone) * _FOLD_SHARE > folded + new or (at_end and new > _TAIL)


def fold(
    connection: sqlite3.Connection, folder: Path, dimension: int, seen: Seen, *, anew: bool = False
) -> None:
    """Write all of the catalog's vectors into a new FAISS file and make it the one in use.

    Parameters
    ----------
    anew
        From nothing, even where the last file could be gone on with.
    """
    at = revision(connection)
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
    index, made = _made(connection, folder, dimension, None if anew else seen)
    name = _unused(folder, at)
    draft = folder / f"{name}.new"
    try:
        files = {name: _written(index, draft)}
        draft.replace(folder / name)
    except (OSError, RuntimeError):
        draft.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    with transaction(connection):
        set_derived(connection, KIND, Derived(at, newest, files))
        set_meta(connection, _FOLD, asdict(made))
        # What was removed before this fold is not in it.
        connection.execute("DELETE FROM removed WHERE revision <= ?", (at,))
    seen.note(files)
    for old in folder.glob("vectors-*.faiss*"):
        if old.name != name:
            # Where a file that is mapped cannot be removed, the next fold does it.
            with suppress(OSError):
                old.unlink(missing_ok=True)


def _written(index: Any, path: Path) -> str:
    """Write a FAISS index, on disk when this returns, and return its checksum.

    Not by FAISS itself, which does not notice where the last bytes find no room; and the sum is that
    of the bytes meant, so that a disk that lost some is found out.
    """
    import faiss

    digest = FileSum()
    with path.open("wb") as stream:

        def put(block: bytes) -> None:
            digest.update(block)
            stream.write(block)

        writer = faiss.PyCallbackIOWriter(put)  # type: ignore[attr-defined]
        faiss.write_index(index, writer)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hex()


def _unused(folder: Path, at: int) -> str:
    name, n = f"vectors-{at}.faiss", 1
    while (folder / name).exists():
        n += 1
        name = f"vectors-{at}-{n}.faiss"
    return name


def _made(
    connection: sqlite3.Connection, folder: Path, dimension: int, seen: Seen | None
) -> tuple[Any, Fold]:
    """Return the index to write: the last one with what has changed since, or one from nothing."""
    import faiss

    def blocks() -> Any:
        return vector_blocks(connection, dimension)

    derived, before = get_derived(connection, KIND), fold_of(connection)
    if seen is not None and derived is not None and before.kind == "lists":
        try:
            seen.check(folder, derived.files)
            index = faiss.read_index(str(folder / next(iter(derived.files))))
            ids, tail = vectors_after(connection, derived.last_chunk, dimension)
            rows = connection.execute(
                f"SELECT chunk {_GONE}", (derived.revision, derived.last_chunk)
            )
            gone = np.fromiter((row[0] for row in rows), dtype=np.int64)
            if extended(index, before, ids, tail, gone):
                return index, measured_again(index, blocks, before)
        except (DamagedFileError, RuntimeError):
            pass
    count = connection.execute("SELECT count(*) FROM chunks").fetchone()[0]
    return new(blocks, count, dimension)
