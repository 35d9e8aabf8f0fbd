"""Words: a Tantivy index of the chunks, stemmed and without accents, healed from the catalog."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import regex

from rag.index.catalog import Derived, get_derived, revision, set_derived
from rag.index.files import file_sha256
from rag.types import Filters

KIND = "lexical"
FOLDER = "lexical"
_ANALYSER = "words"
_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]+")
_NO_DATE = 0
_HEAP = 32_000_000
_TITLE_WEIGHT = 0.3
# Words that carry a question's grammar; they are searched only when a question has nothing else.
_QUESTION_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "in",
        "is",
        "it",
        "its",
        "many",
        "much",
        "of",
        "on",
        "or",
        "should",
        "than",
        "that",
        "the",
        "their",
        "them",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "about",
        "into",
        "between",
        "after",
        "before",
        "during",
        "over",
        "under",
        "up",
        "out",
        "any",
        "some",
        "tell",
        "me",
    ]
)


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """A state of the words, searchable; scores are BM25."""

    index: Any
    searcher: Any
    damage: str | None = None

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

    def _query(self, question: str, filters: Filters) -> Any:  # noqa: ANN401
        import tantivy

        schema, must, should = _schema(), tantivy.Occur.Must, tantivy.Occur.Should
        words = dict.fromkeys(analyse(question))
        content = [word for word in words if word not in _stemmed_question_words()] or list(words)
        parts = []
        for word in content[:64]:
            for term, weight in self._spellings(word):
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
        if self.searcher.doc_freq("body", word) or self.searcher.doc_freq("title", word):
            return [(word, 1.0)]
        if len(word) < 4 or not word.isalpha():
            return []
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < 8 else 2
        vocabulary = dict(self.searcher.terms_with_prefix("body", word[0], limit=200_000))
        near = process.extract(
            word, vocabulary.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=3
        )
        return [(term, 0.8 if distance == 1 else 0.6) for term, distance, _ in near]


def analyse(text: str) -> list[str]:
    """Return a text's terms: lower case, without accents, stemmed; Chinese and Japanese as pairs."""
    return list(_analyser().analyze(_space_cjk(text)))


@cache
def _stemmed_question_words() -> frozenset[str]:
    return frozenset(analyse(" ".join(_QUESTION_WORDS))) | _QUESTION_WORDS


def _space_cjk(text: str) -> str:
    def pairs(match: regex.Match[str]) -> str:
        run = match.group()
        parts = [run[n : n + 2] for n in range(max(1, len(run) - 1))]
        return f" {' '.join(parts)} "

    return _CJK.sub(pairs, text) if _CJK.search(text) else text


@cache
def _analyser() -> Any:  # noqa: ANN401
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(80),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


@cache
def _schema() -> Any:  # noqa: ANN401
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
    if filters.since or filters.until:
        low = filters.since.toordinal() if filters.since else _NO_DATE + 1
        high = filters.until.toordinal() if filters.until else date.max.toordinal()
        yield tantivy.Query.range_query(
            schema, "published", tantivy.FieldType.Integer, lower_bound=low, upper_bound=high
        )
    if filters.outlet is not None:
        yield tantivy.Query.term_query(schema, "outlet", filters.outlet.casefold())
    if filters.language is not None:
        yield tantivy.Query.term_query(schema, "language", filters.language.lower())


def _open(path: Path | None) -> Any:  # noqa: ANN401
    import tantivy

    index = tantivy.Index(_schema(), path=str(path) if path else None)
    index.register_tokenizer(_ANALYSER, _analyser())
    return index


def load(connection: sqlite3.Connection, folder: Path) -> LexicalIndex:
    """Return the words as the catalog's open transaction sees them.

    Where the folder's files are missing, damaged or behind, the words are indexed in memory from
    the catalog, which holds them all; the next writer mends the folder.
    """
    at = revision(connection)
    derived = get_derived(connection, KIND)
    damage = None
    if derived is None:
        damage = "lexical: no files yet"
    elif derived.revision != at:
        damage = f"lexical: made at revision {derived.revision}, the catalog is at {at}"
    else:
        damage = check(folder, derived)
    if damage is None:
        try:
            index = _open(folder / FOLDER)
            found = LexicalIndex(index, index.searcher())
            # A writer may have committed between the look at the files and their opening.
            damage = check(folder, derived, only=("meta.json",)) if derived else None
            if damage is None:
                return found
        except (ValueError, OSError) as error:
            damage = f"lexical: {error}"
    index = _open(None)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    _add(writer, connection, 0)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return LexicalIndex(index, index.searcher(), damage)


def check(folder: Path, derived: Derived, *, only: Sequence[str] = ()) -> str | None:
    """Return what is wrong with the files on disk (all of them, or those named), or None."""
    for name, digest in derived.files.items():
        if only and name not in only:
            continue
        try:
            if file_sha256(folder / FOLDER / name) != digest:
                return f"lexical/{name}: its checksum is not the one in the catalog"
        except OSError as error:
            return f"lexical/{name}: {(error.strerror or str(error)).lower()}"
    return None


def update(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the folder's files to the catalog's revision; only the writer calls this.

    New chunks are added and removed ones deleted; files that are not what the catalog recorded
    are thrown away and made again.
    """
    at = revision(connection)
    derived = get_derived(connection, KIND)
    path = folder / FOLDER
    if derived is None or check(folder, derived) is not None:
        if path.exists():
            shutil.rmtree(path)
        derived = Derived(0, 0, {})
    elif derived.revision == at:
        return
    path.mkdir(exist_ok=True)
    index = _open(path)
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    if derived.last_chunk:
        gone = connection.execute(
            "SELECT chunk FROM removed WHERE revision > ? AND chunk <= ?",
            (derived.revision, derived.last_chunk),
        )
        for (chunk,) in gone:
            writer.delete_documents_by_term("chunk", chunk)
    last = max(_add(writer, connection, derived.last_chunk), derived.last_chunk)
    writer.commit()
    writer.wait_merging_threads()
    names = sorted(p.name for p in path.iterdir() if not p.name.endswith(".lock"))
    # Tantivy's own files are written once, so one whose sum is known is not read again.
    files = {
        name: derived.files.get(name)
        if _written_once(name) and name in derived.files
        else file_sha256(path / name)
        for name in names
    }
    connection.execute("BEGIN IMMEDIATE")
    set_derived(connection, KIND, Derived(at, last, {n: d for n, d in files.items() if d}))
    connection.execute("COMMIT")


def _written_once(name: str) -> bool:
    return not name.endswith(".json")


def _add(writer: Any, connection: sqlite3.Connection, after: int) -> int:  # noqa: ANN401
    import tantivy

    rows: Iterable[tuple[Any, ...]] = connection.execute(
        "SELECT c.id, substr(a.text, c.start + 1, c.stop - c.start), a.title, a.published,"
        " a.outlet_key, a.language FROM chunks c JOIN articles a ON a.seq = c.seq"
        " WHERE c.id > ? ORDER BY c.id",
        (after,),
    )
    last = 0
    for last, text, title, published, outlet, language in rows:
        document = tantivy.Document()
        document.add_integer("chunk", last)
        document.add_text("body", _space_cjk(text))
        if title:
            document.add_text("title", _space_cjk(title))
        day = date.fromisoformat(published).toordinal() if published else _NO_DATE
        document.add_integer("published", day)
        if outlet:
            document.add_text("outlet", outlet)
        if language:
            document.add_text("language", language)
        writer.add_document(document)
    return last
