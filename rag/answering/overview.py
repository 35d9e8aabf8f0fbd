"""What is said about something: the best quotes, of different outlets and sides, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.reader.candidate_sentences import CandidateSentence, candidate_sentences
from rag.text.analyser import analyse, question_stop_words
from rag.text.attribution import attribution_of, told_part
from rag.text.links import quote_link
from rag.text.speaker_names import same_speaker
from rag.types import Citation, Passage

MAX_QUOTES = 6
"""Quotes of an overview."""
DEPTH = 24
"""Passages whose sentences are looked at."""
_SENTENCES = 40
# A sentence below this cosine with the topic is about something else; one with all its terms seldom is.
_MIN_COSINE = 0.3
_MIN_COSINE_WITH_TERMS = 0.15
# Two sentences above this cosine repeat each other.
_REPEATED = 0.8
# Maximal marginal relevance (Carbonell and Goldstein 1998): what nearness to a chosen quote costs.
_NOVELTY = 0.4
_SAME_OUTLET = 0.12
_SAME_STORY = 0.06
_SPOKEN = 0.05


@dataclass(frozen=True, slots=True)
class _Quotable:
    """A sentence about the topic."""

    sentence: CandidateSentence
    relevance: float
    vector: NDArray[np.float64]
    citation: Citation


def overview(
    topic: str,
    passages: Sequence[Passage],
    encode: Callable[[Sequence[str]], Vectors],
    speaker: str | None = None,
) -> tuple[Citation, ...]:
    """Return up to six quotes about a topic, oldest first and undated last; none repeats another.

    Parameters
    ----------
    passages
        Found for the topic, best first.
    encode
        Texts to unit vectors.
    speaker
        Only words of this person, where one is asked about; the ``topic`` may be the name itself.
    """
    found = _about(topic, passages, encode, speaker)
    chosen: list[_Quotable] = []
    while found and len(chosen) < MAX_QUOTES:
        best = max(found, key=lambda one: (_worth(one, chosen), -one.sentence.start))
        chosen.append(best)
        found = [one for one in found if one is not best and not _repeats(one, best)]
    chosen.sort(key=_by_time)
    return tuple(one.citation for one in chosen)


def _about(
    topic: str,
    passages: Sequence[Passage],
    encode: Callable[[Sequence[str]], Vectors],
    speaker: str | None,
) -> list[_Quotable]:
    """Return the sentences that name a word of the topic and are near to it."""
    terms = frozenset(analyse(topic)) - question_stop_words()
    quoted: list[tuple[CandidateSentence, Citation]] = []
    for sentence in candidate_sentences(passages):
        if speaker is None and terms and not terms & frozenset(sentence.terms):
            continue
        # Most articles that a search for a name finds do not have it, and finding out who speaks is slow.
        if speaker is not None and speaker.split()[-1] not in sentence.passage.article.text:
            continue
        if speaker is None and sentence.text.endswith("?"):
            # What the article asks itself says nothing yet.
            continue
        citation = _quoted(sentence)
        if speaker is None or (citation.speaker and same_speaker(citation.speaker, speaker)):
            quoted.append((sentence, citation))
        if len(quoted) >= _SENTENCES:
            break
    if not quoted:
        return []
    vectors = np.asarray(encode([topic, *(s.text for s, _ in quoted)]), dtype=np.float64)
    found = []
    for (sentence, citation), vector in zip(quoted, vectors[1:], strict=True):
        cosine = float(vector @ vectors[0])
        held = len(terms & frozenset(sentence.terms)) / max(1, len(terms))
        with_terms = held == 1 or (speaker is not None and held > 0)
        least = _MIN_COSINE_WITH_TERMS if with_terms else _MIN_COSINE
        if topic == speaker or cosine >= least:
            found.append(_Quotable(sentence, cosine + 0.3 * held, vector, citation))
    return found


def _quoted(sentence: CandidateSentence) -> Citation:
    """Return a sentence as a citation of which all is the answer."""
    passage, article = sentence.passage, sentence.passage.article
    quote = article.text[sentence.start : sentence.end]
    told = told_part(article.text, sentence.start, sentence.end)
    said = attribution_of(article.text, sentence.start, sentence.end, *told)
    return Citation(
        article,
        quote,
        sentence.start,
        sentence.end,
        sentence.start,
        sentence.end,
        quote_link(article.url, quote, article.text, sentence.start),
        passage.copy_group,
        speaker=said.speaker if said else None,
        in_quotes=said.in_quotes if said else False,
    )


def _worth(one: _Quotable, chosen: Sequence[_Quotable]) -> float:
    near = max((float(one.vector @ other.vector) for other in chosen), default=0.0)
    outlet = one.citation.article.outlet
    story = one.sentence.passage.story
    same_outlet = sum(outlet is not None and outlet == c.citation.article.outlet for c in chosen)
    same_story = sum(story == c.sentence.passage.story for c in chosen)
    spoken = one.citation.speaker is not None and all(
        one.citation.speaker != c.citation.speaker for c in chosen
    )
    cost = _NOVELTY * near + _SAME_OUTLET * same_outlet + _SAME_STORY * same_story
    return one.relevance - cost + _SPOKEN * spoken


def _repeats(one: _Quotable, chosen: _Quotable) -> bool:
    """Whether a sentence says a chosen one again, in another article or overlapping it in its own."""
    overlaps = (
        one.citation.article.id == chosen.citation.article.id
        and one.sentence.start < chosen.sentence.end
        and chosen.sentence.start < one.sentence.end
    )
    return overlaps or float(one.vector @ chosen.vector) > _REPEATED


def _by_time(one: _Quotable) -> tuple[date, str, int]:
    article = one.citation.article
    return (article.published or date.max, article.id, one.sentence.start)
