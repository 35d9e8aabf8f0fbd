"""What the exports of newspaper databases have in common: documents in one file, blocks, trailers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from rag.text.dates import find_dates
from rag.text.patterns import lazily

_COPYRIGHT = lazily(
    r"\s*(?:(?:copyright|\(c\)|©)\s*)+(?:(?:19|20)\d\d\b.{0,200}|[^.]{0,100}\b(?:19|20)\d\d\.?)\s*"
    r"|\s*all rights reserved\.?\s*",
    regex.I,
)
_MARKER = lazily(r"\s*(?:[-*+•·▪◦‣–—|]\s|[(\[]?\d{1,3}[.)\]]\s)")
_COLUMNS = lazily(r"\S(?:\t|[ ]{3,})\S")
_MAX_WIDTH = 120
_LONGEST_COPYRIGHT = 300
# A date on a line of its own, with its weekday, hour and edition, is no longer than this.
_DATE_LINE = 60


@dataclass(frozen=True, slots=True)
class Exported:
    """One document of an export, as its database writes it."""

    text: str
    title: str | None = None
    outlet: str | None = None
    date: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    id: str | None = None
    url: str | None = None


def blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the runs of lines between blank lines."""
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def joined(block: Sequence[str]) -> str:
    """Return a block of hard-wrapped lines as a paragraph; rows of a table and items of a list stay lines."""
    if any(len(line) > _MAX_WIDTH for line in block):
        return "\n".join(line.strip() for line in block)
    text = ""
    columns = False
    for line in block:
        bare = line.strip()
        had, columns = columns, bool(_COLUMNS.search(bare))
        if not text or columns or had or _MARKER.match(line):
            text += f"\n{bare}"
        else:
            text += bare if text.endswith("-") and not text.endswith(" -") else f" {bare}"
    return text.strip()


def date_line(lines: Sequence[str]) -> int | None:
    """Return which line is a date with no more than its weekday, hour and edition; None for none."""
    for number, line in enumerate(lines):
        bare = " ".join(line.split())
        found = find_dates(bare) if len(bare) <= _DATE_LINE else []
        if found and found[0].start <= len("Wednesday, "):
            return number
    return None


def is_copyright(line: str) -> bool:
    """Whether a line only says whose the rights are."""
    return len(line) <= _LONGEST_COPYRIGHT and _COPYRIGHT.fullmatch(line) is not None


def without_copyright(lines: Iterable[str]) -> list[str]:
    """Return lines without those that only say whose the rights are."""
    return [line for line in lines if not is_copyright(line)]
