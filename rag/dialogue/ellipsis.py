"""Ellipsis: a fragment ("And in 2023?", "And Bregenz?") put into the question before it."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.dialogue.mentions import CAPITAL, NAME, Mention, mentions, sort_of
from rag.dialogue.word_lists import entries, one_of
from rag.text.answer_types import DATE
from rag.text.countries import is_demonym
from rag.text.numbers import CARDINALS, any_of
from rag.text.patterns import lazily
from rag.text.temporal.expressions import time_spans

_WH = lazily(
    r"^(?:(?:by|with|for|to|from|of|on|in|at|since|until) )?(?:who|whose|whom|when|where|why"
    r"|how|what|which)\b",
    regex.I,
)
_YEAR = lazily(r"\b(?:19|20)\d\d\b")
_NOW = lazily(r"(?:right )?now|currently|nowadays|at present", regex.I)
_LED = lazily(r"\p{L}+")
_BARE_YEAR = lazily(r"(?:19|20)\d\d")
_SPAN_OF_YEARS = lazily(
    r"\b(?:from|between) (?:19|20)\d\d (?:to|and|until) (?:19|20)\d\d\b", regex.I
)
_TIME_BEFORE = r"(?i:(?:in|on|by|since|until|before|after|during|for|from)(?: the)? )?"
_IN_TIME = lazily(rf"^{_TIME_BEFORE}(?:{DATE.pattern})$")
_ANY_TIME = lazily(rf"(?<![\p{{L}}\p{{N}}]){_TIME_BEFORE}(?:{DATE.pattern})")
_PREPOSITION = lazily(
    rf"^(?P<word>{one_of('fragment_prepositions')}) (?:the )?(?P<object>.+)$", regex.I
)
_OBJECT = rf"(?:the )?{NAME}(?:(?:, (?:the )?{NAME})* and (?:the )?{NAME})?"
_OF_A_NAME = rf"(?<![\p{{L}}\p{{N}}])(?P<word>%s) (?P<object>{_OBJECT})(?![\p{{L}}\p{{N}}])"
# Prepositions of possession and location: a new name replaces the old one under any of them.
_WHERE = ("of", "in", "for", "from", "at")
_CALENDAR_OBJECT = lazily(rf"(?:the )?(?:{DATE.pattern})")
_HEADED = lazily(
    r"^(?P<before>(?:who|what) (?:is|was|are"
    r"|were) )(?P<head>(?:the )?[\p{L}’' -]+?)(?P<after>(?: (?:of|in|for|at) .*)?)$",
    regex.I,
)
_COUNTED = lazily(
    r"\b(?P<how>how many|which) (?P<noun>[\p{L} -]+?)(?= (?:did|do|does|is|are|was|were|will"
    r"|would|have|has|had"
    r"|can|could|in|on|at|of|for|from|to|live|work|took|\p{L}+ed)\b|$)",
    regex.I,
)
_LATER = lazily(
    rf"(?:(?:an?|{any_of(CARDINALS)}|\d+) (?:year|month|week|day|decade)s? (?:later"
    r"|earlier|before|after|ago)"
    r"|the (?:year|month|week|day|next|following) .*|(?:last|next|this) (?:year|month|week)|now"
    r"|today|since|later)$",
    regex.I,
)
COUNT_ALONE = lazily(r"^how many (?P<noun>\p{L}+(?: \p{L}+)?)\?*$", regex.I)
"""A count of something else, without a verb: "And how many assists?"."""
_INTERJECTIONS = entries("interjections")
_LONGEST_PART = 8


def is_fragment(words: str, *, asked: bool) -> bool:
    """Whether words without a verb are a fragment of a question: "In Bregenz?", "2023?".

    A lone name counts where it is ``asked`` with a question mark; else it may be words to search for.
    """
    bare = words.rstrip("?").strip()
    if COUNT_ALONE.match(bare):
        return True
    if not bare or _WH.match(bare) or bare.lower() in _INTERJECTIONS:
        return False
    if _IN_TIME.match(bare) or (asked and _is_time(bare)):
        return True
    preposition = _PREPOSITION.match(bare)
    if preposition and len(bare.split()) <= (_LONGEST_PART if asked else 4):
        return not regex.search(
            r",|\b(?:is|was|did|does|do|are|were|has|have|had)\b", bare, regex.I
        )
    return asked and bool(regex.fullmatch(rf"(?:the )?{NAME}", bare, regex.V0))


def resolve_ellipsis(part: str, earlier: str) -> str | None:
    """Return the earlier question with its corresponding part replaced, or None where it has none.

    Replacement is by offsets, so that no other occurrence and no part of a word is changed.
    """
    part = regex.sub(r"[’']s$", "", part.rstrip("?!. ").strip())
    stem = regex.sub(r" \([^()]*\)$", "", earlier.rstrip("? ").strip())
    if _is_other_time(part, stem):
        return f"{_with_expression(stem, part)}?"
    counted, count = _COUNTED.search(stem), COUNT_ALONE.match(part)
    if count and counted and counted["how"].lower() == "how many":
        return f"{_put(stem, counted.start('noun'), counted.end('noun'), count['noun'])}?"
    # "Why?" replaces no part of the earlier question; it asks something new about all of it.
    if not part or not stem or _WH.match(part) or len(part.split()) > _LONGEST_PART:
        return None
    time = regex.search(rf"(?<=\S) (?P<time>{_TIME_BEFORE}(?:{DATE.pattern}))$", part)
    if time and not _IN_TIME.match(part):
        stem, part = _with_time(stem, time["time"]), part[: time.start()]
    return f"{_with_part(stem, part)}?"


def _with_part(stem: str, part: str) -> str:
    if _IN_TIME.match(part):
        return _with_time(stem, part)
    if _LATER.match(part):
        return f"{stem}, {_lowered(part)}"
    preposition = _PREPOSITION.match(part)
    if preposition:
        return _with_phrase(stem, preposition)
    if regex.match(rf"(?:the )?{CAPITAL}", part, regex.V0) and not is_demonym(part):
        return _with_name(stem, part)
    return _with_noun(stem, part)


def _with_time(stem: str, part: str) -> str:
    """Replace the stem's time, or append one."""
    years = list(_YEAR.finditer(stem))
    if _YEAR.search(part) and (spell := _SPAN_OF_YEARS.search(stem)):
        return _put(stem, spell.start(), spell.end(), _within(part))
    year = _YEAR.search(part)
    if year and years and regex.fullmatch(r"(?:(?:in|for|during) )?\d{4}", part, regex.I):
        return _put(stem, years[-1].start(), years[-1].end(), year.group())
    times = [m for m in _ANY_TIME.finditer(stem) if m.start() > 0]
    if times:
        bare = regex.sub(rf"^{_TIME_BEFORE}", "", part, flags=regex.I) == part
        old = times[-1]
        opened = regex.match(_TIME_BEFORE, old.group(), regex.I)
        lead = opened.group() if bare and opened else ""
        kept = _YEAR.search(old.group()) if not year else None
        behind = f" {kept.group()}" if kept and regex.search(r"\p{Lu}\p{Ll}+$", part) else ""
        return _put(
            stem, old.start(), old.end(), lead + (part if lead else _lowered(part)) + behind
        )
    return f"{stem} {_within(part)}"


