"""Expected answer types of questions, and candidates of each type in text.

Question classification after Li and Roth 2002, "Learning Question Classifiers", by patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from rag.text.analyser import terms_of
from rag.text.entities import (
    LOCATION_WORDS,
    CasingStats,
    find_locations,
    find_persons,
    is_country,
    is_office,
)
from rag.text.months import MONTH_NUMBERS
from rag.text.numbers import CARDINALS, ORDINALS, SCALES, SHORT_SCALES, any_of
from rag.text.patterns import CAPITALISED_WORD, lazily
from rag.text.word_lists import listed_words

_MONTHS = "|".join(MONTH_NUMBERS)
_NUMBER_WORDS = any_of(
    [*CARDINALS, *SCALES, "dozens?", "half", "quarter", "third", "double", "twice", "both"]
)
_ORDINAL_WORDS = any_of(ORDINALS)
_SCALE = any_of([*SCALES, *SHORT_SCALES])
_FIGURE = rf"\d[\d,]*(?:\.\d+)?(?:[ -]?(?:{_SCALE})\b)?"
_CURRENCY = (
    r"yuan|renminbi|RMB|(?:U\.?S\.?|US) dollars?|dollars?|USD|euros?|EUR|pounds?|GBP|yen|won|dong|VND"
    r"|rupees?|roubles?|rubles?|francs?|cents?"
)
_QUALIFIER = (
    r"(?:(?:about|around|nearly|almost|over|more than|less than|no less than|at least|at most"
    r"|up to|some|roughly|approximately|fewer than) )?"
)
MONEY = lazily(
    rf"{_QUALIFIER}(?:(?:US|A|C|HK|S)?[$€£¥₫] ?{_FIGURE}|{_FIGURE} (?:{_CURRENCY})\b)", regex.I
)
PERCENT = lazily(
    rf"{_QUALIFIER}(?:{_FIGURE}|(?:{_NUMBER_WORDS})) ?(?:%|per ?cent\b|percentage points?\b)"
    rf"|\b(?:an? |one |two |three )?(?:third|quarter|half|fifth|tenth)s?\b",
    regex.I,
)
DATE = lazily(
    rf"\b(?:the )?first (?:{_FIGURE}|{_NUMBER_WORDS}) (?:months|quarters|weeks|days)"
    rf"(?: of (?:19|20)\d\d)?"
    rf"|\b(?:(?:{_MONTHS})\b\.?(?: \d{{1,2}}\b)?(?:,? (?:19|20)\d\d)? ?(?:to|until|through|-|–) ?"
    rf"(?:(?:{_MONTHS})\b\.?(?: \d{{1,2}}\b)?|\d{{1,2}}\b)(?:,? (?:19|20)\d\d)?"
    rf"|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? (?:19|20)\d\d)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})\b\.?(?:,? (?:19|20)\d\d)?"
    rf"|(?:(?:early|late|mid)[ -])?(?:{_MONTHS})\.?,? (?:of )?(?:19|20)\d\d"
    rf"|(?:19|20)\d\d ?(?:[-–]|to) ?(?:19|20)?\d\d\b|(?:19|20)\d\ds?\b"
    rf"|\d{{1,2}}[-/]\d{{1,2}}[-/](?:19|20)\d\d"
    rf"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    rf"|(?:{_MONTHS})\b(?= |\.|,|$))"
)
DURATION = lazily(
    rf"{_QUALIFIER}(?:{_FIGURE}|(?:{_NUMBER_WORDS})|several|few|a)[ -]"
    r"(?:second|minute|hour|day|week|month|year|decade|centur)(?:s|ies|y)?\b",
    regex.I,
)
COUNT = lazily(
    rf"{_QUALIFIER}(?:{_FIGURE}(?!(?:st|nd|rd|th)\b)|\b(?:{_NUMBER_WORDS})"
    rf"(?:[ -](?:{_NUMBER_WORDS}))*\b)",
    regex.I,
)
ORDINAL = lazily(
    rf"\b(?:\d+(?:st|nd|rd|th)|(?:{_ORDINAL_WORDS}))(?:[- ](?:largest|biggest|highest|most))?\b",
    regex.I,
)
NAME = lazily(
    r"(?:\p{Lu}[\p{L}\p{M}'’.-]*\p{L}|\p{Lu})(?:(?: (?:of|and|the|de|la|van|von|bin|al|for|on|in)"
    r"(?: the)?)?[ -](?:" + CAPITALISED_WORD + r"|\d{1,4}(?!\d)))*"
)
_DETERMINERS = listed_words("determiners")
_OFFICE = lazily(
    r"\p{Lu}[\p{L}-]*(?:(?: (?:of|for|and|the|de))* \p{Lu}[\p{L}-]*)*|\b(?:\p{Ll}+ )?\p{Ll}+(?: of \p{L}+)?"
)
_VERB = lazily(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|could|should|must|may|might"
    r"|said|says|told|made|held|met|took|gave|came|went|led|began|became|got|saw|found|kept|left|won"
    r"|lost|sent|set|put|grew|rose|fell|paid|brought|thought|built|wrote|spoke|ran|sold|bought|stood"
    r"|\p{Ll}{2,}ed)\b"
)
_PRONOUN_OR_COLON = lazily(r"[:;]|\b(?:I|you|he|she|it|they|we|who|which|that)\b", regex.I)
_PART_OF_DATE = lazily(r"\b(?:years?|months?|date|day|period)\b", regex.I)
_QUOTED = lazily(r"[\"“‘'](?P<inner>[^\"“”‘’']{3,90})[\"”’']")


@dataclass(frozen=True, slots=True)
class AnswerType:
    """The type of text that answers a question."""

    kind: str
    """person, office, place, date, duration, count, ordinal, percent, money, much (either of the
    two), name, acronym, definition or clause."""
    unit: str | None = None
    """The counted noun ("agreements"), the currency, or the noun after "which"."""


_FORMS: tuple[tuple[str, str], ...] = (
    ("acronym", r"\bstands? for\b|\babbreviat|\bacronym\b|\bshort for\b|\bfull (?:name|form)\b"),
    (
        "money",
        r"\bhow much (?:money|(?:did|does|do) .*\b(?:cost|pay|spend|earn)|.*\bworth)\b"
        r"|\bin (?:\w+\.? ?){0,2}(?:dollars|euros|yuan|pounds|yen|money)\b"
        r"|\b(?:what|which) (?:was|is|were|are)? ?(?:the )?(?:\w+ )*(?:value|price|cost|worth|sum)\b"
        r"|\bhow (?:large|big) (?:was|were|is|are) .*\b(?:trade|budget|deficit|surplus|debt|loan|profit)"
        r"|\bhow much (?:\w+ ){0,2}(?:aid|debt|funding|revenue|tax)\b",
    ),
    (
        "percent",
        r"\b(?:what|which|how many) (?:percent|per cent|percentage|share|proportion|fraction)\b"
        r"|\bby how (?:much|many percent)\b|\bhow (?:fast|much) (?:did|has|have) .*"
        r"\b(?:grow|grown|rise|rose|risen|increased?|fall|fell|drop|dropped|expand|shrink)\b"
        r"|\b(?:growth|year[- ]on[- ]year) (?:rate|increase)|\brate of (?:growth|increase)"
        r"|\bhow much (?:bigger|larger|higher|lower|smaller|more|less|faster)\b",
    ),
    ("duration", r"\bhow (?:long|old)\b|\bhow many (?:years|months|weeks|days|hours|minutes)\b"),
    (
        "ordinal",
        r"\b(?:which|what) (?:\w+ )?(?:anniversary|session|congress|round|edition|rank|position)\b"
        r"|\bwhich (?:meeting|visit|place|time)\b|\bwhat (?:place|number)\b|\bhow .*\brank\b"
        r"|\bhow (?:high|large|big) a (?:\w+ )?partner",
    ),
    ("count", r"\bhow many\b|\bwhat number of\b|\bnumber of\b"),
    ("much", r"\bhow much\b"),
    (
        "date",
        r"(?:^|\band |\bbut )when\b"
        r"|\bwhen (?:did|do|does|is|was|are|were|will|would|has|have|had|can|should)\b"
        r"|\b(?:what|which|whose) (?:\w+ )?(?:date|day|year|month|decade|century|time|period)s?\b"
        r"|\bsince when\b|\buntil when\b",
    ),
    (
        "place",
        r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|cities|country|countries|place|province|town"
        r"|region|capital|location|state|port|sea|waters|waterfalls?|island|district|venue|village"
        r"|river|continent)\b",
    ),
    (
        "person",
        r"\bwho(?:m|se)?\b|\b(?:what|which) (?:(?!(?:did|do|does|is|was|are|were|has|have|had|can|could|will"
        r"|would|should|happened|to|the|of|by)\b)[\w’']+ ){0,3}(?:person|leader|minister|official"
        r"|president|professor|chairman|politician|expert|scholar|analyst|editor|director|photographer"
        r"|journalist|member|ambassador|spokesperson|spokesman|spokeswoman|secretary)s?\b(?! does| did)"
        r"|\bwhat (?:is|was) the name of the (?:\w+ )?(?:person|leader|minister|official)\b",
    ),
    (
        "office",
        r"\b(?:what|which) (?:\w+ )?(?:post|office|role|job|title|rank|function)\b.*"
        r"\b(?:hold|held|have|has|had|occup(?:y|ied)|play(?:ed)?|fill(?:ed)?)\b",
    ),
    (
        "clause",
        r"\bwhy\b|\bhow (?:did|do|does|is|are|was|were|will|would|should|can|could)\b"
        r"|\bwhat (?:did|do|does|will|would|should) .*"
        r"\b(?:say|agree|discuss|do|urge|propose|pledge|stress|mean|think|want|hope|ask)\b"
        r"|\bwhat .*\b(?:reason|purpose|aim|goal|result|outcome)s?\b",
    ),
    (
        "definition",
        r"^what (?:is|are|was|were) (?!(?:\w+ing|\w+ed|wrong)\b)"
        r"(?!.*\b(?:names?|called|like|that|which|who|based|made|on|of|for|to|from|with|by|at|about)\?*$)"
        r"(?:(?!\b(?:names?|that|which)\b).){2,60}\?*$",
    ),
    (
        "name",
        r"\b(?:what|which) (?:[\w-]+ ){0,3}(?:name|company|organi[sz]ation|agency|authority|body|party"
        r"|committee|agreement|treaty|initiative|document|newspaper|outlet|university|institute"
        r"|framework|convention|law|group|ministry|court|bank|team|office|department|council|strategy|policy)\b"
        r"|\bwhat (?:is|was|are|were|do|does|did) .*\b(?:called|named?|call)\b|\bunder what name\b",
    ),
)
_COMPILED = tuple((kind, lazily(form, regex.I)) for kind, form in _FORMS)
_UNIT = lazily(
    r"\bhow many (?P<unit>(?:[\p{L}-]+ ){0,3}?[\p{L}-]+?)"
    r"(?= (?:did|do|does|is|are|was|were|will|would|have|has|had|can|could|besides|of|in|on|at|by|to|from|for"
    r"|with|that|took|come|came|\p{L}+ed)\b|\?|$)"
    r"|\b(?:which|what) (?P<noun>[\p{L}-]+)",
    regex.I,
)
_MONEY_UNIT = lazily(
    r"\b(?:dollars?|euros?|yuan|renminbi|pounds?|yen|dong|rupees?|roubles?)\b", regex.I
)
_LONG_DATE = lazily(rf"\b(?:{_MONTHS})\b", regex.I)


def classify_question(question: str) -> AnswerType:
    """Return the expected answer type; ``clause`` where the question's form implies none."""
    kind = next((kind for kind, form in _COMPILED if form.search(question)), "clause")
    if kind == "money":
        found = _MONEY_UNIT.search(question)
        return AnswerType(kind, found.group().lower() if found else None)
    found = _UNIT.search(question)
    unit = (found["unit"] or found["noun"]) if found else None
    if kind == "date" and (spoken := _PART_OF_DATE.search(question)):
        unit = spoken.group()
    return AnswerType(kind, unit.lower() if unit else None)


