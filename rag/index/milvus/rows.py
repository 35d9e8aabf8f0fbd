"""Rows of a catalog as rows in Milvus, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamagedError, SourceError
from rag.index.catalog.rows import COLUMNS, ArticleRows
from rag.index.checksums import row_checksum
from rag.index.identity import ROW_SEPARATOR
from rag.index.milvus.schema import MAX_KEYS, MAX_TEXT, NEVER, NO_VECTOR
from rag.index.milvus.server import Row
from rag.index.milvus.words import encoded
from rag.text.analyser import analyse
from rag.text.keys import language_key, outlet_key

_PIECE = 15_000
"""Characters of a piece of an article: at most 60 kB."""
_MAX_PREFIXES = 8
"""Of a source with as many signs between a file and a row."""
_OUTLINE = (
    "seq", "id", "title", "outlet", "outlet_key", "published", "url", "language", "copy_group", "hash",
    "collection", "collection_key",
)  # fmt: skip
PIECE_FIELDS = (
    "key", "nothing", "seq", "piece", "pieces", "copy_group", "day", "born", "died", "id", "outlet",
    "language", "collection", "keys", "sketches", "paragraphs", "outline", "content",
)  # fmt: skip
CHUNK_FIELDS = (
    "chunk", "vector", "body", "title", "seq", "start", "stop", "sum", "copy_group", "day", "born",
    "died", "outlet", "language", "collection",
)  # fmt: skip
STORED_FIELDS = ("chunk", "vector", "seq", "start", "stop", "sum")
"""What `stored_chunk` takes, and the article."""


# What articles are found by


def key_of(kind: str, value: str) -> str:
    """Return the hash of a value by which articles are found: the same for all that have it."""
    return hashlib.blake2b(
        f"{kind}\0{value}".encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


def filter_key(name: str | None) -> str:
    """Return what the normal form of a name is filtered by; "" where there is none."""
    return key_of("name", name) if name else ""


def headline_key(title: str | None, outlet: str | None, published: str | None) -> str:
    """Return what rows of a file are found by that have nothing but headline, outlet and day."""
    return key_of("headline", json.dumps([title, outlet, published], ensure_ascii=False))


def reference_keys(reference: str) -> list[str]:
    """Return the keys of all articles that an id, a URL, a path or a file's stem may mean."""
    absolute = str(Path(reference).expanduser().absolute()) if "\0" not in reference else ""
    return [
        key_of("id", reference),
        key_of("url", reference),
        key_of("source", reference),
        key_of("source", absolute),
        key_of("file", absolute),
        key_of("stem", reference),
    ]


def _keys(rows: ArticleRows) -> list[str]:
    keys = [key_of("id", rows.value("id"))]
    if rows.value("url"):
        keys.append(key_of("url", rows.value("url")))
    keys.append(
        headline_key(rows.value("title"), rows.value("outlet_key"), rows.value("published"))
    )
    for source, _ in rows.sources:
        parts = source.split(ROW_SEPARATOR)
        keys.append(key_of("source", source))
        keys.append(key_of("stem", Path(parts[0]).stem))
        keys += [
            key_of("file", ROW_SEPARATOR.join(parts[:count]))
            for count in range(1, min(len(parts), _MAX_PREFIXES))
        ]
    keys += [key_of("version", version[1]) for version in rows.versions]
    return list(dict.fromkeys(keys))


# Articles in pieces


def article_pieces(rows: ArticleRows, born: int) -> list[Row]:
    """Return an article's rows, without its chunks, in pieces of what Milvus takes as one text."""
    content = json.dumps(
        [rows.article, rows.sources, rows.versions, rows.sketch, rows.paragraphs],
        ensure_ascii=False,
    )
    content = f"{row_checksum(content)} {content}"
    parts = list(
        zip_longest(
            _slices(content, _PIECE),
            _slices(_keys(rows), MAX_KEYS),
            _slices(rows.sketch, MAX_KEYS),
            _slices([value for value, _ in rows.paragraphs], MAX_KEYS),
        )
    )
    common = {
        "nothing": NO_VECTOR,
        "seq": rows.seq,
        "pieces": len(parts),
        "id": key_of("id", rows.value("id")),
        "born": born,
        "died": NEVER,
        **_filtered(rows),
    }
    left_out = sum(bool(outside) for _, outside in rows.paragraphs)
    values = [*(rows.value(name) for name in _OUTLINE), left_out]
    outline = json.dumps(values, ensure_ascii=False)
    return [
        {
            **common,
            "key": f"{rows.seq}-{born}-{number}",
            "piece": number,
            "keys": keys or [],
            "sketches": sketch or [],
            "paragraphs": paragraphs or [],
            "outline": "" if number else outline,
            "content": text or "",
        }
        for number, (text, keys, sketch, paragraphs) in enumerate(parts)
    ]


