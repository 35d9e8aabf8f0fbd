"""Tokens of a question for the temporal parser."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from rag.text.patterns import lazily

_TOKEN = lazily(
    r"\d{4}-\d{2}-\d{2}(?!\d)|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?!\d)|[QH][1-4]\b"
    r"|\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?\b|\p{L}[\p{L}\p{M}]*|[’'](?:s|re)\b|[^\s\p{L}\p{N}]"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a figure or a mark; ``low`` is its lower-case form for look-ups."""

    text: str
    low: str
    start: int = 0
    """Offset of its first character."""

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.text)

    @property
    def capitalised(self) -> bool:
        """Whether it is written as a name is."""
        return self.text[:1].isupper()

    @property
    def number(self) -> int | None:
        """The figure that it is ("12", "12th"), or None; four digits at most."""
        digits = regex.sub(r"(?:st|nd|rd|th)$", "", self.low)
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else None


END = Token("", "")
"""The token before the first and after the last."""


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text, in order; "week's" are two."""
    return [
        Token(found.group(), found.group().lower().replace("’", "'"), found.start())
        for found in _TOKEN.finditer(text)
    ]
