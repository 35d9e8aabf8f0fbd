"""A batch of articles written in one transaction: what is new, unchanged, or replaces an earlier version."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

import numpy as np

from embeddings import Vectors
from rag.errors import IndexDamagedError
from rag.index import catalog
from rag.index.chunking import ChunkBudget, ChunkedText
from rag.index.corrections import can_be_corrected, corrected_rows
from rag.index.identity import address_of, former_source, is_newer_version
from rag.index.near_duplicates import find_copy_group
from rag.index.paragraphs import Paragraphs, paragraphs_of, short_among, values_by_chunks
from rag.index.sketches import sketch_of
from rag.types import Article

# Ten seconds of a model's work: at most so much is lost where adding is interrupted.
BATCH_CHUNKS = 1024


@dataclass(frozen=True, slots=True)
class PreparedChunks:
    """What `pending_article` computes of an article's content, where that was done elsewhere."""

    spans: Sequence[tuple[int, int]]
    paragraphs: Paragraphs
    sketch: Sequence[int]


class Chunked(Protocol):
    """A text that can be chunked without some of its parts."""

    def spans_of(self, parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the chunks of some parts; see `ChunkedText.spans_of`."""


class _ChunkedLater:
    """A text whose sentences are looked for only where parts of it are left out."""

    def __init__(self, text: str, budget: ChunkBudget) -> None:
        self._text = text
        self._budget = budget

    def spans_of(self, parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the chunks of some parts."""
        return ChunkedText(self._text, self._budget).spans_of(parts)


@dataclass(frozen=True, slots=True)
class PendingArticle:
    """An article that is about to be written."""

    article: Article
    source: str
    address: str | None
    """The URL that identifies it; None where something else does."""
    digest: str
    """Its content hash."""
    spans: Sequence[tuple[int, int]] | None
    """Its chunks; None where the same content is in the catalog already, with its chunks."""
    chunked: Chunked | None
    """What its chunks were made with; None as above."""
    paragraphs: Paragraphs
    """Its short paragraphs; empty as above."""
    sketch: Sequence[int]
    """Of its text; empty as above."""


def pending_article(
    article: Article,
    digest: str,
    budget: ChunkBudget | None,
    prepared: PreparedChunks | None = None,
) -> PendingArticle:
    """Return an article with its source, address, and chunks.

    Parameters
    ----------
    budget
        How it is chunked; None where the same content is in the catalog already.
    prepared
        What was computed of this content under this budget before; None: nothing.
    """
    source, address = source_of(article), address_of(article)
    if budget is None:
        return PendingArticle(article, source, address, digest, None, None, [], ())
    if prepared is not None:
        later, own = _ChunkedLater(article.text, budget), prepared.paragraphs
        return PendingArticle(
            article, source, address, digest, prepared.spans, later, own, prepared.sketch
        )
    chunked = ChunkedText(article.text, budget)
    paragraphs = paragraphs_of(article.text)
    hashes = sketch_of(list(chain.from_iterable(words for _, words in paragraphs)))
    own = short_among(paragraphs, article.text, article.outlet, article.url)
    return PendingArticle(article, source, address, digest, chunked.spans(), chunked, own, hashes)


def source_of(article: Article) -> str:
    """Return where an article was added from; its URL or id where it does not say."""
    return article.sources[0] if article.sources else article.url or article.id


class Batch:
    """Articles that are written together; at most one version of each."""

    def __init__(self) -> None:
        self.pending: list[PendingArticle] = []
        self._chunks = 0
        self._digests: dict[str, str] = {}
        self._addresses: set[str] = set()

    def put(self, one: PendingArticle) -> None:
        """Add an article of which the batch holds no other version."""
        if self._digests.get(one.article.id) == one.digest:
            # The same content from a second source: embedded once.
            one = replace(one, spans=None, chunked=None, paragraphs=[], sketch=())
        self.pending.append(one)
        self._chunks += len(one.spans or ())
        self._digests[one.article.id] = one.digest
        if one.address:
            self._addresses.add(one.address)

    def holds_other_version(self, one: PendingArticle) -> bool:
        """Whether an article of the same id or address and other content is in the batch."""
        if one.article.id in self._digests:
            return self._digests[one.article.id] != one.digest
        return one.address in self._addresses

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return self._chunks >= BATCH_CHUNKS or len(self.pending) >= BATCH_CHUNKS


def changes_nothing(connection: sqlite3.Connection, pending: Sequence[PendingArticle]) -> bool:
    """Whether every article's content and source are in the catalog already."""
    for one in pending:
        if one.spans is not None:
            return False
        seq = catalog.row_of_source(connection, one.source)
        if seq is None or seq != catalog.row_of_id(connection, one.article.id):
            return False
        if _is_moved(connection, seq, one.article):
            return False
    return True


def moved_rows(connection: sqlite3.Connection, pending: Sequence[PendingArticle]) -> list[int]:
    """Return the rows of the articles that are only put into another collection, ascending."""
    found = set()
    for one in pending:
        seq = catalog.row_of_content(connection, one.article.id, one.digest)
        if seq is not None and _is_moved(connection, seq, one.article):
            found.add(seq)
    return sorted(found)


def write_batch(
    connection: sqlite3.Connection,
    pending: Sequence[PendingArticle],
    vectors: Vectors | None,
    seen: set[str],
) -> list[tuple[str, int]]:
    """Write a batch inside `catalog.writing`.

    Parameters
    ----------
    vectors
        The unit vectors of all new chunks, in order, shape (chunks, dimension); None: there are none.
    seen
        Ids of articles that were added before in the same call, among them all rows that have no other
        name; those of this batch are put there.

    Returns
    -------
    list[tuple[str, int]]
        For each article ``added``, ``updated`` or ``unchanged``, and its number of new chunks.
    """
    outcomes = []
    offset = 0
    replaced: dict[int, int] = {}
    # Of the whole batch, as a correction may stand before the row that it would replace; and all whose
    # content the catalog holds, as they were prepared without chunks.
    seen.update(
        one.article.id
        for one in pending
        if one.spans is None or can_be_corrected(one.article, one.source)
    )
    for one in pending:
        count = len(one.spans or ())
        block = np.empty((0, 1)) if vectors is None else vectors[offset : offset + count]
        offset += count
        outcomes.append(_write(connection, one, np.asarray(block, np.float32), replaced, seen))
    # Last, so that an article whose file was renamed is not removed and embedded again.
    for seq, newer in sorted(replaced.items()):
        if not catalog.source_count(connection, seq):
            versions = catalog.version_rows(connection, seq, _readable(connection, seq))
            catalog.keep_versions(connection, newer, versions)
            catalog.delete_article(connection, seq)
    return outcomes


def _write(
    connection: sqlite3.Connection,
    one: PendingArticle,
    vectors: Vectors,
    replaced: dict[int, int],
    seen: set[str],
) -> tuple[str, int]:
    """Write one article; rows whose source now holds a newer version go into ``replaced``, with its row."""
    article, source = one.article, one.source
    former = catalog.row_of_source(connection, source)
    same = catalog.row_of_content(connection, article.id, one.digest)
    if same is not None:
        updated = _move(connection, same, article)
        if former == same:
            return ("updated" if updated else "unchanged"), 0
        catalog.link_source(connection, source, same)
        if former is not None:
            updated |= _leave_source(connection, former, one, same, replaced)
        return ("updated" if updated else "unchanged"), 0
    assert one.spans is not None, "the content that made chunks unnecessary is gone"
    versions = _earlier_versions(connection, one)
    if can_be_corrected(article, source):
        versions += corrected_rows(connection, article, one.sketch, seen)
    article = _with_collection(connection, one, versions, former)
    kept = []
    for seq in versions:
        kept += catalog.version_rows(connection, seq, _readable(connection, seq))
        catalog.delete_article(connection, seq)
    hashes = one.sketch
    group = find_copy_group(connection, article.text, hashes)
    seq = catalog.insert_article(connection, article, one.digest, one.spans, vectors, group, hashes)
    values = values_by_chunks(one.paragraphs, one.spans)
    catalog.put_paragraphs(connection, seq, group or seq, values)
    catalog.keep_versions(connection, seq, kept)
    catalog.link_source(connection, source, seq)
    updated = bool(versions)
    if former is not None and former not in versions:
        updated |= _leave_source(connection, former, one, seq, replaced)
    return ("updated" if updated else "added"), len(one.spans)


def _is_moved(connection: sqlite3.Connection, seq: int, article: Article) -> bool:
    """Whether an article is given another label than the stored one has; no label leaves the stored one."""
    if article.collection is None:
        return False
    stored = _readable(connection, seq)
    return stored is not None and stored.collection != (article.collection or None)


def _move(connection: sqlite3.Connection, seq: int, article: Article) -> bool:
    """Give a stored article the label it is now added under; whether that changed anything."""
    if article.collection is None or not _is_moved(connection, seq, article):
        return False
    stored = catalog.articles_of(connection, [seq])[seq]
    catalog.move_article(connection, stored, article.collection or None)
    return True


def _with_collection(
    connection: sqlite3.Connection,
    one: PendingArticle,
    versions: Sequence[int],
    former: int | None,
) -> Article:
    """Return a new article under its label; without one, under that of the version it replaces."""
    article = one.article
    if article.collection is not None:
        return replace(article, collection=article.collection or None)
    earlier = [_readable(connection, seq) for seq in versions]
    if former is not None and former not in versions:
        stored = _readable(connection, former)
        if stored is not None and is_newer_version(stored, article, one.source):
            earlier.append(stored)
    known = (stored.collection for stored in earlier if stored is not None and stored.collection)
    return replace(article, collection=next(known, None))


def _earlier_versions(connection: sqlite3.Connection, one: PendingArticle) -> list[int]:
    """Return the rows of the same id and, without an id of the user's, of the same address."""
    row = catalog.row_of_id(connection, one.article.id)
    versions = [] if row is None else [row]
    for seq in catalog.rows_of_url(connection, one.address) if one.address else ():
        stored = _readable(connection, seq)
        if stored is not None and address_of(stored) and seq not in versions:
            versions.append(seq)
    return versions


def _leave_source(
    connection: sqlite3.Connection,
    seq: int,
    one: PendingArticle,
    newer: int,
    replaced: dict[int, int],
) -> bool:
    """Settle what becomes of the article that a source held before ``newer``; whether it is replaced.

    One with an identity of its own stays, under another source where it had only this one.
    """
    stored = _readable(connection, seq)
    if stored is not None and is_newer_version(stored, one.article, one.source):
        replaced[seq] = newer
        return True
    name = catalog.id_of_row(connection, seq)
    if name is not None and not catalog.source_count(connection, seq):
        catalog.link_source(connection, former_source(one.source, name), seq)
    return False


def _readable(connection: sqlite3.Connection, seq: int) -> Article | None:
    """Return a row's article; None where the row is damaged, which `verify` reports."""
    try:
        return catalog.articles_of(connection, [seq])[seq].article
    except IndexDamagedError:
        return None
