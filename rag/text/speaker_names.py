"""Whether two names of speakers may be one person's: "Mayor Lee" is Ann Lee, Bo Lee is not."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.entities import is_office, is_organisation_word
from rag.text.keys import outlet_key
from rag.text.patterns import lazily
from rag.text.word_lists import listed_words

_WORD = lazily(r"[\p{L}\p{M}\p{N}]+(?:['-][\p{L}\p{M}\p{N}]+)*")
_POSSESSIVE = lazily(r"'s?$")
# What may follow a name with a title: "Mayor Lee of Orvel".
_OF = frozenset(("of", "for", "from", "in", "at"))


def same_speaker(one: str, other: str) -> bool:
    """Whether two names may be one person's: all words of one, without titles, are among the other's.

    An initial stands for a first name that begins so, and one full name never for another full name. Where
    one is a title alone, the other must hold it.
    """
    words, others = _words(one), _words(other)
    if all(map(_is_title, words)) or all(map(_is_title, others)):
        short, long = sorted((words, others), key=len)
        return bool(short) and set(short) <= set(long)
    return _may_be_one(*sorted((_name(words), _name(others)), key=len))


def _words(name: str) -> list[str]:
    """Return the words of a name up to a comma, without "the", case and accents."""
    words = _WORD.findall(outlet_key(name).partition(",")[0])
    return [bare for word in words if (bare := _POSSESSIVE.sub("", word)) != "the"]


def _name(words: list[str]) -> list[str]:
    """Return the words of a name after the title before it, and before an "of" that goes with the title.

    "Finance Minister King of Orvel" is King: the last word may be a surname that is a title too.
    """
    titles = [place for place, word in enumerate(words[:-1]) if _is_title(word)]
    if not titles or any(map(is_organisation_word, words)):
        return words
    rest = words[titles[-1] + 1 :]
    if rest[0] in _OF:
        # "The mayor of Orvel, Ann Lee": where the place ends, the words do not tell.
        return words
    return rest[: next((n for n, word in enumerate(rest) if word in _OF), len(rest))]


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
