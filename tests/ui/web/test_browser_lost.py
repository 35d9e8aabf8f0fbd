"""A server that goes while it answers: the open page says so, and goes on once there is one again."""

from __future__ import annotations

import re
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.ui.library import GatedLibrary, SmallLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    Route,
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

CHAIRED, SLOWLY = "Who chaired the session?", "Who slowly chaired it?"
LOST = "The server does not answer. What you asked is kept, and goes on as soon as it does."
NOTHING_KEPT = (
    "This browser keeps nothing of this site: what you asked is gone once this page is closed."
)
BLOCKED = """Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('denied', 'SecurityError'); } })"""
FULL = """Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"""


def test_a_question_taken_by_a_server_that_ends_is_answered_by_the_next_one(
    browser: Browser,
) -> None:
    from ui.web.chat import build_app

    gone = GatedLibrary()
    with ExitStack() as stack:
        stack.callback(gone.gate.set)
        with running(build_app(gone)) as address:
            page = stack.enter_context(opened_chat(browser, address))
            ask(page, CHAIRED)
            expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
            ask(page, SLOWLY)
            expect(page.locator(".pc-waiting")).to_contain_text("Looking in", timeout=WAIT)
            assert gone.started.wait(60)
        notice = page.locator("#pc-lost")
        expect(notice).to_have_text(LOST, timeout=WAIT)
        expect(notice).to_have_attribute("role", "alert")
        library = SmallLibrary()
        stack.enter_context(running(build_app(library), urlsplit(address).port or 0))
        expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
        expect(notice).to_be_empty(timeout=WAIT)
        expect(questions(page)).to_have_text([CHAIRED, SLOWLY])
        expect(replies(page)).to_have_count(2)
        page.wait_for_timeout(1500)
        assert [question for question, _ in library.asked] == [SLOWLY]
        expect(page.get_by_role("button", name="Stop")).not_to_be_visible()


@pytest.mark.parametrize("store", [BLOCKED, FULL])
def test_a_browser_that_keeps_nothing_loses_nothing_of_the_open_page(
    browser: Browser, store: str
) -> None:
    from ui.web.chat import build_app

    gone = GatedLibrary()
    with ExitStack() as stack:
        stack.callback(gone.gate.set)
        with running(build_app(gone)) as address:
            context = stack.enter_context(opened_context(browser, address))
            context.add_init_script(store)
            page = context.new_page()
            visit(page, address)
            expect(page.locator("#pc-full")).to_have_count(0)
            ask(page, CHAIRED)
            expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
            notice = page.get_by_role("alert").filter(has_text=NOTHING_KEPT)
            expect(notice).to_be_visible(timeout=WAIT)
            notice.get_by_role("button", name="Close").click()
            ask(page, SLOWLY)
            expect(page.locator(".pc-waiting")).to_contain_text("Looking in", timeout=WAIT)
            assert gone.started.wait(60)
        expect(page.locator("#pc-lost")).to_have_text(LOST, timeout=WAIT)
        library = SmallLibrary()
        stack.enter_context(running(build_app(library), urlsplit(address).port or 0))
        expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
        expect(questions(page)).to_have_text([CHAIRED, SLOWLY])
        expect(replies(page)).to_have_count(2)
        assert [question for question, _ in library.asked] == [SLOWLY]
        expect(notice).to_have_count(0)
        # The server still has the conversation, and the tab its key: in another language, too.
        page.get_by_role("combobox", name="Language").select_option("vi")
        expect(page.get_by_role("button", name="Hỏi", exact=True)).to_be_visible(timeout=WAIT)
        ready(page)
        expect(questions(page)).to_have_text([CHAIRED, SLOWLY], timeout=WAIT)
        page.reload()
        ready(page)
        expect(questions(page)).to_have_text([CHAIRED, SLOWLY], timeout=WAIT)


KEPT = """() => {
  const key = JSON.parse(localStorage.getItem('presscite:last'));
  const kept = JSON.parse(localStorage.getItem('presscite:conversation:' + key));
  return (kept?.turns ?? []).map((turn) => turn.question); }"""
MANY, SINCE = "How many agreements were signed?", "Who chaired the session at dawn?"


def keeps(page: Page, asked: list[str]) -> None:
    """Wait until the browser keeps these questions of the conversation."""
    page.wait_for_function(
        f"asked => JSON.stringify(({KEPT})()) === JSON.stringify(asked)", arg=asked, timeout=WAIT
    )


