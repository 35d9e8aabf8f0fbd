"""Conversations that several processes share: each sees all of them, and goes on where one has died."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.errors import PressciteError
from rag.types import Turn
from tests.ui.library import GatedLibrary, SmallLibrary
from tests.ui.web.test_conversations import CHAIRED, KEY, MANY, settled
from ui.web import conversations_shared
from ui.web.conversations import Conversations
from ui.web.conversations_shared import SharedStore
from ui.web.conversations_state import Exchange, Gone, Held
from ui.web.conversations_view import messages_of
from ui.web.service import QueuedAnswerer, RefusedError
from ui.web.shared_state import FILE, SharedState

ROOT = Path(__file__).parents[3]
# A process that takes a question, or goes on with one, and never answers it.
ENDLESS = """
import sys, threading
from pathlib import Path
from tests.ui.library import SmallLibrary
from ui.web.conversations import Conversations
from ui.web.conversations_shared import SharedStore
from ui.web.service import QueuedAnswerer
from ui.web.shared_state import SharedState


class Endless(SmallLibrary):
    def read(self, query):
        print("taken", flush=True)
        threading.Event().wait()


service = QueuedAnswerer(Endless())
state = SharedState(Path(sys.argv[1]))
conversations = Conversations(service, store=SharedStore(state, service.article))
if sys.argv[3]:
    conversations.restore(sys.argv[2], [])
    conversations.ask(sys.argv[2], sys.argv[3])
else:
    conversations.snapshot(sys.argv[2])
