"""The JSON values of a stream of any length: one a line, over many lines, one after another, in an array.

One value is held at a time. What is no JSON costs its line: reading goes on with the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from rag.text.patterns import lazily

MAX_VALUE = 40_000_000
"""Characters of one value."""
_TOO_LARGE = f"too large: a record of more than {MAX_VALUE:,} characters"
_FILL = 1 << 16
# Lines in a row that are no JSON before the rest is given up: such a file is something else.
_MAX_BROKEN = 1000
_GAP = lazily(r"[\s,\]\ufeff\x1e]+")
_OPENS_ARRAY = lazily(r"\[\s*+(?=\{)")


@dataclass(frozen=True, slots=True)
class Value:
    """A value, or why there is none at a place."""

    place: int
    """The line it begins on, from 1; inside an array, which of its elements it is."""
    value: object
    problem: str | None = None


class _Text:
    """A stream of text of which only what is not yet read is held."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self.text = ""
        self.at = 0
        self.ended = False
        # The number of the line that the character at ``_counted`` stands on.
        self._line = 1
        self._counted = 0

    def fill(self, size: int) -> bool:
        """Read on until ``size`` characters are held; return whether anything was added."""
        self.place()
        self.text, self.at, self._counted = self.text[self.at :], 0, 0
        added = [self.text]
        length = len(self.text)
        while length < size and not self.ended:
            piece = next(self._pieces, None)
            if piece is None:
                self.ended = True
                break
            added.append(piece)
            length += len(piece)
        self.text = "".join(added)
        return len(added) > 1

    def place(self) -> int:
        """Return the line of the next character."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def skip(self, pattern: regex.Pattern[str]) -> bool:
        """Pass what a pattern matches here, however long it is."""
        passed = False
        while True:
            found = pattern.match(self.text, self.at)
            if found:
                self.at, passed = found.end(), True
            if self.at < len(self.text) or not self.fill(_FILL):
                return passed

    def skip_line(self) -> None:
        """Pass the rest of the line, however long it is."""
        while (end := self.text.find("\n", self.at)) < 0:
            self.at = len(self.text)
            if not self.fill(_FILL):
                return
        self.at = end + 1


def json_values(pieces: Iterable[str]) -> Iterator[Value]:
    """Yield the values in pieces of text, with what is no JSON in between; elements of an array one by one.

    A key that stands twice in an object keeps its last value that is not empty. NaN and Infinity,
    which JSON does not have, are read as numbers.
    """
    text = _Text(pieces)
    element = 0
    broken = 0
    while True:
        text.skip(_GAP)
        if text.at >= len(text.text):
            return
        if text.text[text.at] == "[" and len(text.text) - text.at < _FILL:
            text.fill(_FILL)
        opened = _OPENS_ARRAY.match(text.text, text.at)
        if opened:
            text.at, element = opened.end(), 1
            continue
        place = element or text.place()
        value, problem = _next(text)
        yield Value(place, value, problem)
        element += bool(element)
        if problem is None:
            broken = 0
            continue
        broken += 1
        if broken >= _MAX_BROKEN:
            yield Value(text.place(), None, "not JSON: the rest of the file was not read")
            return
        # After a broken line, elements can no longer be counted.
        element = 0
        _pass_broken(text)


def _next(text: _Text) -> tuple[object, str | None]:
    """Return the value that begins here and pass it; else return the problem, and pass nothing."""
    while True:
        try:
            value, end = _DECODER.raw_decode(text.text, text.at)
        except json.JSONDecodeError as error:
            held = len(text.text) - text.at
            # A string holds no raw line end: only what breaks in the last line may be cut there.
            cut = not text.ended and "\n" not in text.text[error.pos :].rstrip()
            if cut and held <= MAX_VALUE and text.fill(max(2 * held, _FILL)):
                continue
            if held > MAX_VALUE:
                return None, _TOO_LARGE
            if text.ended and (
                error.msg.startswith("Unterminated") or not text.text[error.pos :].strip()
            ):
                return None, "not JSON: it is cut off in the middle"
            return None, f"not JSON: {error.msg}"
        except RecursionError:
            return None, "not JSON: nested too deep"
        except ValueError as error:
            return None, f"not JSON: {str(error)[:100]}"
        if isinstance(value, int | float) and end >= len(text.text) and not text.ended:
            # A number may go on in the next piece.
            text.fill(2 * (end - text.at) + _FILL)
            continue
        if end - text.at > MAX_VALUE:
            return None, _TOO_LARGE
        text.at = end
        return value, None


def _pass_broken(text: _Text) -> None:
    """Pass a broken value: its line, and lines that cannot begin one at its depth."""
    before = text.text.rfind("\n", 0, text.at) + 1
    indent = text.at - before
    text.skip_line()
    while text.at < len(text.text) or text.fill(_FILL):
        if text.text.find("\n", text.at) < 0:
            text.fill(len(text.text) - text.at + _FILL)
        end = text.text.find("\n", text.at)
        line = text.text[text.at : end if end >= 0 else None]
        bare = line.lstrip()
        if bare[:1] in ("{", "[") and len(line) - len(bare) <= indent:
            return
        if bare and indent == 0 and line[:1] not in (" ", "\t", "}", "]", '"'):
            return
        text.skip_line()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        record = {}
        for name, value in pairs:
            if name not in record or value not in (None, "", [], {}):
                record[name] = value
    return record


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
