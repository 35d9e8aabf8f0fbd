"""Words on a page to lines in the order of reading: columns side by side, what stands across them first.

A region is cut where a gutter separates two stacks of lines; what crosses the gutter (a headline over
three columns) ends the stacks. Each part is cut again, until none has a gutter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf_words import Word
from rag.text.patterns import lazily

# In line heights: the widest gap between words of a line that is not justified, the narrowest gutter.
_WORD_GAP = 1.0
_GUTTER = 0.55
# Lines that each side of a gutter has at least: two short notes side by side are no columns.
_MIN_LINES = 3
# Columns of text are wide, and most of their lines end near one right edge. Tables fail both.
_MIN_WIDTH = 5.0
_FULL_SHARE = 0.4
# Type this much larger than the usual opens a story that stands below another.
_HEADLINE = 1.3
_MAX_EDGES = 60
_MAX_DEPTH = 40
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of one line that no wide gap separates."""

    words: tuple[Word, ...]
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def reading_order(words: Sequence[Word], page: int) -> list[list[Line]]:
    """Return the lines of a page, block by block, in the order in which they are read."""
    pieces = _pieces(words)
    letters = "".join(word.text for word in words)
    backwards = len(_RIGHT_TO_LEFT.findall(letters)) > len(letters) / 2
    blocks = _blocks(_with_drop_caps(pieces), backwards, 0)
    return [lines for block in blocks if (lines := _lines(block, page, backwards))]


