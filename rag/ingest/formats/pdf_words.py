"""The only module that calls PDFium: the words of a PDF's pages and their places; its properties."""

from __future__ import annotations

import ctypes
import math
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS
from rag.ingest.formats.pdf_xmp import Xmp, read_xmp

MAX_PAGES = 3000
"""Pages of a document; more is a book, or an attack."""
# The densest broadsheet has some 60,000 characters; more draws text over text.
_MAX_PAGE_CHARACTERS = 200_000
# PDFium writes this for a hyphen at the end of a line, and no line end after it.
_LINE_HYPHEN = 0x02
_INVISIBLE = (0xFFFE, 0xFFFF)
# Of characters without a letter (control codes, private use, U+FFFD): more is no text.
_UNREADABLE_SHARE = 0.3
# Above and below the baseline, in type sizes; fonts say it for themselves, or wrongly, or not at all.
_ASCENT = 0.85
_DESCENT = 0.25
# In the same unit: letters that are nearer have no space between them.
_TOUCHING = 0.06
_LOCKED = (4, 5)
# PDFium is not thread-safe: one document at a time, for the whole process.
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a gap, where they stand: points from the page's top left corner, downwards."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    weight: int
    """Of its font, about 400 for regular type; -1 where the font does not say."""

    @property
    def height(self) -> float:
        """A little over the type size, whatever the letters."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Page:
    """What is drawn on a page."""

    width: float
    height: float
    words: tuple[Word, ...]
    """In the order of the file, which need not be the order of reading."""
    pictures: bool
    """Whether there are pictures on it."""
    unreadable: int
    """Characters of which its fonts do not say which letters they are."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A PDF as this package reads it."""

    info: dict[str, str]
    """Its document information: ``Title``, ``Author``, ``Producer``, ``CreationDate`` ..."""
    pages: tuple[Page, ...]
    xmp: Xmp = field(default_factory=Xmp)


def read_contents(data: bytes) -> Contents:
    """Return the words of every page of a PDF.

    Raises
    ------
    SourceError
        Where it is damaged, locked or too large, or its fonts do not say which letters they draw.
    """
    import pypdfium2

    if b"%PDF-" not in data[:1024]:
        raise SourceError("not a PDF: it does not begin as one")
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise SourceError(_unopened(error, data)) from None
        try:
            contents = _contents(document)
        finally:
            document.close()
    return replace(contents, xmp=read_xmp(data))


def _unopened(error: Exception, data: bytes) -> str:
    # PDFium's code may be that of an earlier document; the dictionary is never compressed.
    if getattr(error, "err_code", None) in _LOCKED and b"/Encrypt" in data:
        return "a locked PDF, which opens with a password only; save a copy without one"
    return "a damaged PDF: its structure cannot be read; download or save it again"


def _contents(document: Any) -> Contents:  # noqa: ANN401
    count = len(document)
    if count > MAX_PAGES:
        raise SourceError(f"too large: {count:,} pages; the limit is {MAX_PAGES:,}")
    pages: list[Page] = []
    characters = 0
    broken = 0
    for number in range(count):
        page = _page(document, number)
        broken += page is None
        pages.append(page or Page(1.0, 1.0, (), pictures=False, unreadable=0))
        characters += sum(len(word.text) for word in pages[-1].words)
        if characters > MAX_CHARACTERS:
            raise SourceError(f"too large: over {MAX_CHARACTERS:,} characters")
    if broken == count:
        raise SourceError("a damaged PDF: none of its pages can be opened")
    _check_readable(pages, characters)
    return Contents(document.get_metadata_dict(), tuple(pages))


def _check_readable(pages: Sequence[Page], characters: int) -> None:
    unreadable = sum(page.unreadable for page in pages)
    if unreadable > _UNREADABLE_SHARE * (characters + unreadable):
        raise SourceError(
            "its fonts do not say which letters they draw; run text recognition (OCR) over it"
        )


def _page(document: Any, number: int) -> Page | None:  # noqa: ANN401
    """Return one page, or None where it cannot be opened."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return None
    try:
        textpage = page.get_textpage()
        try:
            if textpage.count_chars() > _MAX_PAGE_CHARACTERS:
                raise SourceError(
                    f"too large: page {number + 1} has {textpage.count_chars():,} characters; "
                    f"the limit is {_MAX_PAGE_CHARACTERS:,}"
                )
            raw, unreadable = _words(textpage.raw)
            words, width, height = _upright(raw, page.get_cropbox())
        finally:
            textpage.close()
        types = [pdfium.FPDF_PAGEOBJ_IMAGE]
        pictures = next(page.get_objects(filter=types, max_depth=3), None) is not None
        return Page(width, height, tuple(words), pictures, unreadable)
    finally:
        page.close()


@dataclass(frozen=True, slots=True)
class _Raw:
    """A word in the page's own coordinates, upwards from its lower left corner."""

    text: str
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    """The start of its baseline."""
    size: float
    weight: int
    angle: int
    """Quarter turns, counted clockwise."""


