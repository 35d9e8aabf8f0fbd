"""No question vanishes: several at once, sent twice, stopped, cleared while they wait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ui.library import GatedLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    ask,
    browser_test,
    expect,
    opened_chat,
    questions,
    replies,
)
from tests.ui.web.server import running

pytestmark = browser_test

FIRST, SECOND = "Who slowly chaired the session?", "How many agreements were signed?"


@pytest.fixture
def library() -> GatedLibrary:
    return GatedLibrary()


@pytest.fixture
def page(browser: Browser, library: GatedLibrary) -> Iterator[Page]:
    from ui.web.chat import build_app

    with (
        running(build_app(library, examples=[FIRST, SECOND])) as address,
        opened_chat(browser, address) as opened,
    ):
        yield opened
        library.gate.set()


def test_a_question_asked_while_another_waits_is_answered_after_it(
    page: Page, library: GatedLibrary
) -> None:
    ask(page, FIRST)
    expect(page.locator(".pc-waiting")).to_have_count(1, timeout=WAIT)
    ask(page, SECOND)
    expect(questions(page)).to_have_text([FIRST, SECOND])
    expect(page.locator(".pc-waiting")).to_have_count(2)
    library.gate.set()
    expect(replies(page).nth(0)).to_contain_text("Maria Okafor", timeout=WAIT)
    expect(replies(page).nth(1)).to_contain_text("Thirty-six", timeout=WAIT)
    expect(questions(page)).to_have_text([FIRST, SECOND])
    assert [turn.answer for turn in library.asked[-1][1]] == ["Maria Okafor"]


def test_headlines_are_shown_while_they_are_read_then_the_answer(
    page: Page, library: GatedLibrary
) -> None:
    ask(page, FIRST)
    reading = page.locator(".pc-waiting")
    expect(reading).to_contain_text("Looking in:", timeout=WAIT)
    expect(reading.get_by_role("listitem")).to_have_count(2)
    expect(reading.get_by_role("listitem").first).to_have_text(
        "Ports & people: a “harbour” pact · Coast Gazette"
    )
    assert reading.locator("img, script, form, video, iframe").count() == 0
    library.gate.set()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    expect(reading).to_have_count(0)
    assert len(library.asked) == 1


def test_two_examples_clicked_in_a_row_are_both_answered(page: Page, library: GatedLibrary) -> None:
    page.get_by_role("button", name=FIRST).click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name=SECOND).click()
    expect(questions(page)).to_have_text([FIRST, SECOND], timeout=WAIT)
    library.gate.set()
    expect(replies(page).nth(0)).to_contain_text("Maria Okafor", timeout=WAIT)
    expect(replies(page).nth(1)).to_contain_text("Thirty-six", timeout=WAIT)


def test_what_is_sent_twice_is_asked_once(page: Page, library: GatedLibrary) -> None:
    page.locator("#pc-box textarea").fill("Who chaired the session?")
    page.locator(".submit-button").dblclick()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    page.get_by_role("button", name=SECOND).dblclick()
    expect(replies(page).last).to_contain_text("Thirty-six", timeout=WAIT)
    page.wait_for_timeout(500)
    expect(questions(page)).to_have_text(["Who chaired the session?", SECOND])
    assert len(library.asked) == 2


def test_a_cleared_conversation_stays_cleared(page: Page, library: GatedLibrary) -> None:
    ask(page, FIRST)
    expect(page.locator(".pc-waiting")).to_have_count(1, timeout=WAIT)
    assert library.started.wait(30)
    page.get_by_role("button", name="Clear").click()
    expect(questions(page)).to_have_count(0)
    library.gate.set()
    page.wait_for_timeout(1000)
    expect(questions(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Stop")).not_to_be_visible()
    ask(page, SECOND)
    expect(replies(page)).to_contain_text("Thirty-six", timeout=WAIT)
    assert library.asked[-1][1] == ()
    page.reload()
    expect(questions(page)).to_have_text([SECOND], timeout=WAIT)


def test_a_running_question_is_stopped_and_another_asked(page: Page, library: GatedLibrary) -> None:
    stop = page.get_by_role("button", name="Stop")
    expect(stop).not_to_be_visible()
    ask(page, FIRST)
    expect(stop).to_be_visible(timeout=WAIT)
    stop.click()
    expect(replies(page)).to_contain_text("Stopped before it was answered", timeout=WAIT)
    expect(stop).not_to_be_visible()
    ask(page, SECOND)
    expect(stop).to_be_visible()
    library.gate.set()
    expect(replies(page).nth(1)).to_contain_text("Thirty-six", timeout=WAIT)
    expect(replies(page).nth(0)).to_contain_text("Stopped before it was answered")
    expect(stop).not_to_be_visible()
    assert library.asked[-1] == (SECOND, ())


def test_a_question_that_waits_is_still_there_after_a_reload(
    page: Page, library: GatedLibrary
) -> None:
    ask(page, FIRST)
    assert library.started.wait(30)
    page.reload()
    expect(page.locator(".pc-waiting")).to_have_count(1, timeout=WAIT)
    library.gate.set()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    assert len(library.asked) == 1
