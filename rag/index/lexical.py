"""Words: a Tantivy index of the chunks, stemmed and without accents, written with each commit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rag.errors import IndexDamagedError
from rag.index.catalog import Derived, get_derived, set_derived
from rag.index.checksums import file_sum, sync_folder
from rag.index.integrity import DamagedFileError, Seen
from rag.text.analyser import analyse, question_stop_words, space_cjk, text_analyser
from rag.types import Filters

KIND = "lexical"
FOLDER = "lexical"
_ANALYSER = "words"
_NO_DATE = 0
_HEAP = 32_000_000
_TITLE_WEIGHT = 0.3


# So many words of a question at most are looked for by their spelling: each goes through a vocabulary.
_CORRECTED = 3


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """A state of the words, searchable; scores are BM25."""

    index: Any
    searcher: Any

    def search(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)``, best first, ties by id.

        A word the index has never seen is replaced by its nearest spellings.
        """
        query = self._query(question, filters)
        if query is None:
            return []
        hits = self.searcher.search(query, limit=k, count=False).hits
        ids = self.searcher.fast_field_values("chunk", [address for _, address in hits])
        found = [(int(i), float(s)) for i, (s, _) in zip(ids, hits, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _query(self, question: str, filters: Filters) -> Any:
        import tantivy

        schema, must, should = _schema(), tantivy.Occur.Must, tantivy.Occur.Should
        words = dict.fromkeys(analyse(question))
        content = [word for word in words if word not in question_stop_words()] or list(words)
        parts = []
        unknown = 0
        for word in content[:64]:
            known = self.searcher.doc_freq("body", word) or self.searcher.doc_freq("title", word)
            unknown += not known
            if not known and unknown > _CORRECTED:
                continue
            for term, weight in [(word, 1.0)] if known else self._spellings(word):
                body = tantivy.Query.term_query(schema, "body", term)
                title = tantivy.Query.term_query(schema, "title", term)
                parts.append((should, tantivy.Query.boost_query(body, weight)))
                parts.append((should, tantivy.Query.boost_query(title, weight * _TITLE_WEIGHT)))
        if not parts:
            return None
        query = tantivy.Query.boolean_query(parts)
        conditions = list(_conditions(filters))
        if not conditions:
            return query
        # Zero-scored, so that a filter never changes the order of what it lets through.
        return tantivy.Query.boolean_query(
            [(must, query), *((must, tantivy.Query.const_score_query(c, 0.0)) for c in conditions)]
        )

    def _spellings(self, word: str) -> list[tuple[str, float]]:
        """Return the nearest spellings of a word that is nowhere."""
        if len(word) < 4 or not word.isalpha():
            return []
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < 8 else 2
        vocabulary = [
            term
            for term, _ in self.searcher.terms_with_prefix("body", word[0], limit=200_000)
            if abs(len(term) - len(word)) <= allowed
        ]
        near = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=3)
        return [(term, 0.8 if distance == 1 else 0.6) for term, distance, _ in near]


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
    return builder.build()


def _conditions(filters: Filters) -> Iterator[Any]:
    import tantivy

    schema = _schema()
    if filters.since or filters.until or filters.as_of:
        # The day a question is asked lets articles without a date through, unlike the other two.
        dated = filters.since or filters.until
        low = (filters.since or date.min).toordinal() if dated else _NO_DATE
        high = min(filters.until or date.max, filters.as_of or date.max).toordinal()
        yield tantivy.Query.range_query(
            schema, "published", tantivy.FieldType.Integer, lower_bound=low, upper_bound=high
        )
    if filters.outlet is not None:
        yield tantivy.Query.term_query(schema, "outlet", filters.outlet.casefold())
    if filters.language is not None:
        yield tantivy.Query.term_query(schema, "language", filters.language.lower())


def _open(path: Path | None) -> Any:
    import tantivy

    index = tantivy.Index(_schema(), path=str(path) if path else None)
    # A folder is of one revision: nothing to watch for, and a watcher's thread would touch mapped files
    # at any moment, also while they are being damaged.
    index.config_reader(reload_policy="manual")
    index.register_tokenizer(_ANALYSER, text_analyser())
    return index


def load(connection: sqlite3.Connection, folder: Path, seen: Seen) -> LexicalIndex:
    """Return the words as the catalog's open transaction sees them.

    Raises
    ------
    DamagedFileError
        Where the files that the catalog names are missing, or not as they were written.
    """
    derived = get_derived(connection, KIND)
    if derived is None:
        if connection.execute("SELECT 1 FROM chunks LIMIT 1").fetchone():
            raise DamagedFileError(f"{KIND}: no files yet")
        return in_memory(connection)
    try:
        seen.check(folder, derived.files)
        index = _open(folder / _place(derived))
        return LexicalIndex(index, index.searcher())
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{KIND}: {error}") from error


def in_memory(connection: sqlite3.Connection) -> LexicalIndex:
    """Return the words indexed anew in memory: for where the files are damaged and none can be written."""
    index = _open(None)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    _add(writer, connection, 0)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return LexicalIndex(index, index.searcher())


def advance(connection: sqlite3.Connection, folder: Path, at: int, seen: Seen) -> None:
    """Write the words of revision ``at`` into a folder of their own; inside the writer's transaction.

    The folder of the revision before stays as it is, for those who read it. Its files are never
    changed but linked into the new one, to which new chunks are added and from which removed ones are
    taken; where they are missing or damaged the words of the whole catalog are written anew. If the
    transaction fails, what was written is a folder that the catalog does not name.
    """
    before = get_derived(connection, KIND)
    place = _unused(folder / FOLDER, at)
    try:
        if before is not None:
            seen.check(folder, before.files)
            _link(folder, before, place)
    except (DamagedFileError, OSError):
        shutil.rmtree(place, ignore_errors=True)
        before = None
    if before is None:
        before = Derived(0, 0, {})
        place.mkdir(parents=True, exist_ok=True)
    index = _open(place)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    if before.last_chunk:
        gone = connection.execute(
            "SELECT chunk FROM removed WHERE revision > ? AND chunk <= ?",
            (before.revision, before.last_chunk),
        )
        for (chunk,) in gone:
            writer.delete_documents_by_term("chunk", chunk)
    last = max(_add(writer, connection, before.last_chunk), before.last_chunk)
    writer.commit()
    writer.wait_merging_threads()
    _sweep(place)
    sync_folder(place)
    sync_folder(place.parent)
    known = {Path(name).name: digest for name, digest in before.files.items()}
    files = {}
    for path in sorted(place.iterdir()):
        if path.suffix == ".lock" or path.name.startswith("."):
            continue
        # Tantivy's own files are written once, so one whose sum is known is not read again.
        fresh = path.suffix == ".json" or path.name not in known
        files[str(path.relative_to(folder))] = file_sum(path) if fresh else known[path.name]
    seen.note(files)
    set_derived(connection, KIND, Derived(at, last, files))


def tidy(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove the folders of other revisions; who is about to open one goes on to the newest."""
    derived = get_derived(connection, KIND)
    parent = folder / FOLDER
    if derived is None or not parent.is_dir():
        return
    current = (folder / _place(derived)).name
    for place in parent.iterdir():
        if place.name == current:
            continue
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            # From when the words stood in the folder itself.
            place.unlink(missing_ok=True)


def _unused(parent: Path, at: int) -> Path:
    """Return a new folder's path for a revision; what a killed writer left may have its first name."""
    place, n = parent / f"r{at}", 1
    while place.exists():
        n += 1
        place = parent / f"r{at}-{n}"
    return place


def _link(folder: Path, before: Derived, place: Path) -> None:
    place.mkdir(parents=True)
    for name in before.files:
        source, target = folder / name, place / Path(name).name
        if source.suffix == ".json":
            # Tantivy writes these anew; the rest never changes.
            shutil.copyfile(source, target)
            continue
        try:
            target.hardlink_to(source)
        except OSError:
            # A file system without links.
            shutil.copyfile(source, target)


def _sweep(place: Path) -> None:
    """Remove files of segments that were merged into others; Tantivy knows only of those it wrote itself."""
    segments = json.loads((place / "meta.json").read_text(encoding="utf-8"))["segments"]
    living = {one["segment_id"].replace("-", ""): one.get("deletes") for one in segments}
    for path in place.iterdir():
        segment, _, rest = path.name.partition(".")
        if not segment or path.suffix == ".json":
            continue
        deletes = living.get(segment)
        stale = rest.endswith("del") and (not deletes or rest != f"{deletes['opstamp']}.del")
        if segment not in living or stale:
            path.unlink()


def _place(derived: Derived) -> Path:
    """Return the folder of a revision's files, relative to the index's."""
    return Path(next(iter(derived.files))).parent


def _day(chunk: int, text: object, *fields: object) -> int:
    """Return the day of a row's article, after looking whether the row is what presscite writes.

    Raises
    ------
    IndexDamagedError
    """
    _, published, *_ = fields
    try:
        if isinstance(text, str) and all(f is None or isinstance(f, str) for f in fields):
            return date.fromisoformat(published).toordinal() if published else _NO_DATE  # type: ignore[arg-type]
        problem = "a text that is none"
    except ValueError as error:
        problem = str(error)
    raise IndexDamagedError(f"chunk {chunk} does not read as it was written ({problem})")


def _cut(chunk: int, text: str, start: object, stop: object) -> str:
    """Return a chunk's own words.

    Raises
    ------
    IndexDamagedError
    """
    if not isinstance(start, int) or not isinstance(stop, int):
        raise IndexDamagedError(f"chunk {chunk} does not read as it was written (its place)")
    return text[start:stop]


def _add(writer: Any, connection: sqlite3.Connection, after: int) -> int:
    import tantivy

    chunks: Iterable[tuple[int, int, int, int]] = connection.execute(
        "SELECT c.id, c.seq, c.start, c.stop FROM chunks c JOIN articles a ON a.seq = c.seq"
        " WHERE c.id > ? ORDER BY c.id",
        (after,),
    )
    # An article's text is fetched once for all of its chunks: SQL's substr would go through it for each,
    # which for one of 20 MB takes an hour.
    last = known = 0
    whole: Any = None
    title = published = outlet = language = None
    for last, seq, start, stop in chunks:
        if seq != known:
            known = seq
            whole, title, published, outlet, language = connection.execute(
                "SELECT text, title, published, outlet_key, language FROM articles WHERE seq = ?",
                (seq,),
            ).fetchone()
        day = _day(last, whole, title, published, outlet, language)
        text = _cut(last, whole, start, stop)
        document = tantivy.Document()
        document.add_integer("chunk", last)
        document.add_text("body", space_cjk(text))
        if title:
            document.add_text("title", space_cjk(title))
        document.add_integer("published", day)
        if outlet:
            document.add_text("outlet", outlet)
        if language:
            document.add_text("language", language)
        writer.add_document(document)
    return last