def rows_of(words: Iterable[Word]) -> list[list[Word]]:
    """Return words grouped by the line they stand on across the whole page, from the top."""
    rows: list[list[Word]] = []
    bottom = top = 0.0
    for word in sorted(words, key=lambda one: (one.top + one.bottom, one.left)):
        overlap = min(bottom, word.bottom) - max(top, word.top)
        if rows and overlap > 0.5 * min(word.height, bottom - top):
            rows[-1].append(word)
        else:
            rows.append([word])
            top, bottom = word.top, word.bottom
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _pieces(words: Sequence[Word]) -> list[_Piece]:
    """Return words that follow one another in the file and on the page as pieces of lines."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last is not None and _follows(last, word):
            runs[-1].append(word)
        else:
            runs.append([word])
    starts = Counter(
        round(word.left) for run in runs for last, word in pairwise(run) if _is_wide(last, word)
    )
    edges = [x for x in starts if starts[x - 1] + starts[x] + starts[x + 1] >= _MIN_LINES]
    return [_piece(piece) for run in runs for piece in _at_edges(run, edges)]


def _follows(last: Word, word: Word) -> bool:
    """Whether a word stands on the same line as the one before it, at any distance."""
    height = min(last.height, word.height)
    overlap = min(last.bottom, word.bottom) - max(last.top, word.top)
    similar = max(last.height, word.height) < 1.8 * height
    return similar and overlap > 0.6 * height and _gap(last, word) > -0.5 * height


def _gap(last: Word, word: Word) -> float:
    return max(word.left - last.right, last.left - word.right)


def _is_wide(last: Word, word: Word) -> bool:
    return _gap(last, word) > _WORD_GAP * min(last.height, word.height)


def _at_edges(run: list[Word], edges: Sequence[int]) -> Iterator[list[Word]]:
    """Yield a line's words, cut where a gap holds the left edge of a column.

    In justified lines of few words all gaps are wide, but they do not stand under one another.
    """
    piece = run[:1]
    for last, word in pairwise(run):
        height = min(last.height, word.height)
        low, high = last.right + _GUTTER * height, word.left + 1.5
        if _gap(last, word) > 0.7 * height and any(
            low <= edge <= high and word.left - edge < 2.5 * height for edge in edges
        ):
            yield piece
            piece = []
        piece.append(word)
    yield piece


def _piece(words: Sequence[Word]) -> _Piece:
    return _Piece(
        tuple(words),
        min(word.left for word in words),
        max(word.right for word in words),
        min(word.top for word in words),
        max(word.bottom for word in words),
    )


def _with_drop_caps(pieces: list[_Piece]) -> list[_Piece]:
    """Return the pieces with large initials joined to the first of the lines they stand beside."""
    usual = median(one.height for one in pieces) if pieces else 0.0
    for cap in [one for one in pieces if len(one.text) <= 2 and one.height > 1.7 * usual]:
        if not _LETTER.search(cap.text):
            continue
        beside = [
            one
            for one in pieces
            if one.height < cap.height * 0.75
            and -0.3 * usual < one.left - cap.right < 1.2 * usual
            and cap.top - 0.5 * usual < one.middle < cap.bottom
        ]
        if len(beside) < 2:
            continue
        first = min(beside, key=lambda one: one.top)
        pieces = [one for one in pieces if one is not cap]
        for line in beside:
            joined = line.words
            if line is first:
                joined = (_widened(line.words[0], cap.text, cap.left), *line.words[1:])
            wide = _Piece(joined, cap.left, line.right, line.top, line.bottom)
            pieces[pieces.index(line)] = wide
    return pieces


def _widened(word: Word, initial: str, left: float) -> Word:
    return Word(initial + word.text, left, word.right, word.top, word.bottom, word.weight)


def _blocks(pieces: list[_Piece], backwards: bool, depth: int) -> list[list[_Piece]]:
    if not pieces:
        return []
    band = _band(pieces) if depth < _MAX_DEPTH else None
    if band is not None:
        return [block for part in band for block in _blocks(part, backwards, depth + 1)]
    cut = _best_cut(pieces) if depth < _MAX_DEPTH and len(pieces) >= 2 * _MIN_LINES else None
    if cut is None:
        return [pieces]
    above, left, right, below = cut
    sides = (right, left) if backwards else (left, right)
    parts = (above, *sides, below)
    return [block for part in parts for block in _blocks(part, backwards, depth + 1)]


def _band(pieces: list[_Piece]) -> tuple[list[_Piece], list[_Piece]] | None:
    """Return what stands above and below a white strip over a headline; None where there is none.

    A headline below which all columns begin again ends the story above it, however many columns
    the two have in common.
    """
    usual = median(one.height for one in pieces)
    tops = {one.top for one in pieces if one.height > _HEADLINE * usual}
    if not tops:
        return None
    white = max(0.4 * usual, 1.8 * _line_gap(pieces))
    bottom = float("-inf")
    ordered = sorted(pieces, key=lambda one: one.top)
    for number, piece in enumerate(ordered):
        above = ordered[:number]
        enough = piece.top - bottom >= white and len(above) >= _MIN_LINES
        if enough and any(piece.top <= top <= piece.top + 0.5 * usual for top in tops):
            # The lines of one headline stay together.
            largest = max(above, key=lambda one: one.bottom)
            if largest.height <= _HEADLINE * usual:
                return above, ordered[number:]
        bottom = max(bottom, piece.bottom)
    return None


def _line_gap(pieces: list[_Piece]) -> float:
    """Return the usual white between a line and the one below it."""
    gaps = [
        below.top - above.bottom
        for above, below in pairwise(sorted(pieces, key=lambda one: (round(one.left), one.top)))
        if abs(above.left - below.left) < 2 and 0 <= below.top - above.bottom < above.height
    ]
    return median(gaps) if gaps else 0.0


_Cut = tuple[list[_Piece], list[_Piece], list[_Piece], list[_Piece]]


def _best_cut(pieces: list[_Piece]) -> _Cut | None:
    """Return what stands above, left of, right of and below the longest gutter, or None without one."""
    usual = median(one.height for one in pieces)
    edges = Counter(round(one.left) for one in pieces)
    best: tuple[float, _Cut] | None = None
    for edge, _ in edges.most_common(_MAX_EDGES):
        for cut in _cuts_at(pieces, float(edge), usual):
            length = _shared_height(cut[1], cut[2])
            if (best is None or length > best[0] + 0.1) and _are_columns(cut[1], cut[2], usual):
                best = (length, cut)
    return best[1] if best else None


def _cuts_at(pieces: list[_Piece], edge: float, usual: float) -> Iterable[_Cut]:
    """Yield the stretches of a gutter that ends at ``edge``, between the pieces that cross it."""
    start = edge - _GUTTER * usual
    crossing = sorted(
        (one.middle for one in pieces if one.left < edge - 1.5 and one.right > start),
    )
    bounds = [float("-inf"), *crossing, float("inf")]
    for high, low in pairwise(bounds):
        inside = [one for one in pieces if high < one.middle < low]
        left = [one for one in inside if one.right <= start]
        right = [one for one in inside if one.left >= edge - 1.5]
        if len(left) < _MIN_LINES or len(right) < _MIN_LINES:
            continue
        above = [one for one in pieces if one.middle <= high]
        below = [one for one in pieces if one.middle >= low]
        heads = _heads(left, right, usual)
        above += heads
        yield (
            above,
            [one for one in left if one not in heads],
            [one for one in right if one not in heads],
            below,
        )


def _heads(left: list[_Piece], right: list[_Piece], usual: float) -> list[_Piece]:
    """Return what stands in large type over both columns without reaching across the gutter.

    Where both have such a line on top, each heads its own column.
    """
    begin = max(min(one.top for one in left), min(one.top for one in right))
    large = [one for one in (*left, *right) if one.height > 1.15 * usual]
    found: list[_Piece] = []
    for side, other in ((left, right), (right, left)):
        if not any(one in other and one.top < begin + 0.5 * usual for one in large):
            found += [one for one in large if one in side and one.bottom <= begin + 0.2 * usual]
    return found


def _shared_height(left: list[_Piece], right: list[_Piece]) -> float:
    if not left or not right:
        return 0.0
    top = max(min(one.top for one in left), min(one.top for one in right))
    bottom = min(max(one.bottom for one in left), max(one.bottom for one in right))
    return bottom - top


def _are_columns(left: list[_Piece], right: list[_Piece], usual: float) -> bool:
    """Whether two stacks of lines are columns of text, and not of a table."""
    if min(len(left), len(right)) < _MIN_LINES or _shared_height(left, right) < 2.5 * usual:
        return False
    for side in (left, right):
        if median(one.right - one.left for one in side) < _MIN_WIDTH * usual:
            return False
        figures = sum(
            len(_DIGIT.findall(one.text)) > len(_LETTER.findall(one.text)) for one in side
        )
        if figures > len(side) / 2:
            return False
    # Of the column nearest to the gutter.
    width = median(one.right - one.left for one in left)
    end = max(one.right for one in left)
    near = [one for one in left if one.right > end - width]
    full = [one for one in near if one.right > end - 0.25 * width]
    return len(full) >= _FULL_SHARE * len(near)


def _lines(pieces: list[_Piece], page: int, backwards: bool) -> list[Line]:
    """Return the lines of a region without gutters, from the top."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda one: (one.middle, one.left)):
        last = rows[-1] if rows else None
        if last and _level(last[0], piece):
            last.append(piece)
        else:
            rows.append([piece])
    rows = [sorted(row, key=lambda one: one.left, reverse=backwards) for row in rows]
    cells = [[cell for piece in row for cell in _cells(piece)] for row in rows]
    tables = _table_rows([_without_marker(row) for row in cells])
    edge = max((one.right for one in pieces), default=0.0)
    return [
        _line(
            cells[number] if number in tables else row,
            page,
            edge,
            is_row=number in tables,
            backwards=backwards,
        )
        for number, row in enumerate(rows)
    ]


