"""Quotations in a text: what stands between quotation marks, and whom the text names as its speaker."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from rag.text.entities import CasingStats, find_persons, is_office
from rag.text.patterns import lazily
from rag.text.sentences import sentence_spans
from rag.text.word_lists import listed_words

MIN_WORDS = 3
"""Words of the shortest quotation: what is shorter is a title, a term or irony."""
_MAX_CHARACTERS = 3000
_PAIRED = (
    ("“", "”"), ("„", "“"), ("«", "»"), ("「", "」"), ("『", "』"), ("„", "”"), ("‘", "’"),
    ('"', '"'), ("'", "'"),
)  # fmt: skip
_STRAIGHT = ('"', "'")
_APOSTROPHES = ("'", "’")
_PARAGRAPH = lazily(r"\n\s*")
_WORD = lazily(r"[\p{L}\p{M}\p{N}]+")
_VERB = lazily(r"[\p{L}\p{M}]+")
_PLAIN_END = lazily(r"[.,!?;…]['’](?!\p{L})")
_PLAIN_START = lazily(r"(?<![\p{L}\p{N}.,!?])['‘](?=[\p{L}\p{N}])")
# Characters outside of the quotation in which its speaker is looked for.
_REACH = 240
# Characters of its paragraph that are read around a quotation: a draft may be one line of megabytes.
_MAX_AROUND = 6000
_MIN_NAME_SCORE = 0.4
_IN_TITLE = lazily(r"\b(?:of|for|at|from|with|in|by|and)(?: the)? $", regex.I)
_ACCORDING = lazily(r"\baccording to (?:the )?$", regex.I)
_POSSESSOR = lazily(r"['’]s\b")
# "Mr." and "Dr." end no sentence.
_LAST_WORDS = lazily(r"(?:(?:[\p{L}\p{M}'’-]+|\b\p{L}{2,3}\.) ){1,6}$")
# Before the name of a speaker's client, place or hearer, not of the speaker.
_OF = frozenset(("of", "for", "at", "to", "told", "tells", "telling"))
# Offices of which no name follows: "Secretary of State Ann Lee", "Minister of Foreign Affairs".
_NO_HOLDER = frozenset(("state", "foreign", "standing", "permanent"))


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words between quotation marks."""

    start: int
    """Offset of the first character inside the marks."""
    end: int
    speakers: tuple[str, ...] = ()
    """Names that the sentence around it may mean as the speaker, as written there, the likeliest first."""

    @property
    def speaker(self) -> str | None:
        """The person most likely named as its speaker; None: none is."""
        return self.speakers[0] if self.speakers else None


def find_quotations(text: str) -> list[Quotation]:
    """Return the quotations of three words and more, in order.

    Marks are paired inside one paragraph. A paragraph that opens with a mark and closes none, where the
    next one opens with a mark again, is a quotation over several paragraphs: each is one.
    """
    spans = quotation_spans(text)
    if not spans:
        return []
    casing = CasingStats.of([text])
    return [
        Quotation(start, end, speakers_of(text, start, end, casing))
        for start, end in spans
        if _long_enough(text, start, end)
    ]


def count_quotations(text: str) -> int:
    """Return how many quotations `find_quotations` would find, without looking for their speakers."""
    return sum(_long_enough(text, start, end) for start, end in quotation_spans(text))


def count_marks(text: str) -> int:
    """Return how many characters may open or close a quotation, apostrophes among them."""
    return sum(map(text.count, {mark for pair in _PAIRED for mark in pair}))


def _long_enough(text: str, start: int, end: int) -> bool:
    return len(_WORD.findall(text, start, end)) >= MIN_WORDS


