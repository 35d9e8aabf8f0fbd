"""Who says what a quote says: the speaker whom the text names, if it reports somebody's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from rag.text.entities import CasingStats, find_persons, is_office
from rag.text.patterns import lazily
from rag.text.quotations import is_of, quotation_spans, speakers_of
from rag.text.sentences import sentence_spans
from rag.text.word_lists import listed_words

# Characters of the article before and after a quote that are read for its speaker.
_BEFORE = 1500
_AFTER = 500
# Characters of an article from whose capitals its names are told; counted once an article.
_CASING = 8000
_PRONOUN_SAYS = lazily(
    r"\b(?:he|she|(?P<verb>\p{L}+) (?:he|she))\b(?: (?P<after>\p{L}+))?", regex.I
)
_WORD = lazily(r"\p{L}+")
_NAMED = r"\p{Lu}[\p{L}’'-]*"
_OF_ONE = rf" (?:of|for|at|to|from) (?:the )?{_NAMED}(?:(?: (?:of|for|the)){{0,2}} {_NAMED}){{0,4}}"
# A body as a speaker: the words from a determiner or capital up to the verb ("the coastguard said").
_BODY = lazily(
    r"(?:^|[,;:.”\"] |[.”\"]\s)(?P<body>(?:[Tt]he |[Aa]n? )?[\p{L}’'-]+(?: (?:of|for|the|[\p{L}’'-]+)){0,4}"
    rf"(?:{_OF_ONE})?) $"
)
# The same after a verb that follows what is told ('," said the mayor of Orvel.').
_BODY_AFTER = lazily(
    rf" (?P<body>(?:the|an?) [\p{{L}}’'-]+(?: [\p{{Ll}}’'-]+){{0,2}}{_OF_ONE})"
    r"(?=[.,;]|\s(?:on|in|at|after)\b|$)"
)
_TOLD_BEFORE = lazily(r"[,.!?…”\"’'] $")
_DETERMINED = lazily(r"^(?:the|a|an) |^\p{Lu}", regex.I)
_NO_BODY = lazily(r"^(?:he|she|it|they|we|who|which|that|and|but|as|is|was|has|had)\b", regex.I)
# What follows a verb that reports: a clause, a quotation or the end, not a plain object ("calls landlines").
_REPORTS = lazily(r"^(?: that\b| (?:on|in|at|to)\b|[.,:]? ?[“\"]|[.,])", regex.I)
_OBLIQUE = lazily(r"\b(?:of|for|at|from|with|in|by|to|against|after)(?: the)? $", regex.I)
_OF_NAME = lazily(r"\b(?:of|for|at)(?: the)? $", regex.I)
_PRONOUN_FIRST = lazily(r"^[“\"]?(?:he|she)\b", regex.I)
# Where a clause with a subject of its own begins: what is told before it is not told after it.
_APART = lazily(r";\s|,\s(?:while|whereas)\s")
# What may follow a verb that ends its sentence and so reports all of it (", Ann Lee said on Monday.").
_TAIL = lazily(r"^(?:\s(?:on|in|at)(?:\s[\p{L}\p{N}]+){1,2})?[.”\"’]*\s*$")
_ACCORDING_TO = lazily(r"\baccording to\b", regex.I)
_OF = lazily(r"^ (?:of|from|for|at) [^,.;]{1,60} $")
# Characters at the end of a sentence: no name of its speaker stands there, but for ", she said".
_LAST = 2
_REACH = 240
_NEAR = 60
_MIN_SCORE = 0.4


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose words a quote reports."""

    speaker: str
    """The name as written there, or the body ("the coastguard")."""
    in_quotes: bool
    """Whether the answer stands between quotation marks; else the reporter retells it."""
    is_body: bool = False
    """Whether the speaker is named by what stands before the verb, and is no person that is known."""


def attribution_of(
    text: str, start: int, end: int, answer_start: int, answer_end: int
) -> Attribution | None:
    """Return who says the answer ``text[answer_start:answer_end]`` of a quote; None: the reporter does.

    Where a sentence names its speaker by a pronoun, the person named first in the sentence before counts.
    """
    low, high = max(0, start - _BEFORE), min(len(text), end + _AFTER)
    window = text[low:high]
    first, last = answer_start - low, answer_end - low
    opened = window.rfind("\n", 0, start - low) + 1
    closed = window.find("\n", end - low)
    paragraph = window[opened : closed if closed >= 0 else len(window)]
    quoted = ((s + opened, e + opened) for s, e in quotation_spans(paragraph))
    spans = [(s, e) for s, e in quoted if s < last and e > first]
    verbs = _reporting_verbs(window, start - low, end - low)
    if not spans and not verbs:
        return None
    casing = _casing(text[:_CASING])
    if spans:
        # The words quoted that hold most of the answer.
        begin, stop = max(spans, key=lambda span: min(span[1], last) - max(span[0], first))
        named = _named(window, begin, stop, casing)
        body = None if named else _body_beside(window, begin, stop)
        speaker = named or body or _before(window, begin, stop, casing)
        return Attribution(speaker, True, body is not None) if speaker else None
    sentence = _clause_of(window, first, last)
    own = [verb for verb in verbs if sentence[0] <= verb[0] < sentence[1]]
    if not own:
        return None
    return _teller(window, sentence, own, (first, last), casing)


