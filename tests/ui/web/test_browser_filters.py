"""Filters beside the question box: how many articles they leave, and that they go with the question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from rag.types import Article
from tests.ui.library import TREATY, ListedLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    ask,
    browser_test,
    expect,
    opened_chat,
    questions,
    ready,
    replies,
)
from tests.ui.web.server import running

pytestmark = browser_test


@pytest.fixture(scope="module")
def library() -> ListedLibrary:
    return ListedLibrary()


@pytest.fixture(scope="module")
def address(library: ListedLibrary) -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(library)) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address) as opened:
        yield opened


def open_filters(page: Page) -> None:
    expect(page.get_by_label("Published since")).not_to_be_visible()
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Published since")).to_be_visible()


def choose(page: Page, label: str, value: str) -> None:
    """Choose a value that a list offers."""
    field = page.get_by_label(label, exact=True)
    field.click()
    offered = page.locator("#pc-filters option")
    expect(offered.and_(page.locator(f'[value="{value}"]'))).to_have_count(1, timeout=WAIT)
    field.fill(value)


def test_the_page_says_what_is_in_the_index(page: Page) -> None:
    head = page.locator("#pc-head")
    expect(head).to_contain_text("3 articles from Coast Gazette, Hill Post, Outlet")
    expect(head).to_contain_text("of 12 December 2023 to 2 February 2024")


def test_filters_count_what_they_leave_and_go_with_the_question(
    page: Page, library: ListedLibrary
) -> None:
    left = page.locator("#pc-left")
    open_filters(page)
    page.get_by_label("Published since").fill("2023-12-01")
    expect(left).to_contain_text("3 of 3 articles: since 2023-12-01", timeout=WAIT)
    choose(page, "Outlet", "Coast Gazette")
    expect(left).to_contain_text("1 of 3 articles", timeout=WAIT)
    page.get_by_label("Published until").fill("11 December 2023")
    expect(left).to_contain_text("0 of 3 articles", timeout=WAIT)
    page.get_by_label("Published until").fill("")
    choose(page, "Language", "en")
    expect(left).to_contain_text("outlet Coast Gazette, language en", timeout=WAIT)
    ask(page, "Who chaired the session?")
    expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
    expect(page.locator(".pc-asked-with")).to_contain_text("since 2023-12-01, outlet Coast Gazette")
    asked = library.options[-1]
    assert (asked["since"], asked["outlet"]) == (date(2023, 12, 1), "Coast Gazette")
    link = urlsplit(page.locator(".pc-permalink").get_attribute("href") or "")
    assert link.path == "./ask"
    assert parse_qs(link.query) == {
        "q": ["Who chaired the session?"],
        "since": ["2023-12-01"],
        "outlet": ["Coast Gazette"],
        "language": ["en"],
    }
    page.reload()
    expect(page.locator(".pc-asked-with")).to_contain_text("outlet Coast Gazette", timeout=WAIT)


def test_no_collection_is_offered_where_articles_have_no_labels(page: Page) -> None:
    open_filters(page)
    choose(page, "Outlet", "Hill Post")
    expect(page.get_by_label("Collection", exact=True)).not_to_be_visible()


def test_a_collection_is_chosen_where_articles_have_labels(browser: Browser) -> None:
    from ui.web.chat import build_app

    library = ListedLibrary()
    library.articles[TREATY.id] = replace(TREATY, collection="Press releases")
    with running(build_app(library)) as where, opened_chat(browser, where) as page:
        open_filters(page)
        choose(page, "Collection", "Press releases")
        left = page.locator("#pc-left")
        expect(left).to_contain_text("1 of 3 articles: collection Press releases", timeout=WAIT)
        ask(page, "Who chaired the session?")
        expect(replies(page).last).to_contain_text("Maria Okafor", timeout=WAIT)
        assert library.options[-1]["collection"] == "Press releases"
        expect(page.locator(".pc-asked-with")).to_contain_text("collection Press releases")
        link = urlsplit(page.locator(".pc-permalink").get_attribute("href") or "")
        assert parse_qs(link.query)["collection"] == ["Press releases"]
        page.reload()
        expect(page.locator(".pc-asked-with")).to_contain_text(
            "collection Press releases", timeout=WAIT
        )


def test_what_is_typed_looks_for_a_name_of_the_list(page: Page, library: ListedLibrary) -> None:
    open_filters(page)
    outlet = page.get_by_label("Outlet", exact=True)
    outlet.press_sequentially("Harb")
    assert outlet.input_value() == "Harb"
    left = page.locator("#pc-left")
    expect(left).to_contain_text("No article is of an outlet called “Harb”", timeout=WAIT)
    expect(outlet).to_have_attribute("aria-invalid", "true")
    asked = len(library.asked)
    ask(page, "Who chaired the session?")
    expect(page.locator(".pc-error")).to_contain_text("outlet called “Harb”", timeout=WAIT)
    assert len(library.asked) == asked
    choose(page, "Outlet", "Hill Post")
    expect(left).to_contain_text("1 of 3 articles: outlet Hill Post", timeout=WAIT)
    expect(outlet).not_to_have_attribute("aria-invalid", "true")
    page.get_by_label("Language", exact=True).fill("xx")
    expect(left).to_contain_text("No article is in the language “xx”", timeout=WAIT)


def test_an_abstention_under_filters_says_how_many_articles_were_searched(page: Page) -> None:
    open_filters(page)
    choose(page, "Outlet", "Coast Gazette")
    ask(page, "What is the price of tea?")
    expect(page.locator(".pc-abstained")).to_contain_text(
        "Only 1 of 3 articles were searched: outlet Coast Gazette.", timeout=WAIT
    )


def test_a_question_is_asked_as_of_a_day(page: Page) -> None:
    open_filters(page)
    day = page.get_by_label("Asked as of")
    day.fill("soon")
    expect(page.locator("#pc-left")).to_contain_text("'soon' is no date", timeout=WAIT)
    ask(page, "Who chaired the session?")
    expect(page.locator(".pc-error")).to_contain_text("'soon' is no date", timeout=WAIT)
    day.fill("2024-02-10")
    ask(page, "Who chaired the session?")
    expect(replies(page).last.locator(".pc-confidence")).to_contain_text(
        "Reported 12 December 2023, 60 days before the day asked", timeout=WAIT
    )
    expect(questions(page)).to_have_count(2)


@pytest.mark.parametrize(
    ("typed", "asked"), [("", date.today()), ("2024-02-10", date(2024, 2, 10))]
)
def test_the_chats_own_day_is_shown_and_can_be_changed(
    browser: Browser, typed: str, asked: date
) -> None:
    from ui.web.chat import build_app

    library = ListedLibrary()
    with (
        running(build_app(library, as_of=date(2020, 1, 1))) as address,
        opened_chat(browser, address) as page,
    ):
        expect(page.locator("#pc-left")).to_contain_text("0 of 3 articles: as of 2020-01-01")
        open_filters(page)
        page.get_by_label("Asked as of").fill(typed)
        ask(page, "Who chaired the session?")
        expect(replies(page)).to_contain_text("Maria Okafor", timeout=WAIT)
    assert library.options[-1]["as_of"] == asked


def test_filters_survive_a_reload_and_belong_to_their_conversation(
    page: Page, library: ListedLibrary
) -> None:
    left = page.locator("#pc-left")
    open_filters(page)
    page.get_by_label("Published since").fill("2023-12-01")
    choose(page, "Outlet", "Hill Post")
    expect(left).to_contain_text(
        "1 of 3 articles: since 2023-12-01, outlet Hill Post", timeout=WAIT
    )
    for _ in range(2):
        page.reload()
        ready(page)
        expect(left).to_contain_text(
            "1 of 3 articles: since 2023-12-01, outlet Hill Post", timeout=WAIT
        )
    ask(page, "How many agreements were signed?")
    expect(replies(page).last).to_contain_text("Thirty-six", timeout=WAIT)
    assert library.options[-1]["outlet"] == "Hill Post"
    open_filters(page)
    page.get_by_label("Published since").fill("")
    expect(left).to_contain_text("1 of 3 articles: outlet Hill Post", timeout=WAIT)
    page.reload()
    expect(questions(page)).to_have_count(1, timeout=WAIT)
    expect(left).to_contain_text("1 of 3 articles: outlet Hill Post", timeout=WAIT)
    page.get_by_role("button", name="New").click()
    ready(page)
    expect(questions(page)).to_have_count(0)
    page.wait_for_timeout(500)
    expect(left).not_to_contain_text("articles")
    page.go_back()
    expect(left).to_contain_text("1 of 3 articles: outlet Hill Post", timeout=WAIT)


def test_the_head_and_the_outlets_follow_the_index(browser: Browser) -> None:
    from ui.web.chat import build_app

    library = GrowingLibrary()
    with running(build_app(library)) as address, opened_chat(browser, address) as page:
        expect(page.locator("#pc-head")).to_contain_text("3 articles from")
        library.add(replace(TREATY, id="new", outlet="Late <b> Wire", published=date(2024, 5, 1)))
        # A page that is open already offers them too.
        open_filters(page)
        choose(page, "Outlet", "Late <b> Wire")
        page.get_by_label("Outlet", exact=True).fill("")
        page.reload()
        ready(page)
        head = page.locator("#pc-head")
        expect(head).to_contain_text("4 articles from Coast Gazette", timeout=WAIT)
        expect(head).to_contain_text("to 1 May 2024")
        open_filters(page)
        choose(page, "Outlet", "Late <b> Wire")
        expect(page.locator("#pc-left")).to_contain_text(
            "1 of 4 articles: outlet Late <b> Wire", timeout=WAIT
        )


class GrowingLibrary(ListedLibrary):
    """One to which articles are added."""

    added = 0

    @property
    def revision(self) -> int:
        return 1 + self.added

    def add(self, article: Article) -> None:
        self.articles[article.id] = article
        self.added += 1
