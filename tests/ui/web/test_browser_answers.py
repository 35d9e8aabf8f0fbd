"""An answer checked at a glance in a real Chromium: markers and cards by mouse and keys, what unfolds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ui.library import SmallLibrary
from tests.ui.web.chromium import WAIT, Browser, Page, ask, browser_test, expect, opened_chat
from tests.ui.web.server import running

pytestmark = browser_test


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(SmallLibrary())) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address) as opened:
        yield opened


def test_a_marker_leads_to_its_card_and_back_by_mouse_and_keyboard(page: Page) -> None:
    ask(page, "How many agreements were signed?")
    reply = page.locator(".pc-message").last
    expect(reply.locator(".pc-column")).to_have_count(2, timeout=WAIT)
    reply.locator("a.pc-marker", has_text="[2]").click()
    card = reply.locator(".pc-card", has_text="[2]")
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(card.locator("a.pc-number")).to_be_focused()
    page.keyboard.press("Enter")
    expect(reply.locator("a.pc-marker", has_text="[2]")).to_be_focused()
    expect(page.locator(".pc-message")).to_have_count(1)


def test_a_marker_leads_to_its_card_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/ask?q=How+many+agreements+were+signed%3F")
    page.get_by_role("link", name="Source 2", exact=True).click()
    expect(page.locator(".pc-card:target")).to_contain_text("[2]")
    page.get_by_role("link", name="Back to marker 2").click()
    expect(page.locator(".pc-marker:target")).to_have_text("[2]")
    context.close()


def test_the_number_and_the_sentences_around_unfold_in_place(page: Page) -> None:
    ask(page, "Who chaired the session?")
    reply = page.locator(".pc-message").last
    number = reply.get_by_text("91 % sure")
    expect(reply).to_contain_text("Almost certainly right", timeout=WAIT)
    expect(number).not_to_be_visible()
    reply.get_by_text("How sure").click()
    expect(number).to_be_visible()
    around = reply.get_by_text("Nobody objected.")
    expect(around).not_to_be_visible()
    reply.get_by_text("The sentences around it").click()
    expect(around).to_be_visible()


def test_what_is_near_stays_folded_until_asked_for(page: Page) -> None:
    ask(page, "What is the price of tea?")
    reply = page.locator(".pc-message").last
    expect(reply).to_contain_text("Looked for: price, tea.", timeout=WAIT)
    expect(reply.get_by_text("The council met at dawn.")).not_to_be_visible()
    reply.get_by_text("Not an answer, but close").click()
    expect(reply.get_by_text("The council met at dawn.")).to_be_visible()


@pytest.mark.parametrize("where", ["chat", "page"])
def test_print_has_the_marked_words_and_no_controls(page: Page, address: str, where: str) -> None:
    if where == "chat":
        ask(page, "Who chaired the session?")
    else:
        page.goto(f"{address}/ask?q=Who+chaired+the+session%3F")
    mark = page.locator(".pc-quote mark").last
    expect(mark).to_have_text("Maria Okafor", timeout=WAIT)
    expect(page.locator("button:visible").first).to_be_visible()
    page.emulate_media(media="print")
    expect(mark).to_have_css("print-color-adjust", "exact")
    # Where a printer leaves out all backgrounds, the line is left.
    expect(mark).to_have_css("text-decoration-line", "underline")
    expect(page.locator("button:visible, select:visible, textarea:visible")).to_have_count(0)
    # Light letters of the dark look would be lost on paper.
    page.evaluate("document.body.classList.add('dark')")
    expect(page.locator(".pc-quote").last).to_have_css("color", "rgb(29, 27, 24)")
