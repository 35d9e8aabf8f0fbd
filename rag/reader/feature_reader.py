"""A reader that needs no training: it weighs what sentences have in common with the question.

The sentence is chosen by meaning (vectors of sentences and of words), by shared words (weighted by
rarity), by names and years, and by whether it offers the kind of words the question wants; inside
it the words of that kind that stand nearest to the question's own are the answer. A sentence that
leans on the one before it ("He said ...") is read and quoted together with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np

from embeddings import Vectors
from rag.reader.protocol import Calibration
from rag.reader.spans import answer_span
from rag.text.analyser import analyse, terms_of
from rag.text.answer_types import classify_question, has_verb
from rag.text.entities import CasingStats
from rag.text.patterns import lazily
from rag.text.sentences import sentence_spans
from rag.text.year_parts import year_part_synonyms
from rag.types import Article, Passage, Span

# python -m eval.lab.tune order --reader evidence: with these the first sentence answers 84 % of the sample's
# development questions (cross-validated by topic 81 %; all weights alike 76 %). Coverage, nearness
# and names were measured too and add nothing beside ``rare`` and ``dense``.
WEIGHTS: Mapping[str, float] = {
    "dense": 1.0,
    "rare": 0.75,
    "around": 0.35,
    "soft_context": 0.3,
    "phrase": 0.05,
    "years": 0.15,
    "kind": 0.85,
    "verb": 0.1,
    "passage": 0.35,
    "retrieval": 1.2,
}
# python -m eval.lab.tune confidence --reader evidence --near-misses --accuracy 0.85, with a --signal for
# each name below: fitted on the sample's 103 development questions. By cross-validation its AUROC
# (right or not) is 0.79, and half of all questions are answered at 85 % right. To be right in 90 %
# the threshold would be 0.79, and one in three would be answered.
DEFAULT_CALIBRATION = Calibration(
    {
        "margin": 1.14,
        "nearness": 1.51,
        "fits": 1.73,
        "passage": 3.42,
        "words": 0.61,
        "worst_here": 0.36,
        "names_here": 0.80,
        "dense": 0.54,
        "rare": 0.97,
    },
    intercept=-7.04,
    threshold=0.665,
)
BY_VECTORS = frozenset({"dense", "soft_context"})
"""The signals that sentences and words must be embedded for."""
_MAX_SENTENCES = 120
_MAX_WINDOW = 600
_MIN_WORDS = 4
_REMEMBERED = 4096
# A word's nearest other word by vector counts from here (0) to equality (1).
_SOFT_FLOOR = 0.45
_GRAMMAR = """
    a an and are as at be been being by can could did do does for from had has have how in
    is it its many much of on or should than that the their them there these they this
    those to was were what when where which who whom whose why will with would about into
    some tell me s t he she his her not no also one say said says according article
    articles report reports year date day number name called kind please
"""
_QUESTION_NAME = lazily(r"(?<=\S\s)\p{Lu}[\p{L}\p{M}’'-]+|\b\d[\d,.]*\p{L}*")
_YEAR = lazily(r"\b(?:19|20)\d\d\b")
_LEANING = lazily(
    r"[\"“‘']?(?:(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Such|Both|There)\b"
    r"|(?:\p{L}+ ){1,4}(?:it|this|that|they|he|she|them|him) (?:is|was|will|would|has|had)\b"
    r"|The (?:aim|goal|purpose|reason|idea|result|total|latter|former)s?\b)"
)
_PRONOUN = lazily(r"\b(?:he|she|it|they|him|her|them)\b")
_BRIEF = 9
_WORD = lazily(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")


@cache
def _stop() -> frozenset[str]:
    return frozenset(analyse(_GRAMMAR))


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    start: int
    end: int
    text: str
    """What is quoted: the sentence, and the one it leans on where that is of its paragraph."""
    read: str
    """The same, and the one it leans on wherever that is."""
    terms: tuple[str, ...]
    neighbours: frozenset[str]
    """Terms of the sentences right before and after."""
    about: frozenset[str]
    """Terms that the article's metadata add."""
    around: frozenset[str]
    """Terms of the whole passage, with those."""
    lone: bool
    """Whether a neighbour may be missing because the passage ends there."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked for, worked out once a question."""

    question: str
    rarity: Mapping[str, float]
    soft: Mapping[str, Mapping[str, float]] | None
    """For each of the question's terms, how near each term of the passages comes, 0..1; None
    without vectors."""
    names: Sequence[frozenset[str]]
    years: frozenset[str]
    figures: frozenset[str]
    """Its other figures and ordinals, as terms."""
    top: float
    """The best passage's score."""
    top_words: float
    """The best passage's score by words."""


