"""Conversations are kept in the browser: reload, Back, a new server; several of them, and their files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rag.types import Turn
from tests.ui.library import SmallLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    ask,
    browser_test,
    expect,
    opened_chat,
    opened_context,
    questions,
    ready,
    replies,
    visit,
)
from tests.ui.web.server import running

pytestmark = browser_test

KEY = "0123456789abcdef" * 2
CHAIRED, MANY = "Who chaired the session?", "How many agreements were signed?"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(SmallLibrary())) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address) as opened:
        yield opened


def answered(page: Page, question: str, words: str) -> None:
    """Ask a question and wait for the words of its answer."""
    ask(page, question)
    expect(replies(page).last).to_contain_text(words, timeout=WAIT)


def kept(page: Page, count: int) -> None:
    """Wait until the browser has kept so many answered questions of the conversation."""
    page.wait_for_function(
        """count => {
          const key = JSON.parse(localStorage.getItem('presscite:last'));
          const kept = JSON.parse(localStorage.getItem('presscite:conversation:' + key));
          const done = (kept?.turns ?? []).filter(turn => turn.status === 'answered');
          return done.length === count;
        }""",
        arg=count,
        timeout=WAIT,
    )


def open_list(page: Page) -> None:
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog", name="Conversations")).to_be_visible()


def test_reload_and_back_keep_the_conversation(page: Page, address: str) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    kept(page, 1)
    page.reload()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    page.goto(f"{address}/articles/treaty-1")
    page.go_back()
    expect(questions(page)).to_have_text([CHAIRED], timeout=WAIT)
    page.goto(address)
    expect(questions(page)).to_have_text([CHAIRED], timeout=WAIT)


@pytest.mark.parametrize("reloaded", [True, False])
def test_a_restarted_server_answers_a_follow_up_with_its_context(
    browser: Browser, reloaded: bool
) -> None:
    from ui.web.chat import build_app

    with ExitStack() as stack:
        with running(build_app(SmallLibrary())) as address:
            page = stack.enter_context(opened_chat(browser, address))
            answered(page, CHAIRED, "Maria Okafor")
            kept(page, 1)
        library = SmallLibrary()
        stack.enter_context(running(build_app(library), urlsplit(address).port or 0))
        if reloaded:
            page.reload()
            ready(page)
            expect(questions(page)).to_have_text([CHAIRED], timeout=WAIT)
        answered(page, "And who chaired it?", "Understood as")
        expect(questions(page)).to_have_text([CHAIRED, "And who chaired it?"])
        expect(replies(page).first).to_contain_text("Maria Okafor")
        assert library.asked == [("And who chaired it?", (Turn(CHAIRED, "Maria Okafor"),))]
        kept(page, 2)


def test_several_conversations_are_opened_renamed_searched_and_deleted(
    page: Page, address: str
) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    kept(page, 1)
    page.get_by_role("button", name="New").click()
    ready(page)
    expect(questions(page)).to_have_count(0)
    answered(page, MANY, "Thirty-six")
    kept(page, 1)
    open_list(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link")).to_have_text([MANY, CHAIRED])
    expect(dialog.locator("[aria-current=page]")).to_have_text(MANY)
    dialog.get_by_role("button", name=f"Rename {CHAIRED}").click()
    dialog.get_by_label("New name").fill("Harbour <b>")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("link")).to_have_text([MANY, "Harbour <b>"])
    dialog.get_by_label("Search").fill("okafor")
    expect(dialog.get_by_role("link")).to_have_text(["Harbour <b>"])
    dialog.get_by_role("link", name="Harbour <b>").click()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    page.go_back()
    expect(replies(page)).to_contain_text("Thirty-six", timeout=WAIT)
    ready(page)
    open_list(page)
    dialog.get_by_role("button", name="Delete Harbour <b>").click()
    expect(dialog.get_by_role("link")).to_have_text([MANY])
    dialog.get_by_role("button", name=f"Delete {MANY}").click()
    ready(page)
    expect(questions(page)).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('conversation:'))") == []
    page.reload()
    ready(page)
    open_list(page)
    expect(dialog).to_contain_text("No conversation")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_a_long_conversation_is_restored_by_a_new_server(page: Page) -> None:
    page.evaluate(
        """() => {
          const key = JSON.parse(localStorage.getItem('presscite:last'));
          const turns = Array.from({ length: 60 }, (_, number) => ({
            question: `Question ${number}?`, answer: 'x', details: { filler: 'y'.repeat(20_000) } }));
          localStorage.setItem('presscite:conversation:' + key, JSON.stringify({ turns }));
          return fetch(`conversations/${key}`, { method: 'DELETE' });
        }"""
    )
    page.reload()
    expect(questions(page)).to_have_count(60, timeout=WAIT)
    answered(page, CHAIRED, "Maria Okafor")
    expect(questions(page)).to_have_count(61)


def test_what_another_window_asked_is_seen_on_return(page: Page, address: str) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    kept(page, 1)
    other = page.context.new_page()
    other.goto(address)
    expect(replies(other)).to_contain_text("Maria Okafor", timeout=WAIT)
    answered(other, MANY, "Thirty-six")
    expect(questions(page)).to_have_count(1)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(questions(page)).to_have_text([CHAIRED, MANY], timeout=WAIT)


def test_the_conversation_is_taken_away_as_a_file(page: Page) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    for button, name in (("Markdown", "evidence.md"), ("JSON", "evidence.json")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("link", name=button).click()
        assert download.value.suggested_filename == name
        written = Path(download.value.path()).read_text("utf-8")
        assert "chaired the session on harbour rules" in written
        assert '"title":"Who chaired the session?"' in written or "# Who chaired" in written


def test_no_character_is_cut_in_half(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # A name has at most 200 UTF-16 units, a question 2,000; the boat takes two of them.
    long = "Who chaired it? " + "x" * 183 + "🚢" + "y" * 1798 + "🚢"
    page.evaluate(
        """long => {
          const box = document.querySelector('#pc-box textarea');
          box.value = long;
          box.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        long,
    )
    page.locator(".submit-button").click()
    expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    kept(page, 1)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("link", name="Markdown").click()
    title = download.value.path().read_text("utf-8").partition("\n")[0]
    assert title == f"# {long[:199]}"
    assert errors == []


