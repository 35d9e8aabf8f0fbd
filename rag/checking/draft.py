"""The quotations of a draft, each looked up: verbatim, altered, somebody else's words, or in no article."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from rag.checking.alignment import Alignment, Words, align, folded, locate, may_align
from rag.index.protocol import SearchIndex
from rag.retrieval.retriever import Retriever
from rag.text.attribution import attribution_of, untagged_speaker
from rag.text.entities import CasingStats
from rag.text.links import quote_link
from rag.text.quotations import (
    Quotation,
    find_quotations,
    quotation_spans,
    speakers_of,
)
from rag.text.sentences import sentence_spans
from rag.text.speaker_names import same_speaker
from rag.types import MAX_QUESTION, Article, Citation

Status = Literal["verbatim", "altered", "other speaker", "not found"]
# A quotation is looked for by its words: their order is checked afterwards.
_DENSE_WEIGHT = 0.3
_PASSAGES = 40


@dataclass(frozen=True, slots=True)
class Match:
    """An article that has the words of a quotation, or some like them."""

    citation: Citation
    """Its ``answer`` are the article's words."""
    alignment: Alignment
    speakers: tuple[str, ...]
    """Names that the article may mean as the speaker, the likeliest first; empty: it names none."""
    in_quotes: bool
    """Whether the words stand between quotation marks there too; else they are the reporter's."""

    @property
    def speaker(self) -> str | None:
        """The person whom the article most likely names as the speaker; None: it names none."""
        return self.speakers[0] if self.speakers else None


@dataclass(frozen=True, slots=True)
class CheckedQuotation:
    """A quotation of a draft, and what the articles have of it."""

    quotation: Quotation
    text: str
    status: Status
    matches: tuple[Match, ...]
    """Best first; for ``altered`` the nearest forms, for ``not found`` none."""

    @property
    def speaker_confirmed(self) -> bool | None:
        """Whether an article names the draft's speaker; None: the draft or every article names none."""
        named = [match.speakers for match in self.matches if match.speakers]
        if not self.quotation.speakers or not named:
            return None
        return any(_is_one_of(self.quotation.speakers, theirs) for theirs in named)


def check_text(index: SearchIndex, text: str) -> Iterator[CheckedQuotation]:
    """Yield each quotation of a text with what the index's articles have of it, in order.

    Verbatim means the same words in the same order; case, quotation marks, dashes and commas do not
    count, a currency or sign of a figure does; omissions marked "..." and insertions in brackets are
    allowed. "Other speaker": the words are there, and both texts name a speaker, not the same; pronouns
    are resolved as they are for answers.
    """
    retriever = Retriever(index, dense_weight=_DENSE_WEIGHT, time_weight=0.0)
    read: dict[str, _ReadArticle] = {}
    for quotation in find_quotations(text):
        words = text[quotation.start : quotation.end]
        spoken = _speakers(text, (quotation.start, quotation.end), quotation.speakers)
        yield _checked(retriever, replace(quotation, speakers=spoken), words, read)


class _ReadArticle:
    """An article that quotations are compared with, and what of its text is worked out once for all."""

    def __init__(self, article: Article) -> None:
        self.article = article

    @cached_property
    def folded(self) -> str:
        return folded(self.article.text)

    @cached_property
    def words(self) -> Words:
        return Words(self.article.text)

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        return sentence_spans(self.article.text)

    @cached_property
    def quotations(self) -> list[tuple[int, int]]:
        return quotation_spans(self.article.text)

    @cached_property
    def casing(self) -> CasingStats:
        return CasingStats.of([self.article.text])


def _checked(
    retriever: Retriever,
    quotation: Quotation,
    words: str,
    read: dict[str, _ReadArticle],
) -> CheckedQuotation:
    compared: dict[str, tuple[_ReadArticle, int | None]] = {}
    for passage in retriever.search(words[:MAX_QUESTION], _PASSAGES, any_day=True):
        name = passage.article.id
        if name in compared:
            continue
        if name not in read:
            # The passage's article may have been read without its text's end: as a whole here.
            read[name] = _ReadArticle(retriever.index.article(name))
        compared[name] = read[name], passage.copy_group
    likely = [(one, group) for one, group in compared.values() if may_align(words, one.folded)]
    exact = _matches(words, likely, _located)
    if exact:
        own = tuple(m for m in exact if not _differ(quotation.speakers, m.speakers))
        if own:
            return CheckedQuotation(quotation, words, "verbatim", own)
        return CheckedQuotation(quotation, words, "other speaker", exact)
    # What comes near is looked for only where the words themselves stand in no article.
    near = sorted(_matches(words, likely, _aligned), key=lambda match: -match.alignment.score)
    status: Status = "altered" if near else "not found"
    return CheckedQuotation(quotation, words, status, tuple(near[:3]))


def _matches(
    words: str,
    articles: Sequence[tuple[_ReadArticle, int | None]],
    look: Callable[[str, _ReadArticle], Alignment | None],
) -> tuple[Match, ...]:
    found = ((one, look(words, one), group) for one, group in articles)
    return tuple(_match(one, where, group) for one, where, group in found if where is not None)


def _located(words: str, one: _ReadArticle) -> Alignment | None:
    return locate(words, one.words)


def _aligned(words: str, one: _ReadArticle) -> Alignment | None:
    return align(words, one.article.text, one.words)


def _speakers(text: str, quoted: tuple[int, int], named: tuple[str, ...]) -> tuple[str, ...]:
    """Return whom a text names as the speaker of a quotation: a person for certain, else who may be meant.

    A body is left out: who speaks for it may be named elsewhere, and is nobody else.

    Parameters
    ----------
    named
        Those whom the sentence around it may name.
    """
    said = attribution_of(text, *quoted, *quoted)
    if said is None and not named:
        goes_on = untagged_speaker(text, *quoted)
        return (goes_on,) if goes_on else ()
    return named if said is None or said.is_body else (said.speaker,)


def _differ(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both texts name speakers, and no name of one may be one of the other."""
    return bool(ours and theirs) and not _is_one_of(ours, theirs)


def _is_one_of(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return any(same_speaker(one, other) for one in ours for other in theirs)


def _match(read: _ReadArticle, alignment: Alignment, copy_group: int | None) -> Match:
    article = read.article
    around = _touching(read.sentences, alignment.start, alignment.end)
    start, end = min(around[0][0], alignment.start), max(around[-1][1], alignment.end)
    quote = article.text[start:end]
    citation = Citation(
        article,
        quote,
        start,
        end,
        alignment.start,
        alignment.end,
        quote_link(article.url, quote, article.text, start),
        copy_group,
    )
    inside = _touching(read.quotations, alignment.start, alignment.end)
    first, last = inside[0] if inside else (alignment.start, alignment.end)
    speakers = speakers_of(article.text, first, last, read.casing)
    if inside:
        speakers = _speakers(article.text, (first, last), speakers)
    return Match(citation, alignment, speakers, bool(inside))


def _touching(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans that share a character with another one."""
    return [(first, last) for first, last in spans if first < end and last > start]