class FeatureReader:
    """Scores sentences of passages against a question; ``encode`` gives unit vectors of texts.

    Without ``encode`` it goes by words alone, in a tenth of the time: there is no ``dense`` and no
    ``soft_context``, and ``worst_here`` knows no words of like meaning.
    """

    name = "evidence"

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Vectors] | None,
        calibration: Calibration = DEFAULT_CALIBRATION,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        self._encode = encode
        self._calibration = calibration
        self._weights = weights
        self._vectors: dict[str, Vectors] = {}

    @property
    def weights(self) -> Mapping[str, float]:
        """What each signal adds to a sentence's score."""
        return self._weights

    @property
    def calibration(self) -> Calibration:
        """How its spans' signals become a confidence."""
        return self._calibration

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        del as_of  # the words alone decide
        sentences = _sentences(passages)
        if not sentences:
            return []
        want = classify_question(question)
        known = CasingStats.of(dict.fromkeys(s.passage.text for s in sentences))
        asked = self._asked(question, sentences)
        spans = []
        for sentence, dense in zip(sentences, self._closeness(question, sentences), strict=True):
            picked = answer_span(question, sentence.text, want, known, asked.rarity)
            signals = {
                **dense,
                **_signals(sentence, asked),
                "kind": picked.fit,
                "nearness": picked.nearness,
                "fits": 1.0 if want.kind == "clause" else picked.fit,
            }
            score = sum(w * signals.get(name, 0.0) for name, w in self._weights.items())
            spans.append(
                Span(
                    sentence.passage,
                    sentence.start + picked.start,
                    sentence.start + picked.end,
                    sentence.start,
                    sentence.end,
                    score,
                    signals | {"score": score},
                )
            )
        return sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start))

    def _closeness(self, question: str, sentences: Sequence[_Sentence]) -> list[dict[str, float]]:
        """Return each sentence's ``dense`` signal, where there are vectors."""
        if self._encode is None:
            return [{} for _ in sentences]
        vectors = self._vectors_of(self._encode, [question, *(s.read for s in sentences)])
        return [{"dense": dense} for dense in (vectors[1:] @ vectors[0]).tolist()]

    def _asked(self, question: str, sentences: Sequence[_Sentence]) -> _Asked:
        terms = list(dict.fromkeys(t for t in analyse(question) if t not in _stop()))
        rarity = _rarity(terms, sentences)
        soft = self._soft(self._encode, question, terms, sentences) if self._encode else None
        return _Asked(
            question,
            rarity,
            soft,
            _named(question),
            frozenset(_YEAR.findall(question)),
            frozenset(t for t in analyse(question) if t[0].isdigit() and not _YEAR.fullmatch(t)),
            max(s.passage.score for s in sentences) or 1.0,
            max(s.passage.signals.get("lexical", 0.0) for s in sentences) or 1.0,
        )

    def _soft(
        self,
        encode: Callable[[Sequence[str]], Vectors],
        question: str,
        terms: Sequence[str],
        sentences: Sequence[_Sentence],
    ) -> dict[str, dict[str, float]]:
        """Return how near each term of the passages comes to each of the question's, by vector."""
        words = _surface([question])
        others = _surface(
            [
                *(s.passage.text for s in sentences),
                *(s.passage.article.title or "" for s in sentences),
            ]
        )
        own = [term for term in terms if term in words and term.isalpha()]
        theirs = [
            term for term in others if term.isalpha() and len(term) > 2 and term not in _stop()
        ]
        if not own or not theirs:
            return {}
        left = self._vectors_of(encode, [words[term] for term in own])
        right = self._vectors_of(encode, [others[term] for term in theirs])
        near = np.clip((left @ right.T - _SOFT_FLOOR) / (1 - _SOFT_FLOOR), 0.0, 1.0)
        return {
            term: {theirs[n]: float(row[n]) for n in np.flatnonzero(row)}
            for term, row in zip(own, near, strict=True)
        }

    def _vectors_of(
        self, encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str]
    ) -> Vectors:
        """Encode texts, remembering the newest few thousand: sentences and words come back."""
        known = dict(self._vectors)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, encode(new), strict=True))
            # Replaced as a whole, so that threads that share the reader never see half of it.
            kept = list(known.items())[-_REMEMBERED:]
            self._vectors = dict(kept)
        return np.stack([known[text] for text in texts])


