"""The command ``presscite eval``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rag.errors import QueryError
from ui.cli.options import (
    AccuracyOption,
    AsOfOption,
    CollectionOption,
    IndexOption,
    JsonOption,
    ReaderOption,
    app,
    as_of_day,
)
from ui.cli.output import console, print_json, say


@app.command(
    "eval",
    epilog="Examples: presscite eval --split dev --report report.html\n\n"
    "presscite eval --from-feedback --index my.index\n\n"
    "presscite eval --compare evidence --json",
)
def evaluate(
    dataset: Annotated[
        Path | None,
        typer.Argument(help="presscite JSONL, SQuAD .json, or BEIR folder; default: the sample."),
    ] = None,
    index: IndexOption = None,
    split: Annotated[
        Literal["dev", "test", "all"], typer.Option(help="Which part, where the set has parts.")
    ] = "test",
    oracle: Annotated[bool, typer.Option(help="Give the reader its own paragraph.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask only the first N questions.")
    ] = None,
    reader: ReaderOption = None,
    compare: Annotated[
        str | None, typer.Option(help="A second reader, for the same passages.")
    ] = None,
    as_of: AsOfOption = None,
    min_accuracy: AccuracyOption = None,
    by: Annotated[
        str | None, typer.Option(help="Figures by a field of the questions too, such as kind.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    from_feedback: Annotated[
        bool,
        typer.Option("--from-feedback", help="Ask what people said of answers in the chat."),
    ] = False,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a question set and print its figures."""
    from ui.cli.evaluation import EvalOptions, record_of, run
    from ui.readers import checked_accuracy

    if from_feedback and dataset is not None:
        raise QueryError(f"{dataset} and --from-feedback are two question sets; give one of them")
    accuracy, day = checked_accuracy(min_accuracy), as_of_day(as_of)
    if report is not None and not report.parent.is_dir():
        # Said before the run, which may take minutes.
        raise QueryError(f"{report.parent}: no such folder; the report needs one that is there")
    if report is not None and report.is_dir():
        raise QueryError(f"{report}: a folder; name a file in it for the report")
    result = run(
        EvalOptions(
            dataset,
            index,
            split,
            oracle,
            limit,
            reader,
            compare,
            accuracy,
            as_of=day,
            by=by,
            from_feedback=from_feedback,
            collection=collection,
        )
    )
    if as_json:
        print_json(record_of(result))
    else:
        from eval.table import print_table

        print_table(result, console())
    if report is not None:
        from eval.report import write_report

        try:
            write_report(result, report)
        except OSError as error:
            say(f"{report}: the report cannot be written ({error.strerror or error})")
            raise typer.Exit(2) from error
        say(f"report written to {report}")
    if result.interrupted:
        # Not 0: a script must not take the figures of some questions for those of all.
        asked = len(result.records)
        first = "the first question" if asked == 1 else f"the first {asked} questions"
        say(f"interrupted; these are the figures of {first}")
        raise typer.Exit(130)
