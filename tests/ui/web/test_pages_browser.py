"""The pages without scripts in Chromium, scripts switched off: by mouse, keyboard, phone and printer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

if not os.environ.get("PRESSCITE_REQUIRE_BROWSER"):
    pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from eval.feedback import FeedbackStore
from rag.index import Index
from rag.ingest.article import make_article
from rag.text.links import safe_url
from rag.types import Answer, Query
from tests.conftest import HashEncoder
from tests.ui.library import HOSTILE, RECOUNT, TREATY, SmallLibrary
from tests.ui.web.server import running
from ui.markup import article_path
from ui.web.routes import build_api
from ui.web.service import OnPassages, QueuedAnswerer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not os.environ.get("PRESSCITE_REQUIRE_BROWSER"),
        reason=f"no Chromium at {CHROMIUM}",
    ),
]
DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 360, "height": 740}
QUOTE = "Maria Okafor chaired the session on harbour rules."
ARTICLES = [
    make_article(
        text=article.text,
        title=article.title,
        outlet=article.outlet,
        published=article.published,
        url=safe_url(article.url),
        authors=article.authors,
        language="en",
        date_origin="metadata",
        source=f"/news/{number}.txt",
    )
    for number, article in enumerate((TREATY, RECOUNT, HOSTILE))
]
REPRINT = make_article(
    text=TREATY.text, title="Harbour pact", outlet="Hill Post", published=date(2023, 12, 13),
    source="/news/reprint.txt",
)  # fmt: skip


class _Library(SmallLibrary):
    """Answers as the small library does, with the articles of a real index."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    @property
    def index(self) -> Index:
        return self._index

    def ask(self, query: Query, on_passages: OnPassages | None = None) -> Answer:
        answer = super().ask(query, on_passages)
        own = {TREATY.id: ARTICLES[0], RECOUNT.id: ARTICLES[1], HOSTILE.id: ARTICLES[2]}
        return _with_articles(answer, own)


