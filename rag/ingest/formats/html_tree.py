"""The bytes of a web page to a tree: encoding, size and nesting bounded."""

from __future__ import annotations

import codecs
from typing import Any

import regex

from rag.errors import SourceError
from rag.ingest.charsets import wider_charset
from rag.text.encodings import likely_encodings
from rag.text.normalise import faulty_utf_8, is_mostly_utf_8
from rag.text.patterns import lazily

MAX_BYTES = 20_000_000
MAX_ELEMENTS = 200_000
# Browsers stop at 512; what walks a tree afterwards calls itself once a level.
MAX_DEPTH = 250
MAX_ATTRIBUTES = 5000
_INLINE = (
    "font",
    "span",
    "b",
    "i",
    "em",
    "strong",
    "center",
    "big",
    "small",
    "u",
    "a",
    "tt",
    "nobr",
)
_HEAD = 4096
# Files that are named as pages by mistake: PDF, zip, gzip.
_OTHER_FILES = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b")
# Whole characters among those beyond ASCII, of bytes that are said to be UTF-8: another encoding's
# capitals and quotation marks make fewer by chance.
_SAID_SHARE = 0.25
_VAST_ELEMENTS = 20_000
_VAST_CHARACTERS = 3_000_000
_MAX_NAMES = 2000
_DECLARED = lazily(r"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w:.-]{2,40})", regex.I)
_XML_DECLARED = lazily(r"^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w:.-]{2,40})", regex.I)
_LONG_TAG = lazily(r"<[a-zA-Z][^<>]{10000,}")
_LANGUAGE = lazily(r"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([a-z]{2})", regex.I)
# What pages of these languages are in, where few bytes tell: all but a few letters are ASCII.
_OF_LANGUAGE = dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl"), "cp1250") | {
    "tr": "cp1254",
    "vi": "cp1258",
}
_XML = lazily(r"^\s*<\?xml\b[^>]{0,500}\?>", regex.I)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OF_PAGES = {
    "utf8": "utf-8",
    # A page whose declaration could be read as ASCII is in no wide encoding.
    "utf-16": "utf-8",
    "utf-16le": "utf-8",
    "unicode": "utf-8",
}


def decode_page(data: bytes, charset: str | None = None) -> str:
    """Return a page's text: by its mark, then the server's word, the page's, and its bytes.

    A declaration that the bytes contradict is passed over: UTF-8 that is valid, or damaged in places,
    and not plain ASCII is UTF-8, whatever is declared.

    Raises
    ------
    SourceError
        Where it is too large or not text.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(f"too large: {len(data):,} bytes; the limit of a page is {MAX_BYTES:,}")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            data = data[len(mark) :]
            return faulty_utf_8(data) if encoding == "utf-8" else data.decode(encoding, "replace")
    head = data[:_HEAD]
    if head.count(b"\x00") * 50 > len(head) or data.startswith(_OTHER_FILES):
        raise SourceError("not a web page: its bytes are not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Before any guess: half of all letters make another encoding's, one stray byte does not.
        if is_mostly_utf_8(data):
            return faulty_utf_8(data)
    start = head.decode("latin-1")
    declared = [charset or ""]
    declared += [found[1] for form in (_XML_DECLARED, _DECLARED) if (found := form.search(start))]
    for name in (*declared, *_detected(data, start)):
        name = wider_charset(name)
        name = _OF_PAGES.get(name, name)
        try:
            if name == "utf-8" and is_mostly_utf_8(data, _SAID_SHARE):
                return faulty_utf_8(data)
            if name and name != "utf-8" and codecs.lookup(name)._is_text_encoding:
                return data.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _detected(data: bytes, start: str) -> list[str]:
    """Return what the encoding may be, by the bytes or by the page's language where few of them tell."""
    # Half of a page is markup, and more.
    if found := likely_encodings(data, share=0.1):
        return found
    language = _LANGUAGE.search(start)
    return [_OF_LANGUAGE.get(language[1].lower() if language else "", "cp1252")]


def parse_page(text: str) -> Any:  # noqa: ANN401  (lxml has no types)
    """Return the tree of a page's text, at most `MAX_DEPTH` deep.

    Raises
    ------
    SourceError
        Where it holds no markup, or more or deeper markup than is read.
    """
    from lxml import etree, html

    text = _XML.sub("", text, count=1).replace("\x00", "")
    if "<" not in text:
        raise SourceError("not a web page: there is no markup in it")
    for tag in _LONG_TAG.finditer(text):
        # libxml2 compares each attribute of an element with all before it.
        if tag.group().count("=") > MAX_ATTRIBUTES:
            raise SourceError(f"an element has more than {MAX_ATTRIBUTES:,} attributes")
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"not a web page: {str(error)[:100] or 'it cannot be parsed'}") from None
    count, depth = _measure(tree)
    if count > MAX_ELEMENTS:
        raise SourceError(f"too large: {count:,} elements; the limit of a page is {MAX_ELEMENTS:,}")
    if depth > MAX_DEPTH:
        # Old pages never close their fonts: each paragraph lies in all those before.
        etree.strip_tags(tree, *_INLINE)
        _, depth = _measure(tree)
    if depth > MAX_DEPTH:
        raise SourceError(f"its markup is nested {depth} deep; the limit is {MAX_DEPTH}")
    return tree


def _measure(tree: Any) -> tuple[int, int]:  # noqa: ANN401
    """Return how many nodes a tree has and how deep it is; class names of any length are dropped."""
    from lxml import etree

    count = depth = deepest = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            for name in ("class", "id"):
                if len(element.get(name) or "") > _MAX_NAMES:
                    del element.attrib[name]
            count += 1
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return count, deepest


def is_vast(tree: Any) -> bool:  # noqa: ANN401
    """Whether a page is larger than any with one story: what others do with it would take minutes."""
    elements = sum(1 for _ in tree.iter())
    return elements > _VAST_ELEMENTS or sum(map(len, tree.itertext("*"))) > _VAST_CHARACTERS
