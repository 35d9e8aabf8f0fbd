"""The catalog's tables, opening its file, and migrating older formats.

Opening checks the format only. Every row of an article or a chunk carries a checksum that is checked
whenever it is read, so that nothing is shown from a damaged one; `verify` reads every row.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from rag.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexStoreError,
    NoIndexError,
    UnfinishedCopyError,
)
from rag.index.catalog.transactions import BUSY, primary_code, transaction, unreadable
from rag.index.checksums import chunk_checksum, row_checksum
from rag.index.paragraphs import short_paragraphs
from rag.index.sketches import sketch

FORMAT = 5
FILE = "catalog.sqlite"
_DRAFT = ".copying"
# How long another process's transaction is waited for.
BUSY_SECONDS = 10.0
_META_SUM = "sum"
_PUT_META = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
# A vector of 384 floats takes 1.5 kB: pages of 8 kB hold five with little left over.
_PAGE = 8192
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, title TEXT,
    outlet TEXT, outlet_key TEXT, published TEXT, url TEXT, authors TEXT NOT NULL, language TEXT,
    hash TEXT NOT NULL, copy_group INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL DEFAULT 0,
    retells TEXT, date_origin TEXT, published_at TEXT, pages TEXT, collection TEXT, collection_key TEXT);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_outlet ON articles (outlet_key);
CREATE INDEX articles_collection ON articles (collection_key);
CREATE INDEX articles_url ON articles (url);
CREATE TABLE sources (
    source TEXT PRIMARY KEY, seq INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    position INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sources_seq ON sources (seq);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL REFERENCES articles,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, vector BLOB NOT NULL, sum INTEGER NOT NULL DEFAULT 0);
CREATE INDEX chunks_seq ON chunks (seq);
CREATE TABLE removed (chunk INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE TABLE derived (kind TEXT PRIMARY KEY, revision INTEGER NOT NULL, last_chunk INTEGER NOT NULL,
    files TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE probes (text TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""
_VERSIONS = """
CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    article_id TEXT NOT NULL, hash TEXT NOT NULL, replaced TEXT NOT NULL, record TEXT NOT NULL,
    sum INTEGER NOT NULL);
CREATE INDEX versions_article ON versions (article_id);
CREATE INDEX versions_seq ON versions (seq)
"""
_SKETCHES = """
CREATE TABLE sketches (hash INTEGER NOT NULL, copy_group INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (hash, copy_group, seq)) WITHOUT ROWID;
CREATE INDEX sketches_seq ON sketches (seq);
CREATE TABLE paragraphs (hash INTEGER NOT NULL, copy_group INTEGER NOT NULL, seq INTEGER NOT NULL,
    left_out INTEGER NOT NULL, PRIMARY KEY (hash, copy_group, seq)) WITHOUT ROWID;
CREATE INDEX paragraphs_seq ON paragraphs (seq);
CREATE INDEX articles_copies ON articles (copy_group)
"""


def catalog_exists(folder: Path) -> bool:
    """Whether a folder holds a catalog file, of any format.

    Raises
    ------
    NoIndexError
        Where no folder can have that name.
    """
    try:
        return (folder / FILE).is_file()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise NoIndexError(
            f"{folder}: no index can be there ({reason}); name another folder"
        ) from error


def draft_of(folder: Path) -> Path:
    """Return where a copy is made before it gets a folder's name."""
    return Path(f"{folder.absolute()}{_DRAFT}")


def no_index(folder: Path) -> IndexStoreError:
    """Return the error to raise where a folder holds no index."""
    if catalog_exists(draft_of(folder)):
        return UnfinishedCopyError(
            f"{folder}: the copy that is made there is not complete; run the same `presscite copy` "
            f"again, or remove {draft_of(folder)}"
        )
    return NoIndexError(
        f"{folder}: no index there; make one with: presscite add SOURCE --index {folder}"
    )


