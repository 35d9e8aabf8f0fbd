"""How much of a text is read back from PDFs in random layouts, beside PDFium's own order of text.

    python -m eval.lab.pdf_layouts --documents 50 --seed 6

prints articles (invented ones, or those of a JSONL file) with Chromium in one to four columns, other
fonts, sizes and leadings, justified or not, with running heads, hyphenation and second stories, reads
them, and prints F1 by words and by four words in a row: the latter falls where the order is wrong.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import regex

from rag.ingest.formats.pdf import read_pdf
from rag.text.normalise import normalise, normalise_line

_FONTS = ("Liberation Serif", "Liberation Sans", "DejaVu Serif", "Liberation Sans Narrow")
_LONG_WORD = regex.compile(r"\b[a-z]{7,}\b")


@dataclass(frozen=True, slots=True)
class Told:
    """An article to print: its title and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """One document's figures, 0 to 1."""

    words: float
    order: float
    """F1 of four words in a row."""
    paragraphs: float
    """Share of the paragraphs that are found whole."""
    title: bool
    plain_order: float
    """As ``order``, of the text as PDFium gives it."""


def invented() -> list[Told]:
    """Return the articles that presscite's reader is trained on: made up, and part of the package."""
    from eval.lab.train.synthetic import newsrooms

    return [
        Told(article.title, tuple(one for one in article.text.split("\n") if one))
        for story in newsrooms()
        for article in story.articles
        if article.title
    ]


def listed(path: Path) -> list[Told]:
    """Return the articles of a JSONL file, by their ``title`` and ``text``."""
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Told(one["title"], tuple(part for part in one["text"].split("\n") if part.strip()))
        for one in records
        if one.get("title") and 800 < len(one.get("text", "")) < 9000
    ]


def page_of_chance(stories: Sequence[Told], chance: random.Random) -> tuple[str, list[str]]:
    """Return an HTML page of one or two stories in some layout, and the lines of its text."""
    columns = chance.choice([1, 1, 2, 2, 3, 3, 4])
    sheets = ["A4", "Letter", "A5", "290mm 400mm"] if columns < 3 else ["A4", "290mm 400mm"]
    indent, headed, hyphens = (chance.random() < share for share in (0.5, 0.5, 0.35))
    running = (
        "@top-left { content: 'Halden Herald 14 March 2025'; font-size: 8pt }"
        "@bottom-center { content: counter(page); font-size: 8pt }"
    )
    font, size = chance.choice(_FONTS), chance.choice([8.5, 9.5, 10.5, 11, 12])
    leading, align = chance.choice([1.15, 1.25, 1.4, 1.6]), chance.choice(["justify", "left"])
    style = (
        f"@page {{ size: {chance.choice(sheets)}; margin: 18mm 14mm; {running if headed else ''} }}"
        f"body {{ font-family: '{font}'; font-size: {size}pt; line-height: {leading}; text-align: {align} }}"
        f"h1 {{ font-size: {chance.choice([18, 24, 32])}pt; line-height: 1.15; text-align: left }}"
        f"h2 {{ font-size: {chance.choice([14, 18])}pt; text-align: left }}"
        f".c {{ columns: {columns}; column-gap: {chance.choice([3.5, 5, 7])}mm }}"
        f"p {{ margin: {'0' if indent else '0 0 .6em'}; text-indent: {'1.2em' if indent else '0'};"
        " hyphens: manual; hyphenate-character: '-' }"
    )
    body = ""
    lines: list[str] = []
    for n, story in enumerate(stories if columns > 1 and chance.random() < 0.3 else stories[:1]):
        shown = [_breakable(one) if hyphens else one for one in story.paragraphs]
        heading = f"h{n + 1}"
        body += f"<{heading}>{html.escape(story.title)}</{heading}><div class=c>"
        body += "".join(f"<p>{html.escape(one)}</p>" for one in shown) + "</div>"
        lines += [story.title, *story.paragraphs] if n else story.paragraphs
    return f"<!doctype html><meta charset=utf-8><title></title><style>{style}</style>{body}", lines


def _breakable(text: str) -> str:
    """Return a text whose long words may break at every third letter, where a dictionary would not."""
    return _LONG_WORD.sub(
        lambda found: "\u00ad".join(regex.findall(r".{1,3}", found.group())), text
    )


def score(data: bytes, title: str, lines: Sequence[str]) -> Score:
    """Return what was read of a printed document."""
    import pypdfium2

    article = read_pdf(data, "a")
    wanted = normalise("\n\n".join(lines))
    whole = [line for line in wanted.split("\n") if line]
    found = set(article.text.split("\n"))
    with pypdfium2.PdfDocument(data) as document:
        plain = " ".join(page.get_textpage().get_text_range() for page in document)
    return Score(
        words=f1(article.text, wanted, 1),
        order=f1(article.text, wanted, 4),
        paragraphs=mean(line in found for line in whole),
        title=article.title == normalise_line(title),
        plain_order=f1(plain, wanted, 4),
    )


def f1(found: str, wanted: str, n: int) -> float:
    """Return F1 of the bags of ``n`` words in a row of two texts."""
    one, other = (
        Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
        for words in (found.split(), wanted.split())
    )
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print and read documents, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=50)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument(
        "--articles", type=Path, help="JSONL with title and text; invented ones else"
    )
    given = parser.parse_args(arguments)
    chance = random.Random(given.seed)
    told = listed(given.articles) if given.articles else invented()
    chance.shuffle(told)
    chromium = os.environ.get("CHROMIUM", "chromium")
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as name:
        page, printed = Path(name) / "page.html", Path(name) / "page.pdf"
        for n in range(given.documents):
            stories = [told[(2 * n) % len(told)], told[(2 * n + 1) % len(told)]]
            text, lines = page_of_chance(stories, chance)
            page.write_text(text, encoding="utf-8")
            command = [chromium, "--headless", "--no-sandbox", "--disable-gpu"]
            command += ["--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri()]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603
            scores.append(score(printed.read_bytes(), stories[0].title, lines))
    for label, values in {
        "F1 by words": [one.words for one in scores],
        "F1 by four words": [one.order for one in scores],
        "F1 by four words, PDFium's own order": [one.plain_order for one in scores],
        "paragraphs whole": [one.paragraphs for one in scores],
        "title": [float(one.title) for one in scores],
    }.items():
        print(f"{label:40} mean {mean(values):.4f}  least {min(values):.3f}")


if __name__ == "__main__":
    main()
