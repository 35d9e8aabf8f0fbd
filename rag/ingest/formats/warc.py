"""Web archives: WARC files of crawlers, and WACZ files of recorders, which are zips of them; streamed."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rag.errors import SourceError
from rag.ingest.documents import Document
from rag.ingest.formats.archive_stream import ArchiveStream
from rag.ingest.http_codings import MAX_BODY
from rag.ingest.isolated import Workers
from rag.ingest.notes import UNCOUNTED
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.ingest.positions import Place, begin
from rag.text.links import safe_url
from rag.types import Article, Skipped

_HEAD = 1 << 20
"""Bytes that are looked at to estimate how many pages a file has."""
_MAX_MEMBERS = 10_000
_TYPES = {
    "text/html": "page.html",
    "application/xhtml+xml": "page.html",
    "application/pdf": "page.pdf",
    "text/plain": "page.txt",
}
_FOR_CRAWLERS = ("robots.txt", "ads.txt", "app-ads.txt", "llms.txt", "humans.txt", "security.txt")
_VERSION = (b"WARC/1.", b"WARC/0.")
_OK = "200"
_MAX_ADDRESS = 2000
_KINDS = {
    "page": "pages",
    "status": "redirects and errors",
    "type": "not HTML, PDF or text",
    "other": "requests, revisits, metadata and the like",
    "broken": "broken",
}
"""What is counted of records, as it is told."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """That everything before an offset was read; None: there is none to go on from."""

    offset: int | None
    records: int


def read_warc(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the articles of an archive's pages, in its order; memory holds some pages at a time.

    Pages are responses with status 200 that are HTML, PDF or plain text. Everything else is counted, and
    told in one note. The source of a page is the file's with the page's address after ``#``.
    """
    place = begin(stream, source, options)
    if place.begin.finished:
        return
    stream.seek(place.begin.offset)
    tally = _Tally(place.begin.records)
    documents = _with_positions(_documents(stream, place.begin.offset, source, tally), place, 0)
    yield from _parsed(documents, options, tally)
    tally.tell(source, options)
    place.finished(tally.records)


