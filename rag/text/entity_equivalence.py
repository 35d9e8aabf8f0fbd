"""Whether a name that contains another is another entity: "New York Times" is not New York."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from rag.text.entities import (
    LOCATION_WORDS,
    is_also_personal_name,
    is_country,
    is_office,
    is_organisation_word,
    word_set,
)
from rag.text.patterns import lazily
from rag.text.word_lists import listed_words

_WORD = lazily(r"(?:\p{Lu}\.){2,}|[\p{L}\p{M}\p{N}&]+(?:[’'](?!s\b)\p{L}+)*")
_SMALL = word_set("the a an")
_OFFICE_RANKS = listed_words("office_ranks")
_LOCATION_TYPES = listed_words("location_types")
# After a country they make another name: "Vietnam News Agency".
_ORGANISATION_TYPES = listed_words("organisation_types")
_HEADS = LOCATION_WORDS | listed_words("organisation_heads")
_NAME_PREFIXES = listed_words("name_prefixes")
# Nouns whose "of" phrase names the same entity: "the city of Hanoi", unlike "the start of the talks".
_SAME_OF = _LOCATION_TYPES | word_set("government name people's")


def names_different_entity(one: str, other: str) -> bool:
    """Whether one of two texts is part of the other and yet names another entity.

    The words next to the part decide: an office of another rank, a capitalised word that makes
    another name, a head noun with "of" before it, or a possessive after it.
    """
    words, others = _words(one), _words(other)
    if [w.group() for w in words] == [w.group() for w in others]:
        return False
    if _ranks(words) != _ranks(others) and not _holder(one, other):
        return True
    short, long = sorted(((words, one), (others, other)), key=lambda pair: len(pair[0]))
    position = _position_of(short[0], long[0])
    if position is None:
        return False
    part, whole, text = short[0], long[0], long[1]
    first, last = position, position + len(part)
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
    return frozenset(w.group().lower() for w in words) & _OFFICE_RANKS


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


def _position_of(part: Sequence[regex.Match[str]], whole: Sequence[regex.Match[str]]) -> int | None:
    """Return the index of one text's words as a run in another that has more, or None."""
    if not part or len(part) >= len(whole):
        return None
    sought, words = [w.group().lower() for w in part], [w.group().lower() for w in whole]
    return next(
        (n for n in range(len(words) - len(sought) + 1) if words[n : n + len(sought)] == sought),
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
    words = [word.lower() for word in run]
    if not words or all(word in _LOCATION_TYPES for word in words):
        return False
    if is_country(name):
        return True
    if words[-1] in _ORGANISATION_TYPES:
        return False
    return is_organisation_word(words[-1]) or words[-1] in _HEADS


def _preceded(name: str, run: Sequence[str]) -> bool:
    """Whether the capitalised words before a name make another name of it ("Air")."""
    words = [word for word in run if not (is_office(word) or is_country(word))]
    if not words or words[0].lower() in _LOCATION_TYPES:
        return False
    if is_country(name) and not is_also_personal_name(name):
        return True
    return words[0].lower() in _NAME_PREFIXES


def _is_of(before: str) -> bool:
    """Whether what stands before a name has it only as its "of" ("the capital of")."""
    found = regex.search(r"(?P<head>[\p{L}’']+) of (?:the )?$", before, regex.I)
    return found is not None and found["head"].lower() not in _SAME_OF
