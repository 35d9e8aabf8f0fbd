"""Articles to chunks: slices that end at sentence ends, within a token budget."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from rag.index.tokens import SliceCounter, count_tokens
from rag.text.patterns import lazily
from rag.text.sentences import sentence_spans

TITLE_SEPARATOR = "\n"
_TITLE_TOKENS = 64
"""Tokens of a title in front of a chunk; a longer one is cut, so that the chunk is embedded too."""
_CLAUSE = lazily(r"[;:,—–]\s+|[；：，、]|(?<!\s)\s++[-–—]\s+")
_SPACE = lazily(r"\s+")
# Tokens that joining two sentences adds at most: the space between them, and a first word
# that is another token after a space.
_JOIN_TOKENS = 4
# Whole graphemes first, so that no accent or emoji is torn from its base; one may be any length.
_GRAPHEME = lazily(r"\X")
_CHARACTER = lazily(r".", regex.DOTALL)


@dataclass(frozen=True, slots=True)
class ChunkBudget:
    """How articles are chunked; stored with the index. Sizes are cl100k_base tokens.

    Measured with ``python -m eval.lab.tune chunks``; see docs/decisions.md.
    """

    tokens: int = 128
    overlap_sentences: int = 1
    title_in_vector: bool = True


class ChunkedText:
    """A text whose sentences are found and counted once, however many choices of its parts are chunked."""

    def __init__(self, text: str, budget: ChunkBudget) -> None:
        self._budget = budget
        self._counter = SliceCounter(text)
        self._pieces: list[tuple[int, int]] = []
        self._counts: list[int] = []
        for start, end in sentence_spans(text):
            count = self._counter.count(start, end)
            if count <= budget.tokens:
                self._pieces.append((start, end))
                self._counts.append(count)
                continue
            parts = _within_budget(text, start, end, budget.tokens)
            self._pieces += parts
            self._counts += [self._counter.count(*part) for part in parts]

    def spans(self) -> list[tuple[int, int]]:
        """Return the chunks of the whole text; see `chunk_spans`."""
        return self._spans(0, len(self._pieces))

    def spans_of(self, parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the chunks of some parts of the text, each chunked for itself.

        Parts are in order and begin and end with a line, so that every sentence is in one or in none.
        """
        starts = [start for start, _ in self._pieces]
        found: list[tuple[int, int]] = []
        for start, end in parts:
            found += self._spans(bisect_left(starts, start), bisect_left(starts, end))
        return found

    def _spans(self, first: int, stop: int) -> list[tuple[int, int]]:
        """Return the chunks of the pieces from one to before another."""
        pieces, counts = self._pieces, self._counts
        budget, counter = self._budget, self._counter
        chunks: list[tuple[int, int]] = []
        while first < stop:
            last = first
            total = counts[first]
            # Counts of the pieces bound the count of the whole only roughly (a token may cross the
            # space between them), so the slice itself is counted where a piece may be one too many.
            while last + 1 < stop:
                total += counts[last + 1]
                joints = last + 1 - first
                if total > budget.tokens + joints or (
                    total + _JOIN_TOKENS * joints > budget.tokens
                    and counter.count(pieces[first][0], pieces[last + 1][1]) > budget.tokens
                ):
                    break
                last += 1
            chunks.append((pieces[first][0], pieces[last][1]))
            if last + 1 >= stop:
                break
            following = last + 1
            shared = following
            for back in range(1, budget.overlap_sentences + 1):
                candidate = following - back
                if candidate <= first:
                    break
                if counter.count(pieces[candidate][0], pieces[following][1]) <= budget.tokens:
                    shared = candidate
            first = shared
        return chunks


def chunk_spans(text: str, budget: ChunkBudget) -> list[tuple[int, int]]:
    """Return the chunks of a text as ``(start, end)`` offsets, in order.

    Each begins and ends with a sentence, counts at most ``budget.tokens`` and shares its first
    ``overlap_sentences`` with the one before, where they leave room for something new. A sentence
    over the budget is cut after clauses, then words, then graphemes, then characters.
    """
    return ChunkedText(text, budget).spans()


def vector_text(title: str | None, text: str, budget: ChunkBudget) -> str:
    """Return what is embedded for a chunk: its text, after the article's title where that is on."""
    if not title or not budget.title_in_vector:
        return text
    return f"{_short_title(title)}{TITLE_SEPARATOR}{text}"


@lru_cache(maxsize=256)
def _short_title(title: str) -> str:
    """Return a title as it is, or the words at its beginning that keep within the budget."""
    # A token is a character at least, so that most titles need no count.
    if len(title) <= _TITLE_TOKENS or count_tokens(title) <= _TITLE_TOKENS:
        return title
    start, end = _within_budget(title, 0, len(title), _TITLE_TOKENS)[0]
    return title[start:end]


def _within_budget(text: str, start: int, end: int, tokens: int) -> list[tuple[int, int]]:
    if count_tokens(text[start:end]) <= tokens:
        return [(start, end)]
    spans = [(start, end)]
    for split in (_after(_CLAUSE), _after(_SPACE), _after(_GRAPHEME), _after(_CHARACTER)):
        parts: list[tuple[int, int]] = []
        for span in spans:
            if count_tokens(text[span[0] : span[1]]) <= tokens:
                parts.append(span)
            else:
                parts.extend(_packed(text, split(text, *span), tokens))
        spans = parts
    return spans


def _after(boundary: regex.Pattern[str]) -> Callable[[str, int, int], list[tuple[int, int]]]:
    def split(text: str, start: int, end: int) -> list[tuple[int, int]]:
        cuts = [m.end() for m in boundary.finditer(text, start, end) if start < m.end() < end]
        return list(zip([start, *cuts], [*cuts, end], strict=True))

    return split


def _packed(text: str, parts: Sequence[tuple[int, int]], tokens: int) -> list[tuple[int, int]]:
    """Join neighbouring parts as long as they fit; each result is trimmed of white space."""
    packed: list[tuple[int, int]] = []
    low = 0
    while low < len(parts):
        # Doubling then halving: a 20 MB line must not cost a count for each of its characters.
        step, high = 1, low
        while step:
            ahead = high + step
            fits = ahead < len(parts) and _count(text, parts[low][0], parts[ahead][1]) <= tokens
            if fits:
                high, step = ahead, step * 2
            else:
                step //= 2
        start, end = parts[low][0], parts[high][1]
        while end > start and text[end - 1].isspace():
            end -= 1
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            packed.append((start, end))
        low = high + 1
    return packed


def _count(text: str, start: int, end: int) -> int:
    return _cached_count(text[start:end]) if end - start < 2000 else count_tokens(text[start:end])


@lru_cache(maxsize=4096)
def _cached_count(text: str) -> int:
    return count_tokens(text)
