"""Mail messages (``.eml``: newsletters) and pages that a browser saved as one (``.mhtml``, ``.mht``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from functools import cache
from importlib.resources import files

import regex

from rag.errors import SourceError
from rag.ingest.article import make_article
from rag.ingest.charsets import wider_charset
from rag.ingest.formats.text import read_text
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.ingest.published import read_published
from rag.text.links import safe_url
from rag.text.normalise import decode, normalise_line
from rag.text.patterns import lazily
from rag.types import Article

# A saved page with all its pictures has some hundred parts. Nesting costs the parser a frame a level.
_MAX_PARTS = 5000
_MAX_NESTING = 30
_PART = re.compile(rb"^content-type[ \t]*:", re.I | re.M)
_NESTED = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*(?:multipart|message)/", re.I | re.M)
_HEADER = re.compile(rb"(?:From [^\n]*\r?\n)?[!-9;-~]+[ \t]*:")
_REPLY = lazily(r"^(?:(?:fwd?|re|aw|wg|tr|rv)\s*:\s*)+", regex.I)
_SENT = lazily(
    r"^this (?:e-?mail|message|newsletter) was sent (?:[^.!?]*$|(?:to|by|from) (?:you\b|\S{1,60}@))"
)
# Where a sentence begins or goes on: "Trouble reading? View this email in your browser."
_CLAUSE = lazily(r"^[|\s*•·>-]*|[^\w\s]\s+|\bplease\s+")
_WORD = lazily(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*")
_PAGES = ("text/html", "application/xhtml+xml")
# A plain text with fewer words says only that the message is HTML.
_MIN_WORDS = 20
# Lines at either end of a letter, and the words of a line there and elsewhere that may be the mailing's.
_EDGE = 6
_EDGE_WORDS = 40
_LINE_WORDS = 8
# What the standard library's reader of header lines raises on damaged ones.
_DAMAGED = (MessageError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a message that holds something."""

    kind: str
    charset: str | None
    location: str | None
    attached: bool
    data: bytes


def read_mhtml(data: bytes, source: str, options: ReadOptions = DEFAULTS) -> Article:
    """Return the article of a page that a browser saved with its parts.

    The message's own date is that of saving and says nothing of the article's.

    Raises
    ------
    SourceError
        Where it is damaged or made to harm, or its page holds no article.
    """
    message = _message(data, "saved page")
    page = next((part for part in _parts(message) if part.kind in _PAGES), None)
    if page is None:
        raise SourceError("a saved page without a page in it: no part of it is HTML")
    from rag.ingest.formats.html import read_page

    given = (_header(message, "Snapshot-Content-Location"), page.location)
    url = next((one.strip() for one in given if one and safe_url(one.strip())), None)
    return read_page(page.data, source, options, Hints(url=url, charset=page.charset))


def read_mail(data: bytes, source: str, options: ReadOptions = DEFAULTS) -> Article:
    """Return the article of a mail message: its HTML as a page is read, else its plain text.

    Its subject is the title, its ``Date`` the day of publication, its sender the outlet. Attachments
    are left out, with a note.

    Raises
    ------
    SourceError
        Where it is damaged or made to harm, or holds no text.
    """
    message = _message(data, "message")
    told = _told(message, source, options)
    parts = list(_parts(message))
    attached = sum(part.attached for part in parts)
    if attached:
        counted = "its attachment was" if attached == 1 else f"its {attached} attachments were"
        options.note(source, f"{counted} left out; save what you need of them and add it")
    bodies = [part for part in parts if not part.attached]
    page = next((one for one in bodies if one.kind in _PAGES), None)
    plain = next((one for one in bodies if one.kind == "text/plain"), None)
    words = _decoded(plain) if plain else ""
    if page is not None:
        from rag.ingest.formats.html import read_page

        try:
            made = read_page(page.data, source, options, replace(told, charset=page.charset))
            return _without_mailing(made, source)
        except SourceError:
            # A newsletter of many links is no story as a page; its plain text may be.
            if len(words.split()) < _MIN_WORDS:
                raise
    if not words.strip():
        raise SourceError("a message without text: no part of it is HTML or plain text")
    return _without_mailing(_from_text(words, source, options, told), source)


def _without_mailing(article: Article, source: str) -> Article:
    """Return a letter's article without the lines that only mailings have: who gets it, how to end it."""
    lines = [line for line in article.text.split("\n") if line]
    kept = [
        line
        for number, line in enumerate(lines)
        if not _is_mailing(line, edge=number < _EDGE or number >= len(lines) - _EDGE)
    ]
    if len(kept) == len(lines) or not kept:
        return article
    return make_article(
        text="\n\n".join(kept),
        source=source,
        title=article.title,
        outlet=article.outlet,
        published=article.published,
        published_at=article.published_at,
        date_origin=article.date_origin,
        url=article.url,
        authors=article.authors,
        language=article.language,
    )


