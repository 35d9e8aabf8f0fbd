"""The truth of an index: one SQLite file with articles, chunks, vectors and what made them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import EncoderIdentity, Vectors
from rag.chunking import ChunkBudget
from rag.errors import IndexDamagedError, IndexMismatchError, IndexStoreError, NoIndexError
from rag.types import Article, Chunk, Filters

FORMAT = 1
FILE = "catalog.sqlite"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, title TEXT,
    outlet TEXT, outlet_key TEXT, published TEXT, url TEXT, authors TEXT NOT NULL, language TEXT,
    hash TEXT NOT NULL, copy_group INTEGER NOT NULL DEFAULT 0);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_outlet ON articles (outlet_key);
CREATE INDEX articles_url ON articles (url);
CREATE TABLE sources (
    source TEXT PRIMARY KEY, seq INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    position INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sources_seq ON sources (seq);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL REFERENCES articles,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX chunks_seq ON chunks (seq);
CREATE TABLE sketches (hash INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (hash, seq))
    WITHOUT ROWID;
CREATE INDEX sketches_seq ON sketches (seq);
CREATE TABLE removed (chunk INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE TABLE derived (kind TEXT PRIMARY KEY, revision INTEGER NOT NULL, last_chunk INTEGER NOT NULL,
    files TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE probes (text TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""
_ARTICLE = "seq, id, text, title, outlet, published, url, authors, language, copy_group"


@dataclass(frozen=True, slots=True)
class BuiltWith:
    """What an index was made with; two of them must agree before their vectors meet."""

    model: str
    identity: EncoderIdentity
    budget: ChunkBudget
    token_encoding: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as the catalog holds it: with its row and the group of its near copies."""

    seq: int
    article: Article
    copy_group: int


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derived file was made from: the revision, its newest chunk, and each file's SHA-256."""

    revision: int
    last_chunk: int
    files: dict[str, str]


