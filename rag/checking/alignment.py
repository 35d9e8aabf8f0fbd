"""Where the words of a quotation stand in an article: exactly, with omissions, or altered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from rag.text.patterns import lazily

# A minus stands apart from the word before it; a dash between words or in a range is punctuation.
_MINUS = r"(?<![^\s\p{Ps}\p{Pi}\p{Sc}\"'*_])(?:[−+]|(?<!\p{N}\s)[-–‐‑‒])"
# "<5", "> 5", "±5"; "==" and "->" are markup.
_COMPARED = r"(?<![<>=~-])(?:[<>]=|[<>≤≥=≠≈~±])[^\S\n]?[−+–‐‑‒-]?"
# "200+ people", "AA+".
_PLUS = r"(?:\++(?![\p{L}\p{N}]))?"
_TOKEN = lazily(
    rf"[\p{{L}}\p{{M}}]+(?:['’-][\p{{L}}\p{{M}}]+)*{_PLUS}"
    r"|(?=[\p{N}\p{S}.–‐‑‒-])"
    rf"(?:(?=[^\p{{N}}])(?:{_COMPARED}|{_MINUS}))?"
    r"(?:\p{Sc}|(?:(?<![\p{L}\p{N}.,;:!?)\]])\.)?\d+(?:[.,:]\d+)*(?:\s?[%٪‰])?"
    + _PLUS
    + r"|\p{N}+)"
    r"|[°℃℉]"
)
_DASHES = str.maketrans(dict.fromkeys("−–‐‑‒", "-"))
_SIGNS = "-+<>=≤≥≠≈~±%٪‰"
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


class Words:
    """The words of a text, its numbers with what changes a figure (a minus, "<", "%"), and its currencies.

    Most texts are compared with nothing found: where the words stand is looked up when it is asked.
    """

    def __init__(self, text: str) -> None:
        self.texts: list[str] = [_joined(word) for word in _TOKEN.findall(folded(text))]
        """Case-folded, with straight apostrophes, without space in them."""
        self._text = text
        self._places: dict[str, list[int]] | None = None
        self._spans: list[tuple[int, int]] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where each stands in the text."""
        if self._spans is None:
            # Folding changes lengths, and neither where words begin nor how many there are.
            self._spans = [match.span() for match in _TOKEN.finditer(self._text)]
        return self._spans

    @property
    def places(self) -> dict[str, list[int]]:
        """The numbers of the words that are the same, ascending."""
        if self._places is None:
            self._places = {}
            for number, word in enumerate(self.texts):
                self._places.setdefault(word, []).append(number)
        return self._places

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where the words from one number to another, inclusive, stand in the text."""
        return self.spans[first][0], self.spans[last][1]


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


def align(quotation: str, text: str, words: Words) -> Alignment | None:
    """Return where a quotation stands in a text, else the nearest altered form of it, else None.

    Case counts in the first word of a sentence only where nothing else differs; marks do not count, but
    for those that change a figure.

    Parameters
    ----------
    words
        Those of the text.
    """
    found = locate(quotation, words)
    if found is not None or not words.texts:
        return found
    ours = [word for segment in _segments(quotation) for word in segment]
    return _nearest(ours, text, words) if ours else None


def locate(quotation: str, words: Words) -> Alignment | None:
    """Return where a quotation's words stand in a text in their order; None where they do not."""
    segments = _segments(quotation)
    if not segments or not words.texts:
        return None
    found = _in_order(segments, words)
    if found is None:
        return None
    return Alignment(*words.span(*found), 100.0, omissions=len(segments) > 1)


def _segments(quotation: str) -> list[list[str]]:
    """Return the words of a quotation between its omissions."""
    return [found for part in _OMISSION.split(quotation) if (found := Words(part).texts)]


def _in_order(sought: list[list[str]], words: Words) -> tuple[int, int] | None:
    """Return the first and last word of segments that follow each other with little in between."""
    # Lists are compared at once: word by word, a text of one word over and over took minutes.
    theirs, at = words.texts, words.places
    if not all(segment[0] in at for segment in sought):
        return None
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


def _nearest(ours: list[str], text: str, words: Words) -> Alignment | None:
    theirs = words.texts
    floor = _floor(len(ours))
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
            there = ""
            if code.dest_start < code.dest_end:
                start, end = words.span(first + code.dest_start, first + code.dest_end - 1)
                there = text[start:end]
            changes.append(Change(" ".join(ours[code.src_start : code.src_end]), there))
    return Alignment(*words.span(first, last - 1), score, tuple(changes))


def _best_window(ours: list[str], theirs: list[str], first: int, last: int) -> tuple[int, int]:
    """Return the window around one that takes the fewest edits; of those the longest."""
    reach = min(_MAX_SHIFT, 1 + len(ours) // 6)
    windows = [
        (start, end)
        for start in range(max(0, first - reach), min(len(theirs), first + reach) + 1)
        for end in range(max(start + 1, last - reach), min(len(theirs), last + reach) + 1)
    ]
    return min(windows, key=lambda w: (Levenshtein.distance(ours, theirs[slice(*w)]), w[0] - w[1]))


def may_align(quotation: str, text: str) -> bool:
    """Whether a text has enough of a quotation's words for `align` to return anything.

    A lower bound, much faster than words and edit distances: an alignment needs its least score's share of
    the quotation's words, each of which stands in the text as a run of characters.

    Parameters
    ----------
    text
        As `folded` returns it.
    """
    words = [word for segment in _segments(quotation) for word in segment]
    there = {word: word.strip(_SIGNS) in text for word in set(words)}
    return sum(there[word] for word in words) * 100 >= _floor(len(words)) * len(words) > 0


def _floor(words: int) -> float:
    return _MIN_SCORE_SHORT if words <= _SHORT else _MIN_SCORE


def _joined(word: str) -> str:
    """Return a word without the space between a number and its signs, of which a minus is one."""
    return "".join(word.split()).translate(_DASHES)


def folded(text: str) -> str:
    """Return a text as words are compared: without case, apostrophes straight."""
    return text.replace("’", "'").casefold()
