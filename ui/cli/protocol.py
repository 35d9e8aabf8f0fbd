"""The command that serves assistants over the Model Context Protocol: mcp."""

from __future__ import annotations

from rag.errors import ModelError
from ui.cli.options import AccuracyOption, AsOfOption, IndexOption, ReaderOption, app, as_of_day


@app.command(epilog="Example: presscite mcp --index my.index")
def mcp(
    index: IndexOption = None,
    as_of: AsOfOption = None,
    reader: ReaderOption = None,
    min_accuracy: AccuracyOption = None,
) -> None:
    """Serve ask, search and check to an assistant: MCP over standard input and output, read-only."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise ModelError(
            "the package mcp is missing, which this command needs: pip install 'presscite[mcp]'"
        )
    from importlib.metadata import version

    from ui.defaults import open_for_questions
    from ui.mcp_server import mcp_server
    from ui.readers import answerer_with, checked_accuracy
    from ui.web.service import QueuedAnswerer

    checked_accuracy(min_accuracy)
    day = as_of_day(as_of)
    with open_for_questions(index)[0] as opened:
        answerer = answerer_with(opened, reader=reader, min_accuracy=min_accuracy)
        answerer.warm_up()
        mcp_server(QueuedAnswerer(answerer, day), version("presscite")).run("stdio")
