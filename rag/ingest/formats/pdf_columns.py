"""Pieces of lines to blocks in the order of reading: columns side by side, what stands across them first.

A region is cut where a gutter separates two stacks of lines; what crosses the gutter (a headline over
three columns) ends the stacks. Each part is cut again, until none has a gutter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf_pieces import GUTTER, Piece
from rag.text.patterns import lazily

# Lines that each side of a gutter has at least: two short notes side by side are no columns.
_MIN_LINES = 3
# Columns of text are wide (in heights of a line), and their lines are not level with those of the next
# column, or many of them begin in small letters; without such letters, many end near one right edge, or
# where the next one's first word would not fit.
_MIN_WIDTH = 5.0
# Cells are seldom so long, in the same unit.
_LONG = 14.0
_SMALL_SHARE = 0.3
_NEAR_SHARE = 0.4
_FULL_SHARE = 0.5
# Type this much larger than the usual opens a story that stands below another.
_HEADLINE = 1.3
_MAX_EDGES = 60
_MAX_DEPTH = 40
_DIGIT = lazily(r"\p{N}")
_LETTER = lazily(r"\p{L}")
_SMALL = lazily(r"\p{Ll}")
_SMALL_START = lazily(r"[^\p{L}\p{N}]{0,3}\p{Ll}")


def blocks_of(pieces: list[Piece], depth: int = 0) -> list[list[Piece]]:
    """Return the pieces of a page block by block in the order of reading."""
    if not pieces:
        return []
    band = _band(pieces) if depth < _MAX_DEPTH else None
    if band is not None:
        return [block for part in band for block in blocks_of(part, depth + 1)]
    cut = _best_cut(pieces) if depth < _MAX_DEPTH and len(pieces) >= 2 * _MIN_LINES else None
    if cut is None:
        return [pieces]
    # Above, left, right, below.
    return [block for part in cut for block in blocks_of(part, depth + 1)]


def _band(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]] | None:
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


def _line_gap(pieces: list[Piece]) -> float:
    """Return the usual white between a line and the one below it."""
    gaps = [
        below.top - above.bottom
        for above, below in pairwise(sorted(pieces, key=lambda one: (round(one.left), one.top)))
        if abs(above.left - below.left) < 2 and 0 <= below.top - above.bottom < above.height
    ]
    return median(gaps) if gaps else 0.0


_Cut = tuple[list[Piece], list[Piece], list[Piece], list[Piece]]


def _best_cut(pieces: list[Piece]) -> _Cut | None:
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


def _cuts_at(pieces: list[Piece], edge: float, usual: float) -> Iterable[_Cut]:
    """Yield the stretches of a gutter that ends at ``edge``, between the pieces that cross it."""
    start = edge - GUTTER * usual
    over = [one for one in pieces if one.left < edge - 1.5 and one.right > start]
    long = [one for one in over if _overflows(one, edge, pieces)]
    crossing = sorted(one.middle for one in over if one not in long)
    bounds = [float("-inf"), *crossing, float("inf")]
    for high, low in pairwise(bounds):
        inside = [one for one in pieces if high < one.middle < low]
        left = [one for one in inside if one.right <= start or one in long]
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


def _overflows(piece: Piece, edge: float, pieces: list[Piece]) -> bool:
    """Whether a line is drawn over one of the next column: an address too long for its own."""
    return any(
        edge - 1.5 <= one.left < piece.right - 2 and one.top < piece.middle < one.bottom
        for one in pieces
        if one is not piece
    )


def _heads(left: list[Piece], right: list[Piece], usual: float) -> list[Piece]:
    """Return what stands in large type over both columns without reaching across the gutter.

    Where both have such a line on top, each heads its own column.
    """
    begin = max(min(one.top for one in left), min(one.top for one in right))
    large = [one for one in (*left, *right) if one.height > 1.15 * usual]
    found: list[Piece] = []
    for side, other in ((left, right), (right, left)):
        if not any(one in other and one.top < begin + 0.5 * usual for one in large):
            found += [one for one in large if one in side and one.middle < begin]
    return found


def _shared_height(left: list[Piece], right: list[Piece]) -> float:
    if not left or not right:
        return 0.0
    top = max(min(one.top for one in left), min(one.top for one in right))
    bottom = min(max(one.bottom for one in left), max(one.bottom for one in right))
    return bottom - top


def _are_columns(left: list[Piece], right: list[Piece], usual: float) -> bool:
    """Whether two stacks of lines are columns of text, and not of a table."""
    if min(len(left), len(right)) < _MIN_LINES or _shared_height(left, right) < 2.5 * usual:
        return False
    for side in (left, right):
        if median(line[1] - line[0] for line in _lines(side)) < _MIN_WIDTH * usual:
            return False
        figures = sum(
            len(_DIGIT.findall(one.text)) > len(_LETTER.findall(one.text)) for one in side
        )
        if figures > len(side) / 2:
            return False
    return not _share_rows(left, right, usual) or _is_text(left, right, usual)


def _lines(side: list[Piece]) -> list[tuple[float, float, str]]:
    """Return left edge, right edge and first piece of a stack's lines, which justified type pulls apart."""
    lines: dict[int, tuple[float, float, str]] = {}
    for one in sorted(side, key=lambda one: one.left):
        left, right, text = lines.get(round(one.middle), (one.left, one.right, one.text))
        lines[round(one.middle)] = left, max(right, one.right), text
    return list(lines.values())


