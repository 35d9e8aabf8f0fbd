"""Query rewriting: a follow-up becomes a question that stands alone, with words of the earlier turns."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.dialogue.ellipsis import COUNT_ALONE, is_fragment, resolve_ellipsis
from rag.dialogue.mentions import answered
from rag.dialogue.pronouns import content, has_anaphora, resolve_pronouns
from rag.dialogue.word_lists import one_of
from rag.text.analyser import analyse
from rag.text.entities import is_office
from rag.text.patterns import lazily
from rag.types import Turn

_CONNECTIVE = lazily(
    r"^(?:(?:and |but |so )?(?:what about|how about)|and|but|so|or|also|ok(?:ay)?,? (?:and|but|so))\b[\s,]*",
    regex.I,
)
_ABOUT = lazily(r"\babout\b", regex.I)
_WHOLE = lazily(
    r"^(?:(?:in|on|at|by|for|from|to|with|of|since|until) )?(?:who|whose|whom|when|where|why|how|what|which"
    rf"|name|list|{one_of('auxiliaries')})\b",
    regex.I,
)
# "How many does Xinhua report?" and "Who won?" lack their object.
_LACKS = lazily(
    r"\b(?:how many|which)(?= (?:did|do|does|will|would|have|has|had|can|could)\b)|\bhow many (?:are|were)\b"
    r"|^which ones?\b|\bthe ones?\b|^(?:who|what|which) (?:else )?\p{Ll}+\?*$",
    regex.I,
)
_REMEMBERED = 6
_TOPIC = 10
_LITTLE = 2
# Longer ones are complete, and would take long to match.
_LONGEST = 600


def rewrite_query(question: str, history: Sequence[Turn]) -> str | None:
    """Return the question rewritten to stand alone, or None where it already does.

    A pronoun becomes its newest antecedent; an ellipsis ("And in 2023?") becomes the last question with the
    corresponding part replaced. All words come from the conversation, except "the", "and" or "in" where
    they make a phrase.
    """
    if len(question) > _LONGEST:
        return None
    turns: list[Turn] = []
    for turn in history[-_REMEMBERED:]:
        asked = turn.question[:_LONGEST]
        turns.append(Turn(_alone(asked, turns) or asked, turn.answer))
    return _alone(question, turns)


def _alone(question: str, turns: Sequence[Turn]) -> str | None:
    """Return the question rewritten against turns that stand alone, or None."""
    if not turns or not any(character.isalnum() for character in question):
        return None
    opening = _CONNECTIVE.match(question)
    bare = question[opening.end() :].strip() if opening else question.strip()
    whole = _is_whole(bare) and not (opening and _ABOUT.search(opening.group()))
    if not whole and (opening or is_fragment(bare, asked=question.rstrip().endswith("?"))):
        made = resolve_ellipsis(resolve_pronouns(bare, turns) or bare, turns[-1].question)
        if made is not None:
            return made
    asked = bare[:1].upper() + bare[1:] if whole else question
    filled = resolve_pronouns(asked, turns)
    if filled is None and not has_anaphora(asked) and not _lacks(asked, opening is not None):
        return None
    filled = filled or asked
    topic = _topic(turns[-1], filled, answer=has_anaphora(filled))
    made = f"{filled.rstrip('?').strip()} ({topic})?" if topic else filled
    return made if made != question else None


def _is_whole(bare: str) -> bool:
    """Whether a question begins like a complete one, with a question word or an auxiliary."""
    return bool(_WHOLE.match(bare)) and not COUNT_ALONE.match(bare)


def _lacks(question: str, connected: bool) -> bool:
    """Whether a question has too few content words to be searched for."""
    words = content(question)
    # An office is none of its own: "And who was President?"
    named = any(word[0].isupper() and not is_office(word) for word in words)
    if not words or (len(words) <= _LITTLE and _LACKS.search(question)):
        return True
    existential = regex.match(r"^(?:is|are|was|were) there\b", question, regex.I)
    return len(words) == 1 and not named and (connected or existential is not None)


def _topic(last: Turn, question: str, *, answer: bool) -> str:
    """Return the words of the last question, and its short answer, that the new one does not have."""
    known = set(analyse(question))
    said = content(last.question)
    named = answered(last) if answer else None
    if named:
        said = [*content(named.text), *said]
    words = [word for word in said if not known.issuperset(analyse(word))]
    return " ".join(dict.fromkeys(words[:_TOPIC]))
