"""Answers and passages as a terminal shows them; what articles say is never read as markup."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rag.types import Answer, Article, Citation, Passage
from ui.markup import title_of
from ui.reported import (
    DIFFERENT,
    EARLIER,
    NEAREST,
    SILENT,
    UNDATED,
    article_day,
    beside_and_earlier,
    copied_by,
    gap_line,
    heading,
    newest_citation,
    on_page,
    reported,
    sureness,
    understood_as,
    without_copies,
)


def print_answer(console: Console, answer: Answer) -> None:
    """Print the quotes with the answering words in bold, or that the articles don't say."""
    if answer.standalone_question:
        console.print(Text(understood_as(answer.standalone_question), style="dim"))
    if answer.time_gap:
        gap = gap_line(answer.time_gap, answered=not answer.abstained)
        console.print(Text(gap, style="dim"))
    if answer.abstained:
        console.print(Text(SILENT, style="bold yellow"))
        if answer.passages:
            console.print(Text(f"{NEAREST}:", style="dim"))
        for passage in answer.passages[:3]:
            print_passage(console, passage)
        return
    if lead := heading(answer):
        console.print(Text(lead, style="bold"))
    _print_citations(console, answer.citations)
    told = reported(answer.citations[0].article, answer.as_of)
    console.print(Text(f"{told} · {sureness(answer.confidence)}", style="dim"))
    beside, earlier = beside_and_earlier(answer)
    if beside:
        console.print(Text(DIFFERENT, style="dim"))
    for other in beside:
        console.print(Text(f"Another answer, {sureness(other.confidence)}:", style="bold"))
        _print_citations(console, other.citations[:1])
    if earlier:
        console.print(Text(f"{EARLIER}:", style="bold"))
    for other in earlier:
        article = newest_citation(other).article
        where = " · ".join((article_day(article), article.outlet or title_of(article)))
        line = Text(f"  {plain(where)}: ", style="cyan")
        line.append(plain(newest_citation(other).answer), style="bold not cyan")
        console.print(line)


def print_passage(console: Console, passage: Passage) -> None:
    """Print one passage with where it stands."""
    text = Text(f"{passage.score:.3f}  ", style="dim")
    page = on_page(passage.article, passage.chunk.start)
    place = (place_of(passage.article), page)
    text.append(" · ".join(part for part in place if part), style="cyan")
    console.print(text)
    console.print(Text(plain(passage.text)))
    console.print()


def _print_citations(console: Console, citations: tuple[Citation, ...]) -> None:
    for number, (citation, copies) in enumerate(without_copies(citations), 1):
        low = citation.answer_start - citation.start
        high = citation.answer_end - citation.start
        text = Text("“")
        text.append(plain(citation.quote[:low]))
        text.append(plain(citation.quote[low:high]), style="bold")
        text.append(plain(citation.quote[high:]) + "”")
        console.print(text)
        page = on_page(citation.article, citation.start)
        copied = plain(copied_by(citation, copies) or "")
        parts = (place_of(citation.article), page, copied)
        line = " · ".join(part for part in parts if part)
        console.print(Text(f"  [{number}] {line}", style="cyan"))
        where = citation.link or (citation.article.sources[0] if citation.article.sources else "")
        console.print(Text(f"      {plain(where)}", style="dim"), soft_wrap=True)


def place_of(article: Article) -> str:
    """Return an article's outlet, day and title in one line."""
    day = article.published.isoformat() if article.published else UNDATED
    name = article.title or ("" if article.outlet else article.id)
    retold = f"after {article.retells}" if article.retells else None
    parts = (article.outlet, day, name, retold)
    return plain(" · ".join(part for part in parts if part))


def plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    return "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)
