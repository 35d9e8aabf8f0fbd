"""Words to pieces of lines: what no wide gap separates, large initials joined to the line they open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf_words import Word
from rag.text.patterns import lazily

GUTTER = 0.55
"""The narrowest gutter between columns, in heights of a line."""
# The widest gap between words of a line that is not justified, in the same unit.
_WORD_GAP = 1.0
# Lines whose gaps stand under one another before these are taken for a gutter.
_MIN_LINES = 3
_LETTER = lazily(r"\p{L}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one line that no wide gap separates."""

    words: tuple[Word, ...]
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def text(self) -> str:
        """Its words with spaces between them."""
        return " ".join(word.text for word in self.words)


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


def pieces_of(words: Sequence[Word]) -> list[Piece]:
    """Return words that follow one another in the file and on the page as pieces of lines."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last is not None and _follows(last, word):
            runs[-1].append(word)
        else:
            runs.append([word])
    starts = Counter(
        round(word.left) for run in runs for last, word in pairwise(run) if is_wide(last, word)
    )
    edges = [x for x in starts if starts[x - 1] + starts[x] + starts[x + 1] >= _MIN_LINES]
    return [piece_of(piece) for run in runs for piece in _at_edges(run, edges)]


def _follows(last: Word, word: Word) -> bool:
    """Whether a word stands on the same line as the one before it, at any distance."""
    height = min(last.height, word.height)
    overlap = min(last.bottom, word.bottom) - max(last.top, word.top)
    similar = max(last.height, word.height) < 1.8 * height
    return similar and overlap > 0.6 * height and gap_between(last, word) > -0.5 * height


def gap_between(last: Word, word: Word) -> float:
    """Return the white between two words of a line, in either order; negative where they overlap."""
    return max(word.left - last.right, last.left - word.right)


def is_wide(last: Word, word: Word) -> bool:
    """Whether the gap between two words of a line is wider than a space of ragged type."""
    return gap_between(last, word) > _WORD_GAP * min(last.height, word.height)


def _at_edges(run: list[Word], edges: Sequence[int]) -> Iterator[list[Word]]:
    """Yield a line's words, cut where a gap holds the left edge of a column.

    In justified lines of few words all gaps are wide, but they do not stand under one another.
    """
    piece = run[:1]
    for last, word in pairwise(run):
        height = min(last.height, word.height)
        low, high = last.right + GUTTER * height, word.left + 1.5
        if gap_between(last, word) > 0.7 * height and any(
            low <= edge <= high and word.left - edge < 2.5 * height for edge in edges
        ):
            yield piece
            piece = []
        piece.append(word)
    yield piece


def piece_of(words: Sequence[Word]) -> Piece:
    """Return words that stand side by side as one piece."""
    return Piece(
        tuple(sorted(words, key=lambda one: one.left)),
        min(word.left for word in words),
        max(word.right for word in words),
        min(word.top for word in words),
        max(word.bottom for word in words),
    )


def with_drop_caps(pieces: list[Piece]) -> list[Piece]:
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
            wide = Piece(joined, cap.left, line.right, line.top, line.bottom)
            pieces[pieces.index(line)] = wide
    return pieces


def _widened(word: Word, initial: str, left: float) -> Word:
    return Word(initial + word.text, left, word.right, word.top, word.bottom, word.weight)
