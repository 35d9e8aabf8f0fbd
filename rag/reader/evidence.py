"""A reader that needs no training: it weighs what sentences have in common with the question.

The sentence is chosen by meaning (vectors), by shared words (weighted by rarity), and by whether
it offers the kind of words the question wants; inside it the words of that kind that stand nearest
to the question's own are the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import regex

from embeddings import Vectors
from rag.index.lexical import analyse
from rag.reader.kinds import Want, offers, wanted
from rag.reader.protocol import Calibration
from rag.reader.spans import answer_span
from rag.sentences import sentence_spans
from rag.types import Passage, Span

# Chosen on the sample's development half and on questions about other articles
# (python -m eval.tune evidence).
_WEIGHTS = {"dense": 1.0, "coverage": 0.6, "kind": 0.25, "names": 0.35, "passage": 0.3}
_MAX_SENTENCES = 120
_MIN_WORDS = 4
_GRAMMAR = """
    a an and are as at be been being by can could did do does for from had has have how in
    is it its many much of on or should than that the their them there these they this
    those to was were what when where which who whom whose why will with would about into
    some tell me s t he she his her not no also one say said says according article
    articles report reports year date day number name called kind please
"""
_QUESTION_NAME = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}\p{M}’'-]+|\d[\d,.]*\d|\d+")

DEFAULT_CALIBRATION = Calibration(
    {"coverage": 2.324, "margin": 2.334, "passage": 4.807}, intercept=-6.544, threshold=0.5
)


@cache
def _stop() -> frozenset[str]:
    return frozenset(analyse(_GRAMMAR))


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    start: int
    end: int
    text: str
    terms: frozenset[str]


class EvidenceReader:
    """Scores sentences of passages against a question; ``encode`` gives unit vectors of texts."""

    name = "evidence"

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Vectors],
        calibration: Calibration = DEFAULT_CALIBRATION,
    ) -> None:
        self._encode = encode
        self._calibration = calibration

    @property
    def calibration(self) -> Calibration:
        """How its spans' signals become a confidence."""
        return self._calibration

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        sentences = _sentences(passages)
        if not sentences:
            return []
        want = wanted(question)
        terms = dict.fromkeys(t for t in analyse(question) if t not in _stop())
        rarity = _rarity(terms, sentences)
        vectors = self._encode([question, *(s.text for s in sentences)])
        closeness = vectors[1:] @ vectors[0]
        named = _named(question)
        top = max((s.passage.score for s in sentences), default=1.0) or 1.0
        spans = []
        for sentence, dense in zip(sentences, closeness.tolist(), strict=True):
            signals = _signals(sentence, float(dense), want, rarity, named, top)
            start, end, fit = answer_span(question, sentence.text, want)
            signals["kind"] = fit
            score = sum(weight * signals[name] for name, weight in _WEIGHTS.items())
            spans.append(
                Span(
                    sentence.passage,
                    sentence.start + start,
                    sentence.start + end,
                    sentence.start,
                    sentence.end,
                    score,
                    signals | {"score": score},
                )
            )
        spans.sort(key=lambda s: (-s.score, s.passage.chunk.id, s.start))
        return spans


def _sentences(passages: Sequence[Passage]) -> list[_Sentence]:
    """Return the sentences of all passages, each once, in the order of the passages."""
    found: dict[tuple[str, int], _Sentence] = {}
    for passage in passages:
        base = passage.chunk.start
        for start, end in sentence_spans(passage.text):
            text = passage.text[start:end]
            place = (passage.article.id, base + start)
            if place in found or (len(text.split()) < _MIN_WORDS and len(text) < 12):
                continue
            found[place] = _Sentence(
                passage, base + start, base + end, text, frozenset(analyse(text))
            )
            if len(found) >= _MAX_SENTENCES:
                return list(found.values())
    return list(found.values())


def _rarity(
    terms: Sequence[str] | dict[str, None], sentences: Sequence[_Sentence]
) -> dict[str, float]:
    """Return a weight above 0 for each term: the rarer among these sentences, the heavier."""
    total = len(sentences)
    return {
        term: math.log(1 + (total + 1) / (0.5 + sum(term in s.terms for s in sentences)))
        for term in terms
    }


def _named(question: str) -> list[frozenset[str]]:
    """Return the terms of each capitalised word or figure after the question's first word."""
    return [
        terms
        for match in _QUESTION_NAME.finditer(question)
        if (terms := frozenset(analyse(match.group())) - _stop())
    ]


def _signals(
    sentence: _Sentence,
    dense: float,
    want: Want,
    rarity: dict[str, float],
    named: Sequence[frozenset[str]],
    top: float,
) -> dict[str, float]:
    whole = sum(rarity.values()) or 1.0
    covered = sum(weight for term, weight in rarity.items() if term in sentence.terms)
    around = frozenset(analyse(sentence.passage.text)) | frozenset(
        analyse(sentence.passage.article.title or "")
    )
    date = sentence.passage.article.published
    if date:
        around |= {str(date.year)}
    near = sum(weight for term, weight in rarity.items() if term in around)
    here = sum(bool(terms & sentence.terms) for terms in named)
    there = sum(bool(terms & around) for terms in named)
    count = len(named) or 1
    return {
        "dense": dense,
        "coverage": covered / whole,
        "context": near / whole,
        "names": (0.5 * here + 0.5 * there) / count if named else 1.0,
        "names_missing": (len(named) - there) / count if named else 0.0,
        "passage": sentence.passage.score / top,
        "retrieval": sentence.passage.signals.get("dense", 0.0),
        "typed": float(want.kind != "clause" and bool(offers(want.kind, sentence.text))),
    }
