"""What a PDF's XMP packet says of it (ISO 16684): the title and the day of publication.

PDFium does not give it. It stands in the file as plain XML, so that programs which know no PDF can find it;
where it is compressed all the same, it is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.errors import SourceError
from rag.ingest.formats.document_head import known_day
from rag.text.normalise import normalise_line

_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"
_MAX_PACKET = 500_000
_MAX_PACKETS = 30
"""Pictures in a document have packets of their own."""
_MAX_VALUE = 1000
_PUBLISHED = ("publicationdate", "coverdate", "displaydate", "onsaledate")
"""Of PRISM, surest first: what a publisher says of an article."""


@dataclass(frozen=True, slots=True)
class Xmp:
    """Fields of a packet; None where it does not have them."""

    title: str | None = None
    author: str | None = None
    published: date | None = None
    created: date | None = None


def read_xmp(data: bytes) -> Xmp:
    """Return what the document's own packet says; empty where it has none that can be read."""
    from rag.ingest.web.safe_xml import local_name, parse_xml

    for packet in _packets(data):
        try:
            root = parse_xml(packet)
        except SourceError:
            continue
        values: dict[str, str] = {}
        for element in root.iter():
            for name, value in element.attrib.items():
                values.setdefault(str(name).rpartition("}")[2].lower(), str(value)[:_MAX_VALUE])
            values.setdefault(local_name(element), _text(element))
        if values.get("format", "application/pdf") != "application/pdf":
            continue
        days = (_day(values.get(name)) for name in _PUBLISHED)
        return Xmp(
            normalise_line(values.get("title", "")) or None,
            normalise_line(values.get("creator", "")) or None,
            next((day for day in days if day), None),
            _day(values.get("createdate")),
        )
    return Xmp()


def _packets(data: bytes) -> Iterator[bytes]:
    """Yield the packets of a file, the last one first: it is the newest where a file was changed."""
    end = len(data)
    for _ in range(_MAX_PACKETS):
        begin = data.rfind(_BEGIN, 0, end)
        if begin < 0:
            return
        stop = data.find(_END, begin, min(end, begin + _MAX_PACKET))
        if stop >= 0:
            yield data[begin : stop + len(_END)]
        end = begin


def _text(element: Any) -> str:  # noqa: ANN401
    """Return an element's text, or that of the first item of its list."""
    for one in element.iter():
        if one.text and one.text.strip():
            return str(one.text)[:_MAX_VALUE]
    return ""


def _day(value: str | None) -> date | None:
    try:
        return known_day(date.fromisoformat((value or "").strip()[:10]))
    except ValueError:
        return None
