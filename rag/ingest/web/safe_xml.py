"""XML from strangers: no declarations, no entities, no network, bounded depth."""

from __future__ import annotations

import codecs
import re
from typing import Any

from rag.errors import SourceError
from rag.ingest.charsets import wider_charset
from rag.text.normalise import WINDOWS_1252, faulty_utf_8, is_mostly_utf_8

MAX_XML_BYTES = 50_000_000
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
# Without a subset of its own, a DOCTYPE only names a DTD, which nothing reads.
_PLAIN_DOCTYPE = re.compile(
    rb"<!DOCTYPE\s+[^\s<>\[]+(?:\s+(?:PUBLIC|SYSTEM)(?:\s+(?:\"[^\"<>]*\"|'[^'<>]*')){0,2})?\s*>",
    re.I,
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark its own begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Codecs of Python that no document is written in, some of which take the square of its length.
_NO_ENCODINGS = frozenset(["idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"])


def parse_xml(data: bytes, charset: str | None = None) -> Any:  # noqa: ANN401  (lxml is untyped)
    """Return the root element of a document; one with mistakes is read as far as it makes sense.

    Parameters
    ----------
    charset
        As the server declared it; the document's own declaration counts without it.

    Raises
    ------
    SourceError
        Where it is no XML, or declares entities, attributes or elements.
    """
    from lxml import etree

    data = as_utf8(data, charset)
    _refuse_declarations(data)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"not XML: {str(error)[:100]}") from None
    if root is None:
        raise SourceError("not XML: it has no root element")
    return root


def as_utf8(data: bytes, charset: str | None = None) -> bytes:
    """Return a document in UTF-8, so that what is looked for in it is what the parser will see.

    Its byte order mark counts first, then the server's word, then its own; without any of them it is
    UTF-8, else Windows-1252. Bytes in UTF-8 that are none are read as Windows-1252.

    Raises
    ------
    SourceError
        Where it is too large.
    """
    if len(data) > MAX_XML_BYTES:
        raise SourceError(f"too large: {len(data):,} bytes; the limit is {MAX_XML_BYTES:,}")
    declared = _ENCODING.search(data[:300])
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    for name in (marked, charset, declared and declared[1].decode("ascii")):
        codec = _codec(name)
        if codec is not None:
            # A document that is read as UTF-16 because of its mark says so itself, and is then not.
            errors = WINDOWS_1252 if codec == "utf-8" else "replace"
            return data.decode(codec, errors).removeprefix("\ufeff").encode("utf-8", "replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if is_mostly_utf_8(data):
            return faulty_utf_8(data).encode("utf-8")
        return data.decode("cp1252", "replace").encode("utf-8")
    return data


def local_name(element: Any) -> str:  # noqa: ANN401
    """Return an element's name without its namespace, in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _refuse_declarations(data: bytes) -> None:
    """Raise where anything but a plain DOCTYPE, comments and instructions stands before the root element.

    Entities, and default values of attributes, can make a small document a huge one.
    """
    at = 0
    while (at := data.find(b"<", at)) >= 0:
        if data.startswith(b"<?", at):
            end = data.find(b"?>", at)
        elif data.startswith(b"<!--", at):
            end = data.find(b"-->", at + 4)
        elif data.startswith(b"<!", at):
            plain = _PLAIN_DOCTYPE.match(data, at)
            if plain is None:
                raise SourceError("it declares entities or the like of its own, which are not read")
            end = plain.end() - 1
        else:
            return
        if end < 0:
            return
        at = end + 1


def _codec(name: str | None) -> str | None:
    """Return Python's name of an encoding of text; None where it is not known as one."""
    if not name:
        return None
    try:
        codec = codecs.lookup(wider_charset(name)).name
        b"".decode(codec)
    except (LookupError, ValueError):
        return None
    return None if codec.replace("_", "-") in _NO_ENCODINGS else codec