def _is_time(words: str) -> bool:
    """Whether words are a temporal expression and nothing else: "last year", "this week", "now"."""
    if _NOW.fullmatch(words):
        return True
    return any((span.start, span.end) == (0, len(words)) for span in time_spans(words))


def _is_other_time(part: str, stem: str) -> bool:
    """Whether a part is a time that replaces the stem's, where one of both is not a plain date."""
    if not _is_time(part):
        return False
    plain = [_ANY_TIME.search(stem, span.start, span.end) for span in time_spans(stem)]
    return not _IN_TIME.match(part) or (bool(plain) and not any(plain))


def _with_expression(stem: str, part: str) -> str:
    """Replace the stem's last time; a year that only modifies a noun is dropped."""
    new = _LED.sub(lambda opened: opened.group().lower(), _within(part), count=1)
    for span in reversed(time_spans(stem)):
        if span.attributive:
            kept = regex.sub(r"(?:19|20)\d\d\s*", "", stem[span.start : span.end + 1])
            return f"{_put(stem, span.start, span.end + 1, kept)} {new}"
        opened = _LED.match(stem[span.start : span.end])
        if (
            new.startswith("the ")
            and opened
            and opened.group().lower() not in ("the", "this", "last")
        ):
            new = f"{opened.group()} {new}"
        return _put(stem, span.start, span.end, new)
    return f"{stem} {new}"


