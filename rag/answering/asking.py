"""What kind of words a question asks for: a fact, somebody's words, or all that is said about something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

import regex

from rag.text.analyser import analyse
from rag.text.keys import outlet_key, without_article
from rag.text.patterns import lazily
from rag.text.word_lists import listed_words, word_list

# "report" and "write" are what an outlet does; they are no verbs of speech of persons in the list.
_MORE_VERBS = "report write think"
_ASKED = lazily(r"^what (?:did|does|do|has|have) (?P<rest>.+)$", regex.I)
_UNSPACED = lazily(r"\S+")
_WORD = lazily(r"[\p{L}’'-]+")
_TOPIC = lazily(r"\b(?:about|on|of|to say about) (?P<topic>[^?]+)$", regex.I)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that asks for words rather than for a fact."""

    topic: str | None
    """What they are about; None where the question leaves it open."""
    speaker: str | None = None
    """Whose words they are, as the question has the name."""
    outlet: str | None = None
    """Which outlet's reports, as the collection has the name."""


def asking(question: str, outlets: Iterable[str] = ()) -> Asking | None:
    """Return what a question asks for if that is words, and None for any other question.

    Parameters
    ----------
    outlets
        The outlets of the collection: "What does the Hill Post say about ...?" means one of them.
    """
    words = " ".join(question.split()).rstrip("?!. ")
    lowered = words.lower().replace("’", "'")
    for opening in word_list("overview_openings", "rag.answering"):
        if lowered.startswith(f"{opening} ") and len(words) > len(opening) + 1:
            return Asking(words[len(opening) + 1 :])
    match = _ASKED.match(words)
    if match is None:
        return None
    rest = match["rest"]
    # The name is put out of the way: "post" may be a verb, and the Hill Post an outlet.
    outlet, length = _outlet_at_start(rest, tuple(outlets))
    verb = _reporting_verb(rest, length)
    if verb is None:
        return None
    topic = _TOPIC.search(rest[verb.end() :])
    named = topic["topic"].strip() if topic else None
    if outlet is not None:
        return Asking(named, outlet=outlet) if named else None
    return Asking(named, speaker=rest[: verb.start()].strip())


def _reporting_verb(text: str, after: int) -> regex.Match[str] | None:
    """Return the first word behind an offset, and not the first of all, that reports speech."""
    for word in _WORD.finditer(text, after):
        stems = analyse(word.group()) if word.start() and word.group().islower() else ()
        if stems and stems[0] in _verb_stems():
            return word
    return None


@cache
def _verb_stems() -> frozenset[str]:
    return frozenset(analyse(f"{' '.join(listed_words('reporting_verbs'))} {_MORE_VERBS}"))


def _outlet_at_start(text: str, outlets: tuple[str, ...]) -> tuple[str | None, int]:
    """Return the outlet that a text begins with, and the characters of its name there; None, 0 without one.

    Names are compared as filters compare them, with their article or without; the longest counts.
    """
    names, words = _by_key(outlets)
    ends = [match.end() for match in islice(_UNSPACED.finditer(text), words)]
    for end in reversed(ends):
        key = outlet_key(text[:end])
        found = names.get(key) or names.get(without_article(key))
        if found is not None:
            return found, end
    return None, 0


@lru_cache(maxsize=4)
def _by_key(outlets: tuple[str, ...]) -> tuple[Mapping[str, str], int]:
    """Return outlets by their key with and without article, and the most words one has in a question."""
    names = {outlet_key(name): name for name in outlets}
    for key, name in list(names.items()):
        names.setdefault(without_article(key), name)
    names.pop("", None)
    # A question may have an article more.
    return names, 1 + max((len(key.split()) for key in names), default=0)