def untagged_speaker(text: str, start: int, end: int) -> str | None:
    """Return who goes on speaking in a quotation that stands for itself ('"It is late," Lee said. "Go."').

    It is who says what the sentence right before it in its paragraph quotes, or the person who reports
    something there; None where there is none, or words beside the quotation may tell of another.
    """
    low = max(0, start - _BEFORE)
    window = text[low : min(len(text), end + _AFTER)]
    first, last = start - low, end - low
    own = _sentence_of(window, first, last)
    opened = window.rfind("\n", 0, first) + 1
    if _WORD.search(window[own[0] : first] + window[last : own[1]]):
        return None
    if low and not opened:
        # In a paragraph cut off, straight marks may open or close.
        return None
    before = sentence_spans(window[opened : own[0]])
    if not before:
        return None
    sentence = opened + before[-1][0], opened + before[-1][1]
    quoted = [(s + opened, e + opened) for s, e in quotation_spans(window[opened : own[0]])]
    told = [span for span in quoted if span[1] > sentence[0]]
    if told:
        said = attribution_of(window, *told[-1], *told[-1])
        return said.speaker if said is not None and not said.is_body else None
    verbs = _reporting_verbs(window, *sentence)
    return _subject(window, sentence, verbs, _casing(text[:_CASING])) if verbs else None


