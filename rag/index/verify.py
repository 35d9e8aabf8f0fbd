"""Verifying an index: every row of the catalog and every derived file; and rebuilding what is derived.

Every file of an index folder is either checked by `verify_index` or listed by `unchecked_files` with the
reason why its content does not matter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rag.errors import IndexDamagedError
from rag.index import catalog, dense, lexical, lock
from rag.index.catalog import checks, schema
from rag.index.catalog.meta import is_vector
from rag.index.checksums import chunk_checksum
from rag.index.integrity import DamagedFileError, Problem, VerifiedFiles, file_problem
from rag.index.lock import writer_lock
from rag.index.paragraphs import paragraph_values
from rag.index.sketches import sketch
from rag.index.writer import PROBES, Writer
from rag.text.content_hash import content_hash
from rag.types import Article

_ATTEMPTS = 100
"""How often derived files are checked again while another process writes; each needs a write meanwhile."""
_UNREADABLE = (sqlite3.DatabaseError, ValueError, TypeError, KeyError)
"""The last three: values that are there, and are not what presscite writes."""


def verify_index(folder: Path, *, quick: bool) -> list[Problem]:
    """Return what is wrong; empty where the index is sound.

    Parameters
    ----------
    quick
        Check derived files only; otherwise every row of the catalog too.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError
        Where the catalog cannot be opened at all.
    """
    connection = catalog.connect(folder)
    try:
        catalog.begin(connection)
        problems = [] if quick else list(_catalog(connection))
        found = list(_derived(connection, folder))
        catalog.roll_back(connection)
        for _ in range(_ATTEMPTS):
            if not found:
                break
            # Files that a writer replaced meanwhile are not missing.
            at = catalog.revision(connection)
            catalog.begin(connection)
            found = list(_derived(connection, folder))
            catalog.roll_back(connection)
            if catalog.revision(connection) == at:
                break
        return [*problems, *found]
    except _UNREADABLE as error:
        raise catalog.unreadable(f"{folder}: the catalog", error) from error
    finally:
        connection.close()


def repair_index(folder: Path) -> None:
    """Rebuild what is derived from articles and vectors, where it is not sound.

    Nothing is embedded again. Articles, chunks and vectors themselves are never changed: what is damaged
    there is still reported by `verify_index`.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError, IndexLockedError, IndexStoreError
    """
    connection = catalog.connect(folder)
    try:
        with writer_lock(folder):
            built = catalog.built_with(connection)
            if built is None:
                raise IndexDamagedError(
                    f"{folder}: the catalog does not say what it was built with"
                )
            with catalog.writing(connection, new_revision=False):
                checks.rebuild_indexes(connection)
                _repair_rows(connection)
            Writer(connection, folder, built, _no_texts).derive()
    except _UNREADABLE as error:
        raise catalog.unreadable(f"{folder}: the catalog", error) from error
    finally:
        connection.close()


def unchecked_files(folder: Path) -> dict[str, str]:
    """Return the files of an index folder that `verify_index` does not check, each with the reason.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError
    """
    connection = catalog.connect(folder)
    try:
        named = {
            name
            for kind in (dense.KIND, lexical.KIND)
            if (derived := catalog.get_derived(connection, kind))
            for name in derived.files
        }
    finally:
        connection.close()
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    return {name: _why_unchecked(name) for name in names if name not in {*named, catalog.FILE}}


def _why_unchecked(name: str) -> str:
    path = Path(name)
    if name.startswith(f"{catalog.FILE}-"):
        return "SQLite checks its journal itself, and drops frames that are not intact"
    if name.startswith(lock.FILE):
        return "only locks, and names the writer in a message"
    if name.startswith("feedback.sqlite"):
        return "what people said of answers, which is no part of the index"
    if path.suffix == ".lock":
        return "Tantivy's lock, without content"
    if path.match(dense.FILES) or path.parts[0] == lexical.FOLDER:
        return "of no revision that the catalog names; the next write removes it"
    return "not a file of presscite"


def _no_texts(texts: object) -> np.ndarray:
    raise AssertionError(f"repairing embeds nothing: {texts!r}")


def _derived(connection: sqlite3.Connection, folder: Path) -> Iterator[Problem]:
    at = catalog.revision(connection)
    for kind, open_files in (("vectors", _open_vectors), ("lexical", _open_words)):
        known = catalog.get_derived(connection, kind)
        found = [
            problem
            for name, digest in (known.files.items() if known else ())
            if (problem := file_problem(folder, name, digest))
        ]
        if kind == lexical.KIND and known and known.revision != at:
            found.append(f"{kind}: written at revision {known.revision}, the catalog is at {at}")
        # Vectors without a file are searched in the catalog, as after an add that was broken off.
        if kind == lexical.KIND and not known and catalog.has_chunks(connection):
            found.append(f"{kind}: no files yet")
        if known and not found:
            try:
                open_files(connection, folder)
            except DamagedFileError as error:
                found.append(str(error))
        for text in found:
            yield Problem("vectors" if kind == dense.KIND else "lexical", True, text)


def _open_vectors(connection: sqlite3.Connection, folder: Path) -> None:
    built = catalog.built_with(connection)
    derived = catalog.get_derived(connection, dense.KIND)
    if built is not None and derived is not None:
        dense.open_file(folder, derived, built.identity.dimension, _trusting(derived.files))


def _open_words(connection: sqlite3.Connection, folder: Path) -> None:
    derived = catalog.get_derived(connection, lexical.KIND)
    if derived is not None:
        lexical.load(connection, folder, _trusting(derived.files))


def _trusting(files: dict[str, str]) -> VerifiedFiles:
    """Return files as verified whose checksums were compared a moment ago."""
    verified = VerifiedFiles()
    verified.add(files)
    return verified


def _catalog(connection: sqlite3.Connection) -> Iterator[Problem]:
    for text in _catalog_itself(connection):
        yield Problem("catalog", False, f"catalog: {text}")
    built = catalog.built_with(connection)
    if built is None:
        return
    for number in catalog.damaged_versions(connection):
        yield Problem("article", False, f"version {number}: its row is not as it was written")
    for seq in checks.article_rows(connection):
        yield from article_problems(connection, seq, built.identity.dimension)


def _catalog_itself(connection: sqlite3.Connection) -> Iterator[str]:
    yield from checks.integrity_problems(connection)
    if not schema.tables_intact(connection):
        yield "the definitions of its tables are not as they were written"
    if not schema.meta_intact(connection):
        yield "its description of the index is not as it was written"
    yield from probe_problems(connection)


def probe_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with what a catalog says that the index was built with."""
    built = catalog.built_with(connection)
    if built is None:
        yield "it does not say what the index was built with"
        return
    rows = catalog.raw_probes(connection)
    if not all(_is_unit(vector, built.identity.dimension) for _, vector in rows):
        yield "a probe's vector is no unit vector"
    if rows and {text for text, _ in rows} != set(PROBES):
        yield "the probe texts are not presscite's"
    if not catalog.probes_intact(connection):
        yield "the probes' vectors are not as they were written"


