"""Which country a name, an abbreviation or a demonym means: "Dutch" and "the Netherlands" are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import takewhile

from rag.text.patterns import lazily

Codes = frozenset[str]
"""Codes of the countries that a form can mean; "Congolese" has two."""

_NONE: Codes = frozenset()
_WORD = lazily(r"(?<![\p{L}\p{M}])[\p{L}\p{M}]+")
# Between the words of one form: "Sri Lanka", "Guinea-Bissau", "U.S.", "St. Lucia", "Cote d'Ivoire".
_JOIN = lazily(r"\.? |[-.'’]")


@dataclass(frozen=True, slots=True)
class CountryWord:
    """A country's name or demonym in a text, with its offsets."""

    start: int
    end: int
    codes: Codes
    demonym: bool


@dataclass(frozen=True, slots=True)
class _Table:
    names: dict[str, Codes]
    demonyms: dict[str, Codes]
    longest: int
    """Words of the longest form."""


def codes(form: str) -> Codes:
    """Return the codes of the countries that a name or demonym can mean; none where it is neither."""
    key = _key(form)
    table = _table()
    return table.names.get(key) or table.demonyms.get(key) or _NONE


def is_demonym(form: str) -> bool:
    """Whether a form is the name or adjective of a country's people, and no country's name."""
    key = _key(form)
    return key not in _table().names and key in _table().demonyms


def country_words(text: str, start: int = 0, end: int | None = None) -> Iterator[CountryWord]:
    """Yield the names and demonyms in ``text[start:end]``, in order; of overlapping ones the longest."""
    stop = len(text) if end is None else end
    # A word that crosses the end does not count: "Niger" in "Nigeria".
    words = [m.span() for m in takewhile(lambda m: m.end() <= stop, _WORD.finditer(text, start))]
    first = 0
    while first < len(words):
        found = _longest(text, words[first : first + _table().longest])
        if found is None:
            first += 1
            continue
        yield found
        while first < len(words) and words[first][0] < found.end:
            first += 1


def _longest(text: str, words: list[tuple[int, int]]) -> CountryWord | None:
    start, end = words[0]
    found = None
    if not text[start].isupper():
        return None
    for n, (opens, closes) in enumerate(words):
        if n and not _JOIN.fullmatch(text, end, opens):
            break
        end = closes
        form = text[start:end]
        if means := codes(form):
            found = CountryWord(start, end, means, is_demonym(form))
    return found


def _key(form: str) -> str:
    """Return a form as the table has it: without full stops, and in small letters but for abbreviations.

    A form that begins with a small letter is no country's: "us", "polish", "turkey".
    """
    bare = form.replace(".", "").replace("’", "'")
    if not bare[:1].isupper():
        return ""
    return bare if bare in _abbreviations() else bare.lower()


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(form for _, forms, _ in _rows() for form in forms if form.isupper())


@cache
def _table() -> _Table:
    names: dict[str, Codes] = {}
    demonyms: dict[str, Codes] = {}
    for code, called, people in _rows():
        _enter(names, called, code)
        _enter(demonyms, people, code)
        # Harmless where the plural does not exist ("Swisss").
        _enter(demonyms, (f"{form}s" for form in people), code)
    longest = max(len(_WORD.findall(form)) for form in (*names, *demonyms))
    return _Table(names, demonyms, longest)


def _enter(table: dict[str, Codes], forms: Iterable[str], code: str) -> None:
    for form in forms:
        key = form if form.isupper() else form.lower()
        table[key] = table.get(key, _NONE) | {code}


@cache
def _rows() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return code, names and demonyms of each row of the packaged file."""
    lines = (files("rag.text") / "countries.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return tuple(
        (code, tuple(names.split(";")), tuple(filter(None, people.split(";"))))
        for code, names, people in rows[1:]
    )