def _is_mailing(line: str, *, edge: bool) -> bool:
    """Whether a line speaks to who gets the mailing, or has nothing but its links.

    A story speaks of these things too: countries opt out of treaties, and councils view votes online.
    """
    if len(line.split()) > (_EDGE_WORDS if edge else _LINE_WORDS):
        return False
    folded = line.casefold().replace("’", "'")
    if _SENT.search(folded):
        return True
    if any(
        folded.startswith(_listed("mailing_phrases.txt"), at.end())
        for at in _CLAUSE.finditer(folded)
    ):
        return True
    rest = folded
    for link in _listed("mailing_links.txt"):
        rest = rest.replace(link, " ")
    return rest != folded and set(_WORD.findall(rest)) <= set(_listed("mailing_fillers.txt"))


@cache
def _listed(name: str) -> tuple[str, ...]:
    """Return the lines of a list, those that hold others first."""
    text = (files("rag.ingest.formats") / name).read_text(encoding="utf-8")
    return tuple(
        sorted((line.casefold() for line in text.splitlines() if line), key=len, reverse=True)
    )


def _from_text(words: str, source: str, options: ReadOptions, told: Hints) -> Article:
    story = read_text(words.encode("utf-8", "replace"), source, options)
    heading = story.title if story.title != told.title else None
    return make_article(
        text=f"{heading}\n\n{story.text}" if heading and told.title else story.text,
        source=source,
        title=told.title or heading,
        outlet=told.outlet,
        published=told.published or story.published,
        published_at=told.published_at,
        date_origin=told.date_origin or story.date_origin,
        authors=story.authors,
    )


def _message(data: bytes, what: str) -> EmailMessage:
    """Return a message, parsed; one of absurdly many or deep parts is refused before that."""
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not _HEADER.match(data[:1000]):
        raise SourceError(f"not a {what}: it does not begin with header lines")
    if sum(1 for _ in _PART.finditer(data)) > _MAX_PARTS:
        raise SourceError(f"too large: over {_MAX_PARTS:,} parts")
    if sum(1 for _ in _NESTED.finditer(data)) > _MAX_NESTING:
        raise SourceError(f"nested too deep: over {_MAX_NESTING} messages within messages")
    try:
        # The default policy makes a message of this class.
        return message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    except _DAMAGED as error:
        raise SourceError(f"a damaged {what}: {_line(error)}") from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _parts(message: EmailMessage) -> Iterator[_Part]:
    """Yield the parts that hold something; one whose own header lines are damaged is left out."""
    for part in message.walk():
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        with suppress(*_DAMAGED):
            kind = part.get_content_type()
            data = part.get_payload(decode=True)
            inline = kind.startswith("text/") or kind in _PAGES or _header(part, "Content-ID")
            yield _Part(
                kind=kind,
                charset=part.get_content_charset(),
                location=_header(part, "Content-Location"),
                attached=part.get_content_disposition() == "attachment" or not inline,
                data=data if isinstance(data, bytes) else b"",
            )


def _header(message: EmailMessage, name: str) -> str | None:
    with suppress(*_DAMAGED):
        value = message.get(name)
        return str(value) if value is not None else None
    return None


def _told(message: EmailMessage, source: str, options: ReadOptions) -> Hints:
    """Return what the header lines say."""
    subject = _REPLY.sub("", normalise_line(_header(message, "Subject") or ""))
    name, address = parseaddr(_header(message, "From") or "")
    host = address.rpartition("@")[2].lower().removeprefix("www.")
    told = Hints(title=subject or None, outlet=normalise_line(name) or host or None)
    sent = _sent(message)
    day, note = read_published(sent)
    if note:
        options.note(source, note)
    if sent is None or day is None:
        return told
    return replace(told, published=day, published_at=sent.isoformat(), date_origin="metadata")


def _sent(message: EmailMessage) -> datetime | None:
    with suppress(*_DAMAGED, OverflowError):
        return parsedate_to_datetime(_header(message, "Date") or "")
    return None


def _decoded(part: _Part) -> str:
    charset = part.charset or "utf-8"
    for name in (wider_charset(charset), charset):
        with suppress(LookupError, UnicodeDecodeError):
            return part.data.decode(name)
    return decode(part.data)