@pytest.mark.parametrize("closed", [False, True])
def test_a_conversation_whose_upload_takes_long_is_not_lost(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    from ui.web.chat import build_app

    monkeypatch.setattr("ui.web.conversations._RESTORED_WITHIN_S", 0.05)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PUT":
            held.append(route)
        else:
            route.continue_()

    with ExitStack() as stack:
        with running(build_app(SmallLibrary())) as address:
            context = stack.enter_context(opened_context(browser, address))
            page = context.new_page()
            visit(page, address)
            for number, question in enumerate((CHAIRED, MANY), 1):
                ask(page, question)
                expect(questions(page)).to_have_count(number, timeout=WAIT)
                keeps(page, [CHAIRED, MANY][:number])
            expect(replies(page).last).to_contain_text("Thirty-six", timeout=WAIT)
            page.goto("about:blank")
        port = urlsplit(address).port or 0
        with running(build_app(SmallLibrary()), port):
            page.route("**/conversations/*", hold)
            with page.expect_response("**/questions") as sent:
                visit(page, address)
                ask(page, SINCE)
            where = sent.value.url.removesuffix("/questions")
            answered = False
            while not answered:
                turns = page.request.get(where).json()["turns"]
                answered = [one["status"] for one in turns] == ["answered"]
                page.wait_for_timeout(50)
            assert page.evaluate(KEPT) == [CHAIRED, MANY]
            assert len(held) == 1
            if closed:
                page.close()
                page = context.new_page()
                visit(page, address)
            else:
                held[0].continue_()
                page.unroute("**/conversations/*")
            asked = [CHAIRED, MANY, SINCE]
            expect(questions(page)).to_have_text(asked, timeout=WAIT)
            keeps(page, asked)
            page.goto("about:blank")
        stack.enter_context(running(build_app(SmallLibrary()), port))
        visit(page, address)
        expect(questions(page)).to_have_text(asked, timeout=WAIT)
        expect(replies(page).last).to_contain_text("Maria Okafor")


def test_a_record_that_lacks_kept_turns_replaces_them_only_where_they_were_cleared(
    browser: Browser,
) -> None:
    from ui.web.chat import build_app

    put_back = """kept => localStorage.setItem(
      'presscite:conversation:' + JSON.parse(localStorage.getItem('presscite:last')), kept)"""
    read = """() => localStorage.getItem(
      'presscite:conversation:' + JSON.parse(localStorage.getItem('presscite:last')))"""
    with running(build_app(SmallLibrary())) as address, opened_chat(browser, address) as page:
        ask(page, CHAIRED)
        expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
        keeps(page, [CHAIRED])
        kept = page.evaluate(read)
        lost = kept.replace(CHAIRED, MANY).replace('"id":"', '"id":"f')
        lost = re.sub(r'"id":"(f[0-9a-f]{31})[0-9a-f]"', r'"id":"\1"', lost)
        # As another server has it, which knows the conversation and not all of it.
        page.evaluate(put_back, lost)
        ask(page, SINCE)
        expect(questions(page)).to_have_count(3, timeout=WAIT)
        assert sorted(page.evaluate(KEPT)) == sorted([MANY, CHAIRED, SINCE])
        page.get_by_role("button", name="Clear").click()
        expect(questions(page)).to_have_count(0, timeout=WAIT)
        keeps(page, [])
        # As a window has it that was closed before it saw that.
        page.evaluate(put_back, kept)
        page.reload()
        ready(page)
        keeps(page, [])
        expect(questions(page)).to_have_count(0)
        ask(page, MANY)
        expect(replies(page)).to_contain_text("Thirty-six", timeout=WAIT)
        keeps(page, [MANY])


def test_what_is_deleted_while_another_window_uploads_it_stays_deleted(browser: Browser) -> None:
    from ui.web.chat import build_app

    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PUT" and not held:
            held.append(route)
        else:
            route.continue_()

    with (
        running(build_app(SmallLibrary())) as address,
        opened_context(browser, address) as context,
    ):
        page, other = context.new_page(), context.new_page()
        visit(page, address)
        ask(page, CHAIRED)
        expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
        keeps(page, [CHAIRED])
        other.route("**/conversations/*", hold)
        with other.expect_request(lambda request: request.method == "PUT") as sent:
            visit(other, address)
        page.get_by_role("button", name="History").click()
        page.get_by_role("button", name=f"Delete {CHAIRED}").click()
        expect(questions(page)).to_have_count(0, timeout=WAIT)
        with other.expect_response(lambda reply: reply.request.method == "DELETE"):
            held[0].continue_()
        assert page.request.get(sent.value.url).status == 404
        assert other.evaluate("() => localStorage.getItem('presscite:conversations')") == "[]"
        other.wait_for_timeout(500)
        assert page.request.get(sent.value.url).status == 404


def test_a_server_that_goes_is_told_in_the_readers_language_alone(browser: Browser) -> None:
    from ui.web.chat import build_app

    with ExitStack() as stack:
        with running(build_app(SmallLibrary())) as address:
            page = stack.enter_context(opened_chat(browser, address))
            page.get_by_role("combobox", name="Language").select_option("vi")
            expect(page.get_by_role("button", name="Hỏi", exact=True)).to_be_visible(timeout=WAIT)
            ready(page)
            ask(page, CHAIRED)
            expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
            page.wait_for_function(
                "() => Object.values(localStorage).some((one) => one.includes('Maria Okafor'))"
            )
        # Nothing waits: Gradio alone sees that the server has gone.
        page.get_by_role("button", name="Xóa", exact=True).click()
        expect(page.locator("#pc-lost")).to_contain_text("Máy chủ không trả lời", timeout=WAIT)
        page.wait_for_timeout(1000)
        expect(page.get_by_text("Connection to the server was lost")).not_to_be_visible()
        stack.enter_context(running(build_app(SmallLibrary()), urlsplit(address).port or 0))
        expect(page.locator("#pc-lost")).to_be_empty(timeout=WAIT)
        expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)