def _surface(texts: Sequence[str]) -> dict[str, str]:
    """Return for each term of the texts the lower-cased word it first stands for."""
    found: dict[str, str] = {}
    for word in dict.fromkeys(
        m.group().lower() for text in dict.fromkeys(texts) for m in _WORD.finditer(text)
    ):
        for term in terms_of(word):
            found.setdefault(term, word)
    return found


def _sentences(passages: Sequence[Passage]) -> list[_Sentence]:
    """Return the sentences of all passages, each once, in the order of the passages."""
    found: dict[tuple[str, int], _Sentence] = {}
    for passage in passages:
        base = passage.chunk.start
        spans = sentence_spans(passage.text)
        terms = [_terms(passage.text[start:end]) for start, end in spans]
        about = _about(passage.article)
        around = about.union(*terms)
        for n, (start, end) in enumerate(spans):
            text = passage.text[start:end]
            if len(text.split()) < _MIN_WORDS and len(text) < 12:
                continue
            low, first, own = start, start, terms[n]
            if n and _leans(text) and end - spans[n - 1][0] <= _MAX_WINDOW:
                first, own = spans[n - 1][0], terms[n - 1] + terms[n]
                low = start if "\n" in passage.text[first:start] else first
            place = (passage.article.id, base + end)
            made = _Sentence(
                passage,
                base + low,
                base + end,
                passage.text[low:end],
                passage.text[first:end],
                own,
                frozenset(t for m in (n - 1, n + 1) if 0 <= m < len(spans) for t in terms[m]),
                about,
                around,
                lone=n == 0 and passage.chunk.start > 0,
            )
            earlier = found.get(place)
            if earlier is None:
                found[place] = made
            elif earlier.lone and not made.lone:
                # Chunks overlap: the better passage's score, the context of the one that has it.
                better = max(earlier.passage, passage, key=lambda p: p.score)
                found[place] = replace(made, passage=better)
            if len(found) >= _MAX_SENTENCES:
                return list(found.values())
    return list(found.values())


def _terms(text: str) -> tuple[str, ...]:
    other = year_part_synonyms(text)
    return tuple(analyse(f"{text} {other}" if other else text))


def _leans(text: str) -> bool:
    """Whether a sentence says too little without the one before it."""
    brief = len(text.split()) <= _BRIEF and bool(_PRONOUN.search(text))
    return brief or bool(_LEANING.match(text))


def _rarity(terms: Sequence[str], sentences: Sequence[_Sentence]) -> dict[str, float]:
    """Return a weight above 0 for each term: the rarer among these sentences, the heavier.

    BM25's inverse document frequency (Robertson and Zaragoza 2009), with sentences as documents.
    """
    total = len(sentences)
    held = {term: sum(term in s.terms for s in sentences) for term in terms}
    return {term: max(0.1, math.log(1 + (total - n + 0.5) / (n + 0.5))) for term, n in held.items()}


def _named(question: str) -> list[frozenset[str]]:
    """Return the terms of each capitalised word or figure after the question's first word."""
    return [
        terms
        for match in _QUESTION_NAME.finditer(question)
        if (terms := frozenset(analyse(match.group())) - _stop())
    ]


