"""Questions as the dialogue rewrites a follow-up: a name gives way, earlier words stand in brackets."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import regex

from eval.lab.train.examples import Example
from eval.lab.train.synthetic import StoryExample
from rag.dialogue.earlier_words import weighted_words
from rag.types import Turn

_NAME = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}\p{N}’'-]*(?: \p{Lu}[\p{L}\p{N}’'-]*)*(?:['’]s)?")
_LONGEST = 160
_FOLLOWING = ("", "", "And ")
_PRONOUNS = ("it", "they", "he", "she")


class EarlierTurns:
    """Gives a question an earlier turn: another question about the same text, with its answer."""

    def __init__(self, examples: Sequence[Example], stories: Sequence[StoryExample] = ()) -> None:
        asked: dict[str, list[Turn]] = defaultdict(list)
        place: dict[str, str] = {}
        for example in examples:
            if example.spans:
                start, end, _ = example.spans[0]
                asked[example.context].append(_turn(example.question, example.context[start:end]))
                place[example.question] = example.context
        for story in stories:
            for one in story.asked:
                found = [story.articles[n].text[a:b] for n, a, b in one.places[:1]]
                asked[story.group].append(_turn(one.question, found[0] if found else None))
                place[one.question] = story.group
        self._asked: Mapping[str, Sequence[Turn]] = asked
        self._place = place

    def followed(self, question: str, rng: random.Random) -> str:
        """Return the question as a rewritten follow-up; itself where its text has no other question."""
        asked = self._asked.get(self._place.get(question, ""), ())
        turns = [turn for turn in asked if turn.question != question]
        if not turns:
            return question
        # A turn that names what is to be left out; else any.
        naming = [turn for turn in turns if _shared(question, turn)]
        turn = rng.choice(naming or turns)
        shared = _shared(question, turn)
        reduced = question
        if shared:
            name = rng.choice(shared)
            other = rng.choice(_PRONOUNS)
            owned = name.endswith(("'s", "’s"))
            reduced = question.replace(name, "their" if owned else other, 1)
        opening = rng.choice(_FOLLOWING)
        if opening:
            reduced = opening + reduced[:1].lower() + reduced[1:]
        return weighted_words(reduced, (turn,)) or question


def _shared(question: str, turn: Turn) -> list[str]:
    """Return the names of a question that its earlier turn holds."""
    earlier = f"{turn.question} {turn.answer or ''}"
    names = [match.group() for match in _NAME.finditer(question)]
    return [name for name in names if name.removesuffix("'s").removesuffix("’s") in earlier]


def _turn(question: str, answer: str | None) -> Turn:
    return Turn(question, answer[:_LONGEST] if answer else None)
