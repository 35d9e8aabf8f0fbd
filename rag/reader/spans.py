"""The answer span inside a sentence: text of the expected type, new, and near the question's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import regex

from rag.text.analyser import analyse, terms_of
from rag.text.answer_types import AnswerType, typed_candidates
from rag.text.entities import CasingStats, country_of, find_offices
from rag.text.patterns import lazily

_WORD = lazily(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.,-]*(?<![.,'’-])|[\p{L}\p{N}]")
_CAUSE = lazily(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|so that|in order to|so as to|as a result of"
    r"|since|with the aim of|aimed at|aiming (?:at|to)|for the (?:benefit|good|sake) of|in a bid to"
    r"|as a (?:contribution|means|way|step)|therefore|(?:would |will |to )?helps?(?: to)?"
    r"|the (?:aim|goal|purpose|reason) (?:is|was)|contribut\w+ to|which (?:would|will)|to)\b",
    regex.I,
)
_REPORTING_VERB = lazily(
    r"\b(?:said|say|says|stressed|agreed|urged|noted|affirmed|emphasi[sz]ed|suggested|proposed"
    r"|pledged|called for|expressed|stated|told|argued|believes?|hoped|means?|is|are|was|were)\b"
    r"(?: that)?\s",
    regex.I,
)
_SHORT_FORM = lazily(r"\b(?:\p{Lu}[\p{L}&.-]*\p{Lu}[\p{L}.]*|\p{Lu}{2,}s?)\b")
_DEFINES = lazily(
    r"^\W{0,3}(?:\([^)]{1,40}\))?\W{0,2}(?P<how>:|,? (?:is|are|was|were|means|refers to|stands for)\b"
    r"|, (?=(?:a|an|the)\b))\s*"
)
_DEFINED = lazily(
    r"^(?:what|who) (?:is|are|was|were|does|do) (?:the |a |an )?(?P<thing>.+?)(?: mean| stand for)?\?*$",
    regex.I,
)
_EDGE = " \t,;:-–—\"“”‘’'()[]"


@dataclass(frozen=True, slots=True)
class SelectedSpan:
    """A span as offsets in a text, and how well it fits the question; both scores lie in 0..1."""

    start: int
    end: int
    type_match: float
    """1 for new text of the expected answer type, 0 where the sentence has none; 0.5 where the
    question's form implies no type."""
    proximity: float = 0.0
    """IDF-weighted nearness of the question's terms."""


def answer_span(
    question: str,
    text: str,
    answer_type: AnswerType,
    casing: CasingStats,
    idf: Mapping[str, float],
) -> SelectedSpan:
    """Select the span of a sentence that answers best.

    Parameters
    ----------
    text
        The sentence, or two, that may answer.
    answer_type
        What the question expects.
    casing
        Statistics of the capitalised words of all passages.
    idf
        Weight of each of the question's terms.
    """
    asked = frozenset(analyse(question))
    if answer_type.kind == "acronym":
        return _acronym(question, text) or _clause_span(text, asked, type_match=0.0)
    if answer_type.kind == "definition":
        defined = _definition(question, text)
        return defined or _clause_span(text, asked, type_match=0.2)
    if answer_type.kind == "clause":
        why = "why" in question.lower().split()[:3]
        start, end, caused = _clause(text, asked, why=why)
        return SelectedSpan(start, end, (1.0 if caused else 0.2) if why else 0.5)
    matched = _matches(text, idf)
    total = sum(idf.values()) or 1.0
    best: tuple[float, SelectedSpan] | None = None
    for start, end, type_match in typed_candidates(answer_type, text, casing):
        words = terms_of(text[start:end])
        new = [word for word in words if word not in asked]
        if not new:
            continue
        if answer_type.kind == "person":
            type_match *= 0.5 if len(new) < len(words) else 1.0
            type_match *= _office_match(question, text, start, end)
        proximity = _proximity(start, end, matched) / total
        score = type_match + 0.8 * proximity + 0.2 * len(new) / len(words)
        if best is None or score > best[0]:
            best = (score, SelectedSpan(start, end, type_match, proximity))
    if best is None:
        return _clause_span(text, asked, type_match=0.0)
    return best[1]


def _office_match(question: str, text: str, start: int, end: int) -> float:
    """Return 1 unless a question asks for the holder of an office and the person holds another."""
    sought = find_offices(question)
    if not sought:
        return 1.0
    held = find_offices(text)
    if not held:
        return 0.6
    # A title comes right before the name or, after it, up to the next name.
    office_start, office_end, words = min(
        held, key=lambda o: start - o[1] if o[1] <= start else 2 + o[0] - end if o[0] >= end else 0
    )
    office = max(sought, key=lambda o: len(o[2]))
    if words != office[2]:
        if any(w == office[2] for _, _, w in held):
            return 0.5
        return 0.35
    one = country_of(question, office[0], office[1])
    other = country_of(text, office_start, office_end)
    return 0.4 if one and other and not one & other else 1.0


def _matches(text: str, idf: Mapping[str, float]) -> list[tuple[int, int, float]]:
    found = []
    for m in _WORD.finditer(text):
        weight = max((idf.get(term, 0.0) for term in terms_of(m.group())), default=0.0)
        if weight:
            found.append((m.start(), m.end(), weight))
    return found


