"""What kind of words a question asks for: a fact, somebody's words, or all that is said about something."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import regex

from rag.text.analyser import analyse
from rag.text.patterns import lazily
from rag.text.word_lists import listed_words, word_list

# "report" and "write" are what an outlet does; they are no verbs of speech of persons in the list.
_MORE_VERBS = "report write think"
_ASKED = lazily(r"^what (?:did|does|do|has|have) (?P<rest>.+)$", regex.I)
_WORD = lazily(r"[\p{L}’'-]+")
_TOPIC = lazily(r"\b(?:about|on|of|to say about) (?P<topic>[^?]+)$", regex.I)
_ARTICLE = lazily(r"^(?:the|a|an) ", regex.I)


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
    outlet = _outlet_at_start(rest, outlets)
    # The name is put out of the way: "post" may be a verb, and the Hill Post an outlet.
    length = len(outlet) if outlet else 0
    place = rest.casefold().find(outlet.casefold()) + length if outlet else 0
    verb = _reporting_verb(rest, place)
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


def _outlet_at_start(text: str, outlets: Iterable[str]) -> str | None:
    """Return the outlet that a text begins with, whatever its case and article; None where none does."""
    sought = _bare(text)
    found = [name for name in outlets if name and f"{sought} ".startswith(f"{_bare(name)} ")]
    return max(found, key=len, default=None)


def _bare(name: str) -> str:
    return _ARTICLE.sub("", " ".join(name.split())).casefold()
