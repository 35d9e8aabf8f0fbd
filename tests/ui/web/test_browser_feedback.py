"""Saying in the chat whether an answer is right: what is kept, what is said, where it is offered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from eval.feedback import FeedbackStore
from tests.ui.library import TREATY, SmallLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    ask,
    browser_test,
    expect,
    opened_chat,
    replies,
)
from tests.ui.web.server import running

pytestmark = browser_test

CHAIRED = "Who chaired the session?"


class _InFolder(SmallLibrary):
    """The small library, with a folder to keep feedback in."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    from ui.web.chat import build_app

    with (
        running(build_app(_InFolder(tmp_path))) as address,
        opened_chat(browser, address) as opened,
    ):
        yield opened


def test_a_verdict_is_kept_and_said_to_be(page: Page, tmp_path: Path) -> None:
    ask(page, CHAIRED)
    reply = replies(page).last
    expect(reply).to_contain_text("Maria Okafor", timeout=WAIT)
    wrong = reply.get_by_role("button", name="Wrong")
    wrong.press("Enter")
    expect(reply.locator(".pc-kept")).to_have_text("Kept: this answer is wrong.", timeout=WAIT)
    expect(wrong).to_have_attribute("aria-pressed", "true")
    expect(wrong).to_be_focused()
    expect(page.locator("#pc-live")).to_have_text("Kept: this answer is wrong.")
    reply.get_by_role("button", name="Right").click()
    expect(reply.locator(".pc-kept")).to_have_text("Kept: this answer is right.", timeout=WAIT)
    ask(page, "What is the price of tea?")
    silent = replies(page).last
    silent.get_by_role("button", name="Wrong: they do").click()
    expect(silent.locator(".pc-kept")).to_have_text("Kept: this answer is wrong.", timeout=WAIT)
    expect(replies(page).first.locator(".pc-kept")).to_have_text("Kept: this answer is right.")
    given = [kept.feedback for kept in FeedbackStore(tmp_path).all()]
    assert [(one.verdict, one.question, one.answer) for one in given] == [
        ("wrong", CHAIRED, "Maria Okafor"),
        ("right", CHAIRED, "Maria Okafor"),
        ("wrong", "What is the price of tea?", None),
    ]


def test_the_right_answer_is_named_on_its_articles_page(page: Page, tmp_path: Path) -> None:
    ask(page, CHAIRED)
    reply = replies(page).last
    reply.get_by_text("The right answer is here").click(timeout=WAIT)
    with page.context.expect_page() as opening:
        reply.locator(".pc-here a").first.click()
    article = opening.value
    article.wait_for_load_state()
    assert parse_qs(urlsplit(article.url).query)["q"] == [CHAIRED]
    article.get_by_label("Its words, pasted from the article").fill("Nobody objected.")
    article.get_by_role("button", name="Keep").click()
    expect(article.get_by_role("status")).to_have_text("Kept: where the right answer stands.")
    (kept,) = FeedbackStore(tmp_path).all()
    assert (kept.feedback.verdict, kept.feedback.article_id) == ("here", TREATY.id)
    assert kept.feedback.answer == "Nobody objected."


SELECT = """([first, from, last, to]) => {
  const lines = [...document.querySelectorAll('article p[data-start]')];
  const text = (line) => document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const end = (line) => { const walk = text(line); let node; while (walk.nextNode()) node = walk.currentNode;
    return node; };
  const range = document.createRange();
  range.setStart(text(lines[first]).nextNode(), from);
  range.setEnd(end(lines[last]), to);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def test_words_selected_in_the_article_are_kept_with_one_click(
    browser: Browser, tmp_path: Path
) -> None:
    from ui.web.chat import build_app

    library = _InFolder(tmp_path)
    text = "Ports \N{SHIP} met.\n\nThe \N{SHIP} council sat. Nobody objected.\nIt rose at two."
    paged = replace(TREATY, id="paged", text=text, pages=(0, text.index("Nobody")))
    library.articles["paged"] = paged
    with running(build_app(library)) as address, opened_chat(browser, address) as page:
        where = f"{address}/articles/paged?correct=1&q=Who+objected%3F"
        page.goto(f"{where}#correct")
        keep = page.get_by_role("button", name="Keep these words")
        expect(page.locator(".selected")).to_contain_text("Select the words of the article")
        expect(keep).not_to_be_visible()
        page.locator("article p[data-start]").last.click(click_count=3)
        expect(page.locator(".selected")).to_contain_text("“It rose at two.”")
        # From inside of one line to inside of the next, across characters of two halves and a page's mark.
        page.evaluate(SELECT, [1, 7, 2, 7])
        expect(page.get_by_label("Its words")).to_have_value(
            "council sat. Nobody objected.\nIt rose"
        )
        page.evaluate(SELECT, [1, 7, 1, 10])
        expect(page.get_by_label("Its words")).to_have_value("council sat. Nobody obj")
        keep.click()
        expect(page.get_by_role("status")).to_have_text("Kept: where the right answer stands.")
        (kept,) = FeedbackStore(tmp_path).all()
        told = kept.feedback
        assert (told.question, told.answer) == ("Who objected?", "council sat. Nobody obj")
        assert (told.start, told.end) == (text.index("council"), text.index("ected"))
        # Words that do not stand at their place are refused.
        page.goto(where)
        page.evaluate(SELECT, [0, 0, 0, 5])
        # The selection is told of later, and would write the right place over the wrong one.
        expect(page.get_by_label("Its words")).to_have_value("Ports")
        page.evaluate("document.querySelector('[name=start]').value = '2'")
        keep.click()
        expect(page.get_by_role("alert")).to_contain_text("do not stand at that place")
        # Without the form nothing runs in an article's page.
        page.goto(f"{address}/articles/paged")
        assert page.locator("script, [data-start]").count() == 0
        assert len(FeedbackStore(tmp_path).all()) == 1


def test_what_cannot_be_kept_is_said(page: Page, tmp_path: Path) -> None:
    ask(page, CHAIRED)
    reply = replies(page).last
    expect(reply.get_by_role("button", name="Right")).to_be_visible(timeout=WAIT)
    page.route("**/feedback", lambda route: route.abort())
    reply.get_by_role("button", name="Right").click()
    expect(reply.locator(".pc-kept")).to_have_text("Not kept; please try again.", timeout=WAIT)
    expect(reply.get_by_role("button", name="Right")).to_have_attribute("aria-pressed", "false")
    page.unroute("**/feedback")
    reply.get_by_role("button", name="Right").click()
    expect(reply.locator(".pc-kept")).to_have_text("Kept: this answer is right.", timeout=WAIT)


def test_nothing_is_offered_where_it_is_not_taken(browser: Browser, tmp_path: Path) -> None:
    from ui.web.chat import build_app

    with (
        running(build_app(_InFolder(tmp_path), feedback=False)) as address,
        opened_chat(browser, address) as page,
    ):
        ask(page, CHAIRED)
        expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
        expect(page.locator(".pc-verdict, .pc-here")).to_have_count(0)