def told_part(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a sentence whose speaker is the sentence's: its longest quotation, else its end.

    For `attribution_of` where all of a quote is cited, not an answer in it.
    """
    spans = quotation_spans(text[start:end])
    if spans:
        first, last = max(spans, key=lambda span: span[1] - span[0])
        return start + first, start + last
    return max(start, end - _LAST), end


@lru_cache(maxsize=64)
def _casing(text: str) -> CasingStats:
    return CasingStats.of([text])


def _named(text: str, start: int, end: int, casing: CasingStats) -> str | None:
    sentence = _sentence_of(text, start, end)
    if subject := _subject(text, sentence, _reporting_verbs(text, *sentence), casing):
        return subject
    found = _speakers(text, start, end, casing)
    return found[0] if found else None


def _body_beside(text: str, start: int, end: int) -> str | None:
    """Return the body named before a reporting verb near a quotation, outside of it."""
    sentence = _sentence_of(text, start, end)
    outside = [
        verb
        for verb in _reporting_verbs(text, *sentence)
        if not start <= verb[0] < end and min(abs(verb[0] - end), abs(start - verb[1])) <= _NEAR
    ]
    found = (_body_before(text, verb[0]) or _body_after(text, *verb) for verb in outside)
    return next((body for body in found if body), None)


def _speakers(text: str, start: int, end: int, casing: CasingStats) -> list[str]:
    """Return the names of `speakers_of` that are no possessor's ("Nord's coach") in the text around."""
    around = text[max(0, start - _REACH) : end + _REACH]
    return [
        name
        for name in speakers_of(text, start, end, casing)
        if f"{name}'s" not in around and f"{name}’s" not in around
    ]


def _before(text: str, start: int, end: int, casing: CasingStats) -> str | None:
    """Return the person whom "he said" beside a quotation means: the last one named before."""
    sentence = _sentence_of(text, start, end)
    beside = f"{text[sentence[0] : start]} {text[end : sentence[1]]}"
    return _last_person(text, sentence[0], casing) if _pronoun_says(beside) else None


def _teller(
    text: str,
    sentence: tuple[int, int],
    verbs: Sequence[tuple[int, int]],
    answer: tuple[int, int],
    casing: CasingStats,
) -> Attribution | None:
    """Return who tells what a sentence reports without quotation marks."""
    subject = _subject(text, sentence, verbs, casing)
    if subject and subject not in text[answer[0] : answer[1]]:
        return Attribution(subject, in_quotes=False)
    clause = text[sentence[0] : sentence[1]]
    found = [name for name in _speakers(text, *answer, casing) if name in clause]
    inside = text[answer[0] : answer[1]]
    if found and found[0] not in inside:
        return Attribution(found[0], in_quotes=False)
    for start, end in verbs:
        if answer[0] <= start < answer[1]:
            continue
        reports = _REPORTS.match(text[end : end + 12])
        body = (reports and _body_before(text, start)) or _body_after(text, start, end)
        if body:
            return None if body in inside else Attribution(body, False, is_body=True)
    said = text[sentence[0] : sentence[1]]
    meant = _last_person(text, sentence[0], casing) if _pronoun_says(said) else None
    return Attribution(meant, in_quotes=False) if meant else None


def _subject(
    text: str,
    sentence: tuple[int, int],
    verbs: Sequence[tuple[int, int]],
    casing: CasingStats,
) -> str | None:
    """Return the first person of a sentence, if a reporting verb follows the name as its predicate.

    "Ann Lee, who succeeded Bo Lund, said": Ann Lee did. A name in a title or of a possessor is none.
    """
    low, high = sentence
    quoted = quotation_spans(text[low:high])
    for start, end, score in find_persons(text[low:high], casing):
        inside = any(first <= start < last for first, last in quoted)
        oblique = _OBLIQUE.search(text, max(low, low + start - 16), low + start)
        if (
            inside
            or oblique
            or is_of(text, low + start)
            or text[low + end : low + end + 1] in ("’", "'")
        ):
            continue
        after = [verb for verb in verbs if verb[0] >= low + end]
        if not after:
            return None
        if score < _MIN_SCORE and after[0][0] != low + end + 1:
            continue
        between = text[low + end : after[0][0]]
        joined = between == " " or (between.startswith(",") and between.endswith(", "))
        titled = _OF.match(between) is not None
        return text[low + start : low + end] if joined or titled else None
    return None


def _body_before(text: str, verb: int) -> str | None:
    """Return the body named right before a verb ("the coastguard said"); None for other words."""
    low = max(0, verb - 90)
    found = _BODY.search(text[low:verb])
    # "The widow of Mr. Lee said": no sentence begins with Lee.
    if found is None or is_of(text, low + found.start("body")):
        return None
    body = found["body"]
    return body if _DETERMINED.match(body) and not _NO_BODY.match(body) else None


def _body_after(text: str, verb: int, end: int) -> str | None:
    """Return the body named right after a verb that closes what is told (", said the mayor of Orvel.")."""
    if not _TOLD_BEFORE.search(text, max(0, verb - 3), verb):
        return None
    found = _BODY_AFTER.match(text, end, end + 90)
    # "The widow of Mr. Lee": cut off at the point.
    cut = found is not None and is_office(found["body"].split()[-1])
    return found["body"] if found and not cut else None


def _pronoun_says(text: str) -> bool:
    verbs = listed_words("reporting_verbs")
    return any(
        (match["verb"] or "").lower() in verbs or (match["after"] or "").lower() in verbs
        for match in _PRONOUN_SAYS.finditer(text)
    )


def _last_person(text: str, before: int, casing: CasingStats) -> str | None:
    """Return the person named first in the sentences before an offset, the nearest that names one."""
    paragraph = text.rfind("\n", 0, max(0, before)) + 1
    if not text[paragraph:before].strip():
        paragraph = text.rfind("\n", 0, len(text[:paragraph].rstrip())) + 1
    for start, end in reversed(sentence_spans(text[paragraph:before])):
        said = text[paragraph + start : paragraph + end]
        named = [
            person
            for person in find_persons(said, casing)
            if person[2] >= _MIN_SCORE and not _OF_NAME.search(said, 0, person[0])
        ]
        if named:
            # The subject, which mostly comes first, is who the next "she" means.
            return said[named[0][0] : named[0][1]]
        if not _PRONOUN_FIRST.match(said) and not said.startswith(("“", '"')):
            return None
    return None


def _sentence_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the start and end of the sentences that a range touches, inside its paragraph."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    spans = [(s + first, e + first) for s, e in sentence_spans(text[first:last])]
    touching = [(s, e) for s, e in spans if s < end + 1 and e > start - 1]
    return (touching[0][0], touching[-1][1]) if touching else (first, last)


def _clause_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of the sentence that a reporting verb in it speaks for, around a range.

    "The clerk counts 36; the Echo writes of 30": the Echo says nothing of the 36.
    """
    low, high = _sentence_of(text, start, end)
    if any(_TAIL.match(text[verb[1] : high]) for verb in _reporting_verbs(text, low, high)):
        return low, high
    cuts = [match.end() for match in _APART.finditer(text, low, high)]
    first = max((cut for cut in cuts if cut <= start), default=low)
    return first, min((cut for cut in cuts if cut >= end), default=high)


def _reporting_verbs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    verbs = listed_words("reporting_verbs")
    words = (match.span() for match in _WORD.finditer(text, start, end))
    found = [(s, e) for s, e in words if text[s:e].lower() in verbs]
    return found + [match.span() for match in _ACCORDING_TO.finditer(text, start, end)]
