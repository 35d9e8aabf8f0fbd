"""Word documents (``.docx``): headings, paragraphs, list items and rows of tables; their properties."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.ingest.article import make_article
from rag.ingest.formats.document_head import known_day, person, read_head, sane_title
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.ingest.raised import raised
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily
from rag.types import Article

if TYPE_CHECKING:
    from docx.document import Document

# Of the archive that a document is: members, their size unpacked (a novel with pictures has 50 MB),
# and that of one part of XML, which takes some ten times as much as a tree.
_MAX_MEMBERS = 5000
_MAX_UNPACKED = 300_000_000
_MAX_XML = 60_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_NO_HINTS = Hints()
_MAX_HEADER = 60
"""Characters of a cell that names a column; a longer one is prose laid out in a table."""
_LETTER = lazily(r"\p{L}")
# Values that turn a property off which is on without one.
_OFF = frozenset(["0", "false", "off", "none"])
# python-docx's own template; documents made with it keep its day.
_TEMPLATE_DAY = date(2013, 12, 23)


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    style: str
    """Name of the paragraph's style in lower case, in English whatever Word's language."""
    row: bool = False


@dataclass(frozen=True, slots=True)
class _Properties:
    title: str
    author: str
    created: date | None


def read_docx(
    data: bytes, source: str, options: ReadOptions = DEFAULTS, hints: Hints = _NO_HINTS
) -> Article:
    """Return the article of a Word document; ``hints`` are believed before what it says of itself.

    Headers, footers, footnotes, comments, and text that was deleted or struck out are left out.

    Raises
    ------
    SourceError
        Where it is damaged, locked, an older format or made to harm, or holds no text.
    """
    blocks, properties = _contents(data)
    title, number = _title(blocks, sane_title(properties.title))
    kept = [one for n, one in enumerate(blocks) if n != number]
    head = read_head([one.text for one in kept], options)
    published, origin, note = head.published, "visible text", head.note
    if published is None:
        published, origin = properties.created, "guessed"
        note = f"its text names no day; {published}, when the document was begun, was taken"
    if published and note and hints.published is None:
        options.note(source, note)
    story = [one for n, one in enumerate(kept) if n not in head.used] or kept or blocks
    return make_article(
        text=_text(story),
        source=source,
        title=hints.title or title,
        outlet=hints.outlet or head.outlet,
        published=hints.published or published,
        published_at=hints.published_at,
        date_origin=(hints.date_origin or "metadata") if hints.published else origin,
        url=hints.url,
        authors=hints.authors or head.authors or person(properties.author),
        language=hints.language,
    )


def _contents(data: bytes) -> tuple[list[_Block], _Properties]:
    import docx

    if data.startswith(_OLE):
        raise SourceError("a locked or an old Word document (.doc); save it as .docx, unlocked")
    try:
        _check_archive(data)
        document = docx.Document(io.BytesIO(data))
        return list(_blocks(document)), _properties(document)
    except SourceError:
        raise
    except Exception as error:
        # zipfile's, zlib's, lxml's and python-docx's errors, and what it raises for missing parts.
        line = " ".join(str(error).split())[:100] or type(error).__name__
        raise SourceError(f"a damaged Word document: {line}") from None


def _check_archive(data: bytes) -> None:
    """Refuse archives that unpack to absurd sizes, and XML that declares entities."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > _MAX_MEMBERS:
            raise SourceError(f"too large: {len(members):,} parts; the limit is {_MAX_MEMBERS:,}")
        # A member cannot be longer than it is declared: reading stops there.
        unpacked = sum(member.file_size for member in members)
        if unpacked > _MAX_UNPACKED:
            raise SourceError(
                f"too large: {unpacked:,} bytes unpacked; the limit is {_MAX_UNPACKED:,}"
            )
        for member in members:
            if not member.filename.lower().endswith((".xml", ".rels")):
                continue
            if member.file_size > _MAX_XML:
                raise SourceError(
                    f"too large: {member.file_size:,} bytes of XML; the limit is {_MAX_XML:,}"
                )
            with archive.open(member) as part:
                # A document type stands before the first element. Word never writes one.
                start = part.read(4096).replace(b"\x00", b"")
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                raise SourceError(
                    "its XML declares a document type, which Word never does; refused"
                )


