"""Copying an index into one of another kind, or of the same: row by row, without embedding anything.

Of all articles a checksum is made as they are read. A copy that was broken off goes on where it ended if
the source still has the same articles up to there, and begins again otherwise. In the end everything that
was written is read again, and its checksum compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexDamagedError, IndexStoreError, QueryError, UnfinishedCopyError
from rag.index.catalog.rows import ArticleRows, check_rows
from rag.index.copy_folder import folder_source, folder_target
from rag.index.copy_protocol import CopySource, CopyState, CopyTarget, IndexDescription
from rag.index.opening import in_milvus

Progress = Callable[[str, int, int], None]
"""Called with a stage, how many articles are done, and how many there are."""
BATCH_CHUNKS = 4096
"""Some megabytes of vectors: what is done again where a copy is killed."""
BATCH_ARTICLES = 1000


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What was copied and verified."""

    revision: int
    """Of the source."""
    articles: int
    chunks: int
    sources: int
    versions: int
    resumed: int
    """Articles that an earlier call had copied."""
    restarted: bool
    """Whether one had begun, and the source changed among what it had copied."""
    newest_revision: int
    """Of the source at the end: others may have written to it meanwhile."""
    seconds: float


def copy_index(
    source: Path | str, target: Path | str, progress: Progress | None = None
) -> CopyReport:
    """Copy an index; no model is loaded.

    Parameters
    ----------
    source
        The name of an index, as for `open_index`. It is read in one revision; others may write meanwhile.
    target
        The name of none, or of a copy of ``source`` that was broken off.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError
        Of the source. Also where what was written does not read back as it was.
    UnfinishedCopyError
        Where a copy of another index was begun at the target.
    IndexStoreError
        Where something else is at the target, or it cannot be written to.
    IndexLockedError
        Where another process writes to the target.
    QueryError
        Where source and target are one.
    """
    began = time.perf_counter()
    tell = progress or (lambda stage, done, total: None)
    with _source(source) as opened:
        if opened.name == _name(target):
            raise QueryError(f"{target}: this is the index itself; name another place for the copy")
        with _target(target) as made:
            return _copy(opened, made, tell, began)


def _copy(source: CopySource, target: CopyTarget, tell: Progress, began: float) -> CopyReport:
    description, found = source.description(), target.unfinished()
    if found is not None and found.source != source.name:
        raise UnfinishedCopyError(
            f"{target.name}: a copy of {found.source} was begun there; finish that, or name another place"
        )
    goes_on = found is not None and _is_beginning(found, source, description, tell)
    state = found if found is not None and goes_on else CopyState(source.name)
    if not goes_on:
        with _named(target.name):
            target.begin(description, state)
    for batch in _batches(source, state.seq, description):
        state = state.after(batch)
        with _named(target.name):
            target.put(batch, state)
        tell("copying", state.articles, description.articles)
    _check_counts(source, description, state)
    _verify(target, description, state, tell)
    with _named(target.name):
        target.complete(description)
        target.publish()
    return CopyReport(
        revision=description.revision,
        articles=state.articles,
        chunks=state.chunks,
        sources=state.sources,
        versions=state.versions,
        resumed=found.articles if found is not None and goes_on else 0,
        restarted=found is not None and found.articles > 0 and not goes_on,
        newest_revision=source.newest_revision(),
        seconds=time.perf_counter() - began,
    )


def _is_beginning(
    found: CopyState, source: CopySource, description: IndexDescription, tell: Progress
) -> bool:
    """Whether the source begins with exactly the articles that were copied."""
    state = CopyState(source.name)
    if not found.articles:
        return False
    for block in _blocks(source):
        state = state.after(one for one in block if one.seq <= found.seq)
        tell("comparing with what was copied", state.articles, found.articles)
        if block[-1].seq >= found.seq:
            break
    return state == found


def _batches(
    source: CopySource, after: int, description: IndexDescription
) -> Iterator[list[ArticleRows]]:
    """Yield the articles after a row, checked, in batches."""
    dimension = description.built.identity.dimension
    batch: list[ArticleRows] = []
    chunks = 0
    for block in _blocks(source, after):
        for one in block:
            with _named(source.name):
                check_rows(one, dimension)
            batch.append(one)
            chunks += len(one.chunks)
            if chunks >= BATCH_CHUNKS or len(batch) >= BATCH_ARTICLES:
                yield batch
                batch, chunks = [], 0
    if batch:
        yield batch


def _check_counts(source: CopySource, description: IndexDescription, state: CopyState) -> None:
    for what in ("articles", "chunks", "sources"):
        wanted, found = getattr(description, what), getattr(state, what)
        if wanted != found:
            raise IndexDamagedError(
                f"{source.name}: {found:,} {what} could be read of {wanted:,}; run the same `presscite copy` "
                f"again, and where that says the same, see `presscite verify`"
            )


def _verify(
    target: CopyTarget, description: IndexDescription, wanted: CopyState, tell: Progress
) -> None:
    state = CopyState(wanted.source)
    try:
        for block in _blocks(target):
            state = state.after(block)
            tell("verifying", state.articles, wanted.articles)
        if state != wanted:
            raise IndexDamagedError(
                f"{state.articles:,} articles with {state.chunks:,} chunks of {wanted.articles:,} with "
                f"{wanted.chunks:,} were read"
                if (state.articles, state.chunks) != (wanted.articles, wanted.chunks)
                else "its checksum is another"
            )
    except IndexDamagedError as error:
        # What a wrong copy holds is of no use to the next one.
        target.begin(description, CopyState(wanted.source))
        raise IndexDamagedError(
            f"{target.name}: what was written does not read back as it was ({error}); run the same "
            f"`presscite copy` again, which begins anew"
        ) from error


def _blocks(index: CopySource | CopyTarget, after: int = 0) -> Iterator[list[ArticleRows]]:
    with _named(index.name):
        yield from index.articles(after)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say in errors inside which of two indexes is meant, where they do not say it."""
    try:
        yield
    except IndexStoreError as error:
        if str(error).startswith(name):
            raise
        raise type(error)(f"{name}: {error}") from error


# By name


def _name(name: Path | str) -> str:
    """Return the name that `CopySource` and `CopyTarget` of an index have."""
    if in_milvus(name):
        from rag.index.milvus import milvus_address

        return str(milvus_address(name))
    return str(Path(name).expanduser().resolve())


def _source(name: Path | str) -> AbstractContextManager[CopySource]:
    if in_milvus(name):
        from rag.index.milvus.copying import milvus_source

        return milvus_source(_name(name))
    return folder_source(Path(_name(name)))


def _target(name: Path | str) -> AbstractContextManager[CopyTarget]:
    if in_milvus(name):
        from rag.index.milvus.copying import milvus_target

        return milvus_target(_name(name))
    return folder_target(Path(_name(name)))