def _with_articles(answer: Answer, own: dict[str, object]) -> Answer:
    from dataclasses import replace

    candidates = tuple(
        replace(one, citations=tuple(replace(c, article=own[c.article.id]) for c in one.citations))
        for one in answer.candidates
    )
    passages = tuple(replace(one, article=own[one.article.id]) for one in answer.passages)
    return replace(answer, candidates=candidates, passages=passages, as_of=date(2024, 3, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages") / "index"


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([*ARTICLES, REPRINT])
        with running(build_api(QueuedAnswerer(_Library(index)))) as where:
            yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Browser, address: str, size: dict[str, int] = DESKTOP) -> Iterator[Page]:
    """A tab without scripts; afterwards, all requests have gone to the server, and nothing was alerted."""
    context = browser.new_context(viewport=size, java_script_enabled=False, base_url=address)
    requests: list[str] = []
    dialogs: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    page = context.new_page()
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    own = urlsplit(address).netloc
    assert requests
    assert [url for url in requests if urlsplit(url).netloc != own] == []
    assert dialogs == []


def ask_page(question: str) -> str:
    return f"/ask?{urlencode({'q': question})}"


def by_tab(page: Page, name: str, limit: int = 60) -> None:
    """Press Tab until the focus is on what has this text."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.locator("*:focus")
        if focused.count() and name in (focused.text_content() or ""):
            return
    raise AssertionError(f"{name!r} is not reached by Tab")


def test_an_answer_is_copied_and_taken_along(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(ask_page("Who chaired the session?"))
        expect(page.locator("mark").first).to_have_text("Maria Okafor")
        by_tab(page, "Copy quote 1")
        page.keyboard.press("Enter")
        field = page.get_by_label("Plain text")
        expect(field).to_be_visible()
        expect(field).to_have_value(
            f"“{QUOTE}”\n— Ann Lee, “Ports & people: a “harbour” pact”, Coast Gazette, "
            "12 December 2023, https://coast.example/2023/pact\n"
        )
        page.keyboard.press("Tab")
        # The whole of one field by keyboard, and nothing else of the page.
        page.keyboard.press("Control+a")
        with page.expect_download() as loading:
            page.get_by_role("link", name="BibTeX").click()
        assert loading.value.suggested_filename == "presscite.bib"
        assert "Coast Gazette" in Path(loading.value.path()).read_text("utf-8")


def test_an_answer_is_called_right_by_keyboard(
    browser: Browser, address: str, folder: Path
) -> None:
    with opened(browser, address) as page:
        page.goto(ask_page("Who chaired the session?"))
        by_tab(page, "Right")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Kept: this answer is right.")
        page.get_by_role("link", name="Back to the question").click()
        expect(page.get_by_label("Question", exact=True)).to_have_value("Who chaired the session?")
    last = FeedbackStore(folder).all()[-1].feedback
    assert (last.verdict, last.answer, last.article_id) == (
        "right", "Maria Okafor", ARTICLES[0].id,
    )  # fmt: skip


def test_the_right_answer_is_pasted_from_an_article(
    browser: Browser, address: str, folder: Path
) -> None:
    with opened(browser, address, PHONE) as page:
        page.goto(ask_page("What is the price of tea?"))
        page.get_by_text("The right answer is elsewhere").click()
        page.get_by_label("Its words").fill("The council\n met at dusk")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_role("alert")).to_contain_text("do not stand in the article")
        page.get_by_label("Its words").fill("The council\n met at dawn")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_role("status")).to_contain_text("where the right answer stands")
    last = FeedbackStore(folder).all()[-1].feedback
    assert (last.verdict, last.question, last.answer) == (
        "here", "What is the price of tea?", "The council met at dawn",
    )  # fmt: skip
    assert last.as_of == date(2024, 3, 1)


def test_an_article_says_what_it_answers(browser: Browser, address: str, folder: Path) -> None:
    with opened(browser, address) as page:
        page.goto(article_path(ARTICLES[1].id))
        page.get_by_role("link", name="The right answer to a question is here").click()
        page.get_by_label("Question").fill("How many were signed?")
        page.get_by_label("Its words").fill("Thirty-six agreements")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_role("status")).to_contain_text("Kept")
    assert FeedbackStore(folder).all()[-1].feedback.answer == "Thirty-six agreements"


def test_quotes_of_an_article_are_reached_and_shown_in_context(
    browser: Browser, address: str
) -> None:
    text = ARTICLES[0].text
    start, other = text.index(QUOTE), text.index("Closing line 50 was noted.")
    query = f"start={start}&end={start + len(QUOTE)}&also={other}-{other + 26}"
    with opened(browser, address, PHONE) as page:
        page.goto(f"{article_path(ARTICLES[0].id)}?{query}#quote")
        expect(page.locator("#quote")).to_be_in_viewport()
        page.get_by_role("navigation", name="Quotes").get_by_role("link", name="2").click()
        expect(page.locator("#quote-2")).to_be_in_viewport()
        context = page.locator("section", has_text="The quotes in context").first
        expect(context).to_contain_text(f"was read aloud and agreed. {QUOTE} Nobody objected.")
        expect(page.get_by_text("Copied by 1 other")).to_be_visible()
        page.get_by_role("link", name="Harbour pact").click()
        expect(page.locator("h1")).to_have_text("Harbour pact")


def test_an_article_prints_as_a_document(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(f"{article_path(ARTICLES[0].id)}?start=0&end=23")
        page.emulate_media(media="print")
        for hidden in ("nav >> nth=0", ".along >> nth=0"):
            expect(page.locator(hidden)).to_be_hidden()
        for shown in ("h1", "#quote", "dl"):
            expect(page.locator(shown)).to_be_visible()
        expect(page.get_by_text("Closing line 59 was noted.")).to_be_visible()


def test_the_list_is_filtered_by_keyboard(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto("/articles")
        expect(page.get_by_role("status")).to_have_text("4 articles")
        page.get_by_label("Words of the title").focus()
        page.keyboard.type("PACT")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("2 articles of 4")
        page.get_by_label("Outlet").select_option("Hill Post")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("status")).to_have_text("1 article of 4")
        page.get_by_role("link", name="Harbour pact").click()
        expect(page.locator("h1")).to_have_text("Harbour pact")


def test_a_draft_is_checked(browser: Browser, address: str) -> None:
    draft = (
        "She said “Thirty-six agreements were signed, the ministry said” and\n"
        "“Thirty-five agreements were signed, the ministry said” <b>today</b>."
    )
    with opened(browser, address, PHONE) as page:
        page.goto("/check")
        page.get_by_label("A text").fill(draft)
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_role("status")).to_have_text("2 quotations: 1 verbatim, 1 altered.")
        changed = page.locator(".changes")
        expect(changed.locator("del")).to_have_text("thirty-five")
        expect(changed.locator("ins")).to_have_text("Thirty-six")
        expect(page.get_by_label("A text")).to_have_value(draft)
        expect(page.locator(".draft")).to_have_text(draft.replace("\n", " "))
        page.locator(".draft a").last.click()
        expect(page.get_by_role("heading", name="Altered")).to_be_in_viewport()
        page.locator(".checked a").last.click()
        expect(page.locator("#quote mark")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        ask_page("Who chaired the session?"),
        ask_page("How many agreements were signed?"),
        ask_page("What is the price of tea?"),
        ask_page("Who is the pirate?"),
        "/articles",
        "/check",
        f"{article_path(ARTICLES[0].id)}?start=0&end=23&also=100-140",
        f"{article_path(ARTICLES[2].id)}?start=0&end=30&correct=1",
    ],
)
def test_nothing_is_wider_than_a_phone_or_too_small_for_a_thumb(
    browser: Browser, address: str, path: str
) -> None:
    with opened(browser, address, PHONE) as page:
        page.goto(path)
        for fold in page.locator("details").all():
            if fold.get_attribute("open") is None:
                fold.locator("summary").first.click()
        wide = page.evaluate(
            "() => [...document.querySelectorAll('body *')].filter(e => {"
            "const r = e.getBoundingClientRect(); return r.width && r.right > innerWidth + 1})"
            ".map(e => e.tagName + '.' + e.className)"
        )
        assert wide == []
        small = page.evaluate(
            "() => [...document.querySelectorAll('button, select, textarea, summary,"
            " input:not([type=hidden]), a')].filter(e => {"
            # A link in a sentence is as high as its line (WCAG 2.5.5 exempts it).
            "const own = e.textContent.trim(), around = e.parentElement.textContent.trim();"
            "const inline = e.matches('a') && !e.closest('nav') && around !== own;"
            "const r = e.getBoundingClientRect();"
            "return !inline && r.height && (r.height < 44 || r.width < 44)})"
            ".map(e => e.outerHTML)"
        )
        assert small == []


def test_hostile_articles_are_text_on_every_page(browser: Browser, address: str) -> None:
    hostile = ARTICLES[2]
    start = hostile.text.index("The pirate")
    draft = f"He said “{hostile.text[start : start + 200]}” today."
    with opened(browser, address) as page:
        for path in (
            ask_page("Who is the pirate?"),
            f"{article_path(hostile.id)}?start={start}&end={start + 60}&also=0-7&correct=1",
            "/articles?title=%3Cscript%3Ealert(1)%3C/script%3E",
            "/articles?outlet=%22%3E%3Cimg+src=x+onerror=alert(1)%3E",
        ):
            page.goto(path)
            assert (
                page.locator("img, script:not([src='/select.js']), iframe, video, svg").count() == 0
            )
        page.goto("/check")
        page.get_by_label("A text").fill(draft)
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_role("status")).to_contain_text("1 quotation")
        assert page.locator("img, script:not([src='/select.js']), iframe, video, svg").count() == 0


def test_a_page_of_another_site_can_send_nothing(
    browser: Browser, address: str, folder: Path
) -> None:
    """A form that looks like ours, on a page of another origin."""
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    other = FastAPI()

    @other.get("/")
    def page_of_another_site() -> HTMLResponse:
        fields = '<input name="verdict" value="wrong"><input name="q" value="Who chaired it?">'
        return HTMLResponse(
            f'<form action="{address}/feedback" method="post">{fields}<button>Win</button></form>'
        )

    before = len(FeedbackStore(folder).all())
    with running(other) as elsewhere:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(elsewhere)
        with page.expect_response("**/feedback") as answering:
            page.get_by_role("button").click()
        assert answering.value.status == 403
        context.close()
    assert len(FeedbackStore(folder).all()) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [ask_page("How many agreements were signed?"), ask_page("What is the price of tea?"), "/articles",
     "/check", f"{article_path(ARTICLES[0].id)}?start=0&end=23&also=100-140&correct=1"],
)  # fmt: skip
def test_axe_finds_nothing_serious(browser: Browser, address: str, path: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(viewport=PHONE, base_url=address, color_scheme=scheme)
    page = context.new_page()
    page.goto(path)
    found = axe.Axe().run(page)
    serious = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found.response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    context.close()
    assert serious == []
