"""Antecedents: which mention of the earlier turns a pronoun or a noun of a question refers to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import regex

from rag.dialogue.mentions import NAME, Mention, answered, mentions, personal
from rag.dialogue.word_lists import entries, one_of
from rag.text.answer_types import classify_question
from rag.text.entities import is_organisation_word
from rag.text.patterns import lazily
from rag.types import Turn

Class = Literal["person", "it", "they"]
"""he and she; it; they."""

_JOINING = lazily(rf"\b(?:{one_of('joint_action_verbs')})\b")
_MEETING = lazily(rf"\b(?:{one_of('meeting_verbs')})\b")
_AGENT = lazily(rf"(?:[’']ll)? (?:{one_of('agent_verbs')})\b")
_PAIR = lazily(rf"(?<![\p{{L}}]){NAME} and {NAME}")
_DOCUMENTS = entries("documents")
_TIME_UNITS = entries("time_units")


def find_antecedent(sort: Class, turns: Sequence[Turn], question: str, after: str) -> str | None:
    """Return the antecedent of a pronoun: the newest mention that agrees with its class.

    Mentions of the question itself are excluded: in "When did Xi meet him?" he is another.
    """
    agent = bool(_AGENT.match(after))
    for turn in reversed(turns):
        match sort:
            case "person":
                found = _persons(turn)
            case "it":
                found = _things(turn, agent=agent)
            case "they":
                found = _groups(turn, agent=agent)
        for text in found:
            bare = regex.escape(text.removeprefix("the "))
            if not regex.search(rf"(?<!\p{{L}}){bare}(?!\p{{L}})", question, regex.I):
                return text
    return None


def place(turns: Sequence[Turn]) -> str | None:
    """Return the newest place mentioned, or None."""
    for turn in reversed(turns):
        answer = answered(turn)
        if answer and answer.sort == "place":
            return answer.text
        places = [m.text for m in mentions(turn.question) if m.sort == "place"]
        if places:
            return places[-1]
    return None


def antecedent_of_noun(noun: str, turns: Sequence[Turn]) -> str | None:
    """Return the antecedent of a noun: the answer to "Which noun ...?", or a mention with that noun."""
    for turn in reversed(turns):
        answer = answered(turn)
        if answer:
            words = {word.lower() for word in answer.text.split()}
            unit = classify_question(turn.question).unit
            if noun in words or (noun == unit and not answer.plural):
                return answer.text
        for named in mentions(turn.question):
            if noun in [word.lower() for word in named.text.split(" of ")[0].split()]:
                return named.text if named.text.startswith("the ") else f"the {named.text}"
    return None


def _persons(turn: Turn) -> list[str]:
    answer = answered(turn)
    found = [answer.text] if answer and answer.sort == "person" and not answer.plural else []
    named = [m for m in mentions(turn.question) if personal(m, turn.question) and not m.plural]
    # A name given as the answer is preferred to its office.
    return found + [m.text for m in sorted(named, key=lambda m: not m.named)]


def _things(turn: Turn, *, agent: bool) -> list[str]:
    answer = answered(turn)
    answers = [answer.text] if answer and answer.sort != "person" and not answer.plural else []
    named = [
        m
        for m in _question_mentions(turn, answer)
        if m.sort != "person" and not m.plural and not personal(m, turn.question)
    ]
    # A treaty is preferred to the country that signed it, unless "it" acts.
    named.sort(
        key=lambda m: (m.named != agent and (agent or not _is_document(m)), m.sort == "place")
    )
    asked = [m.text for m in named]
    around = regex.search(
        r"\b(?:who|whom|where|when|(?:in|at|from|to|by) (?:which|what))\b", turn.question, regex.I
    )
    return asked + answers if around and not (agent and answers) else answers + asked


def _groups(turn: Turn, *, agent: bool) -> list[str]:
    answer = answered(turn)
    named = _question_mentions(turn, answer)
    people = [m for m in named if m.named and personal(m, turn.question)]
    found = [answer.text] if answer and answer.plural else []
    if answer and answer.sort == "person" and people and _JOINING.search(turn.question):
        found.append(f"{people[0].text} and {answer.text}")
    if _MEETING.search(turn.question):
        both = [m.text for m in named if m.named and m.sort in ("person", "unknown")]
        found += [" and ".join(both[:2])] if len(both) > 1 else []
    pair = _PAIR.search(turn.question)
    found += [pair.group()] if pair and pair.start() else []
    unit = (
        classify_question(turn.question).unit
        if regex.search(r"\bhow many\b", turn.question, regex.I)
        else None
    )
    counted = (
        [f"the {unit}"]
        if unit and unit.endswith(("s", "people")) and unit not in _TIME_UNITS
        else []
    )
    counted += [m.text for m in named if m.plural]
    acting = [m.text for m in named if m not in people and not m.plural and _acts(m)]
    if answer and answer.sort == "thing" and not answer.plural:
        acting.insert(0, answer.text)
    whose = any(m.sort == "person" for m in named) or (
        answer is not None and answer.sort == "person"
    )
    if whose and not counted:
        acting = []
    return found + (acting + counted if agent else counted + acting)


def _is_document(named: Mention) -> bool:
    return named.text.split()[-1].lower() in _DOCUMENTS


def _acts(named: Mention) -> bool:
    """Whether a singular mention takes "they": a country, a company, the council."""
    body = is_organisation_word(named.text.split(" of ")[0].split()[-1])
    return named.sort != "person" and (named.named or body) and not _is_document(named)


def _question_mentions(turn: Turn, answer: Mention | None) -> list[Mention]:
    """Return the mentions of a turn's question, without the "which city" that its answer names."""
    return [
        m
        for m in mentions(turn.question)
        if answer is None or not turn.question[m.start :].lower().startswith("which ")
    ]