def _cells(piece: _Piece) -> list[_Piece]:
    """Return a piece of a line cut at all wide gaps, as a row of a table would be."""
    cells = [[piece.words[0]]]
    for last, word in pairwise(piece.words):
        if _gap(last, word) > _WORD_GAP * piece.height:
            cells.append([])
        cells[-1].append(word)
    return [_piece(cell) for cell in cells]


def _level(one: _Piece, other: _Piece) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap > 0.5 * min(one.height, other.height)


def _without_marker(row: list[_Piece]) -> list[_Piece]:
    """Return the cells of a row without a list's bullet or number, which is no cell."""
    return (
        row[1:] if row and len(_LETTER.findall(row[0].text)) == 0 and len(row[0].text) < 4 else row
    )


def _table_rows(rows: list[list[_Piece]]) -> set[int]:
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


def _aligned(above: list[_Piece], below: list[_Piece]) -> bool:
    fewer, more = sorted((above[1:], below[1:]), key=len)
    return all(any(_under(one, other) for other in more) for one in fewer)


def _under(one: _Piece, other: _Piece) -> bool:
    """Whether two cells share an edge: the left one, or of figures the right one.

    The last words of justified lines share their right edge too.
    """
    near = 0.4 * one.height
    figures = all(_DIGIT.search(cell.text) for cell in (one, other))
    return abs(one.left - other.left) < near or (figures and abs(one.right - other.right) < near)


def _line(row: list[_Piece], page: int, edge: float, *, is_row: bool, backwards: bool) -> Line:
    sizes, weights = Counter[float](), Counter[int]()
    for word in (word for one in row for word in one.words):
        sizes[round(word.height, 1)] += len(word.text)
        weights[word.weight] += len(word.text)
    words = row[0].words
    first = words[-1] if backwards else words[0]
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
