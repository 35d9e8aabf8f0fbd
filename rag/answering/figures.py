"""Figures of answers: their value, unit and how exactly they are told, and whether two can both be true."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from unicodedata import numeric

import regex

from rag.text.analyser import terms_of
from rag.text.months import MONTHS, SHORT_MONTHS
from rag.text.numbers import SCALES, SHORT_SCALES, any_of, with_digits
from rag.text.patterns import folded, lazily

_SCALES = SCALES | SHORT_SCALES
_RAISED = lazily(r"[⁰¹²³⁴-⁹]*")
# "1,200" and "5,00,000" are grouped; "3,5" has a decimal comma. A raised figure is a power of ten ("10⁶",
# which is not 10) or else most likely the mark of a note ("36²", which is 36).
NUMBER = lazily(
    r"(?P<minus>(?<![\p{L}\p{N}])[-−–]|\bminus )?"
    r"(?P<digits>\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|(?<!\d,)\d+,\d{1,2}(?!\d|,\d)"
    r"|\d+(?:\.\d+)?|(?<![\p{L}\p{N}.])\.\d+)"
    r"(?:(?P<power>(?<=(?<![\d.,])10)[⁺⁻]?[⁰¹²³⁴-⁹]++)|[⁰¹²³⁴-⁹]++)?"
    rf"(?:[ -]?(?P<scale>{any_of(_SCALES)})\b|(?P<nth>st|nd|rd|th|(?<=0)s)\b)?",
    regex.I,
)
_DECIMAL_COMMA = lazily(r"\d+,\d{1,2}")
_FRACTION = lazily(r"(?:(?<![\d.,])(?P<whole>\d+) ?|(?<!\d))(?P<part>[¼½¾⅐-⅞])")
_CURRENCIES = {
    "dollar": "$ dollar usd", "euro": "€ euro eur", "pound": "£ pound gbp", "yen": "yen jpy",
    "yuan": "yuan renminbi rmb cny", "dong": "₫ dong vnd", "rupee": "₹ rupee inr", "won": "₩ krw",
    "rouble": "₽ rouble ruble rub", "franc": "franc chf", "peso": "₱ peso", "lira": "₺ lira",
    "krona": "krona kronor krone kroner", "naira": "₦ naira", "zloty": "zloty", "rupiah": "rupiah",
    "ringgit": "ringgit", "baht": "฿ baht", "hryvnia": "₴ hryvnia", "shekel": "₪ shekel",
}  # fmt: skip
UNITS = {form: unit for unit, forms in _CURRENCIES.items() for form in forms.split()} | {
    "%": "percent", "percent": "percent", "per cent": "percent", "percentage point": "point",
    "basis point": "basis point", "rs": "rupee", "won": "won",
}  # fmt: skip
# "Won" and "Rs" are currencies beside a figure only.
UNIT = lazily(
    r"[$€£¥₫₹₩₽₱₺₦฿₴₪%]|\bRs(?=\.? ?\d)|(?<=(?:\d|hundred|thousand|illion) )won\b"
    rf"|\b(?:{any_of(form for form in UNITS if form.isalpha() and form not in ('rs', 'won'))}"
    r"|per cent|(?:percentage|basis) point)s?\b",
    regex.I,
)
_SHORT_MONTH = lazily(rf"\b(?P<month>{'|'.join(SHORT_MONTHS)})\b\.?")
_MONTH = lazily(rf"\b(?:{'|'.join(MONTHS)})\b")
# A day of the month is written either way, "May 4" and "May 4th"; else the fourth is not four.
_NTH_DAY = lazily(r"(?<=\b\d{1,2})(?:st|nd|rd|th)\b")
# How a figure is hedged: from below, from above, on both sides.
_AT_LEAST = lazily(
    r"\b(?:at least|(?<!\b(?:no|not) )(?:more than|over)|(?:no|not) (?:less|fewer) than|upwards of)\W*$",
    regex.I,
)
_AT_MOST = lazily(
    r"\b(?:at most|(?<!\b(?:no|not) )(?:less|fewer) than|under|up to|below"
    r"|(?:no|not) (?:more than|over))\W*$",
    regex.I,
)
# "20 or more", "200-plus", "65 years and over": behind the figure, or the one word that it counts.
_OR_MORE = lazily(
    r"^(?:\+|[ -]?plus\b|(?: (?P<noun>\p{L}[\p{L}-]*))?,? (?:or (?:more|above|over)|and (?:above|over|up))\b"
    r"(?! (?:than\b|\d)))",
    regex.I,
)
_OR_LESS = lazily(
    r"^(?: (?P<noun>\p{L}[\p{L}-]*))?,? (?:or (?:less|fewer|under|below)|and under)\b(?! (?:than\b|\d))",
    regex.I,
)
_ABOUT = lazily(
    r"\b(?:about|around|nearly|almost|some|roughly|approximately|close to|an estimated)\W*$",
    regex.I,
)
_MEASURE = lazily(
    r"^[\s-]*(?:square |cubic )?(?P<measure>(?:kilo|centi|milli)?met(?:re|er)s?|kms?|miles?|feet|foot"
    r"|inch(?:es)?|hectares?|acres?|(?:kilo)?grams?|kg|tonnes?|tons?|lit(?:re|er)s?|degrees?"
    r"|(?:mega|giga|kilo)?watts?)\b",
    regex.I,
)
_TIMES = ("second", "minute", "hour", "day", "week", "month", "year", "decade")
_TIME = lazily(rf"^[\s-]*(?P<time>{any_of(_TIMES)})s?\b", regex.I)
_FOLLOWING = lazily(r"^[\s-]*(?P<noun>\p{Ll}[\p{Ll}-]*)")
_HEDGE = Decimal("0.1")
_REACH_BEFORE = 24
_REACH_AFTER = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as an answer tells it."""

    value: Decimal
    unit: str
    """A currency, "percent", a measure or a unit of time; empty for a plain count."""
    noun: str
    """The stem of the word after it, empty where none follows."""
    digits: int
    """Significant digits: "1,400" has two."""
    at_least: bool = False
    at_most: bool = False
    about: bool = False