def read_wacz(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the articles of the archives in a WACZ, as `read_warc` does.

    Raises
    ------
    SourceError
        Where it is no zip, or holds no WARC.
    """
    place = begin(stream, source, options)
    if place.begin.finished:
        return
    with _zip(stream) as archive:
        names = sorted(name for name in archive.namelist() if _is_warc(name))[:_MAX_MEMBERS]
        if not names:
            raise SourceError("no WARC in it; a WACZ holds them in its folder 'archive'")
        tally = _Tally(place.begin.records)
        for part in range(place.begin.part, len(names)):
            offset = place.begin.offset if part == place.begin.part else 0
            try:
                with archive.open(names[part]) as member:
                    member.seek(offset)
                    found = _documents(member, offset, source, tally)
                    yield from _parsed(_with_positions(found, place, part), options, tally)
            except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
                yield Skipped(f"{source}#{names[part]}", f"damaged or locked: {error}")
        tally.tell(source, options)
        place.finished(tally.records)


def count_pages(path: Path) -> int:
    """Return about how many pages an archive has, by its first ones."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if zipfile.is_zipfile(stream):
            with _zip(stream) as archive:
                names = [name for name in archive.namelist() if _is_warc(name)]
                if not names:
                    return 1
                with archive.open(sorted(names)[0]) as member:
                    head = member.read(_HEAD)
        else:
            stream.seek(0)
            head = stream.read(_HEAD)
    tally = _Tally(0)
    for _ in _documents(io.BytesIO(head), 0, str(path), tally):
        pass
    return max(1, round(tally.kinds["page"] * size / max(1, len(head))))


def _zip(stream: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
        # A RuntimeError: the zip needs a version or a compression that Python does not read.
        raise SourceError(f"not a WACZ: {error}") from None


def _is_warc(name: str) -> bool:
    return name.lower().endswith((".warc", ".warc.gz"))


class _Tally:
    """How many records of each kind there were."""

    def __init__(self, before: int) -> None:
        self.before = before
        self.kinds: Counter[str] = Counter()
        self.articles = 0

    @property
    def records(self) -> int:
        """How many were read, also before an earlier add was broken off."""
        return self.before + self.kinds.total()

    def tell(self, source: str, options: ReadOptions) -> None:
        """Say in one note what the records were."""
        told = [f"{n:,} {_KINDS[kind]}" for kind, n in self.kinds.items() if kind != "page"]
        elsewhere = options.workers is not None and options.workers.elsewhere
        articles = UNCOUNTED if elsewhere else f"{self.articles:,}"
        pages = f"{self.kinds['page']:,} pages, {articles} of them articles"
        options.note(source, f"{self.kinds.total():,} records: {', '.join([pages, *told])}")


def _parsed(
    documents: Iterator[Document | Skipped | Callable[[], None]],
    options: ReadOptions,
    tally: _Tally,
) -> Iterator[Article | Skipped]:
    if options.workers is not None:
        for item in options.workers.in_order(documents, options):
            tally.articles += isinstance(item, Article)
            yield item
        return
    with Workers() as workers:
        for item in workers.in_order(documents, options):
            tally.articles += isinstance(item, Article)
            yield item


def _with_positions(
    found: Iterator[Document | Skipped | _Seen], place: Place, part: int
) -> Iterator[Document | Skipped | Callable[[], None]]:
    """Turn marks into calls that record how far the file was read."""
    for item in found:
        if not isinstance(item, _Seen):
            yield item
        elif item.offset is not None:
            yield partial(place.reached, item.offset, item.records, part)


def _documents(
    stream: IO[bytes], offset: int, source: str, tally: _Tally
) -> Iterator[Document | Skipped | _Seen]:
    """Yield the pages of one WARC from an offset on, what is wrong with it, and where reading can go on."""
    from warcio.exceptions import ArchiveLoadFailed
    from warcio.recordloader import ArcWarcRecordLoader

    loader = ArcWarcRecordLoader(arc2warc=False)
    lines = ArchiveStream(stream, offset)
    while True:
        line, begins = lines.begin_record()
        at = lines.tell() if begins is None else begins
        yield _Seen(begins, tally.records)
        if not line:
            break
        if not line.startswith(_VERSION):
            yield Skipped(
                source,
                f"no WARC record at byte {at:,}; what follows up to the next one was not read",
            )
            line = _next_version(lines)
            if not line:
                break
        try:
            record = loader.parse_record_stream(lines, line, "warc", no_record_parse=True)
            if record.length is None:
                raise SourceError("no Content-Length")
        except (ArchiveLoadFailed, SourceError, EOFError, ValueError, AttributeError) as error:
            if lines.error:
                break
            yield Skipped(source, f"broken record at byte {at:,} ({_line(error)})")
            tally.kinds["broken"] += 1
            continue
        item = _document(record, loader, source, tally)
        _drain(record.raw_stream)
        # What is cut off would be taken for a whole page.
        if getattr(record.raw_stream, "limit", 0):
            lines.error = lines.error or f"cut off in the record at byte {at:,}"
        elif item is not None:
            yield item
    if lines.error:
        yield Skipped(source, lines.error)


def _next_version(lines: ArchiveStream) -> bytes:
    """Return the next line that begins a record; b"" where none does."""
    while line := lines.begin_record()[0]:
        if line.startswith(_VERSION):
            return line
    return b""


def _document(record: Any, loader: Any, source: str, tally: _Tally) -> Document | Skipped | None:  # noqa: ANN401
    """Return the page of a record, or None where it is none, after counting it."""
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    headers = None
    try:
        if record.rec_type == "response" and address.startswith(("http:", "https:")):
            headers = loader.http_parser.parse(record.raw_stream)
    except Exception:  # what warcio raises of lines that are no headers
        tally.kinds["broken"] += 1
        return None
    if headers is None and (record.rec_type != "resource" or safe_url(address) is None):
        tally.kinds["other"] += 1
        return None
    if headers is not None and headers.get_statuscode() != _OK:
        tally.kinds["status"] += 1
        return None
    declared = headers.get_header("content-type") if headers is not None else record.content_type
    name, charset = _type(declared or "")
    path = urlsplit(address).path if safe_url(address) else ""
    if name is None or path.endswith(_FOR_CRAWLERS):
        tally.kinds["type"] += 1
        return None
    tally.kinds["page"] += 1
    page = f"{source}#{address[:_MAX_ADDRESS]}"
    data = _read(record.raw_stream, MAX_BODY + 1)
    if len(data) > MAX_BODY:
        return Skipped(page, f"too large: a page of more than {MAX_BODY:,} bytes")
    codings: tuple[str, ...] = ()
    if headers is not None:
        named = [headers.get_header(one, "") for one in ("content-encoding", "transfer-encoding")]
        codings = tuple(
            name.strip() for value in named for name in value.split(",") if name.strip()
        )
    url = address if safe_url(address) else None
    return Document(name, data, page, Hints(url=url, charset=charset), codings)


def _type(declared: str) -> tuple[str | None, str | None]:
    """Return the name of a document of a Content-Type, None where it holds no article, and the charset."""
    from rag.ingest.formats import format_of

    kind, *parameters = declared.split(";")
    name = _TYPES.get(kind.strip().lower(), None if kind.strip() else "page.html")
    if name is not None and format_of(name) is None:
        name = None
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            return name, value.strip().strip("\"'")[:40] or None
    return name, None


def _read(stream: Any, length: int) -> bytes:  # noqa: ANN401
    parts = []
    while length > 0 and (part := stream.read(length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _drain(stream: Any) -> None:  # noqa: ANN401
    while stream.read(1 << 16):
        pass


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
