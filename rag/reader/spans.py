"""Inside a sentence, the words that answer: of the wanted kind, new, and near the question's own."""

from __future__ import annotations

import regex

from rag.index.lexical import analyse
from rag.reader.kinds import Want, offers

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.,-]*(?<![.,'’-])|[\p{L}\p{N}]")
_CAUSE = regex.compile(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|so that|in order to|as a result of|since"
    r"|with the aim of|aimed at|aiming (?:at|to)|for the benefit of|in a bid to|which would|to)\b",
    regex.I,
)
_SAID = regex.compile(
    r"\b(?:said|say|says|stressed|agreed|urged|noted|affirmed|emphasi[sz]ed|suggested|proposed"
    r"|pledged|called for|expressed|stated|told|argued|believes?|hoped|means?|is|are|was|were)\b"
    r"(?: that)?\s",
    regex.I,
)
_EDGE = " \t,;:-–—\"“”‘’'()[]"


def answer_span(question: str, sentence: str, want: Want) -> tuple[int, int, float]:
    """Return the answering words as ``(start, end)`` in a sentence, and how well their kind fits.

    The fit is 1 where new words of the wanted kind are there, 0 where none are, 0.5 where the
    question's form does not say what it wants.
    """
    asked = frozenset(analyse(question))
    if want.kind == "clause":
        start, end = _clause(sentence, asked, why="why" in question.lower().split()[:3])
        return start, end, 0.5
    best: tuple[float, int, int] | None = None
    matched = _matches(sentence, asked)
    for start, end in offers(want.kind, sentence):
        words = analyse(sentence[start:end])
        new = [word for word in words if word not in asked]
        if not new:
            continue
        score = _nearness(start, end, matched) + 0.3 * len(new) / len(words)
        if want.kind == "count" and want.unit:
            following = frozenset(analyse(sentence[end : end + 40]))
            score += 0.6 * bool(following & frozenset(analyse(want.unit)))
        if want.kind == "person":
            score += 0.25 * min(len(words), 3) - 0.2 * bool(len(new) < len(words))
        if want.kind == "acronym":
            score += 0.1 * len(words)
        if best is None or score > best[0]:
            best = (score, start, end)
    if best is None:
        start, end = _clause(sentence, asked, why=False)
        return start, end, 0.0
    return best[1], best[2], 1.0


def _matches(sentence: str, asked: frozenset[str]) -> list[tuple[int, int]]:
    return [
        (m.start(), m.end())
        for m in _WORD.finditer(sentence)
        if len(m.group()) > 2 and asked.intersection(analyse(m.group()))
    ]


def _nearness(start: int, end: int, matched: list[tuple[int, int]]) -> float:
    """Sum over the question's words of what falls with their distance in characters."""
    total = 0.0
    for low, high in matched:
        if low >= start and high <= end:
            continue
        gap = low - end if low >= end else start - high
        total += 1 / (1 + max(0, gap) / 20)
    return total


def _clause(sentence: str, asked: frozenset[str], *, why: bool) -> tuple[int, int]:
    """Return the longest run of words that tells something the question does not."""
    whole = _trimmed(sentence, 0, len(sentence))
    if why:
        cause = _CAUSE.search(sentence)
        if cause and cause.end() < len(sentence) - 10:
            return _trimmed(sentence, cause.start(), len(sentence))
        return whole
    words = [(m.start(), m.end()) for m in _WORD.finditer(sentence)]
    known = [bool(asked.intersection(analyse(sentence[a:b]))) for a, b in words]
    said = [m.end() for m in _SAID.finditer(sentence)]
    last = max((n for n, k in enumerate(known) if k), default=-1)
    after = [place for place in said if last >= 0 and place > words[last][1]]
    if after and len(sentence) - after[0] > 8:
        return _trimmed(sentence, after[0], len(sentence))
    runs: list[tuple[int, int, int]] = []
    first: int | None = None
    for n, k in enumerate([*known, True]):
        if not k and first is None:
            first = n
        elif k and first is not None:
            runs.append((words[n - 1][1] - words[first][0], words[first][0], words[n - 1][1]))
            first = None
    if not runs:
        return whole
    _, start, end = max(runs)
    return _trimmed(sentence, start, end)


def _trimmed(sentence: str, start: int, end: int) -> tuple[int, int]:
    low, high = start, end
    while low < high and sentence[low] in _EDGE:
        low += 1
    while high > low and sentence[high - 1] in _EDGE + ".!?":
        high -= 1
    return (low, high) if low < high else (start, end)
