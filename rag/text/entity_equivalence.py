"""Whether a name that holds another names another thing: "New York Times" is no New York."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from rag.text.entities import (
    PLACE_WORDS,
    is_also_personal,
    is_body_word,
    is_country,
    is_office,
    word_set,
)
from rag.text.patterns import lazily

_WORD = lazily(r"(?:\p{Lu}\.){2,}|[\p{L}\p{M}\p{N}&]+(?:[’'](?!s\b)\p{L}+)*")
_SMALL = word_set("the a an")
# Before an office they make another office; a person keeps the name whatever the office.
_RANK = word_set(
    """
    deputy vice former acting ex assistant associate interim outgoing incoming caretaker elect
    designate honorary shadow junior prime
    """
)
# What a place is may be said or left out: "Hainan Province", "the city of Hanoi".
_SORTS_OF_PLACE = word_set(
    """
    city province county district town village prefecture municipality region republic kingdom
    state federation river island islands commune
    """
)
# What a body is may be said or left out too, but not after a country: "Vietnam News Agency".
_SORTS_OF_BODY = word_set("inc corp corporation company co ltd plc group party agency newspaper")
_HEADS = PLACE_WORDS | word_set(
    """
    airlines airways air motors herald daily tribune journal guardian gazette telegraph telecom
    electric electronics holdings steel oil energy petroleum insurance railways derby open
    """
)
# Words before a name that are part of another name.
_FORENAMES = word_set(
    "new air real royal great greater upper lower central inner outer lake port fort gulf san santa"
)
# "The start of the talks" is no talks; these say only what the name after "of" is anyway.
_SAME_OF = _SORTS_OF_PLACE | word_set("government name people's")


def names_different_entity(one: str, other: str) -> bool:
    """Whether one of two texts is part of the other and yet the name of something else.

    Told by the words next to the part: an office of another rank, a capitalised word that makes
    another name, something "of" it, or something it has.
    """
    words, others = _words(one), _words(other)
    if [w.group() for w in words] == [w.group() for w in others]:
        return False
    if _ranks(words) != _ranks(others) and not _holder(one, other):
        return True
    short, long = sorted(((words, one), (others, other)), key=lambda pair: len(pair[0]))
    place = _place_of(short[0], long[0])
    if place is None:
        return False
    part, whole, text = short[0], long[0], long[1]
    first, last = place, place + len(part)
    if regex.match(r"(?:[’']s|(?<=s)[’']) \p{L}", text, pos=whole[last - 1].end()):
        return True
    if not part[-1].group()[0].isupper():
        return False
    name = " ".join(w.group() for w in part)
    return (
        _continued(name, _run(text, whole[last - 1 :]))
        or _preceded(name, _run(text, whole[first::-1]))
        or _is_of(text[: whole[first].start()])
    )


def _words(text: str) -> list[regex.Match[str]]:
    return [m for m in _WORD.finditer(text) if m.group().lower() not in _SMALL]


def _ranks(words: Sequence[regex.Match[str]]) -> frozenset[str]:
    return frozenset(w.group().lower() for w in words) & _RANK


def _holder(one: str, other: str) -> bool:
    """Whether both texts name one person, who is the same in any office."""
    held, other_held = _person(one), _person(other)
    if held is None or other_held is None:
        return False
    # A surname alone is the same person's too.
    return f" {held}".endswith(f" {other_held}") or f" {other_held}".endswith(f" {held}")


def _person(text: str) -> str | None:
    """Return the name after or before an office, or the whole of a text without one."""
    name = r"\p{Lu}[\p{L}\p{M}’'.-]*(?: \p{Lu}[\p{L}\p{M}’'.-]*)*"
    words = [(m.start(), m.end()) for m in _WORD.finditer(text) if is_office(m.group())]
    if not words:
        bare = regex.sub(r"^(?:the|a|an) ", "", text.strip(), flags=regex.I)
        return bare.lower() if regex.fullmatch(name, bare) else None
    after = regex.fullmatch(rf" (?P<name>{name})", text[words[-1][1] :].rstrip())
    before = regex.match(rf"(?P<name>{name})(?:, | \(| as )", text[: words[0][0]])
    found = after or before
    return found["name"].lower() if found else None


def _place_of(part: Sequence[regex.Match[str]], whole: Sequence[regex.Match[str]]) -> int | None:
    """Return where the words of one text stand together in another that has more, or None."""
    if not part or len(part) >= len(whole):
        return None
    sought, told = [w.group().lower() for w in part], [w.group().lower() for w in whole]
    return next(
        (n for n in range(len(told) - len(sought) + 1) if told[n : n + len(sought)] == sought),
        None,
    )


def _run(text: str, words: Sequence[regex.Match[str]]) -> list[str]:
    """Return the capitalised words next to the first, which is not returned, in the order given."""
    found = []
    for here, there in pairwise(words):
        between = text[min(here.end(), there.end()) : max(here.start(), there.start())]
        if between not in (" ", "-") or not there.group()[0].isupper():
            break
        found.append(there.group())
    return found


def _continued(name: str, run: Sequence[str]) -> bool:
    """Whether the capitalised words after a name make another name of it ("Times")."""
    told = [word.lower() for word in run]
    if not told or all(word in _SORTS_OF_PLACE for word in told):
        return False
    if is_country(name):
        return True
    if told[-1] in _SORTS_OF_BODY:
        return False
    return is_body_word(told[-1]) or told[-1] in _HEADS


def _preceded(name: str, run: Sequence[str]) -> bool:
    """Whether the capitalised words before a name make another name of it ("Air")."""
    told = [word for word in run if not (is_office(word) or is_country(word))]
    if not told or told[0].lower() in _SORTS_OF_PLACE:
        return False
    if is_country(name) and not is_also_personal(name):
        return True
    return told[0].lower() in _FORENAMES


def _is_of(before: str) -> bool:
    """Whether what stands before a name has it only as its "of" ("the capital of")."""
    found = regex.search(r"(?P<head>[\p{L}’']+) of (?:the )?$", before, regex.I)
    return found is not None and found["head"].lower() not in _SAME_OF
