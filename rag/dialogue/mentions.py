"""Mentions in a turn of a conversation: persons, places and things that a pronoun can refer to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import regex

from rag.dialogue.word_lists import entries, one_of
from rag.text.answer_types import DATE, classify_question, has_verb
from rag.text.countries import is_demonym
from rag.text.entities import (
    LOCATION_WORDS,
    is_also_personal_name,
    is_country,
    is_office,
    is_organisation_word,
)
from rag.text.months import CALENDAR_WORDS
from rag.text.patterns import lazily
from rag.types import Turn

Sort = Literal["person", "place", "thing", "unknown"]

CAPITAL = (
    r"(?:(?:\p{Lu}\.){2,}|\p{Ll}?\p{Lu}[\p{L}\p{M}\p{N}&]*(?:-[\p{L}\p{N}]+|[’'](?!s\b)\p{L}+)*)"
)
"""One capitalised word of a name, without a possessive."""
NAME = rf"{CAPITAL}(?: {CAPITAL})*"
"""Capitalised words in a row."""
_PARTICLES = r"(?:(?:of(?: the)?|de|del|della|di|da|dos|du|la|le|van|von|der|den|bin|ibn|al) )"
_NAMED = lazily(
    rf"(?<![\p{{L}}\p{{N}}])(?:the )?(?P<name>{CAPITAL}(?: {_PARTICLES}{{0,2}}{CAPITAL})*)"
)
_OPENERS = entries("question_openers")
_NO_NAMES = CALENDAR_WORDS | {"i"}
_NOT_OFFICE_ALONE = entries("not_office_alone")
_HEADS_OF_ORGANISATIONS = entries("heads_of_organisations")
_PERSON_NOUNS = entries("person_nouns")
_PERSON_VERBS = rf"(?:{one_of('person_verbs')})"
_PLACE_BEFORE = lazily(r"\b(?:in|near|across|outside|inside|throughout|around)(?: the)? $", regex.I)
_OF_BEFORE = lazily(r"(?P<head>\p{L}+) of (?:the )?$")
_AUXILIARY = rf"(?:{one_of('auxiliaries')})"
_BARE_VERB_FOLLOWS = lazily(
    r"\b(?:did|does|do|will|would|can|could|should|must|may|might) $", regex.I
)
_NOUNS_END = entries("noun_phrase_ends")
_DETERMINER = lazily(
    r"(?<![\p{L}\p{N}’'-])(?:the|an?|some|any|every|each|another|this|that|these|those"
    r"|which)(?= [\p{L}\d])",
    regex.I,
)
# What a definition is asked of: "What is inflation?"
_DEFINED = lazily(r"^what (?:is|are|was|were) (?P<noun>\p{Ll}+(?:[ -]\p{Ll}+)?)\?*$", regex.I)
_PLURAL_SUBJECT = lazily(
    r"\b(?:did|do|will|would|can|could|should|have) (?P<noun>\p{Ll}{3,}s)(?= \p{Ll})", regex.I
)
_TOKEN = lazily(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}.’'&-]*")
_UNSPECIFIC = entries("unspecific_nouns")
_PLACE_NAME_STARTS = entries("place_name_starts")
_PREPOSED = lazily(r"^(?:in|at|on|near|from|to|by|for|with|of|about) ", regex.I)
_LONGEST_ANSWER = 9
_LONGEST_ANSWER_TEXT = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention, with its offsets in the text."""

    text: str
    start: int
    end: int
    sort: Sort
    plural: bool
    named: bool
    """Whether it is a name, and not a noun with its article."""


def mentions(question: str) -> list[Mention]:
    """Return a question's mentions, in order: names, and nouns with their article."""
    found = [*_names(question), *_nouns(question), *_plain(question)]
    return sorted(found, key=lambda m: (m.start, -m.end))


def answered(turn: Turn) -> Mention | None:
    """Return a turn's answer as a mention, or None where it is a figure, a date or a clause."""
    said = _PREPOSED.sub("", (turn.answer or "").strip(" .?!"))
    words = said.split()
    too_long = len(words) > _LONGEST_ANSWER or len(said) > _LONGEST_ANSWER_TEXT
    if not words or too_long or DATE.fullmatch(said):
        return None
    kind = classify_question(turn.question).kind
    named = bool(regex.match(rf"(?:the )?{CAPITAL}", said, regex.V0))
    if not named and not regex.match(r"the \p{L}|the \d+(?:st|nd|rd|th) ", said, regex.I):
        return None
    if said.lower() in ("yes", "no", "none", "nobody"):
        return None
    sort = sort_of(regex.sub(r"^the ", "", said, flags=regex.I))
    if kind == "place" and sort != "thing":
        sort = "place"
    elif kind == "person" and sort == "unknown":
        sort = "person"
    several = bool(regex.search(r" and (?:the )?\p{Lu}", said))
    return Mention(said, 0, len(said), sort, several or (not named and _plural(words[-1])), named)


def sort_of(name: str, before: str = "") -> Sort:
    """Return the sort of a name, by its own words and those before it."""
    words = [regex.sub(r"[’']s$", "", word).lower() for word in name.split()]
    if is_organisation_word(words[-1]):
        return "thing"
    if words[-1] in LOCATION_WORDS or words[0] in LOCATION_WORDS or is_country(name):
        return "place"
    if any(is_office(word) and word not in _NOT_OFFICE_ALONE for word in words):
        return "person"
    whose = _OF_BEFORE.search(before)
    if whose and is_office(whose["head"]):
        return "thing" if whose["head"].lower() in _HEADS_OF_ORGANISATIONS else "place"
    if _PLACE_BEFORE.search(before):
        return "place"
    if any(is_organisation_word(word) for word in words) or regex.search(
        r"\b(?:\p{Lu}{2,}|\d)", name
    ):
        return "thing"
    if regex.search(r"\bthe $", before, regex.I):
        return "thing"
    if len(words) > 1 and not any(
        is_country(word) and not is_also_personal_name(word) for word in name.split()
    ):
        return "thing" if words[0] in _PLACE_NAME_STARTS else "person"
    return "unknown"


