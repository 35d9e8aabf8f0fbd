"""Boilerplate that cleaning left: paragraphs that an outlet prints under many stories are not searched.

They stay in the article's text, which is never changed; only no chunk is made of them. The first stories of
an outlet keep theirs: a sentence that is the story's after all can still be found and cited there.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence

from rag.index import catalog
from rag.index.near_duplicates import CatalogStories, likely_story
from rag.index.paragraphs import Paragraphs, without
from rag.types import Article

STORIES = 8
"""A short paragraph that stands in so many different stories of one outlet is boilerplate from then on."""


def boilerplate_of(
    connection: sqlite3.Connection, articles: Sequence[tuple[Article, Paragraphs, Sequence[int]]]
) -> list[list[tuple[int, int]]]:
    """Return for each article about to be written the offsets of its boilerplate, in order.

    Each comes with its short paragraphs and its sketch.

    Stories are counted in the catalog and among the articles before it in the sequence; copies of one
    story count once.
    """
    holders = Counter(value for _, own, _ in articles for value in {value for value, _ in own})
    known: dict[int, set[int]] = {value: set() for value in holders}
    for value in catalog.known_paragraphs(connection, holders):
        known[value].update(catalog.stories_with_paragraph(connection, value, STORIES))
    repeated = {value for value in holders if len(known[value]) + holders[value] > STORIES}
    stories = _BatchStories(connection)
    found = []
    for article, own, hashes in articles:
        values = {value for value, _ in own} & repeated
        standing = {value for value in values if len(known[value]) >= STORIES}
        ranges = [place for value, place in own if value in standing]
        # An article of nothing else is left as it is.
        found.append(ranges if without(article.text, ranges) else [])
        if values > standing:
            story = stories.number(article.text, hashes)
            for value in values - standing:
                known[value].add(story)
    return found


class _BatchStories(CatalogStories):
    """Stories of the catalog and of a batch that is not written yet; the batch's have negative numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._texts: list[str] = []
        self._sharing: dict[int, list[int]] = defaultdict(list)

    def number(self, text: str, hashes: Sequence[int]) -> int:
        """Return the story that a text prints; a new number where none is like it."""
        known = likely_story(self, text, hashes)
        if known is not None:
            return known
        self._texts.append(text)
        story = -len(self._texts)
        for value in hashes:
            self._sharing[value].append(story)
        return story

    def known(self, sampled: Sequence[int]) -> set[int]:
        return super().known(sampled) | (self._sharing.keys() & set(sampled))

    def sharing(self, value: int, limit: int) -> list[int]:
        return [*super().sharing(value, limit), *self._sharing.get(value, ())[:limit]][:limit]

    def first_text(self, story: int) -> str | None:
        return self._texts[-story - 1] if story < 0 else super().first_text(story)