def rows_of_pieces(pieces: Iterable[Row]) -> dict[int, ArticleRows]:
    """Return the articles, without chunks, that visible pieces make; ascending.

    Raises
    ------
    IndexDamagedError
        Where pieces are missing or not as they were written.
    """
    by_article: dict[int, list[Row]] = {}
    for piece in pieces:
        by_article.setdefault(int(piece["seq"]), []).append(piece)
    return {seq: _joined(seq, by_article[seq]) for seq in sorted(by_article)}


def _joined(seq: int, pieces: list[Row]) -> ArticleRows:
    pieces = sorted(pieces, key=lambda row: int(row["piece"]))
    recorded, _, content = "".join(str(row["content"]) for row in pieces).partition(" ")
    try:
        if len(pieces) != pieces[0]["pieces"]:
            raise ValueError(f"{len(pieces)} pieces of {pieces[0]['pieces']}")
        if row_checksum(content) != int(recorded):
            raise ValueError("its checksum")
        article, sources, versions, sketch, paragraphs = json.loads(content)
        if len(article) != len(COLUMNS) or article[0] != seq:
            raise ValueError("its columns")
    except (ValueError, TypeError) as error:
        raise IndexDamagedError(
            f"article {seq}: its pieces are not as they were written ({error}); "
            f"copy the index again, or remove the article and add it again"
        ) from error
    return ArticleRows(
        tuple(article),
        [(name, at) for name, at in sources],
        [tuple(version) for version in versions],
        sketch,
        [(value, outside) for value, outside in paragraphs],
        [],
    )


def outline_of(piece: Row) -> dict[str, Any]:
    """Return the short columns of an article from its first piece, and ``left_out``: how many paragraphs."""
    return dict(zip((*_OUTLINE, "left_out"), json.loads(piece["outline"]), strict=True))


# Chunks


def chunk_rows(rows: ArticleRows, born: int) -> list[Row]:
    """Return an article's chunks as rows in Milvus.

    Raises
    ------
    SourceError
        Where a chunk has more words than Milvus takes as one text.
    """
    text, title = str(rows.value("text")), searched_words(rows.value("title") or "")
    common = {"seq": rows.seq, "born": born, "died": NEVER, "title": title, **_filtered(rows)}
    found = []
    for number, start, stop, vector, checksum in rows.chunks:
        body = check_words(str(rows.value("id")), text, start, stop)
        found.append(
            {
                **common,
                "chunk": number,
                "start": start,
                "stop": stop,
                "sum": checksum,
                "vector": np.frombuffer(vector, "<f4"),
                "body": body,
            }
        )
    return found


def check_words(article_id: str, text: str, start: int, stop: int) -> str:
    """Return the words of a chunk as Milvus indexes them.

    Raises
    ------
    SourceError
        Where they are more than it takes as one text.
    """
    body = searched_words(text[start:stop])
    if len(body) > MAX_TEXT:
        raise SourceError(
            f"article {article_id}: a chunk of {stop - start:,} characters is more than Milvus takes; "
            f"build the index with a smaller chunk budget"
        )
    return body


def stored_chunk(row: Mapping[str, Any]) -> tuple[int, int, int, bytes, int]:
    """Return a chunk's number, start, end, vector and checksum, as a catalog holds them."""
    vector = np.asarray(row["vector"], "<f4").tobytes()
    return int(row["chunk"]), int(row["start"]), int(row["stop"]), vector, int(row["sum"])


def searched_words(text: str) -> str:
    """Return the terms of a text as Milvus indexes them."""
    return " ".join(encoded(term) for term in analyse(text))


def _filtered(rows: ArticleRows) -> Row:
    """Return the fields that searches are filtered by."""
    published, outlet, language, label = (
        rows.value(name) for name in ("published", "outlet_key", "language", "collection_key")
    )
    return {
        "copy_group": rows.value("copy_group"),
        "day": date.fromisoformat(published).toordinal() if published else 0,
        "outlet": filter_key(outlet_key(outlet) if outlet else None),
        "language": filter_key(language_key(language) if language else None),
        "collection": filter_key(outlet_key(label) if label else None),
    }


def _slices(values: Any, size: int) -> Iterator[Any]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def ended(rows: Sequence[Row], died: int) -> list[Row]:
    """Return rows that are to be written again with the revision that ends them."""
    return [{**row, "died": died} for row in rows]
