"""Spelt-out English numbers as digits: "thirty-seven" is 37, "third" is 3rd.

Of the libraries on PyPI word2number (2017) is no longer kept, and text2num 3.1 reads "two and a half
million" as "two and a half 1000000" and "between one hundred and two hundred" as "between 102 100".
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import regex

from rag.text.patterns import folded, lazily

_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINAL_TO_NINETEEN = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_ORDINAL_TENS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
CARDINALS = {word: n for n, word in enumerate(f"{_ONES} {_TEENS}".split(), start=1)} | {
    word: 10 * n for n, word in enumerate(_TENS.split(), start=2)
}
"""Every cardinal of one word below a hundred but zero, in order."""
ORDINALS = {word: n for n, word in enumerate(_ORDINAL_TO_NINETEEN.split(), start=1)} | {
    word: 10 * n for n, word in enumerate(_ORDINAL_TENS.split(), start=2)
}
"""Every ordinal of one word below a hundredth, in order."""
SCALES = {
    "hundred": 2, "thousand": 3, "lakh": 5, "million": 6, "crore": 7, "billion": 9, "trillion": 12,
}  # fmt: skip
"""Words that multiply a number, with their power of ten."""
SHORT_SCALES = {"k": 3, "m": 6, "mln": 6, "bn": 9, "bln": 9, "tn": 12, "trn": 12}
"""Their abbreviations after digits."""


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of alternatives."""
    return "|".join(words)


_LARGE = any_of(scale for scale in SCALES if scale != "hundred")
_ONE = any_of(_ONES.split())
_TWO_DIGITS = (
    rf"(?:(?:{any_of(_TENS.split())})(?:[- ](?:{_ONE}))?|{any_of(_TEENS.split())}|{_ONE}|zero)\b"
)
# "Between one hundred and two hundred" has no "one hundred and two".
_THREE_DIGITS = (
    rf"(?:(?:an?|{_TWO_DIGITS})[- ]hundred\b"
    rf"(?:(?:[- ]and)?[- ](?>{_TWO_DIGITS})(?![- ]hundred\b))?|{_TWO_DIGITS})"
)
_HALF = r" and an? half\b"
_SCALED = rf"(?:half an?|(?:{_THREE_DIGITS}|an?\b)(?:{_HALF})?)[- ](?:{_LARGE})\b"
# The number before a part ("two thirds") is not the number of anything whole.
_PART = rf"(?:half|halves|quarters?|(?:{any_of([*ORDINALS][2:])})s?)"
_SPELT = lazily(
    # "Second" after a number or a hyphen is a time, and "third" a part.
    rf"(?<![\p{{L}}\p{{N}}])(?:(?:(?P<tens>{any_of(_TENS.split())})-|(?<!-|\bone |\bper |\d ))"
    rf"(?P<ordinal>{any_of(ORDINALS)})\b"
    rf"|(?P<cardinal>(?>{_SCALED}(?: {_SCALED})*"
    rf"(?: (?:and )?(?>{_THREE_DIGITS})(?![- ](?:hundred|{_LARGE})\b))?"
    rf"|(?:half an?|an?|{_TWO_DIGITS})[- ]dozen\b|{_THREE_DIGITS}(?:{_HALF})?))(?![- ]{_PART}\b))",
    regex.I,
)
_WORD = lazily(rf"{_HALF}|half an?\b|\p{{L}}+")


def with_digits(text: str) -> str:
    """Return a text with its spelt-out numbers in digits; an ordinal keeps its ending ("21st")."""
    return _SPELT.sub(_in_digits, text)


def _in_digits(spelt: regex.Match[str]) -> str:
    if spelt["cardinal"]:
        return f"{_value(folded(spelt['cardinal'])).normalize():f}"
    ordinal = ORDINALS.get(folded(spelt["ordinal"]))
    if ordinal is None:
        return spelt.group()
    number = CARDINALS.get(folded(spelt["tens"] or ""), 0) + ordinal
    ending = {1: "st", 2: "nd", 3: "rd"}.get(0 if 10 < number < 20 else number % 10, "th")
    return f"{number}{ending}"


def _value(cardinal: str) -> Decimal:
    """Return a cardinal's value; each large scale multiplies the words since the scale before it."""
    closed, counted = Decimal(0), Decimal(0)
    for word in _WORD.findall(cardinal):
        if word == "hundred":
            counted *= 100
        elif word == "dozen":
            counted *= 12
        elif word in SCALES:
            closed, counted = closed + counted * 10 ** SCALES[word], Decimal(0)
        elif "half" in word:
            counted += Decimal("0.5")
        elif word in ("a", "an"):
            counted = Decimal(1)
        else:
            counted += CARDINALS.get(word, 0)
    return closed + counted
