"""Pages and web archives of invented news, for measuring how fast they are read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from eval.lab.bench.archive import articles, invented
from rag.types import Article

_SITE = "https://news{}.example/{}/{}"
_LINKS = "".join(
    f'<li><a href="/section/{n}">Section number {n} of the paper</a></li>' for n in range(40)
)
_SCRIPT = "window.settings = {" + ", ".join(f'"option{n}": "{n * 7919}"' for n in range(300)) + "};"
_MIX = (
    "page",
    "request",
    "page",
    "request",
    "metadata",
    "page",
    "request",
    "moved",
    "image",
    "revisit",
)
"""Kinds of ten records in a row."""


def html_of(article: Article) -> bytes:
    """Return a page of some 15 kB as a news site serves it: head, menus, story, related links, scripts."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in article.text.split("\n"))
    day = article.published.isoformat() if article.published else ""
    title, outlet = escape(article.title or ""), escape(article.outlet or "")
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} - {outlet}</title>"
        f"<meta property='og:title' content='{title}'><meta property='og:site_name' content='{outlet}'>"
        f"<meta property='article:published_time' content='{day}T08:00:00+00:00'>"
        f"<script>{_SCRIPT}</script></head><body><header><nav><ul>{_LINKS}</ul></nav></header><main>"
        f"<article><h1>{title}</h1><p class='byline'>By Ann Example</p>{paragraphs}</article>"
        f"<aside><h2>Related</h2><ul>{_LINKS}</ul></aside></main>"
        f"<footer><p>Copyright {outlet}</p><ul>{_LINKS}</ul></footer></body></html>"
    ).encode()


def address_of(number: int, article: Article) -> str:
    """Return the address of a made page."""
    return _SITE.format(number % 50, article.published or "undated", number)


def write_pages(folder: Path, count: int) -> None:
    """Write a folder of HTML pages."""
    for number, article in enumerate(articles(invented(), count)):
        (folder / f"{number:06}.html").write_bytes(html_of(article))


def write_archive(path: Path, records: int, *, plain: bool = False) -> int:
    """Write a WARC, a member a record, as a crawler does; returns how many of the records are pages.

    Parameters
    ----------
    plain
        Pages are plain text, which costs little to parse: what is measured is the archive.
    """
    from warcio.warcwriter import WARCWriter

    made = enumerate(articles(invented(), records))
    pages = 0
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        number, article = next(made)
        for n in range(records):
            kind = _MIX[n % len(_MIX)]
            if kind == "page":
                number, article = next(made)
                pages += 1
            record = _record(writer, kind, address_of(number, article), article, plain=plain)
            writer.write_record(record)
            record.raw_stream.close()
    return pages


def _record(writer: Any, kind: str, url: str, article: Article, *, plain: bool) -> Any:
    from warcio.statusandheaders import StatusAndHeaders

    def response(status: str, fields: list[tuple[str, str]]) -> Any:
        return StatusAndHeaders(status, fields, protocol="HTTP/1.1")

    if kind == "request":
        headers = StatusAndHeaders("GET / HTTP/1.1", [("Host", "news.example")])
        return writer.create_warc_record(url, "request", io.BytesIO(), http_headers=headers)
    if kind == "metadata":
        body = io.BytesIO(b"fetchTimeMs: 120\r\n")
        return writer.create_warc_record(url, "metadata", body, warc_content_type="text/plain")
    if kind == "moved":
        headers = response("301 Moved Permanently", [("Location", url)])
        return writer.create_warc_record(f"{url}?old", "response", http_headers=headers)
    if kind == "image":
        headers = response("200 OK", [("Content-Type", "image/jpeg")])
        body = io.BytesIO(b"\xff\xd8" + bytes(range(256)) * 40)
        return writer.create_warc_record(f"{url}.jpg", "response", body, http_headers=headers)
    if kind == "revisit":
        return writer.create_revisit_record(url, "sha1:AAAA", url, "2024-01-01T00:00:00Z")
    declared = "text/plain; charset=utf-8" if plain else "text/html; charset=utf-8"
    body = io.BytesIO(article.text.encode() if plain else html_of(article))
    headers = response("200 OK", [("Content-Type", declared)])
    return writer.create_warc_record(url, "response", body, http_headers=headers)


def made_articles(count: int) -> Iterator[str]:
    """Yield invented articles as lines of JSONL."""
    import json

    for article in articles(invented(), count):
        fields = {"id": article.id, "title": article.title, "outlet": article.outlet}
        day = article.published.isoformat() if article.published else None
        yield json.dumps(fields | {"published": day, "text": article.text}) + "\n"
