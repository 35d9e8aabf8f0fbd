"""Citations that were saved earlier, verified against an index: unchanged, or what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import regex

from rag.checking.alignment import Words, align
from rag.text.attribution import attribution_of, told_part
from rag.text.content_hash import content_hash
from rag.text.patterns import lazily
from rag.text.speaker_names import same_speaker
from rag.types import Article, Version

EvidenceStatus = Literal[
    "unchanged",
    "edited",
    "earlier version",
    "answer differs",
    "source differs",
    "quote gone",
    "article gone",
]
# A place inside a word or number: "kill" is not said by "killed", "5" not by "15" nor "1.5". Scripts that
# write no spaces, or join particles to words, show no such place.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_INSIDE = lazily(
    rf"(?<=[\p{{L}}\p{{M}}--[{_UNSPACED}]])(?=[\p{{L}}\p{{M}}--[{_UNSPACED}]])"
    r"|(?<=\p{N})(?=\p{N}|[.,:]\p{N})|(?<=\p{N}[.,:])(?=\p{N})",
    regex.V1,
)
_REQUIRED = {"article_id": str, "quote": str, "start": int, "end": int}


class VersionedIndex(Protocol):
    """What is needed of an index: articles, and the versions they replaced."""

    def article(self, article_id: str) -> Article:
        """Return an article; raises `KeyError` where there is none."""

    def versions(self, article_id: str) -> Sequence[Version]:
        """Return the versions before it, oldest first."""

    def successor(self, article_id: str) -> str | None:
        """Return the id of the article that replaced the one of an id; None where none did."""

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path."""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """What a saved citation says of its article, and what the article says of itself."""

    name: str
    """``title``, ``outlet``, ``published``, ``url``, ``link`` (the address of it) or ``speaker``, whose
    words the article must say the quote reports."""
    saved: str
    now: str | None
    """None where the article does not have it, or names no speaker of the quote."""
    known: bool
    """Whether a version of the article had the saved value; else it never was the article's."""


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """A saved citation, and what the index has of it now."""

    question: str | None
    citation: Mapping[str, object]
    """As it was saved."""
    status: EvidenceStatus
    """``unchanged``: the article, its hash and the quote at its offsets are as saved. ``edited``: the article
    was changed since, the quote stands in it. ``earlier version``: the quote stands only in a version that
    was replaced. ``answer differs``: none of the answer's quotes has the words that were saved as the answer.
    ``source differs``: the quote is the article's, but it never had the title, outlet, date, address
    or speaker of the quote that was saved. ``quote gone``: no version of it has the quote.
    ``article gone``: there is no such article."""
    start: int | None = None
    """Where the quote begins in the article today; None where it does not stand in it."""
    changes: tuple[tuple[str, str], ...] = ()
    """How the nearest words of today's article differ: saved, and today's."""
    article_id: str | None = None
    """The article's id today; None where it is gone."""
    version: str | None = None
    """Content hash of the replaced version that was cited; None where today's was, or none is known."""
    fields: tuple[FieldDifference, ...] = ()
    """What was saved of the article and is otherwise today."""


def check_evidence(
    index: VersionedIndex, records: Iterable[Mapping[str, object]]
) -> Iterator[CheckedCitation]:
    """Yield every citation of saved answers (objects as `ask --json` prints them), verified."""
    for record in records:
        question = record.get("question")
        asked = question if isinstance(question, str) else None
        for holder in _holders(record):
            citations = _citations(holder)
            quoted = _answer_is_quoted(holder, citations)
            for citation in citations:
                yield _checked(index, asked, citation, quoted)


