"""The application object, and the options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ui.cli.output import say

if TYPE_CHECKING:
    from datetime import date

INTERRUPTED = "interrupted; what was committed stays"


class _Commands(TyperGroup):
    """The commands; typer alone would end one that is interrupted without a word."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (as typer has it)
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say(INTERRUPTED)
            raise typer.Exit(130) from None


app = typer.Typer(
    name="presscite",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="INDEX",
        help="A folder, milvus://HOST:PORT/NAME or milvus-lite:PATH; default: $PRESSCITE_INDEX, else "
        "your own folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
AllowPrivateOption = Annotated[
    bool,
    typer.Option(
        "--allow-private", help="Fetch from hosts in private networks and on this machine, too."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="The day the question is asked: nothing newer is used. Default: today."
    ),
]
SinceOption = Annotated[str | None, typer.Option(help="Published on or after this day.")]
UntilOption = Annotated[str | None, typer.Option(help="Published on or before this day.")]
OutletOption = Annotated[str | None, typer.Option(help="Only this outlet.")]
LanguageOption = Annotated[str | None, typer.Option(help="Only this language, e.g. en.")]
CollectionOption = Annotated[
    str | None, typer.Option(help="Only this collection: the label that add --collection gave.")
]
LabelOption = Annotated[
    str | None,
    typer.Option(
        "--collection",
        help="Label of the articles, e.g. 'press releases', to filter by; articles that are there "
        "already move to it. Without it they stay where they are.",
    ),
]
KOption = Annotated[int, typer.Option("-k", help="How many passages.")]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        help="Who picks the words: presscite, evidence (not trained), or an extractive "
        "question-answering model by folder or hub name."
    ),
]
AccuracyOption = Annotated[
    float | None,
    typer.Option(
        "--min-accuracy",
        help="Answer only where this share of answers was right on the development questions, "
        "e.g. 0.95.",
    ),
]


def label_given(collection: str | None, *, taken_off: bool = False) -> str | None:
    """Return the label of ``--collection`` in its normal form; None where none is given.

    Parameters
    ----------
    taken_off
        Whether ``--no-collection`` is given: the empty label, which takes off what articles have.

    Raises
    ------
    QueryError
        Where both options are given.
    SourceError
        Where the label is empty or too long.
    """
    from rag.errors import QueryError
    from rag.text.article_fields import NO_COLLECTION, collection_name

    if taken_off:
        if collection is not None:
            raise QueryError(
                "--collection and --no-collection exclude each other; give one of them"
            )
        return NO_COLLECTION
    return None if collection is None else collection_name(collection)


def as_of_day(as_of: str | None) -> date | None:
    """Parse ``--as-of``, before anything is loaded for the question."""
    from rag.retrieval.filters import checked_day

    return checked_day("--as-of", as_of)