def _within(part: str) -> str:
    """Return a bare year with "in" before it."""
    return f"in {part}" if _BARE_YEAR.fullmatch(part) else _lowered(part)


def _with_phrase(stem: str, part: regex.Match[str]) -> str:
    """Replace a prepositional phrase: a name by a name, other words after the same preposition."""
    word = part["word"].lower()
    named = regex.fullmatch(_OBJECT, part["object"], regex.V0)
    if named:
        alike = _WHERE if word in _WHERE else ()
        for words in ((word,), alike):
            found = _last_object(stem, words) if words else None
            if found:
                given = part.group()[len(part["word"]) + 1 :]
                return _put(stem, found.start("object"), found.end("object"), given)
    else:
        plain = regex.search(rf"\b{word} \p{{Ll}}[\p{{Ll}} -]*$", stem)
        if plain:
            return _put(stem, plain.start(), plain.end(), _lowered(part.group()))
    return f"{stem} {_lowered(part.group())}"


def _with_name(stem: str, part: str) -> str:
    """Replace the stem's name of the same sort, else the object of its last "of", "in", ..."""
    again = regex.search(
        rf"\b{regex.escape(part.rsplit(maxsplit=1)[-1])}\b(?: (?:from|of|in) {NAME})?", stem
    )
    if again and part.rsplit(maxsplit=1)[-1].islower() and not regex.search(r"[’']s ", part):
        return _put(stem, again.start(), again.end(), part)
    named = [m for m in mentions(stem) if m.named]
    sort = sort_of(regex.sub(r"^the ", "", part, flags=regex.I))
    alike = [m for m in named if m.sort == sort]
    if sort == "person" and alike:
        return _replaced(stem, alike[-1], part)
    found = _last_object(stem, _WHERE)
    if found and not (alike and sort != "unknown" and alike[-1].end != found.end("object")):
        return _put(stem, found.start("object"), found.end("object"), part)
    if alike or named:
        return _replaced(stem, (alike or named)[-1], part)
    return _with_noun(stem, part)


def _with_noun(stem: str, part: str) -> str:
    """Replace the counted noun, the office asked for, or the last noun."""
    counted = _COUNTED.search(stem)
    bare = regex.sub(r"^the ", "", part, flags=regex.I)
    if counted and bare.endswith("s") == counted["noun"].endswith("s") and bare[:1].islower():
        return _put(stem, counted.start("noun"), counted.end("noun"), bare)
    whose = regex.search(r" (?:of|for|in|about) (?P<object>(?:the )?\p{Ll}+(?: \p{Ll}+)?)$", stem)
    if whose and bare == part:
        return _put(stem, whose.start("object"), whose.end("object"), part)
    headed = _HEADED.match(stem)
    if headed and " of " not in part:
        return f"{headed['before']}{part}{headed['after']}"
    nouns = [m for m in mentions(stem) if not m.named]
    if nouns and bare != part:
        return _replaced(stem, nouns[-1], part)
    return f"{stem} ({part})"


def _last_object(stem: str, words: Sequence[str]) -> regex.Match[str] | None:
    """Return the last phrase of one of these prepositions that has a name and no date."""
    form = _OF_A_NAME % "|".join(words)
    found = [
        m
        for m in regex.finditer(form, stem)
        if not _CALENDAR_OBJECT.match(m["object"]) and not is_demonym(m["object"])
    ]
    return found[-1] if found else None


def _replaced(stem: str, old: Mention, new: str) -> str:
    """Replace a mention, with the possession or title that belongs to it."""
    end = old.end
    if " " in new:
        last = new.rsplit(maxsplit=1)[-1]
        # "Tesla's revenue" replaces "Tesla's market value", "the Base Tunnel" "the Gotthard tunnel".
        has = (
            r"[’']s(?: \p{Ll}+)+"
            if regex.search(r"[’']s ", new)
            else rf"(?i: {regex.escape(last)}\b)"
        )
        more = regex.match(has, stem[end:])
        end += more.end() if more else 0
    if new.startswith("the ") and stem[: old.start].endswith("the "):
        new = new.removeprefix("the ")
    return _put(stem, old.start, end, new)


def _put(text: str, start: int, end: int, new: str) -> str:
    return f"{text[:start]}{new}{text[end:]}"


def _lowered(phrase: str) -> str:
    """Return a phrase with its initial preposition in lower case."""
    return phrase[:1].lower() + phrase[1:] if _PREPOSITION.match(phrase) else phrase
