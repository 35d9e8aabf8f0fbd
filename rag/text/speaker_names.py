"""Whether two names of speakers may be one person's: "Mayor Lee" is Ann Lee, Bo Lee is not."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.entities import is_office, is_organisation_word
from rag.text.keys import outlet_key
from rag.text.patterns import lazily
from rag.text.word_lists import listed_words

_WORD = lazily(r"[\p{L}\p{M}\p{N}]+(?:['-][\p{L}\p{M}\p{N}]+)*")
_POSSESSIVE = lazily(r"'s?$")
# Between a name or title and what it is of: "Mayor Lee of Orvel", "the lawyer for Ann Lee".
_OF = frozenset(("of", "for", "from", "in", "at", "to"))


def same_speaker(one: str, other: str) -> bool:
    """Whether two names may be one person's: all words of one, without titles, are among the other's.

    An initial stands for a first name that begins so, and one full name never for another full name. A
    title alone is that of any name with it; who is "of" or "for" another is not the other.
    """
    (head, tail), (other_head, other_tail) = _parts(one), _parts(other)
    if not head or not other_head:
        return False
    titles = all(map(_is_title, head)), all(map(_is_title, other_head))
    if any(titles):
        return (titles[0] and _holds(other_head, other_tail, head, tail)) or (
            titles[1] and _holds(head, tail, other_head, other_tail)
        )
    if tail and other_tail and not (tail <= other_tail or tail >= other_tail):
        return False
    return _may_be_one(*sorted((_name(head), _name(other_head)), key=len))


def _parts(name: str) -> tuple[list[str], set[str]]:
    """Return the words of a name up to a comma, those before an "of" and those after it.

    Without "the", case and accents.
    """
    words = _WORD.findall(outlet_key(name).partition(",")[0])
    words = [bare for word in words if (bare := _POSSESSIVE.sub("", word)) != "the"]
    end = next((n for n, word in enumerate(words) if n and word in _OF), len(words))
    return words[:end], set(words[end:]) - _OF


def _holds(head: Sequence[str], tail: set[str], title: Sequence[str], of: set[str]) -> bool:
    """Whether a name has the words of a title, and of what the title is of."""
    return set(title) <= set(head) and of <= tail


def _name(words: list[str]) -> list[str]:
    """Return the words of a name after the title before it: "Finance Minister King" is King."""
    titles = [place for place, word in enumerate(words[:-1]) if _is_title(word)]
    if not titles or any(map(is_organisation_word, words)):
        return words
    return words[titles[-1] + 1 :]


def _may_be_one(short: Sequence[str], long: Sequence[str]) -> bool:
    # Surnames are written out.
    first_names = [word for word in long[:-1] if word not in short]
    for word in short:
        if word in long:
            continue
        meant = next((one for one in first_names if _is_initial_of(word, one)), None)
        if meant is None or word == short[-1]:
            return False
        first_names.remove(meant)
    return bool(short)


def _is_initial_of(one: str, other: str) -> bool:
    return (len(one) == 1 or len(other) == 1) and one[0] == other[0]


def _is_title(word: str) -> bool:
    return is_office(word) or word in listed_words("name_titles")