def citations_of(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the citations of a saved answer, its alternatives and its overview; others are left out."""
    return [one for holder in _holders(record) for one in _citations(holder)]


def _holders(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return what has citations of a saved answer: itself, its alternatives, its overview of a topic."""
    alternatives = record.get("alternatives")
    listed = alternatives if isinstance(alternatives, list) else []
    overview = {"citations": record.get("overview")}
    return [record, *(one for one in listed if isinstance(one, Mapping)), overview]


def _citations(holder: Mapping[str, object]) -> list[Mapping[str, object]]:
    listed = holder.get("citations")
    return [one for one in (listed if isinstance(listed, list) else ()) if _is_citation(one)]


def _answer_is_quoted(
    holder: Mapping[str, object], citations: Sequence[Mapping[str, object]]
) -> bool:
    """Whether one of an answer's quotes has its words; an answer that was not saved, or is none, passes."""
    answer = holder.get("answer")
    if not isinstance(answer, str) or not citations:
        return True
    return any(_quotes(one, answer) for one in citations)


def _quotes(citation: Mapping[str, object], answer: str) -> bool:
    """Whether a citation's quote has an answer's words: at its offsets where these were saved."""
    quote = str(citation["quote"])
    first, last, base = (citation.get(key) for key in ("answer_start", "answer_end", "start"))
    if isinstance(first, int) and isinstance(last, int) and isinstance(base, int):
        low, high = first - base, last - base
        return 0 <= low < high <= len(quote) and (
            _plain(quote[low:high]) == _plain(answer)
            and not _INSIDE.match(quote, low)
            and not _INSIDE.match(quote, high)
        )
    return _has_words(quote, answer)


def _has_words(text: str, words: str) -> bool:
    """Whether words stand in a text as whole words, whatever their case and the space between them."""
    there, sought = _plain(text), _plain(words)
    place = there.find(sought) if sought else -1
    while place >= 0:
        if not _INSIDE.match(there, place) and not _INSIDE.match(there, place + len(sought)):
            return True
        place = there.find(sought, place + 1)
    return False


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_citation(one: object) -> bool:
    return isinstance(one, Mapping) and all(
        isinstance(one.get(name), kind) for name, kind in _REQUIRED.items()
    )


def _checked(
    index: VersionedIndex, question: str | None, citation: Mapping[str, object], quoted: bool
) -> CheckedCitation:
    quote, start, end = str(citation["quote"]), citation["start"], citation["end"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    article = _article(index, citation)
    if article is None:
        return CheckedCitation(question, citation, "article gone")
    versions = index.versions(article.id)
    saved = citation.get("hash")
    same_content = saved in (None, content_hash(article))
    in_place = 0 <= start < end and article.text[start:end] == quote
    where = start if in_place else article.text.find(quote)
    cited = _cited_version(versions, citation, same_content and where >= 0)
    differing = [
        *_differences(article, versions, citation),
        *_other_speaker(article, where, versions, citation),
    ]
    fields = tuple(differing)
    status: EvidenceStatus
    changes: tuple[tuple[str, str], ...] = ()
    if where < 0:
        found = align(quote, article.text, Words(article.text))
        changes = tuple((c.quoted, c.article) for c in found.changes) if found else ()
        status = "earlier version" if cited else "quote gone"
    else:
        status = "unchanged" if in_place and same_content else "edited"
    if status != "quote gone" and not quoted:
        status = "answer differs"
    if status != "quote gone" and not all(field.known for field in fields):
        status = "source differs"
    return CheckedCitation(
        question,
        citation,
        status,
        where if where >= 0 else None,
        changes,
        article.id,
        cited.content_hash if cited else None,
        fields,
    )


def _cited_version(
    versions: Sequence[Version], citation: Mapping[str, object], current: bool
) -> Version | None:
    """Return the replaced version that has the quote: the one of the saved hash, else the newest."""
    if current:
        return None
    quote = str(citation["quote"])
    holding = [one for one in reversed(versions) if quote in one.article.text]
    return next(
        (one for one in holding if one.content_hash == citation.get("hash")),
        holding[0] if holding else None,
    )


def _differences(
    article: Article, versions: Sequence[Version], citation: Mapping[str, object]
) -> Iterator[FieldDifference]:
    """Yield what a citation names otherwise than the article does today; what it leaves out, it does not."""
    now = _named(article)
    earlier = [_named(one.article) for one in versions]
    for name, value in now.items():
        saved = citation.get(name)
        if saved is None:
            continue
        told = _address(str(saved)) if name == "link" else str(saved)
        if told != value:
            known = any(told == one[name] for one in earlier)
            yield FieldDifference(name, told, value, known)


def _other_speaker(
    article: Article, where: int, versions: Sequence[Version], citation: Mapping[str, object]
) -> Iterator[FieldDifference]:
    """Yield the speaker where today's article gives the quote, which stands there at ``where``, to another.

    Of a quote that stands in replaced versions only, those are asked; of one in none, nothing is known.
    """
    saved, quote = citation.get("speaker"), str(citation["quote"])
    if not isinstance(saved, str) or not saved.strip():
        return
    now = _speakers(article.text, where, citation) if where >= 0 else []
    if any(_is_speaker(saved, one, article.text) for one in now):
        return
    texts = [one.article.text for one in versions if quote in one.article.text]
    known = any(
        _is_speaker(saved, one, text)
        for text in texts
        for one in _speakers(text, text.index(quote), citation)
    )
    if where >= 0 or (texts and not known):
        yield FieldDifference("speaker", saved, now[0] if now else None, known)


def _speakers(text: str, start: int, citation: Mapping[str, object]) -> list[str]:
    """Return whom a text names as the speaker of the answer in a quote that begins at an offset.

    Where no part of the quote is the answer, as in an overview, whoever says what the quote tells.
    """
    end = start + len(str(citation["quote"]))
    first, last, base = (citation.get(key) for key in ("answer_start", "answer_end", "start"))
    parts = [told_part(text, start, end)]
    if isinstance(first, int) and isinstance(last, int) and isinstance(base, int):
        low, high = start + first - base, start + last - base
        if (low, high) == (start, end):
            parts.append((low, high))
        elif start <= low < high <= end:
            parts = [(low, high)]
    said = (attribution_of(text, start, end, *part) for part in parts)
    return [one.speaker for one in said if one is not None]


def _is_speaker(saved: str, named: str, text: str) -> bool:
    """Whether a saved name is the one that a text gives: "Lee" is "Ann Lee", "Bo Lee" is not."""
    return same_speaker(saved, named) and _has_words(text, saved)


def _named(article: Article) -> dict[str, str | None]:
    return {
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "link": _address(article.url) if article.url else None,
    }


def _address(link: str) -> str:
    """Return a link without the text fragment that opens it at the quote."""
    return link.partition(":~:")[0].removesuffix("#")


def _article(index: VersionedIndex, citation: Mapping[str, object]) -> Article | None:
    """Return the cited article, or what replaced it, whose id and even address may be others."""
    cited = str(citation["article_id"])
    try:
        return index.article(cited)
    except KeyError:
        newer = index.successor(cited)
        if newer is not None:
            return index.article(newer)
        url = citation.get("url")
        ids = index.resolve(url, stems=False) if isinstance(url, str) else []
        return index.article(ids[0]) if ids else None
