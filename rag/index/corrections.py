"""Corrected rows of a file: which stored article a row without id and address is a newer version of."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from rag.errors import IndexDamagedError
from rag.index import catalog
from rag.index.identity import has_given_id, is_row
from rag.index.near_duplicates import find_copy_group, is_one_text
from rag.types import Article


def can_be_corrected(article: Article, source: str) -> bool:
    """Whether an article is a row that nothing names but its headline, outlet and day."""
    return bool(
        article.title and article.published and not article.url and is_row(source)
    ) and not has_given_id(article)


def corrected_rows(
    connection: sqlite3.Connection, article: Article, sketch: Sequence[int], seen: Collection[str]
) -> list[int]:
    """Return the rows that an article which `can_be_corrected` replaces: its headline, outlet, day and text.

    Most of either text stands in the other: "News in brief" of one day is not one article.

    Parameters
    ----------
    seen
        Ids of articles that were added with it: what still stands beside it in its file is no older one.
    """
    group = find_copy_group(connection, article.text, sketch)
    if group is None:
        return []
    found = []
    for seq in catalog.rows_under_headline(connection, group, article):
        try:
            stored = catalog.articles_of(connection, [seq])[seq].article
        except IndexDamagedError:
            continue
        rows = all(is_row(source) for source in stored.sources)
        if stored.id in seen or not rows or has_given_id(stored):
            continue
        if is_one_text(stored.text, article.text):
            found.append(seq)
    return found
