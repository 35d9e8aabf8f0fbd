"""Quotations and citations that were looked up, as a terminal shows them."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rag.checking import CheckedCitation, CheckedQuotation, Match
from rag.text.terminal import plain
from ui.cli.terminal import place_of

_STYLES = {
    "verbatim": "green",
    "altered": "bold yellow",
    "other speaker": "bold red",
    "not found": "bold red",
}
_SHOWN = 3


def print_checked(console: Console, one: CheckedQuotation, draft: str) -> None:
    """Print a quotation's line in the draft, its status, and where the words stand."""
    line = draft.count("\n", 0, one.quotation.start) + 1
    head = Text(f"line {line}: ", style="dim")
    head.append(one.status, style=_STYLES[one.status])
    head.append(f"  “{plain(one.text)}”", style="default")
    console.print(head)
    for match in one.matches[:_SHOWN]:
        _print_match(console, one, match)
    if len(one.matches) > _SHOWN:
        more = len(one.matches) - _SHOWN
        noun = "article" if more == 1 else "articles"
        console.print(Text(f"  and in {more} more {noun}", style="dim"))
    console.print()


def _print_match(console: Console, one: CheckedQuotation, match: Match) -> None:
    citation = match.citation
    console.print(Text(f"  {place_of(citation.article)}", style="cyan"))
    for change in match.alignment.changes:
        ours, theirs = change.quoted or "(nothing)", change.article or "(nothing)"
        console.print(Text(f"    the draft has “{plain(ours)}”, the article “{plain(theirs)}”"))
    if one.status == "other speaker":
        console.print(
            Text(f"    the draft names {plain(one.quotation.speaker or '')}, "
                 f"the article {plain(match.speaker or '')}")
        )  # fmt: skip
    elif match.speaker:
        console.print(Text(f"    said by {plain(match.speaker)}", style="dim"))
    elif not match.in_quotes:
        console.print(Text("    the reporter's own words there", style="dim"))
    else:
        console.print(Text("    speaker not known: the article names no person", style="yellow"))
    low, high = citation.answer_start - citation.start, citation.answer_end - citation.start
    quote = Text(f"    “{plain(citation.quote[:low])}")
    quote.append(plain(citation.quote[low:high]), style="bold")
    quote.append(f"{plain(citation.quote[high:])}”")
    console.print(quote)
    if citation.link:
        console.print(Text(f"    {plain(citation.link)}", style="dim"), soft_wrap=True)


def print_citation(console: Console, one: CheckedCitation) -> None:
    """Print a saved citation's status, and how the words changed."""
    head = Text(one.status, style="green" if one.status == "unchanged" else "bold yellow")
    where = one.citation.get("outlet") or one.citation.get("title") or one.citation["article_id"]
    head.append(f"  {plain(str(where))}: “{plain(str(one.citation['quote']))}”", style="default")
    console.print(head)
    if one.status == "answer differs":
        console.print(Text("    no quote of this answer has the words saved as the answer"))
    for ours, theirs in one.changes:
        ours, theirs = ours or "(nothing)", theirs or "(nothing)"
        console.print(Text(f"    saved “{plain(ours)}”, now “{plain(theirs)}”"))
    for field in one.fields:
        now = f"“{plain(field.now)}”" if field.now else "(none)"
        never = "" if field.known else "; no version had what was saved"
        console.print(Text(f"    {field.name}: saved “{plain(field.saved)}”, now {now}{never}"))
    if one.version and one.article_id:
        shown = f"presscite show {plain(one.article_id)} --version {one.version[:12]}"
        console.print(Text(f"    the cited version: {shown}", style="dim"), soft_wrap=True)
