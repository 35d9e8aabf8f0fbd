"""Short paragraphs of an article as values: by them it is seen what an outlet prints under many stories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

import xxhash

from rag.index.sketches import words_of
from rag.text.patterns import lazily

MAX_WORDS = 60
"""A longer paragraph is a story's; page furniture is short."""
# What somebody said is a story's, however often a newspaper repeats it.
_QUOTED = lazily(r"[\"“”„«»「」『』]")
_LINE = lazily(r"[^\n]+")
_MAX_CHARACTERS = 1000
_MAX_LINES = 2000
"""Of an article: further ones are a table's or a list's."""


def short_paragraphs(
    text: str, outlet: str | None, url: str | None
) -> list[tuple[int, tuple[int, int]]]:
    """Return the value and the offsets of each paragraph that could be page furniture, in order.

    The value is a signed 64-bit hash of the outlet, its host and the words. Without an outlet or
    address there are none: what two publishers have in common is no furniture.
    """
    # The host too: whoever prints under another's name does not decide what is that outlet's furniture.
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    owner = " ".join(filter(None, ((outlet or "").casefold(), host)))
    if not owner:
        return []
    found = []
    for number, (start, end) in enumerate(_lines(text)):
        if number == _MAX_LINES:
            break
        if end - start > _MAX_CHARACTERS or _QUOTED.search(text, start, end):
            continue
        words = words_of(text[start:end])
        if 0 < len(words) <= MAX_WORDS:
            value = xxhash.xxh3_64_intdigest("\n".join((owner, *words)))
            found.append((value - (1 << 64) if value >= 1 << 63 else value, (start, end)))
    return found


def paragraph_values(
    text: str, outlet: str | None, url: str | None, chunks: Sequence[tuple[int, int]]
) -> dict[int, bool]:
    """Return the values of an article's short paragraphs, each with whether no chunk holds it."""
    values: dict[int, bool] = {}
    covered = _merged(chunks)
    place = 0
    for value, (start, end) in short_paragraphs(text, outlet, url):
        while place < len(covered) and covered[place][1] <= start:
            place += 1
        outside = place == len(covered) or covered[place][0] >= end
        values[value] = values.get(value, False) or outside
    return values


def without(text: str, left_out: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts of a text between the ranges that are left out, which are in order."""
    parts = []
    position = 0
    for start, end in left_out:
        parts.append((position, start))
        position = end
    parts.append((position, len(text)))
    return [(start, end) for start, end in parts if text[start:end].strip()]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _LINE.finditer(text))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
