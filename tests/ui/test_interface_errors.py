"""What goes wrong is told in the reader's language: the lines that are really raised, and no others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pytest

from rag.errors import PressciteError
from rag.ingest.web.addresses import checked_address, permitted
from rag.retrieval.filters import make_filters
from rag.types import Filters, Query
from tests.ui.library import SmallLibrary
from ui.interface_errors import error_in
from ui.interface_text import interface_texts, words_of
from ui.web.adding_sources import receive_sources
from ui.web.conversations import MAX_EXCHANGES, Conversations
from ui.web.conversations_state import Exchange
from ui.web.service import MAX_WAITING, QueuedAnswerer

VI, ZH = words_of("vi"), words_of("zh")


def stopped() -> QueuedAnswerer:
    service = QueuedAnswerer(SmallLibrary())  # type: ignore[arg-type]
    service.stop()
    return service


def busy() -> QueuedAnswerer:
    service = QueuedAnswerer(SmallLibrary())  # type: ignore[arg-type]
    for _ in range(MAX_WAITING):
        service._enter()
    return service


def working() -> QueuedAnswerer:
    return QueuedAnswerer(SmallLibrary())  # type: ignore[arg-type]


RAISING: dict[str, Callable[[], object]] = {
    "error_empty": lambda: Query("?!"),
    "error_long": lambda: Query("x" * 2001),
    "error_order": lambda: Filters(since=date(2024, 2, 1), until=date(2024, 1, 1)),
    "error_date": lambda: make_filters(since="soon"),
    "error_name": lambda: make_filters(outlet="\u200b"),
    "error_busy": lambda: busy().ask(Query("tea?")),
    "error_stopping": lambda: stopped().ask(Query("tea?")),
    "error_server": lambda: working().ask(Query("explode")),
    "error_article": lambda: working().article("none"),
    "error_lists": lambda: working().list_articles(Filters()),
    "error_quotations": lambda: working().check("“one two three four” " * 101),
    "error_nothing_to_add": lambda: receive_sources([], ""),
    "error_files": lambda: receive_sources([("a.txt", io.BytesIO(b"x"))] * 501, ""),
    "error_addresses": lambda: receive_sources([], "\n".join(f"https://a.example/{n}" for n in range(101))),
    "error_not_http": lambda: checked_address("ftp://a.example/x"),
    "error_no_host": lambda: checked_address("https:///x"),
    "error_credentials": lambda: checked_address("https://me:secret@a.example/x"),
    "error_port": lambda: checked_address("https://a.example:22/x"),
    "error_private": lambda: permitted("10.0.0.1", ["10.0.0.1"], allow_private=False),
    "error_private_at": lambda: permitted("a.example", ["10.0.0.1"], allow_private=False),
}  # fmt: skip


@pytest.mark.parametrize("name", RAISING)
def test_an_error_that_is_raised_has_its_words_and_its_values(name: str) -> None:
    with pytest.raises(PressciteError) as raised:
        RAISING[name]()
    line = str(raised.value)
    places = re.findall(r"\{(\w+)\}", interface_texts()["en"][name])
    for words in (VI, ZH):
        told, own = error_in(words, line)
        assert own, line
        pieces = re.split(r"\{\w+\}", interface_texts()[words.language][name])
        assert all(piece in told for piece in pieces)
        assert told.count("{") == 0
        assert len(pieces) == len(places) + 1
    assert error_in(words_of("en"), line) == (line, True)


def test_the_values_stand_where_they_belong() -> None:
    told, _ = error_in(VI, "the question has 2,001 characters; at most 2,000 can be read")
    assert told == "Câu hỏi có 2,001 ký tự; chỉ đọc được nhiều nhất 2,000."
    assert error_in(ZH, "since: 'soon' is no date; write it as YYYY-MM-DD") == (
        "发布日期自：'soon' 不是日期；请写成 YYYY-MM-DD。",
        True,
    )
    tricky = "since: '{until} is no date {x}' is no date; write it as YYYY-MM-DD"
    assert "{until}" in error_in(VI, tricky)[0]


def test_a_conversation_that_is_full_says_so() -> None:
    conversations = Conversations(working())
    key = "0123456789abcdef" * 2
    earlier = [Exchange(n, f"q{n}", status="stopped") for n in range(1, MAX_EXCHANGES + 1)]
    conversations.restore(key, earlier)
    refused = conversations.ask(key, "one more?").exchanges[-1]
    assert refused.error
    assert error_in(ZH, refused.error) == ("此对话已有 100 个问题；请开始新的对话。", True)


@pytest.mark.parametrize("line", ["a line of no table", "", "x" * 100_000 + " is no date"])
def test_other_lines_stay_english_and_say_that_they_are(line: str) -> None:
    assert error_in(VI, line) == (line, False)
