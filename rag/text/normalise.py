"""Bytes to text, once: encoding, Unicode form, line ends, control and zero-width characters."""

from __future__ import annotations

import codecs
import unicodedata
from contextlib import suppress

from rag.errors import SourceError
from rag.text.encodings import likely_encodings
from rag.text.patterns import lazily

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WINDOWS_1252 = "presscite-windows-1252"
"""Name of the handler of errors that reads bytes which are no UTF-8 as Windows-1252."""
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x0b\x1b")
_LINE_ENDS = lazily(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# A typesetter's break inside a word: the hyphen shows only at the line's end.
# Looked for from the first of several only: from each would take the square of their number.
_SOFT_BREAK = lazily(r"(?<!\u00ad)\u00ad++[^\S\n]*+\n[^\S\n]*+(?=\p{L})")
# Everything that shows nothing or reverses the direction of text.
_INVISIBLE = lazily(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]|\p{Cs}"
)
# Zero-width joiners shape Persian, Indic scripts and emoji; after these scripts they only split words.
_STRAY_JOINER = lazily(
    r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Han}][\p{Mn}\p{Mc}]*)[\u200c\u200d]+"
)
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)} | {
    0x0132: "IJ",
    0x0133: "ij",
}
# Putting marks in their canonical order costs the square of their number, and no script stacks
# more than a few: the limit is that of Unicode's stream-safe text (UAX 15, section 13).
_MARKS = lazily(r"(\p{M}{30})\p{M}++")
_PLAIN: set[str] = set()
"""Characters that were looked at and need nothing done."""
_MAX_PLAIN = 1 << 16
_BLANK_LINES = lazily(r"\n{3,}")


def decode(data: bytes) -> str:
    """Return the text of a file's bytes: UTF-8, UTF-16/32 with a mark, else what its bytes are likely in.

    That is Windows-1252 for Latin letters; another script tells by its own.
    A file of UTF-8 that was cut, or put together from others, keeps its characters: bytes that are none
    are read as Windows-1252.

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
                # The mark itself is a whole character.
                if mark == codecs.BOM_UTF8 and is_mostly_utf_8(data[len(mark) :]):
                    return faulty_utf_8(data[len(mark) :])
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
        if is_mostly_utf_8(data):
            return faulty_utf_8(data)
    for encoding in likely_encodings(data):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"not text: byte {error.start} fits neither UTF-8 nor Windows-1252"
        ) from None


def is_mostly_utf_8(data: bytes, share: float = 0.5) -> bool:
    """Whether above a share of the characters that are not ASCII are whole; other encodings have few."""
    text = data.decode("utf-8", "replace")
    foreign = len(text) - sum(map(str.isascii, text))
    return foreign - text.count("\ufffd") > share * foreign


def faulty_utf_8(data: bytes) -> str:
    """Return the text of UTF-8 with bytes that are none, which are read as Windows-1252.

    The character that the end of the data cuts is left out.
    """
    return codecs.getincrementaldecoder("utf-8")(WINDOWS_1252).decode(data)


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    # Bytes that Windows-1252 leaves open are the control characters of Latin-1.
    named = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in wrong)
    return "".join(named), error.end


codecs.register_error(WINDOWS_1252, _windows_1252)


def is_wide(data: bytes) -> bool:
    """Whether bytes begin with the mark of UTF-16 or UTF-32."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))


def normalise(text: str) -> str:
    r"""Return text in NFC with ``\n`` line ends, no control characters and single spaces.

    Soft hyphens, typographic ligatures and zero-width joiners that split words are resolved. Idempotent;
    at most one blank line is kept between paragraphs.
    """
    characters = set(text)
    if not _are_plain(characters):
        text = _SOFT_BREAK.sub("", _LINE_ENDS.sub("\n", text))
        text = _INVISIBLE.sub("", text).translate(_LIGATURES)
        text = unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))
        if "\u200c" in text or "\u200d" in text:
            text = unicodedata.normalize("NFC", _MARKS.sub(r"\1", _STRAY_JOINER.sub("", text)))
        characters = set(text)
    elif not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        characters = set(text)
    return _spaced(text, characters)


def _are_plain(characters: set[str]) -> bool:
    """Whether a text of these needs no pattern: none is a mark, shows nothing, or becomes another.

    Most texts are so, and have few different characters to look at.
    """
    new = characters - _PLAIN
    for character in new:
        if (
            unicodedata.category(character).startswith("M")
            or _LINE_ENDS.match(character)
            or _INVISIBLE.match(character)
            or ord(character) in _LIGATURES
            or character in "\u200c\u200d"
        ):
            return False
    if len(_PLAIN) < _MAX_PLAIN:
        _PLAIN.update(new)
    return True


def _spaced(text: str, characters: set[str]) -> str:
    """Return text with single spaces, none at the ends of lines, and one blank line at most."""
    for character in characters:
        if character.isspace() and character not in " \n":
            text = text.replace(character, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip(" \n")


def normalise_line(text: str) -> str:
    """Return ``normalise(text)`` on a single line, for titles and names."""
    return " ".join(normalise(text).split())
