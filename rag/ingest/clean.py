"""Boilerplate removal: scraped page text to a story, with its headline, date, outlet and authors.

A scraper leaves one paragraph or one furniture item a line, so lines are what is judged. When in
doubt a line stays: a stray caption costs less than a lost sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import regex

from rag.ingest.datelines import DateLine, byline_outlet, find_outlet, read_byline, read_date_line
from rag.ingest.furniture import LANGUAGES, is_furniture
from rag.text.dates import DateOrder, date_order, find_date
from rag.text.patterns import lazily
from rag.text.prose import count_words, ends_sentence

_HEADER_LINES = 15
# What is longer is no headline.
_MAX_TITLE_WORDS = 25
# Words of a bar's item on the average, and the share of capitalised words in a row without bars.
_ITEM_WORDS = 8
_MENU_SHARE = 0.6
_LISTED = lazily(r"[,;、،]")
_CREDIT = lazily(
    r"\s*[(\[]?\s*\b(?:source|photo(?:\s+by)?|photo\s+credit|image|courtesy|ảnh|nguồn)\s*[:：]"
    r"\s*[^.!?|]{1,60}[)\]]?\s*$",
    regex.IGNORECASE,
)
# Page dates stand in the head, or with their label in the last lines.
_FOOTER_LINES = 5
# Web pages are younger; an older date that stands alone is the story's ("6 June 1944").
_FIRST_WEB_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Story:
    """What a scraped page held."""

    text: str
    title: str | None
    published: date | None
    outlet: str | None
    authors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    published_at: str | None = None
    """As of `Article`."""


def clean_page(text: str, order: DateOrder | None = None) -> Story:
    """Return the story in a scraped page's text, which `normalise` has been through.

    The headline leaves the text and becomes the title; a teaser printed twice is kept once.
    """
    lines = [line for line in text.split("\n") if line]
    dated = _date_lines(lines, order)
    if order is None:
        # "Updated 13/06/2026" tells how "Published 05/06/2026" is meant.
        order = date_order(lines[number] for number in dated)
        dated = _date_lines(lines, order) if order else dated
    # The head of the page, where headline, date and menus stand in any order.
    body_start = next(
        (n for n, line in enumerate(lines) if n not in dated and _is_paragraph(line)),
        min(len(lines), _HEADER_LINES),
    )
    number_of_date, dropped = _page_date(dated, body_start)
    page_date = dated[number_of_date] if number_of_date is not None else None
    title: str | None = None
    # The lines that leave the text tell who published, the one that dates the page first.
    told = [page_date, *(dated[n] for n in sorted(dropped))] if page_date else []
    outlet = next((one.outlet for one in told if one.outlet), None)
    authors = next((one.authors for one in told if one.authors), ())
    kept: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(lines):
        if number in dropped or is_furniture(line):
            continue
        if 0 < number < body_start and not authors:
            authors = read_byline(line)
            if authors:
                outlet = outlet or byline_outlet(line)
                continue
        if number < body_start and number not in dated:
            if _is_menu(line):
                continue
            if title is None and 3 <= len(line.split()) <= _MAX_TITLE_WORDS:
                title = line
                seen.add(line)
                continue
        line = _without_credit(line)
        if not line or line in seen:
            continue
        if len(line) > 20:
            seen.add(line)
        outlet = outlet or find_outlet(line)
        kept.append(line)
    published, at = (page_date.day, page_date.at) if page_date else (None, None)
    notes = _notes(dated, page_date, order)
    if not kept:
        # Nothing that looks like a story: a list, a verse, one endless line. All of it is kept.
        return Story(text, None, published, outlet, authors, notes, at)
    return Story("\n\n".join(kept), title, published, outlet, authors, notes, at)


def _date_lines(lines: list[str], order: DateOrder | None) -> dict[int, DateLine]:
    """Return the date lines of a page's head and, where they are labelled, of its last lines."""
    found: dict[int, DateLine] = {}
    for number, line in enumerate(lines):
        if _HEADER_LINES <= number < len(lines) - _FOOTER_LINES:
            continue
        dated = read_date_line(line, order)
        if dated and (number < _HEADER_LINES or dated.label):
            found[number] = dated
    return found


