"""JSON: articles as objects, one a line, over many lines, one after another, or in an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, TypeGuard

from rag.errors import SourceError
from rag.ingest.field_names import candidates, column_for, is_blank, squashed
from rag.ingest.formats.json_values import json_values
from rag.ingest.formats.text_stream import text_lines
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.positions import begin
from rag.ingest.records import Record, read_records
from rag.text.patterns import lazily
from rag.types import Article, Skipped

# What is looked at to tell how many lines a file has: so many pieces of so many bytes.
_PIECES, _PIECE = 512, 1 << 19
# How deep a list of articles may lie in what wraps it: {"response": {"docs": [...]}}.
_MAX_WRAPPING = 3
# Where a feed, which has a title and a day as an article has, holds its articles.
_IN_FEEDS = frozenset(["articles", "docs", "entries", "entry", "items", "stories"])
_WORD = lazily(r"\p{Lu}?\p{Ll}+|\p{Lu}+")
# Values in a row that are no objects before the rest is given up.
_MAX_ODD = 1000


def count_lines(path: Path) -> int:
    """Return how many lines a file has; of a huge one about how many, by pieces from all over it."""
    size = path.stat().st_size
    step = max(_PIECE, size // _PIECES)
    lines = read = 0
    with path.open("rb") as stream:
        for place in range(0, size, step):
            stream.seek(place)
            piece = stream.read(_PIECE)
            lines += piece.count(b"\n")
            read += len(piece)
    return max(1, round(size * lines / max(1, read)))


def read_json(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the articles of a JSON file: those of a JSON Feed, else as `read_jsonl`.

    Raises
    ------
    SourceError
        Where it says that it is a feed and is none.
    """
    from rag.ingest.web.json_feed import HEAD, is_json_feed, read_json_feed

    head = stream.read(HEAD)
    stream.seek(0)
    yield from (read_json_feed if is_json_feed(head) else read_jsonl)(stream, source, options)


def read_jsonl(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the article of each JSON object, or why it holds none; memory holds a few of them at a time.

    Objects stand one a line or over several, one after another or in an array, or in an array inside
    an object, as the answers of an interface do. A broken line costs itself alone.
    """
    place = begin(stream, source, options)
    if not place.begin.finished:
        records = _records(stream, source, options)
        yield from read_records(records, source, options, place=place)


def _records(stream: IO[bytes], source: str, options: ReadOptions) -> Iterator[Record | Skipped]:
    empty = True
    odd = 0
    try:
        for one in json_values(text_lines(stream)):
            if one.value == []:
                continue
            empty = False
            if one.problem:
                yield Skipped(f"{source}#{one.place}", one.problem)
            elif not isinstance(one.value, Mapping):
                odd += 1
                reason = "not a JSON object; write each article as one"
                yield Skipped(f"{source}#{one.place}", reason)
                if odd >= _MAX_ODD:
                    yield Skipped(
                        source, "the rest was not read: it holds other things than objects"
                    )
                    return
            else:
                odd = 0
                inner = _wrapped(one.value, options)
                if inner is None:
                    yield Record(one.place, one.value)
                    continue
                name, records = inner
                options.note(source, f"took the articles under {name!r}")
                yield from (Record(place, fields) for place, fields in enumerate(records, 1))
    except SourceError as error:
        empty = False
        yield Skipped(source, str(error))
    if empty:
        yield Skipped(source, "empty: no JSON object in it")


def _wrapped(
    value: Mapping[str, object], options: ReadOptions
) -> tuple[str, list[Mapping[str, object]]] | None:
    """Return the list of articles that an object wraps, and the keys that lead to it; None for an article."""
    if next(candidates(value, "text", options.fields), None) is not None:
        return None
    inside: list[tuple[str, Mapping[str, object]]] = [("", value)]
    for _ in range(_MAX_WRAPPING):
        following: list[tuple[str, Mapping[str, object]]] = []
        for path, around in inside:
            if _is_article(around, options):
                continue
            described = _is_described(around, options)
            for key, item in around.items():
                name = f"{path}{key}"
                if _stands_below(name):
                    continue
                if isinstance(item, Mapping):
                    following.append((f"{name}.", item))
                elif described and squashed(str(key)) not in _IN_FEEDS:
                    continue
                elif _are_articles(item, options):
                    return name, item
        inside = following
    return None


def _is_article(value: Mapping[str, object], options: ReadOptions) -> bool:
    """Whether an object has a place for a text, however empty: what else it holds is about that article."""
    key = _column(value, "text", options)
    return key is not None and (is_blank(value[key]) or isinstance(value[key], str))


def _is_described(value: Mapping[str, object], options: ReadOptions) -> bool:
    """Whether an object has a title, a day or an outlet, as articles and feeds have."""
    return any(_column(value, field, options) for field in ("title", "published", "outlet"))


def _column(value: Mapping[str, object], field: str, options: ReadOptions) -> str | None:
    try:
        return column_for(value, field, options.fields)
    except SourceError:
        return None


def _stands_below(name: str) -> bool:
    """Whether keys lead to what stands below an article: comments, pictures, other articles."""
    return any(word.lower().endswith(_below_articles()) for word in _WORD.findall(name))


@cache
def _below_articles() -> tuple[str, ...]:
    listed = files("rag.ingest.formats") / "not_articles.txt"
    return tuple(listed.read_text(encoding="utf-8").split())


def _are_articles(value: object, options: ReadOptions) -> TypeGuard[list[Mapping[str, object]]]:
    return (
        isinstance(value, list)
        and all(isinstance(one, Mapping) for one in value)
        and any(next(candidates(one, "text", options.fields), None) for one in value[:20])
    )
