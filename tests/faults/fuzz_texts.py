"""Fuzzing of what turns bytes into articles and questions: files, lines, dates, addresses."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from eval.datasets import read_dataset
from rag.index.chunking import ChunkBudget, chunk_spans
from rag.ingest.formats import read_csv, read_jsonl, read_markdown, read_plain, read_text
from rag.ingest.sources import read_file, read_sources
from rag.retrieval.filters import make_filters
from rag.retrieval.query import make_query
from rag.text.dates import find_date
from rag.text.links import quote_link, safe_url
from rag.text.normalise import decode, normalise
from rag.types import Article, Skipped
from tests.faults.fuzz import Target, own_errors
from ui.cli.batch import read_question

_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252")
_FIELDS = (
    "text",
    "title",
    "outlet",
    "url",
    "language",
    "id",
    "published",
    "date",
    "authors",
    "author",
)
_SENTENCES = (
    "The mayor of Lindau signed the treaty on Monday. ",
    "May 3, 2030\n",
    "Read more | Share\n",
    "(Lake Wire) - ",
    "\n\n",
    "e\u0301" * 40,
    "\u202e\u200b\ufeff",
    "漢字かな交じり文。",
    "\U0001f469\u200d\U0001f680 ",
    "a" * 300,
)
texts = st.lists(st.one_of(st.sampled_from(_SENTENCES), st.text(max_size=40)), max_size=12).map(
    "".join
)


def _encoded(pair: tuple[str, str]) -> bytes:
    text, encoding = pair
    return text.encode(encoding, "replace")


encoded = st.one_of(
    st.binary(max_size=200),
    st.tuples(texts, st.sampled_from(_ENCODINGS)).map(_encoded),
    st.tuples(
        st.sampled_from(
            [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE, b"\xff\xfe\0\0"]
        ),
        st.binary(max_size=60),
    ).map(b"".join),
)
_YAML = (
    "title: A: b", "title: 'open", "published: 2030-13-45", "published: 2030-02-30T25:00:00Z",
    "date: 99999999999", "authors: [a, [b, {c: d}]]", "url: javascript:alert(1)", "url: http://[",
    "? x", "- a", "&a x", "*a", "<<: *a", "a: !!python/object/apply:os.system [ls]", "%YAML 9.9",
    "\ttab: x", "id: " + "x" * 300, "{", "[" * 30, "a: >\n b", "language: " + "x" * 99, "---", "...",
    "title: \x00", "title: \ud800", ": :", "!", "| 3", "a: |99\n b", "é: ü",
)  # fmt: skip
_lines = st.lists(st.one_of(st.sampled_from(_YAML), st.text(max_size=30)), max_size=6)
markdown = st.tuples(_lines, texts).map(
    lambda pair: ("---\n" + "\n".join(pair[0]) + "\n---\n" + pair[1]).encode(
        "utf-8", "surrogatepass"
    )
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_records = st.dictionaries(
    st.one_of(st.sampled_from(_FIELDS), st.text(max_size=5)), st.one_of(values, texts), max_size=6
)
_line = st.one_of(
    _records.map(lambda record: json.dumps(record).encode()),
    _records.map(lambda record: json.dumps(record).encode()[:-3]),
    st.just(b'{"text":' + b"[" * 5000),
    st.just(b'{"text": "\\ud800 words", "id": "\\ud83d"}'),
    st.just(b'{"text": "words", "published": 1e999, "id": 1e400}'),
    st.just(b'{"id": ' + b"9" * 5000 + b', "text": "words"}'),
    encoded,
)
jsonl = st.lists(_line, max_size=5).map(b"\n".join)
json_arrays = st.lists(_line, max_size=5).map(lambda lines: b"[" + b",\n".join(lines) + b"]")
tables = st.tuples(
    st.sampled_from((b"", b"text,title,date\n", b"body;autor\n", b"text\ttitle\n", b'"text\n')),
    encoded,
).map(b"".join)
_EXPORT_LINES = (
    "1 of 2 DOCUMENTS", "End of Document", "Body", "LENGTH: 9 words", "Length: 9 words", "BYLINE: A B",
    "Document ORVP000020260512em5c0000x", "214 words", "12 May 2026", "Orvane Post", "(c) 2026 Orvane",
    "HD A", "PD 12 May 2026", "LP", "_" * 40, "Full text: words", "Title: a", "Publication title: b", "",
    "LOAD-DATE: May 13, 2026", "ProQuest document ID: 7", "Search Summary",
)  # fmt: skip
exports = st.lists(st.one_of(st.sampled_from(_EXPORT_LINES), texts), max_size=30).map(
    lambda lines: "\n".join(lines).encode("utf-8", "replace")
)
_TAGS = (
    "<html>", "<head>", "<title>", "</title>", "<article>", "<p>", "</p>", "<div class='x'>",
    "<script>", "</script>", "<!--", "-->", "<![CDATA[", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;",
    "&#x110000;", "&#0;", "&nbsp", "<meta charset=", "<table><tr><td>", "<" * 50, "<b>" * 200,
    "<meta property='article:published_time' content='2030-99-99'>",
    "<link rel=canonical href='javascript:1'>",
    "<script type='application/ld+json'>{\"@type\": \"NewsArticle\", \"datePublished\": [1]}</script>",
)  # fmt: skip
pages = st.tuples(
    st.lists(st.one_of(st.sampled_from(_TAGS), texts), max_size=20).map("".join),
    st.sampled_from(_ENCODINGS),
).map(_encoded)
questions = st.one_of(
    st.text(max_size=60).map(lambda text: json.dumps({"question": text})),
    st.fixed_dictionaries(
        {"question": values},
        optional={"history": values, "since": values, "outlet": values, "id": values},
    ).map(json.dumps),
    st.text(max_size=40),
    st.just('{"question":' + "[" * 5000),
)


def checked(items: Iterable[Article | Skipped]) -> None:
    """Consume what a reader yields and check that it can be stored, shown and cut into chunks."""
    for item in items:
        if isinstance(item, Skipped):
            assert item.reason, "a skip without a reason"
            assert len(item.reason.splitlines()) == 1, f"a reason of several lines: {item.reason!r}"
            item.source.encode()
            continue
        assert normalise(item.text) == item.text, "the text is not in its normal form"
        for value in (item.id, item.text, item.title, item.outlet, item.language, *item.authors):
            (value or "").encode()
        for start, end in chunk_spans(item.text[:3000], ChunkBudget(40, 1)):
            assert item.text[start:end].strip(), "a chunk without words"


def _decoded(data: bytes) -> None:
    text = normalise(decode(data))
    assert normalise(text) == text, "normalising twice differs from once"


def _small(text: str) -> None:
    find_date(text)
    safe_url(text)
    safe_url(f"https://{text}")
    quote_link(f"https://example.org/{text}", text)
    for field in ("since", "until", "outlet", "language"):
        with own_errors():
            make_filters(**{field: text})
    with own_errors():
        make_query(text)


def text_targets(root: Path) -> list[Target]:
    """Return the readers of files and lines; files are written below ``root``."""

    def page(data: bytes) -> None:
        for suffix in (".html", ".htm", ".txt"):
            place = root / f"page{suffix}"
            place.write_bytes(data)
            checked(read_file(place))

    def standard_input(data: bytes) -> None:
        checked(read_sources(["-"], stdin=io.BytesIO(data)))

    def question_set(pair: tuple[str, bytes]) -> None:
        place = root / f"questions{pair[0]}"
        place.write_bytes(pair[1])
        read_dataset(place, split="all")

    sets = st.tuples(
        st.sampled_from((".jsonl", ".json")), st.one_of(jsonl, questions.map(str.encode))
    )
    return [
        Target("text decoding", encoded, _decoded),
        Target("text files", encoded, lambda data: checked([read_text(data, "/news/a.txt")])),
        Target("front matter", markdown, lambda data: checked([read_markdown(data, "/news/a.md")])),
        Target("JSONL", jsonl, lambda data: checked(read_jsonl(io.BytesIO(data), "/news/a.jsonl"))),
        Target("JSON", json_arrays, lambda data: checked(read_jsonl(io.BytesIO(data), "a.json"))),
        Target("CSV", tables, lambda data: checked(read_csv(io.BytesIO(data), "/news/a.csv"))),
        Target("exports", exports, lambda data: checked(read_plain(io.BytesIO(data), "a.txt"))),
        Target("HTML pages", pages, page),
        Target("standard input", st.one_of(jsonl, encoded), standard_input),
        Target("dates, filters, addresses", st.text(max_size=60), _small),
        Target("batch questions", questions, read_question),
        Target("question sets", sets, question_set),
    ]
