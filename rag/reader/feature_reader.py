"""The training-free reader: ranks sentences by a weighted sum of features, then picks a span in each.

The features are term overlap, vectors, names and expected answer type
(`rag.features.SpanFeatures`); the span is the text of the expected type nearest to the question's terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from embeddings import Vectors
from rag.reader.candidate_sentences import CandidateSentence, candidate_sentences
from rag.reader.feature_weights import checked_weights, weighted_sum
from rag.reader.protocol import Calibration
from rag.reader.sentence_features import question_features, sentence_features
from rag.reader.spans import answer_span
from rag.reader.word_similarity import CachedEncoder
from rag.text.answer_types import classify_question
from rag.text.entities import CasingStats
from rag.types import Passage, Span

# python -m eval.lab.tune order --reader evidence
WEIGHTS: Mapping[str, float] = {
    "sentence_cosine": 1.0,
    "idf_overlap": 0.75,
    "passage_overlap": 0.35,
    "soft_overlap": 0.3,
    "bigram_overlap": 0.05,
    "type_match": 0.85,
    "has_verb": 0.1,
    "passage_score": 0.35,
    "passage_cosine": 1.2,
}
# python -m eval.lab.tune confidence --reader evidence --near-misses --accuracy 0.85, with a --feature
# for each name.
DEFAULT_CALIBRATION = Calibration(
    {
        "margin": 1.14,
        "proximity": 1.51,
        "closed_type_match": 1.73,
        "passage_score": 3.42,
        "bm25_norm": 0.61,
        "min_term_match": 0.36,
        "name_overlap": 0.80,
        "sentence_cosine": 0.54,
        "idf_overlap": 0.97,
    },
    intercept=-7.04,
    threshold=0.665,
)
EMBEDDED_FEATURES = frozenset({"sentence_cosine", "soft_overlap"})
"""The features that sentences and words are embedded for."""


class FeatureReader:
    """Scores the sentences of passages against a question.

    ``encode`` returns unit vectors of texts. With None nothing is embedded: the features in
    `EMBEDDED_FEATURES` are 0 and ``min_term_match`` compares exact terms only.
    """

    name = "evidence"

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Vectors] | None,
        calibration: Calibration = DEFAULT_CALIBRATION,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        self._encoder = CachedEncoder(encode) if encode else None
        self._calibration = calibration
        self._weights = checked_weights(weights)

    @property
    def weights(self) -> Mapping[str, float]:
        """What each feature adds to a sentence's score."""
        return self._weights

    @property
    def calibration(self) -> Calibration:
        """How its spans' features become a confidence."""
        return self._calibration

    def read(
        self, question: str, passages: Sequence[Passage], *, as_of: date | None = None
    ) -> list[Span]:
        """Return one span a sentence, best first; empty where no passage has a sentence."""
        del as_of  # No feature of this reader depends on the day asked.
        sentences = candidate_sentences(passages)
        if not sentences:
            return []
        answer_type = classify_question(question)
        casing = CasingStats.of(dict.fromkeys(s.passage.text for s in sentences))
        asked = question_features(question, sentences, self._encoder)
        spans = []
        for sentence, cosine in zip(sentences, self._cosines(question, sentences), strict=True):
            picked = answer_span(question, sentence.text, answer_type, casing, asked.idf)
            open_ended = answer_type.kind == "clause"
            features = replace(
                sentence_features(sentence, asked),
                sentence_cosine=cosine,
                type_match=picked.type_match,
                closed_type_match=1.0 if open_ended else picked.type_match,
                proximity=picked.proximity,
            )
            score = weighted_sum(self._weights, features)
            spans.append(
                Span(
                    sentence.passage,
                    sentence.start + picked.start,
                    sentence.start + picked.end,
                    sentence.start,
                    sentence.end,
                    score,
                    replace(features, score=score),
                )
            )
        return sorted(spans, key=lambda s: (-s.score, s.passage.chunk.id, s.start))

    def _cosines(self, question: str, sentences: Sequence[CandidateSentence]) -> list[float]:
        if self._encoder is None:
            return [0.0] * len(sentences)
        vectors = self._encoder.encode([question, *(s.context for s in sentences)])
        cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
        return cosines
