"""What outlets make of a story: cut, edited, with other figures, with furniture around it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from eval.lab.copies.stories import Story, house_style

Paragraphs = tuple[str, ...]
_FIGURE = re.compile(r"(?<![\d.,:])\d+(?:[.,:]\d+)?(?![\d.,:]\d)")
_SHARE_OF_FIGURES = 0.35


def joined(paragraphs: Sequence[str]) -> str:
    """Return paragraphs as an article's text."""
    return "\n\n".join(paragraphs)


def cut(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Return the first paragraphs: a quarter to two thirds of them, at least two."""
    keep = round(len(paragraphs) * rng.uniform(0.25, 0.7))
    return paragraphs[: max(2, keep)]


def with_figures(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Return a story with a third of its figures brought up to date; unchanged where it has none."""
    places = [(n, m.span()) for n, line in enumerate(paragraphs) for m in _FIGURE.finditer(line)]
    chosen = [place for place in places if rng.random() < _SHARE_OF_FIGURES] or places[:1]
    changed = list(paragraphs)
    for number, (start, end) in reversed(chosen):
        line = changed[number]
        figure = re.sub(r"\d+", lambda m: str(int(m.group()) + rng.randint(1, 4)), line[start:end])
        changed[number] = line[:start] + figure + line[end:]
    return tuple(changed)


def in_house_style(paragraphs: Paragraphs) -> Paragraphs:
    """Return a story in another outlet's spelling, quotation marks and units."""
    text = joined(paragraphs)
    for before, after in house_style():
        text = re.sub(rf"(?<!\w){re.escape(before)}(?!\w)", after, text)
    text = re.sub(r'"([^"\n]*)"', "“\\1”", text).replace("'", "’")
    return tuple(text.split("\n\n"))


def with_dateline(story: Story, paragraphs: Paragraphs) -> Paragraphs:
    """Return a story with the agency's dateline before its first words."""
    return (f"{story.dateline} (Lake Wire) - {paragraphs[0]}", *paragraphs[1:])


def with_local(paragraphs: Paragraphs, local: Paragraphs, rng: random.Random) -> Paragraphs:
    """Return a story with a local paper's paragraph in it, not before the second."""
    place = rng.randint(1, len(paragraphs))
    return (*paragraphs[:place], *local, *paragraphs[place:])


def with_furniture(paragraphs: Paragraphs, furniture: Paragraphs, rng: random.Random) -> Paragraphs:
    """Return a story as extraction may leave it: an outlet's standing lines before, in and after it."""
    first, *rest = furniture
    place = rng.randint(1, len(paragraphs))
    return (first, *paragraphs[:place], *rest[:1], *paragraphs[place:], *rest[1:])
