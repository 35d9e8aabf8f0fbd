"""Scraped page text to a story: its headline, date and outlet found, the page's furniture dropped.

A scraper leaves one paragraph or one furniture item a line, so lines are what is judged. When in
doubt a line stays: a stray caption costs less than a lost sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import regex

from rag.text.dates import find_date
from rag.text.months import MONTH_NUMBERS
from rag.text.patterns import lazily

_HEADER_LINES = 15
_SENTENCE_END = lazily(r"[.!?…。！？][\"'”’»)\]]*$")
_FURNITURE = lazily(
    r"""^(?:
      (?:related|read\ more|see\ (?:also|more)|more\ (?:news|stories|on\ this)|top\ stories|trending
        |most\ (?:read|viewed|popular)|latest\ news|you\ may\ also\ like|recommended|tags?|topics?
        |advertisement|sponsored|source|print|email|e-mail|share|tweet|facebook|twitter|copy\ link
        |back\ to\ top|go\ to\ top|top|home|menu|search|log\ ?in|sign\ (?:in|up)|subscribe)
        (?:\ (?:stories|story|news|articles?|posts?|content|topics?|links?|to\ comments?|this|now))?\ ?[:：]?
    | (?:skip|jump|go)\ to\ (?:main\ |the\ )*(?:content|navigation|article|story|search|footer)
    | (?:breaking\ )?(?:news|sports?|business|world|politics|opinion|culture|lifestyle|videos?|live
        |weather|more)
    | \d+[\ -]min(?:ute)?s?\ (?:read|ago)
    | (?:read|see|watch|listen|related|also\ read|read\ also|don.t\ miss)
        (?:\ (?:more|also|next|stories))?\ ?[:：>»][^.!?]{1,140}
    | (?:\d+\ )?(?:comments?|bình\ luận|评论|shares?|likes?|views?)\ ?[:(（]?\ ?\d*\ ?[)）]?
    | (?:leave|post|write|add)\ a\ (?:comment|reply)\.?
    | (?:share|post|save)(?:\ this)?(?:\ (?:article|story|page))?\ (?:on|via|to)
        \ (?:x|bluesky|threads|reddit|pinterest|messenger|line|e-?mail)
    | (?:share|follow|like|join|subscribe|sign\ up)\b.{0,60}\b(?:facebook|twitter|telegram|zalo|whatsapp
        |instagram|youtube|newsletter|google\ news|us|linkedin|tiktok|channel)\b.{0,40}
    | \(?\ ?(?:web\ )?(?:editors?|reporters?|writers?|translators?|translated\ by|edited\ by|posted\ by
        |reported\ by|compiled\ by|photos?|photo\ by|image|picture|credit|courtesy|source)\ ?[:：].{0,80}
    | quay\ lên\ trên | về\ đầu\ trang | mời\ (?:quý\ )?(?:độc\ giả|bạn\ đọc).{0,80}
    | (?:tin|bài)\ liên\ quan | chia\ sẻ.{0,30} | theo\ dõi.{0,60} | 返回顶部 | 相关(?:阅读|新闻).{0,20}
    | (?:责任)?编辑[:：].{0,30}
    | (?:all\ rights\ reserved|copyright|©).{0,120}
    | (?:accept|we\ use)\b.{0,40}\bcookies\b.{0,120}
    )$""",
    regex.IGNORECASE | regex.VERBOSE,
)
_CREDIT = lazily(
    r"\s*[(\[]?\s*\b(?:source|photo(?:\s+by)?|photo\s+credit|image|courtesy|ảnh|nguồn)\s*[:：]"
    r"\s*[^.!?|]{1,60}[)\]]?\s*$",
    regex.IGNORECASE,
)
_LANGUAGES = frozenset(
    [
        "english",
        "vietnamese",
        "chinese",
        "french",
        "spanish",
        "russian",
        "german",
        "japanese",
        "korean",
        "arabic",
        "lao",
        "khmer",
        "中文",
        "日本語",
        "한국어",
        "русский",
        "français",
        "español",
        "deutsch",
        "العربية",
        "tiếng",
        "việt",
        "báo",
        "in",
    ]
)
_DATE_NOISE = lazily(
    r"\b(?:updated?|published|posted|last|on|at|by|gmt|utc|am|pm|p\.m|a\.m|ict|est|edt|local|time"
    r"|mon|tues?|wed(?:nes)?|thurs?|fri|satur|sat|sun)(?:day)?\b",
    regex.IGNORECASE,
)
_AGENCY_HEADER = lazily(r"^\(?(?P<outlet>[A-Z][\w’'. ]{1,30}?)\)\s*\d{1,2}:\d{2}\b")
_DATELINE = lazily(
    r"^[A-Z][A-Z .'’/-]{2,40},\s+\w+\.?\s+\d{1,2}\s+\((?P<outlet>[A-Z][\w’'. ]{1,30})\)\s*[-–—]"
)
_OUTLET_PREFIX = lazily(
    r"^(?P<outlet>[A-Z]{2,10}(?:\.(?:VN|COM|NET|ORG|CN|UK|AU))?)\s+[-–—]+\s+(?=[A-Z])"
)
_BRACKETED_OUTLET = lazily(r"^\((?P<outlet>[A-Z]{2,6})\)\s*[-–—]+\s")


@dataclass(frozen=True, slots=True)
class Story:
    """What a scraped page held."""

    text: str
    title: str | None
    published: date | None
    outlet: str | None
    authors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def clean_page(text: str) -> Story:
    """Return the story in a scraped page's text, which `normalise` has been through.

    The headline leaves the text and becomes the title; a teaser printed twice is kept once.
    """
    lines = [line for line in text.split("\n") if line]
    # One pass for the head of the page, where headline, date and menus stand in any order.
    body_start = next(
        (n for n, line in enumerate(lines) if _is_paragraph(line)), min(len(lines), _HEADER_LINES)
    )
    title: str | None = None
    published: date | None = None
    outlet: str | None = None
    kept: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(lines):
        if number < _HEADER_LINES and published is None and _is_date_line(line):
            published = find_date(line)
            header = _AGENCY_HEADER.match(line)
            outlet = outlet or (_outlet_name(header["outlet"]) if header else None)
            continue
        if _is_furniture(line):
            continue
        if number < body_start:
            if _is_menu(line):
                continue
            if title is None and len(line.split()) >= 3:
                title = line
                seen.add(line)
                continue
        line = _without_credit(line)
        if not line or line in seen:
            continue
        if len(line) > 20:
            seen.add(line)
        if outlet is None:
            for form in (_DATELINE, _OUTLET_PREFIX, _BRACKETED_OUTLET):
                found = form.match(line)
                if found:
                    outlet = _outlet_name(found["outlet"])
                    break
        kept.append(line)
    if not kept:
        # Nothing that looks like a story: a list, a verse, one endless line. All of it is kept.
        return Story(text, None, published, outlet)
    return Story("\n\n".join(kept), title, published, outlet)


def _is_paragraph(line: str) -> bool:
    bare = line.strip("| ")
    return len(bare.split()) >= 8 and bool(_SENTENCE_END.search(bare)) and not _is_menu(line)


def _is_menu(line: str) -> bool:
    """Whether a header line is a row of links: bars between short items, or words without an end."""
    if _SENTENCE_END.search(line.strip("| ")):
        return False
    items = [item.strip() for item in line.split("|") if item.strip()]
    if len(items) >= 3:
        return True
    if items and all(item.lower() in _LANGUAGES for item in items):
        return True
    return len(line.split()) > 25


def _is_furniture(line: str) -> bool:
    if _FURNITURE.match(line):
        return True
    items = [item.strip().lower() for item in line.split("|") if item.strip()]
    named = sum(any(word in _LANGUAGES for word in item.split()) for item in items)
    return len(items) >= 2 and named == len(items)


def _is_date_line(line: str) -> bool:
    """Whether a short line is little more than a date, an hour and an agency's name."""
    if len(line) > 90 or _SENTENCE_END.search(line) or find_date(line) is None:
        return False
    rest = _DATE_NOISE.sub(" ", line)
    rest = regex.sub(r"\d+|\b(?:" + "|".join(MONTH_NUMBERS) + r")\b", " ", rest, flags=regex.I)
    return len(regex.findall(r"\p{L}+", rest)) <= 4


def _without_credit(line: str) -> str:
    """Return a line without bars and a closing picture credit; a bare label goes as a whole."""
    barred = line.startswith("|") and line.endswith("|")
    bare = line.strip("| ").strip() if barred else line
    text = _CREDIT.sub("", bare).strip()
    # What stood before a picture credit and is no more than a label ("Overview of the meeting.").
    if text != bare and len(text.split()) < 7:
        return ""
    return text


def _outlet_name(raw: str) -> str:
    return regex.sub(r"\.(?:VN|COM|NET|ORG|CN|UK|AU)$", "", raw.strip())
