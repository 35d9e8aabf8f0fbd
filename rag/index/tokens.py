"""Token counts: of a text, and of any slice of a text without encoding each slice again."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from itertools import accumulate

import regex

ENCODING = "cl100k_base"
_MAX_INDEXED = 1_000_000
"""Characters of a text whose tokens are indexed; the index takes some hundred bytes a word."""
_MAX_PIECE = 32
_MAX_PIECES = 1 << 18
# The encoding's pattern for texts of Latin letters without rare characters, which most are: a third of the
# time, by the standard module's ranges, and with its most frequent piece, a word after a space, first.
_LETTERS = "A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u017e"
_NUMBERS = "0-9\xb2\xb3\xb9\xbc-\xbe"
_PLAIN_PIECE = re.compile(
    rf" [{_LETTERS}]++|'(?i:[sdmt]|ll|ve|re)|[^\r\n{_LETTERS}{_NUMBERS}]?+[{_LETTERS}]++|[{_NUMBERS}]{{1,3}}+"
    rf"| ?[^\s{_LETTERS}{_NUMBERS}]++[\r\n]*+|\s++\Z|\s*[\r\n]|\s+(?!\S)|\s"
)
_NOT_PLAIN = re.compile(
    "[^\t\n\r -~\xa0-\u017e\u0300-\u036f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u23ff"
    "\u2500-\u2775\ufe0f\U0001f300-\U0001faff]"
)


def count_tokens(text: str) -> int:
    """Return how many cl100k_base tokens a text has; markup of special tokens is plain text."""
    return len(_encoding().encode_ordinary(text))


class SliceCounter:
    """The number of tokens of any slice of a text, in time that does not depend on its length.

    The encoding cuts a text into pieces (words, numbers, punctuation) by a pattern and encodes each by
    itself. Where the pieces of a slice begin at the text's own pieces they are the same ones, so that
    only its ends are cut again.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._indexed = len(text) <= _MAX_INDEXED
        self._pattern, self._counts = _pieces(), _counts()
        pieces: list[str] = self._pieces_of(text) if self._indexed else []
        self._starts = [0, *accumulate(map(len, pieces))]
        self._before = [0, *accumulate(map(self._counts.__getitem__, pieces))]

    def count(self, start: int, end: int) -> int:
        """Return ``count_tokens(text[start:end])`` of a slice that does not end in white space."""
        if not self._indexed:
            return count_tokens(self._text[start:end])
        starts, total = self._starts, 0
        first = bisect_left(starts, start)
        if 0 < first < len(starts) and starts[first - 1] == start - 1 and starts[first] <= end:
            # Within " word", one piece of the text: the slice's first one is "word".
            word = self._text[start : starts[first]]
            if word.isalpha() and self._text[start - 1] == " ":
                total = self._counts[word]
                start = starts[first]
        while start < end and starts[first] != start:
            piece = self._piece(start, end)
            total += self._counts[piece]
            start += len(piece)
            first = bisect_left(starts, start, first)
        last = bisect_left(starts, end, first)
        if starts[last] != end:
            last = max(last - 1, first)
        total += self._before[last] - self._before[first]
        start = max(start, starts[last])
        while start < end:
            piece = self._piece(start, end)
            total += self._counts[piece]
            start += len(piece)
        return total

    def _pieces_of(self, text: str) -> list[str]:
        pattern = self._pattern if _NOT_PLAIN.search(text) else _PLAIN_PIECE
        pieces: list[str] = pattern.findall(text)
        return pieces

    def _piece(self, start: int, end: int) -> str:
        """Return the first piece of a slice."""
        if end - start == 1:
            return self._text[start]
        found = self._pattern.match(self._text, start, end)
        return found.group() if found else self._text[start:end]


class _Counts(dict[str, int]):
    """The number of tokens of a piece; words recur."""

    def __init__(self) -> None:
        super().__init__()
        self._ranks: Mapping[bytes, int] = _encoding()._mergeable_ranks

    def __missing__(self, piece: str) -> int:
        # Most are a token of their own, which is known without encoding them.
        known = piece.encode("utf-8", "replace") in self._ranks
        count = 1 if known else count_tokens(piece)
        if len(piece) <= _MAX_PIECE:
            if len(self) >= _MAX_PIECES:
                self.clear()
            self[piece] = count
        return count


@cache
def _counts() -> _Counts:
    return _Counts()


@cache
def _pieces() -> regex.Pattern[str]:
    """Return the pattern by which the encoding cuts a text; every character is in one piece."""
    # In Rust's patterns "$" is the very end.
    return regex.compile(_encoding()._pat_str.replace("$", r"\Z"))


@cache
def _encoding() -> "tiktoken.Encoding":  # type: ignore[name-defined]  # noqa: F821, UP037
    import os

    # Without this, tiktoken copies the ranks into the shared temporary folder and trusts them there.
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", "")
    import tiktoken

    # The packaged ranks; tiktoken's own entry of this name would download them.
    return tiktoken.get_encoding(f"{ENCODING}_offline")
