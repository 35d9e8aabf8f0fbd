"""Articles added in Chromium, without scripts and under a path: sent, followed, asked about, quoted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from rag.answering.answerer import Answerer
from rag.index import Index
from rag.ingest.article import make_article
from tests.ui.web.chromium import WAIT, Browser, ask, browser_test, expect, ready, replies, visit
from tests.ui.web.server import running
from ui.web import adding_jobs

pytestmark = [*browser_test, pytest.mark.slow]

MARKET = make_article(
    text="The fish market opens at five, market warden Olu Reyes said on Friday.",
    title="Market hours", outlet="Coast Gazette", source="/news/market.txt",
)  # fmt: skip
FERRY = """# Ferry returns to Hollow Island

The ferry to Hollow Island sails again on Monday, the harbour office said. Captain Lena Brandt steers the
ferry to Hollow Island, and a second ship follows in spring.
"""
ORCHARD = """<html><head><title>Orchard sold</title></head><body><article><h1>Orchard sold</h1>
<p>The Kessel orchard was sold to a growers' cooperative on Tuesday, its lawyer said in the town hall.</p>
<p>Its forty rows of pear trees stay where they are, and the press house becomes a school of baking.</p>
</article></body></html>
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.web.chat import build_app
    from ui.web.mounting import SelfStarting

    folder = tmp_path_factory.mktemp("adding") / "index"
    with Index.open(folder, create=True) as index:
        index.add([MARKET])
        outer = FastAPI()
        outer.mount("/news", SelfStarting(build_app(Answerer(index), allow_add=True)))
        with running(outer) as where:
            yield f"{where}/news/"


def test_the_chat_leads_to_the_other_pages(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    visit(page, address)
    for name, path in (
        ("Articles", "articles"),
        ("Check a draft", "check"),
        ("Add articles", "add"),
    ):
        page.locator("#pc-head").get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"{address}{path}", timeout=WAIT)
        expect(page.get_by_role("heading", level=1)).to_have_text(name, timeout=WAIT)
        assert len(context.pages) == 1
        page.go_back()
        ready(page)
    context.close()


def test_files_are_followed_and_then_quoted(
    browser: Browser, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ferry.md").write_text(FERRY, "utf-8")
    (tmp_path / "orchard.html").write_text(ORCHARD, "utf-8")
    (tmp_path / "photo.exe").write_bytes(b"MZ")
    may, again = threading.Event(), adding_jobs._again

    def gated(index: Index) -> Index:
        assert may.wait(120)
        return again(index)

    monkeypatch.setattr(adding_jobs, "_again", gated)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}articles")
    page.locator("main").get_by_role("link", name="Add articles").click()
    page.get_by_label("Files").set_input_files(
        [tmp_path / name for name in ("ferry.md", "orchard.html", "photo.exe")]
    )
    page.get_by_label("Addresses").fill(f"http://127.0.0.1/feed\n{tmp_path}/ferry.md")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text("Reading")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    may.set()
    # The page loads itself again.
    told = "Done: added 2, updated 0, unchanged 0, skipped 3"
    expect(page.get_by_role("status")).to_contain_text(told, timeout=WAIT * 2)
    for reason in ("photo.exe: .exe is not a format", "private address", "is not http or https"):
        expect(page.locator(".reasons li").filter(has_text=reason)).to_have_count(1)
    page.get_by_role("link", name="Ferry returns to Hollow Island").click()
    expect(page.locator("article")).to_contain_text("Captain Lena Brandt")

    page.goto(f"{address}ask?q=Who+steers+the+ferry+to+Hollow+Island%3F")
    expect(page.locator("mark").first).to_contain_text("Lena Brandt", timeout=WAIT)
    page.goto(f"{address}add")
    expect(page.get_by_role("link", name="Done, 5 read")).to_be_visible()
    context.close()

    chat = browser.new_page()
    visit(chat, address)
    expect(chat.locator("#pc-head")).to_contain_text("3 articles", timeout=WAIT)
    ask(chat, "Who steers the ferry to Hollow Island?")
    expect(replies(chat).last.locator("mark").first).to_contain_text("Lena Brandt", timeout=WAIT)
    chat.close()


def test_files_are_dropped_onto_the_form(browser: Browser, address: str, tmp_path: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("The tide rises.", "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}add")
    field = page.get_by_label("Files")
    box = field.bounding_box()
    assert box is not None
    mouse = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    paths = [str(tmp_path / name) for name in ("one.txt", "two.txt")]
    data = {"items": [], "files": paths, "dragOperationsMask": 1}
    session = context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **mouse})
    expect(field).to_have_value("C:\\fakepath\\one.txt")
    context.close()


def test_axe_finds_nothing_serious_in_the_form(browser: Browser, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{address}add")
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
