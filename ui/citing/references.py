"""Articles as bibliographic references: CSL-JSON, BibTeX and RIS; pure functions.

What is cited is an article, or a quote of it, which the reference then has as its note.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from rag.text.content_hash import content_hash
from rag.text.links import safe_url
from rag.types import Article, Citation
from ui.citing.quoting import one_line, said
from ui.markup import title_of

Cited = Citation | Article
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# BibTeX counts braces even after a backslash, so that those of a text are written by name.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        **{char: f"\\{char}" for char in "&%$#_"},
    }
)
# Pairs that fonts of TeX print as one sign: dashes, quotation marks, inverted marks.
_LIGATURE = re.compile(r"([-`'<>,])(?=\1)|([?!])(?=`)")
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_KEY_HASH = 6


def citation_key(article: Article) -> str:
    """Return the key of an article's reference: outlet, year and the first characters of its hash.

    It is the same in every export of one content, and another one for other content.
    """
    plain = unicodedata.normalize("NFKD", (article.outlet or "article").casefold())
    outlet = _NOT_KEY.sub("-", plain.encode("ascii", "ignore").decode()).strip("-")[:40]
    year = str(article.published.year) if article.published else "undated"
    return f"{outlet or 'article'}-{year}-{content_hash(article)[:_KEY_HASH]}"


def csl(cited: Cited) -> dict[str, Any]:
    """Return a reference as an item of CSL-JSON; unknown fields are left out.

    See https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html.
    """
    article = _article(cited)
    item: dict[str, Any] = {
        "id": citation_key(article),
        "type": "article-newspaper",
        "title": one_line(title_of(article)),
        # Whether a name is a person's, and which part is the family's, no article says.
        "author": [{"literal": one_line(name)} for name in article.authors if one_line(name)],
        "container-title": one_line(article.outlet or ""),
        "URL": safe_url(article.url),
        "language": article.language,
        "note": _note(cited),
    }
    if article.published:
        day = article.published
        item["issued"] = {"date-parts": [[day.year, day.month, day.day]]}
    return {name: value for name, value in item.items() if value}


def csl_json(cited: Sequence[Cited]) -> list[dict[str, Any]]:
    """Return the references, one for each article, in their order."""
    return [csl(one) for one in first_of_articles(cited)]


def bibtex(cited: Sequence[Cited]) -> str:
    """Return the references as BibTeX, one entry for each article; UTF-8."""
    return "\n".join(_bibtex_entry(one) for one in first_of_articles(cited))


def ris(cited: Sequence[Cited]) -> str:
    """Return the references as RIS, one record for each article; lines end in CR LF."""
    return "".join(_ris_record(one) for one in first_of_articles(cited))


def first_of_articles(cited: Sequence[Cited]) -> list[Cited]:
    """Return what is cited first of each article, in order."""
    found: dict[str, Cited] = {}
    for one in cited:
        found.setdefault(_article(one).id, one)
    return list(found.values())


def _article(cited: Cited) -> Article:
    return cited if isinstance(cited, Article) else cited.article


def _note(cited: Cited) -> str:
    if isinstance(cited, Article):
        return ""
    speaker = said(cited.speaker, cited.in_quotes)
    return f"“{one_line(cited.quote)}”{f', {speaker}' if speaker else ''}"


def _bibtex_entry(cited: Cited) -> str:
    article = _article(cited)
    day = article.published
    names = [name for author in article.authors if (name := one_line(author))]
    fields = {
        # Inner braces keep the case of a title, and a name whole: "and" inside of one parts no authors.
        "title": f"{{{_tex(title_of(article))}}}",
        "author": " and ".join(f"{{{_tex(name)}}}" for name in names),
        "journal": _tex(article.outlet or ""),
        "year": str(day.year) if day else "",
        "date": day.isoformat() if day else "",
        "url": _tex_url(safe_url(article.url) or ""),
        "language": _tex(article.language or ""),
        "note": _tex(_note(cited)),
    }
    kind = "article" if article.outlet else "misc"
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if day:
        # The names of months are strings that BibTeX defines.
        lines.append(f"  month = {_MONTHS[day.month - 1]},")
    return "\n".join([f"@{kind}{{{citation_key(article)},", *lines, "}", ""])


def _tex(text: str) -> str:
    return _LIGATURE.sub(lambda match: f"{match.group()}{{}}", one_line(text).translate(_TEX))


def _tex_url(url: str) -> str:
    """Return an address with percent signs for braces: in ``url`` nothing else has a meaning."""
    return url.replace("{", "%7B").replace("}", "%7D")


def _ris_record(cited: Cited) -> str:
    article = _article(cited)
    day = article.published
    fields = [
        ("TY", "NEWS"),
        ("ID", citation_key(article)),
        ("TI", title_of(article)),
        *(("AU", name) for name in article.authors),
        ("T2", article.outlet or ""),
        ("PY", str(day.year) if day else ""),
        ("DA", f"{day.year:04}/{day.month:02}/{day.day:02}" if day else ""),
        ("LA", article.language or ""),
        ("UR", safe_url(article.url) or ""),
        ("N1", _note(cited)),
    ]
    lines = [f"{tag}  - {text}" for tag, value in fields if (text := one_line(value))]
    return "".join(f"{line}\r\n" for line in [*lines, "ER  - ", ""])
