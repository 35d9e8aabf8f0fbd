"""What names of outlets and languages are compared by: both the stored name and the one asked for."""

from __future__ import annotations

import unicodedata

from rag.text.normalise import normalise_line
from rag.text.patterns import lazily

_MARK = lazily(r"\p{M}")
_APOSTROPHE = lazily(r"[’‘ʼʹ′`´＇]")
_DASH = lazily(r"\p{Pd}")
_ARTICLE = lazily(r"^(?:the|a|an) ")
# Letters that no Unicode decomposition takes apart.
_LETTERS = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})


def outlet_key(name: str) -> str:
    """Return an outlet's name without case, accents and forms of the apostrophe and the dash."""
    name = unicodedata.normalize("NFKD", normalise_line(name).casefold())
    name = _MARK.sub("", _DASH.sub("-", _APOSTROPHE.sub("'", name))).translate(_LETTERS)
    # Signs may have been taken apart into a space and a mark.
    return unicodedata.normalize("NFC", " ".join(name.split()))


def without_article(key: str) -> str:
    """Return an outlet's key without its leading article: "hill post" of "the hill post"."""
    return _ARTICLE.sub("", key)


def language_key(tag: str) -> str:
    """Return a language tag's primary subtag (BCP 47) in lower case: "en" of "en-US" and "EN_gb"."""
    return normalise_line(tag).lower().replace("_", "-").partition("-")[0]
