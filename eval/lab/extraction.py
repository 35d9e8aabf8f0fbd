"""How much of a page's story and metadata is found: ours beside trafilatura and readability-lxml.

    python -m eval.lab.extraction --split dev

reads the pages of `eval/pages`, each beside its truth, and prints a table.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import regex

from rag.errors import SourceError
from rag.text.normalise import normalise, normalise_line

PAGES = Path(__file__).parents[1] / "pages"
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}]+")
FACTS = (
    "title",
    "published",
    "date_origin",
    "published_at",
    "outlet",
    "authors",
    "url",
    "language",
)
"""Fields of the truth that are compared whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an extractor made of a page."""

    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    skipped: str | None = None
    """Why it said that the page holds no article."""


Extractor = Callable[[bytes, str], Found]


def ours(page: bytes, source: str) -> Found:
    """Read a page as presscite does."""
    from rag.ingest.formats.html import read_page

    try:
        article = read_page(page, source)
    except SourceError as error:
        return Found(skipped=str(error))
    facts: dict[str, Any] = {name: getattr(article, name) for name in FACTS}
    facts["published"] = article.published.isoformat() if article.published else None
    return Found(article.text, facts)


def trafilatura(page: bytes, source: str) -> Found:
    """Read a page with trafilatura's precision mode and its metadata."""
    from trafilatura import bare_extraction

    found = bare_extraction(
        page, favor_precision=True, include_comments=False, deduplicate=False, with_metadata=True
    )
    if found is None:
        return Found(skipped="nothing extracted")
    authors = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
    facts = {
        "title": found.title,
        "published": found.date,
        "outlet": found.sitename,
        "authors": authors,
        "url": found.url,
        "language": found.language,
    }
    return Found(found.text or "", facts)


def readability(page: bytes, source: str) -> Found:
    """Read a page with readability-lxml, which gives a title and a text."""
    from lxml.html import fromstring
    from readability import Document

    document = Document(page)
    try:
        tree = fromstring(document.summary())
        title = document.short_title()
    except Exception as error:
        # Its errors are of many kinds.
        return Found(skipped=str(error))
    for block in tree.iter("p", "div", "h1", "h2", "h3", "h4", "li", "tr", "td", "th", "br"):
        block.tail = "\n" + (block.tail or "")
    return Found(tree.text_content(), {"title": title})


EXTRACTORS: dict[str, Extractor] = {
    "ours": ours,
    "trafilatura": trafilatura,
    "readability": readability,
}


@dataclass(frozen=True, slots=True)
class Scores:
    """One page's: 1 for right and 0 for wrong, F1 between them; None where nothing is asked."""

    page: str
    values: dict[str, float | None]
    wrong: dict[str, str] = field(default_factory=dict)


def score(page: str, truth: dict[str, Any], found: Found) -> Scores:
    """Compare what was found with the truth."""
    values: dict[str, float | None] = {}
    wrong: dict[str, str] = {}
    is_article = "skip" not in truth
    values["skip"] = float(is_article == (found.skipped is None))
    if not values["skip"]:
        wrong["skip"] = f"{truth.get('skip', 'article')}: {found.skipped}"
    if not is_article:
        return Scores(page, values, wrong)
    for name in FACTS:
        if name == "published_at" and truth[name] is None:
            continue
        same = _same(name, truth[name], found.facts.get(name))
        values[name] = float(same)
        if not same:
            wrong[name] = f"{found.facts.get(name)!r}, not {truth[name]!r}"
    expected, got = _words("\n".join(truth["text"])), _words(found.text)
    values["words F1"] = _f1(expected, got)
    values["4-gram F1"] = _f1(_grams(expected), _grams(got))
    return Scores(page, values, wrong)


def _same(name: str, expected: Any, got: Any) -> bool:
    if name == "published_at" and expected and got:
        one, other = datetime.fromisoformat(expected), datetime.fromisoformat(got)
        return one == other and one.utcoffset() == other.utcoffset()
    if name == "authors":
        return sorted(map(_plain, expected or ())) == sorted(map(_plain, got or ()))
    if isinstance(expected, str) and isinstance(got, str):
        return _plain(expected) == _plain(got)
    return bool((expected or None) == (got or None))


def _plain(text: str) -> str:
    return normalise_line(text).casefold()


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise(text).casefold())


def _grams(words: list[str], n: int = 4) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1))]


def _f1(expected: Sequence[Any], got: Sequence[Any]) -> float:
    common = (Counter(expected) & Counter(got)).total()
    return 2 * common / max(1, len(expected) + len(got))


def pages(split: str) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Yield the name, bytes and truth of each page of ``dev``, ``test`` or ``all``."""
    for folder in ("dev", "test") if split == "all" else (split,):
        for path in sorted((PAGES / folder).rglob("*.html")):
            truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            yield str(path.relative_to(PAGES)), path.read_bytes(), truth


def installed() -> list[str]:
    """Return the extractors that are installed: readability-lxml comes with the extra ``compare``."""
    return [name for name in EXTRACTORS if name != "readability" or find_spec("readability")]


def evaluate(split: str, names: Sequence[str]) -> dict[str, list[Scores]]:
    """Return the scores of every page, by extractor."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("readability").setLevel(logging.CRITICAL)
    result: dict[str, list[Scores]] = {name: [] for name in names}
    for page, data, truth in pages(split):
        for name in names:
            result[name].append(score(page, truth, EXTRACTORS[name](data, page)))
    return result


def means(scores: Sequence[Scores]) -> dict[str, float]:
    """Return the mean of each figure over the pages that it is asked of."""
    figures = list(dict.fromkeys(name for one in scores for name in one.values))
    kept = {
        name: [value for one in scores if (value := one.values.get(name)) is not None]
        for name in figures
    }
    return {name: sum(values) / len(values) for name, values in kept.items()}


def main() -> None:
    """Print the table, or everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--split", choices=("dev", "test", "all"), default="dev")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="list what ours got wrong")
    given = parser.parse_args()
    result = evaluate(given.split, installed())
    averages = {name: means(scores) for name, scores in result.items()}
    if given.json:
        pages_ = {name: {one.page: one.values for one in scores} for name, scores in result.items()}
        print(json.dumps({"split": given.split, "means": averages, "pages": pages_}, indent=1))
        return
    count = len(result["ours"])
    articles = sum("title" in one.values for one in result["ours"])
    print(f"{given.split}: {count} pages, {articles} of them articles")
    print(f"{'':14}" + "".join(f"{name:>14}" for name in averages))
    for figure in averages["ours"]:
        row = (
            f"{averages[name][figure]:14.3f}" if _has(name, figure) else f"{'-':>14}"
            for name in averages
        )
        print(f"{figure:14}" + "".join(row))
    if given.wrong:
        for one in result["ours"]:
            low = one.values.get("words F1")
            if one.wrong or (low is not None and low < 0.97):
                print(f"{one.page}  words F1 {low if low is None else round(low, 3)}")
                for name, what in one.wrong.items():
                    print(f"    {name}: {what}")


def _has(name: str, figure: str) -> bool:
    """Whether an extractor gives a field at all."""
    given = {
        "ours": FACTS,
        "trafilatura": ("title", "published", "outlet", "authors", "url"),
    }
    return figure not in FACTS or figure in given.get(name, ("title",))


if __name__ == "__main__":
    main()
