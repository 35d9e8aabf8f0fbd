"""Raised characters: exponents and marks of notes, which must not run into the figure before them."""

from __future__ import annotations

import regex

from rag.text.patterns import lazily

_SUPERSCRIPT = str.maketrans("0123456789+-−–=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
# Figures, several of them, one with a letter: "2", "-6", "1, 3", "2a".
_FIGURES = lazily(r"\s*[-+−–=(]*[0-9][0-9+−–=(),.\s-]{0,11}[a-z]?\s*")
_MARK = lazily(r"[^\p{L}]*(?:[^\p{L}]|\p{L}|[ivx]+|\p{L}+\.? ?[0-9]+)[^\p{L}]*", regex.I)
_MAX_MARK = 12
_NAMES_NOTE = lazily(
    r"(?:foot|end)[-_]?note|\bnote[-_]?(?:ref|mark|link)|(?<![^\W_])fn[-_:]?(?:ref|\d)"
    r"|\b(?:cite|citation)[-_]?(?:ref|note)|(?<![\w-])references?(?![\w-])",
    regex.I,
)


def raised(text: str) -> str:
    """Return a raised figure in superscript characters ("10⁶"); letters ("21st") stay as they are."""
    return text.translate(_SUPERSCRIPT) if _FIGURES.fullmatch(text) else text


def is_mark(text: str) -> bool:
    """Whether a text may be the mark of a note: a figure, a sign, a letter, "[2]"."""
    text = text.strip()
    return 0 < len(text) <= _MAX_MARK and _MARK.fullmatch(text) is not None


def names_note(attributes: str) -> bool:
    """Whether the classes, role or address of an element say that it leads to a note."""
    return _NAMES_NOTE.search(attributes) is not None
