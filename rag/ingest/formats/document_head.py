"""What a document (PDF, Word) says of itself, in its first lines and its properties: title, day, authors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from rag.ingest.datelines import DateLine, byline_outlet, find_outlet, read_byline, read_date_line
from rag.ingest.options import ReadOptions
from rag.text.dates import FoundDate, find_dates
from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

# Lines of a head that name the day: what is longer is a sentence that mentions one.
_HEAD_LINES = 12
_MAX_LINE = 120
_MIN_SENTENCE = 8
_FIRST_YEAR = 1990
_SENTENCE_END = lazily(r"[\p{Sentence_Terminal}…][\"'”’»)\]]*$")
_FILE_NAME = lazily(
    r"\.(?:pdf|docx?|odt|rtf|indd|qxp|qxd|pub|pages|txt|html?|p65|pmd|xls[xm]?|pptx?|tex|dvi|ps)$"
    r"|^(?:https?|file)://|[/\\_]|^\p{N}+$"
)
_PERSON = lazily(
    r"\p{Lu}[\p{L}\p{M}.'’-]*(?:\s+(?:\p{Lu}[\p{L}\p{M}.'’-]*|de|da|van|von|der|bin|al|la|le)){1,4}"
)
_DIGIT = lazily(r"\p{N}")
_WORDS = lazily(r"[\p{L}\p{N}]+")
_HAN = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")
_SUFFIX = lazily(r"\s+(?:[|–—·•»-]|::)\s+")


@dataclass(frozen=True, slots=True)
class Head:
    """What the lines at the head of a document say."""

    published: date | None = None
    authors: tuple[str, ...] = ()
    outlet: str | None = None
    used: frozenset[int] = frozenset()
    """Numbers of the lines that said no more than that: furniture of the story."""
    note: str | None = None


def read_head(lines: Sequence[str], options: ReadOptions, running: Sequence[str] = ()) -> Head:
    """Return the date, authors and outlet that a document's lines name, the first of it first.

    ``running`` are lines repeated on its pages: a newspaper's name and day often stand there alone.
    """
    sentences = (n for n, line in enumerate(lines) if is_sentence(line))
    body = min(next(sentences, _HEAD_LINES), _HEAD_LINES)
    authors: tuple[str, ...] = ()
    used: set[int] = set()
    employer: str | None = None
    for number, line in enumerate(lines[:body]):
        names = () if authors else read_byline(line)
        if names:
            authors, employer = names, byline_outlet(line)
            used.add(number)
    # A dateline stands at the head of the first sentences, an agency's name in it.
    outlet = employer or next(
        (o for line in lines[body : body + 2] if (o := find_outlet(line))), None
    )
    labelled = _labelled(lines, body, options)
    if labelled is not None:
        day, note, numbers, dated = labelled
        return Head(
            day, authors or dated.authors, outlet or dated.outlet, frozenset(used | numbers), note
        )
    for line in (*running, *lines[:body]):
        found = _only_date(line)
        if found is not None and found.day <= date.today() + timedelta(days=1):
            day, note = ordered(found, options)
            return Head(day, authors, outlet, frozenset(used), note)
    return Head(None, authors, outlet, frozenset(used))


def _labelled(
    lines: Sequence[str], body: int, options: ReadOptions
) -> tuple[date, str | None, set[int], DateLine] | None:
    """Return the day of the date lines in the head, or of a labelled one in the last lines."""
    found = [(n, dated) for n, line in enumerate(lines[:body]) if (dated := read_date_line(line))]
    tail = range(max(body, len(lines) - 3), len(lines))
    found += [(n, dated) for n in tail if (dated := read_date_line(lines[n])) and dated.label]
    if not found:
        return None
    ranks = {"published": 0, None: 1, "updated": 2}
    number, chosen = min(found, key=lambda one: (ranks[one[1].label], one[0]))
    if chosen.day.year < _FIRST_YEAR and chosen.label is None:
        return None
    dates = find_dates(lines[number])
    same = next((one for one in dates if one.day == chosen.day), None)
    day, note = ordered(same, options) if same else (chosen.day, None)
    return day, note, {n for n, _ in found}, chosen


def _only_date(line: str) -> FoundDate | None:
    """Return the date in a line that is no sentence and names one day."""
    dates = find_dates(line) if len(line) <= _MAX_LINE and not is_sentence(line) else []
    return dates[0] if len({one.day for one in dates}) == 1 else None


def ordered(found: FoundDate, options: ReadOptions) -> tuple[date, str | None]:
    """Return a date in the order the user gave, and a note where neither they nor it says which."""
    if not found.ambiguous:
        return found.day, None
    if options.date_order == "mdy":
        return found.day.replace(month=found.day.day, day=found.day.month), None
    if options.date_order == "dmy":
        return found.day, None
    return found.day, f"its date was read day first, as {found.day}; give --date-order if it is not"


def is_sentence(line: str) -> bool:
    """Whether a line is prose: some words and the end of a sentence."""
    words = len(line.split()) + len(_HAN.findall(line)) // 2
    return words >= _MIN_SENTENCE and bool(_SENTENCE_END.search(line))


def sane_title(title: str | None) -> str | None:
    """Return a document's property if it is a title, not a file's name or an office program's filler."""
    line = normalise_line(title or "")
    if not _WORDS.search(line) or len(line) > 300 or _FILE_NAME.search(line):
        return None
    if line.lower() in _fillers() or any(
        line.lower().startswith(f"{one} - ") for one in _fillers()
    ):
        return None
    return line if len(line.split()) > 1 or len(_HAN.findall(line)) > 3 else None


def person(name: str | None) -> tuple[str, ...]:
    """Return a document's author property where it is a person's name, not an account's or a program's."""
    line = normalise_line(name or "")
    if _DIGIT.search(line) or line.lower() in _fillers() or not _PERSON.fullmatch(line):
        return ()
    return (line,)


def split_title(title: str, headline: str) -> tuple[str, str | None]:
    """Return a headline and the outlet's name that a title gives after it ("Headline | Halden Herald")."""
    parts = _SUFFIX.split(title)
    if len(parts) > 1 and folded(title).startswith(folded(headline)):
        rest = parts[-1].strip()
        if folded(headline) and folded(rest) not in folded(headline) and len(rest.split()) <= 6:
            return headline, rest
    return headline, None


def without_outlet(title: str, page: str) -> str:
    """Return a title without the outlet's name after it, where a page has the rest and not the whole."""
    first = _SUFFIX.split(title)[0].strip()
    known, whole = folded(page), folded(title)
    return (
        first
        if len(folded(first)) >= 8 and folded(first) in known and whole not in known
        else title
    )


def folded(text: str) -> str:
    """Return a text's letters and digits in one case."""
    return "".join(_WORDS.findall(text.casefold()))


def known_day(value: date | None) -> date | None:
    """Return a property's day where it can be one of publication."""
    if value is None or not date(_FIRST_YEAR, 1, 1) <= value <= date.today() + timedelta(days=1):
        return None
    return value


@cache
def _fillers() -> frozenset[str]:
    text = (files("rag.ingest.formats") / "document_fillers.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line)