def connect(folder: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the catalog in a folder; read-only folders are read as they are.

    Raises
    ------
    NoIndexError, IndexDamagedError, IndexMismatchError
    """
    path = folder / FILE
    if not path.is_file() and not create:
        raise NoIndexError(f"{folder}: no index there; make one with: presscite add SOURCE")
    try:
        connection = _connect(path, create=create)
        if create and not _tables(connection):
            connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
        found = meta(connection, "format") if _tables(connection) else None
    except (sqlite3.DatabaseError, ValueError) as error:
        raise IndexDamagedError(f"{path}: the catalog cannot be read ({error})") from error
    if found is None and not create:
        connection.close()
        if (folder / "lexical").exists():
            raise IndexDamagedError(f"{path}: the catalog was emptied; add the articles anew")
        # The making of an index that was killed before it was whole.
        raise NoIndexError(f"{folder}: no index there; make one with: presscite add SOURCE")
    if found is not None and found != FORMAT:
        connection.close()
        raise IndexMismatchError(
            f"{folder}: the index has format {found}, this presscite reads format {FORMAT}; "
            f"use the matching version or add the articles to a new index"
        )
    return connection


def _connect(path: Path, *, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    address = path.absolute().as_uri()
    try:
        connection = sqlite3.connect(
            f"{address}?mode={mode}",
            uri=True,
            timeout=10,
            isolation_level=None,
            # Each thread has its own; only the last closing of all of them comes from another.
            check_same_thread=False,
        )
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        if create:
            raise
        # A read-only folder cannot hold SQLite's shared-memory file; nobody can write to it either.
        connection = sqlite3.connect(
            f"{address}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _tables(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()
    return bool(found[0])


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it or nothing, and a new revision if all."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            set_meta(connection, "revision", revision(connection) + 1)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.DatabaseError as error:
        raise IndexStoreError(
            f"the catalog could not be written ({error}); nothing was changed"
        ) from error


@contextmanager
def _reading() -> Iterator[None]:
    """Say that the catalog is damaged where what is read is not what presscite writes."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        problem = " ".join(str(error).split())
        raise IndexDamagedError(
            f"the catalog does not read as it was written ({problem})"
        ) from error


@_reading()
def meta(connection: sqlite3.Connection, key: str) -> Any:  # noqa: ANN401
    """Return a value of the index's description, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def set_meta(connection: sqlite3.Connection, key: str, value: object) -> None:
    """Write a value of the index's description."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))


def revision(connection: sqlite3.Connection) -> int:
    """Return the number of commits so far."""
    return int(meta(connection, "revision") or 0)


def is_whole(folder: Path) -> bool:
    """Whether a folder holds an index; one whose making was killed is none.

    Raises
    ------
    IndexDamagedError, IndexMismatchError
    """
    try:
        connect(folder).close()
    except NoIndexError:
        return False
    return True


@_reading()
def built_with(connection: sqlite3.Connection) -> BuiltWith | None:
    """Return what the index was made with, or None before its first article."""
    found = meta(connection, "built_with")
    if found is None:
        return None
    return BuiltWith(
        found["model"],
        EncoderIdentity(**found["identity"]),
        ChunkBudget(**found["budget"]),
        found["token_encoding"],
    )


def set_built_with(connection: sqlite3.Connection, built: BuiltWith) -> None:
    """Record what the index is made with; inside `writing`."""
    set_meta(connection, "format", FORMAT)
    set_meta(connection, "built_with", asdict(built))


def insert_article(
    connection: sqlite3.Connection,
    article: Article,
    content_hash: str,
    spans: Sequence[tuple[int, int]],
    vectors: Vectors,
    copy_group: int | None,
    sketch: Sequence[int],
) -> int:
    """Write an article with its chunks and vectors; returns its row. Inside `writing`."""
    cursor = connection.execute(
        "INSERT INTO articles (id, text, title, outlet, outlet_key, published, url, authors,"
        " language, hash) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            article.id,
            article.text,
            article.title,
            article.outlet,
            article.outlet.casefold() if article.outlet else None,
            article.published.isoformat() if article.published else None,
            article.url,
            json.dumps(article.authors, ensure_ascii=False),
            article.language,
            content_hash,
        ),
    )
    seq = int(cursor.lastrowid or 0)
    connection.execute("UPDATE articles SET copy_group = ? WHERE seq = ?", (copy_group or seq, seq))
    connection.executemany(
        "INSERT INTO chunks (seq, start, stop, vector) VALUES (?,?,?,?)",
        (
            (seq, start, end, vector.astype("<f4").tobytes())
            for (start, end), vector in zip(spans, vectors, strict=True)
        ),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO sketches VALUES (?,?)", ((value, seq) for value in sketch)
    )
    return seq


def delete_article(connection: sqlite3.Connection, seq: int) -> None:
    """Take an article out, leaving a mark for each of its chunks. Inside `writing`."""
    connection.execute(
        "INSERT INTO removed SELECT id, ? FROM chunks WHERE seq = ?",
        (revision(connection) + 1, seq),
    )
    for table in ("chunks", "sketches", "sources", "articles"):
        connection.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))


def link_source(connection: sqlite3.Connection, source: str, seq: int) -> None:
    """Note that an article was added from a source. Inside `writing`."""
    connection.execute(
        "INSERT OR REPLACE INTO sources SELECT ?, ?, coalesce(max(position) + 1, 0)"
        " FROM sources WHERE seq = ?",
        (source, seq, seq),
    )


@_reading()
def stored(
    connection: sqlite3.Connection, where: str, values: Sequence[object], *, limit: int = -1
) -> list[Stored]:
    """Return the articles a condition selects, oldest row first."""
    rows = connection.execute(
        f"SELECT {_ARTICLE} FROM articles WHERE {where} ORDER BY seq LIMIT ?",
        (*values, limit),
    ).fetchall()
    found = []
    for seq, name, text, title, outlet, published, url, authors, language, group in rows:
        sources = connection.execute(
            "SELECT source FROM sources WHERE seq = ? ORDER BY position, source", (seq,)
        )
        article = Article(
            id=name,
            text=text,
            title=title,
            outlet=outlet,
            published=date.fromisoformat(published) if published else None,
            url=url,
            authors=tuple(json.loads(authors)),
            language=language,
            sources=tuple(row[0] for row in sources),
        )
        found.append(Stored(seq, article, group))
    return found


