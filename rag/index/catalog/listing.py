"""The articles of a catalog as lists: pages of them under filters, and counts by what they share."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date

from rag.index.catalog.articles import StoredArticle, articles_of
from rag.index.catalog.chunks import filter_clause, filter_names
from rag.index.catalog.transactions import reading
from rag.text.keys import outlet_key
from rag.types import Filters

MAX_NAMES = 200
"""Outlets, languages and collections that are counted by name, those with most articles first."""


@dataclass(frozen=True, slots=True)
class CollectionCounts:
    """How many articles pass filters, in all and by what they have in common."""

    articles: int
    undated: int
    """Those of them without a date."""
    first: date | None
    """The oldest publication date; None where no article has one."""
    last: date | None
    outlets: tuple[tuple[str, int], ...]
    """Names, each as most of its articles write it, and counts: most articles first, at most `MAX_NAMES`."""
    languages: tuple[tuple[str, int], ...]
    months: tuple[tuple[str, int], ...]
    """Months (``2024-02``) with articles, oldest first."""
    collections: tuple[tuple[str, int], ...] = ()
    """Labels, as outlets; articles without one are in none."""


@reading()
def list_articles(
    connection: sqlite3.Connection, filters: Filters, offset: int, limit: int, title: str = ""
) -> list[StoredArticle]:
    """Return a page of the articles that pass filters: newest first, those without a date at the end.

    Parameters
    ----------
    title
        Words, or parts of words, that their titles have, whatever the case and the accents.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    rows = listed_rows(connection, filters, offset, limit, title)
    found = articles_of(connection, rows)
    return [found[row] for row in rows]


@reading()
def listed_rows(
    connection: sqlite3.Connection, filters: Filters, offset: int, limit: int, title: str = ""
) -> list[int]:
    """Return the rows of the articles of a page, as `list_articles`."""
    condition, values = _titled(connection, filters, title)
    rows = connection.execute(
        f"SELECT a.seq FROM articles a WHERE {condition}"
        " ORDER BY a.published DESC, a.seq DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [row[0] for row in rows]


@reading()
def count_articles(connection: sqlite3.Connection, filters: Filters, title: str = "") -> int:
    """Return how many articles pass filters and have the words of ``title``, as in `list_articles`."""
    condition, values = _titled(connection, filters, title)
    row = connection.execute(
        f"SELECT count(*) FROM articles a WHERE {condition}", values
    ).fetchone()
    return int(row[0])


def _titled(
    connection: sqlite3.Connection, filters: Filters, title: str
) -> tuple[str, list[object]]:
    """Return the condition of filters and of words of a title, with its values."""
    condition, values = filter_clause(filters, filter_names(connection, filters))
    words = outlet_key(title).split()
    if not words:
        return condition, values

    def has_words(name: object) -> bool:
        folded = outlet_key(name) if isinstance(name, str) else ""
        return all(word in folded for word in words)

    connection.create_function("title_has_words", 1, has_words)
    return f"{condition} AND title_has_words(a.title)", values


@reading()
def collection_counts(connection: sqlite3.Connection, filters: Filters) -> CollectionCounts:
    """Return how many articles pass filters, in all and by outlet, language, month and collection."""
    condition, values = filter_clause(filters, filter_names(connection, filters))
    total, undated, first, last = connection.execute(
        "SELECT count(*), coalesce(sum(a.published IS NULL), 0), min(a.published), max(a.published)"
        f" FROM articles a WHERE {condition}",
        values,
    ).fetchone()

    def by(key: str, name: str, order: str) -> tuple[tuple[str, int], ...]:
        # Of the spellings of one key, SQLite gives the bare column of the row with the maximum:
        # https://sqlite.org/lang_select.html#bareagg
        rows = connection.execute(
            "SELECT name, sum(n) AS total, max(n) FROM"
            f" (SELECT {key} AS key, {name} AS name, count(*) AS n FROM articles a"
            f" WHERE {key} IS NOT NULL AND {condition} GROUP BY 1, 2)"
            f" GROUP BY key ORDER BY {order}",
            values,
        )
        return tuple((str(found), int(count)) for found, count, _ in rows)

    month = "substr(a.published, 1, 7)"
    return CollectionCounts(
        int(total),
        int(undated),
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
        by("a.outlet_key", "a.outlet", "total DESC, key")[:MAX_NAMES],
        by("a.language", "a.language", "total DESC, key")[:MAX_NAMES],
        by(month, month, "key"),
        by("a.collection_key", "a.collection", "total DESC, key")[:MAX_NAMES],
    )
