"""The quotations of a draft, each looked up: verbatim, altered, somebody else's words, or in no article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.checking.alignment import Alignment, Token, align, tokens
from rag.index.protocol import SearchIndex
from rag.retrieval.retriever import Retriever
from rag.text.links import quote_link
from rag.text.quotations import (
    Quotation,
    find_quotations,
    quotation_spans,
    same_speaker,
    speakers_of,
)
from rag.text.sentences import sentence_spans
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


def check_text(index: SearchIndex, text: str) -> Iterator[CheckedQuotation]:
    """Yield each quotation of a text with what the index's articles have of it, in order.

    Verbatim means the same words in the same order; case, quotation marks, dashes and commas do not
    count, omissions marked "..." and insertions in brackets are allowed. "Other speaker": the words are
    there, and both texts name a speaker, not the same.
    """
    retriever = Retriever(index, dense_weight=_DENSE_WEIGHT, time_weight=0.0)
    read: dict[str, tuple[Article, list[Token]]] = {}
    for quotation in find_quotations(text):
        words = text[quotation.start : quotation.end]
        yield _checked(retriever, quotation, words, read)


def _checked(
    retriever: Retriever,
    quotation: Quotation,
    words: str,
    read: dict[str, tuple[Article, list[Token]]],
) -> CheckedQuotation:
    found: list[Match] = []
    groups: dict[str, int | None] = {}
    for passage in retriever.search(words[:MAX_QUESTION], _PASSAGES):
        article = passage.article
        if article.id in groups:
            continue
        groups[article.id] = passage.copy_group
        if article.id not in read:
            # The passage's article may have been read without its text's end: as a whole here.
            whole = retriever.index.article(article.id)
            read[article.id] = whole, tokens(whole.text)
        match = _match(words, *read[article.id], passage.copy_group)
        if match is not None:
            found.append(match)
    found.sort(key=lambda match: -match.alignment.score)
    exact = tuple(match for match in found if match.alignment.verbatim)
    if exact:
        own = tuple(m for m in exact if not _differ(quotation.speakers, m.speakers))
        if own:
            return CheckedQuotation(quotation, words, "verbatim", own)
        return CheckedQuotation(quotation, words, "other speaker", exact)
    status: Status = "altered" if found else "not found"
    return CheckedQuotation(quotation, words, status, tuple(found[:3]))


def _differ(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both texts name speakers, and no name of one may be one of the other."""
    return bool(ours and theirs) and not any(
        same_speaker(one, other) for one in ours for other in theirs
    )


def _match(
    words: str, article: Article, article_tokens: list[Token], copy_group: int | None
) -> Match | None:
    alignment = align(words, article.text, article_tokens)
    if alignment is None:
        return None
    around = [
        (start, end)
        for start, end in sentence_spans(article.text)
        if start < alignment.end and end > alignment.start
    ]
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
    inside = [
        (first, last)
        for first, last in quotation_spans(article.text)
        if first < alignment.end and last > alignment.start
    ]
    first, last = inside[0] if inside else (alignment.start, alignment.end)
    return Match(citation, alignment, speakers_of(article.text, first, last), bool(inside))
