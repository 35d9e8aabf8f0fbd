"""Expands a span to whole words, figures with units, and paired brackets and quotation marks."""

from __future__ import annotations

import regex

from rag.text.answer_types import MONEY, PERCENT
from rag.text.numbers import SCALES, any_of
from rag.text.patterns import lazily

_WORD = lazily(r"[\p{L}\p{M}\p{N}]")
_INNER = lazily(
    r"(?<=\p{N})[.,:/](?=\p{N})|(?<=[\p{L}\p{N}])[-'’&](?=[\p{L}\p{N}])|(?<=\b\p{L})\.(?=\p{L})"
)
# Where a span may end inside of a word: before a possessive, and after the figure of "16-year-old".
_MAY_END = lazily(r"['’]s(?![\p{L}\p{M}\p{N}])|(?<=\p{N})-(?=\p{L})")
_FIGURE = lazily(
    r"(?<![\p{L}\p{N}])(?:(?:US|A|C|HK|S)?[$€£¥₫] ?)?\d[\d,]*(?:\.\d+)?"
    rf"(?: ?%|(?:[ -](?:{any_of(SCALES)}))\b)?",
    regex.I,
)
_ABBREVIATION = lazily(r"(?:\b\p{L}\.){2,}$|\b(?:Mr|Mrs|Ms|Dr|Jr|Sr|Inc|Ltd|Co|Corp|St|No)\.$")
_EDGE_LEFT = " \t\n,;:.!?)]}»–—-"
_EDGE_RIGHT = " \t\n,;:!?([{«–—-"
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»", "‘": "’"}
_DIGIT = lazily(r"\d")
_SUM = lazily(r"(?:US|HK)?[$€£¥₫\d]", regex.I)
_REACH = 80


def expand_span(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """Return the expanded span inside ``text[low:high]``; ``low <= start < end <= high``.

    Never empty: a span of punctuation only is returned unchanged.
    """
    first, last = _words(text, start, end, low, high)
    first, last = _figures(text, first, last, low, high)
    first, last = _trimmed(text, first, last)
    first, last = _paired(text, first, last, low, high)
    first, last = _trimmed(text, first, last)
    if first >= last or not _WORD.search(text, first, last):
        return start, end
    return first, last


def _words(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """Expand to whole words, which hyphens, apostrophes and decimal points inside of them do not end."""
    while start > low and _inside(text, start - 1) and _inside(text, start):
        start -= 1
    while end < high and _inside(text, end) and _inside(text, end - 1):
        if _MAY_END.match(text, end):
            break
        end += 1
    return start, end


def _inside(text: str, at: int) -> bool:
    return bool(_WORD.match(text, at) or _INNER.match(text, at))


def _figures(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """Expand over a figure whose unit, scale or currency the span lacks."""
    if not _DIGIT.search(text, max(low, start - 1), min(high, end + 1)):
        return start, end
    for form in (MONEY, PERCENT, _FIGURE):
        for match in form.finditer(text, low, high):
            a, b = match.span()
            cut = a < end and start < b and not (start <= a and b <= end)
            # A qualifier in front ("about") is not added.
            if cut and _DIGIT.search(text, max(a, start), min(b, end)):
                digits = _SUM.search(text, a, b)
                a = digits.start() if digits and start > a else a
                start, end = min(start, a), max(end, b)
    return start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGE_LEFT:
        start += 1
    while start < end and (text[end - 1] in _EDGE_RIGHT or _full_stop(text, start, end)):
        end -= 1
    return start, end


def _full_stop(text: str, start: int, end: int) -> bool:
    return text[end - 1] == "." and not _ABBREVIATION.search(text, start, end)


def _paired(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """Include a bracket's or quotation mark's partner where it is near; else drop the mark."""
    for opening, closing in _PAIRS.items():
        inside = text[start:end]
        # An apostrophe looks like a closing single quotation mark.
        if opening == "‘" and "‘" not in inside:
            continue
        if inside.count(opening) > inside.count(closing):
            close = text.find(closing, end, min(high, end + _REACH))
            if close >= 0 and not inside.startswith(opening):
                end = close + 1
            elif inside.startswith(opening):
                start += 1
            else:
                end = start + inside.rindex(opening)
        elif inside.count(closing) > inside.count(opening):
            open_ = text.rfind(opening, max(low, start - _REACH), start)
            if inside.endswith(closing):
                end -= 1
            elif open_ >= 0:
                start = open_
            else:
                start += inside.index(closing) + 1
    inside = text[start:end]
    if inside.count('"') % 2:
        if inside.startswith('"'):
            start += 1
        elif inside.endswith('"'):
            end -= 1
        else:
            close = text.find('"', end, min(high, end + _REACH))
            end = close + 1 if close >= 0 else start + inside.index('"')
    return start, end
