"""The pages without scripts in their reader's language: chosen by the address or kept in a cookie."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.ui.library import HOSTILE, VERSION, ListedLibrary
from ui.interface_text import interface_texts, words_of
from ui.web.adding_jobs import AddingJob
from ui.web.adding_page import render_adding, render_job, render_sample
from ui.web.adding_sources import receive_sources
from ui.web.reader_language import LANGUAGE_COOKIE, told_in
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

PATHS = (
    "/ask",
    "/ask?q=Who+chaired+the+session%3F",
    "/ask?q=What+is+the+price+of+tea%3F&outlet=Hill+Post",
    "/articles",
    "/articles?outlet=Hill+Post",
    "/articles/treaty-1?start=0&end=23&also=30-40",
    "/articles/treaty-1?correct=1&q=Who%3F",
    "/articles/treaty-1?start=9&end=2",
    "/articles/none",
    f"/articles/{HOSTILE.id.replace('/', '%2F')}/versions/{VERSION.content_hash}",
    "/articles/treaty-1/versions/none",
    "/check",
    "/feedback/kept?verdict=here&q=Who",
)
# Of languages written alike, and names: too short or too plain to tell where they come from.
_TOO_SHORT = 6


class _InFolder(ListedLibrary):
    """The small library, with a folder to keep feedback in."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    service = QueuedAnswerer(_InFolder(tmp_path))
    app = build_api(service, feedback=True)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def english_in(page: str, language: str) -> list[str]:
    """Return the English texts of the table that a page in another language shows, outside of articles."""
    own = re.sub(r"<(\w+)[^>]* lang=\"en\".*?</\1>", " ", page)
    shown = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "\n", own))
    labels = " ".join(re.findall(r'(?:aria-label|placeholder|data-[a-z-]+)="([^"]*)"', own))
    lines = {line.strip() for line in [*shown.split("\n"), *html.unescape(labels).split("\n")]}
    tables = interface_texts()
    return [
        line
        for name, line in tables["en"].items()
        if line in lines and tables[language][name] != line and len(line) >= _TOO_SHORT
    ]


@pytest.mark.parametrize("language", ["vi", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_told_in_the_language_that_a_cookie_keeps(
    client: TestClient, path: str, language: str
) -> None:
    client.cookies.set(LANGUAGE_COOKIE, language)
    page = client.get(path).text
    assert f'<html lang="{language}">' in page
    assert english_in(page, language) == []
    client.cookies.clear()
    english = client.get(path).text
    assert '<html lang="en">' in english
    # Where the check looks at nothing, it finds nothing.
    assert english_in(english.replace('lang="en"', ""), language)


@pytest.mark.parametrize("language", ["vi", "zh"])
def test_a_checked_draft_and_what_is_wrong_are_told_in_it(
    client: TestClient, language: str
) -> None:
    client.cookies.set(LANGUAGE_COOKIE, language)
    wrong = client.get("/articles?since=soon").text
    assert re.search(r'role="alert">[^<]*soon', wrong)
    assert "is no date" not in wrong
    refused = client.post("/check", data={"draft": "x" * 200_001}).text
    assert re.search(r'role="alert">[^<]*200,001', refused)
    assert "characters" not in html.unescape(refused)
    assert english_in(refused, language) == []


@pytest.mark.parametrize("language", ["vi", "zh"])
def test_what_is_added_is_told_in_it(language: str) -> None:
    with told_in(words_of(language)):
        job = AddingJob(receive_sources([], "https://news.example/a"))
        waiting = render_job(job, ())
        job.leave()
        pages = [waiting, render_job(job, ()), render_adding([job]), render_sample()]
    for page in pages:
        assert f'<html lang="{language}">' in page
        assert english_in(page, language) == []


def test_an_address_names_a_language_and_a_link_of_ours_keeps_it(client: TestClient) -> None:
    page = client.get("/articles?outlet=Hill+Post&lang=vi")
    assert '<html lang="vi">' in page.text
    assert "set-cookie" not in page.headers
    english = re.search(r'hreflang="en" lang="en" href="([^"]*)"', page.text)
    assert english
    assert html.unescape(english[1]) == "/articles?outlet=Hill+Post&lang=en"
    ours = {"sec-fetch-site": "same-origin", "sec-fetch-dest": "document"}
    for other in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-dest": "empty"}):
        assert "set-cookie" not in client.get("/articles?lang=vi", headers=ours | other).headers
    kept = client.get("/articles?lang=vi", headers=ours).headers["set-cookie"]
    assert kept == f"{LANGUAGE_COOKIE}=vi; Path=/; Max-Age=31536000; SameSite=Lax"
    assert '<html lang="vi">' in client.get("/check").text
    for unknown in ("/check?lang=xx", "/check?lang="):
        assert '<html lang="vi">' in client.get(unknown).text
    client.cookies.set(LANGUAGE_COOKIE, "no such one")
    client.cookies.delete(LANGUAGE_COOKIE)
    assert '<html lang="en">' in client.get("/check", headers={"cookie": "a=b; ;;=\\x01"}).text


def test_an_article_says_which_of_its_page_is_in_another_language(client: TestClient) -> None:
    page = client.get("/articles/treaty-1?lang=zh").text
    assert '<article lang="en">' in page
    assert '<p class="about" lang="zh">' in page
    assert "2023年12月12日" in page
