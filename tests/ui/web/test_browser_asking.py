"""What is asked arrives once: through a restart, in other words, from a suggestion; on a phone too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from rag.types import Answer, Query
from tests.ui.library import TREATY, ListedLibrary, SmallLibrary, passage
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
from ui.web.service import OnPassages

pytestmark = browser_test

CHAIRED, MANY, FOLLOW_UP = (
    "Who chaired the session?",
    "How many agreements were signed?",
    "And who chaired it?",
)
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def library() -> ListedLibrary:
    return ListedLibrary()


@pytest.fixture
def address(library: ListedLibrary) -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(library)) as where:
        yield where


KEEPS = "(words) => Object.values(localStorage).some((kept) => kept.includes(words))"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address) as opened:
        yield opened


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_question_sent_while_the_server_restarts_is_asked_once_it_is_back(
    browser: Browser, reloaded: bool
) -> None:
    from ui.web.chat import build_app

    with ExitStack() as stack:
        with running(build_app(SmallLibrary())) as address:
            page = stack.enter_context(opened_chat(browser, address))
            ask(page, CHAIRED)
            expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
            # An answer that the browser has not kept yet would be asked for once more.
            page.wait_for_function(KEEPS, arg="Maria Okafor", timeout=WAIT)
        ask(page, MANY)
        expect(page.locator("#pc-unsent")).to_contain_text(
            f"Your question is kept, and asked as soon as it does: {MANY}", timeout=WAIT
        )
        expect(page.locator("#pc-box textarea")).to_have_value("")
        library = SmallLibrary()
        if reloaded:
            # Closed before the server was back: the browser still holds what was asked.
            page.goto("about:blank")
        stack.enter_context(running(build_app(library), urlsplit(address).port or 0))
        if reloaded:
            page.goto(address)
        expect(replies(page).last).to_contain_text("Thirty-six", timeout=WAIT)
        expect(questions(page)).to_have_text([CHAIRED, MANY])
        expect(page.locator("#pc-unsent")).to_be_empty()
        page.wait_for_timeout(1500)
        expect(questions(page)).to_have_text([CHAIRED, MANY])
        assert [question for question, _ in library.asked] == [MANY]


def test_a_follow_up_is_asked_in_other_words_or_as_it_was_typed(
    page: Page, library: ListedLibrary
) -> None:
    ask(page, CHAIRED)
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    ask(page, FOLLOW_UP)
    page.get_by_role("button", name="Ask in other words").click()
    dialog = page.get_by_role("dialog", name="The question, asked on its own")
    words = dialog.get_by_role("textbox")
    expect(words).to_have_value("Who chaired the session of the council?")
    expect(words).to_be_focused()
    words.fill(MANY)
    dialog.get_by_role("button", name="Ask").click()
    expect(replies(page).nth(2)).to_contain_text("Thirty-six", timeout=WAIT)
    assert library.asked[-1] == (MANY, ())
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Ask as typed").click()
    expect(questions(page)).to_have_text([CHAIRED, FOLLOW_UP, MANY, FOLLOW_UP], timeout=WAIT)
    expect(page.locator(".pc-waiting")).to_have_count(0, timeout=WAIT)
    assert library.asked[-1] == (FOLLOW_UP, ())
    expect(replies(page).last.locator(".pc-standalone")).to_have_count(0)


class NearLibrary(ListedLibrary):
    """One whose abstentions have the whole of an article near them."""

    def ask(self, query: Query, on_passages: OnPassages | None = None) -> Answer:
        found = super().ask(query, on_passages)
        return replace(found, passages=(passage(TREATY),)) if found.abstained else found


@pytest.mark.parametrize("library", [NearLibrary()])
def test_a_suggestion_is_asked_in_the_same_conversation(page: Page, library: NearLibrary) -> None:
    ask(page, "Where did Maria Okafor buy tea?")
    suggestion = page.locator("a.pc-suggestion").first
    expect(suggestion).to_be_visible(timeout=WAIT)
    question = suggestion.inner_text()
    suggestion.click()
    expect(questions(page).last).to_have_text(question, timeout=WAIT)
    expect(questions(page)).to_have_count(2)
    expect(page.locator(".pc-waiting")).to_have_count(0, timeout=WAIT)
    assert library.asked[-1] == (question, ())
    assert len(page.context.pages) == 1


def test_open_filters_leave_the_quote_in_sight_on_a_phone(browser: Browser, address: str) -> None:
    with opened_chat(browser, address, **PHONE) as page:
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Published since").fill("2023-12-01")
        ask(page, CHAIRED)
        quote = page.locator(".pc-quote")
        expect(quote).to_be_visible(timeout=WAIT)
        page.wait_for_timeout(500)
        dock, shown = page.locator("#pc-dock").bounding_box(), quote.bounding_box()
        assert dock
        assert shown
        assert shown["y"] >= 0
        assert shown["y"] + shown["height"] <= dock["y"]
        assert dock["height"] < 640 / 2.5
        last = page.get_by_label("Asked as of")
        last.focus()
        box = last.bounding_box()
        assert box
        assert 0 <= box["x"] <= 360 - box["width"]
        publisher = page.locator(".pc-publisher").bounding_box()
        assert publisher
        assert publisher["height"] >= 44
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