def connect(folder: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the catalog in a folder; read-only folders are read as they are.

    A catalog of an older format that this version knows is brought up to date first.

    Raises
    ------
    NoIndexError, UnfinishedCopyError, IndexDamagedError, IndexMismatchError
    """
    path = folder / FILE
    if not catalog_exists(folder) and not create:
        raise no_index(folder)
    try:
        connection = _connect(path, create=create)
    except (sqlite3.DatabaseError, ValueError) as error:
        raise unreadable(f"{path}: the catalog", error) from error
    try:
        return _checked(connection, folder, create=create)
    except (sqlite3.DatabaseError, ValueError) as error:
        connection.close()
        raise unreadable(f"{path}: the catalog", error) from error
    except BaseException:
        connection.close()
        raise


def in_memory() -> sqlite3.Connection:
    """Return an empty catalog in memory, where the rows that some work needs are put together.

    What outgrows SQLite's cache goes into a temporary file.
    """
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    connection.executescript(f"{_SCHEMA}{_VERSIONS};{_SKETCHES}")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _checked(connection: sqlite3.Connection, folder: Path, *, create: bool) -> sqlite3.Connection:
    """Return a connection whose catalog has this format, after making or migrating its tables."""
    path = folder / FILE
    if create and not _tables(connection):
        connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}{_VERSIONS};{_SKETCHES}")
        _record_tables(connection)
        connection.execute("COMMIT")
    found = _format(connection) if _tables(connection) else None
    if found is None and not create:
        if (folder / "lexical").exists():
            raise IndexDamagedError(
                f"{path}: the catalog was emptied; add the articles to a new index"
            )
        # Creating the index was killed before it was complete.
        raise no_index(folder)
    if found in _MIGRATIONS:
        _migrate(connection, folder)
        found = FORMAT
    if found is not None and found != FORMAT:
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
            timeout=BUSY_SECONDS,
            isolation_level=None,
            # Each thread has its own; only the last closing of all of them comes from another.
            check_same_thread=False,
        )
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if create or primary_code(error) in BUSY:
            raise
        # A read-only folder cannot hold SQLite's shared-memory file; nobody can write to it either.
        journal = path.with_name(f"{path.name}-wal")
        if journal.is_file() and journal.stat().st_size:
            raise IndexStoreError(
                f"{path.parent}: the index was not closed when it was copied, and its newest commits cannot "
                f"be read in a folder that cannot be written to; open it once where it can"
            ) from None
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


def _record_tables(connection: sqlite3.Connection) -> None:
    put_meta(connection, "tables", json.dumps(_tables_checksum(connection)))


def put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Write a row of the index's description, and the checksum of all of them."""
    connection.execute(_PUT_META, (key, value))
    _seal_meta(connection)


def forget_meta(connection: sqlite3.Connection, key: str) -> None:
    """Delete a row of the index's description; inside a transaction."""
    connection.execute("DELETE FROM meta WHERE key = ?", (key,))
    _seal_meta(connection)


def _seal_meta(connection: sqlite3.Connection) -> None:
    connection.execute(_PUT_META, (_META_SUM, json.dumps(_meta_checksum(connection))))


def meta_intact(connection: sqlite3.Connection) -> bool:
    """Whether the meta rows are as written; True in an index from before they had a checksum."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_META_SUM,)).fetchone()
    return row is None or bool(json.loads(row[0]) == _meta_checksum(connection))


def _meta_checksum(connection: sqlite3.Connection) -> int:
    rows = connection.execute(
        "SELECT key, value FROM meta WHERE key <> ? ORDER BY key", (_META_SUM,)
    )
    return row_checksum(*(value for row in rows for value in row))


def _tables_checksum(connection: sqlite3.Connection) -> str:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    return f"{row_checksum(*(value for row in rows for value in row)):x}"


def tables_intact(connection: sqlite3.Connection) -> bool:
    """Whether the table definitions, which no row checksum covers, are as written."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'tables'").fetchone()
    return row is not None and bool(json.loads(row[0]) == _tables_checksum(connection))


def _format(connection: sqlite3.Connection) -> object:
    row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    found = json.loads(row[0]) if row else None
    if found is not None and not isinstance(found, int):
        raise ValueError(f"format {found!r}")
    return found