@_reading()
def chunks(
    connection: sqlite3.Connection, ids: Sequence[int]
) -> dict[int, tuple[Chunk, Stored, NDArray[np.float32]]]:
    """Return the chunks of these ids that still exist, with their articles and vectors.

    Raises
    ------
    IndexDamagedError
        Where a chunk points outside of its article.
    """
    marks = ",".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT id, seq, start, stop, vector FROM chunks WHERE id IN ({marks})",
        tuple(ids),
    ).fetchall()
    seqs = sorted({row[1] for row in rows})
    owners = {
        one.seq: one for one in stored(connection, f"seq IN ({','.join('?' * len(seqs))})", seqs)
    }
    found = {}
    for number, seq, start, end, vector in rows:
        owner = owners[seq]
        text = owner.article.text[start:end]
        if not 0 <= start < end <= len(owner.article.text):
            raise IndexDamagedError(f"chunk {number} lies outside of article {owner.article.id}")
        chunk = Chunk(number, owner.article.id, start, end, text)
        found[number] = (chunk, owner, np.frombuffer(vector, dtype="<f4"))
    return found


def filter_clause(filters: Filters) -> tuple[str, list[object]]:
    """Return filters as an SQL condition on ``articles a`` with its values; no date, no match."""
    parts, values = ["1"], list[object]()
    if filters.since:
        parts.append("a.published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("a.published <= ?")
        values.append(filters.until.isoformat())
    if filters.outlet is not None:
        parts.append("a.outlet_key = ?")
        values.append(filters.outlet.casefold())
    if filters.language is not None:
        parts.append("a.language = ?")
        values.append(filters.language.lower())
    return " AND ".join(parts), values


@_reading()
def allowed_chunks(connection: sqlite3.Connection, filters: Filters) -> NDArray[np.int64]:
    """Return the ids of all chunks that filters let through, ascending."""
    condition, values = filter_clause(filters)
    rows = connection.execute(
        f"SELECT c.id FROM articles a JOIN chunks c ON c.seq = a.seq WHERE {condition}"
        " ORDER BY c.id",
        values,
    )
    return np.fromiter((row[0] for row in rows), dtype=np.int64)


@_reading()
def vectors_after(
    connection: sqlite3.Connection, last_chunk: int, dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return ids, shape (n,), and vectors, shape (n, dimension), of the chunks after one."""
    rows = connection.execute(
        "SELECT id, vector FROM chunks WHERE id > ? ORDER BY id", (last_chunk,)
    ).fetchall()
    if any(len(row[1]) != dimension * 4 for row in rows):
        raise IndexDamagedError(f"a stored vector does not have {dimension} dimensions")
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    joined = b"".join(row[1] for row in rows)
    return ids, np.frombuffer(joined, dtype="<f4").reshape(len(rows), dimension).copy()


@_reading()
def get_derived(connection: sqlite3.Connection, kind: str) -> Derived | None:
    """Return what a derived file was made from, or None where there is none."""
    row = connection.execute(
        "SELECT revision, last_chunk, files FROM derived WHERE kind = ?", (kind,)
    ).fetchone()
    return Derived(row[0], row[1], json.loads(row[2])) if row else None


def set_derived(connection: sqlite3.Connection, kind: str, derived: Derived) -> None:
    """Record a derived file that now stands on disk; readers use it from here on."""
    connection.execute(
        "INSERT OR REPLACE INTO derived VALUES (?,?,?,?)",
        (kind, derived.revision, derived.last_chunk, json.dumps(derived.files)),
    )
