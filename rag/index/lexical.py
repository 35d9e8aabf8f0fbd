"""Lexical retrieval: a BM25 index (Tantivy) over stemmed words, updated in every commit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rag.index.catalog import (
    Derived,
    FilterNames,
    any_collection,
    chunk_texts,
    get_derived,
    has_chunks,
    removed_since,
    set_derived,
)
from rag.index.checksums import file_checksum, sync_folder
from rag.index.derived_files import (
    first_path,
    intact_files,
    link_files,
    remove_others,
    unused_path,
)
from rag.index.integrity import DamagedFileError, VerifiedFiles
from rag.index.search_terms import search_terms
from rag.text.analyser import space_words, text_analyser
from rag.types import Filters

KIND = "lexical"
FOLDER = "lexical"
_ANALYSER = "words"
_NO_DATE = 0
_HEAP = 32_000_000
_MAX_VOCABULARY = 200_000
"""Terms of one first letter that are looked through for spellings."""
_TANTIVY_LOCKS = ".lock"


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """The words of one revision; scores are BM25."""

    index: Any
    searcher: Any
    has_collections: bool = True
    """False: written before there were collections, and no article has had one since."""

    def search(
        self, question: str, k: int, filters: Filters, names: FilterNames
    ) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)``, best first, ties by id; ``names`` are the filters' own.

        A word that is in no chunk is replaced by its nearest spellings.
        """
        query = self._query(question, filters, names)
        if query is None:
            return []
        hits = self.searcher.search(query, limit=k, count=False).hits
        ids = self.searcher.fast_field_values("chunk", [address for _, address in hits])
        found = [(int(i), float(s)) for i, (s, _) in zip(ids, hits, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _query(self, question: str, filters: Filters, names: FilterNames) -> Any:
        import tantivy

        schema, must, should = _schema(), tantivy.Occur.Must, tantivy.Occur.Should
        parts = []
        for term in search_terms(question, _Vocabulary(self.searcher)):
            body = tantivy.Query.term_query(schema, "body", term.text)
            title = tantivy.Query.term_query(schema, "title", term.text)
            parts.append((should, tantivy.Query.boost_query(body, term.weight)))
            parts.append((should, tantivy.Query.boost_query(title, term.title_weight)))
        if not parts or (names.collections is not None and not self.has_collections):
            return None
        query = tantivy.Query.boolean_query(parts)
        conditions = list(_conditions(filters, names))
        if not conditions:
            return query
        # Zero-scored, so that a filter never changes the order of what it lets through.
        return tantivy.Query.boolean_query(
            [(must, query), *((must, tantivy.Query.const_score_query(c, 0.0)) for c in conditions)]
        )


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The terms of an index, for `search_terms`."""

    searcher: Any

    def has(self, term: str) -> bool:
        return bool(self.searcher.doc_freq("body", term) or self.searcher.doc_freq("title", term))

    def beginning(self, letter: str, shortest: int, longest: int) -> list[str]:
        found = self.searcher.terms_with_prefix("body", letter, limit=_MAX_VOCABULARY)
        return [term for term, _ in found if shortest <= len(term) <= longest]


@cache
def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("chunk", stored=True, indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_text_field("title", tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_text_field("outlet", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    # Last: files of indexes from before there were collections have the fields above alone.
    builder.add_text_field("collection", tokenizer_name="raw", index_option="basic")
    return builder.build()


def _conditions(filters: Filters, names: FilterNames) -> Iterator[Any]:
    import tantivy

    schema = _schema()
    if filters.since or filters.until or filters.as_of:
        # Unlike the other two, the as-of day lets articles without a date through.
        dated = filters.since or filters.until
        low = (filters.since or date.min).toordinal() if dated else _NO_DATE
        high = min(filters.until or date.max, filters.as_of or date.max).toordinal()
        yield tantivy.Query.range_query(
            schema, "published", tantivy.FieldType.Integer, lower_bound=low, upper_bound=high
        )
    for field, stored in names.by_field():
        yield tantivy.Query.term_set_query(schema, field, list(stored))


def _open(path: Path | None) -> Any:
    """Open or create an index in a folder; None: in memory."""
    import tantivy

    if path and tantivy.Index.exists(str(path)):
        index = tantivy.Index.open(str(path))
    else:
        index = tantivy.Index(_schema(), path=str(path) if path else None)
    # A folder holds one revision, so there is nothing to watch; a watcher's thread would read mapped files
    # at any moment, also when they have been truncated.
    index.config_reader(reload_policy="manual")
    index.register_tokenizer(_ANALYSER, text_analyser())
    return index


def load(connection: sqlite3.Connection, folder: Path, verified: VerifiedFiles) -> LexicalIndex:
    """Return the words of the revision that the catalog's open transaction sees.

    Raises
    ------
    DamagedFileError
        Where the files that the catalog names are missing, or not as they were written.
    """
    derived = intact_files(connection, folder, KIND, verified)
    if derived is None:
        if has_chunks(connection):
            raise DamagedFileError(f"{KIND}: no files yet")
        return build_in_memory(connection)
    try:
        path = folder / first_path(derived).parent
        index = _open(path)
        return LexicalIndex(index, index.searcher(), _has_collections(path))
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{KIND}: Tantivy cannot read its files ({error})") from error


def build_in_memory(connection: sqlite3.Connection) -> LexicalIndex:
    """Return an index of all chunks in memory, for where files are damaged and none can be written."""
    index = _open(None)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    _add_chunks(writer, connection, 0)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return LexicalIndex(index, index.searcher())


def write_revision(
    connection: sqlite3.Connection, folder: Path, at: int, verified: VerifiedFiles
) -> None:
    """Write the words of revision ``at`` into a folder of their own; inside the writer's transaction.

    The folder of the revision before is left to its readers. Its files are linked into the new one, to
    which new chunks are added and from which removed ones are deleted; where they are missing or damaged
    the whole catalog is indexed again. If the transaction fails, the catalog does not name the folder.
    """
    target = unused_path(folder / FOLDER, f"r{at}")
    before = _link_revision(connection, folder, target, verified)
    index = _open(target)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    if before.last_chunk:
        for chunk in removed_since(connection, before).tolist():
            writer.delete_documents_by_term("chunk", chunk)
    last = max(_add_chunks(writer, connection, before.last_chunk), before.last_chunk)
    writer.commit()
    writer.wait_merging_threads()
    _remove_merged_segments(target)
    sync_folder(target)
    sync_folder(target.parent)
    known = {Path(name).name: digest for name, digest in before.files.items()}
    files = {}
    for path in sorted(target.iterdir()):
        if path.suffix == _TANTIVY_LOCKS:
            continue
        # Segments are written once, so one whose checksum is known is not read again.
        changed = path.suffix == ".json" or path.name not in known
        files[str(path.relative_to(folder))] = file_checksum(path) if changed else known[path.name]
    verified.add(files)
    set_derived(connection, KIND, Derived(at, last, files))


def _link_revision(
    connection: sqlite3.Connection, folder: Path, target: Path, verified: VerifiedFiles
) -> Derived:
    """Link the files of the last revision into a new folder; an empty one where they cannot be used."""
    try:
        before = intact_files(connection, folder, KIND, verified)
        if before is not None and _can_go_on(connection, folder / first_path(before).parent):
            link_files(folder, before, target, copied_suffix=".json")
            return before
    except (DamagedFileError, OSError):
        shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    return Derived(0, 0, {})


def _can_go_on(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the articles that are there now can be added to files: older ones know no collections."""
    return _has_collections(path) or not any_collection(connection)


def _has_collections(path: Path) -> bool:
    fields = json.loads((path / "meta.json").read_text(encoding="utf-8"))["schema"]
    return any(one["name"] == "collection" for one in fields)


def is_usable(connection: sqlite3.Connection, folder: Path, verified: VerifiedFiles) -> bool:
    """Whether the files that the catalog names are as written, and Tantivy can open them."""
    if get_derived(connection, KIND) is None:
        return not has_chunks(connection)
    try:
        load(connection, folder, verified)
    except DamagedFileError:
        return False
    return True


def remove_stale(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove the folders of other revisions; a reader about to open one goes on to the newest."""
    derived = get_derived(connection, KIND)
    parent = folder / FOLDER
    if derived is not None and parent.is_dir():
        remove_others(list(parent.iterdir()), keep=first_path(derived).parent.name)


def _remove_merged_segments(folder: Path) -> None:
    """Remove files of segments that were merged: Tantivy itself removes only files it has written."""
    segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
    living = {one["segment_id"].replace("-", ""): one.get("deletes") for one in segments}
    for path in folder.iterdir():
        segment, _, rest = path.name.partition(".")
        if not segment or path.suffix == ".json":
            continue
        deletes = living.get(segment)
        stale = rest.endswith("del") and (not deletes or rest != f"{deletes['opstamp']}.del")
        if segment not in living or stale:
            path.unlink()


def _add_chunks(writer: Any, connection: sqlite3.Connection, after: int) -> int:
    """Add the chunks after one; returns the id of the last."""
    import tantivy

    last = 0
    for chunk in chunk_texts(connection, after):
        last = chunk.id
        document = tantivy.Document()
        document.add_integer("chunk", chunk.id)
        document.add_text("body", space_words(chunk.text))
        if chunk.title:
            document.add_text("title", space_words(chunk.title))
        document.add_integer(
            "published", chunk.published.toordinal() if chunk.published else _NO_DATE
        )
        if chunk.outlet:
            document.add_text("outlet", chunk.outlet)
        if chunk.language:
            document.add_text("language", chunk.language)
        if chunk.collection:
            document.add_text("collection", chunk.collection)
        writer.add_document(document)
    return last