def holds_index(folder: Path) -> bool:
    """Whether a folder holds an index; one whose creation was killed is none.

    Raises
    ------
    IndexDamagedError, IndexMismatchError
    """
    try:
        connect(folder).close()
    except NoIndexError:
        return False
    return True


# Migrations


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the catalog to this format in one transaction; another process that waits finds it done."""
    try:
        with transaction(connection):
            while (found := _format(connection)) in _MIGRATIONS:
                _MIGRATIONS[found](connection)
    except sqlite3.OperationalError as error:
        raise IndexStoreError(
            f"{folder}: the index has an older format, and the folder cannot be written to, to bring "
            f"it to format {FORMAT} ({error}); copy it to a folder where it can"
        ) from error


def _from_1(connection: sqlite3.Connection) -> None:
    """Format 2: rows carry checksums, and the lexical index has a folder for each revision."""
    connection.execute("ALTER TABLE articles ADD COLUMN sum INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE chunks ADD COLUMN sum INTEGER NOT NULL DEFAULT 0")
    checksum_rows(connection)
    connection.execute("DELETE FROM derived WHERE kind = 'lexical'")
    put_meta(connection, "format", "2")
    _record_tables(connection)


def _from_2(connection: sqlite3.Connection) -> None:
    """Format 3: articles may name the report they retell; the checksums of the others stay."""
    connection.execute("ALTER TABLE articles ADD COLUMN retells TEXT")
    put_meta(connection, "format", "3")
    _record_tables(connection)


def _from_3(connection: sqlite3.Connection) -> None:
    """Format 4: where a date comes from, its time of day, pages; versions; copies and paragraphs.

    Groups stay as they are: an article's answers do not change because the index was opened.
    """
    for column in ("date_origin", "published_at", "pages"):
        connection.execute(f"ALTER TABLE articles ADD COLUMN {column} TEXT")
    connection.execute("DROP TABLE sketches")
    for statement in f"{_VERSIONS};{_SKETCHES}".split(";"):
        connection.execute(statement)
    # Read as bytes: a damaged text, which `verify` reports, is not always one.
    rows = connection.execute(
        "SELECT seq, copy_group, CAST(text AS BLOB), CAST(outlet AS BLOB), CAST(url AS BLOB)"
        " FROM articles"
    )
    for seq, group, *fields in rows:
        text, outlet, url = (bytes(one or b"").decode("utf-8", "replace") for one in fields)
        put = "INSERT OR IGNORE INTO {} VALUES (?,?,?{})"
        connection.executemany(
            put.format("sketches", ""), ((value, group, seq) for value in sketch(text))
        )
        # All of an older index is searched.
        values = {value for value, _ in short_paragraphs(text, outlet, url)}
        connection.executemany(
            put.format("paragraphs", ",0"), ((value, group, seq) for value in values)
        )
    put_meta(connection, "format", "4")
    _record_tables(connection)


def _from_4(connection: sqlite3.Connection) -> None:
    """Format 5: articles may have a label; the lexical files get its field with the first one."""
    for column in ("collection", "collection_key"):
        connection.execute(f"ALTER TABLE articles ADD COLUMN {column} TEXT")
    connection.execute("CREATE INDEX articles_collection ON articles (collection_key)")
    put_meta(connection, "format", "5")
    _record_tables(connection)


_MIGRATIONS = {1: _from_1, 2: _from_2, 3: _from_3, 4: _from_4}


def checksum_rows(connection: sqlite3.Connection) -> None:
    """Give every article and chunk the checksum of what it holds now."""
    connection.create_function("article_sum", -1, row_checksum, deterministic=True)
    connection.create_function("chunk_sum", 4, chunk_checksum, deterministic=True)
    connection.execute(
        "UPDATE articles SET sum = article_sum(id, text, title, outlet, published, url, authors,"
        " language, copy_group)"
    )
    connection.execute("UPDATE chunks SET sum = chunk_sum(seq, start, stop, vector)")
