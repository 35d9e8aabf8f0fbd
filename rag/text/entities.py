"""Which capitalised words are names, and of what: told by the words around them, not by a list of names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.text.countries import Codes, codes, country_words, is_demonym
from rag.text.months import CALENDAR_WORDS
from rag.text.numbers import CARDINALS
from rag.text.patterns import lazily


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, written so for the sake of those who read lists."""
    return frozenset(text.split())


_ROLE = word_set(
    """
    president minister secretary general chairman chairwoman chair chairperson chief director
    professor ambassador governor mayor king queen prince princess pope bishop archbishop
    senator judge justice colonel captain sergeant officer spokesman spokeswoman spokesperson
    leader premier chancellor deputy vice assistant permanent standing acting former prime
    foreign member commissioner editor coach founder ceo mr mrs ms miss dr prof sir lord lady
    comrade state head representative delegate lawmaker congressman congresswoman counsellor
    councillor consul envoy economist analyst researcher scholar expert journalist reporter
    photographer author writer actor actress singer guest host manager player striker midfielder
    goalkeeper counterpart
    """
)
_BODY = word_set(
    """
    committee party ministry department university institute institution council court congress
    assembly association union bank company corporation corp inc ltd group agency office bureau
    organisation organization commission government parliament army police school college church
    club team league festival award prize administration federation foundation society museum
    hospital network news times post press radio television board cabinet politburo authority
    centre center academy alliance forum treaty convention declaration agreement charter act law
    code initiative programme program project plan strategy partnership cup games championship
    session summit conference meeting front movement service fund house senate supreme central
    national international people's
    """
)
LOCATION_WORDS = word_set(
    """
    city province state county district town village region river lake sea ocean island islands
    peninsula mountain mount valley bay gulf street road avenue square bridge airport port
    station palace hall headquarters park stadium desert forest waterfall waterfalls falls
    strait coast border republic kingdom
    """
)
_NEVER = CALENDAR_WORDS.union(CARDINALS) | word_set(
    """
    the a an this that these those he she it they we i you his her its their our my your in on
    at by for from to of with without and or but if when while after before during since until
    because as although however meanwhile moreover according both all some many most each every
    no not yes there here what who whom whose which where why how total hundreds thousands
    millions photo source following regarding reviewing including than then also under over
    between among through across first second third last next
    """
)
# People are called by these countries' names too.
_ALSO_PEOPLE = word_set("Chad Georgia Holland Israel Jordan")
_RUN = lazily(
    r"(?:\p{Lu}[\p{L}\p{M}'’-]*(?:\.(?= \p{Lu}))?)(?: (?:\p{Lu}[\p{L}\p{M}'’-]*(?:\.(?= \p{Lu}))?))*"
)
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
    """What a set of passages tells about its capitalised words."""

    lower_case: frozenset[str]
    """Words that stand there in lower case too, so that a capital alone makes them no name."""
    name_parts: frozenset[str]
    """Parts of names of two words or more."""
    locations: frozenset[str]
    """Runs of capitalised words that something happened in."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> CasingStats:
        """Gather it from texts."""
        whole = list(texts)
        common = frozenset(m.group() for text in whole for m in _LOWER.finditer(text))
        known = cls(common, frozenset(), frozenset())
        parts: set[str] = set()
        placed: dict[str, int] = {}
        for text in whole:
            for start, end in _bare_runs(text, known):
                run = text[start:end]
                if " " in run and not is_organisation(run):
                    parts.update(run.split(" "))
                placed[run] = placed.get(run, 0) + (
                    1 if _IN.search(text, max(0, start - 14), start) else -1
                )
        singles = {run for run, count in placed.items() if " " not in run and count > -3}
        inside = {
            run
            for text in whole
            for run in singles
            # Most runs stand in few texts: looking for the plain words first spares a pattern each.
            if f"in {run}" in text and regex.search(rf"\bin {regex.escape(run)}\b", text)
        }
        return cls(common, frozenset(parts), frozenset(inside))


def find_persons(text: str, known: CasingStats) -> list[tuple[int, int, float]]:
    """Return personal names as ``(start, end, sureness 0..1)``, in order, without title or office."""
    found = []
    for start, end in _bare_runs(text, known):
        # An office "of Vietnam" ends where its holder's name begins.
        start += _country_before_name(text, start, end)
        run = text[start:end]
        words = run.split(" ")
        if is_organisation(run) or len(words) > 5 or run.isupper() or run in known.locations:
            continue
        if run[-1] in "-–" or (end < len(text) and text[end] in "-–"):
            continue
        if is_country(run) and not (is_also_personal_name(run) and run in known.name_parts):
            continue
        if len(run) < 3:
            continue
        before, after = text[max(0, start - 30) : start], text[end : end + 40]
        sureness = 0.6 if len(words) > 1 else 0.5 if run in known.name_parts else 0.15
        last = regex.search(r"(\p{L}+),? $", before)
        role_before = bool(last and last.group(1).lower() in _ROLE)
        following = _ROLE_AFTER.search(after)
        role_after = bool(following and following["word"].lower() in _ROLE)
        sureness += 0.25 * (role_before or role_after or bool(_SPEECH_AFTER.search(after)))
        sureness += 0.15 * bool(not before.strip() or _BY.search(before))
        sureness -= 0.3 * bool(_IN.search(before))
        found.append((start, end, max(0.0, min(1.0, sureness))))
    return found


def find_locations(text: str, known: CasingStats) -> list[tuple[int, int, float]]:
    """Return names of places as ``(start, end, sureness 0..1)``, in order."""
    found = []
    for match in _RUN.finditer(text):
        start, end = match.span()
        if text[start:end].split(" ", maxsplit=1)[0].lower() in _NEVER:
            start = start + len(text[start:end].split(" ", maxsplit=1)[0]) + 1
        run = _POSSESSIVE.sub("", text[start:end])
        end = start + len(run)
        if not run or is_demonym(run) or run.lower() in _NEVER:
            continue
        words = [word.lower() for word in run.split(" ")]
        sureness = 0.2
        if any(word in LOCATION_WORDS for word in words):
            sureness = 0.8
        elif run in known.locations or is_country(run):
            sureness = 0.6
        if _IN.search(text[max(0, start - 14) : start]):
            sureness += 0.3
        if any(word in _BODY or word in _ROLE for word in words):
            sureness -= 0.3
        found.append((start, end, max(0.05, min(1.0, sureness))))
    return found


def find_offices(text: str) -> list[tuple[int, int, str]]:
    """Return runs of words that name an office, as ``(start, end, the words in lower case)``.

    "Deputy Prime Minister" is one run, so that it is not taken for a Prime Minister.
    """
    found: list[tuple[int, int, str]] = []
    for match in _WORD.finditer(text):
        if match.group().lower() not in _ROLE:
            continue
        word = match.group().lower()
        if found and text[found[-1][1] : match.start()] in (" ", "-", " of "):
            start, _, words = found.pop()
            found.append((start, match.end(), f"{words} {word}"))
        else:
            found.append((match.start(), match.end(), word))
    return found


def country_of(text: str, start: int, end: int) -> Codes:
    """Return the codes of the country an office at these offsets belongs to; none where it is not said."""
    after = regex.match(
        r"(?: (?:and |for |of |the )*\p{Lu}\p{L}+)*? (?:of|for|in) (?:the )?", text[end:]
    )
    place = end + (after.end() if after else 0)
    named = [w for w in country_words(text, place, place + _REACH_OF_COUNTRY) if not w.demonym]
    for found in _WORD.finditer(text, place, end + _REACH_OF_COUNTRY):
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
    return name in _ALSO_PEOPLE


def is_organisation_word(word: str) -> bool:
    """Whether a word names a sort of body or institution ("Bank", "Times", "University")."""
    return word.lower() in _BODY


def is_office(word: str) -> bool:
    """Whether a word names an office or rank ("Minister", "Professor")."""
    return word.lower() in _ROLE


def _bare_runs(text: str, known: CasingStats) -> list[tuple[int, int]]:
    """Return runs of capitalised words without what is no part of a name at either end."""
    runs = []
    for match in _RUN.finditer(text):
        tokens = [(m.start() + match.start(), m.group()) for m in _TOKEN.finditer(match.group())]
        part: list[tuple[int, str]] = []
        for place, word in [*tokens, (0, "the")]:
            bare = _POSSESSIVE.sub("", word)
            low = bare.lower().rstrip(".")
            plain = low in _NEVER or low in _ROLE or (low in known.lower_case and len(low) > 3)
            if plain or (is_demonym(bare) and len(tokens) > 1 and not part):
                if part:
                    runs.append((part[0][0], part[-1][0] + len(part[-1][1])))
                part = []
                continue
            part.append((place, bare))
            if bare != word:
                runs.append((part[0][0], place + len(bare)))
                part = []
    return runs


def is_organisation(run: str) -> bool:
    """Whether a capitalised run has a word that organisations or locations have ("Bank", "Bay")."""
    return any(w.lower() in _BODY or w.lower() in LOCATION_WORDS for w in regex.split(r"[ -]", run))


def _country_before_name(text: str, start: int, end: int) -> int:
    """Return the length of the country, with the space after it, that a run of words begins with."""
    first = next(country_words(text, start, end), None)
    if first is None or first.start > start or not text.startswith(" ", first.end):
        return 0
    if is_also_personal_name(text[start : first.end]):
        before = text[max(0, start - 40) : start]
        if not (_OF.search(before) and find_offices(before)):
            return 0
    return first.end + 1 - start if first.end + 1 < end else 0
