"""A scorer for evaluations, whose runs read most passages again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.reader.scoring import SpanScorer, TokenScores


class RememberingScorer:
    """A scorer that reads every text of a question once, however often a sweep asks for it."""

    def __init__(self, scorer: SpanScorer) -> None:
        self._scorer = scorer
        self._known: dict[tuple[str, str, str], list[TokenScores]] = {}

    @property
    def name(self) -> str:
        """That of the scorer behind it."""
        return self._scorer.name

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one of its vocabulary; every word where it has none."""
        knows = getattr(self._scorer, "knows", None)
        return knows is None or bool(knows(word))

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        """Return the scores of every text, in order; a long text has several windows."""
        asked = [(question, text, lead) for text, lead in zip(texts, leads, strict=True)]
        new = [key for key in dict.fromkeys(asked) if key not in self._known]
        if new:
            _, unknown, before = zip(*new, strict=True)
            found: list[list[TokenScores]] = [[] for _ in new]
            for scores in self._scorer.score(question, unknown, before):
                found[scores.text].append(scores)
            self._known.update(zip(new, found, strict=True))
        return [
            replace(scores, text=number)
            for number, key in enumerate(asked)
            for scores in self._known[key]
        ]
