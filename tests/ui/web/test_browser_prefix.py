"""The chat in Chromium under a path prefix: it answers, and its links lead to its own pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI

from tests.ui.library import SmallLibrary
from tests.ui.web.chromium import WAIT, Browser, browser_test, expect
from tests.ui.web.proxy import proxying
from tests.ui.web.server import running

pytestmark = [*browser_test, pytest.mark.slow]


@contextmanager
def mounted() -> Iterator[str]:
    """The chat mounted in an application that does not pass its start on."""
    from ui.web.chat import build_app
    from ui.web.mounting import SelfStarting

    outer = FastAPI()
    outer.mount("/news/desk", SelfStarting(build_app(SmallLibrary())))
    with running(outer) as address:
        yield address


@contextmanager
def proxied(**how: object) -> Iterator[str]:
    """The chat behind a proxy, told its prefix and the name that readers use."""
    from ui.web.chat import build_app

    app = build_app(SmallLibrary(), root_path="/news/desk", allowed_hosts=["127.0.0.1"])
    with running(app) as upstream, proxying(upstream, "/news/desk", **how) as address:  # type: ignore[arg-type]
        yield address


PLACES = {
    "mounted": mounted,
    "proxy strips the prefix, forwards the host": proxied,
    "proxy keeps the prefix and the host": lambda: proxied(strips=False, host="kept"),
    "proxy names itself alone": lambda: proxied(host="replaced"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_chat_works_end_to_end(browser: Browser, place: str) -> None:
    with PLACES[place]() as address:
        context = browser.new_context()
        page = context.new_page()
        requests: list[str] = []
        context.on("request", lambda request: requests.append(request.url))
        page.goto(f"{address}/news/desk")
        assert page.url == f"{address}/news/desk/"
        page.locator("#pc-box textarea").fill("Who chaired the session?", timeout=WAIT)
        page.locator(".submit-button").click()
        reply = page.locator(".bot.message").last
        expect(reply.locator("mark")).to_have_text("Maria Okafor", timeout=WAIT)
        with context.expect_page() as opening:
            reply.locator("a.pc-title").click()
        article = opening.value
        article.wait_for_load_state()
        assert article.url.startswith(f"{address}/news/desk/articles/treaty-1?")
        expect(article.locator("#quote mark")).to_have_text("Maria Okafor")
        article.locator("nav a").first.click()
        expect(article.locator("#pc-box textarea")).to_be_visible(timeout=WAIT)
        assert all(
            url.startswith((f"{address}/news/desk", "data:", "blob:", f"{address}/favicon.ico"))
            for url in requests
        ), requests
        context.close()
