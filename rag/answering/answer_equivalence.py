"""Whether two answers say the same: figures by their value, units and opposites apart."""

from __future__ import annotations

from decimal import Decimal

import regex

from rag.text.analyser import analyse
from rag.text.entity_equivalence import names_different_entity
from rag.text.months import MONTHS, SHORT_MONTHS
from rag.text.numbers import SCALES, SHORT_SCALES, any_of, with_digits
from rag.text.patterns import lazily

_SCALES = SCALES | SHORT_SCALES
NUMBER = lazily(
    r"(?P<minus>(?<![\p{L}\p{N}])[-−–]|\bminus )?(?P<digits>\d[\d,]*(?:\.\d+)?)"
    rf"(?:[ -]?(?P<scale>{any_of(_SCALES)})\b|(?P<nth>st|nd|rd|th)\b)?",
    regex.I,
)
UNITS = {
    "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "%": "percent", "per cent": "percent",
    "dollar": "dollar", "euro": "euro", "pound": "pound", "yen": "yen", "yuan": "yuan", "dong": "dong",
    "percent": "percent", "percentage point": "point",
}  # fmt: skip
UNIT = lazily(
    r"[$€£¥%]|\b(?:percentage point|per cent|percent|dollar|euro|pound|yen|yuan|dong)s?\b",
    regex.I,
)
# Words that make another thing of the same name, or the opposite of the same claim.
_PARTING = lazily(
    r"\b(?:(?:north|south|east|west|not|no|never|outside|without|except)\b"
    r"|(?:non|anti|pro|ex|pre|post|counter|sub|semi|quarter)(?=[-‐‑]\p{L}))",
    regex.I,
)
# As the first word they say that the place or time is not the one named.
_BESIDE = lazily(
    rf"^(?:near|beyond|behind|before|until|till|after(?= (?:\d|{'|'.join(MONTHS)})))\b", regex.I
)
_HALF_OF_DAY = lazily(r"(?<=\d ?)([ap])(?:\.? ?m\b\.?)", regex.I)
# A letter that names one of several things, as in "Plan B"; "I" may be the speaker, and an initial
# with its full stop is left out of many a name.
_LETTER = lazily(
    r"(?<![\p{L}\p{M}\p{N}.&/'’-])(?<!\d )(?!I \p{Ll})\p{Lu}(?![\p{L}\p{M}\p{N}.&/-]|['’](?!s\b))"
)
_ARTICLE_OR_INITIAL = lazily(
    r"^[^\p{L}\p{N}]*A (?=[\p{L}\p{N}])|(?<=\p{Lu}\p{L}+ )\p{Lu} (?=\p{Lu}\p{L})"
)
# An "a" or "in" that ends a text is no small word: "group a", "a break in".
_SMALL = lazily(
    r"\b(?:[Tt]he|THE|an?|An|of|in|on|(?<=^[^\p{L}\p{N}]*)(?:A|Of|In|On))(?= [^\p{L}\p{N}]*[\p{L}\p{N}])"
)
# A score, a range: the same figures the other way round say another thing.
_PAIR = lazily(r"(?<!\d)(\d+)[-–:](\d+)(?!\d)")
_SHORT_MONTH = lazily(rf"\b(?P<month>{'|'.join(SHORT_MONTHS)})\b\.?")
_MONTH = lazily(rf"\b(?:{'|'.join(MONTHS)})\b")
# A day of the month is written either way, "May 4" and "May 4th"; else the fourth is not four.
_NTH_DAY = lazily(r"(?<=\b\d{1,2})(?:st|nd|rd|th)\b")


def same_answer(one: str, other: str) -> bool:
    """Whether two answers say the same: equal figures, or the words of one inside the other."""
    if names_different_entity(one, other):
        return False
    one, other = normalised(one), normalised(other)
    pairs, other_pairs = _PAIR.findall(one), _PAIR.findall(other)
    if pairs and other_pairs and pairs != other_pairs:
        return False
    figures, other_figures = _figures(one), _figures(other)
    a, b = _key(one), _key(other)
    units, other_units = units_of(one), units_of(other)
    if units and other_units and not units & other_units:
        return False
    if _parting(one) != _parting(other) or _other_letter(one, other):
        return False
    halves, other_halves = _halves(one), _halves(other)
    if halves and other_halves and halves != other_halves:
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


def normalised(text: str) -> str:
    """Return a text with its numbers in digits and its months in full."""
    text = _SHORT_MONTH.sub(lambda m: MONTHS[SHORT_MONTHS[m["month"]] - 1], with_digits(text))
    return _NTH_DAY.sub("", text) if _MONTH.search(text) else text


def _figures(text: str) -> frozenset[str]:
    return frozenset(figure_value(m) for m in NUMBER.finditer(text))


def figure_value(match: regex.Match[str]) -> str:
    """Return a figure with its scale worked in: "1.5 million" is 1500000, and the 4th is not 4."""
    said = match["digits"].replace(",", "").rstrip(".")
    power = _SCALES.get((match["scale"] or "").lower(), 0)
    # A year or a count is kept as it is written; only a scaled figure or a fraction is worked out.
    if power or "." in said:
        said = f"{(Decimal(said) * 10**power).normalize():f}"
    return f"{'-' if match['minus'] else ''}{said}{'th' if match['nth'] else ''}"


def units_of(text: str) -> frozenset[str]:
    """Return the currencies of a text, and whether it tells percent or percentage points."""
    return frozenset(UNITS[m.group().lower().removesuffix("s")] for m in UNIT.finditer(text))


def _parting(text: str) -> frozenset[str]:
    found = (*_PARTING.finditer(text), *_BESIDE.finditer(text))
    return frozenset(m.group().lower() for m in found)


def _other_letter(one: str, other: str) -> bool:
    """Whether lone capital letters tell two texts apart.

    One that may be an article or a middle initial does so only where the other text has another letter.
    """
    ours, our_certain = _letters(one)
    theirs, their_certain = _letters(other)
    if ours and theirs and not ours & theirs:
        return True
    return not (our_certain <= theirs and their_certain <= ours)


def _letters(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the lone capital letters of a text, and those that are surely no article or initial."""
    certain = _ARTICLE_OR_INITIAL.sub("", text)
    one, other = (frozenset(m.group() for m in _LETTER.finditer(t)) for t in (text, certain))
    return one, other


def _halves(text: str) -> frozenset[str]:
    """Return which halves of the day the times of a text are in: "a" before noon, "p" after it."""
    return frozenset(m[1].lower() for m in _HALF_OF_DAY.finditer(text))


def _key(text: str) -> frozenset[str]:
    """Return a text's terms without its small words, figures, units and halves of the day."""
    bare = UNIT.sub(" ", _HALF_OF_DAY.sub(" ", text))
    bare = NUMBER.sub(" ", _SMALL.sub(" ", bare))
    return frozenset(analyse(bare))
