"""Whether two answers say the same: figures by their value, units and opposites apart."""

from __future__ import annotations

import regex

from rag.answering.figures import NUMBER, UNIT, figures_in, has_month, normalised, units_of
from rag.text.analyser import analyse
from rag.text.entity_equivalence import names_different_entity
from rag.text.months import MONTHS
from rag.text.patterns import lazily

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
# Before noon or after it, in either form: "6.30pm", "18:30", "noon".
_CLOCK = lazily(
    r"(?<![\d.:])(?:(?P<hour>1[0-2]|0?[1-9])(?:[.:](?P<minute>[0-5]\d))? ?(?P<half>[ap])(?:\.? ?m\b\.?)"
    r"|(?P<hour24>1[3-9]|2[0-3]|00)[:.](?P<minute24>[0-5]\d)(?![\d.:]|[.,]\d)(?: (?:hours|h)\b)?"
    r"|(?P<named>\b(?:noon|midday|midnight)\b))",
    regex.I,
)
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
_PAIR = lazily(r"(?<!\d)(\d+)(?:[-–:]| to )(\d+)(?!\d)")
# A grade or rating: "BBB-" is another one than "BBB".
_GRADE = lazily(r"(?<![\p{L}\p{N}])\p{Lu}{1,3}[+−–-]+(?![\p{L}\p{N}])")
_MINUS = str.maketrans("−–", "--")


def same_answer(one: str, other: str) -> bool:
    """Whether two answers say the same: equal figures, or the words of one inside the other."""
    if names_different_entity(one, other):
        return False
    one, other = normalised(one), normalised(other)
    if _HALF_OF_DAY.search(one) or _HALF_OF_DAY.search(other):
        one, other = _CLOCK.sub(_in_halves, one), _CLOCK.sub(_in_halves, other)
    if _contradict(one, other):
        return False
    a, b = _key(one), _key(other)
    nested = a <= b or b <= a
    figures, other_figures = figures_in(one), figures_in(other)
    if figures != other_figures:
        # "December 12" and "December 12, 2023" are one day, told more or less exactly.
        inside = figures <= other_figures or other_figures <= figures
        return has_month(one) and has_month(other) and inside and nested
    if figures and nested:
        # Equal figures, and no word of one that the other contradicts.
        return True
    if not a or not b:
        return one.strip().lower() == other.strip().lower()
    small, large = sorted((a, b), key=len)
    return nested and len(large) <= 2 * len(small) + 2


def _contradict(one: str, other: str) -> bool:
    """Whether two texts, their numbers in digits, differ in what tells answers apart whatever their words."""
    if any((a := of(one)) and (b := of(other)) and a != b for of in (_PAIR.findall, _halves)):
        return True
    units, other_units = units_of(one), units_of(other)
    if units and other_units and not units & other_units:
        return True
    return _parting(one) != _parting(other) or _other_letter(one, other)


def _parting(text: str) -> frozenset[str]:
    found = (*_PARTING.finditer(text), *_BESIDE.finditer(text), *_GRADE.finditer(text))
    return frozenset(m.group().lower().translate(_MINUS) for m in found)


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


def _in_halves(time: regex.Match[str]) -> str:
    """Return a time of day as "6:30 p.m.", the full hour without its minutes."""
    if time["named"]:
        return f"12 {'a' if time['named'].lower() == 'midnight' else 'p'}.m."
    if time["half"]:
        hour, minute, half = int(time["hour"]), time["minute"], time["half"].lower()
    else:
        hour, minute = int(time["hour24"]), time["minute24"]
        hour, half = hour % 12 or 12, "p" if hour > 11 else "a"
    return f"{hour}{f':{minute}' if minute and int(minute) else ''} {half}.m."


def _key(text: str) -> frozenset[str]:
    """Return a text's terms without its small words, figures, units and halves of the day."""
    bare = UNIT.sub(" ", _HALF_OF_DAY.sub(" ", text))
    bare = NUMBER.sub(" ", _SMALL.sub(" ", bare))
    return frozenset(analyse(bare))
