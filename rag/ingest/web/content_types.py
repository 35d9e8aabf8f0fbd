"""What kind of document an answer is: by its ``Content-Type``, where its first bytes do not deny it."""

from __future__ import annotations

import zlib
from email.message import Message
from typing import Literal

from rag.ingest.web.errors import FetchError

Kind = Literal["html", "xml", "pdf", "text", "json"]

ACCEPTED = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/pdf;q=0.8, text/plain;q=0.7"
)
_KINDS: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/rss+xml": "xml",
    "application/atom+xml": "xml",
    "application/rdf+xml": "xml",
    "text/x-opml": "xml",
    "application/pdf": "pdf",
    "text/plain": "text",
    "text/markdown": "text",
    "application/json": "json",
    "application/ld+json": "json",
    "application/feed+json": "json",
}
# Said of files that a server does not know; their first bytes decide.
_UNKNOWN = frozenset(
    [
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/gzip",
        "application/x-gzip",
    ]
)
_HEAD = 4096


def media_type(header: str) -> tuple[str, str | None]:
    """Return the type and the charset of a ``Content-Type`` header, both in lower case."""
    message = Message()
    message["Content-Type"] = header[:500] or "application/octet-stream"
    charset = message.get_param("charset")
    name = charset.strip().lower()[:40] if isinstance(charset, str) else None
    return (message.get_content_type() if "/" in header else ""), name or None


def check_type(header: str) -> None:
    """Refuse an answer by its type, before its body is read.

    Raises
    ------
    FetchError
    """
    kind, _ = media_type(header)
    if kind not in _KINDS and kind not in _UNKNOWN:
        raise FetchError(f"it is {kind[:60]}, not a page, a feed or a document")


def kind_of(header: str, body: bytes) -> Kind:
    """Return what a body is, once it is here.

    Raises
    ------
    FetchError
        Where it is none of the kinds that are read, whatever its header says.
    """
    said = _KINDS.get(media_type(header)[0])
    packed = body.startswith(b"\x1f\x8b")
    if packed:
        body = _unpacked_head(body)
    head = body[:_HEAD].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    lower = head.lower()
    if head.startswith(b"%PDF-"):
        return "pdf"
    if said == "pdf":
        raise FetchError("it says that it is a PDF and is none")
    if b"\0" in body[:_HEAD] and body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise FetchError("it holds binary data, not a page, a feed or a document")
    if said == "json":
        return "json"
    if any(
        mark in lower for mark in (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex")
    ):
        # Feeds are often said to be HTML or plain text.
        return "html" if said == "html" and b"<html" in lower else "xml"
    if b"<opml" in lower:
        return "xml"
    if packed:
        raise FetchError("a compressed file that is no site map or feed")
    if b"<html" in lower or b"<!doctype html" in lower:
        return "html"
    if said is None:
        raise FetchError("it does not say what it is, and does not look like a page or a feed")
    return said


def _unpacked_head(body: bytes) -> bytes:
    """Return how a gzip file begins, as site maps are; its own beginning where that cannot be read."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body[: 16 * _HEAD], _HEAD) or body
    except zlib.error:
        return body
