"""Pages and web archives of invented news, for measuring how fast they are read."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eval.lab.bench.archive import articles, invented
from rag.types import Article

SAVED = Path(__file__).parents[2] / "pages"
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


def saved_pages(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield address and HTML of the pages in `eval/pages`, over and over, each time of other sites."""
    found = []
    for truth in sorted(SAVED.glob("*/*/*.json")):
        address = json.loads(truth.read_text(encoding="utf-8")).get("url")
        # One without a story has no address of its own.
        address = address or f"https://www.{truth.parent.name}.example/{truth.stem}"
        found.append((address, truth.with_suffix(".html").read_bytes()))
    for number in range(count):
        address, page = found[number % len(found)]
        site = (urlsplit(address).hostname or "").removeprefix("www.")
        name, _, rest = site.partition(".")
        # Else all of them would be versions of the few pages that they name themselves.
        other = f"{name}{number}.{rest}"
        yield address.replace(site, other), page.replace(site.encode(), other.encode())


def write_archive(path: Path, records: int, *, plain: bool = False, saved: bool = False) -> int:
    """Write a WARC, a member a record, as a crawler does; returns how many of the records are pages.

    Parameters
    ----------
    plain
        Pages are plain text, which costs little to parse: what is measured is the archive.
    saved
        Pages are those of `eval/pages`, which are as different as real sites' are.
    """
    from warcio.warcwriter import WARCWriter

    made = _made(records, plain=plain, saved=saved)
    kind_of_text = "text/plain" if plain else "text/html"
    pages = 0
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        address, body = next(made)
        for n in range(records):
            kind = _MIX[n % len(_MIX)]
            if kind == "page":
                address, body = next(made)
                pages += 1
            record = _record(writer, kind, address, body, f"{kind_of_text}; charset=utf-8")
            writer.write_record(record)
            record.raw_stream.close()
    return pages


def _made(records: int, *, plain: bool, saved: bool) -> Iterator[tuple[str, bytes]]:
    if saved:
        yield from saved_pages(records)
        return
    for number, article in enumerate(articles(invented(), records)):
        yield address_of(number, article), article.text.encode() if plain else html_of(article)


def _record(writer: Any, kind: str, url: str, page: bytes, declared: str) -> Any:
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
    headers = response("200 OK", [("Content-Type", declared)])
    return writer.create_warc_record(url, "response", io.BytesIO(page), http_headers=headers)


def made_articles(count: int) -> Iterator[str]:
    """Yield invented articles as lines of JSONL."""
    for article in articles(invented(), count):
        fields = {"id": article.id, "title": article.title, "outlet": article.outlet}
        day = article.published.isoformat() if article.published else None
        yield json.dumps(fields | {"published": day, "text": article.text}) + "\n"
