"""The features that retrieval and reading compute: frozen records beside `rag.types`, by field name.

A feature exists if it is a field here; what weighs features names these fields and no others
(`rag.reader.feature_weights`). Every feature is a float, 0 where it was not computed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class TimeFeatures:
    """How a publication date suits the time a question asks about; in log-days, lower is better."""

    frame_distance: float = 0.0
    """Distance to the asked interval, 0 inside of it."""
    staleness: float = 0.0
    """Age behind the newest retrieved report."""


@dataclass(frozen=True, slots=True)
class PassageFeatures:
    """What a passage's retrieval score was made of."""

    dense: float = 0.0
    """Cosine of the question's and the chunk's vectors."""
    lexical: float = 0.0
    """BM25 score, 0 where no term matched."""
    time: TimeFeatures = TimeFeatures()


@dataclass(frozen=True, slots=True)
class SpanFeatures:
    """Evidence that a span answers its question; unless noted about 0..1, higher is better."""

    idf_overlap: float = 0.0
    """Share of the question's terms in the sentence, weighted by squared IDF."""
    passage_overlap: float = 0.0
    """IDF-weighted share of the terms that only the rest of the passage adds."""
    soft_overlap: float = 0.0
    """IDF-weighted share of the terms met by a word of similar vector, neighbour sentences included."""
    min_term_match: float = 0.0
    """How well the worst-matched term is met, against the heaviest term's IDF."""
    bigram_overlap: float = 0.0
    """Share of the question's neighbouring content terms that are neighbours in the sentence."""
    name_overlap: float = 0.0
    """Share of the question's names in the sentence or its article's metadata."""
    has_verb: float = 0.0
    """0 for a caption or heading."""
    type_match: float = 0.0
    """How well the span fits the expected answer type."""
    closed_type_match: float = 0.0
    """The same, but 1 for a question whose form expects a clause."""
    proximity: float = 0.0
    """How near the question's terms stand to the span."""
    sentence_cosine: float = 0.0
    """Cosine of the question's and the sentence's vectors."""
    passage_cosine: float = 0.0
    """Cosine of the question's and the passage's vectors, from retrieval."""
    passage_score: float = 0.0
    """The passage's retrieval score over the best passage's."""
    bm25_norm: float = 0.0
    """The passage's BM25 score over the best passage's."""
    null_score_diff: float = 0.0
    """The network's best span score minus its "no answer" score, scaled to about -1..1."""
    context_diff: float = 0.0
    """``null_score_diff`` where the network reads the sentence between its neighbours, as it does the best
    ones; ``null_score_diff`` itself of the others."""
    by_speaker: float = 0.0
    """1 where a question asks for somebody's words, and the text has the span in this one's mouth."""
    frame_distance: float = 0.0
    """`TimeFeatures.frame_distance` of the passage."""
    staleness: float = 0.0
    """`TimeFeatures.staleness` of the passage."""
    score: float = 0.0
    """The ranking score; of a group of equivalent spans, the group's."""
    margin: float = 0.0
    """The group's score minus the best other group's, negative for an alternative."""


SPAN_FEATURES = tuple(field.name for field in fields(SpanFeatures))
"""The names that weights may use."""
