"""Rule-based recognition of persons, locations and offices, from context words and not a list of names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.text.countries import Codes, codes, country_words, is_demonym
from rag.text.months import CALENDAR_WORDS
from rag.text.numbers import CARDINALS
from rag.text.patterns import CAPITALISED_WORD, lazily
from rag.text.word_lists import listed_words


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_OFFICE_WORDS = listed_words("office_words")
_ORGANISATION_WORDS = listed_words("organisation_words")
LOCATION_WORDS = listed_words("location_words")
_NON_NAME_WORDS = CALENDAR_WORDS.union(CARDINALS) | listed_words("non_name_words")
# Countries whose names are personal names too.
_ALSO_PERSONAL = word_set("Chad Georgia Holland Israel Jordan")
_INITIAL = r"(?:\.(?= \p{Lu}))?"
_RUN = lazily(rf"{CAPITALISED_WORD}{_INITIAL}(?: {CAPITALISED_WORD}{_INITIAL})*")
_WORD = lazily(r"[\p{L}\p{M}]+")
_TOKEN = lazily(r"[^ ]+")
_LOWER = lazily(r"(?<![\p{L}])\p{Ll}[\p{L}\p{M}'’]*")
_IN = lazily(r"\b(?:in|at|near|across|outside|inside|throughout|visit(?:ed)?|to)(?: the)? $")
_SPEECH_AFTER = lazily(
    r"^,? (?:said|says|told|added|noted|stressed|affirmed|argued|wrote|met|received|chaired|who)\b"
)
_ROLE_AFTER = lazily(r"^(?:,| is| was| \()(?: (?:a|an|the|also|former))* ?(?P<word>\p{L}+)")
_BY = lazily(r"(?:\b(?:by|with|between|and|met|told|received|named|called)|[:;,]) $")
_POSSESSIVE = lazily(r"['’]s?$")
_OF = lazily(r"\bof (?:the )?$")
# Characters in which a country's name is looked for on either side of an office.
_REACH_OF_COUNTRY = 60


@dataclass(frozen=True, slots=True)
class CasingStats:
    """Statistics of the capitalised words of a set of passages."""

    lower_case: frozenset[str]
    """Words that occur in lower case too, so that a capital alone does not make them a name."""
    name_parts: frozenset[str]
    """Words of names that have two words or more."""
    locations: frozenset[str]
    """Capitalised runs that occur after "in"."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> CasingStats:
        """Compute the statistics of some texts."""
        all_texts = list(texts)
        common = frozenset(m.group() for text in all_texts for m in _LOWER.finditer(text))
        casing = cls(common, frozenset(), frozenset())
        parts: set[str] = set()
        placed: dict[str, int] = {}
        for text in all_texts:
            for start, end in _bare_runs(text, casing):
                run = text[start:end]
                if " " in run and not is_organisation(run):
                    parts.update(run.split(" "))
                placed[run] = placed.get(run, 0) + (
                    1 if _IN.search(text, max(0, start - 14), start) else -1
                )
        singles = {run for run, count in placed.items() if " " not in run and count > -3}
        inside = {
            run
            for text in all_texts
            for run in singles
            # The substring test is cheap and rules out most texts before a pattern is compiled.
            if f"in {run}" in text and regex.search(rf"\bin {regex.escape(run)}\b", text)
        }
        return cls(common, frozenset(parts), frozenset(inside))


def find_persons(text: str, casing: CasingStats) -> list[tuple[int, int, float]]:
    """Return personal names as ``(start, end, score 0..1)``, in order, without title or office."""
    found = []
    for start, end in _bare_runs(text, casing):
        # An office "of Vietnam" ends where its holder's name begins.
        start += _country_before_name(text, start, end)
        run = text[start:end]
        words = run.split(" ")
        if is_organisation(run) or len(words) > 5 or run.isupper() or run in casing.locations:
            continue
        if run[-1] in "-–" or (end < len(text) and text[end] in "-–"):
            continue
        if is_country(run) and not (is_also_personal_name(run) and run in casing.name_parts):
            continue
        if len(run) < 3:
            continue
        before, after = text[max(0, start - 30) : start], text[end : end + 40]
        score = 0.6 if len(words) > 1 else 0.5 if run in casing.name_parts else 0.15
        last = regex.search(r"(\p{L}+),? $", before)
        role_before = bool(last and last.group(1).lower() in _OFFICE_WORDS)
        following = _ROLE_AFTER.search(after)
        role_after = bool(following and following["word"].lower() in _OFFICE_WORDS)
        score += 0.25 * (role_before or role_after or bool(_SPEECH_AFTER.search(after)))
        score += 0.15 * bool(not before.strip() or _BY.search(before))
        score -= 0.3 * bool(_IN.search(before))
        found.append((start, end, max(0.0, min(1.0, score))))
    return found


