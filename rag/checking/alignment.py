"""Where the words of a quotation stand in an article: exactly, with omissions, or altered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import regex
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from rag.text.patterns import lazily

_TOKEN = lazily(r"\d+(?:[.,:]\d+)*(?:\s?%)?|[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*|\p{N}+")
# "..." and "[the minister]": words that whoever quotes left out or put in.
_OMISSION = lazily(r"\[[^\[\]]{0,200}\]|\(\s*(?:\.{3}|…)\s*\)|\.{3,}|…")
# Words that an omission may skip.
_MAX_OMITTED = 80
# Segments that are looked for after an omission, in all: where words repeat, they fit again and again.
_MAX_TRIES = 50_000
# Score (0 to 100) below which two runs of words are no version of each other.
_MIN_SCORE = 62.0
_MIN_SCORE_SHORT = 80.0
_SHORT = 5
# Words by which the ends of the nearest run may lie off those that a fuzzy search returns.
_MAX_SHIFT = 6


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a number with its sign of percent."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """Where an article's words differ from the quotation's; either side may be empty."""

    quoted: str
    article: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a quotation stands in a text, or what comes nearest to it."""

    start: int
    end: int
    score: float
    """100 where the words are the same, else the share of them that is, in percent."""
    changes: tuple[Change, ...] = ()
    omissions: bool = False
    """Whether the quotation leaves out or replaces words, and marks that."""

    @property
    def verbatim(self) -> bool:
        """Whether the words, in their order, are the article's."""
        return not self.changes


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the words and numbers of a text with their offsets."""
    stop = len(text) if end is None else end
    return [Token(_plain(m.group()), *m.span()) for m in _TOKEN.finditer(text, start, stop)]


def align(quotation: str, text: str, words: list[Token]) -> Alignment | None:
    """Return where a quotation stands in a text, else the nearest altered form of it, else None.

    Case counts in the first word of a sentence only where nothing else differs; marks do not count.

    Parameters
    ----------
    words
        The text's `tokens`.
    """
    segments = [found for part in _OMISSION.split(quotation) if (found := tokens(part))]
    if not segments or not words:
        return None
    exact = _in_order(segments, words)
    if exact is not None:
        first, last = exact
        return Alignment(words[first].start, words[last].end, 100.0, omissions=len(segments) > 1)
    quoted = [token for segment in segments for token in segment]
    return _nearest(quoted, text, words)


def _in_order(segments: list[list[Token]], words: list[Token]) -> tuple[int, int] | None:
    """Return the first and last word of segments that follow each other with little in between."""
    # Lists are compared at once: word by word, a text of one word over and over took minutes.
    theirs = [word.text for word in words]
    sought = [[token.text for token in segment] for segment in segments]
    at: dict[str, list[int]] = {segment[0]: [] for segment in sought}
    for number, word in enumerate(theirs):
        if word in at:
            at[word].append(number)
    tries = 0
    for first in at[sought[0][0]]:
        if tries > _MAX_TRIES:
            break
        end = _matches(sought[0], theirs, first)
        for segment in sought[1:]:
            if end is None:
                break
            tries += 1
            starts = at[segment[0]]
            low, high = bisect_left(starts, end), bisect_right(starts, end + _MAX_OMITTED)
            found = (_matches(segment, theirs, n) for n in starts[low:high])
            end = next((stop for stop in found if stop), None)
        if end is not None:
            return first, end - 1
    return None


def _matches(segment: list[str], words: list[str], first: int) -> int | None:
    end = first + len(segment)
    return end if words[end - 1 : end] == segment[-1:] and words[first:end] == segment else None


def _nearest(quoted: list[Token], text: str, words: list[Token]) -> Alignment | None:
    ours, theirs = [t.text for t in quoted], [t.text for t in words]
    floor = _MIN_SCORE_SHORT if len(ours) <= _SHORT else _MIN_SCORE
    found = fuzz.partial_ratio_alignment(ours, theirs, score_cutoff=floor)
    if found is None:
        return None
    if len(ours) <= len(theirs):
        first, last = _best_window(ours, theirs, found.dest_start, found.dest_end)
    else:
        # The text is shorter than the quotation: all of it is compared.
        first, last = 0, len(theirs)
    window = theirs[first:last]
    score = 100 * float(Levenshtein.normalized_similarity(ours, window))
    if not window or score < floor:
        return None
    changes = []
    for code in Levenshtein.opcodes(ours, window):
        if code.tag != "equal":
            span = words[first + code.dest_start : first + code.dest_end]
            there = text[span[0].start : span[-1].end] if span else ""
            changes.append(Change(" ".join(ours[code.src_start : code.src_end]), there))
    return Alignment(words[first].start, words[last - 1].end, score, tuple(changes))


def _best_window(ours: list[str], theirs: list[str], first: int, last: int) -> tuple[int, int]:
    """Return the window around one that takes the fewest edits; of those the longest."""
    reach = min(_MAX_SHIFT, 1 + len(ours) // 6)
    windows = [
        (start, end)
        for start in range(max(0, first - reach), min(len(theirs), first + reach) + 1)
        for end in range(max(start + 1, last - reach), min(len(theirs), last + reach) + 1)
    ]
    return min(windows, key=lambda w: (Levenshtein.distance(ours, theirs[slice(*w)]), w[0] - w[1]))


def _plain(word: str) -> str:
    return regex.sub(r"\s", "", word).replace("’", "'").casefold()
