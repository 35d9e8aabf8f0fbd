"""Query rewriting: a follow-up becomes a question that stands alone, with words of the earlier turns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rag.dialogue.classifier import packaged_classifier
from rag.dialogue.earlier_words import weighted_words
from rag.dialogue.terms import LONGEST, REMEMBERED, Part, parts_of
from rag.dialogue.wording import fragment_of, is_named, merged, refers_back
from rag.types import Turn

_REWRITES_KEPT = 256
_FULL = 4
LEAST_OF_SHORT = 0.6
"""Probability from which on a question without names and with few content words is a follow-up: few of
those that stand alone are of that form."""


def rewrite_query(question: str, history: Sequence[Turn]) -> str | None:
    """Return the question rewritten to stand alone, or None where it already does.

    A classifier decides whether the question needs words of the earlier turns, and which of the last
    question's give way to a fragment ("And in 2023?"; `rag.dialogue.classifier`). To other questions
    the weightiest words are added in brackets. All words come from the conversation.

    Raises
    ------
    ModelError
        Where the classifier or its encoder cannot be loaded.
    """
    if len(question) > LONGEST:
        return None
    # Words are lacking from what was said last, not from a turn of nothing or of marks after it.
    said = tuple(turn for turn in history if _says(turn))
    return _alone(question, said[-REMEMBERED:]) if said else None


def _says(turn: Turn) -> bool:
    """Whether there is a word in what is looked at of a turn."""
    looked_at = turn.question[:LONGEST] + (turn.answer or "")[:LONGEST]
    return any(map(str.isalnum, looked_at))


@lru_cache(maxsize=_REWRITES_KEPT)
def _alone(question: str, history: tuple[Turn, ...]) -> str | None:
    """Return the question rewritten against the turns before it, oldest first, or None."""
    parts = parts_of(question, history)
    if not parts[-1].words:
        return None
    classifier = packaged_classifier()
    needs = classifier.needs(parts)
    least_any = classifier.least_any if _is_full(parts[-1]) else LEAST_OF_SHORT
    if needs.any < least_any and not refers_back(parts[-1]):
        return None
    if is_named(parts[-1]) and max(needs.words.values(), default=0.0) < classifier.least_word:
        # A named question of which the classifier cannot say what it lacks.
        return None
    fragment = fragment_of(question.strip())
    last = history[-1].question[:LONGEST]
    if fragment is None or not any(map(str.isalnum, last)):
        # Of an answer alone there is no question that a fragment could be put into.
        return weighted_words(question.strip(), history)
    earlier = (_alone(last, history[:-1]) if len(history) > 1 else None) or last
    return merged(fragment, earlier, needs.words, classifier.least_word)


def _is_full(question: Part) -> bool:
    """Whether a question has a name or figure, or content words enough, to stand alone."""
    return is_named(question) or sum(bool(word.key) for word in question.words) >= _FULL