def quotation_spans(text: str) -> list[tuple[int, int]]:
    """Return what stands between quotation marks, whatever its length, without the marks; in order."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.start() for match in _PARAGRAPH.finditer(text)), len(text)]:
        spans += _in_paragraph(text, start, end)
        start = end
    return spans


def _in_paragraph(text: str, start: int, end: int) -> list[tuple[int, int]]:
    closing = {opened: [c for o, c in _PAIRED if o == opened] for opened, _ in _PAIRED}
    spans: list[tuple[int, int]] = []
    position = start
    while position < end:
        marks = closing.get(text[position])
        if marks is None or not _opens(text, position):
            position += 1
            continue
        limit = min(end, position + _MAX_CHARACTERS + 1)
        ends = [n for mark in marks if (n := _closes(text, mark, position + 1, limit)) > 0]
        if not ends and text[position] in ("'", "‘"):
            # An apostrophe: of single marks only pairs are quotations.
            position += 1
            continue
        stop = min(ends) if ends else end
        if stop - position > _MAX_CHARACTERS:
            position += 1
            continue
        first, last = position + 1, stop
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        if first < last:
            spans.append((first, last))
        position = stop + 1
    return spans


def _opens(text: str, position: int) -> bool:
    """Whether a mark opens: a straight one does after space or punctuation, as inches and feet do not."""
    if text[position] not in (*_STRAIGHT, "‘"):
        return True
    if text[position] != '"' and text[position + 1 : position + 2].isspace():
        return False
    return position == 0 or not (text[position - 1].isalnum() or text[position - 1] in ".,!?")


def _closes(text: str, mark: str, start: int, end: int) -> int:
    """Return where a closing mark stands, or -1; an apostrophe inside a word or before one closes nothing."""
    place = text.find(mark, start, end)
    while mark in _APOSTROPHES and place > 0:
        follows = text[place + 1 : place + 2]
        if not follows.isalnum() and (
            text[place - 1] in ".,!?;…" or _ends_quotation(text, place, end)
        ):
            return place
        place = text.find(mark, place + 1, end)
    return place


def _ends_quotation(text: str, place: int, end: int) -> bool:
    """Whether a single mark after a word closes: no later one does so more plainly ("the boys' toys,'")."""
    later = _PLAIN_END.search(text, place + 1, end)
    opened = _PLAIN_START.search(text, place + 1, end)
    return later is None or (opened is not None and opened.start() < later.start())


def speakers_of(
    text: str, start: int, end: int, casing: CasingStats | None = None
) -> tuple[str, ...]:
    """Return the persons whom the sentence around a quotation may name as its speaker, likeliest first.

    A name counts beside a verb that reports speech ("said Ann Lee", "Ann Lee told the court that"), or
    after "according to"; one in a title ("Ann Lee, who is with Lake Wire, said") comes after all others,
    and one that a speaker is "of" or "for" (`is_of`), or that is a possessor's, is left out.
    """
    left, right = _around(text, start, end)
    window = text[left:right]
    casing = casing or CasingStats.of([text])
    quoted = _in_paragraph(text, _paragraph_around(text, start, end)[0], right)
    verbs = [
        (left + m.start(), left + m.end())
        for m in _VERB.finditer(window)
        if m.group().lower() in listed_words("reporting_verbs")
    ]
    found: list[tuple[bool, int, str]] = []
    for first, last, score in find_persons(window, casing):
        first, last = first + left, last + left
        reported = _ACCORDING.search(text, left, first)
        beside = any(last + 1 == verb[0] or first - 1 == verb[1] for verb in verbs)
        # "said Lund": a verb of speech is evidence enough; "to", which mostly stands before places, is none
        # against a person in "according to".
        if score < (0.0 if beside else _MIN_NAME_SCORE / 2 if reported else _MIN_NAME_SCORE):
            continue
        if any(s <= first < e for s, e in quoted) or is_of(text, first):
            continue
        if _POSSESSOR.match(text, last):
            continue
        gap = min((_gap(first, last, *verb) for verb in verbs), default=_REACH)
        distance = max(start - last, first - end, 0)
        if gap > _REACH // 4 and not reported:
            continue
        title = bool(_IN_TITLE.search(text, left, first)) and not reported
        found.append((title, distance + gap, _one_name(text[first:last])))
    return tuple(dict.fromkeys(name for _, _, name in sorted(found)))


def is_of(text: str, start: int) -> bool:
    """Whether a name belongs to another's title or hears: "the lawyer for Lee", "the mayor of Orvel said".

    Offices may stand between ("the widow of Mayor Lee"); "according to" makes a speaker.
    """
    found = _LAST_WORDS.search(text, max(0, start - 80), start)
    words = found.group().lower().replace(".", "").split() if found else []
    while (
        words
        and words[-1] not in _NO_HOLDER
        and (words[-1] in ("the", "late") or is_office(words[-1]))
    ):
        words.pop()
    if not words:
        return False
    if words[-1] == "from":
        return len(words) > 1 and is_office(words[-2])
    return words[-1] in _OF and words[-2:] != ["according", "to"]


def _one_name(run: str) -> str:
    """Return a run of capitalised words up to the end of a sentence in it ("Pritchard. Scrap")."""
    words = run.split(" ")
    ends = (n for n, word in enumerate(words, 1) if word.endswith(".") and len(word) > 3)
    return " ".join(words[: next(ends, len(words))]).rstrip(".") if len(words) > 1 else run


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of the quotation's own sentences and paragraph in which its speaker is named."""
    paragraph_start, paragraph_end = _paragraph_around(text, start, end)
    spans = [
        (s + paragraph_start, e + paragraph_start)
        for s, e in sentence_spans(text[paragraph_start:paragraph_end])
    ]
    touching = [(s, e) for s, e in spans if s < end + 1 and e > start - 1]
    if not touching:
        return max(paragraph_start, start - _REACH), min(paragraph_end, end + _REACH)
    left, right = touching[0][0], touching[-1][1]
    # '"It failed." The engineer, Bo Lund, said so': the tag may be the next sentence's.
    return max(left, start - _REACH), min(right, end + _REACH)


def _paragraph_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a quotation's paragraph begins and ends; of a very long one, the part around it."""
    low, high = max(0, start - _MAX_AROUND), min(len(text), end + _MAX_AROUND)
    first, last = text.rfind("\n", low, start) + 1, text.find("\n", end, high)
    return first or low, high if last < 0 else last


def _gap(first: int, last: int, verb_start: int, verb_end: int) -> int:
    return max(verb_start - last, first - verb_end, 0)
