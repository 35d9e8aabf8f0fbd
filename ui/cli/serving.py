"""The command that serves the chat, the JSON API and the pages: chat."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import QueryError
from ui.cli.options import (
    AccuracyOption,
    AsOfOption,
    IndexOption,
    ReaderOption,
    app,
    as_of_day,
)
from ui.cli.output import say

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer

# Not with the processes themselves: every command would import a web server to know it.
_MAX_PROCESSES = 64


@app.command(epilog="Example: presscite chat --port 7861 --index my.index")
def chat(
    index: IndexOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser.")
    ] = True,
    as_of: AsOfOption = None,
    reader: ReaderOption = None,
    min_accuracy: AccuracyOption = None,
    root_path: Annotated[
        str, typer.Option(help="Path prefix under which a proxy passes requests on, e.g. /news.")
    ] = "",
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="Further name under which it is reached, e.g. news.example; repeatable."),
    ] = None,
    auth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Ask for a password of this file; see: presscite password."
        ),
    ] = None,
    feedback: Annotated[
        bool | None,
        typer.Option(
            "--feedback/--no-feedback",
            help="Let people say which answers are right; default: where only this machine can.",
        ),
    ] = None,
    allow_add: Annotated[
        bool,
        typer.Option(
            "--allow-add",
            help="Let people add articles; where others than this machine can, with --auth only.",
        ),
    ] = False,
    processes: Annotated[
        int,
        typer.Option(
            min=1,
            max=_MAX_PROCESSES,
            help="Server processes over the one index, each with its models.",
        ),
    ] = 1,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of this machine in which several servers share conversations.",
        ),
    ] = None,
    log_json: Annotated[
        bool,
        typer.Option("--log-json", help="Log requests as JSON lines, without what was asked."),
    ] = False,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="The same, with the words of questions.")
    ] = False,
    metrics: Annotated[
        bool,
        typer.Option(
            "--metrics", help="Serve /metrics for Prometheus; where others reach it, with --auth."
        ),
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Serve /metrics on this port of this machine instead."),
    ] = None,
) -> None:
    """Open the web chat, with its JSON API and article pages."""
    from ui.defaults import meant_index
    from ui.passwords import Passwords
    from ui.readers import checked_accuracy
    from ui.web.adding_offer import check_may_add
    from ui.web.hosts import checked_host
    from ui.web.metrics import check_may_measure
    from ui.web.prefix import checked_prefix
    from ui.web.serving import Served, check_served, serve_opened

    checked_accuracy(min_accuracy)
    served = Served(
        host=host,
        port=port,
        open_browser=browser,
        as_of=as_of_day(as_of),
        root_path=checked_prefix(root_path),
        allowed_hosts=[checked_host(name) for name in allowed_host or ()],
        passwords=Passwords.from_file(auth) if auth else None,
        feedback=feedback,
        allow_add=allow_add,
        processes=processes,
        state=state,
        log_json=log_json,
        log_questions=log_questions,
        metrics=metrics,
        metrics_port=metrics_port,
    )
    check_served(served)
    name = meant_index(index)
    if processes > 1 and str(name).startswith("milvus-lite:"):
        raise QueryError(
            f"{name}: milvus-lite serves one process; leave out --processes, or start `milvus-lite "
            f"server` and name that: milvus://HOST:PORT/NAME"
        )
    asks = served.passwords is not None
    if allow_add:
        check_may_add(host, served.allowed_hosts, served.root_path, asks_password=asks)
    if metrics:
        check_may_measure(host, served.allowed_hosts, served.root_path, asks_password=asks)

    def opened(stack: ExitStack) -> tuple[Answerer, bool]:
        from ui.defaults import open_for_questions
        from ui.readers import answerer_with

        found, is_sample = open_for_questions(index)
        stack.enter_context(found)
        if allow_add and is_sample:
            say("the built-in sample takes no articles; make an index with: presscite add SOURCE")
        answerer = answerer_with(found, reader=reader, min_accuracy=min_accuracy)
        answerer.warm_up()
        return answerer, is_sample

    # Not from the current folder, which may hold anybody's files.
    status = serve_opened(served, opened, [sys.executable, "-P", "-m", "ui", *sys.argv[1:]])
    if status:
        raise typer.Exit(status)
