"""XML from strangers: no entities, no DTD, no network, bounded depth."""

from __future__ import annotations

import codecs
import re
from typing import Any

from rag.errors import SourceError

MAX_XML_BYTES = 50_000_000
_ROOT = re.compile(rb"<[A-Za-z_:]")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_ASCII = bytes(range(32, 127))
_DECLARES = re.compile(rb"<!ENTITY|<!DOCTYPE[^>]*\[", re.I)


def parse_xml(data: bytes, charset: str | None = None) -> Any:  # noqa: ANN401  (lxml is untyped)
    """Return the root element of a document; one with mistakes is read as far as it makes sense.

    Parameters
    ----------
    charset
        As the server declared it; the document's own declaration counts without it.

    Raises
    ------
    SourceError
        Where it is no XML, or declares entities.
    """
    from lxml import etree

    refuse_entities(data, charset)
    parser = etree.XMLParser(
        encoding=_known(charset),
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


def refuse_entities(data: bytes, charset: str | None = None) -> None:
    """Raise where a document declares entities, which can make a small document a huge one.

    Raises
    ------
    SourceError
        Also where its encoding could hide a declaration, or it is too large.
    """
    if len(data) > MAX_XML_BYTES:
        raise SourceError(f"too large: {len(data):,} bytes; the limit is {MAX_XML_BYTES:,}")
    # UTF-16 and UTF-32 of ASCII are ASCII and zero bytes.
    plain = data.replace(b"\0", b"") if b"\0" in data[:200] else data
    declared = _ENCODING.search(plain[:300])
    for name in (charset, declared[1].decode("ascii") if declared else None):
        if name and not _shows_markup(name):
            raise SourceError(f"its encoding {name!r} is not read; save it as UTF-8")
    root = _ROOT.search(plain)
    if _DECLARES.search(plain[: root.start()] if root else plain):
        raise SourceError("it declares entities of its own, which are not read")


def local_name(element: Any) -> str:  # noqa: ANN401
    """Return an element's name without its namespace, in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _shows_markup(name: str) -> bool:
    """Whether ASCII stands for itself in an encoding, so that markup can be looked for; not so in UTF-7."""
    try:
        codec = codecs.lookup(name).name
        return codec.startswith(("utf-16", "utf-32")) or _ASCII.decode(codec) == _ASCII.decode()
    except LookupError:
        return True  # a mistake; readers take it for UTF-8
    except (UnicodeError, ValueError):
        return False


def _known(charset: str | None) -> str | None:
    try:
        return codecs.lookup(charset).name if charset else None
    except (LookupError, ValueError):
        return None