def normalised(text: str) -> str:
    """Return a text with its numbers in digits and its months in full."""
    text = _FRACTION.sub(_decimal, text)
    text = _SHORT_MONTH.sub(lambda m: MONTHS[SHORT_MONTHS[m["month"]] - 1], with_digits(text))
    return _NTH_DAY.sub("", text) if has_month(text) else text


def _decimal(found: regex.Match[str]) -> str:
    """Return a number with its fraction in digits: "2½" is 2.5."""
    return f"{Decimal(found['whole'] or 0) + Decimal(str(round(numeric(found['part']), 3)))}"


def has_month(text: str) -> bool:
    """Whether a text names a month in full."""
    return bool(_MONTH.search(text))


def figures_in(text: str) -> frozenset[str]:
    """Return the values of all figures of a text, as `figure_value` has them."""
    return frozenset(figure_value(m) for m in NUMBER.finditer(text))


def figure_value(match: regex.Match[str]) -> str:
    """Return a figure with its scale worked in: "1.5 million" is 1500000.

    The 4th is not 4, nor are the 1990s 1990, nor is 10⁶ 10.
    """
    said = _plain(match["digits"])
    power = _SCALES.get(folded(match["scale"] or ""), 0)
    # A year or a count is kept as it is written; only a scaled figure or a fraction is worked out.
    if power or "." in said:
        said = f"{(Decimal(said) * 10**power).normalize():f}"
    nth = folded(match["nth"] or "")
    ending = "th" if nth and nth != "s" else nth
    return f"{'-' if match['minus'] else ''}{said}{match['power'] or ''}{ending}"


def _plain(digits: str) -> str:
    """Return digits without what groups them, and with a decimal point."""
    return digits.replace(",", "." if _DECIMAL_COMMA.fullmatch(digits) else "")


def units_of(text: str) -> frozenset[str]:
    """Return the currencies of a text, and whether it tells percent, percentage or basis points."""
    found: set[str] = set()
    for match in UNIT.finditer(text):
        form = folded(match.group())
        # One sign stands for both.
        found |= (
            {"yen", "yuan"} if form == "¥" else {UNITS.get(form) or UNITS.get(form[:-1]) or form}
        )
    return frozenset(found)


