"""Features of candidate sentences: how much of the question each has, by terms and names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.features import SpanFeatures
from rag.reader.candidate_sentences import CandidateSentence
from rag.reader.word_similarity import CachedEncoder, Similarities
from rag.text.analyser import analyse, question_stop_words
from rag.text.answer_types import has_verb
from rag.text.patterns import lazily

_QUESTION_NAME = lazily(r"(?<=\S\s)\p{Lu}[\p{L}\p{M}’'-]+|\b\d[\d,.]*\p{L}*")
_MIN_IDF = 0.1
# Terms this near to each other count as neighbours.
_NEIGHBOUR_DISTANCE = 2


@dataclass(frozen=True, slots=True)
class QuestionFeatures:
    """What a question's sentences are compared with; computed once a question."""

    terms: Sequence[str]
    """Its informative terms in order, with repetitions."""
    idf: Mapping[str, float]
    """The weight of each."""
    similar: Similarities | None
    """None without vectors."""
    names: Sequence[frozenset[str]]
    """Terms of each capitalised word or figure after the first word."""
    top_score: float
    """The best passage's retrieval score."""
    top_bm25: float
    """The best passage's BM25 score."""


def question_features(
    question: str, sentences: Sequence[CandidateSentence], encoder: CachedEncoder | None
) -> QuestionFeatures:
    """Return a question's features against its sentences, at least one."""
    terms = analyse(question)
    informative = [term for term in terms if term not in question_stop_words()]
    unique = list(dict.fromkeys(informative))
    texts = [
        *(s.passage.text for s in sentences),
        *(s.passage.article.title or "" for s in sentences),
    ]
    return QuestionFeatures(
        informative,
        idf_weights(unique, sentences),
        encoder.similarities(question, texts, unique, question_stop_words()) if encoder else None,
        _names(question),
        max(s.passage.score for s in sentences) or 1.0,
        max(s.passage.features.lexical for s in sentences) or 1.0,
    )


def idf_weights(terms: Sequence[str], sentences: Sequence[CandidateSentence]) -> dict[str, float]:
    """Return a weight above 0 for each term: the inverse document frequency among the sentences.

    BM25's form (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework").
    """
    total = len(sentences)
    found = {term: sum(term in s.terms for s in sentences) for term in terms}
    return {
        term: max(_MIN_IDF, math.log(1 + (total - n + 0.5) / (n + 0.5)))
        for term, n in found.items()
    }


def sentence_features(sentence: CandidateSentence, asked: QuestionFeatures) -> SpanFeatures:
    """Return the features of a sentence, without those of the span inside of it."""
    passage, idf = sentence.passage, asked.idf
    own = frozenset(sentence.terms)
    with_metadata = own | sentence.metadata
    nearby = own | sentence.neighbours
    total = sum(idf.values()) or 1.0

    def share(terms: frozenset[str]) -> float:
        return sum(weight for term, weight in idf.items() if term in terms) / total

    def met(term: str, terms: frozenset[str]) -> float:
        if term in terms:
            return 1.0
        similar = (asked.similar or {}).get(term, {})
        return max((similar[t] for t in terms if t in similar), default=0.0)

    soft = 0.0
    if asked.similar is not None:
        soft = sum(w * met(t, nearby | sentence.metadata) for t, w in idf.items()) / total
    worst = max((w * (1 - met(t, with_metadata)) for t, w in idf.items()), default=0.0)
    names = sum(bool(terms & with_metadata) for terms in asked.names)
    return SpanFeatures(
        idf_overlap=sum(w * w for t, w in idf.items() if t in own)
        / (sum(w * w for w in idf.values()) or 1.0),
        passage_overlap=max(0.0, share(sentence.passage_terms) - share(nearby)),
        soft_overlap=soft,
        min_term_match=1 - worst / max(idf.values(), default=1.0),
        bigram_overlap=_bigram_overlap(asked.terms, sentence),
        name_overlap=names / len(asked.names) if asked.names else 1.0,
        has_verb=float(has_verb(sentence.text)),
        passage_score=passage.score / asked.top_score,
        passage_cosine=passage.features.dense,
        bm25_norm=passage.features.lexical / asked.top_bm25,
    )


def _names(question: str) -> list[frozenset[str]]:
    return [
        terms
        for match in _QUESTION_NAME.finditer(question)
        if (terms := frozenset(analyse(match.group())) - question_stop_words())
    ]


def _bigram_overlap(terms: Sequence[str], sentence: CandidateSentence) -> float:
    pairs = list(pairwise(terms))
    if not pairs:
        return 0.0
    positions: dict[str, list[int]] = {}
    informative = (t for t in sentence.terms if t not in question_stop_words())
    for n, term in enumerate(informative):
        positions.setdefault(term, []).append(n)
    close = sum(
        any(
            abs(i - j) <= _NEIGHBOUR_DISTANCE
            for i in positions.get(a, ())
            for j in positions.get(b, ())
        )
        for a, b in pairs
    )
    return close / len(pairs)