def find_locations(text: str, casing: CasingStats) -> list[tuple[int, int, float]]:
    """Return names of locations as ``(start, end, score 0..1)``, in order."""
    found = []
    for match in _RUN.finditer(text):
        start, end = match.span()
        if text[start:end].split(" ", maxsplit=1)[0].lower() in _NON_NAME_WORDS:
            start = start + len(text[start:end].split(" ", maxsplit=1)[0]) + 1
        run = _POSSESSIVE.sub("", text[start:end])
        end = start + len(run)
        if not run or is_demonym(run) or run.lower() in _NON_NAME_WORDS:
            continue
        words = [word.lower() for word in run.split(" ")]
        score = 0.2
        if any(word in LOCATION_WORDS for word in words):
            score = 0.8
        elif run in casing.locations or is_country(run):
            score = 0.6
        if _IN.search(text[max(0, start - 14) : start]):
            score += 0.3
        if any(word in _ORGANISATION_WORDS or word in _OFFICE_WORDS for word in words):
            score -= 0.3
        found.append((start, end, max(0.05, min(1.0, score))))
    return found


def find_offices(text: str) -> list[tuple[int, int, str]]:
    """Return mentions of offices as ``(start, end, lower-cased words)``.

    "Deputy Prime Minister" is one mention, which does not match "Prime Minister".
    """
    found: list[tuple[int, int, str]] = []
    for match in _WORD.finditer(text):
        if match.group().lower() not in _OFFICE_WORDS:
            continue
        word = match.group().lower()
        if found and text[found[-1][1] : match.start()] in (" ", "-", " of "):
            start, _, words = found.pop()
            found.append((start, match.end(), f"{words} {word}"))
        else:
            found.append((match.start(), match.end(), word))
    return found


def country_of(text: str, start: int, end: int) -> Codes:
    """Return the codes of the country of an office at these offsets; empty where the text names none."""
    after = regex.match(
        r"(?: (?:and |for |of |the )*\p{Lu}\p{L}+)*? (?:of|for|in) (?:the )?", text[end:]
    )
    behind = end + (after.end() if after else 0)
    named = [w for w in country_words(text, behind, behind + _REACH_OF_COUNTRY) if not w.demonym]
    for found in _WORD.finditer(text, behind, end + _REACH_OF_COUNTRY):
        if named and named[0].start == found.start():
            return named[0].codes
        if not found.group()[0].isupper() and found.group() not in ("of", "the", "and", "for"):
            break
    for word in country_words(text, max(0, start - _REACH_OF_COUNTRY), start):
        if len(_WORD.findall(text, word.end, start)) < 3:
            return word.codes
    return frozenset()


def is_country(name: str) -> bool:
    """Whether a name is a country's or its people's."""
    return bool(codes(name))


def is_also_personal_name(name: str) -> bool:
    """Whether a country's name is a personal name too ("Jordan")."""
    return name in _ALSO_PERSONAL


def is_organisation_word(word: str) -> bool:
    """Whether a word is typical of organisation names ("Bank", "Times", "University")."""
    return word.lower() in _ORGANISATION_WORDS


def is_office(word: str) -> bool:
    """Whether a word names an office or rank ("Minister", "Professor")."""
    return word.lower() in _OFFICE_WORDS


def _bare_runs(text: str, casing: CasingStats) -> list[tuple[int, int]]:
    """Return runs of capitalised words, stripped of words that belong to no name."""
    runs = []
    for match in _RUN.finditer(text):
        tokens = [(m.start() + match.start(), m.group()) for m in _TOKEN.finditer(match.group())]
        part: list[tuple[int, str]] = []
        for position, word in [*tokens, (0, "the")]:
            bare = _POSSESSIVE.sub("", word)
            low = bare.lower().rstrip(".")
            plain = (
                low in _NON_NAME_WORDS
                or low in _OFFICE_WORDS
                or (low in casing.lower_case and len(low) > 3)
            )
            if plain or (is_demonym(bare) and len(tokens) > 1 and not part):
                if part:
                    runs.append((part[0][0], part[-1][0] + len(part[-1][1])))
                part = []
                continue
            part.append((position, bare))
            if bare != word:
                runs.append((part[0][0], position + len(bare)))
                part = []
    return runs


def is_organisation(run: str) -> bool:
    """Whether a capitalised run has a word that organisations or locations have ("Bank", "Bay")."""
    return any(
        w.lower() in _ORGANISATION_WORDS or w.lower() in LOCATION_WORDS
        for w in regex.split(r"[ -]", run)
    )


def _country_before_name(text: str, start: int, end: int) -> int:
    """Return the length of the country and following space that a run begins with, 0 if none."""
    first = next(country_words(text, start, end), None)
    if first is None or first.start > start or not text.startswith(" ", first.end):
        return 0
    if is_also_personal_name(text[start : first.end]):
        before = text[max(0, start - 40) : start]
        if not (_OF.search(before) and find_offices(before)):
            return 0
    return first.end + 1 - start if first.end + 1 < end else 0
