"""The English vocabulary of temporal expressions, as data for the parser."""

from __future__ import annotations

from rag.text import numbers
from rag.text.months import MONTH_NUMBERS, WEEKDAYS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS = {name.lower(): number for name, number in MONTH_NUMBERS.items()}
DOUBTFUL_MONTHS = frozenset({"may", "march", "mar", "jan", "dec", "sept", "sep", "oct", "nov"})
"""Months only with a capital: as small letters they are another word, or too short to trust."""
DAYS_OF_WEEK = {name.lower(): number for number, name in enumerate(WEEKDAYS)}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first of a season's three months, as the northern half of the world has them."""

UNITS = {
    "day": ("days", 1),
    "week": ("weeks", 1),
    "fortnight": ("weeks", 2),
    "month": ("months", 1),
    "quarter": ("months", 3),
    "year": ("years", 1),
    "decade": ("years", 10),
}
"""A unit of the calendar as an argument of `dateutil.relativedelta`."""
HALF = "half"
HOURS = frozenset({"hour", "hours"})

NUMBERS = numbers.CARDINALS | {"a": 1, "an": 1, "couple": 2, "few": 5, "several": 5}
"""Counts of days, weeks and so on; the vague ones are read generously."""
_LAST_ORDINAL = 4
ORDINALS = {word: n for word, n in numbers.ORDINALS.items() if n <= _LAST_ORDINAL} | {
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}

THIS = frozenset({"this", "current"})
LAST = frozenset({"last", "previous"})
PAST = frozenset({"past", "last", "previous"})
"""Before a number of units: those that end on the day asked."""
COMING = frozenset({"next", "coming", "following"})
STARTS = frozenset({"start", "beginning", "outset", "early"})
MIDDLES = frozenset({"middle", "mid"})
ENDS = frozenset({"end", "close", "late"})
PARTS_OF_DAY = frozenset({"morning", "afternoon", "evening", "night"})

WITHIN = _words("in on at from during over within for throughout")
"""Prepositions that leave a period as it is."""
SINCE, AFTER, BEFORE = frozenset({"since"}), frozenset({"after"}), frozenset({"before"})
UNTIL = frozenset({"until", "till", "through", "by"})
LEADS = _words(
    "in on at of for during since from to until till through by before after between and "
    "within over around early late mid this last next past previous throughout the"
)
"""Words after which a lone month or year stands for a time."""
JOINS = frozenset({"to", "until", "till", "through", "-", "–", "—"})

ASKING_NEWEST = frozenset({"latest", "newest", "current", "currently", "now", "nowadays"})
"""Words that ask for the state of things on the day asked."""
LEANING_NEWEST = _words(
    "still yet next upcoming recent recently lately incumbent sitting ongoing reigning"
)
FORMER = _words("former formerly ex previous previously predecessor late then once outgoing")
"""Words that ask for how things were, in whatever tense."""
PRESENT = _words("is are am has have does do can will")
SHORT_PRESENT = frozenset({"'s", "'re"})
"""Verbs behind a question word, else a genitive."""
QUESTION_WORDS = _words("who what where when how which why there it")
PAST_TENSE = _words("was were did had could would might")
AHEAD = frozenset({"will", "shall", "upcoming"})
"""Words of the future: with them a day without a year is the next one."""
