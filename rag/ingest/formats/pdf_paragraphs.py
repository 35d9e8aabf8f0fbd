"""Lines in the order of reading to paragraphs, over the ends of columns and pages; hyphenation undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf_layout import Line
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

# In type sizes: a gap between lines beyond the usual one, and an indent, that open a paragraph.
_EXTRA_GAP = 0.3
_INDENT = 0.6
# In the same unit: lines of a typescript with double spacing are not further apart.
_MAX_LEADING = 2.2
# Sizes and weights that differ by more are another kind of text (a heading, a caption).
_SIZE_RATIO = 1.08
_WEIGHT_STEP = 60
# Paragraphs on top of a column or page that may stand over the second half of one.
_CAPTIONS = 3
_FEW_LINES = 25
_BROKEN_SHARE = 0.04
_BREAK = "\u2010"
_SOFT = "\u00ad"
_HYPHENS = ("-", _BREAK, _SOFT)
_DASHES = ("—", "–", "/")
_WORD = lazily(r"\p{L}[\p{L}\p{M}]*")
_LAST_PART = lazily(r"\p{L}[\p{L}\p{M}'’]*$")
_FIRST_PART = lazily(r"\p{L}[\p{L}\p{M}]*")
_COMPOUND = lazily(r"\p{L}[\p{L}\p{M}]*(?:[-\u2010]\p{L}[\p{L}\p{M}]*)+")
_ADDRESS = lazily(r"[/@]|^www\.|\p{L}\.\p{L}")
_END = lazily(r"[\p{Sentence_Terminal}…:：][\"'”’»)\]」』]*$")
_LOWER = lazily(r"^[\"'“‘«(\[]*\p{Ll}")
_MARKER = lazily(r"^(?:[-*•·▪◦‣–—]|[(\[]?(?:\p{N}{1,3}|\p{Ll})[.)\]])\s")
_CJK = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff00-\uff60]")


@dataclass(slots=True)
class Paragraph:
    """Lines that are read as one, with the kind of type they are set in."""

    lines: list[Line] = field(default_factory=list)

    @property
    def first(self) -> Line:
        """Its first line."""
        return self.lines[0]

    @property
    def last(self) -> Line:
        """Its last line."""
        return self.lines[-1]

    @property
    def size(self) -> float:
        """Height of its first line's letters, in points."""
        return self.first.size

    @property
    def row(self) -> bool:
        """Whether it is a row of a table."""
        return self.first.row


class Spelling:
    """The words of a document, as evidence of what a hyphen at the end of a line is."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words = Counter[str]()
        self._compounds = Counter[str]()
        inside = at_end = False
        texts = [normalise_line(line.text).lower() for line in lines]
        for text in texts:
            inside = inside or _BREAK in text[:-1]
            at_end = at_end or text.endswith(_BREAK)
            self._compounds.update(one.replace(_BREAK, "-") for one in _COMPOUND.findall(text))
            # Of a word that goes on in the next line the part says nothing.
            self._words.update(
                _WORD.findall(text.rsplit(" ", 1)[0] if text.endswith(_HYPHENS) else text)
            )
        # Typesetters that break with one character and write compounds with the other tell them apart.
        self._breaks_told = at_end and not inside
        self._unhyphenated = len(texts) >= _FEW_LINES and not self._is_hyphenated(texts)

    def _is_hyphenated(self, texts: Sequence[str]) -> bool:
        """Whether words are broken at ends of lines: one stands whole elsewhere, or many lines end so."""
        pairs = [
            (head.group(), tail.group())
            for before, after in pairwise(texts)
            if before.endswith(_HYPHENS) and not _is_address(before)
            if (head := _LAST_PART.search(before[:-1])) and (tail := _FIRST_PART.match(after))
        ]
        if any(self._words[first + second] for first, second in pairs):
            return True
        broken = sum(not self._compounds[f"{first}-{second}"] for first, second in pairs)
        return broken >= _BROKEN_SHARE * len(texts)

    def joint(self, before: str, after: str) -> str:
        """Return what stands between two lines: a space, nothing, or nothing and no hyphen (``-``)."""
        if not before.endswith(_HYPHENS):
            wide = _CJK.match(before[-1:]) and _CJK.match(after[:1])
            dash = before.endswith(_DASHES) and not before[-2:-1].isspace()
            return "" if wide or dash else " "
        if before.endswith(_SOFT) or (self._breaks_told and before.endswith(_BREAK)):
            return "-"
        head = _LAST_PART.search(before[:-1])
        tail = _FIRST_PART.match(after)
        if head is None or tail is None or _is_address(before):
            # "2024-" and "25", a dash between spaces.
            return " " if before.endswith((" -", "--")) else ""
        first, second = head.group().lower(), tail.group().lower()
        if self._compounds[f"{first}-{second}"]:
            return ""
        if self._words[first + second]:
            return "-"
        if self._breaks_told or self._unhyphenated or not tail.group()[0].islower():
            return ""
        # "vote-counting": both parts are words of their own here, and the whole is none.
        separate = min(len(first), len(second)) >= 4 and self._words[first] and self._words[second]
        return "" if separate else "-"


def _is_address(text: str) -> bool:
    """Whether a text ends inside of a web or mail address, whose hyphens are its own."""
    return bool(_ADDRESS.search(text.rsplit(" ", 1)[-1]))


def paragraphs_of(blocks: Sequence[Sequence[Line]]) -> list[Paragraph]:
    """Return the paragraphs of a document, given its blocks of lines in the order of reading."""
    body = _body_size([line for block in blocks for line in block])
    found: list[Paragraph] = []
    for block in blocks:
        parts = _paragraphs(block, body)
        for number, part in enumerate(parts[:_CAPTIONS]):
            # Behind a caption only a small letter is evidence enough.
            if number and not _LOWER.match(part.first.text):
                continue
            opened = _continued(found, part, body)
            if opened is not None:
                opened.lines += parts.pop(number).lines
                found = _reordered(found, opened, part.first.page)
                break
        found += parts
    return found


def _reordered(found: list[Paragraph], opened: Paragraph, page: int) -> list[Paragraph]:
    """Return paragraphs with a footnote below the first half of one moved before it.

    A caption above its second half, on the next page, comes after it: pages stay in order.
    """
    place = next(n for n, one in enumerate(found) if one is opened)
    between = found[place + 1 :]
    before = [one for one in between if one.first.page < page]
    after = [one for one in between if one.first.page >= page]
    return [*found[:place], *before, opened, *after]


def joined(paragraph: Paragraph, spelling: Spelling) -> list[tuple[str, int]]:
    """Return a paragraph's text in pieces, each with its page; their concatenation is the text."""
    pieces: list[tuple[str, int]] = []
    for line in paragraph.lines:
        text = normalise_line(line.text)
        if not text:
            continue
        text += _SOFT if line.text.rstrip().endswith(_SOFT) else ""
        if pieces:
            before, page = pieces[-1]
            joint = spelling.joint(before, text)
            pieces[-1] = (before[:-1] if joint == "-" else before + joint, page)
        pieces.append((text, line.page))
    return pieces