def typed_candidates(
    expected: AnswerType, text: str, casing: CasingStats
) -> list[tuple[int, int, float]]:
    """Return the candidates of a type in a text as ``(start, end, match 0..1)``, in order."""
    match expected.kind:
        case "person":
            return find_persons(text, casing)
        case "place":
            return [
                (start, end, fit * _location_match(text, start, end, expected.unit))
                for start, end, fit in find_locations(text, casing)
            ]
        case "name":
            return _names(text, expected.unit)
        case "office":
            return [(m.start(), m.end(), 1.0) for m in _OFFICE.finditer(text) if _is_office(m)]
        case "date":
            return [
                (m.start(), m.end(), _date_match(m.group(), expected.unit))
                for m in DATE.finditer(text)
            ]
        case "money":
            return [
                (m.start(), m.end(), 1.0 if _in_currency(m.group(), expected.unit) else 0.3)
                for m in MONEY.finditer(text)
            ]
        case "much":
            forms = ((MONEY, 1.0), (PERCENT, 0.9))
            found = [(*m.span(), fit) for form, fit in forms for m in form.finditer(text)]
            return sorted(found)
        case "duration" | "percent" | "ordinal":
            form = {"duration": DURATION, "percent": PERCENT, "ordinal": ORDINAL}[expected.kind]
            return [(m.start(), m.end(), 1.0) for m in form.finditer(text)]
        case "count":
            others = (DATE, PERCENT, MONEY, ORDINAL)
            taken = [m.span() for form in others for m in form.finditer(text)]
            return [
                (m.start(), m.end(), _count_match(text[m.end() : m.end() + 60], expected.unit))
                for m in COUNT.finditer(text)
                if not any(a < m.end() and m.start() < b for a, b in taken)
            ]
    return []


