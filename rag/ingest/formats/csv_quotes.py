"""Rows of CSV whose quotation mark is never closed, and which take in the rows below them."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

# A comma that groups digits separates no cells.
_GROUPED = re.compile(r"\d,\d{3}(?!\d)")


class Dialect(TypedDict):
    """What the cells of a table are separated and quoted by."""

    delimiter: str
    doublequote: bool
    escapechar: str | None


class Lines:
    """The lines of a table, of which those of the row that is being read can be given again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.number = 0
        """How many lines were given."""
        self.row: list[str] = []
        """Those of the row, since `begin`."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        self.row.append(line)
        return line

    def begin(self) -> int:
        """Begin a row; return the number of its first line."""
        self.row = []
        return self.number + 1

    def return_from(self, at: int) -> None:
        """Give the lines of the row from ``row[at]`` on again."""
        self._again.extendleft(reversed(self.row[at:]))
        self.number -= len(self.row) - at
        del self.row[at:]


def row_inside(lines: Sequence[str], width: int, dialect: Dialect) -> int | None:
    """Return which of a row's lines begins another row of the table, None where it is a row of its own.

    A row that is quoted as it should be is left alone, whatever its lines are like. In one that is not,
    most lines from there on must be rows of as many cells as the header has: a text that the end of the
    file cuts, and prose with commas, are none.
    """
    if len(lines) < 2 or width < 2 or _is_sound(lines, width, dialect):
        return None
    found = [
        (n, _is_row(lines[n], width, dialect)) for n in range(1, len(lines)) if lines[n].strip()
    ]
    at = next((n for n, is_row in found if is_row), None)
    if at is None:
        return None
    following = [is_row for n, is_row in found if n >= at]
    return at if 2 * sum(following) > len(following) else None


def _is_sound(lines: Sequence[str], width: int, dialect: Dialect) -> bool:
    try:
        rows = list(csv.reader(lines, strict=True, **dialect))
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) <= width


def _is_row(line: str, width: int, dialect: Dialect) -> bool:
    """Whether a line is a whole row, or the beginning of one whose last cell goes on below it."""
    try:
        cells = next(csv.reader([line], strict=True, **dialect), [])
        whole = len(cells) == width
    except csv.Error:
        try:
            cells = next(csv.reader([line], **dialect), [])
        except csv.Error:
            return False
        # Only a mark that is not closed takes in the end of the line.
        whole = 2 <= len(cells) <= width and cells[-1].endswith(("\n", "\r"))
    # After a comma prose has a space, or the next digits.
    prose = any(cell.startswith(" ") for cell in cells[1:])
    return whole and not prose and not (dialect["delimiter"] == "," and _GROUPED.search(line))