def _body_size(lines: Sequence[Line]) -> float:
    """Return the size that most of a document's characters are set in."""
    sizes = Counter[float]()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _paragraphs(block: Sequence[Line], body: float) -> list[Paragraph]:
    if not block:
        return []
    leading = _leading(block)
    left = _usual_left(block)
    indents = _indents(block, left)
    found = [Paragraph([block[0]])]
    for above, line in pairwise(block):
        if _opens(above, line, leading, left, body, indents=indents):
            found.append(Paragraph([line]))
        else:
            found[-1].lines.append(line)
    return found


def _leading(block: Sequence[Line]) -> float:
    """Return the usual distance from line to line, in type sizes: that of the closer half."""
    steps = sorted(
        (below.bottom - above.bottom) / max(above.size, 0.1)
        for above, below in pairwise(block)
        if _same_kind(above, below) and below.bottom > above.bottom
    )
    usual = median(steps[: (len(steps) + 1) // 2]) if steps else 1.2
    return min(usual, _MAX_LEADING)


def _usual_left(block: Sequence[Line]) -> float:
    """Return the left edge of a block: the outermost at which several of its lines begin."""
    edges = Counter(round(line.left) for line in block)
    several = [x for x in edges if edges[x] + edges[x + 1] >= max(2, 0.1 * len(block))]
    return float(min(several)) if several else float(edges.most_common(1)[0][0])


def _indents(block: Sequence[Line], left: float) -> bool:
    """Whether a block's paragraphs open with an indent: many lines below an indented one are not."""
    below = [
        line.left - left > _INDENT * line.size
        for above, line in pairwise(block)
        if above.left - left > _INDENT * above.size
    ]
    return below.count(False) >= max(2, 0.5 * below.count(True))


def _same_kind(one: Line, other: Line) -> bool:
    ratio = max(one.size, other.size) / max(0.1, min(one.size, other.size))
    known = min(one.weight, other.weight) > 0
    return ratio < _SIZE_RATIO and not (known and abs(one.weight - other.weight) > _WEIGHT_STEP)


def _opens(
    above: Line, line: Line, leading: float, left: float, body: float, *, indents: bool
) -> bool:
    """Whether a line begins a paragraph."""
    if above.row or line.row or _MARKER.match(line.text):
        return True
    if not _same_kind(above, line):
        # A bold name inside a paragraph's line changes its weight; the size says what it is.
        ratio = max(above.size, line.size) / max(0.1, min(above.size, line.size))
        return ratio >= _SIZE_RATIO or not _goes_on(above, line)
    if line.bottom - above.bottom > (leading + _EXTRA_GAP) * above.size:
        return True
    if line.size > body * 1.15:
        # A headline is broken where it looks well.
        return False
    indented = line.left - left > _INDENT * line.size
    if indented and (indents or abs(above.left - left) < 2) and not _MARKER.match(above.text):
        return not _goes_on(above, line) or not _LOWER.match(line.text)
    space = 0.25 * line.size
    fits = above.right + space + line.first < above.edge - 0.1 * line.size
    if not fits:
        return False
    if indented:
        # A line of one heading, and the indented one below it.
        return True
    ended = bool(_END.search(above.text))
    short = above.right - above.left < 0.6 * (above.edge - above.left)
    return ended or (short and not _LOWER.match(line.text) and not _CJK.match(line.text))


def _goes_on(above: Line, line: Line) -> bool:
    return not _END.search(above.text) and (
        bool(_LOWER.match(line.text)) or above.right > above.edge - 2 * line.size
    )


def _continued(found: Sequence[Paragraph], part: Paragraph, body: float) -> Paragraph | None:
    """Return the paragraph that a block's first one goes on with, over the end of a column or page."""
    if part.row or _MARKER.match(part.first.text) or part.size > 1.1 * body:
        return None
    for number, before in enumerate(reversed(found[-6:])):
        if before.row or not _same_kind(before.last, part.first):
            # A caption or footnote may stand between; a heading ends what was before it.
            if before.size > 1.1 * body:
                return None
            continue
        if _END.search(before.last.text):
            full = number == 0 and before.last.right > before.last.edge - before.last.size
            return before if full and _LOWER.match(part.first.text) else None
        if len(before.lines) == 1 and before.last.right < before.last.edge - 6 * before.size:
            # One short line without an end: a heading in the type of the text, or a signature.
            return before if _LOWER.match(part.first.text) else None
        return before
    return None
