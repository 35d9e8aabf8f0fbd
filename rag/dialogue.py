"""A follow-up to a question that stands alone, by what the earlier turns were about."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.reader.kinds import NAME, wanted
from rag.types import Turn

_PERSON = regex.compile(r"\b(?:he|him|she|her|his|hers)\b", regex.I)
_THING = regex.compile(r"\b(?:it|its|they|them|their|theirs)\b", regex.I)
_POINTING = regex.compile(
    r"\b(?:that|this|those|these) (?P<noun>[\p{L}-]+)\b|\b(?:there|then)\b", regex.I
)
_ELLIPSIS = regex.compile(
    r"^(?:and|but|so|or|what about|how about|and what about|and how about|also)\b[\s,]*", regex.I
)
_SUBJECT_WORD = regex.compile(
    r"\b(?:who|whom|what|which|when|where|why|how|did|does|do|is|are|was|were|the|a|an|in|on|of|to"
    r"|for|by|at|and|many|much|long|has|have|had)\b",
    regex.I,
)
_YEAR = regex.compile(r"\b(?:19|20)\d\d\b")
_PREPOSITION = regex.compile(r"^(?:in|on|at|for|with|by|from|during|to|of)\b", regex.I)


def standalone(question: str, history: Sequence[Turn]) -> str | None:
    """Return the question with what it leaves unsaid filled in, or None where it stands alone.

    A pronoun becomes the newest person or thing spoken of; an ellipsis ("And in 2023?") takes over
    the last question with its part replaced. All words come from the conversation itself.
    """
    if not history or not any(character.isalnum() for character in question):
        return None
    bare = _ELLIPSIS.sub("", question).strip()
    fragment = bool(_ELLIPSIS.match(question)) or not _content(question)
    if fragment:
        merged = _merged(bare, history[-1].question)
        if merged is not None:
            return _filled(merged, history) or merged
    return _filled(question, history, fragment=fragment)


def _filled(question: str, history: Sequence[Turn], *, fragment: bool = False) -> str | None:
    """Return the question with its pronouns replaced or its topic added, or None."""
    changed = question
    person = _newest(history, person=True)
    thing = _newest(history, person=False)
    if person and _PERSON.search(changed):
        changed = _PERSON.sub(
            lambda m: f"{person}'s" if m.group().lower() in ("his", "her", "hers") else person,
            changed,
            count=1,
        )
    if changed == question and thing and _THING.search(changed):
        changed = _THING.sub(
            lambda m: f"{thing}'s" if m.group().lower() in ("its", "their", "theirs") else thing,
            changed,
            count=1,
        )
    if changed == question and not (
        _POINTING.search(question)
        or _PERSON.search(question)
        or _THING.search(question)
        or fragment
    ):
        return None
    topic = _topic(history, changed)
    return f"{changed.rstrip('?').strip()} ({topic})?" if topic else changed


def _merged(bare: str, earlier: str) -> str | None:
    """Return the earlier question with the part that the ellipsis names put in, or None."""
    part = bare.rstrip("?").strip()
    if not part:
        return None
    stem = earlier.rstrip("?").strip()
    # "Why?" takes no part of the earlier question's place; it asks something new about all of it.
    if regex.match(r"(?:who|whose|whom|when|where|why|how|what|which)\b", part, regex.I):
        return None
    year = _YEAR.search(part)
    if year and _YEAR.search(stem):
        return f"{_YEAR.sub(year.group(), stem, count=1)}?"
    if _PREPOSITION.match(part):
        head = part.split()[0]
        place = regex.search(rf"\b{head}\b [^,]*$", stem, regex.I)
        return f"{stem[: place.start()]}{part}?" if place else f"{stem} {part}?"
    names = [m.group() for m in NAME.finditer(stem[1:])]
    if names and part[:1].isupper():
        return f"{stem.replace(names[-1], part)}?"
    return f"{stem} {part}?"


def _newest(history: Sequence[Turn], *, person: bool) -> str | None:
    for turn in reversed(history):
        asked = wanted(turn.question).kind
        if turn.answer and (asked == "person") == person and asked in ("person", "place", "name"):
            return turn.answer
        names = [m.group() for m in NAME.finditer(turn.question) if m.start() > 0]
        if names:
            return max(names, key=len) if person else names[0]
        if turn.answer and turn.answer[:1].isupper() and asked == "clause":
            return turn.answer
    return None


def _topic(history: Sequence[Turn], question: str) -> str:
    """Return the words of the last question that the new one does not have."""
    known = {word.lower() for word in regex.findall(r"[\p{L}\p{N}]+", question)}
    words = [word for word in _content(history[-1].question) if word.lower() not in known]
    return " ".join(words[:8])


def _content(question: str) -> list[str]:
    text = _SUBJECT_WORD.sub(" ", question)
    text = _PERSON.sub(" ", _THING.sub(" ", text))
    return [word for word in regex.findall(r"[\p{L}\p{N}][\p{L}\p{N}'’-]*", text) if len(word) > 1]