def personal(mention: Mention, question: str) -> bool:
    """Whether a mention is a person's, by its sort or by its use ("When did Holm resign?")."""
    if mention.sort != "unknown":
        return mention.sort == "person"
    after = question[mention.end :]
    before = question[: mention.start]
    if regex.search(r"\b(?:it|its)\b", after):
        return False
    if regex.search(r"\b(?:he|she|his|her)\b", after, regex.I):
        return True
    subject = regex.search(rf"\b{_AUXILIARY} $", before, regex.I)
    return bool(subject and regex.match(rf" {_PERSON_VERBS}\b", after)) or bool(
        regex.fullmatch(r"who(?:m)? (?:is|was|are|were) ", before, regex.I)
        and not after.strip("? ")
    )


def _names(text: str) -> list[Mention]:
    if text.isupper():
        return []
    found = []
    for match in _NAMED.finditer(text):
        start, end = match.span("name")
        first = match["name"].split()[0]
        if first.lower() in _OPENERS and (start == 0 or text[start - 2 : start] in (". ", "? ")):
            start += len(first) + 1
        office, of, _ = text[start:end].rpartition(" of ")
        if of and all(is_office(word) for word in office.split()):
            # Of "Prime Minister of Vietnam" the country is the name.
            start += len(office) + len(of)
            start += 4 if text.startswith("the ", start) else 0
        name = text[start:end]
        words = [word.lower() for word in name.split()]
        if start >= end or set(words) <= _NO_NAMES | _OPENERS or is_demonym(name):
            continue
        whole = match.start() if start == match.start("name") else start
        sort = sort_of(name, text[:start])
        phrase = text[whole:end]
        several = phrase[:4].lower() == "the " and _plural(words[-1]) and not is_country(name)
        found.append(Mention(phrase, whole, end, sort, several, named=True))
    return found


def _nouns(text: str) -> list[Mention]:
    """Return nouns after an article or the like, without the verb that may follow them."""
    found = []
    for match in _DETERMINER.finditer(text):
        words = _noun_words(text, match)
        if not words:
            continue
        head = _head(words)
        low = head.lower()
        if low in _UNSPECIFIC or (len(words) == 1 and words[0].group()[0].isupper()):
            continue
        # "A plan" and "which plan" are "the plan" in a later question.
        phrase = f"the {text[words[0].start() : words[-1].end()]}"
        sort: Sort = "thing"
        if _is_person(low):
            sort = "person"
        elif low in LOCATION_WORDS:
            sort = "place"
        elif all(word.group()[0].isupper() for word in words):
            continue
        found.append(
            Mention(phrase, match.start(), words[-1].end(), sort, _plural(low), named=False)
        )
    return found


def _plain(text: str) -> list[Mention]:
    """Return nouns without an article: the subject of a definition question, and plural subjects."""
    found = []
    for match in (*_DEFINED.finditer(text), *_PLURAL_SUBJECT.finditer(text)):
        noun = match["noun"]
        if noun.split()[0].lower() in _NOUNS_END:
            continue
        sort: Sort = "person" if _is_person(noun.lower()) else "thing"
        if match.re.pattern == _DEFINED.pattern or _plural(noun):
            start, end = match.span("noun")
            found.append(Mention(noun, start, end, sort, _plural(noun), named=False))
    return found


def _noun_words(text: str, determiner: regex.Match[str]) -> list[regex.Match[str]]:
    words: list[regex.Match[str]] = []
    place = determiner.end() + 1
    while found := _TOKEN.match(text, place):
        low = found.group().lower()
        if low == "of" and words:
            skipped = regex.match(r"of (?:the )?", text[found.start() :])
            inner = _TOKEN.match(text, found.start() + skipped.end()) if skipped else None
            if inner is None or inner.group().lower() in _NOUNS_END:
                break
            words.append(inner)
            place = inner.end() + 1
        elif low in _NOUNS_END or (low in ("last", "next") and words):
            break
        else:
            words.append(found)
            place = found.end() + 1
        if text[found.end() : found.end() + 1] not in (" ", ""):
            break
        if place > len(text) or text[place - 1 : place] != " ":
            break
    return _without_verb(words, text[: determiner.start()])


def _without_verb(words: list[regex.Match[str]], before: str) -> list[regex.Match[str]]:
    """Drop the verb the nouns end with: after "did" there is one, elsewhere a participle may be."""
    verb = next((n for n, w in enumerate(words) if n and _is_verb(w.group())), len(words))
    kept = words[:verb]
    if (
        len(kept) == len(words) > 1
        and _BARE_VERB_FOLLOWS.search(before)
        and kept[-1].group().islower()
    ):
        kept.pop()
    return kept


def _is_verb(word: str) -> bool:
    return word.islower() and has_verb(word)


def _head(words: list[regex.Match[str]]) -> str:
    """Return the last word before an "of"."""
    for here, there in pairwise(words):
        if there.start() - here.end() > 1:
            return here.group()
    return words[-1].group()


def _is_person(noun: str) -> bool:
    single = noun.removesuffix("s")
    return (is_office(single) and single not in _NOT_OFFICE_ALONE - {"founder"}) or (
        single in _PERSON_NOUNS or single in ("host", "guest", "founder")
    )


def _plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "news", "series"))
