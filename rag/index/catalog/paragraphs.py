"""The short paragraphs of articles, by which what an outlet prints under many stories is recognised."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from rag.index.catalog.copies import groups_with, values_with
from rag.index.catalog.transactions import reading


def put_paragraphs(
    connection: sqlite3.Connection, seq: int, group: int, values: Mapping[int, bool]
) -> None:
    """Write an article's short paragraphs, each with whether no chunk holds it. Inside `writing`."""
    connection.executemany(
        "INSERT OR IGNORE INTO paragraphs VALUES (?,?,?,?)",
        ((value, group, seq, outside) for value, outside in values.items()),
    )


@reading()
def known_paragraphs(connection: sqlite3.Connection, values: Iterable[int]) -> set[int]:
    """Return those of these values of paragraphs that any article has, in one query."""
    return values_with(connection, "paragraphs", values)


@reading()
def stories_with_paragraph(connection: sqlite3.Connection, value: int, limit: int) -> list[int]:
    """Return up to ``limit`` near-duplicate groups whose articles have a paragraph."""
    return groups_with(connection, "paragraphs", value, limit)


@reading()
def boilerplate_counts(connection: sqlite3.Connection, stories: int) -> tuple[int, int]:
    """Return how many paragraphs stand in so many stories, and in how many articles some are left out."""
    known, articles = connection.execute(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM paragraphs GROUP BY hash"
        " HAVING count(DISTINCT copy_group) >= ?)),"
        " (SELECT count(DISTINCT seq) FROM paragraphs WHERE left_out)",
        (stories,),
    ).fetchone()
    return int(known), int(articles)