def _words(textpage: Any) -> tuple[list[_Raw], int]:  # noqa: ANN401
    """Return the words of a page, and how many of its characters no letters are known for."""
    import pypdfium2.raw as pdfium

    unicode_of = pdfium.FPDFText_GetUnicode
    codes = [unicode_of(textpage, n) for n in range(pdfium.FPDFText_CountChars(textpage))]
    words: list[_Raw] = []
    unreadable = 0
    start = 0
    for n, code in enumerate([*codes, 0x20]):
        hyphen = code == _LINE_HYPHEN
        unreadable += _is_unreadable(code)
        if not (hyphen or code <= 0x20 or code in (0xA0, 0x3000) or code in _INVISIBLE):
            continue
        end = n + hyphen
        if end > start:
            words.append(_word(textpage, codes, start, end))
        start = n + 1
    return words, unreadable


def _is_right_to_left(code: int) -> bool:
    """Whether a character is of the Hebrew and Arabic blocks or their presentation forms."""
    return 0x590 <= code < 0x900 or 0xFB1D <= code < 0xFE00 or 0xFE70 <= code < 0xFF00


def _is_unreadable(code: int) -> bool:
    if code < 0x20:
        return code not in (_LINE_HYPHEN, 0x09, 0x0A, 0x0D)
    return 0xE000 <= code < 0xF900 or code == 0xFFFD


def _word(textpage: Any, codes: list[int], start: int, end: int) -> _Raw:  # noqa: ANN401
    import pypdfium2.raw as pdfium

    text = "".join("-" if code == _LINE_HYPHEN else chr(code) for code in codes[start:end])
    # Characters outside of the first plane come as surrogate pairs.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    first, last = _box(textpage, start), _box(textpage, end - 1)
    backwards = [n for n in range(start, end) if _is_right_to_left(codes[n])]
    if len(backwards) > 1 and end - start == len(text):
        low, high = backwards[0], backwards[-1]
        if _box(textpage, low)[0] < _box(textpage, high)[0]:
            # Drawn from left to right, as it is seen; other words come as they are written.
            low, high = low - start, high - start + 1
            text = text[:low] + text[low:high][::-1] + text[high:]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, start, x, y)
    return _Raw(
        text,
        (
            min(first[0], last[0]),
            min(first[1], last[1]),
            max(first[2], last[2]),
            max(first[3], last[3]),
        ),
        (x.value, y.value),
        _size(textpage, start, first),
        pdfium.FPDFText_GetFontWeight(textpage, start),
        round(pdfium.FPDFText_GetCharAngle(textpage, start) / (math.pi / 2)) % 4,
    )


def _box(textpage: Any, index: int) -> tuple[float, float, float, float]:  # noqa: ANN401
    """Return left, bottom, right and top of a character, as wide as its font's advance."""
    import pypdfium2.raw as pdfium

    loose = pdfium.FS_RECTF()
    if pdfium.FPDFText_GetLooseCharBox(textpage, index, loose) and loose.top > loose.bottom:
        return loose.left, loose.bottom, loose.right, loose.top
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _size(textpage: Any, index: int, box: tuple[float, float, float, float]) -> float:  # noqa: ANN401
    """Return the type size of a character as it is drawn; its box's height where that cannot be."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, index, matrix)
    size = float(pdfium.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d))
    height = max(box[3] - box[1], 0.1)
    return size if 0.3 * height < size < 20 * height else height


def _upright(
    raw: list[_Raw], crop: tuple[float, float, float, float]
) -> tuple[list[Word], float, float]:
    """Return the words that most of a page's text runs along with, and the page's width and height.

    Others (a credit along a picture's edge) are left out, as is what lies outside of the visible page
    and what is drawn twice in one place to look bold.
    """
    turns = Counter[int]()
    for one in raw:
        turns[one.angle] += len(one.text)
    turn = turns.most_common(1)[0][0] if turns else 0
    left, bottom, right, top = _turned(crop, turn)
    seen: set[tuple[str, int, int]] = set()
    words: list[Word] = []
    for one in raw:
        x0, y0, x1, y1 = _turned(one.box, turn)
        baseline = _turned((*one.origin, *one.origin), turn)[1]
        if one.angle != turn or x1 < left or x0 > right or y1 < bottom or y0 > top:
            continue
        place = (one.text, round(x0 / 2), round(y0 / 2))
        if place not in seen:
            seen.add(place)
            low = top - baseline
            words.append(
                Word(
                    one.text,
                    x0 - left,
                    x1 - left,
                    low - _ASCENT * one.size,
                    low + _DESCENT * one.size,
                    one.weight,
                )
            )
    return _joined(words), right - left, top - bottom


def _joined(words: list[Word]) -> list[Word]:
    """Return words with those joined that no gap separates: PDFium takes some letters for lines."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        if last is not None and _touch(last, word):
            joined[-1] = replace(last, text=last.text + word.text, right=word.right)
        else:
            joined.append(word)
    return joined


def _touch(last: Word, word: Word) -> bool:
    level = abs(last.bottom - word.bottom) < 0.05 * last.height
    return level and abs(word.left - last.right) < _TOUCHING * last.height


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top after as many quarter turns as set the text upright."""
    if not turn:
        return box
    x0, y0, x1, y1 = box
    return {0: box, 1: (-y1, x0, -y0, x1), 2: (-x1, -y1, -x0, -y0), 3: (y0, -x1, y1, -x0)}[turn]
