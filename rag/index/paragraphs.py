"""Short paragraphs of an article as values: by them it is seen what an outlet prints under many stories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from urllib.parse import urlsplit

import xxhash

from rag.index.sketches import words_of

MAX_WORDS = 60
"""A longer paragraph is a story's; page furniture is short."""
# What somebody said is a story's, however often a newspaper repeats it.
_QUOTED = re.compile('["“”„«»「」『』]')
_LINE = re.compile(r"[^\n]+")
_MAX_CHARACTERS = 1000
_MAX_LINES = 2000
"""Of an article: further ones are a table's or a list's."""


Paragraphs = list[tuple[int, tuple[int, int]]]
"""Values of paragraphs with their offsets in the text, in order."""


def short_paragraphs(text: str, outlet: str | None, url: str | None) -> Paragraphs:
    """Return the value and the offsets of each paragraph that could be page furniture, in order.

    The value is a signed 64-bit hash of the outlet, its host and the words. Without an outlet or
    address there are none: what two publishers have in common is no furniture.
    """
    return short_among(paragraphs_of(text), text, outlet, url)


def paragraphs_of(text: str) -> list[tuple[tuple[int, int], list[str]]]:
    """Return the offsets of every paragraph of a text with its words; no word goes on in the next one."""
    spans = (match.span() for match in _LINE.finditer(text))
    return [((start, end), words_of(text[start:end])) for start, end in spans]


def short_among(
    paragraphs: Iterable[tuple[tuple[int, int], list[str]]],
    text: str,
    outlet: str | None,
    url: str | None,
) -> Paragraphs:
    """Return the `short_paragraphs` of a text whose paragraphs are known already."""
    # The host too: whoever prints under another's name does not decide what is that outlet's furniture.
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    owner = " ".join(filter(None, ((outlet or "").casefold(), host)))
    if not owner:
        return []
    found = []
    for (start, end), words in islice(paragraphs, _MAX_LINES):
        if not 0 < len(words) <= MAX_WORDS or end - start > _MAX_CHARACTERS:
            continue
        if not _QUOTED.search(text, start, end):
            value = xxhash.xxh3_64_intdigest("\n".join((owner, *words)))
            found.append((value - (1 << 64) if value >= 1 << 63 else value, (start, end)))
    return found


def paragraph_values(
    text: str, outlet: str | None, url: str | None, chunks: Sequence[tuple[int, int]]
) -> dict[int, bool]:
    """Return the values of an article's short paragraphs, each with whether no chunk holds it."""
    return values_by_chunks(short_paragraphs(text, outlet, url), chunks)


def values_by_chunks(paragraphs: Paragraphs, chunks: Sequence[tuple[int, int]]) -> dict[int, bool]:
    """Return the values of paragraphs, each with whether no chunk holds it."""
    values: dict[int, bool] = {}
    covered = _merged(chunks)
    place = 0
    for value, (start, end) in paragraphs:
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


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