def figure_of(text: str, start: int, end: int) -> Figure | None:
    """Return the figure that the answer ``text[start:end]`` tells, None where it has none or several."""
    marks = _RAISED.match(text, end)
    end = marks.end() if marks else end
    said = normalised(text[start:end])
    found = list(NUMBER.finditer(said))
    if len(found) != 1 or found[0]["nth"] or found[0]["power"]:
        return None
    match = found[0]
    value = Decimal(figure_value(match))
    before = text[max(0, start - _REACH_BEFORE) : start] + said[: match.start()]
    after = said[match.end() :] + text[end : end + _REACH_AFTER]
    more, less = _OR_MORE.match(after), _OR_LESS.match(after)
    bound = more or less
    counted = after if bound is None or bound["noun"] else after[bound.end() :]
    sign = "" if match.start() == 0 else said[match.start() - 1]
    return Figure(
        value,
        _unit(f"{sign}{match.group()}", before, after),
        _noun(counted),
        _significant(match["digits"]),
        bool(more or _AT_LEAST.search(before)),
        bool(less or _AT_MOST.search(before)),
        bool(_ABOUT.search(before)),
    )


def same_unit(one: Figure, other: Figure) -> bool:
    """Whether both count the same kind of thing; a bare number may be an age ("34")."""
    if one.unit == other.unit:
        return True
    bare, told = sorted((one, other), key=lambda figure: bool(figure.unit))
    return not bare.unit and not bare.noun and told.unit in _TIMES


def equal(one: Figure, other: Figure) -> bool:
    """Whether two figures tell the same number, one of them perhaps rounded or hedged."""
    if one.value == other.value:
        return True
    near = abs(one.value - other.value) <= _HEDGE * max(abs(one.value), abs(other.value))
    coarse, fine = sorted((one, other), key=lambda figure: figure.digits)
    # Of 24 people, 20 are no round number.
    if near and _rounded(fine.value, coarse.digits) == coarse.value and fine.value:
        return True
    if one.about or other.about:
        return near
    return _bounded(one, other) or _bounded(other, one)


def _bounded(hedged: Figure, plain: Figure) -> bool:
    """Whether a bound is a round way to tell the other figure ("over 30" for 36)."""
    room = max(Decimal(1).scaleb(hedged.value.adjusted()), hedged.value * _HEDGE)
    if hedged.at_least:
        return 0 <= plain.value - hedged.value < room
    if hedged.at_most:
        return 0 <= hedged.value - plain.value < room
    return False


def compatible(one: Figure, other: Figure) -> bool:
    """Whether two figures of one thing can both be true: equal, or one inside the other's bound."""
    return equal(one, other) or _inside(one, other) or _inside(other, one)


def _inside(hedged: Figure, plain: Figure) -> bool:
    above = hedged.at_least and plain.value >= hedged.value
    return above or (hedged.at_most and plain.value <= hedged.value)


def _unit(figure: str, before: str, after: str) -> str:
    named = units_of(figure) or units_of(before[-4:])
    if not named:
        near = UNIT.search(after)
        # "24 million U.S. dollars", but not the unit of the next figure.
        between = after[: near.start()] if near else ""
        if near and len(between) <= len(" U.S. ") and not NUMBER.search(between):
            named = units_of(near.group())
    if named:
        return min(named)
    if measure := _MEASURE.match(after):
        return min(terms_of(measure["measure"].lower()), default="")
    if time := _TIME.match(after):
        return folded(time["time"])
    return ""


def _noun(after: str) -> str:
    following = _FOLLOWING.match(after)
    return " ".join(terms_of(following["noun"])) if following else ""


def _significant(digits: str) -> int:
    """Return how many digits of a number as written are told: trailing zeros of a whole one are not."""
    plain = _plain(digits)
    if "." in plain:
        return len(plain.replace(".", "").lstrip("0")) or 1
    return len(plain.strip("0")) or 1


def _rounded(value: Decimal, digits: int) -> Decimal:
    if not value:
        return value
    return Decimal(f"{value:.{max(digits, 1) - 1}e}")
