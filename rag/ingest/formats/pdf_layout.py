"""Words on a page to lines in the order of reading; rows of tables told from lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.ingest.formats.pdf_columns import blocks_of
from rag.ingest.formats.pdf_pieces import (
    Piece,
    is_wide,
    piece_of,
    pieces_of,
    with_drop_caps,
)
from rag.ingest.formats.pdf_words import Word
from rag.text.patterns import lazily

_RIGHT_TO_LEFT = lazily(r"[\p{Arabic}\p{Hebrew}]")
_DIGIT = lazily(r"\p{N}")
_LETTER = lazily(r"\p{L}")


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline of a column."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    """Height of most of its letters, in points: a little over the type size."""
    weight: int
    page: int
    """From 0."""
    edge: float = 0.0
    """Right edge of its column, which a full line comes near to."""
    first: float = 0.0
    """Width of its first word."""
    row: bool = False
    """Whether it is a row of a table, its cells with bars between them."""


def reading_order(words: Sequence[Word], page: int) -> list[list[Line]]:
    """Return the lines of a page, block by block, in the order in which they are read."""
    letters = "".join(word.text for word in words)
    if len(_RIGHT_TO_LEFT.findall(letters)) > len(letters) / 2:
        # Seen in a mirror, all that is said of left and right holds for these scripts.
        words = [replace(word, left=-word.right, right=-word.left) for word in words]
    blocks = blocks_of(with_drop_caps(pieces_of(words)))
    return [lines for block in blocks if (lines := _lines(block, page))]


def _lines(pieces: list[Piece], page: int) -> list[Line]:
    """Return the lines of a region without gutters, from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (one.middle, one.left)):
        last = rows[-1] if rows else None
        if last and _level(last[0], piece):
            last.append(piece)
        else:
            rows.append([piece])
    rows = [sorted(row, key=lambda one: one.left) for row in rows]
    cells = [[cell for piece in row for cell in _cells(piece)] for row in rows]
    tables = _table_rows([_without_marker(row) for row in cells])
    edge = max((one.right for one in pieces), default=0.0)
    return [
        _line(
            cells[number] if number in tables else row,
            page,
            edge,
            is_row=number in tables,
        )
        for number, row in enumerate(rows)
    ]


def _cells(piece: Piece) -> list[Piece]:
    """Return a piece of a line cut at all wide gaps, as a row of a table would be."""
    cells = [[piece.words[0]]]
    for last, word in pairwise(piece.words):
        if is_wide(last, word):
            cells.append([])
        cells[-1].append(word)
    return [piece_of(cell) for cell in cells]


def _level(one: Piece, other: Piece) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap > 0.5 * min(one.height, other.height)


def _without_marker(row: list[Piece]) -> list[Piece]:
    """Return the cells of a row without a list's bullet or number, which is no cell."""
    return (
        row[1:] if row and len(_LETTER.findall(row[0].text)) == 0 and len(row[0].text) < 4 else row
    )


def _table_rows(rows: list[list[Piece]]) -> set[int]:
    """Return which rows belong to a table: three or more in a row, whose cells stand under one another."""
    found: set[int] = set()
    aligned = {
        n
        for n, (above, below) in enumerate(pairwise(rows))
        if len(above) > 1 and len(below) > 1 and _aligned(above, below)
    }
    for n in aligned:
        if n - 1 in aligned or n + 1 in aligned:
            found |= {n, n + 1}
    return found


def _aligned(above: list[Piece], below: list[Piece]) -> bool:
    fewer, more = sorted((above[1:], below[1:]), key=len)
    return all(any(_under(one, other) for other in more) for one in fewer)


def _under(one: Piece, other: Piece) -> bool:
    """Whether two cells share an edge: the left one, or of figures the right one.

    The last words of justified lines share their right edge too.
    """
    near = 0.4 * one.height
    figures = all(_DIGIT.search(cell.text) for cell in (one, other))
    return abs(one.left - other.left) < near or (figures and abs(one.right - other.right) < near)


def _line(row: list[Piece], page: int, edge: float, *, is_row: bool) -> Line:
    sizes, weights = Counter[float](), Counter[int]()
    for word in (word for one in row for word in one.words):
        sizes[round(word.height, 1)] += len(word.text)
        weights[word.weight] += len(word.text)
    first = row[0].words[0]
    return Line(
        text=(" | " if is_row else " ").join(one.text for one in row),
        left=min(one.left for one in row),
        right=max(one.right for one in row),
        top=min(one.top for one in row),
        bottom=max(one.bottom for one in row),
        size=sizes.most_common(1)[0][0],
        weight=weights.most_common(1)[0][0],
        page=page,
        edge=edge,
        first=first.right - first.left,
        row=is_row,
    )
