"""Dense retrieval: a FAISS file compacted from the catalog, and exact search over the chunks after it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.index import ann
from rag.index.ann import IvfStats
from rag.index.catalog import (
    Derived,
    chunk_count,
    forget_removed,
    get_derived,
    last_chunk,
    meta,
    removed_since,
    revision,
    set_derived,
    set_meta,
    transaction,
    vector_blocks,
    vectors_after,
)
from rag.index.checksums import FileChecksum, sync_folder
from rag.index.derived_files import first_path, intact_files, is_intact, remove_others, unused_path
from rag.index.integrity import DamagedFileError, VerifiedFiles

KIND = "vectors"
FILES = "vectors-*.faiss*"
_STATS = "ivf_stats"
_OLD_STATS = "fold"
"""The key of the statistics in indexes from before they were renamed."""
STATS = (_STATS, _OLD_STATS)
"""What the index's description has of the file."""
# Compacting costs the whole index, adding costs one article: compact once an eighth is new or removed ...
_COMPACT_SHARE = 8
# ... and at the end of an `add`, once more are new than are quickly read at each opening. Before its end
# never for fewer: the next batch would be compacted again.
_MAX_TAIL = 8192


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """The vectors of one revision; scores are cosine similarities."""

    derived: Derived | None
    ann: Any
    """A FAISS index keyed by chunk id, or None where there is no file."""
    stats: IvfStats
    tail_ids: NDArray[np.int64]
    """Chunks that are newer than the file, shape (n,)."""
    tail: Vectors
    """Their vectors, shape (n, dimension)."""
    removed: NDArray[np.int64]
    """Ids that the file holds and the catalog does not."""

    def search(
        self, vector: Vectors, k: int, filter_ids: NDArray[np.int64] | None
    ) -> list[tuple[int, float]]:
        """Return the k nearest ``(chunk id, cosine)``, best first, ties by id.

        Parameters
        ----------
        vector
            Unit vector, shape (dimension,).
        filter_ids
            The only ids that may be returned, ascending; None: all.
        """
        found: list[tuple[int, float]] = []
        if self.ann is not None and self.ann.ntotal:
            scores, ids = self._search_ann(vector, k, filter_ids)
            found += [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        ids, tail = self.tail_ids, self.tail
        if filter_ids is not None:
            keep = np.isin(ids, filter_ids)
            ids, tail = ids[keep], tail[keep]
        found += zip(ids.tolist(), (tail @ vector).tolist(), strict=True)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:k]

    def _search_ann(
        self, vector: Vectors, k: int, filter_ids: NDArray[np.int64] | None
    ) -> tuple[Vectors, NDArray[np.int64]]:
        import faiss

        selector: Any = None
        if filter_ids is not None:
            selector = faiss.IDSelectorBatch(filter_ids)
        elif len(self.removed):
            removed = faiss.IDSelectorBatch(self.removed)
            selector = faiss.IDSelectorNot(removed)
        parameters_of = faiss.SearchParameters
        options: dict[str, Any] = {"sel": selector} if selector is not None else {}
        if self.stats.kind == ann.IVF:
            parameters_of = faiss.SearchParametersIVF
            options["nprobe"] = self._nprobe(filter_ids)
        parameters: Any = parameters_of(**options) if options else None
        query = np.ascontiguousarray(vector[None, :], dtype=np.float32)
        scores, ids = self.ann.search(query, min(k, self.ann.ntotal), params=parameters)
        return scores, ids

    def _nprobe(self, filter_ids: NDArray[np.int64] | None) -> int:
        """Return a higher ``nprobe`` the more selective the filter: its nearest lie in farther lists."""
        if filter_ids is None:
            return self.stats.nprobe
        selectivity = max(1.0, self.stats.vectors / max(1, len(filter_ids)))
        return min(self.stats.nlist, int(self.stats.nprobe * selectivity))


def load(
    connection: sqlite3.Connection,
    folder: Path,
    dimension: int,
    verified: VerifiedFiles,
    before: DenseIndex | None = None,
) -> DenseIndex:
    """Return the vectors of the revision that the catalog's open transaction sees.

    Parameters
    ----------
    before
        What was loaded at an earlier revision; where its file is still in use it is kept open.

    Raises
    ------
    DamagedFileError
        Where the file is missing or damaged; FAISS never reads it then.
    """
    derived = get_derived(connection, KIND)
    if derived is None:
        return load_exact(connection, dimension)
    if before is not None and before.ann is not None and before.derived == derived:
        index = before.ann
    else:
        index = open_file(folder, derived, dimension, verified)
    ids, tail = vectors_after(connection, derived.last_chunk, dimension)
    removed = removed_since(connection, derived)
    return DenseIndex(derived, index, stats_of(connection), ids, tail, removed)