threading.Event().wait()
"""


def opened(folder: Path, library: SmallLibrary) -> tuple[SharedState, Conversations]:
    service = QueuedAnswerer(library)
    state = SharedState(folder)
    return state, Conversations(service, store=SharedStore(state, service.article))


def test_each_sees_what_the_others_were_asked_and_answered(tmp_path: Path) -> None:
    first_library, second_library = GatedLibrary(), SmallLibrary()
    first_state, first = opened(tmp_path, first_library)
    second_state, second = opened(tmp_path, second_library)
    first.restore(KEY, [])
    first.ask(KEY, "Who slowly chaired it?")
    assert first_library.started.wait(30)
    waiting = second.snapshot(KEY)
    assert waiting is not None
    assert waiting.waiting
    assert waiting.exchanges[0].nearest, "what was found is shown while it is read"
    second.ask(KEY, MANY)
    first_library.gate.set()
    found = settled(second)
    assert [one.status for one in found.exchanges] == ["answered", "answered"]
    assert not second_library.asked, "one process answers the questions of a conversation, in order"
    assert first_library.asked[1][1][0].answer == "Maria Okafor"
    assert messages_of(found) == messages_of(settled(first))
    second.ask(KEY, CHAIRED)
    settled(first)
    assert [turn.question for turn in second_library.asked[-1][1]] == [
        "Who slowly chaired it?",
        MANY,
    ]
    second.delete(KEY)
    assert first.snapshot(KEY) is None
    for state in (first_state, second_state):
        state.close()


class SlowStore(SharedStore):
    """Keeps a new question some time after its thread has begun."""

    @contextmanager
    def changing(self, key: str, *, create: bool) -> Iterator[Held | None]:
        with super().changing(key, create=create) as held:
            yield held
            if create:
                time.sleep(0.3)


def test_a_question_that_is_kept_late_waits_for_its_browser_too(tmp_path: Path) -> None:
    library = SmallLibrary()
    service = QueuedAnswerer(library)
    state = SharedState(tmp_path)
    conversations = Conversations(service, store=SlowStore(state, service.article))
    conversations.ask(KEY, "And who chaired it?")
    earlier = Exchange(1, CHAIRED, status="gone", gone=Gone("Maria Okafor", None, ""))
    conversations.restore(KEY, [earlier])
    settled(conversations)
    assert library.asked == [("And who chaired it?", (Turn(CHAIRED, "Maria Okafor"),))]
    state.close()


def test_a_stop_in_one_drops_the_answer_of_the_other(tmp_path: Path) -> None:
    library = GatedLibrary()
    first_state, first = opened(tmp_path, library)
    second_state, second = opened(tmp_path, SmallLibrary())
    first.restore(KEY, [])
    first.ask(KEY, "Who slowly chaired it?")
    assert library.started.wait(30)
    second.stop(KEY)
    second.delete(KEY)
    second.restore(KEY, [])
    second.ask(KEY, "What of tea?")
    library.gate.set()
    found = settled(second)
    assert [(one.number, one.question) for one in found.exchanges] == [(1, "What of tea?")]
    assert found.exchanges[0].answer is not None
    assert found.exchanges[0].answer.abstained
    for state in (first_state, second_state):
        state.close()


def test_what_comes_late_to_another_process_is_put_before_what_was_asked_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.web.conversations._RESTORED_WITHIN_S", 0.0)
    library = GatedLibrary()
    first_state, first = opened(tmp_path, library)
    first.ask(KEY, "Who slowly chaired it?", id="9" * 32)
    assert library.started.wait(30)
    earlier = [
        Exchange(n, f"Question {n}?", status="gone", gone=Gone(f"{n}", None, ""), id=f"{n:032x}")
        for n in range(5)
    ]
    second_state, second = opened(tmp_path, SmallLibrary())
    unrestored = second.snapshot(KEY)
    assert unrestored is not None
    assert unrestored.unrestored
    second.restore(KEY, earlier)
    library.gate.set()
    asked = [*(one.question for one in earlier), "Who slowly chaired it?"]
    assert [one.question for one in settled(first).exchanges] == asked
    assert settled(second).exchanges[-1].answer is not None
    for state in (first_state, second_state):
        state.close()
    # Servers that are started again over the same file double nothing.
    third_state, third = opened(tmp_path, SmallLibrary())
    assert [one.question for one in third.restore(KEY, earlier).exchanges] == asked
    third_state.close()


def test_what_one_process_cleared_no_other_and_no_restart_brings_back(tmp_path: Path) -> None:
    kept = [Exchange(1, CHAIRED, status="gone", gone=Gone("Maria Okafor", None, ""), id="1" * 32)]
    first_state, first = opened(tmp_path, SmallLibrary())
    second_state, second = opened(tmp_path, SmallLibrary())
    first.restore(KEY, kept)
    assert second.snapshot(KEY) == first.snapshot(KEY)
    second.clear(KEY)
    assert first.restore(KEY, kept).exchanges == ()
    for state in (first_state, second_state):
        state.close()
    third_state, third = opened(tmp_path, SmallLibrary())
    assert third.restore(KEY, kept).exchanges == ()
    third.ask(KEY, MANY)
    assert [one.question for one in settled(third).exchanges] == [MANY]
    third_state.close()


def test_two_threads_of_two_processes_lose_no_question(tmp_path: Path) -> None:
    sides = [opened(tmp_path, SmallLibrary()) for _ in range(2)]
    sides[0][1].restore(KEY, [])

    def ask(side: int) -> None:
        for number in range(10):
            sides[side][1].ask(KEY, f"Question {number} of {side}?")

    askers = [threading.Thread(target=ask, args=(side,)) for side in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    found = settled(sides[0][1])
    assert len(found.exchanges) == 20
    assert [one.number for one in found.exchanges] == list(range(1, 21))
    assert {one.status for one in found.exchanges} == {"answered"}
    for state, _ in sides:
        state.close()


def endless(folder: Path, question: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(folder), KEY, question],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "taken\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def test_a_question_whose_process_was_killed_is_answered_by_another(tmp_path: Path) -> None:
    process = endless(tmp_path, CHAIRED)
    library = SmallLibrary()
    state, conversations = opened(tmp_path, library)
    try:
        found = conversations.snapshot(KEY)
        assert found is not None
        assert found.waiting
        assert not library.asked, "a process that lives is not disturbed"
    finally:
        kill(process)
    answered = settled(conversations)
    assert answered.exchanges[0].answer is not None
    assert answered.exchanges[0].answer.text == "Maria Okafor"
    state.close()


def test_a_question_that_ended_two_processes_fails_in_one_line(tmp_path: Path) -> None:
    for question in (CHAIRED, ""):
        kill(endless(tmp_path, question))
    library = SmallLibrary()
    state, conversations = opened(tmp_path, library)
    (exchange,) = settled(conversations).exchanges
    assert (exchange.status, exchange.error) == (
        "failed",
        "The server went away while it answered; please ask again.",
    )
    assert not library.asked
    conversations.ask(KEY, MANY)
    assert settled(conversations).exchanges[1].status == "answered"
    state.close()


def test_only_the_owner_can_read_it_and_the_unused_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    state, conversations = opened(folder, SmallLibrary())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    conversations.restore(KEY, [])
    conversations.ask(KEY, CHAIRED)
    settled(conversations)
    monkeypatch.setattr(conversations_shared, "_CLEARED_EVERY_S", -1.0)
    monkeypatch.setattr(conversations_shared, "MAX_SHARED", 2)
    other_state, other = opened(folder, SmallLibrary())
    keys = [f"{number:032x}" for number in range(3)]
    for key in keys:
        other.restore(key, [])
    assert [other.snapshot(key) is None for key in (KEY, *keys)] == [True, True, False, False]
    with other_state.reading() as connection:
        assert connection.execute("SELECT count(*) FROM exchanges").fetchone() == (0,)
    state.close()
    other_state.close()


def test_a_state_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FILE).write_bytes(b"no database" * 200)
    newer = tmp_path / "newer"
    newer.mkdir()
    with sqlite3.connect(newer / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for name in ("file", "damaged", "newer"):
        with pytest.raises(PressciteError, match="--state") as caught:
            SharedState(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert str(tmp_path / name) in str(caught.value)


def test_a_file_that_fails_refuses_the_question(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state, conversations = opened(tmp_path, SmallLibrary())
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("DROP TABLE conversations")
    other.close()
    with pytest.raises(RefusedError, match="cannot be kept now"):
        conversations.ask(KEY, CHAIRED)
    assert "no such table" in caplog.text
    state.close()
