"""One reader a format: text, Markdown and JSONL, from bytes to articles."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

import yaml

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS, make_article
from rag.ingest.clean import clean_page
from rag.text.dates import parse_date
from rag.text.normalise import decode, is_wide, normalise
from rag.types import Article, Skipped

_MAX_LINE = MAX_CHARACTERS * 2
# Metadata is a few lines; what is longer or nested deeper is an attack on the YAML reader, which
# takes the square of the nesting in time.
_MAX_FRONT_MATTER = 20_000
_MAX_NESTING = 10
_NULLS = ("", "~", "null", "Null", "NULL")
_FIELDS = ("title", "outlet", "url", "language", "id", "retells")


def read_text(data: bytes, source: str) -> Article:
    """Return the article of a scraped or plain text file.

    Raises
    ------
    SourceError
        Where there is no text in it.
    """
    story = clean_page(normalise(decode(data)))
    return make_article(
        text=story.text,
        source=source,
        title=story.title,
        outlet=story.outlet,
        published=story.published,
    )


def read_markdown(data: bytes, source: str) -> Article:
    """Return the article of a Markdown file; its metadata is YAML between two ``---`` lines.

    A first heading becomes the title where the front matter has none.

    Raises
    ------
    SourceError
        Where there is no text in it, or its front matter does not read.
    """
    fields, body = _front_matter(decode(data))
    title, text = _plain(body)
    given = _metadata(fields)
    given["title"] = given["title"] or title
    return make_article(text=text, source=source, **given)


def read_jsonl(stream: IO[bytes], source: str) -> Iterator[Article | Skipped]:
    """Yield one article a line, or why that line is none; memory holds one line at a time.

    Raises
    ------
    SourceError
        Where the stream is marked as UTF-16 or UTF-32 and is not, or too large for that.
    """
    first = stream.readline(_MAX_LINE + 1)
    if is_wide(first):
        stream = _narrowed(first, stream)
        first = stream.readline(_MAX_LINE + 1)
    rest = iter(lambda: stream.readline(_MAX_LINE + 1), b"")
    for number, line in enumerate(chain([first] if first else [], rest), 1):
        place = f"{source}#{number}"
        if len(line) > _MAX_LINE:
            yield Skipped(place, f"too large: a line of more than {_MAX_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MAX_LINE)
            continue
        if not line.strip():
            continue
        try:
            yield _json_article(decode(line), source, number)
        except SourceError as error:
            yield Skipped(place, str(error))


def _narrowed(first: bytes, stream: IO[bytes]) -> IO[bytes]:
    """Return a stream of UTF-16 or UTF-32, whose lines are not lines of bytes, as UTF-8."""
    data = first + stream.read(_MAX_LINE)
    if len(data) > _MAX_LINE:
        raise SourceError(f"too large for UTF-16: over {_MAX_LINE:,} bytes; convert it to UTF-8")
    return io.BytesIO(decode(data).encode("utf-8", "replace"))


def _json_article(line: str, source: str, number: int) -> Article:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON: {str(error)[:100]}") from None
    if not isinstance(record, dict):
        raise SourceError("not a JSON object; write one article a line")
    text = record.get("text")
    if not isinstance(text, str):
        raise SourceError("no 'text' in it; an article needs one, as a string")
    given = _metadata(record)
    name = given["id"] or str(number)
    if given["id"] and name.isdigit():
        # Else the line of that number, having no id, would be the same source, and one replace the other.
        name = f"id={name}"
    return make_article(text=text, source=f"{source}#{name}", **given)


def _metadata(fields: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in _FIELDS:
        value = fields.get(name)
        if isinstance(value, bool | list | dict):
            raise SourceError(f"its {name} is not a string")
        given[name] = str(value) if value is not None and str(value).strip() else None
    try:
        given["published"] = parse_date(fields.get("published") or fields.get("date"))
    except ValueError as error:
        raise SourceError(f"published: {error}") from None
    authors = fields.get("authors") or fields.get("author") or ()
    if isinstance(authors, str):
        authors = (authors,)
    if not isinstance(authors, list | tuple) or not all(isinstance(a, str) for a in authors):
        raise SourceError("its authors are not a list of names")
    given["authors"] = tuple(authors)
    return given


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    lines = text.lstrip("\ufeff").splitlines()
    # A rule with a blank line below it is a rule (Pandoc's distinction).
    if len(lines) < 2 or lines[0].strip() != "---" or not lines[1].strip():
        return {}, text
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        return {}, text
    block = "\n".join(lines[1:end])
    if len(block) > _MAX_FRONT_MATTER:
        raise SourceError(f"its front matter is too long: over {_MAX_FRONT_MATTER:,} characters")
    try:
        _check_yaml(block)
        # Plain strings: with YAML's types the headline "No" is a Boolean and 1_984 a number.
        fields = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = " ".join(str(error).split())[:120]
        raise SourceError(f"its front matter is not YAML: {problem}") from None
    fields = {} if fields is None else fields
    if not isinstance(fields, dict):
        raise SourceError("its front matter is not a list of 'name: value' lines")
    given = {str(key).lower(): None if value in _NULLS else value for key, value in fields.items()}
    return given, "\n".join(lines[end + 1 :])


def _check_yaml(block: str) -> None:
    depth = 0
    for event in yaml.parse(block):
        # Aliases multiply ("billion laughs"); metadata has no need of them.
        if isinstance(event, yaml.AliasEvent):
            raise SourceError("its front matter uses YAML aliases; write the values out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise SourceError("its front matter is nested too deep; write 'name: value' lines")


def _plain(markdown: str) -> tuple[str | None, str]:
    """Return a document's first heading, if it opens with one, and its words block by block."""
    from markdown_it import MarkdownIt

    title: str | None = None
    blocks: list[str] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for position, token in enumerate(tokens):
        if token.type in ("fence", "code_block"):
            blocks.append(token.content)
        if token.type != "inline":
            continue
        words = "".join(
            " " if child.type in ("softbreak", "hardbreak") else child.content
            for child in token.children or ()
            if child.type in ("text", "code_inline", "softbreak", "hardbreak")
        )
        if title is None and not blocks and tokens[position - 1].type == "heading_open":
            title = words
        elif words.strip():
            blocks.append(words)
    return title, "\n\n".join(blocks)