def _share_rows(left: list[Piece], right: list[Piece], usual: float) -> bool:
    """Whether most lines of the shorter side stand on a line of the other, as a table's rows do."""
    fewer, more = sorted((left, right), key=len)
    middles = sorted(one.middle for one in more)
    level = sum(
        bisect_left(middles, one.middle + 0.15 * usual)
        > bisect_left(middles, one.middle - 0.15 * usual)
        for one in fewer
    )
    return level > 0.7 * len(fewer)


def _is_text(left: list[Piece], right: list[Piece], usual: float) -> bool:
    """Whether stacks of lines that are level are text: lines go on in small letters, cells seldom do."""
    letters = "".join(one.text for one in (*left, *right))
    if len(_SMALL.findall(letters)) < 0.2 * len(_LETTER.findall(letters)):
        # Scripts without small letters, and capitals.
        return _is_filled(left, right, usual)
    one, other = _lines(left), _lines(right)
    first, second = (
        sum(bool(_SMALL_START.match(text)) for _, _, text in lines) >= _SMALL_SHARE * len(lines)
        for lines in (one, other)
    )
    # Of the longer lines: paragraphs end in short ones.
    widths = (sorted(line[1] - line[0] for line in lines) for lines in (one, other))
    if min(sizes[3 * len(sizes) // 4] for sizes in widths) > _LONG * usual:
        return first or second or _is_filled(left, right, usual)
    # Labels stand here and there beside the lines of what they label; the lines of a list are many.
    return first or (second and len(one) > 0.8 * len(other))


def _is_filled(left: list[Piece], right: list[Piece], usual: float) -> bool:
    """Whether the column left of a gutter is filled with text: cells of a table end anywhere."""
    start = min(one.left for one in right)
    # Without what overflows it.
    left = [one for one in left if one.right < start] or left
    width = median(one.right - one.left for one in left)
    end = max(one.right for one in left)
    near = sorted((one for one in left if one.right > end - width), key=lambda one: one.top)
    ends_near = sum(one.right > end - 0.25 * width for one in near)
    # The next line's first word would not have fitted.
    full = sum(
        above.right + 0.25 * usual + below.words[0].right - below.words[0].left > end - 0.1 * usual
        for above, below in pairwise(near)
    )
    return ends_near >= _NEAR_SHARE * len(near) or full >= _FULL_SHARE * (len(near) - 1)
