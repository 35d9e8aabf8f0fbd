"""What a question wants (a person, a date, a number, ...) and where text offers it."""

from __future__ import annotations

from dataclasses import dataclass

import regex

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundred|thousand|million|billion|trillion|dozens?|half|quarter|third|double|twice|both"
)
_ORDINAL_WORDS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth"
    "|fourteenth|fifteenth|twentieth"
)
_SCALE = "hundred|thousand|million|billion|trillion|mln|bln|trn|m|bn|tn|k"
_FIGURE = rf"\d[\d,]*(?:\.\d+)?(?:[ -]?(?:{_SCALE})\b)?"
_CURRENCY = (
    r"yuan|renminbi|RMB|(?:U\.?S\.?|US) dollars?|dollars?|USD|euros?|EUR|pounds?|GBP|yen|won|dong|VND"
    r"|rupees?|roubles?|rubles?|francs?|cents?"
)
_QUALIFIER = (
    r"(?:(?:about|around|nearly|almost|over|more than|less than|no less than|at least|at most"
    r"|up to|some|roughly|approximately|fewer than) )?"
)
MONEY = regex.compile(
    rf"{_QUALIFIER}(?:(?:US|A|C|HK|S)?[$€£¥₫] ?{_FIGURE}|{_FIGURE} (?:{_CURRENCY})\b)", regex.I
)
PERCENT = regex.compile(
    rf"{_QUALIFIER}(?:{_FIGURE}|(?:{_NUMBER_WORDS})) ?(?:%|per ?cent\b|percentage points?\b)"
    rf"|\b(?:an? |one |two |three )?(?:third|quarter|half|fifth|tenth)s?\b",
    regex.I,
)
DATE = regex.compile(
    rf"\b(?:(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? (?:19|20)\d\d)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})\.?(?:,? (?:19|20)\d\d)?"
    rf"|(?:(?:early|late|mid)[ -])?(?:{_MONTHS})\.?,? (?:of )?(?:19|20)\d\d"
    rf"|(?:19|20)\d\d[-–](?:19|20)?\d\d|(?:19|20)\d\ds?"
    rf"|\d{{1,2}}[-/]\d{{1,2}}[-/](?:19|20)\d\d"
    rf"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    rf"|(?:{_MONTHS})\b(?= |\.|,|$))"
)
DURATION = regex.compile(
    rf"{_QUALIFIER}(?:{_FIGURE}|(?:{_NUMBER_WORDS})|several|few|a)[ -]"
    r"(?:second|minute|hour|day|week|month|year|decade|centur)(?:s|ies|y)?\b",
    regex.I,
)
COUNT = regex.compile(
    rf"{_QUALIFIER}(?:{_FIGURE}(?!(?:st|nd|rd|th)\b)|\b(?:{_NUMBER_WORDS})"
    rf"(?:[ -](?:{_NUMBER_WORDS}))*\b)",
    regex.I,
)
ORDINAL = regex.compile(rf"\b(?:\d+(?:st|nd|rd|th)|(?:{_ORDINAL_WORDS}))\b", regex.I)
NAME = regex.compile(
    r"(?:\p{Lu}[\p{L}\p{M}'’.-]*\p{L}|\p{Lu})(?:(?: (?:of|and|the|de|la|van|von|bin|al|for|on|in)"
    r"(?: the)?)?[ -](?:\p{Lu}[\p{L}\p{M}'’-]*|\d{1,4}(?!\d)))*"
)
_QUOTED = regex.compile(r"[\"“‘'](?P<inner>[^\"“”‘’']{3,90})[\"”’']")


@dataclass(frozen=True, slots=True)
class Want:
    """What kind of words answer a question, and how sure the question's form makes that."""

    kind: str
    """person, place, date, duration, count, ordinal, percent, money, name, acronym or clause."""
    unit: str | None = None
    """What is counted ("agreements"), for a count."""