def test_a_conversation_is_exported_from_a_server_that_was_restarted(browser: Browser) -> None:
    from ui.web.chat import build_app

    with ExitStack() as stack:
        with running(build_app(SmallLibrary())) as address:
            page = stack.enter_context(opened_chat(browser, address))
            ask(page, CHAIRED)
            expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
            page.wait_for_function(
                "() => Object.values(localStorage).some((one) => one.includes('Maria Okafor'))"
            )
        files = page.get_by_role("dialog", name="Export")
        page.get_by_role("button", name="Export").click()
        expect(files).to_contain_text("The server does not answer.", timeout=WAIT)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="History").click()
        kept = page.get_by_role("dialog", name="Conversations")
        kept.get_by_role("button", name=f"Delete {CHAIRED}").click()
        expect(kept).to_contain_text("The server does not answer: nothing was deleted.")
        expect(kept.get_by_role("link", name=CHAIRED)).to_be_visible()
        page.keyboard.press("Escape")
        stack.enter_context(running(build_app(SmallLibrary()), urlsplit(address).port or 0))
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            files.get_by_role("link", name="Markdown").click()
        assert "Maria Okafor" in download.value.path().read_text("utf-8")
        page.get_by_role("button", name="History").click()
        expect(kept).not_to_contain_text("nothing was deleted")
        kept.get_by_role("button", name=f"Delete {CHAIRED}").click()
        expect(questions(page)).to_have_count(0, timeout=WAIT)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_is_being_typed_outlasts_a_restart_of_the_server(
    browser: Browser, language: str
) -> None:
    from ui.web.chat import build_app

    gone = GatedLibrary()
    with ExitStack() as stack:
        stack.callback(gone.gate.set)
        with running(build_app(gone)) as address:
            page = stack.enter_context(opened_chat(browser, address))
            box = page.locator("#pc-box textarea")
            if language != "en":
                page.get_by_role("combobox", name="Language").select_option(language)
                expect(page.get_by_role("button", name="Hỏi", exact=True)).to_be_visible()
                ready(page)
            ask(page, SLOWLY)
            assert gone.started.wait(60)
            box.press_sequentially("Who will chair", delay=5)
            page.wait_for_timeout(1000)
        expect(page.locator("#pc-lost")).not_to_be_empty(timeout=WAIT)
        stack.enter_context(running(build_app(SmallLibrary()), urlsplit(address).port or 0))
        expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
        page.wait_for_timeout(1500)
        expect(box).to_have_value("Who will chair")
        box.press_sequentially(" it?")
        box.press("Enter")
        expect(questions(page)).to_have_text([SLOWLY, "Who will chair it?"], timeout=WAIT)
        expect(box).to_have_value("")
        page.wait_for_timeout(800)
        page.reload()
        ready(page)
        page.wait_for_timeout(800)
        expect(box).to_have_value("")
