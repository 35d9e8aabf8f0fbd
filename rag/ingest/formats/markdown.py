"""Markdown: front matter, a first heading as the title, the words of each block."""

from __future__ import annotations

from html import escape, unescape
from typing import TYPE_CHECKING

import regex

from rag.ingest.article import make_article
from rag.ingest.formats.document_head import read_head
from rag.ingest.formats.front_matter import split_front_matter
from rag.ingest.markup import settle_marks, strip_markup
from rag.ingest.metadata import read_metadata
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.text.normalise import decode
from rag.text.patterns import lazily
from rag.types import Article

_MARKED = lazily(r"</?(?:a|s|del|strike|sup)(?:\s[^<>]*)?>", regex.I)

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

    A row of a table is one line, its cells with bars between them. What is struck out is left out.
    """
    from markdown_it import MarkdownIt

    title: str | None = None
    blocks: list[str] = []
    row: list[str] | None = None
    # A line that begins with a day or a year ("10. Mai", "1989. It was") reads as an item of a list.
    number = ""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    for position, token in enumerate(tokens):
        if token.type == "list_item_open" and token.info:
            number += f"{token.info}{token.markup} "
        elif token.type == "list_item_close" and number:
            blocks.append(number)
            number = ""
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            blocks.append(f"{number}{' | '.join(cell for cell in row if cell)}")
            row, number = None, ""
        elif token.type in ("fence", "code_block"):
            blocks.append(f"{number}{token.content}")
            number = ""
        elif token.type == "html_block":
            blocks.append(f"{number}{strip_markup(token.content).strip()}")
            number = ""
        elif token.type == "inline":
            words = _words(token)
            if row is not None:
                row.append(words.strip())
                continue
            words, number = f"{number}{words}", ""
            if title is None and not blocks and tokens[position - 1].type == "heading_open":
                title = words
            else:
                blocks.append(words)
    return title, [block for block in blocks if block.strip()]


def _words(token: Token) -> str:
    children = token.children or ()
    marked = any(_is_marked(child) for child in children)
    words: list[str] = []
    hidden = False
    for child in children:
        if child.type == "html_inline":
            tag = child.content.lower()
            hidden = tag.startswith(("<script", "<style")) or (
                hidden and not tag.startswith(("</script", "</style"))
            )
            words.append("\n" if tag.startswith("<br") else "")
            if marked and _MARKED.match(tag):
                words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type in ("text", "code_inline") and not hidden:
            words.append(escape(child.content, quote=False) if marked else child.content)
        elif marked and child.tag in ("a", "s") and not hidden:
            href = (
                f' href="{escape(str(child.attrGet("href") or ""))}"' if child.nesting > 0 else ""
            )
            words.append(f"</{child.tag}>" if child.nesting < 0 else f"<{child.tag}{href}>")
    text = "".join(words)
    # Every "<" that is no tag was escaped.
    return unescape(_MARKED.sub("", settle_marks(text, paired=True))) if marked else text


def _is_marked(token: Token) -> bool:
    """Whether something is struck out or raised, or leads to a note: then the markup says what is read."""
    if token.type == "link_open":
        return str(token.attrGet("href") or "").startswith("#")
    return token.type == "s_open" or (
        token.type == "html_inline" and _MARKED.match(token.content) is not None
    )