_FORMS: tuple[tuple[str, str], ...] = (
    ("money", r"\bhow much (?:money|did .* (?:cost|pay|spend|import|export|earn)|.* worth)\b"),
    (
        "money",
        r"\b(?:what|which) (?:was|is|were|are)? ?(?:the )?(?:\w+ )*"
        r"(?:value|price|cost|amount|worth|sum)\b|\bhow (?:large|big) (?:was|were|is) .*trade",
    ),
    (
        "percent",
        r"\b(?:what|which) (?:percent|per cent|percentage|share|proportion|fraction|part)"
        r"\b|\bby how much\b|\bhow (?:fast|much) (?:did|has|have) .*(?:grow|rise|rose|increase|fall|drop)"
        r"|\b(?:growth|year[- ]on[- ]year) (?:rate|increase)|\brate of (?:growth|increase)",
    ),
    ("duration", r"\bhow (?:long|old)\b|\bhow many (?:years|months|weeks|days|hours|minutes)\b"),
    (
        "ordinal",
        r"\bwhich (?:session|anniversary|congress|round|edition|meeting|visit)\b"
        r"|\bwhat (?:rank|position|place|number|anniversary|session)\b|\bhow .*\brank\b"
        r"|\bwhich anniversary\b|\bhow (?:high|large) a (?:trading )?partner",
    ),
    ("count", r"\bhow many\b|\bwhat number of\b|\bnumber of\b"),
    ("money", r"\bhow much\b"),
    (
        "date",
        r"\bwhen\b|\b(?:what|which|whose) (?:\w+ )?(?:date|day|year|month|decade|century|time)\b"
        r"|\bby what (?:year|date)\b|\bin which year\b|\bsince when\b|\buntil when\b",
    ),
    (
        "place",
        r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|country|place|province|town|region|capital"
        r"|location|state|port|sea|waterfalls?|island|district|venue)\b",
    ),
    ("acronym", r"\bstands? for\b|\babbreviat|\bacronym\b|\bshort for\b"),
    (
        "person",
        r"\bwho(?:m|se)?\b|\bwhich (?:\w+ )?(?:person|leader|minister|official|president"
        r"|professor|chairman|politician|expert|scholar|analyst|editor|director)s?\b"
        r"|\bwhat (?:is|was) the name of the (?:\w+ )?(?:person|leader|minister|official)\b",
    ),
    (
        "clause",
        r"\bwhy\b|\bhow (?:did|do|does|is|are|was|were|will|would|should|can|could)\b"
        r"|\bwhat (?:did|do|does|will|would|should) .*"
        r"\b(?:say|agree|discuss|do|urge|propose|call|pledge|stress|mean|think|want|hope|ask)\b"
        r"|\bwhat .*\b(?:reason|purpose|aim|goal|result|outcome)s?\b",
    ),
    (
        "name",
        r"\b(?:what|which) (?:\w+ ){0,3}(?:name|called|company|organi[sz]ation|agency|party"
        r"|committee|agreement|treaty|initiative|document|newspaper|outlet|university|institute"
        r"|office|title|post|newspaper|framework|convention|law)\b",
    ),
)
_COMPILED = tuple((kind, regex.compile(form, regex.I)) for kind, form in _FORMS)
_UNIT = regex.compile(r"\bhow many (?P<unit>[\p{L}-]+(?: [\p{L}-]+)?)", regex.I)


def wanted(question: str) -> Want:
    """Return what kind of words would answer; ``clause`` where the question's form does not tell."""
    for kind, form in _COMPILED:
        if form.search(question):
            unit = _UNIT.search(question) if kind == "count" else None
            return Want(kind, unit["unit"].lower() if unit else None)
    return Want("clause")


def offers(kind: str, text: str) -> list[tuple[int, int]]:
    """Return where a text offers words of a kind, as ``(start, end)`` offsets, in order."""
    match kind:
        case "person" | "place" | "name":
            return [(m.start(), m.end()) for m in NAME.finditer(text)]
        case "date":
            return [(m.start(), m.end()) for m in DATE.finditer(text)]
        case "duration":
            return [(m.start(), m.end()) for m in DURATION.finditer(text)]
        case "percent":
            return [(m.start(), m.end()) for m in PERCENT.finditer(text)]
        case "money":
            return [(m.start(), m.end()) for m in MONEY.finditer(text)]
        case "ordinal":
            return [(m.start(), m.end()) for m in ORDINAL.finditer(text)]
        case "count":
            taken = [
                (m.start(), m.end()) for form in (DATE, PERCENT, MONEY) for m in form.finditer(text)
            ]
            return [
                (m.start(), m.end())
                for m in COUNT.finditer(text)
                if not any(a < m.end() and m.start() < b for a, b in taken)
            ]
        case "acronym":
            return [(m.start(), m.end()) for m in NAME.finditer(text)]
    return [(m.start("inner"), m.end("inner")) for m in _QUOTED.finditer(text)]