def _page_date(dated: dict[int, DateLine], body_start: int) -> tuple[int | None, set[int]]:
    """Return the line that dates the page, and the lines that are the page's and not the story's.

    "Published" outweighs a date that stands alone, and that one "updated". It counts above the first
    paragraph only; several of those, apart, are a chronology's headings.
    """
    labelled = [n for n, one in dated.items() if one.label]
    alone = [n for n, one in dated.items() if not one.label]
    chosen = next((n for n in labelled if dated[n].label == "published"), None)
    if chosen is None:
        chosen = _date_alone(dated, alone, body_start, [dated[n].day for n in labelled])
    if chosen is None:
        chosen = labelled[0] if labelled else None
    if chosen is None:
        return None, set()
    days = {dated[n].day for n in (*labelled, chosen)}
    beside = {n for n in alone if dated[n].day in days or (not labelled and n - chosen == 1)}
    return chosen, {*labelled, *beside, chosen}


def _date_alone(
    dated: dict[int, DateLine], alone: list[int], body_start: int, updated: list[date]
) -> int | None:
    """Return the line of a date without a label that dates the page; None where it is the story's."""
    if not alone:
        return None
    first = alone[0]
    day = dated[first].day
    apart = any(dated[n].day != day and n - first > 1 for n in alone[1:])
    # What comes after the last change of a page is not its day of publication.
    late = bool(updated) and day > max(updated)
    return None if first > body_start or apart or late or day.year < _FIRST_WEB_YEAR else first


def _notes(
    dated: dict[int, DateLine], page_date: DateLine | None, order: DateOrder | None
) -> tuple[str, ...]:
    if page_date is None:
        if not dated:
            return ()
        return ("its date lines name no date of publication; kept undated and in the text",)
    if order or not page_date.ambiguous:
        return ()
    return (
        f"its date was read day first, as {page_date.day}; "
        "write it as YYYY-MM-DD, or say --date-order mdy or dmy",
    )


def _is_paragraph(line: str) -> bool:
    bare = line.strip("| ")
    return len(bare.split()) >= 8 and ends_sentence(bare) and not _is_menu(line)


def _is_menu(line: str) -> bool:
    """Whether a header line is a row of links, or a picture's long caption in a cell of its own.

    Links are short items between bars, or many capitalised ones in a long row. Length tells nothing:
    leads can end without a mark, and whole scripts have none.
    """
    bare = line.strip("| ")
    if ends_sentence(bare):
        return False
    items = [item.strip() for item in line.split("|") if item.strip()]
    if len(items) >= 3:
        return count_words(line) <= _ITEM_WORDS * len(items)
    if items and all(item.lower() in LANGUAGES for item in items):
        return True
    words = [word for word in bare.split() if word[0].isalnum()]
    if len(words) <= _MAX_TITLE_WORDS:
        return False
    if line.startswith("|") and _CREDIT.search(bare):
        return True
    # A list of names has commas, a wire's flash only capitals.
    if line.isupper() or _LISTED.search(line):
        return False
    begun = sum(word[0].isupper() or word[0].isdecimal() for word in words)
    return begun >= _MENU_SHARE * len(words)


def _without_credit(line: str) -> str:
    """Return a line without bars and a closing picture credit; a bare label goes as a whole."""
    barred = line.startswith("|") and line.endswith("|")
    bare = line.strip("| ").strip() if barred else line
    credit = _CREDIT.search(bare)
    if credit is None or find_date(credit.group()):
        return bare
    text = bare[: credit.start()].strip()
    # What stood before a picture credit and is no more than a label ("Overview of the meeting.").
    if text != bare and len(text.split()) < 7:
        return ""
    return text
