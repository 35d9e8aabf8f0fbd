"""Features of a conversation: of each word that its newest question may need, and of the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.dialogue.terms import Part, Word

Array = NDArray[np.float32]

# Closed classes of function words (Huddleston and Pullum 2002, chapters 5 and 6).
CLASSES: Mapping[str, frozenset[str]] = {
    "person": frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself"}),
    "thing": frozenset({"it", "its", "itself", "this", "that"}),
    "several": frozenset({"they", "them", "their", "theirs", "these", "those", "both", "two"}),
    "place": frozenset({"there", "here"}),
    "other": frozenset({"one", "ones", "other", "others", "same", "another", "else", "such"}),
    "order": frozenset(
        {"previous", "next", "last", "first", "before", "after", "later", "earlier", "then", "now"}
    ),
    "joining": frozenset({"and", "but", "or", "so", "also"}),
    "definite": frozenset({"the"}),
    "who": frozenset({"who", "whom", "whose"}),
    "what": frozenset({"what", "which"}),
    "when": frozenset({"when"}),
    "where": frozenset({"where"}),
    "how": frozenset({"how"}),
    "why": frozenset({"why"}),
    "auxiliary": frozenset(
        [
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
            "do",
            "does",
            "did",
            "has",
            "have",
            "had",
            "will",
            "would",
            "can",
            "could",
            "may",
            "might",
            "must",
            "should",
            "shall",
        ]
    ),
}
QUESTION_WORDS = CLASSES["who"] | CLASSES["what"] | CLASSES["when"] | CLASSES["where"]
QUESTION_WORDS |= CLASSES["how"] | CLASSES["why"]


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of the earlier turns, by its newest occurrence."""

    key: str
    part: int
    """Which part of the conversation that is in, from 0."""
    word: int
    """Which word of the part."""
    places: tuple[tuple[int, int], ...]
    """All its occurrences, as (part, word)."""


def terms_of_parts(parts: Sequence[Part]) -> list[Term]:
    """Return the content words of the earlier turns that the question does not have, oldest first."""
    asked = {word.key for word in parts[-1].words}
    places: dict[str, list[tuple[int, int]]] = {}
    for number, part in enumerate(parts[:-1]):
        for n, word in enumerate(part.words):
            if word.key and word.key not in asked:
                places.setdefault(word.key, []).append((number, n))
    found = [Term(key, *where[-1], tuple(where)) for key, where in places.items()]
    return sorted(found, key=lambda term: (term.part, term.word))


def question_features(parts: Sequence[Part]) -> list[float]:
    """Return what is known of a question without its words' meaning, each about 0..1."""
    question = parts[-1]
    words = question.words
    lowered = [word.text.lower() for word in words]
    content = [word for word in words if word.key]
    earlier = {word.key for part in parts[:-1] for word in part.words if word.key}
    named = [word for n, word in enumerate(words) if n and word.text[:1].isupper()]
    asking = [n for n, word in enumerate(lowered) if word in QUESTION_WORDS]
    first = asking[0] if asking else -1
    return [
        *(float(any(word in kind for word in lowered)) for kind in CLASSES.values()),
        *(float(bool(lowered) and lowered[0] in kind) for kind in CLASSES.values()),
        min(len(words), 12) / 12,
        min(len(content), 6) / 6,
        float(len(content) == 0),
        float(len(content) == 1),
        float(len(content) == 2),
        min(len(named), 4) / 4,
        float(not named),
        float(any(character.isdigit() for character in question.text)),
        float(not asking),
        float(first > 0),
        # Without a verb: nothing follows the question word that could be asked of it.
        float(len(words) - 1 - first <= 2),
        float(bool(lowered) and lowered[0] in CLASSES["auxiliary"]),
        float(question.text.rstrip().endswith("?")),
        sum(word.key in earlier for word in content) / max(1, len(content)),
        float(any(word.key in earlier for word in named)),
        float(any(word.key and word.key not in earlier for word in named)),
        min(len(parts) - 1, 6) / 6,
    ]


def term_features(parts: Sequence[Part], term: Term) -> list[float]:
    """Return what is known of a word without its meaning, each about 0..1."""
    part = parts[term.part]
    word = part.words[term.word]
    newest = [n for n, one in enumerate(parts[:-1]) if one.turn == 1]
    before = part.words[term.word - 1] if term.word else None
    after = part.words[term.word + 1] if term.word + 1 < len(part.words) else None
    turns = {parts[n].turn for n, _ in term.places}
    in_answer = [parts[n] for n, _ in term.places if parts[n].answer]
    asked = [parts[n] for n, _ in term.places if not parts[n].answer]
    years = any(_is_year(one.text) for one in parts[-1].words)
    content = [one for one in part.words if one.key]
    return [
        float(part.turn == 1),
        float(part.turn == 2),
        float(part.turn > 2),
        float(part.answer),
        float(bool(in_answer)),
        float(bool(asked)),
        float(any(one.turn == 1 for one in in_answer)),
        float(any(one.turn == 1 for one in asked)),
        float(len(turns) > 1),
        float(max(turns) == parts[0].turn),
        float(_is_name(part, term.word)),
        float(word.text[:1].isdigit()),
        float(_is_year(word.text)),
        float(_is_year(word.text) and years),
        float(before is not None and _is_name(part, term.word - 1)),
        float(after is not None and _is_name(part, term.word + 1)),
        float(before is not None and bool(before.key)),
        float(after is not None and bool(after.key)),
        float(before is not None and before.text.lower() in ("of", "the", "in", "at", "for", "by")),
        float(before is not None and before.text.lower() in CLASSES["auxiliary"]),
        float(before is not None and before.text.lower() in ("many", "much", "which", "what")),
        min(len(word.text), 10) / 10,
        term.word / max(1, len(part.words)),
        min(len(content), 8) / 8,
        min(len(newest), 2) / 2,
        float(part.answer and len(part.words) <= 4),
    ]


def _is_name(part: Part, n: int) -> bool:
    return part.words[n].text[:1].isupper() and (n > 0 or part.answer)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and text[:2] in ("19", "20")


def state_of(word: Word, states: Array, offsets: Sequence[tuple[int, int]], begin: int) -> Array:
    """Return the mean hidden state of a word's pieces, zeros where the text was cut before it.

    Parameters
    ----------
    states
        Shape ``(pieces, dimension)``.
    offsets
        Where each piece stands in the joined text.
    begin
        Where the word's part begins in the joined text.
    """
    start, end = begin + word.start, begin + word.end
    rows = [n for n, (a, b) in enumerate(offsets) if a < end and b > start]
    if not rows:
        return np.zeros(states.shape[1], np.float32)
    mean: Array = states[rows].mean(axis=0)
    return mean
