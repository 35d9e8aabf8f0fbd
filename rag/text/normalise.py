"""Bytes to text, once: encoding, Unicode form, line ends, control characters."""

from __future__ import annotations

import codecs
import unicodedata

from rag.errors import SourceError
from rag.text.patterns import lazily

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x0b\x1b")
_LINE_ENDS = lazily(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Everything that shows nothing or turns text around; joiners stay, scripts such as Persian need them.
_INVISIBLE = lazily(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]|\p{Cs}"
)
# Putting marks in their canonical order costs the square of their number, and no script stacks
# more than a few: the limit is that of Unicode's stream-safe text (UAX 15, section 13).
_MARKS = lazily(r"(\p{M}{30})\p{M}++")
_SPACES = lazily(r"[^\S\n]+")
_BLANK_LINES = lazily(r"\n{3,}")


def decode(data: bytes) -> str:
    """Return the text of a file's bytes: UTF-8, UTF-16/32 with a mark, else Windows-1252.

    Raises
    ------
    SourceError
        Where the bytes are not text in any of these.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise SourceError(
                    f"not text: marked {encoding}, but byte {error.start} is not"
                ) from None
    if b"\x00" in data:
        raise SourceError("not text: it holds NUL bytes")
    if len(data) - len(data.translate(None, _CONTROLS)) > len(data) // 100:
        raise SourceError("not text: too many control bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"not text: byte {error.start} fits neither UTF-8 nor Windows-1252"
        ) from None


def is_wide(data: bytes) -> bool:
    """Whether bytes begin with the mark of UTF-16 or UTF-32."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))


def normalise(text: str) -> str:
    r"""Return text in NFC with ``\n`` line ends, no control characters and single spaces.

    Idempotent; at most one blank line is kept between paragraphs.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def normalise_line(text: str) -> str:
    """Return ``normalise(text)`` on a single line, for titles and names."""
    return " ".join(normalise(text).split())