def has_verb(text: str) -> bool:
    """Whether a line of English looks like a sentence: captions and headings have no finite verb."""
    # A long line, or one with a pronoun or colon, without a known form has one in the present
    # tense, which looks like a noun.
    return (
        bool(_VERB.search(text)) or bool(_PRONOUN_OR_COLON.search(text)) or len(text.split()) > 16
    )


def _names(text: str, noun: str | None) -> list[tuple[int, int, float]]:
    """Return names and quoted words; those that contain the noun asked for match best."""
    noun_terms = frozenset(terms_of(noun)) if noun else frozenset()
    found = []
    dates = [m.span() for m in DATE.finditer(text)]
    for match in NAME.finditer(text):
        start, end = match.span()
        if any(a < end and start < b for a, b in dates):
            continue
        first = match.group().split(" ")[0]
        if first.lower() in _DETERMINERS:
            start += len(first) + 1
        if start >= end:
            continue
        holds = bool(noun_terms & frozenset(terms_of(text[start:end])))
        single = " " not in text[start:end] and start == 0
        weak = single or is_country(text[start:end])
        found.append((start, end, 0.35 if weak else 1.0 if holds else 0.7))
    found += [(m.start("inner"), m.end("inner"), 0.8) for m in _QUOTED.finditer(text)]
    return sorted(found)