def _signals(sentence: _Sentence, asked: _Asked) -> dict[str, float]:
    """Return a sentence's evidence by name, all about 0..1 and better the higher.

    ``coverage`` and ``rare`` are shares of the question's terms in it, weighted by rarity and by
    its square; ``around`` what the passage adds; ``soft_context`` counts words of like meaning,
    in its neighbours too; ``worst_here`` says how well the heaviest missing term is met; ``phrase``
    how many neighbouring words stay neighbours; ``names_here`` and ``years`` whether names, years
    and figures agree; ``verb`` is 0 for a caption; ``passage``, ``retrieval`` (vectors) and
    ``words`` are the search's.
    """
    passage = sentence.passage
    here = frozenset(sentence.terms)
    about, around = sentence.about, sentence.around
    rarity = asked.rarity
    whole = sum(rarity.values()) or 1.0

    def share(terms: frozenset[str]) -> float:
        return sum(weight for term, weight in rarity.items() if term in terms) / whole

    def softly(term: str, terms: frozenset[str]) -> float:
        if term in terms:
            return 1.0
        near = (asked.soft or {}).get(term, {})
        return max((near[t] for t in terms if t in near), default=0.0)

    wide = here | sentence.neighbours | about
    heaviest = max(rarity.values(), default=1.0)
    return {
        "coverage": share(here),
        "rare": sum(w * w for t, w in rarity.items() if t in here)
        / (sum(w * w for w in rarity.values()) or 1.0),
        "around": max(0.0, share(around) - share(here | sentence.neighbours)),
        **(
            {"soft_context": sum(w * softly(t, wide) for t, w in rarity.items()) / whole}
            if asked.soft is not None
            else {}
        ),
        "worst_here": 1
        - max((w * (1 - softly(t, here | about)) for t, w in rarity.items()), default=0.0)
        / heaviest,
        "phrase": _phrase(asked, sentence),
        "names_here": sum(bool(terms & (here | about)) for terms in asked.names) / len(asked.names)
        if asked.names
        else 1.0,
        "years": min(_years(sentence, asked), _figures(here, asked)),
        "verb": float(has_verb(sentence.text)),
        "passage": passage.score / asked.top,
        "retrieval": passage.signals.get("dense", 0.0),
        "words": passage.signals.get("lexical", 0.0) / asked.top_words,
    }


def _about(article: Article) -> frozenset[str]:
    """Terms that an article's metadata add to each of its sentences."""
    date = article.published
    said = date.strftime("%d %B %Y").lstrip("0") if date else ""
    # "According to Xinhua" means whose report it is, also where another desk retells it.
    source = article.retells or article.outlet
    return frozenset(analyse(f"{article.title or ''} {source or ''} {said}"))


def _phrase(asked: _Asked, sentence: _Sentence) -> float:
    """Return the share of the question's neighbouring content words that are neighbours there too."""
    order = [t for t in analyse(asked.question) if t not in _stop()]
    pairs = list(pairwise(order))
    if not pairs:
        return 0.0
    places: dict[str, list[int]] = {}
    for n, term in enumerate(t for t in sentence.terms if t not in _stop()):
        places.setdefault(term, []).append(n)
    close = sum(
        any(abs(i - j) <= 2 for i in places.get(a, ()) for j in places.get(b, ())) for a, b in pairs
    )
    return close / len(pairs)


def _figures(here: frozenset[str], asked: _Asked) -> float:
    """Return which share of the question's figures stands in the sentence; 1 where it has none."""
    return len(asked.figures & here) / len(asked.figures) if asked.figures else 1.0


def _years(sentence: _Sentence, asked: _Asked) -> float:
    """Return 1 where the question's years stand in the sentence or fit, 0 where others do instead."""
    if not asked.years:
        return 1.0
    said = frozenset(_YEAR.findall(sentence.text))
    if said & asked.years:
        return 1.0
    date = sentence.passage.article.published
    if sentence.neighbours & asked.years or (date and str(date.year) in asked.years):
        return 0.3 if said else 0.8
    return 0.0 if said else 0.4
