"""Lines that are a page's and no story's: menus, share buttons, credits, links to more, notices of rights.

A line that is nothing but a page's phrase goes whatever it ends with. One that only begins like it
("Source: ...", "Chia sẻ ...") goes where it is no sentence, for a story's sentences begin so too.
"""

from __future__ import annotations

import regex

from rag.text.dates import find_date
from rag.text.patterns import lazily
from rag.text.prose import count_words, ends_sentence

# Fewer words that end as a sentence does may be a button: "Sign up for our newsletter."
_SENTENCE_WORDS = 6
# The longest line that a phrase of a page fills, in characters; patterns are slow on endless ones.
_MAX_LINE = 300
_NAMED = (
    r"(?:facebook|twitter|telegram|zalo|whatsapp|instagram|youtube|google\ news|linkedin|tiktok|bluesky"
    r"|threads|reddit|pinterest|messenger)"
)
_SITES = rf"(?:{_NAMED}|x|line|e-?mail)"
# In small letters, for "the US" is none of us; in capitals only before "on": "FOLLOW US ON X".
_US = r"(?-i:us\b|Us\b|US(?=\ ON\b|$))"
_WHOLE = lazily(
    rf"""^(?:
      (?:related|read\ more|see\ (?:also|more)|more\ (?:news|stories|on\ this)|top\ stories|trending
        |most\ (?:read|viewed|popular)|latest\ news|you\ may\ also\ like|recommended|tags?|topics?
        |advertisement|sponsored|source|print|email|e-mail|share|tweet|facebook|twitter|copy\ link
        |back\ to\ top|go\ to\ top|top|home|menu|search|log\ ?in|sign\ (?:in|up)|subscribe)
        (?:\ (?:stories|story|news|articles?|posts?|content|topics?|links?|to\ comments?|this|now))?\ ?[:：]?
    | (?:skip|jump|go)\ to\ (?:main\ |the\ )*(?:content|navigation|article|story|search|footer)
    | (?:breaking\ )?(?:news|sports?|business|world|politics|opinion|culture|lifestyle|videos?|live
        |weather|more)
    | \d+[\ -]min(?:ute)?s?\ (?:read|ago)
    | (?:\d+\ )?(?:comments?|bình\ luận|评论|shares?|likes?|views?)\ ?[:(（]?\ ?\d*\ ?[)）]?
    | (?:leave|post|write|add)\ a\ (?:comment|reply)\.?
    | (?:share|post|save)(?:\ this)?(?:\ (?:article|story|page))?
        (?:\ (?:on|via|to|by)\ {_SITES}(?:(?:,?\ (?:and|or|&)\ |,\ ?|\ ){_SITES})*)?[.!]?
    | (?:please\ )?(?:follow|like|join|find)\ {_US}\ on\ {_SITES}
        (?:(?:,?\ (?:and|or|&)\ |,\ ?|\ ){_SITES})*
        (?:\ for\ (?:the\ |all\ the\ )?(?:latest|more|breaking|daily|live)\b[^.!?,]{{0,50}})?[.!:]?
    | (?:subscribe|sign\ up)\ (?:here\ )?(?:to|for)\ (?:our|the)\ (?:[\w’'-]+\ ){{0,4}}newsletters?
        (?:\ (?:here|now|today|for\ free))?[.!:]?
    | quay\ lên\ trên | về\ đầu\ trang | (?:tin|bài)\ liên\ quan\ ?[:：]? | 返回顶部 | 相关(?:阅读|新闻)[:：]?
    | chia\ sẻ(?:\ (?:bài|tin)(?:\ viết|\ này)*)?
    | (?:©|copyright\ ?(?:©|\(c\)|(?:19|20)\d\d\b)).{{0,120}}
    | copyright\ .{{1,80}}\ all\ rights\ reserved\W*
    | all\ rights\ reserved(?:\W*|\.\ .{{0,120}})
    | we\ use\ cookies\b.{{0,60}}\b(?:(?:this|our)\ (?:web)?site|your\ (?:\w+\ )?experience)\b.{{0,120}}
    )$""",
    regex.IGNORECASE | regex.VERBOSE,
)
_BEGINNING = lazily(
    rf"""^(?:
      (?:read|see|watch|listen|related|also\ read|read\ also|don.t\ miss)
        (?:\ (?:more|also|next|stories))?\ ?[:：>»][^.!?]{{1,140}}
    | (?:share|post|save)(?:\ (?:this|it))?(?:\ (?:article|story|page|post|news))?
        (?:\ ?[:：]|\ (?:on|via|to|by|with))\ {_SITES}\b.{{0,100}}
    | share\ {_NAMED}\b.{{0,100}}
    | (?:follow|like|join)\ (?:{_US}|our\b|the\b|@|(?-i:\p{{Lu}})).{{0,60}}
        \b(?:on\ {_SITES}|newsletter|(?:telegram|whatsapp|youtube|zalo)\ channel)\b.{{0,40}}
    | (?:follow|like|join)\ {_US}(?:\ .{{0,60}})?
    | (?:subscribe|sign\ up)\ .{{0,60}}\b(?:newsletters?|channel|{_NAMED})\b.{{0,40}}
    | \(?\ ?(?:web\ )?(?:editors?|reporters?|writers?|translators?|translated\ by|edited\ by|posted\ by
        |reported\ by|compiled\ by|photos?|photo\ by|image|picture|credit|courtesy|source)\ ?[:：].{{0,80}}
    | mời\ (?:quý\ )?(?:độc\ giả|bạn\ đọc).{{0,80}}
    | chia\ sẻ\ (?:bài|tin|link|liên\ kết|lên|qua|trên|{_SITES})\b.{{0,30}}
    | theo\ dõi\ (?:chúng\ tôi|báo|kênh|trang|fanpage|{_SITES})\b.{{0,60}}
    | theo\ dõi.{{0,40}}\ trên\ {_SITES}\b.{{0,20}}
    | 相关(?:阅读|新闻)[:：].{{0,40}} | (?:责任)?编辑[:：].{{0,30}}
    | copyright(?:\ by\b|\ ?[:：]|\ (?-i:\p{{Lu}})).{{0,120}}
    | all\ rights\ reserved\b.{{0,120}}
    | (?:accept|we\ use)\b.{{0,40}}\bcookies\b.{{0,120}}
    )$""",
    regex.IGNORECASE | regex.VERBOSE,
)
_CREDIT_LABEL = lazily(r"^\(?\s?(?:web\s)?(?:photos?|photo\s+by|image|picture|source)\b", regex.I)
LANGUAGES = frozenset(
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
"""Their names in the row of links that leads to a page's other languages, word by word."""


def is_furniture(line: str) -> bool:
    """Whether a line is a page's and not a story's: a menu, a share button, a link to more."""
    sentence = is_sentence(line)
    short = len(line) <= _MAX_LINE
    if short and (_WHOLE.match(line) or (not sentence and _BEGINNING.match(line))):
        # "Photograph: the landing of 6 June 1944" is the story's, not the photographer's.
        return not (_CREDIT_LABEL.match(line) and find_date(line))
    items = [item.strip().lower() for item in line.split("|") if item.strip()]
    named = sum(any(word in LANGUAGES for word in item.split()) for item in items)
    return not sentence and len(items) >= 2 and named == len(items)


def is_sentence(line: str) -> bool:
    """Whether a line may be one of the story's: it ends a sentence and has some words."""
    return ends_sentence(line) and count_words(line) >= _SENTENCE_WORDS