def _blocks(document: Document) -> Iterator[_Block]:
    names = {style.style_id: (style.name or "").lower() for style in document.styles}
    body = getattr(document.element, "body", None)
    if body is None:
        raise SourceError("not a Word document: it has no body")
    stack = [iter(body)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        kind = _kind(element)
        if kind == "p":
            for text in _words(element).split("\n"):
                if text.strip():
                    yield _Block(text.strip(), names.get(element.style or "", ""))
        elif kind == "tbl":
            yield from _rows(element)
        elif kind in ("sdt", "sdtContent", "ins", "smartTag", "customXml"):
            stack.append(iter(element))


def _rows(table: Any) -> Iterator[_Block]:  # noqa: ANN401
    rows = []
    for row in table.iter(f"{_space(table)}tr"):
        cells = [
            normalise_line(" ".join(_words(one) for one in cell.iter(f"{_space(table)}p")))
            for cell in row
            if _kind(cell) == "tc"
        ]
        if any(cells):
            rows.append(cells)
    if rows and _is_header(rows):
        header = [cell.rstrip(" :.") for cell in rows[0]]
        for cells in rows[1:]:
            # A row alone must say what its figures are: it is found, and quoted, without its header.
            pairs = [f"{name}: {cell}" for name, cell in zip(header, cells, strict=True) if cell]
            yield _Block(f"{'; '.join(pairs).rstrip('.')}.", "", row=True)
        return
    for cells in rows:
        yield _Block(" | ".join(cell for cell in cells if cell), "", row=True)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row of a table names its columns: short, with letters, each another."""
    first, *others = rows
    if len(first) < 2 or not others or any(len(row) != len(first) for row in others):
        return False
    named = all(cell and len(cell) <= _MAX_HEADER and _LETTER.search(cell) for cell in first)
    return named and len(set(first)) == len(first)


def _words(paragraph: Any) -> str:  # noqa: ANN401
    """Return the text of a paragraph; without what is deleted, struck out, hidden or in a text box."""
    words: list[str] = []
    left_out = ("del", "moveFrom", "txbxContent", "Fallback", "instrText", "pPr")
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        kind = _kind(element)
        if kind == "t":
            text = element.text or ""
            words.append(raised(text) if _is_superscript(element.getparent()) else text)
        elif kind in ("tab", "ptab"):
            words.append("\t")
        elif kind in ("br", "cr"):
            words.append("\n")
        elif kind == "noBreakHyphen":
            words.append("-")
        elif kind == "r" and _is_on(element, "strike", "dstrike"):
            # What was struck out may have held the space between its neighbours.
            text = "".join(one.text or "" for one in element.iter(f"{_space(element)}t"))
            words.append(" " if text != text.strip() else "")
        elif kind not in left_out and not (kind == "r" and _is_on(element, "vanish")):
            stack.append(iter(element))
    return "".join(words)


def _is_on(run: Any, *names: str) -> bool:  # noqa: ANN401
    """Whether one of these properties of a run is on: without a value, or with none that turns it off."""
    space = _space(run)
    found = (run.find(f"{space}rPr/{space}{name}") for name in names)
    return any(
        one is not None and (one.get(f"{space}val") or "on").strip().lower() not in _OFF
        for one in found
    )


def _is_superscript(run: Any) -> bool:  # noqa: ANN401
    space = _space(run)
    found = run.find(f"{space}rPr/{space}vertAlign")
    return found is not None and found.get(f"{space}val") == "superscript"


def _kind(element: Any) -> str:  # noqa: ANN401
    """Return an element's name without its namespace; comments and the like have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _space(element: Any) -> str:  # noqa: ANN401
    space, brace, _ = element.tag.rpartition("}")
    return f"{space}{brace}"


def _title(blocks: list[_Block], property_title: str | None) -> tuple[str | None, int | None]:
    """Return the title, and the number of the block that it is: in the style for it, or a first heading."""
    for n, block in enumerate(blocks[:10]):
        if block.style == "title" or (n == 0 and block.style in ("heading 1", "heading1")):
            return block.text, n
    for n, block in enumerate(blocks[:10]):
        if block.text == property_title or block.style == "heading 1":
            return block.text, n
    return property_title, None


def _properties(document: Document) -> _Properties:
    given = document.core_properties
    try:
        made = given.created
    except (ValueError, TypeError):
        made = None
    day = known_day(made.date() if made else None)
    return _Properties(given.title, given.author, None if day == _TEMPLATE_DAY else day)


def _text(blocks: list[_Block]) -> str:
    parts: list[str] = []
    for n, block in enumerate(blocks):
        parts.append(block.text)
        following = blocks[n + 1].row if n + 1 < len(blocks) else False
        parts.append("\n" if block.row and following else "\n\n")
    return "".join(parts)