def _proximity(start: int, end: int, matched: list[tuple[int, int, float]]) -> float:
    """Sum the weights of the question's words, each divided by its distance from the span."""
    total = 0.0
    for low, high, weight in matched:
        if low >= start and high <= end:
            continue
        gap = low - end if low >= end else start - high
        total += weight / (1 + max(0, gap) / 25)
    return total


def _acronym(question: str, text: str) -> SelectedSpan | None:
    """Find the expansion of the abbreviation asked about.

    After Schwartz and Hearst 2003, "A Simple Algorithm for Identifying Abbreviation Definitions
    in Biomedical Text": a short form's letters are matched to the words beside it, from the right.
    """
    short = next((m.group() for m in _SHORT_FORM.finditer(question)), None)
    if short is None:
        return None
    letters = [c.lower() for c in short if c.isalnum()]
    for found in regex.finditer(rf"(?<![\p{{L}}]){regex.escape(short)}(?![\p{{L}}])", text):
        before, after = text[: found.start()].rstrip("( \"“'"), text[found.end() :]
        long = (
            _long_form(before, letters) if text[found.start() - 1 : found.start()] == "(" else None
        )
        if long:
            return SelectedSpan(*long, 1.0, 1.0)
        opened = regex.match(r"(?: \d+)?(?:: | \(|, | (?:means|is|stands for) )(?:the |a )?", after)
        if opened:
            start = found.end() + opened.end()
            stop = regex.search(r"[).,;:]|$", text[start:])
            end = start + (stop.start() if stop else 0)
            initials = [w[0].lower() for w in _WORD.findall(text[start:end]) if w[0].isupper()]
            if _in_order(letters, initials) and end > start:
                return SelectedSpan(*_trimmed(text, start, end), 1.0, 1.0)
    for match in regex.finditer(
        r"\p{Lu}\p{Ll}+(?:(?: (?:of|and|the|for|on|in|to))* \p{Lu}\p{Ll}+)+", text
    ):
        initials = [w[0].lower() for w in match.group().split() if w[0].isupper()]
        if initials == letters:
            return SelectedSpan(match.start(), match.end(), 0.7, 0.5)
    return None


def _long_form(before: str, letters: list[str]) -> tuple[int, int] | None:
    """Return the words right before a bracket whose initials, in order, are the letters."""
    words = [(m.start(), m.end(), m.group()) for m in _WORD.finditer(before)][
        -3 * len(letters) - 6 :
    ]
    for first in range(len(words)):
        if words[first][2][0].lower() != letters[0] or not words[first][2][0].isupper():
            continue
        initials = [word[0].lower() for _, _, word in words[first:]]
        if _in_order(letters, initials):
            return words[first][0], words[-1][1]
    return None


def _in_order(letters: list[str], initials: list[str]) -> bool:
    """Whether the initials contain the letters in their order, two of them missing at most."""
    position = hits = 0
    for letter in letters:
        if letter in initials[position:]:
            position = initials.index(letter, position) + 1
            hits += 1
    return hits >= max(2, len(letters) - 2) and bool(initials) and initials[0] == letters[0]


def _definition(question: str, text: str) -> SelectedSpan | None:
    """Find the definition in a sentence that begins with the term: "X: ...", "X is ...", "X, a ..."."""
    found = _DEFINED.match(question.strip())
    if not found:
        return None
    thing = frozenset(analyse(found["thing"]))
    words = list(_WORD.finditer(text))
    for n in range(min(len(words), len(thing) + 4)):
        head = frozenset(analyse(text[: words[n].end()]))
        if thing <= head:
            how = _DEFINES.match(text[words[n].end() :])
            if how is None:
                continue
            start = words[n].end() + how.end()
            if start < len(text) - 3:
                return SelectedSpan(*_trimmed(text, start, len(text)), 1.0, 1.0)
    return None


def _clause_span(text: str, asked: frozenset[str], *, type_match: float) -> SelectedSpan:
    start, end, _ = _clause(text, asked, why=False)
    return SelectedSpan(start, end, type_match)


def _clause(text: str, asked: frozenset[str], *, why: bool) -> tuple[int, int, bool]:
    """Return the longest run of words that the question lacks, and whether it is a stated cause."""
    whole = _trimmed(text, 0, len(text))
    if why:
        causes = [m for m in _CAUSE.finditer(text) if m.end() < len(text) - 8]
        plain = [m for m in causes if m.group().lower() != "to"]
        if plain or causes:
            cause = (plain or causes)[0]
            return *_trimmed(text, cause.start(), len(text)), bool(plain)
        return *whole, False
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    known = [bool(asked.intersection(terms_of(text[a:b]))) for a, b in words]
    reported = [m.end() for m in _REPORTING_VERB.finditer(text)]
    last = max((n for n, k in enumerate(known) if k), default=-1)
    after = [start for start in reported if last >= 0 and start > words[last][1]]
    if after and len(text) - after[0] > 8:
        return *_trimmed(text, after[0], len(text)), False
    runs: list[tuple[int, int, int]] = []
    first: int | None = None
    for n, k in enumerate([*known, True]):
        if not k and first is None:
            first = n
        elif k and first is not None:
            runs.append((words[n - 1][1] - words[first][0], words[first][0], words[n - 1][1]))
            first = None
    if not runs:
        return *whole, False
    _, start, end = max(runs)
    return *_trimmed(text, start, end), False


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    low, high = start, end
    while low < high and text[low] in _EDGE:
        low += 1
    while high > low and text[high - 1] in _EDGE + ".!?":
        high -= 1
    return (low, high) if low < high else (start, end)
