"""The command that looks up a draft's quotations and saved citations: check."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import SourceError
from ui.cli.options import IndexOption, JsonOption, app
from ui.cli.output import console, print_json, say, write_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.checking import CheckedQuotation

_MAX_BYTES = 5_000_000
# Exit status where a quotation is not verbatim, or a citation not unchanged.
_FOUND = 1


@app.command(epilog="Example: presscite check draft.md --index my.index; echo $?")
def check(
    draft: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A text or Markdown file, answers that `ask --json` or `ask --batch` printed, or an "
            "evidence pack; - for stdin.",
        ),
    ],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look up the quotations of a draft, or saved answers: exit status 0 all sound, 1 not, 2 unusable.

    A quotation of three words or more is verbatim, altered (the difference is shown), somebody
    else's words, or in none of the articles. A saved citation is unchanged, or its article was
    edited, replaced or removed, or never had the outlet, title, date, address or speaker that was
    saved, or the quotes of the answer do not have its words. An answer without citations is not
    sound.
    """
    from ui.cli.saved import saved_answers

    text = _read(draft)
    answers = saved_answers(draft, text)
    whole = (
        _check_draft(draft, text, index, as_json)
        if answers is None
        else _check_answers(draft, answers, index, as_json)
    )
    if not whole:
        raise typer.Exit(_FOUND)


def _check_draft(draft: str, text: str, index: str | None, as_json: bool) -> bool:
    """Print what became of a draft's quotations; whether each is verbatim."""
    from rag.checking import check_text
    from ui.defaults import open_for_questions
    from ui.serialize import checked_json

    with open_for_questions(index)[0] as opened:
        checked = list(check_text(opened, text))
    if as_json:
        counts = _counts(checked)
        quotations = [checked_json(one, text) for one in checked]
        print_json({"draft": draft, "counts": counts, "quotations": quotations})
    else:
        from ui.cli.checked import print_checked

        for one in checked:
            print_checked(console(), one, text)
        write_line(_summary(checked))
    return all(one.status == "verbatim" for one in checked)


def _check_answers(
    name: str, answers: Sequence[Mapping[str, object]], index: str | None, as_json: bool
) -> bool:
    """Print what became of saved citations; whether each is unchanged and none is missing."""
    from rag.checking import check_evidence
    from ui.cli.checked import print_citation
    from ui.cli.saved import count_uncited, count_unreadable
    from ui.defaults import open_for_questions
    from ui.serialize import evidence_json

    with open_for_questions(index)[0] as opened:
        checked = list(check_evidence(opened, answers))
    counts = Counter[str](one.status for one in checked)
    if as_json:
        citations = [evidence_json(one) for one in checked]
        print_json({"answers": name, "counts": dict(counts), "citations": citations})
    else:
        for one in checked:
            print_citation(console(), one)
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        noun = "citation" if len(checked) == 1 else "citations"
        write_line(f"{len(checked)} {noun}{': ' if told else ''}{told}")
    uncited = count_uncited(answers)
    if uncited:
        noun = "answer cites" if uncited == 1 else "answers cite"
        say(f"{name}: {uncited} {noun} nothing, so nothing vouches for the words")
    elif not checked:
        say(f"{name}: its answers cite nothing, so nothing was verified")
    unreadable = count_unreadable(answers)
    if unreadable:
        say(f"{unreadable} not checked: a citation has article_id, quote, start and end")
    return counts.keys() <= {"unchanged"} and not unreadable and not uncited


def _read(draft: str) -> str:
    from rag.text.normalise import decode

    try:
        stream = sys.stdin.buffer if draft == "-" else Path(draft).expanduser().open("rb")
        with stream:
            data = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SourceError(f"{draft}: cannot be read ({reason}); name a text file, or -") from error
    if len(data) > _MAX_BYTES:
        raise SourceError(f"{draft}: over {_MAX_BYTES:,} bytes; check it in parts")
    return decode(data)


def _counts(checked: Sequence[CheckedQuotation]) -> dict[str, int]:
    counts = dict.fromkeys(("verbatim", "altered", "other speaker", "not found"), 0)
    for one in checked:
        counts[one.status] += 1
    return counts


def _summary(checked: Sequence[CheckedQuotation]) -> str:
    if not checked:
        return "no quotation of three words or more between quotation marks"
    told = [f"{count} {status}" for status, count in _counts(checked).items() if count]
    noun = "quotation" if len(checked) == 1 else "quotations"
    return f"{len(checked)} {noun}: {', '.join(told)}"
