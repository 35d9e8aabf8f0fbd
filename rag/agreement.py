"""Whether two answers say the same: figures by their value, units and opposites apart."""

from __future__ import annotations

from decimal import Decimal

import regex

from rag.index.lexical import analyse
from rag.months import MONTHS, SHORT_MONTHS
from rag.naming import another_by_name
from rag.patterns import lazily

_NUMBER = lazily(
    r"(?P<minus>(?<![\p{L}\p{N}])[-−–]|\bminus )?(?P<digits>\d[\d,]*(?:\.\d+)?)"
    r"(?:[ -]?(?P<scale>thousand|million|billion|trillion|mln|bln|trn|bn|m)\b)?",
    regex.I,
)
_SCALES = {"t": 3, "m": 6, "b": 9, "trillion": 12, "trn": 12}
_UNITS = {
    "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "%": "percent", "per cent": "percent",
    "dollar": "dollar", "euro": "euro", "pound": "pound", "yen": "yen", "yuan": "yuan", "dong": "dong",
    "percent": "percent", "percentage point": "point",
}  # fmt: skip
_UNIT = lazily(
    r"[$€£¥%]|\bpercentage point|\bper cent\b|\b(?:dollar|euro|pound|yen|yuan|dong|percent)",
    regex.I,
)
# Words that make another thing of the same name, or the opposite of the same claim.
_PARTING = lazily(r"\b(?:north|south|east|west|not|no|never)\b", regex.I)
_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_SMALL = {word: str(number) for number, word in enumerate(_TO_TWENTY.split(" "))} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
}
_FIGURE_WORDS = frozenset(_SMALL)
_SCALED_WORD = lazily(
    rf"\b(?:{'|'.join(_SMALL)})(?=[ -](?:thousand|million|billion|trillion)\b)", regex.I
)
# A score, a range: the same figures the other way round say another thing.
_PAIR = lazily(r"(?<!\d)(\d+)[-–:](\d+)(?!\d)")
_SHORT_MONTH = lazily(rf"\b(?P<month>{'|'.join(SHORT_MONTHS)})\b\.?")
_MONTH = lazily(rf"\b(?:{'|'.join(MONTHS)})\b")


def same_answer(one: str, other: str) -> bool:
    """Whether two answers say the same: equal figures, or the words of one inside the other."""
    one, other = _spelt_out(one), _spelt_out(other)
    pairs, other_pairs = _PAIR.findall(one), _PAIR.findall(other)
    if pairs and other_pairs and pairs != other_pairs:
        return False
    figures, other_figures = _figures(one), _figures(other)
    a, b = _key(one), _key(other)
    units, other_units = _units(one), _units(other)
    if units and other_units and not units & other_units:
        return False
    if _parting(one) != _parting(other) or another_by_name(one, other):
        return False
    if figures != other_figures:
        # "December 12" and "December 12, 2023" are one day, told more or less exactly.
        dated = _MONTH.search(one) and _MONTH.search(other)
        nested = figures <= other_figures or other_figures <= figures
        return bool(dated) and nested and (a <= b or b <= a)
    if figures and (a <= b or b <= a):
        # Equal figures, and no word of one that the other contradicts.
        return True
    if not a or not b:
        return one.strip().lower() == other.strip().lower()
    small, large = sorted((a, b), key=len)
    return small <= large and (len(large) <= 2 * len(small) + 2)


def _spelt_out(text: str) -> str:
    text = _SCALED_WORD.sub(lambda m: _SMALL[m.group().lower()], text)
    return _SHORT_MONTH.sub(lambda m: MONTHS[SHORT_MONTHS[m["month"]] - 1], text)


def _figures(text: str) -> frozenset[str]:
    digits = {_value(m) for m in _NUMBER.finditer(text)}
    words = {_SMALL[w] for w in regex.findall(r"\p{L}+", text.lower()) if w in _SMALL}
    return frozenset(digits | words)


def _value(match: regex.Match[str]) -> str:
    """Return a figure with its scale worked in: "1.5 million" is 1500000."""
    said = match["digits"].replace(",", "").rstrip(".")
    scale = (match["scale"] or "").lower()
    power = _SCALES.get(scale, _SCALES.get(scale[:1], 0))
    # A year or a count is kept as it is written; only a scaled figure or a fraction is worked out.
    if power or "." in said:
        said = f"{(Decimal(said) * 10**power).normalize():f}"
    return f"-{said}" if match["minus"] else said


def _units(text: str) -> frozenset[str]:
    return frozenset(_UNITS[m.group().lower()] for m in _UNIT.finditer(text))


def _parting(text: str) -> frozenset[str]:
    return frozenset(m.group().lower() for m in _PARTING.finditer(text))


def _key(text: str) -> frozenset[str]:
    """Return a text's terms without its articles and small words, and without its figures."""
    bare = _UNIT.sub(" ", text)
    bare = _NUMBER.sub(" ", regex.sub(r"\b(?:the|a|an|of|in|on)\b", " ", bare, flags=regex.I))
    return frozenset(analyse(bare)) - _FIGURE_WORDS
