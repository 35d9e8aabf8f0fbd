"""The page in the language that its visitor chooses."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date

import pytest

from tests.ui.library import ListedLibrary
from tests.ui.web.chromium import (
    WAIT,
    Browser,
    Page,
    Route,
    ask,
    browser_test,
    expect,
    opened_chat,
    ready,
    replies,
)
from tests.ui.web.server import running
from ui.interface_text import interface_texts, words_of

pytestmark = browser_test


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    from ui.web.chat import build_app

    with (
        running(build_app(ListedLibrary())) as address,
        opened_chat(browser, address) as opened,
    ):
        yield opened


def choose_language(page: Page, label: str, name: str) -> None:
    """Choose the language of the page, which opens it again."""
    page.get_by_label(label).select_option(label=name)
    page.wait_for_url(re.compile("lang="))
    ready(page)


def test_the_page_speaks_the_language_that_is_chosen(page: Page) -> None:
    box = page.locator("#pc-box textarea")
    expect(page.get_by_label("Language of this page")).to_have_value("en")
    choose_language(page, "Language of this page", "Tiếng Việt")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.locator(".submit-button")).to_have_text("Hỏi", timeout=WAIT)
    expect(box).to_have_attribute("placeholder", "Hỏi về các bài báo")
    expect(page.locator("#pc-head")).to_contain_text("từ 12/12/2023 đến 2/2/2024")
    ask(page, "Who chaired the session?")
    expect(replies(page)).to_contain_text("Liên kết đến câu hỏi này", timeout=WAIT)
    expect(page.locator("#pc-live")).to_contain_text("Trả lời: Maria Okafor.")
    answer = page.locator(".pc-message")
    expect(answer).to_have_attribute("lang", "vi")
    expect(answer.locator(".pc-confidence")).to_contain_text("Nguồn [1] · Gần như chắc chắn đúng")
    expect(answer.locator(".pc-card")).to_contain_text("Coast Gazette · 12/12/2023")
    expect(answer.locator(".pc-quote")).to_have_attribute("lang", "en")
    expect(answer.locator(".pc-quote mark")).to_have_text("Maria Okafor")
    choose_language(page, "Ngôn ngữ của trang này", "中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.locator("#pc-head")).to_contain_text("2023年12月12日至2024年2月2日", timeout=WAIT)
    expect(replies(page)).to_contain_text("此问题的链接", timeout=WAIT)
    expect(answer.locator(".pc-confidence")).to_contain_text("2023年12月12日报道")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="此问题的链接").click()
    expect(opening.value.locator(".pc-confidence")).to_contain_text("出处 [1] · 几乎肯定正确")
    opening.value.close()
    page.get_by_role("button", name="筛选").click()
    page.get_by_label("发布日期自").fill("2024-01-01")
    expect(page.locator("#pc-left")).to_contain_text(
        "3 篇报道中的 2 篇：自 2024-01-01", timeout=WAIT
    )
    page.goto(page.url.partition("?")[0])
    ready(page)
    expect(page.get_by_role("button", name="清空")).to_be_visible(timeout=WAIT)
    page.get_by_label("本页语言").select_option(label="English")
    expect(page.get_by_role("button", name="Clear")).to_be_visible(timeout=WAIT)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_page_that_is_left_for_another_language_offers_no_choice(page: Page) -> None:
    choose_language(page, "Language of this page", "中文")
    page.add_init_script(
        """new MutationObserver(() => {
          if (document.querySelector('#pc-language')) sessionStorage.offered ??= location.search;
        }).observe(document, { childList: true, subtree: true })"""
    )

    def slow(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/*lang=zh*", slow)
    page.goto(page.url.partition("?")[0])
    page.wait_for_url(re.compile("lang=zh"))
    ready(page)
    assert "lang=zh" in page.evaluate("sessionStorage.offered")
    page.get_by_label("本页语言").select_option(label="English")
    expect(page.get_by_role("button", name="Clear")).to_be_visible(timeout=WAIT)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_cannot_be_asked_is_told_in_the_chats_language(page: Page) -> None:
    choose_language(page, "Language of this page", "Tiếng Việt")
    ask(page, "?!?")
    failed = replies(page).locator(".pc-error p").last
    expect(failed).to_have_text("Câu hỏi trống; hãy hỏi bằng lời.", timeout=WAIT)
    expect(failed).not_to_have_attribute("lang", "en")
    page.get_by_role("button", name="Bộ lọc").click()
    page.locator("#pc-filter-fields input").first.fill("soon")
    expect(page.locator("#pc-left")).to_contain_text("'soon' không phải là ngày", timeout=WAIT)


def test_the_pages_without_scripts_follow_the_chats_language_and_lead_back(page: Page) -> None:
    choose_language(page, "Language of this page", "Tiếng Việt")
    page.get_by_role("link", name="Bài báo", exact=True).click(timeout=WAIT)
    expect(page.locator("h1")).to_have_text("Bài báo", timeout=WAIT)
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    assert len(page.context.pages) == 1
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.get_by_role("link", name="核对稿件").click()
    expect(page.locator("h1")).to_have_text("核对稿件")
    page.get_by_role("link", name="presscite").click()
    ready(page)
    expect(page.locator(".submit-button")).to_have_text("提问", timeout=WAIT)


def test_every_language_has_every_text_with_its_values() -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    english = interface_texts()["en"]
    for language, texts in interface_texts().items():
        assert texts.keys() == english.keys(), language
        for name in texts.keys() - {"date", "month"}:
            assert values(texts[name]) == values(english[name]), (language, name)


@pytest.mark.parametrize(
    ("language", "day", "number"),
    [
        ("en", "2 February 2024", "12,345"),
        ("vi", "2/2/2024", "12.345"),
        ("zh", "2024年2月2日", "12,345"),
        ("xx", "2 February 2024", "12,345"),
        (None, "2 February 2024", "12,345"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_does(
    language: str | None, day: str, number: str
) -> None:
    words = words_of(language)
    assert words.day(date(2024, 2, 2)) == day
    assert words.number(12_345) == number
