"""The part of the catalog that some work needs: rows fetched from Milvus into a catalog in memory.

There the catalog's own functions read and change them, checksums and all, so that an index in Milvus and a
folder decide alike. What a function looks for has to be fetched before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from rag.index import catalog
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.rows import ArticleRows
from rag.index.milvus.head import Head
from rag.index.milvus.rows import (
    CHUNK_FIELDS,
    PIECE_FIELDS,
    STORED_FIELDS,
    outline_of,
    rows_of_pieces,
    stored_chunk,
)
from rag.index.milvus.schema import Names, visible
from rag.index.milvus.server import MAX_VALUES, Row, Server

WINDOW = 500
"""Articles, by number, that are looked through at a time."""


class WorkingSet:
    """Rows of one revision, with a catalog in memory."""

    def __init__(self, server: Server, names: Names, head: Head) -> None:
        self.server = server
        self.names = names
        self.head = head
        self.connection = catalog.in_memory()
        self.held: set[int] = set()
        """The articles whose rows are in the catalog."""
        self._keys: dict[str, set[int]] | None = None
        """All articles by their keys, where they were looked through."""
        self._describe()

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def _describe(self) -> None:
        with catalog.transaction(self.connection):
            catalog_rows.describe(self.connection, self.head.described)
            catalog_rows.set_numbers(self.connection, self.head.numbers)
            if self.head.probes:
                self.connection.executemany(
                    "INSERT INTO probes VALUES (?,?)",
                    ((text, bytes.fromhex(vector)) for text, vector in self.head.probes),
                )

    # Articles

    def fetch(self, seqs: Iterable[int]) -> None:
        """Have the catalog hold these articles, those of them that the revision has, without chunks."""
        wanted = sorted(set(seqs) - self.held)
        self._put(self.pieces(wanted))

    def pieces(self, seqs: Sequence[int], fields: Sequence[str] = PIECE_FIELDS) -> list[Row]:
        """Return the pieces of articles of this revision."""
        also = visible(self.head.revision)
        return self.server.query_in(self.names.articles, "seq", seqs, fields, also)

    def fetch_by_keys(self, keys: Sequence[str]) -> list[int]:
        """Have the catalog hold the articles that have one of these keys; return their rows."""
        seqs = self.seqs_by_keys(keys)
        self.fetch(seqs)
        return sorted(seqs)

    def seqs_by_keys(self, keys: Sequence[str]) -> set[int]:
        """Return the articles that have one of these keys."""
        found: set[int] = set()
        if self._keys is not None:
            return found.union(*(self._keys.get(key, ()) for key in keys))
        for start in range(0, len(keys), MAX_VALUES):
            where = f"array_contains_any(keys, {_texts(keys[start : start + MAX_VALUES])})"
            found.update(int(row["seq"]) for row in self._pieces(where, ["seq"]))
        return found

    def fetch_by_id(self, ids: Sequence[str]) -> list[int]:
        """Have the catalog hold the articles of the hashed ids (`rows.key_of`); return their rows."""
        rows = self.server.query_in(
            self.names.articles, "id", ids, PIECE_FIELDS, visible(self.head.revision)
        )
        seqs = {int(row["seq"]) for row in rows}
        self._put([row for row in rows if int(row["seq"]) not in self.held])
        return sorted(seqs)

    def outlines(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the short columns of all articles, ascending, a window at a time."""
        for low, high in self.windows():
            found = self.outlines_of(f"seq > {low} and seq <= {high}")
            yield sorted(found, key=lambda one: int(one["seq"]))

    def outlines_of(self, where: str) -> list[dict[str, Any]]:
        """Return the short columns of the articles that a filter lets through."""
        return [outline_of(row) for row in self._pieces(f"{where} and piece == 0", ["outline"])]

    def seqs_between(self, low: int, high: int) -> list[int]:
        """Return the articles after a row and up to another, ascending."""
        found = self._pieces(f"seq > {low} and seq <= {high} and piece == 0", ["seq"])
        return sorted(int(row["seq"]) for row in found)

    def windows(self, after: int = 0) -> Iterator[tuple[int, int]]:
        """Yield ranges of rows, each from after the first to the second, up to the last article."""
        last = self.head.numbers.get("articles", 0)
        for low in range(after, last, WINDOW):
            yield low, min(low + WINDOW, last)

    def look_through(self) -> None:
        """Learn the keys and values of all articles: for milvus-lite, which has no index of them."""
        self._keys = {}
        fields = ["seq", "copy_group", "keys", "sketches", "paragraphs"]
        for low, high in self.windows():
            found = self._pieces(f"seq > {low} and seq <= {high}", fields)
            self.learn_keys(found)
            for field in ("sketches", "paragraphs"):
                self.put_values(field, found)

    def learn_keys(self, pieces: Sequence[Row]) -> None:
        """Learn the keys of some pieces, where those of all others are known."""
        if self._keys is None:
            return
        for row in pieces:
            for key in row["keys"]:
                self._keys.setdefault(key, set()).add(int(row["seq"]))

    def _pieces(self, where: str, fields: Sequence[str]) -> list[Row]:
        return self.server.query(
            self.names.articles, f"{where} and {visible(self.head.revision)}", fields
        )

    def _put(self, pieces: Iterable[Row]) -> None:
        found = rows_of_pieces(pieces)
        with catalog.transaction(self.connection):
            catalog_rows.put_rows(self.connection, found.values())
        self.held.update(found)

    def forget(self, seqs: Iterable[int]) -> None:
        """Say that these articles are no longer in the catalog."""
        self.held.difference_update(seqs)

    def empty(self) -> None:
        """Forget all articles."""
        with catalog.transaction(self.connection):
            for table in ("chunks", "sketches", "paragraphs", "sources", "versions", "articles"):
                self.connection.execute(f"DELETE FROM {table}")
        self.held.clear()

    # Chunks

    def chunks_of_articles(
        self, seqs: Sequence[int], fields: Sequence[str] = CHUNK_FIELDS
    ) -> list[Row]:
        """Return the chunks of articles."""
        also = visible(self.head.revision)
        return self.server.query_in(self.names.chunks, "seq", seqs, fields, also)

    def with_chunks(self, rows: Iterable[ArticleRows]) -> list[ArticleRows]:
        """Return articles with their chunks."""
        rows = list(rows)
        by_article: dict[int, list[tuple[int, int, int, bytes, int]]] = {}
        for chunk in self.chunks_of_articles([one.seq for one in rows], STORED_FIELDS):
            by_article.setdefault(int(chunk["seq"]), []).append(stored_chunk(chunk))
        return [
            ArticleRows(
                one.article, one.sources, one.versions, one.sketch, one.paragraphs,
                sorted(by_article.get(one.seq, [])),
            )
            for one in rows
        ]  # fmt: skip

    # What near-duplicates and boilerplate are recognised by

    def fetch_values(self, field: str, values: Collection[int], enough: int) -> None:
        """Have the catalog know in which near-duplicate groups these values stand.

        Of a value that stands in more than ``enough`` groups, at least so many are known.

        Parameters
        ----------
        field
            ``sketches`` or ``paragraphs``.
        """
        if self._keys is not None:
            return
        known = catalog_rows.groups_of_values(self.connection, field, values)
        open_values = [value for value in values if known.get(value, 0) < enough]
        for start in range(0, len(open_values), MAX_VALUES):
            self._fetch_values(field, open_values[start : start + MAX_VALUES], enough)

    def _fetch_values(self, field: str, values: Sequence[int], enough: int) -> None:
        limit = max(4096, 8 * enough) if len(values) > 1 else 16 * enough
        where = f"array_contains_any({field}, {list(values)})"
        query = f"{where} and {visible(self.head.revision)}"
        found = self.server.query(self.names.articles, query, ["seq", "copy_group", field], limit)
        if len(found) >= limit:
            if len(values) > 1:
                half = len(values) // 2
                for part in (values[:half], values[half:]):
                    self._fetch_values(field, part, enough)
                return
            if len({row["copy_group"] for row in found}) < enough:
                # Many copies of few stories: all of them.
                found = self.server.query(self.names.articles, query, ["seq", "copy_group", field])
        self.put_values(field, found, set(values))

    def put_values(
        self, field: str, pieces: Iterable[Row], wanted: Collection[int] | None = None
    ) -> None:
        """Have the catalog know which values, of those wanted, stand in the articles of some pieces."""
        with catalog.transaction(self.connection):
            for row in pieces:
                own = [int(one) for one in row[field] if wanted is None or int(one) in wanted]
                catalog_rows.put_sketched(
                    self.connection, int(row["seq"]), int(row["copy_group"]), own, field
                )

    def fetch_first_of_groups(self, groups: Iterable[int]) -> None:
        """Have the catalog hold the first article that is left of each of these near-duplicate groups."""
        wanted = set(groups)
        self.fetch(wanted)
        # A group is numbered by its first article; where that was removed, the next one counts.
        missing = sorted(wanted - self.held)
        if not missing:
            return
        also = f"{visible(self.head.revision)} and piece == 0"
        rows = self.server.query_in(
            self.names.articles, "copy_group", missing, ["seq", "copy_group"], also
        )
        first: dict[int, int] = {}
        for row in rows:
            group, seq = int(row["copy_group"]), int(row["seq"])
            first[group] = min(seq, first.get(group, seq))
        self.fetch(first.values())


def _texts(keys: Sequence[str]) -> str:
    return f"[{', '.join(repr(key) for key in keys)}]"
