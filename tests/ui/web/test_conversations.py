"""Conversations on the server: order, history, stopping; their records; how they are shown."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.types import Filters, Turn
from tests.ui.library import TREATY, GatedLibrary, ListedLibrary, SmallLibrary
from ui.citing.pack import pack_markdown
from ui.web.conversations import (
    MAX_EXCHANGES,
    Conversations,
    Exchange,
    Gone,
    Snapshot,
    is_key,
)
from ui.web.conversations_export import conversation_pack
from ui.web.conversations_record import ConversationRecord, exchanges_of, record_of
from ui.web.conversations_routes import add_conversation_routes
from ui.web.conversations_shared import SharedStore
from ui.web.conversations_view import ask_path, messages_of
from ui.web.errors import add_error_handlers
from ui.web.searched import searched_articles
from ui.web.service import MAX_TURNS, QueuedAnswerer
from ui.web.shared_state import SharedState

KEY = "0123456789abcdef" * 2
CHAIRED, MANY = "Who chaired the session?", "How many agreements were signed?"


@pytest.fixture(autouse=True, params=["memory", "shared"])
def store(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """Hold conversations in memory, and in a file as several processes do: all else is equal."""
    opened: list[SharedState] = []

    def shared() -> SharedStore:
        opened.append(SharedState(tmp_path / str(len(opened))))
        return SharedStore(opened[-1], QueuedAnswerer(SmallLibrary()).article)

    if request.param == "shared":
        monkeypatch.setattr("ui.web.conversations.MemoryStore", shared)
    yield request.param
    for state in opened:
        state.close()


def settled(conversations: Conversations, key: str = KEY) -> Snapshot:
    """Return a conversation once nothing of it waits."""
    for _ in range(1000):
        found = conversations.snapshot(key)
        assert found is not None
        if not found.waiting:
            return found
        time.sleep(0.01)
    raise AssertionError("a question still waits")


def held(library: SmallLibrary) -> Conversations:
    """Return conversations of which one is open in a browser."""
    conversations = Conversations(QueuedAnswerer(library))
    conversations.restore(KEY, [])
    return conversations


def statuses(snapshot: Snapshot) -> list[str]:
    return [one.status for one in snapshot.exchanges]


def test_questions_are_answered_in_order_each_with_those_before_it() -> None:
    library = GatedLibrary()
    conversations = held(library)
    conversations.ask(KEY, "Who slowly chaired it?")
    conversations.ask(KEY, "Please explode")
    conversations.ask(KEY, "What of tea?")
    conversations.ask(KEY, MANY)
    library.gate.set()
    found = settled(conversations)
    assert statuses(found) == ["answered", "failed", "answered", "answered"]
    assert "its log says what" in str(found.exchanges[1].error)
    assert library.asked[-1] == (
        MANY,
        (Turn("Who slowly chaired it?", "Maria Okafor"), Turn("What of tea?", None)),
    )


def test_a_question_is_asked_in_the_articles_unicode_form() -> None:
    library = SmallLibrary()
    conversations = held(library)
    conversations.ask(KEY, "Ai la\u0300 chu\u0309\ntich?")
    conversations.ask(KEY, "And who else?")
    settled(conversations)
    assert [asked for asked, _ in library.asked] == ["Ai l\u00e0 ch\u1ee7 tich?", "And who else?"]
    assert library.asked[-1][1][0].question == "Ai l\u00e0 ch\u1ee7 tich?"


def test_only_the_last_turns_are_context() -> None:
    library = SmallLibrary()
    conversations = held(library)
    for number in range(MAX_TURNS + 5):
        conversations.ask(KEY, f"Question {number}?")
    settled(conversations)
    assert len(library.asked[-1][1]) == MAX_TURNS
    assert library.asked[-1][1][-1].question == f"Question {MAX_TURNS + 3}?"


def test_what_repeats_at_once_is_asked_once_and_blanks_are_not_asked() -> None:
    library = SmallLibrary()
    conversations = held(library)
    for question in (MANY, f" {MANY} ", " ", CHAIRED, MANY):
        conversations.ask(KEY, question)
    conversations.ask(KEY, MANY, Filters(outlet="Hill Post"))
    assert [one.question for one in settled(conversations).exchanges] == [MANY, CHAIRED, MANY, MANY]


def test_a_full_conversation_says_so_once() -> None:
    conversations = held(SmallLibrary())
    turn = {"question": "Why?", "status": "stopped"}
    record = ConversationRecord.model_validate({"turns": [turn] * (MAX_EXCHANGES - 1)})
    conversations.delete(KEY)
    conversations.restore(KEY, exchanges_of(record, SmallLibrary().article))
    for question in ("One?", "Two?", "Three?"):
        conversations.ask(KEY, question)
    found = settled(conversations)
    assert len(found.exchanges) == MAX_EXCHANGES + 1
    assert [one.question for one in found.exchanges[-2:]] == ["One?", "Two?"]
    assert "start a new one" in str(found.exchanges[-1].error)
    again = ConversationRecord.model_validate(record_of(found))
    assert len(exchanges_of(again, SmallLibrary().article)) == MAX_EXCHANGES + 1


def test_the_least_recently_used_conversations_make_room(
    monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    if store == "shared":
        pytest.skip("a file has room for more; see test_shared_conversations.py")
    monkeypatch.setattr("ui.web.conversations_store._MAX_HELD", 3)
    library = GatedLibrary()
    conversations = Conversations(QueuedAnswerer(library))
    keys = [f"{number:032x}" for number in range(4)]
    for key in keys:
        conversations.restore(key, [])
    conversations.ask(keys[0], "Who slowly chaired it?")
    assert library.started.wait(10)
    for key in keys[1:]:
        conversations.ask(key, "What of tea?")
    library.gate.set()
    settled(conversations, keys[3])
    for question in (MANY, CHAIRED):
        conversations.ask(keys[3], question)
    settled(conversations, keys[3])
    conversations.ask(keys[3], "What of milk?")
    assert [conversations.snapshot(key) is None for key in keys] == [True, True, True, False]
    assert len(settled(conversations, keys[3]).exchanges) == 4


def test_stopped_and_cleared_questions_get_no_late_answer() -> None:
    library = GatedLibrary()
    conversations = held(library)
    conversations.ask(KEY, "Who slowly chaired it?")
    assert library.started.wait(10)
    conversations.stop(KEY)
    assert statuses(settled(conversations)) == ["stopped"]
    conversations.clear(KEY)
    conversations.ask(KEY, MANY)
    library.gate.set()
    found = settled(conversations)
    assert [(one.question, one.status) for one in found.exchanges] == [(MANY, "answered")]
    assert library.asked[-1] == (MANY, ())


def test_a_conversation_comes_back_with_its_context_after_a_restart() -> None:
    before = held(SmallLibrary())
    for question in (CHAIRED, "What is the price of tea?", MANY):
        before.ask(KEY, question, Filters(since=date(2020, 1, 1)))
    kept = json.loads(json.dumps(record_of(settled(before))))
    assert TREATY.text not in json.dumps(kept)

    library = SmallLibrary()
    after = Conversations(QueuedAnswerer(library))
    exchanges = exchanges_of(ConversationRecord.model_validate(kept), library.article)
    after.restore(KEY, exchanges)
    assert messages_of(settled(after)) == messages_of(settled(before))
    after.restore(KEY, [])
    after.ask(KEY, "And who chaired it?")
    settled(after)
    assert [turn.answer for turn in library.asked[-1][1]] == ["Maria Okafor", None, "Thirty-six"]


def test_a_question_asked_before_the_browser_restores_waits_for_it() -> None:
    library = SmallLibrary()
    conversations = Conversations(QueuedAnswerer(library))
    conversations.ask(KEY, "And who chaired it?")
    found = conversations.snapshot(KEY)
    assert found is not None
    assert found.unrestored
    record = {"turns": [{"question": CHAIRED, "status": "gone", "answer": "Maria Okafor"}]}
    earlier = exchanges_of(ConversationRecord.model_validate(record), library.article)
    conversations.restore(KEY, earlier)
    assert [one.number for one in settled(conversations).exchanges] == [1, 2]
    assert library.asked == [("And who chaired it?", (Turn(CHAIRED, "Maria Okafor"),))]


def named(number: int) -> str:
    return f"{number:032x}"


def gone(number: int, id: str | None = "named") -> Exchange:
    """Return an earlier question as a browser kept it."""
    name = named(number) if id == "named" else id
    words = Gone(f"Answer {number}", None, "")
    return Exchange(number, f"Question {number}?", status="gone", gone=words, id=name)


def asked_late(
    monkeypatch: pytest.MonkeyPatch, *questions: str, library: SmallLibrary | None = None
) -> Conversations:
    """Return conversations of which one was asked, and gone on with, before its browser restored it."""
    monkeypatch.setattr("ui.web.conversations._RESTORED_WITHIN_S", 0.0)
    conversations = Conversations(QueuedAnswerer(library or SmallLibrary()))
    for number, question in enumerate(questions):
        conversations.ask(KEY, question, id=named(900 + number))
        settled(conversations)
    return conversations


@pytest.mark.parametrize("id", ["named", None])
def test_what_the_browser_restores_late_stands_before_what_was_asked_since(
    monkeypatch: pytest.MonkeyPatch, id: str | None
) -> None:
    library = SmallLibrary()
    conversations = asked_late(monkeypatch, CHAIRED, library=library)
    before = conversations.snapshot(KEY)
    assert before is not None
    assert before.unrestored
    earlier = [gone(number, id) for number in range(5)]
    asked = [*(one.question for one in earlier), CHAIRED]
    for _ in range(3):
        found = conversations.restore(KEY, earlier)
        assert [one.question for one in found.exchanges] == asked
        assert not found.unrestored
    assert found.revision > before.revision
    assert conversations.revision(KEY) == found.revision
    assert len({one.number for one in found.exchanges}) == 6
    assert statuses(found) == ["gone"] * 5 + ["answered"]
    conversations.ask(KEY, "And who chaired it?")
    settled(conversations)
    assert [turn.question for turn in library.asked[-1][1]] == asked
    assert [question for question, _ in library.asked] == [CHAIRED, "And who chaired it?"]


def test_a_late_restore_puts_each_turn_after_the_one_it_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversations = asked_late(monkeypatch, CHAIRED)
    known = replace(gone(900), question="Not the server's own words?")
    kept = [gone(1), known, gone(2), gone(1)]
    found = conversations.restore(KEY, kept)
    assert [one.question for one in found.exchanges] == ["Question 1?", CHAIRED, "Question 2?"]
    assert found.exchanges[1].answer is not None
    # Another window, or a server of another machine, had more than was said at first.
    conversations.ask(KEY, MANY, id=named(7))
    found = conversations.restore(KEY, [gone(0), gone(2), gone(3)])
    asked = ["Question 1?", CHAIRED, "Question 2?", "Question 3?", MANY]
    assert [one.question for one in settled(conversations).exchanges[1:]] == asked
    assert found.exchanges[0].question == "Question 0?"


def test_what_is_being_answered_when_the_earlier_turns_come_gets_its_own_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.web.conversations._RESTORED_WITHIN_S", 0.0)
    library = GatedLibrary()
    conversations = Conversations(QueuedAnswerer(library))
    conversations.ask(KEY, "Who slowly chaired it?", id=named(900))
    assert library.started.wait(10)
    conversations.ask(KEY, "What of tea?", id=named(901))
    unanswered = Exchange(2, MANY, id=named(2))
    given_up = Exchange(3, "Who slowly chaired it?", status="stopped", id=named(900))
    conversations.restore(KEY, [gone(1), unanswered, given_up])
    library.gate.set()
    found = settled(conversations)
    assert [one.answer.text if one.answer else None for one in found.exchanges] == [
        None,
        "Thirty-six",
        "Maria Okafor",
        None,
    ]
    assert statuses(found) == ["gone", *["answered"] * 3]
    # Its context is what stands before it, and not what was asked since.
    assert (MANY, (Turn("Question 1?", "Answer 1"),)) in library.asked


@pytest.mark.parametrize("late", [True, False])
def test_what_was_cleared_stays_so_whatever_a_browser_still_has(
    monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    kept = [gone(number) for number in range(3)]
    conversations = asked_late(monkeypatch, CHAIRED)
    if not late:
        conversations.restore(KEY, kept)
    conversations.clear(KEY)
    found = conversations.restore(KEY, [*kept, gone(900), gone(4, None)])
    assert (found.exchanges, found.unrestored) == ((), False)
    assert record_of(found)["cleared"]
    conversations.ask(KEY, MANY)
    conversations.restore(KEY, kept)
    assert [one.question for one in settled(conversations).exchanges] == [MANY]


@pytest.mark.parametrize("asked", [True, False])
def test_what_is_cleared_before_its_browser_restored_it_stays_so(asked: bool) -> None:
    conversations = Conversations(QueuedAnswerer(SmallLibrary()))
    if asked:
        conversations.ask(KEY, CHAIRED)
    conversations.clear(KEY)
    assert conversations.restore(KEY, [gone(1)]).exchanges == ()
    conversations.clear("session of no browser")
    assert conversations.snapshot("session of no browser") is None


def test_a_late_restore_keeps_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = asked_late(monkeypatch, CHAIRED, MANY)
    refused = "This conversation has 100 questions; start a new one."
    kept = [gone(number) for number in range(MAX_EXCHANGES)]
    kept.append(Exchange(101, "One more?", status="failed", error=refused, id=named(700)))
    found = conversations.restore(KEY, kept)
    assert len(found.exchanges) == MAX_EXCHANGES + 1
    assert [one.question for one in found.exchanges[-3:]] == ["Question 99?", CHAIRED, MANY]
    assert found.exchanges[0].question == "Question 1?"
    full = conversations.restore(KEY, [gone(800)])
    assert full == found
    assert conversations.ask(KEY, "And now?").exchanges[-1].error == refused


def test_an_answer_whose_article_changed_or_went_keeps_its_words() -> None:
    before = held(SmallLibrary())
    before.ask(KEY, CHAIRED)
    before.ask(KEY, MANY)
    kept = record_of(settled(before))
    library = SmallLibrary()
    del library.articles[TREATY.id]
    damaged = kept["turns"][1]["details"]
    damaged["candidates"][0]["citations"][0]["start"] += 1
    found = exchanges_of(ConversationRecord.model_validate(kept), library.article)
    assert [one.status for one in found] == ["gone", "gone"]
    assert found[0].turn == Turn(CHAIRED, "Maria Okafor")
    reply = messages_of(Snapshot(1, tuple(found)))[1]["content"]
    assert "Maria Okafor chaired the session on harbour rules" in reply
    assert "no longer in this index" in reply


@pytest.mark.parametrize("details", [{"a": 1}, {"candidates": [{}]}, {"article": "x", "hash": "y"}])
def test_a_record_that_is_no_answer_is_shown_as_gone(details: dict[str, object]) -> None:
    turn = {"question": "Why?", "answer": "<b>x</b>", "quote": "<i>y</i>", "details": details}
    record = ConversationRecord.model_validate({"turns": [turn]})
    (found,) = exchanges_of(record, SmallLibrary().article)
    assert found.status == "gone"
    assert "<i>" not in messages_of(Snapshot(1, (found,)))[1]["content"]


def test_the_link_of_a_question_asks_the_same_again() -> None:
    exchange = Exchange(1, "Why? & how", Filters(date(2023, 1, 2), outlet="Coast & Hill"))
    link = urlsplit(ask_path(exchange))
    assert link.path == "/ask"
    assert parse_qs(link.query) == {
        "q": ["Why? & how"],
        "since": ["2023-01-02"],
        "outlet": ["Coast & Hill"],
    }
    conversations = held(SmallLibrary())
    conversations.ask(KEY, MANY)
    conversations.ask(KEY, CHAIRED, Filters(as_of=date(2024, 3, 1)))
    follow_up = settled(conversations).exchanges[1]
    assert parse_qs(urlsplit(ask_path(follow_up)).query) == {
        "q": ["Who chaired the session of the council?"],
        "as_of": ["2024-03-01"],
    }


def test_questions_are_headings_and_hostile_text_is_text() -> None:
    conversations = held(SmallLibrary())
    conversations.ask(KEY, "Who is the pirate <b>?", Filters(outlet="<script>"))
    first, reply = messages_of(settled(conversations))
    assert first["content"].startswith('<h2 class="pc-question">Who is the pirate &#60;b&#62;')
    assert "outlet &#60;script&#62;" in first["content"]
    assert "<script" not in reply["content"]
    assert 'class="pc-permalink" href="&#46;&#47;ask' in reply["content"]


def test_what_cannot_be_shown_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_answer: object, _key: str, _words: object, **_options: object) -> str:
        raise ValueError("no such column")

    monkeypatch.setattr("ui.web.conversations_view.render_answer", broken)
    conversations = held(SmallLibrary())
    conversations.ask(KEY, CHAIRED)
    assert "pc-error" in messages_of(settled(conversations))[1]["content"]
    assert "no such column" in caplog.text


def test_a_conversation_is_taken_away_as_an_evidence_pack() -> None:
    conversations = held(SmallLibrary())
    for question in (MANY, CHAIRED, "What is the price of tea?", "Please explode"):
        conversations.ask(KEY, question)
    found = settled(conversations)
    pack = conversation_pack(found, "Trade")
    assert (pack["presscite_evidence"], pack["title"]) == (1, "Trade")
    assert [one["answer"] for one in pack["answers"]] == ["Thirty-six", "Maria Okafor", None, None]
    library = SmallLibrary()
    del library.articles[TREATY.id]
    record = ConversationRecord.model_validate(record_of(found))
    left = Snapshot(1, tuple(exchanges_of(record, library.article)))
    again = conversation_pack(left)["answers"][1]
    first, second = pack["answers"][1]["citations"][0], again["citations"][0]
    for name in ("article_id", "hash", "quote", "start", "end"):
        assert first[name] == second[name]
    told = pack_markdown(conversation_pack(left)).partition(CHAIRED.rstrip("?"))[2]
    told = told.partition("## ")[0]
    assert "Answer: **Maria Okafor**" in told
    assert f"> “{first['quote']}”" in told
    assert "No answer was given." not in told
    back = ConversationRecord.model_validate(record_of(left))
    restored = exchanges_of(back, SmallLibrary().article)
    assert messages_of(Snapshot(1, tuple(restored))) == messages_of(found)


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    service = QueuedAnswerer(SmallLibrary())
    add_conversation_routes(app, Conversations(service), service)
    add_error_handlers(app)
    return TestClient(app, raise_server_exceptions=False)


def test_a_browser_saves_restores_exports_and_deletes(client: TestClient) -> None:
    path = f"/conversations/{KEY}"
    assert client.get(path).status_code == 404
    turns = [{"question": CHAIRED, "status": "answered", "answer": "Maria Okafor"}]
    assert client.put(path, json={"turns": turns}).json()["turns"][0]["status"] == "gone"
    assert client.put(path, json={"turns": []}).json()["turns"][0]["question"] == CHAIRED
    saved = client.get(path)
    assert saved.headers["cache-control"] == "no-store"
    assert saved.json()["unrestored"] is False
    exported = client.get(f"{path}/evidence.md", params={"title": "Harbours"})
    assert 'filename="evidence.md"' in exported.headers["content-disposition"]
    assert exported.text.startswith("# Harbours")
    assert CHAIRED.rstrip("?") in exported.text
    assert client.get(f"{path}/evidence.json").json()["answers"][0]["question"] == CHAIRED
    assert client.get(f"{path}/evidence.pdf").status_code == 404
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/evidence.md").status_code == 404


def test_the_script_is_sent_small_to_who_can_unpack_it(client: TestClient) -> None:
    packed = client.get("/chat.js")
    plain = client.get("/chat.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "eval(" not in plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("short", {"turns": []}, 400),
        (KEY.upper(), {"turns": []}, 400),
        (KEY, {"turns": {"question": "x"}}, 422),
        (KEY, {"turns": 7}, 422),
    ],
)
def test_what_is_no_conversation_is_refused(
    client: TestClient, key: str, body: dict[str, object], status: int
) -> None:
    reply = client.put(f"/conversations/{key}", json=body)
    assert (reply.status_code, list(reply.json())) == (status, ["error"])
    assert is_key(KEY)


def test_a_turn_that_cannot_be_read_loses_no_other() -> None:
    turns: list[object] = [
        {"question": ""},
        {"question": "x", "status": "odd"},
        {"question": "x", "filters": {"colour": "red"}},
        7,
        None,
        {"question": "kept", "answer": "all the same"},
    ]
    [found] = ConversationRecord.model_validate({"turns": turns}).turns
    assert found.answer == "all the same"
    many = [{"question": f"q{number}"} for number in range(MAX_EXCHANGES + 50)]
    newest = ConversationRecord.model_validate({"turns": many}).turns
    assert len(newest) == MAX_EXCHANGES + 1
    assert newest[-1].question == f"q{MAX_EXCHANGES + 49}"


def test_a_question_sent_again_under_its_name_is_asked_once() -> None:
    library = SmallLibrary()
    conversations = Conversations(QueuedAnswerer(library))
    name = "0f" * 16
    for _ in range(2):
        conversations.ask(KEY, MANY, id=name)
        settled(conversations)
        conversations.ask(KEY, CHAIRED, id="1f" * 16)
        settled(conversations)
    record = record_of(settled(conversations))
    assert [turn["question"] for turn in record["turns"]] == [MANY, CHAIRED]
    assert [question for question, _ in library.asked] == [MANY, CHAIRED]
    # A browser restores what it kept after the server that comes next was sent the question again.
    after = Conversations(QueuedAnswerer(library))
    after.ask(KEY, MANY, id=name)
    exchanges = exchanges_of(ConversationRecord.model_validate(record), library.article)
    after.restore(KEY, exchanges)
    assert [one.question for one in settled(after).exchanges] == [MANY, CHAIRED]


def test_a_question_that_stands_alone_has_no_history() -> None:
    library = SmallLibrary()
    conversations = Conversations(QueuedAnswerer(library))
    conversations.ask(KEY, CHAIRED)
    settled(conversations)
    conversations.ask(KEY, MANY, standalone=True)
    settled(conversations)
    assert library.asked[-1] == (MANY, ())
    conversations.ask(KEY, "And who chaired it?")
    settled(conversations)
    assert [turn.question for turn in library.asked[-1][1]] == [CHAIRED, MANY]


def test_how_many_were_searched_is_kept_with_the_answer() -> None:
    service = QueuedAnswerer(ListedLibrary())
    conversations = Conversations(service, partial(searched_articles, service))
    conversations.ask(KEY, "What of tea?", Filters(outlet="Hill Post"))
    exchange = settled(conversations).exchanges[0]
    assert exchange.searched == (1, 3)
    taken = conversation_pack(settled(conversations))
    assert taken["answers"][0]["filters"] == {"outlet": "Hill Post"}
    told = pack_markdown(taken)
    assert "Only 1 of 3 articles were searched: outlet Hill Post." in told
    record = ConversationRecord.model_validate(record_of(settled(conversations)))
    assert exchanges_of(record, service.article)[0].searched == (1, 3)


def test_every_text_that_the_script_names_goes_with_it() -> None:
    app = FastAPI()
    service = QueuedAnswerer(SmallLibrary(), date(2020, 1, 1))
    add_conversation_routes(app, Conversations(service), service)
    told = TestClient(app).get("/chat.js").text
    assert 'window.pressciteAsOf = "2020-01-01";' in told
    table = json.loads(told.partition("pressciteTexts = ")[2].partition(";\n")[0])
    named = set(re.findall(r"text\('([a-z_]+)'", told))
    assert len(named) > 20
    for texts in table.values():
        assert named <= texts.keys()
        assert {"since", "until", "outlet", "as_of", "kept_right", "own_name"} <= texts.keys()
        assert "promise" not in texts
