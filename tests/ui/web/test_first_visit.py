"""What a first visit is shown of a collection of one's own: its outlets and period, questions to click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from rag import Answerer, Index
from rag.ingest.article import make_article
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    browser_test,
    expect,
    opened_chat,
    questions,
    replies,
)
from tests.ui.web.server import running
from tests.ui.web.test_collection_summary import STATEMENTS

pytestmark = browser_test


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.web.chat import build_app

    articles = [
        make_article(
            text=text,
            outlet=("Coast Gazette <b>", "Hill Post")[number % 2],
            published=date(2024, 1 + number % 2, 3),
            source=f"/news/{number}.txt",
        )
        for number, text in enumerate(STATEMENTS)
    ]
    with Index.open(tmp_path_factory.mktemp("own") / "index", create=True) as index:
        index.add(articles)
        with running(build_app(Answerer(index))) as where:
            yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address) as opened:
        yield opened


def test_a_collection_is_shown_with_questions_that_it_answers(page: Page) -> None:
    summary = page.locator("#pc-summary")
    expect(summary.get_by_role("list", name="Outlets")).to_contain_text("Coast Gazette <b>")
    expect(summary.get_by_role("img")).to_have_accessible_name(
        re.compile("Articles by month, January 2024 to February 2024: most in ")
    )
    expect(summary.locator("svg rect").first).to_be_visible()
    assert summary.locator("b").count() == 0
    chips = page.locator("#pc-examples button")
    expect(chips.first).to_be_visible(timeout=4 * WAIT)
    asked = chips.first.text_content() or ""
    chips.first.click()
    expect(questions(page)).to_have_text([asked.strip()], timeout=WAIT)
    expect(replies(page).locator(".pc-sources, .pc-overview").first).to_be_visible(timeout=WAIT)
    expect(summary).not_to_be_visible()
