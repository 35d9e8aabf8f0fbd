"""Which capitalised words are names, and of what: told by the words around them, not by a list of names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.months import CALENDAR_WORDS
from rag.patterns import lazily


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
PLACE_WORDS = word_set(
    """
    city province state county district town village region river lake sea ocean island islands
    peninsula mountain mount valley bay gulf street road avenue square bridge airport port
    station palace hall headquarters park stadium desert forest waterfall waterfalls falls
    strait coast border republic kingdom
    """
)
_NEVER = CALENDAR_WORDS | word_set(
    """
    the a an this that these those he she it they we i you his her its their our my your in on
    at by for from to of with without and or but if when while after before during since until
    because as although however meanwhile moreover according both all some many most each every
    no not yes there here what who whom whose which where why how total one two three
    four five six seven eight nine ten hundreds thousands millions photo source following
    regarding reviewing including than then also under over between among through across first
    second third last next
    """
)
_COUNTRIES = frozenset(
    name.strip()
    for name in """
    Afghanistan, Albania, Algeria, America, Angola, Argentina, Armenia, Australia, Austria, Azerbaijan,
    Bahrain, Bangladesh, Belarus, Belgium, Benin, Bhutan, Bolivia, Bosnia, Botswana, Brazil, Britain,
    Brunei, Bulgaria, Burundi, Cambodia, Cameroon, Canada, Chile, China, Colombia, Congo, Croatia, Cuba,
    Cyprus, Czechia, Denmark, Ecuador, Egypt, England, Eritrea, Estonia, Ethiopia, Fiji, Finland, France,
    Gabon, Gambia, Germany, Ghana, Greece, Guatemala, Guinea, Guyana, Haiti, Honduras, Hungary, Iceland,
    India, Indonesia, Iran, Iraq, Ireland, Israel, Italy, Jamaica, Japan, Kazakhstan, Kenya, Kosovo,
    Kuwait, Kyrgyzstan, Laos, Latvia, Lebanon, Lesotho, Liberia, Libya, Lithuania, Luxembourg,
    Madagascar, Malawi, Malaysia, Maldives, Mali, Malta, Mauritania, Mauritius, Mexico, Moldova,
    Mongolia, Montenegro, Morocco, Mozambique, Myanmar, Namibia, Nepal, Netherlands, Nicaragua, Niger,
    Nigeria, Norway, Oman, Pakistan, Palestine, Panama, Paraguay, Peru, Philippines, Poland, Portugal,
    Qatar, Romania, Russia, Rwanda, Scotland, Senegal, Serbia, Singapore, Slovakia, Slovenia, Somalia,
    Spain, Sudan, Suriname, Sweden, Switzerland, Syria, Taiwan, Tajikistan, Tanzania, Thailand, Togo,
    Tunisia, Turkey, Turkmenistan, Uganda, Ukraine, Uruguay, Uzbekistan, Venezuela, Vietnam, Viet Nam,
    Wales, Yemen, Zambia, Zimbabwe, Africa, Asia, Europe, North Korea, South Korea, Korea, South Africa,
    Saudi Arabia, Sri Lanka, New Zealand, Costa Rica, El Salvador, United States, United Kingdom,
    United Arab Emirates, Ivory Coast, Sierra Leone, Soviet Union, European Union
    """.replace("\n", " ").split(",")
)
_OF_A_COUNTRY = lazily(r"\p{Lu}\p{Ll}{2,}(?:ese|ish|ans?|is?|ic)")
_IRREGULAR = word_set(
    "French Dutch Greek Swiss Thai Danish Spanish Welsh Irish Polish Filipino Finnish"
)
_STEMS = frozenset(name[:4] for name in _COUNTRIES)
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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a set of passages tells about its capitalised words."""

    common: frozenset[str]
    """Words that stand there in lower case too, so that a capital alone makes them no name."""
    full: frozenset[str]
    """Parts of names of two words or more."""
    places: frozenset[str]
    """Runs of capitalised words that something happened in."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Surroundings:
        """Gather it from texts."""
        whole = list(texts)
        common = frozenset(m.group() for text in whole for m in _LOWER.finditer(text))
        known = cls(common, frozenset(), frozenset())
        parts: set[str] = set()
        placed: dict[str, int] = {}
        for text in whole:
            for start, end in _bare_runs(text, known):
                run = text[start:end]
                if " " in run and not _body(run):
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


def persons(text: str, known: Surroundings) -> list[tuple[int, int, float]]:
    """Return personal names as ``(start, end, sureness 0..1)``, in order, without title or office."""
    found = []
    for start, end in _bare_runs(text, known):
        run = text[start:end]
        words = run.split(" ")
        if len(words) > 1 and words[0] in _COUNTRIES:
            # An office "of Vietnam" ends where its holder's name begins.
            start += len(words[0]) + 1
            run, words = text[start:end], words[1:]
        if _body(run) or len(words) > 5 or run.isupper() or run in known.places | _COUNTRIES:
            continue
        if run[-1] in "-–" or (end < len(text) and text[end] in "-–"):
            continue
        if len(words) == 1 and (is_demonym(run) or len(run) < 3):
            continue
        before, after = text[max(0, start - 30) : start], text[end : end + 40]
        sureness = 0.6 if len(words) > 1 else 0.5 if run in known.full else 0.15
        last = regex.search(r"(\p{L}+),? $", before)
        role_before = bool(last and last.group(1).lower() in _ROLE)
        following = _ROLE_AFTER.search(after)
        role_after = bool(following and following["word"].lower() in _ROLE)
        sureness += 0.25 * (role_before or role_after or bool(_SPEECH_AFTER.search(after)))
        sureness += 0.15 * bool(not before.strip() or _BY.search(before))
        sureness -= 0.3 * bool(_IN.search(before))
        found.append((start, end, max(0.0, min(1.0, sureness))))
    return found


def places(text: str, known: Surroundings) -> list[tuple[int, int, float]]:
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
        if any(word in PLACE_WORDS for word in words):
            sureness = 0.8
        elif run in known.places | _COUNTRIES:
            sureness = 0.6
        if _IN.search(text[max(0, start - 14) : start]):
            sureness += 0.3
        if any(word in _BODY or word in _ROLE for word in words):
            sureness -= 0.3
        found.append((start, end, max(0.05, min(1.0, sureness))))
    return found


def offices(text: str) -> list[tuple[int, int, str]]:
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


def country_of(text: str, start: int, end: int) -> str | None:
    """Return the first letters of the country an office at these offsets belongs to, if it is said.

    They are few enough to be those of its people's name too: "China's", "Chinese".
    """
    after = regex.match(
        r"(?: (?:and |for |of |the )*\p{Lu}\p{L}+)*? (?:of|for|in) (?:the )?", text[end:]
    )
    for found in _WORD.finditer(
        text, end + (after.end() if after else 0), min(len(text), end + 45)
    ):
        if found.group() in _COUNTRIES:
            return found.group()[:4].lower()
        if not found.group()[0].isupper() and found.group() not in ("of", "the", "and", "for"):
            break
    for word in [m.group() for m in _WORD.finditer(text, max(0, start - 30), start)][-3:]:
        if word in _COUNTRIES or is_demonym(word):
            return word[:4].lower()
    return None


def is_country(name: str) -> bool:
    """Whether a name is a country's or its people's."""
    return name in _COUNTRIES or is_demonym(name)


def is_body_word(word: str) -> bool:
    """Whether a word names a sort of body or institution ("Bank", "Times", "University")."""
    return word.lower() in _BODY


def is_office(word: str) -> bool:
    """Whether a word names an office or rank ("Minister", "Professor")."""
    return word.lower() in _ROLE


def is_demonym(word: str) -> bool:
    """Whether a word is what comes from a country: it begins as one does and ends as such words do."""
    return word in _IRREGULAR or (
        word[:4] in _STEMS and word not in _COUNTRIES and bool(_OF_A_COUNTRY.fullmatch(word))
    )


def _bare_runs(text: str, known: Surroundings) -> list[tuple[int, int]]:
    """Return runs of capitalised words without what is no part of a name at either end."""
    runs = []
    for match in _RUN.finditer(text):
        tokens = [(m.start() + match.start(), m.group()) for m in _TOKEN.finditer(match.group())]
        part: list[tuple[int, str]] = []
        for place, word in [*tokens, (0, "the")]:
            bare = _POSSESSIVE.sub("", word)
            low = bare.lower().rstrip(".")
            plain = low in _NEVER or low in _ROLE or (low in known.common and len(low) > 3)
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


def _body(run: str) -> bool:
    return any(w.lower() in _BODY or w.lower() in PLACE_WORDS for w in regex.split(r"[ -]", run))
