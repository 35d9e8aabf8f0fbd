"""The command that looks the quotations of a draft up: check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import SourceError
from ui.cli.options import IndexOption, JsonOption, app
from ui.cli.output import console, print_json, write_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.checking import CheckedQuotation

_MAX_BYTES = 5_000_000
# Exit status where every quotation is verbatim, and where one is not.
_CLEAN, _FOUND = 0, 1


@app.command(epilog="Example: presscite check draft.md --index my.index; echo $?")
def check(
    draft: Annotated[str, typer.Argument(help="A text or Markdown file, or - for stdin.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look up every quotation of a draft: exit status 0 all verbatim, 1 not all, 2 unusable.

    A quotation of three words or more is verbatim, altered (the difference is shown), somebody
    else's words, or in none of the articles.
    """
    from rag.checking import check_text
    from ui.defaults import open_for_questions
    from ui.serialize import checked_json

    text = _read(draft)
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
    if any(one.status != "verbatim" for one in checked):
        raise typer.Exit(_FOUND)


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
