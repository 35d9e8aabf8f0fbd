"""The live chat where each of its requests may land on another server process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.library import SmallLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    ask,
    browser_test,
    expect,
    opened_chat,
    questions,
    replies,
)
from tests.ui.web.proxy import proxying
from tests.ui.web.server import running

pytestmark = browser_test


@pytest.fixture
def libraries() -> list[SmallLibrary]:
    return [SmallLibrary(), SmallLibrary()]


@pytest.fixture
def address(tmp_path: Path, libraries: list[SmallLibrary]) -> Iterator[str]:
    from ui.web.chat import build_app
    from ui.web.shared_state import SharedState

    states = [SharedState(tmp_path) for _ in libraries]
    apps = [build_app(one, state=state) for one, state in zip(libraries, states, strict=True)]
    with (
        running(apps[0]) as first,
        running(apps[1]) as second,
        proxying([first, second], "") as front,
    ):
        yield front
    for state in states:
        state.close()


def test_every_question_is_answered_and_kept_whichever_process_is_asked(
    browser: Browser, address: str, libraries: list[SmallLibrary]
) -> None:
    with opened_chat(browser, address) as page:
        for number in range(1, 5):
            ask(page, f"Who chaired session {number}?")
            expect(questions(page)).to_have_count(number, timeout=WAIT)
            expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
        page.reload()
        expect(questions(page)).to_have_count(4, timeout=WAIT)
        expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
    assert sum(len(one.asked) for one in libraries) == 4