def test_the_link_of_a_question_asks_it_again_without_scripts(page: Page) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Link to this question").click()
    same = opening.value
    same.wait_for_load_state()
    assert urlsplit(same.url).path == "/ask"
    expect(same.locator("h2").first).to_have_text(CHAIRED)
    expect(same.locator(".pc-quote mark")).to_have_text("Maria Okafor")
    assert same.locator("script").count() == 0


def test_a_link_leads_nobody_into_a_conversation_of_somebody_else(
    browser: Browser, address: str
) -> None:
    with opened_chat(browser, address) as theirs:
        answered(theirs, CHAIRED, "Maria Okafor")
        link = theirs.url
    with opened_chat(browser, link) as page:
        assert page.url != link
        page.wait_for_timeout(1000)
        expect(questions(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("conversation", "conversations", "outbox", "shown"),
    [
        (7, {"a": 1}, {"a": 1}, []),
        ({"turns": None, "filters": 7}, [None, 3, {"key": KEY}], [None, 7], []),
        (
            {"turns": [7, {"question": "Of another version?", "status": "odd"}]},
            [{"key": KEY, "name": 5, "updated": "x"}],
            "x",
            [],
        ),
        (
            {"turns": [{"question": "?", "status": "odd"}, {"question": "Kept?", "answer": "So."}]},
            [{"key": KEY, "name": "Kept?", "updated": 1, "questions": 2}],
            [],
            ["Kept?"],
        ),
    ],
)
def test_a_damaged_store_keeps_no_question_from_being_answered(
    browser: Browser,
    address: str,
    conversation: object,
    conversations: object,
    outbox: object,
    shown: list[str],
) -> None:
    with opened_context(browser, address) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/articles")
        page.evaluate(
            "kept => Object.entries(kept).forEach("
            "([name, one]) => localStorage.setItem('presscite:' + name, JSON.stringify(one)))",
            {
                "last": KEY,
                f"conversation:{KEY}": conversation,
                "conversations": conversations,
                "outbox": outbox,
            },
        )
        visit(page, address)
        answered(page, CHAIRED, "Maria Okafor")
        expect(questions(page)).to_have_text([*shown, CHAIRED])
        kept(page, 1)
        open_list(page)
        page.get_by_role("searchbox").fill("okafor")
        expect(page.get_by_role("dialog").get_by_role("link")).to_have_count(1)
        assert errors == []
        page.request.delete(f"{address}/conversations/{KEY}")


def test_a_full_store_is_said_and_drops_no_conversation(page: Page) -> None:
    answered(page, CHAIRED, "Maria Okafor")
    kept(page, 1)
    page.get_by_role("button", name="New").click()
    ready(page)
    page.evaluate(
        """() => {
          for (let size = 1 << 22; size >= 1; size >>= 1) {
            for (let number = 0; number < 3; number += 1) {
              try { localStorage.setItem(`filler ${size} ${number}`, 'x'.repeat(size)); } catch {}
            }
          }
        }"""
    )
    answered(page, MANY, "Thirty-six")
    expect(page.get_by_role("alert").filter(has_text="storage is full")).to_be_visible(timeout=WAIT)
    open_list(page)
    expect(page.get_by_role("dialog").get_by_role("link")).to_have_text([CHAIRED])
    page.keyboard.press("Escape")
    page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('filler')).forEach("
        "k => localStorage.removeItem(k))"
    )
    answered(page, CHAIRED, "Maria Okafor")
    kept(page, 2)
    expect(page.locator("#pc-full")).to_have_count(0)
    open_list(page)
    expect(page.get_by_role("dialog").get_by_role("link")).to_have_text([MANY, CHAIRED])
