"""The chat in a real Chromium: what a reader sees, and that nothing leaves the server."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from rag.text.links import safe_url
from tests.ui.library import HOSTILE, RECOUNT, TREATY, SmallLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    ask,
    browser_test,
    expect,
    opened_chat,
)
from tests.ui.web.server import running

pytestmark = browser_test

EXAMPLES = ["Who chaired the session?", "How many agreements were signed?"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(SmallLibrary(), examples=EXAMPLES, subtitle="A small sample")) as where:
        yield where


@pytest.fixture(scope="module")
def real_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The chat over the real library and an index of three articles, one of them hostile."""
    from rag import Answerer, Index
    from rag.ingest.article import make_article
    from ui.web.chat import build_app

    index = Index.open(tmp_path_factory.mktemp("real") / "index", create=True)
    index.add(
        [
            make_article(
                text=article.text,
                title=article.title,
                outlet=article.outlet,
                published=article.published,
                url=safe_url(article.url),
                source=f"/news/{number}.txt",
            )
            for number, article in enumerate((TREATY, RECOUNT, HOSTILE))
        ]
    )
    with running(build_app(Answerer(index))) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The chat, opened; when the test is over, every request has gone to its own server."""
    with opened_chat(browser, address) as opened:
        yield opened


@pytest.fixture
def real_page(browser: Browser, real_address: str) -> Iterator[Page]:
    """As ``page``, over the real library."""
    with opened_chat(browser, real_address) as opened:
        yield opened


def test_quote_is_shown_and_opens_highlighted_in_its_article(page: Page) -> None:
    ask(page, "Who chaired the session?")
    reply = page.locator(".bot.message").last
    expect(reply.locator("mark")).to_have_text("Maria Okafor", timeout=WAIT)
    expect(reply.locator("blockquote")).to_have_text(
        "Maria Okafor chaired the session on harbour rules."
    )
    expect(reply).to_contain_text("Coast Gazette · 12 December 2023")
    outside = reply.locator("a.pc-publisher")
    expect(outside).to_have_attribute("href", "https://coast.example/2023/pact")
    save_picture(page)
    with page.context.expect_page() as opening:
        reply.locator("a.pc-title").click()
    source = opening.value
    source.wait_for_load_state()
    expect(source.locator("#quote")).to_be_in_viewport()
    expect(source.locator("#quote mark")).to_have_text("Maria Okafor")
    expect(source.locator("#quote")).to_have_text(
        "Maria Okafor chaired the session on harbour rules."
    )
    assert source.evaluate("window.scrollY") > 500


def test_question_without_answer_is_said_to_be_one(page: Page) -> None:
    ask(page, "What is the price of tea?")
    reply = page.locator(".bot.message").last
    expect(reply.locator(".pc-abstained")).to_contain_text("The articles don’t say.", timeout=WAIT)
    expect(reply.locator("summary")).to_contain_text("Not an answer, but close")
    expect(reply.locator("mark")).to_have_count(0)


def test_different_answers_stand_side_by_side(page: Page) -> None:
    page.get_by_role("button", name="How many agreements were signed?").click()
    reply = page.locator(".bot.message").last
    expect(reply.locator(".pc-column")).to_have_count(2, timeout=WAIT)
    expect(reply.locator("mark")).to_have_text(["Thirty-six", "Over 30"])
    edge = page.locator("#pc-chat").evaluate("e => e.getBoundingClientRect().right")
    for part in reply.locator(".pc-message, .pc-column").all():
        assert part.evaluate("e => e.getBoundingClientRect().right") < edge
    tops = [column.bounding_box() for column in reply.locator(".pc-column").all()]
    assert tops[0]
    assert tops[1]
    assert tops[0]["y"] == tops[1]["y"]
    assert tops[0]["x"] < tops[1]["x"]


def test_failure_is_said_and_the_next_question_works(page: Page) -> None:
    ask(page, "Please explode")
    expect(page.locator(".pc-error")).to_contain_text("got no answer", timeout=WAIT)
    assert "secret" not in page.content()
    expect(page.locator("#pc-box textarea")).to_be_enabled()
    ask(page, "Who chaired the session?")
    expect(page.locator(".bot.message mark")).to_have_text("Maria Okafor", timeout=WAIT)


def test_follow_up_shows_how_it_was_understood(page: Page) -> None:
    ask(page, "Who chaired the session?")
    expect(page.locator(".bot.message mark")).to_have_count(1, timeout=WAIT)
    ask(page, "And who chaired it?")
    expect(page.locator(".pc-standalone")).to_contain_text(
        "Who chaired the session of the council?", timeout=WAIT
    )


def test_hostile_article_is_shown_as_text(page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    ask(page, "Who is the pirate <img src=x onerror=alert(9)> **bold** $$x$$?")
    reply = page.locator(".bot.message").last
    expect(reply.locator("mark")).to_have_text("pirate captain", timeout=WAIT)
    elements = set(
        reply.evaluate("e => [...e.querySelectorAll('.pc-message *')].map(x => x.tagName)")
    )
    assert elements <= {
        *("DIV", "BLOCKQUOTE", "MARK", "P", "OL", "LI", "A", "SPAN"),
        *("DETAILS", "SUMMARY", "STRONG"),
    }
    assert reply.locator("blockquote").first.text_content() == HOSTILE.text
    asked = page.locator(".user.message").last
    expect(asked).to_contain_text("<img src=x onerror=alert(9)> **bold** $$x$$?")
    assert asked.locator("img, strong, .katex").count() == 0
    assert page.locator(".pc-publisher").count() == 0
    with page.context.expect_page() as opening:
        reply.locator("a.pc-title").click()
    source = opening.value
    source.wait_for_load_state()
    expect(source.locator("#quote mark")).to_have_text("pirate captain")
    assert source.locator("img, script, iframe, video, form").count() == 0
    assert dialogs == []


def test_real_library_answers_opens_and_abstains(real_page: Page) -> None:
    ask(real_page, "Who chaired the session on harbour rules?")
    reply = real_page.locator(".bot.message").last
    expect(reply.locator("mark").first).to_contain_text("Maria Okafor", timeout=WAIT * 2)
    with real_page.context.expect_page() as opening:
        reply.locator("a.pc-title").first.click()
    source = opening.value
    source.wait_for_load_state()
    expect(source.locator("#quote")).to_be_in_viewport()
    expect(source.locator("#quote mark")).to_contain_text("Maria Okafor")
    ask(real_page, "What did volcanologists measure in Iceland?")
    last = real_page.locator(".bot.message").last
    expect(last).to_contain_text("The articles don’t say.", timeout=WAIT)
    assert real_page.locator(".pc-message img, .pc-message form, .pc-message video").count() == 0


def test_page_names_itself(page: Page) -> None:
    expect(page).to_have_title(re.compile("presscite"))
    expect(page.locator("h1")).to_have_text("presscite")
    expect(page.locator("#pc-head")).to_contain_text("in the articles’ own words")
    expect(page.locator("footer")).to_have_count(0)


def save_picture(page: Page) -> None:
    """Write the picture of the README where ``$PRESSCITE_SCREENSHOT`` says."""
    where = os.environ.get("PRESSCITE_SCREENSHOT")
    if where:
        page.wait_for_timeout(600)
        page.screenshot(path=where)