def load_exact(connection: sqlite3.Connection, dimension: int) -> DenseIndex:
    """Return the vectors for exact search from the catalog alone, without a file."""
    ids, tail = vectors_after(connection, 0, dimension)
    return DenseIndex(None, None, IvfStats(ann.EXACT, 0), ids, tail, np.empty(0, np.int64))


def open_file(folder: Path, derived: Derived, dimension: int, verified: VerifiedFiles) -> Any:
    """Return the FAISS file that the catalog names, memory-mapped.

    Raises
    ------
    DamagedFileError
    """
    import faiss

    verified.check(folder, derived.files)
    path = first_path(derived)
    try:
        # Memory-mapped, so that opening reads no more than a search then needs.
        index = faiss.read_index(str(folder / path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise DamagedFileError(f"{path}: FAISS cannot read it ({error})") from error
    if index.d != dimension:
        raise DamagedFileError(f"{path}: {index.d} dimensions, the catalog says {dimension}")
    return index


def stats_of(connection: sqlite3.Connection) -> IvfStats:
    """Return the statistics of the last build of the vector index."""
    return ann.read_stats(meta(connection, _STATS) or meta(connection, _OLD_STATS))


def needs_compaction(
    connection: sqlite3.Connection, folder: Path, verified: VerifiedFiles, *, at_end: bool = True
) -> bool:
    """Whether the file is damaged, or enough has changed since it was written to pay for another."""
    derived = get_derived(connection, KIND)
    newest = last_chunk(connection)
    if derived is None:
        return newest > (0 if at_end else _MAX_TAIL)
    if not is_intact(connection, folder, KIND, verified):
        return True
    new = max(0, newest - derived.last_chunk)
    removed = len(removed_since(connection, derived))
    vectors = stats_of(connection).vectors
    pays = (new + removed) * _COMPACT_SHARE > vectors + new
    return pays or new > _MAX_TAIL if at_end else pays and new + removed > _MAX_TAIL


def compact(
    connection: sqlite3.Connection,
    folder: Path,
    dimension: int,
    verified: VerifiedFiles,
    *,
    retrain: bool = False,
) -> None:
    """Write all of the catalog's vectors into a new FAISS file, which is used from then on.

    Parameters
    ----------
    retrain
        Build the index from nothing, even where the last one could be updated.
    """
    at = revision(connection)
    newest = last_chunk(connection)
    index, stats = _build(connection, folder, dimension, None if retrain else verified)
    path = unused_path(folder, f"vectors-{at}", ".faiss")
    draft = path.with_name(f"{path.name}.new")
    try:
        files = {path.name: _write(index, draft)}
        draft.replace(path)
    except (OSError, RuntimeError):
        draft.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    with transaction(connection):
        set_derived(connection, KIND, Derived(at, newest, files))
        set_meta(connection, _STATS, asdict(stats))
        # What was removed up to this revision is not in the file.
        forget_removed(connection, at)
    verified.add(files)
    remove_others(folder.glob(FILES), keep=path.name)


def _write(index: Any, path: Path) -> str:
    """Write a FAISS index, on disk when this returns, and return its checksum.

    Not by FAISS itself, which does not notice where the last bytes find no room. The checksum is that of
    the bytes handed to the disk, so that a disk that lost some is found out.
    """
    import faiss

    digest = FileChecksum()
    with path.open("wb") as stream:

        def put(block: bytes) -> None:
            digest.update(block)
            stream.write(block)

        writer = faiss.PyCallbackIOWriter(put)  # type: ignore[attr-defined]
        faiss.write_index(index, writer)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hex()


def _build(
    connection: sqlite3.Connection, folder: Path, dimension: int, verified: VerifiedFiles | None
) -> tuple[Any, IvfStats]:
    """Return the last index with what has changed since, or one built from nothing."""
    import faiss

    def blocks() -> Any:
        return vector_blocks(connection, dimension)

    before = stats_of(connection)
    if verified is not None and before.kind == ann.IVF:
        try:
            derived = intact_files(connection, folder, KIND, verified)
            if derived is not None:
                index = faiss.read_index(str(folder / first_path(derived)))
                ids, tail = vectors_after(connection, derived.last_chunk, dimension)
                if ann.update(index, before, ids, tail, removed_since(connection, derived)):
                    return index, ann.measure(index, blocks, before)
        except (DamagedFileError, RuntimeError):
            pass
    return ann.build(blocks, chunk_count(connection), dimension)
