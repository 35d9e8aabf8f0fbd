"""The command that lists what people said of answers: feedback."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import QueryError
from rag.text.terminal import plain
from ui.cli.options import IndexOption, JsonOption, app
from ui.cli.output import print_json, say, write_line

if TYPE_CHECKING:
    from eval.feedback import KeptFeedback


@app.command(
    epilog="Examples: presscite feedback --index my.index\n\n"
    "presscite feedback --questions --index my.index > mine.jsonl; presscite eval mine.jsonl"
)
def feedback(
    index: IndexOption = None,
    as_json: JsonOption = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="Print evaluation questions made of it, as JSONL.")
    ] = False,
    remove: Annotated[
        int | None, typer.Option(min=1, help="Remove the record of this number.")
    ] = None,
) -> None:
    """List what people said of answers in the chat: right, wrong, or where the right one stands."""
    from eval.feedback import FeedbackStore, question_record
    from ui.defaults import open_for_questions
    from ui.keeping import kept_folder

    if questions and (as_json or remove is not None):
        raise QueryError("--questions prints JSONL alone; leave out --json and --remove")
    with open_for_questions(index)[0] as opened:
        store = FeedbackStore(kept_folder(opened))
        if remove is not None:
            if not store.remove(remove):
                raise QueryError(
                    f"--remove {remove}: there is no such record; see: presscite feedback"
                )
            print_json({"removed": 1}) if as_json else write_line("removed 1")
            return
        if questions:
            from ui.cli.evaluation import feedback_questions

            made = feedback_questions(opened)
            for note in made.notes:
                say(note)
            for question in made.questions:
                write_line(json.dumps(question_record(question), ensure_ascii=False))
            return
        kept = store.all()
    if as_json:
        print_json([_record(one) for one in kept])
        return
    for one in kept:
        write_line(_line(one))
    write_line(f"{len(kept)} record{'' if len(kept) == 1 else 's'}")


def _record(kept: KeptFeedback) -> dict[str, Any]:
    fields = asdict(kept.feedback)
    fields["as_of"] = kept.feedback.as_of.isoformat() if kept.feedback.as_of else None
    return {"id": kept.id, "at": kept.at.isoformat(), **fields}


def _line(kept: KeptFeedback) -> str:
    given = kept.feedback
    answer = f"“{plain(given.answer)}”" if given.answer is not None else "the articles don’t say"
    where = f", article {plain(given.article_id)}" if given.article_id else ""
    return (
        f"{kept.id}  {kept.at:%Y-%m-%d %H:%M}  {given.verdict}: "
        f"{plain(given.question)} — {answer}{where}"
    )
