"""Commands that answer questions: search, ask, chat."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import PressciteError, QueryError, QuoteError
from ui.cli.options import (
    AccuracyOption,
    AsOfOption,
    CollectionOption,
    IndexOption,
    JsonOption,
    KOption,
    LanguageOption,
    OutletOption,
    ReaderOption,
    SinceOption,
    UntilOption,
    app,
    as_of_day,
)
from ui.cli.output import console, print_json, say, write_line

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer

_MOST_TOLD = 200
"""Characters of an unexpected error that are told."""
_LOG = logging.getLogger("presscite")


@app.command(epilog="Example: presscite search 'Who chaired the session?' -k 5 --since 2023-01-01")
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    index: IndexOption = None,
    k: KOption = 10,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    language: LanguageOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the passages nearest to a question, best first."""
    from rag.retrieval.query import make_query
    from rag.retrieval.retriever import Retriever
    from ui.defaults import open_for_questions
    from ui.serialize import passage_json

    day = as_of_day(as_of)
    with open_for_questions(index)[0] as opened:
        retriever = Retriever(opened)
        query = make_query(
            question,
            k=k,
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=day,
            collection=collection,
        )
        passages = retriever.search(query)
        undated = retriever.undated_left_out(query.filters)
    _say_undated(undated)
    if as_json:
        print_json([passage_json(passage) for passage in passages])
        return
    from ui.cli.terminal import print_passage

    if not passages:
        _say_what_filters(
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=as_of,
            collection=collection,
        )
    for passage in passages:
        print_passage(console(), passage)


@app.command(
    epilog="Examples: presscite ask 'How many agreements were signed?' --since 2023-12-01\n\n"
    "presscite ask --batch questions.jsonl > answers.jsonl"
)
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    batch: Annotated[
        str | None, typer.Option(help="JSONL file of questions, or -; prints JSONL.")
    ] = None,
    index: IndexOption = None,
    k: KOption = 10,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    language: LanguageOption = None,
    collection: CollectionOption = None,
    reader: ReaderOption = None,
    min_accuracy: AccuracyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer with a quote, or say that the articles don't; both exit with status 0."""
    from rag.retrieval.filters import make_filters
    from rag.retrieval.query import make_query
    from ui.defaults import open_for_questions
    from ui.readers import answerer_with, checked_accuracy
    from ui.reported import searched_under
    from ui.serialize import answer_json

    checked_accuracy(min_accuracy)
    if (question is None) == (batch is None):
        raise QueryError("give a question or --batch FILE, one of the two")
    day = as_of_day(as_of)
    asked_with = make_filters(since, until, outlet, language, collection=collection)
    # Said once, before anything is loaded, and not of every line of a batch.
    make_query("any" if question is None else question, k=k)
    filters = {
        "since": since,
        "until": until,
        "outlet": outlet,
        "language": language,
        "as_of": as_of,
        "collection": collection,
    }
    with open_for_questions(index)[0] as opened:
        answerer = answerer_with(opened, reader=reader, min_accuracy=min_accuracy)
        if batch is not None:
            if not _ask_batch(answerer, batch, k, filters):
                raise typer.Exit(2)
            return
        answer = answerer.ask(
            question or "",
            k=k,
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=day,
            collection=collection,
        )
        used = searched_under(answer, asked_with)
        searched = None if used is None else opened.count_articles(used)
    _say_undated(answer.undated_left_out)
    if as_json:
        print_json(answer_json(answer))
        return
    from ui.cli.terminal import print_answer

    if not answer.passages and any(filters.values()):
        _say_what_filters(**filters | {"outlet": outlet or answer.outlet})
    print_answer(console(), answer, asked_with, searched)


def _ask_batch(answerer: Answerer, batch: str, k: int, filters: dict[str, str | None]) -> bool:
    """Answer a file of questions, one line of JSON each; returns whether every line was one."""
    from ui.cli.batch import LineError, read_question
    from ui.serialize import answer_json

    whole = True
    for number, line in enumerate(_lines(batch), 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            asked = read_question(line)
            identity = asked.id
            answer = answerer.ask(
                asked.question,
                history=asked.history,
                k=k,
                since=asked.filters["since"] or filters["since"],
                until=asked.filters["until"] or filters["until"],
                outlet=asked.filters["outlet"] or filters["outlet"],
                language=asked.filters["language"] or filters["language"],
                as_of=asked.filters["as_of"] or filters["as_of"],
                collection=asked.filters["collection"] or filters["collection"],
            )
        except Exception as error:
            if isinstance(error, PressciteError) and not isinstance(error, QueryError | QuoteError):
                raise  # An index or a model that cannot be used is none of one line.
            whole = False
            told = _told(error)
            say(f"{batch}, line {number}: {told}")
            # A line of its own, so that the output still pairs with the input line by line.
            named = error.id if isinstance(error, LineError) else identity
            write_line(json.dumps({"id": named, "error": told}, ensure_ascii=False))
            continue
        record = answer_json(answer) | {"id": identity}
        write_line(json.dumps(record, ensure_ascii=False))
    return whole


def _told(error: Exception) -> str:
    """Return in one line what kept a question from being answered."""
    if isinstance(error, PressciteError):
        return str(error)
    # A fault of the program, which may be of this question alone.
    _LOG.debug("a line of a batch", exc_info=True)
    what = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_TOLD]
    return f"the question could not be answered ({what}); please report this"


def _lines(name: str) -> Iterator[str]:
    try:
        if name == "-":
            # The bytes themselves: standard input's own text layer follows the locale.
            yield from io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig")
            return
        with Path(name).open(encoding="utf-8-sig") as stream:
            yield from stream
    except (OSError, UnicodeDecodeError) as error:
        where = "standard input" if name == "-" else name
        reason = getattr(error, "strerror", None) or error
        raise QueryError(
            f"{where}: the questions cannot be read ({reason}); give JSON lines in UTF-8"
        ) from error


def _say_undated(count: int) -> None:
    """Tell how many articles a filter by date leaves out because they have none."""
    if count:
        verb = "article without a date is" if count == 1 else "articles without a date are"
        say(f"{count:,} {verb} left out by --since or --until")


def _say_what_filters(**filters: str | None) -> None:
    """Say that no article passes the filters: an abstention then says nothing about the articles."""
    given = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in filters.items() if value
    )
    if given:
        say(f"no article passes {given}; see: presscite list")