def article_problems(connection: sqlite3.Connection, seq: int, dimension: int) -> Iterator[Problem]:
    """Yield what is wrong with an article's rows and those of its chunks."""
    try:
        article = catalog.articles_of(connection, [seq])[seq].article
    except IndexDamagedError as error:
        yield Problem("article", False, str(error))
        return
    digest, outlet, collection = checks.hash_and_keys(connection, seq)
    texts = []
    if content_hash(article) != digest:
        texts.append("its content is not what was added")
    if outlet != (article.outlet.casefold() if article.outlet else None):
        texts.append("its outlet cannot be filtered by")
    if collection != (article.collection.casefold() if article.collection else None):
        texts.append("its collection cannot be filtered by")
    if not article.sources:
        texts.append("no source is known for it")
    if checks.sketch_of(connection, seq) != set(sketch(article.text)):
        texts.append("its near-duplicates cannot be detected")
    rows = checks.chunk_rows(connection, seq)
    if not rows:
        texts.append("it has no chunks")
    damaged = [
        Problem("chunk", False, f"article {article.id}, chunk {number}: {text}")
        for number, start, end, blob, recorded in rows
        for text in _chunk(seq, start, end, blob, recorded, len(article.text), dimension)
    ]
    # Which paragraphs are left out is told by the chunks.
    if not damaged and checks.paragraphs_of(connection, seq) != _paragraphs(article, rows):
        texts.append("its repeated paragraphs cannot be recognised")
    for text in texts:
        yield Problem("article", False, f"article {article.id}: {text}")
    yield from damaged


def _paragraphs(
    article: Article, rows: Sequence[tuple[int, int, int, object, object]]
) -> dict[int, bool]:
    spans = [(start, end) for _, start, end, *_ in rows]
    return paragraph_values(article.text, article.outlet, article.url, spans)


def _chunk(
    seq: int, start: int, end: int, blob: object, recorded: object, length: int, dimension: int
) -> Iterator[str]:
    if not 0 <= start < end <= length:
        yield "it lies outside of its article"
    if not _is_unit(blob, dimension):
        yield "its vector is no unit vector"
    elif chunk_checksum(seq, start, end, blob) != recorded:
        yield "its row is not as it was written"


def _is_unit(blob: object, dimension: int) -> bool:
    if not isinstance(blob, bytes) or not is_vector(blob, dimension):
        return False
    return bool(np.isclose(np.linalg.norm(np.frombuffer(blob, "<f4")), 1, atol=1e-3))


def _repair_rows(connection: sqlite3.Connection) -> None:
    """Write again what an intact article gives: sketch, paragraphs, the key its outlet is filtered by."""
    for seq in checks.article_rows(connection):
        try:
            stored = catalog.articles_of(connection, [seq])[seq]
        except IndexDamagedError:
            continue
        values = _paragraphs(stored.article, checks.chunk_rows(connection, seq))
        checks.rewrite_derived_values(connection, stored, sketch(stored.article.text), values)
