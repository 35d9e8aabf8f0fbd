"""The tools over the Model Context Protocol: a real client starts the command and speaks with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters, types

from rag.index import Index
from tests.rag.checking.test_draft import QUAKE, REPRINT, TERMINAL
from tests.ui.library import SmallLibrary
from ui.mcp_server import mcp_server
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DRAFT = "Oake called it “a gift of 46 million crowns to two shipping lines”."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp") / "index"
    with Index.open(folder, create=True) as made:
        made.add([replace(TERMINAL, collection="Press releases"), REPRINT, QUAKE])
    return folder


def spoken(server: object, talk: Callable[[Client], Awaitable[None]]) -> None:
    """Connect a client to a server, and talk."""

    async def connected() -> None:
        async with Client(server, read_timeout_seconds=120) as client:  # type: ignore[arg-type]
            await talk(client)

    anyio.run(connected)


def test_a_client_asks_searches_and_checks(index: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui", "mcp", "--index", str(index)],
        cwd=ROOT,
        env=dict(os.environ),
    )

    async def talk(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "search", "check"}
        for tool in tools.values():
            assert tool.annotations
            assert tool.annotations.read_only_hint
            assert tool.output_schema
            assert tool.description
        question = {"question": "What did the harbour board approve?"}
        answered = await client.call_tool("ask", question)
        assert not answered.is_error
        record = answered.structured_content
        assert record is not None
        assert "ferry terminal" in record["answer"]
        assert record["citations"][0]["source"] in {"terminal.txt", "reprint.txt"}
        assert "/news/" not in json.dumps(record)
        found = await client.call_tool("search", {**question, "k": 2})
        assert found.structured_content is not None
        assert len(found.structured_content["result"]) == 2
        for name, sources in (("press releases", ["terminal.txt"]), ("wire", [])):
            alone = await client.call_tool("search", {**question, "collection": name})
            assert alone.structured_content is not None
            labels = {one["collection"] for one in alone.structured_content["result"]}
            assert labels == ({"Press releases"} if sources else set())
            alone = await client.call_tool("ask", {**question, "collection": name})
            assert alone.structured_content is not None
            cited = [one["source"] for one in alone.structured_content["citations"]]
            assert cited == sources
        checked = await client.call_tool("check", {"text": DRAFT})
        assert checked.structured_content is not None
        assert checked.structured_content["counts"]["altered"] == 1
        refused = await client.call_tool("ask", {"question": "?!"})
        assert refused.is_error
        assert isinstance(refused.content[0], types.TextContent)
        assert "the question is empty" in refused.content[0].text

    spoken(command, talk)


def test_what_is_wrong_is_told_and_what_failed_is_not() -> None:
    server = mcp_server(QueuedAnswerer(SmallLibrary()))

    async def talk(client: Client) -> None:
        for arguments, says in (
            ({"question": "tea", "k": 0}, "k: input should be greater"),
            ({"question": "tea", "since": "soon"}, "since: 'soon' is no date"),
            ({"question": "x" * 3000}, "question: string should have at most 2000"),
            ({"question": "explode"}, "Something went wrong on the server"),
            ({}, "question"),
        ):
            refused = await client.call_tool("ask", arguments)
            assert refused.is_error
            assert isinstance(refused.content[0], types.TextContent)
            assert says in refused.content[0].text
            assert "hidden" not in refused.content[0].text
        history = [{"question": "What met?", "answer": "The council"}]
        right = await client.call_tool("ask", {"question": "Who chaired it?", "history": history})
        assert right.structured_content
        assert right.structured_content["standalone_question"]

    spoken(server, talk)


def test_a_missing_extra_is_said_in_one_line() -> None:
    program = (
        "import sys; sys.modules['mcp'] = None\n"
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'mcp' else real(name, *a)\n"
        "sys.argv = ['presscite', 'mcp']\n"
        "from ui.cli.app import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "pip install 'presscite[mcp]'" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
