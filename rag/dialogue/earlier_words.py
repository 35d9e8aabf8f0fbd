"""The words of the earlier turns by weight: what is added to a question that lacks something."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rag.dialogue.terms import LONGEST
from rag.text.analyser import analyse, question_stop_words, terms_of
from rag.text.patterns import lazily
from rag.types import Turn

DECAY = 0.7
"""What a word weighs for each turn that it lies further back."""
LEAST = 0.5
"""The least weight of a word that is added."""
_LONG_WORD = 8
"""Letters from which on a word weighs no more."""
_MOST = 12
_LONGEST_WORD = 40
"""Letters; what is longer is an address or a text without spaces, and would fill the question."""
_EDGES = '.,;:!?"“”()'
# "Plan A", "hepatitis B", "Group 7": by itself the letter or digit weighs nothing, and without it the name is
# another's. "I" is who speaks; "won 7" is no name.
_LABELLED = lazily(r"(?:^\p{Lu}\S* |^\S+ (?!\d))(?:(?!I)\p{Lu}|\d)(?=[.,;:!?\"”)]*$)")


def weighted_words(question: str, history: Sequence[Turn]) -> str | None:
    """Append the words of all earlier turns that weigh enough, those of the newest turn first.

    A word weighs by its letters, as a stand-in for how rare it is (Zipf's law of abbreviation),
    names and figures double, and less for each turn that it lies further back. For answering this does
    better than only those words that a person's rewrite takes over (``python -m eval.follow_ups``).
    """
    known = set(analyse(question))
    weights: dict[str, float] = {}
    for back, turn in enumerate(reversed(history)):
        words = f"{turn.question[:LONGEST]} {(turn.answer or '')[:LONGEST]}".split()
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            bare = word.strip(_EDGES)
            terms = terms_of(bare) if len(bare) <= _LONGEST_WORD else ()
            if not terms or known.issuperset(terms) or question_stop_words().issuperset(terms):
                continue
            if word.endswith(bare) and (labelled := _LABELLED.match(f"{bare} {following}")):
                bare = labelled.group()
            named = 2 if bare[:1].isupper() or bare[:1].isdigit() else 1
            weight = named * min(len(bare), _LONG_WORD) / _LONG_WORD * DECAY**back
            weights[bare] = max(weights.get(bare, 0.0), weight)
    best = sorted(weights, key=lambda word: -weights[word])[:_MOST]
    added = [word for word in weights if word in best and weights[word] >= LEAST]
    return f"{question.rstrip('?').rstrip()} ({' '.join(added)})?" if added else None
