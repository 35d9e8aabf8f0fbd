"""The sentences of a question's passages, each once, with the context that their features need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.text.analyser import analyse
from rag.text.months import written_date
from rag.text.patterns import lazily
from rag.text.sentences import sentence_spans
from rag.text.year_parts import year_part_synonyms
from rag.types import Article, Passage

MAX_SENTENCES = 120
"""Sentences scored for one question; the best passages' come first."""
_MAX_QUOTE = 600
_MIN_WORDS = 4
_MIN_CHARACTERS = 12
_DEPENDENT_START = lazily(
    r"[\"“‘']?(?:(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Such|Both|There)\b"
    r"|(?:\p{L}+ ){1,4}(?:it|this|that|they|he|she|them|him) (?:is|was|will|would|has|had)\b"
    r"|The (?:aim|goal|purpose|reason|idea|result|total|latter|former)s?\b)"
)
_PRONOUN = lazily(r"\b(?:he|she|it|they|him|her|them)\b")
_SHORT_SENTENCE = 9


@dataclass(frozen=True, slots=True)
class CandidateSentence:
    """A sentence that may answer; ``start`` and ``end`` are offsets in the article."""

    passage: Passage
    start: int
    end: int
    text: str
    """The quote: the sentence, with the one before it where it depends on that and shares its paragraph."""
    context: str
    """The same, with the sentence before it from another paragraph too; this is embedded."""
    terms: tuple[str, ...]
    """Terms of ``context``."""
    neighbours: frozenset[str]
    """Terms of the sentences right before and after."""
    metadata: frozenset[str]
    """Terms of the article's title, source and date."""
    passage_terms: frozenset[str]
    """Terms of all sentences of the passage and of the metadata."""
    cut_off: bool
    """Whether the sentence before may be missing because the chunk begins here."""


def candidate_sentences(passages: Sequence[Passage]) -> list[CandidateSentence]:
    """Return the sentences of all passages in their order; chunks overlap, but no sentence repeats."""
    found: dict[tuple[str, int], CandidateSentence] = {}
    for passage in passages:
        for sentence in _of_passage(passage):
            key = (passage.article.id, sentence.end)
            earlier = found.get(key)
            if earlier is None:
                found[key] = sentence
            elif earlier.cut_off and not sentence.cut_off:
                # The score of the better passage, the context of the one that has it.
                better = max(earlier.passage, passage, key=lambda p: p.score)
                found[key] = replace(sentence, passage=better)
            if len(found) >= MAX_SENTENCES:
                return list(found.values())
    return list(found.values())


def _of_passage(passage: Passage) -> list[CandidateSentence]:
    base = passage.chunk.start
    spans = sentence_spans(passage.text)
    terms = [_terms(passage.text[start:end]) for start, end in spans]
    metadata = _metadata_terms(passage.article)
    passage_terms = metadata.union(*terms)
    found = []
    for n, (start, end) in enumerate(spans):
        text = passage.text[start:end]
        if len(text.split()) < _MIN_WORDS and len(text) < _MIN_CHARACTERS:
            continue
        quote_start, context_start, own = start, start, terms[n]
        if n and _is_dependent(text) and end - spans[n - 1][0] <= _MAX_QUOTE:
            context_start, own = spans[n - 1][0], terms[n - 1] + terms[n]
            same_paragraph = "\n" not in passage.text[context_start:start]
            quote_start = context_start if same_paragraph else start
        found.append(
            CandidateSentence(
                passage,
                base + quote_start,
                base + end,
                passage.text[quote_start:end],
                passage.text[context_start:end],
                own,
                frozenset(t for m in (n - 1, n + 1) if 0 <= m < len(spans) for t in terms[m]),
                metadata,
                passage_terms,
                cut_off=n == 0 and passage.chunk.start > 0,
            )
        )
    return found


def _terms(text: str) -> tuple[str, ...]:
    synonyms = year_part_synonyms(text)
    return tuple(analyse(f"{text} {synonyms}" if synonyms else text))


def _is_dependent(text: str) -> bool:
    """Whether a sentence needs the one before it to be understood ("He said ...")."""
    short = len(text.split()) <= _SHORT_SENTENCE and bool(_PRONOUN.search(text))
    return short or bool(_DEPENDENT_START.match(text))


def _metadata_terms(article: Article) -> frozenset[str]:
    spelt = written_date(article.published) if article.published else ""
    # "According to Xinhua" asks for the original outlet, also where another one retells the report.
    source = article.retells or article.outlet
    return frozenset(analyse(f"{article.title or ''} {source or ''} {spelt}"))
