"""Markdown: front matter, a first heading as the title, the words of each block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.ingest.article import make_article
from rag.ingest.formats.document_head import read_head
from rag.ingest.formats.front_matter import split_front_matter
from rag.ingest.markup import strip_markup
from rag.ingest.metadata import read_metadata
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.text.normalise import decode
from rag.types import Article

if TYPE_CHECKING:
    from markdown_it.token import Token


def read_markdown(data: bytes, source: str, options: ReadOptions = DEFAULTS) -> Article:
    """Return the article of a Markdown file; a first heading is its title where metadata gives none.

    Where metadata gives no day, that of the first lines is taken, with their byline, as in a document.

    Raises
    ------
    SourceError
        Where there is no text in it.
    """

    def note(message: str) -> None:
        options.note(source, message)

    fields, body = split_front_matter(decode(data), note)
    title, blocks = _plain(body)
    given = read_metadata(fields, note, options)
    given["title"] = given["title"] or title
    if given["published"] is None:
        head = read_head(blocks, options)
        if head.note:
            note(head.note)
        given["published"] = head.published
        given["date_origin"] = "visible text" if head.published else None
        given["authors"] = given["authors"] or head.authors
        given["outlet"] = given["outlet"] or head.outlet
        blocks = [one for n, one in enumerate(blocks) if n not in head.used] or blocks
    return make_article(text="\n\n".join(blocks), source=source, **given)


def _plain(markdown: str) -> tuple[str | None, list[str]]:
    """Return a document's first heading, if it opens with one, and the words of each block.

    A row of a table is one line, its cells with bars between them.
    """
    from markdown_it import MarkdownIt

    title: str | None = None
    blocks: list[str] = []
    row: list[str] | None = None
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for position, token in enumerate(tokens):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            blocks.append(" | ".join(cell for cell in row if cell))
            row = None
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content)
        elif token.type == "html_block":
            blocks.append(strip_markup(token.content))
        elif token.type == "inline":
            words = _words(token)
            if row is not None:
                row.append(words.strip())
            elif title is None and not blocks and tokens[position - 1].type == "heading_open":
                title = words
            else:
                blocks.append(words)
    return title, [block for block in blocks if block.strip()]


def _words(token: Token) -> str:
    words: list[str] = []
    hidden = False
    for child in token.children or ():
        if child.type == "html_inline":
            tag = child.content.lower()
            hidden = tag.startswith(("<script", "<style")) or (
                hidden and not tag.startswith(("</script", "</style"))
            )
            words.append("\n" if tag.startswith("<br") else "")
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type in ("text", "code_inline") and not hidden:
            words.append(child.content)
    return "".join(words)
