"""The chat by keyboard, screen reader, phone, zoom and printer; and what axe-core finds in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.library import ListedLibrary
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

CHAIRED, MANY, TEA = (
    "Who chaired the session?",
    "How many agreements were signed?",
    "What is the price of tea?",
)
QUOTE = "Maria Okafor chaired the session on harbour rules."
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
CONTRAST = """(element) => {
  const style = (chosen) => getComputedStyle(element, chosen);
  const luminance = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const [light, dark] = [style('::placeholder').color, style().backgroundColor]
    .map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05) * Number(style('::placeholder').opacity);
}"""
SCROLLING = """() => [...document.querySelectorAll('*')].filter((element) => {
  const style = getComputedStyle(element);
  return element !== document.documentElement && /auto|scroll/.test(style.overflowY)
    && element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0
    && element.tagName !== 'TEXTAREA';
}).map((element) => element.id || element.className)"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, input, textarea, .pc-turn a')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .map((element) => [element.getBoundingClientRect(), element])
  .filter(([box]) => box.width > 0 && (box.height < 44 || box.width < 44))
  .map(([box, element]) => `${element.textContent} ${box.width} x ${box.height}`)"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(ListedLibrary(), examples=[CHAIRED, MANY])) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The chat in a browser of another language."""
    with opened_chat(browser, address, locale="de-DE") as opened:
        yield opened


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    with opened_chat(browser, address, **PHONE) as opened:
        yield opened


def answered(page: Page, *asked: str) -> None:
    """Ask questions, one after the answer of the other."""
    for question in asked:
        before = replies(page).count()
        ask(page, question)
        expect(replies(page)).to_have_count(before + 1, timeout=WAIT)
        expect(page.locator(".pc-waiting")).to_have_count(0, timeout=WAIT)


def findings(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['any'][:1]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def test_the_question_box_shows_its_focus_and_its_hint(page: Page) -> None:
    box = page.locator("#pc-box textarea")
    box.focus()
    outline = box.evaluate(
        "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    )
    assert outline == ["solid", "3px"]
    assert box.evaluate(CONTRAST) >= 4.5
    page.emulate_media(color_scheme="dark", forced_colors="active")
    assert box.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_the_page_is_english_whatever_the_browsers_language(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "en")
    answered(page, CHAIRED)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_every_question_is_a_heading_and_messages_have_plain_names(page: Page) -> None:
    answered(page, CHAIRED, TEA)
    expect(page.get_by_role("heading", level=1)).to_have_text("presscite")
    headings = page.locator("#pc-chat").get_by_role("heading", level=2)
    expect(headings).to_have_text([CHAIRED, TEA])
    labels = page.locator("#pc-chat [aria-label]").evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.getAttribute('aria-label'))"
    )
    assert labels == ["Questions and answers", "Question 1", "Answer 1", "Question 2", "Answer 2"]


def test_a_screen_reader_hears_the_answer_and_nothing_else(page: Page) -> None:
    heard = page.locator("[aria-live=polite], [role=status], [role=alert]")
    answered(page, CHAIRED)
    expect(page.locator("#pc-live")).to_have_text(f"Answer: Maria Okafor. {QUOTE}")
    assert "".join(heard.all_text_contents()).strip() == f"Answer: Maria Okafor. {QUOTE}"
    answered(page, TEA)
    expect(page.locator("#pc-live")).to_have_text("The articles don’t say.")
    page.reload()
    expect(replies(page)).to_have_count(2, timeout=WAIT)
    page.wait_for_timeout(500)
    assert "".join(heard.all_text_contents()).strip() == ""


def test_the_page_is_the_one_scrolling_area_and_the_box_stays_at_its_foot(page: Page) -> None:
    answered(page, MANY, CHAIRED, TEA, MANY, CHAIRED)
    assert page.evaluate(SCROLLING) == []
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight + 200")
    expect(questions(page).last).to_be_in_viewport()
    for place in (0, 400, 10_000):
        page.evaluate("place => scrollTo(0, place)", place)
        page.wait_for_timeout(100)
        expect(page.locator("#pc-box textarea")).to_be_in_viewport(ratio=1)
    expect(page.locator(".scroll-down-button-container")).not_to_be_visible()
    mark = page.locator(".bot.message mark").nth(0)
    mark.scroll_into_view_if_needed()
    assert mark.evaluate(
        """e => { const box = e.getBoundingClientRect();
          const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return e === top; }"""
    )


def test_the_first_tab_stops_are_what_one_needs(page: Page) -> None:
    answered(page, CHAIRED)
    page.locator("#pc-box textarea").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".submit-button")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="New")).to_be_focused()
    page.locator("#pc-chat a.pc-title").focus()
    expect(page.locator("#pc-chat a.pc-title")).to_be_in_viewport()
    page.locator("#pc-box textarea").focus()
    page.keyboard.type("How many")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("agreements were signed?")
    page.keyboard.press("Enter")
    expect(questions(page).last).to_have_text(re.compile(r"How many\s+agreements were signed\?"))
    expect(page.locator("#pc-box textarea")).to_be_focused()


def test_on_a_phone_each_answer_is_in_sight_and_targets_are_large(phone: Page) -> None:
    for question, words in ((MANY, "Thirty-six"), (CHAIRED, "Maria Okafor")):
        answered(phone, question)
        phone.wait_for_timeout(400)
        expect(replies(phone).last.locator("mark").first).to_have_text(words)
        expect(replies(phone).last.locator("mark").first).to_be_in_viewport(ratio=1)
        expect(questions(phone).last).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    answered(phone, TEA)
    phone.get_by_role("button", name="Filters").click()
    expect(phone.get_by_label("Published since")).to_be_visible()
    assert phone.evaluate(SMALL_TARGETS) == []
    phone.get_by_role("button", name="History").click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    assert phone.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("size", [(600, 450), (320, 256)])
def test_nothing_is_cut_off_when_zoomed(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    with opened_chat(browser, address, viewport=viewport) as page:
        answered(page, MANY, CHAIRED)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        mark = page.locator(".bot.message mark").last
        mark.scroll_into_view_if_needed()
        expect(mark).to_be_in_viewport(ratio=1)
        page.locator("#pc-box textarea").scroll_into_view_if_needed()
        expect(page.locator("#pc-box textarea")).to_be_in_viewport(ratio=1)


def test_everything_is_printed(page: Page) -> None:
    for _ in range(3):
        answered(page, MANY, CHAIRED, TEA)
    printed = pypdfium2.PdfDocument(page.pdf())
    text = " ".join(sheet.get_textpage().get_text_range() for sheet in printed)
    text = " ".join(text.split())
    assert [text.count(question) for question in (MANY, CHAIRED, TEA)] == [3, 3, 3]
    # Once as the answer, and what is folded away on the screen holds it again.
    for words in (QUOTE, "The council met at dawn.", "Thirty-six agreements were signed"):
        assert text.count(words) >= 3
    assert "History" not in text
    expect(page.locator("#pc-box textarea")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(browser: Browser, address: str, look: str) -> None:
    options = PHONE if look == "phone" else {"color_scheme": look}
    with opened_chat(browser, address, **options) as page:
        assert findings(page) == []
        answered(page, MANY, TEA, "Please explode")
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Published since").fill("2023-01-01")
        expect(page.locator("#pc-left")).to_contain_text("3 of 3", timeout=WAIT)
        assert findings(page) == []
        page.get_by_role("button", name="History").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert findings(page) == []