def _location_match(text: str, start: int, end: int, noun: str | None) -> float:
    """Return 1 where the location is of the type asked for ("province"), less otherwise."""
    if noun is None:
        return 1.0
    nearby = text[max(0, start - 20) : end].lower()
    if noun in nearby and regex.search(rf"\b{regex.escape(noun)}\b", nearby):
        return 1.0
    words = {word.lower() for word in text[start:end].split()}
    return 0.5 if words & LOCATION_WORDS else 0.8


def _is_office(match: regex.Match[str]) -> bool:
    return any(is_office(word) for word in match.group().split())


def _date_match(found: str, unit: str | None) -> float:
    year = bool(regex.search(r"(?:19|20)\d\d", found))
    month = bool(_LONG_DATE.search(found))
    match unit:
        case "year":
            return 1.0 if year else 0.2
        case "date" | "day":
            return 1.0 if month and regex.search(r"\b\d{1,2}\b", found) else 0.4
        case "month":
            return 1.0 if month else 0.3
        case "months" | "years" | "period":
            return 1.0 if regex.search(r"[-–]|\bto\b|first|through", found) else 0.4
    return 1.0 if year or month else 0.7


def _in_currency(found: str, unit: str | None) -> bool:
    if unit is None:
        return True
    signs = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥", "yuan": "¥"}
    stem = unit.rstrip("s")
    return stem in found.lower() or signs.get(stem, "\0") in found


def _count_match(following: str, unit: str | None) -> float:
    """Return 1 where the counted noun follows the figure, less with distance."""
    if unit is None:
        return 0.7
    head = terms_of(unit)[-1:]
    words = terms_of(following)
    return next((1.0 - 0.1 * n for n, word in enumerate(words[:6]) if (word,) == head), 0.3)
