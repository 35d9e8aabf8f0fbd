"""Near-duplicate groups and the sketches by which their articles are found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date

from rag.index.catalog.transactions import reading
from rag.types import Reprint

MAX_REPRINTS = 100
"""Articles of a group that are told of: a flood of copies must not fill every record of an answer."""


@reading()
def copy_groups(connection: sqlite3.Connection, article_ids: Sequence[str]) -> dict[str, int]:
    """Return the near-duplicate group of those of these articles that exist, in one query."""
    return dict(
        connection.execute(
            "SELECT id, copy_group FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(article_ids)),),
        ).fetchall()
    )


@reading()
def copies_of(connection: sqlite3.Connection, article_id: str) -> list[str]:
    """Return the ids of all articles in one's near-duplicate group, itself among them, oldest row first."""
    rows = connection.execute(
        "SELECT id FROM articles WHERE copy_group ="
        " (SELECT copy_group FROM articles WHERE id = ?) ORDER BY seq",
        (article_id,),
    )
    return [row[0] for row in rows]


@reading()
def groups_sharing(connection: sqlite3.Connection, value: int, limit: int) -> list[int]:
    """Return up to ``limit`` near-duplicate groups whose articles have a value in their sketch."""
    return groups_with(connection, "sketches", value, limit)


@reading()
def sketched_values(connection: sqlite3.Connection, values: Iterable[int]) -> set[int]:
    """Return those of these values that stand in any article's sketch, in one query."""
    return values_with(connection, "sketches", values)


def values_with(connection: sqlite3.Connection, table: str, values: Iterable[int]) -> set[int]:
    """Return those of these hashes for which a table has rows, in one query."""
    rows = connection.execute(
        f"SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM {table} WHERE hash = value)",
        (json.dumps(list(values)),),
    )
    return {row[0] for row in rows}


def groups_with(connection: sqlite3.Connection, table: str, value: int, limit: int) -> list[int]:
    """Return up to ``limit`` near-duplicate groups that a table has for a hash, lowest first."""
    found: list[int] = []
    # One look-up a group, however many copies it has: DISTINCT would read every row of each.
    while len(found) < limit:
        row = connection.execute(
            f"SELECT copy_group FROM {table} WHERE hash = ? AND copy_group > ?"
            " ORDER BY copy_group LIMIT 1",
            (value, found[-1] if found else 0),
        ).fetchone()
        if row is None:
            break
        found.append(row[0])
    return found


@reading()
def first_of_group(connection: sqlite3.Connection, group: int) -> int | None:
    """Return the row of the first article that is left of a near-duplicate group, or None."""
    row = connection.execute(
        "SELECT seq FROM articles WHERE copy_group = ? ORDER BY seq LIMIT 1", (group,)
    ).fetchone()
    return int(row[0]) if row else None


def put_sketch(connection: sqlite3.Connection, seq: int, group: int, sketch: Iterable[int]) -> None:
    """Write an article's sketch with its near-duplicate group. Inside `writing`."""
    connection.executemany(
        "INSERT OR IGNORE INTO sketches VALUES (?,?,?)", ((value, group, seq) for value in sketch)
    )


@reading()
def reprints(
    connection: sqlite3.Connection, groups: Sequence[int], as_of: date | None
) -> dict[int, list[Reprint]]:
    """Return the first hundred articles of near-duplicate groups, in the order they were added.

    Parameters
    ----------
    as_of
        Articles published later are left out; those without a date are not.
    """
    day = as_of.isoformat() if as_of else None
    return {
        group: [
            Reprint(*row)
            for row in connection.execute(
                "SELECT id, outlet FROM articles WHERE copy_group = ?1"
                " AND (?2 IS NULL OR published IS NULL OR published <= ?2) ORDER BY seq LIMIT ?3",
                (group, day, MAX_REPRINTS),
            )
        ]
        for group in groups
    }
