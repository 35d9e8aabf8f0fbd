"""A page's tree to the blocks of text that a reader sees, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.ingest.formats.html_parts import part_of
from rag.text.patterns import lazily
from rag.text.prose import count_words


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SKIPPED = _names(
    "script style noscript template svg math iframe object embed select option textarea input button"
    " audio video canvas map head title datalist amp-ad amp-img amp-analytics"
)
_BLOCKS = _names(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre section summary"
    " table tbody td tfoot th thead tr ul caption amp-sidebar time"
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_LIST = frozenset(["li", "dd", "dt"])
_BREAKS = lazily(r"\n[^\S\n]*\n\s*")
_SPACES = lazily(r"[^\S\n]+")
_MAX_CELL = 200
# A part of a page with more of its text than this is no furniture, whatever it is called.
_MOST = 0.4
_PARAGRAPH_WORDS = 10
_STRONG = ("wall", "furniture", "credit", "caption", "doubtful")


@dataclass(slots=True, eq=False)
class Block:
    """A paragraph, heading, list item or row of a table."""

    text: str
    kind: str
    """``p``, ``h``, ``li`` or ``row``."""
    linked: float
    """Share of its characters that are links."""
    element: Any
    parts: tuple[tuple[str, Any], ...]
    """What the elements around it are for (`part_of`), outermost first, and they."""
    part: str | None = None
    """The one of `parts` that counts."""

    words: int = 0
    """See `rag.text.prose.count_words`."""
    key: str = ""
    """Its letters and digits alone, to compare it by."""

    def __post_init__(self) -> None:
        self.words = count_words(self.text)
        self.key = text_key(self.text)


def text_key(text: str) -> str:
    """Return the letters and digits of a text, without case: what stays the same however it is set."""
    return "".join(filter(str.isalnum, text)).casefold()


def read_blocks(tree: Any) -> list[Block]:  # noqa: ANN401
    """Return the blocks of a page, each with the part of the page that it belongs to."""
    body = tree.find(".//body")
    blocks = list(_Walk().blocks(tree if body is None else body))
    _name_parts(blocks)
    return blocks


def _name_parts(blocks: list[Block]) -> None:
    """Give each block its part, passing over parts that are most of the page."""
    total = 0
    held: dict[Any, int] = {}
    alike: dict[tuple[str, str], int] = {}
    for block in blocks:
        if block.words < _PARAGRAPH_WORDS or block.linked >= 0.5:
            continue
        total += block.words
        for kind, element in block.parts:
            held[element] = held.get(element, 0) + block.words
            if kind == "wall":
                names = (kind, element.get("class") or "")
                alike[names] = alike.get(names, 0) + block.words
    headed = {
        around
        for block in blocks
        if block.element is not None and block.element.tag == "h1"
        for around in block.element.iterancestors()
    }

    def counts(kind: str, element: Any) -> bool:  # noqa: ANN401
        if kind == "wall":
            # What a site hides behind its wall is often named after it, paragraph by paragraph.
            return alike.get((kind, element.get("class") or ""), 0) <= _MOST * total
        if kind in ("caption", "credit") or held.get(element, 0) <= _MOST * total:
            return True
        # Long comments are no story; what holds the headline too is.
        return kind == "furniture" and bool(headed) and element not in headed

    for block in blocks:
        kinds = [kind for kind, element in block.parts if counts(kind, element)]
        strong = (kind for kind in _STRONG if kind in kinds)
        block.part = next(strong, kinds[-1] if kinds else None)


class _Walk:
    """The state of one walk over a tree: what was read since the last block ended."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._linked = self._all = 0
        self._links = 0
        self._parts: list[tuple[str, Any]] = []
        self._rows: list[Any] = []
        self._cells: list[str] = []
        self._blocks: list[Any] = []

    def blocks(self, body: Any) -> Iterator[Block]:  # noqa: ANN401
        from lxml import etree

        walk = etree.iterwalk(body, events=("start", "end", "comment"))
        tables: set[Any] = set()
        for event, element in walk:
            if event == "comment":
                self._add(element.tail)
                continue
            tag = element.tag
            if event == "start":
                if tag in _SKIPPED:
                    walk.skip_subtree()
                    continue
                if tag == "table" and not self._rows and _holds_data(element):
                    tables.add(element)
                part = part_of(element)
                if tag in _BLOCKS or self._stands_apart(part):
                    yield from self._boundary()
                    self._blocks.append(element)
                if part:
                    self._parts.append((part, element))
                if tag == "tr" and not self._rows and self._table(element) in tables:
                    self._rows.append(element)
                    self._cells = []
                if tag == "a":
                    self._links += 1
                elif tag == "br":
                    self._text.append("\n")
                self._add(element.text)
                continue
            if tag in _SKIPPED:
                self._add(element.tail)
                continue
            if self._rows and tag in ("td", "th"):
                self._cells.append(self._taken())
            if self._rows and self._rows[-1] is element:
                yield from self._row(element)
            elif self._blocks and self._blocks[-1] is element:
                yield from self._boundary()
            if self._blocks and self._blocks[-1] is element:
                self._blocks.pop()
            if self._parts and self._parts[-1][1] is element:
                self._parts.pop()
            if tag == "a":
                self._links -= 1
            if element is not body:
                self._add(element.tail)
        yield from self._boundary()

    def _stands_apart(self, part: str | None) -> bool:
        """Whether an inline element is a line of its own: a date, byline or credit beside other text."""
        return part in ("date", "byline", "credit") and not any(
            one.tag == "p" for one in self._blocks[-2:]
        )

    def _table(self, row: Any) -> Any:  # noqa: ANN401
        return next(row.iterancestors("table"), None)

    def _add(self, text: str | None) -> None:
        if not text:
            return
        self._text.append(text.replace("\n", " ").replace("\r", " "))
        length = len(text.strip())
        self._all += length
        self._linked += length if self._links else 0

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        return " ".join(text.split())

    def _boundary(self) -> Iterator[Block]:
        """End a block; inside a row of a table only a space is due."""
        if self._rows:
            self._text.append(" ")
            return
        if not self._text:
            return
        text = _SPACES.sub(" ", "".join(self._text))
        self._text.clear()
        linked = self._linked / max(1, self._all)
        self._linked = self._all = 0
        element = self._blocks[-1] if self._blocks else None
        tag = element.tag if element is not None else "div"
        inside = {one.tag for one in self._blocks[-3:]}
        kind = "h" if tag in _HEADINGS else "li" if inside & _LIST and tag in (*_LIST, "p") else "p"
        for piece in _BREAKS.split(text):
            lines = [line.strip() for line in piece.split("\n")]
            plain = "\n".join(line for line in lines if line)
            if plain:
                yield Block(plain, kind, linked, element, tuple(self._parts))

    def _row(self, element: Any) -> Iterator[Block]:  # noqa: ANN401
        self._rows.pop()
        self._text.clear()
        linked = self._linked / max(1, self._all)
        self._linked = self._all = 0
        text = " | ".join(cell for cell in self._cells if cell)
        if text:
            yield Block(text, "row", linked, element, tuple(self._parts))


def _holds_data(table: Any) -> bool:  # noqa: ANN401
    """Whether a table is one of figures or names, and not the page's layout."""
    if table.find(".//table") is not None:
        return False
    rows = table.findall(".//tr")
    wide = 0
    for row in rows:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        wide += len(cells) >= 2
        if any(len("".join(cell.itertext())) > _MAX_CELL * 2 for cell in cells):
            return False
    return len(rows) >= 2 and wide * 2 >= len(rows)
